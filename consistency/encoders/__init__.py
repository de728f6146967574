"""The encoders: one back end a file, one table. A name in, a set of encoders out.

"light" is a set. "csd:PATH" is a set too: one net in its usual role, the rest classical.
"light,subject=ccip" is a set with the encoder of another in the role named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType

from consistency.encoders.encoder import Encoders
from consistency.errors import EncoderError

# onnxruntime 1.31 makes an id for this machine in the home folder and reports to its makers, unless it is
# told not to before it is imported, which in worker processes is after this line too.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def _classical(_parameter: str) -> Encoders:
    """Weights-free descriptors: always there."""
    from consistency.encoders.appearance import AppearanceEncoder
    from consistency.encoders.rendering import RenderingEncoder
    from consistency.encoders.texture import TextureEncoder

    return Encoders(style=TextureEncoder(), rendering=RenderingEncoder(), subject=AppearanceEncoder())


def _light(_parameter: str) -> Encoders:
    """Small nets under Apache-2.0: photographed faces, subjects, style. Needs the extra `light`."""
    from consistency.encoders.light import light

    return light()


def _insightface(pack: str) -> Encoders:
    """Photographed faces by InsightFace's nets. Needs the extra `face`."""
    from consistency.encoders.insightface import insightface

    return insightface(pack)


def _open_clip(tower: str) -> Encoders:
    """Style by the image tower of a CLIP model. Needs the extra `clip`."""
    from consistency.encoders.open_clip import open_clip

    return open_clip(tower)


def _csd(checkpoint: str) -> Encoders:
    """Style by CSD. Needs the extra `clip`."""
    from consistency.encoders.csd import csd

    return csd(checkpoint)


def _ccip(folder: str) -> Encoders:
    """Drawn characters by CCIP. Needs the extra `clip`."""
    from consistency.encoders.ccip import ccip

    return ccip(folder)


ENCODERS: Mapping[str, Callable[[str], Encoders]] = MappingProxyType(
    {
        "classical": _classical,
        "light": _light,
        "insightface:PACK": _insightface,
        "open_clip:MODEL/WEIGHTS": _open_clip,
        "csd": _csd,
        "csd:PATH": _csd,
        "ccip": _ccip,
        "ccip:FOLDER": _ccip,
    }
)
"""Name → factory. What follows the colon of a name ("insightface:PACK") is the user's choice, given to the
factory, else an empty text. A factory imports what it needs when it is called, and says what to install."""


USUAL_ROLES: Mapping[str, str] = MappingProxyType({"open_clip": "style", "csd": "style", "ccip": "subject"})
"""Name before the colon → the role in which a set of one image net holds it. Such a net may be asked for in
the other role for images as well: "subject=open_clip:…"."""

_ROLE = re.compile(r"(?:^|,)(style|subject|faces)=")
"""Only before these is a comma the end of a name: paths may hold others."""


def load_encoders(name: str = "classical") -> Encoders:
    """The set of this name, or a set with encoders of others by role ("light,subject=ccip:PATH"); without a
    set in front, what is not named is classical. Raises EncoderError for an unknown name, naming the nearest
    known one."""
    base, *named = _ROLE.split(name)
    encoders = _set(base if base or not named else "classical")
    roles = named[::2]
    if twice := next((role for role in roles if roles.count(role) > 1), None):
        raise EncoderError(f"encoder {name!r} names {twice} twice: name each role once")
    for role, one in zip(roles, named[1::2], strict=True):
        encoders = _with(encoders, role, one)
    return encoders


def _set(name: str) -> Encoders:
    kind, _, parameter = name.partition(":")
    for known, factory in ENCODERS.items():
        known_kind, _, wanted = known.partition(":")
        if kind == known_kind and bool(parameter) == bool(wanted):
            return factory(parameter)
    near = next(iter(get_close_matches(name, ENCODERS, n=1)), None)
    near = near or next((known for known in ENCODERS if known.partition(":")[0] == kind), None)
    hint = f"; did you mean {near!r}?" if near else "."
    raise EncoderError(f"no encoder {name!r}{hint} Known: {', '.join(ENCODERS)}")


def _with(encoders: Encoders, role: str, name: str) -> Encoders:
    """encoders, with the one of the set `name` in this role."""
    source = _set(name)
    held = USUAL_ROLES.get(name.partition(":")[0], role)
    models = {other: names for other, names in encoders.models.items() if other != role}
    if held in source.models:
        models[role] = source.models[held]
    if role == "faces":
        if source.faces is None:
            raise EncoderError(f"the encoder {name!r} looks for no faces")
        return replace(encoders, faces=source.faces, models=models)
    image = source.style if held == "style" else source.subject
    if role == "style":
        return replace(encoders, style=image, models=models)
    return replace(encoders, subject=image, models=models)
