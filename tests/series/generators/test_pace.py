"""Pace: so many requests and pictures in any minute, whatever is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.generators.generator import Failed, FailureKind, Generated, GeneratedImage, Pacing
from series.generators.pace import MINUTE, Pace, slowest
from series.generators.patience import patient
from series.generators.scripted import Scripted


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time

    def wait(self, seconds: float) -> bool:
        self.time += seconds
        return False


def test_without_limits_nothing_waits() -> None:
    pace = Pace(Pacing(), Clock())
    for _ in range(1000):
        pace.take(10)
    assert pace.wait_s(10) == 0


def test_the_request_after_the_last_of_a_minute_waits_for_the_first_to_leave_the_window() -> None:
    clock = Clock()
    pace = Pace(Pacing(requests_per_minute=2), clock)
    pace.take()
    clock.time = 10
    pace.take()
    clock.time = 30
    assert pace.wait_s() == pytest.approx(30)
    clock.time = MINUTE
    assert pace.wait_s() == 0


def test_candidates_count_each() -> None:
    clock = Clock()
    pace = Pace(Pacing(images_per_minute=5), clock)
    pace.take(4)
    clock.time = 1
    assert pace.wait_s(1) == 0
    assert pace.wait_s(2) == pytest.approx(59)


def test_more_pictures_than_a_minute_allows_are_asked_for_in_a_minute_of_their_own() -> None:
    clock = Clock()
    pace = Pace(Pacing(images_per_minute=2), clock)
    assert pace.wait_s(10) == 0
    pace.take(1)
    assert pace.wait_s(10) == pytest.approx(MINUTE)


def test_a_place_that_is_taken_ahead_is_nobody_elses() -> None:
    clock = Clock()
    pace = Pace(Pacing(requests_per_minute=2), clock)
    pace.take(after=20)
    assert pace.wait_s() == 0
    pace.take()
    assert pace.wait_s() == MINUTE
    clock.time = MINUTE
    assert pace.wait_s() == 0
    pace.take()
    assert pace.wait_s() == 20, "when the one taken ahead leaves the window"


@given(
    st.integers(1, 5),
    st.integers(1, 8),
    st.lists(st.tuples(st.integers(1, 4), st.floats(0, 20)), max_size=40),
)
def test_no_minute_ever_holds_more_than_the_limits(requests: int, images: int, asked) -> None:
    clock = Clock()
    pace = Pace(Pacing(requests_per_minute=requests, images_per_minute=images), clock)
    sent: list[tuple[float, int]] = []
    for wanted, pause in asked:
        clock.time += pause + pace.wait_s(wanted)
        # A float's sum may end a hair before the moment that was meant.
        clock.time += pace.wait_s(wanted)
        pace.take(wanted)
        sent.append((clock.time, wanted))
    for at, _ in sent:
        window = [n for then, n in sent if at - MINUTE + 1e-6 < then <= at]
        assert len(window) <= requests
        assert sum(window) <= images or len(window) == 1


def test_a_wait_that_the_provider_asks_for_holds_for_all_requests(asked) -> None:
    clock = Clock()
    pace = Pace(Pacing(), clock)
    limited = Failed(FailureKind.RATE_LIMITED, "slow down", wait_s=14)
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(pace.wait_s())
        return clock.wait(seconds)

    answers = {"p01": [limited, Generated((GeneratedImage(b"picture"),))]}
    outcome = patient(Scripted(answers), wait=wait, now=clock, pace=pace).generate(asked(), "key")
    assert isinstance(outcome, Generated)
    assert waits == [14]
    assert clock.time >= 14


def test_a_wait_that_nobody_takes_holds_up_nobody(asked) -> None:
    clock = Clock()
    pace = Pace(Pacing(), clock)
    daily = Failed(FailureKind.RATE_LIMITED, "come back tomorrow", wait_s=40_000)
    outcome = patient(Scripted({"p01": [daily]}), wait=clock.wait, now=clock, pace=pace).generate(
        asked(), "k"
    )
    assert isinstance(outcome, Failed)
    assert pace.wait_s() == 0


def test_a_request_that_is_sent_again_counts_again(asked) -> None:
    clock = Clock()
    pace = Pace(Pacing(requests_per_minute=2), clock)
    lost = Failed(FailureKind.TRANSPORT, "connection reset")
    answers = {"p01": [lost, lost, Generated((GeneratedImage(b"picture"),))]}
    pace.take()
    patient(Scripted(answers), wait=clock.wait, now=clock, pace=pace).generate(asked(), "key")
    assert clock.time >= MINUTE, "the third within a minute waits"


def test_generators_that_share_an_account_go_by_the_strictest_limit() -> None:
    both = slowest([Pacing(4, 10, 100, None), Pacing(2, None, 300, 6)])
    assert both == Pacing(2, 10, 300, 6)
