"""Patience: what is sent again and what never; waits; exceptions told without their secrets."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.generators.generator import Abilities, Failed, FailureKind, Generated, GeneratedImage, Pacing
from series.generators.patience import (
    AGAIN,
    FIRST_WAIT_S,
    JITTER,
    LONGEST_WAIT_S,
    TOTAL_WAIT_S,
    TRIES,
    patient,
)
from series.generators.scripted import Scripted
from series.masking import masked

LIMITED = Failed(FailureKind.RATE_LIMITED, "10 requests a minute")
LOST = Failed(FailureKind.TRANSPORT, "connection reset")
MADE = Generated((GeneratedImage(b"picture"),), usd=0.04)


@dataclass
class Clock:
    """Time that passes only by waiting."""

    time: float = 100.0
    waits: list[float] = field(default_factory=list)
    stop_after: int = 1_000

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += seconds
        return len(self.waits) >= self.stop_after

    def now(self) -> float:
        return self.time


def ask(answers, request, clock, key="key"):
    scripted = Scripted({request.panel: answers})
    outcome = patient(scripted, wait=clock.wait, now=clock.now).generate(request, key)
    return outcome, scripted


def test_it_asks_again_with_the_same_key_until_it_works(asked) -> None:
    clock = Clock()
    outcome, scripted = ask([LIMITED, LOST, MADE], asked(), clock)
    assert outcome.images == MADE.images
    assert scripted.keys == ["key"] * 3
    assert len({request.digest for request in scripted.requests}) == 1


@pytest.mark.parametrize("kind", [kind for kind in FailureKind if kind not in AGAIN])
def test_everything_else_is_asked_once(kind: FailureKind, asked) -> None:
    clock = Clock()
    failed = Failed(kind, "no", wait_s=1.0, stage="input", usd=0.02)
    outcome, scripted = ask([failed, MADE], asked(), clock)
    assert outcome == failed
    assert len(scripted.requests) == 1
    assert clock.waits == []


def test_a_timeout_is_never_sent_again() -> None:
    assert FailureKind.TIMEOUT not in AGAIN


def test_it_gives_up_after_so_many_tries_and_says_how_many(asked) -> None:
    clock = Clock()
    outcome, scripted = ask([LOST] * 50, asked(), clock)
    assert outcome.kind is FailureKind.TRANSPORT
    assert outcome.reason == f"connection reset (tried {TRIES} times)"
    assert len(scripted.requests) == TRIES
    assert len(clock.waits) == TRIES - 1


def test_waits_double_and_outlast_a_minute(asked) -> None:
    clock = Clock()
    ask([LIMITED] * 50, asked(), clock)
    plain = [FIRST_WAIT_S * 2**number for number in range(TRIES - 1)]
    for waited, least in zip(clock.waits, plain, strict=True):
        assert least <= waited <= least * (1 + JITTER)
    assert sum(clock.waits) > 60


@given(st.text(), st.lists(st.one_of(st.none(), st.floats(-5, 400)), min_size=TRIES, max_size=TRIES))
def test_no_wait_is_shorter_than_asked_and_all_stay_in_bounds(key: str, waits) -> None:
    from series.request import GenerationRequest, Structure, StyleWords

    request = GenerationRequest(
        "p01", Structure("", "", "", "", (9, 9)), (), StyleWords("", ()), (), (), (), (), 1
    )
    runs = []
    for _ in range(2):
        clock = Clock()
        answers = [Failed(FailureKind.RATE_LIMITED, "slow down", wait_s=seconds) for seconds in waits]
        outcome, _ = ask(answers, request, clock, key)
        assert isinstance(outcome, Failed)
        assert sum(clock.waits) <= TOTAL_WAIT_S
        for waited, seconds in zip(clock.waits, waits, strict=False):
            assert waited >= (seconds or 0)
            assert seconds is not None or waited <= LONGEST_WAIT_S * (1 + JITTER)
        runs.append(clock.waits)
    assert runs[0] == runs[1]


def test_requests_that_fail_together_come_back_apart(asked) -> None:
    first, second = Clock(), Clock()
    ask([LIMITED, MADE], asked(), first, "a")
    ask([LIMITED, MADE], asked(), second, "b")
    assert first.waits != second.waits


def test_a_wait_that_is_too_long_is_told_and_not_waited_for(asked) -> None:
    clock = Clock()
    daily = Failed(FailureKind.RATE_LIMITED, "daily limit", wait_s=3_600)
    outcome, _ = ask([daily, MADE], asked(), clock)
    assert outcome.reason == "daily limit (tried once; the provider asks to wait 3600 s)"
    assert clock.waits == []


def test_all_tries_together_end_before_the_request_counts_as_timed_out(asked) -> None:
    clock = Clock()

    def slow(request, before):
        clock.time += 8
        return LIMITED

    generator = Scripted(slow, pacing=Pacing(timeout_s=30))
    outcome = patient(generator, wait=clock.wait, now=clock.now).generate(asked(), "key")
    assert outcome.kind is FailureKind.RATE_LIMITED
    assert len(generator.requests) == 2
    assert clock.time - 100 <= 30


def test_what_failed_tries_cost_is_added_up(asked) -> None:
    billed = Failed(FailureKind.TRANSPORT, "cut off", usd=0.01)
    outcome, _ = ask([billed, billed, MADE], asked(), Clock())
    assert outcome.usd == pytest.approx(0.06)
    outcome, _ = ask([billed] * TRIES, asked(), Clock())
    assert outcome.usd == pytest.approx(0.01 * TRIES)


def test_stopping_the_run_ends_the_wait(asked) -> None:
    clock = Clock(stop_after=1)
    outcome, scripted = ask([LOST, MADE], asked(), clock)
    assert outcome == LOST
    assert len(scripted.requests) == 1


def test_an_event_wakes_a_real_wait(asked) -> None:
    stop = threading.Event()
    generator = patient(Scripted({"p01": [LOST, MADE]}), wait=stop.wait)
    threading.Timer(0.05, stop.set).start()
    begun = time.monotonic()
    assert generator.generate(asked(), "key") == LOST
    assert time.monotonic() - begun < FIRST_WAIT_S / 2


def test_the_rest_of_the_protocol_is_the_generators_own(asked) -> None:
    inner = Scripted({}, abilities=Abilities(edit=True), pacing=Pacing(concurrency=9), price=0.3, name="mine")
    outer = patient(inner)
    assert (outer.name, outer.abilities, outer.pacing) == ("mine", inner.abilities, inner.pacing)
    assert outer.price(asked()) == 0.3


def raising(error: BaseException):
    def answer(request, before):
        raise error

    return patient(Scripted(answer))


def test_an_exception_becomes_a_failure_with_its_type_and_message(asked) -> None:
    outcome = raising(ZeroDivisionError("a\nb")).generate(asked(), "key")
    assert outcome == Failed(FailureKind.RAISED, "ZeroDivisionError: a b")
    assert raising(MemoryError()).generate(asked(), "key").reason == "MemoryError"


def test_an_interruption_is_no_failure(asked) -> None:
    with pytest.raises(KeyboardInterrupt):
        raising(KeyboardInterrupt()).generate(asked(), "key")


@pytest.mark.parametrize("answer", [None, b"raw", "text", 3])
def test_an_answer_of_another_type_is_a_failure(answer: object, asked) -> None:
    class Odd(Scripted):
        def generate(self, request, key):
            return answer

    outcome = patient(Odd({})).generate(asked(), "key")
    assert outcome.kind is FailureKind.MALFORMED
    assert type(answer).__name__ in outcome.reason


SECRETS = [
    ("Authorization: Bearer abcDEF123.456-xyz", "abcDEF"),
    ("headers={'x-api-key': 'shortish', 'accept': '*/*'}", "shortish"),
    ("GET https://host/v1?key=AbCd1234&size=9 failed", "AbCd1234"),
    ("bad key sk-proj-0123456789abcdefghij", "0123456789"),
    ("token AIzaSyA0123456789abcdefghijk refused", "SyA0123"),
    ("https://me:hunter2@host/ is down", "hunter2"),
    ('{"access_token": "ya29.x"}', "ya29.x"),
    ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM", "SflKxw"),
    ("seen 0a1b2c3d4e5f60718293a4b5c6d7e8f9 before", "0a1b2c"),
    ("password=correcthorse", "correcthorse"),
    ("Basic dXNlcjpwYXNzd29yZA==", "dXNlcjpw"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_no_secret_leaves_in_a_reason(text: str, secret: str, asked) -> None:
    outcome = raising(ValueError(text)).generate(asked(), "key")
    assert secret not in outcome.reason
    assert "***" in outcome.reason


@pytest.mark.parametrize(
    "text",
    [
        "no file refs/mara/front.png in /home/kim/series-2026/lantern",
        "expected 1024x768, found 1536x1024",
        "the keyboard is a key part of the scene",
        "https://host/v1/images?size=1024x1024&n=2",
        "HTTPSConnectionPool: Max retries exceeded with url /v1/images/generations",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text
