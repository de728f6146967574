"""Labeled rows and what was seen in their pictures in, answers by task and question out.

Every answer is the public API's: `measure_frame` or `measure_series`, judged at the shipped tolerances. What
is said of a character is the worst verdict on it: is it itself, is it another, is it missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import isfinite, nan
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency import (
    DEFAULT_TOLERANCES,
    SERIES_AT_LEAST,
    Box,
    Measurement,
    Observation,
    PinnedCharacter,
    Proposal,
    Result,
    Verdict,
    judge,
    measure_frame,
    measure_series,
    sketch,
)
from labeled.eyes import Eyes
from labeled.metrics import Answer
from labeled.pinned import Pinned, Reference, pin, pin_rows
from labeled.reader import ABSENT, SAME, STRANGER, WHOLE, Labeled, Pair, Row

ITSELF: Final = frozenset({"identity", "identity.alone", "identity.photo", "identity.unclear"})
"""Checks that give the distance of a character; the others of its kind only add to the verdict."""
ABSENCE: Final = "identity.absent"
CALLED_MISSING: Final = frozenset({"identity.missing", ABSENCE})
KINDS: Final = frozenset({"identity", "color", "style", "rendering", "picture", "lettering"})
PROPOSALS_PINNED, PROPOSALS_OTHERS = 3, 1
"""Boxes looked at for a character that a frame pins, and for one that it does not: as an audit asks for."""
FOUND_FROM: Final = 0.3
"""IoU from which a box counts as found."""
LARGE: Final = 0.05
"""Share of the frame above which a box counts as large."""
DRAWN_RIGHT: Final = "same or drifted"
WHICH: Final = "it or another pinned character"
OUTSIDERS: Final = "it or a stranger"
THERE: Final = "there or absent"
PAIR: Final = "same or another"
COLOR: Final = "color"
BY_REFERENCE: Final = "style by its references"
BY_SERIES: Final = "style by its series"
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Heard(Answer):
    """An answer, with what others would have gone by."""

    faces: Floats | None = None
    """float32 (n, d): the faces in the frame, largest first; None where faces are not what is asked."""
    face_references: Floats | None = None
    """float32 (r, d)."""
    plain: float = nan
    """Cosine distance of the subject's vector to that of its nearest reference, nothing centered."""
    absence: float = nan
    """Distance of the check that asks whether somebody is there at all, where an encoder set has one."""


@dataclass(slots=True)
class Finding:
    """Characters whose places were hidden."""

    large: int = 0
    found: int = 0
    """Large boxes where the region of the right character has IoU ≥ FOUND_FROM."""
    there: int = 0
    missing: int = 0
    """Characters that are there and called missing."""
    absent: int = 0
    doubted: int = 0
    """Absent ones not called CONSISTENT."""
    called: int = 0
    """Absent ones called DRIFTED."""


@dataclass(slots=True)
class Told:
    """Everything that one encoder set said."""

    answers: dict[tuple[str, str], list[Heard]] = field(default_factory=lambda: defaultdict(list))
    """(task, question) → answers."""
    findings: dict[str, Finding] = field(default_factory=dict)
    """Task → what was found in it, for tasks with hidden places."""


def measure(labeled: Labeled, eyes: Eyes) -> Told:
    """All tasks. The pictures must have been looked at."""
    told = Told()
    for pair in labeled.pairs:
        told.answers[pair.task, PAIR].append(_of_pair(pair, eyes))
    by_series: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in labeled.rows:
        by_series[row.task, row.series].append(row)
    own: dict[str, _Own] = defaultdict(_Own)
    for (task, _), rows in by_series.items():
        _of_series(task, rows, eyes, told, own[task])
    for task, kinds in own.items():
        for question, other in kinds.others.items():
            asked = kinds.same + other
            if question == THERE and any(isfinite(answer.absence) for answer in asked):
                asked = [replace(answer, distance=answer.absence) for answer in asked]
            told.answers[task, question] += asked
    return told


@dataclass(slots=True)
class _Own:
    """Answers of one task about identity, until all its series are known."""

    same: list[Heard] = field(default_factory=list)
    others: dict[str, list[Heard]] = field(default_factory=lambda: defaultdict(list))


# Pairs


def _of_pair(pair: Pair, eyes: Eyes) -> Heard:
    if pair.question == "style":
        pinned = pin([], [pair.a], eyes)
        results = measure_frame(eyes.frame(pair.b), pinned.expect(()), KINDS - {"style"})
        return _heard(results, {"style.reference"}, same=pair.same, groups=pair.groups)
    pinned = pin([Reference("a", pair.a, pair.box_a, pair.medium)], [], eyes)
    return _given("a", pair.b, pair.box_b, pair.medium, pinned, eyes, same=pair.same, groups=pair.groups)


# Series


def _of_series(task: str, rows: Sequence[Row], eyes: Eyes, told: Told, own: _Own) -> None:
    pinned = pin_rows(rows, eyes)
    frames = [row for row in rows if row.role == "frame"]
    for row in frames:
        if not row.hidden and row.identity:
            _of_given(row, pinned, eyes, own)
        if not row.hidden and row.color:
            told.answers[task, COLOR].append(_color_given(row, pinned, eyes))
    hidden = [row for row in frames if row.hidden]
    if hidden:
        _of_hidden(task, hidden, pinned, eyes, told, own)
    _style(task, [row for row in frames if row.style], pinned, eyes, told)


def _of_given(row: Row, pinned: Pinned, eyes: Eyes, own: _Own) -> None:
    def ask(name: str, *, same: bool) -> Heard:
        box = row.box or WHOLE
        return _given(name, row.file, box, row.medium, pinned, eyes, same=same, groups=(row.group,))

    characters = tuple(pinned.vectors)
    if row.identity == STRANGER:
        own.others[OUTSIDERS] += [ask(name, same=False) for name in characters]
        return
    if row.identity not in SAME:
        own.others[THERE if row.identity == ABSENT else DRAWN_RIGHT].append(ask(row.character, same=False))
        return
    own.same.append(ask(row.character, same=True))
    others = [name for name in characters if name != row.character]
    if others:
        own.others[WHICH] += [ask(name, same=False) for name in others]


def _given(
    name: str, file: Path, box: Box, medium: str, pinned: Pinned, eyes: Eyes, *, same: bool, groups
) -> Heard:
    region = eyes.region(file, box)
    seen = replace(
        eyes.frame(file), regions=(replace(region, proposal=Proposal(name, box, 1.0, pinned=True)),)
    )
    person = PinnedCharacter(name, name, place=_told(box), medium=medium)
    results = measure_frame(seen, pinned.expect([person]), KINDS - {"identity"})
    return _of_character(name, results, seen, medium, pinned, same=same, groups=groups, vector=region.vector)


def _told(box: Box) -> Box | None:
    """The whole picture is no place."""
    return None if box == WHOLE else box


def _color_given(row: Row, pinned: Pinned, eyes: Eyes) -> Heard:
    box = row.box or WHOLE
    region = replace(eyes.region(row.file, box), proposal=Proposal(row.character, box, 1.0, pinned=True))
    person = PinnedCharacter(row.character, row.character, place=_told(box), medium=row.medium)
    seen = replace(eyes.frame(row.file), regions=(region,))
    results = measure_frame(seen, pinned.expect([person]), KINDS - {"color"})
    return _color(row, results)


def _color(row: Row, results: Sequence[Result]) -> Heard:
    kept = [r for r in results if r.subject == row.character and r.check.startswith("color.")]
    return _heard(kept, {"color.mean"}, same=row.color in SAME, groups=(row.group,))


def _of_hidden(task: str, rows: Sequence[Row], pinned: Pinned, eyes: Eyes, told: Told, own: _Own) -> None:
    finding = told.findings.setdefault(task, Finding())
    by_file: dict[Path, list[Row]] = defaultdict(list)
    for row in rows:
        by_file[row.file].append(row)
    by_wanted: dict[frozenset[str], list[Path]] = defaultdict(list)
    for path, own_rows in by_file.items():
        by_wanted[frozenset(r.character for r in own_rows if r.identity != ABSENT)].append(path)
    for there, paths in by_wanted.items():
        # Absent ones are looked for as hard as pinned ones: each is pinned in turn.
        absent = {r.character for path in paths for r in by_file[path] if r.identity == ABSENT}
        wanted = {name: PROPOSALS_PINNED for name in pinned.vectors if name in there | absent}
        wanted = {name: wanted.get(name, PROPOSALS_OTHERS) for name in pinned.vectors}
        found = eyes.find(task, {path: by_file[path][0] for path in paths}, wanted, pinned.locator)
        for path, seen in found.items():
            _of_hidden_frame(by_file[path], seen, pinned, told, own, finding)


def _of_hidden_frame(
    rows: Sequence[Row], seen: Observation, pinned: Pinned, told: Told, own: _Own, finding: Finding
) -> None:
    there = [row for row in rows if row.identity not in (ABSENT, STRANGER)]
    cast = {row.character: _person(row) for row in there}
    off = KINDS - {"identity", "color"} if any(row.color for row in there) else KINDS - {"identity"}
    results = measure_frame(seen, pinned.expect(tuple(cast.values())), off)
    for row in there:
        if row.color:
            told.answers[row.task, COLOR].append(_color(row, results))
        if not row.identity:
            continue
        same = row.identity in SAME
        answer = _of_character(
            row.character, results, seen, row.medium, pinned, same=same, groups=(row.group,)
        )
        (own.same if same else own.others[DRAWN_RIGHT]).append(answer)
        _count_there(row, results, finding)
    for row in rows:
        if row.identity == ABSENT:
            expected = pinned.expect([*cast.values(), _person(row)])
            answer = _of_character(
                row.character,
                measure_frame(seen, expected, KINDS - {"identity"}),
                seen,
                row.medium,
                pinned,
                same=False,
                groups=(row.group,),
            )
            own.others[THERE].append(answer)
            finding.absent += 1
            finding.called += answer.verdict is Verdict.DRIFTED
            finding.doubted += answer.verdict is not Verdict.CONSISTENT


def _person(row: Row) -> PinnedCharacter:
    return PinnedCharacter(row.character, row.character, medium=row.medium)


def _count_there(row: Row, results: Sequence[Result], finding: Finding) -> None:
    mine = [r for r in results if r.subject == row.character]
    finding.there += 1
    judged = judge([r for r in mine if r.check in CALLED_MISSING], DEFAULT_TOLERANCES)
    finding.missing += judged.verdict is Verdict.DRIFTED
    if row.box is not None and row.box.area > LARGE:
        finding.large += 1
        boxes = [r.evidence.boxes[0].box for r in mine if r.check in ITSELF and r.evidence.boxes]
        finding.found += any(box.iou(row.box) >= FOUND_FROM for box in boxes)


def _style(task: str, rows: Sequence[Row], pinned: Pinned, eyes: Eyes, told: Told) -> None:
    unique = {row.file: row for row in rows}
    ids = eyes.encoders.ids
    if pinned.style:
        for path, row in unique.items():
            results = measure_frame(eyes.frame(path), pinned.expect(()), KINDS - {"style"})
            answer = _heard(results, {"style.reference"}, same=row.style in SAME, groups=(row.group,))
            told.answers[task, BY_REFERENCE].append(answer)
    if len(unique) >= SERIES_AT_LEAST:
        sketches = [sketch(eyes.frame(path), path.name) for path in unique]
        for row, results in zip(
            unique.values(), measure_series(sketches, ids, KINDS - {"style"}), strict=True
        ):
            answer = _heard(results, {"style.series"}, same=row.style in SAME, groups=(row.group,))
            told.answers[task, BY_SERIES].append(answer)


# Answers


def _heard(results: Sequence[Result], checks: set[str] | frozenset[str], *, same: bool, groups) -> Heard:
    return Heard(same, _distance(results, checks), judge(results, DEFAULT_TOLERANCES).verdict, groups)


def _distance(results: Sequence[Result], checks: set[str] | frozenset[str]) -> float:
    """Of the first of these checks that was measured; nan where none was."""
    return next((r.distance for r in results if isinstance(r, Measurement) and r.check in checks), nan)


def _of_character(
    name: str,
    results: Sequence[Result],
    seen: Observation,
    medium: str,
    pinned: Pinned,
    *,
    same: bool,
    groups: tuple[str, ...],
    vector: Floats | None = None,
) -> Heard:
    mine = [r for r in results if r.subject == name and r.check.startswith("identity")]
    answer = _heard(mine, ITSELF, same=same, groups=groups)
    by_face = medium == "photo" and name in pinned.faces
    if medium == "photo" and "faces" in pinned.encoders and not by_face:
        answer = replace(answer, distance=nan)  # by its clothes: no distance to put beside those of faces
    faces = np.stack([f.vector for f in seen.faces]) if seen.faces else np.zeros((0, 1), np.float32)
    plain = 1 - float((pinned.vectors[name] @ vector).max()) if vector is not None and not by_face else nan
    return replace(
        answer,
        faces=faces if by_face else None,
        face_references=pinned.faces[name] if by_face else None,
        plain=plain,
        absence=_distance(mine, {ABSENCE}),
    )
