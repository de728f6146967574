"""Measured: one frame's results before they are judged; and its way to bytes and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, TypeAdapter, ValidationError

from consistency import ObservationError, OnStage, Result, Sketch, pack, unpack
from series.plan import FrameOrder


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One frame's results, and the little of its picture that a report and the series checks need."""

    order: FrameOrder
    file: str
    """Relative to the frames folder."""
    results: tuple[Result, ...] = ()
    sketch: Sketch | None = None
    """None for a frame that could not be read."""
    stage: OnStage | None = None
    """What the scores of other projects count. None for a frame that could not be read."""
    width: int = 0
    height: int = 0
    notes: tuple[str, ...] = ()
    thumbnail: bytes = b""
    encoders: Mapping[str, str] = field(default_factory=dict)
    """Role → id of the encoder that saw it."""
    error: str = ""
    """Why the frame could not be read; then nothing else is known."""


_ARRAYS = ("style", "rendering", "lab", "content")


def to_bytes(measured: Measured) -> bytes:
    """Pack everything but what the manifest says: order and file name. Only for frames that were read."""
    sketch, stage = measured.sketch, measured.stage
    if sketch is None or stage is None:
        raise ValueError("an unreadable frame has nothing to pack")
    arrays: dict[str, NDArray[Any]] = {name: getattr(sketch, name) for name in _ARRAYS}
    arrays["thumbnail"] = np.frombuffer(measured.thumbnail, np.uint8)
    arrays["results"] = np.frombuffer(_results().dump_json(measured.results), np.uint8)
    arrays |= {f"crop{index}": row for index, row in enumerate(stage.crops.values())}
    size = {"width": measured.width, "height": measured.height}
    said = {"notes": measured.notes, "digest": sketch.digest, "encoders": dict(measured.encoders)}
    staged = {"looks": stage.looks, "crops": list(stage.crops), "found": stage.found}
    return pack({**size, **said, "stage": staged}, arrays)


def from_bytes(data: bytes, order: FrameOrder, file: str) -> Measured:
    """Read what `to_bytes` wrote. Raises ObservationError for anything else."""
    header, arrays = unpack(data)
    try:
        staged = header["stage"]
        crops = {look: arrays[f"crop{index}"] for index, look in enumerate(staged["crops"])}
        sketch = Sketch(
            order.panel, header["digest"], **{name: arrays[name] for name in _ARRAYS}, camera=order.camera
        )
        return Measured(
            order=order,
            file=file,
            results=_results().validate_json(arrays["results"].tobytes()),
            sketch=sketch,
            stage=OnStage(tuple(staged["looks"]), crops, staged["found"], arrays["style"]),
            width=header["width"],
            height=header["height"],
            notes=tuple(header["notes"]),
            thumbnail=arrays["thumbnail"].tobytes(),
            encoders=dict(header["encoders"]),
        )
    except (KeyError, ValidationError, json.JSONDecodeError, TypeError) as error:
        raise ObservationError(f"not a measured frame of this version: {error}") from error


@cache
def _results() -> TypeAdapter[tuple[Result, ...]]:
    # A swatch that was not found has the distance nan, which plain JSON would turn into null.
    return TypeAdapter(tuple[Result, ...], config=ConfigDict(ser_json_inf_nan="constants"))
