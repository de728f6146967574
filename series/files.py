"""Bytes or text in, a whole file on disk out: readers see the old one or the new one, never half."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

from series.errors import SeriesError

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "no permission to write in this folder",
    errno.EPERM: "no permission to write in this folder",
    errno.EROFS: "the disk is read-only",
    errno.ENAMETOOLONG: "the name is too long",
}


def write_atomically(path: str | Path, content: bytes | str) -> None:
    """Write content (text as UTF-8) to path, replacing what was there.

    A temporary name in the same folder is written, flushed and renamed, because a rename is atomic only
    within one file system. On any failure, an interruption too, the temporary file is removed and the old
    file stays as it was. A link stays a link: what it points to is replaced. A device or a pipe (/dev/null,
    `>(gzip)`) is written to and never replaced. Raises SeriesError.
    """
    path = Path(path)
    if path.is_dir():
        raise SeriesError(f"{path}: cannot be written: this is a folder")
    if not path.parent.is_dir():
        raise SeriesError(f"{path}: cannot be written: there is no folder {path.parent}")
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            _replace(path.resolve(), data)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        number, said = getattr(error, "errno", None), getattr(error, "strerror", None)
        reason = _REASONS.get(number or 0) or said or str(error)
        raise SeriesError(f"{path}: cannot be written: {reason}") from error


def _replace(path: Path, data: bytes) -> None:
    # The name is cut so that the temporary one stays within what file systems allow (255 bytes).
    temporary = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _keep_mode(path, temporary)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _keep_mode(old: Path, new: Path) -> None:
    """Give the new file the permissions of the one that it replaces."""
    with contextlib.suppress(FileNotFoundError):
        new.chmod(stat.S_IMODE(old.stat().st_mode))


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system can (Windows cannot open a folder)."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
