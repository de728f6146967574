"""Cohorts without a net: of an encoder that takes the mean color for style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import EncoderError, Frame, ModelError, known_model, make_cohort
from consistency.cohort import AT_LEAST
from consistency.encoders.csd_cohort import csd_id, with_cohort
from consistency.encoders.csd_cohort import make_cohort as make

PUBLISHED = known_model("csd").files[0].sha256


@dataclass(frozen=True)
class MeanColor:
    id: str = "csd"
    weights: str = PUBLISHED

    def encode(self, frames: Sequence[Frame]) -> np.ndarray:
        if not frames:
            return np.zeros((0, 3), np.float32)
        means = np.stack([frame.pixels.mean((0, 1)) for frame in frames]).astype(np.float32)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(3)
    paths = [tmp_path / f"{number}.png" for number in range(AT_LEAST)]
    for path in paths:
        cv2.imwrite(str(path), np.full((8, 8, 3), rng.integers(1, 256, 3), np.uint8))
    return paths


def test_the_published_encoder_is_known_by_its_cohort_before_it_is_loaded(tmp_path, pictures) -> None:
    models = tmp_path / "models"
    assert csd_id(models) == "csd"
    made = make(MeanColor(), pictures, models)
    assert csd_id(models) == made.encoder == with_cohort(MeanColor(), models).id
    assert made.encoder.startswith("csd+csls:")
    other = MeanColor(weights="0" * 64)
    assert with_cohort(other, models) is other


def test_rows_carry_how_near_they_lie_to_the_cohort(tmp_path, pictures) -> None:
    from consistency import read_frame

    make(MeanColor(), pictures, tmp_path / "models")
    frames = [read_frame(path) for path in pictures[:3]]
    rows = with_cohort(MeanColor(), tmp_path / "models").encode(frames)
    units = MeanColor().encode(frames)
    cosines = np.sort(units @ MeanColor().encode([read_frame(path) for path in pictures]).T, axis=1)
    np.testing.assert_allclose(rows[:, :3], units, atol=1e-6)
    np.testing.assert_allclose(rows[:, 3], cosines[:, -10:].mean(axis=1), atol=1e-6)
    assert with_cohort(MeanColor(), tmp_path / "models").encode([]).shape == (0, 4)


def test_a_picture_that_lies_there_twice_counts_once(tmp_path, pictures) -> None:
    twice = tmp_path / "copy.png"
    twice.write_bytes(pictures[0].read_bytes())
    with pytest.raises(ModelError, match=f"needs {AT_LEAST} different pictures.*, found {AT_LEAST - 1}"):
        make(MeanColor(), [*pictures[:-1], twice], tmp_path / "models")
    assert make(MeanColor(), [*pictures, twice], tmp_path / "models").pictures == AT_LEAST


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path, pictures) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelError, match="cannot be written"):
        make(MeanColor(), pictures, tmp_path / "models")


def test_only_csd_has_cohorts(tmp_path) -> None:
    with pytest.raises(EncoderError, match="only distances of csd are corrected by a cohort, not those of"):
        make_cohort("light", [], folder=tmp_path)
    with pytest.raises(EncoderError, match="series models pull csd"):
        make_cohort("csd", [], folder=tmp_path)
