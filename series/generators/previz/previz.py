"""Previz: a request in, a composed draft of the panel out, for nothing and without any network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from consistency import ConsistencyError
from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Outcome,
    Pacing,
)
from series.generators.previz.draw import draw, encode
from series.generators.previz.layout import draft_of
from series.lettering import missing_signs
from series.request import GenerationRequest

__all__ = ["Previz", "draft_of", "draw", "encode"]


ABILITIES = Abilities(seed=True, reference_images=64, candidates=4, idempotent=True)
PACING = Pacing(concurrency=2)


@dataclass(frozen=True, slots=True)
class Previz:
    """The generator that is always there. Says what a panel asks for, not how it will look in the end."""

    folder: Path
    """Where the manifest is. References carry their own paths, so nothing is looked up in it."""
    name: str = "previz"
    abilities: Abilities = ABILITIES
    pacing: Pacing = PACING
    """Two draw at once; more than the cores of a small machine would only wait."""

    def ready(self) -> None:
        """Always."""

    def price(self, request: GenerationRequest) -> float:
        """US dollars: none."""
        del request
        return 0.0

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """As many drafts as candidates are asked for, each with a seed of its own. The same for every key."""
        del key
        try:
            images = tuple(
                GeneratedImage(encode(draw(draft_of(replace(request, seed=request.seed + candidate)))))
                for candidate in range(request.candidates)
            )
        except ConsistencyError as error:
            return Failed(FailureKind.INVALID_REQUEST, f"{request.panel}: {error}")
        missing = missing_signs("".join(words.text for words in request.copy))
        notes = (f"no font here has {missing}: left out",) if missing else ()
        return Generated(images, notes=notes)
