"""What stands behind --encoder in, its parts out: a set, encoders by role, and the models that they will run.

No back end is imported and no net opened: a license is looked at before anything is asked for or loaded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from consistency.encoders.catalogue import catalogue
from consistency.encoders.models import file_digest
from consistency.errors import EncoderError

AUTO: Final = "auto"
"""The set that is chosen by what a series shows, by license and by what is on this machine."""
NONE: Final = "none"
"""Stands for no encoder, in the roles that can do without."""
DEVICES: Final = ("cpu", "cuda", "mps")
"""What may stand behind the "@"."""
LIGHT_MODELS: Final = ("yunet", "face-reidentification-retail-0095", "mobilenet_v1_embedding")
"""Of the set `light`."""
MODEL_SETS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"light": LIGHT_MODELS})
"""Encoder sets that run several models of the catalogue: one name brings them all."""

_ROLE: Final = re.compile(r"(?:^|,)(style|subject|faces|maps)=")
"""Only before these is a comma the end of a name: paths may hold others."""


@dataclass(frozen=True, slots=True)
class NamedEncoders:
    """A name, taken apart."""

    base: str
    """The set in front; "classical" where only roles are named."""
    roles: Mapping[str, str] = field(default_factory=dict)
    """Role → the name of the set whose encoder fills it."""

    def __str__(self) -> str:
        return ",".join([self.base, *(f"{role}={name}" for role, name in self.roles.items())])


def parse_encoders(name: str) -> NamedEncoders:
    """name: "light,subject=ccip:PATH". Raises EncoderError for a role that is named twice; whether the names
    mean anything is not looked at."""
    base, *named = _ROLE.split(name)
    roles = named[::2]
    if twice := next((role for role in roles if roles.count(role) > 1), None):
        raise EncoderError(f"encoder {name!r} names {twice} twice: name each role once")
    filled = dict(zip(roles, named[1::2], strict=True))
    return NamedEncoders(base if base or not named else "classical", filled)


def device_of(parameter: str) -> tuple[str, str]:
    """What stands before the "@", and the device behind it; the processor where none is named."""
    name, _, device = parameter.rpartition("@")
    return (name, device) if device in DEVICES else (parameter, "cpu")


def named_models(name: str) -> tuple[str, ...]:
    """The models that an encoder of this name will run, as `Encoders.model_names` will say once it is loaded.

    Of a path that is not there, and of a name that is none, nothing: loading says what is wrong with it. Nets
    in a folder of one's own are named as far as their digests are known; the folder itself where none is.
    """
    parts = parse_encoders(name)
    found = [one for each in (parts.base, *parts.roles.values()) for one in _models_of(each)]
    return tuple(dict.fromkeys(found))


def _models_of(name: str) -> tuple[str, ...]:
    kind, _, parameter = name.partition(":")
    known = _KINDS.get(kind)
    return known(device_of(parameter)[0]) if known is not None else ()


def _light(_parameter: str) -> tuple[str, ...]:
    return LIGHT_MODELS


def _insightface(pack: str) -> tuple[str, ...]:
    if pack in catalogue():
        # A pack without a detector of its own goes with YuNet.
        detects = any(file.role == "detector" for file in catalogue()[pack].files)
        return (pack,) if detects else (pack, "yunet")
    folder = Path(pack).expanduser()
    files = sorted(folder.glob("*.onnx")) if pack and folder.is_dir() else []
    known = [model for file in files if (model := _model_of_digest(file))]
    return tuple(dict.fromkeys(known)) or ((str(folder),) if files else ())


def _open_clip(tower: str) -> tuple[str, ...]:
    model, _, given = tower.partition("/")
    if f"{model}-{given}" in catalogue():
        return (f"{model}-{given}",)
    path = Path(given).expanduser()
    return (str(path),) if given and path.is_file() else ()


def _csd(checkpoint: str) -> tuple[str, ...]:
    if not checkpoint:
        return ("csd",)
    path = Path(checkpoint).expanduser().absolute()
    if not path.is_file():
        return ()
    return ("csd",) if _model_of_digest(path) == "csd" else (str(path),)


def _ccip(folder: str) -> tuple[str, ...]:
    if not folder:
        return ("ccip",)
    place = Path(folder).expanduser().absolute()
    files = [place / file.name for file in catalogue()["ccip"].files]
    if not all(file.is_file() for file in files):
        return ()
    return ("ccip",) if all(_model_of_digest(file) == "ccip" for file in files) else (str(place),)


_KINDS: Final[Mapping[str, Callable[[str], tuple[str, ...]]]] = MappingProxyType(
    {"light": _light, "insightface": _insightface, "open_clip": _open_clip, "csd": _csd, "ccip": _ccip}
)


def _model_of_digest(path: Path) -> str:
    """The catalogue's name of a file by its digest; of a shared one the first, empty for an unknown one."""
    digest = file_digest(path)
    known = (m.name for m in catalogue().values() for file in m.files if file.sha256 == digest)
    return next(known, "")
