"""RenderingEncoder: each fault moves the scalar that is named for it, and is told in words."""

import csv
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency.encoders.rendering import (
    FAULT_SIGNATURES,
    RENDERING_FLOORS,
    RENDERING_NAMES,
    RenderingEncoder,
    describe,
    rendering_distance,
    rendering_scalars,
)
from consistency.image import frame_from_array, read_frame

DATA = Path(os.environ.get("SERIES_EVAL", Path(__file__).resolve().parents[4] / "shared" / "eval"))
SIDE = 384


def page(seed):
    """Fine and medium ink lines and light strokes over washes with a little paper texture."""
    random = np.random.default_rng(seed)
    small = random.integers(90, 220, (4, 4, 3)).astype(np.uint8)
    picture = cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    for width, count in ((1, 24), (3, 4)):
        for _ in range(count):
            points = random.integers(0, SIDE, (3, 1, 2)).astype(np.int32)
            cv2.polylines(picture, [points], False, (25, 20, 30), width, cv2.LINE_AA)
    for x, y in random.integers(0, SIDE, (60, 2)):
        cv2.line(picture, (int(x), int(y)), (int(x) + 12, int(y) + 5), (250, 250, 245), 1, cv2.LINE_AA)
    paper = random.normal(0, 1.0, (SIDE, SIDE, 1))
    return np.clip(picture + paper, 0, 255).astype(np.uint8)


CROSS = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))


def blurred(picture):
    return cv2.GaussianBlur(picture, (0, 0), 1.5)


def grained(picture):
    noise = np.random.default_rng(9).normal(0, 10, picture.shape[:2])[..., None]
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def thicker(picture):
    return cv2.erode(picture, CROSS)


def thinner(picture):
    return cv2.dilate(picture, CROSS)


def posterized(picture):
    return (picture // 32 * 36).astype(np.uint8)


def halftoned(picture):
    y, x = np.mgrid[:SIDE, :SIDE] * (2 * np.pi / 6 / np.sqrt(2))
    dots = (np.cos(x + y) + np.cos(y - x)) / 2
    return np.clip(picture - 60.0 * (dots > 0.3)[..., None], 0, 255).astype(np.uint8)


def encode(*pictures):
    return RenderingEncoder().encode([frame_from_array(np.ascontiguousarray(p), "drawn") for p in pictures])


REFERENCES = encode(*(page(seed) for seed in range(5)))


def test_gives_fourteen_named_floats_a_frame():
    rows = encode(page(1), page(2))
    assert rows.shape == (2, 14)
    assert rows.dtype == np.float32
    assert len(set(RENDERING_NAMES)) == len(RENDERING_FLOORS) == 14
    assert all(len(signature) == 14 for _, signature in FAULT_SIGNATURES)


def test_no_frames_give_no_rows():
    assert encode().shape == (0, 14)


def test_rows_are_repeatable_and_independent_of_their_batch():
    pictures = [page(1), grained(page(2)), page(3)]
    for picture, row in zip(pictures, encode(*pictures), strict=True):
        assert np.array_equal(encode(picture)[0], row)


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 500), (500, 3), (129, 40), (144, 17)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_and_tiny_frames_stay_finite(size, value):
    assert np.isfinite(rendering_scalars(np.full((*size, 3), value, np.uint8))).all()


def test_strips_leave_no_trace():
    """A picture taller than a strip measures like its two halves together would: rows repeat exactly."""
    tile = page(3)[:128, :128]
    tall = np.concatenate([tile, tile[::-1]] * 3)
    short = np.concatenate([tile, tile[::-1]])
    assert rendering_scalars(tall) == pytest.approx(rendering_scalars(short), abs=0.05)


@pytest.mark.parametrize(
    ("fault", "name", "sign", "word"),
    [
        (blurred, "edge crispness", -1, "blur"),
        (blurred, "sharpness of the finest detail", -1, "blur"),
        (grained, "grain in smooth areas", 1, "grain added"),
        (thicker, "hairlines among the dark lines", -1, "line weight thicker"),
        (thinner, "hairlines among the light lines", -1, "line weight thinner"),
        (posterized, "tone steps", 1, "posterized"),
        (halftoned, "grain in smooth areas", 1, "halftone"),
        (halftoned, "sharpness at half size", 1, "halftone"),
    ],
)
def test_a_fault_moves_the_scalar_named_for_it(fault, name, sign, word):
    found = rendering_distance(encode(fault(page(11)))[0], REFERENCES)
    assert sign * found.z[RENDERING_NAMES.index(name)] > 2
    assert found.distance > 4
    assert word in describe(found.z)


def test_another_page_by_the_same_hand_stays_near():
    found = rendering_distance(encode(page(11))[0], REFERENCES)
    assert found.distance < 3


def test_distance_is_the_largest_move_and_names_it():
    vector = REFERENCES.mean(axis=0)
    vector[6] -= 1
    found = rendering_distance(vector, REFERENCES)
    assert found.worst == "edge crispness"
    assert found.distance == pytest.approx(np.abs(found.z).max())
    assert found.z.shape == (14,)
    assert found.z.dtype == np.float32


def test_one_reference_is_measured_in_floors():
    found = rendering_distance(REFERENCES[0] + np.array(RENDERING_FLOORS, np.float32) * 3, REFERENCES[:1])
    assert found.z == pytest.approx(3, abs=1e-3)
    assert rendering_distance(REFERENCES[0], REFERENCES[:1]).distance == 0


@pytest.mark.parametrize(("vector", "references"), [((14,), (0, 14)), ((13,), (3, 14)), ((14,), (14,))])
def test_other_shapes_are_refused(vector, references):
    with pytest.raises(ValueError, match="needs"):
        rendering_distance(np.zeros(vector, np.float32), np.zeros(references, np.float32))


def test_words_for_small_and_for_unfamiliar_moves():
    assert describe(np.zeros(14, np.float32)) == "rendered like the references"
    odd = np.zeros(14, np.float32)
    odd[10] = 6
    assert describe(odd) == "medium strokes among the dark lines: more than in the references"


@pytest.mark.skipif(not (DATA / "comic").is_dir(), reason=f"no comic panels in {DATA / 'comic'}")
@pytest.mark.parametrize("fault", [blurred, grained, thicker, thinner, posterized])
def test_faults_on_real_panels_are_told_from_none(fault):
    with (DATA / "comic" / "panels.csv").open(newline="", encoding="utf-8") as file:
        panels = [row for row in csv.DictReader(file) if row["episode"] != "ep01"]
    frames = [read_frame(DATA / "comic" / row["path"]) for row in panels]
    clean = RenderingEncoder().encode(frames)
    spoiled = encode(*(fault(frame.pixels) for frame in frames))
    others = [np.delete(clean, index, axis=0) for index in range(len(frames))]
    usual = np.array([rendering_distance(*pair).distance for pair in zip(clean, others, strict=True)])
    moved = np.array([rendering_distance(*pair).distance for pair in zip(spoiled, others, strict=True)])
    assert np.mean(usual[:, None] < moved) > 0.98
