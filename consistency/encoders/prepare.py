"""Pictures in, the batch that a net wants to see out: resized, cropped, normalized."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from consistency._resample import Filter, resample
from consistency.image import Frame

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
"""Of red, green, blue in [0, 1], over the pictures that CLIP was trained on (OpenAI 2021)."""
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
"""See CLIP_MEAN."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a net wants to see."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    resize: Literal["shortest", "squash"] = "shortest"
    """"shortest": the short side to its length, the middle of the long one; "squash": both sides."""
    filter: Filter = "bicubic"
    mean: tuple[float, ...] = CLIP_MEAN
    """Subtracted from red, green, blue in [0, 1]."""
    std: tuple[float, ...] = CLIP_STD
    """Divided by."""


def batches(frames: Sequence[Frame], how: Preparation, size: int) -> Iterator[Floats]:
    """frames: n pictures of any size. → float32 (≤ size, 3, height, width), in order."""
    for start in range(0, len(frames), size):
        yield np.stack([_planes(_fitted(f.pixels, how), how) for f in frames[start : start + size]])


def _fitted(pixels: Pixels, how: Preparation) -> Pixels:
    height, width = pixels.shape[:2]
    if how.resize == "squash":
        return resample(pixels, how.width, how.height, how.filter)
    # Rounding down and rounding half to even are torchvision's: one pixel beside would be another picture.
    if width <= height:
        small = resample(pixels, how.width, int(how.width * height / width), how.filter)
    else:
        small = resample(pixels, int(how.height * width / height), how.height, how.filter)
    top = round((small.shape[0] - how.height) / 2)
    left = round((small.shape[1] - how.width) / 2)
    return small[top : top + how.height, left : left + how.width]


def _planes(pixels: Pixels, how: Preparation) -> Floats:
    values = pixels.astype(np.float32) / np.float32(255)
    normal = (values - np.array(how.mean, np.float32)) / np.array(how.std, np.float32)
    return np.asarray(normal.transpose(2, 0, 1), np.float32)
