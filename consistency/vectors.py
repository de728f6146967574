"""Vectors in, distances out: unit rows, centroids, project-mean centering, whitening, cosine distance.

All float32. A vector of an ImageEncoder is a unit row; whatever is averaged or centered is made one again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
_Rows = NDArray[np.floating[Any]]

_SHORTEST = 1e-12
"""Squared length below which a vector has no direction: its unit row is zero, its cosine to all is 0."""

BACKGROUND_SHARE = 0.3
"""Length of the background's centroid that is subtracted for a project of one character. Corner windows of
the references as background, classical.appearance/1, AUC pooled over held-out subjects, comic and generator
output: 0 .894, .1 .905, .2 .911, .3 .917, .4 .913. As a second character in the mean, half and half,
photographs alone fall from .980 to .826."""


def unit_rows(rows: _Rows) -> Vectors:
    """rows: float (..., d). → float32 (..., d), each row of length 1; a row of zeros stays zero.

    Raises ValueError for a scalar and for nan or infinity.
    """
    values = np.asarray(rows, np.float32)
    if values.ndim == 0:
        raise ValueError("a vector needs at least one axis, not a single number")
    if not np.isfinite(values).all():
        raise ValueError("vectors must be finite; there is a nan or an infinity among them")
    squared = np.sum(values * values, axis=-1, keepdims=True)
    units = np.where(squared > _SHORTEST, values / np.sqrt(np.maximum(squared, _SHORTEST)), 0)
    return np.asarray(units, np.float32)


def cosine_distance(a: _Rows, b: _Rows) -> Vectors:
    """1 − cosine of every row of a to every row of b. a: float (n, d), b: float (m, d), of any length.

    → float32 (n, m) in [0, 2]: 0 same direction, 1 unrelated, 2 opposite; `cosine_distance(b, a)` is the
    transpose. A row of zeros is at 1 from everything. Raises ValueError when the dimensions differ.
    """
    left, right = _table(a, "a"), _table(b, "b")
    _require_same_width(left, right, "a", "b")
    return np.asarray(np.clip(1 - unit_rows(left) @ unit_rows(right).T, 0, 2), np.float32)


def centroid(rows: _Rows) -> Vectors:
    """Direction in the middle of some vectors. rows: float (n, d), n ≥ 1. → float32 (d,), unit length.

    Every row counts the same however long it is. Zero when the rows cancel out. Raises ValueError for none.
    """
    return unit_rows(unit_rows(_table(rows, "rows")).mean(axis=0))


def whiten(rows: _Rows, mean: Vectors, transform: Vectors) -> Vectors:
    """Unit rows in a space where the spread of one and the same thing is equal in all directions.

    rows: float (n, d). mean: float32 (d,). transform: float32 (d, k), usually from `whitening`.
    → float32 (n, k), unit rows.
    """
    return unit_rows((np.asarray(rows, np.float32) - mean) @ transform)


def whitening(within: NDArray[np.float64], shrinkage: float) -> NDArray[np.float64]:
    """Matrix that makes a within-class covariance round. within: float64 (d, d), symmetric, ≥ 0.

    shrinkage: in (0, 1], the share of a ball of the same trace that is mixed in, so that directions which
    few samples have shown are not blown up. → float64 (d, d), to be applied from the right.
    Hatch, Kajarekar and Stolcke 2006 (within-class covariance normalization); Ledoit and Wolf 2004
    (shrinkage). Raises ValueError for a shrinkage outside (0, 1].
    """
    if not 0 < shrinkage <= 1:
        raise ValueError(f"shrinkage must be in (0, 1], not {shrinkage:g}")
    size = len(within)
    ball = np.trace(within) / size * np.eye(size)
    values, directions = np.linalg.eigh((1 - shrinkage) * within + shrinkage * ball)
    return np.asarray(directions / np.sqrt(values))


PLAIN = frozenset({"ccip"})
"""Encoders of subjects whose vectors are compared as they are: their makers' limits are for plain pairs."""


def is_centered(encoder: str) -> bool:
    """Whether vectors of this encoder of subjects (its id) are centered on the project."""
    return encoder.partition("@")[0] not in PLAIN


DRAWN_ONLY = frozenset({"ccip"})
"""Encoders of subjects that were trained on drawn characters alone."""


def knows_photographs(encoder: str) -> bool:
    """Whether an encoder of subjects (its id) may compare photographed people too."""
    return encoder.partition("@")[0] not in DRAWN_ONLY


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """The pinned characters of one project, centered on the project's own mean."""

    names: tuple[str, ...]
    """In the order in which they were given."""
    centroids: Vectors
    """float32 (c, d), centered, unit rows."""
    mean: Vectors
    """float32 (d,): what is subtracted. Zero for faces, and for one character without a background."""

    @classmethod
    def build(
        cls, references: Mapping[str, _Rows], background: _Rows | None = None, *, centered: bool = True
    ) -> Gallery:
        """references: name → float (n, d), n ≥ 1 vectors of its references. Two characters or more are
        centered on the mean of their centroids. background: float (k, d) vectors of what stands around the
        references; a single character has no such mean and is moved BACKGROUND_SHARE away from these.
        centered: False for vectors that were trained to be compared as they are. Two faces of similarity .6
        come to .45 when two people are centered on their mean, and a limit holds for one number of people.

        Raises ValueError for no character, a character without vectors, or differing dimensions.
        """
        if not references:
            raise ValueError("a gallery needs at least one character")
        tables = {name: _table(rows, f"references of {name!r}") for name, rows in references.items()}
        first = next(iter(tables))
        for name, table in tables.items():
            _require_same_width(tables[first], table, f"references of {first!r}", f"references of {name!r}")
        plain = np.stack([centroid(table) for table in tables.values()])
        mean = _project_mean(plain, background) if centered else np.zeros_like(plain[0])
        return cls(tuple(tables), unit_rows(plain - mean), mean)

    def distances(self, vectors: _Rows) -> Vectors:
        """1 − cosine of each centered vector to each centroid. vectors: float (n, d), from the encoder of the
        references. → float32 (n, c) in [0, 2]; column j belongs to names[j]. Raises ValueError for another d.
        """
        rows = _table(vectors, "vectors", fewest=0)
        _require_same_width(self.centroids, rows, "references", "vectors")
        return cosine_distance(unit_rows(rows) - self.mean, self.centroids) if len(rows) else self._nothing()

    def _nothing(self) -> Vectors:
        return np.zeros((0, len(self.names)), np.float32)


def _project_mean(centroids: Vectors, background: _Rows | None) -> Vectors:
    around = (
        np.zeros((1, centroids.shape[1]), np.float32)
        if background is None
        else _table(background, "background")
    )
    _require_same_width(centroids, around, "references", "background")
    if len(centroids) == 1:  # its own mean would leave nothing to compare
        return np.asarray(BACKGROUND_SHARE * centroid(around), np.float32)
    return np.asarray(centroids.mean(axis=0), np.float32)


def _table(rows: _Rows, name: str, *, fewest: int = 1) -> Vectors:
    table = np.asarray(rows, np.float32)
    if table.ndim != 2 or len(table) < fewest or table.shape[1] == 0:
        raise ValueError(
            f"{name}: expected vectors as rows (n, d), n ≥ {fewest}, not an array of shape {table.shape}"
        )
    return table


def _require_same_width(a: Vectors, b: Vectors, name_a: str, name_b: str) -> None:
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"{name_b} have {b.shape[1]} dimensions, {name_a} {a.shape[1]}: they come from different encoders"
        )
