"""Values in words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box
from series.manifest.fields import FIGURE_PLACES
from series.request import where
from series.request.wording import listed, one_line, quoted, spelled


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\ntwo", "one two"),
        ("one\r\n\t two ", "one two"),
        ("a\x1b[31mred", "a [31mred"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("abc\u202edef", "abcdef"),
        ("half \ud800", "half \ufffd"),
        ("猫は　寝た", "猫は　寝た"),
        ("\n\n", ""),
    ],
)
def test_text_on_one_line(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text(st.characters()))
def test_nothing_breaks_a_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert not {unicodedata.category(sign) for sign in line} & {"Cc", "Zl", "Zp", "Cs"}
    assert one_line(line) == line
    assert line.encode().decode() == line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NO", '"NO"'),
        ('SAY "NO"', '“SAY "NO"”'),
        ('“"', '«“"»'),
        ('"“«「', '"\'“«「"'),
        ("a\nb", '"a b"'),
    ],
)
def test_quotes(text: str, said: str) -> None:
    assert quoted(text) == said


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("NO WAY!", "N O / W A Y !"),
        ("e\u0301te\u0301", "e\u0301 t e\u0301"),
        ("👩‍🚀 ❤️", "👩‍🚀 / ❤️"),
        ("猫だ", "猫 だ"),
        ("", ""),
    ],
)
def test_letter_by_letter(text: str, letters: str) -> None:
    assert spelled(text) == letters


@given(st.text(st.characters(codec="utf-8")))
def test_no_letter_is_lost(text: str) -> None:
    letters = [part for part in spelled(text).split(" ") if part != "/"]
    expected = "".join(one_line(text).split())
    assert "".join(letters) == expected.replace("/", "") or "/" in expected


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (Box(0, 0, 0.33, 1), "left third (0-33 % across, 0-100 % down)"),
        (Box(0, 0.5, 0.3, 1), "left third, lower half (0-30 % across, 50-100 % down)"),
        (Box(0.7, 0, 1, 0.3), "right third, upper third (70-100 % across, 0-30 % down)"),
        (Box(0.35, 0.3, 0.65, 0.7), "center third, middle third (35-65 % across, 30-70 % down)"),
        (Box(0.16, 0.26, 0.64, 1), "left two thirds, lower two thirds (16-64 % across, 26-100 % down)"),
        (Box(0, 0, 1, 1), "the whole picture (0-100 % across, 0-100 % down)"),
    ],
)
def test_boxes_in_words(box: Box, words: str) -> None:
    assert where(box) == words


@pytest.mark.parametrize("word", FIGURE_PLACES)
def test_the_manifests_own_words_come_back(word: str) -> None:
    assert where(Box(*FIGURE_PLACES[word])).startswith(f"{word} half (")


def test_names_in_a_row() -> None:
    assert [listed(["a", "b", "c"][:count]) for count in range(4)] == ["", "a", "a and b", "a, b and c"]
