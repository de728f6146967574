"""Pixels and pinned colors in, distances between them out. Plain functions under the color check.

Everywhere: lab float (n, 3), D65; weights float (n,), ≥ 0, a mask, hard or soft: pixels with weight 0 do
not exist. Distances are ΔE00, ≥ 0. Wrong shapes, values that are not finite and weights that are all 0
raise ValueError.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from consistency.color import Floats, ciede2000, ciede2000_matrix
from consistency.dominant import weighted_pixels

MIN_ROLE_PIXELS = 5
"""Sampled pixels below which a role was not found: a mean of fewer is edge blur. Set on sprites and comic
pages with one pixel in a hundred sampled."""

_BLOCK = 65_536
"""Pixels assigned at a time: bounds the (pixels, roles) table."""


@dataclass(frozen=True, slots=True, eq=False)
class RoleMatch:
    """Which pinned color each pixel is nearest to."""

    labels: NDArray[np.intp]
    """(n,), row of the palette; the first of equally near ones."""
    delta_e: Floats
    """float32 (n,), ΔE00 to it."""


def assign_roles(lab: ArrayLike, weights: ArrayLike, palette_labs: ArrayLike) -> RoleMatch:
    """The nearest of the pinned colors for each pixel. palette_labs: (m, 3), m ≥ 1.

    Every pixel gets an answer, those of weight 0 too, so that the labels fit the picture.
    """
    pixels = np.asarray(lab, np.float32)
    weighted_pixels(pixels, weights)  # for its checks
    roles = _roles(palette_labs)
    labels = np.empty(len(pixels), np.intp)
    nearest = np.empty(len(pixels), np.float32)
    for start in range(0, len(pixels), _BLOCK):
        part = slice(start, start + _BLOCK)
        differences = ciede2000_matrix(pixels[part], roles)
        labels[part] = differences.argmin(axis=1)
        nearest[part] = differences.min(axis=1)
    return RoleMatch(labels, nearest)


def role_mean_shift(lab: ArrayLike, weights: ArrayLike, roles_lab: ArrayLike, shares: ArrayLike) -> float:
    """How far the mean color of each role's pixels lies from the role. roles_lab (m, 3), shares (m,) ≥ 0.

    → ΔE00, mean over the roles found, weighted by their pinned share; nan when none was found.
    Every pixel goes to its nearest role; roles with at least MIN_ROLE_PIXELS pixels count, weighted by the
    share that was pinned. For pictures of one shot: across shots light and pose move it more than a
    recoloring does. Bounded from below by nothing moving (0); a color that moved nearer to another role is
    counted there, so a total above half the distance between roles is a lower bound.
    Not symmetric: pixels are compared with pins.
    """
    pixels, amounts = weighted_pixels(lab, weights)
    roles = _roles(roles_lab)
    pinned = np.asarray(shares, np.float64)
    if pinned.shape != (len(roles),) or not (np.isfinite(pinned).all() and (pinned >= 0).all()):
        raise ValueError(f"shares are {len(roles)} numbers ≥ 0, one a role; found shape {pinned.shape}")
    labels = assign_roles(pixels, amounts, roles).labels
    totals = np.bincount(labels, amounts, minlength=len(roles))
    found = np.bincount(labels, minlength=len(roles)) >= MIN_ROLE_PIXELS
    weight = pinned[found].sum()
    if not weight > 0:
        return float("nan")
    sums = [np.bincount(labels, amounts * channel, minlength=len(roles))[found] for channel in pixels.T]
    means = (np.stack(sums, axis=1) / totals[found, None]).astype(np.float32)
    return float(ciede2000(means, roles[found]) @ pinned[found] / weight)


def p90_to_nearest(lab: ArrayLike, weights: ArrayLike, palette_labs: ArrayLike) -> float:
    """ΔE00 to the nearest pinned color that 90 % of the weight stays within: the best single number for
    "another colorway" of a masked subject. It asks whether colors are foreign, not whether all are there.
    """
    pixels, amounts = weighted_pixels(lab, weights)
    nearest = assign_roles(pixels, amounts, palette_labs).delta_e
    order = nearest.argsort(kind="stable")
    reached = amounts[order].cumsum()
    # The rounding of the sum must not move the place past the pixel that completes 90 %.
    place = int(np.searchsorted(reached, 0.9 * reached[-1] * (1 - 1e-9)))
    return float(nearest[order[place]])


def mean_color_difference(
    lab1: ArrayLike, weights1: ArrayLike, lab2: ArrayLike, weights2: ArrayLike
) -> float:
    """ΔE00 between the mean colors of two regions, which may differ in size. Symmetric."""
    return float(ciede2000(_mean(lab1, weights1), _mean(lab2, weights2)))


def _mean(lab: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    pixels, amounts = weighted_pixels(lab, weights)
    return np.average(pixels.astype(np.float64), axis=0, weights=amounts)


def _roles(palette_labs: ArrayLike) -> Floats:
    roles = np.asarray(palette_labs, np.float32)
    if roles.ndim != 2 or roles.shape[1:] != (3,) or not len(roles):
        raise ValueError(f"pinned colors have shape (m, 3) with m ≥ 1, not {roles.shape}")
    return roles
