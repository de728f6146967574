"""Request → drifts: the asked share of first pictures, and laws of what a constraint does to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box
from series.drift import DriftKind
from series.generators.previz.chance import (
    ANSWERED,
    FACTORS,
    FRAME,
    MOST_DRIFTS,
    Risk,
    difficulty,
    draw_of,
    drifts_of,
    left_of_chance,
    panel_difficulties,
    risks_of,
)
from series.generators.previz.options import KIND_WEIGHTS, DriftOptions
from series.request import (
    EditOf,
    GenerationRequest,
    Identity,
    Means,
    NamedColor,
    Reference,
    Reinforcement,
    Role,
    Structure,
    StyleWords,
    Words,
)

NAMES = ("mara", "tib", "oswin")
DRAWN = tuple(KIND_WEIGHTS)
CAST = {name: f"refs/{name}.png" for name in NAMES}
FRESH = (Means.TEXT, Means.REFERENCE, Means.NEW_SEED, Means.CANDIDATES, Means.STRONGER_MODEL)


def ask(
    panel: str = "p01", *, people: int = 2, words: bool = True, placed: bool = True, seed: int = 1
) -> GenerationRequest:
    place = Box(0.1, 0.2, 0.4, 0.9) if placed else None
    present = NAMES[:people]
    return GenerationRequest(
        panel=panel,
        structure=Structure("They meet.", "", "", "", (256, 192)),
        copy=(Words("HELLO THERE", None, ""),) if words else (),
        style=StyleWords("ink", ()),
        identities=tuple(
            Identity(name, "", "drawn", "", (NamedColor("coat", "#c8322e"),), place) for name in present
        ),
        absent=tuple(name for name in NAMES if name not in present),
        palette=(),
        references=tuple(
            Reference(Role.CHARACTER, name, f"{index}" * 64, Path(f"{name}.png"))
            for index, name in enumerate(present)
        ),
        seed=seed,
    )


def various(number: int) -> GenerationRequest:
    """Another kind of panel for each number: some without words, people or pinned places."""
    return ask(f"p{number}", people=number % 4, words=number % 2 == 0, placed=number % 5 < 3)


def against(kind: DriftKind, means: Means, subject: str = FRAME) -> Reinforcement:
    return Reinforcement(kind, means, subject, "", "check", "say so")


def drifts(request: GenerationRequest, options: DriftOptions, draw: str | None = None):
    return drifts_of(request, options, draw or draw_of(request))


@pytest.mark.parametrize(("rate", "cast"), [(0.1, CAST), (0.3, {}), (0.5, CAST)])
def test_the_asked_share_of_first_pictures_drifts(rate: float, cast: dict[str, str]) -> None:
    options = DriftOptions(rate=rate, cast=cast)
    count = 2000
    drifted = sum(bool(drifts(various(number), options)) for number in range(count))
    # Three standard errors: the seed is fixed, so this either holds or it does not.
    assert abs(drifted / count - rate) < 3 * sqrt(rate * (1 - rate) / count)


def test_a_rate_of_nothing_never_drifts_and_one_of_everything_always_does() -> None:
    assert not any(drifts(various(number), DriftOptions(rate=0)) for number in range(200))
    assert all(drifts(various(number), DriftOptions(rate=1)) for number in range(200))


def test_kinds_drift_by_their_weights() -> None:
    options = DriftOptions(rate=0.2, kinds={DriftKind.IDENTITY: 3.0, DriftKind.STYLE: 1.0})
    found = Counter(drift.kind for number in range(1500) for drift in drifts(ask(f"p{number}"), options))
    assert set(found) == {DriftKind.IDENTITY, DriftKind.STYLE}
    assert 2.2 < found[DriftKind.IDENTITY] / found[DriftKind.STYLE] < 4.0


def test_a_kind_that_a_panel_cannot_have_is_not_drawn_and_the_rest_make_up_for_it() -> None:
    kinds = {risk.kind for risk in risks_of(ask(people=0, words=False))}
    assert kinds == {DriftKind.STYLE, DriftKind.PALETTE, DriftKind.COMPOSITION}
    assert DriftKind.EXTRA not in {risk.kind for risk in risks_of(ask(people=1))}
    assert [risk.subject for risk in risks_of(ask(people=1), NAMES) if risk.kind is DriftKind.EXTRA] == [
        "tib",
        "oswin",
    ]
    only_words = DriftOptions(rate=1, kinds={DriftKind.LETTERING: 1.0})
    assert drifts(ask(words=False), only_words) == ()
    assert [drift.kind for drift in drifts(ask(), only_words)] == [DriftKind.LETTERING]


def test_hard_panels_stay_hard() -> None:
    options = DriftOptions(rate=0.2)
    first, second = [], []
    for number in range(800):
        first.append(bool(drifts(ask(f"p{number}", seed=1), options)))
        second.append(bool(drifts(ask(f"p{number}", seed=2), options)))
    again = sum(a and b for a, b in zip(first, second, strict=True)) / sum(first)
    assert again > 1.5 * sum(second) / len(second)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**53 - 1))
def test_difficulty_is_a_chance_that_rises_with_the_rate(low: float, high: float, bits: int) -> None:
    low, high = sorted((low, high))
    easy, hard = difficulty(low, bits / 2**53), difficulty(high, bits / 2**53)
    assert 0 <= easy <= hard + 1e-9 <= 1 + 1e-9


def test_another_seed_finds_other_panels_hard() -> None:
    one = panel_difficulties(ask(), DriftOptions(seed=1))
    assert one == panel_difficulties(ask(seed=9), DriftOptions(seed=1))
    assert one != panel_difficulties(ask(), DriftOptions(seed=2))


reinforcements = st.lists(
    st.builds(
        against, st.sampled_from(DRAWN), st.sampled_from(list(Means)), st.sampled_from([*NAMES, FRAME])
    ),
    max_size=6,
)


@given(st.integers(0, 400), reinforcements, reinforcements, st.floats(0.1, 1))
def test_a_constraint_added_to_an_edit_only_takes_drift_away(
    number: int, earlier: list[Reinforcement], more: list[Reinforcement], rate: float
) -> None:
    options = DriftOptions(rate=rate, cast=CAST)
    first = various(number)
    edit = EditOf("0" * 64, Path("base.png"), first.root)
    some = replace(first, edit=edit, reinforcements=tuple(earlier))
    all_of_them = replace(some, reinforcements=(*earlier, *more))
    before, after = drifts(some, options, first.root), drifts(all_of_them, options, first.root)
    assert set(after) <= set(before) <= set(drifts(first, options))


@given(st.integers(0, 200), reinforcements)
def test_what_an_edit_was_not_told_to_change_stays(number: int, told: list[Reinforcement]) -> None:
    options = DriftOptions(rate=0.9, cast=CAST)
    first = various(number)
    edited = replace(first, edit=EditOf("0" * 64, Path("b.png"), first.root), reinforcements=tuple(told))
    touched = {kind for one in told for kind in ANSWERED[one.kind]}
    untouched = [drift for drift in drifts(first, options) if drift.kind not in touched]
    assert [drift for drift in drifts(edited, options, first.root) if drift.kind not in touched] == untouched


def test_what_was_mended_does_not_come_back() -> None:
    options = DriftOptions(rate=1, kinds={DriftKind.PALETTE: 1.0, DriftKind.STYLE: 1.0})
    first = ask()
    assert len(drifts(first, options)) == 2
    edit = EditOf("0" * 64, Path("b.png"), first.root, mended=(DriftKind.PALETTE,))
    assert [one.kind for one in drifts(replace(first, edit=edit), options, first.root)] == [DriftKind.STYLE]


@pytest.mark.parametrize("means", [Means.TEXT, Means.REFERENCE, Means.STRONGER_MODEL, Means.NEW_SEED])
def test_each_means_leaves_its_factor_of_the_chance(means: Means) -> None:
    kind, count, options = DriftKind.STYLE, 1200, DriftOptions(rate=0.5, kinds={DriftKind.STYLE: 1.0})
    told = tuple(replace(ask(f"p{n}"), reinforcements=(against(kind, means),)) for n in range(count))
    share = sum(bool(drifts(one, options)) for one in told) / count
    wanted = 0.5 * FACTORS[means]
    assert abs(share - wanted) < 3 * sqrt(wanted * (1 - wanted) / count)


def test_saying_it_again_by_the_same_means_changes_nothing() -> None:
    risk = Risk(DriftKind.IDENTITY, "mara")
    once, names = against(DriftKind.IDENTITY, Means.TEXT, "mara"), frozenset(NAMES)
    assert (
        left_of_chance(risk, [once, once], names)
        == left_of_chance(risk, [once], names)
        == FACTORS[Means.TEXT]
    )


@pytest.mark.parametrize(
    ("kind", "subject", "answered"),
    [
        (DriftKind.IDENTITY, "mara", True),
        (DriftKind.IDENTITY, "tib", False),
        (DriftKind.IDENTITY, "series", True),
        (DriftKind.MISSING, "mara", True),
        (DriftKind.MISSING, "tib", False),
        (DriftKind.MISSING, "series", False),
        (DriftKind.PALETTE, "mara", False),
        (DriftKind.STYLE, "mara", False),
    ],
)
def test_a_constraint_answers_its_kind_and_subject(kind: DriftKind, subject: str, answered: object) -> None:
    left = left_of_chance(
        Risk(DriftKind.IDENTITY, "mara"), [against(kind, Means.TEXT, subject)], frozenset(NAMES)
    )
    assert (left < 1) is answered


def test_means_get_stronger_up_the_ladder() -> None:
    ladder = [Means.NEW_SEED, Means.TEXT, Means.REFERENCE, Means.EDIT, Means.MASKED_EDIT]
    assert all(FACTORS[weak] > FACTORS[strong] for weak, strong in pairwise(ladder))
    assert all(0 < factor <= 1 for factor in FACTORS.values())
    assert set(FACTORS) == set(Means)


@given(st.integers(0, 500))
def test_a_picture_has_at_most_two_drifts_one_a_kind_and_one_a_figure(number: int) -> None:
    found = drifts(various(number), DriftOptions(rate=1, cast=CAST))
    assert 1 <= len(found) <= MOST_DRIFTS
    assert len({drift.kind for drift in found}) == len(found)
    figures = [drift.subject for drift in found if drift.subject != FRAME]
    assert len(set(figures)) == len(figures)


def test_candidates_and_keys_of_a_seedless_model_are_draws_of_their_own() -> None:
    request = ask()
    draws = {draw_of(request), draw_of(request, 1), draw_of(request, 2), draw_of(request, 0, "a")}
    assert len(draws) == 4
    assert draw_of(request) == request.digest


def test_sizes_lie_around_the_asked_one() -> None:
    options = DriftOptions(rate=1, size=0.5)
    sizes = [drift.size for number in range(300) for drift in drifts(various(number), options)]
    assert 0.35 <= min(sizes) < 0.4
    assert 0.6 < max(sizes) <= 0.65
