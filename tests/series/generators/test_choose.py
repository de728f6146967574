"""generator: auto. What a panel wants, who is best at it, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box
from series.generators.catalogue import ImageModel, Price
from series.generators.choose import ENDS_SOON, FIGURES, PLACES, Candidate, choose, wants_of
from series.generators.generator import Abilities
from series.plan import CastMember, FrameOrder, LetteringOrder, StyleOrder

TODAY = date(2026, 11, 21)
HERE = Box(0, 0, 0.5, 1)


def member(name: str, *, place: Box | None = None, medium: str = "drawn", pictures: int = 1) -> CastMember:
    paths = tuple(Path(f"{name}{number}.png") for number in range(pictures))
    return CastMember(name, "", medium, paths, None, "", place)


def order(*members: CastMember, scene: str = "a street", words: tuple[str, ...] = ()) -> FrameOrder:
    return FrameOrder(
        panel="p01",
        index=0,
        seed=7,
        size=None,
        shot="",
        camera="",
        scene=scene,
        structure="",
        characters=members,
        palette=None,
        series_palette=None,
        lettering=tuple(LetteringOrder(text, None, "") for text in words),
        style=StyleOrder("", (), ()),
        previous=None,
        following=None,
    )


def candidate(name: str, *strong: str, references: int = 8, ends: date | None = None) -> Candidate:
    provider, _, model = name.partition(":")
    row = ImageModel(model, provider, model, Abilities(), Price(), strong, "here", TODAY, ends)
    return Candidate(name, Abilities(reference_images=references), row)


LETTERER = candidate("a:letters", "lettering", "layout")
FAST = candidate("b:fast", "speed")
CAMERA = candidate("c:camera", "photo")
ALL = (LETTERER, FAST, CAMERA)
PRICES = {"a:letters": 0.2, "b:fast": 0.03, "c:camera": 0.1}


def first(an_order: FrameOrder, candidates=ALL, prices=PRICES, **options) -> tuple[str, str]:
    choice = choose(an_order, candidates, prices, today=TODAY, **options)
    return choice.generators[0], choice.reason


def test_words_go_to_a_model_that_is_strong_at_lettering() -> None:
    name, reason = first(order(words=("Click.",)))
    assert name == "a:letters"
    assert reason == "words in the picture: strong at lettering, $0.200 a picture"


@pytest.mark.parametrize(
    "heavy",
    [
        order(*(member(f"m{i}", place=HERE) for i in range(PLACES))),
        order(*(member(f"m{i}") for i in range(FIGURES))),
        order(scene="a diagram of the lantern"),
        order(scene="Flow charts on the wall"),
    ],
)
def test_layouts_and_diagrams_go_to_a_model_that_is_strong_at_them(heavy: FrameOrder) -> None:
    name, reason = first(heavy)
    assert name == "a:letters"
    assert "layout" in reason


def test_a_diagram_is_said_once_with_everything_that_it_wants() -> None:
    assert first(order(scene="a diagram of the lantern"))[1] == (
        "a diagram: strong at lettering and layout, $0.200 a picture"
    )
    assert first(order(scene="a bar chart"), (FAST,))[1] == (
        "a diagram (bar chart): none that is strong at lettering and layout is configured, $0.030 a picture"
    )


def test_photographs_go_to_a_model_that_is_strong_at_them() -> None:
    assert first(order(member("anna", medium="photo")))[0] == "c:camera"


def test_drafts_go_to_a_fast_model_whatever_is_in_them() -> None:
    assert first(order(words=("Click.",)), drafts=True) == (
        "b:fast",
        "a draft: fast, $0.030 a picture",
    )


def test_everything_else_goes_to_the_cheapest_that_takes_the_references() -> None:
    blind = candidate("d:blind", references=0)
    prices = {**PRICES, "d:blind": 0.001}
    name, reason = first(order(member("mara")), (*ALL, blind), prices)
    assert (name, reason) == ("b:fast", "cheapest that takes 1 of 1 references, $0.030 a picture")
    assert first(order(), (*ALL, blind), prices)[0] == "d:blind"


def test_when_none_is_strong_at_it_that_is_said() -> None:
    name, reason = first(order(words=("Click.",)), (FAST, CAMERA))
    assert name == "b:fast"
    assert "none that is strong at lettering is configured" in reason


def test_a_model_past_its_end_is_left_out_and_one_that_ends_soon_comes_later() -> None:
    ended = replace(FAST, model=replace(FAST.model, ends=TODAY - timedelta(days=1)))
    assert first(order(), (ended, CAMERA))[0] == "c:camera"
    soon = replace(FAST, model=replace(FAST.model, ends=TODAY + ENDS_SOON))
    assert choose(order(), (soon, CAMERA), PRICES, today=TODAY).generators == ("c:camera", "b:fast")
    with pytest.raises(ValueError, match="nothing to choose from"):
        choose(order(), (ended,), PRICES, today=TODAY)


def test_what_an_earlier_run_got_from_one_as_strong_stays() -> None:
    gone = replace(candidate("d:gone", "lettering", "layout"), here=False)
    choice = choose(order(words=("Click.",)), (*ALL, gone), {**PRICES, "d:gone": 0.01}, today=TODAY)
    assert choice.generators[0] == "a:letters"
    assert "d:gone" not in choice.generators
    assert set(choice.as_good) == {"a:letters", "d:gone"}


def test_what_no_row_is_about_is_the_last_resort() -> None:
    previz = Candidate("previz", Abilities(reference_images=64), None)
    choice = choose(order(), (previz, *ALL), {**PRICES, "previz": 0.0}, today=TODAY)
    assert choice.generators[-1] == "previz"
    assert "nothing else is configured" in first(order(), (previz,), {"previz": 0.0})[1]


@pytest.mark.parametrize(
    "scene",
    [
        "a charter at the stable, paragraphs of rain",
        "a lantern on the table",
        "two tables, a map and a chart",
        "a graph hangs there",
    ],
)
def test_a_word_that_only_looks_like_a_diagram_is_none(scene: str) -> None:
    assert wants_of(order(scene=scene)) == ()


@pytest.mark.parametrize(
    "scene",
    ["A table of prices", "a chart showing sales", "a map of the harbor", "graphs of both", "a pie chart"],
)
def test_a_table_or_map_of_something_is_a_diagram(scene: str) -> None:
    assert {want.strength for want in wants_of(order(scene=scene))} == {"lettering", "layout"}


@given(
    st.permutations(ALL),
    st.sampled_from([True, False]),
    st.integers(0, 5),
    st.lists(st.sampled_from(["Hi", "No"]), max_size=1),
)
def test_every_candidate_is_there_once_and_their_order_changes_nothing(
    candidates, drafts, figures: int, words
) -> None:
    one = order(*(member(f"m{i}") for i in range(figures)), words=tuple(words))
    choice = choose(one, candidates, PRICES, today=TODAY, drafts=drafts)
    assert sorted(choice.generators) == sorted(PRICES)
    same = choose(one, ALL, PRICES, today=TODAY, drafts=drafts)
    assert (choice.generators, choice.reason) == (same.generators, same.reason)
    assert set(choice.as_good) == set(same.as_good)
