"""What a request may cost and what an answer says that it cost, in US dollars. Pure."""

from __future__ import annotations

from series.generators.catalogue import Price
from series.generators.openai.service import AUTO, REFERENCE

BYTES_A_TOKEN = 2
"""Bytes (UTF-8) of a prompt that make a token at least: English has four, letters set apart have two, Chinese
about three. On the safe side."""
AREA = 1024 * 1024
"""Pixels that the rows' tokens are for; a smaller picture is reserved like this one."""
DEARER = 1.25
"""A larger picture takes more tokens than its area says: price lists of third parties have 4.8 times as many
for 4 times the area at high quality."""
MOST_TOKENS = 1_000_000_000
"""A count above it is none."""


def estimate(
    price: Price, *, quality: str, size: tuple[int, int], said: str, references: int, candidates: int
) -> float:
    """What a request costs at most. size: as asked for; said: the prompt."""
    if not price.token:
        return pictured(price, quality=quality, size=size, count=candidates)
    text = len(said.encode()) // BYTES_A_TOKEN + 1
    area = size[0] * size[1] / AREA
    out = _tokens(price, quality) * (DEARER * area if area > 1 else 1)
    # Whether what is sent is billed once for all candidates is not published.
    return candidates * _dollars(price, text, references * price.tokens.get(REFERENCE, 0), out)


def pictured(price: Price, *, quality: str, size: tuple[int, int], count: int) -> float:
    """What so many pictures cost where each has its price."""
    if not price.image:
        return 0.0
    keys = (f"{quality} {size[0]}x{size[1]}", f"{size[0]}x{size[1]}", "any")
    each = next((price.image[key] for key in keys if key in price.image), max(price.image.values()))
    return count * each


def booked(price: Price, usage: object) -> float | None:
    """What the answer's `usage` comes to; None where it says nothing that can be counted."""
    if not price.token or not isinstance(usage, dict):
        return None
    out, sent = _count(usage, "output_tokens"), _count(usage, "input_tokens")
    details = usage.get("input_tokens_details")
    text = _count(details, "text_tokens") if isinstance(details, dict) else None
    images = _count(details, "image_tokens") if isinstance(details, dict) else None
    if out is None or (sent is None and (text is None or images is None)):
        return None
    if text is None or images is None:
        text, images = 0, sent  # the dearer of both
    return _dollars(price, text, images or 0, out)


def _tokens(price: Price, quality: str) -> int:
    """Of one picture; of a quality that is not known, the dearest."""
    by_quality = {name: tokens for name, tokens in price.tokens.items() if name != REFERENCE}
    dearest = max(by_quality.values(), default=0)
    return dearest if quality == AUTO else by_quality.get(quality, dearest)


def _dollars(price: Price, text: float, images: float, out: float) -> float:
    kinds = (("text_in", text), ("image_in", images), ("image_out", out))
    return sum(price.token.get(kind, 0.0) * tokens for kind, tokens in kinds) / 1e6


def _count(holder: object, key: str) -> int | None:
    value = holder.get(key) if isinstance(holder, dict) else None
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS
    return value if whole else None
