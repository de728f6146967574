"""A promoted frame's path in, the panel that it was taken from out; and the other way round."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

FOLDER = PurePosixPath("refs/promoted")
"""Where promoted frames lie, in the manifest's folder."""
_HEX = 8
"""Digits of the content's sha256 in a name: enough to tell the crops of one panel apart."""


def promoted_path(panel: str, data: bytes) -> str:
    """The path of a picture that was taken from a panel, relative to the manifest's folder."""
    return str(FOLDER / f"{panel}-{hashlib.sha256(data).hexdigest()[:_HEX]}.png")


def promoted_from(reference: str) -> str:
    """The panel that a reference was taken from; empty for any other reference. That panel is not asked
    anew with it, nor called a paste of it."""
    path = PurePosixPath(reference)
    return path.stem.rpartition("-")[0] if path.parent == FOLDER else ""
