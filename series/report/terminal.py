"""An Audit in, a summary on the terminal out: counts, what drifted and why, what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from consistency.judge import Finding, Verdict
from series.audit import Audit, AuditedFrame
from series.report.order import worst_first
from series.report.words import VERDICT_TITLES, about, frame_name, headline, one_direction, plural, reason

REASONS_PER_FRAME = 3
"""More than three reasons for one frame hide the next frame."""
DRIFTED_SHOWN = 50
"""Two screens. The rest is in the reports."""
UNSURE_SHOWN = 10
NAMES_SHOWN = 8

_STYLES = {Verdict.CONSISTENT: "green", Verdict.UNSURE: "yellow", Verdict.DRIFTED: "bold red"}
_MARKS = {Verdict.CONSISTENT: "✓", Verdict.UNSURE: "?", Verdict.DRIFTED: "✗"}

NEXT = {
    Verdict.DRIFTED: (
        "series audit MANIFEST --frames DIR --html audit.html    every frame beside its references",
        "series audit MANIFEST --frames DIR --json audit.json    every number, for a program",
    ),
    Verdict.UNSURE: (
        "series audit MANIFEST --frames DIR --html audit.html    look at the unsure frames",
        "series audit MANIFEST --frames DIR --strict             count unsure as an error",
    ),
    Verdict.CONSISTENT: ("series audit MANIFEST --frames DIR --html audit.html    a report to hand on",),
}
"""What helps after each verdict, where the caller knows nothing better."""


def print_summary(audit: Audit, console: Console, *, next_commands: Sequence[str] | None = None) -> None:
    """Print the summary. User text is shown as it is, never read as markup or as terminal codes.
    next_commands: lines to close with; left out, those of NEXT.
    """
    _line(console, Text(one_direction(audit.series), style="bold"), Text(f"  {audit.kind}", style="dim"))
    _counts(audit, console)
    _line(console, _mark(audit.verdict), Text(headline(audit), style=_STYLES[audit.verdict]))
    for note in audit.notes:
        _line(console, Text("note: ", style="dim"), Text(one_direction(note), style="dim"))
    _frames(audit, console, Verdict.DRIFTED, DRIFTED_SHOWN, REASONS_PER_FRAME)
    _frames(audit, console, Verdict.UNSURE, UNSURE_SHOWN, 1)
    _names(console, "Panels without a frame", audit.panels_without_frame)
    _names(console, "Frames without a panel", audit.frames_without_panel)
    console.print()
    console.print(Text("Next", style="bold"))
    for command in NEXT[audit.verdict] if next_commands is None else next_commands:
        console.print(Text(f"  {one_direction(command)}"), soft_wrap=True)


def _counts(audit: Audit, console: Console) -> None:
    digits = max(len(f"{audit.count(verdict):,}") for verdict in Verdict)
    for verdict in reversed(Verdict):
        number = audit.count(verdict)
        words = f"{number:>{digits},}  {_MARKS[verdict]} {VERDICT_TITLES[verdict].lower()}"
        _line(console, Text(words, style=_STYLES[verdict] if number else "dim"))


def _frames(audit: Audit, console: Console, verdict: Verdict, shown: int, reasons: int) -> None:
    frames = [frame for frame in audit.frames if frame.verdict is verdict]
    if not frames:
        return
    console.print()
    console.print(Text(VERDICT_TITLES[verdict], style=_STYLES[verdict]))
    for frame in frames[:shown]:
        _frame(console, frame, reasons)
    if len(frames) > shown:
        console.print(Text(f"  … and {plural(len(frames) - shown, 'more frame')}", style="dim"))


def _frame(console: Console, frame: AuditedFrame, reasons: int) -> None:
    name = one_direction(frame_name(frame))
    file = one_direction(frame.file)
    _line(
        console, Text("  "), Text(name, style="bold"), Text("" if file == name else f"  {file}", style="dim")
    )
    if frame.error:
        console.print(Text(f"    could not be read: {one_direction(frame.error)}"), soft_wrap=True)
        return
    noted = [f for f in worst_first(frame.assessment.findings) if f.verdict is frame.verdict]
    for finding in noted[:reasons]:
        console.print(Text(f"    {_said(finding)}"), soft_wrap=True)
    if len(noted) > reasons:
        console.print(Text(f"    … and {plural(len(noted) - reasons, 'more finding')}", style="dim"))
    if not noted:
        console.print(Text("    nothing was measured", style="dim"))


def _said(finding: Finding) -> str:
    return one_direction(f"{about(finding)} – {reason(finding)}")


def _names(console: Console, title: str, names: Sequence[str]) -> None:
    if not names:
        return
    more = f" … and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    listed = ", ".join(one_direction(name) for name in names[:NAMES_SHOWN])
    console.print()
    _line(console, Text(f"{title}  ", style="bold"), Text(listed + more))


def _mark(verdict: Verdict) -> Text:
    return Text(f"{_MARKS[verdict]} ", style=_STYLES[verdict])


def _line(console: Console, *parts: Text) -> None:
    """One line, left for the terminal to wrap: a pipe gets whole lines to search in."""
    console.print(Text.assemble(*parts), soft_wrap=True)
