"""What is outside the mask stays the original's, whatever a model answered."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import Box, ImageError, decode_frame
from series.errors import GeneratorError
from series.generators.put_back import FEATHER, mask_png, put_back

MASK = Box(0.25, 0.25, 0.75, 0.9)


def noise(seed: int, width: int, height: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def encoded(pixels: np.ndarray, suffix: str = ".png") -> bytes:
    return cv2.imencode(suffix, pixels[..., ::-1])[1].tobytes()


def pixels_of(data: bytes) -> np.ndarray:
    return decode_frame(data, "picture").pixels


def inside(width: int, height: int, box: Box, by: int = 0) -> np.ndarray:
    """Where the box is, less so many pixels at each edge that is not the picture's own."""
    left, top, right, bottom = box.pixels(width, height)
    there = np.zeros((height, width), bool)
    there[
        top + by * (top > 0) : bottom - by * (bottom < height),
        left + by * (left > 0) : right - by * (right < width),
    ] = True
    return there


def test_outside_is_the_originals_and_deep_inside_the_answers() -> None:
    base, answer = noise(1, 200, 150), noise(2, 200, 150)
    data = put_back(encoded(base), encoded(answer), MASK)
    assert data.startswith(b"\x89PNG")
    mixed = pixels_of(data)
    outside, deep = ~inside(200, 150, MASK), inside(200, 150, MASK, FEATHER)
    assert np.array_equal(mixed[outside], base[outside])
    assert np.array_equal(mixed[deep], answer[deep])
    assert deep.sum() > 2000


def test_between_them_the_answer_fades_in() -> None:
    base, answer = np.zeros((150, 200, 3), np.uint8), np.full((150, 200, 3), 200, np.uint8)
    row = pixels_of(put_back(encoded(base), encoded(answer), MASK))[90, :, 0].astype(int)
    edge = row[48 : 52 + FEATHER]
    assert (np.diff(edge) >= 0).all()
    assert edge[0] == 0
    assert edge[-1] == 200
    assert np.diff(edge).max() <= 200 // FEATHER + 1


def test_an_edge_of_the_picture_has_no_feather() -> None:
    base, answer = noise(1, 200, 150), noise(2, 200, 150)
    mixed = pixels_of(put_back(encoded(base), encoded(answer), Box(0.0, 0.0, 1.0, 1.0)))
    assert np.array_equal(mixed, answer)


def test_an_answer_of_another_size_is_fitted_to_the_original() -> None:
    base, answer = noise(1, 160, 120), np.full((720, 960, 3), (10, 120, 230), np.uint8)
    mixed = pixels_of(put_back(encoded(base), encoded(answer), MASK))
    assert mixed.shape == base.shape
    assert np.array_equal(mixed[~inside(160, 120, MASK)], base[~inside(160, 120, MASK)])
    assert (mixed[inside(160, 120, MASK, FEATHER)] == (10, 120, 230)).all()


def test_a_smaller_answer_is_fitted_too() -> None:
    base, answer = noise(1, 640, 480), np.full((120, 160, 3), (10, 120, 230), np.uint8)
    mixed = pixels_of(put_back(encoded(base), encoded(answer), MASK))
    assert np.array_equal(mixed[~inside(640, 480, MASK)], base[~inside(640, 480, MASK)])
    assert (mixed[inside(640, 480, MASK, FEATHER)] == (10, 120, 230)).all()


def test_a_jpeg_base_stays_as_it_decodes() -> None:
    base, answer = encoded(noise(1, 200, 150), ".jpg"), encoded(noise(2, 200, 150), ".webp")
    mixed, outside = pixels_of(put_back(base, answer, MASK)), ~inside(200, 150, MASK)
    assert np.array_equal(mixed[outside], pixels_of(base)[outside])


def test_an_answer_of_another_shape_is_refused() -> None:
    with pytest.raises(GeneratorError, match=r"another shape \(100×150\)"):
        put_back(encoded(noise(1, 200, 150)), encoded(noise(2, 100, 150)), MASK)


def test_bytes_that_are_no_picture_are_refused() -> None:
    with pytest.raises(ImageError, match="the answer"):
        put_back(encoded(noise(1, 20, 15)), b"<html>", MASK)


sides = st.integers(8, 90)
edges = st.floats(0, 1)


@given(sides, sides, st.tuples(edges, edges), st.tuples(edges, edges))
@settings(max_examples=60, deadline=None)
def test_no_mask_lets_a_pixel_outside_change(width: int, height: int, across, down) -> None:
    left, right = sorted(across)
    top, bottom = sorted(down)
    if right - left < 0.02 or bottom - top < 0.02:
        return
    box = Box(left, top, right, bottom)
    base, answer = noise(1, width, height), noise(2, width, height)
    mixed = pixels_of(put_back(encoded(base), encoded(answer), box))
    there = inside(width, height, box)
    assert np.array_equal(mixed[~there], base[~there])
    low, high = np.minimum(base, answer).astype(int), np.maximum(base, answer).astype(int)
    assert ((mixed >= low) & (mixed <= high)).all()


def test_the_mask_is_open_where_the_picture_may_change() -> None:
    pixels = cv2.imdecode(np.frombuffer(mask_png((200, 150), MASK), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels.shape == (150, 200, 4)
    assert np.array_equal(pixels[..., 3] == 0, inside(200, 150, MASK))
    assert set(np.unique(pixels[..., 3])) == {0, 255}
