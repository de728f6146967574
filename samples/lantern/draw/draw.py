"""Draw the whole sample: frames, clean panels, references, contact sheet, boxes and the list of drifts.

pip install resvg-py==0.5.0 "pillow>=11" "numpy>=1.26"
python samples/lantern/draw/draw.py                 # rewrites samples/lantern
python samples/lantern/draw/draw.py --clean DIR     # every panel as planned, into DIR
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
from pathlib import Path

import numpy as np
import resvg_py
import scenery as set_
from characters import MARA, MARA_HOME, OSWIN, TIB, Pose, mara, oswin, tib
from drift import DRIFTS, Drift
from ink import HEIGHT, WIDTH, Pen, Sheet, box, corner, ellipse, ribbon
from panels import PANELS, Cast
from PIL import Image

HOME = Path(__file__).resolve().parent.parent
COLORS = 128
BROAD, SMALL = 62, 68
# Cheeks and the cast's own colors are never lost among the many blues.
KEYS = ["#ec9e8c", "#e89880", *MARA.values(), *MARA_HOME.values(), *TIB.values(), *OSWIN.values()]
TOOTH = 4
TOOTH_LIMIT = 1.28
GROUND = "#dfe6f7"


def rasterise(sheet: Sheet) -> Image.Image:
    data = bytes(resvg_py.svg_to_bytes(svg_string=sheet.svg(), skip_system_fonts=True))
    return Image.open(io.BytesIO(data)).convert("RGBA")


def tooth(size: tuple[int, int], seed: int) -> np.ndarray:
    """The tooth of the paper: -1, 0 or 1 for every pixel, in blotches of a few pixels."""
    w, h = size
    dice = np.random.default_rng(seed)
    layers = np.zeros((h, w), dtype=np.float32)
    for cell, strength in ((4, 1.0), (11, 0.6), (80, 0.5)):
        noise = dice.normal(128, 40, (h // cell + 2, w // cell + 2)).clip(0, 255).astype(np.uint8)
        field = Image.fromarray(noise).resize((w, h), Image.Resampling.BICUBIC)
        layers += (np.asarray(field, dtype=np.float32) - 128) / 40 * strength
    return (layers > TOOTH_LIMIT).astype(np.int16) - (layers < -TOOTH_LIMIT)


def _inks(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The colors that cover most, then smaller ones unlike them; and for every pixel the nearest ink."""
    packed = pixels.reshape(-1, 3).astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    codes, inverse, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colors = np.stack([codes >> 16, (codes >> 8) & 255, codes & 255], axis=1).astype(np.int32)
    chosen: list[int] = []
    counts = counts + np.isin(codes, [int(key[1:], 16) for key in KEYS]) * counts.sum()
    order = np.argsort(-counts, kind="stable")
    for amount, apart in ((BROAD, 12), (BROAD + SMALL, 30)):
        for k in order:
            if len(chosen) == amount:
                break
            if all(np.abs(colors[k] - colors[j]).sum() > apart for j in chosen):
                chosen.append(int(k))
    far = ((colors[:, None].astype(np.float32) - colors[chosen][None]) ** 2).sum(axis=2)
    return colors[chosen], far.argmin(axis=1)[inverse].reshape(pixels.shape[:2])


def printed(image: Image.Image, seed: int | None) -> Image.Image:
    """The picture in flat inks on toothed paper (no seed: on smooth paper): where the tooth is, broad inks
    are a little lighter or darker."""
    colors, index = _inks(np.asarray(image.convert("RGB")))
    broad = colors[:BROAD]
    grain = 0 if seed is None else tooth(image.size, seed)
    tones = np.concatenate([broad - TOOTH, broad, broad + TOOTH, colors[BROAD:]]).clip(0, 255)
    shifted = np.where(index < len(broad), index + len(broad) * (1 + grain), index + 2 * len(broad))
    out = Image.fromarray(shifted.astype(np.uint8))
    out.putpalette(tones.astype(np.uint8).reshape(-1).tolist())
    return out


def save(image: Image.Image, target: Path, colors: int = COLORS) -> None:
    """As a PNG with a palette of its own."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if image.mode != "P":
        alpha = image.mode == "RGBA"
        method = Image.Quantize.FASTOCTREE if alpha else Image.Quantize.MEDIANCUT
        image = image.quantize(colors, method=method, dither=Image.Dither.NONE)
    image.save(target, optimize=True)


def panel(name: str, cast: Cast) -> tuple[Image.Image, Sheet]:
    sheet = Sheet()
    PANELS[name](Pen(sheet), cast)
    return rasterise(sheet).convert("RGB"), sheet


def seed_of(name: str) -> int:
    """Each panel has a sheet of paper of its own."""
    return int(name[1:])


def boxes(name: str, sheet: Sheet) -> list[list[str]]:
    """Visible boxes in fractions of the frame."""
    rows = []
    for who, (left, top, right, bottom) in sorted(sheet.boxes.items()):
        part = (left / WIDTH, top / HEIGHT, right / WIDTH, bottom / HEIGHT)
        rows.append([name, who, *(f"{min(1.0, max(0.0, v)):.4f}" for v in part)])
    return rows


def references() -> None:
    """Every character alone on nothing: whole figures and a bust."""
    wave = ((74, -160), (104, -212))
    plans = {
        "mara/front": (mara, (440, 700), (220, 680, 1.9), Pose()),
        "mara/side": (mara, (440, 700), (220, 680, 1.9), Pose(turn=0.85, step=0.4)),
        "mara/wave": (
            mara,
            (520, 700),
            (220, 680, 1.9),
            Pose(turn=-0.4, tilt=-4, eyes="happy", mouth="grin", right=wave),
        ),
        "mara/bust": (mara, (560, 680), (280, 1020, 2.95), Pose(turn=0.35, tilt=3)),
        "mara/home_front": (mara, (440, 700), (220, 680, 1.9), Pose(stance="home", colors=MARA_HOME)),
        "mara/home_bust": (
            mara,
            (560, 680),
            (280, 1020, 2.95),
            Pose(stance="home", turn=0.4, eyes="closed", colors=MARA_HOME),
        ),
        "tib/front": (tib, (560, 520), (240, 500, 2.6), Pose()),
        "tib/walk": (tib, (680, 480), (300, 450, 2.4), Pose(stance="walk", turn=0.4)),
        "tib/reach": (tib, (600, 680), (300, 660, 2.5), Pose(stance="reach", turn=0.3)),
        "tib/bust": (tib, (600, 620), (300, 850, 4.4), Pose(turn=-0.35, eyes="wide")),
        "oswin/front": (oswin, (400, 720), (200, 700, 1.42), Pose()),
        "oswin/side": (oswin, (400, 720), (200, 700, 1.42), Pose(turn=0.8, step=0.5)),
        "oswin/wave": (
            oswin,
            (480, 720),
            (200, 700, 1.42),
            Pose(turn=-0.3, eyes="happy", right=((106, -300), (122, -366))),
        ),
        "oswin/bust": (oswin, (600, 640), (300, 1140, 2.4), Pose(turn=0.4, eyes="happy")),
    }
    for name, (draw, size, (x, y, scale), pose) in plans.items():
        sheet = Sheet(*size)
        draw(Pen(sheet).at(x, y, scale), pose)
        image = rasterise(sheet)
        left, top, right, bottom = image.getbbox()
        image = image.crop(
            (max(0, left - 8), max(0, top - 8), min(size[0], right + 8), min(size[1], bottom + 8))
        )
        grained = printed(image, seed=len(name)).convert("RGB")
        grained.putalpha(image.getchannel("A"))
        save(grained, HOME / "refs" / f"{name}.png", 128)


def style_references() -> None:
    """Three places of the town without the cast."""
    for k, (name, draw) in enumerate(
        {"square": _square, "rooftops": _rooftops, "doorstep": _doorstep}.items()
    ):
        sheet = Sheet()
        draw(Pen(sheet))
        save(printed(rasterise(sheet), seed=100 + k), HOME / "refs" / "style" / f"{name}.png")


def _square(pen: Pen) -> None:
    set_.night_air(pen, seed=31, moon=(170, 150, 58))
    set_.ground(pen, 600, seed=31)
    set_.pine(pen.at(110, 640, 2.3), seed=8)
    set_.lamp(pen.at(820, 700, 1.05), height=430, lit=True)
    set_.shadow(pen, 460, 716, 150)
    for y, r in ((612, 112), (452, 84), (330, 62)):
        pen.shape(ellipse(460, y, r, r * 0.94), "#eef2fb", shade="#b4c0e6", depth=14)
    pen.shape(ribbon([(380, 400), (460, 416), (544, 398)], [16, 18, 16]), "#8d86c4", shade="#6d65a3", depth=6)
    pen.shape(
        [*corner((500, 404), (548, 408)), (552, 500), *corner((556, 520), (512, 524))],
        "#8d86c4",
        shade="#6d65a3",
        depth=6,
    )
    pen.shape([*corner((452, 322), (448, 344)), *corner((398, 344))], "#b58cc9", ink=0.9)
    for x in (436, 486):
        pen.dot(x, 312, 8, 9)
    for x, y in ((424, 360), (444, 370), (468, 372), (490, 364)):
        pen.dot(x, y, 4)
    pen.shape(box(410, 190, 512, 276), "#3f4b8f", shade="#2b3470", depth=10)
    pen.shape(ribbon([(384, 278), (460, 284), (538, 276)], [9, 10, 9]), "#3f4b8f", shade="#2b3470", depth=5)
    set_.snowfall(pen, seed=31, amount=60)


def _rooftops(pen: Pen) -> None:
    set_.sky(pen, horizon=700, seed=33, moon=(700, 230, 120))
    mid = Pen(pen.sheet, ink="#1d2350", weight=2.8)
    for x, base, w, h, seed in (
        (130, 860, 250, 380, 52),
        (420, 900, 280, 360, 57),
        (720, 880, 240, 300, 61),
        (950, 880, 240, 430, 64),
    ):
        set_.house(mid, x, base, w, h, seed=seed, lit=0.6)
    set_.snowfall(pen, seed=33, amount=70)


def _doorstep(pen: Pen) -> None:
    set_.wall(pen, seed=35, base=650, win=(190, 130))
    set_.door(pen.at(600, 650, 1.7))
    set_.pine(pen.at(400, 690, 1.3), seed=3)
    set_.pine(pen.at(930, 710, 1.6), seed=5)
    set_.snowfall(pen, seed=35, amount=50)


def pasted() -> Image.Image:
    """Oswin's first reference on a plain ground at the size of a frame."""
    figure = Image.open(HOME / "refs" / "oswin" / "front.png").convert("RGBA")
    ground = Image.new("RGBA", (WIDTH, HEIGHT), GROUND)
    figure = figure.resize((round(figure.width * HEIGHT / figure.height), HEIGHT), Image.Resampling.LANCZOS)
    ground.alpha_composite(figure, ((WIDTH - figure.width) // 2, 0))
    return ground.convert("RGB")


def frame(entry: Drift, clean: Image.Image) -> Image.Image:
    """The frame to audit: the clean panel, or what went wrong with it."""
    if entry.kind == "pasted_reference":
        return pasted()
    image = panel(entry.panel, entry.cast)[0] if entry.cast else clean
    if entry.alter is None:
        return printed(image, seed_of(entry.panel))
    if entry.kind in {"hue", "size"}:
        return printed(entry.alter(image), seed_of(entry.panel))
    return entry.alter(printed(image, seed_of(entry.panel)).convert("RGB"))


def write_csv(target: Path, header: list[str], rows: list[list[str]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


# The page: rows of panel, width against height, and where its middle lies in the panel.
PAGE = [
    [
        ("p01", 1.5, 0.5, 0.5),
        ("p02", 1.05, 0.52, 0.4),
        ("p03", 1.33, 0.5, 0.5),
        ("p04", 1.2, 0.6, 0.5),
        ("p05", 1.0, 0.42, 0.5),
    ],
    [
        ("p06", 1.2, 0.5, 0.5),
        ("p07", 1.33, 0.5, 0.5),
        ("p08", 1.2, 0.6, 0.5),
        ("p09", 1.0, 0.5, 0.5),
        ("p10", 1.33, 0.5, 0.5),
    ],
    [
        ("p11", 0.95, 0.5, 0.5),
        ("p12", 1.33, 0.5, 0.5),
        ("p13", 1.15, 0.5, 0.5),
        ("p14", 1.33, 0.5, 0.5),
        ("p15", 1.3, 0.6, 0.5),
    ],
    [
        ("p16", 1.15, 0.5, 0.5),
        ("p17", 1.2, 0.5, 0.5),
        ("p18", 0.95, 0.45, 0.5),
        ("p19", 1.5, 0.5, 0.5),
        ("p20", 1.2, 0.3, 0.5),
    ],
]


def contact_sheet(panels: dict[str, Image.Image], width: int = 1520, gutter: int = 10) -> Image.Image:
    """The clean comic as one page."""
    strips = []
    for row in PAGE:
        height = (width - gutter * (len(row) + 1)) / sum(aspect for _, aspect, _, _ in row)
        strip = Image.new("RGB", (width, round(height) + gutter), "#f6efdd")
        x = float(gutter)
        for name, aspect, mid_x, mid_y in row:
            w, h = round(height * aspect), round(height)
            strip.paste(_crop(panels[name], w, h, mid_x, mid_y), (round(x), 0))
            x += height * aspect + gutter
        strips.append(strip)
    page = Image.new("RGB", (width, sum(s.height for s in strips) + gutter), "#f6efdd")
    y = gutter
    for strip in strips:
        page.paste(strip, (0, y))
        y += strip.height
    return page


def _crop(image: Image.Image, w: int, h: int, mid_x: float, mid_y: float) -> Image.Image:
    k = min(image.width / w, image.height / h)
    cw, ch = w * k, h * k
    left = min(max(0.0, image.width * mid_x - cw / 2), image.width - cw)
    top = min(max(0.0, image.height * mid_y - ch / 2), image.height - ch)
    return image.resize((w, h), Image.Resampling.LANCZOS, box=(left, top, left + cw, top + ch))


def draw_sample() -> None:
    references()
    style_references()
    clean, truth, rows = {}, [], []
    for entry in DRIFTS:
        name = entry.panel
        clean[name], sheet = panel(name, Cast())
        truth += boxes(name, sheet)
        target = HOME / "frames" / f"{name}.png"
        if entry.kind == "duplicate":
            shutil.copyfile(HOME / "frames" / entry.size, target)
        else:
            save(frame(entry, clean[name]), target)
        if entry.kind != "none":
            save(printed(clean[name], seed_of(name)), HOME / "clean" / f"{name}.png")
        rows.append(
            [
                name,
                f"frames/{name}.png",
                entry.kind,
                entry.check,
                entry.subject,
                entry.size,
                str(entry.planned),
                entry.note,
            ]
        )
        print(f"{name}  {entry.kind:17s} {target.stat().st_size / 1000:.0f} kB")
    write_csv(
        HOME / "drift.csv", ["panel", "file", "kind", "check", "subject", "size", "planned", "note"], rows
    )
    write_csv(HOME / "truth" / "boxes.csv", ["panel", "character", "left", "top", "right", "bottom"], truth)
    save(printed(contact_sheet(clean), None), HOME / "contact_sheet.png")


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the sample comic.")
    parser.add_argument(
        "--clean", type=Path, metavar="DIR", help="only write every panel as planned into DIR"
    )
    wanted = parser.parse_args().clean
    if wanted is None:
        draw_sample()
        return
    for name in PANELS:
        save(printed(panel(name, Cast())[0], seed_of(name)), wanted / f"{name}.png")


if __name__ == "__main__":
    main()
