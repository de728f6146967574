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
    part: Box = Box(0.0, 0.0, 1.0, 1.0)  # noqa: RUF009  frozen
    """Which part of the cut-out is shown: the upper half of a full figure for a medium shot."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A character of which there is no picture: a lay figure."""

    name: str
    box: Box
    colors: tuple[tuple[str, str], ...]
    """(name, #rrggbb) as pinned; may be empty."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that decides the pixels of a panel."""

    size: tuple[int, int]
    """Width, height in pixels."""
    palette: tuple[str, ...]
    """#rrggbb of the background, sky first: a `series.generators.previz.colors.Paints`."""
    scenery: int
    """Seed of the background's shapes: the same for panels of one camera."""
    figures: tuple[Figure, ...]
    """Back to front."""
    words: tuple[Words, ...]
    medium: str
    """drawn or photo: outlines and flat colors, or soft gradients."""
    shot: str = ""
    """wide, close_up ...: how near the background is."""
    place: str = ""
    """Where it is, a word of `series.generators.previz.scenery.PLACES`; empty for any."""
    standins: tuple[StandIn, ...] = ()
    """Behind the figures."""
    moment: int = 0
    """Seed of what changes from panel to panel before one camera: moon, clouds, which windows are lit."""
    tooth: int = 0
    """Of the paper, in steps of 255: 0 for none."""
