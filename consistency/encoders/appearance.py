"""Crops around one subject in, one vector of its looks out: colors by height, textures, outline.

Classical features under a soft subject mask, projected by within-class whitening. The projection was learned
by tests/evaluation/fit_appearance.py; nothing else here is learned but the texture words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.build import committed_digest
from consistency.image import Frame
from consistency.measurement import Box
from consistency.subject import SIDE, Subject, nearest_center, resized, subject_of
from consistency.vectors import whiten

Floats = NDArray[np.float32]

BOX_LEVEL = 0.35
"""Mask above which a pixel counts for the subject's own box."""
BOX_TAIL = 0.02
"""Share of those pixels that may lie outside on each side."""
BOX_LEAST = 16
"""Pixels: least side of the box."""

BANDS = 3
"""Head, trunk, feet: equal heights of the box. Subjects AUC .971, with one histogram of the whole .954."""
BAND_BINS = (4, 7, 7)
"""Bins of L*, a*, b* in each band."""
AB_RANGE = 60.0
"""a* and b* beyond ± this fall into the outer bins."""

PATCH = 16
"""Pixels a side."""
STRIDE = 6
"""Pixels between patches."""
CELL = 2
"""Pixels a side of the cells that patches are summed from."""
DIRECTIONS = 8
"""Signed gradient directions of a patch."""
PATCH_NUMBERS = 6 + DIRECTIONS
"""Mean L*, a*, b*; their deviations; roots of the gradient in each direction."""

OUTLINE_SIDE = 64
"""Pixels, both sides, of the box for the outline."""
OUTLINE_CELL = 8
"""Pixels a side."""
OUTLINE_DIRECTIONS = 9
"""Unsigned gradient directions of a cell. Dalal and Triggs 2005."""
OUTLINE_FLOOR = 50.0
"""Squared gradient sum of a block below which it counts as flat."""
OUTLINE_CLIP = 0.2
"""Largest share of one direction in a block. Lowe 2004."""

OUTLINE_WEIGHT = 1.0
"""Beside 1 for the colors and 1 for the textures. On subjects .7 to 1.4 lie within .003 AUC; a redrawn gecko
gains (two fits from different seeds, .7 at shrinkage .1: .81 and .70, 1 at shrinkage .4: .87 and .75)."""

BACKGROUND_BOXES = tuple(Box(x, y, x + 0.5, y + 0.5) for y in (0.0, 0.5) for x in (0.0, 0.5))
"""Windows of a reference that show what stands around its subject: the background of a gallery of one."""

_MIRRORED = np.r_[0:6, 6 + (DIRECTIONS // 2 - np.arange(DIRECTIONS)) % DIRECTIONS]
"""Where each number of a patch stands when the picture is mirrored."""
_CORNERS = np.array([[i >> 2 & 1, i >> 1 & 1, i & 1] for i in range(8)])


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What fit_appearance.py writes."""

    patch_mean: Floats
    """(14,)"""
    patch_scale: Floats
    """(14,): one over the deviation, times the weight of the number."""
    words: Floats
    """(64, 14): centers of standardized patches."""
    mean: Floats
    """(D,): mean of unrelated subjects. Subtracted already: it centers a project of one character."""
    projection: Floats
    """(D, d)"""


@cache
def learned() -> Learned:
    """The committed arrays, read once a process."""
    with files("consistency").joinpath("encoders/data/appearance.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return Learned(**{name: arrays[name].astype(np.float32) for name in Learned.__slots__})


class AppearanceEncoder:
    """ImageEncoder of one subject's looks. Mirrored pictures come to nearly the same vector."""

    @property
    def id(self) -> str:
        """Changes whenever a vector would."""
        return "classical.appearance/1"

    @property
    def weights(self) -> str:
        """sha256 of the committed statistics."""
        return committed_digest("appearance.npz")

    def encode(self, frames: Sequence[Frame]) -> Floats:
        """frames: n crops of any size. → float32 (n, 384), unit rows; (0, 384) for none."""
        arrays = learned()
        plain = np.zeros((len(frames), len(arrays.mean)), np.float32)
        for row, frame in zip(plain, frames, strict=True):
            row[:] = describe(subject_of(frame), arrays)
        # one product a row: a product of all rows at once may round differently with their number
        rows = [whiten(row, arrays.mean, arrays.projection) for row in plain]
        return np.stack(rows) if rows else np.zeros((0, arrays.projection.shape[1]), np.float32)


def describe(subject: Subject, arrays: Learned) -> Floats:
    """The vector before centering and projection. → float32 (D,), unit length."""
    lab, mask = subject.lab, subject.mask
    box = subject_box(mask)
    colors = band_colors(lab[box][::2, ::2], mask[box][::2, ::2])
    textures = texture_words(standardized(patches(lab), arrays), patch_weights(mask), arrays.words)
    shape = outline(lab[box][..., 0])
    return _unit(np.concatenate([colors, textures, OUTLINE_WEIGHT * shape]))


def subject_box(mask: Floats) -> tuple[slice, slice]:
    """Rows and columns that hold the subject. mask: float32 (192, 192), maximum 1."""
    inside = mask > BOX_LEVEL
    return _span(inside.sum(axis=1)), _span(inside.sum(axis=0))


def _span(counts: NDArray[np.int_]) -> slice:
    total = counts.cumsum()
    first, last = np.searchsorted(total, [BOX_TAIL * total[-1], (1 - BOX_TAIL) * total[-1]])
    start = min(int(first), SIDE - BOX_LEAST)
    return slice(start, max(start + BOX_LEAST, int(last) + 1))


# Colors


def band_colors(lab: Floats, weight: Floats) -> Floats:
    """Colors by height. lab: float32 (h, w, 3), weight: float32 (h, w). → float32 (588,), unit length.

    Trilinear histograms of three bands, each made to sum to 1; square roots, so that the cosine is the
    Bhattacharyya coefficient.
    """
    index, share = _trilinear(lab.reshape(-1, 3))
    bins = int(np.prod(BAND_BINS))
    band = np.repeat(np.arange(len(lab)) * BANDS // len(lab), lab.shape[1])
    counts = np.bincount((index + band * bins).ravel(), (share * weight.ravel()).ravel(), BANDS * bins)
    counts = counts.reshape(BANDS, bins)
    return _unit(np.sqrt(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)).ravel())


def _trilinear(colors: Floats) -> tuple[NDArray[np.int_], Floats]:
    """For each of the 8 bins around each color: its number, its share."""
    bins = np.array(BAND_BINS, np.float32)
    low = np.array([0, -AB_RANGE, -AB_RANGE], np.float32)
    extent = np.array([100, 2 * AB_RANGE, 2 * AB_RANGE], np.float32)
    place = np.clip((colors - low) / extent * (bins - 1), 0, bins - 1.001)
    floor = place.astype(np.int64)
    rest = (place - floor).T
    strides = np.array([BAND_BINS[1] * BAND_BINS[2], BAND_BINS[2], 1])
    index = floor @ strides + (_CORNERS @ strides)[:, None]
    sides = np.stack([1 - rest, rest])
    share = sides[_CORNERS[:, 0], 0] * sides[_CORNERS[:, 1], 1] * sides[_CORNERS[:, 2], 2]
    return index, share


# Textures


def patches(lab: Floats) -> Floats:
    """lab: float32 (192, 192, 3). → float32 (900, 14): each patch's mean color, deviations, gradients."""
    half = SIDE // CELL
    mean, squares = resized(lab, half, half), resized(lab * lab, half, half)
    gradients = _gradients(lab[..., 0], DIRECTIONS, CELL, signed=True)
    table = _over_patches(np.concatenate([mean, squares, gradients], axis=2)).reshape(-1, PATCH_NUMBERS)
    mean, squares, gradients = table[:, :3], table[:, 3:6], table[:, 6:]
    deviation = np.sqrt(np.maximum(squares - mean * mean, 0))
    return np.concatenate([mean, deviation, np.sqrt(np.maximum(gradients, 0))], axis=1)


def patch_weights(mask: Floats) -> Floats:
    """Mean of the mask in each patch. mask: float32 (192, 192). → float32 (900,)."""
    return _over_patches(resized(mask, SIDE // CELL, SIDE // CELL)).ravel()


def _over_patches(cells: Floats) -> Floats:
    """Means over all patches; the grid of patches lies in the middle, so that it mirrors onto itself."""
    size, step = PATCH // CELL, STRIDE // CELL
    count = (len(cells) - size) // step + 1
    start = (len(cells) - size - (count - 1) * step) // 2
    at = start + step * np.arange(count)
    means = cv2.boxFilter(cells, -1, (size, size), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(means[at][:, at], np.float32)


def standardized(rows: Floats, arrays: Learned) -> Floats:
    """rows: float32 (n, 14) from `patches`. → float32 (n, 14)."""
    return (rows - arrays.patch_mean) * arrays.patch_scale


def texture_words(rows: Floats, weight: Floats, words: Floats) -> Floats:
    """How the patches differ from their nearest words, in both hands. → float32 (64 × 14,), unit length.

    VLAD with signed roots and a unit vector for each word: Jégou et al. 2010, Arandjelović and Zisserman
    2013. Signed directions are kept and the mirrored patches averaged in: a turned character is the same.
    """
    both = _residuals(rows, weight, words) + _residuals(rows[:, _MIRRORED], weight, words)
    return _unit(both.ravel())


def _residuals(rows: Floats, weight: Floats, words: Floats) -> Floats:
    member = np.eye(len(words), dtype=np.float32)[nearest_center(rows, words)] * weight[:, None]
    residual = member.T @ rows - member.sum(axis=0)[:, None] * words
    residual /= np.linalg.norm(residual, axis=1, keepdims=True) + 1e-9
    rooted = np.sign(residual) * np.sqrt(np.abs(residual))
    return _unit(rooted)


# Outline


def outline(lightness: Floats) -> Floats:
    """Histograms of oriented gradients of the box, averaged with those of its mirror image.

    lightness: float32 (h, w). → float32 (7 × 4 × 36,), unit length: the other columns repeat these.
    Dalal and Triggs 2005.
    """
    small = resized(lightness, OUTLINE_SIDE, OUTLINE_SIDE)
    cells = _gradients(small, OUTLINE_DIRECTIONS, OUTLINE_CELL, signed=False)
    last = len(cells) - 1
    blocks = np.stack([cells[y : last + y, x : last + x] for y in (0, 1) for x in (0, 1)], axis=2)
    blocks = blocks / np.sqrt((blocks * blocks).sum(axis=(2, 3), keepdims=True) + OUTLINE_FLOOR)
    blocks = np.minimum(blocks, OUTLINE_CLIP)
    blocks = blocks / np.sqrt((blocks * blocks).sum(axis=(2, 3), keepdims=True) + 1e-3)
    mirrored = blocks[:, ::-1][:, :, [1, 0, 3, 2]][..., ::-1]
    return _unit((blocks + mirrored)[:, : (last + 1) // 2].ravel())


def _gradients(lightness: Floats, directions: int, cell: int, *, signed: bool) -> Floats:
    """Gradient magnitude by direction in each cell. → float32 (h / cell, w / cell, directions).

    Signed: Sobel, means over the cell, a bin around each multiple of 360° / directions. Unsigned: plain
    differences, sums over the cell, bins between the multiples of 180° / directions.
    """
    size, scale = (3, 0.25) if signed else (1, 1.0)
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0, ksize=size, scale=scale)
    down = cv2.Sobel(lightness, cv2.CV_32F, 0, 1, ksize=size, scale=scale)
    magnitude, angle = cv2.cartToPolar(across, down)
    place = angle * (directions / (2 * np.pi)) if signed else angle % np.pi * (directions / np.pi) - 0.5
    floor = np.floor(place)
    rest, low = place - floor, floor.astype(np.int64)
    side = len(lightness) // cell
    along = np.arange(len(lightness)) // cell
    first = (along[:, None] * side + along) * directions
    index = np.stack([first + low % directions, first + (low + 1) % directions])
    weight = np.stack([magnitude * (1 - rest), magnitude * rest])
    sums = np.bincount(index.ravel(), weight.ravel(), side * side * directions)
    table = sums.reshape(side, side, directions).astype(np.float32)
    return table / np.float32(cell**2) if signed else table


def _unit(values: NDArray[np.floating]) -> Floats:
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-9), np.float32)
