"""Crops around one subject in, one vector of its looks out: MobileNet beside classical appearance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency.encoders.appearance import AppearanceEncoder
from consistency.encoders.light.learned import learned
from consistency.encoders.light.mobilenet import features
from consistency.image import Frame
from consistency.vectors import unit_rows

NET_SHARE: Final = 0.85
"""Of the squared length of a vector. One character redrawn by generators among four others, and one comic
character alone (AUC): net only .818 and .937, .85 .840 and .938, .7 .837 and .927, .5 .819 and .914; subjects
between .999 and 1 with each (tests/evaluation/eval_light.py)."""


@dataclass(frozen=True, slots=True)
class LightSubject:
    """ImageEncoder of one subject. Travels to worker processes as a path. Mirrored pictures come to nearly
    the same vector."""

    net: Path
    """mobilenet_v1_1.0_224_quant_embedding_extractor.tflite."""
    weights: str = ""
    """sha256 over the net and the committed statistics, hex."""

    @property
    def id(self) -> str:
        """Name and build."""
        return "light.subject/1"

    def encode(self, frames: Sequence[Frame]) -> NDArray[np.float32]:
        """frames: n crops of any size. → float32 (n, 1408), unit rows."""
        shown = unit_rows(features(self.net, frames) - learned().subject_mean)
        looks = np.sqrt(1 - NET_SHARE) * AppearanceEncoder().encode(frames)
        return np.concatenate([looks, np.sqrt(NET_SHARE) * shown], axis=1).astype(np.float32)
