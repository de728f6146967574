"""Where a pinned character may be: color fields in, boxes with scores out. Proposes, never asserts.

A window is a good proposal when its colors are the references' colors and the colors around it are
not. Colors are counted as soft words learned from the references; windows of several sizes are summed
by integral images; the score is the Bhattacharyya coefficient of the window less shares of that of its
ring and of the rest of the frame. On 51 boxes over 5 % of the frame in a painted comic with difficult
light, the best window of a character has IoU ≥ .3 in .55, one of the best three in .80.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.measurement import Box
from consistency.observation import ColorField, Proposal

WORDS = 32
"""Color words: 24, 32, 48 and 64 were within .02 of each other."""
WORD_WIDTH = 8.0
"""Softness of the assignment to words, in Lab units."""
RING_SHARE = 0.3
REST_SHARE = 0.6
"""How much the colors of the ring and of the rest of the frame count against a window: best of a sweep."""
HEIGHTS = (0.2, 0.28, 0.4, 0.55, 0.75, 0.97)
"""Window heights as shares of the frame's height."""
ASPECTS = (0.5, 0.8, 1.3)
"""Window widths as multiples of their heights: a standing figure to a lying animal."""
STEPS = 3
"""A window moves by a third of its shorter side: a sixth found no more, at four times the cost."""
SEPARATE_BELOW = 0.3
"""Two proposals for one character overlap by less than this IoU."""
CONSIDERED = 400
"""Best windows among which separate ones are sought: far more than are ever kept."""
WORD_ROUNDS, WORD_SETTLED = 15, 0.5
"""k-means of the words ends after so many rounds, or when no center moves by more Lab units."""
SMALLEST_WINDOW = 3
"""Cells a side at least: around a single cell there would be no ring."""


@dataclass(frozen=True, slots=True, eq=False)
class Locator:
    """The pinned characters of a project as distributions over color words."""

    names: tuple[str, ...]
    words: NDArray[np.float32]
    """float32 (k, 3), Lab."""
    profiles: NDArray[np.float32]
    """float32 (characters, k): square roots of the share of each word in the references."""

    @classmethod
    def build(cls, references: Mapping[str, Sequence[ColorField]]) -> Locator:
        """references: for each character the subject fields of its references; those without are left out."""
        named = {name: fields for name, fields in references.items() if fields}
        if not named:
            return cls((), np.empty((0, 3), np.float32), np.empty((0, 0), np.float32))
        cells = np.concatenate([field.lab.reshape(-1, 3) for fields in named.values() for field in fields])
        words = _color_words(cells.astype(np.float32))
        profiles = [
            np.mean([_profile(field, words) for field in fields], axis=0) for fields in named.values()
        ]
        return cls(tuple(named), words, np.sqrt(np.asarray(profiles, np.float32)))

    @property
    def id(self) -> str:
        """Changes with the references: part of the key under which proposals are cached."""
        content = "\n".join(self.names).encode() + self.words.tobytes() + self.profiles.tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    def locate(self, field: ColorField, wanted: Mapping[str, int]) -> tuple[Proposal, ...]:
        """wanted: character → how many boxes. → proposals, for each character the best first."""
        rows = [(index, name) for index, name in enumerate(self.names) if wanted.get(name, 0) > 0]
        if not rows:
            return ()
        height, width = field.weight.shape
        windows = _windows(height, width)
        shares = _window_shares(_soft_words(field.lab, self.words), windows)
        scores = shares.score(self.profiles[[index for index, _ in rows]])
        return tuple(
            Proposal(name, _box(windows.boxes[chosen], width, height), float(score[chosen]))
            for (_, name), score in zip(rows, scores, strict=True)
            for chosen in _separate(windows.boxes, score, wanted[name])
        )


def _color_words(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """cells: float32 (n, 3) Lab. → float32 (k, 3): k-means from a start that depends on the cells alone."""
    count = min(WORDS, len(cells))
    order = np.lexsort(cells.T)
    start = cells[order[np.linspace(0, len(cells) - 1, count).astype(int)]]
    labels = np.argmin(_squared(cells, start), axis=1).astype(np.int32)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, WORD_ROUNDS, WORD_SETTLED)
    _, _, centers = cv2.kmeans(cells, count, labels, criteria, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    return np.asarray(centers, np.float32)


def _squared(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    distance = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * (a @ b.T)
    return np.asarray(np.maximum(distance, 0), np.float32)


def _soft_words(lab: NDArray[np.float16], words: NDArray[np.float32]) -> NDArray[np.float32]:
    """→ float32 (h, w, k): how much each cell belongs to each word; sums to 1."""
    squared = _squared(lab.reshape(-1, 3).astype(np.float32), words)
    weight = np.exp((squared.min(axis=1, keepdims=True) - squared) / (2 * WORD_WIDTH**2))
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray(weight.reshape(*lab.shape[:2], len(words)), np.float32)


def _profile(field: ColorField, words: NDArray[np.float32]) -> NDArray[np.float32]:
    weight = field.weight.astype(np.float32)[..., None]
    total = float(weight.sum())
    share = (_soft_words(field.lab, words) * weight).sum(axis=(0, 1)) / max(total, 1.0)
    return np.asarray(share, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Windows:
    boxes: NDArray[np.intp]
    """(n, 4): left, top, right, bottom in cells."""
    around: NDArray[np.intp]
    """(n, 4): the same, grown by half its size to every side, inside the frame."""


@lru_cache(maxsize=16)
def _windows(height: int, width: int) -> _Windows:
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
    return _Windows(all_boxes, np.stack(clipped, axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class _Shares:
    inside: NDArray[np.float32]
    ring: NDArray[np.float32]
    rest: NDArray[np.float32]
    """Each float32 (windows, k): square root of the share of each word."""

    def score(self, profiles: NDArray[np.float32]) -> NDArray[np.float32]:
        """profiles: float32 (characters, k). → float32 (characters, windows)."""
        weighted = self.inside - RING_SHARE * self.ring - REST_SHARE * self.rest
        return np.asarray(profiles @ weighted.T, np.float32)


def _window_shares(words: NDArray[np.float32], windows: _Windows) -> _Shares:
    height, width, count = words.shape
    integral = np.zeros((height + 1, width + 1, count), np.float32)
    np.cumsum(words, axis=0, out=integral[1:, 1:])
    np.cumsum(integral[1:, 1:], axis=1, out=integral[1:, 1:])
    inside, around = _sums(integral, windows.boxes), _sums(integral, windows.around)
    area, area_around = _areas(windows.boxes), _areas(windows.around)
    return _Shares(
        np.sqrt(np.maximum(inside, 0) / area),
        np.sqrt(np.maximum(around - inside, 0) / np.maximum(area_around - area, 1)),
        np.sqrt(np.maximum(integral[-1, -1] - inside, 0) / np.maximum(height * width - area, 1)),
    )


def _sums(integral: NDArray[np.float32], boxes: NDArray[np.intp]) -> NDArray[np.float32]:
    left, top, right, bottom = boxes.T
    total = integral[bottom, right] - integral[top, right] - integral[bottom, left] + integral[top, left]
    return np.asarray(total, np.float32)


def _areas(boxes: NDArray[np.intp]) -> NDArray[np.float32]:
    left, top, right, bottom = boxes.T
    return np.asarray(((right - left) * (bottom - top))[:, None], np.float32)


def _separate(boxes: NDArray[np.intp], score: NDArray[np.float32], count: int) -> list[int]:
    """Indices of the best windows that do not overlap each other."""
    kept: list[int] = []
    remaining = np.argsort(-score, kind="stable")[:CONSIDERED]
    while len(kept) < count and len(remaining):
        best = int(remaining[0])
        kept.append(best)
        remaining = remaining[_overlap(boxes[remaining], boxes[best]) < SEPARATE_BELOW]
    return kept


def _overlap(boxes: NDArray[np.intp], box: NDArray[np.intp]) -> NDArray[np.float64]:
    width = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    height = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    shared = np.clip(width, 0, None) * np.clip(height, 0, None)
    union = _areas(boxes)[:, 0] + _areas(box[None])[0, 0] - shared
    return np.asarray(shared / union, np.float64)


def _box(cells: NDArray[np.intp], width: int, height: int) -> Box:
    left, top, right, bottom = (int(side) for side in cells)
    return Box(left / width, top / height, right / width, bottom / height)
