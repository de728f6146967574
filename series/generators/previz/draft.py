"""Draft: a panel as a list of things to draw, before it is drawn. Drift is put in here, or after drawing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from consistency import Box
from series.request import Words


@dataclass(frozen=True, slots=True)
class Figure:
    """One character in a draft: a cut-out of one of its references."""

    name: str
    reference: Path
    box: Box
    """The cut-out is fitted into it, standing on its lower edge, keeping its shape."""
    mirrored: bool = False
    recolor: tuple[tuple[str, str], ...] = ()
    """(#rrggbb in the reference, #rrggbb instead)."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that decides the pixels of a panel."""

    size: tuple[int, int]
    """Width, height in pixels."""
    palette: tuple[str, ...]
    """#rrggbb of the background, sky first."""
    scenery: int
    """Seed of the background's shapes."""
    figures: tuple[Figure, ...]
    """Back to front."""
    words: tuple[Words, ...]
    medium: str
    """drawn or photo: outlines and flat colors, or soft gradients."""
