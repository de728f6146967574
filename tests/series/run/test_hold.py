from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from series.errors import HoldError
from series.run.hold import HOLDER, hold, holder

HOLDS = """
import pathlib, sys, time
from series.run.hold import hold
with hold(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def another_run(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_the_second_run_says_who_holds_the_folder_and_a_killed_one_frees_it(tmp_path, another_run):
    with pytest.raises(HoldError, match=rf"since \d\d:\d\d:\d\d on host .+ \(process {another_run.pid}\)"):
        hold(tmp_path).__enter__()
    another_run.send_signal(signal.SIGKILL)
    another_run.wait()
    assert json.loads((tmp_path / HOLDER).read_text())["process"] == another_run.pid  # stale, not believed
    with hold(tmp_path):
        assert json.loads((tmp_path / HOLDER).read_text())["process"] == os.getpid()


def test_a_folder_can_be_held_again_and_again(tmp_path):
    for _ in range(3):
        with hold(tmp_path / "new" / "folder"):
            pass
    assert not (tmp_path / "new" / "folder" / HOLDER).exists()


def test_an_error_inside_frees_the_folder(tmp_path):
    with pytest.raises(ZeroDivisionError), hold(tmp_path):
        raise ZeroDivisionError
    with hold(tmp_path):
        pass


@pytest.mark.parametrize("said", ["", "{", "[]", '{"since": "x"}', '{"since": 3, "host": "h", "process": 1}'])
def test_a_broken_holder_file_still_gives_the_message(tmp_path, said):
    with hold(tmp_path):
        (tmp_path / HOLDER).write_text(said)
        with pytest.raises(HoldError, match="a run is at work here; wait for it"):
            hold(tmp_path).__enter__()


def test_a_file_in_place_of_the_folder_is_one_clear_error(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(HoldError, match="cannot work here"):
        hold(tmp_path / "out").__enter__()


def test_who_holds_a_folder_can_be_asked_and_a_killed_run_is_not_believed(tmp_path, another_run):
    assert f"process {another_run.pid}" in holder(tmp_path)
    another_run.send_signal(signal.SIGKILL)
    another_run.wait()
    assert (tmp_path / HOLDER).is_file()
    assert holder(tmp_path) == ""
    assert holder(tmp_path / "none") == ""
    assert not (tmp_path / "none").exists()
