"""Scripted: the answers in their order, per panel, from any thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from series.generators.generator import Abilities, Failed, FailureKind, Generated, GeneratedImage, Pacing
from series.generators.scripted import Scripted
from series.request import GenerationRequest

LATE = Failed(FailureKind.TIMEOUT, "no answer in 120 s")


def test_answers_come_in_order_panel_by_panel(asked: Callable[..., GenerationRequest], sample: Path) -> None:
    red, blue = sample / "frames/p01.png", sample / "frames/p02.png"
    made = Generated((GeneratedImage(b"whole"),), usd=2.0)
    scripted = Scripted({"p01": [LATE, red, b"raw"], "p02": [made, blue]}, price=0.5)
    first, second = asked("p01"), asked("p02")
    assert scripted.generate(first, "a") is LATE
    assert scripted.generate(second, "b") is made
    answers = [scripted.generate(first, "c"), scripted.generate(second, "d"), scripted.generate(first, "e")]
    assert [answer.images[0].data for answer in answers] == [red.read_bytes(), blue.read_bytes(), b"raw"]
    assert [answer.usd for answer in answers] == [0.5, 0.5, 0.5]
    assert scripted.requests == [first, second, first, second, first]
    assert scripted.keys == ["a", "b", "c", "d", "e"]


def test_a_script_that_runs_out_says_so(asked: Callable[..., GenerationRequest]) -> None:
    scripted = Scripted({"p01": [b"one"]})
    scripted.generate(asked("p01"), "a")
    over, nobody = scripted.generate(asked("p01"), "b"), scripted.generate(asked("p09"), "c")
    assert over == Failed(FailureKind.INVALID_REQUEST, "the script has 1 answers for p01; this is request 2")
    assert "0 answers for p09" in nobody.reason


def test_a_function_sees_the_request_and_how_many_came_before(
    asked: Callable[..., GenerationRequest],
) -> None:
    scripted = Scripted(lambda request, before: f"{request.panel} {request.seed} {before}".encode())
    request = asked("p01")
    data = [scripted.generate(one, "k").images[0].data for one in (request, replace(request, seed=9))]
    assert data == [f"p01 {request.seed} 0".encode(), b"p01 9 1"]


def test_what_it_can_do_is_given(asked: Callable[..., GenerationRequest]) -> None:
    abilities, pacing = Abilities(seed=True, candidates=4), Pacing(concurrency=10)
    scripted = Scripted({}, abilities=abilities, pacing=pacing, price=0.04, name="mine")
    assert (scripted.abilities, scripted.pacing, scripted.name) == (abilities, pacing, "mine")
    assert scripted.price(asked("p01")) == 0.04


def test_no_answer_is_given_twice_to_many_threads(asked: Callable[..., GenerationRequest]) -> None:
    scripted = Scripted({"p01": [str(number).encode() for number in range(200)]})
    request = asked("p01")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda key: scripted.generate(request, str(key)), range(200)))
    assert {int(answer.images[0].data) for answer in answers} == set(range(200))
