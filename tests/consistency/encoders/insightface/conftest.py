"""Packs made here: real ONNX files with the inputs and outputs of SCRFD and ArcFace, a few kilobytes each.

The detector takes blocks of color for faces: red 16 pixels large, green 48, blue 128, of which a bluish green
block looks to the side. A picture of 640 × 640 is seen as it is.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from consistency import Frame, frame_from_array

INSTALL = 'pip install "series-consistency[face]"'
SIDE = 640
DARK = (40, 40, 40)
FACES = {  # color, stride, half a side in strides, half the distance of the eyes in strides
    "small": ((255, 0, 0), 8, 1.0, 0.4),
    "middle": ((0, 255, 0), 16, 1.5, 0.6),
    "large": ((0, 0, 255), 32, 2.0, 0.8),
    "profile": ((0, 110, 255), 32, 2.0, 0.8),
}


def _required() -> None:
    for name in ("insightface", "onnxruntime", "onnx"):
        try:
            importlib.import_module(name)
        except ImportError:
            pytest.skip(f"{name} is not installed: {INSTALL}")


class Packs:
    """Makes packs, pictures, and what plain insightface says of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def pack(self, name: str = "pack", *, detector: bool = True, recognizer: bool = True, **options) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        if detector:
            write_detector(folder / "det.onnx")
        if recognizer:
            write_recognizer(folder / "rec.onnx", **options)
        return folder

    @staticmethod
    def detector(path: Path, **options) -> None:
        write_detector(path, **options)

    @staticmethod
    def recognizer(path: Path, **options) -> None:
        write_recognizer(path, **options)

    @staticmethod
    def yunet(path: Path) -> Path:
        write_yunet(path)
        return path

    @staticmethod
    def picture(*faces: tuple[str, int, int], size: tuple[int, int] = (SIDE, SIDE), seed: int = 1) -> Frame:
        """faces: kind, and column and row of its block in blocks as the detector sees
        them. size: width, height."""
        width, height = size
        noise = np.random.default_rng(seed).integers(0, 60, (height, width, 3))
        pixels = np.clip(np.array(DARK) + noise, 0, 255).astype(np.uint8)
        for kind, column, row in faces:
            color, block = FACES[kind][0], FACES[kind][1] * max(size) / SIDE
            top, bottom, left, right = (round(n * block) for n in (row, row + 1, column, column + 1))
            pixels[top:bottom, left:right] = color
        return frame_from_array(pixels)

    @staticmethod
    def plain(folder: Path, frame: Frame) -> list:
        """What insightface itself finds, one face at a time."""
        from insightface.app import FaceAnalysis

        app = FaceAnalysis(str(folder), allowed_modules=["detection", "recognition"], providers=CPU)
        app.prepare(0, det_size=(SIDE, SIDE))
        found = app.get(np.ascontiguousarray(frame.pixels[..., ::-1]))
        return sorted(found, key=lambda f: -(f.bbox[2] - f.bbox[0]) * (f.bbox[3] - f.bbox[1]))


CPU = ["CPUExecutionProvider"]


@pytest.fixture
def packs(tmp_path: Path) -> Packs:
    _required()
    return Packs(tmp_path)


def _model(nodes: list, inputs: list, outputs: list, constants: dict) -> object:
    from onnx import helper, numpy_helper

    initializers = [numpy_helper.from_array(np.asarray(a), name) for name, a in constants.items()]
    graph = helper.make_graph(nodes, "made", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def write_detector(path: Path, *, outputs: int = 9, score_numbers: int = 1) -> None:
    """SCRFD's nine outputs: for each of three grids the scores, then the boxes, then the landmarks."""
    import onnx
    from onnx import TensorProto, helper

    nodes, constants, names = [], {"flat": np.array([0, -1, 1], np.int64)}, []
    for kind, channel in (("small", 0), ("middle", 1), ("large", 2)):
        _, stride, half, eye = FACES[kind]
        nodes.append(
            helper.make_node("AveragePool", ["x"], [kind], kernel_shape=[stride] * 2, strides=[stride] * 2)
        )
        score = np.full((1, 3), -12.0, np.float32)
        score[0, channel] = 40
        points = np.array([[-eye, -0.4], [eye, -0.4], [0, 0], [-eye, 0.5], [eye, 0.5]], np.float32)
        side = np.zeros((10, 3), np.float32)
        side[4, 1] = 1.2 if kind == "large" else 0  # green moves the nose to the side
        heads = {
            "score": (score, np.array([-30.0])),
            "box": (np.zeros((4, 3)), np.full(4, half)),
            "points": (side, points.ravel() + side @ [0, 1, 0]),
        }
        for head, (weight, bias) in heads.items():
            # Two anchors at each place: the second never fires.
            zero, low = np.zeros_like(weight), np.full_like(bias, -60.0 if head == "score" else 1.0)
            name = f"{head}_{stride}"
            constants[f"{name}_w"] = np.concatenate([weight, zero])[..., None, None].astype(np.float32)
            constants[f"{name}_b"] = np.concatenate([bias, low]).astype(np.float32)
            constants[f"{name}_n"] = np.array([-1, len(bias)], np.int64)
            nodes += [
                helper.make_node("Conv", [kind, f"{name}_w", f"{name}_b"], [f"{name}_c"]),
                helper.make_node("Transpose", [f"{name}_c"], [f"{name}_t"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{name}_t", f"{name}_n"], [f"{name}_r"]),
                helper.make_node("Sigmoid" if head == "score" else "Identity", [f"{name}_r"], [name]),
            ]
    for head, numbers in (("score", score_numbers), ("box", 4), ("points", 10)):
        names += [
            helper.make_tensor_value_info(f"{head}_{stride}", TensorProto.FLOAT, [None, numbers])
            for stride in (8, 16, 32)
        ]
    picture = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])
    onnx.save(_model(nodes, [picture], names[:outputs], constants), str(path))


def write_recognizer(path: Path, *, side: int = 112, numbers: int = 16, batch: int | str = "n") -> None:
    """ArcFace's input and output: batch × 3 × side × side to batch × numbers."""
    import onnx
    from onnx import TensorProto, helper

    random = np.random.default_rng(7)
    cells = (side // 8) ** 2 * 4
    constants = {
        "w": random.normal(0, 0.1, (4, 3, 8, 8)).astype(np.float32),
        "m": random.normal(0, 0.1, (cells, numbers)).astype(np.float32),
        "n": np.array([-1, cells], np.int64),
    }
    nodes = [
        helper.make_node("Conv", ["data", "w"], ["c"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Relu", ["c"], ["r"]),
        helper.make_node("Reshape", ["r", "n"], ["f"]),
        helper.make_node("MatMul", ["f", "m"], ["y"]),
    ]
    data = helper.make_tensor_value_info("data", TensorProto.FLOAT, [batch, 3, side, side])
    rows = helper.make_tensor_value_info("y", TensorProto.FLOAT, [batch, numbers])
    onnx.save(_model(nodes, [data], [rows], constants), str(path))


def write_yunet(path: Path) -> None:
    """YuNet's twelve outputs: blue blocks of 32 pixels are faces of 128 pixels."""
    import onnx
    from onnx import TensorProto, helper

    nodes, constants, ports = [], {}, []
    eye = FACES["large"][3]
    points = np.array([[-eye, -0.4], [eye, -0.4], [0, 0], [-eye, 0.5], [eye, 0.5]], np.float32)
    for stride in (8, 16, 32):
        pooled = f"pooled{stride}"
        sides = {"kernel_shape": [stride] * 2, "strides": [stride] * 2}
        nodes.append(helper.make_node("AveragePool", ["x"], [pooled], **sides))
        # Blue comes first; red and green must be dark.
        blue = np.array([[0.2, -0.2, -0.2]]) if stride == 32 else np.zeros((1, 3))
        low = np.array([-30.0])
        heads = {
            "cls": (blue, low),
            "obj": (blue, low),
            "bbox": (np.zeros((4, 3)), np.array([0, 0, np.log(4), np.log(4)])),
            "kps": (np.zeros((10, 3)), points.ravel()),
        }
        for head, (weight, bias) in heads.items():
            name, numbers = f"{head}_{stride}", len(bias)
            constants[f"{name}_w"] = weight[..., None, None].astype(np.float32)
            constants[f"{name}_b"] = bias.astype(np.float32)
            constants[f"{name}_n"] = np.array([0, -1, numbers], np.int64)
            nodes += [
                helper.make_node("Conv", [pooled, f"{name}_w", f"{name}_b"], [f"{name}_c"]),
                helper.make_node("Transpose", [f"{name}_c"], [f"{name}_t"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{name}_t", f"{name}_n"], [f"{name}_r"]),
                helper.make_node("Sigmoid" if head in {"cls", "obj"} else "Identity", [f"{name}_r"], [name]),
            ]
            ports.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", None, numbers]))
    picture = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, "h", "w"])
    onnx.save(_model(nodes, [picture], ports, constants), str(path))
