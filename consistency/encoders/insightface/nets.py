"""A file of a net in, InsightFace's model around it out, on the device that was asked for or not at all.

The only module here that imports insightface, onnx and onnxruntime, and late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import cv2

from consistency.errors import EncoderError, ModelError

INSTALL: Final = 'pip install "series-consistency[face]"'
"""The line that brings insightface and onnxruntime."""
SIDE: Final = 112
"""Pixels, both sides of an aligned face."""
DETECTION_SIDE: Final = 640
"""Pixels, both sides of what the detector sees: the size of its published figures. By itself insightface 2
also looks at 128."""
Provider = tuple[str, Mapping[str, str]]
DEVICES: Final[Mapping[str, tuple[Provider, ...]]] = MappingProxyType(
    {
        "cpu": (("CPUExecutionProvider", {}),),
        # TF32 keeps 10 bits of each factor: the vectors would be other ones than the processor's.
        "cuda": (("CUDAExecutionProvider", {"use_tf32": "0"}), ("CPUExecutionProvider", {})),
    }
)
"""What may stand behind the "@" → onnxruntime's providers: the first is the one that is asked for, a second
runs the few operations that the first has no code for."""
DETECTOR_NUMBERS: Final = (1, 4, 10)
"""Numbers for each place of a grid: a score, a box, five landmarks."""

Shape = tuple[int | str | None, ...]


@dataclass(frozen=True, slots=True)
class Shapes:
    """What a net takes and gives; a name or None stands for an open axis."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]

    def __str__(self) -> str:
        return f"{_words(self.inputs)} to {_words(self.outputs)}"


def _words(shapes: Sequence[Shape]) -> str:
    if len(shapes) > 2:
        return f"{len(shapes)} outputs"
    return " and ".join("×".join(str(n) if isinstance(n, int) else "n" for n in shape) for shape in shapes)


def zoo() -> Any:  # noqa: ANN401 - insightface has no types
    """insightface.model_zoo. Raises EncoderError with the line that installs what is missing."""
    try:
        from insightface import model_zoo
    except ImportError as error:
        raise EncoderError(
            f"the encoder `insightface` needs insightface and onnxruntime, and {error}: {INSTALL}"
        ) from error
    return model_zoo


def require_device(device: str) -> None:
    """Raise EncoderError where onnxruntime has no provider for this device, naming those that it has."""
    import onnxruntime

    wanted = DEVICES[device][0][0]
    available = onnxruntime.get_available_providers()
    if wanted not in available:
        raise EncoderError(
            f"{device} was asked for, but this onnxruntime has no {wanted}, only {', '.join(available)}: "
            f"{_HOW_TO[device]}"
        )


_HOW_TO: Final = MappingProxyType(
    {
        "cpu": f"reinstall it: {INSTALL}",
        "cuda": "pip uninstall -y onnxruntime && pip install onnxruntime-gpu, or leave out @cuda",
    }
)


def read_shapes(path: Path) -> Shapes:
    """What a net takes and gives, without building it. Raises ModelError for a file that is no net."""
    zoo()
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load_model(str(path), load_external_data=False).graph
    except (DecodeError, OSError) as error:
        raise ModelError(_no_net(path, error)) from error
    if not graph.output:
        raise ModelError(f"{path} ({path.stat().st_size} bytes): holds no net; it may be truncated")
    constants = {tensor.name for tensor in graph.initializer}
    inputs = tuple(_shape(port) for port in graph.input if port.name not in constants)
    return Shapes(inputs, tuple(_shape(port) for port in graph.output))


def _shape(port: Any) -> Shape:  # noqa: ANN401 - an onnx ValueInfo
    return tuple(axis.dim_value or axis.dim_param or None for axis in port.type.tensor_type.shape.dim)


@cache
def load_detector(path: Path, device: str) -> Any:  # noqa: ANN401 - insightface has no types
    """SCRFD of insightface with five landmarks. Raises ModelError for a net of another kind."""
    model = _load(path, device)
    shapes = _shapes_of(model.session)
    count = len(shapes.outputs)
    if getattr(model, "taskname", "") != "detection" or not getattr(model, "use_kps", False):
        raise ModelError(f"{path}: expected a detector with five landmarks (9 or 15 outputs), found {shapes}")
    expected = [numbers for numbers in DETECTOR_NUMBERS for _ in range(count // 3)]
    found = [shape[-1] if shape else None for shape in shapes.outputs]
    if any(isinstance(n, int) and n != wanted for n, wanted in zip(found, expected, strict=True)):
        raise ModelError(f"{path}: expected outputs that end in {expected} numbers, found {found}")
    model.prepare(0, input_size=(DETECTION_SIDE, DETECTION_SIDE))
    return model


@cache
def load_recognizer(path: Path, device: str) -> Any:  # noqa: ANN401 - insightface has no types
    """ArcFaceONNX of insightface. Raises ModelError for a net of other shapes."""
    model = _load(path, device)
    shapes = _shapes_of(model.session)
    fits = (
        len(shapes.inputs) == len(shapes.outputs) == 1
        and shapes.inputs[0][1:] == (3, SIDE, SIDE)
        and len(shapes.outputs[0]) == 2
    )
    if getattr(model, "taskname", "") != "recognition" or not fits:
        raise ModelError(f"{path}: expected a recognizer, n×3×{SIDE}×{SIDE} to n×d, found {shapes}")
    return model


def _shapes_of(session: Any) -> Shapes:  # noqa: ANN401 - onnxruntime has no types
    return Shapes(
        tuple(tuple(port.shape) for port in session.get_inputs()),
        tuple(tuple(port.shape) for port in session.get_outputs()),
    )


def _load(path: Path, device: str) -> Any:  # noqa: ANN401 - insightface has no types
    """As many threads as OpenCV may use: worker processes have one."""
    model_zoo = zoo()
    import onnxruntime

    if not path.is_file() or path.suffix != ".onnx":
        # insightface would take any other name for that of a pack, and look for it elsewhere.
        raise ModelError(f"{path}: expected the .onnx file of a net, found none at this path")
    require_device(device)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, cv2.getNumThreads())
    options.log_severity_level = 4
    try:
        model = model_zoo.get_model(
            str(path),
            providers=[name for name, _ in DEVICES[device]],
            provider_options=[dict(settings) for _, settings in DEVICES[device]],
            sess_options=options,
            static_shape_sessions=False,
            download=False,
        )
    except Exception as error:  # onnxruntime's, protobuf's and insightface's errors have no common base
        raise ModelError(_no_net(path, error)) from error
    if model is None:
        raise ModelError(f"{path}: not a net that insightface knows: {read_shapes(path)}")
    used = model.session.get_providers()[0]
    if used != DEVICES[device][0][0]:
        raise EncoderError(
            f"{device} was asked for, but onnxruntime took {used} for {path}: see that the driver, CUDA and "
            f"cuDNN fit the installed onnxruntime-gpu, or leave out @{device}"
        )
    return model


def _no_net(path: Path, error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    size = path.stat().st_size if path.is_file() else 0
    return (
        f"{path} ({size} bytes): cannot be read as an ONNX net, it may be truncated: "
        f"{lines[-1] if lines else type(error).__name__}"
    )
