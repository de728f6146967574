"""An ONNX file in, a net that runs on the processor out. Imports onnxruntime late."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.errors import EncoderError, ModelError

Floats = NDArray[np.float32]
Shape = tuple[int | None, ...]
"""One number an axis; None: any."""

INSTALL = 'pip install "series-consistency[clip]"'
"""The line that brings open_clip, torch and onnxruntime."""
_ERRORS_ONLY = 3
"""onnxruntime's log level: its warnings are about speed, and for its makers."""


class OnnxNet:
    """A net in this process: one float32 array in, one out."""

    def __init__(self, session: Any, path: Path) -> None:  # noqa: ANN401 - onnxruntime has no types
        self._session = session
        self._path = path
        self._input = session.get_inputs()[0].name
        self.input_shape: Shape = _numbers(session.get_inputs()[0].shape)
        """As the file says it; None where any number fits."""
        self.output_shape: Shape = _numbers(session.get_outputs()[0].shape)
        """See input_shape."""

    def __call__(self, batch: Floats) -> Floats:
        """batch: of input_shape. → float32 of output_shape. Raises ModelError for numbers that are none."""
        (found,) = self._session.run(None, {self._input: np.ascontiguousarray(batch)})
        return finite(np.asarray(found, np.float32), self._path)


@cache
def load_net(path: Path, inputs: Shape, outputs: Shape) -> OnnxNet:
    """Open a net of one input and one output, once a process, and see that it takes and gives these shapes.

    As many threads as OpenCV may use: worker processes have one. Raises EncoderError without onnxruntime, and
    ModelError for a file that is no net or is another one.
    """
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = max(1, cv2.getNumThreads())
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    if not path.is_file():
        raise ModelError(f"{path}: expected an ONNX file, found nothing at this path")
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        raise ModelError(
            f"{path}: cannot be read as a net, it may be truncated: {first_line(error)}"
        ) from error
    counts = len(session.get_inputs()), len(session.get_outputs())
    if counts != (1, 1):
        raise ModelError(
            f"{path}: a net with {counts[0]} inputs and {counts[1]} outputs, expected one of each"
        )
    net = OnnxNet(session, path)
    for what, expected, found in (("takes", inputs, net.input_shape), ("gives", outputs, net.output_shape)):
        if not _fits(expected, found):
            raise ModelError(f"{path}: the net {what} {_words(found)}, expected {_words(expected)}")
    return net


def onnxruntime() -> Any:  # noqa: ANN401 - onnxruntime has no types
    """The library. Raises EncoderError with the line that installs it."""
    try:
        import onnxruntime as library
    except ImportError as error:
        raise EncoderError(f"this encoder needs onnxruntime, which is not installed: {INSTALL}") from error
    return library


def finite(rows: Floats, path: Path) -> Floats:
    """The rows as they are. Raises ModelError where the net of this file gave a nan or an infinity."""
    if not np.isfinite(rows).all():
        raise ModelError(f"{path}: gives numbers that are not finite: its weights are damaged")
    return rows


def first_line(error: Exception) -> str:
    """What an error says, in one line; its class where it says nothing."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _numbers(shape: Sequence[object]) -> Shape:
    return tuple(n if isinstance(n, int) else None for n in shape)


def _fits(expected: Shape, found: Shape) -> bool:
    """A None on either side fits any number."""
    return len(expected) == len(found) and all(
        a is None or b is None or a == b for a, b in zip(expected, found, strict=True)
    )


def _words(shape: Shape) -> str:
    return "×".join("n" if n is None else str(n) for n in shape)
