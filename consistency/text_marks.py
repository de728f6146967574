"""A frame and a box in, how many marks in it are set like letters out. Counts, and cannot read.

Letters are patches that are darker (or lighter) than what is around them, of one height, in a row, of one
tone, on a plain ground. Both ways are looked at, and columns beside rows, at full and at half size. Numbers
that say nothing else are set by hand, on the sample and 37 comic panels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.errors import ObservationError
from consistency.image import Frame
from consistency.measurement import Box

WINDOW = 41
"""Pixels of the square whose mean is "around": wider than the strokes of a title, at 1024 pixels a frame."""
CONTRAST = 24
"""Gray levels of 255 from that mean: JPEG and paper grain stay below."""
HEIGHT = (7, 150)
"""Pixels: smaller marks are specks, larger ones no letters, at 1024 pixels a frame."""
WIDEST = 2.2
"""Width by height of the widest mark: an M, or two letters that touch."""
INK = 0.12
"""Least share of its box that a letter fills: a thin curve of the drawing fills less."""
SOLID = (0.88, 0.55)
"""A mark that fills more of its box than this is a block, as a lit window, unless it is narrower than this by
its length: an I."""
MOST_MARKS = 1200
"""Marks that are grouped, strongest first: a busy frame has more, and pairs of them take time."""
ALIKE = 2.2
"""Height by height in one row: capital beside small letter."""
GAP = 1.2
"""Between neighbors, by the taller one: a space between words is narrower."""
LEVEL = 0.6
"""Share of the lower one's height in which neighbors stand side by side."""
OVERLAP = 0.7
"""Share of a mark's width that its neighbor may reach over: slanted letters do."""
TONE = 40.0
"""Gray levels between neighbors: letters of a row have one color."""
IN_A_ROW = 3
"""Marks that make a row. Two of a kind are anywhere in a drawing."""
PLAIN = (20.0, 0.35)
"""At most this share of a row's ground is farther from its median than so many gray levels. Of the letters
measured in balloons 95 % pass, of the false ones in pictures without words fewer than half."""
STANDS_OUT = 35.0
"""Gray levels between a row's letters and its ground: less is hard to read."""


@dataclass(frozen=True, slots=True)
class TextMarks:
    """What looks like lettering in one box."""

    box: Box
    rows: int
    """Marks that stand in rows."""
    columns: int
    """Marks that stand in columns."""
    dark: bool
    """Those in rows are darker than their ground."""


def marks_to_bytes(marks: TextMarks) -> bytes:
    """Pack the counts; the box belongs to the key."""
    return json.dumps([marks.rows, marks.columns, marks.dark]).encode()


def marks_from_bytes(data: bytes, box: Box) -> TextMarks:
    """Read what `marks_to_bytes` wrote. Raises ObservationError for anything else."""
    try:
        rows, columns, dark = json.loads(data)
        return TextMarks(box, int(rows), int(columns), dark=bool(dark))
    except (TypeError, ValueError) as error:
        raise ObservationError(f"this row is no count of marks: {error}") from error


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    sides: NDArray[np.float32]
    """float32 (n, 4): left, top, right, bottom in pixels."""
    tone: NDArray[np.float32]
    """float32 (n,): mean gray."""
    ink: NDArray[np.uint8]
    """uint8 (h, w): 1 on any patch and one pixel around it."""
    gray: NDArray[np.uint8]

    def turned(self) -> _Marks:
        """Rows and columns swapped."""
        return _Marks(self.sides[:, [1, 0, 3, 2]], self.tone, self.ink.T, self.gray.T)


def text_marks(frame: Frame, box: Box) -> TextMarks:
    """Count what is set like letters inside the box of a frame of about 1024 pixels. Pure."""
    gray = np.asarray(cv2.cvtColor(frame.crop(box).pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    half = gray.shape[1] // 2, gray.shape[0] // 2
    if min(half) < HEIGHT[0]:
        return _counted(gray, box)
    small = np.asarray(cv2.resize(gray, half, interpolation=cv2.INTER_AREA), np.uint8)
    return max(_counted(gray, box), _counted(small, box), key=lambda marks: marks.rows)


def _counted(gray: NDArray[np.uint8], box: Box) -> TextMarks:
    around = cv2.boxFilter(gray, -1, (WINDOW, WINDOW), borderType=cv2.BORDER_REPLICATE)
    dark = _marks(gray, np.asarray(cv2.subtract(around, gray), np.uint8))
    light = _marks(gray, np.asarray(cv2.subtract(gray, around), np.uint8))
    in_rows = _in_rows(dark), _in_rows(light)
    in_columns = max(_in_rows(dark.turned()), _in_rows(light.turned()))
    return TextMarks(box, max(in_rows), in_columns, dark=in_rows[0] >= in_rows[1])


def _marks(gray: NDArray[np.uint8], contrast: NDArray[np.uint8]) -> _Marks:
    mask = (contrast > CONTRAST).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    x, y, wide, high, area = stats.T.astype(np.float32)
    share = area / (wide * high)
    # A letter has its ground on all sides: what the box cuts is none.
    inside = (x > 0) & (y > 0) & (x + wide < gray.shape[1]) & (y + high < gray.shape[0])
    long, short = np.maximum(wide, high), np.minimum(wide, high)
    block = (share > SOLID[0]) & (short > SOLID[1] * long)
    kept = inside & (long >= HEIGHT[0]) & (long <= HEIGHT[1]) & (share >= INK) & ~block
    kept[0] = False  # the ground
    patch = labels[mask > 0]
    strength = np.bincount(patch, contrast[mask > 0], len(stats)) / area
    tone = np.bincount(patch, gray[mask > 0], len(stats)) / area
    found = np.flatnonzero(kept)
    found = found[np.argsort(-strength[found], kind="stable")[:MOST_MARKS]]
    sides = np.stack([x, y, x + wide, y + high], axis=1)[found]
    ink = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
    return _Marks(sides, tone[found].astype(np.float32), ink, gray)


def _in_rows(marks: _Marks) -> int:
    """How many of the marks stand in rows of at least IN_A_ROW on a plain ground."""
    return sum(len(row) for row in _rows(marks) if len(row) >= IN_A_ROW and _is_set(marks, row))


def _rows(marks: _Marks) -> list[list[int]]:
    """Each mark joined to the nearest that stands before it and is like it."""
    wide, high = (marks.sides[:, 2:] - marks.sides[:, :2]).T
    upright = (high >= HEIGHT[0]) & (wide <= WIDEST * high)
    order = np.flatnonzero(upright)
    order = order[np.argsort(marks.sides[order, 0], kind="stable")]
    left, top, right, bottom = marks.sides[order].T
    high, tone = high[order], marks.tone[order]
    gap = left[:, None] - right[None, :]
    low, tall = np.minimum(high[:, None], high), np.maximum(high[:, None], high)
    level = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    past = left[:, None] >= right - OVERLAP * (right - left)
    beside = past & (gap <= GAP * tall) & (level >= LEVEL * low)
    like = (tall <= ALIKE * low) & (np.abs(tone[:, None] - tone) <= TONE)
    earlier = np.tri(len(order), k=-1, dtype=np.bool_)
    away = np.where(beside & like & earlier, np.abs(gap), np.inf)
    rows: list[list[int]] = []
    row_of: list[int] = []
    for index, mark in enumerate(order.tolist()):
        before = int(np.argmin(away[index]))
        if np.isfinite(away[index, before]):
            row_of.append(row_of[before])
            rows[row_of[before]].append(mark)
        else:
            row_of.append(len(rows))
            rows.append([mark])
    return rows


def _is_set(marks: _Marks, row: list[int]) -> bool:
    left, top = marks.sides[row, :2].min(axis=0).astype(int)
    right, bottom = marks.sides[row, 2:].max(axis=0).astype(int)
    window = slice(top, bottom), slice(left, right)
    ground = marks.gray[window][marks.ink[window] == 0].astype(np.float32)
    if not ground.size:
        return False
    median = float(np.median(ground))
    plain = float(np.mean(np.abs(ground - median) > PLAIN[0])) <= PLAIN[1]
    return plain and abs(median - float(np.median(marks.tone[row]))) >= STANDS_OUT
