"""Writing a file whole, or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from series.errors import SeriesError
from series.files import write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_utf8_with_its_line_ends(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.txt", "コマ\r\nend\n")
    assert (tmp_path / "a.txt").read_bytes() == "コマ\r\nend\n".encode()
    assert names(tmp_path) == ["a.txt"]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").write_bytes(b"")
    write_atomically(tmp_path / "new", b"")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_names_as_long_as_the_file_system_allows(tmp_path: Path) -> None:
    write_atomically(tmp_path / ("a" * 255), b"x")
    assert names(tmp_path) == ["a" * 255]


def test_a_missing_folder_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "no" / "a.txt"
    with pytest.raises(SeriesError) as caught:
        write_atomically(path, b"x")
    assert str(caught.value) == f"{path}: cannot be written: there is no folder {path.parent}"


def test_a_folder_of_that_name_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="cannot be written: this is a folder"):
        write_atomically(tmp_path, b"x")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_one_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(SeriesError, match="no permission to write in this folder"):
        write_atomically(tmp_path / "a.txt", b"x")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "no permission to write in this folder"),
        (errno.EROFS, "the disk is read-only"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_a_failing_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SeriesError) as caught:
        write_atomically(path, b"new")
    assert str(caught.value) == f"{path}: cannot be written: {said}"
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_an_interruption_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")

    def interrupt(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"old")
    (tmp_path / "link").symlink_to("target")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"new"
    assert names(tmp_path) == ["link", "target"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_or_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    # Replacing would make a file of /dev/null, for a root user in a container.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert pipe.is_fifo()
    assert names(tmp_path) == ["pipe"]
