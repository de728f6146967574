"""Vectors of two sides and of a cohort in, similarities freed of what is alike to everything out: CSLS.

Some vectors lie near to all others: a raw cosine calls them similar to whatever they are compared with. What
counts is how much nearer two are to each other than each is to a cohort of unrelated ones.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consistency.vectors import Vectors, unit_rows

_Rows = NDArray[np.floating[Any]]

NEAREST: Final = 10
"""Members of the cohort that say how near a vector lies to everything: Conneau et al. 2018."""
AT_LEAST: Final = 2 * NEAREST
"""Members that a cohort needs: the nearest of a few are just those few."""
MARK: Final = "+csls:"
"""In the id of an encoder whose rows carry how near they lie to a cohort, before the cohort's digest."""


def csls(a: _Rows, b: _Rows, cohort: _Rows, nearest: int = NEAREST) -> Vectors:
    """Cross-domain similarity local scaling, with one cohort for both sides.

    a: float (n, d). b: float (m, d). cohort: float (k, d), vectors of unrelated pictures by the same encoder,
    neither of a nor of b. → float32 (n, m): 2 cos(a, b) − r(a) − r(b), where r is the mean cosine of a vector
    to its `nearest` members of the cohort, all of them where it has fewer. In [−4, 4]; 0 for two that are as
    near to each other as to the cohort. Conneau et al.: Word Translation Without Parallel Data, ICLR 2018.
    Raises ValueError for an empty cohort, differing dimensions or nearest < 1.
    """
    sides = [np.atleast_2d(np.asarray(rows, np.float32)) for rows in (a, b, cohort)]
    if len({rows.shape[1] for rows in sides}) != 1:
        shapes = ", ".join(str(rows.shape) for rows in sides)
        raise ValueError(f"a, b and the cohort must have the same dimensions, not {shapes}")
    if not len(sides[2]) or nearest < 1:
        raise ValueError(f"a cohort needs a member and at least 1 nearest, not {len(sides[2])} and {nearest}")
    left, right, others = (unit_rows(rows) for rows in sides)
    near_left, near_right = _nearness(left, others, nearest), _nearness(right, others, nearest)
    return np.asarray(2 * left @ right.T - near_left[:, None] - near_right[None], np.float32)


def _nearness(rows: Vectors, cohort: Vectors, nearest: int) -> Vectors:
    """float32 (n,): mean cosine of each row to its nearest members of the cohort."""
    cosines = np.sort(rows @ cohort.T, axis=1)[:, ::-1][:, :nearest]
    return np.asarray(cosines.mean(axis=1), np.float32)


def is_corrected(encoder: str) -> bool:
    """Whether rows of this encoder (its id) are those of `with_nearness`."""
    return MARK in encoder


def with_nearness(rows: _Rows, cohort: _Rows, nearest: int = NEAREST) -> Vectors:
    """Rows that know how near they lie to a cohort, so that two of them are compared without it.

    rows: float (n, d). cohort: float (k, d). → float32 (n, d + 1): unit rows, behind each its mean cosine to
    its `nearest` members of the cohort. For `corrected_distance` only.
    """
    units = unit_rows(np.asarray(rows, np.float32))
    near = _nearness(units, unit_rows(np.asarray(cohort, np.float32)), nearest)
    return np.concatenate([units, near[:, None]], axis=1)


def corrected_distance(a: _Rows, b: _Rows) -> Vectors:
    """1 − csls / 2: the cosine distance, and half of how near both lie to everything on top of it.

    a: float32 (n, d + 1), b: float32 (m, d + 1), from `with_nearness` by one cohort. → float32 (n, m) in
    [0, 3], symmetric. In the order of `csls`. Two that are the same are as far apart as they are near to
    everything, not 0: a likeness to what looks like everything says little. Where that is negative, 0.
    """
    left, right = np.asarray(a, np.float32), np.asarray(b, np.float32)
    cosines = left[:, :-1] @ right[:, :-1].T
    both = left[:, None, -1] + right[None, :, -1]
    return np.asarray(np.maximum(1 - cosines + both / 2, 0), np.float32)
