"""Swatch and Palette: the colors that a person pins."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from consistency.color import Floats, lab_to_hex
from consistency.errors import ColorError

Lab = tuple[float, float, float]
"""L* in [0, 100], a*, b*; D65."""


@dataclass(frozen=True, slots=True)
class Swatch:
    """One pinned color."""

    name: str
    """For example "coat"; in files without names, the color's own hex form."""
    lab: Lab
    """D65, L* in [0, 100]."""
    role: str = ""
    """What it is for; the group's name in palette files that have groups."""
    share: float | None = None
    """Wanted share of the region, in [0, 1]; None when not pinned."""
    tolerance: float | None = None
    """Largest ΔE00 that still passes, > 0; None takes the check's own."""

    def __post_init__(self) -> None:
        if len(self.lab) != 3 or not all(math.isfinite(value) for value in self.lab):
            raise ColorError(f'swatch "{self.name}" needs three finite Lab values, not {self.lab}')
        if self.share is not None and not 0 <= self.share <= 1:
            raise ColorError(f'swatch "{self.name}" has the share {self.share:g}; shares lie in [0, 1]')
        if self.tolerance is not None and not self.tolerance > 0:
            raise ColorError(f'swatch "{self.name}" has the tolerance {self.tolerance:g}; it must be above 0')

    @property
    def hex(self) -> str:
        """Hex form "#rrggbb", clipped to sRGB."""
        return lab_to_hex(self.lab)


@dataclass(frozen=True, slots=True)
class Palette:
    """The colors that belong together, in the order in which they were pinned."""

    name: str
    swatches: tuple[Swatch, ...]

    @property
    def labs(self) -> Floats:
        """float32 (n, 3), D65, one row a swatch; (0, 3) for an empty palette."""
        return np.array([swatch.lab for swatch in self.swatches], np.float32).reshape(-1, 3)
