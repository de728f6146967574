"""The Audit of a run in, its end on a terminal out: what took more than one try, the totals, the report."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from series.audit import Audit, AuditedFrame
from series.report import took
from series.report.sentences import picked_lines
from series.report.terminal import MARKS, STYLES
from series.report.words import VERDICT_TITLES, frame_name, one_direction

ROWS_SHOWN = 25
"""One screen. The rest is in the report."""
CHANGES_SHOWN = 3
"""Of one panel: more of them hide the next panel."""
WORDS_FROM = 80
"""Columns of a terminal that has room for a verdict as a word; below, its mark stands alone."""
PANEL_SHARE = 4
"""A panel's name takes a quarter of the width at most."""
READABLE = 72
"""Characters a line of the closing paragraph: longer ones are hard to read."""


def print_run_summary(audit: Audit, console: Console, reports: Sequence[str] = ()) -> None:
    """Print the panels that took more than one try or are not accepted, what all of it took, and the reports
    that were written. User text is shown as it is, never read as markup or as terminal codes.
    """
    kind = Text(f"  {one_direction(audit.kind)}", style="dim")
    console.print(Text(one_direction(audit.series), style="bold") + kind, soft_wrap=True)
    for note in audit.notes:
        console.print(Text(f"note: {one_direction(note)}", style="dim"), soft_wrap=True)
    for line in picked_lines(audit.choices):
        console.print(Text(one_direction(line), style="dim"), soft_wrap=True)
    frames = [frame for frame in audit.frames if took.took_more(frame)]
    # Stable: series order within each.
    frames.sort(key=lambda frame: (not took.person_decides(frame), frame.outcome == took.ACCEPTED))
    if frames:
        console.print()
        console.print(_table(frames[:ROWS_SHOWN], console.width))
    if len(frames) > ROWS_SHOWN:
        console.print(Text(f"... and {len(frames) - ROWS_SHOWN:,} more", style="dim"))
    if audit.run:
        console.print()
        said = Text(one_direction(took.totals(audit.run)))
        console.print(said, width=min(console.width, READABLE))
    if reports:
        console.print()
    for report in reports:
        console.print(Text.assemble(("report: ", "dim"), one_direction(report)), soft_wrap=True)


def _table(frames: Sequence[AuditedFrame], width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("panel", no_wrap=True, overflow="ellipsis", max_width=width // PANEL_SHARE)
    table.add_column("tries", justify="right", no_wrap=True)
    table.add_column("verdict" if width >= WORDS_FROM else "", no_wrap=True)
    table.add_column("what was done", ratio=1, overflow="fold")
    table.add_column("cost", justify="right", no_wrap=True)
    for frame in frames:
        table.add_row(
            Text(one_direction(frame_name(frame)), style="bold"),
            Text(f"{len(frame.attempts):,}"),
            _verdict(frame, words=width >= WORDS_FROM),
            _done(frame),
            Text(took.cost(frame)),
        )
    return table


def _verdict(frame: AuditedFrame, *, words: bool) -> Text:
    mark = MARKS[frame.verdict]
    said = f"{mark} {VERDICT_TITLES[frame.verdict].lower()}" if words else mark
    return Text(said, style=STYLES[frame.verdict])


def _done(frame: AuditedFrame) -> Text:
    lines = [Text(one_direction(line)) for line in took.changes(frame)]
    if len(lines) > CHANGES_SHOWN:
        more = len(lines) - CHANGES_SHOWN
        lines[CHANGES_SHOWN:] = [Text(f"... and {more:,} more", style="dim")]
    if took.person_decides(frame):
        lines.append(Text(f"a person decides: {one_direction(frame.outcome)}", style="yellow"))
    elif frame.outcome != took.ACCEPTED:
        lines.append(Text(one_direction(frame.outcome), style="yellow"))
    return Text("\n").join(lines or [Text("asked again")])
