"""Distances between pixels and pinned colors, on pictures small enough to know the answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency.color import ciede2000, ciede2000_matrix
from consistency.palette_measures import (
    MIN_ROLE_PIXELS,
    assign_roles,
    mean_color_difference,
    p90_to_nearest,
    role_mean_shift,
)

ROLES = np.float32([[40, 50, 30], [80, 0, 0], [30, 10, -50]])
SHARES = np.array([0.5, 0.3, 0.2])


def pixels(counts=(50, 30, 20), move=(0, 0, 0), role=0):
    moved = ROLES.copy()
    moved[role] += np.float32(move)
    return np.repeat(moved, counts, axis=0)


def test_assignment_is_the_nearest():
    lab = np.random.default_rng(0).uniform([0, -60, -60], [100, 60, 60], (500, 3)).astype(np.float32)
    match = assign_roles(lab, np.ones(500), ROLES)
    table = ciede2000_matrix(lab, ROLES)
    assert (match.labels == table.argmin(axis=1)).all()
    assert (match.delta_e == table.min(axis=1)).all()
    assert match.delta_e.dtype == np.float32


def test_pixels_without_weight_keep_a_label():
    assert len(assign_roles(pixels(), np.r_[np.ones(50), np.zeros(50)], ROLES).labels) == 100


def test_nothing_moved():
    shift = role_mean_shift(pixels(), np.ones(100), ROLES, SHARES)
    assert shift == pytest.approx(0, abs=1e-4)


def test_one_role_moved_counts_with_its_pinned_share():
    move = (4, -6, 3)
    shift = role_mean_shift(pixels(move=move), np.ones(100), ROLES, SHARES)
    expected = float(ciede2000(ROLES[0], ROLES[0] + np.float32(move)))
    assert shift == pytest.approx(expected / 2, abs=1e-3)


def test_other_shares_of_the_same_colors_are_no_shift():
    assert role_mean_shift(pixels((5, 90, 5)), np.ones(100), ROLES, SHARES) == pytest.approx(0, abs=1e-4)


def test_roles_with_few_pixels_do_not_count():
    counts = (50, 46, MIN_ROLE_PIXELS - 1)
    shift = role_mean_shift(pixels(counts, (9, 0, 0), role=2), np.ones(100), ROLES, SHARES)
    assert shift == pytest.approx(0, abs=1e-4)


def test_no_role_found_is_nan():
    assert np.isnan(role_mean_shift(ROLES, np.ones(3), ROLES, SHARES))
    assert np.isnan(role_mean_shift(pixels(), np.ones(100), ROLES, np.zeros(3)))


def test_weights_are_a_mask():
    weights = np.r_[np.zeros(25), np.ones(25), np.ones(50)]
    lab = pixels()
    lab[:25] += np.float32([20, 0, 0])  # hidden by the mask
    assert role_mean_shift(lab, weights, ROLES, SHARES) == pytest.approx(0, abs=1e-4)
    assert p90_to_nearest(lab, weights, ROLES) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("foreign", "far"), [(9, False), (10, False), (11, True)])
def test_p90_wants_a_tenth_to_be_foreign(foreign, far):
    lab = np.repeat(np.float32([[40, 50, 30], [60, -50, 50]]), [100 - foreign, foreign], axis=0)
    distance = p90_to_nearest(lab, np.ones(100), ROLES)
    assert (distance > 10) is far


def test_p90_counts_weight_not_pixels():
    lab = np.float32([[40, 50, 30], [60, -50, 50]])
    assert p90_to_nearest(lab, [0.95, 0.05], ROLES) == pytest.approx(0, abs=1e-4)
    assert p90_to_nearest(lab, [0.5, 0.5], ROLES) > 10


def test_mean_color_difference():
    one, two = pixels(), pixels(move=(10, 0, 0))
    difference = mean_color_difference(one, np.ones(100), two, np.ones(100))
    assert difference == pytest.approx(float(ciede2000(one.mean(axis=0), two.mean(axis=0))), abs=1e-3)
    assert difference == mean_color_difference(two, np.ones(100), one, np.ones(100))
    assert mean_color_difference(one, np.ones(100), one[::-1], np.full(100, 0.2)) == pytest.approx(
        0, abs=1e-4
    )


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 300), st.integers(1, 6))
def test_laws(seed, count, roles):
    rng = np.random.default_rng(seed)
    low, high = [0, -80, -80], [100, 80, 80]
    lab, pinned = rng.uniform(low, high, (count, 3)), rng.uniform(low, high, (roles, 3))
    weights, order = rng.random(count) + 0.01, rng.permutation(count)
    shift = role_mean_shift(lab, weights, pinned, np.ones(roles))
    again = role_mean_shift(lab[order], 3 * weights[order], pinned, np.full(roles, 0.1))
    assert shift == pytest.approx(again, abs=1e-3, nan_ok=True)
    assert np.isnan(shift) or shift >= 0
    nearest = assign_roles(lab, weights, pinned).delta_e
    assert nearest.min() <= p90_to_nearest(lab, weights, pinned) <= nearest.max()


@pytest.mark.parametrize(
    ("lab", "weights", "roles", "shares"),
    [
        (np.zeros((0, 3)), np.zeros(0), ROLES, SHARES),
        (np.zeros((4, 3)), np.zeros(4), ROLES, SHARES),
        (np.zeros((4, 3)), np.ones(5), ROLES, SHARES),
        (np.full((4, 3), np.nan), np.ones(4), ROLES, SHARES),
        (np.zeros((4, 3)), np.ones(4), np.zeros((0, 3)), np.zeros(0)),
        (np.zeros((4, 3)), np.ones(4), np.zeros(3), SHARES),
        (np.zeros((4, 3)), np.ones(4), ROLES, np.ones(2)),
        (np.zeros((4, 3)), np.ones(4), ROLES, -np.ones(3)),
    ],
)
def test_wrong_inputs(lab, weights, roles, shares):
    with pytest.raises(ValueError):
        role_mean_shift(lab, weights, roles, shares)
