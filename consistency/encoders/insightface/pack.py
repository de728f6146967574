"""The name of a pack or a folder of .onnx files in, its detector and its recognizer on this disk out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from consistency.encoders.catalogue import catalogue, known_model
from consistency.encoders.insightface.nets import SIDE, Shapes, read_shapes
from consistency.encoders.models import file_digest, find_model
from consistency.errors import EncoderError, ModelError

YUNET: Final = "yunet"
"""Catalogue name of the detector that goes with packs that have none: Apache-2.0."""
OWN: Final = "own"
"""Family of packs that are not in the catalogue."""
LANDMARK_OUTPUTS: Final = (9, 15)
"""Outputs of an SCRFD with five landmarks: scores, boxes and landmarks of three or five grids."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A detector and a recognizer that are on disk."""

    family: str
    """Name in the catalogue, else "own": tolerances are kept by it."""
    detector: Path
    finder: Literal["scrfd", "yunet"]
    """What the detector is."""
    recognizer: Path
    weights: str
    """sha256 over both files, hex."""
    models: tuple[str, ...]
    """Names of the catalogue, or FOLDER/FILE of what is in none: for licenses, the same on every machine."""


def find_pack(name: str, *, folder: Path | None = None) -> Pack:
    """name: of the catalogue, or a folder of .onnx files. folder: of models, as in `models.model_folder`.

    Raises ModelError, at once: an unknown name, a file that is not there or whose digest differs, a folder
    without a recognizer, a file that is no net. EncoderError where YuNet is needed and cannot run.
    """
    entry = catalogue().get(name)
    place = Path(name).expanduser()
    if entry is None and place.is_dir():
        return _of_folder(place, folder)
    if entry is None and (place.is_absolute() or len(place.parts) > 1):
        raise ModelError(f"{place}: expected a folder of .onnx files, found none at this path")
    model = known_model(name) if entry is None else entry
    if model.runtime != "onnxruntime" or model.task != "faces":
        packs = (m.name for m in catalogue().values() if m.runtime == "onnxruntime" and m.task == "faces")
        raise ModelError(f"{name} is no pack of InsightFace but for {model.task}; packs: {', '.join(packs)}")
    found = find_model(name, folder=folder)
    if "detector" in found.paths:
        return _pack(name, found.paths["detector"], found.paths["recognizer"], (name,))
    return _with_yunet(name, found.paths["recognizer"], name, folder)


def _of_folder(place: Path, folder: Path | None) -> Pack:
    """Only shapes are read to see what the nets are, where insightface opens them all."""
    files = sorted(place.glob("*.onnx"))
    if not files:
        raise ModelError(f"{place}: expected a pack of InsightFace, found no .onnx file in this folder")
    known = _known_digests()
    shapes = {file: read_shapes(file) for file in files}
    detector = _only(place, "detectors", [file for file in files if _is_detector(shapes[file])])
    recognizer = _only(place, "recognizers", [file for file in files if _is_recognizer(shapes[file])])
    if recognizer is None:
        found = "; ".join(f"{file.name}: {shapes[file]}" for file in files)
        raise ModelError(
            f"{place}: no recognizer among its files: expected a net from n×3×{SIDE}×{SIDE} to n×d, "
            f"found {found}"
        )
    own = known.get(file_digest(recognizer), "")
    if detector is None:
        return _with_yunet(own or OWN, recognizer, own or _brought(recognizer), folder)
    models = (known.get(file_digest(detector)) or _brought(detector), own or _brought(recognizer))
    return _pack(own or OWN, detector, recognizer, tuple(dict.fromkeys(models)))


def _brought(file: Path) -> str:
    return f"{file.absolute().parent.name}/{file.name}"


def _only(place: Path, what: str, files: list[Path]) -> Path | None:
    if len(files) > 1:
        names = ", ".join(file.name for file in files)
        raise ModelError(
            f"{place}: expected one, found {len(files)} {what}: {names}; leave one in the folder"
        )
    return files[0] if files else None


def _is_detector(shapes: Shapes) -> bool:
    return len(shapes.inputs) == 1 and len(shapes.outputs) in LANDMARK_OUTPUTS


def _is_recognizer(shapes: Shapes) -> bool:
    ends = shapes.inputs, shapes.outputs
    if any(len(end) != 1 for end in ends):
        return False
    return shapes.inputs[0][1:] == (3, SIDE, SIDE) and len(shapes.outputs[0]) == 2


def _with_yunet(family: str, recognizer: Path, model: str, folder: Path | None) -> Pack:
    if find_spec("openvino") is None:
        raise EncoderError(
            f"{recognizer.parent} has no detector of its own, so it goes with YuNet, which needs OpenVINO: "
            f'pip install "series-consistency[face,light]"'
        )
    yunet = find_model(YUNET, folder=folder)
    return _pack(family, yunet.paths["detector"], recognizer, (model, YUNET), "yunet")


def _pack(
    family: str,
    detector: Path,
    recognizer: Path,
    models: tuple[str, ...],
    finder: Literal["scrfd", "yunet"] = "scrfd",
) -> Pack:
    lines = f"{file_digest(detector)}\n{file_digest(recognizer)}\n"
    weights = hashlib.sha256(lines.encode()).hexdigest()
    return Pack(family, detector.absolute(), finder, recognizer.absolute(), weights, models)


def _known_digests() -> MappingProxyType[str, str]:
    """sha256 → catalogue name of every file whose digest is known; of a shared one, the first."""
    digests: dict[str, str] = {}
    for model in catalogue().values():
        for file in model.files:
            if file.sha256:
                digests.setdefault(file.sha256, model.name)
    return MappingProxyType(digests)
