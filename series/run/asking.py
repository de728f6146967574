"""Requests out to a generator in threads of their own; answers back, their pictures on disk first."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from series.errors import SeriesError
from series.generators.generator import Failed, FailureKind, Generator, Outcome, Pacing
from series.generators.pace import Pace
from series.generators.patience import REASON_LENGTH
from series.generators.validate import checked
from series.masking import one_line, without_known
from series.request import GenerationRequest
from series.run.answer import Answer, Asked
from series.run.images import Images


@dataclass(frozen=True, slots=True, eq=False)
class Arrived:
    """What came of a request."""

    asked: Asked
    answer: Answer
    error: SeriesError | None = None
    """The picture came and could not be kept: the run has to stop."""


@dataclass(frozen=True, slots=True)
class Freed:
    """Pictures came: the place of their request is free, while they are still being checked and kept."""

    asked: Asked


class Courier:
    """Keeps the pace of one account: so many requests in flight, so many requests and pictures a minute. For
    one calling thread."""

    def __init__(
        self,
        pacing: Pacing,
        pace: Pace,
        images: Images,
        deliver: Callable[[Freed | Arrived], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """pace: of the same account; requests that are sent again are counted there too (`patience`)."""
        self._pacing, self._pace, self._images, self._deliver = pacing, pace, images, deliver
        self._clock = clock
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

    def wait_s(self, images: int = 1) -> float:
        """Seconds until a request for so many pictures may be sent; inf while all places are taken."""
        if self.in_flight >= self._pacing.concurrency:
            return float("inf")
        return self._pace.wait_s(images)

    def send(self, asked: Asked, request: GenerationRequest, generator: Generator) -> None:
        """Ask, in a thread that ends with its answer. A generator that hangs holds up no exit."""
        self._pace.take(request.candidates)
        self._waiting[asked] = self._clock()
        threading.Thread(target=self._ask, args=(asked, request, generator), daemon=True).start()

    def freed(self, asked: Asked) -> None:
        """Its place may be taken by the next request."""
        if self._waiting.pop(asked, None) is not None:
            self._unpacking.add(asked)

    def arrived(self, asked: Asked) -> bool:
        """The answer is taken. False for one that was given up before."""
        known = asked in self._unpacking or asked in self._waiting
        self._unpacking.discard(asked)
        self._waiting.pop(asked, None)
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

    def _ask(self, asked: Asked, request: GenerationRequest, generator: Generator) -> None:
        started = self._clock()
        try:
            outcome = generator.generate(request, asked.key)
        except Exception as error:  # noqa: BLE001 - somebody else's code: one picture fails, not the run
            outcome = _raised(error)
        seconds = self._clock() - started
        if not isinstance(outcome, Failed):  # a failure may be a reason to send nothing more: it goes first
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
        return Answer(digests, None, without_known("; ".join(outcome.notes)), "", None, outcome.usd, seconds)


def _raised(error: Exception) -> Failed:
    return Failed(FailureKind.RAISED, f"{type(error).__name__}: {one_line(str(error), REASON_LENGTH)}")


def failed_answer(failed: Failed, seconds: float) -> Answer:
    """A failure as it is stored."""
    # A generator of another package may say its key.
    return Answer(
        (), failed.kind, without_known(failed.reason), failed.stage, failed.wait_s, failed.usd, seconds
    )
