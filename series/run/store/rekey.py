"""Rows of a store whose requests did not know their generator in, the same rows under new keys out."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MONEY = (
    "UPDATE money SET asked_key = :key, generator = :generator"
    " WHERE series = :series AND asked_key = :asked_key AND number = :number"
)
_ANSWER = (
    "UPDATE answer SET asked_key = :key, generator = :generator"
    " WHERE series = :series AND asked_key = :asked_key AND number = :number"
)


def name_generators(connection: Connection) -> None:
    """Part of a numbered step: who was asked becomes part of a request's key. An answer belongs to whom the
    money was for: the nth answer to the nth time that it was asked for. Nothing is lost, nothing added."""
    from sqlalchemy import text

    rows = connection.execute(text("SELECT * FROM money ORDER BY series, asked_key, number")).mappings()
    asked_of: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in [dict(row) for row in rows]:
        asked_of[row["series"], row["asked_key"]].append(row["generator"])
        _move(connection, _MONEY, row, row["generator"])
    rows = connection.execute(text("SELECT * FROM answer ORDER BY series, asked_key, number")).mappings()
    answered: dict[tuple[str, str], int] = defaultdict(int)
    for row in [dict(row) for row in rows]:
        before = row["series"], row["asked_key"]
        whom = asked_of.get(before, [""])
        _move(connection, _ANSWER, row, whom[min(answered[before], len(whom) - 1)])
        answered[before] += 1


def _move(connection: Connection, update: str, row: Mapping[str, Any], generator: str) -> None:
    from sqlalchemy import text

    # As keys are from this step on; written out, because a step that was released never changes.
    named = json.dumps([row["panel"], row["digest"], row["repeat_number"], generator], ensure_ascii=True)
    key = hashlib.sha256(named.encode("ascii")).hexdigest()
    which = {name: row[name] for name in ("series", "asked_key", "number")}
    connection.execute(text(update), {**which, "key": key, "generator": generator})
