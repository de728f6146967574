"""Bytes of pictures in, a content-addressed folder of them out: `ab/<sha256>.png`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from series.errors import StoreError
from series.files import write_atomically
from series.generators.validate import BESIDE_BYTES

IMAGE_BYTES = 64 * 1024 * 1024
"""Bytes of one picture at most: an uncompressed 4096 × 4096 RGBA picture. Answers come from outside."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_SUFFIX = re.compile(r"\.[a-z0-9_-]{1,20}(\.[a-z0-9_-]{1,20})?", re.ASCII)
_IMAGE_SUFFIXES = (".png", ".jpg", ".webp", ".bin")
_NOTHING: Mapping[str, bytes] = MappingProxyType({})


class Images:
    """A folder of pictures, each named by its sha256. Safe in several threads and processes."""

    def __init__(self, folder: Path) -> None:
        """folder: made with the first picture."""
        self._folder = folder

    def keep(self, data: bytes, beside: Mapping[str, bytes] = _NOTHING) -> str:
        """Write a picture, unless it is there already. → its sha256 hex.

        beside: suffix (".truth.json") → content of files to keep next to it. They are written first: a
        picture that is there has them. When it returns, everything is on the disk. Raises StoreError for
        too many bytes or a wrong suffix, SeriesError when writing fails.
        """
        _bounded("a picture", data, IMAGE_BYTES)
        for suffix, content in beside.items():
            if not _SUFFIX.fullmatch(suffix) or suffix in _IMAGE_SUFFIXES:
                raise StoreError(f"{suffix!r} is no suffix for a file beside a picture: .truth.json is one")
            _bounded(f"the file {suffix} beside a picture", content, BESIDE_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        folder = self._folder / digest[:2]
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{folder}: this folder for pictures cannot be made: {error.strerror}"
            ) from error
        for suffix in sorted(beside):
            _write_once(folder / f"{digest}{suffix}", beside[suffix])
        _write_once(folder / f"{digest}{_suffix(data)}", data)
        return digest

    def has(self, digest: str) -> bool:
        """Is the picture on disk?"""
        return self._find(digest) is not None

    def path(self, digest: str, *, verify: bool = False) -> Path:
        """Where a picture is. verify: read it and compare its bytes. Raises StoreError when it is gone or
        its bytes changed."""
        found = self._find(digest)
        if found is None:
            raise StoreError(
                f"{self._folder / digest[:2] / digest}.*: this picture is gone: put it back from a copy, "
                f"or remove the whole folder of the run to make everything anew"
            )
        if verify and not _holds(found, digest):
            raise StoreError(
                f"{found}: this picture was changed: its bytes no longer have the sha256 of its name; "
                f"put it back from a copy"
            )
        return found

    def _find(self, digest: str) -> Path | None:
        if not _DIGEST.fullmatch(digest):
            raise StoreError(f"{digest[:80]!r} names no picture: a sha256 in hex does")
        stem = self._folder / digest[:2] / digest
        candidates = (stem.with_name(stem.name + suffix) for suffix in _IMAGE_SUFFIXES)
        return next((path for path in candidates if path.is_file()), None)


def _bounded(what: str, data: bytes, limit: int) -> None:
    if len(data) > limit:
        raise StoreError(f"{what} has {len(data)} bytes: {limit} are allowed at most")


def _write_once(path: Path, data: bytes) -> None:
    """A file with other bytes, which somebody changed, is put right."""
    try:
        there = path.stat().st_size == len(data) and path.read_bytes() == data
    except OSError:
        there = False
    if not there:
        write_atomically(path, data)


def _holds(path: Path, digest: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror}") from error


def _suffix(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return ".png"
    if data.startswith(b"\xff\xd8\xff"):
        return ".jpg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return ".bin"
