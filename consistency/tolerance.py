"""Tolerance: how far is still the same, keyed by (check, encoder), each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from consistency.errors import ToleranceError


@dataclass(frozen=True, slots=True)
class Tolerance:
    """The band of one (check, encoder) pair, in the unit of its measurements."""

    accept_below: float
    """Distances up to this are CONSISTENT."""
    reject_above: float
    """Distances over this are DRIFTED; between the two, UNSURE."""
    source: str
    """Where the two numbers come from: a data set, a publication, a manifest line."""
    too_close: float | None = None
    """Distances under this are DRIFTED too: the frame is a copy of a reference."""

    def __post_init__(self) -> None:
        if not self.accept_below <= self.reject_above:
            raise ToleranceError(
                f"accept_below {self.accept_below:g} is larger than reject_above {self.reject_above:g}"
            )
        if self.too_close is not None and not self.too_close < self.accept_below:
            raise ToleranceError(
                f"too_close {self.too_close:g} is not below accept_below {self.accept_below:g}"
            )


Tolerances = Mapping[tuple[str, ...], Tolerance]
"""(check, encoder id) → Tolerance, or (check, encoder id, subject, part) for one swatch that a person
pinned more narrowly. A missing pair is an error, never a default number."""
