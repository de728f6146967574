"""Rendering: grain, blur, line weight, posterizing, against style references and the series itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from consistency.checks.expected import Expected, Sketch
from consistency.encoders.rendering import RENDERING_NAMES, describe, rendering_distance
from consistency.measurement import Evidence, Measurement, Result, Unmeasured
from consistency.observation import Observation

REFERENCES_AT_LEAST = 3
"""Fewer references cannot tell how much a scalar varies from scene to scene."""
SERIES_AT_LEAST = 5
"""Frames that a series needs before its own median and deviation mean something."""
OUTLIER_ABOVE = 4.0
"""Deviations at which a frame no longer counts for the others: the limit of `rendering.series`."""
OTHERS_AT_MOST = 128
"""Frames, evenly along the series, that each one is measured against: their median and deviation are known to
9 % then, and a series of 30,000 frames takes seconds."""
UNIT = "deviations"


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """Largest deviation from the pinned style references. Empty when none is pinned."""
    references = expected.style_references
    encoder = expected.encoders["rendering"]
    if not references:
        return []
    if len(references) < REFERENCES_AT_LEAST:
        reason = (
            f"{len(references)} style reference(s) cannot tell how much rendering varies by scene: "
            f"pin at least {REFERENCES_AT_LEAST} under style.references"
        )
        return [Unmeasured("rendering.reference", "style", reason, encoder)]
    rows = np.stack([reference.rendering for reference in references])
    return [_deviation("rendering.reference", "style", observation.rendering, rows, encoder)]


def measure_series(sketches: Sequence[Sketch], encoders: Mapping[str, str]) -> list[list[Result]]:
    """For each frame its largest deviation from all others. Empty lists for a short series."""
    if len(sketches) < SERIES_AT_LEAST:
        return [[] for _ in sketches]
    rows = np.stack([sketch.rendering for sketch in sketches])
    first = [
        rendering_distance(row, others).distance for row, others in _each(rows, np.ones(len(rows), np.bool_))
    ]
    # Twice: what stands out at first sight must not widen the spread that the others are measured by.
    usual = np.array(first) <= OUTLIER_ABOVE
    if int(usual.sum()) < SERIES_AT_LEAST:
        usual = np.ones(len(rows), np.bool_)
    encoder = encoders["rendering"]
    return [
        [_deviation("rendering.series", "series", row, others, encoder)] for row, others in _each(rows, usual)
    ]


def _each(
    rows: NDArray[np.float32], counted: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Each row with counted others: with the row itself no deviation of n rows could exceed n/√(n-1)."""
    among = np.flatnonzero(counted)
    among = among[np.linspace(0, len(among) - 1, min(len(among), OTHERS_AT_MOST)).astype(np.intp)]
    for index, row in enumerate(rows):
        yield row, rows[among[among != index]]


def _deviation(
    check: str, subject: str, row: NDArray[np.float32], references: NDArray[np.float32], encoder: str
) -> Measurement:
    found = rendering_distance(row, references)
    scores = {name: float(z) for name, z in zip(RENDERING_NAMES, found.z, strict=True)}
    others = "the references" if subject == "style" else "the other frames"
    reason = f"{describe(found.z)}: {found.distance:.1f} {UNIT} from {others}"
    return Measurement(
        check, subject, float(found.distance), UNIT, encoder, Evidence(reason=reason, scores=scores)
    )
