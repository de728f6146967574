"""models.toml in, providers and their models as data out: abilities, prices, limits, dates, sources.

Model ids, prices and abilities change monthly: they stand in a dated file, never in code. No SDK is loaded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from series.errors import GeneratorError
from series.generators.generator import Abilities, Pacing

VERSION = 1
"""The version of models.toml that this package reads."""

Strength = Literal["lettering", "layout", "speed", "photo", "edit"]


@dataclass(frozen=True, slots=True)
class Provider:
    """Somebody, or some program, that makes pictures."""

    name: str
    """As in the manifest's `generator.name`."""
    title: str
    extra: str
    """The extra of this package that it needs; empty for none."""
    secrets: tuple[str, ...]
    """Environment variables that must be set, see `credentials`; empty where it takes no key."""
    default: str
    """Its usual model; empty where the manifest must name one."""
    pacing: Pacing
    """What an account may do at first; a manifest can say otherwise."""
    requests_per_day: int | None
    """None where no limit is published."""
    tested: str
    """Against what this package's adapter was tried: "its contract server, through the official SDK"."""
    source: str
    """Where limits and abilities were read."""
    as_of: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Price:
    """What a picture costs, in US dollars."""

    image: Mapping[str, float] = field(default_factory=dict)
    """Size class of the provider ("1K", "1024x1024", "any") → price of one picture."""
    token: Mapping[str, float] = field(default_factory=dict)
    """Kind of token ("text_in", "image_in", "image_out") → price of a million."""
    tokens: Mapping[str, int] = field(default_factory=dict)
    """Quality or size class → tokens that one picture takes at most: what is reserved before it is sent."""


@dataclass(frozen=True, slots=True)
class ImageModel:
    """One model of one provider."""

    name: str
    """As the provider calls it."""
    provider: str
    title: str
    abilities: Abilities
    price: Price
    strong_at: tuple[Strength, ...]
    """What `generator: auto` chooses it for."""
    source: str
    as_of: date
    """Day on which price and abilities were read."""
    ends: date | None = None
    """Last day of service, where one is announced."""
    provenance: str = ""
    """Marks that its pictures carry: "SynthID", "C2PA"."""
    note: str = ""

    def ended(self, today: date) -> bool:
        """Whether its last day of service has passed."""
        return self.ends is not None and today > self.ends

    def require_service(self, today: date | None = None) -> None:
        """Raises GeneratorError for a model past its last day of service, naming those that go on."""
        day = today or datetime.now(UTC).date()
        if self.ended(day):
            going_on = [one.name for one in catalogue().of(self.provider) if not one.ended(day)]
            use = f"use {going_on[-1]}" if going_on else "this provider has no other in our list"
            raise GeneratorError(f"generator.model: {self.name} ended on {self.ends}: {use}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything in models.toml."""

    providers: Mapping[str, Provider]
    models: Mapping[str, ImageModel]
    """"provider/model" → the model."""

    def of(self, provider: str) -> tuple[ImageModel, ...]:
        """The models of a provider, in the order of the file: from weak to strong."""
        return tuple(model for model in self.models.values() if model.provider == provider)


@cache
def catalogue() -> Catalogue:
    """Read once a process."""
    with files("series").joinpath("generators/models.toml").open("rb") as file:
        data = tomllib.load(file)
    if data["version"] != VERSION:
        raise GeneratorError(f"models.toml: version {data['version']}, this package reads {VERSION}")
    providers = {name: _provider(name, entry) for name, entry in data["providers"].items()}
    models = [
        _model(provider, name, entry)
        for provider, entries in data["models"].items()
        for name, entry in entries.items()
    ]
    return Catalogue(
        MappingProxyType(providers),
        MappingProxyType({f"{model.provider}/{model.name}": model for model in models}),
    )


def known_image_model(provider: str, name: str) -> ImageModel:
    """The row of a model. Raises GeneratorError for one that the provider's rows lack, naming the nearest."""
    found = catalogue().models.get(f"{provider}/{name}")
    if found is None:
        known = [model.name for model in catalogue().of(provider)]
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise GeneratorError(
            f"generator.model: {provider} has no model {name!r}{hint} Known: {', '.join(known)}"
        )
    return found


def _provider(name: str, entry: Mapping[str, Any]) -> Provider:
    fields = dict(entry)
    fields["pacing"] = Pacing(**entry.get("pacing", {}))
    fields["secrets"] = tuple(entry.get("secrets", ()))
    return Provider(name=name, **{"extra": "", "default": "", "requests_per_day": None, **fields})


def _model(provider: str, name: str, entry: Mapping[str, Any]) -> ImageModel:
    fields = dict(entry)
    able = dict(entry.get("abilities", {}))
    able["sizes"] = tuple((width, height) for width, height in able.get("sizes", ()))
    able["reference_roles"] = tuple(able.get("reference_roles", ()))
    able["stronger_models"] = tuple(able.get("stronger_models", ()))
    fields["abilities"] = Abilities(**able)
    fields["price"] = Price(**entry.get("price", {}))
    fields["strong_at"] = tuple(entry.get("strong_at", ()))
    return ImageModel(name=name, provider=provider, **fields)
