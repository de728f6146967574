"""A store and a series in; while the context lasts, no second run works on the series, from whatever host.

A row says whose it is, a thread keeps it fresh, that of a dead run is taken over. The lock of a folder
(`series.run.hold`) keeps apart what works in one folder, this row what shares a database.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from series.errors import HoldError, StoreError
from series.run.store.database import Database
from series.run.store.rows import Row, Transaction

BEAT_S = 10.0
"""Seconds between two signs of life: one small transaction each."""
LEASE_S = 60.0
"""Seconds without a sign of life after which a run counts as dead: five beats may be lost, and the clocks of
two hosts may differ by some seconds."""

_ROW = "SELECT * FROM holder WHERE series = :series"
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Home:
    """The folder that has the pictures of a series."""

    folder: str
    """The id that lies in it; empty where none lies yet."""
    place: str
    """Its path, for people."""


@contextmanager
def held(database: Database, series: str, home: Home | None, *, clock: Clock = time.time) -> Iterator[str]:
    """Hold the series. home: where its pictures are; None where the store lies beside them. → the owner's
    id, see `require`. Raises HoldError when a run that is alive holds it, or its pictures are elsewhere."""
    owner = secrets.token_hex(16)
    _take(database, series, owner, home, clock)
    ended = threading.Event()
    pulse = threading.Thread(target=_beat, args=(database, series, owner, ended, clock), daemon=True)
    pulse.start()
    try:
        yield owner
    finally:
        ended.set()
        pulse.join()
        with contextlib.suppress(StoreError), Transaction(database, series) as do:
            do.run("DELETE FROM holder WHERE series = :series AND owner = :owner", owner=owner)


def holds(do: Transaction, owner: str) -> bool:
    """Whether the series is still held by this run."""
    return [row["owner"] for row in do.rows(_ROW)] == [owner]


def require(do: Transaction, owner: str) -> None:
    """Nothing more may be paid for by a run whose hold was taken over while it slept. Raises HoldError."""
    if not holds(do, owner):
        raise HoldError(
            "another run took this series over while this one did not answer (was the computer asleep?): "
            "nothing is lost, `series status` says who works on it"
        )


def at_work(do: Transaction, clock: Clock = time.time) -> str:
    """The run that is alive, in words; empty when none is."""
    return next((_who(row) for row in do.rows(_ROW) if _alive(row, clock())), "")


def require_home(do: Transaction, home: Home) -> None:
    """Raises HoldError when the pictures of the series are in another folder."""
    for row in do.rows("SELECT * FROM home WHERE series = :series"):
        if row["folder"] != home.folder:
            raise HoldError(_elsewhere(row, home))


# --- taking ------------------------------------------------------------------------------------------------


def _take(database: Database, series: str, owner: str, home: Home | None, clock: Clock) -> None:
    try:
        with Transaction(database, series) as do:
            _take_over(do, database.where, owner, clock)
            if home is not None:
                _settle(do, home)
    except StoreError:
        # Of two that begin at once, the database lets one in.
        with Transaction(database, series) as do:
            _refuse(do.rows(_ROW), database.where, clock)
        raise


def _take_over(do: Transaction, where: str, owner: str, clock: Clock) -> None:
    rows = do.rows(_ROW)
    _refuse(rows, where, clock)
    me = {
        "owner": owner,
        "host": platform.node()[:200],
        "process": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "beat": clock(),
    }
    if not rows:
        do.run(
            "INSERT INTO holder (series, owner, host, process, since, beat)"
            " VALUES (:series, :owner, :host, :process, :since, :beat)",
            **me,
        )
        return
    changed = do.run(
        "UPDATE holder SET owner = :owner, host = :host, process = :process, since = :since, beat = :beat"
        " WHERE series = :series AND owner = :dead AND beat = :last",
        **me,
        dead=rows[0]["owner"],
        last=rows[0]["beat"],
    )
    if changed != 1:
        raise HoldError(f"{where}: another run takes over this series just now; wait for it")


def _refuse(rows: Sequence[Row], where: str, clock: Clock) -> None:
    for row in rows:
        if _alive(row, clock()):
            ago = max(0.0, clock() - row["beat"])
            raise HoldError(
                f"{where}: {_who(row)}, and gave a sign of life {ago:.0f} s ago; wait for it or stop it (one "
                f"that died is taken over {LEASE_S:.0f} s after its last sign)"
            )


def _settle(do: Transaction, home: Home) -> None:
    """Say where the pictures are; of a series of which nothing was made, that may change."""
    if not do.rows("SELECT number FROM money WHERE series = :series LIMIT 1"):
        do.run("DELETE FROM home WHERE series = :series")
    require_home(do, home)
    if not do.rows("SELECT * FROM home WHERE series = :series"):
        do.run(
            "INSERT INTO home (series, folder, host, place) VALUES (:series, :folder, :host, :place)",
            folder=home.folder,
            host=platform.node()[:200],
            place=home.place,
        )


def _elsewhere(row: Row, home: Home) -> str:
    others = "give this series another title in the manifest, or name another --store"
    if (row["host"], row["place"]) == (platform.node()[:200], home.place):
        return (
            f"the store knows pictures of this series that were in {row['place']}, and this folder was made "
            f"anew: put them back from a copy, or {others}"
        )
    return (
        f"the store holds a series of this title already, whose pictures are in {row['place']} on host "
        f"{row['host']}: go on with it by --out {row['place']}, or {others}"
    )


# --- alive -------------------------------------------------------------------------------------------------


def _alive(row: Row, now: float) -> bool:
    if now - row["beat"] > LEASE_S:
        return False
    return row["host"] != platform.node()[:200] or _process_there(row["process"])


def _process_there(number: int) -> bool:
    """Whether a process of this number runs here; True where that cannot be asked: the lease decides."""
    if os.name != "posix":  # elsewhere os.kill(…, 0) is no question
        return True
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _who(row: Row) -> str:
    since = datetime.fromisoformat(row["since"]).astimezone()
    when = f"{since:%H:%M:%S}" if since.date() == datetime.now().astimezone().date() else f"{since:%c}"
    return f"a run is at work on this series since {when} on host {row['host']} (process {row['process']})"


def _beat(database: Database, series: str, owner: str, ended: threading.Event, clock: Clock) -> None:
    """In a thread of its own, with a connection of its own. A beat that fails is made up for by the next."""
    own = database.beside()
    try:
        while not ended.wait(BEAT_S):
            with contextlib.suppress(StoreError), Transaction(own, series) as do:
                do.run(
                    "UPDATE holder SET beat = :beat WHERE series = :series AND owner = :owner",
                    owner=owner,
                    beat=clock(),
                )
    finally:
        own.close()
