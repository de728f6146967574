"""The twenty panels. Each is a function of a pen and a cast, so that a drifted frame is the same picture
with another cast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import scenery as set_
from characters import MARA_HOME, Pose, mara, oswin, stranger, taper, tib
from ink import WIDTH, Pen, box, corner, ellipse, glow, ribbon
from letters import balloon, write


@dataclass(frozen=True)
class Cast:
    """Who plays: colors that differ, who stays away, who stands in for whom, whether a guest turns up."""

    colors: dict[str, dict[str, str]] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    stand_in: dict[str, str] = field(default_factory=dict)
    guest: bool = False

    def play(self, name: str, pen: Pen, pose: Pose) -> None:
        """Draw this role, and note its box."""
        if name in self.absent:
            return
        actor = self.stand_in.get(name, name)
        colors = {**pose.colors, **self.colors.get(name, {})}
        if actor != name:
            pose = Pose(turn=pose.turn, eyes=pose.eyes, mouth=pose.mouth)
        pose = Pose(**{**pose.__dict__, "colors": colors if actor == name else {}})
        grow = {("mara", "oswin"): 0.82, ("oswin", "mara"): 1.25}.get((name, actor), 1.0)
        with pen.sheet.tracking(name):
            {"mara": mara, "tib": tib, "oswin": oswin, "stranger": stranger}[actor](pen.at(0, 0, grow), pose)


def pole(pen: Pen, x0: float, y0: float, x1: float, y1: float, *, hook: bool = True) -> None:
    """The lamplighter's pole from foot to tip, a small flame on its hook."""
    pen.shape(
        ribbon([(x0, y0), ((x0 + x1) / 2, (y0 + y1) / 2), (x1, y1)], [6, 6, 5]),
        "#94705c",
        shade="#6d4d4a",
        depth=4,
    )
    if hook:
        pen.shape(ribbon([(x1, y1 + 4), (x1 + 14, y1 - 8), (x1 + 6, y1 - 24)], [4, 4, 3]), "#5a639f", ink=0.8)
        taper(pen.at(x1, y1), length=12)


def stump(pen: Pen, *, hook: bool) -> None:
    """Half of the broken pole, its splintered end at the origin, lying to the left."""
    splinters = [*corner((0, -15)), *corner((34, -9), (8, -3), (46, 4), (6, 8), (24, 15)), *corner((0, 17))]
    wood = [*splinters, (-180, 18), *corner((-380, 14), (-380, -12)), (-180, -16)]
    pen.shape(wood, "#a57f66", shade="#7a584f", depth=8)
    for x in (-320, -230, -130, -50):
        pen.line([(x, -4), (x + 44, -6), (x + 70, -3)], 0.7, color="#6d4d4a")
    pen.patch(
        [
            *corner((0, -13)),
            *corner((30, -9), (8, -3), (40, 4), (6, 8), (20, 14)),
            *corner((-8, 13), (-8, -12)),
        ],
        "#ecd2a8",
    )
    if hook:
        pen.shape(
            ribbon([(-372, 0), (-420, -6), (-444, -44), (-412, -66)], [11, 10, 9, 7]),
            "#5a639f",
            shade="#3f4880",
            depth=5,
        )
        pen.shape(box(-388, -20, -352, 22), "#5a639f", shade="#3f4880", depth=6)


def p01(pen: Pen, cast: Cast) -> None:
    set_.town(pen, lit=4)
    set_.shadow(pen, 700, 712, 50)
    spot = pen.at(700, 712, 0.42)
    pole(spot, 110, -60, 168, -470)
    cast.play("oswin", spot, Pose(turn=0.7, step=0.6, right=((98, -240), (124, -262))))
    write(pen, "THE LAST", 226, 70, 58, color="#fff3d2", bold=1.15)
    write(pen, "LAMP", 226, 156, 84, color="#ffd98a", bold=1.2)
    set_.snowfall(pen, seed=1)


def p02(pen: Pen, cast: Cast) -> None:
    set_.night_air(pen, seed=3, moon=(120, 150, 60))
    set_.lamp(pen.at(770, 930, 1.35), height=440, lit=True, pool=False)
    spot = pen.at(370, 985, 1.72)
    set_.snowfall(pen, seed=2)
    pole(spot, 52, -200, 192, -452)
    cast.play("oswin", spot, Pose(turn=0.6, eyes="happy", right=((104, -262), (124, -318))))


def p03(pen: Pen, cast: Cast) -> None:
    set_.street(pen, lit=False)
    for x, y, r in ((270, 722, 86), (420, 728, 60), (575, 700, 96)):
        set_.shadow(pen, x, y, r)
    set_.snowfall(pen, seed=3)
    cast.play(
        "oswin",
        pen.at(575, 700, 1.0),
        Pose(turn=0.5, tilt=-4, brow=-1, eyes="open", left=((-96, -240), (-60, -282))),
    )
    cast.play(
        "mara",
        pen.at(270, 722, 1.05),
        Pose(turn=0.8, tilt=-5, eyes="wide", mouth="o", right=((74, -140), (116, -168))),
    )
    cast.play("tib", pen.at(420, 728, 0.85), Pose(turn=0.7, tilt=-6))
    balloon(pen, ["THAT ONE", "IS DARK!"], 330, 250, (308, 370))


def p04(pen: Pen, cast: Cast) -> None:
    set_.wall(pen, seed=4, win=(130, 120))
    set_.snowfall(pen, seed=4, amount=40)
    cast.play(
        "oswin", pen.at(690, 985, 1.68), Pose(turn=-0.6, tilt=-4, brow=-1, left=((-100, -232), (-72, -206)))
    )
    stump(pen.at(566, 470, 0.72, turn=-82), hook=False)
    cast.play("mara", pen.at(330, 905, 1.66), Pose(turn=0.7, tilt=-6, mouth="sad", brow=-1))
    balloon(pen, ["MY POLE SNAPPED.", "IT'S TOO HIGH."], 640, 96, (676, 216))


def p05(pen: Pen, cast: Cast) -> None:
    del cast
    pen.patch(box(-9, -9, WIDTH + 9, 780), "#c4cfee")
    pen.patch(
        [(-60, 230), (240, 180), (560, 260), (820, 200), (1090, 250), *corner((1090, 800), (-60, 800))],
        "#d3dcf4",
    )
    pen.patch([(-60, 560), (280, 500), (600, 590), (1090, 520), *corner((1090, 800), (-60, 800))], "#e4eaf8")
    for k, (x, y) in enumerate(((90, 690), (190, 640), (280, 700), (384, 646), (478, 708), (590, 660))):
        s = pen.at(x, y, 1.1, turn=70 + 8 * (k % 2))
        s.patch(ellipse(0, 4, 17, 14), "#a9b6e2")
        for dx, dy in ((-15, -12), (-5, -20), (7, -20), (16, -11)):
            s.patch(ellipse(dx, dy, 5, 6, n=10), "#a9b6e2")
    for x, y, turn in ((720, 120, 14), (860, 190, 14), (800, 660, 20), (930, 720, 16)):
        s = pen.at(x, y, 1.0, turn=turn)
        s.patch(ellipse(0, 0, 62, 27), "#a9b6e2")
        s.patch(ellipse(-58, 4, 24, 21), "#a9b6e2")
    for shift, colour in ((26, "#9fadda"),):
        for x, y, turn in ((470, 330, 11), (610, 486, 171)):
            pen.at(x + shift * 0.4, y + shift, 1.08, turn=turn).patch(
                [(-400, -16), (0, -16), (36, 4), (0, 20), (-400, 18)], colour
            )
    stump(pen.at(470, 330, 1.08, turn=11), hook=True)
    stump(pen.at(610, 486, 1.08, turn=171), hook=False)
    for x, y, turn in ((530, 380, 30), (566, 410, -20), (520, 440, 70), (588, 364, 100)):
        pen.at(x, y, 1.0, turn=turn).shape(corner((-16, 0), (0, -5), (18, 1), (0, 5)), "#ecd2a8", ink=0.7)
    set_.snowfall(pen, seed=5, amount=40)


def p06(pen: Pen, cast: Cast) -> None:
    set_.night_air(pen, seed=6)
    set_.snowfall(pen, seed=6, amount=40)
    cast.play(
        "mara",
        pen.at(430, 1130, 2.95),
        Pose(turn=0.35, tilt=4, eyes="wide", mouth="grin", right=((92, -118), (104, -190))),
    )
    for k in range(5):
        angle = -62 + k * 31
        pen.at(790, 470, turn=angle).line([(0, -84), (0, -132)], 2.2, color="#fff0bd")
    balloon(pen, ["I KNOW!"], 800, 140, (640, 300), size=34)


def _square(pen: Pen, seed: int) -> None:
    set_.night_air(pen, seed=seed, moon=(880, 130, 52))
    set_.ground(pen, 610, seed=seed)
    set_.pine(pen.at(80, 640, 2.1), seed=seed)
    set_.pine(pen.at(970, 640, 1.6), seed=seed + 1)


def p07(pen: Pen, cast: Cast) -> None:
    _square(pen, 7)
    for x, r in ((300, 140), (760, 115)):
        set_.shadow(pen, x, 716, r)
    set_.snowfall(pen, seed=7, amount=50)
    cast.play(
        "mara",
        pen.at(300, 716, 1.62),
        Pose(
            turn=0.7,
            tilt=3,
            eyes="happy",
            mouth="grin",
            right=((76, -132), (126, -120)),
            left=((-72, -120), (-46, -92)),
        ),
    )
    cast.play("tib", pen.at(760, 716, 1.75), Pose(turn=-0.4, tilt=3, eyes="half", mouth="flat"))
    balloon(pen, ["YOU ARE TALL", "ENOUGH, TIB."], 620, 180, (430, 290))


def p08(pen: Pen, cast: Cast) -> None:
    set_.wall(pen, seed=8, base=900, win=(936, 350))
    set_.snowfall(pen, seed=8, amount=36)
    cast.play("tib", pen.at(440, 1000, 4.6), Pose(tilt=-5, eyes="wide", mouth="o"))
    balloon(pen, ["MROW?"], 800, 150, (640, 320), size=36)


def p09(pen: Pen, cast: Cast) -> None:
    _square(pen, 9)
    set_.lamp(pen.at(606, 722, 1.0), height=552, lit=False)
    set_.shadow(pen, 450, 746, 110)
    reach = ((44, -152), (66, -188))
    set_.snowfall(pen, seed=9, amount=50)
    cast.play(
        "tib",
        pen.at(452, 246, 0.68, turn=4),
        Pose(stance="reach", turn=0.5, eyes="wide", holds="taper", right=reach),
    )
    cast.play(
        "mara",
        pen.at(450, 490, 0.83),
        Pose(
            turn=0.25,
            eyes="closed",
            mouth="flat",
            brow=-1,
            left=((-76, -136), (-112, -176)),
            right=((76, -136), (112, -176)),
        ),
    )
    cast.play(
        "oswin",
        pen.at(450, 744, 0.8),
        Pose(turn=0.1, eyes="wide", brow=-1, left=((-98, -268), (-58, -250)), right=((98, -268), (58, -250))),
    )
    if "mara" not in cast.absent:
        _dangling_legs(pen)


def _dangling_legs(pen: Pen) -> None:
    for side in (-1, 1):
        x = 450 + side * 38
        pen.shape(ribbon([(x, 486), (x + side * 4, 528)], [12, 11]), "#3b3a5e", ink=0.9)
        boot = [
            *corner((x - 12, 516), (x + 14 + side * 3, 516)),
            (x + side * 10 + 15, 548),
            (x + side * 4, 556),
            (x + side * 10 - 15, 550),
        ]
        pen.shape(boot, "#5b3a44", shade="#40283a", depth=5)
        pen.shape(ellipse(x + side * 10, 532, 19, 14, n=16), "#6d4938", ink=0.9)


def p10(pen: Pen, cast: Cast) -> None:
    set_.night_air(pen, seed=10, roofs=False)
    set_.lantern(pen.at(980, 560, 6.2), lit=False)
    glow(pen, 830, 240, 420, steps=6, strength=0.09)
    set_.snowfall(pen, seed=10, amount=30)
    cast.play("tib", pen.at(380, 1090, 5.5), Pose(turn=0.6, tilt=-4, eyes="wide", holds="taper"))


def p11(pen: Pen, cast: Cast) -> None:
    del cast
    set_.sky(pen, horizon=760, seed=11)
    glow(pen, 512, 420, 620, steps=8, strength=0.1)
    for k in range(14):
        pen.at(512, 420, turn=k * 360 / 14 + 8).line(
            [(0, -330), (0, -400 - 40 * (k % 2))], 2.4, color="#fff0bd"
        )
    lantern = pen.at(512, 590, 4.3)
    set_.lantern(lantern, lit=True)
    pen.shape(ribbon([(512, 614), (512, 820)], [44, 50]), "#262a4e", rim="#5a639f", depth=20)
    set_.snowfall(pen, seed=11, amount=50)


def p12(pen: Pen, cast: Cast) -> None:
    set_.street(pen, lit=True)
    for x, y, r in ((240, 730, 70), (440, 724, 96), (612, 736, 62)):
        set_.shadow(pen, x, y, r)
    set_.snowfall(pen, seed=12)
    cast.play(
        "oswin",
        pen.at(440, 720, 1.06),
        Pose(
            turn=0.2,
            eyes="happy",
            mouth="grin",
            left=((-104, -300), (-118, -372)),
            right=((104, -300), (118, -372)),
        ),
    )
    cast.play(
        "mara",
        pen.at(240, 700, 1.1),
        Pose(
            turn=0.5,
            tilt=-4,
            eyes="happy",
            mouth="grin",
            step=0.8,
            left=((-70, -160), (-100, -214)),
            right=((70, -160), (100, -214)),
        ),
    )
    cast.play("tib", pen.at(612, 736, 0.95), Pose(turn=-0.2, eyes="happy"))


def p13(pen: Pen, cast: Cast) -> None:
    set_.wall(pen, seed=13, win=(880, 90))
    set_.snowfall(pen, seed=13, amount=40)
    cast.play(
        "oswin", pen.at(360, 985, 1.68), Pose(turn=0.6, tilt=4, eyes="happy", right=((96, -250), (132, -246)))
    )
    cast.play("mara", pen.at(660, 905, 1.62), Pose(turn=-0.7, tilt=-4, eyes="closed"))
    if cast.guest:
        with pen.sheet.tracking("guest"):
            tib(pen.at(886, 752, 1.7), Pose(turn=-0.5, eyes="wide"))
    balloon(pen, ["THANK YOU,", "BOTH OF YOU."], 640, 120, (450, 240))


def p14(pen: Pen, cast: Cast) -> None:
    set_.street(pen, lit=True)
    for x, y, r in ((180, 726, 84), (388, 736, 90), (600, 706, 96)):
        set_.shadow(pen, x, y, r)
    set_.snowfall(pen, seed=14)
    cast.play(
        "oswin", pen.at(600, 704, 1.02), Pose(turn=-0.5, eyes="happy", left=((-104, -300), (-122, -366)))
    )
    cast.play(
        "mara",
        pen.at(180, 724, 1.06),
        Pose(turn=0.6, tilt=4, step=0.6, eyes="happy", mouth="smile", right=((72, -160), (100, -204))),
    )
    cast.play("tib", pen.at(390, 738, 0.9, flip=True), Pose(stance="walk", turn=0.2))
    balloon(pen, ["GOOD NIGHT,", "OSWIN!"], 320, 240, (236, 380))


def p15(pen: Pen, cast: Cast) -> None:
    set_.night_air(pen, seed=15, moon=(150, 160, 64))
    set_.snowfall(pen, seed=15, amount=44)
    cast.play("oswin", pen.at(450, 1440, 2.72), Pose(turn=0.25, tilt=-3, eyes="happy"))
    balloon(pen, ["THREE IS", "TALL ENOUGH."], 820, 170, (640, 320), size=29)


def p16(pen: Pen, cast: Cast) -> None:
    set_.wall(pen, seed=16, base=640, win=(120, 110))
    set_.door(pen.at(690, 640, 1.6))
    for x, r in ((400, 130), (700, 110)):
        set_.shadow(pen, x, 716, r)
    set_.snowfall(pen, seed=16, amount=40)
    cast.play("mara", pen.at(400, 714, 1.5), Pose(turn=-0.3, eyes="happy", left=((-74, -160), (-104, -212))))
    cast.play("tib", pen.at(690, 716, 1.35), Pose(turn=-0.3))


def p17(pen: Pen, cast: Cast) -> None:
    set_.room(pen)
    cast.play("tib", pen.at(724, 552, 1.5), Pose(turn=-0.3, eyes="closed"))
    cast.play(
        "mara",
        pen.at(352, 850, 1.85),
        Pose(
            stance="home",
            turn=0.45,
            tilt=7,
            eyes="closed",
            mouth="smile",
            colors=MARA_HOME,
            right=((70, -128), (30, -112)),
            left=((-70, -122), (-28, -104)),
        ),
    )


def p18(pen: Pen, cast: Cast) -> None:
    _square(pen, 18)
    set_.lamp(pen.at(230, 700, 1.0), height=400, lit=True)
    set_.shadow(pen, 560, 724, 150)
    spot = pen.at(560, 722, 1.36)
    set_.snowfall(pen, seed=18, amount=60)
    cast.play(
        "oswin",
        spot,
        Pose(
            turn=0.6, step=0.8, eyes="happy", left=((-90, -230), (-74, -180)), right=((92, -236), (60, -204))
        ),
    )


def p19(pen: Pen, cast: Cast) -> None:
    del cast
    set_.town(pen.at(WIDTH, 0, flip=True), lit=5, moon=(806, 150, 84))
    set_.snowfall(pen, seed=19)


def p20(pen: Pen, cast: Cast) -> None:
    set_.night_air(pen, seed=20, moon=(268, 210, 110))
    set_.lamp(pen.at(610, 1250, 1.75), height=400, lit=True, pool=False)
    set_.snowfall(pen, seed=20, amount=60)
    cast.play("tib", pen.at(610, 356, 1.6), Pose(turn=-0.1, tilt=4, eyes="closed"))
    write(pen, "GOOD NIGHT.", 250, 372, 40, color="#fff3d2", bold=1.1)


PANELS: dict[str, Callable[[Pen, Cast], None]] = {
    f.__name__: f
    for f in (
        p01,
        p02,
        p03,
        p04,
        p05,
        p06,
        p07,
        p08,
        p09,
        p10,
        p11,
        p12,
        p13,
        p14,
        p15,
        p16,
        p17,
        p18,
        p19,
        p20,
    )
}
