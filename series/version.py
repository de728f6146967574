"""Which version of this package is running. Imports nothing heavy: a bug log must be able to name it."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def package_version() -> str:
    """Version of this package as installed; "unknown" for a checkout on the path."""
    try:
        return metadata.version("series-consistency")
    except metadata.PackageNotFoundError:
        return "unknown"
