"""A bug ends in a log that can be pasted into an issue."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest

from series.bug import LISTED, write_bug_log


@pytest.fixture
def logs(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def a_bug() -> str:
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        return write_bug_log(["audit", "séries.yaml"])


def test_the_message_names_the_error_and_the_log(logs) -> None:
    said = a_bug()
    (path,) = logs.iterdir()
    assert said == (
        f"this is a bug in series-consistency (ZeroDivisionError); please report it with the log in {path}"
    )


def test_the_log_holds_what_a_maintainer_asks_for(logs) -> None:
    a_bug()
    (path,) = logs.iterdir()
    text = path.read_text(encoding="utf-8")
    assert "command: series audit séries.yaml" in text
    assert text.rstrip().endswith("ZeroDivisionError: division by zero")
    assert re.search(r"series-consistency \S+, Python 3\.\d+\.\d+, ", text)
    for library in LISTED:
        assert re.search(rf"{library} \d", text), library


def test_two_bugs_are_two_logs(logs) -> None:
    assert a_bug() != a_bug()
    assert len(list(logs.iterdir())) == 2


def test_where_no_log_can_be_written_the_lines_are_the_message(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    said = a_bug()
    assert said.startswith("this is a bug in series-consistency; please report it with these lines:")
    assert "ZeroDivisionError: division by zero" in said
