"""A reference and a character's colors in, how much of the picture each color covers out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from consistency import ImageError, parse_color, read_frame, srgb_to_lab
from series.request import NamedColor

SIDE = 96
"""Pixels along the longer side: enough to tell a coat from a button."""
NEAR = 15.0
"""Distance in Lab up to which a pixel is taken for a pinned color: shade and line are left out."""


@lru_cache(maxsize=256)
def worn(reference: Path, colors: tuple[NamedColor, ...]) -> Mapping[str, float]:
    """Color name → share of the pixels that are any of the colors, in [0, 1]. Empty for a file that cannot be
    read and for a picture with none of them."""
    try:
        pixels = read_frame(reference).pixels
    except ImageError:
        return {}
    scale = min(1.0, SIDE / max(pixels.shape[0], pixels.shape[1]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lab = srgb_to_lab(np.asarray(small, np.uint8)).reshape(-1, 3)
    pinned = np.array([parse_color(color.hex) for color in colors], np.float32)
    distances = np.linalg.norm(lab[:, None] - pinned[None], axis=2)
    nearest = distances.argmin(axis=1)[distances.min(axis=1) <= NEAR]
    if not nearest.size:
        return {}
    counts = np.bincount(nearest, minlength=len(colors))
    return {color.name: float(count / nearest.size) for color, count in zip(colors, counts, strict=True)}
