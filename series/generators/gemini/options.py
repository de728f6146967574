"""The manifest's `generator:` for gemini in, typed options out; or one line that says what is right."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import JsonValue

from series.errors import GeneratorError
from series.generators.catalogue import ImageModel, catalogue, known_image_model
from series.generators.generator import Pacing
from series.generators.http import is_loopback
from series.generators.options import flag_option, instead, no_others, shown, text_option
from series.masking import masked

PROVIDER = "gemini"
DEVELOPER_URL = "https://generativelanguage.googleapis.com"
"""Where the Gemini API is."""
VERSIONS = MappingProxyType({False: ("v1", "v1beta"), True: ("v1beta1", "v1")})
"""Vertex or not → versions of the API; the first is the SDK's own."""
CONTINENTS = frozenset({"us", "eu"})
"""Locations of Vertex AI that have a host of another form."""
KNOWN = (
    "model",
    "vertex",
    "project",
    "location",
    "image_size",
    "base_url",
    "api_version",
    "concurrency",
    "requests_per_minute",
    "timeout_s",
)
"""Every option."""

_LOCATION = re.compile(r"[a-z0-9-]{1,40}")
"""It becomes part of a host name."""
_ADDRESS = re.compile(r"https?://[^\s/@?#]+(/[^\s?#]*)?")
"""Host and path: a name, a password or a query would be secrets in a manifest."""
_PROJECT = re.compile(r"[a-z0-9:.-]{1,80}")
"""It becomes part of a path."""


@dataclass(frozen=True, slots=True)
class GeminiOptions:
    """What the manifest says, and defaults for the rest."""

    model: ImageModel
    base_url: str
    api_version: str
    pacing: Pacing
    image_size: str = ""
    """Size class of every picture; empty to choose by the size of the panel."""
    vertex: bool = False
    project: str = ""
    """Of Vertex AI; empty for that of the credentials."""
    location: str = ""
    """Of Vertex AI."""


def is_imagen(model: ImageModel) -> bool:
    """Whether it is asked by `generate_images`, and on Vertex AI only."""
    return model.name.startswith("imagen-")


def read_gemini_options(options: Mapping[str, JsonValue]) -> GeminiOptions:
    """Raises GeneratorError for what is not known, of another type, or cannot be together."""
    no_others(options, KNOWN)
    provider = catalogue().providers[PROVIDER]
    model = known_image_model(PROVIDER, text_option(options, "model", provider.default))
    vertex = flag_option(options, "vertex", default=False)
    if is_imagen(model) and not vertex:
        raise GeneratorError(
            f"generator.model: {model.name} is on Vertex AI only: set generator.vertex: true"
        )
    location = _location(options, model) if vertex else _unused(options, "location")
    return GeminiOptions(
        model=model,
        base_url=_base_url(options, location),
        api_version=_choice(options, "api_version", VERSIONS[vertex]),
        pacing=_pacing(options, provider.pacing),
        image_size=_image_size(options, model),
        vertex=vertex,
        project=_project(options) if vertex else _unused(options, "project"),
        location=location,
    )


def _unused(options: Mapping[str, JsonValue], key: str) -> str:
    if key in options:
        raise GeneratorError(f"generator.{key}: only Vertex AI has one: set generator.vertex: true")
    return ""


def _project(options: Mapping[str, JsonValue]) -> str:
    found = text_option(options, "project", os.environ.get("GOOGLE_CLOUD_PROJECT") or "-")
    if not _PROJECT.fullmatch(found):
        raise GeneratorError(f"generator.project: the id of a project is wanted here, not {shown(found)}")
    return "" if found == "-" else found


def _location(options: Mapping[str, JsonValue], model: ImageModel) -> str:
    usual = "us-central1" if is_imagen(model) else "global"  # Imagen has no global endpoint
    found = text_option(options, "location", os.environ.get("GOOGLE_CLOUD_LOCATION") or usual)
    if not _LOCATION.fullmatch(found):
        raise GeneratorError(f"generator.location: a location like us-central1, not {shown(found)}")
    return found


def _base_url(options: Mapping[str, JsonValue], location: str) -> str:
    """Always said to the SDK: its environment variables must not send a key elsewhere."""
    if "base_url" not in options:
        return _google(location)
    found = text_option(options, "base_url", "")
    if not _ADDRESS.fullmatch(found) or not (found.startswith("https:") or is_loopback(found)):
        raise GeneratorError(
            "generator.base_url: an address that begins with https (or http, on this machine only), without "
            f"a key in it, not {masked(shown(found))}"
        )
    return found.rstrip("/")


def _google(location: str) -> str:
    if not location:
        return DEVELOPER_URL
    if location == "global":
        return "https://aiplatform.googleapis.com"
    if location in CONTINENTS:
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def _image_size(options: Mapping[str, JsonValue], model: ImageModel) -> str:
    if "image_size" not in options:
        return ""
    return _choice(options, "image_size", tuple(model.price.image))


def _choice(options: Mapping[str, JsonValue], key: str, known: tuple[str, ...]) -> str:
    found = text_option(options, key, known[0])
    if found not in known:
        raise GeneratorError(f"generator.{key}: there is no {shown(found)}{instead(found, known)}")
    return found


def _pacing(options: Mapping[str, JsonValue], usual: Pacing) -> Pacing:
    whole = options.get("concurrency", usual.concurrency)
    if not isinstance(whole, int) or isinstance(whole, bool) or whole < 1:
        raise GeneratorError(
            f"generator.concurrency: a whole number from 1 is wanted here, not {shown(whole)}"
        )
    return Pacing(
        concurrency=whole,
        requests_per_minute=_above_zero(options, "requests_per_minute", usual.requests_per_minute),
        timeout_s=_above_zero(options, "timeout_s", usual.timeout_s) or usual.timeout_s,
        images_per_minute=usual.images_per_minute,
    )


def _above_zero(options: Mapping[str, JsonValue], key: str, usual: float | None) -> float | None:
    value = options.get(key, usual)
    if value is None and key not in options:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise GeneratorError(f"generator.{key}: a number above 0 is wanted here, not {shown(value)}")
    return float(value)
