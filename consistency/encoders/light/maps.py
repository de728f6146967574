"""Frames in, maps of what is shown where out: whitened inner activations of MobileNet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from consistency.encoders.light.learned import map_whitening
from consistency.encoders.light.mobilenet import maps
from consistency.image import Frame


@dataclass(frozen=True, slots=True)
class LightMaps:
    """MapEncoder. Travels to worker processes as a path.

    Plain activations say figure or ground and hardly which figure: whitened on unrelated pictures they find
    48 of 51 large boxes of comic characters among three windows, plain ones 44. The layers before and behind
    (9 and 13) find as many; this one tells best whether a character is there at all.
    """

    net: Path
    """mobilenet_v1_1.0_224_quant_embedding_extractor.tflite."""
    weights: str = ""
    """sha256 over the net and the committed whitening, hex."""

    @property
    def id(self) -> str:
        """Name and build."""
        return "light.maps/1"

    def maps(self, frames: Sequence[Frame], longest_side: int) -> list[NDArray[np.float32]]:
        """frames: n pictures of any size. → for each float32 (h, w, 128), a cell for about 16 pixels of
        `longest_side`; cells of unrelated pictures have the mean 0 and about the same spread everywhere."""
        whitening = map_whitening()
        return [
            np.asarray((grid - whitening.mean) @ whitening.transform, np.float32)
            for grid in maps(self.net, frames, longest_side)
        ]
