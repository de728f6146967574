"""Vectors of crops and of references in, the scores that other projects publish out: to stand beside ours.

Pure, and as defined there, weak spots included: `cids` forgives a character that is missing in a panel as
long as it is found in another one, and is best where references are pasted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from consistency.vectors import Vectors, unit_rows

_Rows = NDArray[np.floating[Any]]

TEMPERATURE: Final = 0.01
"""Of `copy_paste`: ViStoryBench."""
_EPSILON: Final = 1e-6
"""In ViStoryBench's own formulas."""


@dataclass(frozen=True, slots=True)
class Cids:
    """Character identity similarity of one character over a story, or the mean of all characters."""

    cross: float
    """Mean cosine of its crops to its references, in [−1, 1]; 0 for a character that was never found."""
    self: float
    """Mean cosine of its crops to each other; 1 for a single crop, 0 for none."""


def cast(regions: _Rows, references: Mapping[str, _Rows]) -> dict[str, int]:
    """Which region of a panel is which character: each at most once, at the greatest total similarity.

    regions: float (n, d). references: character that the panel names → float (r, d). → character → index of
    its region; characters beyond the number of regions are left out. The similarity of a region to a
    character is its greatest cosine to any reference. ViStoryBench (CVPR 2026); a version of its code goes
    through the characters one by one instead.
    """
    from scipy.optimize import linear_sum_assignment

    if not len(regions) or not references:
        return {}
    similar = np.stack([_cosines(regions, rows).max(axis=1) for rows in references.values()])
    names = list(references)
    return {names[row]: int(column) for row, column in zip(*linear_sum_assignment(-similar), strict=True)}


def cids(crops: Mapping[str, _Rows], references: Mapping[str, _Rows]) -> dict[str, Cids]:
    """Each character's score over a story. crops: character → float (g, d), all regions that were cast as it;
    references: character → float (r, d), r ≥ 1. → one for each character of `references`. ViStoryBench."""
    return {name: _cids(crops.get(name), rows) for name, rows in references.items()}


def mean_cids(scores: Mapping[str, Cids]) -> Cids:
    """The score of a story: the mean over its characters, zeros without any."""
    if not scores:
        return Cids(0.0, 0.0)
    return Cids(
        *(float(np.mean([getattr(one, part) for one in scores.values()])) for part in ("cross", "self"))
    )


def occm(found: Sequence[int], expected: Sequence[int]) -> float:
    """On-stage character count matching, the mean over panels: 100 · exp(−|D − E| / (ε + E)).

    found, expected: for each panel its characters that were found, and that it names. → in [0, 100]. A panel
    that names none and shows one counts 0. Raises ValueError without panels. ViStoryBench.
    """
    if not found:
        raise ValueError("the score of a story needs a panel")
    scores = [100 * exp(-abs(d - e) / (_EPSILON + e)) for d, e in zip(found, expected, strict=True)]
    return float(np.mean(scores))


def copy_paste(to_reference: float, to_mirror: float) -> float:
    """How surely a crop is pasted: the softmax of its cosine to the reference against that to the reference's
    mirror image, at TEMPERATURE. → in [0, 1]; .5 for a crop that is as near to both. ViStoryBench."""
    return 1 / (1 + exp(min((to_mirror - to_reference) / TEMPERATURE, 700.0)))  # exp overflows beyond 709


def mean_copy_paste(crops: Mapping[str, _Rows], pairs: Mapping[str, _Rows]) -> float | None:
    """The score of a story: the mean over each character's crops, then over the characters with crops.

    crops: character → float (g, d). pairs: character → float (2, d), its first reference and that one's
    mirror image. → in [0, 1]; None where no crop has such a pair. ViStoryBench.
    """
    scores = [
        np.mean([copy_paste(*map(float, row)) for row in _cosines(rows, pairs[name])])
        for name, rows in crops.items()
        if len(rows) and name in pairs
    ]
    return float(np.mean(scores)) if scores else None


def subject_consistency(frames: _Rows) -> float:
    """VBench's subject consistency: for every frame but the first the mean of its cosines to the frame before
    it and to the first, below 0 as 0; the mean of these.

    frames: float (n, d), n ≥ 2, in order. → in [0, 1]. Huang et al. 2024. Raises ValueError for fewer.
    """
    if len(frames) < 2:
        raise ValueError(f"subject consistency needs at least two frames, not {len(frames)}")
    rows = unit_rows(np.asarray(frames, np.float32))
    before, first = (rows[1:] * rows[:-1]).sum(axis=1), rows[1:] @ rows[0]
    return float(np.mean((np.maximum(before, 0) + np.maximum(first, 0)) / 2))


def _cids(crops: _Rows | None, references: _Rows) -> Cids:
    if crops is None or not len(crops):
        return Cids(0.0, 0.0)
    cross = float(_cosines(crops, references).mean())
    if len(crops) == 1:
        return Cids(cross, 1.0)
    return Cids(cross, float(_cosines(crops, crops)[np.triu_indices(len(crops), 1)].mean()))


def _cosines(a: _Rows, b: _Rows) -> Vectors:
    return np.asarray(
        unit_rows(np.asarray(a, np.float32)) @ unit_rows(np.asarray(b, np.float32)).T, np.float32
    )
