"""Pixels in, the same picture in another technique out. Pixels: uint8 (H, W, 3), sRGB, never written to."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency import Box

Pixels = NDArray[np.uint8]
Technique = Callable[[Pixels, float, int], Pixels]
"""Pixels, size in [0, 1] and a seed in; pixels of the same shape out."""

WORKING_SIDE = 1024
"""Lengths below are pixels of a picture with this longer side, and scale with it: frames are observed so."""

SMALLEST_SCALE = 0.5
"""Of the lengths: below half of them a blur or a screen of dots is finer than the pixels."""


def posterized(pixels: Pixels, size: float, seed: int) -> Pixels:
    """6 to 3 levels a channel."""
    del seed
    levels = round(6 - 3 * size)
    steps = np.rint(np.arange(256) / 255 * (levels - 1)) * 255 / (levels - 1)
    return np.rint(steps).astype(np.uint8)[pixels]


def blurred(pixels: Pixels, size: float, seed: int) -> Pixels:
    """A Gaussian blur of σ 1.5 to 5 pixels."""
    del seed
    return cv2.GaussianBlur(pixels, (0, 0), (1.5 + 3.5 * size) * _scale(pixels)).astype(np.uint8, copy=False)


def grainy(pixels: Pixels, size: float, seed: int) -> Pixels:
    """Gray noise of σ 10 to 40 of 255, one grain a pixel."""
    noise = _noise(pixels.shape[:2], seed) * np.float32(10 + 30 * size)
    return _bytes(pixels + noise[..., None])


def halftoned(pixels: Pixels, size: float, seed: int) -> Pixels:
    """Dots on a grid of 6 to 11 pixels, turned by 15°, larger where it is darker; the colors lifted."""
    del seed
    step = 2 * math.pi / max(3.0, (6 + 5 * size) * _scale(pixels))
    height, width = pixels.shape[:2]
    y, x = np.arange(height, dtype=np.float32)[:, None] * step, np.arange(width, dtype=np.float32) * step
    along, across = math.cos(math.pi / 12), math.sin(math.pi / 12)
    # cos(a + b) by its parts: cosines of rows and columns instead of one for each pixel.
    screen = np.cos(x * along) * np.cos(y * across) - np.sin(x * along) * np.sin(y * across)
    screen += np.cos(x * across) * np.cos(y * along) + np.sin(x * across) * np.sin(y * along)
    gray = _gray(pixels)
    dots = (screen / 2 > gray * 2 - 0.9).astype(np.float32)[..., None]
    lifted = pixels + (255 - pixels) * np.float32(0.35)
    return _bytes(lifted - dots * lifted * np.float32(0.6))


def penciled(pixels: Pixels, size: float, seed: int) -> Pixels:
    """Colored pencil: edges as gray lines, strokes of 25 pixels at 45°, paler colors."""
    gray = _gray(pixels)
    around = cv2.GaussianBlur(gray, (0, 0), 4 * _scale(pixels))
    lines = np.clip(gray / np.maximum(around, 1e-3), 0, 1)
    length = max(3, round(25 * _scale(pixels)))
    stroke = np.eye(length, dtype=np.float32) / length
    drawn = np.asarray(cv2.filter2D(_noise(gray.shape, seed), -1, stroke), np.float32)
    strokes = drawn / np.float32(max(1e-6, float(drawn.std())))
    paper = 255 - (255 - pixels) * np.float32(0.75 - 0.25 * size)
    shaded = paper * lines[..., None] ** np.float32(1 + 2 * size)
    return _bytes(shaded + strokes[..., None] * np.float32(8 + 14 * size))


TECHNIQUES: Mapping[str, Technique] = {
    "pencil": penciled,
    "halftone": halftoned,
    "posterize": posterized,
    "blur": blurred,
    "grain": grainy,
}
"""Name → technique that no manifest asks for."""


def hue_turned(pixels: Pixels, degrees: float) -> Pixels:
    """Every color with another hue in CIELAB, its lightness and chroma kept where sRGB has room."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2Lab)
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1], lab[..., 2] = a * cosine - b * sine, a * sine + b * cosine
    return _bytes(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB) * np.float32(255))


def warped(pixels: Pixels, box: Box, size: float, seed: int) -> Pixels:
    """Other proportions inside a box: bent sideways by 4 to 12 % of its width, three waves a height."""
    left, top, right, bottom = box.pixels(pixels.shape[1], pixels.shape[0])
    height, width = bottom - top, right - left
    rows, columns = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)
    phase = 2 * math.pi * (seed % 360) / 360
    # Nothing moves at the edges of the box, so that no seam is seen.
    fade = np.sin(math.pi * (rows + 0.5) / height) * np.sin(math.pi * (columns + 0.5) / width)
    shift = (0.04 + 0.08 * size) * width * np.sin(3 * math.pi * rows / height + phase) * fade
    x = np.asarray(columns + shift, np.float32)
    y = np.broadcast_to(rows, x.shape).astype(np.float32)
    part = cv2.remap(pixels[top:bottom, left:right], x, y, cv2.INTER_LINEAR)
    changed = pixels.copy()
    changed[top:bottom, left:right] = part
    return changed


def _scale(pixels: Pixels) -> float:
    return max(SMALLEST_SCALE, float(max(pixels.shape[0], pixels.shape[1])) / WORKING_SIDE)


def _gray(pixels: Pixels) -> NDArray[np.float32]:
    """Luma, [0, 1]."""
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return gray / np.float32(255)


def _noise(shape: tuple[int, ...], seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, np.float32)


def _bytes(values: NDArray[np.floating]) -> Pixels:
    rounded: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded
