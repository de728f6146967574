"""Pixels and words in, the same pixels with the words set into balloons, caption boxes and titles out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from consistency import Box
from series.lettering.balloon import Block, paint
from series.lettering.fonts import LINE_HEIGHT, width_of
from series.lettering.wrap import balanced

Pixels = NDArray[np.uint8]

PAPER = "#fffaf0"
INK = "#1a1a26"
LARGEST, SMALLEST = 1 / 24, 1 / 60
"""Size of letters as a share of the frame's height. Both set by eye; smaller than the second only
when nothing else fits."""
SMALLER = 0.9
"""From one try to the next."""
TINIEST = 5
"""Pixels: below, letters are no letters."""
TITLE = 2.2
"""Size of a title by that of other lettering."""
TITLE_SIGNS = 28
"""A longer line is no title."""
MOST_LINES = 7
MOST_SIGNS = 600
"""More words than a panel holds: the rest is cut off with an ellipsis."""
PADDING = (0.9, 0.55)
"""Beside and above the letters, in their size."""
EDGE = 0.015
"""Share of the frame that stays free at its edges."""
FACE = 0.45
"""The upper part of a box to keep clear, where its face is: covering it is worst."""
SHAPE = 2.4
"""Width by height that a balloon is best at: wider than high. Set by eye."""
POSITIONS = (13, 9)
"""Places that are tried across and down."""

_ANYWHERE = Box(0.0, 0.0, 1.0, 1.0)


class Said(Protocol):
    """Words to set. `series.request.Words` is one."""

    @property
    def text(self) -> str:
        """Letter by letter."""

    @property
    def place(self) -> Box | None:
        """Where; None anywhere."""

    @property
    def speaker(self) -> str:
        """Empty for a caption, a sign or a title."""


def set_words(
    pixels: Pixels,
    words: Sequence[Said],
    keep_clear: Sequence[Box],
    *,
    speakers: Mapping[str, Box] = MappingProxyType({}),
    paper: str = PAPER,
    ink: str = INK,
) -> Pixels:
    """A copy of the pixels with all words in it. pixels: uint8 (H, W, 3).

    Words stand in their place, as large as fits, away from what is kept clear (figures) and from one another.
    What a speaker says gets a balloon, with a tail where `speakers` knows its box; a short line without a
    speaker and without a full stop is a title; anything else a caption. Signs that no font here has are left
    out: see `missing_signs`. The same pixels for the same words on every machine with the same Pillow.
    """
    made = pixels.copy()
    height, width = made.shape[:2]
    taken: list[tuple[int, int, int, int]] = []
    clear = [box.pixels(width, height) for box in keep_clear]
    for one in words:
        text = _clean(one.text)
        if not text:
            continue
        title = _is_title(one, text)
        region = _inset(one.place or _ANYWHERE).pixels(width, height)
        speaker = speakers.get(one.speaker) if one.speaker else None
        target = speaker.pixels(width, height) if speaker else None
        block, spot = _composed(text, region, (width, height), clear, taken, target, title=title)
        paint(
            made, block, spot, target, spoken=bool(one.speaker), title=title, paper=_rgb(paper), ink=_rgb(ink)
        )
        gap = block.size // 2
        right, bottom = spot[0] + block.width + gap, spot[1] + block.height + gap
        taken.append((spot[0] - gap, spot[1] - gap, right, bottom))
    return made


def _clean(text: str) -> str:
    kept = "\n".join(
        "".join(sign for sign in line if sign.isprintable()) for line in text.splitlines()
    ).strip()
    return kept if len(kept) <= MOST_SIGNS else kept[: MOST_SIGNS - 1] + "…"


def _is_title(one: Said, text: str) -> bool:
    return (
        not one.speaker
        and len(text) <= TITLE_SIGNS
        and text[-1] not in ".。!！?？…,:;"
        and text == text.upper()
    )


def _inset(box: Box) -> Box:
    """Inside of the frame's edges."""
    left, top = max(box.left, EDGE), max(box.top, EDGE)
    right, bottom = min(box.right, 1 - EDGE), min(box.bottom, 1 - EDGE)
    return Box(left, top, right, bottom) if left < right and top < bottom else box


def _composed(
    text: str,
    region: tuple[int, int, int, int],
    frame: tuple[int, int],
    clear: Sequence[tuple[int, int, int, int]],
    taken: Sequence[tuple[int, int, int, int]],
    target: tuple[int, int, int, int] | None,
    *,
    title: bool,
) -> tuple[Block, tuple[int, int]]:
    """The block and its left upper corner: the largest letters that fit, where they cover least."""
    ways = balanced(text, MOST_LINES) or [(text,)]
    size = frame[1] * LARGEST * (TITLE if title else 1)
    while True:
        blocks = [_block(lines, max(TINIEST, round(size))) for lines in ways]
        room = region[2] - region[0], region[3] - region[1]
        fitting = [one for one in blocks if one.width <= room[0] and one.height <= room[1]]
        if not fitting and size < frame[1] * SMALLEST:
            region = (0, 0, *frame)  # its place is too small for any letter: the frame is all there is
            fitting = [one for one in blocks if one.width <= frame[0] and one.height <= frame[1]]
        tried = [_best_spot(one, region, clear, taken, target) for one in fitting]
        if tried:
            cost, spot, block = min(tried, key=lambda one: one[0])
            if cost < _GOOD or size <= frame[1] * SMALLEST * 1.4:
                return block, spot
        if size <= TINIEST:
            return blocks[-1], (0, 0)
        size *= SMALLER


_GOOD = 1.2
"""Cost up to which letters are not made smaller to cover less."""


def _block(lines: tuple[str, ...], size: int) -> Block:
    wide = max(width_of(line) for line in lines) * size
    return Block(
        lines,
        size,
        round(wide + 2 * PADDING[0] * size),
        round(len(lines) * LINE_HEIGHT * size + 2 * PADDING[1] * size),
    )


def _best_spot(
    block: Block,
    region: tuple[int, int, int, int],
    clear: Sequence[tuple[int, int, int, int]],
    taken: Sequence[tuple[int, int, int, int]],
    target: tuple[int, int, int, int] | None,
) -> tuple[float, tuple[int, int], Block]:
    area = block.width * block.height
    shape = abs(np.log(block.width / block.height / SHAPE))
    best: tuple[float, tuple[int, int], Block] | None = None
    across, down = region[2] - region[0] - block.width, region[3] - region[1] - block.height
    for row in range(POSITIONS[1]):
        for column in range(POSITIONS[0]):
            x = region[0] + across * column // (POSITIONS[0] - 1)
            y = region[1] + down * row // (POSITIONS[1] - 1)
            spot = (x, y, x + block.width, y + block.height)
            cost = 0.6 * float(shape) + (0.25 if target is None else 0.02) * row / POSITIONS[1]
            cost += 12 * sum(_shared(spot, one) for one in taken) / area
            for box in clear:
                face = (box[0], box[1], box[2], box[1] + round((box[3] - box[1]) * FACE))
                cost += (1.5 * _shared(spot, box) + 6 * _shared(spot, face)) / area
            if target is not None:
                middle = (target[0] + target[2]) / 2
                away = abs(x + block.width / 2 - middle) / max(1, region[2] - region[0])
                above = max(0, target[1] - (y + block.height) - 2 * block.size) / max(
                    1, region[3] - region[1]
                )
                below = y + block.height / 2 > target[1] + (target[3] - target[1]) * FACE
                cost += 0.5 * away + 0.9 * above + 0.6 * below
            else:
                cost += 0.15 * abs(column / (POSITIONS[0] - 1) - 0.5)
            if best is None or cost < best[0]:
                best = (cost, (x, y), block)
    return best or (0.0, (region[0], region[1]), block)


def _shared(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> int:
    """Pixels that two rectangles share."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0, wide) * max(0, high)


def _rgb(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
