"""Signs in, their widths and their ink out, from the fonts that come with this package and no others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FACES = ("ComicNeue-Bold.otf", "Roboto-Medium.ttf", "DroidSansFallback.ttf")
"""Looked up in this order, sign by sign: Latin; Cyrillic and Greek; Chinese, Japanese and Korean."""
MEASURED_AT = 64
"""Pixels an em at which widths are measured; they are scaled from there."""
LINE_HEIGHT = 1.18
"""Of the size: what leaves the accents of capitals free."""
BASELINE = 0.88
"""Of the size, from the top of a line."""
_NOWHERE = "\U0010fffd"
"""A sign for private use: no font of ours has it, so it is drawn as the box for missing signs."""


def missing_signs(text: str) -> str:
    """Signs of a text that no font here has, each once, in the order met: they are left out of pictures."""
    return "".join(dict.fromkeys(sign for sign in text if not sign.isspace() and _face_of(sign) is None))


@lru_cache(maxsize=16_384)
def advance(sign: str) -> float:
    """Width of a sign, as a share of the size; 0 for one that no font has."""
    face = _face_of(sign)
    return 0.0 if face is None else float(_face(face, MEASURED_AT).getlength(sign)) / MEASURED_AT


def width_of(text: str) -> float:
    """Width of a line, as a share of the size."""
    return sum(advance(sign) for sign in text)


def ink_of(lines: tuple[str, ...], size: int) -> NDArray[np.uint8]:
    """uint8 (H, W), 255 where the ink of centered lines is. size: pixels an em, ≥ 1."""
    widths = [sum(_face(face, size).getlength(run) for face, run in _runs(line)) for line in lines]
    width = max(1, round(max(widths, default=0)) + size // 2)
    height = max(1, round(len(lines) * LINE_HEIGHT * size))
    page = Image.new("L", (width, height), 0)
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        x = (width - widths[number]) / 2
        y = round((number * LINE_HEIGHT + BASELINE) * size)
        for face, run in _runs(line):
            font = _face(face, size)
            pen.text((round(x), y), run, fill=255, font=font, anchor="ls")
            x += font.getlength(run)
    return np.asarray(page)


def _runs(line: str) -> Iterator[tuple[int, str]]:
    """(face, text) for each stretch in one face, signs without a face left out."""
    run, of = "", -1
    for sign in line:
        face = _face_of(sign)
        if face is None:
            continue
        if face != of and run:
            yield of, run
            run = ""
        run, of = run + sign, face
    if run:
        yield of, run


@lru_cache(maxsize=16_384)
def _face_of(sign: str) -> int | None:
    """Index of the first face that has the sign."""
    if sign == " ":
        return 0
    if not sign.isprintable():
        return None
    return next((face for face in range(len(FACES)) if _shape(face, sign) != _shape(face, _NOWHERE)), None)


def _shape(face: int, sign: str) -> tuple[tuple[int, int], bytes]:
    mask = _face(face, MEASURED_AT).getmask(sign)
    return mask.size, bytes(mask)


@lru_cache(maxsize=128)
def _face(face: int, size: int) -> ImageFont.FreeTypeFont:
    # The basic layout is in every build of Pillow; Raqm is not, and places signs a little differently.
    return ImageFont.truetype(BytesIO(_data(face)), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=len(FACES))
def _data(face: int) -> bytes:
    return files("series").joinpath("fonts", FACES[face]).read_bytes()
