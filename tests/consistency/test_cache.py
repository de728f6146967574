from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from consistency import ConsistencyError, ObservationCache


def test_rows_come_back_in_another_process_life(tmp_path: Path) -> None:
    first = ObservationCache(tmp_path / "deep" / "cache.sqlite")
    first.put({"a": b"1", "b": b"2"})
    first.close()
    again = ObservationCache(tmp_path / "deep" / "cache.sqlite")
    assert again.get(["a", "b", "missing"]) == {"a": b"1", "b": b"2"}


def test_a_file_that_is_no_cache_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    path.write_bytes(b"this is a shopping list\n" * 100)
    with pytest.raises(ConsistencyError, match=r"cache\.sqlite: cannot be used as observation cache"):
        ObservationCache(path)


def test_a_folder_is_one_clear_error_and_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConsistencyError, match="not a file"):
        ObservationCache(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_writer_leaves_whole_rows(tmp_path: Path) -> None:
    path = tmp_path / "cache.sqlite"
    code = (
        "import sys; from pathlib import Path; from consistency import ObservationCache\n"
        f"cache = ObservationCache(Path({str(path)!r}))\n"
        "n = 0\n"
        "while True:\n"
        "    cache.put({f'{n}.a': bytes(50_000), f'{n}.b': bytes(50_000)}); n += 1\n"
        "    print(n, flush=True)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    confirmed = [int(writer.stdout.readline()) for _ in range(20)][-1]
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    rows = ObservationCache(path).get([f"{n}.{half}" for n in range(confirmed + 5) for half in "ab"])
    for n in range(confirmed):
        assert len(rows[f"{n}.a"]) == len(rows[f"{n}.b"]) == 50_000
    assert all((f"{n}.a" in rows) == (f"{n}.b" in rows) for n in range(confirmed + 5))
