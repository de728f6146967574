"""The colors that a request pins in, what the background is painted with out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from consistency import digest_file, read_frame
from series.generators.previz.sketchpad import mixed, rgb_of
from series.request import GenerationRequest, NamedColor, Role

DAY = ("#b9d4e8", "#dbe8ee", "#a9c0c9", "#d9c3a5", "#a8705a", "#b9c79a", "#93a67c", "#fff0c2", "#2a2d38")
"""Without a pinned palette: a plain day whose colors stand back behind any character's."""

BT709 = (0.2126, 0.7152, 0.0722)
"""What red, green and blue weigh in lightness (ITU-R BT.709)."""
ENOUGH = 5
"""Fewer pinned colors than this make a flat picture: their lighter and darker tones join them."""
TONES = (("#ffffff", 0.4), ("#ffffff", 0.75), ("#000000", 0.45))
"""(towards, share) of the tones that a color is given."""
STYLE_SIDE = 256
"""Pixels at which a style reference is looked at for its colors."""

WORDS: tuple[tuple[str, ...], ...] = (
    ("sky", "night", "heaven", "background"),
    ("dusk", "evening", "horizon", "low"),
    ("haze", "mist", "far", "hill", "mountain", "fog"),
    ("wall", "house", "building", "brick", "stone"),
    ("roof", "tile", "wood"),
    ("snow", "ground", "grass", "sand", "floor", "earth", "street", "road"),
    ("shadow", "shade"),
    ("window", "lamp", "light", "flame", "sun", "glow", "paper"),
    ("ink", "line", "outline", "black"),
)
"""What a pinned color may be called to be taken for each of the paints, in their order."""


@dataclass(frozen=True, slots=True)
class Paints:
    """Each #rrggbb. A draft's palette is these, in this order."""

    sky: str
    horizon: str
    far: str
    wall: str
    roof: str
    ground: str
    shade: str
    light: str
    ink: str

    @property
    def dark(self) -> bool:
        """The sky of a night."""
        return lightness(self.sky) < 0.4


def paints(palette: Sequence[str]) -> Paints:
    """Of a draft's palette. A shorter one is filled up from DAY, of a longer one the first are taken."""
    count = len(DAY)
    sky, horizon, far, wall, roof, ground, shade, light, ink = (*palette[:count], *DAY[len(palette) :])
    return Paints(sky, horizon, far, wall, roof, ground, shade, light, ink)


def palette_of(request: GenerationRequest) -> tuple[str, ...]:
    """What the draft of a request is painted with: pinned colors by their names, the rest by lightness.

    A color that a character wears is left to it, so that the character stands out. Without pinned colors,
    those of the first style reference. Raises consistency.ImageError for one that is no picture.
    """
    worn = {color.hex for one in request.identities for color in one.colors}
    free = [color for color in request.palette if color.hex not in worn]
    if not free:
        styles = [one.path for one in request.references if one.role is Role.STYLE]
        return _of_picture(digest_file(styles[0]), styles[0]) if styles else DAY
    chosen: list[str | None] = []
    for words in WORDS:
        taken = {one for one in chosen if one}
        chosen.append(_called(words, [color for color in free if color.hex not in taken]))
    tones = {color.hex for color in free}
    if len(tones) < ENOUGH:
        tones |= {mixed(one, toward, share) for one in tones for toward, share in TONES}
    return _filled(chosen, sorted(tones, key=lambda one: (lightness(one), one)))


@lru_cache(maxsize=64)
def _of_picture(digest: str, path: Path) -> tuple[str, ...]:
    """What a picture has above, in the middle and below, its darkest and its lightest color."""
    del digest  # what the answer is kept by
    pixels = read_frame(path, longest_side=STYLE_SIDE).pixels
    height = pixels.shape[0]

    def usual(top: float, bottom: float) -> str:
        rows = pixels[int(height * top) : max(int(height * bottom), int(height * top) + 1)]
        return _hex(np.median(rows.reshape(-1, 3), axis=0))

    flat = pixels.reshape(-1, 3)
    by_lightness = flat[np.argsort(flat @ np.array(BT709, np.float32), kind="stable")]
    ink, light = (_hex(by_lightness[round(share * (len(flat) - 1))]) for share in (0.005, 0.99))
    sky, far, ground = usual(0.0, 0.25), usual(0.4, 0.6), usual(0.85, 1.0)
    return astuple(
        Paints(
            sky=sky,
            horizon=mixed(sky, far, 0.5),
            far=far,
            wall=mixed(far, ground, 0.25),
            roof=mixed(far, ink, 0.3),
            ground=ground,
            shade=mixed(ground, ink, 0.2),
            light=light,
            ink=ink,
        )
    )


def _hex(color: NDArray[np.generic]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*(int(value) for value in color))


def lightness(color: str) -> float:
    """0 black to 1 white, gamma-coded (ITU-R BT.709 weights)."""
    red, green, blue = rgb_of(color)
    return sum(w * value for w, value in zip(BT709, (red, green, blue), strict=True)) / 255


def _called(words: Sequence[str], colors: Sequence[NamedColor]) -> str | None:
    """The color whose name is one of the words, or begins with one, or holds one; the earlier word first."""
    for word in words:
        for test in (str.__eq__, str.startswith, str.__contains__):
            for color in colors:
                if test(color.name.lower(), word):
                    return color.hex
    return None


def _filled(chosen: Sequence[str | None], by_lightness: Sequence[str]) -> tuple[str, ...]:
    """Roles without a color get one of the free colors by lightness, or a mixture of their neighbors."""
    darkest, lightest = by_lightness[0], by_lightness[-1]

    def at(share: float) -> str:
        return by_lightness[round(share * (len(by_lightness) - 1))]

    sky, horizon, far, wall, roof, ground, shade, light, ink = chosen
    ink = ink or (darkest if lightness(darkest) < 0.3 else mixed(darkest, DAY[-1], 0.85))
    sky = sky or at(0.6)
    ground = ground or at(0.85)
    wall = wall or at(0.5)
    roof = roof or mixed(wall, ink, 0.35)
    light = light or (lightest if lightness(lightest) > 0.75 else mixed(lightest, "#ffffff", 0.7))
    made = Paints(
        sky=sky,
        horizon=horizon or mixed(sky, ground, 0.3),
        far=far or mixed(sky, wall, 0.5),
        wall=wall,
        roof=roof,
        ground=ground,
        shade=shade or mixed(ground, ink, 0.2),
        light=light,
        ink=ink,
    )
    return astuple(made)
