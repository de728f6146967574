"""A generator in, the same one out: what wrappers change nothing of."""

from __future__ import annotations

from dataclasses import dataclass

from series.generators.generator import Abilities, Generator, Outcome, Pacing
from series.request import GenerationRequest


@dataclass(frozen=True, slots=True, eq=False)
class Wrapped:
    """Asks the generator that it holds. A wrapper overrides what it changes."""

    generator: Generator

    @property
    def name(self) -> str:
        """The generator's."""
        return self.generator.name

    @property
    def abilities(self) -> Abilities:
        """The generator's."""
        return self.generator.abilities

    @property
    def pacing(self) -> Pacing:
        """The generator's."""
        return self.generator.pacing

    def ready(self) -> None:
        """As the generator."""
        self.generator.ready()

    def price(self, request: GenerationRequest) -> float:
        """The generator's."""
        return self.generator.price(request)

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """The generator's outcome."""
        return self.generator.generate(request, key)
