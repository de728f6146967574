"""Where models are looked for, and what is said when they are not there or not the right ones."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from consistency import EncoderError, ModelError, catalogue, find_model, model_folder, on_disk
from consistency.encoders.catalogue import ModelFile
from consistency.encoders.models import files_of


@pytest.fixture
def two(a_model, sha256):
    """A model of two files: one with a published digest."""
    return a_model(ModelFile("net", "net.onnx", sha256=sha256(b"net")), ModelFile("head", "head.onnx"))


@pytest.fixture
def place(tmp_path) -> Path:
    """Where both lie."""
    place = tmp_path / "tiny"
    place.mkdir()
    (place / "net.onnx").write_bytes(b"net")
    (place / "head.onnx").write_bytes(b"head")
    return place


# --- where ------------------------------------------------------------------------------------------------


def test_the_option_goes_before_the_variable_and_that_before_the_data_folder(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path / "variable"))
    assert model_folder(tmp_path / "option") == tmp_path / "option"
    assert model_folder() == tmp_path / "variable"
    monkeypatch.setenv("SERIES_MODELS", "")
    assert model_folder().is_relative_to(Path.home())
    assert model_folder().name == "models"


def test_the_home_folder_may_be_a_tilde(monkeypatch) -> None:
    monkeypatch.setenv("SERIES_MODELS", "~/nets")
    assert model_folder() == Path.home() / "nets"


# --- found ------------------------------------------------------------------------------------------------


def test_files_are_found_by_role_with_their_digests(two, place, sha256) -> None:
    found = files_of(two, folder=place.parent)
    assert found.paths == {"net": place / "net.onnx", "head": place / "head.onnx"}
    assert found.digests == {"net": sha256(b"net"), "head": sha256(b"head")}
    assert on_disk(two, place.parent)


def test_one_digest_stands_for_all_files(two, place) -> None:
    before = files_of(two, folder=place.parent).digest
    assert len(before) == 64
    (place / "head.onnx").write_bytes(b"another head")
    assert files_of(two, folder=place.parent).digest != before


def test_a_file_that_did_not_change_is_read_once(two, place) -> None:
    files_of(two, folder=place.parent)
    path = place / "net.onnx"
    before = path.stat()
    path.write_bytes(b"bad")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    files_of(two, folder=place.parent)  # same file, size and time: not read
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    with pytest.raises(ModelError, match="its sha256 is"):
        files_of(two, folder=place.parent)


# --- not found --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(catalogue()))
def test_a_missing_model_is_one_line_with_the_two_ways_at_once(name, tmp_path) -> None:
    began = time.perf_counter()
    with pytest.raises(EncoderError) as told:
        find_model(name, folder=tmp_path)
    assert time.perf_counter() - began < 0.5
    said = str(told.value)
    assert said.startswith(f"model {name} is not on this disk (looked in {tmp_path / name}): ")
    assert f"`series models pull {name}`" in said
    assert f"`series models add {name} PATH`" in said
    assert "\n" not in said


def test_a_missing_file_is_named(two, place) -> None:
    (place / "head.onnx").unlink()
    with pytest.raises(ModelError, match=r"model tiny lacks head.onnx \(looked in .*\): "):
        files_of(two, folder=place.parent)
    assert not on_disk(two, place.parent)


def test_a_truncated_file_is_named_with_both_digests(two, place, sha256) -> None:
    (place / "net.onnx").write_bytes(b"ne")
    with pytest.raises(ModelError) as told:
        files_of(two, folder=place.parent)
    assert str(told.value).startswith(f"{place / 'net.onnx'}: not the net.onnx that tiny is made of")
    assert f"its sha256 is {sha256(b'ne')}, expected {sha256(b'net')}" in str(told.value)


def test_a_folder_in_the_place_of_a_file_is_no_file(two, place) -> None:
    (place / "net.onnx").unlink()
    (place / "net.onnx").mkdir()
    with pytest.raises(ModelError, match=r"lacks net.onnx"):
        files_of(two, folder=place.parent)


@pytest.mark.parametrize("note", [b"\xff\xfe", b"[sha256", b"sha256 = 3\n"])
def test_a_broken_note_is_named(two, place, note) -> None:
    (place / "installed.toml").write_bytes(note)
    with pytest.raises(ModelError, match=r"installed.toml: cannot be read .* delete it"):
        files_of(two, folder=place.parent)
