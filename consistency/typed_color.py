"""What a person types for a color in, Lab out: hex, rgb, hsl, cmyk, lab ..., CSS names."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consistency.color import srgb_to_lab
from consistency.errors import ColorError
from consistency.palette import Lab

ACCEPTED = (
    '"#c0392b", "rgb(192, 57, 43)", "hsl(6 63% 46%)", "hsv(6 77% 75%)", "cmyk(0 70 78 25)", '
    '"lab(45 55 38)", "lab-d50(45 55 38)", "lch(45 67 35)", "xyz(0.2 0.12 0.05)", '
    'or a CSS name such as "crimson"'
)
"""What an error message offers instead."""

_CALL = re.compile(r"([a-z][a-z0-9-]*)\s*\(([^()]*)\)")
_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})")
_NUMBER = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(%|deg)?")

MAX_TEXT = 100
"""Characters of a color that are read; longer text is no color."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How one notation writes its channels."""

    lows: tuple[float, ...]
    highs: tuple[float, ...]
    full: tuple[float | None, ...]
    """What 100 % stands for; None where a percent sign makes no sense."""
    ratios: bool = False
    """People also write these from 0 to 1 without a sign: such values are refused, not guessed."""


_HUE_PERCENT = _Form((0, 0, 0), (360, 100, 100), (None, 100, 100), ratios=True)
_PLAIN_LAB = _Form((0, -128, -128), (100, 128, 128), (100, None, None))
_FORMS: Mapping[str, _Form] = {
    "rgb": _Form((0, 0, 0), (255, 255, 255), (255, 255, 255), ratios=True),
    "hsl": _HUE_PERCENT,
    "hsv": _HUE_PERCENT,
    "cmyk": _Form((0, 0, 0, 0), (100, 100, 100, 100), (100, 100, 100, 100), ratios=True),
    "lab": _PLAIN_LAB,
    "lab-d50": _PLAIN_LAB,
    "lch": _Form((0, 0, 0), (100, 182, 360), (100, None, None)),
    "xyz": _Form((0, 0, 0), (1.1, 1.1, 1.1), (1, 1, 1)),
}
_ALIASES = {"hsb": "hsv", "cielab": "lab", "lab-d65": "lab", "device-cmyk": "cmyk"}


def parse_color(value: str | Mapping[str, object] | Sequence[object]) -> Lab:
    """Lab, D65, of what a person writes for a color.

    Text: "#c0392b", "c0392b", "#c39"; rgb(0-255 or %), hsl and hsv (degrees, %, %), cmyk(%), lab, lab-d50,
    lch (L, C, degrees), xyz (white has Y = 1, or %), with commas or spaces; the 148 CSS color names.
    A mapping has one key, the notation, and its channels or text: {"lab": [45, 55, 38]}, {"hex": "c0392b"}.
    A sequence is three whole numbers 0-255, R G B.

    lab, lch and xyz are taken as D65; lab-d50 (what Adobe programs show) is adapted by Bradford. cmyk is
    converted without a press profile: right in kind, not in proof. rgb, hsl, hsv and names are sRGB.
    Raises ColorError, naming the value and the accepted forms, for anything else and for channels out of
    range; a misspelt name gets the nearest one.
    """
    if isinstance(value, str):
        return _parse_text(value)
    if isinstance(value, Mapping):
        return _parse_mapping(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        if len(value) == 3 and all(type(channel) is int for channel in value):
            return _from_channels("rgb", [_plain(channel) for channel in value], _shown(value))
        raise ColorError(f"{_shown(value)} is not a color: a list is three whole numbers 0-255, R G B")
    raise ColorError(f"{_shown(value)} is not a color (quote it if it is a hex number). Write {ACCEPTED}")


def from_notation(notation: str, channels: Sequence[float]) -> Lab:
    """Lab, D65, of channels in the ranges that `parse_color` names, fractions too. Same errors."""
    shown = _shown(list(channels))
    return _convert(notation, _checked(notation, _FORMS[notation], [(float(x), "") for x in channels], shown))


def _parse_text(text: str) -> Lab:
    tidy = text.strip().lower()
    if len(text) > MAX_TEXT:
        raise ColorError(f"{_shown(text)} is too long for a color. Write {ACCEPTED}")
    if found := _HEX.fullmatch(tidy):
        return _from_hex(found[1])
    if found := _CALL.fullmatch(tidy):
        return _from_call(found[1], found[2], text)
    name = re.sub(r"[\s_-]", "", tidy)
    if name in color_names():
        return _from_hex(color_names()[name])
    near = difflib.get_close_matches(name, color_names(), n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise ColorError(f"{_shown(text)} is not a color.{hint} Write {ACCEPTED}")


def _parse_mapping(value: Mapping[str, object]) -> Lab:
    if len(value) == 1:
        ((notation, channels),) = value.items()
        if notation in ("hex", "name") and isinstance(channels, str):
            return _parse_text(channels)
        if isinstance(notation, str) and isinstance(channels, Sequence) and not isinstance(channels, str):
            return _from_channels(notation, [_plain(channel) for channel in channels], _shown(value))
    raise ColorError(
        f'{_shown(value)} is not a color: a mapping has one notation and values, {{"lab": [45, 55, 38]}}. '
        f"Or write {ACCEPTED}"
    )


def _from_call(notation: str, inside: str, text: str) -> Lab:
    channels = []
    for word in inside.replace(",", " ").split():
        found = _NUMBER.fullmatch(word)
        if found is None:
            raise ColorError(f'{_shown(text)}: "{word}" is not a number. Write {ACCEPTED}')
        channels.append((float(found[1]), found[2] or ""))
    return _from_channels(notation, channels, _shown(text))


def _plain(channel: object) -> tuple[float, str]:
    """A channel of a list: nan stands for what is no number and fails the range check."""
    if isinstance(channel, int | float) and not isinstance(channel, bool):
        try:
            return float(channel), ""
        except OverflowError:
            return math.inf, ""
    return math.nan, ""


def _from_channels(notation: str, channels: Sequence[tuple[float, str]], shown: str) -> Lab:
    notation = _ALIASES.get(notation, notation)
    form = _FORMS.get(notation)
    if form is None:
        near = difflib.get_close_matches(notation, [*_FORMS, *_ALIASES], n=1)
        hint = f' Did you mean "{near[0]}"?' if near else ""
        raise ColorError(f'{shown}: there is no notation "{_shortened(notation)}".{hint} Write {ACCEPTED}')
    values = _checked(notation, form, channels, shown)
    unsigned = [value for (value, sign), full in zip(channels, form.full, strict=True) if full and not sign]
    if form.ratios and unsigned and max(unsigned) <= 1 and any(value % 1 for value in unsigned):
        raise ColorError(f"{shown}: fractions of 1 are not clear here; write percents with their sign")
    return _convert(notation, values)


def _checked(notation: str, form: _Form, channels: Sequence[tuple[float, str]], shown: str) -> list[float]:
    """The channels in their own units, each inside its range."""
    if len(channels) != len(form.highs):
        raise ColorError(f"{shown}: {notation} has {len(form.highs)} values, found {len(channels)}")
    values = []
    for (value, sign), low, high, full in zip(channels, form.lows, form.highs, form.full, strict=True):
        if (sign == "%" and full is None) or (sign == "deg" and high != 360):
            raise ColorError(f'{shown}: {notation} takes no "{sign}" at {value:g}')
        own = value * full / 100 if sign == "%" and full else value
        if not low <= own <= high:
            raise ColorError(f"{shown}: {notation} takes {low:g} to {high:g} here, not {value:g}{sign}")
        values.append(own)
    return values


def _convert(notation: str, values: Sequence[float]) -> Lab:
    if notation == "rgb":
        return _from_rgb(np.array(values) / 255)
    if notation == "lab":
        return _as_lab(values)
    return _by_colormath(notation, values)


def _by_colormath(notation: str, values: Sequence[float]) -> Lab:
    # Late: colormath builds a graph of all its conversions with networkx, half a second of import.
    from colormath.color_conversions import convert_color
    from colormath.color_objects import (
        CMYKColor,
        HSLColor,
        HSVColor,
        LabColor,
        LCHabColor,
        XYZColor,
        sRGBColor,
    )

    first, *rest = values
    match notation:
        case "hsl" | "hsv":
            kind = HSLColor if notation == "hsl" else HSVColor
            # Its sextants end before 360.
            rgb = convert_color(kind(first % 360, rest[0] / 100, rest[1] / 100), sRGBColor)
            return _from_rgb(np.array(rgb.get_value_tuple()))
        case "cmyk":
            rgb = convert_color(CMYKColor(*(value / 100 for value in values)), sRGBColor)
            return _from_rgb(np.array(rgb.get_value_tuple()))
        case "lch":
            lab = convert_color(LCHabColor(*values, illuminant="d65"), LabColor)
        case "xyz":
            lab = convert_color(XYZColor(*values, illuminant="d65"), LabColor)
        case _:  # lab-d50
            xyz = convert_color(LabColor(*values, illuminant="d50"), XYZColor)
            xyz.apply_adaptation("d65", adaptation="bradford")
            lab = convert_color(xyz, LabColor)
    return _as_lab(lab.get_value_tuple())


def _from_hex(digits: str) -> Lab:
    full = digits if len(digits) == 6 else "".join(2 * digit for digit in digits)
    return _as_lab(srgb_to_lab(np.frombuffer(bytes.fromhex(full), np.uint8)).tolist())


def _from_rgb(encoded: NDArray[np.float64]) -> Lab:
    return _as_lab(srgb_to_lab(np.clip(encoded, 0, 1)).tolist())


def _as_lab(values: Sequence[float]) -> Lab:
    lightness, a, b = (float(value) for value in values)
    return min(max(lightness, 0.0), 100.0), a, b


def _shown(value: object) -> str:
    return _shortened(repr(value))


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def color_names() -> Mapping[str, str]:
    """CSS color name → "rrggbb": the 148 names of CSS Color Module Level 4."""
    return _NAMES


_NAME_TABLE = """
aliceblue:f0f8ff antiquewhite:faebd7 aqua:00ffff aquamarine:7fffd4 azure:f0ffff beige:f5f5dc bisque:ffe4c4
black:000000 blanchedalmond:ffebcd blue:0000ff blueviolet:8a2be2 brown:a52a2a burlywood:deb887
cadetblue:5f9ea0 chartreuse:7fff00 chocolate:d2691e coral:ff7f50 cornflowerblue:6495ed cornsilk:fff8dc
crimson:dc143c cyan:00ffff darkblue:00008b darkcyan:008b8b darkgoldenrod:b8860b darkgray:a9a9a9
darkgreen:006400 darkgrey:a9a9a9 darkkhaki:bdb76b darkmagenta:8b008b darkolivegreen:556b2f
darkorange:ff8c00 darkorchid:9932cc darkred:8b0000 darksalmon:e9967a darkseagreen:8fbc8f
darkslateblue:483d8b darkslategray:2f4f4f darkslategrey:2f4f4f darkturquoise:00ced1 darkviolet:9400d3
deeppink:ff1493 deepskyblue:00bfff dimgray:696969 dimgrey:696969 dodgerblue:1e90ff firebrick:b22222
floralwhite:fffaf0 forestgreen:228b22 fuchsia:ff00ff gainsboro:dcdcdc ghostwhite:f8f8ff gold:ffd700
goldenrod:daa520 gray:808080 green:008000 greenyellow:adff2f grey:808080 honeydew:f0fff0 hotpink:ff69b4
indianred:cd5c5c indigo:4b0082 ivory:fffff0 khaki:f0e68c lavender:e6e6fa lavenderblush:fff0f5
lawngreen:7cfc00 lemonchiffon:fffacd lightblue:add8e6 lightcoral:f08080 lightcyan:e0ffff
lightgoldenrodyellow:fafad2 lightgray:d3d3d3 lightgreen:90ee90 lightgrey:d3d3d3 lightpink:ffb6c1
lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa lightslategray:778899 lightslategrey:778899
lightsteelblue:b0c4de lightyellow:ffffe0 lime:00ff00 limegreen:32cd32 linen:faf0e6 magenta:ff00ff
maroon:800000 mediumaquamarine:66cdaa mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db
mediumseagreen:3cb371 mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc
mediumvioletred:c71585 midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 moccasin:ffe4b5
navajowhite:ffdead navy:000080 oldlace:fdf5e6 olive:808000 olivedrab:6b8e23 orange:ffa500 orangered:ff4500
orchid:da70d6 palegoldenrod:eee8aa palegreen:98fb98 paleturquoise:afeeee palevioletred:db7093
papayawhip:ffefd5 peachpuff:ffdab9 peru:cd853f pink:ffc0cb plum:dda0dd powderblue:b0e0e6 purple:800080
rebeccapurple:663399 red:ff0000 rosybrown:bc8f8f royalblue:4169e1 saddlebrown:8b4513 salmon:fa8072
sandybrown:f4a460 seagreen:2e8b57 seashell:fff5ee sienna:a0522d silver:c0c0c0 skyblue:87ceeb
slateblue:6a5acd slategray:708090 slategrey:708090 snow:fffafa springgreen:00ff7f steelblue:4682b4
tan:d2b48c teal:008080 thistle:d8bfd8 tomato:ff6347 turquoise:40e0d0 violet:ee82ee wheat:f5deb3
white:ffffff whitesmoke:f5f5f5 yellow:ffff00 yellowgreen:9acd32
"""

_NAMES = dict(pair.split(":") for pair in _NAME_TABLE.split())
