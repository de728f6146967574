"""Findings and frames in, the same ones out in the order in which a person wants to read them."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite

from consistency.judge import Finding
from consistency.measurement import Measurement
from series.audit import AuditedFrame


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Drifted, then unsure, then consistent; measured before unmeasured; the farthest over its limit first.
    Ties keep the order of the checks.
    """
    return sorted(
        findings, key=lambda f: (-f.verdict.severity, not isinstance(f.result, Measurement), -excess(f))
    )


def excess(finding: Finding) -> float:
    """How far the distance is beyond its limit, as a multiple of that limit, so that units can be compared.
    -inf where nothing was measured, inf over a limit of 0.
    """
    result, tolerance = finding.result, finding.tolerance
    if not isinstance(result, Measurement) or tolerance is None or not isfinite(result.distance):
        return -inf
    if tolerance.too_close is not None and result.distance < tolerance.too_close:
        return tolerance.too_close / result.distance if result.distance > 0 else inf
    if tolerance.reject_above <= 0:
        return inf if result.distance > 0 else 0.0
    return result.distance / tolerance.reject_above


def frames_worst_first(frames: Iterable[AuditedFrame]) -> list[AuditedFrame]:
    """Drifted, unsure, consistent; series order within each."""
    return sorted(frames, key=lambda frame: -frame.verdict.severity)
