"""A Draft in, its background out: sky, ground and several inked shapes, never a flat ground."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from series.generators.previz.colors import paints
from series.generators.previz.dice import Dice
from series.generators.previz.draft import Draft
from series.generators.previz.sketchpad import Point, Sketchpad, mixed, rgb_of
from series.generators.previz.things import (
    Stage,
    bands,
    beam,
    crate,
    ground,
    hills,
    houses,
    lamp,
    sky,
    stick,
    trees,
    wave,
    window,
)

NEAR: Mapping[str, float] = MappingProxyType(
    {"extreme_wide": 0.45, "wide": 0.8, "full": 1.0, "medium": 1.3, "close_up": 1.7, "extreme_close_up": 2.0}
)
"""Shot → how large the things of the background are."""
SOFT = 1 / 130
"""σ of the blur of a photographed background, as a share of its height: a lens that is focused in front."""


def paint_scenery(draft: Draft) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), the same for the same draft."""
    width, height = draft.size
    pixels = np.empty((height, width, 3), np.uint8)
    colors = paints(draft.palette)
    dice = Dice(draft.scenery)
    drawn = draft.medium != "photo"
    scene = Stage(
        Sketchpad(pixels, colors.ink, drawn), colors, dice, Dice(draft.moment), NEAR.get(draft.shot, 1.0)
    )
    place = draft.place or _any_place(draft.shot, dice)
    PLACES[place](scene)
    if drawn:
        return pixels
    soft = cv2.GaussianBlur(pixels, (0, 0), max(0.8, height * SOFT))
    return np.asarray(soft, np.uint8)


def _any_place(shot: str, dice: Dice) -> str:
    if shot == "insert":
        return ("ground", "crate", "stick", "lantern")[dice.below(4, "place")]
    if shot in {"medium", "close_up", "extreme_close_up"}:
        return ("town", "wall", "hills")[dice.below(3, "place")]
    return ("town", "hills")[dice.below(2, "place")]


def _town(scene: Stage) -> None:
    horizon = scene.dice.between(0.66, 0.74, "horizon")
    sky(scene)
    hills(scene, horizon - 0.12, "far")
    houses(scene, horizon + 0.02, 0.62, "back")
    houses(scene, horizon + 0.03, 1.0, "front")
    ground(scene, horizon)
    lamp(scene, horizon)
    trees(scene, horizon)


def _country(scene: Stage) -> None:
    horizon = scene.dice.between(0.62, 0.74, "horizon")
    sky(scene)
    hills(scene, horizon - 0.2, "far")
    hills(scene, horizon - 0.1, "near")
    houses(scene, horizon - 0.06, 0.55, "uphill", sparse=True)
    hills(scene, horizon - 0.02, "slope")
    houses(scene, horizon + 0.03, 0.85, "village", sparse=True)
    ground(scene, horizon)
    trees(scene, horizon, many=True)


def _wall(scene: Stage) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    pad.pixels[:] = rgb_of(colors.wall)
    bands(scene, colors.wall, mixed(colors.wall, colors.roof, 0.55), 0.0, 0.95)
    beam(scene, colors.wall)
    for brick in range(int(26 / scene.near) + 8):
        x, y = scene.moment.unit("brick x", brick), scene.moment.unit("brick y", brick)
        wide, high = 0.045 * scene.near, 0.03 * scene.near
        y = round(y / high) * high
        pad.box(x, y, x + wide, y + high, mixed(colors.wall, colors.far if brick % 2 else colors.roof, 0.6))
    side = 0.02 if dice.chance(0.5, "side") else 0.74
    window(scene, side + dice.between(0, 0.06, "window"), 0.2, 0.2 * min(1.3, scene.near), arched=True)
    ground(scene, 0.86)


def _room(scene: Stage) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    wall = mixed(colors.wall, colors.horizon, 0.4)
    pad.pixels[:] = rgb_of(wall)
    beam(scene, wall)
    for stripe in range(12):
        x = stripe / 12 + 0.01
        pad.line([(x, 0), (x, 0.8)], mixed(wall, colors.roof, 0.4), 2.5)
    left = dice.between(0.3, 0.42, "window")
    pad.box(left - 0.02, 0.06, left + 0.36, 0.62, colors.roof)
    pad.box(left, 0.09, left + 0.34, 0.59, colors.sky)
    pad.ellipse((left + 0.09, 0.2), (0.03, 0.03 * pad.width / pad.height), colors.light)
    pad.polygon(
        [
            (left, 0.59),
            (left, 0.5),
            (left + 0.1, 0.42),
            (left + 0.2, 0.5),
            (left + 0.34, 0.45),
            (left + 0.34, 0.59),
        ],
        colors.far,
    )
    pad.line([(left + 0.17, 0.09), (left + 0.17, 0.59)], colors.ink, 2)
    pad.line([(left, 0.34), (left + 0.34, 0.34)], colors.ink, 2)
    for side, sign in ((left - 0.05, 1), (left + 0.39, -1)):
        pad.polygon(
            [
                (side, 0.03),
                (side + sign * 0.11, 0.03),
                (side + sign * 0.05, 0.4),
                (side + sign * 0.07, 0.68),
                (side, 0.68),
            ],
            mixed(colors.horizon, colors.light, 0.25),
        )
    pad.box(-0.02, 0.78, 1.02, 0.81, colors.roof)
    pad.box(-0.02, 0.81, 1.02, 1.02, mixed(colors.roof, colors.shade, 0.35))
    shelf = 0.06 if dice.chance(0.5, "shelf") else 0.82
    pad.box(shelf, 0.3, shelf + 0.15, 0.325, colors.roof)
    for book in range(4):
        high = dice.between(0.07, 0.12, "book", book)
        x = shelf + 0.01 + book * 0.032
        pad.box(x, 0.3 - high, x + 0.026, 0.3, (colors.light, colors.far, colors.shade, colors.ground)[book])


def _near_ground(scene: Stage) -> None:
    _ground_with(scene, None)


def _near_crate(scene: Stage) -> None:
    _ground_with(scene, crate)


def _near_stick(scene: Stage) -> None:
    _ground_with(scene, stick)


def _ground_with(scene: Stage, thing: Callable[[Stage, Point], None] | None) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    pad.pixels[:] = rgb_of(colors.ground)
    bands(scene, colors.ground, mixed(colors.ground, colors.shade, 0.6), 0.0, 1.0)
    for stone in range(9):
        x, y, wide = dice.unit("x", stone), dice.unit("y", stone), dice.between(0.02, 0.05, "wide", stone)
        pad.ellipse((x, y), (wide, wide * 0.7), mixed(colors.shade, colors.ground, 0.4), outline=False)
    start = dice.between(-0.05, 0.15, "start")
    for step in range(9):
        x = start + step * 0.11
        y = 0.3 + 0.22 * math.sin(step * 0.7 + dice.unit("path") * 6) + (0.03 if step % 2 else 0.0)
        pad.ellipse((x, y), (0.014, 0.03), colors.shade, outline=False)
    for blade in range(14):
        x, y = dice.unit("blade x", blade), dice.between(0.1, 0.98, "blade y", blade)
        pad.line([(x, y), (x + 0.012, y - 0.03), (x + 0.02, y - 0.002)], mixed(colors.shade, colors.ink, 0.3))
    for drift in (0.3, 0.62, 0.9):
        pad.line(
            wave(scene, drift, 0.03, f"drift {drift}")[dice.below(8, "from", round(drift * 10)) :][:14],
            mixed(colors.shade, colors.ink, 0.35),
        )
    if thing:
        thing(scene, (dice.between(0.32, 0.5, "thing"), dice.between(0.5, 0.6, "thing y")))


def _lantern(scene: Stage) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.moment
    x, y = dice.between(0.42, 0.58, "lantern"), dice.between(0.46, 0.52, "lantern y")
    square = pad.width / pad.height
    sky(scene)
    houses(scene, 0.96, 0.6, "back")
    ground(scene, 0.93)
    for ring in (0.36, 0.28, 0.2):
        pad.ellipse(
            (x, y), (ring, ring * square), mixed(colors.far, colors.light, 0.1 / ring - 0.2), outline=False
        )
    for ray in range(18):
        angle = ray * math.tau / 18 + dice.unit("ray")
        ends = [
            (x + r * math.cos(angle), y + r * square * math.sin(angle))
            for r in (0.3, dice.between(0.36, 0.44, "r", ray))
        ]
        pad.line(ends, colors.light, 1.5)
    pad.box(x - 0.03, y + 0.24, x + 0.03, 1.02, colors.ink)
    pad.polygon(
        [(x - 0.12, y - 0.2), (x + 0.12, y - 0.2), (x + 0.08, y + 0.22), (x - 0.08, y + 0.22)], colors.light
    )
    pad.polygon(
        [(x - 0.16, y - 0.2), (x - 0.06, y - 0.33), (x + 0.06, y - 0.33), (x + 0.16, y - 0.2)], colors.roof
    )
    pad.box(x - 0.1, y + 0.22, x + 0.1, y + 0.27, colors.roof)
    for bar in (-0.04, 0.04):
        pad.line([(x + bar * 1.3, y - 0.2), (x + bar * 0.8, y + 0.22)], colors.ink)
    pad.polygon([(x, y - 0.06), (x + 0.028, y + 0.1), (x, y + 0.16), (x - 0.028, y + 0.1)], colors.wall)
    pad.polygon([(x, y), (x + 0.016, y + 0.1), (x, y + 0.14), (x - 0.016, y + 0.1)], colors.light)


PLACES: Mapping[str, Callable[[Stage], None]] = MappingProxyType(
    {
        "town": _town,
        "hills": _country,
        "wall": _wall,
        "room": _room,
        "ground": _near_ground,
        "crate": _near_crate,
        "stick": _near_stick,
        "lantern": _lantern,
    }
)
"""Word → what paints such a place."""
