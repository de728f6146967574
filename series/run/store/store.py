"""Asked in, what came of it out: answers, money, verdicts and outcomes of one series, kept in a database."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from series.errors import StoreError
from series.run.answer import Answer, Asked
from series.run.ledger import LARGEST_USD, MICROS, Books, Ledger, Money, MoneyState, PanelOutcome, micros_of
from series.run.store.database import BUSY_S, Database
from series.run.store.holder import Home, at_work, held, holds, require, require_home
from series.run.store.rows import Row, Transaction, answer_of, asked_of, columns_of, money_of
from series.run.store.schema import MIGRATIONS, Migration, upgrade, version_of

_ASKED = "series = :series AND asked_key = :asked_key"
_LAST_MONEY = f"SELECT * FROM money WHERE {_ASKED} ORDER BY number DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Look:
    """What was found in a picture."""

    image: str
    """sha256."""
    measured_key: str
    """What its measurements are kept under."""
    verdict: str


@dataclass(frozen=True, slots=True)
class Move:
    """An attempt that went to another generator."""

    asked_key: str
    """Of the request that was given up."""
    number: int
    """Of the attempt."""
    generator: str
    """Who was asked instead."""
    reason: str


class Store:
    """The books of one series. Every method is one transaction and raises StoreError; for one thread."""

    def __init__(self, database: Database, series: str) -> None:
        """For a database whose tables are there: see `open_store`."""
        self._database, self._series = database, series
        self._owner = ""

    @contextmanager
    def held(self, home: Home | None = None) -> Iterator[None]:
        """No second run works on the series meanwhile, from whatever host. home: where its pictures are;
        None where the store lies beside them. Raises HoldError."""
        with held(self._database, self._series, home) as self._owner:
            yield

    def at_work(self) -> str:
        """The run that works on the series, in words; empty when none does."""
        with self._transaction() as do:
            return at_work(do)

    def require_home(self, home: Home) -> None:
        """Raises HoldError when the pictures of the series are in another folder."""
        with self._transaction() as do:
            require_home(do, home)

    def answer(self, asked: Asked) -> Answer | None:
        """What counts: the first final answer, from which its run went on, whatever straggled in later; else
        the newest. None when none came."""
        rows = self._rows(f"SELECT * FROM answer WHERE {_ASKED} ORDER BY number", asked_key=asked.key)
        answers = [answer_of(row) for row in rows]
        newest = answers[-1] if answers else None
        return next((answer for answer in answers if answer.final), newest)

    # --- money ------------------------------------------------------------------------------------------

    def reserve(self, asked: Asked, *, usd: float, request: str) -> None:
        """Book what a request is expected to cost at most, before it is sent. request: JSON, for people.
        What stands open from a run that died is booked here, once. Raises HoldError for a run whose hold was
        taken over."""
        micros = micros_of(usd)
        with self._transaction() as do:
            if self._owner:
                require(do, self._owner)
            rows = do.rows(_LAST_MONEY, asked_key=asked.key)
            state = MoneyState(rows[0]["state"]) if rows else None
            if state is MoneyState.RESERVED:
                raise StoreError(f"{asked.panel}: this request is under way already: reserved, not settled")
            if state is MoneyState.OPEN:
                do.run(
                    "UPDATE money SET state = 'reserved', request = :request, micros = :micros, at = :at"
                    f" WHERE {_ASKED} AND number = :number",
                    request=request,
                    micros=micros,
                    at=_now(),
                    asked_key=asked.key,
                    number=rows[0]["number"],
                )
                return
            self._book(do, asked, rows, state="reserved", request=request, micros=micros, answered=0)

    def settle(self, asked: Asked, answer: Answer) -> None:
        """Keep an answer and book what it cost: confirmed, or unknown with what was reserved when it may
        have been billed. An answer that comes after its time was up settles what was unknown. Raises
        StoreError for a request that was never reserved."""
        sure = 0 <= answer.usd <= LARGEST_USD
        unknown = not sure or (answer.failure is not None and answer.failure.billing_unknown)
        state = (MoneyState.UNKNOWN if unknown else MoneyState.CONFIRMED).value
        with self._transaction() as do:
            rows = do.rows(f"SELECT * FROM money WHERE {_ASKED} ORDER BY number", asked_key=asked.key)
            if not rows:
                raise StoreError(f"{asked.panel}: an answer to a request that was never reserved")
            row = _unsettled(rows, taken_over=bool(self._owner) and not holds(do, self._owner))
            if row is not None:
                do.run(
                    "UPDATE money SET state = :state, micros = :micros, answered = 1, at = :at"
                    f" WHERE {_ASKED} AND number = :number",
                    state=state,
                    micros=row["micros"] if unknown else micros_of(answer.usd),
                    at=_now(),
                    asked_key=asked.key,
                    number=row["number"],
                )
            else:  # the answer to another run that asked the same was first
                self._book_beside(do, asked, rows, state, None if unknown else micros_of(answer.usd))
            self._keep_answer(do, asked, answer, usd=answer.usd if sure else 0.0)

    def release(self, asked: Asked) -> None:
        """It was never sent: nothing is reserved any more."""
        with self._transaction() as do:
            reserved = f"{_ASKED} AND state = 'reserved'"
            do.run(f"DELETE FROM money WHERE {reserved} AND reopened = 0", asked_key=asked.key)
            do.run(f"UPDATE money SET state = 'open' WHERE {reserved}", asked_key=asked.key)

    def recover(self, *, idempotent: Collection[str]) -> tuple[Money, ...]:
        """At the start of a run: what a run that died had sent. idempotent: names of the generators that tell
        by the key that a request is asked again, and bill it once.

        Requests that cost nothing, and all of these generators, stand open: asking again books them once.
        The rest may have been billed. → those that nobody answered or forgave, of all earlier runs.
        """
        with self._transaction() as do:
            mine = "series = :series AND state = 'reserved'"
            safe = "UPDATE money SET state = 'open', reopened = 1"
            do.run(f"{safe} WHERE {mine} AND micros = 0")
            for generator in sorted(idempotent):
                do.run(f"{safe} WHERE {mine} AND generator = :generator", generator=generator)
            do.run(f"UPDATE money SET state = 'unknown' WHERE {mine}")
            rows = do.rows(
                "SELECT * FROM money WHERE series = :series AND state = 'unknown' AND answered = 0"
                " AND forgiven = 0 ORDER BY panel, digest, repeat_number, number, generator"
            )
        return tuple(money_of(row) for row in rows)

    def forgive(self, asked: Asked) -> None:
        """A person agrees to ask anew, though it may be billed twice; what is unknown stays in the books."""
        with self._transaction() as do:
            do.run(f"UPDATE money SET forgiven = 1 WHERE {_ASKED} AND state = 'unknown'", asked_key=asked.key)

    def open_usd(self, asked: Asked) -> float:
        """US dollars of a request that stand open from a run that died; 0 when none do."""
        rows = self._rows(_LAST_MONEY, asked_key=asked.key)
        return rows[0]["micros"] / MICROS if rows and rows[0]["state"] == "open" else 0.0

    def ledger(self) -> Ledger:
        """The sums of the money, added up by the database."""
        rows = self._rows(
            "SELECT state, SUM(micros) AS total FROM money WHERE series = :series GROUP BY state"
        )
        return Ledger.from_sums({MoneyState(row["state"]): int(row["total"]) for row in rows})

    def books(self) -> Books:
        """Every request and every answer, in an order that does not change."""
        order = "WHERE series = :series ORDER BY panel, digest, repeat_number, number, generator"
        with self._transaction() as do:
            money = do.rows(f"SELECT * FROM money {order}")
            answers = do.rows(f"SELECT * FROM answer {order}")
        return Books(
            tuple(map(money_of, money)), tuple(map(answer_of, answers)), tuple(map(asked_of, answers))
        )

    def repairs(self) -> Counter[str]:
        """Panel → pictures that were made here, out of those that came."""
        with self._transaction() as do:
            seen = do.rows("SELECT panel, image FROM looked WHERE series = :series")
            answers = do.rows("SELECT panel, images FROM answer WHERE series = :series")
        came = {(row["panel"], image) for row in answers for image in json.loads(row["images"])}
        return Counter(row["panel"] for row in seen if (row["panel"], row["image"]) not in came)

    # --- verdicts and outcomes ----------------------------------------------------------------------------

    def looked(self, panel: str, image: str, measured_key: str, verdict: str) -> None:
        """Keep the verdict on a picture, in place of an earlier one."""
        self._replace("looked", {"panel": panel, "image": image}, measured_key=measured_key, verdict=verdict)

    def looks(self, panel: str) -> tuple[Look, ...]:
        """The verdicts on a panel's pictures, by digest."""
        rows = self._rows(
            "SELECT * FROM looked WHERE series = :series AND panel = :panel ORDER BY image", panel=panel
        )
        return tuple(Look(row["image"], row["measured_key"], row["verdict"]) for row in rows)

    def moved(self, asked: Asked, *, number: int, generator: str, reason: str) -> None:
        """Keep that a request was given up and its panel's attempt went to another generator."""
        said = {"panel": asked.panel, "number": number, "generator": generator, "reason": reason}
        last = self._rows(
            "SELECT MAX(turn) AS turn FROM move WHERE series = :series AND panel = :panel", panel=asked.panel
        )
        turn = 1 + (last[0]["turn"] or 0)  # not their number: a move that comes again replaces the first
        self._replace("move", {"asked_key": asked.key}, **said, turn=turn, at=_now())

    def moves(self) -> dict[str, tuple[Move, ...]]:
        """Panel → the moves of its attempts from generator to generator, in the order in which they came."""
        rows = self._rows("SELECT * FROM move WHERE series = :series ORDER BY panel, turn, at")
        found: dict[str, list[Move]] = {}
        for row in rows:
            one = Move(row["asked_key"], row["number"], row["generator"], row["reason"])
            found.setdefault(row["panel"], []).append(one)
        return {panel: tuple(own) for panel, own in found.items()}

    def decided(self, panel: str, number: int, decision: str) -> None:
        """Keep what was decided after an attempt, as JSON."""
        self._replace("decided", {"panel": panel, "number": number}, decision=decision)

    def decisions(self, panel: str) -> dict[int, str]:
        """Number of the attempt → what was decided after it, as JSON."""
        rows = self._rows(
            "SELECT * FROM decided WHERE series = :series AND panel = :panel ORDER BY number", panel=panel
        )
        return {row["number"]: row["decision"] for row in rows}

    def outcome(
        self, panel: str, state: str, *, image: str, number: int, reason: str, unsure: bool = False
    ) -> None:
        """Keep where a panel stands. state: accepted, person or unfinished."""
        said = {"state": state, "image": image, "number": number, "reason": reason, "unsure": int(unsure)}
        self._replace("outcome", {"panel": panel}, **said)

    def outcomes(self) -> dict[str, PanelOutcome]:
        """Panel → where it stood when it was last worked on."""
        rows = self._rows("SELECT * FROM outcome WHERE series = :series ORDER BY panel")
        return {
            row["panel"]: PanelOutcome(
                row["state"], row["image"], row["number"], row["reason"], bool(row["unsure"])
            )
            for row in rows
        }

    # --- the database -------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _transaction(self) -> Transaction:
        return Transaction(self._database, self._series)

    def _rows(self, sql: str, **values: object) -> Sequence[Row]:
        with self._transaction() as do:
            return do.rows(sql, **values)

    def _replace(self, table: str, key: Mapping[str, object], **values: object) -> None:
        where = " AND ".join(f"{name} = :{name}" for name in ("series", *key))
        names = ("series", *key, *values)
        with self._transaction() as do:
            do.run(f"DELETE FROM {table} WHERE {where}", **key)
            do.run(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{n}' for n in names)})",
                **key,
                **values,
            )

    @staticmethod
    def _book(
        do: Transaction,
        asked: Asked,
        rows: Sequence[Row],
        *,
        state: str,
        request: str,
        micros: int,
        answered: int,
    ) -> None:
        """A new row after those that the request has: the last of `rows` is the newest."""
        do.run(
            "INSERT INTO money (series, asked_key, number, panel, digest, repeat_number, generator,"
            " request, state, micros, reopened, answered, forgiven, at) VALUES (:series, :asked_key,"
            " :number, :panel, :digest, :repeat_number, :generator, :request, :state, :micros, 0,"
            " :answered, 0, :at)",
            **columns_of(asked),
            number=rows[-1]["number"] + 1 if rows else 1,
            request=request,
            state=state,
            micros=micros,
            answered=answered,
            at=_now(),
        )

    def _book_beside(
        self, do: Transaction, asked: Asked, rows: Sequence[Row], state: str, micros: int | None
    ) -> None:
        """What an answer cost whose reservation another answer has settled. What stood open is billed once:
        only what is not in the books. micros: None where it is not known."""
        last = rows[-1]
        cost = last["micros"] if micros is None else micros
        more = cost - last["micros"] if last["reopened"] else cost
        if more > 0:
            self._book(do, asked, rows, state=state, request="", micros=more, answered=1)

    @staticmethod
    def _keep_answer(do: Transaction, asked: Asked, answer: Answer, *, usd: float) -> None:
        last = do.rows(f"SELECT MAX(number) AS number FROM answer WHERE {_ASKED}", asked_key=asked.key)
        do.run(
            "INSERT INTO answer (series, asked_key, number, panel, digest, repeat_number, generator, images,"
            " failure, reason, stage, wait_s, usd, seconds, at) VALUES (:series, :asked_key, :number, :panel,"
            " :digest, :repeat_number, :generator, :images, :failure, :reason, :stage, :wait_s, :usd,"
            " :seconds, :at)",
            **columns_of(asked),
            number=(last[0]["number"] or 0) + 1,
            images=json.dumps(answer.images),
            failure=None if answer.failure is None else answer.failure.value,
            reason=answer.reason,
            stage=answer.stage,
            wait_s=answer.wait_s if answer.wait_s is None or math.isfinite(answer.wait_s) else None,
            usd=usd,
            seconds=answer.seconds,
            at=_now(),
        )


def open_store(
    url_or_path: str | Path,
    series: str,
    *,
    busy_s: float = BUSY_S,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Store:
    """Open the store of a series, made or brought up to date as needed.

    url_or_path: a SQLite file, or a URL of SQLAlchemy. series: its name in the database. busy_s: seconds to
    wait for another program that writes to the same file. migrations: steps of the tables. Raises
    StoreError.
    """
    database = Database(url_or_path, busy_s=busy_s)
    try:
        with database.transaction() as connection:
            upgrade(connection, database.where, migrations)
    except BaseException:
        database.close()
        raise
    return Store(database, series)


def look_into(url_or_path: str | Path, series: str) -> Store | None:
    """Open the store of a series for reading only, beside a run that writes to it. Nothing is made or
    brought up to date. → None when there is none. Raises StoreError, for an older one too."""
    if "://" not in str(url_or_path) and not Path(url_or_path).is_file():
        return None
    database = Database(url_or_path, read_only=True)
    if not database.is_there:
        return None
    try:
        with database.transaction() as connection:
            version = version_of(connection, database.where)
    except BaseException:
        database.close()
        raise
    if version == len(MIGRATIONS):
        return Store(database, series)
    database.close()
    if version:
        raise StoreError(
            f"{database.where}: of an older version: `series report` brings it up to date, asking for nothing"
        )
    return None


def _unsettled(rows: Sequence[Row], *, taken_over: bool) -> Row | None:
    """The row that an answer is for: the reserved one, else the newest that is open or unknown. taken_over:
    the run that it comes to was, and what it had reserved is open or unknown; a reopened reservation is
    that of its successor, whose own answer settles it."""
    reserved = [row for row in rows if row["state"] == "reserved"]
    others = [row for row in rows if row["state"] in {"open", "unknown"}]
    own = [row for row in reserved if not row["reopened"]]
    found = [*own, *others] if taken_over else [*others, *reserved]
    return found[-1] if found else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
