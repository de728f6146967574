"""A grid's size in, windows of several sizes over it out; sums and means inside them by integral images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from consistency.measurement import Box

HEIGHTS = (0.2, 0.28, 0.4, 0.55, 0.75, 0.97)
"""Window heights as shares of the grid's height."""
ASPECTS = (0.5, 0.8, 1.3)
"""Window widths as multiples of their heights: a standing figure to a lying animal."""
STEPS = 3
"""A window moves by a third of its shorter side: a sixth found no more, at four times the cost."""
SEPARATE_BELOW = 0.3
"""Two proposals for one character overlap by less than this IoU."""
CONSIDERED = 400
"""Best windows among which separate ones are sought: far more than are ever kept."""
SMALLEST_WINDOW = 3
"""Cells a side at least: around a single cell there would be no ring."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """All windows over a grid of one size."""

    boxes: NDArray[np.intp]
    """(n, 4): left, top, right, bottom in cells."""
    around: NDArray[np.intp]
    """(n, 4): the same, grown by half its size to every side, inside the grid."""
    width: int
    height: int
    """Cells of the grid."""

    def box(self, index: int) -> Box:
        """A window as fractions of the picture."""
        left, top, right, bottom = (int(side) for side in self.boxes[index])
        return Box(left / self.width, top / self.height, right / self.width, bottom / self.height)


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What lies in each window of a grid, around it, and in the rest of the grid."""

    inside: NDArray[np.float32]
    ring: NDArray[np.float32]
    rest: NDArray[np.float32]
    """Each float32 (windows, d): mean of the cells; zeros where there are none."""


@lru_cache(maxsize=16)
def windows_over(height: int, width: int) -> Windows:
    """height, width: of the grid, in cells, at least 1."""
    boxes: list[NDArray[np.intp]] = []
    for share in HEIGHTS:
        for aspect in ASPECTS:
            tall = min(height, max(SMALLEST_WINDOW, round(share * height)))
            wide = min(width, max(SMALLEST_WINDOW, round(tall * aspect)))
            step = max(1, min(tall, wide) // STEPS)
            tops = np.unique(np.r_[np.arange(0, height - tall + 1, step), height - tall])
            lefts = np.unique(np.r_[np.arange(0, width - wide + 1, step), width - wide])
            top, left = (grid.ravel() for grid in np.meshgrid(tops, lefts, indexing="ij"))
            boxes.append(np.stack([left, top, left + wide, top + tall], axis=1))
    all_boxes = np.unique(np.concatenate(boxes), axis=0)
    left, top, right, bottom = all_boxes.T
    wider, taller = (right - left) // 2, (bottom - top) // 2
    around = [left - wider, top - taller, right + wider, bottom + taller]
    limits = [(0, width), (0, height), (0, width), (0, height)]
    clipped = [np.clip(side, *limit) for side, limit in zip(around, limits, strict=True)]
    return Windows(all_boxes, np.stack(clipped, axis=1), width, height)


def window_means(grid: NDArray[np.float32], windows: Windows) -> Sums:
    """grid: float32 (h, w, d), of the size that the windows are for."""
    height, width, depth = grid.shape
    integral = np.zeros((height + 1, width + 1, depth), np.float32)
    np.cumsum(grid, axis=0, out=integral[1:, 1:])
    np.cumsum(integral[1:, 1:], axis=1, out=integral[1:, 1:])
    inside, around = _sums(integral, windows.boxes), _sums(integral, windows.around)
    area, area_around = areas(windows.boxes), areas(windows.around)
    return Sums(
        inside / area,
        (around - inside) / np.maximum(area_around - area, 1),
        (integral[-1, -1] - inside) / np.maximum(height * width - area, 1),
    )


def separate(boxes: NDArray[np.intp], score: NDArray[np.float32], count: int) -> list[int]:
    """Indices of the best windows that do not overlap each other, the best first. boxes: (n, 4)."""
    kept: list[int] = []
    remaining = np.argsort(-score, kind="stable")[:CONSIDERED]
    while len(kept) < count and len(remaining):
        best = int(remaining[0])
        kept.append(best)
        remaining = remaining[_overlap(boxes[remaining], boxes[best]) < SEPARATE_BELOW]
    return kept


def areas(boxes: NDArray[np.intp]) -> NDArray[np.float32]:
    """boxes: (n, 4). → float32 (n, 1), in cells."""
    left, top, right, bottom = boxes.T
    return np.asarray(((right - left) * (bottom - top))[:, None], np.float32)


def _sums(integral: NDArray[np.float32], boxes: NDArray[np.intp]) -> NDArray[np.float32]:
    left, top, right, bottom = boxes.T
    total = integral[bottom, right] - integral[top, right] - integral[bottom, left] + integral[top, left]
    return np.asarray(total, np.float32)


def _overlap(boxes: NDArray[np.intp], box: NDArray[np.intp]) -> NDArray[np.float64]:
    width = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    height = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    shared = np.clip(width, 0, None) * np.clip(height, 0, None)
    union = areas(boxes)[:, 0] + areas(box[None])[0, 0] - shared
    return np.asarray(shared / union, np.float64)
