"""Lettering: are there about as many marks like letters as the pinned words have. Nothing here can read.

Letters that are wrong, swapped or in another language are not seen, and more marks than letters never count
against a frame: scenery has such marks too.
"""

from __future__ import annotations

import unicodedata

from consistency.checks.expected import Expected, PinnedWords
from consistency.measurement import WHOLE, Box, Evidence, LabeledBox, Measurement, Result, Unmeasured
from consistency.observation import Observation
from consistency.text_marks import IN_A_ROW, TextMarks

ENCODER = "marks/1"
UNIT = "share of letters missing"
MARGIN = 0.03
"""Share of the frame around a pinned place that is looked at too: words are set roughly where they belong."""
SPOKEN, OTHER = 4, 8
"""Letters from which their absence may be called drift: in a balloon, and without a speaker. Sounds that are
drawn into the picture, slanted and painted, are not found; the longest of those measured has 6."""
JOINED = frozenset({"ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI"})
"""Scripts whose letters touch, by the first word of their Unicode names: a word is one mark."""
IN_COLUMNS = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
"""Scripts that may be set from top to bottom."""


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """One result for each of the pinned words. `lettering.amount` where they are pinned to a place and long
    enough to be missed, else `lettering.hint`. Empty when no words are pinned."""
    seen = {marks.box: marks for marks in observation.lettering}
    return [_measure(words, expected, seen.get(words_box(words.place))) for words in expected.lettering]


def words_box(place: Box | None) -> Box:
    """Where to look for words that are pinned to a place: a margin around it; None: in the whole frame."""
    if place is None:
        return WHOLE
    return Box(
        max(0.0, place.left - MARGIN),
        max(0.0, place.top - MARGIN),
        min(1.0, place.right + MARGIN),
        min(1.0, place.bottom + MARGIN),
    )


def letters_of(text: str) -> int:
    """Letters and digits: what is large enough to be counted."""
    return sum(character.isalnum() for character in text)


def _measure(words: PinnedWords, expected: Expected, marks: TextMarks | None) -> Result:
    check = "lettering.amount" if _can_be_missed(words) else "lettering.hint"
    subject = words.speaker or "caption"
    if marks is None:
        reason = "the place of the words was not looked at"
        return Unmeasured(check, subject, reason, ENCODER, part=words.text)
    box = marks.box
    sharing = [other.text for other in expected.lettering if _within(words_box(other.place), box)]
    pinned = sum(map(letters_of, sharing))
    if pinned < IN_A_ROW:
        reason = f"fewer than {IN_A_ROW} letters cannot be told from scenery: look for them yourself"
        return Unmeasured(check, subject, reason, ENCODER, part=words.text)
    found = max(marks.rows, marks.columns) if _scripts(sharing) & IN_COLUMNS else marks.rows
    distance = min(1.0, max(0.0, 1 - found / pinned))
    evidence = Evidence(
        reason=_told(words, found, pinned, len(sharing)),
        boxes=(LabeledBox(box, "words"),) if words.place is not None else (),
        scores={"marks": float(found), "letters": float(pinned)},
    )
    return Measurement(check, subject, distance, UNIT, ENCODER, evidence, words.text)


def _can_be_missed(words: PinnedWords) -> bool:
    enough = letters_of(words.text) >= (SPOKEN if words.speaker else OTHER)
    return words.place is not None and enough and not _scripts([words.text]) & JOINED


def _scripts(texts: list[str]) -> set[str]:
    """The first words of the Unicode names of all letters: "LATIN", "CJK"."""
    signs = {sign for text in texts for sign in text if sign.isalnum()}
    return {unicodedata.name(sign, "").partition(" ")[0] for sign in signs}


def _within(inner: Box, outer: Box) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and inner.right <= outer.right
        and inner.bottom <= outer.bottom
    )


def _told(words: PinnedWords, found: int, pinned: int, sharing: int) -> str:
    where = "anywhere in the frame" if words.place is None else "where they are pinned"
    of = f"the {pinned} letters" if sharing == 1 else f"the {pinned} letters of all words there"
    marks = {0: "no marks", 1: "1 mark"}.get(found, f"{found} marks")
    return f"“{words.text}”: {marks} like letters {where}, for {of}; counted, not read"
