"""One panel's loop without any doing: says what to do next, is told what came of it, ends with a decision.

Asking, repairing, observing and keeping are the driver's (`driver`). The loop only remembers, so a panel is
resumed by telling a new loop the same answers again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from consistency import Assessment
from series.drift import DriftKind
from series.generators.generator import Abilities, FailureKind
from series.plan import FrameOrder
from series.reinforce import Limits, best_of, decide
from series.reinforce.attempt import Accept, AskHuman, Attempt, Decision, Mend, Repair, Retry
from series.request import EditOf, GenerationRequest, Means, Reference, Reinforcement
from series.request.build import adapted, reinforced

EDITS = frozenset({Means.EDIT, Means.MASKED_EDIT})


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the generator."""

    request: GenerationRequest
    digest: str
    """Of the request: it takes a while to compute."""
    repeat: int
    """How many times this panel asked the very same before."""
    number: int
    """Of the attempt that it becomes."""
    generator: str = ""
    """Whom to ask."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Repair a picture here."""

    repair: Repair
    image: str
    """sha256 of the picture to repair."""
    number: int


@dataclass(frozen=True, slots=True)
class Done:
    """The panel is decided."""

    decision: Accept | AskHuman
    best: Attempt | None
    """The attempt whose picture is the frame; None when there is no picture."""


Step = Ask | Fix | Done


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A picture and what was found in it."""

    image: str
    assessment: Assessment


class Desk(Protocol):
    """What the loop needs to know of files."""

    def path(self, image: str) -> Path:
        """Where a kept picture is."""

    def draw(self, reinforcement: Reinforcement, request: GenerationRequest) -> Reference | None:
        """A reference made for a reinforcement (swatches, a layout sketch); None where none is needed."""


@dataclass(frozen=True, slots=True)
class Maker:
    """A generator as a panel's loop knows it."""

    name: str
    abilities: Abilities
    first: GenerationRequest
    """What it is asked first for the panel."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where an attempt's picture came from."""

    request: GenerationRequest
    """The request behind it, also of a repaired picture."""
    mended: tuple[DriftKind, ...] = ()
    maker: str = ""


@dataclass(frozen=True, slots=True)
class Went:
    """A panel that was asked of another generator."""

    left: str
    """Who was to make it."""
    to: str
    reason: str


class FrameLoop:
    """Asks, repairs and decides for one panel until it is done."""

    def __init__(self, order: FrameOrder, maker: Maker, *, limits: Limits, desk: Desk) -> None:
        self.order = order
        self.attempts: list[Attempt] = []
        self.decisions: list[Decision] = []
        """One for each attempt: what followed it."""
        self.moves: dict[int, str] = {}
        """Number of an attempt → why it is asked of another generator, and who was to make it."""
        self.went: list[Went] = []
        self._origins: list[_Origin] = []
        self._asked: Counter[tuple[str, str]] = Counter()
        self._limits, self._desk = limits, desk
        self._maker = maker
        self.makers = {maker.name: maker}
        """Name → whoever was to make a picture."""
        self.step: Step = self._ask(maker.first)

    def answered(
        self,
        looked: Sequence[Looked],
        *,
        failure: FailureKind | None = None,
        reason: str = "",
        usd: float = 0.0,
        seconds: float = 0.0,
    ) -> None:
        """What came of an Ask: the pictures, each looked at, or a failure."""
        ask = self.step
        if not isinstance(ask, Ask):
            raise TypeError("the loop did not ask for a picture")
        attempt = Attempt(
            ask.number,
            ask.request,
            None,
            "",
            failure=failure,
            reason=reason,
            usd=usd,
            seconds=seconds,
            generator=ask.generator,
        )
        self._origins.append(_Origin(ask.request, maker=ask.generator))
        self._add(_best_candidate(attempt, looked))

    def repaired(self, looked: Looked | None, reason: str = "") -> None:
        """What came of a Fix; None when it could not be made."""
        fix = self.step
        if not isinstance(fix, Fix):
            raise TypeError("the loop did not ask for a repair")
        base = self._origins[self._number_of(fix.image) - 1]
        self._origins.append(replace(base, mended=(*base.mended, fix.repair.drift)))
        image, assessment = (looked.image, looked.assessment) if looked else ("", None)
        self._add(Attempt(fix.number, None, fix.repair, image, reason=reason, assessment=assessment))

    def moved(self, maker: Maker, reason: str) -> None:
        """What is asked for next is asked of another generator, as it is able to. reason: for people.

        Without a picture so far its first request is next; else it is decided anew what follows the attempts
        so far, with its abilities. The request that is given up counts as never asked.
        """
        ask = self.step
        if not isinstance(ask, Ask):
            raise TypeError("only what is to be asked for can be asked of another generator")
        self._asked[ask.generator, ask.digest] -= 1
        self.went.append(Went(self._maker.name, maker.name, reason))
        said = f"{reason} ({self._maker.name})"
        self._maker = self.makers[maker.name] = maker
        self.moves[ask.number] = "; ".join(filter(None, (self.moves.get(ask.number), said)))
        if best_of(self.attempts) is None:
            self.step = self._ask(maker.first)
        else:
            self.decisions.pop()
            self._decide()

    def reopened(self, extra: Assessment, *, last: bool) -> None:
        """The whole series shows something about the accepted picture that it did not show alone. last:
        nothing more is tried."""
        if not isinstance(self.step, Done) or not isinstance(self.step.decision, Accept):
            raise TypeError("only an accepted panel can be opened again")
        accepted = self.attempts[self.step.decision.number - 1]
        if accepted.assessment is not None:
            findings = (*accepted.assessment.findings, *extra.findings)
            self.attempts[accepted.number - 1] = replace(accepted, assessment=Assessment(findings))
        self.decisions.pop()
        if last:
            asked = AskHuman("it fits by itself, but not with the other frames", accepted.number)
            self.decisions.append(asked)
            self.step = Done(asked, accepted)
        else:
            self._decide()

    def _ask(self, request: GenerationRequest) -> Ask:
        digest, maker = request.digest, self._maker.name
        repeat = self._asked[maker, digest]
        self._asked[maker, digest] += 1
        return Ask(request, digest, repeat, len(self.attempts) + 1, maker)

    def _add(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self._decide()

    def _decide(self) -> None:
        decision = decide(self.order, self.attempts, abilities=self._maker.abilities, limits=self._limits)
        self.decisions.append(decision)
        self.step = self._following(decision)

    def _following(self, decision: Decision) -> Step:
        if isinstance(decision, Accept):
            return Done(decision, self.attempts[decision.number - 1])
        if isinstance(decision, AskHuman):
            return Done(decision, best_of(self.attempts))
        if isinstance(decision, Mend):
            return Fix(decision.repair, self.attempts[decision.base - 1].image, len(self.attempts) + 1)
        return self._ask(self._stronger(decision))

    def _stronger(self, retry: Retry) -> GenerationRequest:
        origin, base = self._origins[retry.base - 1], self.attempts[retry.base - 1]
        maker = self._maker
        edit = None
        if retry.reinforcement.means in EDITS:
            edit = EditOf(base.image, self._desk.path(base.image), origin.request.root, origin.mended)
        request = origin.request
        if origin.maker != maker.name:
            request = adapted(request, maker.first, maker.abilities)
        made = self._desk.draw(retry.reinforcement, request)
        return reinforced(request, retry.reinforcement, base=edit, abilities=maker.abilities, made=made)

    def _number_of(self, image: str) -> int:
        return next(a.number for a in reversed(self.attempts) if a.image == image)


def _best_candidate(attempt: Attempt, looked: Sequence[Looked]) -> Attempt:
    """The attempt with the best of its pictures."""
    if not looked:
        return attempt
    tries = [replace(attempt, image=one.image, assessment=one.assessment) for one in looked]
    # Numbered for the moment, so that of equals the first is kept.
    best = best_of([replace(one, number=index) for index, one in enumerate(tries)])
    kept = tries[best.number if best is not None else 0]
    return replace(kept, others=tuple(one.image for one in tries if one is not kept))
