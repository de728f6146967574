"""Money rows in, what is left of a budget out; and the figures of what making the series took.

Money is counted in whole millionths of a US dollar: sums are exact, and 0.1 + 0.2 is 0.3.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from series.audit import RunFigures, Spent
from series.errors import StoreError
from series.generators.generator import FailureKind
from series.run.answer import Answer, Asked

MICROS = 1_000_000
"""Units of account in a US dollar. Providers' prices per picture have four decimals at most; prices by token
are rounded to the nearest unit."""
ANSWERS_FOR_PERCENTILES = 20
"""Of fewer answers, the 95th percentile is nothing but the slowest one."""
LARGEST_USD = 1e9
"""US dollars in one row at most: above it an amount is a mistake, and sums must fit in 63 bits."""


class MoneyState(Enum):
    """Where the money of one request stands."""

    RESERVED = "reserved"
    """Sent, or about to be."""
    CONFIRMED = "confirmed"
    """Answered: this was billed."""
    UNKNOWN = "unknown"
    """Sent, and perhaps billed: no answer came."""
    OPEN = "open"
    """Sent by a run that died. Asking again is safe and is booked here, once."""


@dataclass(frozen=True, slots=True)
class Money:
    """The money of one request."""

    asked: Asked
    number: int
    """From 1: each time that the request was paid for anew."""
    state: MoneyState
    micros: int
    """Millionths of a US dollar: billed when confirmed, expected otherwise."""
    forgiven: bool = False
    """A person agreed to ask anew, although this may have been billed."""

    @property
    def usd(self) -> float:
        """US dollars."""
        return self.micros / MICROS


@dataclass(frozen=True, slots=True)
class PanelOutcome:
    """Where a panel stood when it was last worked on."""

    state: str
    """accepted, person or unfinished."""
    image: str
    """sha256 of its picture, or of the best so far; empty without one."""
    number: int
    """Of the attempt that made it; 0 without one."""
    reason: str
    unsure: bool = False
    """Accepted, and somebody should look at it: something could not be told for sure."""


@dataclass(frozen=True, slots=True)
class Books:
    """All that was asked for in a series, in all its runs."""

    money: tuple[Money, ...]
    answers: tuple[Answer, ...]
    """Every one that came, refusals and failures included."""
    answered: tuple[Asked, ...] = ()
    """What each of them answers, in the same order."""

    @property
    def requests(self) -> int:
        """Sent to a generator; what waits for a person was sent to nobody."""
        return len(self.money) - sum(answer.failure is FailureKind.WAITING for answer in self.answers)

    @property
    def images(self) -> int:
        """Pictures that came."""
        return sum(len(answer.images) for answer in self.answers)

    def by_panel(self) -> dict[str, Books]:
        """Panel → what is about it."""
        money: dict[str, list[Money]] = {}
        answers: dict[str, list[tuple[Asked, Answer]]] = {}
        for row in self.money:
            money.setdefault(row.asked.panel, []).append(row)
        for asked, answer in zip(self.answered, self.answers, strict=True):
            answers.setdefault(asked.panel, []).append((asked, answer))
        return {
            panel: Books(
                tuple(money.get(panel, ())),
                tuple(answer for _, answer in answers.get(panel, ())),
                tuple(asked for asked, _ in answers.get(panel, ())),
            )
            for panel in {**money, **answers}
        }


@dataclass(frozen=True, slots=True)
class Ledger:
    """Sums of the books, in millionths of a US dollar."""

    reserved_micros: int = 0
    confirmed_micros: int = 0
    unknown_micros: int = 0
    """Also what stands open."""

    @classmethod
    def of(cls, books: Books) -> Ledger:
        """Add the rows up."""
        sums = dict.fromkeys(MoneyState, 0)
        for row in books.money:
            sums[row.state] += row.micros
        return cls.from_sums(sums)

    @classmethod
    def from_sums(cls, sums: Mapping[MoneyState, int]) -> Ledger:
        """From the sum of each state; a state that is not there is 0."""
        return cls(
            sums.get(MoneyState.RESERVED, 0),
            sums.get(MoneyState.CONFIRMED, 0),
            sums.get(MoneyState.UNKNOWN, 0) + sums.get(MoneyState.OPEN, 0),
        )

    @property
    def committed_usd(self) -> float:
        """US dollars that a budget must bear: reserved, confirmed and unknown."""
        return self._committed / MICROS

    def room(self, budget: float | None) -> float:
        """US dollars that are left of a budget, ≥ 0; inf when it is None."""
        if budget is None:
            return math.inf
        return max(0, micros_of(budget) - self._committed) / MICROS

    def may_reserve(self, usd: float, budget: float | None, already: float = 0.0) -> bool:
        """Does it fit in the budget? already: US dollars of the same request that stand open from a run
        that died (`Store.open_usd`): it is booked once."""
        if budget is None:
            return True
        return self._committed - micros_of(already) + micros_of(usd) <= micros_of(budget)

    def reserved(self, usd: float, already: float = 0.0) -> Ledger:
        """With this much more reserved. already: as in `may_reserve`."""
        return replace(
            self,
            reserved_micros=self.reserved_micros + micros_of(usd),
            unknown_micros=self.unknown_micros - micros_of(already),
        )

    @property
    def _committed(self) -> int:
        return self.reserved_micros + self.confirmed_micros + self.unknown_micros


def micros_of(usd: float) -> int:
    """US dollars → the nearest whole number of millionths. Raises StoreError for what is no amount."""
    if not 0 <= usd <= LARGEST_USD:  # false for nan too
        raise StoreError(f"{usd} is no amount of US dollars: a price lies between 0 and {LARGEST_USD:.0f}")
    return round(usd * MICROS)


def run_figures(
    books: Books,
    outcomes: Mapping[str, PanelOutcome],
    *,
    generator: str,
    panels: Collection[str],
    to_look_at: int,
    repairs: int,
) -> RunFigures:
    """The figures of a series. panels: the ids of all of them; one without an outcome is unfinished.
    to_look_at: accepted frames that have something UNSURE. repairs: made here, for nothing."""
    import numpy as np

    states = [outcomes[panel].state if panel in outcomes else "unfinished" for panel in panels]
    failures = [a.failure for a in books.answers if a.failure not in {None, FailureKind.WAITING}]
    refusals = failures.count(FailureKind.POLICY)
    seconds = [answer.seconds for answer in books.answers if answer.final]
    many = len(seconds) >= ANSWERS_FOR_PERCENTILES
    p50, p95 = np.percentile(seconds, [50, 95], method="linear") if many else (math.nan, math.nan)
    ledger = Ledger.of(books)
    return RunFigures(
        generator=generator,
        accepted=states.count("accepted"),
        to_look_at=to_look_at,
        asked_person=states.count("person"),
        unfinished=len(states) - states.count("accepted") - states.count("person"),
        requests=books.requests,
        images=books.images,
        repairs=repairs,
        usd=ledger.confirmed_micros / MICROS,
        usd_unknown=(ledger.unknown_micros + ledger.reserved_micros) / MICROS,
        refusals=refusals,
        failures=len(failures) - refusals,
        latency_p50=float(p50),
        latency_p95=float(p95),
        latency_min=min(seconds, default=math.nan),
        latency_max=max(seconds, default=math.nan),
    )


def spent_since(before: Books, now: Books) -> Spent:
    """What was asked for and paid between two looks at the books."""
    was, ledger = Ledger.of(before), Ledger.of(now)
    unknown = ledger.unknown_micros + ledger.reserved_micros - was.unknown_micros - was.reserved_micros
    return Spent(
        requests=now.requests - before.requests,
        images=now.images - before.images,
        usd=(ledger.confirmed_micros - was.confirmed_micros) / MICROS,
        usd_unknown=max(0, unknown) / MICROS,
    )
