"""Values in, words for a prompt out: a person's text on one line, a box as "left third, lower half"."""

from __future__ import annotations

import re
import unicodedata

from consistency import Box

_BREAKS = frozenset({"Cc", "Zl", "Zp"})
"""Unicode categories that may start another line: controls, line and paragraph separators."""
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of what is shown: with them a text may read as another one."""
_JOINERS = frozenset({"\u200d", "\ufe0e", "\ufe0f"})
"""Zero-width joiner and variation selectors: parts of the sign before them."""
_QUOTES = (('"', '"'), ("“", "”"), ("«", "»"), ("「", "」"))
"""Pairs of quotation marks, in the order of choice."""

_ACROSS = (
    ("", 0.0, 1.0),
    ("left third", 0.0, 1 / 3),
    ("center third", 1 / 3, 2 / 3),
    ("right third", 2 / 3, 1.0),
    ("left half", 0.0, 0.5),
    ("center half", 0.25, 0.75),
    ("right half", 0.5, 1.0),
    ("left two thirds", 0.0, 2 / 3),
    ("right two thirds", 1 / 3, 1.0),
)
_DOWN = (
    ("", 0.0, 1.0),
    ("upper third", 0.0, 1 / 3),
    ("middle third", 1 / 3, 2 / 3),
    ("lower third", 2 / 3, 1.0),
    ("upper half", 0.0, 0.5),
    ("middle half", 0.25, 0.75),
    ("lower half", 0.5, 1.0),
    ("upper two thirds", 0.0, 2 / 3),
    ("lower two thirds", 1 / 3, 1.0),
)
"""(words, start, end) as fractions of the frame; nothing is said of a span that is nearly all of it."""


def one_line(text: str) -> str:
    """The text on one line: controls and line breaks become a space, marks that turn the direction go, half
    surrogates become U+FFFD. What a person typed can then start no line, and so no section, of a prompt."""
    plain = "".join(_plain(sign) for sign in _TURNS.sub("", text))
    return re.sub(" {2,}", " ", plain).strip(" ")


def _plain(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in _BREAKS:
        return " "
    return "\ufffd" if category == "Cs" else sign


def quoted(text: str) -> str:
    """The text on one line, in quotation marks that it does not hold itself. Where it holds them all, its
    straight ones become apostrophes."""
    line = one_line(text)
    for opening, closing in _QUOTES:
        if opening not in line and closing not in line:
            return f"{opening}{line}{closing}"
    return '"' + line.replace('"', "'") + '"'


def spelled(text: str) -> str:
    """Letter by letter: "NO WAY" → "N O / W A Y". Signs made of several characters stay whole."""
    return " / ".join(" ".join(_signs(word)) for word in one_line(text).split())


def _signs(word: str) -> list[str]:
    signs: list[str] = []
    for character in word:
        joins = character in _JOINERS or unicodedata.category(character) in {"Mn", "Mc", "Me"}
        if signs and (joins or signs[-1].endswith("\u200d")):
            signs[-1] += character
        else:
            signs.append(character)
    return signs


def where(box: Box) -> str:
    """A box in words and percent: "left half, lower two thirds (16-64 % across, 26-100 % down)"."""
    words = [_span(_ACROSS, box.left, box.right), _span(_DOWN, box.top, box.bottom)]
    said = ", ".join(word for word in words if word) or "the whole picture"
    across, down = (
        f"{100 * box.left:.0f}-{100 * box.right:.0f} %",
        f"{100 * box.top:.0f}-{100 * box.bottom:.0f} %",
    )
    return f"{said} ({across} across, {down} down)"


def _span(spans: tuple[tuple[str, float, float], ...], start: float, end: float) -> str:
    return min(spans, key=lambda span: abs(span[1] - start) + abs(span[2] - end))[0]


def listed(names: list[str]) -> str:
    """Names in a row: "mara", "mara and tib", "mara, tib and oswin"."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
