"""A folder with pairs.csv and frames.csv in, its rows out as typed values: docs/evaluation_format.md.

Everything is checked here, before a picture is opened: one DataError names file, line and value.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from consistency import Box

PAIRS: Final = "pairs.csv"
FRAMES: Final = "frames.csv"
WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)

SAME: Final = ("none", "slight")
"""Drift that a tool may let pass."""
OTHER: Final = ("clear", "other")
"""Drift that it should not."""
ABSENT, STRANGER = "absent", "stranger"
IDENTITY_LABELS: Final = (*SAME, *OTHER, ABSENT, STRANGER)
DRIFT_LABELS: Final = (*SAME, *OTHER)
ROLES: Final = ("reference", "style", "frame")
MEDIA: Final = ("drawn", "photo")
PLACES: Final = ("given", "hidden")
QUESTIONS: Final = ("identity", "style")

_PAIR_COLUMNS: Final = ("task", "question", "a", "b", "same")
_PAIR_OPTIONAL: Final = ("box_a", "box_b", "medium", "group_a", "group_b", "note")
_FRAME_COLUMNS: Final = ("task", "series", "role", "file")
_FRAME_OPTIONAL: Final = (
    *("character", "box", "place", "medium", "identity", "color", "style", "group", "note"),
)


class DataError(Exception):
    """Labeled data that cannot be used: file, line, value and what would do, in one or two lines."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, of the same or not."""

    task: str
    question: str
    a: Path
    b: Path
    same: bool
    box_a: Box
    box_b: Box
    medium: str
    groups: tuple[str, ...]
    """What is drawn at random for intervals: the two pictures, or the two subjects in them."""
    where: str
    """File and line, for errors."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture in a series: a reference, a style reference, or one character in one frame."""

    task: str
    series: str
    role: str
    file: Path
    character: str
    box: Box | None
    hidden: bool
    """The box is not told to the tool: it has to find the character."""
    medium: str
    identity: str
    color: str
    style: str
    group: str
    where: str


@dataclass(frozen=True, slots=True)
class Labeled:
    """Everything that a folder holds."""

    pairs: tuple[Pair, ...]
    rows: tuple[Row, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """In the order of the files."""
        return tuple(dict.fromkeys([p.task for p in self.pairs] + [r.task for r in self.rows]))

    def only(self, tasks: Sequence[str]) -> Labeled:
        """The tasks in whose names one of these texts occurs; all for no text."""
        kept = {name for name in self.tasks if any(text in name for text in tasks)} or set(self.tasks)
        if tasks and not any(text in name for text in tasks for name in self.tasks):
            raise DataError(
                f"no task has {' or '.join(map(repr, tasks))} in its name: {', '.join(self.tasks)}"
            )
        return Labeled(
            tuple(p for p in self.pairs if p.task in kept), tuple(r for r in self.rows if r.task in kept)
        )


def read_labeled(folder: Path) -> Labeled:
    """Read and check a folder. Raises DataError."""
    if not any((folder / name).is_file() for name in (PAIRS, FRAMES)):
        raise DataError(f"{folder}: neither {PAIRS} nor {FRAMES} in it; see docs/evaluation_format.md")
    pairs = tuple(_pairs(folder / PAIRS)) if (folder / PAIRS).is_file() else ()
    rows = tuple(_rows(folder / FRAMES)) if (folder / FRAMES).is_file() else ()
    if not pairs and not rows:
        raise DataError(f"{folder}: {PAIRS} and {FRAMES} hold no rows")
    if twice := {p.task for p in pairs} & {r.task for r in rows}:
        raise DataError(
            f"{folder}: task {min(twice)!r} is in {PAIRS} and in {FRAMES}: give each its own name"
        )
    _require_both_kinds_of_pairs(pairs)
    _require_references(rows)
    _require_both_kinds_of_frames(rows)
    return Labeled(pairs, rows)


def _pairs(path: Path) -> Iterator[Pair]:
    for where, row in _table(path, _PAIR_COLUMNS, _PAIR_OPTIONAL):
        a, b = (_file(path.parent, row[key], where, key) for key in ("a", "b"))
        yield Pair(
            task=_filled(row, "task", where),
            question=_one_of(row, "question", QUESTIONS, where),
            a=a,
            b=b,
            same=_one_of(row, "same", ("yes", "no"), where) == "yes",
            box_a=_box(row["box_a"], where, "box_a") or WHOLE,
            box_b=_box(row["box_b"], where, "box_b") or WHOLE,
            medium=_one_of(row, "medium", MEDIA, where, usual="drawn"),
            groups=tuple(dict.fromkeys((row["group_a"] or row["a"], row["group_b"] or row["b"]))),
            where=where,
        )


def _rows(path: Path) -> Iterator[Row]:
    for where, row in _table(path, _FRAME_COLUMNS, _FRAME_OPTIONAL):
        role = _one_of(row, "role", ROLES, where)
        identity = _one_of(row, "identity", IDENTITY_LABELS, where, usual="")
        labels = [key for key in ("identity", "color", "style") if row[key]]
        if role != "frame" and labels:
            raise DataError(f"{where}: a {role} takes no label, but {labels[0]} is {row[labels[0]]!r}")
        hidden = _one_of(row, "place", PLACES, where, usual="given") == "hidden"
        if hidden is (identity == STRANGER) and identity in (ABSENT, STRANGER):
            place = "given" if hidden else "hidden"
            raise DataError(f"{where}: {identity} needs place {place}: see docs/evaluation_format.md")
        named = role == "reference" or (identity and identity != STRANGER) or row["color"]
        if named and not row["character"]:
            raise DataError(f"{where}: character is empty; whom does this row show?")
        yield Row(
            task=_filled(row, "task", where),
            series=_filled(row, "series", where),
            role=role,
            file=_file(path.parent, row["file"], where, "file"),
            character=row["character"],
            box=_box(row["box"], where, "box"),
            hidden=hidden,
            medium=_one_of(row, "medium", MEDIA, where, usual="drawn"),
            identity=identity,
            color=_one_of(row, "color", DRIFT_LABELS, where, usual=""),
            style=_one_of(row, "style", DRIFT_LABELS, where, usual=""),
            group=row["group"] or row["file"],
            where=where,
        )


def _table(
    path: Path, needed: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """→ "file:line" and the row, all known columns filled."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, restkey="", strict=True)
            _require_columns(path, reader.fieldnames or [], needed, optional)
            for row in reader:
                where = f"{path.name}:{reader.line_num}"
                if "" in row:
                    raise DataError(f"{where}: more values than columns")
                yield where, {key: (row.get(key) or "").strip() for key in (*needed, *optional)}
    except (csv.Error, UnicodeDecodeError) as error:
        raise DataError(f"{path.name}: no CSV in UTF-8: {error}") from error


def _require_columns(
    path: Path, found: Sequence[str], needed: Sequence[str], optional: Sequence[str]
) -> None:
    known = (*needed, *optional)
    for name in found:
        if name not in known:
            near = next(iter(get_close_matches(name, known, n=1)), None)
            hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
            raise DataError(f"{path.name}:1: no such column {name!r}; {hint}")
    if lacking := [name for name in needed if name not in found]:
        raise DataError(f"{path.name}:1: no column {lacking[0]!r}; needed are {', '.join(needed)}")


def _filled(row: Mapping[str, str], key: str, where: str) -> str:
    if not row[key]:
        raise DataError(f"{where}: {key} is empty")
    return row[key]


def _one_of(
    row: Mapping[str, str], key: str, known: Sequence[str], where: str, usual: str | None = None
) -> str:
    value = row[key] or usual
    if value is None or (value not in known and value != usual):
        raise DataError(f"{where}: {key} {row[key]!r} is none of {', '.join(known)}")
    return value


def _file(folder: Path, text: str, where: str, key: str) -> Path:
    if not text:
        raise DataError(f"{where}: {key} is empty")
    path = folder / text
    if not path.is_file():
        raise DataError(f"{where}: no file {text!r} (looked for {path})")
    return path


def _box(text: str, where: str, key: str) -> Box | None:
    if not text:
        return None
    try:
        left, top, right, bottom = (float(part) for part in text.split())
        return Box(left, top, right, bottom)
    except ValueError as error:
        raise DataError(
            f"{where}: {key} {text!r} is no box: left top right bottom as shares of width and height, "
            f"0 to 1, with spaces between"
        ) from error


def _require_both_kinds_of_pairs(pairs: Sequence[Pair]) -> None:
    kinds: dict[tuple[str, str], dict[bool, str]] = defaultdict(dict)
    for pair in pairs:
        kinds[pair.task, pair.question].setdefault(pair.same, pair.where)
    for (task, question), found in kinds.items():
        if len(found) < 2:
            (same, where) = next(iter(found.items()))
            lacking = "no" if same else "yes"
            raise DataError(
                f"{where}: task {task!r}, {question}: no pair has same = {lacking}; nothing to tell apart"
            )


def _require_references(rows: Sequence[Row]) -> None:
    pinned = {(r.task, r.series, r.character) for r in rows if r.role == "reference"}
    some = {(task, series) for task, series, _ in pinned}
    for row in rows:
        if row.role != "frame" or not (row.identity or row.color):
            continue
        if (row.task, row.series) not in some:
            raise DataError(f"{row.where}: series {row.series!r} has no row with role reference")
        if row.identity != STRANGER and (row.task, row.series, row.character) not in pinned:
            raise DataError(
                f"{row.where}: series {row.series!r} has no reference of {row.character!r}; "
                f"somebody who is not pinned is labeled {STRANGER}"
            )


def _require_both_kinds_of_frames(rows: Sequence[Row]) -> None:
    cast: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row.role == "reference":
            cast[row.task, row.series].add(row.character)
    kinds: dict[tuple[str, str], dict[bool, str]] = defaultdict(dict)
    for row in rows:
        for question in ("identity", "color", "style"):
            label = getattr(row, question)
            if not label:
                continue
            kinds[row.task, question].setdefault(label in SAME, row.where)
            several = len(cast[row.task, row.series]) > 1 and not row.hidden
            if question == "identity" and label in SAME and several:
                kinds[row.task, question].setdefault(False, row.where)
    for (task, question), found in kinds.items():
        if len(found) < 2:
            same, where = next(iter(found.items()))
            lacking = " or ".join(OTHER if same else SAME)
            raise DataError(
                f"{where}: task {task!r}: no frame is labeled {lacking} in {question}; nothing to tell apart"
            )
