"""`series run` as it is typed: exit codes, messages, and faults of the machine around it."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from series.run.hold import hold
from series.run.ledger import MoneyState
from series.run.store import look_into

Run = Callable[..., subprocess.CompletedProcess[str]]
DRIFTS = "generator: {name: previz, drift: {rate: 0.9, seed: 4, size: 1.0, price: 0.04, bill: bill.csv}}\n"
SLOW = "{seconds: {1: 1.0}}"


@pytest.fixture
def series(comic) -> Run:
    """Run the command in the comic's folder."""

    def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "series", *arguments]
        return subprocess.run(
            command, cwd=comic.folder, capture_output=True, text=True, check=False, timeout=120, **options
        )

    return run


@pytest.fixture
def generator(comic) -> Callable[[str], None]:
    """Append lines to the manifest."""

    def append(lines: str) -> None:
        with comic.manifest.open("a", encoding="utf-8") as file:
            file.write(lines)

    return append


def billed(comic) -> list[dict[str, str]]:
    with (comic.folder / "bill.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_drafts_of_a_whole_series_from_nothing_but_its_manifest(comic, series) -> None:
    ran = series("run", "series.yaml", "--workers", "1")
    assert ran.returncode in {0, 1}, ran.stderr
    assert sorted(path.name for path in (comic.folder / "out/frames").iterdir()) == [
        f"{panel}.png" for panel in ("p01", "p02", "p03", "p04")
    ]
    assert (comic.folder / "out/report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert re.search(r"report: out.report\.html", ran.stdout)


def test_a_dry_run_says_every_request_and_the_cost_and_makes_nothing(comic, series, generator) -> None:
    generator(DRIFTS)
    ran = series("run", "series.yaml", "--dry-run")
    assert ran.returncode == 0, ran.stderr
    for panel in ("p01", "p02", "p03", "p04"):
        assert panel in ran.stdout
    assert "$0.16" in ran.stdout
    assert not (comic.folder / "out").exists()
    assert not (comic.folder / "bill.csv").exists()


def test_the_report_is_written_again_without_asking(comic, series, generator) -> None:
    generator(DRIFTS)
    first = series("run", "series.yaml", "--workers", "1")
    paid = len(billed(comic))
    again = series("report", "series.yaml", "--workers", "1", "--json", "-")
    assert again.returncode == first.returncode
    assert '"series.audit/1"' in again.stdout
    assert len(billed(comic)) == paid


def test_a_second_run_in_one_folder_is_told_who_holds_it(comic, series) -> None:
    with hold(comic.folder / "out"):
        second = series("run", "series.yaml", "--workers", "1")
    assert second.returncode == 2
    assert f"process {os.getpid()}" in second.stderr
    assert not (comic.folder / "out/series.sqlite").exists()


def test_an_interrupted_run_keeps_what_was_sent_and_goes_on(comic, series, generator) -> None:
    generator(DRIFTS.replace("price", f"latency: {SLOW}, concurrency: 2, price"))
    command = [sys.executable, "-m", "series", "run", "series.yaml", "--workers", "1"]
    first = subprocess.Popen(
        command, cwd=comic.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for((comic.folder / "bill.csv").exists)
    first.send_signal(signal.SIGINT)
    _, said = first.communicate(timeout=60)
    assert first.returncode == 130, said
    assert "Ctrl-C again leaves now" in said
    assert "the same command goes on" in said
    paid = billed(comic)
    assert len(list((comic.folder / "out/images").rglob("*.png"))) == len(paid), (
        "all that was paid for is kept"
    )
    assert series("run", "series.yaml", "--workers", "1").returncode in {0, 1}
    keys = [row["key"] for row in billed(comic)]
    assert len(keys) == len(set(keys))


def test_a_second_interruption_says_which_money_is_not_known(comic, series, generator) -> None:
    slow = "latency: {seconds: {1: 30.0}}, concurrency: 2, idempotent: false, price"
    generator(DRIFTS.replace("price", slow))
    command = [sys.executable, "-m", "series", "run", "series.yaml", "--workers", "1"]
    run = subprocess.Popen(
        command, cwd=comic.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: reserved(comic) == 2)
    time.sleep(0.3)  # reserved first, sent then
    run.send_signal(signal.SIGINT)
    line = run.stderr.readline()
    assert "waiting for 2 pictures on the way" in line
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == 130, errors
    assert "left without an answer for p01, p02: $0.08 may be billed" in errors
    assert "asks again only with --again" in errors
    status = series("status").stdout
    assert "$0.08 more may have been billed" in status


def test_an_interrupted_watch_for_a_persons_pictures_ends_at_once(comic, series, generator) -> None:
    generator("generator: {name: folder, frames: mine, watch: true}\n")
    command = [sys.executable, "-m", "series", "run", "series.yaml", "--workers", "1"]
    run = subprocess.Popen(
        command, cwd=comic.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: reserved(comic) == 4)
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=20)
    assert run.returncode == 130, errors
    assert "paid for" not in errors


def reserved(comic) -> int:
    """Requests that are on their way, as the store knows."""
    if not (comic.folder / "out/series.sqlite").is_file():
        return 0
    store = look_into(comic.folder / "out/series.sqlite", "Tiny")
    if store is None:
        return 0
    with store:
        return sum(row.state is MoneyState.RESERVED for row in store.books().money)


def test_a_store_of_a_newer_version_is_left_alone(comic, series) -> None:
    series("run", "series.yaml", "--workers", "1")
    with sqlite3.connect(comic.folder / "out/series.sqlite") as store:
        store.execute("INSERT INTO migration (number, at) VALUES (99, '2030-01-01')")
    ran = series("run", "series.yaml", "--workers", "1")
    assert ran.returncode == 2
    assert "newer version" in ran.stderr
    assert "pip install --upgrade series-consistency" in ran.stderr


def test_a_file_in_the_place_of_the_folder_is_one_clear_message(comic, series) -> None:
    (comic.folder / "out").write_text("mine", encoding="utf-8")
    ran = series("run", "series.yaml", "--workers", "1")
    assert ran.returncode == 2
    assert "out" in ran.stderr
    assert "--out" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.fixture
def small_disk(tmp_path: Path, is_root) -> Path:
    """A file system of 300 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = (
        is_root
        and shutil.which("mount")
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(place)], check=False, capture_output=True
        ).returncode
    )
    if not mounted:
        pytest.skip("a small disk needs root and mount")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_ends_the_run_with_one_message_and_space_lets_it_go_on(
    comic, series, generator, small_disk
) -> None:
    generator(DRIFTS)
    ran = series("run", "series.yaml", "--workers", "1", "--out", str(small_disk / "out"))
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "full" in ran.stderr
    assert "Traceback" not in ran.stderr
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    ran = series("run", "series.yaml", "--workers", "1", "--out", str(small_disk / "out"))
    assert ran.returncode in {0, 1}, ran.stderr
    keys = [row["key"] for row in billed(comic)]
    assert len(keys) == len(set(keys))


def test_a_folder_that_cannot_be_written_is_one_clear_message(comic, series, is_root) -> None:
    if is_root:
        pytest.skip("root may write anywhere")
    (comic.folder / "out").mkdir(mode=0o500)
    ran = series("run", "series.yaml", "--workers", "1")
    assert ran.returncode == 2
    assert "--out" in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--panels", "p9"], "no panel 'p9'"),
        (["--generator", "midjorney"], "no generator"),
        (["--attempts", "0"], "attempts"),
        (["--budget", "-1"], "budget"),
    ],
)
def test_what_is_typed_wrong_is_named(series, arguments, said) -> None:
    ran = series("run", "series.yaml", *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


def wait_for(happened: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def test_a_run_never_takes_the_place_of_pictures_that_are_not_its_own(comic, series) -> None:
    mine = (comic.frames / "p01.png").read_bytes()
    ran = series("run", "series.yaml", "--out", ".")
    assert ran.returncode == 2
    assert "the manifest's own folder" in ran.stderr
    other = comic.folder / "art"
    shutil.copytree(comic.frames, other / "frames")
    ran = series("run", "series.yaml", "--out", "art")
    assert ran.returncode == 2
    assert "no run of this tool made" in ran.stderr
    assert (comic.frames / "p01.png").read_bytes() == (other / "frames/p01.png").read_bytes() == mine


def test_a_run_that_waits_for_pictures_ends_with_what_to_do(comic, series, generator) -> None:
    generator("generator: {name: folder, frames: mine}\n")
    ran = series("run", "series.yaml", "--workers", "1")
    assert ran.returncode == 2
    assert ran.stdout.splitlines()[-1] == (
        "next: save p01.png, p02.png, p03.png, p04.png in mine (prompts: out/prompts), then run again"
    )
    assert "frames: " not in ran.stdout, "there is none"
    assert "Nothing was asked this time." in " ".join(ran.stdout.split())
    stands = " ".join(series("status").stdout.split())
    assert "…" not in stands
    assert "out/prompts/p01.1.txt" in stands
