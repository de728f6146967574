"""Abilities: what a generator can do, as a request needs to know it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a generator can do. `decide` uses nothing else; what is lacking is recorded as skipped."""

    seed: bool = False
    """The same request with the same seed gives the same picture."""
    takes_seed: bool = False
    """A seed is sent along, honored or not: best effort where `seed` is False."""
    negative_prompt: bool = False
    """Takes what to avoid apart from the prompt."""
    reference_images: int = 0
    """Pictures that may be sent along."""
    reference_roles: tuple[str, ...] = ()
    """Roles of pictures that it looks at ("style", "layout" ...); empty for all."""
    edit: bool = False
    """Changes a given picture on request."""
    mask: bool = False
    """Restricts an edit to a part of the picture."""
    candidates: int = 1
    """Pictures a request may ask for."""
    sizes: tuple[tuple[int, int], ...] = ()
    """Width, height in pixels; empty for any size."""
    stronger_models: tuple[str, ...] = ()
    """Other models of the same provider, from weak to strong."""
    idempotent: bool = False
    """A request that is sent again with the same key is neither made nor paid for twice."""

    def looks_at(self, role: str) -> bool:
        """Whether a picture of this role may be sent along."""
        return self.reference_images > 0 and (not self.reference_roles or role in self.reference_roles)
