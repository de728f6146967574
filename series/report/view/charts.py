"""Frames in, one chart for each check out: its words, and the numbers that the page's script draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from consistency.judge import Finding, Verdict
from consistency.measurement import Measurement
from consistency.tolerance import Tolerance
from series.audit import AuditedFrame
from series.report import words
from series.report.order import worst_first
from series.report.words import printable

CHART_LABELS = 5
"""Drifted points named under a chart. The rest are reached through the filters."""


@dataclass(frozen=True, slots=True)
class ChartView:
    """One check, measured by one encoder, along the series."""

    number: int
    check: str
    title: str
    encoder: str
    """Empty where the check has one encoder only."""
    unit: str
    drifted: int
    unsure: int
    summary: str
    """The chart in words."""
    worst: tuple[tuple[int, str], ...]
    """Drifted frames, farthest first: number and words."""


@dataclass(slots=True)
class Chart:
    """The words of a chart with its points."""

    view: ChartView
    tolerance: Tolerance | None
    points: dict[str, dict[int, Finding]]
    """Subject → frame → the worst finding there."""


def charts(frames: Sequence[AuditedFrame]) -> list[Chart]:
    """One for each check and encoder; those with drift first, then the order of the checks."""
    points: dict[tuple[str, str], dict[str, dict[int, Finding]]] = {}
    for number, frame in enumerate(frames):
        for finding in reversed(worst_first(frame.assessment.findings)):
            result = finding.result
            if isinstance(result, Measurement) and isfinite(result.distance):
                subjects = points.setdefault((result.check, result.encoder), {})
                subjects.setdefault(result.subject, {})[number] = finding
    encoders = Counter(check for check, _ in points)
    drawn = [
        _chart(key, dict(sorted(subjects.items())), frames, several=encoders[key[0]] > 1)
        for key, subjects in sorted(points.items(), key=lambda item: words.check_order(item[0][0]))
    ]
    drawn.sort(key=lambda chart: (-bool(chart.view.drifted), -bool(chart.view.unsure)))
    for number, chart in enumerate(drawn):
        chart.view = replace(chart.view, number=number)
    return drawn


def _chart(
    key: tuple[str, str],
    points: dict[str, dict[int, Finding]],
    frames: Sequence[AuditedFrame],
    *,
    several: bool,
) -> Chart:
    check, encoder = key
    placed = [(number, finding) for numbered in points.values() for number, finding in numbered.items()]
    verdicts = Counter(finding.verdict for _, finding in placed)
    one = placed[0][1]
    unit = one.result.unit if isinstance(one.result, Measurement) else ""
    drifted = [(number, finding) for number, finding in placed if finding.verdict is Verdict.DRIFTED]
    place = {id(finding): number for number, finding in drifted}
    worst = worst_first(finding for _, finding in drifted)[:CHART_LABELS]
    view = ChartView(
        number=0,
        check=printable(check),
        title=printable(words.check_title(check)),
        encoder=printable(encoder) if several else "",
        unit=printable(unit),
        drifted=verdicts[Verdict.DRIFTED],
        unsure=verdicts[Verdict.UNSURE],
        summary=_chart_summary(verdicts, one.tolerance, unit),
        worst=tuple((place[id(f)], _point(frames[place[id(f)]], f)) for f in worst),
    )
    return Chart(view, one.tolerance, points)


def _chart_summary(verdicts: Counter[Verdict], tolerance: Tolerance | None, unit: str) -> str:
    said = ", ".join(
        f"{verdicts[verdict]:,} {words.VERDICT_TITLES[verdict].lower()}"
        for verdict in reversed(Verdict)
        if verdicts[verdict]
    )
    band = f"; {words.limits(tolerance, unit)}" if tolerance else ""
    return printable(f"{words.plural(verdicts.total(), 'measurement')}: {said}{band}")


def _point(frame: AuditedFrame, finding: Finding) -> str:
    subject = finding.result.subject
    who = "" if subject in {"", words.SERIES} else f" {subject}"
    distance = finding.result.distance if isinstance(finding.result, Measurement) else 0.0
    unit = finding.result.unit if isinstance(finding.result, Measurement) else ""
    return printable(f"{words.frame_name(frame)}{who} {words.amount(distance, unit)}")


def chart_data(chart: Chart) -> dict[str, object]:
    """The band as too_close, accept_below, reject_above; of each line s subject, x frames, y distances, v
    verdicts. Short keys, because 2,000 frames repeat them.
    """
    tolerance = chart.tolerance
    band = None
    if tolerance:
        ends = (tolerance.too_close, tolerance.accept_below, tolerance.reject_above)
        band = [_finite(end) for end in ends]
    lines = []
    for subject, points in chart.points.items():
        placed = sorted(points.items())
        distances = [_finite(f.result.distance) for _, f in placed if isinstance(f.result, Measurement)]
        lines.append(
            {
                "s": printable(subject),
                "x": [number for number, _ in placed],
                "y": distances,
                "v": [finding.verdict.severity for _, finding in placed],
            }
        )
    return {"title": chart.view.title, "unit": chart.view.unit, "band": band, "lines": lines}


def _finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else float(f"{value:.4g}")
