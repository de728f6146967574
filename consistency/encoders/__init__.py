"""The encoders: one back end a file, one table. A name in, a set of encoders out.

"light" is a set. "csd:PATH" is a set too: one net in its usual role, the rest classical.
"light,subject=ccip" is a set with the encoder of another in the role named. "auto" is no set: `auto.py` says
what it comes to for a series.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from consistency.encoders.encoder import Encoders, ImageEncoder
from consistency.encoders.named import AUTO, NONE, parse_encoders
from consistency.errors import EncoderError

if TYPE_CHECKING:
    from consistency.encoders.csd_cohort import Cohort

# onnxruntime 1.31 makes an id for this machine in the home folder and reports to its makers, unless it is
# told not to before it is imported, which in worker processes is after this line too.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def _classical(_parameter: str, _folder: Path | None) -> Encoders:
    """Weights-free descriptors: always there."""
    from consistency.encoders.appearance import AppearanceEncoder
    from consistency.encoders.rendering import RenderingEncoder
    from consistency.encoders.texture import TextureEncoder

    return Encoders(style=TextureEncoder(), rendering=RenderingEncoder(), subject=AppearanceEncoder())


def _light(_parameter: str, folder: Path | None) -> Encoders:
    """Small nets under Apache-2.0: photographed faces, subjects, style. Needs the extra `light`."""
    from consistency.encoders.light import light

    return light(folder)


def _insightface(pack: str, folder: Path | None) -> Encoders:
    """Photographed faces by InsightFace's nets. Needs the extra `face`."""
    from consistency.encoders.insightface import insightface

    return insightface(pack, folder)


def _open_clip(tower: str, folder: Path | None) -> Encoders:
    """Style by the image tower of a CLIP model. Needs the extra `clip`."""
    from consistency.encoders.open_clip import open_clip

    return open_clip(tower, folder=folder)


def _csd(checkpoint: str, folder: Path | None) -> Encoders:
    """Style by CSD. Needs the extra `clip`."""
    from consistency.encoders.csd import csd

    return csd(checkpoint, folder=folder)


def _ccip(nets: str, folder: Path | None) -> Encoders:
    """Drawn characters by CCIP. Needs the extra `clip`."""
    from consistency.encoders.ccip import ccip

    return ccip(nets, folder=folder)


ENCODERS: Mapping[str, Callable[[str, Path | None], Encoders]] = MappingProxyType(
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
factory, else an empty text; the second argument is the folder of models, as in `models.model_folder`. A
factory imports what it needs when it is called, and says what to install."""


USUAL_ROLES: Mapping[str, str] = MappingProxyType({"open_clip": "style", "csd": "style", "ccip": "subject"})
"""Name before the colon → the role in which a set of one image net holds it. Such a net may be asked for in
the other role for images as well: "subject=open_clip:…"."""

_Kind = TypeVar("_Kind")
_LOOKS_FOR = MappingProxyType({"faces": "looks for no faces", "maps": "says of no region where to look"})
"""Role that a set may lack → what is said where it is asked for."""


def load_encoders(name: str = "classical", *, folder: Path | None = None) -> Encoders:
    """The set of this name, or a set with encoders of others by role ("light,subject=ccip:PATH",
    "light,faces=none"); without a set in front, what is not named is classical. folder: of models, as in
    `model_folder`. Raises EncoderError for an unknown name, naming the nearest known one."""
    named = parse_encoders(name)
    encoders = _set(named.base, folder)
    for role, one in named.roles.items():
        encoders = _with(encoders, role, one, folder)
    return encoders


def make_cohort(name: str, pictures: Iterable[Path], *, folder: Path | None = None) -> Cohort:
    """Write the cohort by which distances of CSD are corrected from then on. name: "csd" or "csd:PATH".
    pictures: of styles that have nothing to do with what will be measured. folder: as in `model_folder`.

    Raises EncoderError for another encoder, and what `csd_cohort.make_cohort` raises."""
    from consistency.encoders.csd import make_csd_cohort

    kind, _, parameter = name.partition(":")
    if kind != "csd":
        raise EncoderError(f"only distances of csd are corrected by a cohort, not those of {name!r}")
    return make_csd_cohort(parameter, pictures, folder=folder)


def _set(name: str, folder: Path | None) -> Encoders:
    kind, _, parameter = name.partition(":")
    for known, factory in ENCODERS.items():
        known_kind, _, wanted = known.partition(":")
        if kind == known_kind and bool(parameter) == bool(wanted):
            return factory(parameter, folder)
    if name == AUTO:
        raise EncoderError("'auto' is chosen for a series: take what `choose_encoders` says, or name one")
    near = next(iter(get_close_matches(name, (AUTO, *ENCODERS), n=1)), None)
    near = near or next((known for known in ENCODERS if known.partition(":")[0] == kind), None)
    hint = f"; did you mean {near!r}?" if near else "."
    raise EncoderError(f"no encoder {name!r}{hint} Known: {AUTO}, {', '.join(ENCODERS)}")


def _with(encoders: Encoders, role: str, name: str, folder: Path | None) -> Encoders:
    """encoders, with the one of the set `name` in this role."""
    models = {other: names for other, names in encoders.models.items() if other != role}
    source = None if name == NONE and role in _LOOKS_FOR else _set(name, folder)
    held = role if role in _LOOKS_FOR else USUAL_ROLES.get(name.partition(":")[0], role)
    if source is not None and held in source.models:
        models[role] = source.models[held]
    if role == "faces":
        faces = None if source is None else _there(source.faces, role, name)
        return replace(encoders, faces=faces, models=models)
    if role == "maps":
        maps = None if source is None else _there(source.maps, role, name)
        return replace(encoders, maps=maps, models=models)
    image = _image(source or encoders, held)
    if role == "style":
        return replace(encoders, style=image, models=models)
    return replace(encoders, subject=image, models=models)


def _image(source: Encoders, role: str) -> ImageEncoder:
    return source.style if role == "style" else source.subject


def _there(encoder: _Kind | None, role: str, name: str) -> _Kind:
    if encoder is None:
        raise EncoderError(f"the encoder {name!r} {_LOOKS_FOR[role]}")
    return encoder
