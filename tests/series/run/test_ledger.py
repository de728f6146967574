from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.audit import Spent
from series.errors import StoreError
from series.generators.generator import FailureKind
from series.run.answer import Answer, Asked
from series.run.ledger import (
    Books,
    Ledger,
    Money,
    MoneyState,
    PanelOutcome,
    micros_of,
    run_figures,
    spent_since,
)

prices = st.integers(0, 2_000_000).map(lambda micros: micros / 1_000_000)


def money(number, state, micros):
    return Money(Asked("p", "d", number, "scripted"), 1, state, micros)


@given(st.lists(prices), prices)
def test_what_is_reserved_never_exceeds_the_budget_and_nothing_that_fits_is_refused(wanted, budget):
    ledger, exact = Ledger(), Decimal(0)
    for usd in wanted:
        fits = exact + Decimal(str(usd)) <= Decimal(str(budget))
        assert ledger.may_reserve(usd, budget) == fits
        if fits:
            ledger, exact = ledger.reserved(usd), exact + Decimal(str(usd))
    assert Decimal(str(ledger.committed_usd)) == exact <= Decimal(str(budget))
    assert Decimal(str(ledger.room(budget))) == Decimal(str(budget)) - exact


@given(st.lists(st.tuples(st.sampled_from(MoneyState), st.integers(0, 10**9))))
def test_the_sums_add_up(rows):
    ledger = Ledger.of(Books(tuple(money(n, *row) for n, row in enumerate(rows)), ()))
    assert micros_of(ledger.committed_usd) == sum(micros for _, micros in rows)
    assert ledger.confirmed_micros == sum(m for state, m in rows if state is MoneyState.CONFIRMED)


def test_ten_dimes_are_a_dollar():
    ledger = Ledger()
    for _ in range(10):
        assert ledger.may_reserve(0.1, 1.0)
        ledger = ledger.reserved(0.1)
    assert ledger.room(1.0) == 0
    assert not ledger.may_reserve(0.000001, 1.0)
    assert ledger.may_reserve(0, 1.0)


def test_what_stands_open_is_booked_once():
    ledger = Ledger.of(Books((money(0, MoneyState.OPEN, 400_000),), ()))
    assert not ledger.may_reserve(0.7, 1.0)
    assert ledger.may_reserve(0.7, 1.0, already=0.4)
    assert ledger.reserved(0.7, already=0.4).committed_usd == 0.7


def test_without_a_budget_there_is_always_room_and_a_budget_of_0_allows_what_is_free():
    assert Ledger().room(None) == math.inf
    assert Ledger(confirmed_micros=10**15).may_reserve(1.0, None)
    assert Ledger().may_reserve(0.0, 0.0)
    assert not Ledger().may_reserve(0.01, 0.0)
    assert Ledger(confirmed_micros=2_000_000).room(1.0) == 0


@pytest.mark.parametrize("usd", [-0.01, math.nan, math.inf, 2e9])
def test_what_is_no_price_is_refused(usd):
    with pytest.raises(StoreError, match="no amount"):
        micros_of(usd)


def test_figures():
    answers = (
        Answer(("a", "b"), usd=0.2, seconds=1.0),
        Answer(("c",), usd=0.1, seconds=2.0),
        Answer((), FailureKind.POLICY, seconds=4.0),
        Answer((), FailureKind.TIMEOUT, seconds=120.0),
        Answer((), FailureKind.WAITING),
    )
    rows = (
        money(0, MoneyState.CONFIRMED, 200_000),
        money(1, MoneyState.CONFIRMED, 100_000),
        money(2, MoneyState.CONFIRMED, 0),
        money(3, MoneyState.UNKNOWN, 50_000),
        money(4, MoneyState.CONFIRMED, 0),
        money(5, MoneyState.RESERVED, 10_000),
    )
    outcomes = {
        "p1": PanelOutcome("accepted", "a", 1, ""),
        "p2": PanelOutcome("person", "c", 2, ""),
        "gone": PanelOutcome("accepted", "a", 1, ""),
    }
    figures = run_figures(
        Books(rows, answers), outcomes, generator="g", panels=["p1", "p2", "p3"], to_look_at=1, repairs=2
    )
    assert (figures.accepted, figures.asked_person, figures.unfinished) == (1, 1, 1)
    assert (figures.requests, figures.images, figures.refusals, figures.failures) == (5, 3, 1, 1)
    assert (figures.usd, figures.usd_unknown) == (0.3, 0.06)
    assert (figures.latency_min, figures.latency_max) == (1.0, 4.0)
    assert math.isnan(figures.latency_p50)
    assert math.isnan(figures.latency_p95)
    assert figures.usd_per_accepted == 0.3


@pytest.mark.parametrize("answers", [19, 20])
def test_percentiles_are_told_of_twenty_answers_and_more(answers):
    books = Books((), tuple(Answer(("a",), seconds=float(n)) for n in range(answers)))
    figures = run_figures(books, {}, generator="g", panels=[], to_look_at=0, repairs=0)
    assert math.isfinite(figures.latency_p95) == (answers >= 20)
    assert (figures.latency_min, figures.latency_max) == (0.0, answers - 1.0)


def test_what_one_run_took_is_told_apart_from_those_before():
    before = Books((money(0, MoneyState.CONFIRMED, 40_000),), (Answer(("a",)),))
    now = Books(
        (
            *before.money,
            money(1, MoneyState.CONFIRMED, 30_000),
            money(2, MoneyState.UNKNOWN, 50_000),
            money(3, MoneyState.CONFIRMED, 0),
        ),
        (*before.answers, Answer(("b", "c")), Answer((), FailureKind.WAITING)),
    )
    assert spent_since(before, now) == Spent(requests=2, images=2, usd=0.03, usd_unknown=0.05)
    assert spent_since(now, now) == Spent(0, 0, 0.0, 0.0)


def test_figures_of_nothing():
    figures = run_figures(Books((), ()), {}, generator="g", panels=[], to_look_at=0, repairs=0)
    assert math.isnan(figures.latency_p50)
    assert math.isnan(figures.latency_p95)
    assert figures.usd_per_accepted is None
