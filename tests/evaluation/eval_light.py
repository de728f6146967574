"""Labeled pictures in, one table out: how well `light` (or another encoder) tells the same from drifted.

    SERIES_EVAL=<data> SERIES_MODELS=<nets> python tests/evaluation/eval_light.py [--encoder light] [--only X]

For each task AUC with a 95 % interval (bootstrap over pictures), EER, and verdicts at the shipped tolerance:
false alarms = same called DRIFTED, misses = other called CONSISTENT. Tolerances were set on these data.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import cv2
import eval_style
import eval_subjects
import numpy as np
from eval_subjects import OTHER, SAME, Item, Score
from fit_appearance import DATA, rows_of

from consistency import (
    DEFAULT_TOLERANCES,
    Encoders,
    Expected,
    Face,
    Frame,
    Gallery,
    Locator,
    Observation,
    ObservationCache,
    Observer,
    PinnedCharacter,
    Recipe,
    Request,
    Result,
    Tolerance,
    Verdict,
    judge,
    load_encoders,
    look_colors,
    measure_frame,
    read_frame,
    whole_region,
)
from consistency.checks.casting import cast_frame
from consistency.image import WORKING_SIDE
from consistency.likeness import FRAME_SIDE
from consistency.measurement import Box

FOUND_FROM = 0.3
"""IoU from which a box counts as found."""
LARGE = 0.05
"""Share of the frame above which a box counts as large."""
BATCH = 8
NOT_IDENTITY = frozenset({"color", "style", "rendering", "picture", "lettering"})


def read(path: Path) -> Frame:
    return read_frame(path, longest_side=WORKING_SIDE)


def tolerance(check: str, encoder: str) -> Tolerance:
    return DEFAULT_TOLERANCES.get((check, encoder)) or Tolerance(0.0, 2.0, "none shipped")


def report(name: str, scores: Sequence[Score], band: Tolerance) -> None:
    eval_subjects.line(name, scores)
    same, other = eval_subjects.split(scores)
    if len(same) and len(other):
        everyone = np.concatenate([same, other])
        unsure = (everyone > band.accept_below) & (everyone <= band.reject_above)
        print(
            f"    at {band.accept_below:.2f} / {band.reject_above:.2f}: "
            f"false alarms {np.mean(same > band.reject_above):.3f}, "
            f"misses {np.mean(other <= band.accept_below):.3f}, "
            f"other DRIFTED {np.mean(other > band.reject_above):.3f}, UNSURE {unsure.mean():.3f} "
            f"(of same {np.mean((same > band.accept_below) & (same <= band.reject_above)):.3f})"
        )
        for label, values in (("same", same), ("other", other)):
            cuts = np.quantile(values, [0, 0.01, 0.05, 0.5, 0.95, 0.98, 1])
            print(f"    {label:6} 0 1 5 50 95 98 100 %: " + " ".join(f"{cut:.3f}" for cut in cuts))


# Faces


def faces_of(encoders: Encoders, frames: Sequence[Frame]) -> list[tuple[Face, ...]]:
    batches = (frames[i : i + BATCH] for i in range(0, len(frames), BATCH))
    return [faces for batch in batches for faces in encoders.faces.faces(batch)]


def face_scores(encoders: Encoders) -> list[Score]:
    paths = sorted((DATA / "faces").glob("*.jpg"))
    found = dict(zip((p.name for p in paths), faces_of(encoders, [read(p) for p in paths]), strict=True))
    kept = [row for row in rows_of(DATA / "faces" / "pairs.csv") if found[row["a"]] and found[row["b"]]]
    print(f"faces found in {sum(map(bool, found.values()))} of {len(found)} photographs")
    return [
        Score(row["a"], row["same"] == "1", 1 - float(found[row["a"]][0].vector @ found[row["b"]][0].vector))
        for row in kept
    ]


def generated_face_scores(encoders: Encoders) -> list[Score]:
    """Against the reference, where there is one, else against the other undrifted frames of the series."""
    photo = {r["series"] for r in rows_of(DATA / "generated" / "series.csv") if r["medium"] == "photo"}
    rows = [row for row in rows_of(DATA / "generated" / "frames.csv") if row["series"] in photo]
    found = faces_of(encoders, [read(DATA / "generated" / row["file"]) for row in rows])
    scores, without, unclear = [], 0, 0
    for row, faces in zip(rows, found, strict=True):
        if row["role"] == "reference" or row["identity"] not in SAME + OTHER:
            continue
        series = [
            (r, f[0].vector) for r, f in zip(rows, found, strict=True) if r["series"] == row["series"] and f
        ]
        pinned = [v for r, v in series if r["role"] == "reference"]
        pinned = pinned or [v for r, v in series if r["identity"] == "none" and r is not row]
        if not faces or not pinned:
            without += 1
            continue
        gallery = Gallery.build({"pinned": np.stack(pinned)})
        distances = gallery.distances(np.stack([face.vector for face in faces]))[:, 0]
        unclear += not faces[int(distances.argmin())].clear
        scores.append(Score(row["file"], row["identity"] in SAME, float(distances.min())))
    print(f"generated photo-like: {without} frames without a face or a reference, {unclear} unclear faces")
    return scores


# Subjects


class Encoding:
    """What eval_subjects asks an encoder for."""

    def __init__(self, encoders: Encoders) -> None:
        self.encoders = encoders

    def encode(self, frames: Sequence[Frame]) -> np.ndarray:
        return self.encoders.subject.encode(frames)

    item = eval_subjects.Encoding.item


def report_subjects(encoders: Encoders) -> None:
    encoding = Encoding(encoders)
    band, alone = (tolerance(check, encoders.subject.id) for check in ("identity", "identity.alone"))
    photos, boxes = eval_subjects.subjects(encoding), eval_subjects.comic(encoding)
    pinned, drawn = eval_subjects.comic_references(encoding), eval_subjects.generated(encoding)
    names = {item.label for item in photos}
    own, outside = eval_subjects.subject_projects(photos, names)
    report("subjects, 4 × 3 references, centered", own, band)
    report("subjects, outsiders", [s for s in own if s.same] + outside, band)
    comic = [
        score
        for episode in ("ep01", "ep05", "ep03")
        for score in eval_subjects.in_project(*eval_subjects.comic_split(boxes, pinned, episode))[0]
    ]
    report("comic characters in their boxes", comic, band)
    pools = eval_subjects.drawn_projects(drawn, boxes)
    report("drawn series and comic, 4 × 3", pools, band)
    redrawn = eval_subjects.redrawn_in_project(drawn)
    report("drawn generator output, one of five", redrawn, band)
    gecko = [s for s in redrawn if any(name in s.image for name in eval_subjects.GECKO)]
    report("  one gecko reference, four generators", gecko, band)
    report("  fb_volcano_v1", [s for s in redrawn if "volcano" in s.image], band)
    report("subjects alone", eval_subjects.subjects_alone(photos, names), alone)
    report(
        "comic characters alone", eval_subjects.comic_alone(boxes, pinned, ("ep01", "ep03", "ep05")), alone
    )
    boxed = {row["series"] for row in rows_of(DATA / "generated" / "boxes.csv")}
    report("drawn generator output alone, boxes", list(series_alone(drawn, boxed)), alone)
    hand = {name for name in boxed if "volcano" not in name and not name.endswith("_own")}
    report("  one gecko reference, four generators", list(series_alone(drawn, hand)), alone)
    margins = np.array([s.margin for part in (own, comic, pools) for s in part if s.same])
    print(
        "margin of same to the nearest rival, 50 90 97 99 100 %:",
        np.quantile(margins, [0.5, 0.9, 0.97, 0.99, 1]),
    )


def series_alone(drawn: Sequence[Item], kept: set[str]) -> Iterator[Score]:
    for series in sorted(kept - {eval_subjects.MANY}):
        yield from eval_subjects.series_alone(drawn, series)


# Comic panels, boxes not given


def comic_panels(encoders: Encoders) -> None:
    """Is each character found where it is, and is one that is not there called missing?"""
    panels, boxes = rows_of(DATA / "comic" / "panels.csv"), rows_of(DATA / "comic" / "boxes.csv")
    tally: Counter[str] = Counter()
    distances: dict[tuple[str, str], list[float]] = {}
    for episode in ("ep01", "ep03", "ep05"):
        references = episode_references(episode, encoders)
        regions = {name: [whole_region(seen) for seen in all_of] for name, all_of in references.items()}
        fields = {name: [region.colors for region in own] for name, own in regions.items()}
        views = {name: [r.views for r in own if r.views is not None] for name, own in regions.items()}
        gallery = Gallery.build({name: np.stack([r.vector for r in own]) for name, own in regions.items()})
        looks = {name: look_colors(own) for name, own in fields.items()}
        observer = Observer(Recipe(encoders, Locator.build(fields, views)), ObservationCache(None))
        own = [panel for panel in panels if panel["episode"] == episode]
        requests = [Request(DATA / "comic" / p["path"], dict.fromkeys(gallery.names, 3)) for p in own]
        for panel, seen in zip(own, observer.observe(requests), strict=True):
            there = {b["character"]: box_of(b, panel) for b in boxes if b["panel"] == panel["panel"]}
            cast = [PinnedCharacter(name, name) for name in gallery.names if name in there]
            for role in cast_frame(seen, Expected(encoders.ids, cast=tuple(cast), gallery=gallery)).roles:
                box = there[role.person.name]
                if box.area > LARGE:
                    tally["large"] += 1
                    tally["found"] += role.sighting is not None and role.sighting.box.iou(box) >= FOUND_FROM
            expected = Expected(encoders.ids, cast=tuple(cast), gallery=gallery, looks=looks)
            results = measure_frame(seen, expected, NOT_IDENTITY)
            for name, box in there.items():
                mine = [r for r in results if r.subject == name]
                sizes = ("there", "there, large") if box.area > LARGE else ("there",)
                for size in sizes if name in gallery.names else ():
                    count(tally, distances, size, mine)
            count_distances(distances, "not pinned", [r for r in results if r.check == "identity.unexpected"])
            for name in sorted(set(gallery.names) - set(panel["characters"].split())):
                pinned = (PinnedCharacter(name, name),)
                expected = Expected(encoders.ids, cast=pinned, gallery=gallery, looks=looks)
                results = [r for r in measure_frame(seen, expected, NOT_IDENTITY) if r.subject == name]
                count(tally, distances, "absent", results)
    print(f"comic panels, boxes not given: {tally['found']} of {tally['large']} large boxes found")
    for size in ("absent", "there", "there, large"):
        said = ", ".join(f"{what} {tally[f'{size}: {what}']}" for what in SAID)
        print(f"  {size}: {said} of {tally[size]}")
    for (check, size), values in sorted(distances.items()):
        cuts = np.nanquantile(values, [0, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 1])
        said = " ".join(f"{cut:.3f}" for cut in cuts)
        unsure, drifted = (tally[f"{size}: {check} {verdict.value}"] for verdict in NOTED)
        print(
            f"  {check:20} {size:13} 0 5 10 20 50 80 90 95 98 100 %: {said}; "
            f"{unsure} UNSURE, {drifted} DRIFTED of {len(values)}"
        )


GONE = ("identity.missing", "identity.absent")
"""Checks that say that a character is not there."""
NOTED = (Verdict.UNSURE, Verdict.DRIFTED)
SAID = ("DRIFTED", "not CONSISTENT", "missing DRIFTED", "missing not CONSISTENT")


def count(
    tally: Counter[str], distances: dict[tuple[str, str], list[float]], size: str, results: Sequence[Result]
) -> None:
    """What is said about one character of one panel."""
    count_distances(distances, size, results)
    tally[size] += 1
    whole = judge(results, DEFAULT_TOLERANCES).verdict
    gone = [r for r in results if r.check in GONE]
    missing = judge(gone, DEFAULT_TOLERANCES).verdict if gone else Verdict.CONSISTENT
    for finding in judge(results, DEFAULT_TOLERANCES).findings:
        tally[f"{size}: {finding.result.check} {finding.verdict.value}"] += 1
    for prefix, verdict in (("", whole), ("missing ", missing)):
        tally[f"{size}: {prefix}DRIFTED"] += verdict is Verdict.DRIFTED
        tally[f"{size}: {prefix}not CONSISTENT"] += verdict is not Verdict.CONSISTENT


def count_distances(
    distances: dict[tuple[str, str], list[float]], size: str, results: Sequence[Result]
) -> None:
    for result in results:
        distances.setdefault((result.check, size), []).append(getattr(result, "distance", np.nan))


def episode_references(episode: str, encoders: Encoders) -> dict[str, list[Observation]]:
    roles = ("primary",) if episode == "ep01" else ("later_style", "first_seen")
    kept: dict[str, list[Path]] = {}
    for row in rows_of(DATA / "comic" / "refs" / "refs.csv"):
        if row["role"] in roles:
            kept.setdefault(row["character"], []).append(DATA / "comic" / row["path"])
    observer = Observer(Recipe(encoders, Locator.build({})), ObservationCache(None))
    return {
        name: list(observer.observe([Request(p, whole=True) for p in paths])) for name, paths in kept.items()
    }


def box_of(row: dict[str, str], panel: dict[str, str]) -> Box:
    width, height = int(panel["width"]), int(panel["height"])
    left, right = int(row["x0"]) / width, min(1.0, int(row["x1"]) / width)
    return Box(left, int(row["y0"]) / height, right, min(1.0, int(row["y1"]) / height))


# Style


def report_style(encoders: Encoders) -> None:
    pictures = eval_style.style_pictures()
    vectors = encoders.style.encode([eval_style.read(picture.path) for picture in pictures])
    everyone, random = list(range(len(pictures))), np.random.default_rng(eval_style.SEED)
    drawn = [
        eval_style.pair_aucs(pictures, vectors, random.choice(everyone, len(everyone))) for _ in range(300)
    ]
    for name, (value, near, far) in eval_style.pair_aucs(pictures, vectors, everyone).items():
        low, high = np.nanquantile([sample[name][0] for sample in drawn], [0.025, 0.975])
        print(f"style on gray, {name:18} AUC {value:.3f} [{low:.3f}, {high:.3f}]  {near} same, {far} other")
    catalog = {**eval_style.comic_series(), **eval_style.generated_series()}
    kept = {name: one for name, one in catalog.items() if len(one.paths) >= eval_style.SERIES_AT_LEAST}
    rows = {
        (name, label): encoders.style.encode([eval_style.read(path) for path in getattr(one, label)])
        for name, one in kept.items()
        for label in ("paths", "slight", "clear")
    }
    for check, distance in (
        ("style.reference", eval_style.nearest_cosine),
        ("style.series", eval_style.center_cosine),
    ):
        band = tolerance(check, encoders.style.id)
        eval_style.PROPOSED[check] = band.accept_below, band.reject_above
        eval_style.report_check(check, kept, rows, distance)
        if check.endswith("reference"):
            eval_style.report_pinned(check, encoders.style, distance)


# Time


def report_time(encoders: Encoders) -> None:
    frames = [read(path) for path in sorted((DATA / "generated").glob("*/*.jpg"))[:BATCH]]
    steps = {
        "style": encoders.style.encode,
        "rendering": encoders.rendering.encode,
        "subject": encoders.subject.encode,
    }
    if encoders.faces is not None:
        steps["faces"] = encoders.faces.faces
    if encoders.maps is not None:
        steps["maps"] = partial(encoders.maps.maps, longest_side=FRAME_SIDE)
    for role, step in steps.items():
        took = []
        for _ in range(4):
            again = [Frame(f.pixels, f.name, f.digest, f.width, f.height, f.notes) for f in frames]
            start = time.perf_counter()
            step(again)
            took.append(time.perf_counter() - start)
        print(
            f"{role}: {1000 * min(took) / len(frames):.1f} ms a frame, one thread, batches of {len(frames)}"
        )


TASKS = ("faces", "generated", "subjects", "comic", "style", "time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--encoder", default="light")
    parser.add_argument("--only", choices=TASKS, action="append")
    options = parser.parse_args()
    if not DATA.is_dir():
        print(f"nothing measured: no labeled data at {DATA} (set SERIES_EVAL)")
        return
    cv2.setNumThreads(1)
    encoders, tasks = load_encoders(options.encoder), options.only or TASKS
    print(encoders.ids)
    if encoders.faces is not None:
        band = tolerance("identity", encoders.faces.id)
        if "faces" in tasks:
            report("photographed faces", face_scores(encoders), band)
        if "generated" in tasks:
            report("generated, photo-like", generated_face_scores(encoders), band)
    rest = {"subjects": report_subjects, "comic": comic_panels, "style": report_style, "time": report_time}
    for task, measure in rest.items():
        if task in tasks:
            measure(encoders)


if __name__ == "__main__":
    main()
