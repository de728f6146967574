"""Errors of pydantic in, lines for a person out: file:line: where, what, the value, the nearest right one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from series.manifest.document import Document, Keys, shown
from series.manifest.models import PLACES, Part
from series.manifest.validation import instead, nearest


class Problem(NamedTuple):
    """One thing that is wrong. Sorts by line."""

    line: int
    text: str


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """Every error, in words, at its line."""
    return [_problem(details, document) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails, document: Document) -> Problem:
    keys = _keys(details["loc"], document.data)
    text = _sentence(details, keys, document)
    label = _label(keys[:-1] if details["type"] == "extra_forbidden" else keys, document.data)
    return Problem(document.line(keys), f"{label}: {text}" if label else text)


def _keys(location: tuple[str | int, ...], data: object) -> Keys:
    """The part of pydantic's location that is in the file: without tags, opened short forms, missing keys."""
    keys: list[str | int] = []
    for key in location:
        inner = _child(data, key)
        if inner is not _ABSENT:
            keys.append(key)
            data = inner
    return tuple(keys)


_ABSENT = object()


def _child(data: object, key: str | int) -> object:
    if isinstance(data, dict):
        return data.get(key, _ABSENT)
    if isinstance(data, list) and isinstance(key, int) and key < len(data):
        return data[key]
    return _ABSENT


def _label(keys: Keys, data: object) -> str:
    """Where, as a person says it: "panel p03, shot" or "characters.mara.look"."""
    if len(keys) > 1 and keys[0] == "panels" and isinstance(keys[1], int):
        rest = ".".join(str(key) for key in keys[2:] if isinstance(key, str))
        panel = f"panel {_panel_name(data, keys[1])}"
        return f"{panel}, {rest}" if rest else panel
    return ".".join(str(key) for key in keys if isinstance(key, str))


def _panel_name(data: object, index: int) -> str:
    panel = data["panels"][index] if isinstance(data, dict) else None
    name = panel.get("id") if isinstance(panel, dict) else None
    printable = isinstance(name, str) and name.isprintable() and 0 < len(name) <= 40
    return name if isinstance(name, str) and printable else f"number {index + 1}"


def _keys_wanted(value: object) -> str:
    if value is None:
        return "nothing here; its keys go below it, indented by two spaces more"
    return f"limits are wanted ({{accept_below: 6, reject_above: 12}}) here, not {shown(value)}"


def _sentence(details: ErrorDetails, keys: Keys, document: Document) -> str:
    kind, value = details["type"], details["input"]
    context: dict[str, Any] = details.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(str(details["loc"][-1]), keys[:-1])
    if kind == "missing":
        return f"{details['loc'][-1]} is missing{_EXAMPLES.get(str(details['loc'][-1]), '')}"
    if kind == "literal_error":
        return _unknown_word(value, re.findall(r"'([^']*)'", str(context["expected"])))
    if kind == "string_type" and value is not None and keys in document.typed:
        typed = document.typed[keys][:60]
        return f'{typed} is not read as text; put it in quotes: "{typed}"'
    if kind in _KEYS_WANTED and (value is None or keys[:2] == ("checks", "tolerances")):
        return _keys_wanted(value)
    return str(context.get("problem") or _of_kind(kind, context, value) or details["msg"])


def _of_kind(kind: str, context: Mapping[str, Any], value: object) -> str:
    if kind in _WANTED:
        return f"{_WANTED[kind]} here, not {shown(value)}"
    if kind in _BOUNDS:
        words, name = _BOUNDS[kind]
        return f"{shown(value)} must be {words} {context[name]:g}"
    return ""


_WANTED: Mapping[str, str] = {
    "string_type": "text is wanted",
    "int_type": "a whole number is wanted",
    "float_type": "a number is wanted",
    "tuple_type": "a list is wanted ([a, b], or lines that start with '- ')",
    "model_type": "keys with values are wanted (key: value)",
    "mapping_type": "keys with values are wanted (key: value)",
    "dict_type": "keys with values are wanted (key: value)",
}
_KEYS_WANTED = frozenset({"model_type", "mapping_type", "dict_type"})
_EXAMPLES: Mapping[str, str] = {
    "version": "; write version: 1",
    "series": "; write series: and its name",
    "panels": "; list the pictures of the series, one a line: - {id: p01}",
}
"""What to write for a key that every manifest needs."""
_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("above", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("below", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _unknown_word(value: object, known: Collection[str]) -> str:
    if isinstance(value, str):
        return f"unknown word {shown(value)}{instead(value, known)}"
    return f"one of {', '.join(known)} is wanted here, not {shown(value)}"


def _unknown_key(key: str, around: Keys) -> str:
    """Names the nearest key that may stand here, or the part in which this key may stand."""
    part = _part_at(around)
    elsewhere = _parts_with(key)
    if elsewhere:
        return f"unknown key {shown(key)} in {part.called}; it belongs in {' or '.join(elsewhere)}"
    # A close likeness anywhere is worth more than a vague one among the keys that may stand here.
    if nearest(key, part.known_keys(), cutoff=0.8) is None:
        for other in dict.fromkeys(PLACES.values()):
            near = nearest(key, other.known_keys(), cutoff=0.8)
            if near is not None:
                return f"unknown key {shown(key)} in {part.called}; {shown(near)} belongs in {other.called}"
    if nearest(key, part.known_keys()) is None:
        return f"unknown key {shown(key)} in {part.called}; known: {', '.join(part.known_keys())}"
    return f"unknown key {shown(key)} in {part.called}{instead(key, part.known_keys())}"


def _part_at(keys: Keys) -> type[Part]:
    for place, part in PLACES.items():
        if len(place) == len(keys) and all(step in ("*", key) for step, key in zip(place, keys, strict=True)):
            return part
    return PLACES[()]


def _parts_with(key: str) -> list[str]:
    return list(dict.fromkeys(part.called for part in PLACES.values() if key in part.known_keys()))
