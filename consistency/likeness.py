"""Maps of a frame and of references in, where each character may be out: windows with scores, a heat map.

A map is a grid of vectors by a `MapEncoder`. A window is a good proposal when the mean of its cells points
where the references' subjects point, seen at about its size, and the cells around it do not. Peaks on frames
with and without a character overlap: what lies in the best windows is looked at again, as crops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.encoders.encoder import MapEncoder
from consistency.image import Frame
from consistency.measurement import HeatMap
from consistency.subject import subject_of
from consistency.vectors import unit_rows
from consistency.windows import Windows, areas, window_means, windows_over

FRAME_SIDE = 512
"""Pixels at which a frame is looked at: a figure of a fifth of it still covers three cells of a net of
stride 32."""
REFERENCE_SIDES = (96, 160, 224, 320, 448)
"""Pixels at which each reference is looked at. A window is compared with the references nearest to its own
size: the mean over all sizes finds 31 of 51 large boxes at once, the nearest 41."""
CENTERED = 0.5
"""Share of the mean of all characters that is taken out of each. Found at once, of 51, and absent told from
present (AUC): .25 44 and .926, .5 41 and .939, .75 40 and .914."""
RING_SHARE = 0.3
"""How much what surrounds a window counts against it: .5 finds one box fewer."""
HEAT_SIDE = 32
"""Cells along the longer side of a heat map: as many as a map of stride 16 has."""
HEAT_WIDTH = 0.05
"""Score by which a window must be worse to count a third in a heat map: the best few dozen of 2000 count."""
STANDS_OUT = 0.5
"""Score from which the warmest cell is as warm as can be: about the median of figures in a comic."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The windows over one frame, scored for some characters."""

    windows: Windows
    scores: Floats
    """float32 (characters, windows): how much better a window fits than the median window of the frame."""

    def heat(self, row: int) -> HeatMap:
        """Where one character may be: each cell as warm as the windows over it are good, small ones more."""
        scores, (left, top, right, bottom) = self.scores[row], self.windows.boxes.T
        weights = np.exp((scores - scores.max()) / HEAT_WIDTH) / areas(self.windows.boxes)[:, 0]
        corners = np.zeros((self.windows.height + 1, self.windows.width + 1), np.float64)
        for down, across, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
            np.add.at(corners, (down, across), sign * weights)
        warmth = corners.cumsum(axis=0).cumsum(axis=1)[:-1, :-1].astype(np.float32)
        scale = HEAT_SIDE / max(warmth.shape)
        if scale < 1:
            size = (max(1, round(warmth.shape[1] * scale)), max(1, round(warmth.shape[0] * scale)))
            warmth = np.asarray(cv2.resize(warmth, size, interpolation=cv2.INTER_AREA), np.float32)
        strength = min(1.0, max(0.0, float(scores.max()) / STANDS_OUT))
        warmth = np.clip(warmth / max(float(warmth.max()), 1e-12), 0, 1) * strength
        return HeatMap.of(np.rint(warmth * 255).astype(np.uint8))


@dataclass(frozen=True, slots=True, eq=False)
class Likenesses:
    """The pinned characters of a project as directions in the maps of one encoder."""

    names: tuple[str, ...]
    rows: Floats
    """float32 (sides, characters, d), unit rows: each character at each of REFERENCE_SIDES."""

    @classmethod
    def build(cls, references: Mapping[str, Sequence[Floats]]) -> Likenesses | None:
        """references: for each character its references as `views_of` gives them; those without are left
        out. None where there is none."""
        named = {name: views for name, views in references.items() if len(views)}
        if not named:
            return None
        plain = unit_rows(np.stack([np.mean(list(views), axis=0) for views in named.values()], axis=1))
        if len(named) > 1:  # one character's own mean would leave nothing
            plain = unit_rows(plain - CENTERED * plain.mean(axis=1, keepdims=True))
        return cls(tuple(named), plain)

    def find(self, grid: Floats, names: Sequence[str]) -> Found:
        """grid: float32 (h, w, d), the frame's map. names: of `self.names`, in the order of the rows."""
        height, width = grid.shape[:2]
        windows = windows_over(height, width)
        sums = window_means(grid, windows)
        inside, ring = unit_rows(sums.inside), unit_rows(sums.ring)
        left, top, right, bottom = windows.boxes.T
        sides = np.maximum(bottom - top, right - left) * (FRAME_SIDE / max(height, width))
        nearest = np.abs(np.log(sides[:, None] / np.array(REFERENCE_SIDES))).argmin(axis=1)
        rows = self.rows[:, [self.names.index(name) for name in names]]
        scores = np.empty((len(names), len(sides)), np.float32)
        for side in np.unique(nearest):
            mine = nearest == side
            scores[:, mine] = rows[side] @ (inside[mine] - RING_SHARE * ring[mine]).T
        return Found(windows, scores - np.median(scores, axis=1, keepdims=True))


def views_of(encoder: MapEncoder, references: Sequence[Frame]) -> list[Floats]:
    """What references look like in maps. references: n pictures of one subject each.

    → for each float32 (sides, d), unit rows: the mean of the subject's cells at each of REFERENCE_SIDES.
    """
    maps = [encoder.maps(references, side) for side in REFERENCE_SIDES]
    return [
        unit_rows(np.stack([_of_subject(own[index], frame) for own in maps]))
        for index, frame in enumerate(references)
    ]


def _of_subject(grid: Floats, frame: Frame) -> Floats:
    height, width = grid.shape[:2]
    weights = cv2.resize(subject_of(frame).mask, (width, height), interpolation=cv2.INTER_AREA)
    mean = np.tensordot(weights, grid, axes=([0, 1], [0, 1])) / max(float(weights.sum()), 1e-6)
    return np.asarray(mean, np.float32)
