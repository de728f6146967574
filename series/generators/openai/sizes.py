"""A wanted size in, the nearest one that OpenAI's current image models take out. Pure."""

from __future__ import annotations

from math import sqrt

from series.request.build import nearest_size

STEP = 16
"""Pixels: both sides are a multiple of it. The official SDK, openai 3.54."""
RATIO = 3.0
"""The longer side through the shorter at most. Same source."""
FEWEST, MOST = 655_360, 8_294_400
"""Pixels of a picture. The vendor's documentation."""
LONGEST = 3840
"""Pixels of the longer side: the largest supported resolution is 3840 × 2160. The official SDK."""
AROUND = 3
"""Steps up and down from the ideal side in which the nearest size is looked for: within them lies one for
every shape that is allowed (tests/providers/test_openai_sizes.py)."""


def allowed(width: int, height: int) -> bool:
    """Whether a picture of so many pixels may be asked for."""
    return (
        width % STEP == 0
        and height % STEP == 0
        and max(width, height) <= min(LONGEST, RATIO * min(width, height))
        and FEWEST <= width * height <= MOST
    )


def nearest_allowed(width: int, height: int) -> tuple[int, int]:
    """The allowed size nearest in aspect, of these the nearest in area, around the wanted one brought into
    bounds: an allowed size is its own. width, height: pixels, > 0."""
    ideal_width, ideal_height = _bounded(width, height)
    near = [
        (across, down)
        for across in _steps(ideal_width)
        for down in _steps(ideal_height)
        if allowed(across, down)
    ]
    return nearest_size((round(ideal_width), round(ideal_height)), near)


def _bounded(width: float, height: float) -> tuple[float, float]:
    """The nearest width and height in bounds of shape, pixels and side, not yet in steps."""
    if max(width, height) > RATIO * min(width, height):
        area = width * height
        short = sqrt(area / RATIO)
        width, height = (RATIO * short, short) if width > height else (short, RATIO * short)
    pixels = min(max(width * height, FEWEST), MOST)
    scale = min(sqrt(pixels / (width * height)), LONGEST / max(width, height))
    return width * scale, height * scale


def _steps(side: float) -> list[int]:
    """Multiples of STEP around a side."""
    middle = round(side / STEP)
    return [STEP * steps for steps in range(max(1, middle - AROUND), middle + AROUND + 1)]
