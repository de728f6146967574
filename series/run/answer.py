"""Asked and Answer: what a store knows a request by, and what came of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from series.generators.generator import FailureKind


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of one panel. Two are the same request exactly when all four fields are equal."""

    panel: str
    digest: str
    """The request's digest."""
    repeat: int
    """From 0: how often the same request was repeated on purpose before."""
    generator: str
    """Name of the one that is asked: what another one answered is no answer of this one."""

    @property
    def key(self) -> str:
        """sha256 hex: the same in every run, so a provider can tell a request that is asked again."""
        text = json.dumps([self.panel, self.digest, self.repeat, self.generator], ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request."""

    images: tuple[str, ...]
    """sha256 of each picture that came; empty after a failure."""
    failure: FailureKind | None = None
    reason: str = ""
    """Why there is no picture, or what was odd about the answer; for a person."""
    stage: str = ""
    """Of a policy refusal: input or output."""
    wait_s: float | None = None
    """Seconds that the provider asked to wait."""
    usd: float = 0.0
    """US dollars that were billed."""
    seconds: float = 0.0
    """From sending to answer."""

    @property
    def final(self) -> bool:
        """A later run takes it as given. Otherwise (limits, timeouts, transport ...) it asks again."""
        return self.failure is None or self.failure.final
