"""`series models` as a process of its own, without a network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from consistency import catalogue


def series(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "series", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "100", **variables}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)


@pytest.fixture
def refusing():
    """Address of a proxy that closes every connection: nothing gets out, whatever is tried."""
    tried: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                tried.append(1)
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", tried


def test_every_model_is_listed_with_license_and_folder(tmp_path) -> None:
    done = series("models", SERIES_MODELS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    for model in catalogue().values():
        row = next(line.split() for line in done.stdout.splitlines() if line.split()[:1] == [model.name])
        assert row[-1] == "no"
        assert row[-2] == model.commercial
    assert f"folder: {tmp_path}" in done.stdout


def test_the_catalogue_as_json(tmp_path) -> None:
    (tmp_path / "yunet").mkdir()
    (tmp_path / "yunet" / "yunet_n_dynamic.onnx").write_bytes(b"net")
    done = series("models", "--models", tmp_path, "--json", "-")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(rows) == set(catalogue())
    assert rows["yunet"]["on_disk"] is True
    assert rows["buffalo_l"]["on_disk"] is False
    assert rows["buffalo_l"]["commercial"] == "no"


def test_a_wrong_name_is_told_the_nearest() -> None:
    done = series("models", "pull", "yunett")
    assert done.returncode == 2
    assert "did you mean 'yunet'?" in done.stderr


def test_without_a_network_a_pull_says_so_and_tries_once(tmp_path, refusing) -> None:
    proxy, tried = refusing
    done = series("models", "pull", "yunet", "--models", tmp_path, https_proxy=proxy, no_proxy="")
    assert done.returncode == 2
    assert "yunet_n_dynamic.onnx: cannot be reached: " in done.stderr
    assert "`series models add yunet PATH`" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert len(tried) == 1


def test_several_are_pulled_by_their_names_or_by_that_of_their_set(tmp_path, refusing) -> None:
    proxy, tried = refusing
    wrong = series("models", "pull", "yunet", "nope", "--models", tmp_path, https_proxy=proxy, no_proxy="")
    assert (wrong.returncode, tried) == (2, [])
    assert "no model 'nope'" in wrong.stderr
    done = series("models", "pull", "light", "--models", tmp_path, https_proxy=proxy, no_proxy="")
    assert done.returncode == 2
    assert done.stdout.startswith("yunet\nlicense: Apache-2.0")
    assert "`series models add yunet PATH`" in done.stderr
    assert len(tried) == 1


def test_a_cohort_is_for_csd_and_of_a_folder(tmp_path) -> None:
    nowhere = series("models", "cohort", "csd", tmp_path / "nowhere", "--models", tmp_path)
    assert (nowhere.returncode, nowhere.stdout) == (2, "")
    assert "cannot be read as a folder" in nowhere.stderr
    other = series("models", "cohort", "light", tmp_path, "--models", tmp_path)
    assert "only distances of csd are corrected by a cohort" in other.stderr


def test_the_wrong_file_is_refused(tmp_path) -> None:
    (tmp_path / "yunet_n_dynamic.onnx").write_bytes(b"not a net")
    done = series(
        "models", "--models", tmp_path / "models", "add", "yunet", tmp_path / "yunet_n_dynamic.onnx"
    )
    assert done.returncode == 2
    assert catalogue()["yunet"].files[0].sha256 in done.stderr
    assert done.stdout == ""


def test_a_copy_is_added_and_found(tmp_path, repository) -> None:
    mine = repository.parent / "shared" / "models" / "yunet" / "yunet_n_dynamic.onnx"
    if not mine.exists():
        pytest.skip(f"{mine} is not there")
    done = series("models", "add", "yunet", mine, SERIES_MODELS=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "yunet: took yunet_n_dynamic.onnx" in done.stdout
    assert "license: Apache-2.0; commercial use: yes" in done.stdout
    again = series("models", "pull", "yunet", SERIES_MODELS=str(tmp_path))
    assert again.returncode == 0, "what is there is not pulled"


def test_a_reader_who_leaves_is_no_error(tmp_path) -> None:
    command = f"{sys.executable} -m series models --models {tmp_path} --json - | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("[", "")


def test_json_into_a_file(tmp_path) -> None:
    target = tmp_path / "models.json"
    assert series("models", "--models", tmp_path, "--json", target).returncode == 0
    assert len(json.loads(Path(target).read_text("utf-8"))) == len(catalogue())
