"""`series doctor`: what can run here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2

from consistency import catalogue


def doctor(models: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "series", "doctor", "--models", str(models)],
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_it_says_what_can_run_and_what_auto_would_take(tmp_path: Path) -> None:
    lines = doctor(tmp_path)
    assert f"opencv {cv2.__version__} loads" in lines
    assert f"models in {tmp_path}: none" in lines
    assert [line.split(":")[0] for line in lines if line.startswith("extra ")] == [
        "extra light",
        "extra face",
        "extra clip",
    ]
    assert "  encoders: style, drawn characters by classical: needs no model file" in lines
    assert lines[-1].endswith("series models pull light")
    (tmp_path / "yunet").mkdir()
    (tmp_path / "yunet" / catalogue()["yunet"].files[0].name).write_bytes(b"")
    assert f"models in {tmp_path}: yunet" in doctor(tmp_path)
