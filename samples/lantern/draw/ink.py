"""The hand: smooth outlines, two-tone fills, ink that swells on the shadow side, all as SVG strings."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

Point = tuple[float, float]
Points = Sequence[Point]

INK = "#171a33"
WIDTH, HEIGHT = 1024, 768


@dataclass
class Sheet:
    """One picture under construction: SVG parts, clip paths and the boxes of what is on it."""

    width: int = WIDTH
    height: int = HEIGHT
    weight: float = 1.0
    parts: list[str] = field(default_factory=list)
    defs: list[str] = field(default_factory=list)
    boxes: dict[str, list[float]] = field(default_factory=dict)
    subject: str | None = None

    def add(self, part: str) -> None:
        self.parts.append(part)

    def clip(self, path: str) -> str:
        """Register a clip path and return its name."""
        name = f"c{len(self.defs)}"
        self.defs.append(f'<clipPath id="{name}"><path d="{path}"/></clipPath>')
        return name

    @contextmanager
    def tracking(self, name: str) -> Iterator[None]:
        """Everything drawn inside counts towards the box of `name`."""
        before, self.subject = self.subject, name
        yield
        self.subject = before

    def note(self, points: np.ndarray) -> None:
        """Grow the current subject's box by these device points."""
        if self.subject is None:
            return
        low, high = points.min(axis=0), points.max(axis=0)
        box = self.boxes.setdefault(self.subject, [low[0], low[1], high[0], high[1]])
        box[:] = [min(box[0], low[0]), min(box[1], low[1]), max(box[2], high[0]), max(box[3], high[1])]

    def svg(self) -> str:
        head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" height="{self.height}">'
        return f"{head}<defs>{''.join(self.defs)}</defs>{''.join(self.parts)}</svg>"


def smooth(points: Points, *, closed: bool = True, steps: int = 8) -> np.ndarray:
    """Catmull–Rom through the points; a point given twice in a row stays a corner."""
    p = np.asarray(points, dtype=float)
    padded = np.vstack([p[-1], p, p[0], p[1]]) if closed else np.vstack([p[0], p, p[-1]])
    out = []
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        if (b == c).all():
            continue  # the seam of a corner
        out.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        )
    if not closed:
        out.append(p[-1:])
    return np.vstack(out)


def ellipse(cx: float, cy: float, rx: float, ry: float, *, turn: float = 0.0, n: int = 28) -> list[Point]:
    """Points of an ellipse, turned by degrees."""
    c, s = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    angles = np.linspace(0, 2 * math.pi, n, endpoint=False)
    return [
        (cx + rx * math.cos(a) * c - ry * math.sin(a) * s, cy + rx * math.cos(a) * s + ry * math.sin(a) * c)
        for a in angles
    ]


def corner(*points: Point) -> list[Point]:
    """The same points, each one a sharp corner."""
    return [p for point in points for p in (point, point)]


def box(left: float, top: float, right: float, bottom: float) -> list[Point]:
    return corner((left, top), (right, top), (right, bottom), (left, bottom))


def ribbon(spine: Points, widths: Sequence[float], *, tip: bool = True) -> list[Point]:
    """Outline of a limb: a smooth spine with a half-width at each given point and a round end."""
    line = smooth(spine, closed=False)
    half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)
    tangent = np.gradient(line, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-6)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]])
    left, right = line + normal * half[:, None], line - normal * half[:, None]
    angles = np.radians([-52.0, 0.0, 52.0])[:, None]
    start = line[0] - (np.cos(angles) * tangent[0] + np.sin(angles) * normal[0]) * half[0] * 0.95
    end = line[-1] + (np.cos(angles) * tangent[-1] - np.sin(angles) * normal[-1]) * half[-1] * 0.95
    return [tuple(p) for p in np.vstack([start, left, end if tip else left[:0], right[::-1]])]


def beads(centres: np.ndarray, radii: np.ndarray) -> str:
    """Overlapping discs as one path."""
    return "".join(
        f"M{x - r:.1f} {y:.1f}a{r:.1f} {r:.1f} 0 1 0 {2 * r:.1f} 0a{r:.1f} {r:.1f} 0 1 0 {-2 * r:.1f} 0"
        for (x, y), r in zip(centres, radii, strict=True)
    )


def path(points: np.ndarray, *, closed: bool = True) -> str:
    body = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{body}{'Z' if closed else ''}"


@dataclass(frozen=True)
class Pen:
    """Draws on a sheet in its own coordinates: place, scale, mirror, turn."""

    sheet: Sheet
    matrix: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    ink: str = INK
    weight: float = 3.4
    light: Point = (-0.75, -0.65)

    def at(self, x: float, y: float, scale: float = 1.0, *, flip: bool = False, turn: float = 0.0) -> Pen:
        """A pen whose origin lies at x, y of this one."""
        c, s = math.cos(math.radians(turn)) * scale, math.sin(math.radians(turn)) * scale
        m = -1.0 if flip else 1.0
        a, b, e, d, f, g = self.matrix
        lx = (c * m, -s, x, s * m, c, y)
        matrix = (
            a * lx[0] + b * lx[3],
            a * lx[1] + b * lx[4],
            a * lx[2] + b * lx[5] + e,
            d * lx[0] + f * lx[3],
            d * lx[1] + f * lx[4],
            d * lx[2] + f * lx[5] + g,
        )
        return replace(self, matrix=matrix)

    @property
    def scale(self) -> float:
        a, b, _, d, e, _ = self.matrix
        return math.sqrt(abs(a * e - b * d))

    @property
    def line_width(self) -> float:
        """Ink grows slowly with the size of a figure, as a brush does."""
        return self.weight * self.sheet.weight * min(1.7, max(0.5, self.scale**0.45))

    def device(self, points: np.ndarray) -> np.ndarray:
        a, b, e, d, f, g = self.matrix
        return np.column_stack(
            [
                a * points[:, 0] + b * points[:, 1] + e,
                d * points[:, 0] + f * points[:, 1] + g,
            ]
        )

    def shape(
        self,
        points: Points,
        fill: str,
        *,
        shade: str | None = None,
        rim: str | None = None,
        depth: float = 9.0,
        ink: float = 1.0,
        opacity: float = 1.0,
        marks: str = "",
    ) -> str:
        """A closed form: ink below it shifted to the shadow, flat color, crescents of shadow and light.
        `marks` is SVG in device units drawn inside the form. Returns its clip path's name."""
        p = self.device(smooth(points))
        self.sheet.note(p)
        d = path(p)
        add, w = self.sheet.add, self.line_width * ink
        if ink > 0:
            dx, dy = -self.light[0] * w * 0.42, -self.light[1] * w * 0.42
            add(
                f'<path d="{d}" transform="translate({dx:.1f} {dy:.1f})" fill="{self.ink}" '
                f'stroke="{self.ink}" stroke-width="{w:.1f}" stroke-linejoin="round"/>'
            )
        add(f'<path d="{d}" fill="{fill}" fill-opacity="{opacity:g}"/>')
        name = ""
        if shade or rim or marks:
            name = self.sheet.clip(d)
            add(f'<g clip-path="url(#{name})">{marks}')
            for tone, far in ((shade, depth), (rim, -depth * 0.35)):
                if tone:
                    move = self.scale * far
                    moved = path(p + np.array(self.light) * move)
                    add(f'<path d="{d}{moved}" fill="{tone}" fill-rule="evenodd"/>')
            add("</g>")
        if ink > 0:
            add(
                f'<path d="{d}" fill="none" stroke="{self.ink}" stroke-width="{w * 0.62:.1f}" '
                f'stroke-linejoin="round"/>'
            )
        return name

    def limb(
        self,
        spine: Points,
        widths: Sequence[float],
        fill: str,
        *,
        shade: str | None = None,
        depth: float = 6.0,
    ) -> None:
        """A sleeve or a leg: beads along a smooth spine, so that a sharp elbow leaves no crease."""
        line = smooth(spine, closed=False, steps=16)
        half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths) * self.scale
        p, w = self.device(line), self.line_width
        self.sheet.note(np.vstack([p - half[:, None], p + half[:, None]]))
        moved = p + np.array(self.light) * depth * self.scale
        add = self.sheet.add
        add(f'<path d="{beads(p - np.array(self.light) * w * 0.36, half + w * 0.45)}" fill="{self.ink}"/>')
        add(f'<path d="{beads(p, half + w * 0.31)}" fill="{self.ink}"/>')
        add(f'<path d="{beads(p, half - w * 0.31)}" fill="{shade or fill}"/>')
        if shade:
            name = self.sheet.clip(beads(p, half - w * 0.31))
            add(f'<g clip-path="url(#{name})"><path d="{beads(moved, half)}" fill="{fill}"/></g>')

    def patch(self, points: Points, fill: str, *, clip: str = "", opacity: float = 1.0) -> None:
        """A flat form without ink."""
        d = path(self.device(smooth(points)))
        part = f'<path d="{d}" fill="{fill}" fill-opacity="{opacity:g}"/>'
        self.sheet.add(f'<g clip-path="url(#{clip})">{part}</g>' if clip else part)

    def line(self, points: Points, width: float = 1.0, *, color: str | None = None, clip: str = "") -> None:
        """A brush line that starts and ends thin; width counts in ink weights."""
        p = self.device(smooth(points, closed=False))
        self.sheet.note(p)
        w = self.line_width * width
        t = np.linspace(0, 1, len(p))
        half = np.maximum(0.22, np.sin(math.pi * np.clip(t * 0.94 + 0.03, 0, 1)) ** 0.6) * w / 2
        tangent = np.gradient(p, axis=0)
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-6)
        normal = np.column_stack([-tangent[:, 1], tangent[:, 0]]) * half[:, None]
        d = path(np.vstack([p + normal, (p - normal)[::-1]]))
        tone = color or self.ink
        part = f'<path d="{d}" fill="{tone}" stroke="{tone}" stroke-width=".4" stroke-linejoin="round"/>'
        self.sheet.add(f'<g clip-path="url(#{clip})">{part}</g>' if clip else part)

    def dot(self, x: float, y: float, rx: float, ry: float | None = None, fill: str | None = None) -> None:
        self.patch(ellipse(x, y, rx, ry or rx, n=14), fill or self.ink)


# From the edge of the light inwards.
EMBERS = ("#6b4fa6", "#8f5aa0", "#b76a92", "#d98674", "#f2ab66", "#ffcf7f", "#ffe2a6")


def glow(
    pen: Pen,
    x: float,
    y: float,
    radius: float,
    *,
    color: str | None = None,
    steps: int = 6,
    strength: float = 0.11,
) -> None:
    """Lamplight as a gouache painter lays it: wobbly rings from violet to straw, each a thin wash."""
    dice = random.Random(int(x * 7 + y * 13 + radius))  # noqa: S311
    for k in range(steps):
        r = radius * (1 - k / steps) ** 1.25
        ring = [
            (px + dice.uniform(-0.03, 0.03) * r, py + dice.uniform(-0.03, 0.03) * r)
            for px, py in ellipse(x, y, r, r, n=16)
        ]
        tone = color or EMBERS[round(k / max(1, steps - 1) * (len(EMBERS) - 1))]
        pen.patch(ring, tone, opacity=strength * (1 + 0.9 * k / steps))
