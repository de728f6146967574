"""Color: pinned palettes of frame and characters, colorways, and shifts between frames of one shot.

`color.role` and `color.share` look at each pinned swatch, `color.offpalette` and `color.region` at what
no swatch explains, over the frame and in its worst region, `color.p90` and `color.mean` at a character
as a whole, `color.shift` and `color.pair` at frames that show one shot with one camera.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from consistency.checks.casting import Role, cast_frame
from consistency.checks.expected import Expected, Sketch, mean_color
from consistency.color import ciede2000, ciede2000_matrix, lab_to_hex
from consistency.measurement import Box, Evidence, LabeledBox, Measurement, Result, SwatchMatch, Unmeasured
from consistency.observation import ColorField, Observation
from consistency.palette import Palette
from consistency.palette_measures import p90_to_nearest, role_mean_shift

ENCODER = "lab/1"
UNIT = "ΔE00"
OFF_PALETTE_ABOVE = 12.0
"""ΔE00 beyond which no pinned swatch explains a color: people name it differently."""
TILES = 4
"""The frame is cut into 4 × 4 tiles to find its worst region: one of them is about a head in a full shot."""
SAMPLES_AT_LEAST = 5
"""Cells that a swatch needs before its mean is a color and not an edge."""
SUBJECT_LOST_ABOVE = 0.95
"""Cosine distance of a region to its character above which its colors say nothing about the character."""


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """→ results for each palette pinned for the frame, then for each character with colors to compare."""
    results: list[Result] = []
    for subject, palette in expected.palettes:
        results += _against_palette(subject, palette, observation.colors)
        results.append(_worst_region(subject, palette, observation.colors))
    colored = [p for p in expected.cast if p.palette is not None or p.look in expected.subject_colors]
    if colored:
        for role in cast_frame(observation, expected).roles:
            results += _of_character(role, expected)
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


def _against_palette(subject: str, palette: Palette, colors: ColorField) -> list[Result]:
    lab, weights = colors.samples()
    shares = np.array([swatch.share or 1 / len(palette.swatches) for swatch in palette.swatches], np.float32)
    found = role_mean_shift(lab, weights, palette.labs, shares)
    matches = [
        SwatchMatch(
            role=swatch.name,
            pinned=swatch.hex,
            found=lab_to_hex(found.found_lab[index]) if np.isfinite(found.per_role[index]) else "",
            delta_e=float(found.per_role[index]),
            share=float(found.found_share[index]),
        )
        for index, swatch in enumerate(palette.swatches)
    ]
    results: list[Result] = []
    for swatch, match in zip(palette.swatches, matches, strict=True):
        results += _of_swatch(subject, match, swatch.share)
    results.append(_off_palette(subject, palette, lab, weights, tuple(matches)))
    return results


def _of_swatch(subject: str, match: SwatchMatch, share: float | None) -> Iterator[Result]:
    evidence = Evidence(swatches=(match,), reason=_words(match))
    if match.found:
        yield Measurement("color.role", subject, match.delta_e, UNIT, ENCODER, evidence, part=match.role)
    if share is not None:
        reason = f"{match.role} covers {match.share:.0%} instead of {share:.0%}"
        distance = abs(match.share - share)
        evidence = Evidence(swatches=(match,), reason=reason)
        yield Measurement(
            "color.share", subject, distance, "share of region", ENCODER, evidence, part=match.role
        )


def _words(match: SwatchMatch) -> str:
    if not match.found:
        return f"{match.role} {match.pinned} was not found"
    return f"{match.role} {match.found} instead of {match.pinned}, ΔE00 {match.delta_e:.1f}"


def _off_palette(
    subject: str,
    palette: Palette,
    lab: NDArray[np.float32],
    weights: NDArray[np.float32],
    matches: tuple[SwatchMatch, ...],
) -> Measurement:
    off = ciede2000_matrix(lab, palette.labs).min(axis=1) > OFF_PALETTE_ABOVE
    share = float(weights[off].sum() / max(float(weights.sum()), 1e-6))
    reason = f"{share:.0%} is no color of palette {palette.name}"
    if off.any():
        reason += f", mostly {lab_to_hex(np.average(lab[off], axis=0, weights=weights[off] + 1e-6))}"
    return Measurement(
        "color.offpalette", subject, share, "share of region", ENCODER, Evidence(reason, swatches=matches)
    )


def _worst_region(subject: str, palette: Palette, colors: ColorField) -> Measurement:
    height, width = colors.weight.shape
    nearest = ciede2000_matrix(colors.lab.reshape(-1, 3).astype(np.float32), palette.labs).min(axis=1)
    nearest = nearest.reshape(height, width)
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


def _of_character(role: Role, expected: Expected) -> list[Result]:
    person, sighting = role.person, role.sighting
    references = expected.subject_colors.get(person.look)
    if person.palette is None and references is None:
        return []
    if (
        sighting is None
        or sighting.colors is None
        or role.distance is None
        or role.distance > SUBJECT_LOST_ABOVE
    ):
        reason = f"{person.name} was not found well enough to say anything about its colors"
        return [Unmeasured("color.role", person.name, reason, ENCODER)] if person.palette else []
    box = (LabeledBox(sighting.box, person.name),)
    results: list[Result] = []
    if references is not None:
        results.append(_mean(person.name, mean_color(sighting.colors), references, box))
    if person.palette is not None:
        lab, weights = sighting.colors.samples()
        p90 = p90_to_nearest(lab, weights, person.palette.labs)
        reason = f"nine tenths of {person.name} lie within {p90:.1f} ΔE00 of its palette"
        results.append(Measurement("color.p90", person.name, p90, UNIT, ENCODER, Evidence(reason, boxes=box)))
        results += _against_palette(person.name, person.palette, sighting.colors)
    return results


def _mean(
    name: str, found: NDArray[np.float32], references: NDArray[np.float32], boxes: tuple[LabeledBox, ...]
) -> Measurement:
    distances = ciede2000(references, found[None])
    nearest = int(np.argmin(distances))
    distance = float(distances[nearest])
    match = SwatchMatch("mean color", lab_to_hex(references[nearest]), lab_to_hex(found), distance, 1.0)
    return Measurement("color.mean", name, distance, UNIT, ENCODER, Evidence(_words(match), boxes, (match,)))


def _shift(sketch: Sketch, others: Sequence[Sketch], camera: str) -> Measurement:
    """The typical cell against the typical cell of the others: moving figures cover few cells."""
    usual = np.median(np.stack([other.lab for other in others]), axis=0)
    shift = np.median((sketch.lab - usual).reshape(-1, 3), axis=0)
    center = np.median(usual.reshape(-1, 3), axis=0)
    distance = float(ciede2000(center[None], (center + shift)[None])[0])
    match = SwatchMatch(camera, lab_to_hex(center), lab_to_hex(center + shift), distance, 1.0)
    names = ", ".join(other.name for other in others[:3])
    if len(others) == 1:
        reason = f"{distance:.1f} ΔE00 from {names}, the same shot: two frames cannot say which one drifted"
        return Measurement(
            "color.pair", "frame", distance, UNIT, ENCODER, Evidence(reason, (), (match,), names)
        )
    reason = f"shifted by {distance:.1f} ΔE00 from the other frames of camera {camera} ({names})"
    return Measurement("color.shift", "frame", distance, UNIT, ENCODER, Evidence(reason, (), (match,), names))
