"""One panel's history in, the next decision out: accept, ask again stronger, repair here, or ask a person.

Pure: the same history gives the same decision on any machine. The table of means is `ladder`; asking,
repairing and keeping are the driver's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from consistency import Assessment, Box, Finding, Verdict
from series.drift import Drifted, DriftKind, called, kind_of
from series.generators.generator import FailureKind
from series.plan import FrameOrder
from series.reinforce.attempt import (
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
from series.reinforce.history import ANSWERED, Key, PanelHistory, best_of
from series.reinforce.ladder import LADDER, Rung, Situation
from series.reinforce.stops import Limits, empty_in_a_row, in_words, spent, stuck
from series.reinforce.words import about, place_of, said
from series.request import Abilities, Means, Reinforcement

__all__ = ["Limits", "best_of", "decide"]

MILD_WORDS = (
    "Tell the same scene in plain and mild words: nothing that could offend or hurt is meant or shown."
)
"""Said once after a policy refusal."""
GROWN = 0.5
"""How far a repair reaches beyond the box of its finding, in sizes of the box: as far as the check looks for
the color. Of four findings one was repaired within the box, three within the grown one."""
LOOK_AT = 3
"""Findings that an acceptance names for a person; a report has all."""


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
        if latest.failure is FailureKind.WAITING:
            return f"waiting for a picture: {why}"
        return f"the provider did not answer: {why}; run again later"
    refused = sum(one.failure is FailureKind.POLICY for one in history.attempts)
    if latest.failure is FailureKind.POLICY and refused > limits.rewords:
        times = "" if refused == 1 else f" {refused} times"
        return f"refused by the provider's policy{times}: {why}"
    empty = empty_in_a_row(history)
    if latest.failure is not FailureKind.POLICY and empty >= limits.empty_answers:
        return f"no usable picture {empty} times in a row: {why}"
    return spent(history, limits, why)


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
    reason = f"every means against {in_words(situations[0].drift)} is used up"
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
    stop = spent(history, limits, in_words(now.drift)) or stuck(history)
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
    # A proposal by colors leaves out just what has another color now: that stands around it.
    box = _grown(result.evidence.boxes[0].box)
    return Repair(RepairKind.REMAP_COLOR, kind, subject, part, result.check, box, match.found, match.pinned)


def _grown(box: Box) -> Box:
    wide, tall = GROWN * (box.right - box.left), GROWN * (box.bottom - box.top)
    left, top = max(0.0, box.left - wide), max(0.0, box.top - tall)
    return Box(left, top, min(1.0, box.right + wide), min(1.0, box.bottom + tall))


def _told(finding: Finding) -> str:
    result = finding.result
    return called(kind_of(finding), result.subject, result.part)
