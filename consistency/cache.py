"""The observation cache: keys and bytes in one SQLite file, safe against kills and second readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from consistency.errors import ConsistencyError

_SCHEMA = """
-- One row a fact: what a picture, or a box of it, looked like to an encoder.
CREATE TABLE IF NOT EXISTS fact (
    key   TEXT PRIMARY KEY,  -- kind, content digest, box or request, encoder ids, version
    value BLOB NOT NULL
) WITHOUT ROWID;
"""
_BUSY_SECONDS = 30.0
"""How long a writer waits for another audit on the same cache: longer than any batch takes."""


class ObservationCache:
    """A cache on disk; `None` keeps it in memory for the life of the object."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        try:
            self._connection = _connect(path)
        except (sqlite3.Error, OSError) as error:
            raise ConsistencyError(
                f"{path}: cannot be used as observation cache ({error}); "
                f"name another file with --cache or delete this one"
            ) from error

    def get(self, keys: Iterable[str]) -> dict[str, bytes]:
        """→ the rows that are there."""
        wanted = list(keys)
        marks = ",".join("?" * len(wanted))
        query = f"SELECT key, value FROM fact WHERE key IN ({marks})"  # noqa: S608 - only marks are inserted
        try:
            return dict(self._connection.execute(query, wanted).fetchall())
        except sqlite3.Error as error:
            raise ConsistencyError(
                f"{self._path}: the observation cache could not be read ({error}); "
                f"delete it, or name another file with --cache"
            ) from error

    def put(self, rows: Mapping[str, bytes]) -> None:
        """Write all rows or none. A full disk ends in one clear error; what was there before stays."""
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO fact VALUES (?, ?)", rows.items())
        except sqlite3.Error as error:
            raise ConsistencyError(
                f"{self._path}: the observation cache could not be written ({error}); "
                f"what was observed before is kept: free some space, or name another file with --cache"
            ) from error

    def close(self) -> None:
        """Give the file back. Safe to call twice."""
        self._connection.close()


def _connect(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        if path.exists() and not path.is_file():
            # SQLite would leave its journal beside a device, and wait on a pipe.
            raise OSError("this is a folder or a device, not a file")
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(":memory:" if path is None else path, timeout=_BUSY_SECONDS)
    if path is not None:
        connection.execute("PRAGMA journal_mode=WAL")
        # A cache may lose its last rows in a power cut, but not its shape: WAL guarantees that at NORMAL.
        connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(_SCHEMA)
    return connection
