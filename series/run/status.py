"""What runs left in a folder in, where the series stands out: panels, money, who is at work, what next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from series.generators.generator import FailureKind
from series.locked import read_series
from series.run.hold import holder
from series.run.ledger import MICROS, Books, Ledger
from series.run.past import PastRun, past_run


@dataclass(frozen=True, slots=True)
class PanelStatus:
    """Where one panel stands."""

    panel: str
    state: str
    """accepted, person (one has to decide) or unfinished, as of when it was last worked on."""
    reason: str
    """Why a person is asked, or why it is not finished; what to look at in an accepted one."""
    to_look_at: bool
    """Accepted, and something in it could not be told for sure."""
    requests: int
    """Sent for it, in all runs."""
    pictures: int
    """That came."""
    repairs: int
    """Made here, for nothing."""
    usd: float
    """Confirmed."""
    usd_unknown: float
    """May have been billed, or is on its way."""
    generator: str = ""
    """Who made its picture, or the best so far; empty without one."""
    moved: tuple[str, ...] = ()
    """Why it went to another generator, in the order of its moves."""


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

    @property
    def to_look_at(self) -> int:
        """Accepted panels of which somebody should look at the frame."""
        return sum(panel.to_look_at for panel in self.panels)


def status_of(manifest: Path, out: Path | None = None, store: str | None = None) -> SeriesStatus:
    """Look, also beside a run at work; write nothing. Raises SeriesError when no run was made yet."""
    read = read_series(manifest)
    with past_run(read, out, store) as past:
        at_work = holder(past.folder.root) or past.store.at_work()
        books = past.store.books()
        ledger = Ledger.of(books)
        panels = _panels(past, books.by_panel())
    return SeriesStatus(
        series=read.series,
        manifest=str(read.path),
        folder=str(past.folder.root),
        panels=panels,
        usd=ledger.confirmed_micros / MICROS,
        usd_unknown=(ledger.unknown_micros + ledger.reserved_micros) / MICROS,
        at_work=at_work,
        following=_following(past, panels, books.by_panel(), at_work),
    )


def _panels(past: PastRun, books: Mapping[str, Books]) -> tuple[PanelStatus, ...]:
    repairs, moves = past.store.repairs(), past.store.moves()
    told = []
    for panel, outcome in past.outcomes().items():
        own = books.get(panel, Books((), ()))
        ledger = Ledger.of(own)
        told.append(
            PanelStatus(
                panel=panel,
                state=outcome.state,
                reason=outcome.reason,
                to_look_at=outcome.unsure,
                requests=own.requests,
                pictures=own.images,
                repairs=repairs[panel],
                usd=ledger.confirmed_micros / MICROS,
                usd_unknown=(ledger.unknown_micros + ledger.reserved_micros) / MICROS,
                generator=_maker(own, outcome.image),
                moved=tuple(f"to {one.generator}: {one.reason}" for one in moves.get(panel, ())),
            )
        )
    return tuple(told)


def _maker(books: Books, image: str) -> str:
    """Who made a picture: of a repaired one, who made the last that came."""
    made = {
        digest: asked.generator
        for asked, answer in zip(books.answered, books.answers, strict=True)
        for digest in answer.images
    }
    return made.get(image, list(made.values())[-1] if made and image else "")


def _key_first(panels: tuple[PanelStatus, ...], books: Mapping[str, Books]) -> str:
    """What to do about a key that was refused, where a panel waits for that; else empty."""
    for one in panels:
        answers = books[one.panel].answers if one.panel in books else ()
        if one.state == "unfinished" and answers and answers[-1].failure is FailureKind.AUTH:
            _, check, names = answers[-1].reason.rpartition(": check ")
            return f"fix the key ({names if check else answers[-1].reason}), then "
    return ""


def _following(
    past: PastRun, panels: tuple[PanelStatus, ...], books: Mapping[str, Books], at_work: str
) -> str:
    states = Counter(panel.state for panel in panels)
    if at_work:
        return "wait for the run, or stop it: what it made is kept"
    if states["unfinished"]:
        return f"{_key_first(panels, books)}`{past.again}` goes on"
    if states["person"]:
        return f"look at {past.folder.report}; then change the manifest and `{past.again}`"
    return f"nothing is left to do: the series is in {past.folder.frames}"
