"""The tables, as numbered steps: an older store is brought up one step at a time when it is opened.

Plain SQL that SQLite, PostgreSQL and MySQL read alike: no generated ids, no dialect's own types. A step that
was released never changes; a change of the tables is a new step at the end of MIGRATIONS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from series.errors import StoreError
from series.run.store.rekey import name_generators

if TYPE_CHECKING:
    from sqlalchemy import Connection

Migration = Sequence[str | Callable[["Connection"], None]]
"""What one step does: SQL statements, and what SQL cannot say."""

_FIRST = """
-- What came of each request. Rows are only added: the first final one counts, else the newest.
CREATE TABLE answer (
    series VARCHAR(200) NOT NULL,      -- one database holds many series
    asked_key VARCHAR(64) NOT NULL,    -- sha256 of panel, digest, repeat_number
    number INTEGER NOT NULL,           -- from 1
    panel VARCHAR(200) NOT NULL,
    digest VARCHAR(64) NOT NULL,       -- of the request
    repeat_number INTEGER NOT NULL,    -- from 0
    images TEXT NOT NULL,              -- JSON list of sha256
    failure VARCHAR(40),               -- FailureKind; NULL for pictures
    reason TEXT NOT NULL,
    stage VARCHAR(40) NOT NULL,
    wait_s DOUBLE PRECISION,           -- seconds that the provider asked to wait
    usd DOUBLE PRECISION NOT NULL,     -- as the answer said; the books are in table money
    seconds DOUBLE PRECISION NOT NULL, -- from sending to answer
    at VARCHAR(40) NOT NULL,           -- when it was written, ISO 8601, UTC; for people
    PRIMARY KEY (series, asked_key, number)
);
-- The money of each request. A new row each time that one is paid for anew.
CREATE TABLE money (
    series VARCHAR(200) NOT NULL,
    asked_key VARCHAR(64) NOT NULL,
    number INTEGER NOT NULL,           -- from 1
    panel VARCHAR(200) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    repeat_number INTEGER NOT NULL,
    generator VARCHAR(200) NOT NULL,
    request TEXT NOT NULL,             -- what was asked, as JSON; for people
    state VARCHAR(20) NOT NULL,        -- reserved, confirmed, unknown or open
    micros BIGINT NOT NULL,            -- millionths of a US dollar: billed when confirmed, expected otherwise
    reopened INTEGER NOT NULL,         -- 1 when a run died over it and it was asked again under the same key
    answered INTEGER NOT NULL,         -- 1 when some answer came, if only that the time was up
    forgiven INTEGER NOT NULL,         -- 1 when a person agreed to ask anew
    at VARCHAR(40) NOT NULL,
    PRIMARY KEY (series, asked_key, number)
);
-- The verdict on each picture that was looked at; measurements are kept elsewhere, under measured_key.
CREATE TABLE looked (
    series VARCHAR(200) NOT NULL,
    panel VARCHAR(200) NOT NULL,
    image VARCHAR(64) NOT NULL,        -- sha256
    measured_key VARCHAR(200) NOT NULL,
    verdict VARCHAR(40) NOT NULL,
    PRIMARY KEY (series, panel, image)
);
-- What was decided after each attempt.
CREATE TABLE decided (
    series VARCHAR(200) NOT NULL,
    panel VARCHAR(200) NOT NULL,
    number INTEGER NOT NULL,           -- of the attempt, from 1
    decision TEXT NOT NULL,            -- JSON
    PRIMARY KEY (series, panel, number)
);
-- Where each panel stood when it was last worked on.
CREATE TABLE outcome (
    series VARCHAR(200) NOT NULL,
    panel VARCHAR(200) NOT NULL,
    state VARCHAR(20) NOT NULL,        -- accepted, person or unfinished
    image VARCHAR(64) NOT NULL,        -- sha256; empty without a picture
    number INTEGER NOT NULL,           -- of the attempt; 0 without one
    reason TEXT NOT NULL,
    PRIMARY KEY (series, panel)
)
"""

_SECOND = """
-- The run that works on a series: gone when it ends in order, dead when its beat is too long ago.
CREATE TABLE holder (
    series VARCHAR(200) NOT NULL PRIMARY KEY,
    owner VARCHAR(64) NOT NULL,        -- random, one for each run
    host VARCHAR(200) NOT NULL,
    process BIGINT NOT NULL,
    since VARCHAR(40) NOT NULL,        -- ISO 8601, UTC; for people
    beat DOUBLE PRECISION NOT NULL     -- seconds since 1970, by the clock of the host
);
-- The folder that has the pictures of a series.
CREATE TABLE home (
    series VARCHAR(200) NOT NULL PRIMARY KEY,
    folder VARCHAR(64) NOT NULL,       -- the id that lies in it: it may be moved
    host VARCHAR(200) NOT NULL,        -- where it was when it was first used; for people
    place TEXT NOT NULL
);
-- 1 when a frame was accepted, and somebody should look at it.
ALTER TABLE outcome ADD COLUMN unsure INTEGER DEFAULT 0 NOT NULL
"""

_THIRD = """
-- An attempt that went to another generator.
CREATE TABLE move (
    series VARCHAR(200) NOT NULL,
    asked_key VARCHAR(64) NOT NULL,    -- of the request that was given up
    panel VARCHAR(200) NOT NULL,
    number INTEGER NOT NULL,           -- of the attempt
    turn INTEGER NOT NULL,             -- from 1: the order of the panel's moves
    generator VARCHAR(200) NOT NULL,   -- who was asked instead
    reason TEXT NOT NULL,              -- for people
    at VARCHAR(40) NOT NULL,
    PRIMARY KEY (series, asked_key)
);
ALTER TABLE answer ADD COLUMN generator VARCHAR(200) DEFAULT '' NOT NULL
"""

MIGRATIONS: tuple[Migration, ...] = (
    tuple(_FIRST.split(";\n")),
    tuple(_SECOND.split(";\n")),
    (*_THIRD.split(";\n"), name_generators),
)
"""Step n brings a store of version n - 1 to version n."""

_TABLE = """
CREATE TABLE migration (
    number INTEGER NOT NULL PRIMARY KEY, -- the highest is the version of the store
    at VARCHAR(40) NOT NULL
)
"""


def upgrade(connection: Connection, where: str, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the tables to the newest version, in the transaction of the connection. where: for the message.
    Raises StoreError for a store from a newer version."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("migration"):
        connection.execute(text(_TABLE))
    version = version_of(connection, where, migrations)
    for number in range(version + 1, len(migrations) + 1):
        for statement in migrations[number - 1]:
            if callable(statement):
                statement(connection)
            else:
                connection.execute(text(statement))
        connection.execute(
            text("INSERT INTO migration (number, at) VALUES (:number, :at)"),
            {"number": number, "at": datetime.now(UTC).isoformat(timespec="seconds")},
        )


def version_of(connection: Connection, where: str, migrations: Sequence[Migration] = MIGRATIONS) -> int:
    """The version of the tables; 0 where there are none. where: for the message. Raises StoreError for a
    store from a newer version."""
    from sqlalchemy import inspect, text

    if not inspect(connection).has_table("migration"):
        return 0
    version = connection.execute(text("SELECT MAX(number) FROM migration")).scalar() or 0
    if version > len(migrations):
        raise StoreError(
            f"{where}: written by a newer version ({version}, this package knows {len(migrations)}): "
            f"pip install --upgrade series-consistency"
        )
    return int(version)
