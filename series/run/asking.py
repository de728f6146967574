"""Requests out to a generator in threads of their own; answers back, their pictures on disk first."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from series.errors import SeriesError
from series.generators.generator import Failed, FailureKind, Generator, Outcome, Pacing
from series.generators.validate import checked
from series.masking import masked
from series.request import GenerationRequest
from series.run.answer import Answer, Asked
from series.run.images import Images

MINUTE = 60.0
"""Seconds of the window in which requests are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Arrived:
    """What came of a request."""

    asked: Asked
    answer: Answer
    error: SeriesError | None = None
    """The picture came and could not be kept: the run has to stop."""


@dataclass(frozen=True, slots=True)
class Freed:
    """The generator answered: its place is free, while the pictures are still being checked and kept."""

    asked: Asked


class Courier:
    """Keeps a provider's pace: so many requests in flight, so many a minute. For one calling thread."""

    def __init__(
        self,
        generator: Generator,
        images: Images,
        deliver: Callable[[Freed | Arrived], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._generator, self._images, self._deliver, self._clock = generator, images, deliver, clock
        self._pacing: Pacing = generator.pacing
        self._sent: deque[float] = deque()
        self._waiting: dict[Asked, float] = {}
        """Sent and not answered: each takes a place."""
        self._unpacking: set[Asked] = set()

    @property
    def in_flight(self) -> int:
        """Requests that were sent and have no answer yet."""
        return len(self._waiting)

    @property
    def busy(self) -> bool:
        """Whether something is still to be delivered."""
        return bool(self._waiting or self._unpacking)

    def wait_s(self) -> float:
        """Seconds until the next request may be sent; inf while all places are taken."""
        if self.in_flight >= self._pacing.concurrency:
            return float("inf")
        limit = self._pacing.requests_per_minute
        if limit is None:
            return 0.0
        now = self._clock()
        while self._sent and self._sent[0] <= now - MINUTE:
            self._sent.popleft()
        if len(self._sent) < max(1, int(limit)):
            return 0.0
        return self._sent[-max(1, int(limit))] + MINUTE - now

    def send(self, asked: Asked, request: GenerationRequest) -> None:
        """Ask, in a thread that ends with its answer. A generator that hangs holds up no exit."""
        now = self._clock()
        self._sent.append(now)
        self._waiting[asked] = now
        threading.Thread(target=self._ask, args=(asked, request), daemon=True).start()

    def freed(self, asked: Asked) -> None:
        """Its place may be taken by the next request."""
        if self._waiting.pop(asked, None) is not None:
            self._unpacking.add(asked)

    def arrived(self, asked: Asked) -> bool:
        """The answer is taken. False for one that was given up before."""
        known = asked in self._unpacking
        self._unpacking.discard(asked)
        return known

    def overdue(self) -> list[Arrived]:
        """Give up on requests without an answer in time. Should one arrive all the same, it is delivered."""
        limit = self._pacing.timeout_s
        late = [asked for asked, sent in self._waiting.items() if self._clock() - sent > limit]
        for asked in late:
            del self._waiting[asked]
        reason = f"no answer within {limit:g} s"
        return [Arrived(asked, failed_answer(Failed(FailureKind.TIMEOUT, reason), limit)) for asked in late]

    def next_deadline_s(self) -> float:
        """Seconds until the oldest request is overdue; inf when none is in flight."""
        if not self._waiting:
            return float("inf")
        return max(0.0, min(self._waiting.values()) + self._pacing.timeout_s - self._clock())

    def _ask(self, asked: Asked, request: GenerationRequest) -> None:
        started = self._clock()
        try:
            outcome = self._generator.generate(request, asked.key)
        except Exception as error:  # noqa: BLE001 - somebody else's code: one picture fails, not the run
            outcome = _raised(error)
        seconds = self._clock() - started
        self._deliver(Freed(asked))
        self._deliver(self._unpacked(asked, request, outcome, seconds))

    def _unpacked(
        self, asked: Asked, request: GenerationRequest, outcome: Outcome, seconds: float
    ) -> Arrived:
        try:
            return Arrived(asked, self._kept(checked(outcome, request), seconds))
        except SeriesError as error:
            # It was made, and perhaps billed: the books must say so.
            failed = Failed(FailureKind.RAISED, f"the picture came and could not be kept: {error}")
            return Arrived(asked, failed_answer(failed, seconds), error)
        except Exception as error:  # noqa: BLE001 - an answer in another shape than the protocol's
            return Arrived(asked, failed_answer(_raised(error), seconds))

    def _kept(self, outcome: Outcome, seconds: float) -> Answer:
        if isinstance(outcome, Failed):
            return failed_answer(outcome, seconds)
        digests = tuple(self._images.keep(image.data, image.beside) for image in outcome.images)
        return Answer(digests, None, "; ".join(outcome.notes), "", None, outcome.usd, seconds)


def _raised(error: Exception) -> Failed:
    return Failed(FailureKind.RAISED, f"{type(error).__name__}: {masked(str(error))}")


def failed_answer(failed: Failed, seconds: float) -> Answer:
    """A failure as it is stored."""
    return Answer((), failed.kind, failed.reason, failed.stage, failed.wait_s, failed.usd, seconds)
