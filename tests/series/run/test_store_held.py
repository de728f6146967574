"""Runs that share a database: one at a time at a series, from whatever folder or host."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from series.errors import HoldError
from series.run.store import Answer, Asked, Home, look_into, open_store
from series.run.store.holder import LEASE_S

ASKED = Asked("p01", "d" * 64, 0, "scripted")
HERE, THERE = Home("1" * 32, "/srv/harbor/out"), Home("2" * 32, "/home/mara/out")
HOLDS = """
import sys, time
from series.run.store import open_store
with open_store(sys.argv[1], "harbor") as store, store.held():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def another_run(path):
    process = subprocess.Popen([sys.executable, "-c", HOLDS, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def elsewhere(path, seconds_ago):
    """Let the holder's row be that of a run on another host."""
    with closing(sqlite3.connect(path)) as connection, connection:
        beat = time.time() - seconds_ago
        connection.execute("UPDATE holder SET host = 'elsewhere', process = 9999999, beat = ?", (beat,))


def pay(store):
    store.reserve(ASKED, usd=0.04, request="")


def test_a_second_run_is_told_who_works_and_a_killed_one_is_taken_over_at_once(path, another_run):
    with open_store(path, "harbor") as store:
        with pytest.raises(HoldError, match=rf"since .* on host .* \(process {another_run.pid}\).*wait"):
            store.held().__enter__()
        assert f"process {another_run.pid}" in store.at_work()
        another_run.send_signal(signal.SIGKILL)
        another_run.wait()
        assert store.at_work() == ""
        with store.held():
            assert f"process {os.getpid()}" in store.at_work()
        assert store.at_work() == ""


def test_a_run_of_another_host_is_dead_when_its_lease_is_over_and_not_before(path):
    with open_store(path, "harbor") as store, open_store(path, "harbor") as other, store.held():
        elsewhere(path, LEASE_S / 2)
        with pytest.raises(HoldError, match="on host elsewhere"):
            other.held().__enter__()
        elsewhere(path, LEASE_S + 1)
        with other.held():
            pay(other)
            # The one that was taken over wakes up: it pays for nothing, and what it had sent is still kept.
            with pytest.raises(HoldError, match="took this series over"):
                store.reserve(Asked("p02", "d", 0, "scripted"), usd=0.04, request="")
            store.settle(ASKED, Answer(("a",), usd=0.04))
        assert other.at_work() == ""


def test_the_answer_to_a_run_that_was_taken_over_leaves_its_successor_what_it_reserved(path):
    with open_store(path, "harbor") as store, open_store(path, "harbor") as other, store.held():
        pay(store)
        elsewhere(path, LEASE_S + 1)
        with other.held():
            other.recover(idempotent={"scripted"})
            pay(other)
            store.settle(ASKED, Answer(("a",), usd=0.04))
            assert [row.state.value for row in other.books().money] == ["reserved"]
            other.settle(ASKED, Answer(("b",), usd=0.04))
            assert [(row.state.value, row.usd) for row in other.books().money] == [("confirmed", 0.04)]
            assert len(other.books().answers) == 2


@pytest.mark.parametrize("first", ["store", "other"])
def test_what_a_person_agreed_to_ask_anew_is_billed_twice_whoever_answers_first(path, first):
    with open_store(path, "harbor") as store, open_store(path, "harbor") as other, store.held():
        pay(store)
        elsewhere(path, LEASE_S + 1)
        with other.held():
            other.recover(idempotent=())
            other.forgive(ASKED)
            pay(other)
            answers = [(store, Answer(("a",), usd=0.01)), (other, Answer(("b",), usd=0.02))]
            for run, answer in answers if first == "store" else reversed(answers):
                run.settle(ASKED, answer)
            assert [(row.state.value, row.usd) for row in other.books().money] == [
                ("confirmed", 0.01),
                ("confirmed", 0.02),
            ]


def test_series_of_other_titles_work_beside_each_other(path):
    with open_store(path, "harbor") as one, open_store(path, "lantern") as two, one.held(), two.held():
        pay(one)
        pay(two)


def test_an_error_inside_frees_the_series(path):
    with open_store(path, "harbor") as store:
        with pytest.raises(ZeroDivisionError), store.held(HERE):
            raise ZeroDivisionError
        with store.held(HERE):
            pass


def test_a_title_whose_pictures_are_elsewhere_says_where_and_what_to_do(path):
    with open_store(path, "harbor") as store, store.held(HERE):
        pay(store)
    with open_store(path, "harbor") as store:
        with pytest.raises(HoldError, match=r"--out /srv/harbor/out, or give this series another title"):
            store.held(THERE).__enter__()
        with pytest.raises(HoldError, match="this folder was made anew"):
            store.held(Home("3" * 32, HERE.place)).__enter__()
        with store.held(Home(HERE.folder, "/moved/out")):  # the folder itself was moved
            pass
    with look_into(path, "harbor") as store, pytest.raises(HoldError, match="pictures are in /srv/harbor"):
        store.require_home(THERE)


def test_a_series_of_which_nothing_was_made_may_begin_elsewhere(path):
    with open_store(path, "harbor") as store:
        with store.held(HERE):
            pass
        with store.held(THERE):
            pay(store)
        with pytest.raises(HoldError):
            store.held(HERE).__enter__()


def test_runs_of_two_folders_with_one_store_and_title(ran, tmp_path):
    """As a person meets it: another --out and the same --store."""
    store = f"sqlite:///{tmp_path}/shared.sqlite"
    ran.run({}, store=store, out=ran.folder / "one")
    with pytest.raises(HoldError, match=rf"--out {ran.folder}/one"):
        ran.run({}, store=store, out=ran.folder / "two")
    (ran.folder / "one").rename(ran.folder / "three")
    assert ran.run({}, store=store, out=ran.folder / "three") == []
    assert ran.run({}, out=ran.folder / "two") == ["p01", "p02", "p03", "p04"]  # a store of its own
