"""Tolerance: how far is still the same, keyed by (check, encoder), each with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

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


_COMIC = "11 series without drift, 138 frames (a painted and inked comic, generator output)"
_GUESS = "to be measured"

DEFAULT_TOLERANCES: Tolerances = MappingProxyType(
    {
        ("identity", "classical.appearance/1"): Tolerance(0.75, 1.0, _GUESS),
        ("identity.swap", "classical.appearance/1"): Tolerance(0.05, 0.3, _GUESS),
        ("identity.unexpected", "classical.appearance/1"): Tolerance(0.32, 0.40, _GUESS),
        ("color.role", "lab/1"): Tolerance(12, 15, _GUESS),
        ("color.share", "lab/1"): Tolerance(0.2, 0.4, _GUESS),
        ("color.offpalette", "lab/1"): Tolerance(0.4, 0.8, _GUESS),
        ("color.region", "lab/1"): Tolerance(16, 30, _GUESS),
        ("color.p90", "lab/1"): Tolerance(30, 45, _GUESS),
        ("color.mean", "lab/1"): Tolerance(15, 25, _GUESS),
        ("color.shift", "lab/1"): Tolerance(4, 8, _GUESS),
        ("color.pair", "lab/1"): Tolerance(4, 100, _GUESS),
        ("style.reference", "classical.texture/1"): Tolerance(0.70, 0.85, f"{_COMIC}: 1 % over, 98 % under"),
        ("style.series", "classical.texture/1"): Tolerance(0.55, 0.75, f"{_COMIC}: 1 % over, 96 % under"),
        ("rendering.reference", "classical.rendering/1"): Tolerance(
            4.5, 7.5, f"{_COMIC}: 0 % over, 96 % under"
        ),
        ("rendering.series", "classical.rendering/1"): Tolerance(3.0, 4.0, f"{_COMIC}: 1 % over, 89 % under"),
        ("picture.size", "picture/1"): Tolerance(0.01, 0.25, _GUESS),
        ("picture.aspect", "picture/1"): Tolerance(0.01, 0.03, _GUESS),
        ("picture.blank", "picture/1"): Tolerance(0.95, 0.99, _GUESS),
        ("picture.copy", "picture/1"): Tolerance(200, 200, _GUESS, too_close=3.0),
        ("picture.duplicate", "picture/1"): Tolerance(200, 200, _GUESS, too_close=3.0),
    }
)
