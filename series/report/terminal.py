"""An Audit in, a summary on the terminal out: counts, what drifted and why, what to do next."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from rich.console import Console
from rich.text import Text

from consistency import Finding, Verdict
from series.audit import Audit, AuditedFrame
from series.report.order import topics
from series.report.peer_scores import print_peers
from series.report.sentences import advice, lead, picked_lines
from series.report.words import (
    VERDICT_TITLES,
    frame_name,
    headline,
    kind,
    kind_title,
    one_direction,
    plural,
    unread,
)

REASONS_PER_FRAME = 3
"""More than three reasons for one frame hide the next frame."""
DRIFTED_SHOWN = 50
"""Two screens. The rest is in the reports."""
UNSURE_SHOWN = 10
NAMES_SHOWN = 8
KIND_COLUMN = 11
"""The longest kind of drift, "Rendering", and two spaces."""

STYLES = {Verdict.CONSISTENT: "green", Verdict.UNSURE: "yellow", Verdict.DRIFTED: "bold red"}
MARKS = {Verdict.CONSISTENT: "✓", Verdict.UNSURE: "?", Verdict.DRIFTED: "✗"}


def print_summary(
    audit: Audit, console: Console, *, reports: Sequence[str] = (), peers: bool = False
) -> None:
    """Print the summary. User text is shown as it is, never read as markup or as terminal codes.
    reports: files that were written. peers: also what other projects would score the series.
    """
    _line(console, Text(one_direction(audit.series), style="bold"), Text(f"  {audit.kind}", style="dim"))
    _counts(audit, console)
    _line(console, _mark(audit.verdict), Text(headline(audit), style=STYLES[audit.verdict]))
    for note in audit.notes:
        _line(console, Text("note: ", style="dim"), Text(one_direction(note), style="dim"))
    for line in picked_lines(audit.choices):
        _line(console, Text(one_direction(line), style="dim"))
    _frames(audit, console, Verdict.DRIFTED, DRIFTED_SHOWN, REASONS_PER_FRAME)
    _frames(audit, console, Verdict.UNSURE, UNSURE_SHOWN, 1)
    _names(console, "Panels without a frame", audit.panels_without_frame)
    _names(console, "Frames without a panel", audit.frames_without_panel)
    if peers:
        print_peers(audit, console)
    _next(audit, console, reports)


def one_line(said: Text) -> Text:
    """For the widest column of a table: cut with an ellipsis where it does not fit."""
    said.no_wrap, said.overflow = True, "ellipsis"
    return said


def _counts(audit: Audit, console: Console) -> None:
    digits = max(len(f"{audit.count(verdict):,}") for verdict in Verdict)
    for verdict in reversed(Verdict):
        number = audit.count(verdict)
        words = f"{number:>{digits},}  {MARKS[verdict]} {VERDICT_TITLES[verdict].lower()}"
        _line(console, Text(words, style=STYLES[verdict] if number else "dim"))


def _frames(audit: Audit, console: Console, verdict: Verdict, shown: int, reasons: int) -> None:
    frames = [frame for frame in audit.frames if frame.verdict is verdict]
    if not frames:
        return
    console.print()
    console.print(Text(VERDICT_TITLES[verdict], style=STYLES[verdict]))
    for frame in frames[:shown]:
        _frame(console, frame, reasons)
    if len(frames) > shown:
        console.print(Text(f"  … and {plural(len(frames) - shown, 'more frame')}", style="dim"))


def _frame(console: Console, frame: AuditedFrame, reasons: int) -> None:
    name = one_direction(frame_name(frame))
    file = one_direction(frame.file)
    known = name in {file, PurePath(file).stem}
    _line(console, Text("  "), Text(name, style="bold"), Text("" if known else f"  {file}", style="dim"))
    if frame.error:
        _reason(console, "", one_direction(unread(frame)))
        return
    noted = [found for found in topics(frame.assessment.findings) if found[0].verdict is frame.verdict]
    for found in noted[:reasons]:
        _topic(console, frame, found[0])
    if len(noted) > reasons:
        console.print(Text(f"    … and {plural(len(noted) - reasons, 'more reason')}", style="dim"))
    if not noted:
        console.print(Text("    nothing was measured", style="dim"))


def _topic(console: Console, frame: AuditedFrame, worst: Finding) -> None:
    _reason(console, kind_title(kind(worst.result.check)), lead(worst))
    helps = advice(worst, frame)
    if helps:
        _reason(console, "", f"→ {helps}", style="dim")


def _reason(console: Console, title: str, said: str, style: str = "") -> None:
    """One line for a pipe to search in; on a terminal, wrapped under its own beginning."""
    column = f"    {title:<{KIND_COLUMN}}" if title else "    " + " " * KIND_COLUMN * (style == "dim")
    words = one_direction(said)
    lines = textwrap.wrap(words, max(20, console.width - len(column))) if console.is_terminal else [words]
    for number, line in enumerate(lines):
        before = Text(column if number == 0 else " " * len(column), style="dim")
        _line(console, before, Text(line, style=style))


def _names(console: Console, title: str, names: Sequence[str]) -> None:
    if not names:
        return
    more = f" … and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else ""
    listed = ", ".join(one_direction(name) for name in names[:NAMES_SHOWN])
    console.print()
    _line(console, Text(f"{title}  ", style="bold"), Text(listed + more))


def _next(audit: Audit, console: Console, reports: Sequence[str]) -> None:
    console.print()
    for report in reports:
        _line(console, Text("report: ", style="dim"), Text(one_direction(report)))
    for purpose, command in _commands(audit, reports):
        _line(console, Text(f"{purpose}:", style="dim"))
        _line(console, Text(f"  {one_direction(command)}"))


def _commands(audit: Audit, reports: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What to run next, ready to copy; nothing where the caller named no files."""
    if not audit.manifest or not audit.frames_folder:
        return
    manifest, frames = shlex.quote(audit.manifest), shlex.quote(audit.frames_folder)
    if not reports:
        yield (
            "every frame beside its references",
            f"series audit {manifest} --frames {frames} --html audit.html",
        )
    if audit.verdict is Verdict.CONSISTENT:
        yield "keep it that way: pin references, encoders and tolerances", f"series lock {manifest}"


def _mark(verdict: Verdict) -> Text:
    return Text(f"{MARKS[verdict]} ", style=STYLES[verdict])


def _line(console: Console, *parts: Text) -> None:
    """One line, left for the terminal to wrap: a pipe gets whole lines to search in."""
    console.print(Text.assemble(*parts), soft_wrap=True)
