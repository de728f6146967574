"""The Audit of a run in, its end on a terminal out: what took more tries or is to look at, and the totals."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from consistency import Verdict
from series.audit import Audit, AuditedFrame, Spent
from series.report import took
from series.report.order import worst_first
from series.report.sentences import lead, picked_lines
from series.report.terminal import MARKS, STYLES, one_line
from series.report.words import VERDICT_TITLES, frame_name, one_direction, without_paths

ROWS_SHOWN = 25
"""One screen. The rest is in the report."""
WORDS_FROM = 80
"""Columns of a terminal that has room for a verdict as a word; below, its mark stands alone."""
PANEL_SHARE = 4
"""A panel's name takes a quarter of the width at most."""
WRAPPED = 140
"""Cells of what a person has to look at: what was found and why it ended, and not all that was tried."""
READABLE = 72
"""Characters a line of the closing paragraph: longer ones are hard to read."""


def print_run_summary(
    audit: Audit, console: Console, reports: Sequence[str] = (), spent: Spent | None = None
) -> None:
    """Print the panels that took more than one try, are not accepted or are to look at, what all of it took,
    and the reports that were written. spent: what this run alone took, to be told apart from those before it.
    User text is shown as it is, never read as markup or as terminal codes.
    """
    earlier = spent is not None and audit.run is not None and spent.requests < audit.run.requests
    kind = Text(f"  {one_direction(audit.kind)}", style="dim")
    console.print(Text(one_direction(audit.series), style="bold") + kind, soft_wrap=True)
    for note in audit.notes:
        console.print(Text(f"note: {one_direction(note)}", style="dim"), soft_wrap=True)
    for line in picked_lines(audit.choices):
        console.print(Text(one_direction(line), style="dim"), soft_wrap=True)
    frames = [frame for frame in audit.frames if took.took_more(frame) or took.to_look_at(frame)]
    # Stable: series order within each.
    frames.sort(key=_rank)
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


def _rank(frame: AuditedFrame) -> tuple[bool, bool, bool]:
    """A person's first, then what is not finished, then what is to look at."""
    accepted = frame.outcome == took.ACCEPTED
    return not took.person_decides(frame), accepted, not took.to_look_at(frame)


def _table(frames: Sequence[AuditedFrame], width: int, cost: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("panel", no_wrap=True, overflow="ellipsis", max_width=width // PANEL_SHARE)
    for name in ("asked", "repaired"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict" if width >= WORDS_FROM else "", no_wrap=True)
    table.add_column("what was done", ratio=1)
    table.add_column(cost, justify="right", no_wrap=True)
    for frame in frames:
        table.add_row(
            Text(one_direction(frame_name(frame)), style="bold"),
            *(Text(f"{number:,}") for number in took.counts(frame)),
            _verdict(frame, words=width >= WORDS_FROM),
            _done(frame),
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
    """One line for what went well: the report has the words that were said, and every try. What somebody has
    to look at is wrapped, so that nothing of it is lost."""
    said = one_direction(took.done(frame))
    if frame.outcome == took.ACCEPTED:
        look = one_direction(took.to_look_at(frame))
        if look:
            return _wrapped(Text(look, style="yellow") + Text(f"; {said}" if said else "", style="dim"))
        return one_line(Text(said or "asked again"))
    found = _found(frame)
    person = (
        (f"a person decides – {found}" if found else "a person decides: ")
        if took.person_decides(frame)
        else ""
    )
    outcome = Text(f"{person}{without_paths(one_direction(frame.outcome))}", style="yellow")
    return _wrapped(outcome + Text(f"; {said}" if said else "", style="dim"))


def _wrapped(said: Text) -> Text:
    said.truncate(WRAPPED, overflow="ellipsis")
    return said


def _found(frame: AuditedFrame) -> str:
    """The worst that drifted, as the report says it; empty where nothing did."""
    worst = next(iter(worst_first(frame.assessment.findings)), None)
    if worst is None or worst.verdict is not Verdict.DRIFTED:
        return ""
    return f"{one_direction(lead(worst))}; "
