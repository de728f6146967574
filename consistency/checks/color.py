"""Color: pinned palettes of frame and characters, colorways, and shifts between frames of one shot.

Of a palette pinned for the whole frame: `color.role` and `color.share` for each swatch, `color.offpalette`
and `color.region` for what no swatch explains, overall and in the worst region. Of a character:
`color.role` for each swatch that is there or was replaced by a foreign color, and `color.p90`; without a
palette only `color.mean`, against its references. Of frames that show one shot with one camera:
`color.shift`, or `color.pair` for only two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from consistency.checks.casting import Role, cast_frame
from consistency.checks.expected import Expected, PinnedCharacter, Sketch
from consistency.checks.swatches import (
    FOREIGN_SHARE,
    Foreign,
    Found,
    Samples,
    find_swatches,
    foreign_colors,
    nearest_swatch,
    subject_samples,
    surroundings,
)
from consistency.color import ciede2000, lab_to_hex
from consistency.measurement import Box, Evidence, LabeledBox, Measurement, Result, SwatchMatch, Unmeasured
from consistency.observation import ColorField, Observation
from consistency.palette import Palette, Swatch
from consistency.palette_measures import p90_to_nearest

ENCODER = "lab/1"
UNIT = "ΔE00"
TILES = 4
"""The frame is cut into 4 × 4 tiles to find its worst region: one of them is about a head in a full shot."""
FRAME_SHARE_AT_LEAST = 0.005
"""Share of the frame that a swatch needs to be measured: below it, edges and noise pass for it."""
MAIN_SHARE = 0.2
"""Share of a character's references that makes a swatch one of its main colors: these must be there, or
something else stands in for them. At .12, ten of 35 panels of a painted comic, where a color has many shades,
were false alarms."""
LOST_BELOW = 0.25
"""A main color is lost when less than this part of its usual share is left."""
SUBJECT_CELLS_AT_LEAST = 20.0
"""Cells of full weight that a character needs before its colors are measured: 1 % of a region."""
RING_REACH = 30.0
"""ΔE00 up to which a color beside a character counts as its own in another shade; farther off, as scenery."""
SUBJECT_LOST_ABOVE = 0.95
"""Cosine distance of a region to its character above which its colors say nothing about the character."""


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """→ results for each palette pinned for the frame, then for each character with colors to compare."""
    results: list[Result] = []
    for subject, palette in expected.palettes:
        results += _of_frame(subject, palette, observation.colors)
    colored = [p for p in expected.cast if p.palette is not None or p.look in expected.looks]
    if colored:
        roles = cast_frame(observation, expected).roles
        for role in roles:
            others = [
                other.sighting.box for other in roles if other is not role and other.sighting is not None
            ]
            results += _of_character(role, expected, observation.colors, others)
    return results


def measure_series(sketches: Sequence[Sketch], encoders: Mapping[str, str]) -> list[list[Result]]:
    """For frames that share a camera, how far each is shifted from the others. Others get nothing."""
    del encoders  # colors need no encoder
    results: list[list[Result]] = [[] for _ in sketches]
    groups: dict[str, list[int]] = defaultdict(list)
    for index, sketch in enumerate(sketches):
        if sketch.camera:
            groups[sketch.camera].append(index)
    for camera, members in groups.items():
        for index in members:
            others = [sketches[other] for other in members if other != index]
            if others:
                results[index].append(_shift(sketches[index], others, camera))
    return results


def _of_frame(subject: str, palette: Palette, colors: ColorField) -> Iterator[Result]:
    lab, weights = colors.samples()
    found = find_swatches(lab, weights, palette)
    matches = [_match(swatch, found, index) for index, swatch in enumerate(palette.swatches)]
    for swatch, match in zip(palette.swatches, matches, strict=True):
        if match.found and match.share >= FRAME_SHARE_AT_LEAST:
            yield _role(subject, match)
        if swatch.share is not None:
            yield _share(subject, match, swatch.share)
    yield _off_palette(subject, palette, foreign_colors(lab, weights, found), tuple(matches))
    yield _worst_region(subject, palette, colors, nearest_swatch(lab, palette.labs)[1])


def _match(swatch: Swatch, found: Found, index: int) -> SwatchMatch:
    delta_e = float(found.delta_e[index])
    seen = lab_to_hex(found.lab[index]) if np.isfinite(delta_e) else ""
    return SwatchMatch(swatch.name, swatch.hex, seen, delta_e, float(found.share[index]))


def _role(subject: str, match: SwatchMatch, boxes: tuple[LabeledBox, ...] = ()) -> Measurement:
    evidence = Evidence(_words(match), boxes, (match,))
    return Measurement("color.role", subject, match.delta_e, UNIT, ENCODER, evidence, part=match.role)


def _share(subject: str, match: SwatchMatch, pinned: float) -> Measurement:
    reason = f"{match.role} covers {match.share:.0%} instead of {pinned:.0%}"
    evidence = Evidence(reason, swatches=(match,))
    distance = abs(match.share - pinned)
    return Measurement(
        "color.share", subject, distance, "share of region", ENCODER, evidence, part=match.role
    )


def _words(match: SwatchMatch) -> str:
    return f"{match.role} {match.found} instead of {match.pinned}, ΔE00 {match.delta_e:.1f}"


def _off_palette(
    subject: str,
    palette: Palette,
    foreign: Foreign,
    matches: tuple[SwatchMatch, ...],
    boxes: tuple[LabeledBox, ...] = (),
) -> Measurement:
    share = float(foreign.share.sum())
    reason = f"{share:.0%} is no color of palette {palette.name}"
    if len(foreign.lab):
        reason += f", mostly {lab_to_hex(foreign.lab[0])}"
    evidence = Evidence(reason, boxes, matches)
    return Measurement("color.offpalette", subject, share, "share of region", ENCODER, evidence)


def _worst_region(
    subject: str, palette: Palette, colors: ColorField, delta_e: NDArray[np.float32]
) -> Measurement:
    height, width = colors.weight.shape
    nearest = delta_e.reshape(height, width)
    tiles = {box: float(nearest[rows, columns].mean()) for box, rows, columns in _tiles(height, width)}
    worst = max(tiles, key=lambda box: tiles[box])
    mean = float(nearest.mean())
    reason = f"worst region is {tiles[worst]:.1f} ΔE00 from palette {palette.name}, the frame {mean:.1f}"
    evidence = Evidence(reason=reason, boxes=(LabeledBox(worst, "worst color"),), scores={"frame mean": mean})
    return Measurement("color.region", subject, tiles[worst], UNIT, ENCODER, evidence)


def _tiles(height: int, width: int) -> Iterator[tuple[Box, slice, slice]]:
    down, across = min(TILES, height), min(TILES, width)
    for row in range(down):
        for column in range(across):
            rows = slice(row * height // down, (row + 1) * height // down)
            columns = slice(column * width // across, (column + 1) * width // across)
            yield Box(column / across, row / down, (column + 1) / across, (row + 1) / down), rows, columns


def _of_character(
    role: Role, expected: Expected, frame: ColorField, others: Sequence[Box]
) -> Iterator[Result]:
    person, sighting = role.person, role.body or role.sighting
    references = expected.looks.get(person.look)
    if person.palette is None and references is None:
        return
    lost = role.distance is None or role.distance > SUBJECT_LOST_ABOVE
    if sighting is None or sighting.colors is None or lost:
        reason = f"{person.name} was not found well enough to say anything about its colors"
        yield Unmeasured("color.role", person.name, reason, ENCODER)
        return
    boxes = (LabeledBox(sighting.box, person.name),)
    seen = subject_samples(sighting.colors, sighting.box, frame)
    if float(seen.weights.sum()) < SUBJECT_CELLS_AT_LEAST:
        reason = f"the colors of {person.name} cannot be told from those around"
        yield Unmeasured("color.role", person.name, reason, ENCODER, Evidence(boxes=boxes))
        return
    if references is not None and person.palette is None:
        mean = np.average(seen.lab, axis=0, weights=seen.weights)
        yield _mean(person.name, mean, references.means, boxes)
    if person.palette is not None:
        around = surroundings(sighting.box, others, frame)
        whole = Samples(*sighting.colors.samples())
        yield from _against_palette(person, person.palette, seen, whole, around, boxes)


def _against_palette(
    person: PinnedCharacter,
    palette: Palette,
    seen: Samples,
    whole: Samples,
    around: Samples,
    boxes: tuple[LabeledBox, ...],
) -> Iterator[Result]:
    """seen: the region less what is common around it; whole: the region; around: the ring around it."""
    name, usual = person.name, person.palette_shares
    p90 = p90_to_nearest(seen.lab, seen.weights, palette.labs)
    reason = f"nine tenths of {name} lie within {p90:.1f} ΔE00 of its palette"
    yield Measurement("color.p90", name, p90, UNIT, ENCODER, Evidence(reason, boxes))
    found = find_swatches(seen.lab, seen.weights, palette)
    foreign = foreign_colors(seen.lab, seen.weights, found)
    matches = [_match(swatch, found, index) for index, swatch in enumerate(palette.swatches)]
    yield _off_palette(name, palette, foreign, tuple(matches), boxes)
    # A color that the background shares is missing from `seen`, one that the box cuts off from `whole`:
    # lost is what the ring lacks too.
    nearby = find_swatches(around.lab, np.ones(len(around.lab), np.float32), palette)
    there = np.maximum(found.share, find_swatches(whole.lab, whole.weights, palette).share)
    there = np.maximum(there, nearby.share)
    lost = [] if usual is None else [int(i) for i in np.flatnonzero(_lost(there, usual))]
    for index, (swatch, match) in enumerate(zip(palette.swatches, matches, strict=True)):
        if index not in lost and match.found:
            yield _role(name, match, boxes)
        if swatch.share is not None:
            yield _share(name, match, swatch.share)
    if not lost or usual is None:
        return
    if len(lost) == int((usual >= MAIN_SHARE).sum()) > 1:
        reason = f"every main color of {name} is another: light or a new design, the palette alone cannot say"
        yield Unmeasured("color.role", name, reason, ENCODER, Evidence(boxes=boxes, swatches=tuple(matches)))
        return
    outside = foreign_colors(around.lab, around.weights, find_swatches(around.lab, around.weights, palette))
    for index in lost:
        swatch, share = palette.swatches[index], float(usual[index])
        replaced = _replaced(matches[index], swatch, share, foreign, np.inf)
        replaced = replaced or _replaced(matches[index], swatch, share, outside, RING_REACH)
        if replaced is not None:
            yield _role(name, replaced, boxes)


def _lost(share: NDArray[np.float32], usual: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray((usual >= MAIN_SHARE) & (share < LOST_BELOW * usual))


def _replaced(
    match: SwatchMatch, swatch: Swatch, usual: float, foreign: Foreign, within: float
) -> SwatchMatch | None:
    """What took the place of a main color, within so many ΔE00 of it. None when nothing did: out of the
    picture is no drift.
    """
    candidates = np.flatnonzero(foreign.share >= FOREIGN_SHARE * usual)
    if not len(candidates):
        return None
    delta_e = ciede2000(foreign.lab[candidates], np.array([swatch.lab], np.float32))
    best = int(np.argmin(delta_e))
    if float(delta_e[best]) > within:
        return None
    color, share = foreign.lab[candidates[best]], float(foreign.share[candidates[best]])
    return SwatchMatch(match.role, match.pinned, lab_to_hex(color), float(delta_e[best]), share)


def _mean(
    name: str, found: NDArray[np.float32], references: NDArray[np.float32], boxes: tuple[LabeledBox, ...]
) -> Measurement:
    color = np.asarray(found, np.float32)
    distances = ciede2000(references, color[None])
    nearest = int(np.argmin(distances))
    distance = float(distances[nearest])
    match = SwatchMatch("mean color", lab_to_hex(references[nearest]), lab_to_hex(color), distance, 1.0)
    return Measurement("color.mean", name, distance, UNIT, ENCODER, Evidence(_words(match), boxes, (match,)))


def _shift(sketch: Sketch, others: Sequence[Sketch], camera: str) -> Measurement:
    """How far the typical cell is from that of most others: moving figures cover few cells."""
    distances = sorted((_moved(sketch, other), other.name) for other in others)
    distance, name = distances[(len(others) - 1) // 2]
    if len(others) == 1:
        reason = f"{distance:.1f} ΔE00 from {name}, the same shot: two frames cannot say which one drifted"
        return Measurement("color.pair", "frame", distance, UNIT, ENCODER, Evidence(reason, nearest=name))
    reason = f"shifted by {distance:.1f} ΔE00 from most other frames of camera {camera}"
    return Measurement("color.shift", "frame", distance, UNIT, ENCODER, Evidence(reason, nearest=name))


def _moved(sketch: Sketch, other: Sketch) -> float:
    """ΔE00 of the median move of a cell, at the other's median color."""
    move = np.median((sketch.lab - other.lab).reshape(-1, 3), axis=0)
    center = np.median(other.lab.reshape(-1, 3), axis=0)
    return float(ciede2000(center[None], (center + move)[None])[0])
