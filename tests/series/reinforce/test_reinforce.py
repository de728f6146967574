"""A panel's history → what is done next. Each test is a situation that a producer may ask about."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import (
    Assessment,
    Box,
    Evidence,
    LabeledBox,
    Measurement,
    Palette,
    Result,
    Swatch,
    SwatchMatch,
    Tolerance,
    Unmeasured,
    Verdict,
    judge,
    parse_color,
)
from series.drift import DriftKind, kinds_of
from series.generators.generator import FailureKind
from series.plan import CastMember, FrameOrder, LetteringOrder, StyleOrder
from series.reinforce import Limits, best_of, decide
from series.reinforce.attempt import Accept, AskHuman, Attempt, Decision, Mend, Repair, RepairKind, Retry
from series.reinforce.history import ANSWERED
from series.reinforce.ladder import EDITS, LADDER, chained_edits
from series.request import Abilities, EditOf, GenerationRequest, Means, first_request, reinforced

# --- a panel, pictures of it as they are judged, and a loop that asks as it is told ----------------------

LEFT = Box(0.0, 0.0, 0.5, 1.0)
COAT = Swatch("coat", parse_color("#c0392b"))
SCARF = Swatch("scarf", parse_color("#2e7d46"))
MARA = CastMember(
    name="mara",
    look="gray braid, round glasses {and} a long coat",
    medium="drawn",
    references=(Path("mara.png"),),
    palette=Palette("mara", (COAT, SCARF)),
    wardrobe="",
    place=LEFT,
)
TIB = CastMember("tib", "a small fox", "drawn", (), None, "", None)
ORDER = FrameOrder(
    panel="p01",
    index=0,
    seed=7,
    size=(640, 480),
    shot="wide",
    camera="harbor",
    scene="a harbor at dusk",
    structure="",
    characters=(MARA, TIB),
    palette=None,
    series_palette=Palette("night", (Swatch("sky", parse_color("#102040")),)),
    lettering=(LetteringOrder("NO WAY", Box(0.0, 0.0, 1.0, 0.4), "mara"),),
    style=StyleOrder("ink and wash", (Path("style.png"),), ()),
    previous=None,
    following=None,
)
EVERYTHING = Abilities(
    seed=True, reference_images=4, edit=True, mask=True, candidates=4, stronger_models=("better",)
)
NOTHING = Abilities()
FIRST = first_request(
    ORDER,
    cast=("mara", "tib", "oswin"),
    digests={Path(one): hashlib.sha256(one.encode()).hexdigest() for one in ("mara.png", "style.png")},
    abilities=EVERYTHING,
)

BAND = Tolerance(0.5, 1.0, "for tests")
COPIED = Tolerance(200, 200, "for tests", too_close=7.0)


def measured(
    check: str, subject: str, distance: float, part: str = "", evidence: Evidence | None = None
) -> Result:
    """Up to 0.5 consistent, over 1 drifted."""
    return Measurement(check, subject, distance, "of a test", "test/1", evidence or Evidence(), part)


def replaced(part: str, distance: float, found: str = "#d35400") -> Result:
    """A color of mara that another one stands for, with where it is."""
    pinned = {"coat": "#c0392b", "scarf": "#2e7d46"}[part]
    match = SwatchMatch(part, pinned, found, distance, 0.2)
    return measured("color.role", "mara", distance, part, Evidence("", (LabeledBox(LEFT, "mara"),), (match,)))


def unmeasured(check: str, subject: str) -> Result:
    return Unmeasured(check, subject, "no reference")


def judged(*results: Result) -> Assessment:
    bands = {(one.check, "test/1"): BAND for one in results}
    return judge(
        results, {**bands, ("picture.copy", "test/1"): COPIED, ("picture.duplicate", "test/1"): COPIED}
    )


GOOD = judged(measured("identity", "mara", 0.1))

Answer = Assessment | FailureKind


@dataclass
class Panel:
    """Asks, repairs and decides in turn; each answer is the next one given."""

    abilities: Abilities = EVERYTHING
    limits: Limits = field(default_factory=Limits)
    order: FrameOrder = ORDER
    attempts: list[Attempt] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    behind: dict[int, GenerationRequest] = field(default_factory=dict)

    def answered(self, *answers: Answer) -> Decision:
        """The last decision after so many answers."""
        for answer in answers:
            self._answer(answer)
        return self.decisions[-1]

    def played(self, answer: Callable[[], Answer], *, steps: int) -> Decision:
        """Until it is decided, or for so many steps."""
        for _ in range(steps):
            self._answer(answer())
            if isinstance(self.decisions[-1], Accept | AskHuman):
                break
        return self.decisions[-1]

    def _answer(self, answer: Answer) -> None:
        number = len(self.attempts) + 1
        request, repair = self._next(number)
        self.behind[number] = request
        seen, failure = (None, answer) if isinstance(answer, FailureKind) else (answer, None)
        self.attempts.append(
            Attempt(
                number,
                None if repair else request,
                repair,
                "" if seen is None else f"picture {number}",
                failure=None if repair else failure,
                assessment=seen,
            )
        )
        self.decisions.append(decide(self.order, self.attempts, abilities=self.abilities, limits=self.limits))

    def _next(self, number: int) -> tuple[GenerationRequest, Repair | None]:
        if number == 1:
            return FIRST, None
        last = self.decisions[-1]
        if isinstance(last, Mend):
            return self.behind[last.base], last.repair
        if isinstance(last, Accept | AskHuman):
            pytest.fail(f"the panel is decided: {last}")
        edit = None
        if last.reinforcement.means in EDITS:
            edit = EditOf(self.attempts[last.base - 1].image, Path("x.png"), self.behind[last.base].root)
        return reinforced(
            self.behind[last.base], last.reinforcement, base=edit, abilities=self.abilities
        ), None


def means_of(decisions: Sequence[Decision]) -> list[str]:
    """What each decision does: the means of a retry, "mend", "accept" or "ask"."""
    return [_means(one) for one in decisions]


def _means(decision: Decision) -> str:
    if isinstance(decision, Accept):
        return "accept"
    if isinstance(decision, AskHuman):
        return "ask"
    return "mend" if isinstance(decision, Mend) else decision.reinforcement.means.value


# --- situations ------------------------------------------------------------------------------------------

MANY = Limits(attempts=20)
UNLIKE = judged(measured("identity", "mara", 1.5))
GONE = judged(measured("identity.missing", "mara", 1.4))
COAT = judged(replaced("coat", 1.5))


def test_a_picture_within_all_tolerances_is_accepted() -> None:
    decision = Panel().answered(GOOD)
    assert isinstance(decision, Accept)
    assert (decision.number, decision.sure) == (1, True)


def test_what_cannot_be_measured_is_never_paid_for() -> None:
    decision = Panel().answered(judged(measured("identity", "mara", 0.7), unmeasured("color.role", "tib")))
    assert isinstance(decision, Accept)
    assert not decision.sure
    assert "identity of mara" in decision.reason
    assert "palette of tib" in decision.reason


def test_a_picture_of_which_nothing_is_measured_is_for_a_person_to_look_at() -> None:
    decision = Panel().answered(Assessment(()))
    assert isinstance(decision, Accept)
    assert not decision.sure
    assert "look at the whole picture" in decision.reason


@pytest.mark.parametrize(
    ("result", "kind", "means"),
    [
        (
            measured("identity.missing", "mara", 1.2),
            DriftKind.MISSING,
            ["text", "reference", "edit", "masked_edit", "candidates"],
        ),
        (measured("identity.unexpected", "oswin/rain", 1.2), DriftKind.EXTRA, ["text", "edit", "candidates"]),
        (
            measured("identity", "mara", 1.2),
            DriftKind.IDENTITY,
            ["text", "reference", "edit", "stronger_model", "candidates"],
        ),
        (
            measured("identity.swap", "mara", 1.2),
            DriftKind.IDENTITY,
            ["text", "reference", "edit", "stronger_model", "candidates"],
        ),
        (measured("color.p90", "mara", 1.2), DriftKind.PALETTE, ["text", "reference", "edit"]),
        (measured("style.reference", "style", 1.2), DriftKind.STYLE, ["text", "reference", "new_seed"]),
        (measured("picture.copy", "frame", 1.2), DriftKind.COPY, ["text", "new_seed", "candidates"]),
        (measured("picture.blank", "frame", 1.2), DriftKind.COPY, ["text", "new_seed", "candidates"]),
        (measured("picture.size", "frame", 1.2), DriftKind.COMPOSITION, ["text", "reference", "new_seed"]),
        (measured("lettering.text", "frame", 1.2), DriftKind.LETTERING, ["mend", "text", "masked_edit"]),
    ],
)
def test_a_drift_that_stays_is_answered_rung_by_rung(result, kind, means) -> None:
    # The distance falls each time: a drift that gets no smaller stops at a plateau.
    shrinking = [_smaller(result, turn) for turn in range(len(means) + 1)]
    panel = Panel(limits=MANY)
    panel.answered(*map(judged, shrinking))
    assert means_of(panel.decisions)[: len(means)] == means
    asked = [one.reinforcement for one in panel.decisions if isinstance(one, Retry)]
    assert all(one.kind is kind and one.answers == result.check for one in asked)


def _smaller(result, turn):
    copied = result.check == "picture.copy"
    return replace(result, distance=1.2 + 0.1 * turn if copied else 1.0 + 8 * 0.8**turn)


@pytest.mark.parametrize(
    ("results", "answered"),
    [
        ([measured("identity", "mara", 9.0), measured("identity.missing", "tib", 1.1)], "identity.missing"),
        ([measured("color.p90", "mara", 9.0), measured("picture.copy", "frame", 6.9)], "picture.copy"),
        ([measured("identity", "mara", 1.1), measured("identity.swap", "mara", 1.2)], "identity.swap"),
        (
            [measured("style.reference", "style", 1.2), measured("rendering.reference", "style", 1.2)],
            "rendering.reference",
        ),
    ],
)
def test_the_worst_drift_is_answered_first(results, answered) -> None:
    for some in (results, results[::-1]):
        assert Panel().answered(judged(*some)).reinforcement.answers == answered


def test_who_stands_elsewhere_is_not_somebody_else() -> None:
    away = judged(measured("identity", "mara", 1.2), measured("identity.missing", "mara", 0.1))
    swapped = Assessment((*away.findings, *judged(measured("identity.swap", "mara", 1.2)).findings))
    gone = judged(measured("identity", "mara", 1.2), measured("identity.missing", "mara", 1.2))
    unpinned = judged(measured("identity", "tib", 1.2), measured("identity.missing", "tib", 0.1))

    def kinds(seen):
        return {one.kind for one in kinds_of(seen, {"mara"})}

    assert kinds(away) == {DriftKind.COMPOSITION}
    assert kinds(swapped) == {DriftKind.IDENTITY}
    assert kinds(gone) == {DriftKind.MISSING}
    assert kinds(unpinned) == {DriftKind.IDENTITY}
    text = Panel().answered(away).reinforcement.text
    assert "mara stands here, and only here: left half" in text


def test_a_look_is_said_word_for_word() -> None:
    text = Panel().answered(UNLIKE).reinforcement.text
    assert "gray braid, round glasses {and} a long coat." in text
    assert "#c0392b" in text


def test_a_color_is_said_with_its_name_its_hex_and_what_wears_it() -> None:
    seen = judged(measured("color.share", "mara", 1.5, "coat"))
    text = Panel().answered(seen).reinforcement.text
    assert "The coat of mara is brick red, exactly #c0392b." in text


def test_words_are_spelled() -> None:
    panel = Panel()
    panel.answered(judged(measured("lettering.text", "frame", 1.5)), FailureKind.NO_IMAGE)
    assert "N O / W A Y" in panel.decisions[-1].reinforcement.text


@given(distance=st.floats(1.01, 50), found=st.sampled_from(["#d35400", "#123456"]))
def test_nothing_measured_is_in_the_request(distance: float, found: str) -> None:
    seen = judged(replaced("coat", distance, found), measured("color.p90", "mara", distance))
    some = Panel(limits=Limits(repairs=0)).answered(seen).reinforcement
    other = (
        Panel(limits=Limits(repairs=0))
        .answered(judged(replaced("coat", 2.0), measured("color.p90", "mara", 2.0)))
        .reinforcement
    )
    assert some == other


# --- repairs --------------------------------------------------------------------------------------------


def test_a_replaced_color_is_repaired_here_before_anything_is_paid() -> None:
    decision = Panel().answered(COAT)
    assert isinstance(decision, Mend)
    assert decision.repair.kind is RepairKind.REMAP_COLOR
    assert (decision.repair.found, decision.repair.pinned) == ("#d35400", "#c0392b")
    assert decision.repair.box == Box(0.0, 0.0, 0.75, 1.0), "grown: the color that drifted left the box"


def test_a_repair_is_free_and_so_needs_no_attempt_and_no_budget() -> None:
    assert isinstance(Panel(limits=Limits(attempts=1, budget_left=False)).answered(COAT), Mend)


@pytest.mark.parametrize("after", [COAT, UNLIKE, FailureKind.RAISED])
def test_a_repair_that_did_not_help_is_not_repeated(after) -> None:
    panel = Panel()
    decision = panel.answered(COAT, after if after is not UNLIKE else judged(replaced("coat", 9.0)))
    assert isinstance(decision, Retry)
    assert (decision.reinforcement.means, decision.base) == (Means.TEXT, 1)
    assert decision.skipped[0].rung == "local"
    assert "did not help" in decision.skipped[0].reason


def test_a_repair_that_spoils_something_else_is_built_upon_no_more() -> None:
    spoiled = judged(measured("style.reference", "style", 3.0), measured("identity", "mara", 3.0))
    decision = Panel().answered(COAT, spoiled)
    assert isinstance(decision, Retry)
    assert decision.base == 1


def test_a_repair_that_helped_may_be_made_on_another_picture() -> None:
    panel = Panel()
    panel.answered(COAT, judged(measured("style.reference", "style", 1.2)), COAT)
    assert means_of(panel.decisions) == ["mend", "text", "mend"]


def test_several_colors_are_repaired_one_after_another_within_the_limit() -> None:
    both = judged(replaced("coat", 1.5), replaced("scarf", 1.2))
    panel = Panel()
    panel.answered(both, judged(replaced("scarf", 1.2)), GOOD)
    assert means_of(panel.decisions) == ["mend", "mend", "accept"]
    panel = Panel(limits=Limits(repairs=1))
    panel.answered(both, judged(replaced("scarf", 1.2)))
    assert means_of(panel.decisions) == ["mend", "text"]
    assert "1 repairs were made" in panel.decisions[-1].skipped[0].reason


# --- what the generator cannot do -----------------------------------------------------------------------


def test_what_a_generator_cannot_do_is_passed_over_with_its_reason() -> None:
    panel = Panel(abilities=Abilities(candidates=2))
    decision = panel.answered(UNLIKE, judged(measured("identity", "mara", 1.2)))
    assert decision.reinforcement.means is Means.CANDIDATES
    assert [one.rung for one in decision.skipped] == ["reference", "edit", "stronger_model"]
    assert all(one.reason for one in decision.skipped)


def test_a_generator_that_can_do_nothing_is_asked_once_in_words_and_then_a_person() -> None:
    panel = Panel(abilities=NOTHING)
    decision = panel.answered(UNLIKE, UNLIKE)
    assert means_of(panel.decisions) == ["text", "ask"]
    assert "used up" in decision.reason
    assert len(decision.skipped) == 4


def test_no_reference_is_sent_of_a_character_that_has_none() -> None:
    decision = Panel().answered(*[judged(measured("identity", "tib", one)) for one in (3.0, 2.0)])
    assert decision.reinforcement.means is Means.EDIT
    assert "no reference picture of tib" in decision.skipped[0].reason


def test_when_every_rung_is_used_up_a_seed_draws_again_and_never_the_same() -> None:
    panel = Panel(limits=MANY, abilities=Abilities(seed=True))
    panel.answered(*[judged(measured("identity", "mara", 9 * 0.8**turn)) for turn in range(6)])
    assert means_of(panel.decisions) == ["text", *["new_seed"] * 5]
    assert len({one.request.digest for one in panel.attempts}) == 6
    assert len({one.request.seed for one in panel.attempts[1:]}) == 5


def test_a_new_seed_is_another_one_also_when_the_last_one_was_worse() -> None:
    worse = judged(measured("identity", "mara", 1.2), measured("style.reference", "style", 1.2))
    panel = Panel(limits=MANY, abilities=Abilities(seed=True))
    panel.answered(UNLIKE, judged(measured("identity", "mara", 1.4)), worse, UNLIKE)
    assert means_of(panel.decisions)[:3] == ["text", "new_seed", "new_seed"]
    assert len({one.request.seed for one in panel.attempts[1:]}) == 3


def test_a_third_edit_upon_two_edits_is_drawn_anew() -> None:
    panel = Panel(limits=MANY, abilities=replace(EVERYTHING, reference_images=0))
    missing = [judged(measured("identity.missing", "mara", distance)) for distance in (8, 6, 4)]
    decision = panel.answered(UNLIKE, *missing, UNLIKE)
    assert means_of(panel.decisions)[:4] == ["text", "text", "edit", "masked_edit"]
    assert decision.reinforcement.means is Means.STRONGER_MODEL
    assert "2 edits upon each other" in decision.skipped[-1].reason


def test_after_a_picture_drawn_anew_edits_may_follow() -> None:
    panel = Panel(limits=MANY, abilities=replace(EVERYTHING, reference_images=0))
    missing = [judged(measured("identity.missing", "mara", distance)) for distance in (8, 6, 4)]
    decision = panel.answered(*missing, UNLIKE, UNLIKE)
    assert means_of(panel.decisions)[:4] == ["text", "edit", "masked_edit", "text"]
    assert decision.reinforcement.means is Means.EDIT


# --- the best so far ------------------------------------------------------------------------------------


def test_what_got_worse_is_not_built_upon() -> None:
    worse = judged(measured("identity", "mara", 1.2), measured("style.reference", "style", 1.2))
    decision = Panel().answered(UNLIKE, worse)
    assert decision.base == 1
    assert decision.reinforcement.means is Means.REFERENCE


def test_what_drifts_no_more_than_before_keeps_what_was_said() -> None:
    assert Panel().answered(UNLIKE, judged(measured("identity", "mara", 1.6))).base == 2


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (GOOD, UNLIKE),
        (
            judged(measured("identity", "mara", 9.0)),
            judged(measured("identity", "mara", 1.1), measured("color.p90", "mara", 1.1)),
        ),
        (
            judged(measured("identity", "mara", 9.0)),
            judged(measured("identity", "mara", 1.1), measured("identity", "tib", 1.1)),
        ),
        (judged(measured("identity", "mara", 1.1)), judged(measured("identity", "mara", 1.2))),
        (GOOD, judged(measured("identity", "mara", 0.1), unmeasured("identity", "tib"))),
        (judged(measured("picture.copy", "frame", 6.0)), judged(measured("picture.copy", "frame", 2.0))),
    ],
)
def test_the_best_attempt_is_the_one_with_the_least_drift(better, worse) -> None:
    for one, other in ((better, worse), (worse, better)):
        attempts = [
            Attempt(1, FIRST, None, assessment=one, image="a"),
            Attempt(2, FIRST, None, assessment=other, image="b"),
        ]
        assert best_of(attempts).assessment is better


def test_of_equal_attempts_the_earlier_and_of_none_with_a_picture_none() -> None:
    attempts = [Attempt(n, FIRST, None, image="x", assessment=UNLIKE) for n in (1, 2)]
    assert best_of(attempts).number == 1
    assert best_of([Attempt(1, FIRST, None, "", failure=FailureKind.NO_IMAGE)]) is None
    assert best_of([]) is None


# --- when it stops --------------------------------------------------------------------------------------


def test_the_limit_of_attempts_counts_requests_and_not_repairs() -> None:
    panel = Panel(limits=Limits(attempts=2))
    panel.answered(COAT, COAT, COAT)
    assert means_of(panel.decisions) == ["mend", "text", "ask"]
    assert "2 requests were made" in panel.decisions[-1].reason


def test_no_budget_no_request() -> None:
    decision = Panel(limits=Limits(budget_left=False)).answered(UNLIKE)
    assert isinstance(decision, AskHuman)
    assert "budget" in decision.reason
    assert decision.best == 1


def test_it_stops_where_three_more_pictures_are_no_better() -> None:
    panel = Panel(limits=MANY)
    decision = panel.answered(*[UNLIKE] * 4)
    assert means_of(panel.decisions) == ["text", "reference", "edit", "ask"]
    assert "no better after 3 more pictures" in decision.reason


def test_a_little_better_is_no_better() -> None:
    slow = [judged(measured("identity", "mara", distance)) for distance in (1.50, 1.49, 1.48, 1.47)]
    assert isinstance(Panel(limits=MANY).answered(*slow), AskHuman)


def test_it_goes_on_while_the_worst_gets_better() -> None:
    panel = Panel(limits=MANY)
    assert isinstance(
        panel.answered(UNLIKE, UNLIKE, UNLIKE, judged(measured("identity", "mara", 1.4))), Retry
    )


def test_it_stops_where_two_drifts_bring_each_other_back() -> None:
    other = judged(measured("style.series", "style", 1.5))
    decision = Panel(limits=MANY).answered(UNLIKE, other, UNLIKE, other)
    assert isinstance(decision, AskHuman)
    assert "back and forth between identity of mara and style" in decision.reason


def test_two_drifts_at_once_are_no_swing() -> None:
    both = judged(measured("identity", "mara", 1.5), measured("style.series", "style", 1.5))
    other = judged(measured("style.series", "style", 1.5))
    assert isinstance(Panel(limits=MANY).answered(both, other, both, other), Retry)


def test_another_technique_is_answered_before_what_it_makes_unlike() -> None:
    decision = Panel().answered(
        judged(measured("identity", "mara", 9.0), measured("style.reference", "style", 1.5))
    )
    assert isinstance(decision, Retry)
    assert decision.reinforcement.kind is DriftKind.STYLE


@pytest.mark.parametrize(
    ("colors_in_frame", "kind"), [(0.1, DriftKind.COMPOSITION), (1.2, DriftKind.MISSING)]
)
def test_nobody_at_a_pinned_place_stands_elsewhere_or_is_missing(
    colors_in_frame: float, kind: DriftKind
) -> None:
    found = judged(
        measured("identity.place", "mara", 1.2), measured("identity.missing", "mara", colors_in_frame)
    )
    decision = Panel().answered(found)
    assert isinstance(decision, Retry)
    assert decision.reinforcement.kind is kind


# --- answers without a picture --------------------------------------------------------------------------


def test_a_refusal_is_answered_once_in_other_words() -> None:
    panel = Panel()
    decision = panel.answered(FailureKind.POLICY, FailureKind.POLICY)
    assert means_of(panel.decisions) == ["reword", "ask"]
    assert "policy 2 times" in decision.reason
    assert decision.best is None


def test_a_second_refusal_ends_it_however_late_it_comes() -> None:
    panel = Panel(limits=MANY)
    panel.answered(FailureKind.POLICY, UNLIKE, FailureKind.POLICY)
    assert means_of(panel.decisions) == ["reword", "text", "ask"]
    assert panel.decisions[-1].best == 2


@pytest.mark.parametrize("failure", [FailureKind.NO_IMAGE, FailureKind.MALFORMED])
def test_an_empty_answer_is_asked_for_again_once(failure: FailureKind) -> None:
    panel = Panel()
    assert panel.answered(failure, failure).best is None
    assert means_of(panel.decisions) == ["new_seed", "ask"]
    panel = Panel(limits=MANY)
    panel.answered(failure, UNLIKE, failure)
    assert means_of(panel.decisions) == ["new_seed", "text", "new_seed"]


@pytest.mark.parametrize("failure", [one for one in FailureKind if one not in ANSWERED])
def test_any_other_failure_is_not_asked_again_here(failure: FailureKind) -> None:
    panel = Panel()
    decision = panel.answered(UNLIKE, failure)
    assert isinstance(decision, AskHuman)
    assert decision.best == 1
    again = "run again later" in decision.reason
    assert again is (failure not in {FailureKind.INVALID_REQUEST, FailureKind.WAITING})
    assert decision.reason.startswith("waiting for a picture") is (failure is FailureKind.WAITING)


# --- what the whole series shows ------------------------------------------------------------------------


def test_what_only_the_series_shows_counts_like_the_pictures_own() -> None:
    attempts = Panel()
    attempts.answered(GOOD)
    twin = judged(measured("picture.duplicate", "frame", 0.5))
    decision = decide(ORDER, attempts.attempts, abilities=EVERYTHING, limits=Limits(), extra=twin)
    assert isinstance(decision, Retry)
    assert decision.reinforcement.kind is DriftKind.COPY
    assert "draw a new picture of the scene" in decision.reinforcement.text


# --- laws -----------------------------------------------------------------------------------------------

PLACES = [
    ("identity", "mara", ""),
    ("identity", "tib", ""),
    ("identity.missing", "mara", ""),
    ("identity.swap", "mara", ""),
    ("identity.unexpected", "oswin", ""),
    ("color.role", "mara", "coat"),
    ("color.role", "mara", "scarf"),
    ("color.share", "night", "sky"),
    ("color.shift", "frame", ""),
    ("color.mean", "tib", ""),
    ("style.series", "style", ""),
    ("rendering.reference", "style", ""),
    ("picture.blank", "frame", ""),
    ("picture.aspect", "frame", ""),
    ("picture.duplicate", "frame", ""),
    ("lettering.text", "frame", ""),
]


@st.composite
def results(draw):
    check, subject, part = draw(st.sampled_from(PLACES))
    distance = draw(st.sampled_from([1.1, 1.5, 2.0, 5.0, 0.8, 0.1]))
    if check == "color.role" and draw(st.booleans()):
        return replaced(part, distance)
    return (
        unmeasured(check, subject)
        if draw(st.integers(0, 9)) == 0
        else measured(check, subject, distance, part)
    )


pictures = st.lists(
    results(), min_size=2, max_size=5, unique_by=lambda one: (one.check, one.subject, one.part)
).map(lambda some: judged(*some))
answers = st.one_of(
    pictures,
    pictures,
    pictures,
    pictures,
    st.sampled_from(sorted(ANSWERED, key=str)),
    st.sampled_from(FailureKind),
)
abilities = st.builds(
    Abilities,
    seed=st.booleans(),
    reference_images=st.integers(0, 3),
    edit=st.booleans(),
    mask=st.booleans(),
    candidates=st.integers(1, 3),
    stronger_models=st.sampled_from([(), ("better",), ("better", "best")]),
)
limits = st.builds(
    Limits, attempts=st.integers(1, 12), repairs=st.integers(0, 3), empty_answers=st.integers(1, 3)
)


@given(data=st.data(), can=abilities, within=limits)
def test_every_history_ends_within_its_limits_and_repeats_nothing(
    data, can: Abilities, within: Limits
) -> None:
    panel = Panel(can, within)
    last = panel.played(lambda: data.draw(answers), steps=within.attempts + within.repairs + 1)
    assert isinstance(last, Accept | AskHuman)
    requests = [one.request for one in panel.attempts if one.request]
    assert len(requests) <= within.attempts
    assert len(panel.attempts) - len(requests) <= within.repairs
    assert len({one.digest for one in requests}) == len(requests)
    asked = [one.reinforcement for one in panel.decisions if isinstance(one, Retry)]
    keys = [(one.means, one.kind, one.subject, one.part) for one in asked]
    once = [key for key in keys if key[0] is not Means.NEW_SEED]
    assert len(once) == len(set(once))
    for number, decision in enumerate(panel.decisions, 1):
        best = best_of(panel.attempts[:number])
        if isinstance(decision, Retry | Mend):
            assert 1 <= decision.base <= number
        if isinstance(decision, Mend):
            assert panel.attempts[decision.base - 1].image
        if isinstance(decision, AskHuman):
            assert decision.reason
            assert decision.best == (best.number if best else None)
        if isinstance(decision, Accept):
            assert panel.attempts[decision.number - 1].assessment.verdict is not Verdict.DRIFTED
            assert decision.sure == (
                panel.attempts[decision.number - 1].assessment.verdict is Verdict.CONSISTENT
            )


@given(data=st.data(), can=abilities)
def test_every_rung_below_the_taken_one_was_taken_before_or_says_why_not(data, can: Abilities) -> None:
    panel = Panel(can, MANY)
    panel.played(lambda: data.draw(pictures), steps=8)
    before: set[tuple[object, ...]] = set()
    for decision in panel.decisions:
        if not isinstance(decision, Retry):
            continue
        one = decision.reinforcement
        said = {skipped.rung for skipped in decision.skipped}
        for rung in LADDER[one.kind]:
            if rung.means is one.means:
                break
            assert rung.means.value in said or (rung.means, one.kind, one.subject, one.part) in before
        before.add((one.means, one.kind, one.subject, one.part))


@given(data=st.data(), can=abilities)
def test_no_request_is_stronger_than_the_generator(data, can: Abilities) -> None:
    panel = Panel(can, MANY)
    panel.played(lambda: data.draw(pictures), steps=10)
    means = {one.reinforcement.means for one in panel.decisions if isinstance(one, Retry)}
    assert Means.LOCAL not in means
    assert can.reference_images or Means.REFERENCE not in means
    assert can.edit or not means & {Means.EDIT, Means.MASKED_EDIT}
    assert can.mask or Means.MASKED_EDIT not in means
    assert can.candidates > 1 or Means.CANDIDATES not in means
    assert all(chained_edits(one.request) <= 2 for one in panel.attempts if one.request)


@given(data=st.data())
def test_the_same_history_is_decided_the_same(data) -> None:
    panel = Panel(limits=MANY)
    panel.played(lambda: data.draw(answers), steps=6)
    for number, decision in enumerate(panel.decisions, 1):
        again = decide(ORDER, tuple(panel.attempts[:number]), abilities=EVERYTHING, limits=MANY)
        assert again == decision


@pytest.mark.parametrize("numbers", [[], [2], [1, 1], [2, 1]])
def test_a_history_is_numbered_from_one(numbers) -> None:
    attempts = [Attempt(number, FIRST, None, "x", assessment=GOOD) for number in numbers]
    with pytest.raises(ValueError, match="numbered"):
        decide(ORDER, attempts, abilities=EVERYTHING, limits=Limits())
