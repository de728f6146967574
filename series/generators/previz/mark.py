"""What a simulated picture remembers of how it was drawn, as words in its file; and back again.

An edit starts from a picture. The model has to find in it what it drew: the same draw, poses and places.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from series.request import GenerationRequest, Reference, Role

KEYWORD = "series-draw"
"""Of the text chunk."""
WITHIN = 65_536
"""Bytes from the start of a picture in which the chunk stands: it comes before the pixels."""

_SHOWN = (Role.CHARACTER, Role.STYLE)
"""What a draft takes from its references; all others change nothing in it."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """What decides a picture beside its request."""

    draw: str
    """See `chance.draw_of`."""
    candidate: int
    """From 0: candidates stand in other poses and places."""
    references: tuple[Reference, ...]
    """Those that it was drawn from. A request for an edit orders them anew and may leave some out."""


def written(drawing: Drawing, folder: Path) -> str:
    """One line of JSON. Paths are relative to folder; a reference elsewhere is left out."""
    root = folder.resolve()
    references = [
        [one.role.value, one.subject, one.digest, path.relative_to(root).as_posix(), one.wardrobe]
        for one in drawing.references
        if (path := one.path.resolve()).is_relative_to(root)
    ]
    return json.dumps([drawing.draw, drawing.candidate, references])


def read(picture: Path, folder: Path) -> Drawing | None:
    """The drawing behind a picture. None when it holds none: it was repaired here, or somebody else made it,
    or what it was drawn from is not there any more."""
    root = folder.resolve()
    try:
        with picture.open("rb") as file:
            said = next(_texts(file.read(WITHIN)), None)
        if said is None:
            return None
        draw, candidate, references = json.loads(said)
        found = tuple(
            Reference(Role(role), subject, digest, folder / path, wardrobe)
            for role, subject, digest, path, wardrobe in references
        )
        there = all(one.path.resolve().is_relative_to(root) and one.path.is_file() for one in found)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    whole = isinstance(draw, str) and isinstance(candidate, int) and there
    return Drawing(draw, candidate, found) if whole else None


def sent(request: GenerationRequest) -> tuple[Reference, ...]:
    """The references of a request that show in a draft, in the order of a first request: characters as in the
    panel, then the style. What a reinforcement put first stands where it stood."""
    order = [one.name for one in request.identities]

    def place(one: Reference) -> int:
        known = one.role is Role.CHARACTER and one.subject in order
        return order.index(one.subject) if known else len(order)

    return tuple(sorted((one for one in request.references if one.role in _SHOWN), key=place))


def _texts(data: bytes) -> Iterator[bytes]:
    """The words of our text chunks in the head of a PNG."""
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        keyword, _, rest = body.partition(b"\0")
        if kind == b"iTXt" and keyword == KEYWORD.encode() and rest[:2] == b"\0\0":
            yield rest[2:].split(b"\0", 2)[2]
        if kind == b"IDAT":
            return
        at += 12 + length
