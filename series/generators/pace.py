"""A provider's limits in, seconds until the next request may be sent out. Counts requests and pictures.

By hand: of the well-kept limiters one has no weights and the other takes .15 s to import, starts threads, and
keeps one entry for each picture.
"""

from __future__ import annotations

import time
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterable
from threading import Lock

from series.generators.generator import Pacing

MINUTE = 60.0
"""Seconds of the window in which requests and pictures are counted: whatever 60 s one looks at, no more were
sent in them. Providers whose windows begin at full minutes allow as much."""


class Pace:
    """What was sent to one account in the last minute. Safe in many threads."""

    def __init__(self, pacing: Pacing, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._paused_until = float("-inf")
        self._limits = [
            (_Window(limit), counts_images)
            for limit, counts_images in (
                (pacing.requests_per_minute, False),
                (pacing.images_per_minute, True),
            )
            if limit is not None
        ]

    def wait_s(self, images: int = 1) -> float:
        """Seconds until a request for so many pictures may be sent, ≥ 0. One for more pictures than a minute
        allows waits for a minute without any."""
        with self._lock:
            now = self._clock()
            waits = [window.wait_s(now, images if counted else 1) for window, counted in self._limits]
            return max(0.0, self._paused_until - now, *waits)

    def take(self, images: int = 1, *, after: float = 0.0) -> None:
        """A request for so many pictures is sent now, or after so many seconds: its place is taken now."""
        with self._lock:
            at = self._clock() + after
            for window, counted in self._limits:
                window.add(at, images if counted else 1)

    def pause(self, seconds: float) -> None:
        """The provider asks to wait: that holds for all requests."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)


def slowest(pacings: Iterable[Pacing]) -> Pacing:
    """The strictest of each limit: for generators that share an account. At least one."""
    every = list(pacings)
    return Pacing(
        min(one.concurrency for one in every),
        _least(one.requests_per_minute for one in every),
        max(one.timeout_s for one in every),
        _least(one.images_per_minute for one in every),
    )


def _least(limits: Iterable[float | None]) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


class _Window:
    """So many in any MINUTE."""

    def __init__(self, limit: float) -> None:
        self._limit = max(1, int(limit))
        self._sent: deque[tuple[float, int]] = deque()
        """(when, weight), the earliest first; some may lie ahead."""
        self._total = 0

    def wait_s(self, now: float, weight: int) -> float:
        while self._sent and self._sent[0][0] <= now - MINUTE:
            self._total -= self._sent.popleft()[1]
        over = self._total + min(weight, self._limit) - self._limit
        for at, sent in self._sent:
            if over <= 0:
                break
            over -= sent
            if over <= 0:
                return at + MINUTE - now
        return 0.0

    def add(self, at: float, weight: int) -> None:
        insort(self._sent, (at, weight))
        self._total += weight
