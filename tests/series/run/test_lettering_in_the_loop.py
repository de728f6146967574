"""Words that a generator left out are found, and set here for nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import Box, Verdict, read_frame
from series.generators.scripted import Scripted
from series.pipeline import RunOptions, run_series
from series.report.live import RunProgress

BALLOON = Box(0.66, 0.13, 0.9, 0.24)
"""Inside the balloon of p08, around its words."""


@pytest.fixture
def manifest(sample: Path, tmp_path: Path) -> Path:
    for name in ("refs", "palettes"):
        shutil.copytree(sample / name, tmp_path / "comic" / name)
    return Path(shutil.copy(sample / "series.yaml", tmp_path / "comic"))


def without_words(path: Path) -> bytes:
    pixels = read_frame(path).pixels.copy()
    left, top, right, bottom = BALLOON.pixels(pixels.shape[1], pixels.shape[0])
    part = pixels[top:bottom, left:right]
    part[part.min(axis=2) < 215] = np.median(part, axis=(0, 1))
    return cv2.imencode(".png", pixels[..., ::-1])[1].tobytes()


def test_words_that_are_gone_are_set_here_and_nothing_is_asked_for_again(
    manifest: Path, sample: Path
) -> None:
    generator = Scripted({"p08": [without_words(sample / "frames/p08.png")]}, price=0.04)
    finished = run_series(RunOptions(manifest, panels=("p08",)), RunProgress(), generator)
    (frame,) = finished.audit.frames
    drawn, mended = frame.attempts
    assert len(generator.requests) == 1
    assert drawn.verdict is Verdict.DRIFTED
    assert "“MROW?”: no marks like letters" in " ".join(drawn.drifted)
    assert mended.kept
    assert (frame.outcome, finished.audit.run.usd) == ("accepted", pytest.approx(0.04))
    (words,) = [one for one in frame.assessment.findings if one.result.check == "lettering.amount"]
    assert words.verdict is Verdict.CONSISTENT
    assert "lettering is only counted, not read: read the words yourself" in finished.audit.notes
