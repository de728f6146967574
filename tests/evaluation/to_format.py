"""The development data's own layout in, pairs.csv and frames.csv in the documented format out.

    SERIES_EVAL=<data> python tests/evaluation/to_format.py FOLDER

Pictures stay where they are: the files hold their full paths. What cannot be said in the format is left out:
series whose labels are for whole pages of several characters (fb_castle_v1: style only), and identity of
series without a reference, but for the photographed one, whose frames are held against its undrifted others.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np

DATA = Path(os.environ.get("SERIES_EVAL", Path(__file__).parents[3] / "shared" / "eval"))
PARTS = {
    "faces": "faces/pairs.csv",
    "subjects": "subjects/labels.csv",
    "styles": "styles/labels.csv",
    "comic": "comic/boxes.csv",
    "generated": "generated/frames.csv",
}
PAIR_COLUMNS = ("task", "question", "a", "b", "same", "medium")
FRAME_COLUMNS = (
    *("task", "series", "role", "file", "character", "box", "place", "medium"),
    *("identity", "color", "style", "group"),
)
PROJECTS, CAST, REFERENCES, STRANGERS = 120, 4, 3, 15
"""Random projects of photographed subjects; pictures of strangers in each."""
PAGES = "fb_castle_v1"
PHOTOGRAPHED = ("iy_", "uno_")
"""Pinned by a photograph, which says nothing about style."""
NO_SUBJECT = "subject"
"""A sheet of the data set that shows none."""
PAINTINGS = {
    "picasso_selfport1907": "picasso",
    "shipwreck": "shipwreck",
    "seated-nude": "seated_nude",
    "the_scream": "scream",
    "starry_night": "starry",
    "starry_night_crop": "starry",
    "starry_night_google": "starry",
    "woman-with-hat-matisse": "matisse",
    "frida_kahlo": "kahlo",
    "escher_sphere": "escher",
}
"""Painting → the style_key of its transfers."""
EPISODES = {
    "ep01": ("primary",),
    "ep03": ("later_style", "first_seen"),
    "ep05": ("later_style", "first_seen"),
}
"""Episode → the references by the hand that drew it."""
LABELS = {"other_character": "other"}

Cells = dict[str, str]


def is_development_data(folder: Path) -> bool:
    """Whether any part of the layout is there."""
    return any((folder / path).is_file() for path in PARTS.values())


def write_format(data: Path, folder: Path) -> None:
    """Write both files for whatever parts are there."""
    data = data.resolve()
    there = {part for part, path in PARTS.items() if (data / path).is_file()}
    pairs: list[Cells] = []
    frames: list[Cells] = []
    if "faces" in there:
        pairs += face_pairs(data / "faces")
    if "styles" in there:
        pairs += style_pairs(data / "styles")
    if "generated" in there:
        generated = Generated(data / "generated")
        frames += [*generated.people(), *generated.drawn(), *generated.one_of_five(), *generated.style()]
    if "subjects" in there:
        frames += subjects(data / "subjects")
    if "comic" in there:
        frames += [*comic(data / "comic", hidden=False), *comic(data / "comic", hidden=True)]
    _write(folder / "pairs.csv", PAIR_COLUMNS, pairs)
    _write(folder / "frames.csv", FRAME_COLUMNS, frames)


def _write(path: Path, columns: Sequence[str], cells: Sequence[Cells]) -> None:
    if not cells:
        return
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(cells)


def _read(path: Path) -> list[Cells]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def face_pairs(folder: Path) -> Iterator[Cells]:
    for row in _read(folder / "pairs.csv"):
        yield {
            "task": "photographed faces",
            "question": "identity",
            "a": str(folder / row["a"]),
            "b": str(folder / row["b"]),
            "same": "yes" if row["same"] == "1" else "no",
            "medium": "photo",
        }


# Styles


def style_pairs(folder: Path) -> Iterator[Cells]:
    """Transfers against transfers; the same with one content only; paintings against transfers."""
    pictures = []
    for row in _read(folder / "labels.csv"):
        painting = row["kind"] == "input" and row["content"] in PAINTINGS
        style = PAINTINGS[row["content"]] if painting else row["style_key"]
        if style:
            pictures.append((str(folder / row["file"]), row["content"], style, painting))
    for (a, content_a, style_a, painting_a), (b, content_b, style_b, painting_b) in combinations(pictures, 2):
        same = style_a == style_b
        tasks = []
        if painting_a != painting_b:
            tasks = ["style on gray, paintings and transfers"]
        elif not painting_a and not (same and content_a == content_b):
            tasks = ["style on gray, transfers"]
            if same or content_a == content_b:
                tasks.append("style on gray, HARD (one content in two styles)")
        for task in tasks:
            answer = "yes" if same else "no"
            yield {"task": task, "question": "style", "a": a, "b": b, "same": answer}


# Generator output


class Generated:
    """Series made by image generators, labeled frame by frame."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.medium = {row["series"]: row["medium"] for row in _read(folder / "series.csv")}
        self.frames: dict[str, list[Cells]] = defaultdict(list)
        for row in _read(folder / "frames.csv"):
            self.frames[row["series"]].append(row)
        self.boxes = {
            (row["series"], row["frame"]): " ".join(row[side] for side in ("x0", "y0", "x1", "y1"))
            for row in _read(folder / "boxes.csv")
        }

    def _cells(self, task: str, series: str, role: str, row: Cells, **more: str) -> Cells:
        medium = self.medium[row["series"]]
        file = str(self.folder / row["file"])
        return {"task": task, "series": series, "role": role, "file": file, "medium": medium, **more}

    def _references(self, series: str) -> list[Cells]:
        return [row for row in self.frames[series] if row["role"] == "reference"]

    def people(self) -> Iterator[Cells]:
        """Photo-like: against the reference, else against the other undrifted frames of the series."""
        task = "generator output, photo-like"
        for series, rows in self.frames.items():
            if self.medium[series] != "photo":
                continue
            pinned = self._references(series)
            for row in rows:
                if row["role"] != "frame" or not row["identity"]:
                    continue
                others = [other for other in rows if other["identity"] == "none" and other is not row]
                held_against = pinned or others
                own = series if pinned else f"{series} without {row['frame']}"
                if not pinned or row is next(r for r in rows if r["role"] == "frame"):
                    for reference in held_against:
                        yield self._cells(task, own, "reference", reference, character="subject")
                label = LABELS.get(row["identity"], row["identity"])
                yield self._cells(task, own, "frame", row, character="subject", identity=label)

    def drawn(self) -> Iterator[Cells]:
        """Drawn characters with one reference: told where they are, and not told."""
        boxed = {series for series, _ in self.boxes}
        for place in ("given", "hidden"):
            task = f"generator output, drawn, places {'told' if place == 'given' else 'not told'}"
            for series in sorted(boxed):
                yield from self._boxed(task, series, place)

    def _boxed(self, task: str, series: str, place: str) -> Iterator[Cells]:
        for row in self.frames[series]:
            box = self.boxes.get((series, row["frame"]), "")
            if row["role"] == "reference":
                # A series pins whole pictures; who sees a box in them is asked where boxes are told.
                told = box if place == "given" else ""
                yield self._cells(task, series, "reference", row, character="subject", box=told)
                continue
            asked = ("identity", "color") if place == "given" else ("identity",)
            labels = {key: LABELS.get(row[key], row[key]) for key in asked}
            yield self._cells(task, series, "frame", row, character="subject", box=box, place=place, **labels)

    def one_of_five(self) -> Iterator[Cells]:
        """The same series, the character one of five that are pinned."""
        task = "generator output, drawn, one of five"
        if PAGES not in self.frames or "fb_sheet_pip" not in self.frames:
            return
        rows = [*self._references(PAGES), self.frames["fb_sheet_pip"][0]]
        others = dict(zip(("rita", "rico", "cat", "pip"), rows, strict=True))
        for series in sorted({name for name, _ in self.boxes}):
            for cells in self._boxed(task, series, "given"):
                yield {key: value for key, value in cells.items() if key != "color"}
            for name, row in others.items():
                yield self._cells(task, series, "reference", row, character=name)

    def style(self) -> Iterator[Cells]:
        task = "generator output, style"
        for series, rows in self.frames.items():
            if not series.startswith(PHOTOGRAPHED):
                for row in self._references(series):
                    yield self._cells(task, series, "style", row)
            for row in rows:
                if row["role"] == "frame" and row["style"]:
                    yield self._cells(task, series, "frame", row, style=row["style"])


# Photographed subjects


def subjects(folder: Path) -> Iterator[Cells]:
    """Random projects: some subjects by three references each; their other pictures; strangers."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for row in _read(folder / "labels.csv"):
        if row["subject"] != NO_SUBJECT:
            by_name[row["subject"]].append(str(folder / row["file"]))
    task = f"subjects, photos, {CAST} × {REFERENCES} references"
    random = np.random.default_rng(0)
    for project in range(PROJECTS):
        series = {"task": task, "series": f"project {project:03}"}
        cast = [str(name) for name in random.choice(sorted(by_name), CAST, replace=False)]
        for name in cast:
            files = [by_name[name][at] for at in random.permutation(len(by_name[name]))]
            for file in files[:REFERENCES]:
                yield {**series, "role": "reference", "file": file, "character": name}
            for file in files[REFERENCES:]:
                one = {"role": "frame", "file": file, "character": name, "identity": "none", "group": name}
                yield {**series, **one}
        rest = [(name, file) for name, files in by_name.items() if name not in cast for file in files]
        for at in random.choice(len(rest), STRANGERS, replace=False):
            name, file = rest[int(at)]
            yield {**series, "role": "frame", "file": file, "identity": "stranger", "group": name}


# Comic


def comic(folder: Path, *, hidden: bool) -> Iterator[Cells]:
    """Each episode by the references of its hand. A character whose reference was cut from a panel is there
    but not asked about in it. With hidden places also everybody pinned who is not in the panel."""
    panels = {row["panel"]: row for row in _read(folder / "panels.csv")}
    boxes: dict[str, list[Cells]] = defaultdict(list)
    for row in _read(folder / "boxes.csv"):
        boxes[row["panel"]].append(row)
    references = _read(folder / "refs" / "refs.csv")
    cut = {(row["from_panel"], row["character"]) for row in references}
    for episode, roles in EPISODES.items():
        here = [panel for panel in panels.values() if panel["episode"] == episode]
        drawn = {box["character"] for panel in here for box in boxes[panel["panel"]]}
        # Where places are told, a character must be in the episode to be told from the others in it.
        cast = {row["character"]: None for row in references if row["role"] in roles}
        cast = [name for name in cast if hidden or name in drawn]
        series = {"task": f"comic, places {'not told' if hidden else 'told'}", "series": episode}
        for row in references:
            if row["role"] in roles and row["character"] in cast:
                file = str(folder / row["path"])
                yield {**series, "role": "reference", "file": file, "character": row["character"]}
        for panel in here:
            frame = {**series, "role": "frame", "file": str(folder / panel["path"])}
            frame["place"] = "hidden" if hidden else "given"
            yield from _panel(frame, panel, boxes[panel["panel"]], cast, cut)


def _panel(
    frame: Cells, panel: Cells, boxes: Sequence[Cells], cast: Sequence[str], cut: set[tuple[str, str]]
) -> Iterator[Cells]:
    for box in boxes:
        name = box["character"]
        if name in cast:
            label = "" if (panel["panel"], name) in cut else "none"
            yield {**frame, "character": name, "box": _shares(box, panel), "identity": label}
    for name in cast if frame["place"] == "hidden" else ():
        if name not in panel["characters"].split():
            yield {**frame, "character": name, "identity": "absent"}


def _shares(box: Cells, panel: Cells) -> str:
    width, height = int(panel["width"]), int(panel["height"])
    sides = (int(box["x0"]) / width, int(box["y0"]) / height, int(box["x1"]) / width, int(box["y1"]) / height)
    return " ".join(f"{min(1.0, side):.4f}" for side in sides)


def main() -> int:
    if len(sys.argv) != 2 or not is_development_data(DATA):
        print(f"usage: to_format.py FOLDER; the data are looked for in {DATA} (set SERIES_EVAL)")
        return 2
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    write_format(DATA, folder)
    print(f"{folder}: pairs.csv and frames.csv")
    return 0


if __name__ == "__main__":
    sys.exit(main())
