"""Frames and statements in; beside each frame its statement, and its credentials where it can be signed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from series.files import write_atomically
from series.frames import PICTURE_SUFFIXES
from series.provenance import content_credentials, statement
from series.provenance.content_credentials import Signing, signed
from series.provenance.statement import Statement, to_json


def write_beside(folder: Path, statements: Mapping[str, Statement], signing: Signing | None) -> int:
    """statements: file name of a frame in the folder → what is stated of it. → how many were signed anew.

    A statement that is there already, word for word, and its signature stay as they are, so that a second
    run changes no file. What belongs to a frame that is another one now is replaced or removed.
    """
    count = 0
    for name, one in statements.items():
        picture = folder / name
        _clear(folder, picture)
        text, told = to_json(one), folder / f"{name}{statement.SUFFIX}"
        credentials = folder / f"{name}{content_credentials.SUFFIX}"
        same = told.is_file() and told.read_bytes() == text.encode()
        if not same:
            credentials.unlink(missing_ok=True)
            write_atomically(told, text)
        # Of a picture that somebody put there nothing is known that could be signed.
        if signing is not None and one.source_type and not credentials.is_file():
            write_atomically(credentials, signed(one, picture.read_bytes(), picture.suffix, signing))
            count += 1
    return count


def _clear(folder: Path, picture: Path) -> None:
    """Remove what lies beside the same panel's frame of another suffix: that frame is gone."""
    for suffix in PICTURE_SUFFIXES - {picture.suffix}:
        for ending in (statement.SUFFIX, content_credentials.SUFFIX):
            (folder / f"{picture.stem}{suffix}{ending}").unlink(missing_ok=True)
