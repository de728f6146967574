"""One panel's history in, the next decision out: accept, ask again stronger, repair here, or ask a person.

Pure: the same history gives the same decision on any machine. The table of means is `series.ladder`; asking,
repairing and keeping are the driver's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from consistency import Assessment, Finding, Verdict
from series.attempt import (
    Accept,
    AskHuman,
    Attempt,
    Decision,
    Mend,
    Repair,
    RepairKind,
    Retry,
    Skipped,
)
from series.drift import Drifted, DriftKind, excess, kind_of
from series.generators.generator import FailureKind
from series.history import ANSWERED, EMPTY, Key, PanelHistory, best_of
from series.ladder import LADDER, Rung, Situation
from series.ladder_words import about, place_of, said
from series.plan import FrameOrder
from series.request import Abilities, Means, Reinforcement

__all__ = ["Limits", "best_of", "decide"]

PLATEAU_PICTURES = 3
"""Pictures in a row that are no better before the loop stops: one for each of words, reference and edit."""
PLATEAU_SHARE = 0.05
"""Share by which the worst excess has to fall to count as better. Set by hand: below it, what is measured
moves by as much when nothing but the noise of a picture changes."""
MILD_WORDS = (
    "Tell the same scene in plain and mild words: nothing that could offend or hurt is meant or shown."
)
"""Said once after a policy refusal."""
LOOK_AT = 3
"""Findings that an acceptance names for a person; a report has all."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a panel's loop stops."""

    attempts: int = 4
    """Requests that were answered, with a picture or a refusal, ≥ 1. One asked plainly and three stronger: a
    drift that survives words, a reference and an edit is a person's. Repairs are free and do not count."""
    repairs: int = 3
    """Repairs here, ≥ 0. A figure seldom has more than three pinned colors that another can replace."""
    empty_answers: int = 2
    """Answers without a usable picture in a row, ≥ 1: the second one is no accident."""
    rewords: int = 1
    """Other words after a policy refusal, ≥ 0: whoever is refused twice is asking for something refused."""
    budget_left: bool = True
    """False when no other picture can be paid for."""


def decide(
    order: FrameOrder,
    earlier: Sequence[Attempt],
    *,
    abilities: Abilities,
    limits: Limits,
    extra: Assessment | None = None,
) -> Decision:
    """What follows a panel's history. earlier: at least one attempt, numbered 1, 2, 3 ... in order.

    extra: what only the whole series shows about the latest picture, taken as part of its assessment.
    Raises ValueError for a history that is empty or numbered otherwise.
    """
    if not earlier or [one.number for one in earlier] != list(range(1, len(earlier) + 1)):
        raise ValueError("a history has at least one attempt, numbered 1, 2, 3 ... in order")
    history = PanelHistory(order, _with_extra(earlier, extra))
    latest = history.attempts[-1]
    if latest.assessment is None and latest.repair is None:
        return _without_picture(history, limits)
    if latest.assessment is not None and not history.drifts(latest):
        return _accept(latest, latest.assessment)
    return _reinforce(history, abilities, limits)


def _with_extra(earlier: Sequence[Attempt], extra: Assessment | None) -> tuple[Attempt, ...]:
    latest = earlier[-1]
    if extra is None or latest.assessment is None:
        return tuple(earlier)
    whole = Assessment((*latest.assessment.findings, *extra.findings))
    return (*earlier[:-1], replace(latest, assessment=whole))


# --- what follows ---------------------------------------------------------------------------------------


def _accept(latest: Attempt, assessment: Assessment) -> Accept:
    if assessment.verdict is Verdict.CONSISTENT:
        return Accept(latest.number, "everything measured is within its tolerance")
    unsure = list(dict.fromkeys(_told(one) for one in assessment.findings if one.verdict is Verdict.UNSURE))
    if not unsure:
        return Accept(latest.number, "nothing could be measured: look at the whole picture", sure=False)
    more = f" and {len(unsure) - LOOK_AT} more" if len(unsure) > LOOK_AT else ""
    return Accept(latest.number, f"nothing drifted; look at {', '.join(unsure[:LOOK_AT])}{more}", sure=False)


def _without_picture(history: PanelHistory, limits: Limits) -> Decision:
    latest = history.attempts[-1]
    stop = _no_use(history, limits)
    if stop:
        return AskHuman(stop, history.best)
    if latest.failure is FailureKind.POLICY:
        return Retry(_of_frame(Means.REWORD, MILD_WORDS, "failure.policy"), latest.number)
    answers = f"failure.{(latest.failure or FailureKind.NO_IMAGE).value}"
    text = f"Answer with one picture of the scene, take {_takes(history)}."
    return Retry(_of_frame(Means.NEW_SEED, text, answers), latest.number)


def _no_use(history: PanelHistory, limits: Limits) -> str:
    """Why nothing more is asked for after an answer without a picture; empty when it is."""
    latest = history.attempts[-1]
    why = latest.reason or (latest.failure.value if latest.failure is not None else "no picture")
    if latest.failure is FailureKind.INVALID_REQUEST:
        return f"the provider does not accept the request: {why}"
    if latest.failure is not None and latest.failure not in ANSWERED:
        return f"the provider did not answer: {why}; run again later"
    refused = sum(one.failure is FailureKind.POLICY for one in history.attempts)
    if latest.failure is FailureKind.POLICY and refused > limits.rewords:
        times = "" if refused == 1 else f" {refused} times"
        return f"refused by the provider's policy{times}: {why}"
    empty = _empty_in_a_row(history)
    if latest.failure is not FailureKind.POLICY and empty >= limits.empty_answers:
        return f"no usable picture {empty} times in a row: {why}"
    return _spent(history, limits, why)


def _reinforce(history: PanelHistory, abilities: Abilities, limits: Limits) -> Decision:
    ground = history.ground(len(history.attempts))
    if ground is None:
        raise ValueError("a repair needs a picture before it")
    drifts, request = history.drifts(ground), history.request_behind(ground)
    if ground.assessment is not None and not drifts:
        return _accept(ground, ground.assessment)
    situations = [Situation(history.order, one, abilities, request) for one in drifts]
    tried = history.tried()
    skipped: list[Skipped] = []
    repaired = sum(one.repair is not None for one in history.attempts)
    for rung in LADDER[situations[0].drift.kind]:
        now = _answerable(rung, situations, tried)
        why = rung.needs(now) or _used_up(rung, now, tried, repaired=repaired, limits=limits)
        if why is None:
            continue
        if why:
            skipped.append(Skipped(rung.means.value, why))
        elif rung.means is Means.LOCAL:
            return Mend(_repair(history.order, now.drift), ground.number, tuple(skipped))
        else:
            return _paid(history, limits, rung, now, ground, skipped)
    if abilities.seed:
        return _paid(history, limits, _AFRESH, situations[0], ground, skipped)
    reason = f"every means against {_about(situations[0].drift)} is used up"
    return AskHuman(reason, history.best, tuple(skipped))


_AFRESH = Rung(Means.NEW_SEED, lambda _: "", "Draw the whole picture anew, take {take}.")
"""When every rung is used up, where the seed decides the picture."""


def _answerable(rung: Rung, situations: Sequence[Situation], tried: frozenset[Key]) -> Situation:
    """The worst drift; for a free repair, the worst of its kind that can be repaired."""
    worst = situations[0]
    if rung.means is Means.LOCAL:
        alike = [one for one in situations if one.drift.kind is worst.drift.kind]
        for one in alike:
            if (rung.means, *about(one.order, one.drift)) not in tried and not rung.needs(one):
                return one
    return worst


def _used_up(
    rung: Rung, now: Situation, tried: frozenset[Key], *, repaired: int, limits: Limits
) -> str | None:
    """Empty when the rung can be taken, None when it was taken before, or why it cannot be."""
    if (rung.means, *about(now.order, now.drift)) in tried:
        return "repaired before, and it did not help" if rung.means is Means.LOCAL else None
    if rung.means is Means.LOCAL and repaired >= limits.repairs:
        return f"{limits.repairs} repairs were made already"
    return ""


def _paid(
    history: PanelHistory,
    limits: Limits,
    rung: Rung,
    now: Situation,
    ground: Attempt,
    skipped: Sequence[Skipped],
) -> Decision:
    stop = _spent(history, limits, _about(now.drift)) or _stuck(history)
    if stop:
        return AskHuman(stop, history.best, tuple(skipped))
    text = rung.text.replace("{take}", str(_takes(history)))
    kind, subject, part = about(now.order, now.drift)
    answers = now.drift.finding.result.check
    made = Reinforcement(kind, rung.means, subject, part, answers, said(text, now.order, now.drift))
    base = _unseeded(history, ground) if rung.means is Means.NEW_SEED else ground
    return Retry(made, base.number, tuple(skipped))


def _unseeded(history: PanelHistory, ground: Attempt) -> Attempt:
    """The ground, or the last of what was drawn afresh from it: a new seed follows from its request, and the
    same request would lead to the same seed."""
    base, request = ground, history.request_behind(ground)
    for one in history.attempts:
        sent = one.request
        if sent is not None and sent.reinforcements[:-1] == request.reinforcements != sent.reinforcements:
            base, request = (
                (one, sent) if sent.reinforcements[-1].means is Means.NEW_SEED else (base, request)
            )
    return base


# --- when it stops --------------------------------------------------------------------------------------


def _spent(history: PanelHistory, limits: Limits, left: str) -> str:
    """Why no other picture may be asked for; empty when one may."""
    if history.answered() >= limits.attempts:
        pictures = "1 request was" if limits.attempts == 1 else f"{limits.attempts} requests were"
        return f"{pictures} made, the limit, and none passed: {left}"
    return "" if limits.budget_left else f"the budget is spent: {left}"


def _stuck(history: PanelHistory) -> str:
    """Why another picture would most likely be no better; empty when it may be."""
    return _oscillation(history) or _plateau(history)


def _oscillation(history: PanelHistory) -> str:
    """Mending one drift brings another, mending that brings the first one back."""
    last = [history.drifts(one) for one in history.asked()[-4:]]
    if len(last) < 4 or not all(last):
        return ""
    worst = [_who(drifts[0]) for drifts in last]
    one, other = worst[:2]
    apart = all((other if turn % 2 == 0 else one) not in map(_who, d) for turn, d in enumerate(last))
    if worst != [one, other, one, other] or not apart:
        return ""
    return f"it goes back and forth between {_about(last[2][0])} and {_about(last[3][0])}"


def _plateau(history: PanelHistory) -> str:
    """The same drift stays the worst, and the last pictures brought it no nearer."""
    asked = history.asked()
    past, last = asked[:-PLATEAU_PICTURES], asked[-PLATEAU_PICTURES:]
    before = best_of(past)
    if before is None:
        return ""
    drifts = [history.drifts(one) for one in (before, *last)]
    if not all(drifts) or len({_who(one[0]) for one in drifts}) > 1:
        return ""
    worst = [excess(one[0].finding) for one in drifts]
    if min(worst[1:]) < worst[0] * (1 - PLATEAU_SHARE):
        return ""
    return f"{_about(drifts[0][0])} is no better after {PLATEAU_PICTURES} more pictures"


def _empty_in_a_row(history: PanelHistory) -> int:
    count = 0
    for one in reversed(history.attempts):
        unusable = one.failure is None and one.request is not None and one.assessment is None
        if one.failure not in EMPTY and not unusable:
            break
        count += 1
    return count


# --- parts ----------------------------------------------------------------------------------------------


def _takes(history: PanelHistory) -> int:
    """From 2: how often the panel will have been asked for, so that no two new drawings say the same."""
    return 1 + sum(one.request is not None for one in history.attempts)


def _of_frame(means: Means, text: str, answers: str) -> Reinforcement:
    """Against no drift: what is missing is the picture."""
    return Reinforcement(DriftKind.MISSING, means, "frame", "", answers, text)


def _repair(order: FrameOrder, drift: Drifted) -> Repair:
    result, (kind, subject, part) = drift.finding.result, about(order, drift)
    if kind is DriftKind.LETTERING:
        box = place_of(order, drift.finding)
        if box is None:
            raise ValueError("lettering is set in its pinned place, and none is pinned")
        return Repair(RepairKind.SET_LETTERING, kind, subject, part, result.check, box)
    match = next(one for one in result.evidence.swatches if one.role == part)
    box = result.evidence.boxes[0].box
    return Repair(RepairKind.REMAP_COLOR, kind, subject, part, result.check, box, match.found, match.pinned)


def _who(drift: Drifted) -> tuple[DriftKind, str]:
    return drift.kind, drift.subject


def _about(drift: Drifted) -> str:
    part = drift.finding.result.part
    return f"{drift.kind.value} of {drift.subject}" + (f", {part}" if part else "")


def _told(finding: Finding) -> str:
    result = finding.result
    return f"{kind_of(finding).value} of {result.subject}" + (f", {result.part}" if result.part else "")
