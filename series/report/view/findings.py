"""A Finding in, what the report shows of it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from consistency import Finding, Measurement, SwatchMatch, Tolerance, Unmeasured
from series.report import words
from series.report.sentences import sentence
from series.report.view.scale import axis_end
from series.report.words import printable

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
    """Empty for the frame as a whole."""
    verdict: str
    measured: bool
    reason: str
    """The finding as a sentence."""
    detail: str
    """What the check itself said, where that is something else."""
    number: NumberView | None
    """None where there is none."""
    swatches: tuple[SwatchView, ...]
    scores: tuple[ScoreView, ...]
    nearest: str
    nearest_address: str
    """Where on the page the nearest picture is; empty when it is not there."""
    boxes: str
    """Positions in the frame's boxes, separated by spaces."""
    check: str
    encoder: str
    source: str


@dataclass(frozen=True, slots=True)
class TopicView:
    """Findings that tell of one thing: the worst in full, the others a line each."""

    worst: FindingView
    more: tuple[FindingView, ...]
    helps: str
    """What would help where it is unsure; empty otherwise."""


@dataclass(frozen=True, slots=True)
class PassedView:
    """One line among the consistent ones: the farthest of its kind."""

    finding: FindingView
    others: str
    """How many it stands for: "farthest of 6: coat"."""


def finding_view(finding: Finding, boxes: Iterable[int], addresses: Mapping[str, str]) -> FindingView:
    """boxes: positions among the boxes of the frame. addresses: name of a picture → its anchor."""
    result, tolerance = finding.result, finding.tolerance
    evidence = result.evidence
    measured = isinstance(result, Measurement)
    number = _number(result, tolerance) if isinstance(result, Measurement) else None
    unit = result.unit if isinstance(result, Measurement) else ""
    detail = printable(evidence.reason)
    # The tag beside it says that it could not be measured.
    said = printable(result.reason) if isinstance(result, Unmeasured) else sentence(finding)
    return FindingView(
        title=printable(words.check_title(result.check)),
        subject=words.who(result),
        verdict=finding.verdict.value,
        measured=measured,
        reason=said,
        detail="" if detail in said else detail,
        number=number,
        swatches=tuple(map(_swatch, evidence.swatches)),
        scores=_scores(evidence.scores.items(), unit),
        nearest=words.look(evidence.nearest),
        nearest_address=addresses.get(evidence.nearest, ""),
        boxes=" ".join(map(str, dict.fromkeys(boxes))),
        check=printable(result.check),
        encoder=printable(result.encoder),
        source=printable(tolerance.source) if tolerance else "",
    )


def topic_view(findings: Sequence[FindingView], helps: str) -> TopicView:
    """findings: of one topic, worst first. helps: what would help with it."""
    return TopicView(findings[0], tuple(findings[1:]), helps)


def passed_views(findings: Sequence[Finding], views: Sequence[FindingView]) -> tuple[PassedView, ...]:
    """The views of these consistent findings, a check and subject a line: a palette of twenty colors that
    are as pinned says one thing, not twenty.
    """
    rows: dict[tuple[str, str], list[int]] = {}
    for number, finding in enumerate(findings):
        rows.setdefault((finding.result.check, finding.result.subject), []).append(number)
    return tuple(
        PassedView(views[numbers[0]], _and_others(findings[numbers[0]], len(numbers)))
        for numbers in sorted(
            rows.values(), key=lambda numbers: words.check_order(findings[numbers[0]].result.check)
        )
    )


def _and_others(farthest: Finding, number: int) -> str:
    part = printable(farthest.result.part)
    return f"farthest of {number}: {part}" if number > 1 and part else part


def _number(measurement: Measurement, tolerance: Tolerance | None) -> NumberView | None:
    if not isfinite(measurement.distance):
        return None
    return NumberView(
        quantity=words.quantity(measurement.distance, printable(measurement.unit)),
        limits=words.limits(tolerance, measurement.unit) if tolerance else "",
        bar=_bar(measurement.distance, tolerance, measurement.unit) if tolerance else None,
    )


def _bar(distance: float, tolerance: Tolerance, unit: str) -> BarView:
    end = axis_end([distance], tolerance, unit)
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
