"""A Generator in, a patient one out: asks again what failed on the way, and never lets an exception through.

The one place where a request is sent again because of the transport. What to change about a picture that
drifted is another matter: `series.reinforce`.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count

from series.generators.generator import Abilities, Failed, FailureKind, Generated, Generator, Outcome, Pacing
from series.masking import masked
from series.request import GenerationRequest

TRIES = 6
"""Times a request is sent at most. With the waits below, five waits outlast a minute: providers count their
limits by the minute."""
FIRST_WAIT_S = 2.0
"""Seconds before the second try; each further wait is twice as long."""
LONGEST_WAIT_S = 60.0
"""Seconds that one wait of our own choice takes at most: the window in which providers count requests."""
TOTAL_WAIT_S = 300.0
"""Seconds that all tries of a request take at most, waits that the provider asks for included: after that a
person should know. Never more than the generator's own timeout: a request that only waits would then count as
one that may have been billed."""
JITTER = 0.25
"""A wait is lengthened by up to this part of itself, so that requests which failed together do not come back
together. Never shortened: a provider that says how long to wait means it."""
AGAIN = frozenset({FailureKind.RATE_LIMITED, FailureKind.TRANSPORT})
"""Failures after which the very same request is sent again. No timeout: it may have been made and billed."""
REASON_LENGTH = 500
"""Characters of an exception's message that are kept."""

Wait = Callable[[float], bool]
"""Waits so many seconds; True when it was woken because the run stops."""


def patient(
    generator: Generator, *, wait: Wait | None = None, now: Callable[[], float] = time.monotonic
) -> Generator:
    """The same generator, but asked again after RATE_LIMITED and TRANSPORT, and silent about no exception.

    wait: how to pass the time; the `wait` of an Event makes it stop when the event is set, and then the last
    failure is the outcome. now: seconds of a clock that only runs forward. The waits of one request are the
    same each time: they are made from its key.
    """
    return _Patient(generator, wait or threading.Event().wait, now)


@dataclass(frozen=True, slots=True, eq=False)
class _Patient:
    generator: Generator
    wait: Wait
    now: Callable[[], float]

    @property
    def name(self) -> str:
        return self.generator.name

    @property
    def abilities(self) -> Abilities:
        return self.generator.abilities

    @property
    def pacing(self) -> Pacing:
        return self.generator.pacing

    def ready(self) -> None:
        self.generator.ready()

    def price(self, request: GenerationRequest) -> float:
        return self.generator.price(request)

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        longest, billed = 0.0, 0.0
        until = self.now() + min(TOTAL_WAIT_S, self.pacing.timeout_s)
        for number in count(1):
            sent = self.now()
            outcome = _ask(self.generator, request, key)
            # A try that failed may have cost something all the same.
            outcome = replace(outcome, usd=outcome.usd + billed)
            if not isinstance(outcome, Failed) or outcome.kind not in AGAIN:
                break
            billed, longest = outcome.usd, max(longest, self.now() - sent)
            seconds = _seconds(outcome, key, number)
            if number == TRIES or self.now() + seconds + longest > until:
                return replace(outcome, reason=_gave_up(outcome, number))
            if self.wait(seconds):
                break
        return outcome


def _ask(generator: Generator, request: GenerationRequest, key: str) -> Outcome:
    try:
        outcome: object = generator.generate(request, key)
    except Exception as error:  # noqa: BLE001 somebody else's code: one picture fails, not the run
        said = " ".join(masked(str(error)).split())[:REASON_LENGTH]
        return Failed(FailureKind.RAISED, f"{type(error).__name__}: {said}" if said else type(error).__name__)
    if isinstance(outcome, Generated | Failed):
        return outcome
    reason = f"the generator answered with a {type(outcome).__name__}, not with Generated or Failed"
    return Failed(FailureKind.MALFORMED, reason)


def _seconds(failed: Failed, key: str, number: int) -> float:
    """How long to wait after so many tries: what the provider asks for, or twice as long each time."""
    own = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (number - 1))
    seconds = own if failed.wait_s is None else max(0.0, failed.wait_s)
    digest = hashlib.sha256(f"{key} {number}".encode()).digest()
    return seconds * (1 + JITTER * int.from_bytes(digest[:4], "big") / 2**32)


def _gave_up(failed: Failed, tries: int) -> str:
    """The reason, and how often it was tried; the provider's wait where that was too long."""
    times = "once" if tries == 1 else f"{tries} times"
    asked = "" if failed.wait_s is None else f"; the provider asks to wait {failed.wait_s:g} s"
    return f"{failed.reason} (tried {times}{asked})"
