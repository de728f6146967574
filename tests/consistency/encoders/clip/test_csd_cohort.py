"""CSD corrected by a cohort: made once from a folder, kept beside the models, part of the encoder's name."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import (
    ImageEncoder,
    Locator,
    Measurement,
    ModelError,
    ObservationCache,
    Observer,
    Recipe,
    Request,
    compare,
)
from consistency.cohort import AT_LEAST, csls
from consistency.encoders.csd import csd
from consistency.encoders.csd_cohort import cohort_path
from consistency.encoders.csd_cohort import make_cohort as make

TINY = "tiny-vit"


@pytest.fixture(scope="module")
def unrelated(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("unrelated")
    rng = np.random.default_rng(5)
    paths = [folder / f"{number:02}.png" for number in range(AT_LEAST + 4)]
    for path in paths:
        cv2.imwrite(str(path), rng.integers(0, 256, (40, 40, 3), dtype=np.uint8))
    return paths


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nets")


@pytest.fixture
def style(checkpoint: Path, cache: Path, tmp_path: Path):
    """The encoder, with whatever cohort lies in the folder of this test."""

    def build(*, corrected: bool = True) -> ImageEncoder:
        models = tmp_path / "models"
        return csd(str(checkpoint), folder=models, cache=cache, architecture=TINY, corrected=corrected).style

    return build


def test_without_a_cohort_rows_are_plain_under_their_own_id(style) -> None:
    assert style().id == style(corrected=False).id == f"csd@{style().weights[:12]}"


def test_a_cohort_is_part_of_id_and_weights(style, unrelated, tmp_path: Path) -> None:
    plain = style()
    made = make(plain, [*unrelated, unrelated[0]], tmp_path / "models")
    assert made.path == cohort_path(plain.weights, tmp_path / "models")
    assert made.pictures == len(unrelated)
    one = style()
    assert one.id == made.encoder != plain.id
    assert one.id.startswith(f"{plain.id}+csls:")
    assert one.weights != plain.weights
    assert style(corrected=False).id == plain.id
    make(plain, unrelated[2:], tmp_path / "models")
    assert style().id not in {one.id, plain.id}
    make(plain, unrelated, tmp_path / "models")
    assert style().id == one.id


def test_distances_are_those_of_csls(style, unrelated, frames, tmp_path: Path) -> None:
    from consistency import read_frame
    from consistency.checks.style import distances

    plain = style()
    make(plain, unrelated, tmp_path / "models")
    corrected = style()
    rows, cohort = plain.encode(frames), plain.encode([read_frame(path) for path in unrelated])
    found = distances(corrected.encode(frames), corrected.encode(frames), corrected.id)
    np.testing.assert_allclose(found, np.maximum(1 - csls(rows, rows, cohort) / 2, 0), atol=1e-5)


def test_it_travels_to_worker_processes_as_paths(style, unrelated, frames, tmp_path: Path) -> None:
    make(style(), unrelated, tmp_path / "models")
    one = style()
    assert len(pickle.dumps(one)) < 2000
    other = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
    np.testing.assert_array_equal(other.encode(frames[:2]), one.encode(frames[:2]))


def test_pictures_are_compared_by_it(checkpoint, style, unrelated, cache, tmp_path: Path) -> None:
    make(style(), unrelated, tmp_path / "models")
    encoders = csd(str(checkpoint), folder=tmp_path / "models", cache=cache, architecture=TINY)
    observer = Observer(Recipe(encoders, Locator.build({})), ObservationCache(None))
    a, b = observer.observe([Request(path, whole=True) for path in unrelated[:2]])
    (found,) = [r for r in compare(a, b, encoders.ids) if r.check == "style.reference"]
    assert isinstance(found, Measurement)
    assert (found.unit, found.encoder) == ("cosine distance beyond a cohort", encoders.style.id)


def test_too_few_pictures_are_no_cohort(style, unrelated, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ModelError, match=f"needs {AT_LEAST} different pictures.*found 3"):
        make(style(), [*unrelated[:3], *unrelated[:3], tmp_path / "text.png"], tmp_path / "models")
    assert not (tmp_path / "models").exists()
    made = make(style(), [*unrelated, tmp_path / "text.png"], tmp_path / "models")
    assert len(made.unreadable) == 1
    assert "text.png" in made.unreadable[0]


@pytest.mark.parametrize("damage", ["cut", "text", "other"])
def test_a_file_that_is_no_cohort_of_it_is_named(style, unrelated, tmp_path: Path, damage: str) -> None:
    made = make(style(), unrelated, tmp_path / "models")
    data = made.path.read_bytes()
    weights = style(corrected=False).weights.encode()
    content = {
        "cut": data[: len(data) // 2],
        "text": b"no cohort",
        "other": data.replace(weights, b"0" * 64),
    }
    made.path.write_bytes(content[damage])
    with pytest.raises(ModelError, match=r"no cohort of this checkpoint .*series models cohort csd FOLDER"):
        style()
