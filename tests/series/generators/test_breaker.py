"""The circuit breaker: when a provider is left alone, tried once, asked again, and given up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.generators.breaker import COUNTED, FAILURES, OPEN_S, OPENINGS, Breaker, State
from series.generators.generator import FailureKind

LOST = FailureKind.TRANSPORT


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(clock: Clock) -> Breaker:
    breaker = Breaker(clock)
    assert [breaker.told(LOST) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    return breaker


def test_failures_in_a_row_open_it_for_a_stated_time(opened: Breaker, clock: Clock) -> None:
    assert opened.state is State.OPEN
    assert opened.wait_s() == OPEN_S
    clock.time = OPEN_S / 2
    assert opened.wait_s() == OPEN_S / 2


def test_then_one_request_is_let_through_and_its_answer_closes_it(opened: Breaker, clock: Clock) -> None:
    clock.time = OPEN_S
    assert (opened.state, opened.wait_s()) == (State.HALF_OPEN, 0)
    opened.sent()
    assert opened.wait_s() == float("inf")
    opened.told(None)
    assert (opened.state, opened.wait_s()) == (State.CLOSED, 0)


def test_it_opens_again_when_that_one_fails_too_and_is_given_up_in_the_end(
    opened: Breaker, clock: Clock
) -> None:
    for _ in range(OPENINGS - 1):
        assert not opened.given_up
        clock.time += OPEN_S
        opened.sent()
        assert opened.told(LOST)
        assert opened.wait_s() == OPEN_S
    assert opened.given_up


def test_requests_that_were_on_their_way_do_not_open_it_once_more(opened: Breaker) -> None:
    assert [opened.told(LOST) for _ in range(10)] == [False] * 10
    assert not opened.given_up


@pytest.mark.parametrize("answer", [None, *(kind for kind in FailureKind if kind not in COUNTED)])
def test_any_answer_in_between_keeps_it_closed(answer: FailureKind | None, clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(5):
        for _ in range(FAILURES - 1):
            breaker.told(LOST)
        breaker.told(answer)
    assert breaker.state is State.CLOSED


@given(st.lists(st.sampled_from([None, *COUNTED]), max_size=30))
def test_it_is_never_open_without_so_many_failures_in_a_row(outcomes: list[FailureKind | None]) -> None:
    breaker, in_a_row, longest = Breaker(Clock()), 0, 0
    for outcome in outcomes:
        in_a_row = 0 if outcome is None else in_a_row + 1
        longest = max(longest, in_a_row)
        breaker.told(outcome)
        assert (breaker.state is State.CLOSED) or longest >= FAILURES
        assert (breaker.state is State.OPEN) == (in_a_row >= FAILURES)
