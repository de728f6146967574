"""What kind of drift a finding is: the row of the reinforcement ladder that answers it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from consistency import Assessment, Finding, Measurement, Verdict, character_of


class DriftKind(Enum):
    """What went wrong in a picture, as a person would say it. The order is the order of repair: first a
    picture that is none of the panel's, then what is missing altogether, then how well it is drawn, and words
    last."""

    COPY = "copy"
    """The picture is a pasted reference, a copy of another frame, or blank."""
    MISSING = "missing"
    """A pinned character is not in the picture."""
    EXTRA = "extra"
    """A character is in the picture whom the panel does not name."""
    COMPOSITION = "composition"
    """Somebody stands elsewhere than pinned; wrong size or aspect."""
    IDENTITY = "identity"
    """A character looks like somebody else."""
    PALETTE = "palette"
    """Colors are not the pinned ones."""
    STYLE = "style"
    """Another technique, or blur, grain, line weight."""
    LETTERING = "lettering"
    """Words are missing or wrong."""


_KINDS = {
    "identity.missing": DriftKind.MISSING,
    "identity.absent": DriftKind.MISSING,
    "identity.place": DriftKind.MISSING,
    "identity.unexpected": DriftKind.EXTRA,
    "identity": DriftKind.IDENTITY,
    "color": DriftKind.PALETTE,
    "style": DriftKind.STYLE,
    "rendering": DriftKind.STYLE,
    "picture.copy": DriftKind.COPY,
    "picture.duplicate": DriftKind.COPY,
    "picture.blank": DriftKind.COPY,
    "picture": DriftKind.COMPOSITION,
    "lettering": DriftKind.LETTERING,
}
"""Check, or the kind of check before the dot → kind of drift."""

_ORDER = tuple(DriftKind)
_STYLE_FIRST = frozenset({"style.reference", "rendering.reference"})
"""Checks that say that the whole picture is made in another way."""
_LIKENESS = frozenset({"identity", "identity.alone", "identity.photo"})
"""Checks of whether the region that plays a character looks like it."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """A DRIFTED finding and the kind of drift that it shows."""

    kind: DriftKind
    finding: Finding

    @property
    def subject(self) -> str:
        """Character without the outfit, palette, or "frame" and the like."""
        subject = self.finding.result.subject
        return character_of(subject) if self.finding.result.check.startswith("identity") else subject


def kind_of(finding: Finding) -> DriftKind:
    """The kind of drift that a finding is about. Raises KeyError for a check that this table lacks."""
    check = finding.result.check
    return _KINDS.get(check) or _KINDS[check.split(".", 1)[0]]


def kinds_of(assessment: Assessment, placed: Collection[str] = ()) -> tuple[Drifted, ...]:
    """Every DRIFTED finding with its kind, worst first: by the order of the kinds, then by `excess`, then by
    check, subject and part. placed: the characters whose place in the frame is pinned. Another technique than
    that of the references comes first of all: in it, nobody looks like themselves and no color is right.

    One finding is read in the light of the others: a character that does not look like itself is MISSING
    where its main colors are nowhere, and stands elsewhere (COMPOSITION) where its place is pinned, its main
    colors are in the frame and nobody of the cast was taken for it. Raises KeyError as `kind_of`.
    """
    found = [f for f in assessment.findings if f.verdict is Verdict.DRIFTED]
    drifts = [Drifted(_kind_among(finding, assessment, placed), finding) for finding in found]
    another_style = any(finding.result.check in _STYLE_FIRST for finding in found)
    return tuple(
        sorted(drifts, key=lambda one: (not (another_style and one.kind is DriftKind.STYLE), _rank(one)))
    )


WHOLE = frozenset({"", "frame", "series", "style"})
"""Subjects of what is about the whole picture, or the series: naming them says nothing."""


def called(kind: DriftKind, subject: str, part: str = "") -> str:
    """As a person would say it: "palette of mara, coat"; "style"."""
    whose = "" if subject in WHOLE else f" of {subject}"
    return f"{kind.value}{whose}" + (f", {part}" if part else "")


def excess(finding: Finding) -> float:
    """How far a finding is beyond its tolerance: distance by the largest one that passes; 1 at the limit.
    Of a picture that is too near to another one: 1 at the limit, 2 for the very same. 0 for what was not
    measured, or without a tolerance."""
    result, tolerance = finding.result, finding.tolerance
    if tolerance is None or not isinstance(result, Measurement):
        return 0.0
    if tolerance.too_close is not None and result.distance < tolerance.too_close:
        return 2.0 - result.distance / tolerance.too_close if tolerance.too_close > 0 else 1.0
    if tolerance.reject_above <= 0:
        return 1.0 + result.distance
    return result.distance / tolerance.reject_above


def _rank(drift: Drifted) -> tuple[int, float, str, str, str]:
    result = drift.finding.result
    return (
        _ORDER.index(drift.kind),
        -excess(drift.finding),
        result.check,
        result.subject,
        result.part,
    )


def _kind_among(finding: Finding, assessment: Assessment, placed: Collection[str]) -> DriftKind:
    result = finding.result
    if result.check == "identity.place":
        elsewhere = _said(assessment, result.subject).get("identity.missing") is Verdict.CONSISTENT
        return DriftKind.COMPOSITION if elsewhere else DriftKind.MISSING
    if result.check not in _LIKENESS:
        return kind_of(finding)
    said = _said(assessment, result.subject)
    missing = said.get("identity.missing")
    if missing is Verdict.DRIFTED:
        return DriftKind.MISSING
    swapped = said.get("identity.swap") is Verdict.DRIFTED
    if missing is Verdict.CONSISTENT and result.subject in placed and not swapped:
        return DriftKind.COMPOSITION
    return DriftKind.IDENTITY


def _said(assessment: Assessment, subject: str) -> dict[str, Verdict]:
    """Check → verdict on a subject."""
    return {f.result.check: f.verdict for f in assessment.findings if f.result.subject == subject}
