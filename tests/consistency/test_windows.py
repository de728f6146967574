"""Windows over a grid and what lies in them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.windows import SEPARATE_BELOW, separate, window_means, windows_over

sides = st.integers(1, 40)


@settings(deadline=None)
@given(height=sides, width=sides)
def test_every_window_lies_in_the_grid_and_its_surroundings_around_it(height: int, width: int) -> None:
    windows = windows_over(height, width)
    left, top, right, bottom = windows.boxes.T
    assert (left >= 0).all()
    assert (top >= 0).all()
    assert (right <= width).all()
    assert (bottom <= height).all()
    assert (left < right).all()
    assert (top < bottom).all()
    assert (windows.around[:, :2] <= windows.boxes[:, :2]).all()
    assert (windows.around[:, 2:] >= windows.boxes[:, 2:]).all()
    assert windows.box(0).area <= 1  # Box itself refuses what lies outside


def test_means_are_those_of_the_cells_counted_one_by_one() -> None:
    grid = np.random.default_rng(0).normal(0, 1, (11, 17, 3)).astype(np.float32)
    windows = windows_over(11, 17)
    means = window_means(grid, windows)
    for index in range(0, len(windows.boxes), 23):
        kinds = np.zeros((11, 17), int)  # 0 rest, 1 ring, 2 inside
        for kind, (left, top, right, bottom) in enumerate((windows.around[index], windows.boxes[index]), 1):
            kinds[top:bottom, left:right] = kind
        assert means.inside[index] == pytest.approx(grid[kinds == 2].mean(axis=0), abs=1e-5)
        if (kinds == 1).any():
            assert means.ring[index] == pytest.approx(grid[kinds == 1].mean(axis=0), abs=1e-5)
        assert means.rest[index] == pytest.approx(grid[kinds != 2].mean(axis=0), abs=1e-5)


def test_a_window_over_everything_has_nothing_around_it() -> None:
    means = window_means(np.ones((2, 2, 1), np.float32), windows_over(2, 2))
    assert means.inside == pytest.approx(1)
    assert not means.ring.any()
    assert not means.rest.any()


@given(seed=st.integers(0, 1000), count=st.integers(1, 6))
def test_chosen_windows_are_separate_and_the_best_comes_first(seed: int, count: int) -> None:
    windows = windows_over(20, 30)
    score = np.random.default_rng(seed).normal(0, 1, len(windows.boxes)).astype(np.float32)
    kept = separate(windows.boxes, score, count)
    assert kept[0] == score.argmax()
    assert len(kept) == count
    assert score[kept].tolist() == sorted(score[kept].tolist(), reverse=True)
    for one, other in itertools.combinations(kept, 2):
        assert windows.box(one).iou(windows.box(other)) < SEPARATE_BELOW
