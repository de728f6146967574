"""Statements in, rows out; rows in, answers and money out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from series.generators.generator import FailureKind
from series.run.answer import Answer, Asked
from series.run.ledger import Money, MoneyState
from series.run.store.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = Mapping[str, Any]
"""Column → value."""


class Transaction:
    """Statements of one series, all or none."""

    def __init__(self, database: Database, series: str) -> None:
        self._context, self._series = database.transaction(), series

    def __enter__(self) -> Self:
        self._connection: Connection = self._context.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._context.__exit__(kind, error, trace)

    def rows(self, sql: str, **values: object) -> Sequence[Row]:
        """What a SELECT finds. values: by the names in it; :series is there."""
        from sqlalchemy import text

        found = self._connection.execute(text(sql), {"series": self._series, **values})
        return [dict(row) for row in found.mappings()]

    def run(self, sql: str, **values: object) -> int:
        """Any other statement. → rows that it changed."""
        from sqlalchemy import text

        return self._connection.execute(text(sql), {"series": self._series, **values}).rowcount


def columns_of(asked: Asked) -> dict[str, object]:
    """The columns that name a request."""
    return {
        "asked_key": asked.key,
        "panel": asked.panel,
        "digest": asked.digest,
        "repeat_number": asked.repeat,
        "generator": asked.generator,
    }


def asked_of(row: Row) -> Asked:
    """What a row of either table is about."""
    return Asked(row["panel"], row["digest"], row["repeat_number"], row["generator"])


def answer_of(row: Row) -> Answer:
    """A row of table answer."""
    return Answer(
        tuple(json.loads(row["images"])),
        None if row["failure"] is None else FailureKind(row["failure"]),
        row["reason"],
        row["stage"],
        row["wait_s"],
        row["usd"],
        row["seconds"],
    )


def money_of(row: Row) -> Money:
    """A row of table money."""
    state, forgiven = MoneyState(row["state"]), bool(row["forgiven"])
    return Money(asked_of(row), row["number"], state, int(row["micros"]), forgiven)
