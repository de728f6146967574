"""Options as they stand in a manifest in, typed values out; or one line that says what is right."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from difflib import get_close_matches

from pydantic import JsonValue

from series.errors import GeneratorError

_NEAR = 0.7
"""How alike a name and a known one are at least (`SequenceMatcher.ratio`), for a hint: "foldr" and "folder"
are 0.91, "sead" and "seed" 0.75, while "nope" and "openai" are 0.6 and nobody means that."""
_SHOWN = 60
"""Characters of a value that a message repeats: enough to find it by."""


def shown(value: JsonValue) -> str:
    """A value as a message repeats it: as JSON, on one line, cut short."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."


def instead(name: str, known: Collection[str]) -> str:
    """The end of a message about a name that nobody has: the nearest known one, and all of them."""
    near = get_close_matches(name[:_SHOWN].casefold(), known, n=1, cutoff=_NEAR)
    hint = f"; did you mean {shown(near[0])}?" if near else "."
    return f"{hint} Known: {', '.join(known) or 'none'}"


def no_others(options: Mapping[str, JsonValue], known: Collection[str], at: str = "generator") -> None:
    """Raises GeneratorError for an option that is not known. at: the key that holds the options."""
    for key in options:
        if key not in known:
            raise GeneratorError(f"{at}.{key}: there is no such option{instead(key, known)}")


def text_option(options: Mapping[str, JsonValue], key: str, default: str, at: str = "generator") -> str:
    """The text of an option. Raises GeneratorError for another type, and for no text."""
    value = options.get(key, default)
    if not isinstance(value, str) or not value.strip():
        raise GeneratorError(f"{at}.{key}: text is wanted here, not {shown(value)}")
    return value


def flag_option(options: Mapping[str, JsonValue], key: str, default: bool, at: str = "generator") -> bool:  # noqa: FBT001
    """An option that is true or false. Raises GeneratorError for anything else."""
    value = options.get(key, default)
    if not isinstance(value, bool):
        raise GeneratorError(f"{at}.{key}: true or false is wanted here, not {shown(value)}")
    return value
