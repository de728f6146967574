"""The encoders: one back end a file, one table. A name in, a set of encoders out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from consistency.encoders.encoder import Encoders
from consistency.errors import EncoderError


def _classical(_parameter: str) -> Encoders:
    """Weights-free descriptors: always there."""
    from consistency.encoders.appearance import AppearanceEncoder
    from consistency.encoders.rendering import RenderingEncoder
    from consistency.encoders.texture import TextureEncoder

    return Encoders(style=TextureEncoder(), rendering=RenderingEncoder(), subject=AppearanceEncoder())


ENCODERS: Mapping[str, Callable[[str], Encoders]] = MappingProxyType({"classical": _classical})
"""Name → factory. What follows the colon of a name ("insightface:PACK") is the user's choice, given to the
factory, else an empty text. A factory imports what it needs when it is called, and says what to install."""


def load_encoders(name: str = "classical") -> Encoders:
    """The set of this name. Raises EncoderError for an unknown name, naming the nearest known one."""
    kind, _, parameter = name.partition(":")
    for known, factory in ENCODERS.items():
        known_kind, _, wanted = known.partition(":")
        if kind == known_kind and bool(parameter) == bool(wanted):
            return factory(parameter)
    near = next(iter(get_close_matches(name, ENCODERS, n=1)), None)
    near = near or next((known for known in ENCODERS if known.partition(":")[0] == kind), None)
    hint = f"; did you mean {near!r}?" if near else "."
    raise EncoderError(f"no encoder {name!r}{hint} Known: {', '.join(ENCODERS)}")
