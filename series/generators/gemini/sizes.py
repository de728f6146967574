"""A wanted size in, the aspect ratio and size class that a Gemini or Imagen model is asked for out.

Neither takes pixels: a request names one of a few ratios and, where the model has several, a size class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import log, sqrt

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
"""Of every Gemini image model: the vendor's documentation, 2026-11."""
LONG_RATIOS = ("1:4", "4:1", "1:8", "8:1")
"""Of those of `WITH_LONG_RATIOS` besides."""
WITH_LONG_RATIOS = frozenset(
    {"gemini-3.1-flash-image", "gemini-3.1-flash-lite-image", "gemini-nano-banana-2.1"}
)
"""Generation 3.1 and later: the vendor's documentation, 2026-11. Of 2.1 one reseller says that it lacks them;
a request that is refused costs nothing."""
IMAGEN_RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
"""Of Imagen 4: the docstring of the SDK's GenerateImagesConfig."""
SIDES = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
"""Size class → pixels of a side of a square picture; other ratios have about the same area."""
MAY_LACK = 0.03
"""Part of a side that a class may lack of the wanted size. Real sides are multiples of 16 and differ from the
even area by up to .02 (1200 × 896 for 4:3, 1376 × 768 for 16:9); a picture that lacks more is UNSURE."""


def ratios_of(model: str) -> tuple[str, ...]:
    """The aspect ratios that a model makes."""
    if model.startswith("imagen-"):
        return IMAGEN_RATIOS
    return (*RATIOS, *LONG_RATIOS) if model in WITH_LONG_RATIOS else RATIOS


def nearest_ratio(size: tuple[int, int], ratios: Collection[str]) -> str:
    """The ratio nearest to width : height; as a factor, so that 2:1 is as far from 1:1 as 1:2 is."""
    wanted = log(size[0] / size[1])
    return min(ratios, key=lambda ratio: abs(log(_value(ratio)) - wanted))


def enough(size: tuple[int, int], ratio: str, classes: Iterable[str]) -> str:
    """The smallest class whose picture is not smaller than width × height; the largest where none is large
    enough. A smaller picture would be drift, a larger one only costs more."""
    width, height = size
    known = sorted((one for one in classes if one in SIDES), key=SIDES.__getitem__)
    for one in known:
        across, down = SIDES[one] * sqrt(_value(ratio)), SIDES[one] / sqrt(_value(ratio))
        if across >= width * (1 - MAY_LACK) and down >= height * (1 - MAY_LACK):
            return one
    return known[-1]


def _value(ratio: str) -> float:
    across, _, down = ratio.partition(":")
    return int(across) / int(down)
