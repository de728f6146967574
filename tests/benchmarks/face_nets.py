"""ONNX nets of the true shapes with random weights: SCRFD-10G with landmarks at 640, ArcFace on IResNet-50.

The layers are those of insightface's scrfd_10g_bnkps.py and iresnet.py, batch norms folded into the
convolutions before them, as exports have it. The detector is made to say that there is one face at a fixed
place.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)
SIDE = 640
FACE_AT = (9, 9)
"""Row and column of the one face in the grid of 32 pixels: its middle is 288 pixels from the top left."""


class Builder:
    """Adds layers one after the other; every method returns the name of its output."""

    def __init__(self) -> None:
        self.nodes, self.constants = [], []
        self.random = np.random.default_rng(1)

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def node(self, kind: str, *inputs: str, **options) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **options))
        return name

    def conv(self, x: str, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, scale=2.0) -> str:
        size = np.sqrt(scale / (inputs * kernel**2))
        weight = self.random.normal(0, size, (outputs, inputs, kernel, kernel)).astype(np.float32)
        bias = self.constant(np.zeros(outputs, np.float32))
        pads = [kernel // 2] * 4
        settings = {"kernel_shape": [kernel] * 2, "strides": [stride] * 2, "pads": pads}
        return self.node("Conv", x, self.constant(weight), bias, **settings)

    def relu(self, x: str) -> str:
        return self.node("Relu", x)

    def save(self, path: Path, inputs: list, outputs: list) -> None:
        graph = helper.make_graph(self.nodes, "made", inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(model, str(path))


def write_scrfd(path: Path) -> None:
    b = Builder()
    x = b.relu(b.conv("x", 3, 28, stride=2))
    x = b.relu(b.conv(x, 28, 28))
    x = b.relu(b.conv(x, 28, 56))
    x = b.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    planes, levels = 56, []
    for stage, (blocks, width) in enumerate(zip((3, 4, 2, 3), (56, 88, 88, 224), strict=True)):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = b.conv(b.relu(b.conv(x, planes, width, stride=stride)), width, width, scale=0.2)
            if stride == 2 or planes != width:
                if stride == 2:
                    x = b.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])
                x = b.conv(x, planes, width, 1, scale=1.0)
            x, planes = b.relu(b.node("Add", x, y)), width
        levels.append((x, width))
    lateral = [b.conv(level, width, 56, 1, scale=1.0) for level, width in levels[1:]]
    scales = b.constant(np.array([1, 1, 2, 2], np.float32))
    for i in (1, 0):
        lateral[i] = b.node("Add", lateral[i], b.node("Resize", lateral[i + 1], "", scales, mode="nearest"))
    inner = [b.conv(level, 56, 56, scale=1.0) for level in lateral]
    for i in (1, 2):
        inner[i] = b.node("Add", inner[i], b.conv(inner[i - 1], 56, 56, stride=2, scale=1.0))
    grids = [inner[0], *(b.conv(level, 56, 56, scale=1.0) for level in inner[1:])]
    outputs: dict[str, list[str]] = {"score": [], "box": [], "points": []}
    for x, stride in zip(grids, STRIDES, strict=True):
        for layer in range(3):
            x = b.relu(b.conv(x, 56 if not layer else 80, 80))  # noqa: PLW2901 - the layers of one head
        for head, numbers in (("score", 1), ("box", 4), ("points", 10)):
            y = b.conv(x, 80, 2 * numbers, scale=1e-12)
            y = b.node("Transpose", y, perm=[0, 2, 3, 1])
            y = b.node("Reshape", y, b.constant(np.array([-1, numbers], np.int64)))
            y = b.node("Add", y, b.constant(_answer(head, stride)))
            outputs[head].append(b.node("Sigmoid", y) if head == "score" else y)
    ports = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, numbers])
        for head, numbers in (("score", 1), ("box", 4), ("points", 10))
        for name in outputs[head]
    ]
    b.save(path, [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])], ports)


def _answer(head: str, stride: int) -> np.ndarray:
    """What the head says, in strides: one face of 200 pixels in the coarsest grid."""
    cells = SIDE // stride
    if head == "score":
        scores = np.full((cells, cells, 2), -9.0, np.float32)
        if stride == STRIDES[-1]:
            scores[(*FACE_AT, 0)] = 3.0
        return scores.reshape(-1, 1)
    if head == "box":
        return np.full((1, 4), 100 / stride, np.float32)
    points = np.array([[-35, -25], [35, -25], [0, 10], [-28, 45], [28, 45]], np.float32)
    return points.reshape(1, 10) / stride


def write_arcface(path: Path) -> None:
    b = Builder()
    x = _prelu(b, b.conv("data", 3, 64), 64)
    planes = 64
    for blocks, width in ((3, 64), (4, 128), (14, 256), (3, 512)):
        for block in range(blocks):
            stride = 1 if block else 2
            y = b.conv(_norm(b, x, planes), planes, width)
            y = b.conv(_prelu(b, y, width), width, width, stride=stride, scale=0.2)
            if not block:
                x = b.conv(x, planes, width, 1, stride=2, scale=1.0)
            x, planes = b.node("Add", x, y), width
    x = b.node("Flatten", _norm(b, x, 512))
    weight = b.random.normal(0, 1 / np.sqrt(512 * 49), (512 * 49, 512)).astype(np.float32)
    x = b.node("Gemm", x, b.constant(weight), b.constant(np.zeros(512, np.float32)))
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, ["n", 3, 112, 112])
    b.save(path, [data], [helper.make_tensor_value_info(x, TensorProto.FLOAT, ["n", 512])])


def _norm(b: Builder, x: str, width: int) -> str:
    one, zero = np.ones(width, np.float32), np.zeros(width, np.float32)
    return b.node("BatchNormalization", x, *(b.constant(a) for a in (one, zero, zero, one)))


def _prelu(b: Builder, x: str, width: int) -> str:
    return b.node("PRelu", x, b.constant(np.full((width, 1, 1), 0.25, np.float32)))
