"""A store from before requests knew their generator: brought up to date, nothing paid for is lost."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from series.run.answer import Asked
from series.run.ledger import MoneyState
from series.run.store import Store, open_store
from series.run.store.schema import MIGRATIONS

MONEY = (
    "INSERT INTO money (series, asked_key, number, panel, digest, repeat_number, generator, request, state,"
    " micros, reopened, answered, forgiven, at) VALUES ('Tiny', ?, ?, ?, ?, ?, ?, '', ?, 40000, 0, ?, 0, '')"
)
ANSWER = (
    "INSERT INTO answer (series, asked_key, number, panel, digest, repeat_number, images, failure, reason,"
    " stage, wait_s, usd, seconds, at) VALUES ('Tiny', ?, ?, ?, ?, ?, ?, ?, '', '', NULL, 0.04, 4.2, '')"
)


def old_key(panel: str, digest: str, repeat: int) -> str:
    return hashlib.sha256(json.dumps([panel, digest, repeat], ensure_ascii=True).encode()).hexdigest()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The second version of the tables, as it was released, with four requests."""
    path = tmp_path / "series.sqlite"
    open_store(path, "Tiny", migrations=MIGRATIONS[:2]).close()
    digest = "d" * 64
    with closing(sqlite3.connect(path)) as connection, connection:
        for panel, repeat, generator in (
            ("p01", 0, "openai:a"),
            ("p01", 1, "openai:a"),
            ("p02", 0, "previz"),
        ):
            key = old_key(panel, digest, repeat)
            connection.execute(MONEY, (key, 1, panel, digest, repeat, generator, "confirmed", 1))
            connection.execute(
                ANSWER, (key, 1, panel, digest, repeat, json.dumps([f"{panel}{repeat}"]), None)
            )
        # The first time out of quota, then asked of another generator, then lost on the way.
        key = old_key("p03", digest, 0)
        connection.execute(MONEY, (key, 1, "p03", digest, 0, "openai:a", "confirmed", 1))
        connection.execute(ANSWER, (key, 1, "p03", digest, 0, "[]", "quota"))
        connection.execute(MONEY, (key, 2, "p03", digest, 0, "gemini:b", "confirmed", 1))
        connection.execute(ANSWER, (key, 2, "p03", digest, 0, '["p03"]', None))
        connection.execute(MONEY, (old_key("p04", digest, 0), 1, "p04", digest, 0, "gemini:b", "reserved", 0))
    return path


def opened(path: Path) -> Store:
    return open_store(path, "Tiny")


def test_every_answer_is_found_under_the_generator_that_was_paid_for_it(old: Path) -> None:
    digest = "d" * 64
    with opened(old) as store:
        assert store.answer(Asked("p01", digest, 0, "openai:a")).images == ("p010",)
        assert store.answer(Asked("p01", digest, 1, "openai:a")).images == ("p011",)
        assert store.answer(Asked("p02", digest, 0, "previz")).images == ("p020",)
        assert store.answer(Asked("p02", digest, 0, "openai:a")) is None
        assert not store.answer(Asked("p03", digest, 0, "openai:a")).final
        assert store.answer(Asked("p03", digest, 0, "gemini:b")).images == ("p03",)


def test_the_sums_stay_and_what_was_under_way_is_recovered(old: Path) -> None:
    with opened(old) as store:
        assert store.ledger().confirmed_micros == 5 * 40_000
        (lost,) = store.recover(idempotent=())
        assert (lost.asked, lost.state) == (Asked("p04", "d" * 64, 0, "gemini:b"), MoneyState.UNKNOWN)
        books = store.books()
        assert len(books.money) == 6
        assert [asked.generator for asked in books.answered if asked.panel == "p03"] == [
            "openai:a",
            "gemini:b",
        ]


def test_it_is_done_once(old: Path) -> None:
    with opened(old) as store:
        before = store.books()
    with opened(old) as store:
        assert store.books() == before


def test_an_answer_without_any_money_is_kept(old: Path) -> None:
    with closing(sqlite3.connect(old)) as connection, connection:
        connection.execute("DELETE FROM money WHERE panel = 'p02'")
    with opened(old) as store:
        assert store.answer(Asked("p02", "d" * 64, 0, "")).images == ("p020",)
