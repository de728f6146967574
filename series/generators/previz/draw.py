"""A Draft in, its pixels out: scenery, figures back to front, words."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency import Box
from series.generators.previz.colors import paints
from series.generators.previz.cutout import CutOut, cut_out, premultiplied
from series.generators.previz.draft import Draft, Figure, StandIn
from series.generators.previz.paper import toothed
from series.generators.previz.scenery import paint_scenery
from series.generators.previz.sketchpad import Sketchpad, mixed, rgb_of
from series.lettering import set_words

Pixels = NDArray[np.uint8]

PNG_LEVEL = 1
"""zlib's fastest."""
RECOLOR_WITHIN = 60.0
"""RGB distance within which a pixel counts as the color that is replaced."""
SHADOW = 0.75
"""How far the ground under a figure goes towards the color of its shade."""
PAPER = 0.6
"""How far the paper of balloons goes from the color of light towards white."""
STANDIN_COLORS = ("#8a8f99", "#c9ccd3")
"""Of a character without pinned colors: a lay figure's gray."""

_SKIN = ("skin", "face")
_HAIR = ("hair", "fur", "hat", "cap")
_COAT = ("coat", "dress", "shirt", "jacket", "nightshirt", "suit", "body", "fur")
_LEGS = ("boots", "trousers", "pants", "shoes", "skirt")


def draw(draft: Draft) -> Pixels:
    """uint8 (H, W, 3), sRGB. The same pixels for the same draft and the same reference files. Raises
    consistency.ImageError for a reference that is no picture."""
    pixels, colors = paint_scenery(draft), paints(draft.palette)
    pad = Sketchpad(pixels, ink=colors.ink, outlined=draft.medium != "photo")
    for standin in draft.standins:
        _stand_in(pad, standin)
    for figure in draft.figures:
        _place(pixels, figure, colors.shade)
    pixels = toothed(pixels, draft.tooth, draft.scenery)
    boxes = {figure.name: drawn_box(figure, draft.size) for figure in draft.figures}
    boxes |= {standin.name: standin.box for standin in draft.standins}
    return set_words(
        pixels,
        draft.words,
        tuple(boxes.values()),
        speakers=boxes,
        paper=mixed(colors.light, "#ffffff", PAPER),
        ink=colors.ink,
    )


def encode(pixels: Pixels, text: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """PNG bytes. pixels: uint8 (H, W, 3); text: keyword (1 to 79 Latin-1 signs) → words, kept in the file as
    iTXt chunks. The same bytes on every machine with the same zlib.

    Written here and not by OpenCV: without row filters a drawing takes half the time and is smaller.
    """
    height, width = pixels.shape[:2]
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    said = [
        (b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + words.encode())
        for keyword, words in text.items()
    ]
    chunks = [(b"IHDR", header), *said, (b"IDAT", zlib.compress(rows.tobytes(), PNG_LEVEL)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def drawn_box(figure: Figure, size: tuple[int, int]) -> Box:
    """Where the cut-out really stands: `figure.box` less what its shape leaves free."""
    left, top, right, bottom = _fitted(_part(figure), figure.box, size)
    width, height = size
    return Box(
        max(0.0, left / width),
        max(0.0, top / height),
        min(1.0, right / width),
        min(1.0, bottom / height),
    )


def _part(figure: Figure) -> CutOut:
    """The cut-out, the part of it that is shown."""
    whole = cut_out(figure.reference)
    if figure.part == Box(0.0, 0.0, 1.0, 1.0):
        return whole
    height, width = whole.alpha.shape
    left, top, right, bottom = figure.part.pixels(width, height)
    shown = np.s_[top:bottom, left:right]
    return CutOut(whole.rgb[shown], whole.alpha[shown], whole.paint[shown], bust=True)


def _fitted(cut: CutOut, box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """left, top, right, bottom in pixels: as large as fits, in the middle of the box's lower edge."""
    left, top, right, bottom = box.pixels(*size)
    scale = min((right - left) / cut.alpha.shape[1], (bottom - top) / cut.alpha.shape[0])
    width, height = max(1, round(cut.alpha.shape[1] * scale)), max(1, round(cut.alpha.shape[0] * scale))
    start = left + (right - left - width) // 2
    return start, bottom - height, start + width, bottom


def _place(pixels: Pixels, figure: Figure, shade: str) -> None:
    cut = _part(figure)
    left, top, right, bottom = _fitted(cut, figure.box, (pixels.shape[1], pixels.shape[0]))
    rgb, alpha = cut.rgb, cut.alpha
    for old, new in figure.recolor:
        rgb = _recolored(rgb, old, new)
    if not cut.bust:
        _shadow(pixels, left, right, bottom, shade)
    paint = premultiplied(rgb, alpha) if figure.recolor else cut.paint
    size = (right - left, bottom - top)
    how = cv2.INTER_AREA if size[1] < alpha.shape[0] else cv2.INTER_LANCZOS4
    paint = np.asarray(cv2.resize(paint, size, interpolation=how), np.uint8)
    if figure.mirrored:
        paint = paint[:, ::-1]
    spot = pixels[top:bottom, left:right]
    through = cv2.cvtColor(np.ascontiguousarray(255 - paint[..., 3]), cv2.COLOR_GRAY2RGB)
    cv2.add(cv2.multiply(spot, through, scale=1 / 255), np.ascontiguousarray(paint[..., :3]), dst=spot)


def _recolored(rgb: Pixels, old: str, new: str) -> Pixels:
    """What is near the old color moved to the new one, its light and shade kept."""
    was, becomes = np.array(rgb_of(old), np.float32), np.array(rgb_of(new), np.float32)
    values = rgb.astype(np.float32)
    near = np.clip(2 - 2 * np.linalg.norm(values - was, axis=2) / RECOLOR_WITHIN, 0, 1)[..., None]
    return np.asarray(np.clip(values + near * (becomes - was), 0, 255), np.uint8)


def _shadow(pixels: Pixels, left: int, right: int, bottom: int, shade: str) -> None:
    """A soft dark oval under the feet: without it a figure floats."""
    height, width = pixels.shape[:2]
    half, thick = max(2, (right - left) * 9 // 20), max(2, (right - left) // 12)
    x0, x1 = max(0, left - thick), min(width, right + thick)
    y0, y1 = max(0, bottom - 2 * thick), min(height, bottom + 2 * thick)
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    center = ((left + right) // 2 - x0, bottom - thick // 3 - y0)
    cv2.ellipse(mask, center, (half, thick), 0, 0, 360, 255, -1, cv2.LINE_AA)
    weight = mask.astype(np.float32)[..., None] * np.float32(SHADOW / 255)
    spot = pixels[y0:y1, x0:x1]
    spot[:] = spot * (1 - weight) + np.array(rgb_of(shade), np.float32) * weight


def _stand_in(pad: Sketchpad, standin: StandIn) -> None:
    """A lay figure in the character's colors: of a character without references nothing else is known."""
    box, colors = standin.box, standin.colors
    named = {name.lower(): value for name, value in colors}
    others = [value for name, value in colors if name.lower() not in (*_SKIN, *_HAIR)]

    def called(names: Sequence[str], otherwise: str) -> str:
        return next((named[name] for name in names if name in named), otherwise)

    coat = called(_COAT, others[0] if others else STANDIN_COLORS[0])
    legs = called(_LEGS, coat)
    skin = called(_SKIN, STANDIN_COLORS[1])
    hair = called(_HAIR, coat)
    tall, middle = box.bottom - box.top, (box.left + box.right) / 2
    head = tall * 0.13
    wide = head * pad.height / pad.width
    for side in (-1, 1):
        hip = middle + side * wide * 0.45
        pad.polygon(
            [(hip - wide * 0.3, box.bottom - tall * 0.3), (hip + wide * 0.3, box.bottom - tall * 0.3),
             (hip + wide * 0.35, box.bottom), (hip - wide * 0.35, box.bottom)], legs,
        )  # fmt: skip
    shoulder, hem = box.top + 2 * head, box.bottom - tall * 0.24
    pad.polygon(
        [(middle - wide * 0.8, shoulder), (middle + wide * 0.8, shoulder),
         (middle + wide * 1.3, hem), (middle - wide * 1.3, hem)], coat,
    )  # fmt: skip
    pad.ellipse((middle, box.top + head), (wide, head), hair)
    pad.ellipse((middle, box.top + head * 1.15), (wide * 0.8, head * 0.8), skin)
