"""A clock that waits by adding up, for jobs that are asked for."""

from __future__ import annotations

from series.generators.jobs import Clock


class Quick:
    def __init__(self) -> None:
        self.at, self.waits = 0.0, []

    def clock(self) -> Clock:
        return Clock(lambda: self.at, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += seconds
