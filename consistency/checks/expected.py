"""Expected: everything that one frame is pinned to, as facts; and Sketch, what a series is compared by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.dominant import dominant_colors
from consistency.measurement import Box
from consistency.observation import ColorField, Observation
from consistency.palette import Palette
from consistency.vectors import Gallery

SKETCH_SIDE = 16
"""Cells along each side of a sketch: near copies agree within 2 ΔE, other pictures hardly ever."""

MAIN_COLOR_SHARE = 0.1
"""Share of the subject that makes a color one of its main ones: smaller ones come and go with the pose."""
GROUND_WITHIN = 8.0
"""ΔE (Lab) within which a cell belongs to a flat ground: paper grain and JPEG stay below."""
NEUTRAL = (60.0, 0.0, 0.0)
"""Lab of the gray that stands for any ground."""
GROUND_SHARE = 0.8
"""Share of the border in one color that makes it a ground: a figure may be cut by one side."""


@dataclass(frozen=True, slots=True, eq=False)
class PinnedCharacter:
    """One character as a panel pins it."""

    name: str
    """As the reader knows it: the subject of measurements."""
    look: str
    """Its name in the gallery: the character and its wardrobe."""
    palette: Palette | None = None
    palette_shares: NDArray[np.float32] | None = None
    """float32 (m,): share of each swatch in the references; None when not known."""
    place: Box | None = None
    medium: str = "drawn"
    """drawn or photo. Faces are judged on photographs only."""


@dataclass(frozen=True, slots=True)
class PinnedWords:
    """Words as a panel pins them."""

    text: str
    place: Box | None = None
    """None anywhere in the frame."""
    speaker: str = ""
    """Empty for a caption, a sign or a sound."""


@dataclass(frozen=True, slots=True, eq=False)
class LookColors:
    """The colors of a look, as its references show them."""

    means: NDArray[np.float32]
    """float32 (n, 3): mean Lab of the subject in each reference."""
    main: NDArray[np.float32]
    """float32 (k, 3): its main colors, Lab."""
    shares: NDArray[np.float32]
    """float32 (k,): how much of the subject each covers; together 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Sketch:
    """The little that is kept of each picture to compare it with the others of its series."""

    name: str
    """File or panel, for evidence."""
    digest: str
    style: NDArray[np.float32]
    rendering: NDArray[np.float32]
    lab: NDArray[np.float32]
    """float32 (16, 16, 3), L*a*b* of the picture squeezed into a square."""
    content: NDArray[np.float32]
    """float32 (16, 16, 3): the same of what stands on a flat ground, the ground cut away or neutral gray."""
    camera: str = ""
    """Frames with one camera show the same shot, so that their colors compare directly."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What one frame should look like. What is not pinned is not checked."""

    encoders: Mapping[str, str]
    """Role → encoder id, of the build that observed references and frames."""
    size: tuple[int, int] | None = None
    """Width, height in pixels."""
    cast: tuple[PinnedCharacter, ...] = ()
    gallery: Gallery | None = None
    """All characters of the project; None when no reference is pinned."""
    face_gallery: Gallery | None = None
    looks: Mapping[str, LookColors] = field(default_factory=dict)
    """Look → the colors of its references."""
    palettes: tuple[tuple[str, Palette], ...] = ()
    """(subject, palette) pinned for the whole frame."""
    style_references: tuple[Sketch, ...] = ()
    references: tuple[Sketch, ...] = ()
    """Every pinned picture, for finding copies."""
    lettering: tuple[PinnedWords, ...] = ()


def sketch(observation: Observation, name: str, camera: str = "") -> Sketch:
    """Keep what a series is compared by: about 7 KB."""
    lab = observation.colors.lab.astype(np.float32)
    own = _squeezed(lab)
    content = _squeezed(_content(lab))
    return Sketch(name, observation.digest, observation.style, observation.rendering, own, content, camera)


def _squeezed(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    square = cv2.resize(lab, (SKETCH_SIDE, SKETCH_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(square, np.float32)


def _content(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """What stands on a flat ground, in gray; everything where the border has several colors."""
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    ground = np.median(border, axis=0)
    if np.mean(np.linalg.norm(border - ground, axis=1) < GROUND_WITHIN) < GROUND_SHARE:
        return lab
    figure = np.linalg.norm(lab - ground, axis=2) >= GROUND_WITHIN
    rows, columns = np.nonzero(figure)
    if not len(rows):
        return lab
    bare = np.where(figure[..., None], lab, np.array(NEUTRAL, np.float32))
    return bare[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def look_colors(fields: Sequence[ColorField]) -> LookColors:
    """Sum up the subject fields of a look's references. fields: at least one."""
    samples = [field.samples() for field in fields]
    means = np.stack([np.average(lab, axis=0, weights=weights) for lab, weights in samples])
    found = dominant_colors(
        np.concatenate([lab for lab, _ in samples]), np.concatenate([w for _, w in samples])
    )
    main = found.shares >= MAIN_COLOR_SHARE
    if not main.any():
        main = np.ones(len(found.shares), np.bool_)
    shares = found.shares[main] / found.shares[main].sum()
    return LookColors(means.astype(np.float32), found.labs[main], shares.astype(np.float32))
