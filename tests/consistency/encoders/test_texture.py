"""TextureEncoder: style with color taken out, on pictures drawn here and, where they are, on real ones."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency.encoders.texture import DIMENSIONS, TextureEncoder, texture_descriptor, texture_statistics
from consistency.image import frame_from_array, read_frame

DATA = Path(os.environ.get("SERIES_EVAL", Path(__file__).resolve().parents[4] / "shared" / "eval"))
SIDE = 320


def smooth(seed):
    small = np.random.default_rng(seed).integers(40, 216, (6, 6)).astype(np.uint8)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def hatched(seed):
    random, plane = np.random.default_rng(seed), smooth(seed)
    for _ in range(500):
        x, y = (int(v) for v in random.integers(0, SIDE, 2))
        length = int(random.integers(20, 40))
        cv2.line(plane, (x, y), (x + length, y - length), 20, 1, cv2.LINE_AA)
    return plane


def stippled(seed):
    random, plane = np.random.default_rng(seed), smooth(seed)
    for x, y in random.integers(0, SIDE, (2500, 2)):
        cv2.circle(plane, (int(x), int(y)), 1, 20, -1)
    return plane


def rgb(plane):
    return np.repeat(plane[..., None], 3, axis=2)


def encode(*pictures):
    return TextureEncoder().encode([frame_from_array(picture, "drawn") for picture in pictures])


def colored(plane):
    """The same luma (Rec. 601, as in OpenCV) with another hue in each half, as far as rounding lets it."""
    red = np.clip(plane.astype(np.float64) + 30, 0, 255)
    picture = np.stack([red, (plane - 0.299 * red - 0.114 * plane) / 0.587, plane], axis=2)
    picture[:, SIDE // 2 :] = rgb(plane)[:, SIDE // 2 :]
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def test_gives_unit_rows_of_float32():
    rows = encode(rgb(hatched(1)), rgb(smooth(2)), rgb(stippled(3)))
    assert rows.shape == (3, DIMENSIONS)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_frames_give_no_rows():
    assert encode().shape == (0, DIMENSIONS)


def test_the_same_picture_gives_the_same_row():
    first, second = encode(rgb(hatched(1)))[0], encode(rgb(hatched(1)))[0]
    assert np.array_equal(first, second)


def test_a_row_does_not_depend_on_its_batch():
    pictures = [rgb(make(seed)) for seed in range(3) for make in (hatched, stippled, smooth)]
    batch = encode(*pictures)
    for picture, row in zip(pictures, batch, strict=True):
        assert np.array_equal(encode(picture)[0], row)


@pytest.mark.parametrize("make", [hatched, stippled])
def test_color_alone_hardly_moves_it(make):
    gray, tinted, other = encode(rgb(make(4)), colored(make(4)), rgb(smooth(4)))
    assert 1 - gray @ tinted < 0.02
    assert 1 - gray @ other > 0.3


def test_hatching_stipple_and_smooth_tone_lie_apart():
    styles = {
        make.__name__: encode(*(rgb(make(seed)) for seed in range(4))) for make in (hatched, stippled, smooth)
    }
    for name, rows in styles.items():
        within = 1 - (rows @ rows.T).min()
        across = min(1 - (rows @ others.T).max() for other, others in styles.items() if other != name)
        assert within < across, name


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (3, 500), (500, 3), (40, 2000)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_flat_and_tiny_frames_give_finite_unit_rows(size, value):
    row = encode(np.full((*size, 3), value, np.uint8))[0]
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_descriptors_are_roots_of_shares():
    descriptor = texture_descriptor(rgb(hatched(5)))
    assert descriptor.shape == (DIMENSIONS,)
    assert descriptor.min() >= 0
    assert descriptor.max() <= 1
    assert (descriptor[:8] ** 2).sum() == pytest.approx(1, abs=1e-5)
    assert (descriptor[-10:] ** 2).sum() == pytest.approx(1, abs=1e-5)


def test_shipped_statistics_are_sound():
    statistics = texture_statistics()
    assert statistics.mean.shape == statistics.deviation.shape == (DIMENSIONS,)
    assert (statistics.deviation > 0).all()
    assert statistics.whitening == pytest.approx(statistics.whitening.T, abs=1e-4)
    assert np.linalg.eigvalsh(statistics.whitening.astype(np.float64)).min() > 0


def test_importing_it_loads_no_model_library():
    code = (
        "import sys, consistency.encoders.texture, consistency.encoders.rendering;"
        "print(*{'torch', 'onnxruntime', 'openvino', 'scipy.stats'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.split()


@pytest.mark.skipif(not (DATA / "styles").is_dir(), reason=f"no labeled paintings in {DATA / 'styles'}")
def test_real_outputs_lie_nearer_to_their_style_than_to_their_content():
    with (DATA / "styles" / "labels.csv").open(newline="", encoding="utf-8") as file:
        labeled = [row for row in csv.DictReader(file) if row["style_key"]]
    rows = TextureEncoder().encode([read_frame(DATA / "styles" / row["file"]) for row in labeled])
    same, hard = [], []
    for i, a in enumerate(labeled):
        for j, b in enumerate(labeled[:i]):
            if (a["style_key"] == b["style_key"]) != (a["content"] == b["content"]):
                (same if a["style_key"] == b["style_key"] else hard).append(1 - rows[i] @ rows[j])
    assert len(same) >= 20
    assert len(hard) >= 50
    assert np.mean(np.array(same)[:, None] < np.array(hard)) > 0.95
