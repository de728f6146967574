"""The generators of a series' first run in, the same out once it is sure that the first can be asked.

Later runs may find everything answered: there the driver looks, before it asks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from series.generators.folder import following_of
from series.generators.wrapped import Wrapped
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
class _Ready(Wrapped):
    """A generator that was asked whether it is ready: not again."""

    def ready(self) -> None:
        """It is."""

    def following(self) -> str:
        """The generator's."""
        return following_of(self.generator)
