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
from typing import TYPE_CHECKING

from series.generators.generator import Failed, FailureKind, Generated, Generator, Outcome
from series.generators.pace import Pace
from series.generators.wrapped import Wrapped
from series.masking import one_line
from series.request import GenerationRequest

if TYPE_CHECKING:
    from tenacity import RetryCallState

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
    generator: Generator,
    *,
    wait: Wait | None = None,
    now: Callable[[], float] = time.monotonic,
    pace: Pace | None = None,
) -> Generator:
    """The same generator, but asked again after RATE_LIMITED and TRANSPORT, and silent about no exception.

    wait: how to pass the time; the `wait` of an Event makes it stop when the event is set, and then the last
    failure is the outcome. now: seconds of a clock that only runs forward. pace: what counts the requests
    of the account; those that are sent again count too, and a wait that the provider asks for holds for all.
    The waits of one request are the same each time: they are made from its key.
    """
    return _Patient(generator, wait or threading.Event().wait, now, pace)


@dataclass(frozen=True, slots=True, eq=False)
class _Patient(Wrapped):
    wait: Wait
    now: Callable[[], float]
    pace: Pace | None

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        from tenacity import Retrying, retry_if_result

        tries = _Tries(self, request, key)
        retrying = Retrying(
            retry=retry_if_result(_may_pass),
            wait=tries.seconds,
            stop=tries.used_up,
            sleep=tries.sleep,
            retry_error_callback=tries.gave_up,
        )
        try:
            return retrying(tries.send)
        except _WokenError as woken:
            return woken.outcome


class _WokenError(Exception):
    """The run stops."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class _Tries:
    """The tries of one request, as tenacity wants to know of them."""

    def __init__(self, patient: _Patient, request: GenerationRequest, key: str) -> None:
        self._patient, self._request, self._key = patient, request, key
        self._until = patient.now() + min(TOTAL_WAIT_S, patient.pacing.timeout_s)
        self._last: Outcome | None = None
        self._longest = 0.0

    def send(self) -> Outcome:
        sent = self._patient.now()
        outcome = _ask(self._patient.generator, self._request, self._key)
        self._longest = max(self._longest, self._patient.now() - sent)
        # A try that failed may have cost something all the same.
        self._last = replace(outcome, usd=outcome.usd + (self._last.usd if self._last is not None else 0.0))
        return self._last

    def seconds(self, state: RetryCallState) -> float:
        failed = self._last
        if not isinstance(failed, Failed):
            return 0.0
        seconds, pace = _seconds(failed, self._key, state.attempt_number), self._patient.pace
        return seconds if pace is None else max(seconds, pace.wait_s(self._request.candidates))

    def used_up(self, state: RetryCallState) -> bool:
        """That was the last one, or the next could not end in time."""
        ends = self._patient.now() + state.upcoming_sleep + self._longest
        return state.attempt_number >= TRIES or ends > self._until

    def sleep(self, seconds: float) -> None:
        failed, pace = self._last, self._patient.pace
        if isinstance(failed, Failed) and pace is not None:
            pace.take(self._request.candidates, after=seconds)
            if failed.kind is FailureKind.RATE_LIMITED:
                # Here and not before: a wait that is too long for this request must not hold up all others.
                pace.pause(max(0.0, failed.wait_s or 0.0))
        if self._patient.wait(seconds) and failed is not None:
            raise _WokenError(failed)

    def gave_up(self, state: RetryCallState) -> Outcome:
        last = self._last
        if not isinstance(last, Failed):
            raise TypeError("tenacity gave up on an answer")
        return replace(last, reason=_reason(last, state.attempt_number))


def _may_pass(outcome: Outcome) -> bool:
    return isinstance(outcome, Failed) and outcome.kind in AGAIN


def _ask(generator: Generator, request: GenerationRequest, key: str) -> Outcome:
    try:
        outcome: object = generator.generate(request, key)
    except Exception as error:  # noqa: BLE001 somebody else's code: one picture fails, not the run
        said = one_line(str(error), REASON_LENGTH)
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


def _reason(failed: Failed, tries: int) -> str:
    """The reason, and how often it was tried; the provider's wait where that was too long."""
    times = "once" if tries == 1 else f"{tries} times"
    asked = "" if failed.wait_s is None else f"; the provider asks to wait {failed.wait_s:g} s"
    return f"{failed.reason} (tried {times}{asked})"
