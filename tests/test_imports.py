"""Importing the packages is cheap: no model runtime, SDK or web framework comes along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = [
    *("torch", "torchvision", "open_clip", "onnx", "onnxruntime", "openvino", "insightface", "rapidocr"),
    *("diffusers", "transformers", "openai", "google.genai", "fastapi", "dask", "ray", "sqlalchemy"),
    *("scipy", "networkx", "skimage", "timm", "huggingface_hub"),
]


def test_importing_both_packages_loads_nothing_heavy() -> None:
    code = f"import sys, consistency, series, series.cli; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_consistency_works_without_series() -> None:
    code = (
        "import sys, consistency; print([m for m in sys.modules if m == 'series' or m.startswith('series.')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.fixture
def without_libgl(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose OpenCV cannot be loaded."""
    broken = tmp_path / "cv2.py"
    broken.write_text("raise ImportError('libGL.so.1: cannot open shared object file')", encoding="utf-8")
    return {**os.environ, "PYTHONPATH": str(tmp_path)}


def test_an_opencv_that_lacks_libgl_is_told_with_what_to_install(without_libgl) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import consistency"],
        capture_output=True,
        text=True,
        env=without_libgl,
        check=False,
    )
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert "apt-get install libgl1" in last
    assert "opencv-python-headless" in last


@pytest.mark.parametrize("command", [["models"], ["compare", "a.png", "b.png"]])
def test_the_command_line_says_so_in_one_line(without_libgl, command: list[str]) -> None:
    found = subprocess.run(
        [sys.executable, "-m", "series", *command],
        capture_output=True,
        text=True,
        env=without_libgl,
        check=False,
    )
    assert found.returncode == 2
    (line,) = found.stderr.strip().splitlines()
    assert line.startswith("error: OpenCV cannot be loaded (libGL.so.1")
    assert "apt-get install libgl1" in line
