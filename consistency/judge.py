"""Measurements and tolerances in, an Assessment out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from math import isfinite

from consistency.measurement import Measurement, Result, Unmeasured
from consistency.tolerance import Tolerance, Tolerances, find_tolerance


class Verdict(Enum):
    """What is said of a finding, a frame or a series."""

    CONSISTENT = "consistent"
    UNSURE = "unsure"
    DRIFTED = "drifted"

    @property
    def severity(self) -> int:
        """0 consistent, 1 unsure, 2 drifted."""
        return _SEVERITY[self]


_SEVERITY = {Verdict.CONSISTENT: 0, Verdict.UNSURE: 1, Verdict.DRIFTED: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result with the verdict on it."""

    result: Result
    verdict: Verdict
    tolerance: Tolerance | None
    """None for a result that could not be measured."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """All findings on one frame."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst finding. Nothing measured = UNSURE."""
        verdicts = {finding.verdict for finding in self.findings}
        if Verdict.DRIFTED in verdicts:
            return Verdict.DRIFTED
        measured = any(isinstance(finding.result, Measurement) for finding in self.findings)
        return Verdict.CONSISTENT if measured and Verdict.UNSURE not in verdicts else Verdict.UNSURE


def judge(results: Iterable[Result], tolerances: Tolerances) -> Assessment:
    """Put a verdict on every result. Raises ToleranceError when a (check, encoder) pair has no entry."""
    return Assessment(tuple(_judge_one(result, tolerances) for result in results))


def _judge_one(result: Result, tolerances: Tolerances) -> Finding:
    if isinstance(result, Unmeasured):
        return Finding(result, Verdict.UNSURE, None)
    tolerance = find_tolerance(tolerances, result.check, result.encoder, result.subject, result.part)
    return Finding(result, _verdict(result.distance, tolerance), tolerance)


def _verdict(distance: float, tolerance: Tolerance) -> Verdict:
    if not isfinite(distance):
        return Verdict.UNSURE
    if tolerance.too_close is not None and distance < tolerance.too_close:
        return Verdict.DRIFTED
    if distance <= tolerance.accept_below:
        return Verdict.CONSISTENT
    if distance > tolerance.reject_above:
        return Verdict.DRIFTED
    return Verdict.UNSURE
