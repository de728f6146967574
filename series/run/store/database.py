"""A path or URL in, a database to run transactions on out; every failure is one StoreError."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from series.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

BUSY_S = 10.0
"""Seconds to wait for another process that writes to the same file: transactions here take milliseconds."""

_LIKE_A_URL = re.compile(r"[A-Za-z][\w+.-]+:", re.ASCII)
"""More than one letter before the colon, which a drive has."""
_READONLY = "the file or its folder is read-only: make it writable, or use another folder (--out)"
_REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full: make room and run again, what was written before is kept",
    sqlite3.SQLITE_READONLY: _READONLY,
    sqlite3.SQLITE_PERM: _READONLY,
    sqlite3.SQLITE_BUSY: "another program is writing to it: wait for it or stop it, then run again",
    sqlite3.SQLITE_LOCKED: "another program is writing to it: wait for it or stop it, then run again",
    sqlite3.SQLITE_NOTADB: "this is no SQLite database: put it back from a copy, or move the file away",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: put it back from a copy, or move it away to begin anew",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened: is its folder there and writable?",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written (full, or a limit on file size?): what was "
    "written before is kept",
}


class Database:
    """One database, for one thread."""

    def __init__(
        self, url_or_path: str | Path | URL, *, busy_s: float = BUSY_S, read_only: bool = False
    ) -> None:
        """Nothing is opened yet. read_only: transactions look, and keep no writer waiting; of SQLite only.
        Raises StoreError for a URL that is none, or a driver that is missing."""
        self._url, self._busy_s = _url(url_or_path), busy_s
        self._engine = _engine(self._url, busy_s, read_only=read_only)

    def beside(self) -> Database:
        """The same database again, for another thread."""
        return Database(self._url, busy_s=self._busy_s)

    @property
    def where(self) -> str:
        """The file, or the URL without anything secret; for messages."""
        if self._url.get_backend_name() == "sqlite" and self._url.database:
            return self._url.database
        # A password may also stand in the query.
        return self._url.set(query={}).render_as_string(hide_password=True)

    @property
    def is_there(self) -> bool:
        """False for a SQLite file that is not there, which opening it would make."""
        sqlite = self._url.get_backend_name() == "sqlite"
        return not sqlite or Path(self._url.database or "").is_file()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """All of it is written, or nothing. Raises StoreError."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise StoreError(f"{self.where}: {self._reason(error)}") from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _reason(self, error: Exception) -> str:
        cause = getattr(error, "orig", None) or error
        if isinstance(cause, sqlite3.Error):
            # The low byte is the kind; sqlite3.Error of the module's own has no code.
            code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
            if code in _REASONS:
                return _REASONS[code]
        lines = str(cause).strip().splitlines() or [type(cause).__name__]
        return f"the database says: {self._without_secrets(lines[0])}"

    def _without_secrets(self, said: str) -> str:
        many = ((v,) if isinstance(v, str) else v for v in self._url.query.values())
        values = (value for values in many for value in values)
        for secret in (str(self._url.password or ""), *values):
            said = said.replace(secret, "***") if secret else said
        return said


def _url(url_or_path: str | Path | URL) -> URL:
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if isinstance(url_or_path, URL):
        return url_or_path
    text = str(url_or_path)
    if isinstance(url_or_path, str) and "://" in text:
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise StoreError(
                "the URL of the store cannot be read: postgresql+psycopg://user:password@host/name is one"
            ) from None
        return _checked_sqlite(url) if url.get_backend_name() == "sqlite" else url
    if isinstance(url_or_path, str) and _LIKE_A_URL.match(text):
        raise StoreError(
            f"the URL of the store: {text.partition(':')[0]}: is followed by two slashes and more: "
            f"sqlite:///name.sqlite, postgresql+psycopg://user:password@host/name"
        )
    path = Path(text)
    if path.is_dir():
        raise StoreError(
            f"{path}: this is a folder: a store is one file; name another, or move the folder away"
        )
    if not path.parent.is_dir():
        raise StoreError(f"{path}: there is no folder {path.parent}: make it first")
    return URL.create("sqlite", database=str(path))


def _checked_sqlite(url: URL) -> URL:
    """A URL that names a file and nothing else: anything more would be ignored, or open another file."""
    file = url.database or ""
    kept = "a store is a file that stays"
    wrong = (
        f"{url.drivername}: this driver is of no use here"
        if url.drivername not in {"sqlite", "sqlite+pysqlite"}
        else "two slashes name no file"
        if url.host or url.port or url.username or url.password
        else f"nothing may follow the file: {'&'.join(url.query)}"
        if url.query
        else f"this is in memory, and {kept}"
        if file in {"", ":memory:"}
        else f"{file} is a folder, and {kept}"
        if Path(file).is_dir()
        else f"there is no folder {Path(file).parent}: make it first"
        if not Path(file).parent.is_dir()
        else ""
    )
    if wrong:
        raise StoreError(
            f"the URL of the store: {wrong}; sqlite:///name.sqlite is a file in the working folder, "
            f"sqlite:////srv/name.sqlite one with its whole path"
        )
    return url


def _engine(url: URL, busy_s: float, *, read_only: bool) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import ArgumentError

    kind = url.drivername
    if url.get_backend_name() != "sqlite":
        try:
            return create_engine(url, pool_pre_ping=True)
        except ImportError as error:
            raise StoreError(
                f"{kind}: the driver {error.name} is missing: pip install {error.name}"
            ) from None
        except ArgumentError:  # also: no such dialect
            raise StoreError(
                f"{kind}: no known kind of database: sqlite, postgresql+psycopg, mysql+pymysql ..."
            ) from None
    engine = create_engine(url, connect_args={"timeout": busy_s})

    # Without this Python's sqlite3 begins transactions late and ends them at CREATE TABLE.
    @event.listens_for(engine, "connect")
    def _opened(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        if read_only:
            connection.execute("PRAGMA query_only=ON")
            return
        connection.execute("PRAGMA journal_mode=WAL")
        # Money that was confirmed must survive a power cut, not only a kill.
        connection.execute("PRAGMA synchronous=FULL")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
