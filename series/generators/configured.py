"""A provider in, what it still lacks on this machine out: packages, keys. Nothing is connected to."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

from series.generators.catalogue import Provider
from series.generators.credentials import find_secret

MODULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "openai": ("openai", "httpx2"),
        "gemini": ("google.genai",),
        "http": ("httpx2",),
        "diffusers": ("diffusers", "torch"),
    }
)
"""Extra of this package → modules that it brings."""


SERVERS: Mapping[str, str] = MappingProxyType(
    {"comfyui": "http://127.0.0.1:8188", "automatic1111": "http://127.0.0.1:7860"}
)
"""Provider → where its server is looked for when the manifest does not say. Not imported from the generators:
listing providers loads none of them."""


def lacking(provider: Provider) -> tuple[str, ...]:
    """What to do before it can be asked, each as one step; empty when it is configured. Whether a server on
    this machine is running is not looked at."""
    steps = []
    if not all(map(_is_there, MODULES.get(provider.extra, ()))):
        steps.append(f'pip install "series-consistency[{provider.extra}]"')
    steps += [f"set {name}" for name in provider.secrets if find_secret(name) is None]
    return tuple(steps)


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it
        return False
