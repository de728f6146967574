"""Names that people use for colors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import ColorError, color_name
from consistency.color import ciede2000_matrix, srgb_to_lab
from consistency.color_names import COMMON

_LABS = srgb_to_lab(
    np.array([[int(value[i : i + 2], 16) for i in (1, 3, 5)] for value in COMMON.values()], np.uint8)
)


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("#c8322e", "red"),
        ("#96222f", "dark red"),
        ("#f3cba8", "peach"),
        ("#8cc5b4", "sea green"),
        ("#d0912b", "ochre"),
        ("#6d4938", "brown"),
        ("#171a33", "navy blue"),
        ("#fefefe", "white"),
        ("#0a0a0a", "black"),
        ("gold", "golden yellow"),
        ("rgb(255, 255, 0)", "yellow"),
    ],
)
def test_names_that_a_person_would_give(color: str, name: str) -> None:
    assert color_name(color) == name


@pytest.mark.parametrize("name", COMMON)
def test_the_color_of_a_name_has_that_name(name: str) -> None:
    assert color_name(COMMON[name]) == name


def test_no_two_names_are_mixed_up() -> None:
    apart = ciede2000_matrix(_LABS, _LABS) + 100 * np.eye(len(_LABS))
    assert apart.min() > 5


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_every_color_has_a_name_not_far_from_it(rgb: tuple[int, int, int]) -> None:
    name = color_name(f"#{bytes(rgb).hex()}")
    distances = ciede2000_matrix(srgb_to_lab(np.array([rgb], np.uint8)), _LABS)[0]
    assert distances[tuple(COMMON).index(name)] == pytest.approx(distances.min(), abs=1e-3)
    assert distances.min() < 17.5


@pytest.mark.parametrize("wrong", ["", "reddish", "#12", "\n"])
def test_what_is_no_color_has_no_name(wrong: str) -> None:
    with pytest.raises(ColorError):
        color_name(wrong)
