"""What earlier runs left: who is asked first under auto, and which moves are followed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from series.generators.catalogue import ImageModel, catalogue
from series.generators.choose import Choice
from series.generators.generator import Failed, FailureKind
from series.generators.scripted import Scripted
from series.generators.several import Loaded
from series.manifest import read_manifest
from series.pipeline import Finished, RunOptions, run_series
from series.plan import plan
from series.request import GenerationRequest
from series.run.answer import Answer, Asked
from series.run.prepare import FirstRequests, Makers
from series.run.recall import Recalled, recovered
from series.run.store import Store, open_store

PICTURE = Answer(("a" * 64,), usd=0.04)
NOTHING = Answer((), FailureKind.QUOTA, "spent")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "series.sqlite", "Tiny") as one:
        yield one


@pytest.fixture
def make(comic):
    """Makers of p01: names, the best first; those that are as good for it."""

    def made(*names: str, as_good: tuple[str, ...] = ()) -> Makers:
        manifest = read_manifest(comic.manifest)
        orders = plan(manifest)
        row: ImageModel = next(iter(catalogue().models.values()))
        loaded = {name: Loaded(Scripted({}, name=name), name, row) for name in names}
        choice = Choice(names, "best", as_good)
        choices = {order.panel: choice for order in orders}
        return Makers(loaded, choices, FirstRequests(manifest, orders), auto=True)

    return made


def asked_of(makers: Makers, name: str) -> Asked:
    return Asked("p01", makers.maker("p01", name).first.digest, 0, name)


def answer(store: Store, asked: Asked, what: Answer) -> None:
    store.reserve(asked, usd=0.04, request="")
    store.settle(asked, what)


def test_a_panel_stays_with_whom_an_earlier_run_chose_as_long_as_it_is_as_good(store, make) -> None:
    makers = make("new", "old", as_good=("new", "old"))
    assert recovered(store, makers).start("p01").name == "new"
    answer(store, asked_of(makers, "old"), PICTURE)
    assert recovered(store, makers).start("p01").name == "old"
    assert recovered(store, make("new", "old", as_good=("new",))).start("p01").name == "new"


def test_an_answer_that_is_none_holds_nobody(store, make) -> None:
    makers = make("new", "old", as_good=("new", "old"))
    answer(store, asked_of(makers, "old"), NOTHING)
    assert recovered(store, makers).start("p01").name == "new"


def test_moves_are_followed_up_to_the_last_that_led_to_an_answer_and_once(store, make) -> None:
    makers = make("a", "b", "c", "d")
    first, second, third = (asked_of(makers, name) for name in "abc")
    store.moved(first, number=1, generator="b", reason="quota")
    store.moved(second, number=1, generator="c", reason="auth")
    store.moved(third, number=1, generator="d", reason="gone")
    assert recovered(store, makers).move(first) is None, "nobody answered: the first is tried again"
    answer(store, third, PICTURE)
    past = recovered(store, makers)
    assert [past.move(one).generator for one in (first, second)] == ["b", "c"]
    assert past.move(third) is None
    assert past.move(first) is None


def test_money_that_may_be_gone_is_a_reason_to_follow_too(store, make) -> None:
    makers = make("a", "b")
    store.moved(asked_of(makers, "a"), number=1, generator="b", reason="quota")
    store.reserve(asked_of(makers, "b"), usd=0.04, request="")
    past = recovered(store, makers)
    assert past.unknown == {asked_of(makers, "b")}
    assert past.move(asked_of(makers, "a")).reason == "quota"


def test_a_move_to_one_that_the_manifest_names_no_more_is_forgotten(store, make) -> None:
    makers = make("a", "b")
    store.moved(asked_of(makers, "a"), number=1, generator="b", reason="quota")
    answer(store, asked_of(makers, "b"), PICTURE)
    assert recovered(store, make("a")).move(asked_of(makers, "a")) is None


def move(store: Store, asked: Asked, generator: str, reason: str = "quota") -> None:
    store.moved(asked, number=1, generator=generator, reason=reason)


def path_of(past: Recalled, makers: Makers, name: str) -> list[str]:
    """Who a run would go on to, told the moves."""
    path = [name]
    while (one := past.move(asked_of(makers, path[-1]))) is not None:
        path.append(one.generator)
    return path


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(went=st.lists(st.sampled_from("abcd"), min_size=1, max_size=8), gone=st.sampled_from(["", *"abcd"]))
def test_however_often_an_attempt_went_to_and_fro_its_answer_is_found(make, went, gone) -> None:
    went = [name for at, name in enumerate(went) if at == 0 or name != went[at - 1]]
    assume(gone not in {went[0], went[-1]})
    every, makers = make(*"abcd"), make(*(name for name in "abcd" if name != gone))
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "s.sqlite", "Tiny") as store:
        for before, after in pairwise(went):
            move(store, asked_of(every, before), after)
        answer(store, asked_of(every, went[-1]), PICTURE)
        path = path_of(recovered(store, makers), makers, went[0])
    assert path[-1] == went[-1]
    assert set(path) <= set(went) - {gone}


def test_a_panel_that_came_back_stays_where_it_was_answered_or_may_have_been_billed(store, make) -> None:
    makers = make("a", "b")
    for name, to in ("ab", "ba", "ab"):
        move(store, asked_of(makers, name), to)
    store.reserve(asked_of(makers, "b"), usd=0.04, request="")
    assert path_of(recovered(store, makers), makers, "a") == ["a", "b"]


def test_a_request_that_was_answered_later_is_left_for_nobody(store, make) -> None:
    makers = make("a", "b")
    move(store, asked_of(makers, "a"), "b")
    answer(store, asked_of(makers, "a"), PICTURE)
    second = Asked("p01", "e" * 64, 0, "a")  # of the second attempt, which did go to b
    store.moved(second, number=2, generator="b", reason="auth")
    answer(store, Asked("p01", "f" * 64, 0, "b"), PICTURE)
    past = recovered(store, makers)
    assert past.move(asked_of(makers, "a")) is None
    assert past.move(second).generator == "b"


def test_where_a_generator_was_taken_out_it_is_told_why_the_one_before_was_left(store, make) -> None:
    every = make("a", "b", "c")
    move(store, asked_of(every, "a"), "b", "quota")
    move(store, asked_of(every, "b"), "c", "auth")
    answer(store, asked_of(every, "c"), PICTURE)
    one = recovered(store, make("a", "c")).move(asked_of(every, "a"))
    assert (one.generator, one.reason) == ("c", "quota")


class Quiet:
    """Watches a run and says nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_named: None


@pytest.fixture
def run(comic):
    """Run the comic with generators that give these answers. → how it ended, and who was asked for what."""

    def ran(**answers: Failed | str) -> tuple[Finished, list[tuple[str, str]]]:
        def answer(outcome: Failed | str, request: GenerationRequest) -> Failed | Path:
            return comic.frames / f"{request.panel}.png" if isinstance(outcome, str) else outcome

        makers = [
            Scripted(lambda request, _, outcome=outcome: answer(outcome, request), name=name, price=0.04)
            for name, outcome in answers.items()
        ]
        finished = run_series(RunOptions(comic.manifest), Quiet(), makers)
        return finished, [(one.name, request.panel) for one in makers for request in one.requests]

    return ran


SPENT = Failed(FailureKind.QUOTA, "spent")


def test_a_run_without_a_generator_between_pays_for_nothing_again(run) -> None:
    first, _ = run(a=SPENT, b=SPENT, c="pictures")
    assert first.audit.run.usd == pytest.approx(4 * 0.04)
    again, asked = run(a="pictures", c="pictures")
    assert again.audit.run.accepted == 4
    assert asked == []


def test_a_run_that_had_come_back_to_a_generator_pays_for_nothing_again(comic, run) -> None:
    run(a=SPENT, b="pictures")
    with open_store(comic.folder / "out" / "series.sqlite", "Tiny") as store:
        moves = store.moves()
        assert len(moves) == 4
        for panel, (one,) in moves.items():
            (paid,) = [
                row.asked for row in store.books().money if (row.asked.panel, row.usd) == (panel, 0.04)
            ]
            given_up = replace(paid, generator="a")
            assert given_up.key == one.asked_key
            store.moved(paid, number=1, generator="a", reason="down")
            store.moved(given_up, number=1, generator="b", reason="down")
    again, asked = run(a="pictures", b="pictures")
    assert again.audit.run.accepted == 4
    assert asked == []
