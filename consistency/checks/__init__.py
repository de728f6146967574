"""The checks: one kind of drift a file, in one table. Observation and Expected in, results out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from consistency.checks import color, identity, lettering, picture, rendering, style
from consistency.checks.expected import Expected, Sketch
from consistency.measurement import Result
from consistency.observation import Observation

FrameCheck = Callable[[Observation, Expected], list[Result]]
"""Measures one frame against what it is pinned to."""
SeriesCheck = Callable[[Sequence[Sketch], Mapping[str, str]], list[list[Result]]]
"""Measures each frame against the others: sketches and encoder ids in, one list for each frame out."""

FRAME_CHECKS: Mapping[str, FrameCheck] = MappingProxyType(
    {
        "identity": identity.measure,
        "color": color.measure,
        "style": style.measure,
        "rendering": rendering.measure,
        "picture": picture.measure,
        "lettering": lettering.measure,
    }
)
SERIES_CHECKS: Mapping[str, SeriesCheck] = MappingProxyType(
    {
        "color": color.measure_series,
        "style": style.measure_series,
        "rendering": rendering.measure_series,
        "picture": picture.measure_series,
    }
)


def measure_frame(
    observation: Observation, expected: Expected, off: frozenset[str] = frozenset()
) -> list[Result]:
    """All frame checks but those named in `off`: kinds ("style") or single checks ("color.share")."""
    results = [
        r for kind, check in FRAME_CHECKS.items() if kind not in off for r in check(observation, expected)
    ]
    return [result for result in results if result.check not in off]


def measure_series(
    sketches: Sequence[Sketch], encoders: Mapping[str, str], off: frozenset[str] = frozenset()
) -> list[list[Result]]:
    """All series checks but those named in `off`. → for each sketch its results."""
    merged: list[list[Result]] = [[] for _ in sketches]
    for kind, check in SERIES_CHECKS.items():
        if kind in off:
            continue
        for own, found in zip(merged, check(sketches, encoders), strict=True):
            own += [result for result in found if result.check not in off]
    return merged
