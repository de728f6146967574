"""Which build of this package is running: what was observed by one build is not taken for another's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


@cache
def build_digest() -> str:
    """sha256 over code, committed arrays and catalogue of this package, hex. About 5 ms, once a process.

    Encoder ids name what a person pins; this tells two states of the same id apart, so that a cache never
    answers for code or arrays that have changed since.
    """
    digest = hashlib.sha256()
    for file in _contents(files("consistency")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


@cache
def committed_digest(name: str) -> str:
    """sha256, hex, of one of the committed arrays in encoders/data."""
    return hashlib.sha256(files("consistency").joinpath("encoders", "data", name).read_bytes()).hexdigest()


def _contents(folder: Traversable) -> Iterator[Traversable]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _contents(entry)
        elif entry.name.endswith((".py", ".npz", ".toml")):
            yield entry
