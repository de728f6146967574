"""Picture: size, aspect, blank frames, near copies of another frame or of a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

import numpy as np
from numpy.typing import NDArray

from consistency.checks.expected import Expected, Sketch, sketch
from consistency.measurement import Evidence, Measurement, Result
from consistency.observation import ColorField, Observation

ENCODER = "picture/1"
FLAT_WITHIN = 2.0
"""ΔE (Lab) within which a cell counts as the frame's one color: below what JPEG leaves in a flat area."""
PAIRS_AT_ONCE = 1024
"""Frames compared with all others in one matrix product: 1024 × 30,000 float32 are 120 MB."""


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """Size and aspect against the pinned size, how blank it is, how near it is to a reference picture."""
    results = size_against(observation, expected.size) if expected.size else []
    blank = flat_share(observation.colors)
    evidence = Evidence(reason=f"{blank:.0%} of the frame is one flat color")
    results.append(Measurement("picture.blank", "frame", blank, "share of frame", ENCODER, evidence))
    if expected.references:
        results.append(nearest_copy("picture.copy", sketch(observation, "frame"), expected.references))
    return results


def measure_series(sketches: Sequence[Sketch], encoders: Mapping[str, str]) -> list[list[Result]]:
    """For each frame how near the nearest earlier frame is: of two copies the later one is the copy."""
    del encoders  # a sketch is the same under every encoder
    rows = np.stack([sketch.lab.ravel() for sketch in sketches]) if sketches else np.empty((0, 1), np.float32)
    results: list[list[Result]] = []
    for start in range(0, len(rows), PAIRS_AT_ONCE):
        distances = _distances(rows[start : start + PAIRS_AT_ONCE], rows)
        for index, row in enumerate(distances, start):
            earlier = row[:index]
            nearest = int(np.argmin(earlier)) if index else 0
            results.append(
                [_copy("picture.duplicate", float(earlier[nearest]), sketches[nearest].name)] if index else []
            )
    return results


def flat_share(colors: ColorField) -> float:
    """Share of the frame, in [0, 1], that is within FLAT_WITHIN of its median color."""
    lab = colors.lab[::2, ::2].reshape(-1, 3).astype(np.float32)
    distance = np.linalg.norm(lab - np.median(lab, axis=0), axis=1)
    return float((distance <= FLAT_WITHIN).mean())


def size_against(observation: Observation, pinned: tuple[int, int]) -> list[Result]:
    """`picture.size` and `picture.aspect` against width and height in pixels."""
    width, height = pinned
    found = f"{observation.width}×{observation.height} instead of {width}×{height}"
    evidence = Evidence(reason=found)
    short = max(0.0, 1 - min(observation.width / width, observation.height / height))
    aspect = abs(log((observation.width / observation.height) / (width / height)))
    return [
        Measurement(
            "picture.size", "frame", short, "share of pixels missing along a side", ENCODER, evidence
        ),
        Measurement("picture.aspect", "frame", aspect, "log ratio of aspects", ENCODER, evidence),
    ]


def nearest_copy(check: str, own: Sketch, others: Sequence[Sketch]) -> Measurement:
    """Distance to the nearest of the others: mirrored or not, with or without a flat ground around it."""
    whole, bare = _to_all(own.lab, [o.lab for o in others]), _to_all(own.content, [o.content for o in others])
    distances = np.minimum(whole, bare)
    nearest = int(np.argmin(distances))
    return _copy(check, float(distances[nearest]), others[nearest].name)


def _to_all(own: NDArray[np.float32], others: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    both = np.stack([own.ravel(), own[:, ::-1].ravel()])
    distances = _distances(both, np.stack([other.ravel() for other in others]))
    return np.asarray(distances.min(axis=0), np.float32)


def _copy(check: str, distance: float, name: str) -> Measurement:
    evidence = Evidence(reason=f"nearest picture is {name}, {distance:.1f} ΔE a cell apart", nearest=name)
    return Measurement(check, "frame", distance, "ΔE of 16×16 cells", ENCODER, evidence)


def _distances(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Root mean square ΔE (Lab) a cell. a: (n, d), b: (m, d) → float32 (n, m)."""
    squared = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * (a @ b.T)
    return np.asarray(np.sqrt(np.maximum(squared, 0) / (a.shape[1] / 3)), np.float32)
