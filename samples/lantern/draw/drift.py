"""What goes wrong in the frames: one known drift for each of twelve panels, made by the drawing code itself
(another cast) or on the finished picture."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from panels import Cast
from PIL import Image, ImageDraw, ImageFilter


@dataclass(frozen=True)
class Drift:
    """One line of drift.csv: `cast` redraws the panel, `alter` changes the picture, neither is clean."""

    panel: str
    kind: str = "none"
    check: str = ""
    subject: str = ""
    size: str = ""
    planned: int = 0
    note: str = ""
    cast: Cast | None = None
    alter: Callable[[Image.Image], Image.Image] | None = None


def turn_hue(image: Image.Image) -> Image.Image:
    """A careless grade: hue turned by 20 degrees in YIQ, whites warmed."""
    pixels = np.asarray(image, dtype=np.float32)
    to_yiq = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
    c, s = np.cos(np.radians(-20)), np.sin(np.radians(-20))
    turn = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    matrix = np.linalg.inv(to_yiq) @ turn @ to_yiq
    out = pixels @ matrix.T * np.array([1.08, 1.0, 0.9])
    return Image.fromarray(np.clip(out + 0.5, 0, 255).astype(np.uint8))


def hatch(image: Image.Image) -> Image.Image:
    """The panel again in colored pencil: short strokes across the forms on paper, no ink, no flat color."""
    dice = random.Random(15)  # noqa: S311
    source = image.filter(ImageFilter.MedianFilter(5)).quantize(96).convert("RGB")
    page = Image.new("RGB", image.size, "#f4ecda")
    pencil, (w, h) = ImageDraw.Draw(page), image.size
    for angle, pitch, length in ((38, 6, 22), (-40, 7, 15), (12, 6, 8)):
        for y in range(0, h, pitch):
            for x in range(0, w, pitch):
                cx, cy = x + dice.uniform(-3, 3), y + dice.uniform(-3, 3)
                color = source.getpixel((min(w - 1, max(0, int(cx))), min(h - 1, max(0, int(cy)))))
                if sum(color) / 765 > dice.uniform(0.45, 1.05):
                    continue
                lean = math.radians(angle + dice.uniform(-9, 9))
                dx, dy = math.cos(lean) * length / 2, math.sin(lean) * length / 2
                pencil.line([(cx - dx, cy - dy), (cx + dx, cy + dy)], fill=color, width=2)
    grey = image.convert("L")
    closed = grey.filter(ImageFilter.MaxFilter(9)).filter(ImageFilter.MinFilter(9))
    lines = np.asarray(closed, dtype=np.int16) - np.asarray(grey, dtype=np.int16) > 55
    tooth = np.random.default_rng(15).random((h // 2 + 1, w // 2 + 1)).repeat(2, 0).repeat(2, 1)[:h, :w] > 0.3
    page.paste("#2c2c44", mask=Image.fromarray((lines & tooth).astype(np.uint8) * 255))
    return page


def blur(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(3.4))


def square(image: Image.Image) -> Image.Image:
    return image.crop((128, 0, 896, 768))


def blank(image: Image.Image) -> Image.Image:
    return Image.new("RGB", image.size, "#1d2350")


ORANGE = {"coat": "#e5641e", "coat_shade": "#b3441f"}

DRIFTS = [
    Drift("p01", note="title"),
    Drift("p02"),
    Drift("p03", note="camera street_a, the last lamp dark"),
    Drift(
        "p04",
        "identity",
        "identity",
        "mara",
        "another person",
        0,
        "another child: long red curls, freckles, green duffle coat, longer body",
        Cast(stand_in={"mara": "stranger"}),
    ),
    Drift(
        "p05", "size", "picture", "frame", "768x768", 0, "cropped square instead of 1024x768", alter=square
    ),
    Drift(
        "p06",
        "palette",
        "color",
        "mara",
        "dE00 18",
        0,
        "coat and beret orange #e5641e instead of red #c8322e",
        Cast(colors={"mara": ORANGE}),
    ),
    Drift(
        "p07",
        "missing",
        "identity",
        "tib",
        "1 character",
        0,
        "the cat is not there",
        Cast(absent=frozenset({"tib"})),
    ),
    Drift("p08"),
    Drift("p09", note="the three stand on each other, partly hidden"),
    Drift(
        "p10",
        "rendering",
        "rendering",
        "series",
        "sigma 3.4 px",
        0,
        "Gaussian blur over the whole frame",
        alter=blur,
    ),
    Drift(
        "p11",
        "blank",
        "picture",
        "frame",
        "1 color",
        0,
        "the generator returned an empty frame",
        alter=blank,
    ),
    Drift("p12", note="camera street_a, the last lamp lit"),
    Drift(
        "p13",
        "extra",
        "identity",
        "tib",
        "1 character",
        0,
        "the cat turns up where the panel does not name him, at the right",
        Cast(guest=True),
    ),
    Drift(
        "p14",
        "hue",
        "color",
        "world",
        "20 degrees",
        0,
        "hue turned and whites warmed over the whole frame; same camera as p12",
        alter=turn_hue,
    ),
    Drift(
        "p15",
        "style",
        "style",
        "series",
        "another technique",
        0,
        "colored-pencil strokes instead of ink and flat color",
        alter=hatch,
    ),
    Drift(
        "p16",
        "swap",
        "identity",
        "mara",
        "1 character",
        0,
        "Oswin stands where Mara should",
        Cast(stand_in={"mara": "oswin"}),
    ),
    Drift("p17", planned=1, note="planned change: Mara in her rose nightshirt (wardrobe home)"),
    Drift(
        "p18",
        "pasted_reference",
        "picture",
        "frame",
        "refs/oswin/front.png",
        0,
        "a reference returned as the frame",
    ),
    Drift("p19", "duplicate", "picture", "frame", "p01.png", 0, "byte for byte the frame of p01"),
    Drift("p20"),
]
