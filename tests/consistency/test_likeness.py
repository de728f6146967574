"""Seeking characters in maps of a frame: by what their references look like in maps of the same encoder."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import Box, frame_from_array
from consistency.likeness import FRAME_SIDE, HEAT_SIDE, REFERENCE_SIDES, Likenesses, views_of
from consistency.windows import separate

RED, GREEN, BLUE = (200, 40, 40), (40, 170, 60), (50, 60, 190)


def reference(color):
    pixels = np.full((96, 64, 3), 235, np.uint8)
    pixels[10:90, 12:52] = color
    return frame_from_array(pixels)


def street(*figures):
    """A blue sky over pale ground, and figures: (color, left, top, right, bottom), as fractions."""
    pixels = np.empty((240, 320, 3), np.uint8)
    pixels[:110], pixels[110:] = (80, 120, 200), (205, 200, 190)
    for color, left, top, right, bottom in figures:
        pixels[int(top * 240) : int(bottom * 240), int(left * 320) : int(right * 320)] = color
    return frame_from_array(pixels)


@pytest.fixture
def likenesses(scripted_maps) -> Likenesses:
    return Likenesses.build(
        {name: views_of(scripted_maps, [reference(color)]) for name, color in (("mara", RED), ("tib", GREEN))}
    )


def best(likenesses, maps, frame, name):
    (grid,) = maps.maps([frame], FRAME_SIDE)
    found = likenesses.find(grid, [name])
    (window,) = separate(found.windows.boxes, found.scores[0], 1)
    return found, found.windows.box(window), float(found.scores[0, window])


def test_views_are_unit_rows_one_for_each_size(scripted_maps) -> None:
    one, other = views_of(scripted_maps, [reference(RED), reference(BLUE)])
    assert one.shape == other.shape == (len(REFERENCE_SIDES), 3)
    assert one.dtype == np.float32
    assert np.linalg.norm(one, axis=1) == pytest.approx(1, abs=1e-5)
    assert (one * other).sum(axis=1).max() < 0.5
    np.testing.assert_array_equal(views_of(scripted_maps, [reference(BLUE)])[0], other)


@settings(deadline=None)
@given(left=st.floats(0, 0.7), top=st.floats(0, 0.4))
def test_a_figure_is_found_wherever_it_stands(a_maps, left: float, top: float) -> None:
    maps = a_maps()
    likenesses = Likenesses.build({"mara": views_of(maps, [reference(RED)])})
    box = Box(left, top, left + 0.25, top + 0.6)
    frame = street((RED, box.left, box.top, box.right, box.bottom))
    assert best(likenesses, maps, frame, "mara")[1].iou(box) > 0.3  # as the evaluation counts


def test_each_is_found_where_it_stands(likenesses, scripted_maps) -> None:
    frame = street((RED, 0.05, 0.2, 0.3, 0.9), (GREEN, 0.6, 0.3, 0.85, 0.95))
    assert best(likenesses, scripted_maps, frame, "mara")[1].iou(Box(0.05, 0.2, 0.3, 0.9)) > 0.3
    assert best(likenesses, scripted_maps, frame, "tib")[1].iou(Box(0.6, 0.3, 0.85, 0.95)) > 0.3


def test_one_who_is_there_stands_out_more_than_one_who_is_not(likenesses, scripted_maps) -> None:
    there = best(likenesses, scripted_maps, street((RED, 0.3, 0.2, 0.6, 0.9)), "mara")[2]
    absent = best(likenesses, scripted_maps, street(), "mara")[2]
    assert there > absent + 0.3


def test_the_heat_map_is_hottest_where_the_character_is(likenesses, scripted_maps) -> None:
    found, box, _ = best(likenesses, scripted_maps, street((RED, 0.6, 0.2, 0.85, 0.9)), "mara")
    heat = found.heat(0).array
    assert max(heat.shape) == HEAT_SIDE
    left, top, right, bottom = box.pixels(heat.shape[1], heat.shape[0])
    down, across = np.unravel_index(heat.argmax(), heat.shape)
    assert top <= down < bottom
    assert left <= across < right
    assert heat.max() == 255, "she stands out clearly"
    assert heat[:, : heat.shape[1] // 3].max() < 100


def test_a_frame_in_one_color_is_warm_nowhere(likenesses, scripted_maps) -> None:
    gray = frame_from_array(np.full((60, 80, 3), 128, np.uint8))
    found, _, score = best(likenesses, scripted_maps, gray, "tib")
    assert score == pytest.approx(0, abs=1e-5)
    assert not found.heat(0).array.any()


def test_what_all_characters_share_counts_less_among_several(scripted_maps) -> None:
    alike = {"mara": (220, 60, 40), "tib": (220, 40, 90)}
    views = {name: views_of(scripted_maps, [reference(color)]) for name, color in alike.items()}
    among = Likenesses.build(views)
    alone = np.stack([Likenesses.build({name: own}).rows[0, 0] for name, own in views.items()])
    assert among.rows[0, 0] @ among.rows[0, 1] < alone[0] @ alone[1] - 0.05


def test_without_views_there_is_nothing_to_seek_by() -> None:
    assert Likenesses.build({}) is None
    assert Likenesses.build({"mara": []}) is None
