"""Paper: pixels in, the same on paper with a tooth out; and how much of it the style references have."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency import digest_file, read_frame

STYLE_SIDE = 1024
"""Pixels at which style references are looked at: grain is only comparable at one resolution."""
MOST_STEPS = 10
"""A rougher paper than any print has; what is beyond is noise of a camera and no tooth."""
NOISE_A_STEP = 0.17
"""What one step of the tooth adds to `_noise` of an even ground. Measured on an even gray of 1024 × 768."""
_BLOCK = 16
"""Pixels, side of the blocks whose noise is ranked."""


def steps_of(references: Sequence[Path]) -> int:
    """The tooth of the style references in steps of 255, their median; 0 without any. Raises
    consistency.ImageError for a file that is no picture."""
    noises = sorted(_noise_of(digest_file(path), path) for path in references)
    if not noises:
        return 0
    # Up: a draft has larger even areas than a finished drawing, where paper is all that is to be seen.
    return min(MOST_STEPS, math.ceil(noises[len(noises) // 2] / NOISE_A_STEP))


@lru_cache(maxsize=256)
def _noise_of(digest: str, path: Path) -> float:
    del digest  # what the answer is kept by
    return _noise(read_frame(path, longest_side=STYLE_SIDE).pixels)


def _noise(pixels: NDArray[np.uint8]) -> float:
    """Gray steps: the median over blocks of the mean response to Immerkær's filter, which lines and gradients
    leave alone. Immerkær 1996."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
    response = np.abs(cv2.filter2D(gray, cv2.CV_32F, kernel))
    height, width = (side - side % _BLOCK for side in gray.shape)
    if not height or not width:
        return 0.0
    blocks = response[:height, :width].reshape(height // _BLOCK, _BLOCK, width // _BLOCK, _BLOCK)
    return float(np.median(blocks.mean(axis=(1, 3))))


_TILE = 512
"""Side of the patch of paper that is laid over the picture."""
_BLOTCH = (-1, 0, 1, 2)
"""Rows and columns that are summed up into one grain: blotches of a few pixels, as paper has."""
_RARE = 1.28
"""σ above which a blotch is light, below which dark: a tenth of the paper each."""


@lru_cache(maxsize=1)
def _tooth() -> NDArray[np.int8]:
    """int8 (_TILE, _TILE) of -1, 0 and 1. Whole numbers only, so that it is the same with every version of
    every library."""
    index = np.arange(_TILE * _TILE, dtype=np.uint32)
    for _ in range(3):  # a multiply and xorshift hash
        index = (index ^ (index >> np.uint32(15))) * np.uint32(0x2C1B3C6D) + np.uint32(0x9E3779B9)
    noise = (index >> np.uint32(24)).astype(np.int32).reshape(_TILE, _TILE)
    for axis in (0, 1):
        noise = sum((np.roll(noise, shift, axis) for shift in _BLOTCH), np.zeros_like(noise))
    middle = 127.5 * len(_BLOTCH) ** 2
    limit = _RARE * 73.9 * len(_BLOTCH)  # σ of 0 to 255 is 73.9
    return ((noise > middle + limit).astype(np.int8) - (noise < middle - limit)).astype(np.int8)


def toothed(pixels: NDArray[np.uint8], steps: int, seed: int) -> NDArray[np.uint8]:
    """The pixels on paper with a tooth, another part of the sheet for each seed. steps: of 255, by which the
    tooth lightens or darkens, 0 to 255."""
    if not steps:
        return pixels
    height, width = pixels.shape[:2]
    light, dark = _sheets(min(steps, 255))
    made = np.empty_like(pixels)
    down, across = seed % _TILE, seed // _TILE % _TILE
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            part = pixels[top : top + _TILE, left : left + _TILE]
            on = np.s_[down : down + part.shape[0], across : across + part.shape[1]]
            made[top : top + _TILE, left : left + _TILE] = cv2.subtract(cv2.add(part, light[on]), dark[on])
    return made


@lru_cache(maxsize=4)
def _sheets(steps: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """uint8 (2 _TILE, 2 _TILE, 3): what is added, what is taken away; repeated so that any part is whole."""
    tooth = np.tile(_tooth(), (2, 2))[..., None].repeat(3, axis=2)
    return (tooth > 0) * np.uint8(steps), (tooth < 0) * np.uint8(steps)
