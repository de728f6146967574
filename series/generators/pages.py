"""A provider's name in, its page for people out; rows of models.toml in, price and abilities in words out."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from series.generators.catalogue import ImageModel, Price
from series.generators.generator import Abilities

PAGES = "provider_pages"
"""Where an installed package has docs/providers: the wheel brings it there."""


_PAGES = {"folder": "midjourney", "auto": "generators"}
"""Generators whose page has another name."""
WITHOUT_ROWS = ("previz", "folder", "auto")
"""Generators of `generator.name` that models.toml has no rows for; they have pages all the same."""


def page_of(provider: str) -> str:
    """What a person should know about it, in Markdown; empty where there is no page."""
    name = _PAGES.get(provider, provider)
    packed = files("series").joinpath(PAGES, f"{name}.md")
    docs = Path(__file__).parents[2] / "docs"
    for place in (packed, docs / "providers" / f"{name}.md", docs / f"{name}.md"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    return ""


def only_on(model: ImageModel) -> str:
    """Where alone it is served, as its note begins: "Vertex AI only"; empty where nothing is said."""
    found = re.match(r"[A-Z]\w*(?: \w+){0,2} only\b", model.note)
    return found[0] if found else ""


def price_words(price: Price) -> str:
    """US dollars a picture: "$0.034 to 0.113", "free", "not known"."""
    whole = [tokens for name, tokens in price.tokens.items() if name in _SIZES]
    each = [tokens * price.token.get("image_out", 0.0) / 1e6 for tokens in whole]
    prices = sorted({*price.image.values(), *each})
    if not prices:
        return "not known"
    if prices[-1] == 0:
        return "free"
    least, most = (f"{one:.3f}" for one in (prices[0], prices[-1]))
    return f"${least}" if least == most else f"${least} to {most}"


def ability_words(abilities: Abilities) -> str:
    """In short: "seed, 14 references, edit"; what it lacks is left out."""
    said = [
        "seed" if abilities.seed else "seed (best effort)" if abilities.takes_seed else "",
        "negative prompt" if abilities.negative_prompt else "",
        f"{abilities.reference_images} references" if abilities.reference_images > 1 else "",
        "1 reference" if abilities.reference_images == 1 else "",
        "edit" if abilities.edit else "",
        "mask" if abilities.mask else "",
        f"up to {abilities.candidates} at once" if abilities.candidates > 1 else "",
    ]
    return ", ".join(filter(None, said)) or "text only"


def until(model: ImageModel) -> str:
    """Its last day; empty where none is announced."""
    return model.ends.isoformat() if model.ends is not None else ""


_SIZES = frozenset({"low", "medium", "high", "any", "512", "1K", "2K", "4K"})
"""Names under price.tokens that stand for one finished picture; the others are extra."""
