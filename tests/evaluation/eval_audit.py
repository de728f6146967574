"""Audit labeled series end to end and print what came out beside the labels.

    SERIES_EVAL=folder python tests/evaluation/eval_audit.py [--places] [--encoder NAME]

Builds a manifest for each episode of `comic/` (a real series without drift: every DRIFTED that no planned
change explains is a false alarm) and for each series of `generated/` (generator output with drift labels),
runs the public audit on each, and prints verdicts per check against the labels, with counts. --places pins
the labeled boxes, so that finding and judging are told apart.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from series.pipeline import AuditOptions, audit_series
from series.report import audit_document, audit_html

DATA = Path(os.environ.get("SERIES_EVAL", Path(__file__).parents[3] / "shared" / "eval"))
LABELS = {
    "identity": ("identity",),
    "color": ("color",),
    "style": ("style", "rendering"),
    "outfit": ("color", "identity"),
}
"""Label column → kinds of check that could answer it."""
VERDICTS = ("consistent", "unsure", "drifted")


@dataclass
class Frame:
    file: str
    labels: dict[str, str]


@dataclass
class Case:
    name: str
    folder: Path
    frames: dict[str, Frame] = field(default_factory=dict)


def rows(path: str) -> list[dict[str, str]]:
    with (DATA / path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def comic_cases(root: Path, *, places: bool) -> Iterator[Case]:
    panels, boxes, refs = rows("comic/panels.csv"), rows("comic/boxes.csv"), rows("comic/refs/refs.csv")
    for episode in ("ep01", "ep03", "ep05"):
        folder = root / f"comic_{episode}"
        case = Case(f"comic {episode}", folder)
        (folder / "refs").mkdir(parents=True)
        (folder / "frames").mkdir()
        characters: dict[str, Any] = {}
        role = "primary" if episode == "ep01" else "later_style"
        for ref in refs:
            if ref["role"] in (role, "first_seen"):
                name = Path(ref["path"]).name
                shutil.copy(DATA / "comic" / ref["path"], folder / "refs" / f"{ref['character']}_{name}")
                one = characters.setdefault(ref["character"], {"medium": "drawn", "references": []})
                one["references"].append(f"refs/{ref['character']}_{name}")
        later = "ep01" if episode == "ep01" else "later"
        for name, one in characters.items():
            found = [DATA / f"comic/palettes/character_{name}_{kind}.gpl" for kind in (later, "first")]
            palette = next((path for path in found if path.exists()), None)
            if palette:
                shutil.copy(palette, folder / f"{name}.gpl")
                one["palette"] = name
        shutil.copy(DATA / f"comic/palettes/episode_{episode}.gpl", folder / "episode.gpl")
        own = {name: f"{name}.gpl" for name in characters if (folder / f"{name}.gpl").exists()}
        manifest: dict[str, Any] = {
            "version": 1,
            "series": f"Pepper&Carrot {episode}",
            "palettes": {"episode": "episode.gpl", **own},
            "palette": "episode",
            "characters": characters,
            "panels": [],
        }
        for panel in panels:
            if panel["episode"] != episode:
                continue
            shutil.copy(DATA / "comic" / panel["path"], folder / "frames" / f"{panel['panel']}.jpg")
            width, height = int(panel["width"]), int(panel["height"])
            cast: list[Any] = []
            for name in dict.fromkeys(n for n in panel["characters"].split() if n in characters):
                box = next(
                    (b for b in boxes if b["panel"] == panel["panel"] and b["character"] == name), None
                )
                entry: dict[str, Any] = {"name": name}
                if places and box:
                    entry["place"] = [
                        float(box["x0"]) / width,
                        float(box["y0"]) / height,
                        min(1.0, float(box["x1"]) / width),
                        min(1.0, float(box["y1"]) / height),
                    ]
                cast.append(entry)
            one = {"id": panel["panel"], "characters": cast}
            manifest["panels"].append(one)
            planned = "planned" if panel["planned_color_change"] == "1" else "none"
            case.frames[panel["panel"]] = Frame(panel["path"], {"comic": planned})
        (folder / "series.yaml").write_text(json.dumps(manifest), encoding="utf-8")
        yield case


def generated_cases(root: Path, *, places: bool) -> Iterator[Case]:
    frames = rows("generated/frames.csv")
    box_of = {(b["series"], b["frame"]): b for b in rows("generated/boxes.csv")}
    for one in rows("generated/series.csv"):
        name = one["series"]
        folder = root / name
        (folder / "refs").mkdir(parents=True)
        (folder / "frames").mkdir()
        case = Case(name, folder)
        own = [frame for frame in frames if frame["series"] == name]
        references = []
        for frame in own:
            if frame["role"] == "reference":
                shutil.copy(DATA / "generated" / frame["file"], folder / "refs" / f"{frame['frame']}.jpg")
                references.append(f"refs/{frame['frame']}.jpg")
        pinned = {"medium": one["medium"], "references": references}
        manifest: dict[str, Any] = {
            "version": 1,
            "series": name,
            "style": {"references": references},
            "characters": {"subject": pinned} if references else {},
            "panels": [],
        }
        for frame in own:
            if frame["role"] != "frame":
                continue
            shutil.copy(DATA / "generated" / frame["file"], folder / "frames" / f"f{frame['frame']}.jpg")
            entry: dict[str, Any] = {"name": "subject"}
            box = box_of.get((name, frame["frame"]))
            if places and box:
                entry["place"] = [float(box[side]) for side in ("x0", "y0", "x1", "y1")]
            panel = {"id": f"f{frame['frame']}", "characters": [entry] if references else []}
            manifest["panels"].append(panel)
            labels = {label: frame[label] for label in LABELS if frame[label]}
            case.frames[panel["id"]] = Frame(frame["file"], {**labels, "medium": one["medium"]})
        (folder / "series.yaml").write_text(json.dumps(manifest), encoding="utf-8")
        yield case


def worst(frame: dict[str, Any], kinds: tuple[str, ...]) -> str:
    """The worst verdict among the results of these kinds; "" when there are none."""
    found = [m["verdict"] for m in frame["measurements"] if m["check"].split(".")[0] in kinds]
    found += ["unsure" for u in frame["unmeasured"] if u["check"].split(".")[0] in kinds]
    return max(found, key=VERDICTS.index, default="")


def auc(positive: list[float], negative: list[float]) -> float:
    pairs = [(p > n) + 0.5 * (p == n) for p in positive for n in negative]
    return sum(pairs) / len(pairs) if pairs else float("nan")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--places", action="store_true", help="pin the labeled boxes")
    parser.add_argument("--keep", type=Path, help="keep the built series and their reports here")
    parser.add_argument("--only", default="", help="comic or generated")
    parser.add_argument("--encoder", default="classical", help="which encoders observe")
    options = parser.parse_args()
    if not (DATA / "comic").is_dir():
        print(f"no labeled data at {DATA}; name its folder with SERIES_EVAL")
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        root = options.keep or Path(scratch)
        shutil.rmtree(options.keep or scratch, ignore_errors=True)
        root.mkdir(parents=True)
        documents = {}
        cases = []
        if options.only != "generated":
            cases += list(comic_cases(root, places=options.places))
        if options.only != "comic":
            cases += list(generated_cases(root, places=options.places))
        for case in cases:
            paths = AuditOptions(
                case.folder / "series.yaml",
                case.folder / "frames",
                cache=root / "cache.sqlite",
                workers=2,
                encoder=options.encoder,
            )
            audited = audit_series(paths)
            documents[case.name] = audit_document(audited.audit)
            if options.keep:
                (case.folder / "audit.html").write_text(audit_html(audited.audit), encoding="utf-8")
                (case.folder / "audit.json").write_text(json.dumps(documents[case.name]), encoding="utf-8")
        report(cases, documents)
    return 0


QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.97)
KINDS = ("identity", "color", "style", "rendering", "picture")


class Table:
    """Verdicts and distances by label."""

    def __init__(self) -> None:
        self.verdicts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.distances: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self.false_alarms: Counter[str] = Counter()

    def add_comic(self, frame: dict[str, Any], label: str) -> None:
        self.verdicts["comic frame", label][frame["verdict"]] += 1
        for kind in KINDS:
            self.verdicts[f"comic {kind}", label][worst(frame, (kind,))] += 1
        if label == "none":
            drifted = {m["check"] for m in frame["measurements"] if m["verdict"] == "drifted"}
            self.false_alarms.update(drifted)
        for m in frame["measurements"]:
            self.distances[f"comic {m['check']}"]["none"].append(m["distance"])

    def add_generated(self, frame: dict[str, Any], labels: dict[str, str]) -> None:
        for label in LABELS.keys() & labels.keys():
            kinds = LABELS[label]
            self.verdicts[f"generated {label}", labels[label]][worst(frame, kinds)] += 1
            for m in frame["measurements"]:
                if m["check"].split(".")[0] in kinds:
                    what = f"{label} by {m['check']}, {labels['medium']}"
                    self.distances[what][labels[label]].append(m["distance"])

    def print(self) -> None:
        print(f"\n{'':44}" + "".join(f"{v:>12}" for v in (*VERDICTS, "not pinned")))
        for (what, label), counts in sorted(self.verdicts.items()):
            print(f"{what:26}{label:18}" + "".join(f"{counts[v]:12}" for v in (*VERDICTS, "")))
        print("\nDRIFTED on the comic, by check:", dict(self.false_alarms))
        print("\ndistances: quantiles 5 25 50 75 95 97, by label; AUC of none+slight against clear+other")
        for what, by_label in sorted(self.distances.items()):
            print_distances(what, by_label)


def print_distances(what: str, by_label: dict[str, list[float]]) -> None:
    for label, values in sorted(by_label.items()):
        ordered = sorted(values)
        cuts = [ordered[min(len(ordered) - 1, int(len(ordered) * q))] for q in QUANTILES]
        print(f"{what:50}{label:16}{len(values):4}" + "".join(f"{cut:9.3f}" for cut in cuts))
    same = by_label.get("none", []) + by_label.get("slight", [])
    other = by_label.get("clear", []) + by_label.get("other_character", [])
    if same and other:
        print(f"{what:50}AUC {auc(other, same):.3f} ({len(same)} / {len(other)})")


def report(cases: list[Case], documents: dict[str, Any]) -> None:
    table = Table()
    for case in cases:
        for frame in documents[case.name]["frames"]:
            labels = case.frames[frame["panel"]].labels
            if "comic" in labels:
                table.add_comic(frame, labels["comic"])
            else:
                table.add_generated(frame, labels)
    table.print()


if __name__ == "__main__":
    sys.exit(main())
