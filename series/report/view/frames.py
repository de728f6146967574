"""An AuditedFrame in, what the report shows of it out: its tile, its boxes, its findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from consistency import Box, Finding, Verdict, character_of
from series.audit import AuditedFrame, AuditReference
from series.report import took, words
from series.report.order import topics, worst_first
from series.report.sentences import advice, lead
from series.report.view.attempts import AttemptView, PictureView, attempt_views, picture
from series.report.view.findings import (
    FindingView,
    PassedView,
    TopicView,
    finding_view,
    passed_views,
    topic_view,
)
from series.report.view.heat import HeatView, heat_views
from series.report.view.receipts import ReceiptsView, receipts_view
from series.report.words import printable

STAGE_PIXELS = 440
"""Longest side of a frame in its details: thumbnails hold 256 px, and more enlargement shows only blur."""

REFERENCES_NOTED = 4
"""Of a character that something is noted about: enough to see it from its sides. All references stand at
the end of the page."""
REFERENCES_OTHERS = 1
"""Of every other character of the frame."""
BADGES = 3
"""Kinds of drift named on a tile; more would not fit on a phone."""

STYLE = "style"
"""Subject of the references that show the style and no character."""

_SHOWS_THE_CAST = frozenset({"identity", "identity.alone", "identity.photo"})
"""Checks whose boxes are drawn even when all is well: they show who was found where."""


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
class FrameView:
    """One frame, in the contact sheet and in its details."""

    number: int
    """Position in the series from 0; names the anchor "frame-0"."""
    name: str
    file: str
    verdict: str
    title: str
    """The verdict as a word."""
    badges: tuple[str, ...]
    """The kinds of drift that its verdict comes from, worst first."""
    lead: str
    """The worst finding in words."""
    lead_swatch: tuple[str, str] | None
    """Pinned and found color, where the worst finding is about one."""
    error: str
    size: str
    characters: str
    """With their planned outfits: "mara: home, tib"."""
    shot: str
    scene: str
    notes: tuple[str, ...]
    thumbnail: str
    """data: address; empty when unreadable or over the limit."""
    detailed: bool
    """False over the limit."""
    stage_width: int
    stage_height: int
    opened: bool
    noted: tuple[TopicView, ...]
    """Drifted and unsure findings, worst first."""
    consistent: tuple[PassedView, ...]
    passed: str
    """How many measurements were within their limits."""
    boxes: tuple[BoxView, ...]
    heats: tuple[HeatView, ...]
    """Where its characters were sought."""
    references: tuple[int, ...]
    """Positions among the references of the page."""
    twins: tuple[tuple[int, str], ...]
    """Other frames to compare with: number and name."""
    attempts: tuple[AttemptView, ...]
    """How a run came to this frame; empty where the first try was it, or where no run made it."""
    receipts: ReceiptsView | None
    """How each try was asked for; None where no run asked."""
    story: str
    """Why it is as it is, and what it took, in words."""
    brief: str
    """ "3 tries, $0.08"."""
    person_decides: bool
    told: bool
    """Whether it has a part of its own on the page: details, or attempts without pictures."""


def frame_view(
    number: int,
    frame: AuditedFrame,
    references: Sequence[AuditReference],
    frames: Mapping[str, int],
    *,
    detailed: bool,
    opened: bool,
    pictures: Mapping[int, PictureView],
) -> FrameView:
    """frames: name → number of those with details. detailed: with its picture and findings. opened: with its
    details open at first. pictures: of its attempts.
    """
    findings = worst_first(frame.assessment.findings)
    shown = findings if detailed else []
    noted = [finding for finding in shown if finding.verdict is not Verdict.CONSISTENT]
    passed = [finding for finding in shown if finding.verdict is Verdict.CONSISTENT]
    boxes = _Boxes()
    addresses = {name: f"frame-{position}" for name, position in frames.items()}
    addresses |= {reference.name: f"reference-{position}" for position, reference in enumerate(references)}

    def views(of: Sequence[Finding]) -> list[FindingView]:
        return [finding_view(finding, boxes.numbers(finding), addresses) for finding in of]

    told = [topic_view(views(topic), advice(topic[0], frame)) for topic in topics(noted)]
    # Beside a picture only: an unreadable file leaves nothing to compare.
    beside = frame.thumbnail and detailed
    name = words.frame_name(frame)
    file = printable(frame.file)
    scale = STAGE_PIXELS / max(frame.width, frame.height, 1)
    return FrameView(
        number=number,
        name=name,
        file="" if name in {file, PurePath(file).stem} else file,
        verdict=frame.verdict.value,
        title=words.VERDICT_TITLES[frame.verdict],
        badges=_badges(frame, findings),
        lead=_lead(frame, findings),
        lead_swatch=_lead_swatch(findings),
        error=printable(frame.error),
        size=f"{frame.width} × {frame.height} px" if frame.width else "",
        characters=words.planned(frame),
        shot=printable(frame.shot.replace("_", " ")),
        scene=printable(frame.scene),
        notes=tuple(map(printable, frame.notes)),
        thumbnail=picture(frame.thumbnail) if detailed else "",
        detailed=detailed,
        stage_width=max(1, round(frame.width * scale)),
        stage_height=max(1, round(frame.height * scale)),
        opened=opened,
        noted=tuple(told),
        consistent=passed_views(passed, views(passed)),
        passed=f"{words.plural(len(passed), 'measurement')} within limits",
        boxes=boxes.views(),
        heats=heat_views(shown) if beside else (),
        references=_pinned(frame, noted, references) if beside else (),
        twins=_twins(noted, frames) if beside else (),
        # A single try that is the frame is shown by the frame itself.
        attempts=attempt_views(frame, pictures) if took.took_more(frame) or not took.kept(frame) else (),
        receipts=receipts_view(frame),
        story=took.story(frame),
        brief=took.brief(frame),
        person_decides=took.person_decides(frame),
        told=detailed or took.took_more(frame),
    )


def _pinned(
    frame: AuditedFrame, noted: Sequence[Finding], references: Sequence[AuditReference]
) -> tuple[int, ...]:
    """The references to show beside a frame: what it copies, its characters in their planned outfits, those
    that something is noted about first; the style only where the style or the rendering is noted.
    """
    nearest = {finding.result.evidence.nearest for finding in noted}
    subjects = dict.fromkeys(character_of(finding.result.subject) for finding in noted)
    hand = any(words.kind(finding.result.check) in {"style", "rendering"} for finding in noted)
    shown = [
        position
        for position, reference in enumerate(references)
        if reference.name in nearest and reference.subject != STYLE
    ]
    for subject in dict.fromkeys((*subjects, *frame.characters)):
        if subject == STYLE:
            continue
        own = [p for p, reference in enumerate(references) if reference.subject == subject]
        outfit = frame.wardrobe.get(subject, "")
        planned = [position for position in own if references[position].wardrobe == outfit] or own
        shown += planned[: REFERENCES_NOTED if subject in subjects else REFERENCES_OTHERS]
    if hand:
        style = [p for p, reference in enumerate(references) if reference.subject == STYLE]
        shown += sorted(style, key=lambda p: references[p].name not in nearest)[:REFERENCES_NOTED]
    return tuple(dict.fromkeys(shown))


def _twins(noted: Iterable[Finding], frames: Mapping[str, int]) -> tuple[tuple[int, str], ...]:
    names = dict.fromkeys(finding.result.evidence.nearest for finding in noted)
    return tuple((frames[name], printable(name)) for name in names if name in frames)


def _badges(frame: AuditedFrame, findings: Sequence[Finding]) -> tuple[str, ...]:
    if frame.verdict is Verdict.CONSISTENT:
        return ()
    kinds = dict.fromkeys(words.kind(f.result.check) for f in findings if f.verdict is frame.verdict)
    named = [printable(words.kind_title(kind)) for kind in kinds]
    return tuple(named if len(named) <= BADGES else [*named[:BADGES], f"+{len(named) - BADGES}"])


def _lead_swatch(findings: Sequence[Finding]) -> tuple[str, str] | None:
    if not findings or findings[0].verdict is Verdict.CONSISTENT:
        return None
    swatches = finding_view(findings[0], (), {}).swatches
    return (swatches[0].pinned, swatches[0].found) if len(swatches) == 1 and swatches[0].pinned else None


def _lead(frame: AuditedFrame, findings: Sequence[Finding]) -> str:
    if frame.error:
        return words.unread(frame)
    if not findings:
        return "nothing was measured"
    if frame.verdict is Verdict.CONSISTENT:
        return f"{words.plural(len(findings), 'measurement')} within limits"
    return lead(findings[0])


class _Boxes:
    """The boxes of one frame, each once: identity and color name the same box of the same character.
    A box takes the worst verdict of its findings, which come worst first.
    """

    def __init__(self) -> None:
        self._boxes: dict[tuple[Box, str], str] = {}

    def numbers(self, finding: Finding) -> list[int]:
        """Where the boxes of a finding stand among those of its frame."""
        if finding.verdict is Verdict.CONSISTENT and finding.result.check not in _SHOWS_THE_CAST:
            return []
        keys = [(labeled.box, labeled.label) for labeled in finding.result.evidence.boxes]
        for key in keys:
            self._boxes.setdefault(key, finding.verdict.value)
        order = list(self._boxes)
        return [order.index(key) for key in keys]

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
