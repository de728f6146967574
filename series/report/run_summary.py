"""The Audit of a run in, its end on a terminal out: what took more than one try, the totals, the report."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from series.audit import Audit, AuditedFrame, Spent
from series.report import took
from series.report.sentences import picked_lines
from series.report.terminal import MARKS, STYLES, one_line
from series.report.words import VERDICT_TITLES, frame_name, one_direction, without_paths

ROWS_SHOWN = 25
"""One screen. The rest is in the report."""
WORDS_FROM = 80
"""Columns of a terminal that has room for a verdict as a word; below, its mark stands alone."""
PANEL_SHARE = 4
"""A panel's name takes a quarter of the width at most."""
READABLE = 72
"""Characters a line of the closing paragraph: longer ones are hard to read."""


def print_run_summary(
    audit: Audit, console: Console, reports: Sequence[str] = (), spent: Spent | None = None
) -> None:
    """Print the panels that took more than one try or are not accepted, a line each, what all of it took, and
    the reports that were written. spent: what this run alone took, to be told apart from those before it.
    User text is shown as it is, never read as markup or as terminal codes.
    """
    earlier = spent is not None and audit.run is not None and spent.requests < audit.run.requests
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
        console.print(_table(frames[:ROWS_SHOWN], console.width, "cost so far" if earlier else "cost"))
    if len(frames) > ROWS_SHOWN:
        console.print(Text(f"... and {len(frames) - ROWS_SHOWN:,} more", style="dim"))
    if audit.run:
        console.print()
        said = Text(one_direction(took.totals(audit.run, spent)))
        console.print(said, width=min(console.width, READABLE))
    if reports:
        console.print()
    for report in reports:
        console.print(Text.assemble(("report: ", "dim"), one_direction(report)), soft_wrap=True)


def _table(frames: Sequence[AuditedFrame], width: int, cost: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("panel", no_wrap=True, overflow="ellipsis", max_width=width // PANEL_SHARE)
    table.add_column("tries", justify="right", no_wrap=True)
    table.add_column("verdict" if width >= WORDS_FROM else "", no_wrap=True)
    table.add_column("what was done", ratio=1)
    table.add_column(cost, justify="right", no_wrap=True)
    for frame in frames:
        table.add_row(
            Text(one_direction(frame_name(frame)), style="bold"),
            Text(f"{len(frame.attempts):,}"),
            _verdict(frame, words=width >= WORDS_FROM),
            one_line(_done(frame)),
            Text(took.cost(frame)),
        )
    return table


def _verdict(frame: AuditedFrame, *, words: bool) -> Text:
    if not frame.file:
        return Text("– no picture" if words else "–", style="dim")
    mark = MARKS[frame.verdict]
    said = f"{mark} {VERDICT_TITLES[frame.verdict].lower()}" if words else mark
    return Text(said, style=STYLES[frame.verdict])


def _done(frame: AuditedFrame) -> Text:
    """One line: the report has the words that were said, and every try."""
    said = one_direction(took.done(frame))
    if frame.outcome == took.ACCEPTED:
        return Text(said or "asked again")
    person = "a person decides: " if took.person_decides(frame) else ""
    outcome = Text(f"{person}{without_paths(one_direction(frame.outcome))}", style="yellow")
    return outcome + Text(f"; {said}" if said else "", style="dim")
