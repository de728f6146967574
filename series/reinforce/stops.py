"""A panel's history and its limits in, the reason to stop out. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from series.drift import Drifted, DriftKind, called, excess
from series.reinforce.history import EMPTY, PanelHistory, best_of

PLATEAU_PICTURES = 3
"""Pictures in a row that are no better before the loop stops: one for each of words, reference and edit."""
PLATEAU_SHARE = 0.05
"""Share by which the worst excess has to fall to count as better. Set by hand: below it, what is measured
moves by as much when nothing but the noise of a picture changes."""


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


def spent(history: PanelHistory, limits: Limits, left: str) -> str:
    """Why no other picture may be asked for; empty when one may."""
    if history.answered() >= limits.attempts:
        pictures = "1 request was" if limits.attempts == 1 else f"{limits.attempts} requests were"
        return f"{left}; {pictures} made, the limit, and none passed"
    return "" if limits.budget_left else f"the budget is spent: {left}"


def stuck(history: PanelHistory) -> str:
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
    return f"it goes back and forth between {in_words(last[2][0])} and {in_words(last[3][0])}"


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
    return f"{in_words(drifts[0][0])} is no better after {PLATEAU_PICTURES} more pictures"


def empty_in_a_row(history: PanelHistory) -> int:
    """The last answers that had no usable picture."""
    count = 0
    for one in reversed(history.attempts):
        unusable = one.failure is None and one.request is not None and one.assessment is None
        if one.failure not in EMPTY and not unusable:
            break
        count += 1
    return count


def _who(drift: Drifted) -> tuple[DriftKind, str]:
    return drift.kind, drift.subject


def in_words(drift: Drifted) -> str:
    """As a person would say it: palette of mara, coat."""
    return called(drift.kind, drift.subject, drift.finding.result.part)
