"""Bill: what the simulated provider charged, as the provider would know it. One line a charge, kept through
any end of this process: it shows whether a run paid twice."""

from __future__ import annotations

import csv
import io
import os
import threading
from pathlib import Path

from series.errors import GeneratorError

COLUMNS = ("key", "panel", "usd")


class Bill:
    """A CSV file that is only ever added to. Thread-safe; for one run at a time."""

    def __init__(self, path: Path, *, idempotent: bool) -> None:
        """idempotent: a key that stands in the file is not charged again."""
        self._path, self._idempotent = path, idempotent
        self._lock = threading.Lock()
        self._keys: set[str] = set()
        self._read_to = 0

    def charge(self, key: str, panel: str, usd: float) -> bool:
        """Write the charge down; False when the key was charged before and is not again.

        Returns when the line is on the disk. Raises GeneratorError when it cannot be written.
        """
        with self._lock:
            try:
                self._catch_up()
                if self._idempotent and key in self._keys:
                    return False
                self._append(_line(key, panel, f"{usd:.6f}"))
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or error
                raise GeneratorError(f"{self._path}: the bill cannot be kept: {reason}") from error
            return True

    def _catch_up(self) -> None:
        """Keys of lines that were added since the last look, by an earlier process too."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_to)
                data = file.read()
        except FileNotFoundError:
            self._append(_line(*COLUMNS))
            return
        if not data:
            if self._read_to == 0:
                self._append(_line(*COLUMNS))
            return
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        rows = csv.reader(io.StringIO(whole.decode("utf-8"), newline=""))
        self._keys |= {row[0] for row in rows if row}

    def _append(self, line: bytes) -> None:
        # One write of one line to a file opened for appending: a kill leaves all of it or nothing.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, line)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _line(*cells: str) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8")
