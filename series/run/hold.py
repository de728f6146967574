"""A folder in; while the context lasts, no second run works in it."""

from __future__ import annotations

import contextlib
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from series.errors import HoldError, SeriesError
from series.files import write_atomically

LOCK = ".series.lock-held"
"""The file that is locked. It stays when a run ends: removing it would let two runs lock two files."""
HOLDER = ".series.holder.json"
"""Who holds it; for the message only. The lock decides, so what a killed run left is not believed."""
_HOLDER_BYTES = 4096


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold the folder, which is made when it is not there. The system frees it when the process ends,
    however it ends. Raises HoldError when another run holds it or it cannot be written."""
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=0, is_singleton=False)
        lock.acquire()
    except Timeout:
        raise HoldError(f"{folder}/: {_holder(folder)}; wait for it or stop it") from None
    except (OSError, NotImplementedError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise HoldError(
            f"{folder}/: a run cannot work here: {said}; make it writable, or use another folder (--out)"
        ) from error
    try:
        _sign(folder)
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def holder(folder: Path) -> str:
    """Who is at work in a folder, in words; empty when nobody is. Makes nothing, and keeps no run waiting
    where none is at work."""
    from filelock import FileLock, Timeout

    if not (folder / HOLDER).is_file():
        return ""
    try:
        with FileLock(folder / LOCK, timeout=0, is_singleton=False):
            return ""  # signed by a run that was killed
    except (Timeout, OSError, NotImplementedError):
        return _holder(folder)


def _sign(folder: Path) -> None:
    me = {
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "host": platform.node(),
        "process": os.getpid(),
    }
    try:
        write_atomically(folder / HOLDER, json.dumps(me))
    except SeriesError as error:
        raise HoldError(f"{folder}/: a run cannot work here: {error}") from error


def _holder(folder: Path) -> str:
    """In words; the file may be missing or half a run old, as nothing but the message hangs on it."""
    try:
        with (folder / HOLDER).open("rb") as file:
            read = json.loads(file.read(_HOLDER_BYTES))
        since = datetime.fromisoformat(read["since"])
        when = f"{since:%H:%M:%S}" if since.date() == datetime.now(since.tzinfo).date() else f"{since:%c}"
        host, process = str(read["host"])[:100], int(read["process"])
    except (OSError, ValueError, KeyError, TypeError):
        return "a run is at work here"
    return f"a run is at work here since {when} on host {host} (process {process})"
