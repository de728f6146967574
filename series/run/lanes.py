"""Generators in, lanes out: each with its queue, its account's pace and breaker, and why it is left alone."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from series.generators.breaker import OPEN_S, Breaker
from series.generators.choose import Choice
from series.generators.generator import FailureKind, Generator
from series.generators.pace import Pace, slowest
from series.generators.patience import Wait, patient
from series.generators.several import Loaded
from series.run.answer import Asked
from series.run.asking import Arrived, Courier, Freed
from series.run.images import Images

ELSEWHERE = frozenset(
    {
        FailureKind.TRANSPORT,
        FailureKind.RATE_LIMITED,
        FailureKind.QUOTA,
        FailureKind.AUTH,
        FailureKind.MODEL_GONE,
    }
)
"""Failures of a request that the next generator may answer. No timeout: it may have been made and billed. No
refusal: whoever is refused is asking for something refused."""


@dataclass(slots=True, eq=False)
class Account:
    """What generators of one provider share."""

    name: str
    courier: Courier
    breaker: Breaker
    stopped: str = ""
    """Why nobody of it is asked any more in this run."""


@dataclass(slots=True, eq=False)
class Lane:
    """One generator at work."""

    generator: Generator
    """Patient: see `patience`."""
    account: Account
    stopped: str = ""
    """Why it alone is asked no more."""
    ready: bool = False
    """It was looked at whether it can be asked."""
    queue: list[tuple[int, int, str, int]] = field(default_factory=list)
    """(number of the attempt, position, panel, pictures asked for): the least is next."""

    @property
    def name(self) -> str:
        """The generator's."""
        return self.generator.name

    @property
    def down(self) -> str:
        """Why it is not asked now, in words; empty when it is."""
        if self.account.stopped or self.stopped:
            return self.account.stopped or self.stopped
        if self.account.breaker.wait_s() > 0:
            return f"{self.account.name} does not answer: it is left alone for {OPEN_S:g} s"
        return ""

    @property
    def closed(self) -> bool:
        """Whether it is asked no more in this run."""
        return bool(self.account.stopped or self.stopped)

    def wait_s(self, images: int) -> float:
        """Seconds until a request for so many pictures may be sent; inf when only an answer can tell."""
        return max(self.account.breaker.wait_s(), self.account.courier.wait_s(images))

    def told(self, failure: FailureKind | None, reason: str) -> str:
        """What came of a request. → what is to be said about it to whoever watches; mostly nothing."""
        why = f"{failure.value}: {reason}" if failure is not None else ""
        if failure is FailureKind.MODEL_GONE:
            self.stopped = self.stopped or why
        elif failure is not None and failure.stops_the_run:
            self.account.stopped = self.account.stopped or why
        if not self.account.breaker.told(failure):
            return ""
        if self.account.breaker.given_up:
            self.account.stopped = self.account.stopped or f"{self.account.name} does not answer: {why}"
            return self.account.stopped
        return self.down


class Lanes:
    """All generators of a run, and which panel goes where. For one thread."""

    def __init__(
        self,
        loaded: Iterable[Loaded],
        choices: Mapping[str, Choice],
        images: Images,
        deliver: Callable[[Freed | Arrived], None],
        *,
        wait: Wait | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """choices: panel → whom it may go to. wait: see `patience`. Generators of one account share what it
        allows: the strictest of what they say."""
        self._choices = choices
        self._failed: dict[str, set[str]] = {}
        self._lanes: dict[str, Lane] = {}
        every = list(loaded)
        for name in dict.fromkeys(one.account for one in every):
            own = [one.generator for one in every if one.account == name]
            pacing = slowest(generator.pacing for generator in own)
            pace = Pace(pacing, clock)
            account = Account(name, Courier(pacing, pace, images, deliver, clock), Breaker(clock))
            for generator in own:
                self._lanes[generator.name] = Lane(patient(generator, wait=wait, pace=pace), account)
        self._couriers = list({lane.account.name: lane.account.courier for lane in self}.values())

    def __getitem__(self, name: str) -> Lane:
        return self._lanes[name]

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    # --- who is next ------------------------------------------------------------------------------------

    @property
    def waiting(self) -> bool:
        """Whether a panel waits for its turn."""
        return any(lane.queue for lane in self)

    def push(self, name: str, number: int, position: int, panel: str, images: int) -> None:
        """Have a panel wait for its turn at a generator."""
        heapq.heappush(self._lanes[name].queue, (number, position, panel, images))

    def pop(self) -> str | None:
        """A panel whose request may be sent now, or that has to go elsewhere; None when none may."""
        for lane in self:
            if lane.queue and self._turn_s(lane) <= 0:
                return heapq.heappop(lane.queue)[2]
        return None

    def wait_s(self) -> float:
        """Seconds until `pop` finds a panel; inf when only an answer can tell."""
        return min((self._turn_s(lane) for lane in self if lane.queue), default=float("inf"))

    def _turn_s(self, lane: Lane) -> float:
        _, _, panel, images = lane.queue[0]
        if lane.closed or (lane.down and self.elsewhere(panel, lane.name)):
            return 0.0
        return lane.wait_s(images)

    def elsewhere(self, panel: str, name: str) -> str:
        """The generator that is next for a panel in place of this one; empty when none is left."""
        tried = self._failed.get(panel, set())
        for other in self._choices[panel].generators:
            if other != name and other not in tried and not self._lanes[other].down:
                return other
        return ""

    def failed(self, panel: str, name: str) -> None:
        """The panel's request failed there: in this run it does not go back."""
        self._failed.setdefault(panel, set()).add(name)

    # --- what is out ------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is still to be delivered."""
        return any(courier.busy for courier in self._couriers)

    @property
    def in_flight(self) -> int:
        """Requests that were sent and have no answer yet."""
        return sum(courier.in_flight for courier in self._couriers)

    def freed(self, asked: Asked) -> None:
        """Its place may be taken by the next request."""
        self._lanes[asked.generator].account.courier.freed(asked)

    def arrived(self, asked: Asked) -> bool:
        """The answer is taken. False for one that was given up before."""
        return self._lanes[asked.generator].account.courier.arrived(asked)

    def overdue(self) -> list[Arrived]:
        """Give up on requests without an answer in time."""
        return [late for courier in self._couriers for late in courier.overdue()]

    def next_deadline_s(self) -> float:
        """Seconds until the oldest request is overdue; inf when none is in flight."""
        return min((courier.next_deadline_s() for courier in self._couriers), default=float("inf"))
