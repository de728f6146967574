"""Style with color taken out: against the pinned style references, and against the series itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from consistency.checks.expected import Expected, Sketch
from consistency.measurement import Evidence, Measurement, Result
from consistency.observation import Observation
from consistency.vectors import cosine_distance, unit_rows

SERIES_AT_LEAST = 5
"""Frames that a series needs before it can say what its own style is: with fewer, one outlier moves the
center as much as it stands out."""
OUTLIER_ABOVE = 0.75
"""Distance at which a frame no longer counts toward the middle: the limit of `style.series`."""
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
    # Twice: what stands out at first sight must not pull the center that the others are measured from.
    usual = _to_others(rows, np.ones(len(rows), np.bool_)) <= OUTLIER_ABOVE
    if int(usual.sum()) < SERIES_AT_LEAST:
        usual = np.ones(len(rows), np.bool_)
    return [
        [
            Measurement(
                "style.series", "series", float(d), UNIT, encoders["style"], Evidence(reason=_words(float(d)))
            )
        ]
        for d in _to_others(rows, usual)
    ]


def _to_others(rows: NDArray[np.float32], counted: NDArray[np.bool_]) -> NDArray[np.float32]:
    """float32 (n,): cosine distance of each row to the middle of all counted rows but itself."""
    middles = unit_rows(rows[counted].sum(axis=0) - rows * counted[:, None])
    return np.asarray(np.clip(1 - (rows * middles).sum(axis=1), 0, 2), np.float32)


def _words(distance: float) -> str:
    return f"line and texture: {UNIT} {distance:.2f} to the middle of the other frames"
