"""Style with color taken out: against the pinned style references, and against the series itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from consistency.checks.expected import Expected, Sketch
from consistency.cohort import corrected_distance, is_corrected
from consistency.measurement import Evidence, Measurement, Result
from consistency.observation import Observation
from consistency.vectors import cosine_distance, unit_rows

SERIES_AT_LEAST = 5
"""Frames that a series needs before it can say what its own style is: with fewer, one outlier moves the
center as much as it stands out."""
OUTLIER_ABOVE = 0.75
"""Distance at which a frame no longer counts toward the middle: the limit of `style.series`."""
UNIT = "cosine distance"
CORRECTED = "cosine distance beyond a cohort"
"""Of an encoder whose rows know how near they lie to unrelated pictures."""

Rows = NDArray[np.float32]


def distances(a: Rows, b: Rows, encoder: str) -> Rows:
    """a: float32 (n, d), b: float32 (m, d), rows of this encoder (its id). → float32 (n, m)."""
    return corrected_distance(a, b) if is_corrected(encoder) else cosine_distance(a, b)


def unit_of(encoder: str) -> str:
    """Of `distances` by this encoder."""
    return CORRECTED if is_corrected(encoder) else UNIT


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """Distance to the nearest style reference. Empty when none is pinned."""
    if not expected.style_references:
        return []
    encoder = expected.encoders["style"]
    references = np.stack([reference.style for reference in expected.style_references])
    found = distances(observation.style[None], references, encoder)[0]
    nearest = int(np.argmin(found))
    name = expected.style_references[nearest].name
    distance, unit = float(found[nearest]), unit_of(encoder)
    evidence = Evidence(
        reason=f"line and texture: {unit} {distance:.2f} to the nearest style reference, {name}",
        nearest=name,
        scores={r.name: float(d) for r, d in zip(expected.style_references, found, strict=True)},
    )
    return [Measurement("style.reference", "style", distance, unit, encoder, evidence)]


def measure_series(sketches: Sequence[Sketch], encoders: Mapping[str, str]) -> list[list[Result]]:
    """For each frame its distance to the center of all others. Empty lists for a short series."""
    if len(sketches) < SERIES_AT_LEAST:
        return [[] for _ in sketches]
    encoder, unit = encoders["style"], unit_of(encoders["style"])
    rows = np.stack([sketch.style for sketch in sketches])
    # Twice: what stands out at first sight must not pull the center that the others are measured from.
    usual = _to_others(rows, np.ones(len(rows), np.bool_), encoder) <= OUTLIER_ABOVE
    if int(usual.sum()) < SERIES_AT_LEAST:
        usual = np.ones(len(rows), np.bool_)
    return [
        [Measurement("style.series", "series", float(d), unit, encoder, _evidence(float(d), unit))]
        for d in _to_others(rows, usual, encoder)
    ]


def _to_others(rows: Rows, counted: NDArray[np.bool_], encoder: str) -> Rows:
    """float32 (n,): distance of each row to the middle of all counted rows but itself. A middle lies as near
    to the cohort as those that it is the middle of do on the average."""
    if not is_corrected(encoder):
        middles = unit_rows(rows[counted].sum(axis=0) - rows * counted[:, None])
        return np.asarray(np.clip(1 - (rows * middles).sum(axis=1), 0, 2), np.float32)
    units, near = rows[:, :-1], rows[:, -1]
    middles = unit_rows(units[counted].sum(axis=0) - units * counted[:, None])
    others = (near[counted].sum() - near * counted) / (counted.sum() - counted)
    return np.asarray(np.maximum(1 - (units * middles).sum(axis=1) + (near + others) / 2, 0), np.float32)


def _evidence(distance: float, unit: str) -> Evidence:
    return Evidence(reason=f"line and texture: {unit} {distance:.2f} to the middle of the other frames")
