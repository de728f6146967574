"""What happens in a run in, from several threads; one event after the other out, answers first."""

from __future__ import annotations

import queue
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count

from consistency import Waiting
from series.measured import Measured
from series.run.asking import Arrived, Freed


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A picture at the desk is done."""

    panel: str
    image: str
    waiting: Waiting


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredOne:
    """A picture is measured, or measuring it failed."""

    panel: str
    image: str
    ended: Future[Measured]


@dataclass(frozen=True, slots=True, eq=False)
class Mended:
    """A repair was made, or could not be made."""

    panel: str
    image: str
    """Empty when it could not be repaired."""
    reason: str = ""


class Events:
    """A queue in which answers come first: a free place at the provider does not wait for a check."""

    def __init__(self) -> None:
        self._queue: queue.PriorityQueue[tuple[int, int, Event]] = queue.PriorityQueue()
        self._number = count()

    def put(self, event: Event) -> None:
        """From any thread."""
        turn = 0 if isinstance(event, Freed) else 1 if isinstance(event, Arrived) else 2
        self._queue.put((turn, next(self._number), event))

    def get(self, timeout: float | None = None) -> Event:
        """Raises queue.Empty."""
        return self._queue.get(timeout=timeout)[2]


Event = Freed | Arrived | Seen | MeasuredOne | Mended
