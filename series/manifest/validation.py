"""What every kind of value needs to be checked: its surroundings, its error, the nearest right name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from consistency import Palette
from series.manifest.document import shown

MAX_NAME = 100
"""Characters of a name."""
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""Characters that no name or path has."""


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
