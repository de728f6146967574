"""Where a pinned character may be: color fields and maps in, boxes with scores out. Proposes, never asserts.

With maps of a `MapEncoder` see `consistency.likeness`. Without, colors: a window is a good proposal when its
colors are the references' colors and the colors around it are not. Colors are counted as soft words learned
from the references; windows of several sizes are summed by integral images; the score is the Bhattacharyya
coefficient of the window less shares of that of its ring and of the rest of the frame. On 51 boxes over 5 %
of the frame in a painted comic with difficult light, the best window of a character has IoU ≥ .3 in .55, one
of the best three in .80; by maps of `light` in .80 and .94.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.likeness import Likenesses
from consistency.observation import ColorField, Proposal
from consistency.windows import Windows, separate, window_means, windows_over

WORDS = 32
"""Color words: 24, 32, 48 and 64 were within .02 of each other."""
WORD_WIDTH = 8.0
"""Softness of the assignment to words, in Lab units."""
RING_SHARE = 0.3
REST_SHARE = 0.6
"""How much the colors of the ring and of the rest of the frame count against a window: best of a sweep."""
COLORS_BESIDE = 2
"""Boxes by colors beside several by a map, for judging colors: the box of a map holds more scenery, whose
colors would be called the figure's. False alarms on color in 35 panels of a comic: 6 with none, 4 with one, 2
with two, 1 by colors alone."""
WORD_ROUNDS, WORD_SETTLED = 15, 0.5
"""k-means of the words ends after so many rounds, or when no center moves by more Lab units."""


@dataclass(frozen=True, slots=True, eq=False)
class Locator:
    """The pinned characters of a project as distributions over color words, and as directions in maps."""

    names: tuple[str, ...]
    words: NDArray[np.float32]
    """float32 (k, 3), Lab."""
    profiles: NDArray[np.float32]
    """float32 (characters, k): square roots of the share of each word in the references."""
    likenesses: Likenesses | None = None
    """None without an encoder of maps."""

    @classmethod
    def build(
        cls,
        references: Mapping[str, Sequence[ColorField]],
        views: Mapping[str, Sequence[NDArray[np.float32]]] | None = None,
    ) -> Locator:
        """references: for each character the subject fields of its references; those without are left out.
        views: for each character what its references look like in maps, see `likeness.views_of`."""
        named = {name: fields for name, fields in references.items() if fields}
        if not named:
            return cls((), np.empty((0, 3), np.float32), np.empty((0, 0), np.float32))
        cells = np.concatenate([field.lab.reshape(-1, 3) for fields in named.values() for field in fields])
        words = _color_words(cells.astype(np.float32))
        profiles = [
            np.mean([_profile(field, words) for field in fields], axis=0) for fields in named.values()
        ]
        likenesses = Likenesses.build(views or {})
        return cls(tuple(named), words, np.sqrt(np.asarray(profiles, np.float32)), likenesses)

    @property
    def id(self) -> str:
        """Changes with the references: part of the key under which proposals are cached."""
        content = "\n".join(self.names).encode() + self.words.tobytes() + self.profiles.tobytes()
        if self.likenesses is not None:
            content += "\n".join(self.likenesses.names).encode() + self.likenesses.rows.tobytes()
        return hashlib.sha256(content).hexdigest()[:16]

    def by_map(self, wanted: Mapping[str, int]) -> tuple[str, ...]:
        """Who among the wanted is sought in maps."""
        known = self.likenesses.names if self.likenesses is not None else ()
        return tuple(name for name in known if wanted.get(name, 0) > 0)

    def locate(
        self, field: ColorField, wanted: Mapping[str, int], grid: NDArray[np.float32] | None = None
    ) -> tuple[Proposal, ...]:
        """wanted: character → how many boxes. grid: float32 (h, w, d), the frame's map.

        → proposals, for each character the best first: by the map where there is one, else by colors. Where
        several are wanted by the map, COLORS_BESIDE by colors follow.
        """
        mapped = self.by_map(wanted) if grid is not None else ()
        by_color = {name: wanted.get(name, 0) for name in self.names if wanted.get(name, 0) > 0}
        by_color |= {name: COLORS_BESIDE if wanted[name] > 1 else 0 for name in mapped}
        found = [*self._by_map(grid, mapped, wanted)] if grid is not None and mapped else []
        colored = [name for name, count in by_color.items() if count]
        return (*found, *(self._by_colors(field, colored, by_color) if colored else ()))

    def _by_map(
        self, grid: NDArray[np.float32], names: Sequence[str], wanted: Mapping[str, int]
    ) -> Iterator[Proposal]:
        if self.likenesses is None:
            return
        found = self.likenesses.find(grid, names)
        for row, name in enumerate(names):
            heat = found.heat(row)
            for chosen in separate(found.windows.boxes, found.scores[row], wanted[name]):
                score = float(found.scores[row, chosen])
                yield Proposal(name, found.windows.box(chosen), score, by_map=True, heat=heat)

    def _by_colors(
        self, field: ColorField, names: Sequence[str], wanted: Mapping[str, int]
    ) -> Iterator[Proposal]:
        height, width = field.weight.shape
        windows = windows_over(height, width)
        profiles = self.profiles[[self.names.index(name) for name in names]]
        scores = _color_scores(_soft_words(field.lab, self.words), windows, profiles)
        for name, score in zip(names, scores, strict=True):
            for chosen in separate(windows.boxes, score, wanted[name]):
                yield Proposal(name, windows.box(chosen), float(score[chosen]))


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


def _color_scores(
    words: NDArray[np.float32], windows: Windows, profiles: NDArray[np.float32]
) -> NDArray[np.float32]:
    """words: float32 (h, w, k). profiles: float32 (characters, k). → float32 (characters, windows)."""
    means = window_means(words, windows)
    inside, ring, rest = (np.sqrt(np.maximum(part, 0)) for part in (means.inside, means.ring, means.rest))
    return np.asarray(profiles @ (inside - RING_SHARE * ring - REST_SHARE * rest).T, np.float32)
