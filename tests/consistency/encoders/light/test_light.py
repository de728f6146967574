"""The set `light` with its real nets, where they are on disk."""

from __future__ import annotations

import os
import pickle
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import (
    DEFAULT_TOLERANCES,
    Box,
    Encoders,
    Locator,
    Observation,
    ObservationCache,
    Observer,
    Recipe,
    Request,
    compare,
    load_encoders,
)
from consistency.encoders.light.runtime import INSTALL
from consistency.encoders.models import VARIABLE, find_model
from consistency.errors import ModelError
from consistency.image import frame_from_array

NAMES = ("yunet", "face-reidentification-retail-0095", "mobilenet_v1_embedding")


@pytest.fixture(scope="module")
def encoders() -> Encoders:
    if find_spec("openvino") is None:
        pytest.skip(f"OpenVINO is not installed: {INSTALL}")
    if not os.environ.get(VARIABLE):
        pytest.skip(f"no models: {VARIABLE} does not name their folder")
    try:
        for name in NAMES:
            find_model(name)
    except ModelError as error:
        pytest.skip(str(error))
    return load_encoders("light")


@pytest.fixture
def drawing(tmp_path) -> Path:
    random = np.random.default_rng(0)
    pixels = np.full((300, 240, 3), 220, np.uint8)
    for color in random.integers(0, 256, (12, 3)).tolist():
        center = tuple(int(v) for v in random.integers(60, 200, 2))
        cv2.circle(pixels, center, int(random.integers(8, 40)), color, -1)
    path = tmp_path / "drawing.png"
    cv2.imwrite(str(path), pixels)
    return path


def test_roles_are_named_and_locked_with_digests(encoders) -> None:
    assert encoders.ids == {
        "style": "light.style/1",
        "rendering": "classical.rendering/1",
        "subject": "light.subject/1",
        "faces": "light.faces/1",
        "maps": "light.maps/1",
    }
    assert all("sha256:" in encoders.locked[role] for role in ("style", "subject", "faces", "maps"))
    assert set(encoders.models["faces"]) == set(NAMES[:2])


def test_every_encoder_has_its_tolerances(encoders) -> None:
    known = {encoder for _, encoder, *_ in DEFAULT_TOLERANCES}
    assert set(encoders.ids.values()) <= known


def test_the_set_travels_small_after_it_was_used(encoders) -> None:
    encoders.faces.faces([frame_from_array(np.zeros((64, 64, 3), np.uint8))])
    assert len(pickle.dumps(encoders)) < 4000


def test_worker_processes_observe_the_same_as_this_one(encoders, drawing, tmp_path) -> None:
    paths = []
    for index in range(9):
        pixels = np.roll(cv2.imread(str(drawing)), 7 * index, axis=1)
        paths.append(tmp_path / f"{index}.png")
        cv2.imwrite(str(paths[-1]), pixels)
    requests = [Request(path, whole=True) for path in paths]
    recipe = Recipe(encoders, Locator.build({}))
    here = list(Observer(recipe, ObservationCache(None)).observe(requests))
    there = list(Observer(recipe, ObservationCache(None), workers=2).observe(requests))
    for one, other in zip(here, there, strict=True):
        assert isinstance(one, Observation)
        assert np.array_equal(one.style, other.style)
        assert np.array_equal(one.regions[0].vector, other.regions[0].vector)
        assert np.array_equal(one.regions[0].views, other.regions[0].views)


def test_a_character_is_sought_in_maps_by_this_process_and_by_workers(encoders, drawing, tmp_path) -> None:
    figure = cv2.imread(str(drawing))
    paths = []
    for index in range(9):
        frame = np.full((400, 600, 3), 190, np.uint8)
        frame[80:380, 40 * index : 40 * index + 240] = figure
        paths.append(tmp_path / f"f{index}.png")
        cv2.imwrite(str(paths[-1]), frame)
    plain = Recipe(encoders, Locator.build({}))
    (seen,) = Observer(plain, ObservationCache(None)).observe([Request(drawing, whole=True)])
    region = seen.regions[0]
    recipe = Recipe(encoders, Locator.build({"mara": [region.colors]}, {"mara": [region.views]}))
    requests = [Request(path, {"mara": 2}) for path in paths]
    here = list(Observer(recipe, ObservationCache(None)).observe(requests))
    there = list(Observer(recipe, ObservationCache(None), workers=2).observe(requests))
    for index, (one, other) in enumerate(zip(here, there, strict=True)):
        assert [r.proposal for r in one.regions] == [r.proposal for r in other.regions]
        mapped = [r.proposal for r in one.regions if r.proposal.by_map]
        assert len(mapped) == 2
        assert all(proposal.heat for proposal in mapped)
        truth = Box(40 * index / 600, 0.2, (40 * index + 240) / 600, 0.95)
        assert max(proposal.box.iou(truth) for proposal in mapped) > 0.3  # as the evaluation counts


def test_a_picture_equals_itself(encoders, drawing) -> None:
    recipe = Recipe(encoders, Locator.build({}))
    seen = next(iter(Observer(recipe, ObservationCache(None)).observe([Request(drawing, whole=True)])))
    near = {r.check: r.distance for r in compare(seen, seen, encoders.ids) if r.encoder.startswith("light")}
    assert near == pytest.approx({"identity": 0, "style.reference": 0}, abs=1e-5)
    assert not seen.faces


def test_other_nets_under_the_right_names_are_refused(encoders, tmp_path) -> None:
    from consistency.encoders.light import light

    for name in NAMES:
        found = find_model(name)
        (tmp_path / name).mkdir()
        for path in found.paths.values():
            (tmp_path / name / path.name).write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelError, match=r"its sha256 is [0-9a-f]{64}, expected"):
        light(tmp_path)
