"""A file of a net in, the compiled net out. The only module here that imports OpenVINO, and late."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.errors import EncoderError, ModelError

Array = NDArray[Any]
Shape = tuple[int | None, ...]
"""One number an axis; None: any."""
Edit = Callable[[Any, Any], Any]
"""openvino module, its Model → the Model to compile, or ModelError's text raised as ValueError."""

_REPORTS = "openvino_telemetry"
"""Sends an event over the network, and writes to the home folder, whenever OpenVINO is imported."""
INSTALL = 'pip install "series-consistency[light]"'
"""The line that brings OpenVINO."""


class Net:
    """A net in this process: arrays in, arrays out. Its rows do not depend on their neighbors in a batch."""

    def __init__(self, compiled: Any, names: tuple[str, ...]) -> None:  # noqa: ANN401 - OpenVINO has no types
        self._request = compiled.create_infer_request()
        self._names = names

    def __call__(self, batch: Array) -> Mapping[str, Array]:
        """batch: of the shape that the net was loaded for. → output name → array, own memory."""
        found = self._request.infer([np.ascontiguousarray(batch)])
        return {name: np.array(found[index]) for index, name in enumerate(self._names)}


def load_net(path: Path, shape: Shape, outputs: Mapping[str, Shape], edit: Edit | None = None) -> Net:
    """Read a net, see that it takes `shape` and gives `outputs`, and compile it for the processor.

    shape: of its one input; outputs: name → shape, all of them. edit: changes the net after it was read and
    before its outputs are looked at. Full 32-bit numbers, one stream; as many threads as OpenCV may use:
    worker processes have one. Raises EncoderError without OpenVINO and ModelError for a file that is no net
    or is another one.
    """
    runtime = openvino()
    model = _read(path)
    if len(model.inputs) != 1:
        raise ModelError(f"{path}: a net with {len(model.inputs)} inputs, expected one")
    _require(path, "input", shape, model.inputs[0].partial_shape)
    try:
        model.reshape({model.inputs[0]: runtime.PartialShape([-1 if n is None else n for n in shape])})
        model = edit(runtime, model) if edit else model
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{path}: not the net that was expected: {_first_line(error)}") from error
    found = {name: port for port in model.outputs for name in port.get_names()}
    for name, expected in outputs.items():
        if name not in found:
            raise ModelError(
                f"{path}: expected an output {name!r}, found {', '.join(sorted(found)) or 'none'}"
            )
        _require(path, f"output {name!r}", expected, found[name].partial_shape)
    order = [next((n for n in outputs if n in port.get_names()), "") for port in model.outputs]
    options = {
        "INFERENCE_NUM_THREADS": max(1, cv2.getNumThreads()),
        "NUM_STREAMS": 1,
        # Some processors would calculate with 16 bits of their own accord: other vectors on other machines.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    return Net(_core().compile_model(model, "CPU", options), tuple(order))


def openvino() -> Any:  # noqa: ANN401 - OpenVINO has no types
    """The library, without the usage reports that its import would send. Raises EncoderError with the line
    that installs it."""
    reports = _REPORTS not in sys.modules
    if reports:
        sys.modules[_REPORTS] = None  # type: ignore[assignment] # as if it were not installed
    try:
        import openvino as library
    except ImportError as error:
        raise EncoderError(
            f"the encoder `light` needs OpenVINO, which is not installed: {INSTALL}"
        ) from error
    finally:
        if reports:
            del sys.modules[_REPORTS]
    return library


@cache
def _core() -> Any:  # noqa: ANN401 - OpenVINO has no types
    return openvino().Core()


def _read(path: Path) -> Any:  # noqa: ANN401 - OpenVINO has no types
    if not path.is_file():
        raise ModelError(f"{path}: expected a file of a net, found nothing at this path")
    try:
        return _core().read_model(path)
    except RuntimeError as error:
        raise ModelError(
            f"{path}: cannot be read as a net, it may be truncated: {_first_line(error)}"
        ) from error


def _require(path: Path, what: str, expected: Shape, found: Any) -> None:  # noqa: ANN401 - PartialShape
    """A None in `expected`, or an open axis in the file, fits any number."""
    fits = found.rank.is_static and len(found) == len(expected)
    if fits:
        pairs: Sequence[tuple[int | None, Any]] = list(zip(expected, found, strict=True))
        fits = all(n is None or not d.is_static or d.get_length() == n for n, d in pairs)
    if not fits:
        said = ", ".join("?" if n is None else str(n) for n in expected)
        raise ModelError(f"{path}: its {what} has the shape {found}, expected [{said}]")


def _first_line(error: Exception) -> str:
    """OpenVINO puts file and line of its own sources first; the last line that says something is for
    people."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
