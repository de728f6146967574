"""CSLS: by hand, and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency.cohort import corrected_distance, csls, is_corrected, with_nearness


def plane(*degrees: float) -> np.ndarray:
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_csls_by_hand() -> None:
    found = csls(plane(0, 90), plane(60), plane(30, 150, 180), nearest=2)
    # r(0°) = (cos 30 + cos 150) / 2 = 0, r(90°) = (cos 60 + cos 60) / 2, r(60°) = (cos 30 + cos 90) / 2
    root = np.sqrt(3) / 2
    np.testing.assert_allclose(found, [[1 - 0 - root / 2], [2 * root - 0.5 - root / 2]], atol=1e-6)


def test_a_smaller_cohort_counts_whole() -> None:
    a, b, cohort = plane(0), plane(20), plane(90, 40)
    np.testing.assert_allclose(csls(a, b, cohort), csls(a, b, cohort, nearest=2))
    assert not np.allclose(csls(a, b, cohort), csls(a, b, cohort, nearest=1))


def test_what_is_near_to_everything_is_brought_back() -> None:
    """A hub beats the true partner by raw cosine, and not by CSLS."""
    rng = np.random.default_rng(0)
    hub = np.array([1, 0, 0, 0], np.float32)
    cohort = hub + 0.3 * rng.standard_normal((40, 4)).astype(np.float32)
    query = np.array([0.7, 0.7, 0, 0], np.float32)
    partner = np.array([0.0, 0.8, 0.6, 0], np.float32)
    both = np.stack([hub, partner])
    raw = query @ both.T
    assert raw[0] > raw[1]
    found = csls(query, both, cohort)[0]
    assert found[1] > found[0]


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.floats(0.1, 10))
def test_sides_may_be_exchanged_and_lengths_do_not_count(seed: int, nearest: int, length: float) -> None:
    rng = np.random.default_rng(seed)
    a, b, cohort = (rng.standard_normal((n, 5)).astype(np.float32) for n in (3, 4, 9))
    found = csls(a, b, cohort, nearest)
    np.testing.assert_allclose(csls(b, a, cohort, nearest).T, found, atol=1e-5)
    np.testing.assert_allclose(csls(length * a, b, cohort[::-1], nearest), found, atol=1e-5)
    assert np.abs(found).max() <= 4 + 1e-5


@pytest.mark.parametrize(
    ("a", "b", "cohort", "nearest"),
    [((1, 3), (1, 2), (2, 3), 1), ((1, 3), (1, 3), (0, 3), 1), ((1, 3), (1, 3), (2, 3), 0)],
)
def test_what_cannot_be_compared_is_an_error(a, b, cohort, nearest) -> None:
    with pytest.raises(ValueError, match="cohort"):
        csls(np.ones(a), np.ones(b), np.ones(cohort), nearest)


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_rows_that_know_the_cohort_are_as_far_apart_as_csls_says(seed: int, nearest: int) -> None:
    rng = np.random.default_rng(seed)
    a, b, cohort = (rng.standard_normal((n, 5)) for n in (3, 4, 15))
    found = corrected_distance(with_nearness(a, cohort, nearest), with_nearness(b, cohort, nearest))
    expected = np.maximum(1 - csls(a, b, cohort, nearest) / 2, 0)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    back = corrected_distance(with_nearness(b, cohort, nearest), with_nearness(a, cohort, nearest))
    np.testing.assert_allclose(back.T, found, atol=1e-6)
    assert found.dtype == np.float32


def test_ids_say_which_rows_know_a_cohort() -> None:
    assert is_corrected("csd+csls:0123456789ab")
    assert not is_corrected("csd@0123456789ab")
