import subprocess
import sys

import cv2
import numpy as np
import pytest

from consistency.color import srgb_to_lab
from consistency.encoders.appearance import (
    BACKGROUND_BOXES,
    AppearanceEncoder,
    learned,
)
from consistency.image import frame_from_array
from consistency.subject import subject_mask
from consistency.vectors import cosine_distance

FOX = {"coat": (190, 60, 40), "trousers": (40, 70, 160), "skin": (240, 200, 170), "hair": (90, 50, 20)}
OTHER_COLORS = {
    "coat": (40, 150, 90),
    "trousers": (230, 200, 60),
    "skin": (240, 200, 170),
    "hair": (20, 20, 30),
}


def ground(side, hue, seed=0):
    """A plain ground with a light grain."""
    grain = np.random.default_rng(seed).normal(0, 4, (side, side, 1))
    return np.clip(np.array(hue, float) + grain, 0, 255).astype(np.uint8)


def drawn_figure(colors, *, hue=(235, 235, 225), side=240, scale=1.0, mirrored=False, seed=0):
    picture = ground(side, hue, seed)
    size, middle = side * scale, side // 2

    def at(x, y):
        return int(middle + (x - 0.5) * size), int(middle + (y - 0.5) * size)

    def box(left, top, right, bottom, color):
        cv2.rectangle(picture, at(left, top), at(right, bottom), color, -1)
        cv2.rectangle(picture, at(left, top), at(right, bottom), (20, 20, 20), 2)

    box(0.37, 0.62, 0.48, 0.92, colors["trousers"])
    box(0.52, 0.62, 0.63, 0.92, colors["trousers"])
    box(0.33, 0.36, 0.67, 0.64, colors["coat"])
    box(0.67, 0.38, 0.84, 0.46, colors["coat"])
    cv2.circle(picture, at(0.5, 0.24), int(0.13 * size), colors["skin"], -1)
    cv2.ellipse(picture, at(0.5, 0.2), (int(0.14 * size), int(0.1 * size)), 0, 180, 360, colors["hair"], -1)
    cv2.circle(picture, at(0.55, 0.25), int(0.015 * size), (0, 0, 0), -1)
    return picture[:, ::-1] if mirrored else picture


def drawn_animal(side=240):
    picture = ground(side, (235, 235, 225))
    cv2.ellipse(picture, (120, 140), (80, 40), 0, 0, 360, (200, 160, 90), -1)
    for x in (70, 90, 150, 170):
        cv2.line(picture, (x, 160), (x, 215), (120, 90, 40), 9)
    for x in range(60, 185, 14):
        cv2.line(picture, (x, 105), (x + 6, 175), (90, 60, 20), 4)
    cv2.circle(picture, (195, 95), 30, (200, 160, 90), -1)
    return picture


def encode(*pictures):
    frames = [frame_from_array(np.ascontiguousarray(p), f"picture {i}") for i, p in enumerate(pictures)]
    return AppearanceEncoder().encode(frames)


def test_vectors_are_unit_rows_of_one_size():
    rows = encode(drawn_figure(FOX), drawn_animal())
    assert rows.shape == (2, 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert AppearanceEncoder().id == "classical.appearance/1"


def test_nothing_to_encode():
    rows = AppearanceEncoder().encode([])
    assert rows.shape == (0, 384)
    assert rows.dtype == np.float32


def test_each_row_depends_on_its_own_picture_only():
    figure, animal = drawn_figure(FOX), drawn_animal()
    rows = encode(figure, animal, drawn_figure(OTHER_COLORS))
    assert np.array_equal(encode(animal)[0], rows[1])
    assert np.array_equal(encode(animal, figure), rows[[1, 0]])


def test_another_process_comes_to_the_same_bytes():
    code = (
        "import numpy as np, hashlib\n"
        "from consistency.encoders.appearance import AppearanceEncoder\n"
        "from consistency.image import frame_from_array\n"
        "pixels = (np.arange(90 * 60 * 3) * 7919 % 251).astype(np.uint8).reshape(90, 60, 3)\n"
        "rows = AppearanceEncoder().encode([frame_from_array(pixels, 'x')])\n"
        "print(hashlib.sha256(rows.tobytes()).hexdigest())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in "ab"
    ]
    assert runs[0].stdout == runs[1].stdout


@pytest.mark.parametrize(
    "changes",
    [
        {"hue": (150, 190, 220)},
        {"hue": (60, 60, 70)},
        {"scale": 0.8},
        {"mirrored": True},
        {"hue": (120, 170, 110), "scale": 0.8, "mirrored": True, "seed": 3},
    ],
)
def test_the_same_figure_is_nearer_than_a_recolored_or_another_one(changes):
    reference = encode(drawn_figure(FOX))
    same, recolored, other = encode(drawn_figure(FOX, **changes), drawn_figure(OTHER_COLORS), drawn_animal())
    distance = cosine_distance(reference, np.stack([same, recolored, other]))[0]
    assert distance[0] < distance[1]
    assert distance[0] < distance[2]


def test_a_mirrored_picture_is_nearly_the_same():
    figure = drawn_figure(FOX)
    a, b = encode(figure, figure[:, ::-1])
    assert cosine_distance(a[None], b[None])[0, 0] < 0.05


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 3), (2, 2), (192, 192), (1024, 700)])
@pytest.mark.parametrize("value", [0, 127, 255])
def test_flat_and_odd_crops_have_finite_vectors(shape, value):
    rows = encode(np.full((*shape, 3), value, np.uint8))
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows), 1, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (48, 31), (240, 240)])
def test_a_mask_covers_every_pixel_between_0_and_1(shape):
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8)
    mask = subject_mask(srgb_to_lab(noise))
    assert mask.shape == shape
    assert mask.dtype == np.float32
    assert mask.min() >= 0
    assert mask.max() == pytest.approx(1)


def test_the_mask_lies_on_the_figure_and_not_on_its_ground():
    mask = subject_mask(srgb_to_lab(drawn_figure(FOX, hue=(120, 170, 110))))
    assert mask[120, 120] > 0.8  # coat
    assert mask[:20].max() < 0.1
    assert mask[:, :30].max() < 0.1


def test_a_picture_in_one_color_has_a_mask_around_its_center():
    mask = subject_mask(np.full((60, 60, 3), 50, np.float32))
    assert mask[30, 30] > mask[5, 30] > 0


@pytest.mark.parametrize("shape", [(5, 5), (5, 5, 4), (0, 5, 3)])
def test_a_mask_needs_a_picture(shape):
    with pytest.raises(ValueError, match="picture"):
        subject_mask(np.zeros(shape, np.float32))


def test_the_background_boxes_cover_the_reference():
    assert sum(box.area for box in BACKGROUND_BOXES) == 1


def test_the_committed_arrays_fit_together():
    arrays = learned()
    assert arrays.patch_mean.shape == arrays.patch_scale.shape == (14,)
    assert arrays.words.shape == (64, 14)
    assert arrays.projection.shape == (len(arrays.mean), 384)
