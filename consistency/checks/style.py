"""Style with color taken out: against the pinned style references, and against the series itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from consistency.checks.expected import Expected, Sketch
from consistency.measurement import Evidence, Measurement, Result
from consistency.observation import Observation
from consistency.vectors import cosine_distance, unit_rows

SERIES_AT_LEAST = 5
"""Frames that a series needs before it can say what its own style is: with fewer, one outlier moves the
center as much as it stands out."""
UNIT = "cosine distance"


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """Distance to the nearest style reference. Empty when none is pinned."""
    if not expected.style_references:
        return []
    references = np.stack([reference.style for reference in expected.style_references])
    distances = cosine_distance(observation.style[None], references)[0]
    nearest = int(np.argmin(distances))
    name = expected.style_references[nearest].name
    distance = float(distances[nearest])
    evidence = Evidence(
        reason=f"line and texture: {UNIT} {distance:.2f} to the nearest style reference, {name}",
        nearest=name,
        scores={r.name: float(d) for r, d in zip(expected.style_references, distances, strict=True)},
    )
    return [Measurement("style.reference", "style", distance, UNIT, expected.encoders["style"], evidence)]


def measure_series(sketches: Sequence[Sketch], encoders: Mapping[str, str]) -> list[list[Result]]:
    """For each frame its distance to the center of all others. Empty lists for a short series."""
    if len(sketches) < SERIES_AT_LEAST:
        return [[] for _ in sketches]
    rows = np.stack([sketch.style for sketch in sketches])
    centers = unit_rows((rows.sum(axis=0) - rows) / (len(rows) - 1))
    distances = np.clip(1 - (rows * centers).sum(axis=1), 0, 2)
    return [
        [
            Measurement(
                "style.series", "series", float(d), UNIT, encoders["style"], Evidence(reason=_words(float(d)))
            )
        ]
        for d in distances
    ]


def _words(distance: float) -> str:
    return f"line and texture: {UNIT} {distance:.2f} to the middle of the other frames"
