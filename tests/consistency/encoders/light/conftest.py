"""Nets of a few numbers, made here and saved as files, so that the code that loads the real ones runs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from consistency.encoders.light.runtime import INSTALL, openvino

FACE = 40
"""Pixels, side of the faces that the small detector finds around white cells of 8 × 8."""


@pytest.fixture(scope="session")
def ov() -> ModuleType:
    if find_spec("openvino") is None:
        pytest.skip(f"OpenVINO is not installed: {INSTALL}")
    return openvino()


@pytest.fixture(autouse=True)
def one_thread():
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


@pytest.fixture(scope="session")
def detector(ov, tmp_path_factory) -> Path:
    """Of YuNet's inputs and outputs: a face around each white cell of 8 × 8, its eyes half a face apart."""
    return save_detector(ov, tmp_path_factory.mktemp("net") / "detector.xml", FACE)


@pytest.fixture(scope="session")
def small_detector(ov, tmp_path_factory) -> Path:
    """The same, for faces of 16 pixels."""
    return save_detector(ov, tmp_path_factory.mktemp("net") / "small.xml", 16)


@pytest.fixture(scope="session")
def profile_detector(ov, tmp_path_factory) -> Path:
    """The same, for faces whose nose lies beyond an eye."""
    return save_detector(ov, tmp_path_factory.mktemp("net") / "profile.xml", FACE, nose=0.3)


@pytest.fixture(scope="session")
def recognizer(ov, tmp_path_factory) -> Path:
    """Of the recognizer's input and output: the red part of 16 × 16 cells, black at −.5 and white at .5."""
    ops = ov.opset13
    image = ops.parameter([1, 3, 128, 128], np.float32, name="0")
    red = ops.gather(image, np.array([2], np.int64), np.int64(1))
    cells = average(ops, red, 8)
    flat = ops.reshape(cells, np.array([-1, 256, 1, 1], np.int64), special_zero=False)
    out = ops.subtract(ops.divide(flat, np.float32(255)), np.float32(0.5))
    out.output(0).set_names({"658"})
    return saved(ov, [out], [image], tmp_path_factory.mktemp("net") / "recognizer.xml")


@pytest.fixture(scope="session")
def features(ov, tmp_path_factory) -> Path:
    """Of MobileNet's input and sizes: 1472 random mixtures of color at 28, 1024 at 7."""
    return save_features(ov, tmp_path_factory.mktemp("net") / "features.xml", 1472)


@pytest.fixture(scope="session")
def narrow_features(ov, tmp_path_factory) -> Path:
    """With fewer channels than were measured."""
    return save_features(ov, tmp_path_factory.mktemp("net") / "narrow.xml", 12)


@pytest.fixture(scope="session")
def deep_features(ov, tmp_path_factory) -> Path:
    """Of open sides, with 23 activations, the last of 512 random mixtures of color in cells of 16 pixels."""
    ops, random = ov.opset13, np.random.default_rng(2)
    image = ops.parameter([-1, -1, -1, 3], np.uint8, name="input")
    plain = ops.divide(ops.convert(image, np.float32), np.float32(50))
    node = ops.clamp(average(ops, ops.transpose(plain, np.array([0, 3, 1, 2], np.int64)), 16), 0.0, 6.0)
    for _ in range(21):  # each but the last only hands on
        node = ops.clamp(ops.add(node, np.float32(0.01)), 0.0, 6.0)
    mixing = random.normal(0, 1, (512, 3, 1, 1)).astype(np.float32)
    node = ops.clamp(convolved(ops, node, mixing), 0.0, 6.0)
    path = tmp_path_factory.mktemp("net") / "deep.xml"
    return saved(ov, [ops.reduce_mean(node, np.array([2, 3], np.int64), keep_dims=True)], [image], path)


def average(ops, node, size):
    return ops.avg_pool(
        node,
        strides=[size] * 2,
        pads_begin=[0, 0],
        pads_end=[0, 0],
        kernel_shape=[size] * 2,
        exclude_pad=True,
    )


def save_detector(ov, path: Path, face: int, nose: float = 0.0) -> Path:
    ops = ov.opset13
    image = ops.parameter([-1, 3, -1, -1], np.float32, name="input")
    outputs = []
    points = np.array([[-0.25, -0.2], [0.25, -0.2], [nose, 0], [-0.2, 0.2], [0.2, 0.2]], np.float32) * face
    for stride in (8, 16, 32):
        gray = ops.reduce_mean(image, np.array([1], np.int64), keep_dims=True)
        cells = ops.divide(average(ops, gray, stride), np.float32(255 if stride == 8 else 1e9))
        scores = ops.reshape(cells, np.array([0, -1, 1], np.int64), special_zero=True)
        nothing = ops.multiply(scores, np.float32(0))
        box = np.array([[[0.5, 0.5, np.log(face / stride), np.log(face / stride)]]], np.float32)
        marks = (points / stride + 0.5).reshape(1, 1, 10).astype(np.float32)
        for name, node in (
            ("cls", ops.add(scores, np.float32(0))),
            ("obj", ops.multiply(scores, np.float32(1))),
            ("bbox", ops.add(nothing, box)),
            ("kps", ops.add(nothing, marks)),
        ):
            node.output(0).set_names({f"{name}_{stride}"})
            outputs.append(node)
    return saved(ov, outputs, [image], path)


def save_features(ov, path: Path, channels: int) -> Path:
    ops, random = ov.opset13, np.random.default_rng(1)
    image = ops.parameter([1, 224, 224, 3], np.uint8, name="input")
    plain = ops.divide(ops.convert(image, np.float32), np.float32(50))
    planes = ops.transpose(plain, np.array([0, 3, 1, 2], np.int64))
    mixing = random.normal(0, 1, (channels, 3, 1, 1)).astype(np.float32)
    drawn = ops.clamp(convolved(ops, average(ops, planes, 8), mixing), 0.0, 6.0)
    mixing = random.normal(0, 1, (1024, channels, 1, 1)).astype(np.float32) / np.sqrt(channels)
    shown = ops.clamp(convolved(ops, average(ops, drawn, 4), mixing.astype(np.float32)), 0.0, 6.0)
    pooled = ops.reduce_mean(shown, np.array([2, 3], np.int64), keep_dims=True)
    return saved(ov, [pooled], [image], path)


def convolved(ops, node, weights):
    return ops.convolution(node, weights, [1, 1], [0, 0], [0, 0], [1, 1])


def saved(ov, outputs, inputs, path: Path) -> Path:
    ov.save_model(
        ov.Model([node.output(0) for node in outputs], inputs, "small"), path, compress_to_fp16=False
    )
    return path
