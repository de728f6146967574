"""What a check says: a number that was measured, or the reason why there is none."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in fractions of the frame, so that it fits any scaling of the picture."""

    left: float
    """0 ≤ left < right."""
    top: float
    """0 ≤ top < bottom."""
    right: float
    """Exclusive, ≤ 1."""
    bottom: float
    """Exclusive, ≤ 1."""

    def __post_init__(self) -> None:
        if not (0 <= self.left < self.right <= 1 and 0 <= self.top < self.bottom <= 1):
            raise ValueError(
                f"a box needs 0 ≤ left < right ≤ 1 and 0 ≤ top < bottom ≤ 1, not {self.left:g}, "
                f"{self.top:g}, {self.right:g}, {self.bottom:g}"
            )

    @property
    def area(self) -> float:
        """Share of the frame, in (0, 1]."""
        return (self.right - self.left) * (self.bottom - self.top)

    def iou(self, other: Box) -> float:
        """Intersection over union, in [0, 1], symmetric."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)

    def pixels(self, width: int, height: int) -> tuple[int, int, int, int]:
        """left, top, right, bottom in whole pixels of a width × height picture; at least one pixel."""
        left = min(int(self.left * width), width - 1)
        top = min(int(self.top * height), height - 1)
        right = max(left + 1, min(width, round(self.right * width)))
        bottom = max(top + 1, min(height, round(self.bottom * height)))
        return left, top, right, bottom


WHOLE = Box(0.0, 0.0, 1.0, 1.0)
"""The whole frame."""


@dataclass(frozen=True, slots=True)
class LabeledBox:
    """A box that a report draws, with what it was taken for."""

    box: Box
    label: str


@dataclass(frozen=True, slots=True)
class SwatchMatch:
    """A pinned color beside the color that was found for it."""

    role: str
    """Name of the pinned swatch ("coat")."""
    pinned: str
    """#rrggbb."""
    found: str
    """#rrggbb; empty when nothing in the region came near the pinned color."""
    delta_e: float
    """ΔE00 between the two; nan when nothing was found."""
    share: float
    """Share of the region that was assigned to this swatch, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Where in the frame something may be: a small grid over the whole frame."""

    width: int
    height: int
    """Cells."""
    cells: str
    """height × width bytes, row by row, as base64 text: 255 the likeliest spot of what stands
    out clearly, 0 no likelier than elsewhere."""

    @classmethod
    def of(cls, cells: NDArray[np.uint8]) -> HeatMap:
        """cells: uint8 (height, width)."""
        height, width = cells.shape
        return cls(width, height, base64.b64encode(np.ascontiguousarray(cells).tobytes()).decode("ascii"))

    @property
    def array(self) -> NDArray[np.uint8]:
        """uint8 (height, width). Raises ValueError where the cells are not that many bytes."""
        return np.frombuffer(base64.b64decode(self.cells), np.uint8).reshape(self.height, self.width)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a report shows beside a number. Every field may be empty."""

    reason: str = ""
    """The finding in words, for a producer ("coat #d35400 instead of #c0392b, ΔE00 11.2")."""
    boxes: tuple[LabeledBox, ...] = ()
    """Where in the frame."""
    swatches: tuple[SwatchMatch, ...] = ()
    """Which colors."""
    nearest: str = ""
    """Name of the reference (or of the other frame) that came nearest."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Named numbers behind the distance, for example one row of the swap matrix."""
    heat: HeatMap | None = None
    """Where it was sought, where maps said so."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number that was really measured."""

    check: str
    """Dotted, kind of drift first: "identity", "color.role", "picture.size"."""
    subject: str
    """The character, palette or panel part that it is about; "series" for the series itself."""
    distance: float
    """0 = same; larger = further apart; always this direction."""
    unit: str
    """"cosine distance", "ΔE00", "share of frame" ..."""
    encoder: str
    """Id of what measured it: "classical.texture/1", "lab/1"."""
    evidence: Evidence = Evidence()
    part: str = ""
    """Which part of the subject ("coat"); empty when the subject as a whole."""


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A number that could not be taken. Never a silent pass: it is judged UNSURE."""

    check: str
    subject: str
    reason: str
    """In words, naming what is missing and what would help."""
    encoder: str = ""
    evidence: Evidence = Evidence()
    part: str = ""


Result = Measurement | Unmeasured
