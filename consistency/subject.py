"""A crop around one subject in, its colors out with how likely each pixel belongs to the subject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.color import srgb_to_lab
from consistency.image import Frame

Floats = NDArray[np.float32]

SIDE = 192
"""Pixels, both sides: every crop is squeezed into this square."""

MASK_SIDE = 48
"""Cells of the grid on which the mask is found."""
MASK_COLORS = 12
"""Colors that the crop is cut into; 4 colors of the border alone lost striped and dark subjects."""
MASK_ROUNDS = 6
"""Lloyd's rounds, a fixed number: a rough palette is enough here."""
MASK_SAMPLED = 2
"""Every n-th cell is enough to find the colors."""
MASK_SOFTNESS = 80.0
"""Squared ΔE*ab over which a cell is shared between two colors."""
MASK_CENTER = 0.28
"""Width of the bell that says where a subject stands, as a share of the side."""
MASK_REACH = 0.5
"""Width of the bell that the finished mask is multiplied by."""
MASK_SUBJECT_SHARE = (0.25, 0.75)
"""Center's share of center + border: below the first a color is ground, above the second the subject's."""
MASK_BLUR = 0.8
"""σ in cells."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A crop as this module looks at it."""

    lab: Floats
    """float32 (192, 192, 3), L*a*b*."""
    mask: Floats
    """float32 (192, 192) in [0, 1], see subject_mask."""


_SUBJECTS: WeakKeyDictionary[Frame, Subject] = WeakKeyDictionary()
"""The color fields of an observation need the same mask: found once, forgotten with the crop."""


def subject_of(frame: Frame) -> Subject:
    """The crop in Lab with its mask. Computed once for each Frame."""
    subject = _SUBJECTS.get(frame)
    if subject is None:
        lab = squeeze(frame.pixels)
        subject = _SUBJECTS[frame] = Subject(lab, subject_mask(lab))
    return subject


def squeeze(pixels: NDArray[np.uint8]) -> Floats:
    """The crop as float32 (192, 192, 3) Lab. pixels: uint8 (h, w, 3) sRGB."""
    height, width = pixels.shape[:2]
    down, across = max(1, height // SIDE), max(1, width // SIDE)
    if down * across > 1:
        # By whole numbers first: OpenCV averages these blocks three times as fast as others.
        blocks = pixels[: height - height % down, : width - width % across]
        size = (width // across, height // down)
        pixels = np.asarray(cv2.resize(blocks, size, interpolation=cv2.INTER_AREA), np.uint8)
    how = cv2.INTER_AREA if max(pixels.shape[:2]) > SIDE else cv2.INTER_LINEAR
    return srgb_to_lab(cv2.resize(pixels, (SIDE, SIDE), interpolation=how))


def subject_mask(lab: Floats) -> Floats:
    """How likely each pixel belongs to the subject of a crop. lab: float32 (h, w, 3), D65.

    → float32 (h, w) in [0, 1], maximum 1. The crop is cut into 12 colors; a color that is met more often in
    the center than at the border is the subject's. A crop in one color gives a bell around its center.
    A subject that fills the crop to its border is found in part; a ground of the subject's own colors is
    not told from it. Raises ValueError for another shape.
    """
    if lab.ndim != 3 or lab.shape[2] != 3 or lab.size == 0:
        raise ValueError(f"lab: expected a picture (h, w, 3), not an array of shape {lab.shape}")
    height, width = lab.shape[:2]
    cells = resized(lab, MASK_SIDE, MASK_SIDE).reshape(-1, 3)
    squared = less_own_square(cells, _main_colors(cells[::MASK_SAMPLED]))
    shares = np.exp((squared.min(axis=1, keepdims=True) - squared) / MASK_SOFTNESS)
    shares /= shares.sum(axis=1, keepdims=True)
    center, border = _bell(MASK_CENTER).ravel(), _border().ravel()
    often_in_center, often_at_border = center @ shares / center.sum(), border @ shares / border.sum()
    subject = shares @ (often_in_center / (often_in_center + often_at_border + 1e-6))
    low, high = MASK_SUBJECT_SHARE
    sure = np.clip((subject.reshape(MASK_SIDE, MASK_SIDE) - low) / (high - low), 0, 1).astype(np.float32)
    found = cv2.GaussianBlur(sure, (0, 0), MASK_BLUR) * _bell(MASK_REACH)
    mask = np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    return mask / np.float32(max(float(mask.max()), 1e-6))


@cache
def _bell(width: float) -> Floats:
    along = np.exp(-((((np.arange(MASK_SIDE) + 0.5) / MASK_SIDE - 0.5) / width) ** 2))
    return np.outer(along, along).astype(np.float32)


@cache
def _border() -> Floats:
    border = np.ones((MASK_SIDE, MASK_SIDE), np.float32)
    thick = MASK_SIDE // 16
    border[thick:-thick, thick:-thick] = 0
    return border


def _main_colors(colors: Floats) -> Floats:
    """k-means from colors far apart (Gonzalez 1985): the same in every process, no random numbers."""
    centers = np.empty((MASK_COLORS, 3), np.float32)
    centers[0] = colors[((colors - colors.mean(axis=0)) ** 2).sum(axis=1).argmin()]
    nearest = ((colors - centers[0]) ** 2).sum(axis=1)
    for i in range(1, MASK_COLORS):
        centers[i] = colors[nearest.argmax()]
        nearest = np.minimum(nearest, ((colors - centers[i]) ** 2).sum(axis=1))
    members = np.eye(MASK_COLORS, dtype=np.float32)
    for _ in range(MASK_ROUNDS):
        member = members[nearest_center(colors, centers)]
        count = member.sum(axis=0)[:, None]
        centers = np.where(count > 0, (member.T @ colors) / np.maximum(count, 1), centers)
    return centers


def nearest_center(rows: Floats, centers: Floats) -> NDArray[np.intp]:
    """rows: float32 (n, d), centers: float32 (k, d). → (n,), the index of each row's nearest center."""
    return np.asarray(less_own_square(rows, centers).argmin(axis=1), np.intp)


def less_own_square(rows: Floats, centers: Floats) -> Floats:
    """→ float32 (n, k): squared distance to each center, less the square of the row itself, which no
    comparison needs.
    """
    squared: Floats = rows @ (-2 * centers.T)
    squared += (centers * centers).sum(axis=1)
    return squared


def resized(picture: Floats, width: int, height: int) -> Floats:
    """Reduce by area averaging. picture: float32 (h, w) or (h, w, c)."""
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.float32)
