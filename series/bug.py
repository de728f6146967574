"""A bug: the exception in flight in, a log ready to paste out."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from importlib import metadata

from series.masking import masked
from series.version import package_version

LISTED = (
    "numpy",
    "pillow",
    "opencv-python-headless",
    "pydantic",
    "ruamel.yaml",
    "safetensors",
    "scipy",
    "typer",
)
"""Libraries whose version decides what a traceback means."""


def write_bug_log(arguments: Sequence[str]) -> str:
    """Write the log and → the message for a person. Call it while handling the exception."""
    lines = [
        f"series-consistency {package_version()}, Python {platform.python_version()}, {platform.platform()}",
        "libraries: " + ", ".join(f"{name} {_version(name)}" for name in LISTED),
        "command: series " + " ".join(arguments),
        "",
        traceback.format_exc(),
    ]
    kind = sys.exc_info()[0]
    what = kind.__name__ if kind else "an unknown error"
    lines = [masked(line) for line in lines]
    try:
        handle, path = tempfile.mkstemp(prefix="series-bug-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write("\n".join(lines))
    except OSError:
        return "\n".join(["this is a bug in series-consistency; please report it with these lines:", *lines])
    return f"this is a bug in series-consistency ({what}); please report it with the log in {path}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "?"
