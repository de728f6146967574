"""Lettering: how much of the pinned words' amount is there. Nothing is read."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import (
    DEFAULT_TOLERANCES,
    Box,
    Expected,
    Measurement,
    PinnedWords,
    Unmeasured,
    Verdict,
    judge,
    words_box,
)
from consistency.checks import lettering
from consistency.checks.lettering import letters_of
from consistency.measurement import WHOLE
from consistency.text_marks import TextMarks

TOP = Box(0.0, 0.0, 1.0, 0.4)
CORNER = Box(0.5, 0.0, 1.0, 0.4)


@pytest.fixture
def measured(make):
    """Words and marks by place in, results out."""

    def measure(*words: PinnedWords, marks: dict[Box | None, int], columns: int = 0):
        counted = tuple(TextMarks(words_box(box), rows, columns, dark=True) for box, rows in marks.items())
        seen = replace(make.observation(), lettering=counted)
        return lettering.measure(seen, make.expected(lettering=words))

    return measure


def verdict(result) -> Verdict:
    return judge([result], DEFAULT_TOLERANCES).verdict


def test_without_words_nothing_is_measured(measured) -> None:
    assert measured(marks={}) == []


@pytest.mark.parametrize(
    ("found", "distance", "said"),
    [
        (0, 1.0, Verdict.DRIFTED),
        (3, 0.7, Verdict.UNSURE),
        (5, 0.5, Verdict.CONSISTENT),
        (10, 0.0, Verdict.CONSISTENT),
        (80, 0.0, Verdict.CONSISTENT),
    ],
)
def test_the_distance_is_the_share_that_is_missing_and_surplus_never_counts(
    measured, found: int, distance: float, said: Verdict
) -> None:
    (result,) = measured(PinnedWords("Where to, Tib?!", TOP, "mara"), marks={TOP: found})
    assert (result.check, result.subject, result.part) == ("lettering.amount", "mara", "Where to, Tib?!")
    assert result.distance == pytest.approx(distance)
    assert verdict(result) is said
    assert result.evidence.boxes[0].box == words_box(TOP)


def test_the_evidence_says_that_nothing_was_read(measured) -> None:
    (result,) = measured(PinnedWords("THE LAST LAMP", TOP), marks={TOP: 0})
    assert result.subject == "caption"
    assert result.evidence.reason == (
        "“THE LAST LAMP”: no marks like letters where they are pinned, for the 11 letters; counted, not read"
    )


@pytest.mark.parametrize(
    "words",
    [
        PinnedWords("Where is the lamp?", None, "mara"),
        PinnedWords("SPLASH", TOP),
        PinnedWords("NO!!", TOP, "mara"),
        PinnedWords("أين المصباح الأخير", TOP, "mara"),
    ],
    ids=["anywhere", "a sound", "two letters of three", "joined letters"],
)
def test_words_that_may_be_overlooked_are_never_called_gone(measured, words: PinnedWords) -> None:
    others = PinnedWords("I", words.place, "tib")
    results = measured(words, others, marks={words.place: 0})
    assert {result.check for result in results} == {"lettering.hint"}
    assert {verdict(result) for result in results} == {Verdict.UNSURE}


def test_words_anywhere_are_looked_for_in_the_whole_frame() -> None:
    assert words_box(None) == WHOLE
    grown = words_box(Box(0.5, 0.0, 0.98, 0.4))
    assert (grown.left, grown.top, grown.right, grown.bottom) == pytest.approx((0.47, 0.0, 1.0, 0.43))


@pytest.mark.parametrize("text", ["…", "?!", "I", "OK"])
def test_words_of_hardly_a_letter_are_unmeasured(measured, text: str) -> None:
    (result,) = measured(PinnedWords(text, TOP, "mara"), marks={TOP: 5})
    assert isinstance(result, Unmeasured)
    assert "look for them yourself" in result.reason


def test_words_that_share_a_place_are_counted_together(measured) -> None:
    one, other = PinnedWords("Where to?", TOP, "mara"), PinnedWords("HOME", CORNER, "tib")
    both = measured(one, other, marks={TOP: 11, CORNER: 4})
    assert [result.distance for result in both] == [0, 0]
    first, second = measured(one, other, marks={TOP: 7, CORNER: 0})
    assert first.distance == pytest.approx(1 - 7 / 11)
    assert second.distance == 1
    assert "the 11 letters of all words there" in first.evidence.reason


@pytest.mark.parametrize(("text", "distance"), [("你知道灯在哪里", 0.0), ("Where is it", 1.0)])
def test_only_scripts_that_are_set_in_columns_are_looked_for_in_columns(
    measured, text: str, distance: float
) -> None:
    (result,) = measured(PinnedWords(text, TOP, "mara"), marks={TOP: 0}, columns=9)
    assert result.distance == distance


def test_a_place_that_was_not_looked_at_is_unmeasured(measured) -> None:
    (result,) = measured(PinnedWords("Where to?", TOP, "mara"), marks={CORNER: 9})
    assert isinstance(result, Unmeasured)


@given(st.text(max_size=40), st.integers(0, 200))
def test_any_text_is_measured_between_0_and_1_or_said_to_be_too_short(text: str, found: int) -> None:
    words = PinnedWords(text, TOP, "mara")
    seen = SimpleNamespace(lettering=(TextMarks(words_box(TOP), found, 0, dark=True),))
    (result,) = lettering.measure(seen, Expected(encoders={}, lettering=(words,)))
    if letters_of(text) < 3:
        assert isinstance(result, Unmeasured)
    else:
        assert isinstance(result, Measurement)
        assert 0 <= result.distance <= 1
        assert verdict(result) in set(Verdict)
