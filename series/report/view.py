"""An Audit in, plain view models out: everything that the HTML report shows, as finished words and fractions.

No markup here, and no decisions in the template.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite

from consistency.judge import Finding, Verdict
from consistency.measurement import Box, Measurement, SwatchMatch
from consistency.tolerance import Tolerance
from series.audit import Audit, AuditedFrame, AuditReference
from series.report import words
from series.report.order import frames_worst_first, worst_first
from series.report.words import printable

MAX_EMBEDDED_THUMBNAILS = 2000
"""Frames shown with picture and details. At some 12 KB a picture that makes a file of about 40 MB, which a
phone still opens; the rest stay in the contact sheet by name. Drifted and unsure frames come first."""

MAX_OPEN = 40
"""Drifted frames whose details stand open at first. More of them only make the page long."""

STAGE_PIXELS = 440
"""Longest side of a frame in its details: thumbnails hold 320 px, and more enlargement shows only blur."""

BAR_HEADROOM = 1.5
"""How far a band bar reaches beyond reject_above, so that the rejected zone is seen."""

CHART_LABELS = 5
"""Drifted points named under a chart. The rest are reached through the filters."""

STYLE = "style"
"""Subject of the references that show the style and no character."""

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class CountView:
    """One verdict with its number of frames and its share of the bar in the header."""

    verdict: str
    title: str
    number: int
    left: float
    """Percent."""
    width: float
    """Percent."""


@dataclass(frozen=True, slots=True)
class BarView:
    """The tolerance band and the marker on it, in percent of the bar's width."""

    copy: float
    """End of the too-close zone; 0 without one."""
    accept: float
    reject: float
    marker: float


@dataclass(frozen=True, slots=True)
class SwatchView:
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
    name: str
    value: str
    best: bool
    """The smallest of the row."""


@dataclass(frozen=True, slots=True)
class BoxView:
    """Percent of the frame."""

    left: float
    top: float
    width: float
    height: float
    label: str
    verdict: str
    label_x: float
    label_y: float
    anchor: str
    """start or end: labels of boxes at the right edge run to the left."""
    below: bool
    """Whether the label stands inside the box, for want of room above it."""


@dataclass(frozen=True, slots=True)
class FindingView:
    title: str
    subject: str
    """Empty for the series itself."""
    verdict: str
    measured: bool
    reason: str
    quantity: str
    limits: str
    bar: BarView | None
    swatches: tuple[SwatchView, ...]
    scores: tuple[ScoreView, ...]
    nearest: str
    nearest_reference: int | None
    boxes: str
    """Positions in the frame's boxes, separated by spaces."""
    check: str
    encoder: str
    source: str


@dataclass(frozen=True, slots=True)
class FrameView:
    number: int
    """Position in the series from 0; names the anchor "frame-0"."""
    name: str
    file: str
    verdict: str
    title: str
    """The verdict as a word."""
    lead: str
    """The worst finding in words."""
    error: str
    size: str
    characters: str
    notes: tuple[str, ...]
    thumbnail: str
    """data: address; empty when unreadable or over the limit."""
    detailed: bool
    """False over the limit."""
    stage_width: int
    stage_height: int
    opened: bool
    noted: tuple[FindingView, ...]
    """Drifted and unsure findings, worst first."""
    consistent: tuple[FindingView, ...]
    boxes: tuple[BoxView, ...]
    references: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReferenceView:
    number: int
    name: str
    subject: str
    digest: str
    thumbnail: str


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


@dataclass(frozen=True, slots=True)
class OptionView:
    value: str
    title: str


@dataclass(frozen=True, slots=True)
class OptionGroupView:
    title: str
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True)
class PageView:
    series: str
    kind: str
    verdict: str
    verdict_title: str
    headline: str
    total: str
    counts: tuple[CountView, ...]
    notes: tuple[str, ...]
    limit_note: str
    frames: tuple[FrameView, ...]
    unreadable: tuple[FrameView, ...]
    panels_without_frame: tuple[str, ...]
    frames_without_panel: tuple[str, ...]
    references: tuple[ReferenceView, ...]
    charts: tuple[ChartView, ...]
    checks: tuple[OptionGroupView, ...]
    characters: tuple[str, ...]
    encoders: tuple[tuple[str, str], ...]
    version: str
    data: dict[str, object] = field(default_factory=dict)
    """What the page's script filters and draws: short keys, because 2,000 frames repeat them."""


def page_view(audit: Audit, *, max_thumbnails: int = MAX_EMBEDDED_THUMBNAILS) -> PageView:
    """Everything on the page."""
    numbers = {id(frame): number for number, frame in enumerate(audit.frames)}
    first = frames_worst_first(audit.frames)
    detailed = {numbers[id(frame)] for frame in first[:max_thumbnails]}
    opened = {numbers[id(frame)] for frame in first[:MAX_OPEN] if frame.verdict is Verdict.DRIFTED}
    frames = tuple(
        _frame(number, frame, audit.references, detailed=number in detailed, opened=number in opened)
        for number, frame in enumerate(audit.frames)
    )
    charts = _charts(audit.frames)
    characters = _characters(audit.frames)
    return PageView(
        series=printable(audit.series),
        kind=printable(audit.kind),
        verdict=audit.verdict.value,
        verdict_title=words.VERDICT_TITLES[audit.verdict],
        headline=words.headline(audit),
        total=words.plural(len(audit.frames), "frame"),
        counts=_counts(audit),
        notes=tuple(map(printable, audit.notes)),
        limit_note=_limit_note(len(audit.frames), max_thumbnails),
        frames=frames,
        unreadable=tuple(frame for frame in frames if frame.error),
        panels_without_frame=tuple(map(printable, audit.panels_without_frame)),
        frames_without_panel=tuple(map(printable, audit.frames_without_panel)),
        references=tuple(_reference(*numbered) for numbered in enumerate(audit.references)),
        charts=tuple(chart.view for chart in charts),
        checks=_check_options(audit.frames),
        characters=tuple(map(printable, characters)),
        encoders=tuple((printable(role), printable(audit.encoders[role])) for role in sorted(audit.encoders)),
        version=printable(audit.version),
        data=_data(audit.frames, charts, characters),
    )


def _limit_note(total: int, limit: int) -> str:
    if total <= limit:
        return ""
    return (
        f"This report shows pictures and details of {limit:,} of {total:,} frames, drifted and unsure ones first. "
        f"The other {total - limit:,} are listed by name; the JSON and CSV reports hold every number of theirs."
    )


def _counts(audit: Audit) -> tuple[CountView, ...]:
    views: list[CountView] = []
    left = 0.0
    for verdict in reversed(Verdict):
        number = audit.count(verdict)
        width = 100 * number / max(1, len(audit.frames))
        views.append(
            CountView(verdict.value, words.VERDICT_TITLES[verdict], number, round(left, 3), round(width, 3))
        )
        left += width
    return tuple(views)


# Frames


def _frame(
    number: int, frame: AuditedFrame, references: Sequence[AuditReference], *, detailed: bool, opened: bool
) -> FrameView:
    findings = worst_first(frame.assessment.findings)
    boxes = _Boxes()
    views = [_finding(finding, boxes, references) for finding in findings] if detailed else []
    name = words.frame_name(frame)
    file = printable(frame.file)
    scale = STAGE_PIXELS / max(frame.width, frame.height, 1)
    return FrameView(
        number=number,
        name=name,
        file="" if file == name else file,
        verdict=frame.verdict.value,
        title=words.VERDICT_TITLES[frame.verdict],
        lead=_lead(frame, findings),
        error=printable(frame.error),
        size=f"{frame.width} × {frame.height} px" if frame.width else "",
        characters=", ".join(map(printable, frame.characters)),
        notes=tuple(map(printable, frame.notes)),
        thumbnail=_picture(frame.thumbnail) if detailed else "",
        detailed=detailed,
        stage_width=max(1, round(frame.width * scale)),
        stage_height=max(1, round(frame.height * scale)),
        opened=opened,
        noted=tuple(view for view in views if view.verdict != Verdict.CONSISTENT.value),
        consistent=tuple(view for view in views if view.verdict == Verdict.CONSISTENT.value),
        boxes=boxes.views(),
        references=tuple(
            position
            for position, reference in enumerate(references)
            if detailed and (reference.subject in frame.characters or reference.subject == STYLE)
        ),
    )


def _lead(frame: AuditedFrame, findings: Sequence[Finding]) -> str:
    if frame.error:
        return printable(f"could not be read: {frame.error}")
    if not findings:
        return "nothing was measured"
    if frame.verdict is Verdict.CONSISTENT:
        return f"{words.plural(len(findings), 'check')} passed"
    return words.reason(findings[0])


def _picture(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}" if jpeg else ""


def _reference(number: int, reference: AuditReference) -> ReferenceView:
    return ReferenceView(
        number,
        printable(reference.name),
        printable(reference.subject),
        reference.digest,
        _picture(reference.thumbnail),
    )


class _Boxes:
    """The boxes of one frame, each once: identity and color name the same box of the same character.
    A box takes the worst verdict of its findings, which come worst first.
    """

    def __init__(self) -> None:
        self._boxes: dict[tuple[Box, str], str] = {}

    def number(self, box: Box, label: str, verdict: str) -> int:
        self._boxes.setdefault((box, label), verdict)
        return list(self._boxes).index((box, label))

    def views(self) -> tuple[BoxView, ...]:
        return tuple(_box(box, label, verdict) for (box, label), verdict in self._boxes.items())


def _box(box: Box, label: str, verdict: str) -> BoxView:
    right = box.left > 0.6
    below = box.top < 0.08
    return BoxView(
        left=_percent(box.left),
        top=_percent(box.top),
        width=_percent(box.right - box.left),
        height=_percent(box.bottom - box.top),
        label=printable(label),
        verdict=verdict,
        label_x=_percent(box.right if right else box.left),
        label_y=_percent(box.top),
        anchor="end" if right else "start",
        below=below,
    )


def _percent(fraction: float) -> float:
    return round(100 * float(fraction), 2)


# Findings


def _finding(finding: Finding, boxes: _Boxes, references: Sequence[AuditReference]) -> FindingView:
    result, tolerance = finding.result, finding.tolerance
    evidence = result.evidence
    measured = isinstance(result, Measurement)
    numbers = [boxes.number(labeled.box, labeled.label, finding.verdict.value) for labeled in evidence.boxes]
    names = [reference.name for reference in references]
    return FindingView(
        title=printable(words.check_title(result.check)),
        subject="" if result.subject == words.SERIES else printable(result.subject),
        verdict=finding.verdict.value,
        measured=measured,
        reason=words.reason(finding) if measured else printable(getattr(result, "reason", "")),
        quantity=words.quantity(result.distance, result.unit) if isinstance(result, Measurement) else "",
        limits=words.limits(tolerance, result.unit) if isinstance(result, Measurement) and tolerance else "",
        bar=_bar(result.distance, tolerance) if isinstance(result, Measurement) and tolerance else None,
        swatches=tuple(map(_swatch, evidence.swatches)),
        scores=_scores(evidence.scores.items(), result.unit if isinstance(result, Measurement) else ""),
        nearest=printable(evidence.nearest),
        nearest_reference=names.index(evidence.nearest) if evidence.nearest in names else None,
        boxes=" ".join(map(str, dict.fromkeys(numbers))),
        check=printable(result.check),
        encoder=printable(result.encoder),
        source=printable(tolerance.source) if tolerance else "",
    )


def _bar(distance: float, tolerance: Tolerance) -> BarView | None:
    end = max(distance * 1.08, tolerance.reject_above * BAR_HEADROOM, tolerance.accept_below * BAR_HEADROOM)
    if not isfinite(distance) or end <= 0:
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
        share=words.amount(swatch.share, "share") if isfinite(swatch.share) else "",
    )


def _color(text: str) -> str:
    return text.lower() if _COLOR.fullmatch(text) else ""


def _scores(scores: Iterable[tuple[str, float]], unit: str) -> tuple[ScoreView, ...]:
    pairs = list(scores)
    least = min((value for _, value in pairs if isfinite(value)), default=None)
    return tuple(
        ScoreView(printable(name), words.amount(value, unit), value == least) for name, value in pairs
    )


# Charts


@dataclass(slots=True)
class _Chart:
    view: ChartView
    tolerance: Tolerance | None
    points: dict[str, dict[int, Finding]]
    """Subject → frame → the worst finding there."""


def _charts(frames: Sequence[AuditedFrame]) -> list[_Chart]:
    """One for each check and encoder; those with drift first, then the order of the checks."""
    points: dict[tuple[str, str], dict[str, dict[int, Finding]]] = {}
    for number, frame in enumerate(frames):
        for finding in reversed(worst_first(frame.assessment.findings)):
            result = finding.result
            if isinstance(result, Measurement) and isfinite(result.distance):
                subjects = points.setdefault((result.check, result.encoder), {})
                subjects.setdefault(result.subject, {})[number] = finding
    encoders = Counter(check for check, _ in points)
    charts = [
        _chart(key, dict(sorted(subjects.items())), frames, several=encoders[key[0]] > 1)
        for key, subjects in sorted(points.items(), key=lambda item: _check_order(item[0][0]))
    ]
    charts.sort(key=lambda chart: (-bool(chart.view.drifted), -bool(chart.view.unsure)))
    for number, chart in enumerate(charts):
        chart.view = replace(chart.view, number=number)
    return charts


def _check_order(check: str) -> tuple[int, str]:
    known = list(words.CHECK_TITLES)
    return (known.index(check) if check in known else len(known), check)


def _chart(
    key: tuple[str, str],
    points: dict[str, dict[int, Finding]],
    frames: Sequence[AuditedFrame],
    *,
    several: bool,
) -> _Chart:
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
    return _Chart(view, one.tolerance, points)


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


# Filters and the script's data


def _characters(frames: Iterable[AuditedFrame]) -> list[str]:
    return sorted({character for frame in frames for character in frame.characters})


def _check_options(frames: Iterable[AuditedFrame]) -> tuple[OptionGroupView, ...]:
    checks = sorted({f.result.check for frame in frames for f in frame.assessment.findings}, key=_check_order)
    groups: list[OptionGroupView] = []
    for kind in dict.fromkeys(words.kind(check) for check in checks):
        options = [OptionView(printable(kind), f"Any {words.kind_title(kind).lower()} check")]
        options += [
            OptionView(printable(check), printable(words.check_title(check)))
            for check in checks
            if words.kind(check) == kind and check != kind
        ]
        if kind in checks and len(options) > 1:
            options.insert(1, OptionView(f"{kind}.", printable(words.check_title(kind))))
        groups.append(OptionGroupView(printable(words.kind_title(kind)), tuple(options)))
    return tuple(groups)


def _data(
    frames: Sequence[AuditedFrame], charts: Sequence[_Chart], characters: Sequence[str]
) -> dict[str, object]:
    checks = sorted({f.result.check for frame in frames for f in frame.assessment.findings})
    check_number = {check: number for number, check in enumerate(checks)}
    character_number = {character: number for number, character in enumerate(characters)}
    return {
        "checks": [printable(check) for check in checks],
        "characters": [printable(character) for character in characters],
        "frames": [_frame_data(frame, check_number, character_number) for frame in frames],
        "charts": [_chart_data(chart) for chart in charts],
    }


def _frame_data(
    frame: AuditedFrame, check_number: dict[str, int], character_number: dict[str, int]
) -> dict[str, object]:
    """n name, v verdict, c characters, f [check, character or -1, verdict] with each triple once."""
    triples = {
        (
            check_number[finding.result.check],
            character_number.get(finding.result.subject, -1),
            finding.verdict.severity,
        )
        for finding in frame.assessment.findings
    }
    return {
        "n": words.frame_name(frame),
        "v": frame.verdict.severity,
        "c": [character_number[character] for character in frame.characters],
        "f": sorted(triples),
    }


def _chart_data(chart: _Chart) -> dict[str, object]:
    """band [too_close, accept_below, reject_above], lines [subject, frames, distances, verdicts]."""
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
