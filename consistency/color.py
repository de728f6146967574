"""Pixels and colors in, Lab and color differences out.

One convention everywhere: sRGB as IEC 61966-2-1 defines it, Lab under its own white (D65, 2° observer;
X, Y, Z = .9505, 1, 1.0890), so sRGB white is exactly Lab (100, 0, 0). Arrays are float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
_Rows = NDArray[np.floating[Any]]

SRGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
"""Linear sRGB → XYZ, D65. IEC 61966-2-1; the row sums are the white point."""

WHITE_XYZ = SRGB_TO_XYZ.sum(axis=1)
"""X, Y, Z of sRGB white."""

_EPSILON = 216 / 24389
_KAPPA = 24389 / 27
"""The exact bounds of the Lab curve (CIE 15:2004) instead of the rounded .008856 and 903.3."""

_LINEAR_TO_RATIO = (SRGB_TO_XYZ / WHITE_XYZ[:, None]).astype(np.float32)
_CURVE_TO_LAB = np.array([[0, 116, 0, -16], [500, -500, 0, 0], [0, 200, -200, 0]], np.float32)

CHUNK = 16_384
"""Colors handled at a time: about twenty float32 rows of this length stay inside a 2 MiB L2 cache, and no
call needs more working memory than that. 4k to 64k measured within 10 % of each other."""

MAX_EMD_COLORS = 1024
"""Largest palette that `earth_movers_distance` takes: its cost table grows with the product of both."""

_ACHROMATIC = np.float32(1e-12)
"""Divides where a chroma is 0, so that a gray has no hue instead of nan."""

_OBTUSE = 0.25
"""Squared length of the sum of two unit vectors that lie 151° apart: beyond it the sum loses digits."""

_OPPOSITE = 1e-12
"""The same squared length at which two hues count as exactly opposite (6e-5 of a degree)."""


def _decoded(encoded: NDArray[np.float64]) -> NDArray[np.float64]:
    """Transfer curve of sRGB: encoded → linear, both [0, 1]."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


_LINEAR_OF_BYTE = _decoded(np.arange(256) / 255).astype(np.float32)


def srgb_to_lab(rgb: ArrayLike) -> Floats:
    """Lab of sRGB pixels. rgb: uint8 (..., 3), or float (..., 3) in [0, 1], in the order R, G, B.

    → float32 (..., 3), D65: L* in [0, 100], a* in [-87, 99], b* in [-108, 95]. Within 2e-4 of the same
    formulas in float64 (OpenCV's own Lab for floats is .03 off, for bytes 3.3).
    Raises ValueError for another shape, other integer types and floats outside [0, 1].
    Source: IEC 61966-2-1 (curve, matrix, white), CIE 15:2004 (Lab).
    """
    pixels = np.asarray(rgb)
    _require_triples(pixels, "rgb")
    if pixels.dtype != np.uint8:
        pixels = _checked_floats(pixels)
    flat = np.ascontiguousarray(pixels).reshape(1, -1, 3)
    lab = np.empty(flat.shape, np.float32)
    for part in _chunks(flat.shape[1]):
        lab[:, part] = _linear_to_lab(_linear(flat[:, part]))
    return lab.reshape(pixels.shape)


def lab_to_srgb(lab: ArrayLike) -> NDArray[np.uint8]:
    """Pixels in sRGB of Lab colors. lab: float (..., 3), D65. → uint8 (..., 3).

    Colors outside sRGB are clipped channel by channel, which may shift their hue: for showing, not for
    measuring. Inverse of `srgb_to_lab` on every 8-bit color. Raises ValueError for another shape or nan.
    Source: as `srgb_to_lab`.
    """
    colors = _lab(lab, "lab").astype(np.float64)
    bent_y = (colors[..., 0] + 16) / 116
    bent = np.stack([bent_y + colors[..., 1] / 500, bent_y, bent_y - colors[..., 2] / 200], axis=-1)
    xyz = np.where(bent**3 > _EPSILON, bent**3, (116 * bent - 16) / _KAPPA) * WHITE_XYZ
    linear = np.clip(xyz @ np.linalg.inv(SRGB_TO_XYZ).T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    rounded: NDArray[np.uint8] = np.rint(255 * encoded).astype(np.uint8)
    return rounded


def lab_to_hex(lab: ArrayLike) -> str:
    """Hex form "#rrggbb" of one Lab color (3,), D65, clipped to sRGB. Raises ValueError as `lab_to_srgb`."""
    red, green, blue = lab_to_srgb(np.asarray(lab, np.float64).reshape(3)).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def ciede2000(lab1: ArrayLike, lab2: ArrayLike) -> Floats:
    """CIEDE2000 difference, kL = kC = kH = 1. lab1, lab2: float (..., 3) that broadcast, D65, L* in [0, 100].

    → float32 (...), ≥ 0, symmetric, 0 for equal colors. Within 1e-4 of the published pairs. Working memory
    does not grow with the input. Made for small differences (< 5) of flat samples on gray; above 25 read it
    as rank only. It is no metric: the triangle inequality may fail.
    Raises ValueError for another shape or a value that is not finite.
    Source: Sharma, Wu, Dalal 2005, "The CIEDE2000 color-difference formula", Color Res. Appl. 30(1).
    """
    first, second = _lab(lab1, "lab1"), _lab(lab2, "lab2")
    shape = np.broadcast_shapes(first.shape, second.shape)
    out = np.empty(shape[:-1], np.float32)
    if first.shape == second.shape:
        flat = out.reshape(-1)
        first, second = first.reshape(-1, 3), second.reshape(-1, 3)
        for part in _chunks(len(flat)):
            flat[part] = _ciede2000(first[part], second[part])
    elif out.ndim:
        _fill(out, np.broadcast_to(first, shape), np.broadcast_to(second, shape))
    return out


def ciede2000_matrix(lab1: ArrayLike, lab2: ArrayLike) -> Floats:
    """CIEDE2000 of every color of one list to every color of another. lab1 (n, 3), lab2 (m, 3) → (n, m).

    Conditions, range, errors and source as `ciede2000`.
    """
    first, second = _lab(lab1, "lab1"), _lab(lab2, "lab2")
    if first.ndim != 2 or second.ndim != 2:
        raise ValueError(f"lists of colors have shapes (n, 3) and (m, 3), not {first.shape}, {second.shape}")
    return ciede2000(first[:, None], second[None])


def earth_movers_distance(
    lab1: ArrayLike, weights1: ArrayLike, lab2: ArrayLike, weights2: ArrayLike
) -> float:
    """Least work that turns one palette into the other, in ΔE00 per unit of weight.

    lab1 (n, 3), weights1 (n,), lab2 (m, 3), weights2 (m,): Lab D65; weights ≥ 0, normalized here to sum 1;
    n, m ≤ 1024. → float ≥ 0, symmetric, 0 for equal palettes, never above the largest ΔE00 between the two;
    with one color a side it is their ΔE00. Sensitive to shares: it answers to pose and framing too.
    Raises ValueError for shapes that do not fit, no color, too many, negative or no weight.
    Source: Rubner, Tomasi, Guibas 2000, "The earth mover's distance as a metric for image retrieval",
    solved by `cv2.EMD` with ΔE00 as cost.
    """
    first, shares1 = _weighted(lab1, weights1, "1")
    second, shares2 = _weighted(lab2, weights2, "2")
    cost = ciede2000_matrix(first, second)
    if min(cost.shape) == 1:  # everything moves to or from one color: nothing to optimize
        return float(shares1.astype(np.float64) @ cost @ shares2)
    work, _, _ = cv2.EMD(shares1[:, None], shares2[:, None], cv2.DIST_USER, cost)
    return max(0.0, float(work))


def _require_triples(array: NDArray[np.generic], name: str) -> None:
    if array.ndim == 0 or array.shape[-1] != 3:
        raise ValueError(f"{name} has shape (..., 3), not {array.shape}")


def _checked_floats(rgb: NDArray[np.generic]) -> NDArray[np.float64]:
    if not np.issubdtype(rgb.dtype, np.floating):
        raise ValueError(f"rgb is uint8 or float in [0, 1], not {rgb.dtype}")
    floats = rgb.astype(np.float64)
    if floats.size and not (floats.min() >= 0 and floats.max() <= 1):  # nan fails both
        raise ValueError(f"float rgb lies in [0, 1]; found {floats.min():g} to {floats.max():g}")
    return floats


def _lab(lab: ArrayLike, name: str) -> Floats:
    array = np.asarray(lab)
    _require_triples(array, name)
    colors = array.astype(np.float32, copy=False)
    if not np.isfinite(colors).all():
        raise ValueError(f"{name} holds a value that is not finite")
    return colors


def _weighted(lab: ArrayLike, weights: ArrayLike, which: str) -> tuple[Floats, Floats]:
    """Colors with weight > 0 and their shares, which sum to 1."""
    colors = _lab(lab, f"lab{which}")
    amounts = np.asarray(weights, np.float64)
    if colors.ndim != 2 or amounts.shape != colors.shape[:1]:
        raise ValueError(
            f"lab{which} (n, 3) and weights{which} (n,) do not fit: {colors.shape} and {amounts.shape}"
        )
    if not (np.isfinite(amounts).all() and (amounts >= 0).all() and amounts.sum() > 0):
        raise ValueError(f"weights{which} are finite, not negative, and at least one is above 0")
    kept = amounts > 0
    if kept.sum() > MAX_EMD_COLORS:
        raise ValueError(f"lab{which} has {kept.sum()} colors; reduce it to {MAX_EMD_COLORS} at most")
    return colors[kept], (amounts[kept] / amounts[kept].sum()).astype(np.float32)


def _chunks(count: int) -> Iterator[slice]:
    for start in range(0, count, CHUNK):
        yield slice(start, start + CHUNK)


def _linear(pixels: NDArray[Any]) -> NDArray[Any]:
    """pixels: (1, n, 3) uint8, or float64 in [0, 1] → float32 in [0, 1] without the transfer curve."""
    if pixels.dtype == np.uint8:
        return np.asarray(cv2.LUT(pixels, _LINEAR_OF_BYTE))
    return _decoded(pixels).astype(np.float32)


def _linear_to_lab(linear: NDArray[Any]) -> Floats:
    """linear: float32 (1, n, 3) → Lab, same shape."""
    ratio = cv2.transform(linear, _LINEAR_TO_RATIO)
    bent = cv2.pow(ratio, 1 / 3)
    # The straight foot of the curve touches it at _EPSILON.
    np.copyto(bent, ratio * (_KAPPA / 116) + 16 / 116, where=ratio <= _EPSILON)
    return np.asarray(cv2.transform(bent, _CURVE_TO_LAB), np.float32)


def _fill(out: Floats, lab1: Floats, lab2: Floats) -> None:
    """out[...] = ΔE00, walking the leading axes until a block is no larger than CHUNK."""
    inner = out[0].size if len(out) else 0
    if inner > CHUNK:
        for row in range(len(out)):
            _fill(out[row], lab1[row], lab2[row])
        return
    step = max(1, CHUNK // max(inner, 1))
    for start in range(0, len(out), step):
        part = slice(start, start + step)
        out[part] = _ciede2000(lab1[part], lab2[part])


def _ciede2000(lab1: _Rows, lab2: _Rows) -> _Rows:
    """The formula with hues as unit vectors: no angle is taken but the one inside the exponential.

    That is four times as fast as the angles of the paper and keeps 1e-5 in float32, because differences
    of near hues are differences of near vectors instead of 1 − cos.
    """
    l1, a1, b1 = (lab1[..., i].copy() for i in range(3))
    l2, a2, b2 = (lab2[..., i].copy() for i in range(3))
    stretch = 1.5 - 0.5 * _high_chroma((np.sqrt(a1 * a1 + b1 * b1) + np.sqrt(a2 * a2 + b2 * b2)) * 0.5)
    a1 *= stretch
    a2 *= stretch
    c1 = np.sqrt(a1 * a1 + b1 * b1)
    c2 = np.sqrt(a2 * a2 + b2 * b2)
    scale1, scale2 = 1 / np.maximum(c1, _ACHROMATIC), 1 / np.maximum(c2, _ACHROMATIC)
    cos1, sin1, cos2, sin2 = a1 * scale1, b1 * scale1, a2 * scale2, b2 * scale2
    cos, sin, turn = _mean_hue(cos1, sin1, cos2, sin2)

    mean_l = (l1 + l2) * 0.5 - 50
    mean_l *= mean_l
    mean_c = (c1 + c2) * 0.5
    lightness = (l2 - l1) / (1 + 0.015 * mean_l / np.sqrt(20 + mean_l))
    chroma = (c2 - c1) / (1 + 0.045 * mean_c)
    hue = np.sqrt(c1 * c2) * turn / (1 + 0.015 * mean_c * _hue_weight(cos, sin))
    squared = lightness * lightness + chroma * chroma + hue * hue
    squared += _blue_rotation(cos, sin) * _high_chroma(mean_c) * chroma * hue
    return np.asarray(np.sqrt(np.maximum(squared, 0)))


def _high_chroma(chroma: _Rows) -> _Rows:
    """sqrt(C⁷ / (C⁷ + 25⁷)): 0 for grays, 1 for vivid colors."""
    seventh = chroma * (1 / 25)
    cube = seventh * seventh * seventh
    seventh *= cube * cube
    return np.sqrt(seventh / (seventh + 1))


def _mean_hue(cos1: _Rows, sin1: _Rows, cos2: _Rows, sin2: _Rows) -> tuple[_Rows, _Rows, _Rows]:
    """Direction of the mean hue (cos, sin), and 2 sin(Δh / 2) with the sign of Δh.

    A gray has the vector (0, 0), so the mean is the other color's hue, as the paper wants it.
    """
    cos, sin = cos1 + cos2, sin1 + sin2
    away_cos, away_sin = cos1 - cos2, sin1 - sin2
    turn = np.copysign(np.sqrt(away_cos * away_cos + away_sin * away_sin), cos1 * sin2 - sin1 * cos2)
    squared = cos * cos + sin * sin
    obtuse = squared < _OBTUSE
    if obtuse.any():
        # Of exactly opposite hues the paper counts in [0°, 360°): positive where h2 > h1.
        ahead = np.where(away_sin == 0, away_cos, away_sin)
        opposite = squared < _OPPOSITE
        np.copysign(turn, ahead, out=turn, where=opposite)
        side = np.where(opposite, -ahead, away_sin * cos - away_cos * sin)
        # The mean is at right angles to the difference, on the side of the sum.
        np.copysign(away_sin, away_sin * side, out=cos, where=obtuse)
        np.copysign(away_cos, -away_cos * side, out=sin, where=obtuse)
        np.copyto(squared, away_cos * away_cos + away_sin * away_sin, where=obtuse)
    scale = 1 / np.maximum(np.sqrt(squared), _ACHROMATIC)
    return cos * scale, sin * scale, turn


def _hue_weight(cos: _Rows, sin: _Rows) -> _Rows:
    """T = 1 − .17 cos(h−30°) + .24 cos 2h + .32 cos(3h+6°) − .20 cos(4h−63°), by angle sums."""
    cos2, sin2 = 1 - 2 * sin * sin, 2 * sin * cos
    cos3, sin3 = cos2 * cos - sin2 * sin, sin2 * cos + cos2 * sin
    cos4, sin4 = 1 - 2 * sin2 * sin2, 2 * sin2 * cos2
    weight = 1 - 0.17 * _COS30 * cos - 0.17 * _SIN30 * sin + 0.24 * cos2
    weight += 0.32 * _COS6 * cos3 - 0.32 * _SIN6 * sin3
    weight -= 0.20 * _COS63 * cos4 + 0.20 * _SIN63 * sin4
    return np.asarray(weight)


def _blue_rotation(cos: _Rows, sin: _Rows) -> _Rows:
    """−2 sin(60° exp(−((h − 275°) / 25°)²)): the tilt of the ellipses around blue."""
    from_blue = np.arccos(np.clip(_COS275 * cos + _SIN275 * sin, -1, 1)) * (180 / np.pi / 25)
    return np.asarray(-2 * np.sin(np.pi / 3 * np.exp(-from_blue * from_blue)), np.float32)


_COS6, _COS30, _COS63, _COS275 = np.cos(np.radians([6, 30, 63, 275])).tolist()
_SIN6, _SIN30, _SIN63, _SIN275 = np.sin(np.radians([6, 30, 63, 275])).tolist()
