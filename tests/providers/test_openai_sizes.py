"""Sizes that OpenAI's models take, and the nearest of them to any other."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.generators.openai.sizes import FEWEST, MOST, allowed, nearest_allowed

sides = st.integers(1, 20_000)


@given(sides, sides)
def test_the_nearest_size_is_allowed_and_its_own_nearest(width: int, height: int) -> None:
    found = nearest_allowed(width, height)
    assert allowed(*found)
    assert nearest_allowed(*found) == found


@given(st.integers(16, 3840), st.integers(16, 3840))
def test_shapes_within_the_bounds_are_kept(width: int, height: int) -> None:
    if max(width, height) > 3 * min(width, height):
        return
    across, down = nearest_allowed(width, height)
    # 0.0096 is the most that 60,000 random sizes came to.
    assert abs(log(across / down) - log(width / height)) < 0.02


@given(sides, sides)
def test_a_picture_on_its_side_has_the_same_size_on_its_side(width: int, height: int) -> None:
    assert nearest_allowed(height, width) == nearest_allowed(width, height)[::-1]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ((1024, 1024), (1024, 1024)),
        ((1024, 768), (1024, 768)),
        ((2048, 1152), (2048, 1152)),
        ((3840, 2160), (3840, 2160)),
        ((1024, 1792), (1024, 1792)),
        ((160, 120), (960, 720)),
        ((1000, 1000), (1008, 1008)),
        ((100, 1000), (480, 1440)),
    ],
)
def test_sizes_that_people_ask_for(wanted: tuple[int, int], found: tuple[int, int]) -> None:
    assert nearest_allowed(*wanted) == found


@pytest.mark.parametrize(
    "size", [(1000, 1000), (1024, 640 - 16), (3840, 2176), (3856, 2144), (2880, 944), (512, 512)]
)
def test_what_is_not_allowed(size: tuple[int, int]) -> None:
    assert not allowed(*size)


def test_the_bounds_themselves_are_allowed() -> None:
    assert allowed(1024, 640)
    assert FEWEST == 1024 * 640
    assert allowed(3840, 2160)
    assert MOST == 3840 * 2160
    assert allowed(1440, 480)
