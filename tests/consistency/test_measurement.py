from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box, HeatMap

sides = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda s: s[1] - s[0] > 1e-6)
boxes = st.builds(lambda x, y: Box(x[0], y[0], x[1], y[1]), sides, sides)


@pytest.mark.parametrize("sides", [(0.5, 0, 0.4, 1), (0, 0, 1.1, 1), (-0.1, 0, 1, 1), (0, 0.3, 1, 0.3)])
def test_a_box_lies_in_the_frame_and_has_an_area(sides: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="a box needs"):
        Box(*sides)


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_share(a: Box, b: Box) -> None:
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert 0 <= a.iou(b) <= 1 + 1e-9
    assert a.iou(a) == pytest.approx(1)


def test_iou_of_a_half() -> None:
    assert Box(0, 0, 1, 1).iou(Box(0, 0, 0.5, 1)) == pytest.approx(0.5)
    assert Box(0, 0, 0.5, 1).iou(Box(0.5, 0, 1, 1)) == 0


@given(boxes, st.integers(1, 5000), st.integers(1, 5000))
def test_every_box_has_at_least_one_pixel_inside_the_picture(box: Box, width: int, height: int) -> None:
    left, top, right, bottom = box.pixels(width, height)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_a_heat_map_keeps_its_cells_as_text(width: int, height: int, seed: int) -> None:
    cells = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    heat = HeatMap.of(cells)
    assert (heat.width, heat.height) == (width, height)
    assert heat.cells.isascii()
    np.testing.assert_array_equal(heat.array, cells)


def test_a_heat_map_of_another_size_than_it_says_is_an_error() -> None:
    with pytest.raises(ValueError, match="reshape"):
        _ = HeatMap(3, 3, HeatMap.of(np.zeros((2, 2), np.uint8)).cells).array
