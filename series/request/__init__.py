"""What a generator is asked for: an order in, a request out; a request in, its words out."""

from series.request.abilities import Abilities
from series.request.build import first_request, reinforced
from series.request.caption import caption, caption_seed
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
from series.request.prompt import describe, negative_prompt, prompt
from series.request.wording import where

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
    "caption",
    "caption_seed",
    "describe",
    "first_request",
    "negative_prompt",
    "prompt",
    "reinforced",
    "where",
]
