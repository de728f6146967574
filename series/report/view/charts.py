"""Frames in, one chart for each check out: its words, and the numbers that the page's script draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from consistency import Finding, Measurement, Tolerance, Verdict
from series.audit import AuditedFrame
from series.report import words
from series.report.order import worst_first
from series.report.view.scale import axis_end
from series.report.words import printable

_Limits = tuple[float, float, float | None] | None
_Key = tuple[str, str, _Limits]
"""Check, encoder and limits: points of other limits in one band would look as if they were judged by it."""

CHART_LABELS = 5
"""Drifted points named under a chart. The rest are reached through the filters."""


@dataclass(frozen=True, slots=True)
class ChartView:
    """One check, measured by one encoder, along the series."""

    number: int
    check: str
    title: str
    label: str
    """The encoder where the check has several, and limits that are not the usual ones."""
    unit: str
    drifted: int
    unsure: int
    summary: str
    """The chart in words."""
    worst_title: str
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
    points: dict[_Key, dict[str, dict[int, Finding]]] = {}
    for number, frame in enumerate(frames):
        for finding in reversed(worst_first(frame.assessment.findings)):
            result = finding.result
            if isinstance(result, Measurement) and isfinite(result.distance):
                subjects = points.setdefault((result.check, result.encoder, _limits(finding)), {})
                subjects.setdefault(result.subject, {})[number] = finding
    encoders = Counter(check for check, _ in {key[:2] for key in points})
    usual = _usual(points)
    drawn = [
        _chart(key, dict(sorted(subjects.items())), frames, _label(key, encoders[key[0]] > 1, key in usual))
        for key, subjects in sorted(points.items(), key=lambda item: words.check_order(item[0][0]))
    ]
    drawn.sort(key=lambda chart: (-bool(chart.view.drifted), -bool(chart.view.unsure)))
    for number, chart in enumerate(drawn):
        chart.view = replace(chart.view, number=number)
    return drawn


def _limits(finding: Finding) -> _Limits:
    tolerance = finding.tolerance
    return (tolerance.accept_below, tolerance.reject_above, tolerance.too_close) if tolerance else None


def _usual(points: Mapping[_Key, Mapping[str, Mapping[int, Finding]]]) -> set[_Key]:
    """Of each check and encoder, the limits that most points have."""
    most: dict[tuple[str, str], tuple[int, _Key]] = {}
    for key, subjects in points.items():
        number = sum(map(len, subjects.values()))
        if number > most.get(key[:2], (0, key))[0]:
            most[key[:2]] = number, key
    return {key for _, key in most.values()}


def _label(key: _Key, several: bool, usual: bool) -> str:  # noqa: FBT001 - two plain facts
    parts = [key[1]] if several else []
    if not usual:
        parts.append("own tolerance")
    return printable(", ".join(parts))


def _chart(
    key: _Key, points: dict[str, dict[int, Finding]], frames: Sequence[AuditedFrame], label: str
) -> Chart:
    check = key[0]
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
        label=label,
        unit=printable(unit),
        drifted=verdicts[Verdict.DRIFTED],
        unsure=verdicts[Verdict.UNSURE],
        summary=_chart_summary(verdicts, one.tolerance, unit),
        worst_title="Closest" if all(map(words.is_copy, worst)) else "Farthest",
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
    who = " ".join(filter(None, (words.who(finding.result), finding.result.part)))
    distance = finding.result.distance if isinstance(finding.result, Measurement) else 0.0
    unit = finding.result.unit if isinstance(finding.result, Measurement) else ""
    return printable(f"{words.frame_name(frame)} {f'{who} ' if who else ''}{words.amount(distance, unit)}")


def chart_data(chart: Chart) -> dict[str, object]:
    """The band as too_close, accept_below, reject_above; end: of the axis; of each line s subject, x frames,
    y distances, v verdicts, p parts where there are any. Short keys, because 2,000 frames repeat them.
    """
    tolerance = chart.tolerance
    band = None
    if tolerance:
        ends = (tolerance.too_close, tolerance.accept_below, tolerance.reject_above)
        band = [_finite(end) for end in ends]
    lines = []
    for points in chart.points.values():
        placed = sorted(points.items())
        distances = [_finite(f.result.distance) for _, f in placed if isinstance(f.result, Measurement)]
        line: dict[str, object] = {
            "s": words.who(placed[0][1].result),
            "x": [number for number, _ in placed],
            "y": distances,
            "v": [finding.verdict.severity for _, finding in placed],
        }
        if any(finding.result.part for _, finding in placed):
            line["p"] = [printable(finding.result.part) for _, finding in placed]
        lines.append(line)
    end = axis_end(
        (
            f.result.distance
            for points in chart.points.values()
            for f in points.values()
            if isinstance(f.result, Measurement)
        ),
        tolerance,
        chart.view.unit,
    )
    return {
        "title": chart.view.title,
        "unit": chart.view.unit,
        "band": band,
        "end": _finite(end),
        "lines": lines,
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else float(f"{value:.4g}")
