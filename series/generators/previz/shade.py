"""A color in, another one at a wanted ΔE00 out."""

from __future__ import annotations

import math

from consistency import ciede2000, lab_to_srgb, parse_color

Lab = tuple[float, float, float]

STEPS = 48
"""Colors tried along each way: within half a ΔE00 of any wanted difference below 40."""
GRAYISH = 12.0
"""Chroma below which a turned hue is hardly seen; such a color gets a hue instead."""


def drifted_color(pinned: str, delta_e: float, way: float) -> str:
    """A color that differs from the pinned one by about delta_e (ΔE00), as #rrggbb.

    pinned: #rrggbb; delta_e: ΔE00, 0 to about 40; way: [0, 1), which of six ways it goes: hue turned left or
    right, lighter, darker, and both with the hue. Where sRGB ends before delta_e is reached, the way that
    comes nearest.
    """
    lab = parse_color(pinned)
    ways = _ways(lab)
    first = int(way * len(ways))
    best, best_miss = pinned, math.inf
    for end in (*ways[first:], *ways[:first]):
        hexes = [_hex(_between(lab, end, step / STEPS)) for step in range(1, STEPS + 1)]
        differences = ciede2000([parse_color(one) for one in hexes], lab)
        misses = abs(differences - delta_e)
        nearest = int(misses.argmin())
        if misses[nearest] < best_miss - 1:
            best, best_miss = hexes[nearest], float(misses[nearest])
        if best_miss < 1:
            break
    return best


def difference(one: str, other: str) -> float:
    """ΔE00 of two colors given as #rrggbb."""
    return float(ciede2000(parse_color(one), parse_color(other)))


def _ways(lab: Lab) -> tuple[tuple[float, float, float], ...]:
    """Ends of the ways as (lightness, chroma, hue in radians) to add to the pinned color."""
    gain = 60.0 if math.hypot(lab[1], lab[2]) < GRAYISH else 0.0
    turn = 2 * math.pi / 3
    return (
        (0.0, gain, turn),
        (0.0, gain, -turn),
        (60.0, gain, 0.0),
        (-60.0, gain, 0.0),
        (30.0, gain, turn),
        (-30.0, gain, -turn),
    )


def _between(lab: Lab, end: tuple[float, float, float], share: float) -> Lab:
    lightness = min(100.0, max(0.0, lab[0] + share * end[0]))
    chroma = math.hypot(lab[1], lab[2]) + share * end[1]
    hue = math.atan2(lab[2], lab[1]) + share * end[2]
    return lightness, chroma * math.cos(hue), chroma * math.sin(hue)


def _hex(lab: Lab) -> str:
    red, green, blue = lab_to_srgb(lab).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
