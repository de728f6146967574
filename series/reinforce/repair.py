"""A picture and a Repair in, the repaired picture out: made here, for nothing, the same each time.

A repair never changes a byte outside its box.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency import (
    Box,
    ColorError,
    ConsistencyError,
    ciede2000,
    lab_to_srgb,
    parse_color,
    read_frame,
    srgb_to_lab,
)
from series.errors import SeriesError
from series.plan import FrameOrder, palettes_of
from series.reinforce.attempt import Repair, RepairKind

Pixels = NDArray[np.uint8]
_Floats = NDArray[np.floating[Any]]
_Mask = NDArray[np.bool_]

REACH = 12.0
"""ΔE00 from the found color, in any shade, up to which paint counts as it: the reach at which colors are
measured, beyond which people name them differently."""
SAME = 5.0
"""ΔE00 within which the found color is another pinned one: up to 5 the formula is made for. Snow that was
taken for fur must not be painted."""
SHADES = (0.6, 1.15)
"""How dark and how light a shade may be, as a part of the paint's own cube-root light: the second tone of
drawings lies near .8, and below .6 ink of any color looks alike."""
SMOOTHED = 5
"""Pixels along a side of the median under which a pixel's paint is decided: grain and thin ink must not
make holes."""
EDGE = 1
"""Pixels around the paint in which its color may be mixed into a neighbor's by antialiasing. On sample panel
p06, 2 and 3 bring the coat no nearer (.98 ΔE00 on average each time) and tint the ink around it."""
PART_AT_LEAST = 0.01
"""A patch of paint smaller than this part of all of it is something else of like color: a lantern."""
BALLOON_LIGHT = 85.0
"""L* of the paper of a balloon at least."""
BALLOON_CHROMA = 20.0
"""Chroma of that paper at most: cream is paper, yellow is a lamp."""
BALLOON_SHARE = (0.01, 0.9)
"""Share of the box that an old balloon covers: less is a highlight, more is the picture's own ground."""
LETTERS_SHARE = (0.01, 0.6)
"""Share of a balloon that is letters: paper with none is snow or a shirt."""

BODY = 1.2
"""A balloon's tail is thinner than this part of half its body's thickness."""

_DARKEST = np.array([16, 0, 0], np.float32)
"""What L* lacks to be proportional to the cube root of light (CIE 15)."""


def repaired_png(path: Path, repair: Repair, order: FrameOrder) -> bytes:
    """The picture in the file, mended, as PNG. Raises SeriesError where it cannot be read, and where
    the repair finds nothing to change.
    """
    try:
        frame = read_frame(path)
    except ConsistencyError as error:
        raise SeriesError(str(error)) from error
    mended = mend(frame.pixels, repair, order)
    if np.array_equal(mended, frame.pixels):
        raise SeriesError(f"{path}: nothing to repair here: {_missed(repair)}")
    done, data = cv2.imencode(".png", np.ascontiguousarray(mended[..., ::-1]))
    if not done:
        raise SeriesError(f"{path}: the repaired picture could not be written as PNG")
    return data.tobytes()


def mend(pixels: Pixels, repair: Repair, order: FrameOrder) -> Pixels:
    """A repaired copy. pixels: uint8 (H, W, 3) sRGB; → the same shape. Pure.

    REMAP_COLOR turns the paint that is `found`, in all its shades, into `pinned`, where no color that the
    order pins is nearer; nothing at all where `found` is itself pinned for something else. SET_LETTERING
    covers old letters and sets the order's words anew. Where nothing in the box answers, the copy is equal.
    Raises SeriesError for a color that is none.
    """
    height, width = pixels.shape[:2]
    left, top, right, bottom = repair.box.pixels(width, height)
    mended = pixels.copy()
    if repair.kind is RepairKind.REMAP_COLOR:
        found, pinned = _lab(repair.found), _lab(repair.pinned)
        part = pixels[top:bottom, left:right]
        mended[top:bottom, left:right] = _repainted(part, found, pinned, _pinned(order, pinned))
    else:
        mended[top:bottom, left:right] = _lettered(pixels, repair.box, order)[top:bottom, left:right]
    return mended


# --- color ----------------------------------------------------------------------------------------------


def _repainted(pixels: Pixels, found: _Floats, pinned: _Floats, others: _Floats) -> Pixels:
    if ((ciede2000(others, found) <= SAME) & (ciede2000(others, pinned) > SAME)).any():
        return pixels
    lab = srgb_to_lab(pixels)
    smooth = srgb_to_lab(cv2.medianBlur(np.ascontiguousarray(pixels), SMOOTHED))
    shade = _shades(smooth, found)
    paint = _whole_patches(_painted(smooth, shade, found, others))
    if not paint.any():
        return pixels
    kernel = np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)
    part = np.where(paint, 1.0, _mixed(lab, found, paint, kernel))
    # At an edge the shade is that of the paint beside it.
    shade = np.where(paint, shade, cv2.dilate(np.where(paint, shade, 0).astype(np.float32), kernel))
    touched = part > 0
    move = _in_shade(pinned, shade[touched]) - _in_shade(found, shade[touched])
    out = pixels.copy()
    out[touched] = lab_to_srgb(lab[touched] + part[touched][:, None] * move)
    return out


def _painted(lab: _Floats, shade: _Floats, found: _Floats, others: _Floats) -> _Mask:
    """(h, w): pixels of the found paint in any shade, to which no color pinned elsewhere is nearer."""
    distance = ciede2000(lab, _in_shade(found, shade))
    paint = np.asarray(distance <= REACH)
    near, own = lab[paint], distance[paint]
    # The paint's plain color decides as well: a pinned color may look like one of its shades.
    plain = ciede2000(near, found)
    for other in others:
        away = ciede2000(near, other)
        own = np.where((away < distance[paint]) & (away < plain), np.inf, own)
    paint[paint] = np.isfinite(own)
    return paint


def _shades(lab: _Floats, color: _Floats) -> _Floats:
    """(h, w): which shade of a color comes nearest to each pixel, 1 for the color itself.

    Less light on a paint scales X, Y and Z alike, and so L* + 16, a* and b*: all hang on their cube roots.
    """
    axis = color + _DARKEST
    return np.asarray(np.clip((lab + _DARKEST) @ axis / (axis @ axis), *SHADES), np.float32)


def _in_shade(color: _Floats, shade: _Floats) -> _Floats:
    """(..., 3): the color in these shades (...)."""
    return np.asarray((color + _DARKEST) * shade[..., None] - _DARKEST, np.float32)


def _whole_patches(paint: _Mask) -> _Mask:
    """Connected patches that are large enough, without pinholes."""
    closed = cv2.morphologyEx(paint.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
    sizes = stats[:, cv2.CC_STAT_AREA].astype(np.float64)
    sizes[0] = 0
    large = sizes >= max(1.0, PART_AT_LEAST * float(sizes.sum()))
    return np.asarray(large[labels] & (closed > 0))


def _mixed(lab: _Floats, found: _Floats, paint: _Mask, kernel: NDArray[np.uint8]) -> _Floats:
    """(h, w) in [0, 1]: how much paint is in each pixel beside it, by its colorfulness along the paint's hue
    between that of the paint and that of what is beyond the edge.
    """
    hue = found[1:] / max(float(found[1:] @ found[1:]), 1e-6)
    along = np.asarray(lab[..., 1:] @ hue, np.float32)
    beside = cv2.dilate(paint.astype(np.uint8), kernel) > 0
    inside = cv2.dilate(np.where(paint, along, -1).astype(np.float32), kernel)
    beyond = cv2.erode(along, kernel)
    share = (along - beyond) / np.maximum(inside - beyond, 1e-3)
    return np.where(beside, np.clip(share, 0, 1), 0.0)


def _pinned(order: FrameOrder, wanted: _Floats) -> _Floats:
    """Lab (n, 3) of every color that the order pins, the wanted one among them: right already."""
    palettes = [palette for _, palette in palettes_of(order)]
    palettes += [member.palette for member in order.characters if member.palette is not None]
    colors = {swatch.lab for palette in palettes for swatch in palette.swatches}
    return np.array([wanted, *sorted(colors)], np.float32)


def _lab(text: str) -> _Floats:
    try:
        return np.array(parse_color(text), np.float32)
    except ColorError as error:
        raise SeriesError(f"a color cannot be repaired: {error}") from error


# --- lettering ------------------------------------------------------------------------------------------


def _lettered(pixels: Pixels, box: Box, order: FrameOrder) -> Pixels:
    """Old letters inside the box covered, the words of that place set anew: in the old balloons where each of
    the words has one, else in balloons of their own.
    """
    words = [one for one in order.lettering if one.place == box] or list(order.lettering)
    if not words:
        return pixels
    from series.lettering import set_words

    left, top, right, bottom = box.pixels(pixels.shape[1], pixels.shape[0])
    cleared = pixels.copy()
    part = cleared[top:bottom, left:right]
    balloons = sorted(_balloons(part), key=_reading_order)
    papers = [np.median(part[balloon & _is_paper(part)], axis=0).astype(np.uint8) for balloon in balloons]
    for balloon, paper in zip(balloons, papers, strict=True):
        part[balloon] = paper
    if len(balloons) != len(words):
        figures = [member.place for member in order.characters if member.place is not None]
        return set_words(cleared, [replace(one, place=box) for one in words], figures)
    height, width = pixels.shape[:2]
    for one, balloon, paper in zip(words, balloons, papers, strict=True):
        x, y, wide, high = _body(balloon)
        place = Box(
            (left + x) / width, (top + y) / height, (left + x + wide) / width, (top + y + high) / height
        )
        # Set on a page of the frame's size: the size of letters goes by it. Spoken, so that a line is around.
        page = np.empty_like(pixels)
        page[:] = paper
        spoken = replace(one, place=place, speaker=one.speaker or "somebody")
        said = set_words(page, [spoken], (), paper=f"#{bytes(paper.tolist()).hex()}")
        letters = _inside_outline(said, paper)
        set_x, set_y, set_wide, set_high = cv2.boundingRect(letters.astype(np.uint8))
        across, down = left + x + (wide - set_wide) // 2 - set_x, top + y + (high - set_high) // 2 - set_y
        said, letters = np.roll(said, (down, across), (0, 1)), np.roll(letters, (down, across), (0, 1))
        letters[top:bottom, left:right] &= balloon
        cleared[letters] = said[letters]
    return cleared


def _reading_order(balloon: _Mask) -> tuple[int, int]:
    x, y, _, _ = _body(balloon)
    return y, x


def _body(balloon: _Mask) -> tuple[int, int, int, int]:
    """x, y, width, height of a balloon without its tail: what is left where it is thin."""
    mask = np.pad(balloon.astype(np.uint8), 1)
    thick = float(cv2.distanceTransform(mask, cv2.DIST_L2, 3).max())
    side = max(1, int(thick * BODY))
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))[1:-1, 1:-1]
    x, y, wide, high = cv2.boundingRect(opened)
    return x, y, wide, high


def _inside_outline(said: Pixels, paper: Pixels) -> _Mask:
    """The letters of a balloon without the line around them, which encloses all others."""
    ink = (said != paper).any(axis=2).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    spans = stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT]
    spans[0] = 0
    return np.asarray((labels > 0) & (labels != int(spans.argmax())))


def _is_paper(pixels: Pixels) -> _Mask:
    lab = srgb_to_lab(pixels)
    return np.asarray((lab[..., 0] >= BALLOON_LIGHT) & (np.hypot(lab[..., 1], lab[..., 2]) <= BALLOON_CHROMA))


def _balloons(pixels: Pixels) -> Iterator[_Mask]:
    """Areas of paper with letters in them."""
    paper = _is_paper(pixels)
    outlines, _ = cv2.findContours(paper.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    for outline in outlines:
        if cv2.contourArea(outline) < BALLOON_SHARE[0] * paper.size:
            continue
        filled = np.zeros(paper.shape, np.uint8)
        cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
        balloon = filled > 0
        letters = 1 - float(paper[balloon].mean())
        if balloon.mean() <= BALLOON_SHARE[1] and LETTERS_SHARE[0] <= letters <= LETTERS_SHARE[1]:
            yield balloon


def _missed(repair: Repair) -> str:
    if repair.kind is RepairKind.REMAP_COLOR:
        return f"{repair.found} is not in the box, or a pinned color is nearer to what is there"
    return "the panel has no lettering"
