"""Subjects and styles by MobileNet: unit rows, each of its own picture only, color taken out of style."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from consistency.encoders.light import mobilenet
from consistency.encoders.light.mobilenet import activations
from consistency.encoders.light.style import LightStyle
from consistency.encoders.light.subject import LightSubject
from consistency.errors import ModelError
from consistency.image import frame_from_array


def frame(seed, width=90, height=120):
    random = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), random.integers(0, 256, 3), np.uint8)
    pixels[height // 4 : -height // 4, width // 4 : -width // 4] = random.integers(0, 256, 3)
    return frame_from_array(pixels)


@pytest.mark.parametrize("kind", [LightSubject, LightStyle])
def test_rows_have_unit_length_and_depend_on_their_own_picture_only(features, kind) -> None:
    encoder, frames = kind(features), [frame(seed, 60 + 7 * seed) for seed in range(11)]
    rows = encoder.encode(frames)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)
    for index in (0, 4, 10):
        assert np.array_equal(encoder.encode(frames[index : index + 1])[0], rows[index])


@pytest.mark.parametrize("kind", [LightSubject, LightStyle])
def test_no_picture_gives_no_rows_of_the_right_width(features, kind) -> None:
    encoder = kind(features)
    assert encoder.encode([]).shape == (0, encoder.encode([frame(0)]).shape[1])


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (3, 2)])
@pytest.mark.parametrize("kind", [LightSubject, LightStyle])
def test_tiny_pictures_are_no_problem(features, kind, size) -> None:
    pixels = np.full((*size, 3), 90, np.uint8)
    assert np.isfinite(kind(features).encode([frame_from_array(pixels)])).all()


def test_a_subject_turned_around_is_the_same(features) -> None:
    random = np.random.default_rng(5)
    pixels = np.full((200, 160, 3), 230, np.uint8)
    pixels[40:160, 50:120] = random.integers(0, 256, (120, 70, 3))
    there, back = (frame_from_array(np.ascontiguousarray(p)) for p in (pixels, pixels[:, ::-1]))
    one, two, other = LightSubject(features).encode([there, back, frame(3)])
    assert one @ two > 0.97
    assert one @ other < 0.9


def test_what_stands_around_a_subject_counts_little(features) -> None:
    def standing_on(ground, figure):
        pixels = np.full((192, 192, 3), ground, np.uint8)
        pixels[48:144, 64:128] = figure
        return frame_from_array(pixels)

    frames = standing_on(240, (200, 30, 30)), standing_on(120, (200, 30, 30)), standing_on(240, (30, 160, 40))
    red, on_gray, green = mobilenet.features(features, frames)
    assert red @ on_gray > red @ green


def test_style_does_not_see_color(features) -> None:
    """The net sees gray: a picture and the gray picture of it have one vector."""
    gray = np.random.default_rng(2).integers(0, 256, (80, 80, 1), np.uint8).repeat(3, axis=2)
    red = np.zeros((64, 64, 3), np.uint8)
    red[..., 0] = 100  # gray 29.9
    as_gray = np.full((64, 64, 3), 30, np.uint8)
    rows = activations(features, [frame_from_array(p) for p in (red, as_gray, gray)])
    assert np.allclose(rows[0], rows[1], atol=1e-6)
    assert not np.allclose(rows[0], rows[2], atol=1e-2)


def test_statistics_are_means_and_deviations_of_the_activations(features, ov) -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (224, 224, 1), np.uint8).repeat(3, axis=2)
    (row,) = activations(features, [frame_from_array(pixels)])
    model = ov.Core().read_model(features)
    clamp = next(node for node in model.get_ordered_ops() if node.get_type_name() == "Clamp")
    model.add_outputs([clamp.output(0)])
    plainly = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    (maps,) = list(plainly(pixels[None]).values())[1]
    plain = np.concatenate([maps.mean(axis=(1, 2)), maps.std(axis=(1, 2))])
    assert np.allclose(row, plain / np.linalg.norm(plain), atol=1e-4)


def test_a_net_with_other_channels_is_another_one(narrow_features) -> None:
    with pytest.raises(ModelError, match="24 statistics of activations, expected 2944"):
        LightStyle(narrow_features).encode([frame(0)])


def test_a_net_without_activations_is_another_one(ov, tmp_path) -> None:
    ops = ov.opset13
    image = ops.parameter([1, 224, 224, 3], np.uint8, name="input")
    ov.save_model(
        ov.Model([ops.convert(image, np.float32).output(0)], [image], "none"), tmp_path / "none.xml"
    )
    for look in (mobilenet.features, activations):
        with pytest.raises(ModelError, match="has no activations"):
            look(tmp_path / "none.xml", [frame(0)])


@pytest.mark.parametrize("kind", [LightSubject, LightStyle])
def test_it_pickles_as_its_path(features, kind) -> None:
    encoder = kind(features, "0" * 64)
    kind(features).encode([frame(0)])
    assert len(pickle.dumps(encoder)) < 1000
    assert pickle.loads(pickle.dumps(encoder)) == encoder  # noqa: S301 - made here
