"""One panel's attempts in; what drifted in each, which is the best, and what was tried already out. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from consistency import Assessment, Verdict
from series.drift import Drifted, DriftKind, excess, kinds_of
from series.generators.generator import FailureKind
from series.plan import FrameOrder
from series.reinforce.attempt import Attempt
from series.reinforce.words import about, placed
from series.request import GenerationRequest, Means, Reinforcement

EMPTY = frozenset({FailureKind.NO_IMAGE, FailureKind.MALFORMED})
"""Failures that are an answer without a usable picture."""
ANSWERED = EMPTY | {FailureKind.POLICY}
"""Failures that count as an attempt: the provider answered."""

Key = tuple[Means, DriftKind, str, str]
"""(means, kind, subject, part) of something that was tried."""


def best_of(attempts: Sequence[Attempt]) -> Attempt | None:
    """The best attempt that has an assessed picture: fewest kinds of drift, then fewest drifted findings,
    then the smallest worst excess, then fewest unsure findings, then the earliest. None without a picture."""
    return min((one for one in attempts if one.assessment is not None), key=badness, default=None)


def badness(attempt: Attempt) -> tuple[int, int, float, int, int]:
    """Kinds of drift, drifted findings, worst excess, unsure findings, number: smaller is better."""
    findings = attempt.assessment.findings if attempt.assessment is not None else ()
    drifted = [one for one in findings if one.verdict is Verdict.DRIFTED]
    unsure = sum(one.verdict is Verdict.UNSURE for one in findings)
    kinds = {one.kind for one in kinds_of(Assessment(tuple(findings)))}
    return len(kinds), len(drifted), max(map(excess, drifted), default=0.0), unsure, attempt.number


def key_of(one: Reinforcement) -> Key:
    """What is not tried twice."""
    return one.means, one.kind, one.subject, one.part


class PanelHistory:
    """A panel's attempts, and what was tried in them."""

    def __init__(self, order: FrameOrder, attempts: Sequence[Attempt]) -> None:
        self.order, self.attempts = order, attempts
        self._placed = placed(order)

    def drifts(self, attempt: Attempt) -> tuple[Drifted, ...]:
        """Worst first."""
        return kinds_of(attempt.assessment, self._placed) if attempt.assessment is not None else ()

    @property
    def best(self) -> int | None:
        """Number of the best attempt."""
        best = best_of(self.attempts)
        return best.number if best is not None else None

    def asked(self) -> list[Attempt]:
        """Attempts with a picture that was asked for and looked at."""
        return [one for one in self.attempts if one.request is not None and one.assessment is not None]

    def answered(self) -> int:
        """Requests that count against the limit of attempts."""
        sent = [one for one in self.attempts if one.request is not None]
        return sum(one.failure is None or one.failure in ANSWERED for one in sent)

    def ground(self, until: int) -> Attempt | None:
        """What is built upon after the first `until` attempts: the best, or the latest picture that was
        asked for when it has no more kinds of drift: that it drifts a little farther is chance, and its
        request says more."""
        past = self.attempts[:until]
        best, latest = best_of(past), past[-1]
        if best is None or latest.assessment is None or latest.request is None:
            return best
        return latest if badness(latest)[0] <= badness(best)[0] else best

    def request_behind(self, attempt: Attempt) -> GenerationRequest:
        """The request that made the picture before it was repaired. Raises ValueError when there is none."""
        while attempt.request is None:
            base = self.ground(attempt.number - 1) if attempt.number > 1 else None
            if base is None:
                raise ValueError(f"attempt {attempt.number} repairs a picture that nobody asked for")
            attempt = base
        return attempt.request

    def tried(self) -> frozenset[Key]:
        """Everything asked for so far, and the repairs that did not help."""
        requests = [one.request for one in self.attempts if one.request is not None]
        asked = {key_of(one) for request in requests for one in request.reinforcements}
        return frozenset(asked | {key for one in self.attempts for key in self._failed_repair(one)})

    def _failed_repair(self, attempt: Attempt) -> list[Key]:
        repair = attempt.repair
        if repair is None:
            return []
        base = self.ground(attempt.number - 1) if attempt.number > 1 else None
        left = [(one.finding.result.check, *about(self.order, one)) for one in self.drifts(attempt)]
        still = (repair.answers, repair.drift, repair.subject, repair.part) in left
        worse = base is not None and attempt.assessment is not None and badness(attempt) > badness(base)
        helped = attempt.assessment is not None and not still and not worse
        return [] if helped else [(Means.LOCAL, repair.drift, repair.subject, repair.part)]
