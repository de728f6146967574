"""The cast: Mara, Tib the cat and Oswin the lamplighter, drawn from a pose; feet at the pen's origin."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ink import Pen, Point, corner, ellipse, ribbon

Arm = tuple[Point, Point]

MARA = {
    "coat": "#c8322e",
    "coat_shade": "#96222f",
    "hair": "#232845",
    "hair_shade": "#171a33",
    "skin": "#f3cba8",
    "skin_shade": "#dfa588",
    "fleece": "#f6ead2",
    "fleece_shade": "#d9c7b4",
    "boots": "#5b3a44",
    "tights": "#3b3a5e",
}
MARA_HOME = {
    **MARA,
    "coat": "#e9a3b4",
    "coat_shade": "#c77f9b",
    "fleece": "#fbeef0",
    "fleece_shade": "#e3c3cf",
}
TIB = {
    "fur": "#8cc5b4",
    "fur_shade": "#639f96",
    "stripe": "#4a807f",
    "belly": "#eef3e2",
    "belly_shade": "#c9d9c9",
    "eye": "#f3d34a",
    "nose": "#e58f92",
}
OSWIN = {
    "coat": "#d0912b",
    "coat_shade": "#a2661f",
    "scarf": "#3f8fd0",
    "scarf_shade": "#2b6aa6",
    "skin": "#eeb892",
    "skin_shade": "#d48f78",
    "nose": "#e08a76",
    "beard": "#f2f0ec",
    "beard_shade": "#c8c8d6",
    "gloves": "#6d4938",
    "boots": "#4a3542",
    "trousers": "#4d4a66",
}
STRANGER = {
    "coat": "#5f9a46",
    "coat_shade": "#43753a",
    "hair": "#d98a3d",
    "hair_shade": "#b5662c",
    "skin": "#fbe3cf",
    "skin_shade": "#e6bda2",
    "trim": "#39405f",
    "boots": "#39405f",
}


@dataclass(frozen=True)
class Pose:
    """What a figure does; arms are elbow and hand in the figure's own units."""

    turn: float = 0.0
    tilt: float = 0.0
    eyes: str = "open"
    mouth: str = "smile"
    brow: float = 0.0
    left: Arm | None = None
    right: Arm | None = None
    step: float = 0.0
    stance: str = "stand"
    holds: str = ""
    colors: dict[str, str] = field(default_factory=dict)


def _eye(pen: Pen, x: float, y: float, kind: str, size: float, squeeze: float = 1.0) -> None:
    w, h = 7.4 * size * squeeze, 10.4 * size
    if kind == "happy":
        pen.line([(x - w * 1.5, y + h * 0.35), (x, y - h * 0.6), (x + w * 1.5, y + h * 0.35)], 1.25)
    elif kind == "closed":
        pen.line([(x - w * 1.5, y - h * 0.1), (x, y + h * 0.55), (x + w * 1.5, y - h * 0.1)], 1.25)
    else:
        grow = 1.22 if kind == "wide" else 1.0
        pen.dot(x, y, w * grow, h * grow)
        pen.dot(x - w * 0.3, y - h * 0.4, w * 0.42 * grow, h * 0.36 * grow, "#ffffff")
        pen.dot(x + w * 0.35, y + h * 0.45, w * 0.2, h * 0.17, "#aebbe6")


def _mouth(pen: Pen, x: float, y: float, kind: str, size: float = 1.0) -> None:
    s = size
    if kind == "smile":
        pen.line([(x - 12 * s, y - 3 * s), (x, y + 4 * s), (x + 12 * s, y - 3 * s)], 1.0)
    elif kind == "sad":
        pen.line([(x - 10 * s, y + 4 * s), (x, y - 2 * s), (x + 10 * s, y + 4 * s)], 1.0)
    elif kind == "flat":
        pen.line([(x - 9 * s, y), (x + 9 * s, y + 1 * s)], 1.0)
    elif kind == "o":
        pen.shape(ellipse(x, y + 2 * s, 6 * s, 8 * s, n=12), "#7c2c3c", ink=0.6)
    elif kind == "grin":
        form = [
            *corner((x - 17 * s, y - 6 * s), (x + 17 * s, y - 6 * s)),
            (x + 12 * s, y + 8 * s),
            (x, y + 13 * s),
            (x - 12 * s, y + 8 * s),
        ]
        name = pen.shape(form, "#7c2c3c", shade="#7c2c3c", ink=0.7)
        pen.patch(ellipse(x, y + 13 * s, 10 * s, 7 * s, n=12), "#e9868b", clip=name)


def _mitten(pen: Pen, hand: Point, elbow: Point, fill: str, shade: str, size: float) -> None:
    dx, dy = hand[0] - elbow[0], hand[1] - elbow[1]
    far = max(1.0, (dx * dx + dy * dy) ** 0.5)
    ux, uy = dx / far, dy / far
    cx, cy = hand[0] + ux * size * 1.15, hand[1] + uy * size * 1.15
    side = 1 if ux * 0.3 - uy > 0 else -1
    thumb = (cx - uy * size * 0.85 * side, cy + ux * size * 0.85 * side)
    pen.shape(ellipse(thumb[0], thumb[1], size * 0.42, size * 0.48, n=12), fill, ink=0.85)
    pen.shape(ellipse(cx, cy, size, size * 0.92, n=16), fill, shade=shade, depth=size * 0.35)


def _arm(
    pen: Pen,
    shoulder: Point,
    arm: Arm,
    cloth: tuple[str, str],
    glove: tuple[str, str],
    *,
    width: float = 17.0,
    cuff: tuple[str, str] | None = None,
) -> None:
    elbow, hand = arm
    _mitten(pen, hand, elbow, glove[0], glove[1], width * 0.92)
    spine, widths = [shoulder, elbow, hand], [width * 0.92, width, width * 1.1]
    pen.limb(spine, widths, cloth[0], shade=cloth[1], depth=width * 0.5)
    if cuff:
        lean = math.degrees(math.atan2(hand[1] - elbow[1], hand[0] - elbow[0]))
        band = ellipse(hand[0], hand[1], width * 0.55, width * 1.22, turn=lean, n=18)
        pen.shape(band, cuff[0], shade=cuff[1], depth=4, ink=0.9)


def mara(pen: Pen, pose: Pose, *, part: str = "full") -> None:
    """A small girl with a black bob under a red beret, red bell coat, fleece collar."""
    c = {**MARA, **pose.colors}
    home = pose.stance == "home"
    left = pose.left or ((-62, -112), (-64, -78))
    right = pose.right or ((62, -112), (64, -78))
    cloth, fleece = (c["coat"], c["coat_shade"]), (c["fleece"], c["fleece_shade"])
    glove, cuff = ((c["skin"], c["skin_shade"]), None) if home else (fleece, fleece)
    if part == "full":
        _mara_legs(pen, c, pose.step, home=home)
    behind, front = (left, right) if pose.turn >= 0 else (right, left)
    back_side = -1 if pose.turn >= 0 else 1
    raised = behind[1][1] < -150
    if not raised:
        _arm(pen, (back_side * 30, -146), behind, cloth, glove, cuff=cuff)
    coat = [
        (-26, -166),
        (-40, -140),
        (-54, -92),
        (-70, -52),
        *corner((-80, -34)),
        (-40, -26),
        (0, -24),
        (40, -26),
        *corner((80, -34)),
        (70, -52),
        (54, -92),
        (40, -140),
        (26, -166),
    ]
    name = pen.shape(coat, c["coat"], shade=c["coat_shade"], depth=15)
    if home:
        for x, y in [(-40, -70), (-8, -100), (34, -84), (8, -52), (-22, -132), (30, -128), (56, -48)]:
            pen.patch(ellipse(x, y, 5, 5, n=10), c["fleece"], clip=name)
    else:
        hem = [(-90, -44), (-40, -36), (0, -34), (40, -36), (90, -44), (92, -10), (0, -4), (-92, -10)]
        pen.patch(hem, c["fleece"], clip=name)
        pen.line([(-76, -46), (-40, -37), (0, -35), (40, -37), (76, -46)], 0.8, clip=name)
        for y in (-118, -86, -58):
            pen.shape(ellipse(pose.turn * 14, y, 6, 6, n=12), c["fleece"], ink=0.65)
        pen.line([(pose.turn * 14 + 30, -96), (pose.turn * 14 + 46, -92)], 0.8)
    if raised:
        _arm(pen, (back_side * 30, -146), behind, cloth, glove, cuff=cuff)
    _arm(pen, (-back_side * 30, -146), front, cloth, glove, cuff=cuff)
    collar = [
        (-44, -164),
        (-36, -146),
        (-14, -136),
        (0, -139),
        (14, -136),
        (36, -146),
        (44, -164),
        (30, -180),
        (-30, -180),
    ]
    pen.shape(collar, c["fleece"], shade=c["fleece_shade"], depth=7)
    _mara_head(pen.at(pose.turn * 5, -214, turn=pose.tilt), c, pose, hat=not home)


def _mara_legs(pen: Pen, c: dict[str, str], step: float, *, home: bool) -> None:
    tights = c["skin"] if home else c["tights"]
    shoe = c["fleece"] if home else c["boots"]
    for side in (-1, 1):
        foot = side * (24 + abs(step) * 10) + step * 8
        lift = step * 10 * side if step else 0
        pen.shape(ribbon([(side * 22, -48), (foot, -14 + min(0, lift))], [12, 11]), tights, ink=0.9)
        y = min(0.0, lift)
        boot = [
            *corner((foot - 15, y - 26), (foot + 15, y - 26)),
            (foot + 17, y - 8),
            (foot + 21, y - 1),
            (foot, y + 2),
            (foot - 21, y - 1),
            (foot - 17, y - 8),
        ]
        pen.shape(boot, shoe, shade=c["fleece_shade"] if home else "#40283a", depth=6)


def _mara_head(pen: Pen, c: dict[str, str], pose: Pose, *, hat: bool) -> None:
    t = pose.turn
    back = [
        (-64, -24),
        (-50, -58),
        (0, -72),
        (50, -58),
        (66, -22),
        (72, 24),
        (76, 52),
        (50, 60),
        (0, 50),
        (-50, 60),
        (-76, 52),
        (-72, 24),
    ]
    pen.shape([(x - t * 9, y) for x, y in back], c["hair"], shade=c["hair_shade"], depth=8)
    face = [
        (-52, -8),
        (-51, 18),
        (-34, 44),
        (0, 54),
        (34, 44),
        (51, 18),
        (52, -8),
        (40, -46),
        (0, -56),
        (-40, -46),
    ]
    name = pen.shape([(x + t * 5, y) for x, y in face], c["skin"], shade=c["skin_shade"], depth=8)
    fx = t * 24
    pen.patch([(-60, -20), (0, -4 - 8), (60, -20), (60, -60), (-60, -60)], c["skin_shade"], clip=name)
    for side in (-1, 1):
        pen.patch(ellipse(fx + side * 33, 21, 11, 7.5, n=14), "#ea8f83", clip=name, opacity=0.75)
        squeeze = 1 - max(0.0, side * t) * 0.3
        _eye(pen, fx + side * (23 - max(0, side * t) * 4), 4, pose.eyes, 1.0, squeeze)
        bx, lift = fx + side * 23, -18 - (4 if pose.eyes == "wide" else 0)
        slope = -pose.brow * 6 * side
        pen.line([(bx - 11, lift - slope), (bx, lift - 4), (bx + 11, lift + slope)], 1.1)
    pen.line([(fx + t * 7 - 3, 17), (fx + t * 7 + 2, 20), (fx + t * 7 + 5, 17)], 0.85)
    _mouth(pen, fx + t * 2, 32, pose.mouth)
    s = t * 14
    fringe = [
        *corner((-60 + t * 4, 12)),
        (-64, -22),
        (-46, -60),
        (0, -72),
        (46, -60),
        (64, -22),
        *corner(
            (60 + t * 4, 12), (48 + s * 0.5, -24), (30 + s, -16), (18 + s, -28), (0 + s, -18), (-14 + s, -28)
        ),
        *corner((-30 + s, -16), (-46 + s * 0.5, -26)),
    ]
    hair = pen.shape(fringe, c["hair"], ink=0.9)
    del hair
    pen.line([(-46, -34), (-32, -50), (-12, -56)], 1.6, color="#4b5688")
    for side in (-1, 1):
        lock = [
            *corner((side * 58 - t * 4, -14)),
            (side * 66 - t * 8, 14),
            (side * 72 - t * 9, 46),
            *corner((side * 52 - t * 8, 58)),
            (side * 51 - t * 2, 30),
            (side * 50 + t, 6),
        ]
        pen.shape(lock, c["hair"], ink=0.8)
    if hat:
        _beret(pen, c, t)


def _beret(pen: Pen, c: dict[str, str], t: float) -> None:
    beret = [
        (-58, -40),
        (-76, -58),
        (-62, -90),
        (-14, -106),
        (42, -98),
        (74, -66),
        (62, -42),
        (30, -50),
        (0, -53),
        (-30, -49),
    ]
    pen.shape(beret, c["coat"], shade=c["coat_shade"], depth=12)
    pen.line([(-58, -46), (-28, -58), (0, -61), (30, -58), (60, -47)], 0.9)
    pen.shape(ellipse(-4 - t * 5, -108, 17, 16, n=14), c["fleece"], shade=c["fleece_shade"], depth=7)


def stranger(pen: Pen, pose: Pose, *, part: str = "full", palette: dict[str, str] | None = None) -> None:
    """Somebody else: a lanky child, long loose curls, freckles, a straight duffle coat."""
    c = {**STRANGER, **(palette or {}), **pose.colors}
    cloth = (c["coat"], c["coat_shade"])
    skin = (c["skin"], c["skin_shade"])
    if part == "full":
        for side in (-1, 1):
            pen.shape(ribbon([(side * 16, -70), (side * 18, -8)], [11, 10]), c["trim"])
            pen.shape(ellipse(side * 22, -6, 20, 9), c["boots"])
    hair = [
        (-34, -262),
        (-60, -240),
        (-66, -200),
        (-78, -160),
        (-70, -112),
        (-46, -102),
        (46, -102),
        (70, -112),
        (78, -160),
        (66, -200),
        (60, -240),
        (34, -262),
    ]
    pen.shape(hair, c["hair"], shade=c["hair_shade"], depth=12)
    coat = [
        (-30, -184),
        (-46, -160),
        (-48, -100),
        *corner((-52, -52), (52, -52)),
        (48, -100),
        (46, -160),
        (30, -184),
    ]
    pen.shape(coat, c["coat"], shade=c["coat_shade"], depth=12)
    pen.line([(0, -170), (1, -110), (0, -56)], 1.0)
    for y in (-146, -110, -76):
        pen.line([(-16, y), (16, y + 1)], 2.0, color=c["hair"])
    left = pose.left or ((-62, -130), (-60, -92))
    right = pose.right or ((62, -130), (60, -92))
    _arm(pen, (-38, -168), left, cloth, skin, width=14)
    _arm(pen, (38, -168), right, cloth, skin, width=14)
    head = pen.at(0, -232, turn=pose.tilt)
    name = head.shape(ellipse(0, 4, 40, 56), c["skin"], shade=c["skin_shade"], depth=8)
    fx = pose.turn * 12
    for side in (-1, 1):
        head.shape(ellipse(fx + side * 16, 2, 10, 7, n=14), "#ffffff", ink=0.7)
        head.dot(fx + side * 16 + pose.turn * 4, 2, 4, 5, "#4c7a52")
        head.line([(fx + side * 16 - 10, -14), (fx + side * 16 + 10, -13)], 1.6, color=c["hair_shade"])
        for dx, dy in ((20, 22), (26, 18), (24, 27)):
            head.patch(ellipse(fx + side * dx, dy, 1.8, 1.8, n=8), c["hair_shade"], clip=name)
    head.line([(fx, 4), (fx + 7, 22), (fx - 2, 24)], 0.9)
    _mouth(head, fx, 38, "flat" if pose.mouth in {"flat", "sad"} else "smile", 0.8)
    curls = [
        (-44, 30),
        (-54, 0),
        (-50, -40),
        (-24, -66),
        (10, -68),
        (44, -52),
        (56, -10),
        (46, 34),
        (38, 0),
        (26, -28),
        (2, -38),
        (-22, -24),
        (-34, 0),
    ]
    head.shape(curls, c["hair"], shade=c["hair_shade"], depth=8)
    for x, y in ((-46, -34), (-30, -60), (0, -70), (30, -62), (50, -36)):
        head.shape(ellipse(x, y, 17, 16, n=12), c["hair"], ink=0.8)


def tib(pen: Pen, pose: Pose) -> None:
    """A round sea-green tabby."""
    c = {**TIB, **pose.colors}
    if pose.stance == "walk":
        _tib_walk(pen, c, pose)
    elif pose.stance == "reach":
        _tib_reach(pen, c, pose)
    elif pose.stance == "head":
        tib_head(pen, pose, c)
    else:
        _tib_sit(pen, c, pose)


def _tail(pen: Pen, c: dict[str, str], spine: list[Point]) -> None:
    form = ribbon(spine, [10, 10, 11, 9])
    name = pen.shape(form, c["fur"], shade=c["fur_shade"], depth=5)
    (x3, y3), (x2, y2) = spine[-1], spine[-2]
    for k in (0.15, 0.55, 0.95):
        x, y = x2 + (x3 - x2) * k, y2 + (y3 - y2) * k
        pen.patch(ellipse(x, y, 16, 4.5, turn=8), c["stripe"], clip=name)


def _tib_sit(pen: Pen, c: dict[str, str], pose: Pose) -> None:
    _tail(pen, c, [(34, -12), (74, -10), (92, -46), (80, -84)])
    body = [(-46, -4), (-54, -34), (-38, -78), (0, -98), (38, -78), (54, -34), (46, -4), (0, 2)]
    name = pen.shape(body, c["fur"], shade=c["fur_shade"], depth=9)
    for side in (-1, 1):
        for y in (-62, -46, -30):
            stripe = ribbon([(side * 56, y - 4), (side * 36, y + 2), (side * 27, y + 1)], [5, 4, 1])
            pen.patch(stripe, c["stripe"], clip=name)
    pen.patch([(-24, -80), (0, -92), (24, -80), (22, -44), (0, -30), (-22, -44)], c["belly"], clip=name)
    for side in (-1, 1):
        pen.shape(ellipse(side * 17, -7, 17, 10), c["belly"], shade=c["belly_shade"], depth=4, ink=0.9)
        pen.line([(side * 6, -46), (side * 5, -16)], 0.9)
        pen.line([(side * 14, -11), (side * 15, -4)], 0.7)
        pen.line([(side * 21, -11), (side * 22, -4)], 0.7)
    tib_head(pen.at(pose.turn * 6, -112, turn=pose.tilt), pose, c)


def _tib_walk(pen: Pen, c: dict[str, str], pose: Pose) -> None:
    _tail(pen, c, [(-58, -62), (-92, -78), (-98, -120), (-84, -152)])
    for x, dx in ((-44, -12), (40, 12)):
        pen.limb([(x, -48), (x + dx, -10)], [13, 10], c["fur_shade"])
    body = [(-70, -58), (-52, -88), (0, -86), (50, -92), (70, -66), (58, -36), (0, -30), (-56, -34)]
    name = pen.shape(body, c["fur"], shade=c["fur_shade"], depth=9)
    for x in (-40, -18, 4):
        pen.patch(ribbon([(x, -92), (x - 4, -70), (x - 2, -54)], [6, 5, 1]), c["stripe"], clip=name)
    for x, dx in ((-50, 8), (48, -8)):
        pen.limb([(x, -44), (x + dx, -12)], [13, 11], c["fur"], shade=c["fur_shade"], depth=5)
        pen.shape(ellipse(x + dx + 5, -6, 15, 8), c["belly"], ink=0.9)
    tib_head(pen.at(66, -104, turn=pose.tilt), pose, c)


def _tib_reach(pen: Pen, c: dict[str, str], pose: Pose) -> None:
    """Upright on the hind legs, stretched, one paw high."""
    _tail(pen, c, [(-26, -14), (-70, -20), (-92, -58), (-82, -100)])
    body = [
        (-44, -4),
        (-48, -36),
        (-32, -96),
        (-14, -142),
        (22, -142),
        (36, -96),
        (46, -36),
        (42, -4),
        (0, 2),
    ]
    name = pen.shape(body, c["fur"], shade=c["fur_shade"], depth=9)
    for y in (-88, -68, -48):
        pen.patch(ribbon([(-56, y - 6), (-36, y), (-24, y)], [5, 4, 1]), c["stripe"], clip=name)
    pen.patch([(-8, -140), (22, -136), (24, -90), (16, -44), (-6, -40), (-14, -90)], c["belly"], clip=name)
    for side in (-1, 1):
        pen.shape(ellipse(side * 20, -6, 20, 10), c["belly"], ink=0.9)
    paw = pose.right or ((48, -150), (64, -196))
    pen.limb([(20, -126), *paw], [13, 11, 12], c["fur"], shade=c["fur_shade"], depth=5)
    pen.shape(ellipse(paw[1][0], paw[1][1] - 6, 13, 12, n=14), c["belly"], ink=0.9)
    tib_head(pen.at(2, -164, turn=pose.tilt), pose, c)


def tib_head(pen: Pen, pose: Pose, c: dict[str, str] = TIB) -> None:
    """Tib's head alone, its middle at the origin."""
    t = pose.turn
    for side in (-1, 1):
        ear = [
            *corner((side * 50, -14)),
            (side * 50, -40),
            *corner((side * 44, -66)),
            (side * 24, -50),
            *corner((side * 10, -34)),
        ]
        pen.shape([(x + t * 3, y) for x, y in ear], c["fur"], shade=c["fur_shade"], depth=6)
        inner = [*corner((side * 43, -26)), *corner((side * 41, -54)), *corner((side * 22, -36))]
        pen.patch([(x + t * 5, y) for x, y in inner], c["nose"])
    head = [
        (-20, -41),
        (-46, -26),
        *corner((-62, 2)),
        (-54, 10),
        *corner((-60, 20)),
        (-42, 28),
        (0, 36),
        (42, 28),
        *corner((60, 20)),
        (54, 10),
        *corner((62, 2)),
        (46, -26),
        (20, -41),
    ]
    name = pen.shape(head, c["fur"], shade=c["fur_shade"], depth=7)
    for x, far in ((-15, -22), (0, -17), (15, -22)):
        pen.patch(ribbon([(x + t * 9, -48), (x * 0.9 + t * 12, far)], [5.5, 2.0]), c["stripe"], clip=name)
    for side in (-1, 1):
        for y in (-4, 9):
            pen.patch(
                ribbon([(side * 64, y), (side * 44 + t * 6, y + 3)], [4.5, 1.5]), c["stripe"], clip=name
            )
    fx = t * 12
    pen.patch(
        [(fx - 22, 14), (fx - 10, 2), (fx + 10, 2), (fx + 22, 14), (fx + 16, 32), (fx, 36), (fx - 16, 32)],
        c["belly"],
        clip=name,
    )
    for side in (-1, 1):
        _cat_eye(pen, fx + side * 25, -8, c, pose, side)
    pen.shape([(fx - 7, 5), (fx + 7, 5), (fx, 12)], c["nose"], ink=0.7)
    if pose.mouth == "o":
        pen.line([(fx, 11), (fx, 15)], 0.8)
        pen.shape(ellipse(fx, 21, 7, 7, n=12), "#7c2c3c", ink=0.7)
    elif pose.mouth == "flat":
        pen.line([(fx - 13, 21), (fx, 16), (fx + 13, 21)], 0.9)
    else:
        pen.line([(fx - 14, 15), (fx - 7, 20), (fx, 13)], 0.9)
        pen.line([(fx, 13), (fx + 7, 20), (fx + 14, 15)], 0.9)
    for side in (-1, 1):
        for y, rise in ((12, -5), (18, 2)):
            whisker = [(fx + side * 24, y), (fx + side * 50, y + rise), (fx + side * 78, y + rise + 4)]
            pen.line(whisker, 0.55, color="#f4f6ee")
    if pose.holds == "taper":
        taper(pen.at(fx + 2, 22), length=94, turn=64)


def _cat_eye(pen: Pen, x: float, y: float, c: dict[str, str], pose: Pose, side: int) -> None:
    if pose.eyes in {"happy", "closed"}:
        up = -1 if pose.eyes == "happy" else 1
        pen.line([(x - 13, y - up * 3), (x, y + up * 6), (x + 13, y - up * 3)], 1.3)
        return
    grow = 1.2 if pose.eyes == "wide" else 1.0
    name = pen.shape(ellipse(x, y, 13 * grow, 12.5 * grow, n=18), c["eye"], ink=0.9, marks=" ")
    pupil = 8.5 if pose.eyes == "wide" else 5.5
    pen.patch(ellipse(x + pose.turn * 4, y + 1, pupil, 10.5 * grow, n=14), pen.ink, clip=name)
    pen.dot(x + pose.turn * 4 - 3, y - 4, 2.6, 2.8, "#ffffff")
    if pose.eyes == "half":
        lid = [
            (x - 18, y - 18),
            (x + 18, y - 18),
            *corner((x + 18, y - 2 + side * 1.5), (x - 18, y - 2 - side * 1.5)),
        ]
        pen.patch(lid, c["fur"], clip=name)
        pen.line([(x - 14, y - 2 - side * 1.5), (x + 14, y - 2 + side * 1.5)], 1.3)


def taper(pen: Pen, *, length: float = 90.0, turn: float = 0.0, lit: bool = True) -> None:
    """A burning wooden taper, its foot at the origin."""
    p = pen.at(0, 0, turn=turn)
    p.shape(ribbon([(0, 14), (0, -length)], [4.2, 3.4]), "#e8d3ab", ink=0.8)
    if lit:
        f = p.at(0, -length - 4, turn=-turn)
        f.patch(ellipse(0, -12, 34, 34), "#ffe9b5", opacity=0.16)
        f.patch(ellipse(0, -12, 23, 23), "#ffe9b5", opacity=0.28)
        f.shape([(-9, -4), (-7, -18), *corner((1, -36)), (9, -16), (8, -3), (0, 4)], "#ffd65c", ink=0.7)
        f.patch([(-4, -4), (-2, -13), (1, -20), (5, -10), (4, -2), (0, 1)], "#fffbe0")


def oswin(pen: Pen, pose: Pose, *, part: str = "full") -> None:
    """A tall old lamplighter: mustard greatcoat, blue cap and scarf, snow-white beard."""
    c = {**OSWIN, **pose.colors}
    cloth, glove = (c["coat"], c["coat_shade"]), (c["gloves"], "#4a2f2c")
    if part == "full":
        for side in (-1, 1):
            foot = side * 28 + pose.step * 14 * side
            pen.shape(ribbon([(side * 26, -90), (foot, -20)], [19, 17]), c["trousers"])
            shoe = [
                *corner((foot - 20, -38), (foot + 20, -38)),
                (foot + 22, -10),
                (foot + 28 + pose.turn * 8, -1),
                (foot, 3),
                (foot - 28 + pose.turn * 8, -1),
                (foot - 22, -10),
            ]
            pen.shape(shoe, c["boots"], shade="#33233a", depth=7)
    left = pose.left or ((-88, -224), (-84, -168))
    right = pose.right or ((88, -224), (84, -168))
    behind, front = (left, right) if pose.turn >= 0 else (right, left)
    side = -1 if pose.turn >= 0 else 1
    raised = behind[1][1] < -270
    if not raised:
        _arm(pen, (side * 46, -288), behind, cloth, glove, width=23)
    coat = [
        (-44, -322),
        (-62, -288),
        (-66, -230),
        (-72, -170),
        (-84, -100),
        *corner((-92, -58)),
        (-40, -48),
        (0, -46),
        (40, -48),
        *corner((92, -58)),
        (84, -100),
        (72, -170),
        (66, -230),
        (62, -288),
        (44, -322),
    ]
    pen.shape(coat, c["coat"], shade=c["coat_shade"], depth=17)
    bx = pose.turn * 18
    pen.line([(bx, -300), (bx + 2, -180), (bx + 6, -52)], 1.0)
    for y in (-238, -196, -154):
        for s in (-1, 1):
            pen.shape(ellipse(bx + s * 20, y, 6.5, 6.5, n=12), c["gloves"], ink=0.7)
    for s in (-1, 1):
        pen.line([(s * 34 + bx * 0.3, -146), (s * 60 + bx * 0.3, -138)], 1.4)
    if raised:
        _arm(pen, (side * 46, -288), behind, cloth, glove, width=23)
    _arm(pen, (-side * 46, -288), front, cloth, glove, width=23)
    tail = [(-26, -318), (-44, -280), (-48, -232), *corner((-52, -206), (-18, -208)), (-16, -250), (0, -306)]
    pen.shape(
        [(x * (-1 if pose.turn < 0 else 1), y) for x, y in tail], c["scarf"], shade=c["scarf_shade"], depth=7
    )
    _oswin_head(pen.at(pose.turn * 8, -364, turn=pose.tilt), c, pose)


def _oswin_head(pen: Pen, c: dict[str, str], pose: Pose) -> None:
    t = pose.turn
    scarf = [(-54, 26), (-62, 48), (-46, 66), (0, 72), (46, 66), (62, 48), (54, 26), (0, 34)]
    pen.shape(scarf, c["scarf"], shade=c["scarf_shade"], depth=8)
    for s in (-1, 1):
        pen.shape(ellipse(s * 46 - t * 14, 0, 11, 15, n=14), c["skin"], ink=0.9)
    face = [(-45, -30), (-47, 10), (-36, 36), (0, 48), (36, 36), (47, 10), (45, -30), (0, -50)]
    name = pen.shape(face, c["skin"], shade=c["skin_shade"], depth=8)
    fx = t * 17
    beard = [
        (-49, -6),
        (-54, 22),
        (-46, 54),
        *corner((-34, 64)),
        (-22, 72),
        *corner((-8, 86)),
        (8, 80),
        *corner((20, 82)),
        (34, 62),
        *corner((44, 58)),
        (54, 22),
        (49, -6),
        (38, 10),
        (22, 16),
        (0, 14),
        (-22, 16),
        (-38, 10),
    ]
    pen.shape(
        [(x + t * (6 + max(0, y) * 0.07), y) for x, y in beard], c["beard"], shade=c["beard_shade"], depth=8
    )
    for s in (-1, 1):
        pen.patch(ellipse(fx + s * 30, 6, 10, 7, n=14), "#e58a78", clip=name, opacity=0.7)
        squeeze = 1 - max(0.0, s * t) * 0.3
        _eye(pen, fx + s * 20, -9, pose.eyes, 0.72, squeeze)
        inner, outer = -26 + pose.brow * 6, -25 - pose.brow * 5
        brow = ribbon([(fx + s * 8, inner), (fx + s * 21, -31), (fx + s * 35, outer)], [4.5, 6.5, 3])
        pen.shape(brow, c["beard"], ink=0.8)
    if pose.mouth in {"o", "grin"}:
        _mouth(pen, fx, 36, pose.mouth, 0.8)
    moustache = [
        (fx, 16),
        (fx - 14, 10),
        (fx - 34, 18),
        *corner((fx - 46, 32)),
        (fx - 26, 33),
        (fx, 25),
        (fx + 26, 33),
        *corner((fx + 46, 32)),
        (fx + 34, 18),
        (fx + 14, 10),
    ]
    pen.shape(moustache, c["beard"], shade=c["beard_shade"], depth=4)
    nose = [
        (fx + t * 5 - 12, 2),
        (fx + t * 6 - 6, -9),
        (fx + t * 7 + 6, -9),
        (fx + t * 8 + 13, 2),
        (fx + t * 8 + 8, 14),
        (fx + t * 7 - 7, 14),
    ]
    pen.shape(nose, c["nose"], shade="#c56a60", depth=5)
    cap = [
        *corner((-54, -28)),
        (-60, -52),
        (-40, -78),
        (4, -84),
        (48, -74),
        (62, -50),
        *corner((54, -28)),
        (0, -38),
    ]
    pen.shape(cap, c["scarf"], shade=c["scarf_shade"], depth=11)
    brim = [
        *corner((-50 + t * 12, -30)),
        (0 + t * 22, -46),
        *corner((50 + t * 12, -30)),
        (40 + t * 26, -20),
        (t * 30, -25),
        (-40 + t * 22, -20),
    ]
    pen.shape(brim, c["scarf_shade"], ink=1.0)
    pen.shape(ellipse(t * 8, -82, 7, 5, n=12), c["scarf_shade"], ink=0.8)
