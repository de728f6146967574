"""Service: one address that speaks OpenAI's language, with the model, abilities and prices behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from series.generators.catalogue import ImageModel, Price, catalogue, known_image_model
from series.generators.generator import Abilities, Pacing

PROVIDER = "openai"
NO_SECRET = "none"  # noqa: S105 - no password
AUTO = "auto"
"""The model chooses the quality; the dearest is reserved."""
REFERENCE = "reference"
"""The key of `price.tokens` that is no quality: tokens of a picture that is sent along."""
LONGEST_PROMPT = 32_000
"""Characters. The official SDK, openai 3.54."""
PROMPTS: Mapping[str, int] = {"dall-e-2": 1000, "dall-e-3": 4000}
"""Model → characters of its longest prompt, where it is another. The vendor's documentation of its day."""

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Service:
    """Where pictures come from and what it can do."""

    base_url: str
    model: str
    quality: str
    """As sent; empty to send none."""
    abilities: Abilities
    price: Price
    pacing: Pacing
    secret: str
    """Environment variable of the key; NO_SECRET for none."""
    row: ImageModel | None
    """Of a model at OpenAI itself, whose end is known; None behind a profile."""
    grid: bool
    """Sizes are free but for steps and bounds (`sizes`)."""
    longest_prompt: int = LONGEST_PROMPT
    host: str = ""
    """Where it is, behind a profile."""
    hosts: tuple[str, ...] = ()
    """From where pictures may be fetched."""
    response_format: str = ""

    @property
    def name(self) -> str:
        """What decides the pictures."""
        where = f"@{self.host}" if self.host else ""
        return f"{PROVIDER}:{self.model}{where}"

    def of(self, model: str) -> Price:
        """The price of another model of the service; empty for the usual one."""
        return self.price if self.row is None or not model else row_of(model).price


def row_of(model: str) -> ImageModel:
    """The row of a model, a dated snapshot being of its model. Raises GeneratorError for an unknown one."""
    plain = _SNAPSHOT.sub("", model)
    known = f"{PROVIDER}/{plain}" in catalogue().models
    return known_image_model(PROVIDER, plain if known else model)


def qualities(price: Price) -> tuple[str, ...]:
    """What `quality` may be for a model of this price."""
    by_size = dict.fromkeys(size.split()[0] for size in price.image if " " in size)
    by_tokens = [one for one in price.tokens if one != REFERENCE]
    return (*by_tokens, AUTO) if by_tokens else tuple(by_size)
