"""Frames in, one unit row of how each is drawn out: MobileNet's activations beside edges and textures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency.encoders.light.learned import learned
from consistency.encoders.light.mobilenet import activations
from consistency.encoders.texture import TextureEncoder
from consistency.errors import ModelError
from consistency.image import Frame
from consistency.vectors import unit_rows

NET_SHARE: Final = 0.5
"""Of the squared length of a row. All style pairs, AUC: texture .980, the net .984, both .988."""


@dataclass(frozen=True, slots=True)
class LightStyle:
    """ImageEncoder of style with color taken out. Travels to worker processes as a path."""

    net: Path
    """mobilenet_v1_1.0_224_quant_embedding_extractor.tflite."""
    weights: str = ""
    """sha256 over the net and the committed statistics, hex."""

    @property
    def id(self) -> str:
        """Name and build."""
        return "light.style/1"

    def encode(self, frames: Sequence[Frame]) -> NDArray[np.float32]:
        """frames: n pictures of any size. → float32 (n, 3027), unit rows; unrelated styles are about 1
        apart."""
        mean = learned().style_mean
        found = activations(self.net, frames)
        if len(found) and found.shape[1] != len(mean):
            raise ModelError(
                f"{self.net}: {found.shape[1]} statistics of activations, expected {len(mean)}: not the net "
                f"that was measured"
            )
        drawn = unit_rows(found.reshape(len(frames), -1) - mean) if len(frames) else np.zeros((0, len(mean)))
        parts = np.sqrt(1 - NET_SHARE) * TextureEncoder().encode(frames), np.sqrt(NET_SHARE) * drawn
        return np.concatenate(parts, axis=1).astype(np.float32)
