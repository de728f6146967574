"""catalogue.toml in, models as data out: files, licenses, input forms, sources. No net is loaded."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from consistency.errors import ModelError

VERSION = 1
"""The version of catalogue.toml that this package reads."""

Commercial = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    role: str
    """What a back end asks for: "detector", "recognizer", "weights" ..."""
    name: str
    """File name inside the model's folder."""
    url: str = ""
    """Pinned to a commit, a release or a digest; empty where it comes in the model's archive, or where no
    such address is known."""
    bytes: int | None = None
    """Size; None where it is not known."""
    sha256: str = ""
    """Hex; empty where no one published it."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file that holds a model's files, in whatever folder inside."""

    url: str
    bytes: int | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a net wants to see. Back ends follow it; None or empty where it does not apply."""

    size: tuple[int, int] | None = None
    """Width, height in pixels."""
    color: Literal["", "rgb", "bgr"] = ""
    """Order of the channels."""
    layout: Literal["", "nchw", "nhwc"] = ""
    mean: tuple[float, ...] = ()
    """Subtracted, in the unit of the values 0 to 255, in the order of the channels."""
    std: tuple[float, ...] = ()
    """What is left is divided by this, same unit."""
    resize: str = ""
    """How a picture gets to that size."""
    alignment: tuple[tuple[float, float], ...] = ()
    """Where the five landmarks go, in pixels: right eye, left eye, nose, right and left corner of the mouth,
    as they lie in the picture from left to right."""


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the catalogue."""

    name: str
    """Also the name of its folder."""
    task: str
    """"face detection", "faces", "subject", "style", "drawn character": models of one task can replace each
    other."""
    license: str
    """SPDX identifier, or the publisher's own words."""
    commercial: Commercial
    """Whether the license allows commercial use."""
    runtime: str
    """What runs it: "onnxruntime", "openvino", "torch"."""
    source: str
    """Who published it, where."""
    files: tuple[ModelFile, ...]
    archive: Archive | None = None
    embedding: int | None = None
    """Numbers in its vector."""
    preprocessing: Preprocessing = Preprocessing()
    threshold: float | None = None
    """The publisher's own limit, in its own unit."""
    threshold_source: str = ""
    note: str = ""
    """What a person should know before choosing it."""


@cache
def catalogue() -> Mapping[str, Model]:
    """Every known model by name, in the order of the file. Read once a process, about 1 ms."""
    with files("consistency").joinpath("encoders/catalogue.toml").open("rb") as file:
        data = tomllib.load(file)
    return MappingProxyType({name: _model(name, entry) for name, entry in data["models"].items()})


def known_model(name: str) -> Model:
    """The entry of this name. Raises ModelError for an unknown one, naming the nearest known."""
    entry = catalogue().get(name)
    if entry is None:
        near = get_close_matches(name, catalogue(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise ModelError(f"no model {name!r} in the catalogue{hint} Known: {', '.join(catalogue())}")
    return entry


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    fields = dict(entry)
    fields["files"] = tuple(ModelFile(**file) for file in entry["files"])
    if "archive" in entry:
        fields["archive"] = Archive(**entry["archive"])
    if "preprocessing" in entry:
        fields["preprocessing"] = Preprocessing(**{k: _frozen(v) for k, v in entry["preprocessing"].items()})
    return Model(name=name, **fields)


def _frozen(value: Any) -> Any:  # noqa: ANN401 - what TOML holds
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value
