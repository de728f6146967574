"""Which pinned color is where: colors of a region and a palette in, what was found for each swatch out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consistency.color import ciede2000
from consistency.dominant import dominant_colors
from consistency.measurement import Box
from consistency.observation import ColorField
from consistency.palette import Palette

Floats = NDArray[np.float32]

REACH = 12.0
"""ΔE00 up to which a color is read as a pinned one: beyond it people name it differently."""
REACH_OF_TOLERANCE = 3.0
"""A swatch with a tolerance of its own is looked for up to this many tolerances away, so that drift of a
color that matters is measured and not overlooked."""
CANDIDATES = 3
"""Swatches nearest in plain Lab among which the nearest by ΔE00 is sought: ΔE00 to all of them costs eight
times as much for a palette of 25."""
CELLS_AT_LEAST = 5.0
"""Cells of full weight that a swatch needs before their mean is a color and not an edge."""
FOREIGN_SHARE = 0.5
"""An unexplained color stands for a lost swatch if it covers at least this part of its usual share."""
FOREIGN_COLORS = 4
"""Colors that the unexplained cells are summed up in."""
FRAME_CELLS = 64 * 48
"""Cells of a frame of usual shape."""
OUTSIDE_AT_LEAST = 0.05
"""Share of the frame around a region that is needed to tell its colors from the background's."""
BACKGROUND_BINS = (10, 14, 14)
"""Bins of L*, a*, b* (12 units of a* and b* wide) in which region and background are told apart."""
BACKGROUND_BLUR = 0.25
"""Share of a bin that is spread to each neighbor along each axis."""
BACKGROUND_REACH = 84.0
"""a* and b* beyond ± this fall into the outer bins."""
OWN_SHARE = (0.3, 0.7)
"""Inside's share of inside + around: up to the first a color is the background's, from the second the
region's own; between them it counts in part."""
FOREIGN_MERGE_BELOW = 8.0
"""ΔE00 under which two unexplained colors count as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What was found for the swatches of a palette, row by row."""

    delta_e: Floats
    """float32 (m,): ΔE00 between the swatch and the mean of its cells; nan for too few cells."""
    lab: Floats
    """float32 (m, 3): that mean."""
    share: Floats
    """float32 (m,): weight of its cells, as a share of all."""
    explained: NDArray[np.bool_]
    """(n,): cells that some swatch explains."""


def reaches(palette: Palette) -> Floats:
    """float32 (m,): how far from each swatch its cells may lie, in ΔE00."""
    own = [max(REACH, REACH_OF_TOLERANCE * (swatch.tolerance or 0)) for swatch in palette.swatches]
    return np.array(own, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Colors with how much each counts."""

    lab: Floats
    """float32 (n, 3)."""
    weights: Floats
    """float32 (n,) in [0, 1]."""


def find_swatches(lab: Floats, weights: Floats, palette: Palette) -> Found:
    """lab: float32 (n, 3); weights: float32 (n,) ≥ 0. A cell goes to its nearest swatch, if within reach."""
    pins = palette.labs
    nearest, delta_e = nearest_swatch(lab, pins)
    explained = delta_e <= reaches(palette)[nearest]
    owner = np.where(explained, nearest, len(pins))
    weight = np.bincount(owner, weights, minlength=len(pins) + 1)[: len(pins)]
    sums = [np.bincount(owner, weights * lab[:, c], minlength=len(pins) + 1)[: len(pins)] for c in range(3)]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (np.stack(sums, axis=1) / weight[:, None]).astype(np.float32)
    mean[weight < CELLS_AT_LEAST] = np.nan
    moved = np.full(len(pins), np.nan, np.float32)
    seen = np.isfinite(mean).all(axis=1)
    moved[seen] = ciede2000(mean[seen], pins[seen])
    share = (weight / max(float(weights.sum()), 1e-6)).astype(np.float32)
    return Found(moved, mean, share, explained)


def nearest_swatch(lab: Floats, pins: Floats) -> tuple[NDArray[np.intp], Floats]:
    """→ row of the nearest pin (n,), and ΔE00 to it float32 (n,)."""
    squared = (lab * lab).sum(1)[:, None] + (pins * pins).sum(1) - 2 * (lab @ pins.T)
    count = min(CANDIDATES, len(pins))
    near = np.argpartition(squared, count - 1, axis=1)[:, :count] if count < len(pins) else None
    rows = near if near is not None else np.broadcast_to(np.arange(len(pins)), (len(lab), len(pins)))
    delta_e = ciede2000(np.repeat(lab[:, None], rows.shape[1], axis=1), pins[rows])
    best = delta_e.argmin(axis=1)
    index = np.arange(len(lab))
    return rows[index, best], delta_e[index, best]


def subject_samples(colors: ColorField, box: Box, frame: ColorField) -> Samples:
    """Colors of a region's subject: cells whose color is as common around the box as in it lose their weight.

    Where the box leaves next to nothing of the frame, the region's own mask has to do.
    """
    lab, weights = colors.samples()
    return Samples(lab, weights * _own_share(lab, weights, frame.lab[_outside(frame, [box])]))


def surroundings(box: Box, others: Sequence[Box], frame: ColorField) -> Samples:
    """The same around a region: the ring of half its size, without the boxes of other characters, against the
    rest of the frame. There stands what a proposal by colors left out because it has another color now.
    """
    ring = _outside(frame, [box, *others]) & ~_outside(frame, [_grown(box)])
    lab = frame.lab[ring].astype(np.float32)
    weights = np.ones(len(lab), np.float32)
    return Samples(
        lab, weights * _own_share(lab, weights, frame.lab[_outside(frame, [_grown(box), *others])])
    )


def _own_share(lab: Floats, weights: Floats, around: NDArray[np.float16]) -> Floats:
    """float32 (n,) in [0, 1]: how much more common each color is here than around."""
    if len(around) < OUTSIDE_AT_LEAST * FRAME_CELLS or not len(lab):
        return np.ones(len(lab), np.float32)
    inside = _histogram(lab, weights)
    outside = _histogram(around.astype(np.float32), np.ones(len(around), np.float32))
    own, other = inside[_bins(lab)], outside[_bins(lab)]
    ratio = own / np.maximum(own + other, 1e-6)
    low, high = OWN_SHARE
    return np.asarray(np.clip((ratio - low) / (high - low), 0, 1), np.float32)


def _grown(box: Box) -> Box:
    wide, tall = (box.right - box.left) / 2, (box.bottom - box.top) / 2
    return Box(
        max(0.0, box.left - wide),
        max(0.0, box.top - tall),
        min(1.0, box.right + wide),
        min(1.0, box.bottom + tall),
    )


def _outside(frame: ColorField, boxes: Sequence[Box]) -> NDArray[np.bool_]:
    """(h, w): cells of the frame that lie in none of the boxes."""
    height, width = frame.weight.shape
    outside = np.ones((height, width), np.bool_)
    for box in boxes:
        left, top, right, bottom = box.pixels(width, height)
        outside[top:bottom, left:right] = False
    return outside


def _bins(lab: Floats) -> tuple[NDArray[np.intp], ...]:
    scaled = (lab[:, 0] / 100, *((lab[:, i] + BACKGROUND_REACH) / (2 * BACKGROUND_REACH) for i in (1, 2)))
    return tuple(
        np.clip((channel * bins).astype(np.intp), 0, bins - 1)
        for channel, bins in zip(scaled, BACKGROUND_BINS, strict=True)
    )


def _histogram(lab: Floats, weights: Floats) -> Floats:
    """Shares of the weight, spread a little, so that a shade more or less finds its like."""
    flat = np.ravel_multi_index(_bins(lab), BACKGROUND_BINS)
    counts = np.bincount(flat, weights, minlength=int(np.prod(BACKGROUND_BINS))).reshape(BACKGROUND_BINS)
    for axis in range(3):
        spread = np.zeros_like(counts)
        here, there = [slice(None)] * 3, [slice(None)] * 3
        here[axis], there[axis] = slice(1, None), slice(None, -1)
        spread[tuple(here)] += counts[tuple(there)]
        spread[tuple(there)] += counts[tuple(here)]
        counts = (1 - 2 * BACKGROUND_BLUR) * counts + BACKGROUND_BLUR * spread
    return np.asarray(counts / max(float(counts.sum()), 1e-6), np.float32)


def mean_shares(fields: Sequence[ColorField], palette: Palette) -> Floats:
    """float32 (m,): share of each swatch in some pictures of a subject, on average."""
    shares = [find_swatches(*colors.samples(), palette).share for colors in fields]
    return np.asarray(np.mean(shares, axis=0), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """Colors that no swatch explains."""

    lab: Floats
    """float32 (k, 3)."""
    share: Floats
    """float32 (k,), of the whole region; sorted, largest first."""


def foreign_colors(lab: Floats, weights: Floats, found: Found) -> Foreign:
    """Sum up the cells that no swatch explains."""
    unexplained = ~found.explained & (weights > 0)
    total = float(weights.sum())
    part = float(weights[unexplained].sum())
    if part < CELLS_AT_LEAST:
        return Foreign(np.empty((0, 3), np.float32), np.empty(0, np.float32))
    colors = dominant_colors(
        lab[unexplained], weights[unexplained], k=FOREIGN_COLORS, merge_below=FOREIGN_MERGE_BELOW
    )
    return Foreign(colors.labs, (colors.shares * part / total).astype(np.float32))
