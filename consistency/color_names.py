"""A color in, the name that a person would use for it out: "#d0912b" is ochre."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from consistency.color import Floats, ciede2000, srgb_to_lab
from consistency.typed_color import parse_color

COMMON: Mapping[str, str] = {
    "black": "#000000",
    "charcoal": "#36393f",
    "dark gray": "#5a5a5a",
    "gray": "#858585",
    "light gray": "#c0c0c0",
    "silver gray": "#dcdcdc",
    "white": "#ffffff",
    "ivory": "#fffbe8",
    "cream": "#f6e6c2",
    "beige": "#ddcdb0",
    "tan": "#cdae84",
    "light brown": "#a87e55",
    "brown": "#7a5230",
    "dark brown": "#4a3020",
    "taupe": "#8a7a6c",
    "rust": "#a84a1e",
    "red": "#d8211f",
    "dark red": "#8f1418",
    "burgundy": "#661630",
    "scarlet": "#ff2a1a",
    "brick red": "#b0453a",
    "coral": "#ff7a5c",
    "salmon": "#f5a08c",
    "peach": "#f9cdaa",
    "pale pink": "#fbe0e4",
    "pink": "#f79fb8",
    "dusty rose": "#c98292",
    "hot pink": "#f0359c",
    "rose red": "#f0466a",
    "bright pink": "#ff74e4",
    "magenta": "#d400c0",
    "mauve": "#9c7794",
    "orange": "#ff8a14",
    "dark orange": "#d9690f",
    "amber": "#ffb81c",
    "ochre": "#c98a2a",
    "mustard": "#d6ae28",
    "golden yellow": "#ffd24d",
    "yellow": "#fdee27",
    "pale yellow": "#fff3a6",
    "olive": "#7a7a1c",
    "dark olive": "#484a1e",
    "lime green": "#9be022",
    "leaf green": "#5c9a36",
    "green": "#259b36",
    "dark green": "#10502a",
    "light green": "#98e08c",
    "mint green": "#b6ecd0",
    "sage green": "#9aae8a",
    "sea green": "#5fb59a",
    "gray green": "#5f7a70",
    "teal": "#0d7f80",
    "dark teal": "#0c4a50",
    "turquoise": "#35d0c8",
    "cyan": "#12e8f8",
    "pale blue": "#d5e6f6",
    "light blue": "#a3cdf0",
    "sky blue": "#62b4ee",
    "azure": "#1a8af5",
    "blue": "#1f62d8",
    "bright blue": "#2a2aff",
    "dark blue": "#1c3a8a",
    "navy blue": "#141c4c",
    "slate blue": "#54618e",
    "blue gray": "#7c8ca4",
    "dark slate": "#3a4356",
    "periwinkle": "#929ee0",
    "indigo": "#40288a",
    "violet": "#7a3fd0",
    "orchid": "#b462b4",
    "purple": "#80228a",
    "dark purple": "#3c1648",
    "plum": "#704870",
    "lilac": "#c8a6d6",
    "lavender": "#e2dcf6",
}
"""Common English names and the sRGB color that each stands for here. Set by hand, so that no two are near
enough to be mixed up (ΔE00 of 5 or more); there is no standard for what people call a color."""


def color_name(color: str) -> str:
    """The common English name nearest to a color by CIEDE2000: one of `COMMON`.

    color: any notation that `parse_color` reads ("#c8322e", "rgb(200, 50, 46)"). Of two names equally near
    the earlier one. A name says roughly which color is meant, beside its hex form and never in its place:
    half of all sRGB colors lie within ΔE00 7.3 of what their name stands for, all within 17 (measured at
    every fifth value of each channel).
    Raises ColorError for what is no color.
    """
    return _nearest(parse_color(color))


@lru_cache(maxsize=4096)
def _nearest(lab: tuple[float, float, float]) -> str:
    return tuple(COMMON)[int(np.argmin(ciede2000(_labs(), np.asarray(lab, np.float32))))]


@lru_cache(maxsize=1)
def _labs() -> Floats:
    """float32 (n, 3), in the order of the table."""
    values = [[int(value[i : i + 2], 16) for i in (1, 3, 5)] for value in COMMON.values()]
    return srgb_to_lab(np.array(values, np.uint8))
