"""What fit_light.py writes: means and a whitening over unrelated pictures, taken out before vectors are
compared."""

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


@dataclass(frozen=True, slots=True, eq=False)
class MapWhitening:
    """Fitted by tests/evaluation/fit_light.py on cells of the same photographs and of 49 paintings."""

    mean: NDArray[np.float32]
    """float32 (512,): of `mobilenet.maps`."""
    transform: NDArray[np.float32]
    """float32 (512, 128): to directions of about equal spread, the widest ones."""


@cache
def map_whitening() -> MapWhitening:
    """The committed arrays, read once a process."""
    with files("consistency").joinpath("encoders/data/light_maps.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return MapWhitening(
            **{field.name: arrays[field.name].astype(np.float32) for field in fields(MapWhitening)}
        )


@cache
def learned() -> Learned:
    """The committed arrays, read once a process."""
    with files("consistency").joinpath("encoders/data/light.npz").open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        return Learned(**{field.name: arrays[field.name].astype(np.float32) for field in fields(Learned)})
