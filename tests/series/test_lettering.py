"""Words → letters in the picture: what is set where, in every script, and what no font has."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import Box
from series.lettering import missing_signs, set_words
from series.lettering.fonts import width_of
from series.lettering.wrap import NOT_FIRST, NOT_LAST, balanced, lines_within, pieces

GROUND = (40, 60, 120)


@dataclass(frozen=True)
class Line:
    text: str
    place: Box | None = None
    speaker: str = ""


def ground(width: int = 640, height: int = 480) -> np.ndarray:
    return np.full((height, width, 3), GROUND, np.uint8)


def touched(before: np.ndarray, after: np.ndarray) -> tuple[float, float, float, float]:
    """left, top, right, bottom of what changed, in fractions."""
    rows, columns = np.nonzero((before != after).any(axis=2))
    height, width = before.shape[:2]
    return columns.min() / width, rows.min() / height, (columns.max() + 1) / width, (rows.max() + 1) / height


def test_without_words_the_picture_stays_as_it_is():
    before = ground()
    assert np.array_equal(set_words(before, [], []), before)
    assert np.array_equal(set_words(before, [Line("  \n ")], []), before)


def test_the_picture_given_is_not_written_into():
    before = ground()
    set_words(before, [Line("HELLO THERE.")], [])
    assert np.array_equal(before, ground())


@pytest.mark.parametrize("speaker", ["", "mara"])
def test_words_stay_in_their_place(speaker):
    place = Box(0.5, 0.1, 0.95, 0.5)
    after = set_words(ground(), [Line("You are tall enough, Tib.", place, speaker)], [])
    left, top, right, bottom = touched(ground(), after)
    # The outline is drawn around the place that the words take.
    assert left > 0.49
    assert top > 0.09
    assert right < 0.96
    assert bottom < 0.51


def test_a_balloon_keeps_off_the_face_it_belongs_to():
    speaker = Box(0.3, 0.4, 0.7, 1.0)
    after = set_words(ground(), [Line("I KNOW!", None, "mara")], [speaker], speakers={"mara": speaker})
    changed = (after != ground()).any(axis=2)
    face = changed[round(0.45 * 480) : round(0.65 * 480), round(0.35 * 640) : round(0.65 * 640)]
    assert changed.any()
    assert not face.any()


def test_a_tail_points_to_the_speaker_whose_box_is_known():
    line, box = Line("THAT ONE IS DARK!", Box(0.0, 0.0, 1.0, 0.4), "mara"), Box(0.05, 0.55, 0.25, 0.95)
    without = touched(ground(), set_words(ground(), [line], []))
    with_tail = set_words(ground(), [line], [box], speakers={"mara": box})
    left, _, right, _ = touched(ground(), with_tail)
    assert (left + right) / 2 < 0.4  # near the speaker, not in the middle
    assert touched(ground(), with_tail)[3] - touched(ground(), with_tail)[1] > without[3] - without[1]


def test_two_balloons_do_not_cover_each_other():
    words = [Line("WHO IS THERE?", None, "mara"), Line("ONLY ME.", None, "tib")]
    first = (set_words(ground(), words[:1], []) != ground()).any(axis=2)
    both = (set_words(ground(), words, []) != ground()).any(axis=2)
    second = (set_words(ground(), words[1:], []) != ground()).any(axis=2)
    assert both.sum() > 1.2 * max(first.sum(), second.sum())


@pytest.mark.parametrize(
    "text",
    [
        "The last lamp, Ærø, façade",
        "Последний фонарь",
        "Ο τελευταίος φανός",
        "最后一盏灯，还没有点亮。",
        "「あの灯り」ッー",
        "마지막 등불",
    ],
)
def test_every_script_of_the_fonts_is_there(text):
    assert missing_signs(text) == ""
    assert not np.array_equal(set_words(ground(), [Line(text)], []), ground())


def test_signs_that_no_font_has_are_told_and_left_out():
    assert missing_signs("ok \U0001f389 مم") == "\U0001f389م"
    plain, with_sign = (
        set_words(ground(), [Line("ok.")], []),
        set_words(ground(), [Line("ok\U0001f389.")], []),
    )
    assert np.array_equal(plain, with_sign)


def test_another_process_sets_the_same_letters():
    code = (
        "import hashlib, numpy as np\nfrom series.request import Words\n"
        "from series.lettering import set_words\n"
        "p = set_words(np.full((240, 320, 3), 90, np.uint8), [Words('あの灯り, Tib!', None, 'x')], [])\n"
        "print(hashlib.sha256(p.tobytes()).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1


@given(st.text(max_size=80), st.integers(1, 90), st.integers(1, 90), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_text_fits_into_any_picture_without_an_error(text, width, height, spoken):
    place = Box(0.6, 0.6, 0.7, 0.7)
    after = set_words(ground(width, height), [Line(text, place, "x" if spoken else "")], [place])
    assert after.shape == (height, width, 3)
    assert after.dtype == np.uint8


@given(st.text(st.sampled_from("ab 漢字かなー。、「」ッ한글,!"), max_size=40))
@settings(max_examples=150, deadline=None)
def test_pieces_joined_are_the_text(text):
    assert "".join(pieces(text)) == text


@given(st.text(st.sampled_from("漢字かな。、「」ー…"), min_size=1, max_size=40), st.floats(4, 12))
@settings(max_examples=150, deadline=None)
def test_chinese_and_japanese_lines_break_where_they_may(text, width):
    lines = lines_within(text, width)
    assert "".join(lines) == text
    # A run of marks that is wider than a line has to be broken somewhere.
    if max(map(width_of, pieces(text))) <= width:
        assert not any(line[0] in NOT_FIRST for line in lines[1:])
        assert not any(line[-1] in NOT_LAST for line in lines[:-1])
        assert all(width_of(line) <= width for line in lines)


def test_words_with_spaces_are_not_broken_inside():
    assert lines_within("one lamp is dark", 4.5) == ("one lamp", "is dark")
    assert lines_within("등불을 들고", 4.0) == ("등불을", "들고")


def test_each_way_to_balance_has_one_more_line_and_is_narrower():
    ways = balanced("My pole snapped. It is too high for me.", 4)
    assert [len(way) for way in ways] == [1, 2, 3, 4]
    widest = [max(map(width_of, way)) for way in ways]
    assert widest == sorted(widest, reverse=True)
