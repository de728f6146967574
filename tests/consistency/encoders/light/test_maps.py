"""Maps by MobileNet's inner activations: a cell for 16 × 16 pixels, each picture by itself."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from consistency.encoders.light.maps import LightMaps
from consistency.errors import ModelError
from consistency.image import frame_from_array


def frame(seed: int, width: int = 100, height: int = 80):
    pixels = np.random.default_rng(seed).integers(0, 256, (height // 20, width // 20, 3), np.uint8)
    return frame_from_array(np.ascontiguousarray(np.kron(pixels, np.ones((20, 20, 1), np.uint8))))


@pytest.mark.parametrize(
    ("size", "side", "cells"),
    [((400, 200), 512, (16, 32)), ((64, 64), 96, (6, 6)), ((20, 300), 160, (10, 2))],
)
def test_a_cell_is_16_pixels_of_the_side_asked_for(deep_features, size, side, cells) -> None:
    pixels = np.full((size[1], size[0], 3), 120, np.uint8)
    (grid,) = LightMaps(deep_features).maps([frame_from_array(pixels)], side)
    assert grid.shape == (*cells, 128)
    assert grid.dtype == np.float32
    assert np.isfinite(grid).all()


def test_maps_depend_on_their_own_picture_only_and_keep_its_order(deep_features) -> None:
    encoder, frames = LightMaps(deep_features), [frame(i, 100 + 40 * (i % 3)) for i in range(7)]
    together = encoder.maps(frames, 128)
    for one, grid in zip(frames, together, strict=True):
        np.testing.assert_array_equal(encoder.maps([one], 128)[0], grid)


def test_what_stands_right_in_the_picture_stands_right_in_the_map(deep_features) -> None:
    pixels = np.full((128, 128, 3), 128, np.uint8)
    pixels[:, 64:] = (220, 30, 30)
    (grid,) = LightMaps(deep_features).maps([frame_from_array(pixels)], 128)
    assert np.abs(grid[:, 0] - grid[:, 3]).max() < np.abs(grid[:, 0] - grid[:, 4]).max() / 10


def test_no_picture_is_no_map(deep_features) -> None:
    assert LightMaps(deep_features).maps([], 512) == []


def test_a_net_without_such_a_layer_is_refused(features) -> None:
    with pytest.raises(ModelError, match="activations"):
        LightMaps(features).maps([frame(0)], 128)


def test_the_encoder_travels_as_a_path(deep_features) -> None:
    encoder = pickle.loads(pickle.dumps(LightMaps(deep_features, "abc")))  # noqa: S301 - our own bytes
    assert (encoder.id, encoder.weights) == ("light.maps/1", "abc")
    assert len(encoder.maps([frame(0)], 96)) == 1
