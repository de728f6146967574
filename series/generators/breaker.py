"""What came of each request in, whether a provider is asked at all out: a circuit breaker.

    closed ── FAILURES in a row ──▶ open ── after OPEN_S ──▶ half open: one request is let through
       ▲                              ▲                          │
       └────────── it is answered ────┴──── it fails too ────────┘

By hand: the known libraries count exceptions and read their own clock; here failures are values, and it is
not for the breaker to say who waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum

from series.generators.generator import FailureKind

FAILURES = 3
"""Requests in a row that fail before the provider is left alone. Each of them was tried again for more than a
minute (`patience`), or waited for until its time was up: two may be chance."""
OPEN_S = 60.0
"""Seconds in which nothing is sent then: the window of providers' limits, and as long as a restart takes."""
OPENINGS = 3
"""Openings in a row, with no answer between, after which the provider is given up for this run: whatever is
down for five minutes is down for longer, and a person should know."""
COUNTED = frozenset({FailureKind.TRANSPORT, FailureKind.TIMEOUT, FailureKind.RATE_LIMITED})
"""Failures that say that nobody is there, or that nobody has room. Any other outcome is an answer."""


class State(Enum):
    """How a provider is treated."""

    CLOSED = "closed"
    """Asked as usual."""
    OPEN = "open"
    """Not asked."""
    HALF_OPEN = "half open"
    """Asked once, to see."""


class Breaker:
    """Of one account. For one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._openings = 0
        self._opened = 0.0
        self._trying = False

    @property
    def state(self) -> State:
        """As of now."""
        if not self._openings:
            return State.CLOSED
        return State.OPEN if self._left() > 0 else State.HALF_OPEN

    @property
    def given_up(self) -> bool:
        """It opened OPENINGS times without an answer between."""
        return self._openings >= OPENINGS

    def wait_s(self) -> float:
        """Seconds until a request may be sent: 0 now, inf while the one that was let through is out."""
        if not self._openings:
            return 0.0
        return float("inf") if self._trying else self._left()

    def sent(self) -> None:
        """A request was sent."""
        self._trying = self.state is State.HALF_OPEN

    def told(self, failure: FailureKind | None) -> bool:
        """What came of a request; None for pictures. → whether this opened it."""
        if failure not in COUNTED:
            self._failures = self._openings = 0
            self._trying = False
            return False
        self._failures += 1
        due = self._trying or (not self._openings and self._failures >= FAILURES)
        if due:
            self._openings += 1
            self._opened, self._trying = self._clock(), False
        return due

    def _left(self) -> float:
        return max(0.0, self._opened + OPEN_S - self._clock())
