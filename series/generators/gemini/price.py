"""A request or an answer's usage in, US dollars out, by the row of the model.

Google charges by token: what is sent, what is thought, and a fixed number for each picture by its class.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from series.generators.catalogue import ImageModel

MILLION = 1_000_000
BYTES_A_TOKEN = 2
"""Bytes of UTF-8 for one token of a prompt, at least: English has about four, Chinese about three."""
REFERENCE_TOKENS = 2_700
"""Tokens of one picture that is sent, at most: 1,120 are documented for generation 3, and others measured up
to .004 dollars a reference on 2.1, which is 2,667."""
THOUGHT_TOKENS = 2_000
"""Tokens of thought that are reserved for one picture: set by hand, no figure is published. Above it the real
cost exceeds the reservation, and the books show the real one."""


def expected_usd(model: ImageModel, size_class: str, *, prompt: str, references: int, pictures: int) -> float:
    """What a request costs at most. size_class: "1K"; the row's "any" stands for all."""
    tokens = model.price.token
    sent = ceil(len(prompt.encode()) / BYTES_A_TOKEN) + references * REFERENCE_TOKENS
    text = sent * tokens.get("text_in", 0.0) + THOUGHT_TOKENS * tokens.get("text_out", 0.0)
    return pictures * picture_usd(model, size_class) + text / MILLION


def picture_usd(model: ImageModel, size_class: str) -> float:
    """The listed price of one picture; of a class that is not listed, the dearest that is."""
    prices = model.price.image
    return prices.get(size_class) or prices.get("any") or max(prices.values(), default=0.0)


def billed_usd(model: ImageModel, size_class: str, usage: Mapping[str, object], *, pictures: int) -> float:
    """What an answer cost. usage: its usageMetadata, empty where it has none; pictures: how many it holds.

    Without counts of tokens: the listed price of the pictures. An answer without a picture and without
    counts costs nothing.
    """
    prices = model.price.token
    made = _count(usage, "candidatesTokenCount")
    if not prices or (pictures and not made):
        return pictures * picture_usd(model, size_class)
    drawn = _of_pictures(usage)
    if drawn is None:
        drawn = made if pictures else 0
    drawn = min(drawn, made)
    usd = _count(usage, "promptTokenCount") * prices.get("text_in", 0.0)
    usd += (made - drawn + _count(usage, "thoughtsTokenCount")) * prices.get("text_out", 0.0)
    return (usd + drawn * prices.get("image_out", 0.0)) / MILLION


def _of_pictures(usage: Mapping[str, object]) -> int | None:
    """Tokens of the answer that are pictures; None where it does not tell them apart."""
    details = usage.get("candidatesTokensDetails")
    if not isinstance(details, list):
        return None
    told = [one for one in details if isinstance(one, dict)]
    return sum(_count(one, "tokenCount") for one in told if one.get("modality") == "IMAGE")


def _count(counts: Mapping[str, object], key: str) -> int:
    value = counts.get(key)
    return value if isinstance(value, int) and value > 0 else 0
