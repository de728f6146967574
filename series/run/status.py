"""What runs left in a folder in, where the series stands out: panels, money, who is at work, what next."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from series.locked import read_series
from series.run.hold import holder
from series.run.ledger import MICROS, Ledger, Money, MoneyState
from series.run.past import PastRun, past_run


@dataclass(frozen=True, slots=True)
class PanelStatus:
    """Where one panel stands."""

    panel: str
    state: str
    """accepted, person (one has to decide) or unfinished, as of when it was last worked on."""
    reason: str
    """Why a person is asked, or why it is not finished; what to look at in an accepted one."""
    requests: int
    """Different requests sent for it."""
    pictures: int
    """Pictures looked at, repaired ones included."""
    usd: float
    """Confirmed."""
    usd_unknown: float
    """May have been billed, or is on its way."""


@dataclass(frozen=True, slots=True)
class SeriesStatus:
    """Where a series stands."""

    series: str
    manifest: str
    folder: str
    panels: tuple[PanelStatus, ...]
    """In reading order."""
    usd: float
    """Confirmed, of all requests, those of panels included that are not in the manifest any more."""
    usd_unknown: float
    """May have been billed, or is on its way."""
    at_work: str
    """Who holds the folder, in words; empty when nobody does."""
    following: str
    """What to do next."""

    def count(self, state: str) -> int:
        """Panels in a state."""
        return sum(panel.state == state for panel in self.panels)


def status_of(manifest: Path, out: Path | None = None, store: str | None = None) -> SeriesStatus:
    """Look, also beside a run at work; write nothing. Raises SeriesError when no run was made yet."""
    read = read_series(manifest)
    with past_run(read, out, store) as past:
        at_work = holder(past.folder.root) or past.store.at_work()
        books = past.store.books()
        ledger = Ledger.of(books)
        panels = _panels(past, books.money)
    states = Counter(panel.state for panel in panels)
    return SeriesStatus(
        series=read.series,
        manifest=str(read.path),
        folder=str(past.folder.root),
        panels=panels,
        usd=ledger.confirmed_micros / MICROS,
        usd_unknown=(ledger.unknown_micros + ledger.reserved_micros) / MICROS,
        at_work=at_work,
        following=_following(past, states, at_work),
    )


def _panels(past: PastRun, money: tuple[Money, ...]) -> tuple[PanelStatus, ...]:
    sent: dict[str, list[Money]] = {}
    for row in money:
        sent.setdefault(row.asked.panel, []).append(row)
    return tuple(
        PanelStatus(
            panel=panel,
            state=outcome.state,
            reason=outcome.reason,
            requests=len({row.asked for row in sent.get(panel, ())}),
            pictures=len(past.store.looks(panel)),
            usd=_usd(sent.get(panel, []), sure=True),
            usd_unknown=_usd(sent.get(panel, []), sure=False),
        )
        for panel, outcome in past.outcomes().items()
    )


def _usd(rows: list[Money], *, sure: bool) -> float:
    return sum(row.micros for row in rows if (row.state is MoneyState.CONFIRMED) is sure) / MICROS


def _following(past: PastRun, states: Counter[str], at_work: str) -> str:
    if at_work:
        return "wait for the run, or stop it: what it made is kept"
    if states["unfinished"]:
        return f"`{past.again}` goes on"
    if states["person"]:
        return f"look at {past.folder.report}; then change the manifest and `{past.again}`"
    return f"nothing is left to do: the series is in {past.folder.frames}"
