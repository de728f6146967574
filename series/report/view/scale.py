"""Distances and limits in, the end of an axis out: it shows the points, and the limits within their reach."""

from __future__ import annotations

from collections.abc import Iterable

from consistency import Tolerance
from series.report.words import is_open

HEADROOM = 1.15
"""How far an axis reaches beyond the farthest point or limit, so that what lies over it is seen."""
REACH = 4.0
"""A limit so many times farther than everything else is left out: it would press the points into a line."""


def axis_end(distances: Iterable[float], tolerance: Tolerance | None, unit: str) -> float:
    """> 0. The first limit is always shown; the others where they are within reach."""
    farthest = max(distances, default=0.0)
    end = farthest
    if tolerance is not None:
        ends = (tolerance.too_close or 0.0, tolerance.accept_below, tolerance.reject_above)
        limits = [limit for limit in ends if limit > 0 and not is_open(limit, unit)]
        for number, limit in enumerate(limits):
            if number == 0 or limit <= REACH * end:
                end = max(end, limit)
    if unit.startswith("share") and farthest <= 1:
        return min(end * HEADROOM, 1.0) or 1.0
    return end * HEADROOM or 1.0
