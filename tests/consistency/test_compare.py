"""Comparing two observed pictures: every distance, and what could not be taken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import (
    Box,
    Face,
    Locator,
    Measurement,
    ObservationCache,
    Observer,
    Recipe,
    Request,
    Unmeasured,
    compare,
    load_encoders,
)
from consistency.measurement import WHOLE

CHECKS = {
    "identity",
    "color.mean",
    "color.p90",
    "style.reference",
    "rendering.reference",
    "color.shift",
    "color.emd",
    "picture.size",
    "picture.aspect",
    "picture.copy",
}


def drawing(coat: tuple[int, int, int], *, blur: float = 0) -> np.ndarray:
    pixels = np.full((192, 256, 3), (90, 110, 150), np.uint8)
    pixels[::16] = (70, 90, 130)
    cv2.rectangle(pixels, (100, 60), (150, 170), coat, -1)
    cv2.rectangle(pixels, (100, 60), (150, 170), (20, 20, 30), 3)
    cv2.circle(pixels, (125, 40), 22, (243, 203, 168), -1)
    cv2.circle(pixels, (125, 40), 22, (20, 20, 30), 3)
    return cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compare")
    pictures = {
        "red": drawing((200, 50, 46)),
        "green": drawing((40, 160, 60)),
        "blurred": drawing((200, 50, 46), blur=3),
        "small": drawing((200, 50, 46))[::2, ::2],
    }
    for name, pixels in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), pixels[..., ::-1])
    observer = Observer(Recipe(load_encoders(), Locator.build({})), ObservationCache(None))
    requests = [Request(Path(folder / f"{name}.png"), whole=True) for name in pictures]
    return dict(zip(pictures, observer.observe(requests), strict=True))


def between(a, b, **options) -> dict[str, Measurement]:
    return {result.check: result for result in compare(a, b, load_encoders().ids, **options)}


def test_a_picture_and_itself_are_the_same_by_every_check(seen) -> None:
    results = between(seen["red"], seen["red"])
    assert set(results) == CHECKS
    # A palette sums many colors up in a few: a cell is never quite its own dominant color.
    rounding = {"color.p90": 6.0, "color.shift": 0.5, "picture.copy": 0.1}
    assert {c for c, r in results.items() if r.distance > rounding.get(c, 1e-3)} == set()


def test_every_distance_says_its_unit_and_its_encoder(seen) -> None:
    for result in between(seen["red"], seen["green"]).values():
        assert result.unit
        assert "/" in result.encoder
        assert result.distance >= 0


@pytest.mark.parametrize(
    ("other", "moved", "still"),
    [
        ("green", {"color.mean", "color.emd", "picture.copy"}, {"picture.size", "rendering.reference"}),
        ("blurred", {"style.reference", "rendering.reference"}, {"picture.size", "picture.copy"}),
        ("small", {"picture.size"}, {"picture.aspect", "color.emd", "picture.copy"}),
    ],
)
def test_each_kind_of_change_moves_its_own_distances(seen, other, moved, still) -> None:
    limits = {"style.reference": 0.05, "rendering.reference": 3.0, "picture.copy": 2.0, "picture.size": 0.3}
    results = between(seen[other], seen["red"])
    assert {check for check in moved if results[check].distance <= limits.get(check, 1.5)} == set()
    assert {check for check in still if results[check].distance > limits.get(check, 1.5)} == set()


def test_vectors_are_as_far_both_ways(seen) -> None:
    there, back = between(seen["red"], seen["green"]), between(seen["green"], seen["red"])
    for check in ("identity", "style.reference", "color.mean", "color.emd", "picture.aspect", "picture.copy"):
        assert there[check].distance == pytest.approx(back[check].distance, abs=1e-4), check


def test_a_picture_that_was_not_observed_whole_says_so(make) -> None:
    one = make.observation()
    results = compare(one, one, load_encoders().ids)
    (missing,) = [result for result in results if isinstance(result, Unmeasured)]
    assert missing.check == "identity"
    assert "Request(whole=True)" in missing.reason
    assert len(results) > 5


def test_a_picture_of_one_pixel_says_what_could_not_be_measured(tmp_path, seen) -> None:
    cv2.imwrite(str(tmp_path / "one.png"), np.full((1, 1, 3), 7, np.uint8))
    observer = Observer(Recipe(load_encoders(), Locator.build({})), ObservationCache(None))
    (one,) = observer.observe([Request(tmp_path / "one.png", whole=True)])
    results = compare(one, seen["red"], load_encoders().ids)
    assert all(np.isfinite(r.distance) for r in results if isinstance(r, Measurement))
    (missing,) = [result for result in results if isinstance(result, Unmeasured)]
    assert missing.check == "color.shift"
    assert "too small" in missing.reason


def test_largest_faces_are_compared_where_both_pictures_have_one(make) -> None:
    ids = {**load_encoders().ids, "faces": "scripted.faces/1"}
    near, far = (Face(Box(0, 0, 0.2, 0.2), 0.9, np.array(v, np.float32)) for v in ((1, 0), (0, 1)))
    whole = make.region("", (1, 0, 0), WHOLE)
    one, other = (make.observation(whole, faces=faces) for faces in ((near,), (far, near)))
    (found,) = [r for r in compare(one, other, ids) if r.encoder == ids["faces"]]
    assert (found.check, found.subject, found.distance) == ("identity", "largest face", pytest.approx(1))
    small = make.observation(whole, faces=(replace(near, clear=False),))
    (found,) = [r for r in compare(small, one, ids) if r.encoder == ids["faces"]]
    assert (found.check, found.distance) == ("identity.unclear", pytest.approx(0))
    without = make.observation(whole)
    assert not [r for r in compare(one, without, ids) if r.encoder == ids["faces"]]
