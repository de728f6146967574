"""Frames and statements in; for each frame its statement, and its credentials where it can be signed, out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from series.files import write_atomically
from series.frames import PICTURE_SUFFIXES
from series.provenance import content_credentials, statement
from series.provenance.content_credentials import Signing, signed
from series.provenance.statement import Statement, to_json


def write_provenance(
    frames: Path, place: Path, statements: Mapping[str, Statement], signing: Signing | None
) -> int:
    """statements: file name of a picture in the folder `frames` → what is stated of it, written to the folder
    `place`, so that the frames' folder holds pictures alone. → how many were signed anew.

    A statement that is there already, word for word, and its signature stay as they are, so that a second
    run changes no file. What belongs to a frame that is another one now is replaced or removed.
    """
    place.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, one in statements.items():
        picture = frames / name
        _clear(place, picture)
        data = picture.read_bytes()
        if hashlib.sha256(data).hexdigest() != one.image:
            continue  # somebody put another picture there since: nothing is known of it
        text, told = to_json(one), place / f"{name}{statement.SUFFIX}"
        credentials = place / f"{name}{content_credentials.SUFFIX}"
        if not told.is_file() or told.read_bytes() != text.encode():
            credentials.unlink(missing_ok=True)
            write_atomically(told, text)
        # Of a picture that somebody put there nothing is known that could be signed.
        if signing is not None and one.source_type and not credentials.is_file():
            write_atomically(credentials, signed(one, data, picture.suffix, signing))
            count += 1
    return count


def _clear(place: Path, picture: Path) -> None:
    """Remove what is told of the same panel's frame of another suffix: that frame is gone."""
    for suffix in PICTURE_SUFFIXES - {picture.suffix}:
        for ending in (statement.SUFFIX, content_credentials.SUFFIX):
            (place / f"{picture.stem}{suffix}{ending}").unlink(missing_ok=True)
