"""Words wrapped at a size and a spot in, the balloon, box or title with its letters into the pixels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from series.lettering.fonts import ink_of

Pixels = NDArray[np.uint8]

MOUTH = 0.25
"""Where on the height of a speaker's box the mouth is: full figures a little above, busts below."""
TAIL = 0.55
"""Width of a tail where it leaves the balloon, in sizes of the letters."""


@dataclass(frozen=True, slots=True)
class Block:
    """Words wrapped at a size."""

    lines: tuple[str, ...]
    size: int
    """Pixels an em."""
    width: int
    height: int
    """Of the whole balloon, in pixels."""


def paint(
    pixels: Pixels,
    block: Block,
    spot: tuple[int, int],
    target: tuple[int, int, int, int] | None,
    *,
    spoken: bool,
    title: bool,
    paper: tuple[int, int, int],
    ink: tuple[int, int, int],
) -> None:
    """Balloon, box or title with its letters, into the pixels. target: the speaker's box, in pixels."""
    pen = max(1, round(pixels.shape[0] / 330))
    letters = _laid(ink_of(block.lines, block.size), block, spot, pixels.shape[:2])
    if title:
        _cover(pixels, _spread(letters, 2 * pen), ink)
        _cover(pixels, letters, paper)
        return
    mask = np.zeros(pixels.shape[:2], np.uint8)
    x, y = spot
    if spoken:
        _rounded(
            mask, (x, y, x + block.width, y + block.height), min(block.height // 2, round(block.size * 1.1))
        )
        if target is not None:
            _tail(mask, block, spot, target)
    else:
        cv2.rectangle(mask, (x, y), (x + block.width - 1, y + block.height - 1), 255, -1)
    _cover(pixels, _spread(mask, pen), ink)
    _cover(pixels, mask, paper)
    _cover(pixels, letters, ink)


def _laid(ink: Pixels, block: Block, spot: tuple[int, int], shape: tuple[int, int]) -> Pixels:
    """The letters in the middle of their block, on an empty frame; what lies outside of it is cut off."""
    page = np.zeros(shape, np.uint8)
    left = spot[0] + (block.width - ink.shape[1]) // 2
    top = spot[1] + (block.height - ink.shape[0]) // 2
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(shape[1], left + ink.shape[1]), min(shape[0], top + ink.shape[0])
    if x0 < x1 and y0 < y1:
        page[y0:y1, x0:x1] = ink[y0 - top : y1 - top, x0 - left : x1 - left]
    return page


def _rounded(mask: Pixels, box: tuple[int, int, int, int], radius: int) -> None:
    left, top, right, bottom = box[0], box[1], box[2] - 1, box[3] - 1
    cv2.rectangle(mask, (left + radius, top), (right - radius, bottom), 255, -1)
    cv2.rectangle(mask, (left, top + radius), (right, bottom - radius), 255, -1)
    for center in ((left, top), (right, top), (left, bottom), (right, bottom)):
        x = center[0] + radius if center[0] == left else center[0] - radius
        y = center[1] + radius if center[1] == top else center[1] - radius
        cv2.circle(mask, (x, y), radius, 255, -1, cv2.LINE_AA)


def _tail(mask: Pixels, block: Block, spot: tuple[int, int], target: tuple[int, int, int, int]) -> None:
    """From the balloon towards the speaker's mouth, ending short of the head."""
    middle = np.array([spot[0] + block.width / 2, spot[1] + block.height / 2])
    # From above it points at the head, from beside at the mouth: it never crosses the face.
    deep = 0.0 if spot[1] + block.height <= target[1] else (target[3] - target[1]) * MOUTH
    mouth = np.array([(target[0] + target[2]) / 2, target[1] + deep])
    away = mouth - middle
    length = float(np.hypot(*away))
    if length < 1:
        return
    along = away / length
    across = np.array([-along[1], along[0]]) * TAIL * block.size
    # The tip ends between the balloon's edge and the mouth, and never runs farther than a few letters.
    edge = min(
        block.width / 2 / max(abs(along[0]), 1e-6), block.height / 2 / max(abs(along[1]), 1e-6), length
    )
    tip = middle + along * min(length, edge + min(3.0 * block.size, (length - edge) * 0.6))
    root = middle + along * max(0.0, edge - block.size * 0.9)
    corners = np.array([root - across, root + across, tip]) * 16
    cv2.fillPoly(mask, [np.rint(corners).astype(np.int32)], 255, cv2.LINE_AA, 4)


def _spread(mask: Pixels, wide: int) -> Pixels:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * wide + 1, 2 * wide + 1))
    left, top, across, down = cv2.boundingRect(mask)
    around = np.s_[max(0, top - wide) : top + down + wide, max(0, left - wide) : left + across + wide]
    spread = np.zeros_like(mask)
    spread[around] = cv2.dilate(mask[around], kernel)
    return spread


def _cover(pixels: Pixels, mask: Pixels, color: tuple[int, int, int]) -> None:
    """Paint a color where the mask is."""
    left, top, wide, high = cv2.boundingRect(mask)
    if not wide or not high:
        return
    spot = pixels[top : top + high, left : left + wide]
    weight = mask[top : top + high, left : left + wide].astype(np.float32)[..., None] * np.float32(1 / 255)
    spot[:] = spot * (1 - weight) + np.array(color, np.float32) * weight + np.float32(0.5)
