"""The lettering: a small pen-drawn alphabet of this comic's own, balloons and captions."""

from __future__ import annotations

import random

from ink import Pen, Point, corner, ellipse, smooth
from ink import path as svg_path

PAPER = "#fff7e4"

# Strokes on a grid of 6 × 10, x then y in hexadecimal; ~ draws a curve through the points, o a closed one.
GLYPHS = {
    "A": "0a,30,6a|16,56",
    "B": "00,0a|~00,40,52,44,05|~05,45,67,59,2a,0a",
    "C": "~62,40,20,03,07,2a,4a,68",
    "D": "00,0a|~00,30,62,68,3a,0a",
    "E": "50,00,0a,5a|05,45",
    "F": "50,00,0a|05,45",
    "G": "~62,40,20,03,07,2a,4a,68,66|66,36",
    "H": "00,0a|60,6a|05,65",
    "I": "00,0a",
    "J": "~40,47,3a,1a,08",
    "K": "00,0a|60,05|15,6a",
    "L": "00,0a,5a",
    "M": "0a,10,46,70,8a",
    "N": "0a,00,6a,60",
    "O": "o30,03,07,3a,67,63",
    "P": "00,0a|~00,40,62,45,05",
    "Q": "o30,03,07,3a,67,63|47,7b",
    "R": "00,0a|~00,40,62,45,05|25,6a",
    "S": "~61,30,02,14,45,67,59,2a,09",
    "T": "00,60|30,3a",
    "U": "~00,07,2a,4a,67,60",
    "V": "00,3a,60",
    "W": "00,2a,43,6a,80",
    "X": "00,6a|60,0a",
    "Y": "00,35,60|35,3a",
    "Z": "00,60,0a,6a",
    "!": "10,17|19,1a",
    "?": "~02,20,41,43,25,27|29,2a",
    ".": "09,0a",
    ",": "19,0b",
    "'": "00,03",
    "-": "05,35",
}
SPACE = 4.2
GAP = 2.6


def _strokes(glyph: str) -> list[tuple[str, list[Point]]]:
    out = []
    for stroke in glyph.split("|"):
        kind = stroke[0] if stroke[0] in "~o" else "-"
        pairs = stroke.lstrip("~o").split(",")
        out.append((kind, [(float(int(p[0], 16)), float(int(p[1], 16))) for p in pairs]))
    return out


def _width(text: str) -> float:
    total = 0.0
    for sign in text:
        if sign == " ":
            total += SPACE
        else:
            total += max(x for _, pts in _strokes(GLYPHS[sign]) for x, _ in pts) + GAP
    return total - GAP


def write(
    pen: Pen, text: str, x: float, y: float, size: float, *, color: str | None = None, bold: float = 1.0
) -> None:
    """One line of text, centred on x, capital height `size`, top at y."""
    dice = random.Random(text)  # noqa: S311
    unit = size / 10
    cursor = x - _width(text) * unit / 2
    for sign in text:
        if sign == " ":
            cursor += SPACE * unit
            continue
        turn = dice.uniform(-2.5, 2.5)
        hop = dice.uniform(-0.03, 0.03) * size
        p = pen.at(cursor, y + hop, unit, turn=turn)
        for kind, points in _strokes(GLYPHS[sign]):
            closed = kind == "o"
            curve = smooth(points if kind != "-" else corner(*points), closed=closed, steps=5)
            pen.sheet.add(
                f'<path d="{svg_path(p.device(curve), closed=closed)}" fill="none" '
                f'stroke="{color or pen.ink}" stroke-width="{size * 0.145 * bold * pen.scale:.1f}" '
                'stroke-linecap="round" stroke-linejoin="round"/>'
            )
        cursor += (max(px for _, pts in _strokes(GLYPHS[sign]) for px, _ in pts) + GAP) * unit


def balloon(pen: Pen, lines: list[str], x: float, y: float, tail: Point, *, size: float = 25.0) -> None:
    """A speech balloon centred on x, y whose tail points towards `tail`."""
    lead = size * 1.62
    half_w = max(_width(line) for line in lines) * size / 20 + size * 1.25
    half_h = (len(lines) - 1) * lead / 2 + size * 1.35
    dx, dy = tail[0] - x, tail[1] - y
    reach = max(1.0, (dx * dx + dy * dy) ** 0.5)
    root = (x + dx / reach * half_w * 0.5, y + dy / reach * half_h * 0.55)
    nx, ny = -dy / reach * size * 0.55, dx / reach * size * 0.55
    bend = ((root[0] + tail[0]) / 2 + nx * 0.7, (root[1] + tail[1]) / 2 + ny * 0.7)
    spike = [
        (root[0] + nx, root[1] + ny),
        (bend[0] + nx * 0.4, bend[1] + ny * 0.4),
        *corner(tail),
        (bend[0] - nx * 0.4, bend[1] - ny * 0.4),
        (root[0] - nx, root[1] - ny),
    ]
    body = _pillow(x, y, half_w, half_h)
    pen.shape(spike, PAPER)
    pen.shape(body, PAPER)
    pen.patch(spike, PAPER)
    for k, line in enumerate(lines):
        write(pen, line, x, y - (len(lines) - 1) * lead / 2 - size / 2 + k * lead, size)


def _pillow(x: float, y: float, half_w: float, half_h: float) -> list[Point]:
    """An ellipse swollen towards a rectangle."""
    out = []
    for px, py in ellipse(0, 0, 1, 1, n=32):
        grow = 1 / (abs(px) ** 2.7 + abs(py) ** 2.7) ** (1 / 2.7)
        out.append((x + px * grow * half_w, y + py * grow * half_h))
    return out


def caption(pen: Pen, text: str, x: float, y: float, *, size: float = 24.0) -> None:
    """A narrator's box whose top left corner lies at x, y."""
    w = _width(text) * size / 10 + size * 1.7
    h = size * 2.1
    pen.shape(corner((x, y + 2), (x + w, y), (x + w + 2, y + h), (x - 2, y + h - 1)), "#f3e6c6")
    write(pen, text, x + w / 2, y + (h - size) / 2, size)
