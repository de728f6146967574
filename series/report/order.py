"""Findings and frames in, the same ones out in the order in which a person wants to read them."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isfinite

from consistency import Finding, Measurement, Verdict, character_of
from series.audit import AuditedFrame
from series.report.words import WHOLE

_EXPLAINS_ALL = frozenset({"picture.blank", "picture.copy", "picture.duplicate"})
_WHO = frozenset(
    {"identity.swap", "identity.missing", "identity.absent", "identity.place", "identity.unexpected"}
)
_FOLLOWS = frozenset(
    {
        "identity.swap",
        "identity.missing",
        "identity.absent",
        "identity.place",
        "color.mean",
        "color.p90",
        "color.region",
        "color.offpalette",
        "rendering.reference",
        "rendering.series",
    }
)
_HAND = frozenset({"style", "rendering"})
"""Kinds of drift that come together: whoever draws another texture also draws other lines."""


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Drifted, then unsure, then consistent; measured before unmeasured; what explains the others before
    them; the farthest over its limit first. Ties keep the order of the checks.
    """
    return sorted(
        findings,
        key=lambda f: (
            -f.verdict.severity,
            not isinstance(f.result, Measurement),
            _explained(f),
            -excess(f),
        ),
    )


def topics(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings that tell of one thing together, worst first in each and among them: a character's identity,
    a palette's colors, the hand that drew it.
    """
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in worst_first(findings):
        grouped.setdefault(_topic(finding), []).append(finding)
    return list(grouped.values())


def _topic(finding: Finding) -> tuple[str, str]:
    result = finding.result
    kind = result.check.partition(".")[0]
    subject = "" if result.subject in WHOLE else character_of(result.subject)
    if kind in _HAND:
        return "hand", ""
    # Colors of a character that was not found say something about the character.
    lost = kind == "color" and not isinstance(result, Measurement)
    return ("identity" if lost and subject else kind), subject


def _explained(finding: Finding) -> int:
    """0 for what makes every other number meaningless, 1 for who is there, 2 for the rest, 3 for what mostly
    follows from something else.
    """
    check = finding.result.check
    if finding.verdict is Verdict.DRIFTED and check in _EXPLAINS_ALL:
        return 0
    if finding.verdict is Verdict.DRIFTED and check in _WHO:
        return 1
    return 3 if check in _FOLLOWS else 2


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
