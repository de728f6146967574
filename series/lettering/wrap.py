"""A text in, lines out: broken where its script allows it."""

from __future__ import annotations

from collections.abc import Sequence

from series.lettering.fonts import width_of

NOT_FIRST = frozenset(
    "、。，．・：；？！,.:;?!)]}）］｝〕〉》」』】〙〗’”%‰℃°ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々〻…‥—～"
)
"""Signs that begin no line (JIS X 4051, and the same marks in Chinese)."""
NOT_LAST = frozenset("([{（［｛〔〈《「『【〘〖‘“$€£¥￥")
"""Signs that end no line."""
_CJK = ((0x2E80, 0x303F), (0x3040, 0x30FF), (0x3100, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
        (0xF900, 0xFAFF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF), (0x20000, 0x3FFFF))  # fmt: skip
"""Scripts written without spaces, where a line may end after nearly every sign. Hangul has spaces."""


def pieces(text: str) -> list[str]:
    """The parts of a text between which a line may end, joined again they are the text."""
    found: list[str] = []
    for sign in text:
        if found and not _may_break(found[-1], sign):
            found[-1] += sign
        else:
            found.append(sign)
    return found


def lines_within(text: str, width: float) -> tuple[str, ...]:
    """As few lines as fit. width: in sizes of the letters; a word that is wider is broken anywhere. A line
    break in the text stays one."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for piece in _breakable(pieces(" ".join(paragraph.split())), width):
            if line and width_of((line + piece).rstrip()) > width:
                lines.append(line.strip())
                line = ""
            line += piece
        if line.strip():
            lines.append(line.strip())
    return tuple(lines)


def balanced(text: str, most: int) -> list[tuple[str, ...]]:
    """The text in 1, 2 ... up to `most` lines, each time as narrow as that goes. At least one way."""
    whole = max((width_of(part) for part in text.splitlines()), default=0.0)
    ways: list[tuple[str, ...]] = []
    for count in range(1, most + 1):
        low, high = whole / count * 0.8, whole + 0.01
        for _ in range(7):
            middle = (low + high) / 2
            low, high = (low, middle) if len(lines_within(text, middle)) <= count else (middle, high)
        lines = lines_within(text, high)
        if lines and (not ways or len(lines) > len(ways[-1])):
            ways.append(lines)
    return ways


def _breakable(parts: Sequence[str], width: float) -> list[str]:
    return [one for part in parts for one in ([part] if width_of(part.rstrip()) <= width else list(part))]


def _may_break(before: str, sign: str) -> bool:
    last = before[-1]
    if sign == " ":
        return False
    if last == " ":
        return True
    if sign in NOT_FIRST or last in NOT_LAST:
        return False
    return _is_cjk(sign) or _is_cjk(last) or last in "-–—/"


def _is_cjk(sign: str) -> bool:
    return any(first <= ord(sign) <= last for first, last in _CJK)
