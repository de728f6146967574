"""Scores of other projects in, words out; and a table of them on the terminal, beside the verdict."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from series.audit import Audit, PeerScore
from series.report.words import NO_NUMBER, VERDICT_TITLES, one_direction

COMPARE_WITHIN = "These scores judge nothing, and compare only within one encoder."


def score_value(score: PeerScore) -> str:
    """Three decimals on a scale to 1 (.712 as 0.712), one on a scale to 100."""
    if score.value is None:
        return NO_NUMBER
    return f"{score.value:.1f}" if score.high > 1 else f"{score.value:.3f}"


def score_range(score: PeerScore) -> str:
    """From the worst to the best."""
    ends = (score.low, score.high) if score.best == "high" else (score.high, score.low)
    return " to ".join(f"{end:g}".replace("-", "−") for end in ends)


def unmeasured(scores: Iterable[PeerScore]) -> list[tuple[str, str]]:
    """Names of scores that nothing was computed for, and why: those with the same reason together."""
    alike: dict[str, list[str]] = {}
    for score in scores:
        if not score.encoder and score.value is None:
            alike.setdefault(score.reason, []).append(score.name)
    return [(", ".join(names), reason) for reason, names in alike.items()]


def print_peers(audit: Audit, console: Console) -> None:
    """What other projects would score the series; nothing where nobody computed it."""
    if not audit.peers:
        return
    console.print()
    console.print(Text("Scores that others publish", style="bold"))
    own = VERDICT_TITLES[audit.verdict].lower()
    console.print(Text(f"Our verdict: {own}. {COMPARE_WITHIN}", style="dim"), soft_wrap=True)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("", "this series", "worst to best", "does not see"):
        table.add_column(name, justify="left", no_wrap=name != "does not see")
    for score in (one for one in audit.peers if one.encoder or one.value is not None):
        said = f"{score.reason}" if score.reason else score.blind_to
        row = (score.name, score_value(score), score_range(score), said)
        table.add_row(*(Text(one_direction(words)) for words in row))
    if table.row_count:
        console.print(table)
    for names, reason in unmeasured(audit.peers):
        console.print(Text(one_direction(f"{names} – not measured: {reason}")), soft_wrap=True)
    for encoder in dict.fromkeys(score.encoder for score in audit.peers if score.encoder):
        names = ", ".join(score.name for score in audit.peers if score.encoder == encoder)
        console.print(Text(one_direction(f"{names}: with {encoder}"), style="dim"), soft_wrap=True)
