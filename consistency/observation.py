"""Observation: the facts of one picture, small enough to keep, and its way to bytes and back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consistency.encoders.encoder import Face
from consistency.errors import ObservationError
from consistency.measurement import WHOLE, Box, HeatMap
from consistency.text_marks import TextMarks

OBSERVATION_VERSION = 2
"""Part of every cache key: raised when what is observed changes, so that old entries are not read."""


@dataclass(frozen=True, slots=True, eq=False)
class ColorField:
    """A small picture of the colors: where they are and how much each cell belongs to the subject."""

    lab: NDArray[np.float16]
    """float16 (h, w, 3), L*a*b* D65, each cell the mean of its pixels."""
    weight: NDArray[np.uint8]
    """uint8 (h, w): 255 = the cell surely belongs to the subject, 0 = background."""

    def samples(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """→ colors float32 (n, 3) and weights float32 (n,) in [0, 1], of the cells with any weight."""
        kept = self.weight > 0
        return self.lab[kept].astype(np.float32), self.weight[kept].astype(np.float32) / np.float32(255)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A box to look at, and for whom."""

    name: str
    """Character who may be there; empty for the whole frame."""
    box: Box
    score: float
    """How well the colors fit, in [-0.9, 1], comparable within one frame; 1 for a pinned place. Of a proposal
    by a map: how much better it fits than the frame's median window, in [-2.6, 2.6]."""
    pinned: bool = False
    """The box was given by a person, not proposed."""
    by_map: bool = False
    """Proposed by an encoder of maps, not by colors."""
    heat: HeatMap | None = None
    """Where in the frame the character was sought; the same in all its proposals."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """What was seen in one box of the frame."""

    proposal: Proposal
    vector: NDArray[np.float32]
    """float32 (d,), unit length, by the subject encoder."""
    colors: ColorField
    views: NDArray[np.float32] | None = None
    """float32 (sides, d), unit rows: the subject of a whole picture in maps, see `consistency.likeness`; None
    for a part of a picture and without an encoder of maps."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One picture, observed."""

    digest: str
    """sha256 of the file's bytes."""
    width: int
    height: int
    """Pixels of the full picture, after the EXIF turn."""
    notes: tuple[str, ...]
    """What decoding had to do."""
    style: NDArray[np.float32]
    """float32 (d,), unit length, by the style encoder."""
    rendering: NDArray[np.float32]
    """float32 (d,), by the rendering encoder."""
    colors: ColorField
    """Of the whole frame, all weights 255."""
    regions: tuple[Region, ...]
    faces: tuple[Face, ...]
    """Empty without a face encoder."""
    thumbnail: bytes
    """JPEG for reports."""
    lettering: tuple[TextMarks, ...] = ()
    """Of each box where words are pinned."""


def frame_to_bytes(observation: Observation) -> bytes:
    """Pack all but the regions into the safetensors format: arrays and a JSON header. No pickle."""
    arrays: dict[str, NDArray[Any]] = {
        "style": observation.style,
        "rendering": observation.rendering,
        "thumbnail": np.frombuffer(observation.thumbnail, np.uint8),
        "lab": observation.colors.lab,
        "weight": observation.colors.weight,
    }
    for index, face in enumerate(observation.faces):
        arrays[f"face{index}"] = face.vector
    header = {
        "digest": observation.digest,
        "width": observation.width,
        "height": observation.height,
        "notes": observation.notes,
        "faces": [[numbers(face.box), face.score, face.clear] for face in observation.faces],
    }
    return pack(header, arrays)


def frame_from_bytes(data: bytes, regions: tuple[Region, ...] = ()) -> Observation:
    """Read what `frame_to_bytes` wrote and add the regions. Raises ObservationError for anything else."""
    header, arrays = unpack(data)
    try:
        return Observation(
            digest=header["digest"],
            width=header["width"],
            height=header["height"],
            notes=tuple(header["notes"]),
            style=arrays["style"],
            rendering=arrays["rendering"],
            colors=ColorField(arrays["lab"], arrays["weight"]),
            regions=regions,
            faces=tuple(
                Face(Box(*box), score, arrays[f"face{index}"], clear)
                for index, (box, score, clear) in enumerate(header["faces"])
            ),
            thumbnail=arrays["thumbnail"].tobytes(),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise ObservationError(f"{_FOREIGN}: {error}") from error


def region_to_bytes(region: Region) -> bytes:
    """Pack what was seen in one box; why it was looked at belongs to the request, not to the box."""
    arrays: dict[str, NDArray[Any]] = {
        "vector": region.vector,
        "lab": region.colors.lab,
        "weight": region.colors.weight,
    }
    if region.views is not None:
        arrays["views"] = region.views
    return pack({}, arrays)


def region_from_bytes(data: bytes, proposal: Proposal) -> Region:
    """Read what `region_to_bytes` wrote. Raises ObservationError for anything else."""
    _, arrays = unpack(data)
    try:
        colors = ColorField(arrays["lab"], arrays["weight"])
        return Region(proposal, arrays["vector"], colors, arrays.get("views"))
    except KeyError as error:
        raise ObservationError(f"{_FOREIGN}: {error}") from error


_FOREIGN = f"these bytes are not an observation of version {OBSERVATION_VERSION}"


def pack(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> bytes:
    """Arrays and a JSON-ready header, in the safetensors format. No pickle."""
    from safetensors.numpy import save

    packed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return bytes(
        save(packed, metadata={"observation": json.dumps({**header, "version": OBSERVATION_VERSION})})
    )


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What `pack` packed. Raises ObservationError for other bytes and other versions."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(data)
        length = int.from_bytes(data[:8], "little")  # safetensors: u64 header length, then JSON
        header: dict[str, Any] = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["observation"])
        version = header["version"]
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ObservationError(f"{_FOREIGN}: {error}") from error
    if version != OBSERVATION_VERSION:
        raise ObservationError(f"{_FOREIGN}, but of version {version}")
    return header, arrays


def numbers(box: Box) -> list[float]:
    """left, top, right, bottom."""
    return [box.left, box.top, box.right, box.bottom]


def whole_region(observation: Observation) -> Region | None:
    """The region of the whole frame, where it was asked for (references always have it)."""
    return next((region for region in observation.regions if region.proposal.box == WHOLE), None)
