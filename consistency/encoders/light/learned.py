"""What fit_light.py writes: means over unrelated pictures, that are taken out before vectors are compared."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """Fitted by tests/evaluation/fit_light.py on photographs of 30 subjects."""

    style_mean: NDArray[np.float32]
    """float32 (2944,): of `mobilenet.activations`."""
    subject_mean: NDArray[np.float32]
    """float32 (1024,): of `mobilenet.features`."""


@cache
def learned() -> Learned:
    """The committed arrays, read once a process."""
    with files("consistency").joinpath("encoders/data/light.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return Learned(**{field.name: arrays[field.name].astype(np.float32) for field in fields(Learned)})
