"""Marks that are set like letters are counted; what is no lettering is not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from consistency import Box, ObservationError, frame_from_array
from consistency.text_marks import TextMarks, marks_from_bytes, marks_to_bytes, text_marks

WHOLE = Box(0, 0, 1, 1)
PAPER, INK = (245, 240, 230), (20, 20, 40)


def page(ground=PAPER, height: int = 400, width: int = 600) -> np.ndarray:
    return np.full((height, width, 3), ground, np.uint8)


def written(pixels: np.ndarray, text: str, at: tuple[int, int], ink=INK) -> np.ndarray:
    """The text with its letters a little apart, so that none touch."""
    out, (x, y) = pixels.copy(), at
    for letter in text:
        out = cv2.putText(out, letter, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.9, ink, 2, cv2.LINE_AA)
        x += cv2.getTextSize(letter, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 2)[0][0] + 2
    return out


def count(pixels: np.ndarray, box: Box = WHOLE) -> TextMarks:
    return text_marks(frame_from_array(pixels), box)


@pytest.mark.parametrize(("ground", "ink", "dark"), [(PAPER, INK, True), ((30, 35, 80), PAPER, False)])
def test_each_letter_is_a_mark_dark_or_light(ground, ink, dark) -> None:
    marks = count(written(page(ground), "LANTERN", (60, 120), ink))
    assert (marks.rows, marks.dark) == (7, dark)


def test_lines_add_up() -> None:
    one = written(page(), "LANTERN", (60, 120))
    assert count(written(one, "STREET", (60, 170))).rows == 13


def test_capitals_and_small_letters_stand_in_one_row() -> None:
    assert count(written(page(), "Lamp of Hope", (60, 120))).rows == 10


def test_letters_of_a_title_are_counted_too() -> None:
    big = cv2.putText(page(), "LAMP", (60, 250), cv2.FONT_HERSHEY_SIMPLEX, 4.0, INK, 18, cv2.LINE_AA)
    assert count(big).rows == 4


def test_only_what_is_in_the_box_counts() -> None:
    pixels = written(page(), "LANTERN", (60, 350))
    assert count(pixels, Box(0, 0.6, 1, 1)).rows == 7
    assert count(pixels, Box(0, 0, 1, 0.5)).rows == 0


def test_letters_below_each_other_are_a_column() -> None:
    pixels = page()
    for row, letter in enumerate("LAMP"):
        pixels = written(pixels, letter, (290, 60 + 34 * row))
    assert (count(pixels).rows, count(pixels).columns) == (0, 4)


def windows() -> np.ndarray:
    pixels = page((60, 70, 130))
    for x in range(60, 540, 40):
        pixels[100:125, x : x + 20] = (255, 240, 190)
    return pixels


def two_marks() -> np.ndarray:
    return written(page(), "NO", (60, 120))


def texture() -> np.ndarray:
    noise = np.random.default_rng(1).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 4) * 3


@pytest.mark.parametrize("make", [page, windows, two_marks])
def test_blank_paper_lit_windows_and_two_marks_are_no_lettering(make) -> None:
    marks = count(make())
    assert (marks.rows, marks.columns) == (0, 0)


def test_of_the_patches_of_a_texture_hardly_any_counts() -> None:
    assert count(texture()).rows < 30


def test_a_box_of_a_pixel_has_no_letters() -> None:
    assert count(page(), Box(0.5, 0.5, 0.501, 0.501)).rows == 0


def test_counts_go_to_bytes_and_back() -> None:
    marks = TextMarks(Box(0, 0.1, 1, 0.5), 12, 3, dark=False)
    assert marks_from_bytes(marks_to_bytes(marks), marks.box) == marks


@pytest.mark.parametrize("data", [b"", b"[1, 2]", b'["a", 1, true]', b"\xff", b"7"])
def test_other_bytes_are_no_counts(data: bytes) -> None:
    with pytest.raises(ObservationError, match="no count of marks"):
        marks_from_bytes(data, WHOLE)
