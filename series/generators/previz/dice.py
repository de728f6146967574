"""Dice: a seed and a name in, a number out that is the same on every machine."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dice:
    """Numbers by name, not by order: one more roll changes none of the others."""

    seed: int

    def unit(self, *name: str | int) -> float:
        """In [0, 1), with 32 random bits."""
        said = ":".join(str(part) for part in (self.seed, *name))
        return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=4).digest(), "big") / 2**32

    def between(self, low: float, high: float, *name: str | int) -> float:
        """In [low, high)."""
        return low + (high - low) * self.unit(*name)

    def below(self, count: int, *name: str | int) -> int:
        """0 to count - 1."""
        return int(self.unit(*name) * count)

    def chance(self, share: float, *name: str | int) -> bool:
        """True in this share of the seeds."""
        return self.unit(*name) < share
