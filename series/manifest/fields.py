"""The kinds of value that a manifest holds: text as typed in, checked value out.

Each kind is an annotated type. What must be looked up (files, other names in the manifest) comes in as the
validation context, a Surroundings, so that one pass finds every problem; without a context only the value
itself is checked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from math import isfinite
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from consistency import DEFAULT_TOLERANCES, ConsistencyError, parse_color
from series.manifest.document import shown
from series.manifest.validation import CONTROL, MAX_NAME, Surroundings, instead, nearest, surroundings, wrong

KINDS = ("identity", "color", "style", "rendering", "picture", "lettering")
"""Kinds of check."""
MEASURED = tuple(sorted({key[0] for key in DEFAULT_TOLERANCES}))
"""What is measured, each with limits of its own: "color.role"."""
CHECKS = (*KINDS, *(check for check in MEASURED if check not in KINDS))
"""Names of checks: the kinds, and what is measured of each ("color.role"). Nothing is judged without a
tolerance, so the built-in tolerances name them all."""
MAX_SEED = 2**32 - 1
"""Largest seed: what the generators in use take (unsigned 32 bits)."""
MAX_SIDE = 65_535
"""Largest width or height in pixels: the limit of JPEG."""
MAX_STEM = 200
"""Bytes of a panel id: file names have 255, and an ending and a temporary name need room."""

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}
"""Stems that Windows keeps for devices, whatever the ending."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def _label(text: str) -> str:
    if "/" in text:
        raise wrong(f"{shown(text)} is no name: reports write a character and its outfit as mara/winter")
    return text


def _words(text: str) -> str:
    if not text:
        raise wrong("the text is empty")
    return text


def _name(text: str) -> str:
    if CONTROL.search(text):
        raise wrong(f"{shown(text)} is no name: it has a line break or another control character in it")
    if len(text) > MAX_NAME:
        raise wrong(f"{shown(text)} is no name: {len(text)} characters, at most {MAX_NAME}")
    return _words(text)


Words = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_words)]
"""Text that is not empty."""
Name = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_name)]
"""One line in any script."""
Label = Annotated[Name, AfterValidator(_label)]
"""A name that the manifest gives to a palette, a character or an outfit."""
Whole = Annotated[int, Field(strict=True)]
"""A whole number; true and "3" are none."""
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


# --- panels ---------------------------------------------------------------------------------------------


def composed(text: str) -> str:
    """One spelling of accented letters (NFC), so that an id equals itself whichever editor wrote it."""
    return unicodedata.normalize("NFC", text)


def _panel_id(text: str) -> str:
    text = composed(text)
    safe = _safe_stem(text)
    if safe != text:
        raise wrong(f"{shown(text)} cannot name a file on every system; use {shown(safe)}")
    if text == "base":
        raise wrong("'base' is taken by seeds.base; choose another id")
    return text


def _safe_stem(text: str) -> str:
    """The nearest text that is a file stem on Linux, macOS and Windows."""
    safe = _UNSAFE.sub("_", text).strip(" .-")
    safe = safe.encode()[:MAX_STEM].decode(errors="ignore").rstrip(" .")
    if not safe:
        return "panel"
    return f"{safe}_" if safe.split(".")[0].casefold() in _RESERVED else safe


PanelId = Annotated[str, AfterValidator(_panel_id)]
"""Also the stem of the panel's frame: p01 is the id of p01.png."""

Shot = Literal["extreme_wide", "wide", "full", "medium", "close_up", "extreme_close_up", "insert"]


# --- names that point at something ----------------------------------------------------------------------


def _known(what: str, text: str, known: Collection[str], around: Surroundings | None = None) -> str:
    if text not in known:
        hint = instead(text, known) if around is None or around.may_look_up() else ""
        raise wrong(f"unknown {what} {shown(text)}{hint}")
    return text


def _character_name(text: str, info: ValidationInfo) -> str:
    around = surroundings(info)
    return _known("character", text, around.characters, around) if around else text


def _palette_name(text: str, info: ValidationInfo) -> str:
    around = surroundings(info)
    return _known("palette", text, around.palettes, around) if around else text


def _check_name(text: str) -> str:
    if text in CHECKS:
        return text
    kind = text.partition(".")[0]
    near = nearest(text, CHECKS)
    known = [check for check in CHECKS if check.startswith(f"{kind}.")] or KINDS
    raise wrong(f"unknown check {shown(text)}{instead(text, CHECKS if near else known)}")


def _measured_name(text: str) -> str:
    _check_name(text)
    if text not in MEASURED:
        own = [check for check in MEASURED if check.startswith(f"{text}.")]
        raise wrong(f"{shown(text)} is a kind of check; limits belong to what is measured: {', '.join(own)}")
    return text


def _seed_name(text: str, info: ValidationInfo) -> str:
    text = composed(text)
    around = surroundings(info)
    if text == "base" or around is None:
        return text
    return _known("panel", text, around.panels, around)


CharacterName = Annotated[str, AfterValidator(_character_name)]
PaletteName = Annotated[str, AfterValidator(_palette_name)]
CheckName = Annotated[str, AfterValidator(_check_name)]
MeasuredName = Annotated[str, AfterValidator(_measured_name)]
SeedName = Annotated[str, AfterValidator(_seed_name)]


def _seed(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise wrong(f"{shown(value)} is no seed; a seed is a whole number from 0 to {MAX_SEED}")
    return value


Seed = Annotated[
    int, BeforeValidator(_seed), WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_SEED})
]


# --- colors ---------------------------------------------------------------------------------------------


def _color(value: object) -> object:
    if value is None:
        raise wrong("no color here; one that starts with # needs quotes, or YAML takes it for a comment")
    if not isinstance(value, str):
        return value  # a number: the message says to quote it
    try:
        parse_color(value)
    except ConsistencyError as error:
        raise wrong(str(error)) from None
    return value


Color = Annotated[str, BeforeValidator(_color)]
"""Text that consistency.parse_color reads."""


# --- sizes and places -----------------------------------------------------------------------------------


def _size(value: object) -> object:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise wrong(f"{shown(value)} is no size; write [width, height] in pixels: [1024, 768]")
    for side in value:
        if isinstance(side, bool) or not isinstance(side, int) or not 0 < side <= MAX_SIDE:
            raise wrong(
                f"{shown(side)} is no side of a picture; a whole number of pixels from 1 to {MAX_SIDE}"
            )
    return tuple(value)


Size = Annotated[
    tuple[int, int],
    BeforeValidator(_size),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": MAX_SIDE},
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]

Fractions = tuple[float, float, float, float]
"""left, top, right, bottom as fractions of the frame."""

FIGURE_PLACES: Mapping[str, Fractions] = {
    "left": (0.0, 0.0, 0.5, 1.0),
    "center": (0.25, 0.0, 0.75, 1.0),
    "right": (0.5, 0.0, 1.0, 1.0),
}
"""Halves that overlap: a word says roughly where a figure stands, not where it ends."""

LETTERING_PLACES: Mapping[str, Fractions] = {
    "top": (0.0, 0.0, 1.0, 0.4),
    "bottom": (0.0, 0.6, 1.0, 1.0),
    "left": (0.0, 0.0, 0.5, 1.0),
    "center": (0.25, 0.25, 0.75, 0.75),
    "right": (0.5, 0.0, 1.0, 1.0),
    "top_left": (0.0, 0.0, 0.5, 0.4),
    "top_right": (0.5, 0.0, 1.0, 0.4),
    "bottom_left": (0.0, 0.6, 0.5, 1.0),
    "bottom_right": (0.5, 0.6, 1.0, 1.0),
}
"""Captions and balloons sit in the upper or lower part of a panel; wider than a balloon on purpose."""


def _place(words: Mapping[str, Fractions]) -> Callable[[object], object]:
    def check(value: object) -> object:
        if isinstance(value, str):
            return _known("place", value, words)
        if not isinstance(value, list | tuple) or len(value) != 4 or not all(map(_is_fraction, value)):
            raise wrong(
                f"{_listed(value)} is no place; write {', '.join(words)}, "
                f"or [left, top, right, bottom] as fractions from 0 to 1"
            )
        left, top, right, bottom = (float(side) for side in value)
        if not (left < right and top < bottom):
            raise wrong(
                f"{_listed(value)} is reversed or empty; left must be below right, and top below bottom"
            )
        return left, top, right, bottom

    return check


def _is_fraction(value: object) -> bool:
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value) and 0 <= value <= 1
    )


def _listed(value: object) -> str:
    if isinstance(value, list | tuple) and len(value) <= 8:
        return f"[{', '.join(shown(item) for item in value)}]"
    return shown(value)


def _place_schema(words: Mapping[str, Fractions]) -> WithJsonSchema:
    side = {"type": "number", "minimum": 0, "maximum": 1}
    box = {"type": "array", "items": side, "minItems": 4, "maxItems": 4}
    return WithJsonSchema({"anyOf": [{"enum": list(words)}, box]})


FigurePlace = Annotated[str | Fractions, BeforeValidator(_place(FIGURE_PLACES)), _place_schema(FIGURE_PLACES)]
LetteringPlace = Annotated[
    str | Fractions, BeforeValidator(_place(LETTERING_PLACES)), _place_schema(LETTERING_PLACES)
]
