"""What a generator is asked for: an order in, a request out; a request in, its words out."""

from series.request.abilities import Abilities
from series.request.model import (
    EditOf,
    GenerationRequest,
    Identity,
    Means,
    NamedColor,
    Reference,
    Reinforcement,
    Role,
    Structure,
    StyleWords,
    Words,
)

__all__ = [
    "Abilities",
    "EditOf",
    "GenerationRequest",
    "Identity",
    "Means",
    "NamedColor",
    "Reference",
    "Reinforcement",
    "Role",
    "Structure",
    "StyleWords",
    "Words",
]
