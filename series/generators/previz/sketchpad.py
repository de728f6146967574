"""Shapes in fractions of the frame in, inked or soft pixels out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]

LINE = 1 / 320
"""Width of an outline, as a share of the frame's height: set by eye."""
_SHIFT = 4
"""OpenCV takes coordinates in sixteenths of a pixel."""


def rgb_of(color: str) -> tuple[int, int, int]:
    """#rrggbb → red, green, blue in 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mixed(color: str, other: str, share: float) -> str:
    """A color with a share in [0, 1] of another one."""
    pairs = zip(rgb_of(color), rgb_of(other), strict=True)
    return "#{:02x}{:02x}{:02x}".format(*(round(a + (b - a) * share) for a, b in pairs))


@dataclass(frozen=True, slots=True, eq=False)
class Sketchpad:
    """Draws into `pixels`."""

    pixels: NDArray[np.uint8]
    """uint8 (H, W, 3)."""
    ink: str
    outlined: bool

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[1])

    @property
    def pen(self) -> int:
        """Width of an outline in pixels."""
        return max(1, round(self.height * LINE))

    def polygon(self, points: Sequence[Point], color: str, *, outline: bool = True) -> None:
        """A filled shape, inked where the medium is drawn."""
        corners = self._at(points)
        cv2.fillPoly(self.pixels, [corners], rgb_of(color), cv2.LINE_AA, _SHIFT)
        if outline and self.outlined:
            cv2.polylines(self.pixels, [corners], True, rgb_of(self.ink), self.pen, cv2.LINE_AA, _SHIFT)

    def box(self, left: float, top: float, right: float, bottom: float, color: str) -> None:
        """An upright rectangle."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], color)

    def ellipse(self, center: Point, radii: Point, color: str, *, outline: bool = True) -> None:
        """Filled. radii: as shares of width and height."""
        where, axes = self._at([center])[0].tolist(), self._at([radii])[0].tolist()
        args = (where, [max(1, axis) for axis in axes], 0, 0, 360)
        cv2.ellipse(self.pixels, *args, rgb_of(color), -1, cv2.LINE_AA, _SHIFT)
        if outline and self.outlined:
            cv2.ellipse(self.pixels, *args, rgb_of(self.ink), self.pen, cv2.LINE_AA, _SHIFT)

    def line(self, points: Sequence[Point], color: str, pens: float = 1.0) -> None:
        """An open stroke, so many pens wide."""
        wide = max(1, round(self.pen * pens))
        cv2.polylines(self.pixels, [self._at(points)], False, rgb_of(color), wide, cv2.LINE_AA, _SHIFT)

    def _at(self, points: Sequence[Point]) -> NDArray[np.int32]:
        scaled = np.array(points, np.float64) * (self.width, self.height) * (1 << _SHIFT)
        return np.rint(scaled).astype(np.int32)
