"""The kinds of value that a manifest holds: text as typed in, checked value out.

Each kind is an annotated type. What must be looked up (files, other names in the manifest) comes in as the
validation context, a Surroundings, so that one pass finds every problem; without a context only the value
itself is checked.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import isfinite
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from consistency import DEFAULT_TOLERANCES, ConsistencyError, Palette, parse_color, read_palette
from series.manifest.document import shown

KINDS = ("identity", "color", "style", "rendering", "picture")
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
MAX_NAME = 100
"""Characters of a name."""
MAX_STEM = 200
"""Bytes of a panel id: file names have 255, and an ending and a temporary name need room."""

_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(1, 10))}
"""Stems that Windows keeps for devices, whatever the ending."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


@dataclass(slots=True)
class Surroundings:
    """What values in a manifest may point at."""

    folder: Path
    palettes: Collection[str]
    characters: Mapping[str, Collection[str]]
    """Name → names of its wardrobe."""
    panels: Collection[str]
    loaded: dict[str, Palette] = field(default_factory=dict)
    """Palette files read so far, by their path in the manifest."""
    files: list[str] = field(default_factory=list)
    """Files in the folder, listed when the first one is missing."""
    lookups_left: int = 100
    """Searches for the nearest right name: one takes up to 0.1 s, and few are shown."""

    def may_look_up(self) -> bool:
        """Counts a search; False when there were enough."""
        self.lookups_left -= 1
        return self.lookups_left >= 0


def wrong(problem: str) -> PydanticCustomError:
    """The error of a value, in words. The braces of user text must not meet pydantic's formatting."""
    return PydanticCustomError("manifest", "{problem}", {"problem": problem})


def surroundings(info: ValidationInfo) -> Surroundings | None:
    """The context of this validation; None when a model is built in code."""
    return info.context if isinstance(info.context, Surroundings) else None


def nearest(text: str, known: Collection[str], *, cutoff: float = 0.6) -> str | None:
    """The known name most like text, ignoring case; None when nothing comes near."""
    folded = {name.casefold(): name for name in reversed(tuple(known))}
    found = get_close_matches(text[:MAX_NAME].casefold(), folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def instead(text: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all of them when few."""
    near = nearest(text, known)
    if near is not None:
        return f"; did you mean {shown(near)}?"
    if 0 < len(known) <= 12:
        return f"; known: {', '.join(known)}"
    return ""


def some(value: object) -> object:
    """Refuse an empty list or mapping. By hand: pydantic counts what is valid, and would complain twice."""
    if isinstance(value, list | tuple | dict) and not value:
        raise wrong("nothing here; at least one is wanted")
    return value


class ShortForm:
    """A mapping that may be typed as one word: `mara` for `{name: mara}`."""

    def __init__(self, key: str, meaning: str) -> None:
        self._key = key
        self._meaning = meaning

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Open the short form before the mapping is validated."""
        return core_schema.no_info_before_validator_function(self._open, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Show both forms, so that an editor accepts and completes both."""
        return {"anyOf": [{"type": "string", "description": self._meaning}, handler(schema)]}

    def _open(self, value: object) -> object:
        # Numbers and nothing are opened too: then the message is about the word that they stand for.
        return value if isinstance(value, dict | list | BaseModel) else {self._key: value}


def _label(text: str) -> str:
    if "/" in text:
        raise wrong(f"{shown(text)} is no name: reports write a character and its outfit as mara/winter")
    return text


def _words(text: str) -> str:
    if not text:
        raise wrong("the text is empty")
    return text


def _name(text: str) -> str:
    if _UNSAFE_NAME.search(text):
        raise wrong(f"{shown(text)} is no name: it has a line break or another control character in it")
    if len(text) > MAX_NAME:
        raise wrong(f"{shown(text)} is no name: {len(text)} characters, at most {MAX_NAME}")
    return _words(text)


_UNSAFE_NAME = re.compile(r"[\x00-\x1f\x7f]")

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
"""Text that consistency.palette.parse_color reads."""


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


# --- files ----------------------------------------------------------------------------------------------

_LISTED = 5_000
"""Files looked at for a suggestion: enough for a project, bounded for a home folder."""


def _inside(text: str) -> str:
    """The path in its one spelling: relative, forward slashes, no ./ or //."""
    path = PurePosixPath(text)
    if not text.strip() or path == PurePosixPath():
        raise wrong("the path is empty")
    if _UNSAFE_NAME.search(text):
        raise wrong(f"{shown(text)} is no path: it has a control character in it")
    if path.is_absolute() or PureWindowsPath(text).drive or text.startswith(("\\", "~")):
        raise wrong(f"{shown(text)} leaves the manifest's folder; paths are relative to it")
    if "\\" in text:
        raise wrong(f"{shown(text)}: folders are separated by /; write {shown(text.replace(chr(92), '/'))}")
    if ".." in path.parts:
        raise wrong(f"{shown(text)} leaves the manifest's folder; keep the files inside it, without '..'")
    return path.as_posix()


def _file(text: str, info: ValidationInfo) -> str:
    relative = _inside(text)
    around = surroundings(info)
    if around is None:
        return relative
    try:
        target = (around.folder / relative).resolve()
        inside = target.is_relative_to(around.folder.resolve())
        is_file, is_folder = target.is_file(), target.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a ring of links, odd characters
        reason = getattr(error, "strerror", None) or error
        raise wrong(f"{shown(text)} cannot be looked up: {reason}") from None
    if not inside:
        raise wrong(f"{shown(text)} leaves the manifest's folder through a link; copy the file into it")
    if is_folder:
        raise wrong(f"{shown(text)} is a folder; name a file in it")
    if not is_file:
        raise wrong(f"no file {shown(text)}{_nearest_file(relative, around)}")
    return relative


def _nearest_file(text: str, around: Surroundings) -> str:
    if not around.may_look_up():
        return ""
    if not around.files:
        around.files.extend(_list_files(around.folder))
    by_name = {PurePosixPath(file).name: file for file in reversed(around.files)}
    name = PurePosixPath(text).name
    near = by_name.get(name) or nearest(text, around.files, cutoff=0.7)
    near = near or by_name.get(nearest(name, by_name, cutoff=0.7) or "")
    return f"; the nearest is {shown(near)}" if near else ""


def _list_files(folder: Path) -> list[str]:
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found.extend((Path(parent) / name).relative_to(folder).as_posix() for name in sorted(names))
        if len(found) >= _LISTED:
            break
    return found[:_LISTED]


def _palette_file(text: str, info: ValidationInfo) -> str:
    relative = _file(text, info)
    around = surroundings(info)
    if around is not None and relative not in around.loaded:
        try:
            around.loaded[relative] = read_palette(around.folder / relative)
        except ConsistencyError as error:
            raise wrong(str(error)) from None
    return relative


FilePath = Annotated[str, AfterValidator(_file)]
PaletteFile = Annotated[str, AfterValidator(_palette_file)]
