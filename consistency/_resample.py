"""Pixels in, pixels of another size out, resampled by Pillow, as in the training of many nets.

Everything else here is resized by OpenCV, whose cubic does not filter before it reduces.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Filter = Literal["bicubic", "bilinear"]

_FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}


def resample(pixels: Pixels, width: int, height: int, by: Filter) -> Pixels:
    """pixels: uint8 (H, W, 3). → uint8 (height, width, 3), filtered over the area that each pixel covers."""
    if pixels.shape[:2] == (height, width):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((width, height), _FILTERS[by]), np.uint8)
