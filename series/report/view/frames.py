"""An AuditedFrame in, what the report shows of it out: its tile, its boxes, its findings."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consistency.judge import Finding, Verdict
from consistency.measurement import Box
from series.audit import AuditedFrame, AuditReference
from series.report import words
from series.report.order import worst_first
from series.report.view.findings import FindingView, finding_view
from series.report.words import printable

STAGE_PIXELS = 440
"""Longest side of a frame in its details: thumbnails hold 320 px, and more enlargement shows only blur."""

REFERENCES_PER_SUBJECT = 4
"""Enough to see a character from its sides; all of them stand at the end of the page."""

STYLE = "style"
"""Subject of the references that show the style and no character."""


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
    """Positions among the references of the page."""
    more_references: int
    """How many there was no room for."""


def frame_view(
    number: int,
    frame: AuditedFrame,
    references: Sequence[AuditReference],
    *,
    detailed: bool,
    opened: bool,
) -> FrameView:
    """detailed: with its picture and findings. opened: with its details open at first."""
    findings = worst_first(frame.assessment.findings)
    shown = findings if detailed else []
    boxes = _Boxes()
    positions = {reference.name: position for position, reference in enumerate(references)}
    views = [finding_view(finding, boxes.numbers(finding), positions) for finding in shown]
    # Beside a picture only: an unreadable file leaves nothing to compare.
    pinned = _pinned(frame.characters, shown, references if frame.thumbnail and detailed else ())
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
        thumbnail=picture(frame.thumbnail) if detailed else "",
        detailed=detailed,
        stage_width=max(1, round(frame.width * scale)),
        stage_height=max(1, round(frame.height * scale)),
        opened=opened,
        noted=tuple(view for view in views if view.verdict != Verdict.CONSISTENT.value),
        consistent=tuple(view for view in views if view.verdict == Verdict.CONSISTENT.value),
        boxes=boxes.views(),
        references=pinned.shown,
        more_references=pinned.left_out,
    )


@dataclass(frozen=True, slots=True)
class _Pinned:
    shown: tuple[int, ...]
    left_out: int


def _pinned(
    characters: Iterable[str], findings: Iterable[Finding], references: Sequence[AuditReference]
) -> _Pinned:
    """The references to show beside a frame: of each of its characters, then of the style, those that came
    nearest first.
    """
    nearest = {finding.result.evidence.nearest for finding in findings}
    shown: list[int] = []
    left_out = 0
    for subject in (*characters, STYLE):
        own = [position for position, reference in enumerate(references) if reference.subject == subject]
        own.sort(key=lambda position: references[position].name not in nearest)
        shown += own[:REFERENCES_PER_SUBJECT]
        left_out += len(own[REFERENCES_PER_SUBJECT:])
    return _Pinned(tuple(shown), left_out)


def _lead(frame: AuditedFrame, findings: Sequence[Finding]) -> str:
    if frame.error:
        return printable(f"could not be read: {frame.error}")
    if not findings:
        return "nothing was measured"
    if frame.verdict is Verdict.CONSISTENT:
        return f"{words.plural(len(findings), 'check')} passed"
    return words.reason(findings[0])


def picture(jpeg: bytes) -> str:
    """A data: address; empty without a picture."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}" if jpeg else ""


class _Boxes:
    """The boxes of one frame, each once: identity and color name the same box of the same character.
    A box takes the worst verdict of its findings, which come worst first.
    """

    def __init__(self) -> None:
        self._boxes: dict[tuple[Box, str], str] = {}

    def numbers(self, finding: Finding) -> list[int]:
        """Where the boxes of a finding stand among those of its frame."""
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
