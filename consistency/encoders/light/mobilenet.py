"""Pictures in, MobileNet v1's vectors of what they show, of how they are drawn, and of what is where out.

Howard et al. 2017. What is shown: the last activations, averaged over the subject. How it is drawn: mean and
deviation of each channel's activations at three sizes, on the gray picture (Huang and Belongie 2017).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.encoders.light.runtime import Net, load_net
from consistency.image import Frame
from consistency.subject import subject_of
from consistency.vectors import unit_rows

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SIDE: Final = 224
"""Pixels, both sides of what the net sees."""
CELLS: Final = 7
"""Both sides of the last activations."""
DIMENSIONS: Final = 1024
"""Channels of the last activations."""
MAP_STRIDE: Final = 16
"""Pixels between the cells of a map, both ways."""
MAP_ACTIVATION: Final = 22
"""Which activation maps are made of, in the order of the net, from 0: after the 11th separable convolution,
the last of its size. See `light.maps`."""
MAP_DIMENSIONS: Final = 512
"""Channels of that activation."""
MAP_MULTIPLE: Final = 32
"""Pixels: sides of what the net sees in one piece are multiples of its coarsest stride."""
MAP_BATCH: Final = 4
"""Pictures of one size that go through the net together for their maps: 3 MB of input, 130 MB inside."""
STYLE_SIDES: Final = (112, 56, 28)
"""Sides of the activations that measure style: strokes, textures, small shapes; 14 and 7 know objects."""
BATCH: Final = 8
"""Pictures that go through the net together: 1 MB of input, 60 MB of activations."""
_OUTPUT: Final = "wanted"
_SHORTEST: Final = 1e-12


def features(path: Path, crops: Sequence[Frame]) -> Floats:
    """What crops show. path: the .tflite file. → float32 (n, 1024), unit rows, ≥ 0.

    The last activations, before the net rounds them to 8 bits, averaged with the weights of the subject's
    mask, for the crop and its mirror image. Against the net's own output (rounded, all of the crop): a
    redrawn gecko .94 → .98, one comic character alone .85 → .92, AUC. Raises as `load_net`.
    """
    rows = np.zeros((len(crops), DIMENSIONS), np.float32)
    for start in range(0, len(crops), BATCH // 2):
        chosen = crops[start : start + BATCH // 2]
        pictures = np.stack([squeezed(crop.pixels) for crop in chosen])
        maps = _features_net(path)(np.concatenate([pictures, pictures[:, :, ::-1]]))[_OUTPUT]
        masks = np.stack([_cells(crop) for crop in chosen])
        weights = np.concatenate([masks, masks[:, :, ::-1]])
        sums = unit_rows(np.einsum("nchw,nhw->nc", maps, weights))
        rows[start : start + len(chosen)] = unit_rows(sums[: len(chosen)] + sums[len(chosen) :])
    return rows


def activations(path: Path, frames: Sequence[Frame]) -> Floats:
    """How pictures are drawn. path: the .tflite file. → float32 (n, d), ≥ 0: mean and deviation of every
    channel of every activation at `STYLE_SIDES`, of the gray picture; each layer's numbers of unit length.
    d is 2944. (0, 0) for no picture. Raises as `load_net`."""
    found = [_style_net(path)(batch)[_OUTPUT] for batch in _batches(frames)]
    return np.concatenate(found) if found else np.zeros((0, 0), np.float32)


def maps(path: Path, frames: Sequence[Frame], longest_side: int) -> list[Floats]:
    """What is shown where. path: the .tflite file. longest_side: pixels at which pictures are looked at;
    their sides become multiples of 32. → for each float32 (h, w, 512), ≥ 0, a cell for 16 × 16 pixels.
    Pictures of one size share a run of the net. Raises as `load_net`."""
    found: list[Floats] = [np.zeros((0, 0, MAP_DIMENSIONS), np.float32)] * len(frames)
    sizes: dict[tuple[int, int], list[int]] = {}
    for index, frame in enumerate(frames):
        sizes.setdefault(_map_size(frame.pixels, longest_side), []).append(index)
    for size, indices in sizes.items():
        for start in range(0, len(indices), MAP_BATCH):
            chosen = indices[start : start + MAP_BATCH]
            batch = np.stack([_resized(frames[index].pixels, size) for index in chosen])
            planes = _maps_net(path)(batch)[_OUTPUT]
            for index, plane in zip(chosen, planes, strict=True):
                found[index] = np.ascontiguousarray(plane.transpose(1, 2, 0))
    return found


def _map_size(pixels: Pixels, longest_side: int) -> tuple[int, int]:
    """→ width, height in pixels."""
    height, width = pixels.shape[:2]
    scale = longest_side / max(height, width)
    sides = (max(1, round(side * scale / MAP_MULTIPLE)) * MAP_MULTIPLE for side in (width, height))
    return next(sides), next(sides)


def _resized(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    how = cv2.INTER_AREA if max(size) < max(pixels.shape[:2]) else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def squeezed(pixels: Pixels) -> Pixels:
    """uint8 (h, w, 3) → uint8 (224, 224, 3): plain resize by area, as the vectors were measured with."""
    return np.asarray(cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def gray(pixels: Pixels) -> Pixels:
    """Take the color out. uint8 (h, w, 3) → uint8 (h, w, 3)."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


def _batches(frames: Sequence[Frame]) -> Iterator[Pixels]:
    for start in range(0, len(frames), BATCH):
        yield np.stack([gray(squeezed(frame.pixels)) for frame in frames[start : start + BATCH]])


def _cells(crop: Frame) -> Floats:
    """How much of each cell of the last activations belongs to the subject. → float32 (7, 7)."""
    mask = subject_of(crop).mask
    return np.asarray(cv2.resize(mask, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.float32)


@cache
def _features_net(path: Path) -> Net:
    shape = (None, DIMENSIONS, CELLS, CELLS)
    return load_net(path, (None, SIDE, SIDE, 3), {_OUTPUT: shape}, edit=_last_activations)


@cache
def _style_net(path: Path) -> Net:
    return load_net(path, (None, SIDE, SIDE, 3), {_OUTPUT: (None, None)}, edit=_with_statistics)


@cache
def _maps_net(path: Path) -> Net:
    shape = (None, MAP_DIMENSIONS, None, None)
    return load_net(path, (None, None, None, 3), {_OUTPUT: shape}, edit=_map_activations)


def _map_activations(runtime: Any, model: Any) -> Any:  # noqa: ANN401 - OpenVINO has no types
    """The net up to the activations that maps are made of."""
    activations = _activations(model)
    if len(activations) <= MAP_ACTIVATION:
        raise ValueError(f"it has {len(activations)} activations (Clamp), maps need {MAP_ACTIVATION + 1}")
    return _ending_at(runtime, model, activations[MAP_ACTIVATION].output(0))


def _last_activations(runtime: Any, model: Any) -> Any:  # noqa: ANN401 - OpenVINO has no types
    """The net up to its last activations, before they are rounded and averaged."""
    return _ending_at(runtime, model, _activations(model)[-1].output(0))


def _with_statistics(runtime: Any, model: Any) -> Any:  # noqa: ANN401 - OpenVINO has no types
    """The net up to its activations, with their statistics as its one output: a few thousand numbers leave
    it instead of a hundred megabytes."""
    ops = runtime.opset13
    chosen = [node for node in _activations(model) if _side(node) in STYLE_SIDES]
    if not chosen:
        raise ValueError("it has no activations (Clamp) of 112, 56 or 28 pixels a side")
    rows = [_unit_statistics(ops, node.output(0)) for node in chosen]
    return _ending_at(runtime, model, ops.concat(rows, 1).output(0))


def _activations(model: Any) -> list[Any]:  # noqa: ANN401 - an OpenVINO model and its nodes
    """In the order of the net. ReLU6 is called Clamp."""
    found = [node for node in model.get_ordered_ops() if node.get_type_name() == "Clamp"]
    if not found:
        raise ValueError("it has no activations (Clamp)")
    return found


def _ending_at(runtime: Any, model: Any, port: Any) -> Any:  # noqa: ANN401 - OpenVINO has no types
    port.set_names({_OUTPUT})
    return runtime.Model([port], model.get_parameters(), _OUTPUT)


def _side(node: Any) -> int:  # noqa: ANN401 - an OpenVINO node
    """Pixels a side of square activations (n, channels, side, side), else 0."""
    shape = node.output(0).partial_shape
    if not shape.rank.is_static or len(shape) != 4 or not (shape[2].is_static and shape[3].is_static):
        return 0
    height, width = shape[2].get_length(), shape[3].get_length()
    return int(height) if height == width else 0


def _unit_statistics(ops: Any, activation: Any) -> Any:  # noqa: ANN401 - OpenVINO has no types
    axes = np.array([2, 3], np.int64)
    mean = ops.reduce_mean(activation, axes, keep_dims=True)
    centered = ops.subtract(activation, mean)
    variance = ops.reduce_mean(ops.multiply(centered, centered), axes, keep_dims=True)
    both = ops.concat([mean, ops.sqrt(variance)], 1)
    return ops.normalize_l2(ops.squeeze(both, axes), np.array([1], np.int64), _SHORTEST, "add")
