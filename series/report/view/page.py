"""An Audit in, the whole page out as plain view models: no markup here, and no decisions in the template."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from consistency import Verdict, character_of
from series.audit import Audit, AuditedFrame, AuditReference
from series.report import took, words
from series.report.order import frames_worst_first
from series.report.sentences import Picked, picked
from series.report.view.attempts import (
    RunView,
    WayView,
    picture,
    place_pictures,
    run_view,
    way_numbers,
    way_views,
)
from series.report.view.charts import Chart, ChartView, chart_data, charts
from series.report.view.frames import FrameView, frame_view
from series.report.view.peers import PeerView, peer_views
from series.report.words import printable

MAX_EMBEDDED_THUMBNAILS = 2000
"""Frames shown with picture and details. At some 12 KB a picture that makes a file of about 40 MB, which a
phone still opens; the rest stay in the contact sheet by name. Drifted and unsure frames come first.
As many pictures again show attempts that are no frame: ladders take less than two pictures a frame."""

MAX_OPEN = 40
"""Drifted frames whose details stand open at first. More of them only make the page long."""


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
class ReferenceView:
    """A pinned reference; its picture is stored once and shown beside every frame that needs it."""

    number: int
    name: str
    subject: str
    """With its outfit: "mara (home)"."""
    digest: str
    thumbnail: str


@dataclass(frozen=True, slots=True)
class OptionView:
    """One line of the check filter."""

    value: str
    title: str


@dataclass(frozen=True, slots=True)
class OptionGroupView:
    """The lines of one kind of drift."""

    title: str
    options: tuple[OptionView, ...]


@dataclass(frozen=True, slots=True)
class KindView:
    """One kind of drift, and in how many frames it was found."""

    kind: str
    title: str
    frames: str
    address: str
    """Shows these frames."""


@dataclass(frozen=True, slots=True)
class PageView:
    """Everything on the page."""

    series: str
    kind: str
    verdict: str
    verdict_title: str
    headline: str
    total: str
    counts: tuple[CountView, ...]
    kinds: tuple[KindView, ...]
    """Kinds of drift that were found, most frames first."""
    manifest: str
    frames_folder: str
    notes: tuple[str, ...]
    limit_note: str
    frames: tuple[FrameView, ...]
    unreadable: tuple[FrameView, ...]
    panels_without_frame: tuple[str, ...]
    frames_without_panel: tuple[str, ...]
    references: tuple[ReferenceView, ...]
    peers: tuple[PeerView, ...]
    """What other projects would score the series."""
    charts: tuple[ChartView, ...]
    checks: tuple[OptionGroupView, ...]
    characters: tuple[str, ...]
    encoders: tuple[tuple[str, str, str], ...]
    """Role, encoder, and the licenses of its models where it uses any."""
    choices: tuple[Picked, ...]
    """Why each was picked; empty where a person named them."""
    version: str
    run: RunView | None
    """None for an audit of finished frames."""
    ways: tuple[WayView, ...]
    data: dict[str, object]
    """What the page's script filters and draws: short keys, because 2,000 frames repeat them."""


def page_view(audit: Audit, *, max_thumbnails: int = MAX_EMBEDDED_THUMBNAILS) -> PageView:
    """Everything on the page."""
    numbers = {id(frame): number for number, frame in enumerate(audit.frames)}
    first = frames_worst_first(audit.frames)
    detailed = {numbers[id(frame)] for frame in first[:max_thumbnails]}
    opened = {
        numbers[id(frame)]
        for frame in first[:MAX_OPEN]
        if frame.verdict is Verdict.DRIFTED or took.person_decides(frame)
    }
    panels = {
        frame.panel: number for number, frame in enumerate(audit.frames) if frame.panel and number in detailed
    }
    shown = [(numbers[id(frame)], frame) for frame in first[:max_thumbnails]]
    thumbnails = {frame.thumbnail: f"thumb-{number}" for number, frame in shown if frame.thumbnail}
    pictures = place_pictures(shown, thumbnails, max_thumbnails)
    frames = tuple(
        frame_view(
            number,
            frame,
            audit.references,
            panels,
            detailed=number in detailed,
            opened=number in opened,
            pictures=pictures.get(number, {}),
        )
        for number, frame in enumerate(audit.frames)
    )
    drawn = charts(audit.frames)
    characters = _characters(audit.frames)
    return PageView(
        series=printable(audit.series),
        kind=printable(audit.kind),
        verdict=audit.verdict.value,
        verdict_title=words.VERDICT_TITLES[audit.verdict],
        headline=words.headline(audit),
        total=words.plural(len(audit.frames), "frame"),
        counts=_counts(audit),
        kinds=_kinds(audit.frames),
        manifest=printable(audit.manifest),
        frames_folder=printable(audit.frames_folder),
        notes=tuple(map(printable, audit.notes)),
        limit_note=_limit_note(len(audit.frames), max_thumbnails),
        frames=frames,
        unreadable=tuple(view for view in frames if view.error and audit.frames[view.number].file),
        panels_without_frame=tuple(map(printable, audit.panels_without_frame)),
        frames_without_panel=tuple(map(printable, audit.frames_without_panel)),
        references=tuple(_reference(*numbered) for numbered in enumerate(audit.references)),
        peers=peer_views(audit.peers),
        charts=tuple(chart.view for chart in drawn),
        checks=_check_options(audit.frames),
        characters=tuple(map(printable, characters)),
        encoders=tuple(
            (printable(role), printable(audit.encoders[role]), printable(audit.licenses.get(role, "")))
            for role in sorted(audit.encoders)
        ),
        choices=picked(audit.choices),
        version=printable(audit.version),
        run=run_view(audit.run) if audit.run else None,
        ways=way_views(audit.frames),
        data=_data(audit.frames, drawn, characters),
    )


def _limit_note(total: int, limit: int) -> str:
    if total <= limit:
        return ""
    return (
        f"This report shows pictures and details of {limit:,} of {total:,} frames, "
        f"drifted and unsure ones first. "
        f"The other {total - limit:,} are listed by name; the JSON and CSV reports "
        "hold every number of theirs."
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


def _kinds(frames: Iterable[AuditedFrame]) -> tuple[KindView, ...]:
    counts = Counter(
        kind
        for frame in frames
        for kind in {
            words.kind(finding.result.check)
            for finding in frame.assessment.findings
            if finding.verdict is Verdict.DRIFTED
        }
    )
    return tuple(
        KindView(
            printable(kind),
            printable(words.kind_title(kind)),
            words.plural(number, "frame"),
            f"#{urlencode({'verdict': Verdict.DRIFTED.value, 'check': printable(kind)})}",
        )
        for kind, number in sorted(counts.items(), key=lambda item: (-item[1], words.check_order(item[0])))
    )


def _reference(number: int, reference: AuditReference) -> ReferenceView:
    return ReferenceView(
        number,
        printable(reference.name),
        words.look(f"{reference.subject}/{reference.wardrobe}" if reference.wardrobe else reference.subject),
        reference.digest,
        picture(reference.thumbnail),
    )


def _characters(frames: Iterable[AuditedFrame]) -> list[str]:
    return sorted({character for frame in frames for character in frame.characters})


def _noted(frame: AuditedFrame) -> Iterable[str]:
    return (
        character_of(finding.result.subject)
        for finding in frame.assessment.findings
        if finding.verdict is not Verdict.CONSISTENT
    )


def _check_options(frames: Iterable[AuditedFrame]) -> tuple[OptionGroupView, ...]:
    checks = sorted(
        {f.result.check for frame in frames for f in frame.assessment.findings}, key=words.check_order
    )
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
    frames: Sequence[AuditedFrame], drawn: Sequence[Chart], characters: Sequence[str]
) -> dict[str, object]:
    checks = sorted({f.result.check for frame in frames for f in frame.assessment.findings})
    check_number = {check: number for number, check in enumerate(checks)}
    character_number = {character: number for number, character in enumerate(characters)}
    return {
        "checks": [printable(check) for check in checks],
        "characters": [printable(character) for character in characters],
        "frames": [_frame_data(frame, check_number, character_number) for frame in frames],
        "charts": [chart_data(chart) for chart in drawn],
    }


def _frame_data(
    frame: AuditedFrame, check_number: dict[str, int], character_number: dict[str, int]
) -> dict[str, object]:
    """The keys: n name, v verdict, c characters, f [check, character or -1, verdict], each triple once; w how
    it came to be, where a run made it.
    They are short because 2,000 frames repeat them. Characters are those of the panel, and those that
    something is noted about: one that turned up where it was not planned.
    """
    triples = {
        (
            check_number[finding.result.check],
            character_number.get(character_of(finding.result.subject), -1),
            finding.verdict.severity,
        )
        for finding in frame.assessment.findings
    }
    way = {"w": way_numbers(frame)} if frame.attempts or frame.outcome else {}
    return {
        **way,
        "n": words.frame_name(frame),
        "v": frame.verdict.severity,
        "c": sorted(
            {
                character_number[character]
                for character in (*frame.characters, *_noted(frame))
                if character in character_number
            }
        ),
        "f": sorted(triples),
    }
