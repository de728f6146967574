"""Pixels in, the few colors that stand for them out. Deterministic: no random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from consistency.color import Floats, ciede2000_matrix

LATTICE_STEP = 5.0
"""Side of the Lab cells in which pixels are pooled before clustering. About the width at which two flat
colors side by side are told apart with effort; 4 to 6 gave the same palettes on the comic pages."""

MAX_ROUNDS = 20
"""Lloyd rounds at most; k = 8 settles in 6 to 15."""

MERGE_BELOW = 4.0
"""ΔE00 under which two centers count as one color. Set on sprites and comic pages, together with k = 8."""


@dataclass(frozen=True, slots=True, eq=False)
class DominantColors:
    """The few colors that a region is made of, the largest first."""

    labs: Floats
    """float32 (m, 3), D65."""
    shares: Floats
    """float32 (m,), > 0, descending, sum 1."""


def dominant_colors(
    lab: ArrayLike, weights: ArrayLike | None = None, k: int = 8, merge_below: float = MERGE_BELOW
) -> DominantColors:
    """The at most k colors that stand for a region. lab: float (n, 3) or (h, w, 3), D65, any n ≥ 1.

    weights: ≥ 0, one a pixel, (n,) or (h, w): a mask, hard or soft; None counts every pixel once.
    k-means in Lab over cells of LATTICE_STEP, started from the heaviest far-apart cells, without random
    numbers: equal input gives equal output in every process. Centers closer than merge_below ΔE00 become
    one, nearest pair first, weighted by share. All pixels count, so that sampling is the caller's choice.
    Raises ValueError for shapes that do not fit, values that are not finite, no weight above 0, k < 1.
    """
    pixels, amounts = weighted_pixels(lab, weights)
    if k < 1:
        raise ValueError(f"k is at least 1, not {k}")
    points, masses = _pooled(pixels, amounts)
    centers, shares = _clustered(points, masses, k)
    centers, shares = _merged(centers, shares, merge_below)
    order = np.lexsort((*centers.T, -shares))
    return DominantColors(
        centers[order].astype(np.float32), (shares[order] / shares.sum()).astype(np.float32)
    )


def weighted_pixels(lab: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, NDArray[np.float64]]:
    """(n, 3) colors and (n,) weights of the pixels whose weight is above 0. Errors as `dominant_colors`."""
    array = np.asarray(lab, np.float32)
    if array.ndim < 2 or array.shape[-1] != 3:
        raise ValueError(f"lab has shape (n, 3) or (h, w, 3), not {array.shape}")
    if weights is None:
        pixels, amounts = array.reshape(-1, 3), np.ones(array.size // 3)
    else:
        given = np.asarray(weights, np.float64)
        if given.shape != array.shape[:-1]:
            raise ValueError(f"weights have shape {array.shape[:-1]} like the pixels, not {given.shape}")
        if not (np.isfinite(given).all() and (given >= 0).all()):
            raise ValueError("weights are finite and not negative")
        pixels, amounts = array[given > 0], given[given > 0]
    if not len(pixels):
        raise ValueError("there is no pixel with a weight above 0")
    if not np.isfinite(pixels).all():
        raise ValueError("lab holds a value that is not finite")
    return pixels, amounts


def _pooled(pixels: Floats, masses: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean color and weight of every occupied Lab cell."""
    # 9 bits a channel hold every Lab color a picture can have; beyond them colors only share a cell.
    steps = np.clip(np.rint(pixels / LATTICE_STEP), -256, 255).astype(np.int32) + 256
    cells = (steps[:, 0] << 18) | (steps[:, 1] << 9) | steps[:, 2]
    _, members = np.unique(cells, return_inverse=True)
    totals = np.bincount(members, masses).astype(np.float64)
    sums = np.stack([np.bincount(members, masses * channel) for channel in pixels.T], axis=1)
    return sums / totals[:, None], totals


def _clustered(
    points: NDArray[np.float64], masses: NDArray[np.float64], k: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    centers = _far_apart(points, masses, k)
    members = np.full(len(points), -1)
    for _ in range(MAX_ROUNDS):
        nearest = _squared_distances(points, centers).argmin(axis=1)
        if (nearest == members).all():
            break
        members = nearest
        totals = np.bincount(members, masses, minlength=len(centers))
        sums = np.stack([np.bincount(members, masses * x, minlength=len(centers)) for x in points.T], axis=1)
        filled = totals > 0
        centers[filled] = sums[filled] / totals[filled, None]
    shares = np.bincount(members, masses, minlength=len(centers)).astype(np.float64)
    return centers[shares > 0], shares[shares > 0]


def _far_apart(points: NDArray[np.float64], masses: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Starting centers: the heaviest cell, then again and again the one with most weight × distance²."""
    chosen = [int(masses.argmax())]
    distances = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < min(k, len(points)):
        chosen.append(int((masses * distances).argmax()))
        distances = np.minimum(distances, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]


def _squared_distances(points: NDArray[np.float64], centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, k). Channel by channel: a matrix product would depend on the BLAS of the machine."""
    total = np.zeros((len(points), len(centers)))
    for channel in range(3):
        total += (points[:, channel, None] - centers[None, :, channel]) ** 2
    return total


def _merged(
    centers: NDArray[np.float64], shares: NDArray[np.float64], merge_below: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    while len(centers) > 1:
        differences = ciede2000_matrix(centers, centers)
        np.fill_diagonal(differences, np.inf)
        one, other = sorted(int(i) for i in np.unravel_index(differences.argmin(), differences.shape))
        if not differences[one, other] < merge_below:
            break
        both = shares[one] + shares[other]
        centers[one] = (shares[one] * centers[one] + shares[other] * centers[other]) / both
        shares[one] = both
        centers, shares = np.delete(centers, other, axis=0), np.delete(shares, other)
    return centers, shares
