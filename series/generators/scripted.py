"""Scripted: answers written down beforehand in, one for each request out. For tests, your own too.

    red, blue = Path("red.png"), Path("blue.png")
    generator = Scripted({"p01": [Failed(FailureKind.TIMEOUT, "no answer in 120 s"), red], "p02": [blue]})

The first request for p01 times out, the second gets red.png. `generator.requests` holds what was asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Outcome,
    Pacing,
)
from series.request import GenerationRequest

Answer = Outcome | bytes | Path
"""An outcome, or the picture itself: its bytes, or a file that is read when it is asked for."""
Script = Mapping[str, Sequence[Answer]] | Callable[[GenerationRequest, int], Answer]
"""Panel → its answers in order; or a function of the request and how many the panel sent before, from 0."""


class Scripted:
    """A generator that gives the answers it was given. May be asked from several threads."""

    def __init__(
        self,
        answers: Script,
        *,
        abilities: Abilities | None = None,
        pacing: Pacing | None = None,
        price: float = 0.0,
        name: str = "scripted",
    ) -> None:
        """price: US dollars a request; pictures given as bytes or file are billed at it."""
        self.name = name
        self.abilities, self.pacing = abilities or Abilities(), pacing or Pacing()
        self.requests: list[GenerationRequest] = []
        """What was asked, in the order of asking."""
        self.keys: list[str] = []
        """The key of each request."""
        self._answers, self._price, self._lock = answers, price, threading.Lock()

    def ready(self) -> None:
        """Always."""

    def price(self, request: GenerationRequest) -> float:
        """The price it was given, whatever is asked."""
        del request
        return self._price

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """The panel's next answer; a failure that says so when there is none left."""
        with self._lock:
            before = sum(earlier.panel == request.panel for earlier in self.requests)
            self.requests.append(request)
            self.keys.append(key)
        answer = self._next(request, before)
        if isinstance(answer, Path):
            answer = answer.read_bytes()
        if isinstance(answer, bytes):
            return Generated((GeneratedImage(answer),), self._price)
        return answer

    def _next(self, request: GenerationRequest, before: int) -> Answer:
        if callable(self._answers):
            return self._answers(request, before)
        answers = self._answers.get(request.panel, ())
        if before < len(answers):
            return answers[before]
        reason = f"the script has {len(answers)} answers for {request.panel}; this is request {before + 1}"
        return Failed(FailureKind.INVALID_REQUEST, reason)
