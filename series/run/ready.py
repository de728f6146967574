"""The generators of a series' first run in, the same out once it is sure that the first can be asked.

Later runs may find everything answered: there the driver looks, before it asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from series.generators.folder import following_of
from series.generators.generator import Abilities, Generator, Outcome, Pacing
from series.request import GenerationRequest
from series.run.prepare import Makers


def looked_at(makers: Makers) -> Makers:
    """Raises GeneratorError when the generator that the manifest asks for cannot be asked: before references
    are observed, which may take minutes, and before anything is written. Whom auto chooses from was looked
    at when it was chosen."""
    if makers.auto:
        return makers
    name, first = next(iter(makers.loaded.items()))
    first.generator.ready()
    return replace(makers, loaded={**makers.loaded, name: replace(first, generator=_Ready(first.generator))})


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A generator that was asked whether it is ready: not again."""

    generator: Generator

    @property
    def name(self) -> str:
        return self.generator.name

    @property
    def abilities(self) -> Abilities:
        return self.generator.abilities

    @property
    def pacing(self) -> Pacing:
        return self.generator.pacing

    def ready(self) -> None:
        pass

    def following(self) -> str:
        return following_of(self.generator)

    def price(self, request: GenerationRequest) -> float:
        return self.generator.price(request)

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        return self.generator.generate(request, key)
