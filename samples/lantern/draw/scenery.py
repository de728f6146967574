"""The town on a winter night: sky, houses, lamps, snow, rooms. Blues, warm only where lights burn."""

from __future__ import annotations

import math
import random

from ink import HEIGHT, WIDTH, Pen, Points, box, corner, ellipse, glow, ribbon

NIGHT = {
    "deep": "#1d2350",
    "dusk": "#2b3470",
    "blue": "#3f4b8f",
    "haze": "#6371b4",
    "mist": "#8f9bd0",
    "shadow": "#b4c0e6",
    "snow": "#e4eaf8",
    "glass": "#fff0bd",
    "iron": "#262a4e",
}
FAR_INK = "#232a5c"
WALLS = ["#4a5599", "#58609f", "#3f4b8f", "#6066a8", "#4d4f94", "#5a6cad"]
ROOFS = ["#333a78", "#2f3a70", "#3d3b7c"]


def sky(
    pen: Pen, *, horizon: float = 520.0, seed: int = 1, moon: tuple[float, float, float] | None = None
) -> None:
    """Night in stepped washes, stars, perhaps a moon."""
    dice = random.Random(seed)  # noqa: S311
    tones = ["#1d2350", "#232b5d", "#2b3470", "#36418a", "#4550a0", "#5964b2"]
    pen.patch(box(-9, -9, WIDTH + 9, HEIGHT + 9), tones[0])
    for k, tone in enumerate(tones[1:], 1):
        y = horizon * (k / len(tones)) ** 0.85
        edge = [
            (x, y + dice.uniform(-14, 14) + 16 * math.sin(x / 190 + k * 2))
            for x in range(-60, WIDTH + 90, 80)
        ]
        pen.patch([*edge, *corner((WIDTH + 90, HEIGHT + 9), (-90, HEIGHT + 9))], tone)
    for _ in range(34):
        x, y, r = dice.uniform(0, WIDTH), dice.uniform(0, horizon * 0.7), dice.uniform(0.9, 2.1)
        pen.dot(x, y, r, r, "#cdd6f6")
    if moon:
        x, y, r = moon
        glow(pen, x, y, r * 2.5, color="#c9d4ff", steps=4, strength=0.09)
        name = pen.shape(ellipse(x, y, r, r, n=24), "#f3f1df", ink=0.0, marks=" ")
        for dx, dy, k in ((-0.3, -0.2, 0.2), (0.25, 0.3, 0.27), (0.3, -0.4, 0.12), (-0.35, 0.45, 0.13)):
            pen.patch(ellipse(x + dx * r, y + dy * r, k * r, k * r * 0.9, n=14), "#dfdfd9", clip=name)


def window(pen: Pen, x: float, y: float, w: float, h: float, *, lit: bool, arched: bool = False) -> None:
    """A window with its bars, sill and snow on it; centred on x, its top at y."""
    top = [(x - w / 2, y + h * 0.3), (x, y - h * 0.12), (x + w / 2, y + h * 0.3)] if arched else []
    form = [*(top or corner((x - w / 2, y), (x + w / 2, y))), *corner((x + w / 2, y + h), (x - w / 2, y + h))]
    if lit:
        glow(pen, x, y + h / 2, max(w, h) * 1.25, steps=3, strength=0.08)
    pen.shape(
        form, NIGHT["glass"] if lit else "#2a3168", shade="#f6d58f" if lit else "#232a5c", depth=w * 0.1
    )
    pen.line([(x, y - (h * 0.1 if arched else 0)), (x, y + h)], 0.8)
    pen.line([(x - w / 2, y + h * 0.45), (x + w / 2, y + h * 0.45)], 0.8)
    sill = [
        (x - w * 0.66, y + h + 3),
        (x - w * 0.3, y + h - 4),
        (x + w * 0.3, y + h - 3),
        (x + w * 0.66, y + h + 4),
        (x + w * 0.5, y + h + 9),
        (x - w * 0.5, y + h + 9),
    ]
    pen.shape(sill, NIGHT["snow"], ink=0.7)


def house(
    pen: Pen,
    x: float,
    base: float,
    w: float,
    h: float,
    *,
    seed: int,
    lit: float = 0.5,
    door: bool = False,
    plain: bool = False,
) -> None:
    """A crooked town house: gable, snow on the roof, chimney, windows; x is its middle."""
    dice = random.Random(seed)  # noqa: S311
    lean = dice.uniform(-0.04, 0.04) * w
    wall, roof = dice.choice(WALLS), dice.choice(ROOFS)
    peak = h * dice.uniform(0.3, 0.42)
    left, right, eave = x - w / 2, x + w / 2, base - h
    cx = x + dice.choice((-1, 1)) * w * 0.27
    pen.shape(box(cx - w * 0.07, eave - peak * 0.85, cx + w * 0.07, eave), roof, shade=FAR_INK, depth=4)
    pen.shape(
        [(cx - w * 0.1, eave - peak * 0.82), (cx, eave - peak * 0.95), (cx + w * 0.1, eave - peak * 0.82)],
        NIGHT["snow"],
        ink=0.8,
    )
    body = [*corner((left + lean, eave), (right + lean, eave - 3), (right, base), (left, base))]
    pen.shape(body, wall, shade=_darker(wall), depth=w * 0.1)
    gable = corner(
        (left - w * 0.09 + lean, eave + 6), (x + lean * 1.6, eave - peak), (right + w * 0.09 + lean, eave + 4)
    )
    pen.shape(gable, roof, shade=_darker(roof), depth=w * 0.06)
    _roof_snow(pen, gable, dice)
    if not plain:
        pen.shape(
            ellipse(x + lean, eave - peak * 0.22, w * 0.075, w * 0.075, n=14),
            NIGHT["glass"] if dice.random() < lit else "#2a3168",
        )
    columns = 2 if w < 170 else 3
    rows = max(1, int(h / (w * 0.5)))
    for row in range(rows):
        for col in range(columns):
            wx = x + lean * (1 - row / rows) + (col - (columns - 1) / 2) * w / columns
            wy = eave + h * (0.1 + row * 0.84 / rows)
            if door and row == rows - 1 and col == columns - 1:
                continue
            window(
                pen,
                wx,
                wy,
                w / columns * 0.42,
                h / rows * 0.46,
                lit=dice.random() < lit,
                arched=row == 0 and seed % 2 == 0,
            )
    for _ in range(5 if w > 120 else 0):
        bx, by = dice.uniform(left + 10, right - 26), dice.uniform(eave + 16, base - 16)
        pen.line([(bx, by), (bx + 14, by + dice.uniform(-1, 1))], 0.6, color=_darker(wall))
    if door:
        dx, dw, dh = x + w / columns * (columns - 1) / 2, w / columns * 0.56, min(h * 0.3, w * 0.62)
        pen.shape(
            [
                *corner((dx + dw / 2, base), (dx - dw / 2, base)),
                (dx - dw / 2, base - dh * 0.8),
                (dx, base - dh),
                (dx + dw / 2, base - dh * 0.8),
            ],
            "#7a6aa6",
            shade="#5d4f8c",
            depth=5,
        )
        pen.dot(dx + dw * 0.28, base - dh * 0.42, 3, 3, NIGHT["glass"])


def _roof_snow(pen: Pen, gable: Points, dice: random.Random) -> None:
    (lx, ly), (px, py), (rx, ry) = gable[0], gable[2], gable[4]

    def along(a: tuple[float, float], b: tuple[float, float], k: float, drop: float) -> tuple[float, float]:
        return (a[0] + (b[0] - a[0]) * k, a[1] + (b[1] - a[1]) * k + drop)

    thick = (rx - lx) * 0.07
    top = [
        (lx - 3, ly),
        along((lx, ly), (px, py), 0.5, -thick * 0.35),
        (px, py - thick * 0.6),
        along((px, py), (rx, ry), 0.5, -thick * 0.35),
        (rx + 3, ry),
    ]
    low = [along((px, py), (rx, ry), k, thick * dice.uniform(0.7, 1.7)) for k in (0.86, 0.68, 0.5, 0.3, 0.12)]
    low += [
        along((lx, ly), (px, py), k, thick * dice.uniform(0.7, 1.7)) for k in (0.88, 0.7, 0.5, 0.32, 0.14)
    ]
    pen.shape([*top, *low], NIGHT["snow"], shade=NIGHT["shadow"], depth=thick * 0.4, ink=0.9)


def _darker(color: str) -> str:
    r, g, b = (int(color[k : k + 2], 16) for k in (1, 3, 5))
    return f"#{int(r * 0.76):02x}{int(g * 0.76):02x}{int(b * 0.84):02x}"


def ground(pen: Pen, top: float, *, seed: int = 3, tone: str = "#c4cfee", low: str = "#dfe6f7") -> None:
    """Snow from `top` down: drifts, hollows, a few cobbles that show."""
    dice = random.Random(seed)  # noqa: S311
    for k, color in enumerate((tone, "#cfd8f2", low)):
        y = top + k * (HEIGHT - top) * 0.3
        edge = [(x, y + dice.uniform(-7, 7) * (k + 1)) for x in range(-80, WIDTH + 160, 120)]
        pen.shape(
            [*edge, *corner((WIDTH + 160, HEIGHT + 40), (-80, HEIGHT + 40))],
            color,
            ink=0.8 if k == 0 else 0.0,
        )
    for _ in range(16):
        x, y = dice.uniform(0, WIDTH), dice.uniform(top + 26, HEIGHT - 14)
        s = 8 + 22 * (y - top) / (HEIGHT - top)
        pen.line([(x - s, y), (x, y - s * 0.24), (x + s, y)], 0.7, color="#9fadda")


def shadow(pen: Pen, x: float, y: float, rx: float, *, tone: str = "#8f9dd2") -> None:
    """The soft-edged shadow under somebody's feet."""
    pen.patch(ellipse(x, y, rx, rx * 0.17, n=20), tone, opacity=0.75)


def lamp(pen: Pen, *, height: float = 430.0, lit: bool = True, pool: bool = True) -> None:
    """A street lamp, its foot at the origin."""
    if lit and pool:
        for k, grow in enumerate((1.0, 0.72, 0.45)):
            pen.patch(ellipse(0, 6, 250 * grow, 44 * grow, n=24), "#fff0c6", opacity=0.22 + 0.05 * k)
    if lit:
        glow(pen, 0, -height - 42, 300, steps=7, strength=0.085)
    iron = NIGHT["iron"]
    pen.shape(ribbon([(0, 0), (0, -height * 0.5), (0, -height)], [9, 7, 6]), iron, rim="#5a639f", depth=9)
    pen.shape(
        [*corner((-26, 4), (26, 4)), (20, -18), *corner((13, -46), (-13, -46)), (-20, -18)],
        iron,
        rim="#5a639f",
        depth=9,
    )
    for y in (-height * 0.42, -height + 14):
        pen.shape(ellipse(0, y, 13, 6, n=14), iron, rim="#5a639f", depth=6)
    pen.shape(ribbon([(-44, -height + 44), (0, -height + 40), (44, -height + 44)], [4, 4, 4]), iron, ink=0.6)
    lantern(pen.at(0, -height), lit=lit)
    drift = [(-52, 9), (-34, -9), (-8, -4), (18, -12), (46, 6), (50, 12), (-50, 14)]
    pen.shape(drift, NIGHT["snow"], shade=NIGHT["shadow"], depth=5, ink=0.8)


def lantern(pen: Pen, *, lit: bool) -> None:
    """The glass head of a lamp, standing on the origin."""
    iron = NIGHT["iron"]
    glass = corner((-22, 0), (22, 0), (36, -72), (-36, -72))
    pen.shape(glass, "#fff0bd" if lit else "#4b578f", shade="#fbd98e" if lit else "#3b467d", depth=8)
    if lit:
        pen.patch(ellipse(0, -30, 17, 26), "#fffadf")
        pen.shape([(-8, -12), (-9, -28), *corner((0, -52)), (9, -28), (8, -12), (0, -6)], "#ffcf5a", ink=0.6)
        pen.patch([(-3, -12), (-3, -24), (0, -34), (4, -24), (3, -11)], "#fffbe4")
    else:
        pen.line([(0, -4), (0, -18)], 1.4)
        pen.patch([(-24, -62), (-10, -62), (-16, -14), (-20, -14)], "#7d8ac2", opacity=0.8)
    for x0, x1 in ((-8, -12), (8, 12)):
        pen.line([(x0, 0), (x1, -72)], 0.9)
    pen.shape(box(-26, -4, 26, 6), iron, rim="#5a639f", depth=6)
    roof = [*corner((-46, -70), (46, -70)), (28, -92), *corner((12, -104), (-12, -104)), (-28, -92)]
    pen.shape(roof, iron, rim="#5a639f", depth=9)
    snow = [
        (-44, -80),
        (-30, -102),
        (-10, -114),
        (12, -113),
        (32, -101),
        (45, -80),
        (30, -88),
        (16, -82),
        (0, -90),
        (-18, -83),
        (-32, -90),
    ]
    pen.shape(snow, NIGHT["snow"], shade=NIGHT["shadow"], depth=5, ink=0.9)
    pen.shape(ellipse(0, -118, 6, 8, n=12), iron, ink=0.7)


def pine(pen: Pen, *, seed: int = 1, tone: str = "#34508c") -> None:
    """A small fir under snow, 120 high, its foot at the origin."""
    dice = random.Random(seed)  # noqa: S311
    pen.shape(box(-6, -16, 6, 6), "#37386b", ink=0.8)
    for base, half, top in ((-8, 42, -62), (-36, 33, -92), (-66, 23, -122)):
        sway = dice.uniform(-3, 3)
        form = [
            *corner((-half, base)),
            (-half * 0.4, base + 7),
            (half * 0.4, base + 7),
            *corner((half, base), (sway, top)),
        ]
        pen.shape(form, tone, shade="#28406f", depth=9)
        cap = [
            *corner((sway, top - 3)),
            (half * 0.42, base - 26),
            (half * 0.1, base - 20),
            (-half * 0.12, base - 27),
            (-half * 0.46, base - 22),
        ]
        pen.shape(cap, NIGHT["snow"], shade=NIGHT["shadow"], depth=4, ink=0.75)


def door(pen: Pen) -> None:
    """An open house door with warm light behind it, 330 high, its step at the origin."""
    glow(pen, 0, -170, 330, steps=4, strength=0.09)
    arch = [*corner((95, 0), (-95, 0)), (-95, -240), (-60, -305), (0, -326), (60, -305), (95, -240)]
    pen.shape([(x * 1.17, y * 1.05) for x, y in arch], "#8f86c2", shade="#6d65a3", depth=8)
    pen.shape(arch, "#fff0bd", shade="#f6d58f", depth=12)
    leaf = [*corner((95, 0)), (95, -240), (72, -296), *corner((172, -270), (176, 26))]
    pen.shape(leaf, "#6f639f", shade="#574c86", depth=10)
    pen.dot(158, -120, 6, 6, "#fff0bd")
    pen.shape(corner((-130, 0), (140, 0), (150, 22), (-140, 22)), "#a9b6e2", shade="#8f9bd0", depth=5)


def snowfall(pen: Pen, *, seed: int, amount: int = 70) -> None:
    """Flakes before everything, few and round."""
    dice = random.Random(seed)  # noqa: S311
    for _ in range(amount):
        r = dice.choice((1.6, 2.2, 2.8, 3.6, 5.0))
        pen.dot(dice.uniform(0, WIDTH), dice.uniform(0, HEIGHT), r, r * 1.08, "#f4f7ff")


def fence(pen: Pen, y: float, x0: float, x1: float) -> None:
    """A dark fence with snow caps along the bottom: foreground."""
    dark = pen
    dark.shape(box(x0, y + 26, x1, y + 40), "#1f2550", ink=0.8)
    x, k = x0, 0
    while x < x1:
        h = 6 * math.sin(k * 1.7)
        dark.shape(
            [
                *corner((x, y + 120), (x, y + h)),
                (x + 14, y - 16 + h),
                *corner((x + 28, y + h), (x + 28, y + 120)),
            ],
            "#262d60",
            rim="#3f4b8f",
            depth=8,
        )
        dark.shape(
            [
                (x - 3, y + 4 + h),
                (x + 14, y - 24 + h),
                (x + 31, y + 4 + h),
                (x + 20, y + h),
                (x + 8, y + 5 + h),
            ],
            NIGHT["snow"],
            ink=0.8,
        )
        x += 46
        k += 1


def street(pen: Pen, *, lit: bool, seed: int = 40) -> None:
    """Camera street_a: the end of Lamp Street; the last lamp stands right of the middle."""
    sky(pen, horizon=470, seed=seed, moon=(150, 110, 44))
    far = _far(pen)
    for k, (x, w, h) in enumerate(
        [
            (330, 90, 120),
            (410, 80, 150),
            (492, 96, 110),
            (575, 84, 140),
            (660, 90, 118),
            (742, 84, 150),
            (120, 100, 130),
        ]
    ):
        house(far, x, 520, w, h, seed=seed + k, lit=0.45, plain=True)
    mid = _mid(pen)
    house(mid, 250, 556, 150, 240, seed=71, lit=0.5)
    house(mid, 70, 580, 220, 350, seed=72, lit=0.5, door=True)
    house(mid, 944, 590, 240, 380, seed=75, lit=0.4, door=True)
    ground(pen, 545, seed=5)
    pine(mid.at(366, 572, 0.9), seed=4)
    pine(mid.at(172, 590, 0.7), seed=5)
    pine(mid.at(858, 612, 1.15), seed=6)
    for x, y, s in ((420, 556, 0.3), (560, 572, 0.42)):
        lamp(mid.at(x, y, s), lit=True)
    lamp(pen.at(742, 650, 0.98), height=400, lit=lit)


def _far(pen: Pen) -> Pen:
    return Pen(pen.sheet, pen.matrix, ink="#2c3570", weight=2.0)


def _mid(pen: Pen) -> Pen:
    return Pen(pen.sheet, pen.matrix, ink="#1d2350", weight=2.8)


def town(pen: Pen, *, lit: int, moon: tuple[float, float, float] = (806, 150, 74)) -> None:
    """The whole town on its hill; `lit` lamps burn along the winding road."""
    sky(pen, horizon=560, seed=9, moon=moon)
    far = _far(pen)
    hills = [
        (-60, 520),
        (120, 452),
        (330, 486),
        (560, 420),
        (800, 470),
        (1090, 430),
        *corner((1090, 800), (-60, 800)),
    ]
    pen.patch(hills, "#7481c2")
    hill = [
        (-60, 560),
        (120, 512),
        (300, 420),
        (480, 366),
        (640, 392),
        (820, 486),
        (1090, 560),
        *corner((1090, 800), (-60, 800)),
    ]
    far.shape(hill, "#a9b6e2", shade="#8f9bd0", depth=20)
    spots = [
        (470, 372, 74, 150, 3),
        (392, 402, 72, 90, 4),
        (556, 396, 76, 100, 5),
        (640, 424, 74, 84, 6),
        (316, 446, 84, 92, 7),
        (724, 470, 84, 96, 8),
        (470, 446, 84, 70, 9),
        (560, 466, 84, 78, 12),
        (392, 480, 88, 84, 11),
    ]
    for x, y, w, h, seed in spots[:7]:
        house(far, x, y, w, h, seed=seed * 3, lit=0.55, plain=True)
    mid = _mid(pen)
    for x, y, w, h, seed in [
        (220, 534, 104, 118, 21),
        (820, 560, 112, 128, 22),
        (404, 520, 100, 104, 23),
        (640, 530, 104, 106, 24),
        (90, 600, 130, 150, 25),
        (950, 632, 140, 170, 26),
    ]:
        house(mid, x, y, w, h, seed=seed, lit=0.5)
    for x, y, size in (
        (24, 610, 0.8),
        (166, 604, 0.55),
        (300, 560, 0.5),
        (730, 572, 0.5),
        (884, 600, 0.7),
        (1010, 640, 0.9),
    ):
        pine(mid.at(x, y, size), seed=x)
    front = [
        (-60, 610),
        (160, 586),
        (420, 560),
        (700, 590),
        (900, 640),
        (1090, 628),
        *corner((1090, 800), (-60, 800)),
    ]
    mid.shape(front, "#ccd6f1")
    road = [
        (508, 560),
        (470, 590),
        (560, 632),
        (700, 672),
        (690, 730),
        (560, 800),
        *corner((900, 800)),
        (940, 730),
        (840, 650),
        (640, 604),
        (560, 584),
        (566, 562),
    ]
    pen.patch(road, "#e8edf9")
    places = [(486, 574, 0.2), (612, 590, 0.26), (590, 652, 0.36), (806, 640, 0.42), (950, 716, 0.56)]
    for x, y, size in ((70, 730, 1.5), (196, 760, 1.15), (330, 690, 0.7)):
        pine(pen.at(x, y, size), seed=x)
    for k, (x, y, s) in enumerate(places):
        lamp(mid.at(x, y, s), height=330, lit=k < lit)


def wall(
    pen: Pen,
    *,
    seed: int,
    base: float = 690.0,
    win: tuple[float, float] | None = (780, 120),
    lit: bool = True,
) -> None:
    """A house front close by, for medium shots."""
    dice = random.Random(seed)  # noqa: S311
    mid = _mid(pen)
    pen.patch(box(-9, -9, WIDTH + 9, HEIGHT + 9), "#4a5599")
    pen.patch([(-40, 460), (260, 420), (620, 470), (1080, 430), *corner((1080, 800), (-40, 800))], "#434d8f")
    for _ in range(26):
        x, y = dice.uniform(-20, WIDTH), dice.uniform(20, base - 20)
        w = dice.uniform(36, 64)
        mid.shape(
            corner((x, y), (x + w, y + 1), (x + w - 1, y + 24), (x + 1, y + 23)),
            dice.choice(("#535fa6", "#414b8c", "#5a66ad")),
            ink=0.55,
        )
    if win:
        window(mid, win[0], win[1], 190, 250, lit=lit, arched=True)
    ground(pen, base, seed=seed)


def night_air(
    pen: Pen, *, seed: int, roofs: bool = True, moon: tuple[float, float, float] | None = None
) -> None:
    """Looking up: sky and the tops of far roofs, for close-ups and figures high up."""
    sky(pen, horizon=820, seed=seed, moon=moon)
    if roofs:
        far = _far(pen)
        for k, x in enumerate(range(-10, WIDTH + 100, 148)):
            house(far, x, 860, 150, 190 + 60 * ((k * 7 + seed) % 3), seed=seed * 5 + k, lit=0.45, plain=True)


def room(pen: Pen) -> None:
    """Mara's room: window to the lit street, sill, curtain, a little lamp-warm wall."""
    pen.patch(box(-9, -9, WIDTH + 9, HEIGHT + 9), "#8578ad")
    for x in range(-20, WIDTH + 40, 64):
        pen.patch(ribbon([(x, -10), (x + 3, 400), (x, 800)], [7, 7, 7]), "#9285b8", opacity=0.8)
    view = box(250, 60, 800, 540)
    name = pen.shape(view, "#2b3470", marks=" ")
    pen.sheet.add(f'<g clip-path="url(#{name})">')
    inner = pen.at(240, 40, 0.58)
    sky(inner, horizon=600, seed=4, moon=(180, 130, 60))
    far = _far(inner)
    for k, x in enumerate(range(20, 1000, 130)):
        house(far, x, 770, 120, 190 + 50 * (k % 3), seed=60 + k, lit=0.5, plain=True)
    ground(inner, 740, seed=2)
    inner.patch(box(-200, 762, 1200, 1000), "#dfe6f7")
    pen.sheet.add("</g>")
    pen.sheet.add(f'<g clip-path="url(#{name})">')
    lamp(pen.at(584, 580, 0.72), height=330, lit=True, pool=False)
    pen.sheet.add("</g>")
    frame = "#c9bfe0"
    for bar in (
        box(236, 44, 262, 556),
        box(790, 44, 816, 556),
        box(236, 44, 816, 72),
        box(516, 60, 536, 548),
        box(250, 300, 806, 318),
    ):
        pen.shape(bar, frame, shade="#a195c4", depth=5)
    for side, x in ((1, 236), (-1, 816)):
        cloth = [
            *corner((x - 86 * side, 20), (x + 54 * side, 20)),
            (x + 46 * side, 180),
            (x + 4 * side, 330),
            (x + 10 * side, 500),
            *corner((x + 22 * side, 620), (x - 92 * side, 620)),
        ]
        pen.shape(cloth, "#a596cf", shade="#8475b3", depth=14)
        for k in (-50, -16):
            pen.line(
                [(x + k * side, 34), (x + (k - 4) * side, 300), (x + (k + 6) * side, 600)],
                1.0,
                color="#6b5d9c",
            )
    pen.shape(ribbon([(120, 18), (520, 16), (930, 18)], [9, 9, 9]), "#4d4a86")
    pen.shape(box(150, 544, 902, 590), frame, shade="#a195c4", depth=10)
    pen.shape(box(-20, 590, 1044, 800), "#6a5b92", ink=0.9)
    for x in range(40, 1024, 118):
        pen.line([(x, 600), (x + 2, 768)], 0.8, color="#554879")
