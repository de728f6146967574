"""Answers about same and other in, AUC, EER, rates and their 95 % intervals out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency import Verdict

ROUNDS: Final = 400
"""Of the bootstrap: its 95 % intervals then vary by about .003 between seeds on the larger sets."""
SEED: Final = 3
LEVELS: Final = (0.025, 0.975)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tool said of one pair, or of one character in one frame."""

    same: bool
    """By the label."""
    distance: float
    """nan where nothing could be measured."""
    verdict: Verdict
    groups: tuple[str, ...]
    """One or two units that are drawn at random for intervals: pictures or subjects."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one question. Rates are shares of all same, of all other, or of both."""

    same: int
    other: int
    unmeasured: int
    groups: int
    auc: Figure
    """Chance that a same one is nearer than another one, ties half, where both were measured."""
    eer: Figure
    """Equal error rate: where as many same as other would be decided wrongly."""
    false_alarms: Figure
    """Same ones called DRIFTED."""
    misses: Figure
    """Other ones called CONSISTENT."""
    caught: Figure
    """Other ones called DRIFTED."""
    confirmed: Figure
    """Same ones called CONSISTENT."""
    unsure: Figure
    unsure_same: Figure
    unsure_other: Figure


def figures(answers: Sequence[Answer], rounds: int = ROUNDS) -> Figures:
    """answers: at least one same and one other. Intervals: bootstrap over groups; an answer about two groups
    counts as often as both are drawn, so pairs are never taken for independent."""
    same = np.array([a.same for a in answers])
    distance = np.array([a.distance for a in answers])
    known = np.isfinite(distance)
    order = np.argsort(distance[known], kind="stable")
    picked = np.flatnonzero(known)[order]
    starts = _ties(distance[picked])

    def of(weights: Floats) -> dict[str, float]:
        curve = _curve(weights[picked], same[picked], starts)
        rates = {name: _rate(weights, who, which) for name, (who, which) in _rates(answers, same).items()}
        return {"auc": _area(curve), "eer": _equal_error(curve), **rates}

    values = of(np.ones(len(answers)))
    weights, groups = _draws([a.groups for a in answers], rounds)
    drawn = [of(row) for row in weights]
    found = {name: _figure(value, [one[name] for one in drawn]) for name, value in values.items()}
    return Figures(int(same.sum()), int((~same).sum()), int((~known).sum()), groups, **found)


def _rates(answers: Sequence[Answer], same: NDArray[np.bool_]) -> dict[str, tuple[NDArray, NDArray]]:
    said = np.array([a.verdict.severity for a in answers])
    everyone = np.ones(len(same), np.bool_)
    return {
        "false_alarms": (same, said == Verdict.DRIFTED.severity),
        "misses": (~same, said == Verdict.CONSISTENT.severity),
        "caught": (~same, said == Verdict.DRIFTED.severity),
        "confirmed": (same, said == Verdict.CONSISTENT.severity),
        "unsure": (everyone, said == Verdict.UNSURE.severity),
        "unsure_same": (same, said == Verdict.UNSURE.severity),
        "unsure_other": (~same, said == Verdict.UNSURE.severity),
    }


def _rate(weights: Floats, who: NDArray[np.bool_], which: NDArray[np.bool_]) -> float:
    total = float(weights[who].sum())
    return float(weights[who & which].sum()) / total if total else float("nan")


def _ties(ordered: Floats) -> NDArray[np.intp]:
    """Where each run of equal distances begins."""
    return np.flatnonzero(np.r_[True, np.diff(ordered) > 0]) if len(ordered) else np.zeros(0, np.intp)


@dataclass(frozen=True, slots=True)
class _Curve:
    accepted_same: Floats
    """(k + 1,): share of same accepted at each limit, from none to all."""
    accepted_other: Floats


def _curve(weights: Floats, same: NDArray[np.bool_], starts: NDArray[np.intp]) -> _Curve | None:
    if not len(starts):
        return None
    steps = [np.add.reduceat(weights * kind, starts) for kind in (same, ~same)]
    totals = [float(step.sum()) for step in steps]
    if not all(totals):
        return None
    return _Curve(*(np.r_[0.0, np.cumsum(step)] / total for step, total in zip(steps, totals, strict=True)))


def _area(curve: _Curve | None) -> float:
    """Trapezoids: ties count half. 1 − the usual area, as small distances are the same."""
    if curve is None:
        return float("nan")
    heights = (curve.accepted_same[1:] + curve.accepted_same[:-1]) / 2
    return float((np.diff(curve.accepted_other) * heights).sum())


def _equal_error(curve: _Curve | None) -> float:
    if curve is None:
        return float("nan")
    misses, taken = 1 - curve.accepted_same, curve.accepted_other
    at = int(np.abs(misses - taken).argmin())
    return float((misses[at] + taken[at]) / 2)


def equal_error_limit(same: Floats, other: Floats) -> float:
    """The distance up to which to accept so that as many same as other are decided wrongly."""
    limits = np.unique(np.r_[same, other])
    misses = 1 - np.searchsorted(np.sort(same), limits, "right") / len(same)
    taken = np.searchsorted(np.sort(other), limits, "right") / len(other)
    return float(limits[np.abs(misses - taken).argmin()])


def _draws(groups: Sequence[tuple[str, ...]], rounds: int) -> tuple[list[Floats], int]:
    """For each round how often each answer counts; and the number of groups."""
    index = {name: at for at, name in enumerate(dict.fromkeys(name for names in groups for name in names))}
    first = np.array([index[names[0]] for names in groups])
    second = np.array([index[names[-1]] for names in groups])
    alone = first == second
    random = np.random.default_rng(SEED)
    weights = []
    for _ in range(rounds):
        count = np.bincount(random.integers(len(index), size=len(index)), minlength=len(index))
        weights.append(np.where(alone, count[first], count[first] * count[second]).astype(np.float64))
    return weights, len(index)


def _figure(value: float, drawn: Sequence[float]) -> Figure:
    kept = [one for one in drawn if np.isfinite(one)]
    if not np.isfinite(value) or not kept:
        return Figure(value, float("nan"), float("nan"))
    low, high = np.quantile(kept, LEVELS)
    return Figure(value, float(low), float(high))
