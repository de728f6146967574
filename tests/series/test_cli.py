"""The command line as a process of its own: exit codes, streams, files, signals."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from series.cli import _run
from series.errors import SeriesError
from series.pipeline import AuditOptions, audit_series

PLAIN = "version: 1\nseries: Plain\nsize: [160, 120]\npanels: [{id: p01}, {id: p02}]\n"
"""Audits consistent: nothing is pinned but the size."""


def series(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "series", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.fixture
def plain(comic):
    comic.manifest.write_text(PLAIN, encoding="utf-8")
    for name in ("p03", "p04"):
        (comic.frames / f"{name}.png").unlink()
    return comic


def audit(comic, *arguments: object, **options) -> subprocess.CompletedProcess[str]:
    return series(
        "audit", comic.manifest, "--frames", comic.frames, "--cache", comic.cache, *arguments, **options
    )


# --- exit codes -----------------------------------------------------------------------------------------


def test_a_consistent_series_exits_0_and_writes_every_report(plain, tmp_path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    files = {option: out / f"audit.{option}" for option in ("json", "html", "junit", "csv")}
    done = audit(plain, *[part for option, path in files.items() for part in (f"--{option}", path)])
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(out.iterdir()) == sorted(files.values()), "no temporary file is left"
    assert json.loads(files["json"].read_text(encoding="utf-8"))["schema"] == "series.audit/1"
    assert files["html"].read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert files["junit"].read_text(encoding="utf-8").startswith("<?xml")
    assert "p01" in files["csv"].read_text(encoding="utf-8")
    assert "Plain" in done.stdout


def test_drift_exits_1(plain, pictures) -> None:
    cv2.imwrite(str(plain.frames / "p02.png"), np.full((120, 120, 3), 90, np.uint8))
    done = audit(plain, "--strict")
    assert done.returncode == 1
    assert "p02" in done.stdout


def test_unsure_exits_0_and_2_when_strict(plain) -> None:
    (plain.frames / "p02.png").unlink()
    assert audit(plain).returncode == 0
    strict = audit(plain, "--strict")
    assert strict.returncode == 2
    assert "p02" in strict.stdout


def test_an_unreadable_frame_exits_2_and_is_named(plain) -> None:
    (plain.frames / "p02.png").write_text("no picture", encoding="utf-8")
    strict = audit(plain)
    assert strict.returncode == 2
    assert "p02.png" in strict.stdout
    assert "Traceback" not in strict.stdout + strict.stderr


def wrong_manifest(comic) -> list[object]:
    comic.manifest.write_text(PLAIN + "sise: [1, 2]\n", encoding="utf-8")
    return []


def no_frames(comic) -> list[object]:
    comic.frames.rename(comic.folder / "elsewhere")
    return []


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (wrong_manifest, "series.yaml:5: "),
        (no_frames, "frames: no such folder"),
        (lambda comic: ["--encoder", "clasical"], "did you mean 'classical'?"),
        (lambda comic: ["--bogus"], "No such option: --bogus"),
        (lambda comic: ["--html", comic.folder / "gone/audit.html"], "the folder of --html does not exist"),
        (lambda comic: ["--json", comic.frames], "--json takes a file, this is a folder"),
    ],
)
def test_wrong_input_exits_2_with_one_message_and_before_any_work(plain, spoiled, said: str) -> None:
    done = audit(plain, *spoiled(plain))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert not plain.cache.exists()


DRIVER = """\
import sys
import series.pipeline
from series.cli import _run

def broken(*_):
    raise RuntimeError("the moon is in the way")

series.pipeline.audit_series = broken
sys.exit(_run(sys.argv[1:]))
"""


def test_a_bug_exits_3_with_a_log_and_no_traceback(plain, tmp_path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    command = [sys.executable, "-c", DRIVER, "audit", plain.manifest, "--frames", plain.frames]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "TMPDIR": str(logs)}
    )
    assert done.returncode == 3
    (log,) = logs.glob("series-bug-*.log")
    assert str(log) in done.stderr
    assert "Traceback" not in done.stderr
    assert "the moon is in the way" in log.read_text(encoding="utf-8")


# --- streams and files ----------------------------------------------------------------------------------


def test_json_to_standard_output_is_json_alone(plain) -> None:
    done = audit(plain, "--json", "-")
    assert json.loads(done.stdout)["series"] == "Plain"
    assert "Plain" in done.stderr, "the summary goes where it does not disturb"


def test_a_reader_who_leaves_is_no_error(plain) -> None:
    command = [sys.executable, "-m", "series", "schema"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    _, said = process.communicate(timeout=60)
    assert b"Traceback" not in said
    assert process.returncode == 0


def test_a_report_that_cannot_be_replaced_stays_whole(plain, is_root) -> None:
    if is_root:
        pytest.skip("root may write anywhere")
    out = plain.folder / "out"
    out.mkdir()
    report = out / "audit.html"
    report.write_text("the old one", encoding="utf-8")
    out.chmod(0o500)
    try:
        done = audit(plain, "--html", report)
    finally:
        out.chmod(0o700)
    assert done.returncode == 2
    assert "no permission to write in this folder" in done.stderr
    assert [path.name for path in out.iterdir()] == ["audit.html"]
    assert report.read_text(encoding="utf-8") == "the old one"


@pytest.mark.parametrize(
    ("option", "target", "said"),
    [
        ("--html", "series.yaml", "is read by this command"),
        ("--csv", "map.csv", "is read by this command"),
        ("--json", "frames/p01.png", "named like a picture"),
        ("--html", "out.json", "is written by --json"),
        ("--csv", "-", "only --json writes to standard output"),
    ],
)
def test_a_report_never_takes_the_place_of_an_input_or_of_another_report(
    plain, option: str, target: str, said: str
) -> None:
    (plain.folder / "map.csv").write_text("panel,file\np01,p01.png\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in plain.folder.rglob("*") if path.is_file()}
    first = () if option == "--json" else ("--json", "out.json")
    done = audit(plain, "--map", "map.csv", *first, option, target, cwd=plain.folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert {path: path.read_bytes() for path in plain.folder.rglob("*") if path.is_file()} == before


def test_compare_does_not_write_over_its_pairs(comic) -> None:
    pairs = comic.folder / "pairs.csv"
    pairs.write_text("a,b\nframes/p01.png,frames/p02.png\n", encoding="utf-8")
    done = series("compare", "--pairs", pairs, "--json", pairs, "--no-cache")
    assert (done.returncode, pairs.read_text(encoding="utf-8")[:3]) == (2, "a,b")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
def test_closed_streams_cost_nothing_but_the_words(plain) -> None:
    command = [
        sys.executable,
        "-m",
        "series",
        "audit",
        plain.manifest,
        "--frames",
        plain.frames,
        "--no-cache",
    ]
    out = plain.folder / "out.json"
    shell = ["sh", "-c", '"$@" >&- 2>&-', "sh", *map(str, command), "--json", str(out)]
    assert subprocess.run(shell, check=False, timeout=120).returncode == 0
    assert json.loads(out.read_text(encoding="utf-8"))["schema"] == "series.audit/1"


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="needs a full device")
def test_a_full_disk_behind_standard_output_is_one_clear_error(plain, tmp_path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "series", "audit", plain.manifest, "--frames", plain.frames, "--no-cache"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 2
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"


def test_a_report_that_cannot_be_written_costs_no_other(plain, monkeypatch, capsys) -> None:
    def fail_on_html(path, content):
        if path.suffix == ".html":
            raise SeriesError(f"{path}: cannot be written: the disk is full")
        path.write_text(content, encoding="utf-8")

    monkeypatch.setattr("series.files.write_atomically", fail_on_html)
    html, csv = plain.folder / "a.html", plain.folder / "a.csv"
    options = ["--frames", plain.frames, "--no-cache", "--html", html, "--csv", csv]
    assert _run(["audit", str(plain.manifest), *map(str, options)]) == 2
    said = capsys.readouterr()
    assert said.err == f"error: {html}: cannot be written: the disk is full\n"
    assert str(csv) in said.out
    assert csv.is_file()


def test_a_reader_who_leaves_does_not_turn_drift_into_success(plain, pictures) -> None:
    plain.manifest.write_text(PLAIN.replace("160, 120", "120, 160"), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "series",
        "audit",
        plain.manifest,
        "--frames",
        plain.frames,
        "--no-cache",
    ]
    left, ours = os.pipe()
    os.close(left)
    done = subprocess.run(command, stdout=ours, stderr=subprocess.PIPE, check=False, timeout=120)
    os.close(ours)
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_user_s_cache_folder_is_used_when_no_other_is_named(plain, tmp_path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "user")}
    arguments = ["audit", plain.manifest, "--frames", plain.frames]
    assert series(*arguments, "--no-cache", env=environment).returncode == 0
    assert not (tmp_path / "user").exists()
    assert series(*arguments, env=environment).returncode == 0
    assert (tmp_path / "user/series-consistency/observations.sqlite").exists()


# --- lock, init, schema, help ---------------------------------------------------------------------------


def test_a_lock_whose_reference_changed_stops_until_told_otherwise(comic, pictures) -> None:
    locked = series("lock", comic.manifest)
    assert (locked.returncode, locked.stdout) == (0, f"locked {comic.folder / 'series.lock'}\n")
    pictures(comic.folder / "refs/tib.png", 42)
    stopped = audit(comic)
    assert stopped.returncode == 2
    assert "refs/tib.png" in stopped.stderr
    assert "--ignore-lock" in stopped.stderr
    ignored = audit(comic, "--ignore-lock")
    assert ignored.returncode in {0, 1}
    assert "refs/tib.png" in ignored.stdout


def test_init_writes_a_starter_that_audits_and_never_overwrites(tmp_path, pictures) -> None:
    folder = tmp_path / "new"
    made = series("init", folder)
    assert made.returncode == 0
    assert f"wrote {folder / 'series.yaml'}" in made.stdout
    again = series("init", folder)
    assert again.returncode == 2
    assert "is there already; nothing was written" in again.stderr
    pictures(folder / "frames/p01.png", 1)
    done = series("audit", folder / "series.yaml", "--frames", folder / "frames", "--no-cache")
    assert done.returncode == 0, "a newcomer's first audit says what to add, not what drifted"
    assert "p02" in done.stdout


def test_schema_prints_json_for_editors(repository) -> None:
    printed = json.loads(series("schema").stdout)
    assert {"series", "panels", "characters", "palettes"} <= set(printed["properties"])


def test_version_and_help_are_printed() -> None:
    from series.version import package_version

    assert series("--version").stdout == f"series-consistency {package_version()}\n"
    helped = series("--help")
    assert helped.returncode == 0
    for command in ("audit", "compare", "lock", "schema", "init"):
        assert command in helped.stdout


@pytest.mark.parametrize("command", [[], ["audit"], ["compare"]])
def test_help_says_what_the_exit_codes_mean(command: list[str]) -> None:
    wide = {**os.environ, "COLUMNS": "200", "TERM": "dumb"}
    text = " ".join(series(*command, "--help", env=wide).stdout.split())
    assert "Exit codes: 0 " in text
    assert "130 interrupted" in text


# --- compare --------------------------------------------------------------------------------------------


def test_compare_prints_every_distance_of_two_pictures(comic) -> None:
    done = series("compare", comic.frames / "p01.png", comic.frames / "p02.png", "--no-cache")
    assert (done.returncode, done.stderr) == (0, "")
    for check in ("Who is it", "Style", "Rendering", "Copy of a reference"):
        assert check in done.stdout


def test_compare_of_pairs_measures_what_it_can_and_exits_2_for_the_rest(comic) -> None:
    table = comic.frames / "pairs.csv"
    table.write_text("a,b,label\np01.png,p02.png,x\np01.png,gone.png,y\n", encoding="utf-8")
    done = series("compare", "--pairs", table, "--json", "-", "--no-cache")
    assert done.returncode == 2
    first, second = json.loads(done.stdout)
    assert (first["label"], second["label"]) == ("x", "y")
    assert first["measurements"]
    assert not first["unmeasured"]
    assert not second["measurements"]
    assert "gone.png" in second["unmeasured"][0]["reason"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one.png"], "name two pictures"),
        (["one.png", "two.png", "--pairs", "x.csv"], "not both"),
        (["--pairs", "gone.csv"], "gone.csv: cannot be read"),
        (
            ["one.png", "two.png", "--no-cache"],
            "one.png: expected a picture file, found nothing at this path",
        ),
    ],
)
def test_compare_of_the_wrong_things_exits_2(tmp_path, arguments: list[str], said: str) -> None:
    done = series("compare", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in " ".join((done.stdout + done.stderr).replace("│", " ").split())


# --- signals --------------------------------------------------------------------------------------------


@pytest.fixture
def long_series(tmp_path):
    """Enough frames that a signal arrives in the middle."""
    frames = tmp_path / "frames"
    frames.mkdir()
    for index in range(48):
        noise = np.random.default_rng(index).integers(0, 255, (160, 160, 3), np.uint8)
        large = cv2.resize(noise, (640, 640), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(frames / f"p{index:02}.jpg"), large)
    manifest = tmp_path / "series.yaml"
    panels = ", ".join(f"{{id: p{index:02}}}" for index in range(48))
    manifest.write_text(f"version: 1\nseries: Long\npanels: [{panels}]\n", encoding="utf-8")
    return AuditOptions(manifest, frames, cache=tmp_path / "facts.sqlite", workers=2)


def started(options: AuditOptions) -> subprocess.Popen[str]:
    """An audit in a process group of its own, with some frames done and some to do."""
    command = [sys.executable, "-m", "series", "audit", options.manifest, "--frames", options.frames]
    command += ["--cache", options.cache, "--workers", str(options.workers)]
    process = subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while observed(options.cache) < 4:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)
    return process


def observed(cache: Path) -> int:
    """Frames in the cache so far."""
    if not cache.exists():
        return 0
    connection = sqlite3.connect(f"file:{cache}?mode=ro", uri=True)
    try:
        return connection.execute("SELECT count(*) FROM fact WHERE key LIKE '%|frame|%'").fetchone()[0]
    except sqlite3.Error:  # not written yet
        return 0
    finally:
        connection.close()


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def gone_within(group: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while alive(group) and time.monotonic() < until:
        time.sleep(0.05)
    return not alive(group)


def test_ctrl_c_exits_130_with_one_line_and_keeps_what_was_observed(long_series) -> None:
    process = started(long_series)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to every process of the group
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said == "interrupted; what was observed is kept, the same command goes on from there\n"
    assert gone_within(process.pid, 5)
    kept = observed(long_series.cache)
    assert 4 <= kept < 48
    again = audit_series(long_series)
    assert again.counts.cached >= kept
    assert again.counts.decoded == 48 - again.counts.cached


def test_a_killed_audit_leaves_no_processes_and_the_next_one_goes_on_from_there(long_series) -> None:
    process = started(long_series)
    process.kill()
    process.wait(timeout=60)
    assert gone_within(process.pid, 10), "workers outlived their parent"
    again = audit_series(long_series)
    assert again.counts.cached >= 4
    assert again.counts.cached + again.counts.decoded == 48
    assert len(again.audit.frames) == 48
