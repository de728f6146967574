"""The encoders: one back end a file, one table. A name in, a set of encoders out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

from consistency.encoders.encoder import Encoders
from consistency.errors import EncoderError


def _classical() -> Encoders:
    """Weights-free descriptors: always there."""
    from consistency.encoders.appearance import AppearanceEncoder
    from consistency.encoders.rendering import RenderingEncoder
    from consistency.encoders.texture import TextureEncoder

    return Encoders(style=TextureEncoder(), rendering=RenderingEncoder(), subject=AppearanceEncoder())


ENCODERS: Mapping[str, Callable[[], Encoders]] = MappingProxyType({"classical": _classical})
"""Name → factory. A factory imports what it needs when it is called, and says what to install."""


def load_encoders(name: str = "classical") -> Encoders:
    """The set of this name. Raises EncoderError for an unknown name, naming the nearest known one."""
    factory = ENCODERS.get(name)
    if factory is None:
        near = get_close_matches(name, ENCODERS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise EncoderError(f"no encoder {name!r}{hint} Known: {', '.join(ENCODERS)}")
    return factory()
