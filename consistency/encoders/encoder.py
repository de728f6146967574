"""The protocols behind which every encoder stands: frames in, vectors, faces or maps out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from consistency.image import Frame
from consistency.measurement import Box


class ImageEncoder(Protocol):
    """Turns pictures, or crops of pictures, into vectors."""

    @property
    def id(self) -> str:
        """Name and build ("classical.texture/1"): vectors of different ids are never compared."""

    @property
    def weights(self) -> str:
        """sha256 (hex) of the numbers that it was fitted to; empty when there are none."""

    def encode(self, frames: Sequence[Frame]) -> NDArray[np.float32]:
        """frames: n pictures of any size. → float32 (n, d). Each row depends on its own frame only."""


@dataclass(frozen=True, slots=True)
class Face:
    """One detected face."""

    box: Box
    score: float
    """Confidence of the detector, in [0, 1]."""
    vector: NDArray[np.float32]
    """float32 (d,), unit length."""
    clear: bool = True
    """Large and frontal enough that a great distance means somebody else. A face that is not may confirm a
    person and never rejects one."""


class FaceEncoder(Protocol):
    """Finds faces and turns each into a vector."""

    @property
    def id(self) -> str:
        """Name and weights digest."""

    @property
    def weights(self) -> str:
        """sha256 (hex) of the model files."""

    def faces(self, frames: Sequence[Frame]) -> list[tuple[Face, ...]]:
        """frames: n pictures. → for each, its faces, largest first."""


class MapEncoder(Protocol):
    """Turns a picture into a grid of vectors, which say where to look and never who is there."""

    @property
    def id(self) -> str:
        """Name and build: maps of different ids are never compared."""

    @property
    def weights(self) -> str:
        """sha256 (hex) of the model files and of the numbers that it was fitted to."""

    def maps(self, frames: Sequence[Frame], longest_side: int) -> list[NDArray[np.float32]]:
        """frames: n pictures of any size. longest_side: pixels at which they are looked at.

        → for each float32 (h, w, d), equal cells that together cover the whole picture; d is the same for all
        pictures and sides. Each map depends on its own frame only."""


@dataclass(frozen=True, slots=True)
class Encoders:
    """The set that one observer runs. References and frames always go through the same set."""

    style: ImageEncoder
    """Whole frame, color taken out. Unit rows."""
    rendering: ImageEncoder
    """Whole frame: named scalars of line, grain, blur. Not unit rows."""
    subject: ImageEncoder
    """A crop around one subject. Unit rows."""
    faces: FaceEncoder | None = None
    """Photographed faces, where such an encoder is installed."""
    maps: MapEncoder | None = None
    """Where in a frame characters may be, beside their colors."""
    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """Role → the models that it runs: names of the catalogue, or paths of nets that someone brought. Roles
    that need no model file are left out."""

    @property
    def ids(self) -> dict[str, str]:
        """Role → encoder id, for measurements and reports."""
        return {role: encoder.id for role, encoder in self._by_role().items()}

    @property
    def locked(self) -> dict[str, str]:
        """Role → encoder id with the digest of its weights, for locks: "classical.texture/1 sha256:…"."""
        return {
            role: f"{encoder.id} sha256:{encoder.weights}" if encoder.weights else encoder.id
            for role, encoder in self._by_role().items()
        }

    @property
    def model_names(self) -> tuple[str, ...]:
        """Every model once, for the license guard."""
        return tuple(dict.fromkeys(name for names in self.models.values() for name in names))

    @property
    def licenses(self) -> dict[str, str]:
        """Role → its models with their licenses, for locks and reports; empty where no model file is used."""
        from consistency.encoders.licenses import license_of

        return {
            role: ", ".join(f"{name}: {license_of(name)}" for name in names)
            for role, names in self.models.items()
            if names
        }

    def _by_role(self) -> dict[str, ImageEncoder | FaceEncoder | MapEncoder]:
        roles: dict[str, ImageEncoder | FaceEncoder | MapEncoder | None] = {
            "style": self.style,
            "rendering": self.rendering,
            "subject": self.subject,
            "faces": self.faces,
            "maps": self.maps,
        }
        return {role: encoder for role, encoder in roles.items() if encoder is not None}
