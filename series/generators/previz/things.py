"""Things of a background in fractions of the frame: sky, hills, houses, trees; drawn onto a stage's pad."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from series.generators.previz.colors import Paints
from series.generators.previz.dice import Dice
from series.generators.previz.sketchpad import Point, Sketchpad, mixed, rgb_of


@dataclass(frozen=True, slots=True)
class Stage:
    """What a scene is built with."""

    pad: Sketchpad
    paints: Paints
    dice: Dice
    moment: Dice
    near: float
    """How large things are."""


def sky(scene: Stage) -> None:
    """Above: bands or a gradient, moon or sun, stars or clouds."""
    pad, colors, dice = scene.pad, scene.paints, scene.moment
    if not pad.outlined:
        down = np.linspace(0, 1.4, pad.height, dtype=np.float32).clip(0, 1)[:, None]
        top, low = (np.array(rgb_of(one), np.float32) for one in (colors.sky, colors.horizon))
        pad.pixels[:] = (top + (low - top) * down)[:, None]
    else:
        pad.pixels[:] = rgb_of(colors.sky)
        bands(scene, colors.sky, colors.horizon, 0.12, 0.66)
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


def bands(scene: Stage, first: str, last: str, top: float, bottom: float, count: int = 5) -> None:
    """Waves that step from one color to the other: what a gouache sky does instead of a gradient."""
    for band in range(1, count + 1):
        share = band / count
        level = top + (bottom - top) * share
        color = mixed(first, last, share)
        scene.pad.polygon([*wave(scene, level, 0.018, f"band {band}"), (1, 1), (0, 1)], color, outline=False)


def wave(scene: Stage, level: float, high: float, name: str) -> list[Point]:
    """A wavy line from left to right around a level."""
    first, second = (scene.dice.unit(name, part) * math.tau for part in ("first", "second"))
    return [
        (x / 24, level + high * (math.sin(x * 0.31 + first) + 0.5 * math.sin(x * 0.83 + second)))
        for x in range(25)
    ]


def hills(scene: Stage, level: float, name: str) -> None:
    """One row of hills."""
    colors = scene.paints
    color = mixed(colors.horizon, colors.far, {"far": 0.5, "near": 1.0}.get(name, 0.0))
    if name == "slope":
        color = mixed(colors.far, colors.ground, 0.55)
    scene.pad.polygon([*wave(scene, level, 0.05, name), (1.02, 1.02), (-0.02, 1.02)], color)


def houses(scene: Stage, base: float, size: float, name: str, *, sparse: bool = False) -> None:
    """A row of houses from edge to edge, or here and there one."""
    dice, colors = scene.dice, scene.paints
    x, number = -dice.between(0, 0.1, name), 0
    while x < 1.0:
        wide = dice.between(0.11, 0.19, name, "wide", number) * scene.near * size
        if not sparse or dice.chance(0.35, name, "there", number):
            high = dice.between(0.14, 0.3, name, "high", number) * scene.near * size
            shade = dice.between(0, 0.5, name, "shade", number)
            back = mixed(colors.wall, colors.far, 0.6) if name == "back" else colors.wall
            house(
                scene,
                (x, base, wide, min(high, base - 0.12)),
                mixed(back, colors.roof, shade),
                f"{name}{number}",
            )
        x += wide * dice.between(0.98, 1.15, name, "gap", number)
        number += 1


def house(scene: Stage, spot: tuple[float, float, float, float], color: str, name: str) -> None:
    """One house: spot is left, base, width, height."""
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


def window(scene: Stage, left: float, top: float, wide: float, *, arched: bool) -> None:
    """A window, lit or dark by the moment."""
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


def ground(scene: Stage, level: float) -> None:
    """What everything stands on, below a level."""
    pad, colors, dice = scene.pad, scene.paints, scene.moment
    pad.polygon([*wave(scene, level, 0.012, "ground"), (1.02, 1.02), (-0.02, 1.02)], colors.ground)
    middle = mixed(colors.ground, colors.shade, 0.3)
    pad.polygon([*wave(scene, level + 0.12, 0.02, "bank"), (1, 1), (0, 1)], middle, outline=False)
    for mark in range(7):
        spot = (dice.unit("mark x", mark), dice.between(level + 0.08, 1.0, "mark y", mark))
        wide = dice.between(0.01, 0.035, "mark", mark)
        pad.ellipse(spot, (wide, wide * 0.3), colors.shade, outline=False)


def trees(scene: Stage, level: float, *, many: bool = False) -> None:
    """Firs at both sides, or many of them."""
    dice = scene.moment
    for number in range(6 if many else 3):
        left = number % 2 == 0
        x = dice.between(0.0, 0.14, "tree", number) if left else dice.between(0.86, 1.0, "tree", number)
        if many and number > 2:
            x = dice.unit("tree", number)
        deep = dice.between(0.02, 0.1, "deep", number)
        tree(scene, x, level + deep, (0.14 + deep) * scene.near)


def tree(scene: Stage, x: float, foot: float, tall: float) -> None:
    """One fir."""
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


def lamp(scene: Stage, level: float) -> None:
    """In most streets, a street lamp."""
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


def beam(scene: Stage, wall: str) -> None:
    """Light that falls across a wall, elsewhere in each panel."""
    colors, moment = scene.paints, scene.moment
    left, wide = moment.between(-0.2, 0.9, "beam"), moment.between(0.15, 0.4, "beam wide")
    lean = moment.between(-0.3, 0.3, "beam lean")
    color = mixed(wall, colors.far, 0.45) if moment.chance(0.5, "beam") else mixed(wall, colors.sky, 0.5)
    corners = [(left, 0.0), (left + wide, 0.0), (left + wide + lean, 1.0), (left + lean, 1.0)]
    scene.pad.polygon(corners, color, outline=False)


def crate(scene: Stage, spot: Point) -> None:
    """A box with planks."""
    pad, colors = scene.pad, scene.paints
    x, y = spot
    pad.polygon([(x, y), (x + 0.2, y - 0.05), (x + 0.22, y + 0.16), (x + 0.02, y + 0.22)], colors.roof)
    pad.polygon([(x, y), (x + 0.06, y - 0.09), (x + 0.25, y - 0.13), (x + 0.2, y - 0.05)], colors.wall)
    for plank in (0.33, 0.66):
        pad.line(
            [(x + 0.02 * plank, y + 0.22 * plank), (x + 0.2 + 0.02 * plank, y - 0.05 + 0.21 * plank)],
            colors.light,
        )


def stick(scene: Stage, spot: Point) -> None:
    """Something long that broke in two."""
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
