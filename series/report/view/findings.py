"""A Finding in, what the report shows of it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

from consistency.judge import Finding
from consistency.measurement import Measurement, SwatchMatch, Unmeasured
from consistency.tolerance import Tolerance
from series.report import words
from series.report.words import printable

BAR_HEADROOM = 1.5
"""How far a band bar reaches beyond reject_above, so that the rejected zone is seen."""

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class BarView:
    """The tolerance band and the marker on it, in percent of the bar's width."""

    copy: float
    """End of the too-close zone; 0 without one."""
    accept: float
    reject: float
    marker: float


@dataclass(frozen=True, slots=True)
class NumberView:
    """A distance beside its limits."""

    quantity: str
    """ "ΔE00 11.2"."""
    limits: str
    """ "accepted up to 3, rejected above 6"; empty without a tolerance."""
    bar: BarView | None


@dataclass(frozen=True, slots=True)
class SwatchView:
    """A pinned color beside the one that was found."""

    role: str
    """Name of the pinned swatch."""
    pinned: str
    """#rrggbb; empty when the text was no color."""
    found: str
    """#rrggbb; empty when not found."""
    difference: str
    """ "ΔE00 11.2"; empty when not found."""
    share: str


@dataclass(frozen=True, slots=True)
class ScoreView:
    """One of the numbers behind a distance."""

    name: str
    value: str
    best: bool
    """The smallest of the row, where the numbers are distances."""


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding, in words and fractions."""

    title: str
    subject: str
    """Empty for the series itself."""
    verdict: str
    measured: bool
    reason: str
    """Empty where the number says it all."""
    number: NumberView | None
    """None where there is none."""
    swatches: tuple[SwatchView, ...]
    scores: tuple[ScoreView, ...]
    nearest: str
    nearest_reference: int | None
    boxes: str
    """Positions in the frame's boxes, separated by spaces."""
    check: str
    encoder: str
    source: str


def finding_view(finding: Finding, boxes: Iterable[int], references: Mapping[str, int]) -> FindingView:
    """boxes: positions among the boxes of the frame. references: name → position."""
    result, tolerance = finding.result, finding.tolerance
    evidence = result.evidence
    measured = isinstance(result, Measurement)
    number = _number(result, tolerance) if isinstance(result, Measurement) else None
    unit = result.unit if isinstance(result, Measurement) else ""
    return FindingView(
        title=printable(words.check_title(result.check)),
        subject="" if result.subject == words.SERIES else printable(result.subject),
        verdict=finding.verdict.value,
        measured=measured,
        reason=_reason(finding),
        number=number,
        swatches=tuple(map(_swatch, evidence.swatches)),
        scores=_scores(evidence.scores.items(), unit),
        nearest=printable(evidence.nearest),
        nearest_reference=references.get(evidence.nearest),
        boxes=" ".join(map(str, dict.fromkeys(boxes))),
        check=printable(result.check),
        encoder=printable(result.encoder),
        source=printable(tolerance.source) if tolerance else "",
    )


def _reason(finding: Finding) -> str:
    """Empty where the words would only repeat the number and its limits, which stand below them."""
    result = finding.result
    if isinstance(result, Unmeasured):
        return printable(result.reason)
    plain = isfinite(result.distance) and not words.is_copy(finding)
    return "" if plain and not result.evidence.reason else words.reason(finding)


def _number(measurement: Measurement, tolerance: Tolerance | None) -> NumberView | None:
    if not isfinite(measurement.distance):
        return None
    return NumberView(
        quantity=words.quantity(measurement.distance, printable(measurement.unit)),
        limits=words.limits(tolerance, measurement.unit) if tolerance else "",
        bar=_bar(measurement.distance, tolerance) if tolerance else None,
    )


def _bar(distance: float, tolerance: Tolerance) -> BarView | None:
    end = max(distance * 1.08, tolerance.reject_above * BAR_HEADROOM, tolerance.accept_below * BAR_HEADROOM)
    if end <= 0:
        return None
    return BarView(
        copy=_within(tolerance.too_close or 0, end),
        accept=_within(tolerance.accept_below, end),
        reject=_within(tolerance.reject_above, end),
        marker=_within(distance, end),
    )


def _within(value: float, end: float) -> float:
    return round(100 * min(max(float(value) / end, 0.0), 1.0), 2)


def _swatch(swatch: SwatchMatch) -> SwatchView:
    return SwatchView(
        role=printable(swatch.role),
        pinned=_color(swatch.pinned),
        found=_color(swatch.found),
        difference=words.quantity(swatch.delta_e, "ΔE00")
        if swatch.found and isfinite(swatch.delta_e)
        else "",
        share=words.amount(swatch.share, "share") if swatch.found and isfinite(swatch.share) else "",
    )


def _color(text: str) -> str:
    return text.lower() if _COLOR.fullmatch(text) else ""


def _scores(scores: Iterable[tuple[str, float]], unit: str) -> tuple[ScoreView, ...]:
    pairs = list(scores)
    alike = "distance" in unit
    least = min((value for _, value in pairs if isfinite(value)), default=None)
    return tuple(
        ScoreView(printable(name), words.amount(value, unit), alike and value == least)
        for name, value in pairs
    )
