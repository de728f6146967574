"""A reference and a character's colors in, how much of the character each color covers out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from consistency import ImageError, digest_file, parse_color, srgb_to_lab
from series.generators.previz.cutout import SOLID, cut_out
from series.request import NamedColor

SIDE = 96
"""Pixels looked at along the longer side: enough to tell a coat from a button."""
NEAR = 15.0
"""Distance in Lab up to which a pixel is taken for a pinned color: shade and line are left out."""


def worn(reference: Path, colors: tuple[NamedColor, ...]) -> Mapping[str, float]:
    """Color name → share of the character's pixels that are any of the colors, in [0, 1]; the ground of the
    picture does not count. Empty for a file that is no picture and for a character with none of them."""
    try:
        return _worn(digest_file(reference), reference, colors)
    except ImageError:
        return {}


@lru_cache(maxsize=256)
def _worn(digest: str, reference: Path, colors: tuple[NamedColor, ...]) -> Mapping[str, float]:
    del digest  # what the shares are kept by
    cut = cut_out(reference)
    step = max(1, max(cut.alpha.shape) // SIDE)
    solid = cut.alpha[::step, ::step] >= SOLID
    lab = srgb_to_lab(cut.rgb[::step, ::step][solid])
    pinned = np.array([parse_color(color.hex) for color in colors], np.float32)
    distances = np.linalg.norm(lab[:, None] - pinned[None], axis=2)
    nearest = distances.argmin(axis=1)[distances.min(axis=1) <= NEAR]
    if not nearest.size:
        return {}
    counts = np.bincount(nearest, minlength=len(colors))
    return {color.name: float(count / nearest.size) for color, count in zip(colors, counts, strict=True)}
