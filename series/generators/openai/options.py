"""The manifest's `generator:` for openai in, the service that is meant out; or what is right, in words.

Whatever is not OpenAI's own host needs a profile: routers that speak the same language take and return less.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, JsonValue
from pydantic_core import Url

from series.errors import GeneratorError
from series.generators.catalogue import ImageModel, Price, catalogue, known_image_model
from series.generators.generator import Abilities, Pacing
from series.generators.http import is_loopback
from series.generators.openai.service import (
    LONGEST_PROMPT,
    NO_SECRET,
    PROMPTS,
    PROVIDER,
    Service,
    qualities,
    row_of,
)
from series.generators.options import instead, shown
from series.generators.typed import Options, read_options
from series.masking import masked

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_HOST = "api.openai.com"
"""Regional hosts end in it too: eu.api.openai.com."""
SECRET = "OPENAI_API_KEY"  # noqa: S105 - the name of a variable
QUALITY = "medium"
"""What is asked for when the manifest names no quality: the middle one."""
PROFILE_HELP = (
    "say what it can do, for instance generator.profile: {secret: ROUTER_API_KEY, like: gpt-image-2, "
    "mask: false, candidates: 1}; see docs/providers/openai.md"
)

_WANTED = "https://… is wanted here, or http on this machine"
_ENVIRONMENT = re.compile(r"[A-Z][A-Z0-9_]*")
_HOST = re.compile(r"\.?[a-z0-9-]+(\.[a-z0-9-]+)*")

Side = Annotated[int, Field(ge=1, le=16_384)]


class Profile(Options):
    """What a router can do. What is left out is as the model of `like` has it; without `like`, nothing."""

    like: str = ""
    """A model of `series providers openai` whose abilities, sizes and prices it shares."""
    secret: str = ""
    """Environment variable with its key; "none" for a service on this machine that takes no key."""
    references: Annotated[int, Field(ge=0, le=16)] | None = None
    """Pictures that may be sent along."""
    edit: bool | None = None
    """Changes a given picture."""
    mask: bool | None = None
    """Takes a mask; false where it drops masks in silence."""
    candidates: Annotated[int, Field(ge=1, le=10)] | None = None
    """Pictures that one request may ask for."""
    sizes: tuple[tuple[Side, Side], ...] | None = None
    """Width and height of the only sizes it takes; an empty list for any."""
    price: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """US dollars a picture, whatever the answer says about tokens; 0 for a service on this machine."""
    hosts: tuple[str, ...] = ()
    """Hosts from which pictures may be fetched, where it answers with addresses; ".host" for all below."""
    response_format: Literal["b64_json", "url"] | None = None
    """What to ask for by the old parameter of this name, which DALL·E needs; left out otherwise."""
    prompt: Annotated[int, Field(ge=100)] | None = None
    """Characters of the longest prompt."""
    stronger_models: tuple[str, ...] = ()
    """Other models of it, from weak to strong, by its own names."""


class OpenAIOptions(Options):
    """As they stand in the manifest."""

    model: str = ""
    """The model; the usual one when it is left out."""
    quality: str = ""
    """low, medium, high, from 2.5 on also xhigh and max, or auto."""
    references: Annotated[int, Field(ge=0, le=16)] | None = None
    """Pictures sent along with a request at most: each costs."""
    base_url: str = OPENAI_URL
    """Another address that speaks the same language; needs a profile."""
    profile: Profile | None = None
    """What that address can do."""
    concurrency: Annotated[int, Field(ge=1)] | None = None
    """Requests in flight at once."""
    requests_per_minute: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """What the account may send."""
    images_per_minute: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Pictures that the account may ask for."""
    timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    """Seconds until a request counts as timed out."""


def read_service(options: Mapping[str, JsonValue]) -> Service:
    """Raises GeneratorError, one line a problem, each with its manifest key."""
    read = read_options(OpenAIOptions, options)
    url = _address(read.base_url)
    own = _is_openai(url)
    if own and read.profile is not None:
        raise GeneratorError("generator.profile: OpenAI's own abilities are known; name another base_url")
    if not own and read.profile is None:
        raise GeneratorError(f"generator.base_url: {_host_of(url)} is not OpenAI's, so {PROFILE_HELP}")
    return _routed(read, url, read.profile) if read.profile else _official(read, url)


def _official(read: OpenAIOptions, url: Url) -> Service:
    model = read.model or catalogue().providers[PROVIDER].default
    row = row_of(model)
    return Service(
        base_url=str(url).rstrip("/"),
        model=model,
        quality=_quality(read.quality, row.price),
        abilities=_limited(row.abilities, read.references),
        price=row.price,
        pacing=_pacing(read),
        secret=SECRET,
        row=row,
        grid=not row.abilities.sizes,
        longest_prompt=PROMPTS.get(row.name, LONGEST_PROMPT),
        response_format=_format(row),
    )


def _routed(read: OpenAIOptions, url: Url, profile: Profile) -> Service:
    row = known_row(profile.like) if profile.like else None
    base = row.abilities if row is not None else Abilities()
    said = {
        "reference_images": profile.references,
        "edit": profile.edit,
        "mask": profile.mask,
        "candidates": profile.candidates,
        "sizes": profile.sizes,
    }
    abilities = replace(
        base,
        stronger_models=profile.stronger_models,
        **{name: value for name, value in said.items() if value is not None},  # type: ignore[arg-type]
    )
    if abilities.mask and not abilities.edit:
        raise GeneratorError("generator.profile.mask: a mask belongs to an edit: set edit: true too")
    price = row.price if row is not None else None
    if profile.price is not None:
        price = Price(image={"any": profile.price})
    if price is None:
        raise GeneratorError(
            "generator.profile.price: what a picture costs in US dollars (0 for nothing), or `like` with a "
            "model of the same price"
        )
    model = read.model or profile.like
    if not model:
        raise GeneratorError("generator.model: name the model as the router calls it")
    return Service(
        base_url=str(url).rstrip("/"),
        model=model,
        quality=_quality(read.quality, row.price) if row is not None else read.quality,
        abilities=_limited(abilities, read.references),
        price=price,
        pacing=_pacing(read),
        secret=_secret(profile, url),
        row=None,
        grid=row is not None and not row.abilities.sizes and profile.sizes is None,
        longest_prompt=profile.prompt or PROMPTS.get(row.name if row else "", LONGEST_PROMPT),
        host=_host_of(url),
        hosts=_hosts(profile.hosts),
        response_format=profile.response_format or (_format(row) if row is not None else ""),
    )


def _limited(abilities: Abilities, references: int | None) -> Abilities:
    most = abilities.reference_images
    return replace(abilities, reference_images=most if references is None else min(most, references))


def known_row(like: str) -> ImageModel:
    """The row that a profile is like. Raises GeneratorError."""
    known = [model.name for model in catalogue().of(PROVIDER)]
    if like not in known:
        raise GeneratorError(f"generator.profile.like: no model {shown(like)}{instead(like, known)}")
    return known_image_model(PROVIDER, like)


def _format(row: ImageModel) -> str:
    """The retired models answer with addresses unless they are asked for bytes."""
    return "b64_json" if row.name in PROMPTS else ""


def _quality(wanted: str, price: Price) -> str:
    known = qualities(price)
    quality = wanted or (QUALITY if QUALITY in known else known[0])
    if quality not in known:
        raise GeneratorError(
            f"generator.quality: there is no quality {shown(quality)}{instead(quality, known)}"
        )
    return quality


def _pacing(read: OpenAIOptions) -> Pacing:
    usual = catalogue().providers[PROVIDER].pacing
    return Pacing(
        concurrency=read.concurrency or usual.concurrency,
        requests_per_minute=read.requests_per_minute or usual.requests_per_minute,
        timeout_s=read.timeout_s or usual.timeout_s,
        images_per_minute=read.images_per_minute or usual.images_per_minute,
    )


def _address(text: str) -> Url:
    """The address, written in the one way in which it is then used."""
    try:
        url = Url(text.strip())
    except ValueError:
        raise GeneratorError(f"generator.base_url: {_WANTED}, not {shown(masked(text))}") from None
    if url.username or url.password or url.query or url.fragment:
        raise GeneratorError(
            "generator.base_url: no name, password or query belongs into the address; the key comes from "
            "the environment"
        )
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(str(url))):
        raise GeneratorError(f"generator.base_url: {_WANTED}, not {shown(masked(text))}")
    return url


def _host_of(url: Url) -> str:
    usual = {"https": 443, "http": 80}.get(url.scheme)
    return f"{url.host}" if url.port in {usual, None} else f"{url.host}:{url.port}"


def _is_openai(url: Url) -> bool:
    host = url.host or ""
    return url.scheme == "https" and (host == OPENAI_HOST or host.endswith(f".{OPENAI_HOST}"))


def _secret(profile: Profile, url: Url) -> str:
    found = profile.secret or (NO_SECRET if is_loopback(str(url)) else "")
    if found == NO_SECRET and is_loopback(str(url)):
        return found
    if not _ENVIRONMENT.fullmatch(found):
        # Never a default: the key of one service must not be sent to another.
        raise GeneratorError(
            f"generator.profile.secret: the name of the environment variable with the key for "
            f"{_host_of(url)} is wanted here, like ROUTER_API_KEY; never the key itself"
        )
    return found


def _hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    for host in hosts:
        if not _HOST.fullmatch(host.casefold()) or "." not in host.strip("."):
            raise GeneratorError(
                f"generator.profile.hosts: a host like images.example.com is wanted here, not {shown(host)}"
            )
    return tuple(host.casefold() for host in hosts)
