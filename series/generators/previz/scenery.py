"""A Draft in, its background out: sky, ground and several inked shapes, never a flat ground."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from series.generators.previz.colors import Paints, paints
from series.generators.previz.dice import Dice
from series.generators.previz.draft import Draft
from series.generators.previz.sketchpad import Point, Sketchpad, mixed, rgb_of

NEAR: Mapping[str, float] = MappingProxyType(
    {"extreme_wide": 0.45, "wide": 0.8, "full": 1.0, "medium": 1.3, "close_up": 1.7, "extreme_close_up": 2.0}
)
"""Shot → how large the things of the background are."""
SOFT = 1 / 130
"""σ of the blur of a photographed background, as a share of its height: a lens that is focused in front."""


@dataclass(frozen=True, slots=True)
class _Set:
    """What a scene is built with."""

    pad: Sketchpad
    paints: Paints
    dice: Dice
    moment: Dice
    near: float
    """How large things are."""


def paint_scenery(draft: Draft) -> NDArray[np.uint8]:
    """uint8 (H, W, 3), the same for the same draft."""
    width, height = draft.size
    pixels = np.empty((height, width, 3), np.uint8)
    colors = paints(draft.palette)
    dice = Dice(draft.scenery)
    drawn = draft.medium != "photo"
    scene = _Set(
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


def _town(scene: _Set) -> None:
    horizon = scene.dice.between(0.66, 0.74, "horizon")
    _sky(scene)
    _hills(scene, horizon - 0.12, "far")
    _houses(scene, horizon + 0.02, 0.62, "back")
    _houses(scene, horizon + 0.03, 1.0, "front")
    _ground(scene, horizon)
    _lamp(scene, horizon)
    _trees(scene, horizon)


def _country(scene: _Set) -> None:
    horizon = scene.dice.between(0.62, 0.74, "horizon")
    _sky(scene)
    _hills(scene, horizon - 0.2, "far")
    _hills(scene, horizon - 0.1, "near")
    _houses(scene, horizon - 0.06, 0.55, "uphill", sparse=True)
    _hills(scene, horizon - 0.02, "slope")
    _houses(scene, horizon + 0.03, 0.85, "village", sparse=True)
    _ground(scene, horizon)
    _trees(scene, horizon, many=True)


def _wall(scene: _Set) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    pad.pixels[:] = rgb_of(colors.wall)
    _bands(scene, colors.wall, mixed(colors.wall, colors.roof, 0.55), 0.0, 0.95)
    _beam(scene, colors.wall)
    for brick in range(int(26 / scene.near) + 8):
        x, y = scene.moment.unit("brick x", brick), scene.moment.unit("brick y", brick)
        wide, high = 0.045 * scene.near, 0.03 * scene.near
        y = round(y / high) * high
        pad.box(x, y, x + wide, y + high, mixed(colors.wall, colors.far if brick % 2 else colors.roof, 0.6))
    side = 0.02 if dice.chance(0.5, "side") else 0.74
    _window(scene, side + dice.between(0, 0.06, "window"), 0.2, 0.2 * min(1.3, scene.near), arched=True)
    _ground(scene, 0.86)


def _room(scene: _Set) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    wall = mixed(colors.wall, colors.horizon, 0.4)
    pad.pixels[:] = rgb_of(wall)
    _beam(scene, wall)
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


def _beam(scene: _Set, wall: str) -> None:
    """Light that falls across a wall, elsewhere in each panel."""
    colors, moment = scene.paints, scene.moment
    left, wide = moment.between(-0.2, 0.9, "beam"), moment.between(0.15, 0.4, "beam wide")
    lean = moment.between(-0.3, 0.3, "beam lean")
    color = mixed(wall, colors.far, 0.45) if moment.chance(0.5, "beam") else mixed(wall, colors.sky, 0.5)
    corners = [(left, 0.0), (left + wide, 0.0), (left + wide + lean, 1.0), (left + lean, 1.0)]
    scene.pad.polygon(corners, color, outline=False)


def _near_ground(scene: _Set) -> None:
    _ground_with(scene, None)


def _near_crate(scene: _Set) -> None:
    _ground_with(scene, _crate)


def _near_stick(scene: _Set) -> None:
    _ground_with(scene, _stick)


def _ground_with(scene: _Set, thing: Callable[[_Set, Point], None] | None) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    pad.pixels[:] = rgb_of(colors.ground)
    _bands(scene, colors.ground, mixed(colors.ground, colors.shade, 0.6), 0.0, 1.0)
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
            _wave(scene, drift, 0.03, f"drift {drift}")[dice.below(8, "from", round(drift * 10)) :][:14],
            mixed(colors.shade, colors.ink, 0.35),
        )
    if thing:
        thing(scene, (dice.between(0.32, 0.5, "thing"), dice.between(0.5, 0.6, "thing y")))


def _crate(scene: _Set, spot: Point) -> None:
    pad, colors = scene.pad, scene.paints
    x, y = spot
    pad.polygon([(x, y), (x + 0.2, y - 0.05), (x + 0.22, y + 0.16), (x + 0.02, y + 0.22)], colors.roof)
    pad.polygon([(x, y), (x + 0.06, y - 0.09), (x + 0.25, y - 0.13), (x + 0.2, y - 0.05)], colors.wall)
    for plank in (0.33, 0.66):
        pad.line(
            [(x + 0.02 * plank, y + 0.22 * plank), (x + 0.2 + 0.02 * plank, y - 0.05 + 0.21 * plank)],
            colors.light,
        )


def _lantern(scene: _Set) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.moment
    x, y = dice.between(0.42, 0.58, "lantern"), dice.between(0.46, 0.52, "lantern y")
    square = pad.width / pad.height
    _sky(scene)
    _houses(scene, 0.96, 0.6, "back")
    _ground(scene, 0.93)
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


def _stick(scene: _Set, spot: Point) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    x, y = spot
    for piece, start in enumerate((x - 0.3, x + 0.12)):
        slope = dice.between(-0.25, 0.25, "slope", piece)
        ends = (start, y - slope * 0.3), (start + 0.32, y + slope * 0.3)
        shape = [(ends[0][0], ends[0][1] - 0.02), (ends[1][0], ends[1][1] - 0.02),
                 (ends[1][0] + 0.02, ends[1][1] + 0.005), (ends[1][0], ends[1][1] + 0.025),
                 (ends[0][0], ends[0][1] + 0.025)]  # fmt: skip
        pad.polygon([(a, b + 0.05) for a, b in shape], colors.shade, outline=False)
        pad.polygon(shape, mixed(colors.roof, colors.light, 0.3))
        pad.line([(ends[0][0] + 0.04, ends[0][1]), (ends[1][0] - 0.06, ends[1][1])], colors.ink)


PLACES: Mapping[str, Callable[[_Set], None]] = MappingProxyType(
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


def _sky(scene: _Set) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.moment
    if not pad.outlined:
        down = np.linspace(0, 1.4, pad.height, dtype=np.float32).clip(0, 1)[:, None]
        top, low = (np.array(rgb_of(one), np.float32) for one in (colors.sky, colors.horizon))
        pad.pixels[:] = (top + (low - top) * down)[:, None]
    else:
        pad.pixels[:] = rgb_of(colors.sky)
        _bands(scene, colors.sky, colors.horizon, 0.12, 0.66)
    x = dice.between(0.08, 0.3, "moon") if dice.chance(0.5, "moon side") else dice.between(0.7, 0.92, "moon")
    y, size = dice.between(0.1, 0.22, "moon y"), dice.between(0.05, 0.08, "moon size")
    square = pad.width / pad.height
    for ring in (2.2, 1.6):
        ringed = mixed(colors.sky, colors.light, 0.1 if ring > 2 else 0.18)
        pad.ellipse((x, y), (size * ring, size * ring * square), ringed, outline=False)
    pad.ellipse(
        (x, y), (size, size * square), mixed(colors.light, colors.ground, 0.5 if colors.dark else 0.0)
    )
    if colors.dark:
        for star in range(46):
            spot = (dice.unit("star x", star), dice.unit("star y", star) * 0.6)
            wide = dice.between(0.0008, 0.0026, "star", star)
            pad.ellipse(spot, (wide, wide * square), mixed(colors.ground, colors.light, 0.3), outline=False)
        return
    for cloud in range(3):
        cx, cy = dice.unit("cloud x", cloud), dice.between(0.06, 0.3, "cloud y", cloud)
        for puff in range(4):
            wide = dice.between(0.04, 0.07, "puff", cloud * 4 + puff)
            pad.ellipse(
                (cx + puff * 0.05, cy), (wide, wide * 0.6), mixed(colors.light, "#ffffff", 0.5), outline=False
            )


def _bands(scene: _Set, first: str, last: str, top: float, bottom: float, count: int = 5) -> None:
    """Waves that step from one color to the other: what a gouache sky does instead of a gradient."""
    for band in range(1, count + 1):
        share = band / count
        level = top + (bottom - top) * share
        color = mixed(first, last, share)
        scene.pad.polygon([*_wave(scene, level, 0.018, f"band {band}"), (1, 1), (0, 1)], color, outline=False)


def _wave(scene: _Set, level: float, high: float, name: str) -> list[Point]:
    first, second = (scene.dice.unit(name, part) * math.tau for part in ("first", "second"))
    return [
        (x / 24, level + high * (math.sin(x * 0.31 + first) + 0.5 * math.sin(x * 0.83 + second)))
        for x in range(25)
    ]


def _hills(scene: _Set, level: float, name: str) -> None:
    colors = scene.paints
    color = mixed(colors.horizon, colors.far, {"far": 0.5, "near": 1.0}.get(name, 0.0))
    if name == "slope":
        color = mixed(colors.far, colors.ground, 0.55)
    scene.pad.polygon([*_wave(scene, level, 0.05, name), (1.02, 1.02), (-0.02, 1.02)], color)


def _houses(scene: _Set, base: float, size: float, name: str, *, sparse: bool = False) -> None:
    dice, colors = scene.dice, scene.paints
    x, house = -dice.between(0, 0.1, name), 0
    while x < 1.0:
        wide = dice.between(0.11, 0.19, name, "wide", house) * scene.near * size
        if not sparse or dice.chance(0.35, name, "there", house):
            high = dice.between(0.14, 0.3, name, "high", house) * scene.near * size
            shade = dice.between(0, 0.5, name, "shade", house)
            back = mixed(colors.wall, colors.far, 0.6) if name == "back" else colors.wall
            _house(
                scene,
                (x, base, wide, min(high, base - 0.12)),
                mixed(back, colors.roof, shade),
                f"{name}{house}",
            )
        x += wide * dice.between(0.98, 1.15, name, "gap", house)
        house += 1


def _house(scene: _Set, spot: tuple[float, float, float, float], color: str, name: str) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    x, base, wide, high = spot
    top = base - high
    gable = wide * dice.between(0.35, 0.6, name, "gable")
    pad.box(x, top, x + wide, base + 0.03, color)
    pad.polygon([(x - wide * 0.08, top), (x + wide / 2, top - gable), (x + wide * 1.08, top)], colors.roof)
    cap = [(x - wide * 0.1, top), (x + wide / 2, top - gable * 1.12), (x + wide * 1.1, top),
           (x + wide * 0.96, top), (x + wide / 2, top - gable * 0.72), (x + wide * 0.04, top)]  # fmt: skip
    pad.polygon(cap, colors.ground if colors.dark else mixed(colors.roof, colors.light, 0.25))
    rows, columns = max(1, int(high / (wide * 0.5))), 2 if wide < 0.12 else 3
    cell = wide / columns
    for row in range(rows):
        for column in range(columns):
            if dice.chance(0.2, name, "blind", row * 8 + column):
                continue
            left = x + cell * (column + 0.27)
            up = top + high * (row + 0.2) / rows
            down = min(up + cell * 0.75 * pad.width / pad.height, base)
            lit = scene.moment.chance(0.6, name, "lit", row * 8 + column)
            pad.box(
                left,
                up,
                left + cell * 0.46,
                down,
                colors.light if lit else mixed(colors.roof, colors.ink, 0.4),
            )


def _window(scene: _Set, left: float, top: float, wide: float, *, arched: bool) -> None:
    pad, colors = scene.pad, scene.paints
    pane = colors.light if scene.moment.chance(0.6, "pane") else mixed(colors.far, colors.sky, 0.6)
    tall = wide * 1.1 * pad.width / pad.height
    right, middle, bottom = left + wide, left + wide / 2, top + tall
    if arched:
        pad.ellipse((middle, top + tall * 0.3), (wide / 2, tall * 0.45), pane)
    pad.box(left, top + tall * 0.3, right, bottom, pane)
    pad.ellipse((middle, top + tall * 0.32), (wide * 0.47, tall * 0.42), pane, outline=False)
    pad.line([(middle, top - tall * 0.13), (middle, bottom)], colors.ink)
    pad.line([(left, top + tall * 0.5), (right, top + tall * 0.5)], colors.ink)
    pad.box(left - wide * 0.08, bottom, right + wide * 0.08, bottom + tall * 0.06, colors.ground)


def _ground(scene: _Set, level: float) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.moment
    pad.polygon([*_wave(scene, level, 0.012, "ground"), (1.02, 1.02), (-0.02, 1.02)], colors.ground)
    middle = mixed(colors.ground, colors.shade, 0.3)
    pad.polygon([*_wave(scene, level + 0.12, 0.02, "bank"), (1, 1), (0, 1)], middle, outline=False)
    for mark in range(7):
        spot = (dice.unit("mark x", mark), dice.between(level + 0.08, 1.0, "mark y", mark))
        wide = dice.between(0.01, 0.035, "mark", mark)
        pad.ellipse(spot, (wide, wide * 0.3), colors.shade, outline=False)


def _trees(scene: _Set, level: float, *, many: bool = False) -> None:
    dice = scene.moment
    for tree in range(6 if many else 3):
        left = tree % 2 == 0
        x = dice.between(0.0, 0.14, "tree", tree) if left else dice.between(0.86, 1.0, "tree", tree)
        if many and tree > 2:
            x = dice.unit("tree", tree)
        deep = dice.between(0.02, 0.1, "deep", tree)
        _tree(scene, x, level + deep, (0.14 + deep) * scene.near)


def _tree(scene: _Set, x: float, foot: float, tall: float) -> None:
    pad, colors = scene.pad, scene.paints
    wide = tall * 0.3 * pad.height / pad.width
    green = mixed(colors.roof, colors.far, 0.35)
    pad.box(x - wide * 0.15, foot - tall * 0.15, x + wide * 0.15, foot, mixed(colors.roof, colors.ink, 0.5))
    for tier in range(3):
        low = foot - tall * (0.1 + tier * 0.26)
        half = wide * (1.05 - tier * 0.24)
        pad.polygon(
            [(x - half, low), (x, low - tall * 0.38), (x + half, low)],
            mixed(green, colors.ink, 0.1 * (2 - tier)),
        )


def _lamp(scene: _Set, level: float) -> None:
    pad, colors, dice = scene.pad, scene.paints, scene.dice
    if not dice.chance(0.6, "lamp"):
        return
    x, tall = dice.between(0.1, 0.9, "lamp x"), 0.36 * scene.near
    foot, wide = level + 0.05, 0.02 * scene.near
    top = foot - tall
    square = pad.width / pad.height
    for ring in (3.6, 2.4):
        pad.ellipse(
            (x, top),
            (wide * ring, wide * ring * square),
            mixed(colors.horizon, colors.light, 0.12 * 4 / ring),
            outline=False,
        )
    pad.box(x - wide * 0.18, top, x + wide * 0.18, foot, colors.ink)
    pad.polygon(
        [
            (x - wide * 0.8, top - wide * 1.4),
            (x + wide * 0.8, top - wide * 1.4),
            (x + wide * 0.5, top + wide),
            (x - wide * 0.5, top + wide),
        ],
        colors.light,
    )
    pad.polygon(
        [(x - wide, top - wide * 1.4), (x, top - wide * 2.6), (x + wide, top - wide * 1.4)], colors.roof
    )
