"""The guards themselves: they name the test that breaks a rule."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest


def test_a_connection_beyond_this_machine_fails_with_the_name_of_its_test() -> None:
    with (
        socket.socket() as plug,
        pytest.raises(
            pytest.fail.Exception, match=r"fails_with_the_name_of_its_test reached for the network"
        ),
    ):
        plug.connect(("192.0.2.1", 80))  # TEST-NET-1, RFC 5737


def test_a_connection_to_this_machine_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as plug:
        plug.connect(server.getsockname())


def test_home_and_user_caches_are_not_the_person_s_own(empty_home: Path) -> None:
    from platformdirs import user_cache_path

    assert Path.home() == empty_home
    assert user_cache_path("series-consistency").is_relative_to(empty_home)


def test_a_file_in_the_home_folder_fails_with_the_name_of_its_test(guarded_run) -> None:
    assert "test_writes wrote to the home folder: note.txt" in guarded_run(
        "from pathlib import Path\ndef test_writes():\n    (Path.home() / 'note.txt').write_text('x')\n"
    )


@pytest.fixture
def guarded_run(tmp_path: Path, repository: Path):
    """Runs a test module under this project's guards in a process of its own. → what pytest printed."""
    import subprocess
    import sys

    def run(code: str) -> str:
        (tmp_path / "conftest.py").write_bytes((repository / "tests/conftest.py").read_bytes())
        (tmp_path / "test_it.py").write_text(code, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False).stdout

    return run
