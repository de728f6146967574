"""Processes that are killed while they write, and disks that are full or read-only. Real ones."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from importlib import util
from pathlib import Path

import pytest

from series.errors import SeriesError, StoreError
from series.run.hold import hold
from series.run.images import Images
from series.run.ledger import MoneyState, micros_of
from series.run.store import Asked, open_store

resource = pytest.importorskip("resource", reason="limits on files as on Linux")

KILLS = int(os.environ.get("SERIES_KILLS", "15"))
"""More by the environment: SERIES_KILLS=500 pytest tests/series/run/faults."""
PATIENT = 10
"""Times as many kills on a machine so busy that no child wrote before its own."""
LONGEST_S = 0.25
"""Seconds after which a child is killed at the latest."""
REQUESTS = 2000

_spec = util.spec_from_file_location("writer", Path(__file__).with_name("writer.py"))
writer = util.module_from_spec(_spec)
_spec.loader.exec_module(writer)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, SIGKILL and mounts as on Linux")


def start(function, *arguments):
    """A fork: what takes long to import is there already, so a kill hits the writing."""
    import sqlalchemy.dialects.sqlite

    assert sqlalchemy
    process = multiprocessing.get_context("fork").Process(target=function, args=arguments)
    process.start()
    return process


def promises(path):
    return set(path.read_text().split()) if path.exists() else set()


def check(folder, promised):
    """→ number of answers. What must hold whatever happened."""
    if not (folder / "store.db").exists():
        assert not promised
        return 0
    images = Images(folder / "images")
    with open_store(folder / "store.db", "faults") as store:
        books, outcomes = store.books(), store.outcomes()
        answered = {row.asked.key: store.answer(row.asked) for row in books.money}
    assert promised <= {key for key, answer in answered.items() if answer is not None}, "an answer was lost"
    for row in books.money:
        answer = answered[row.asked.key]
        assert (answer is not None) == (row.state is MoneyState.CONFIRMED), "half of an answer was written"
        if answer is None:
            assert row.micros == micros_of(2 * writer.USD)
            continue
        assert row.micros == micros_of(answer.usd)
        for image in answer.images:
            path = images.path(image, verify=True)
            assert path.with_name(f"{image}.truth.json").read_text() == row.asked.key
        assert row.asked.key not in promised or row.asked.panel in outcomes
    assert sum(answer is None for answer in answered.values()) <= 1
    assert len(books.money) == len(answered), "a request was paid for twice"
    for picture in (folder / "images").rglob("*.bin"):
        if not picture.name.startswith("."):
            assert picture.with_name(f"{picture.stem}.truth.json").is_file(), "a picture without its file"
    with closing(sqlite3.connect(folder / "store.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    return len(books.answers)


def test_whatever_moment_a_run_is_killed_at_nothing_is_lost_or_paid_twice(tmp_path):
    folder, promised = tmp_path / "out", tmp_path / "promised"
    dice, kills, answers, most = random.Random(3), 0, 0, 0  # noqa: S311 -- moments, not secrets
    while kills < KILLS or (most == 0 and kills < PATIENT * KILLS):
        child = start(writer.write, folder, promised, REQUESTS)
        time.sleep(dice.uniform(0, LONGEST_S))
        child.kill()
        child.join()
        if child.exitcode == 0:  # all was written before the kill: begin anew
            folder, promised, answers = tmp_path / f"out{kills}", tmp_path / f"promised{kills}", 0
            continue
        assert child.exitcode == -signal.SIGKILL
        kills += 1
        now = check(folder, promises(promised))
        assert now >= answers
        answers, most = now, max(most, now)
    assert most > 0, "every child was killed before it wrote"


def test_a_run_after_a_kill_ends_with_the_same_books_as_one_that_was_not_killed(tmp_path):
    requests = 60
    for name in ("killed", "unbroken"):
        (tmp_path / name).mkdir()
    child = start(writer.write, tmp_path / "killed" / "out", tmp_path / "killed" / "promised", requests)
    time.sleep(LONGEST_S / 2)
    child.kill()
    child.join()
    books = []
    for name in ("killed", "unbroken"):
        folder = tmp_path / name
        writer.write(folder / "out", folder / "promised", requests)
        with open_store(folder / "out" / "store.db", "faults") as store:
            books.append((store.books(), store.outcomes()))
    assert books[0] == books[1]


def limited(folder, promised, said):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    run_and_say(folder, promised, said)


def run_and_say(folder, promised, said):
    try:
        writer.write(folder, promised, REQUESTS)
    except SeriesError as error:
        said.write_text(f"{type(error).__name__}: {error}")


def test_a_limit_on_file_size_is_one_clear_error_and_keeps_what_was_written(tmp_path):
    folder, promised, said = tmp_path / "out", tmp_path / "promised", tmp_path / "said"
    child = start(limited, folder, promised, said)
    child.join(60)
    assert child.exitcode == 0
    assert said.read_text().startswith(f"StoreError: {folder / 'store.db'}: the disk ")
    assert check(folder, promises(promised)) > 0
    with open_store(folder / "store.db", "faults") as store:  # and there is room again
        store.recover(idempotent={"faults"})
        store.reserve(Asked("later", "d", 0, "faults"), usd=1.0, request="")


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_one_clear_error_and_keeps_what_was_written(small_disk, tmp_path):
    folder, promised, said = small_disk / "out", tmp_path / "promised", tmp_path / "said"
    child = start(run_and_say, folder, promised, said)
    child.join(60)
    assert child.exitcode == 0
    assert "the disk is full" in said.read_text()
    assert check(folder, promises(promised)) > 0


def fill(store):
    for number in range(REQUESTS):
        store.reserve(Asked(str(number), "d", 0, "faults"), usd=1.0, request="x" * 10_000)


def test_a_database_on_a_full_disk_says_so(small_disk):
    with open_store(small_disk / "store.db", "faults") as store:
        with pytest.raises(StoreError, match=r"store\.db: the disk is full: make room"):
            fill(store)
        kept = len(store.books().money)
        assert kept > 10
    with open_store(small_disk / "store.db", "faults") as store:
        assert len(store.books().money) == kept


def test_a_read_only_folder_is_one_clear_error_for_each(small_disk):
    open_store(small_disk / "store.db", "faults").close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreError, match=r"read-only: make it writable|cannot be opened"):
        open_store(small_disk / "store.db", "faults")
    with pytest.raises(StoreError, match="cannot be opened: is its folder there and writable"):
        open_store(small_disk / "new.db", "faults")
    with pytest.raises(SeriesError, match="cannot be made: Read-only"):
        Images(small_disk / "images").keep(b"data")
    with pytest.raises(SeriesError, match="a run cannot work here: Read-only"):
        hold(small_disk).__enter__()
