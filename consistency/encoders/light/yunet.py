"""Pictures in, faces with five landmarks out: YuNet, by OpenVINO.

W. Wu, H. Peng, S. Yu: YuNet, a tiny millisecond-level face detector, 2023.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.encoders.light.runtime import Array, Net, load_net
from consistency.image import resize_area

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

LONGEST_SIDE: Final = 640
"""Pixels. Larger pictures are reduced to this; the published figures hold here."""
MULTIPLE: Final = 32
"""Pixels: sides are padded to multiples of the coarsest stride."""
STRIDES: Final = (8, 16, 32)
"""Pixels between the places that a face may be centered on, one grid each."""
SCORE_AT_LEAST: Final = 0.6
"""Confidence, √(class · object), below which a face is none: as the publisher ships it."""
OVERLAP: Final = 0.3
"""IoU above which the less confident of two faces is dropped: as the publisher ships it."""
FACES_AT_MOST: Final = 256
"""Largest faces that are kept of one picture: a crowd has 200, and a picture of noise must not cost more."""
BATCH: Final = 4
"""Pictures of one size that go through the net together: 20 MB of input."""
KINDS: Final = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}
"""Outputs of each grid and their numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face, in pixels of the picture that was given."""

    box: Floats
    """float32 (4,): left, top, right, bottom; may reach beyond the picture."""
    score: float
    """In [SCORE_AT_LEAST, 1]."""
    landmarks: Floats
    """float32 (5, 2), x and y: right eye, left eye, nose, right and left corner of the mouth."""

    @property
    def area(self) -> float:
        """Square pixels."""
        return float((self.box[2] - self.box[0]) * (self.box[3] - self.box[1]))


def detect(path: Path, pictures: Sequence[Pixels]) -> list[list[Detection]]:
    """path: the ONNX file with open sides. pictures: n × uint8 (H, W, 3) sRGB, any sizes.

    → for each its faces, largest first. Pictures of one size share a run of the net. Raises as `load_net`.
    """
    found: list[list[Detection]] = [[] for _ in pictures]
    sizes: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        sizes.setdefault(picture.shape, []).append(index)
    for indices in sizes.values():
        for start in range(0, len(indices), BATCH):
            chosen = indices[start : start + BATCH]
            for index, faces in zip(chosen, _detect(path, [pictures[i] for i in chosen]), strict=True):
                found[index] = faces
    return found


@cache
def _net(path: Path) -> Net:
    outputs = {
        f"{kind}_{stride}": (None, None, numbers) for kind, numbers in KINDS.items() for stride in STRIDES
    }
    return load_net(path, (None, 3, None, None), outputs)


def _detect(path: Path, pictures: Sequence[Pixels]) -> Iterator[list[Detection]]:
    """Pictures of one size."""
    small = [resize_area(picture, LONGEST_SIDE) for picture in pictures]
    height, width = small[0].shape[:2]
    tall, wide = (-(-side // MULTIPLE) * MULTIPLE for side in (height, width))
    batch = np.zeros((len(small), 3, tall, wide), np.float32)
    batch[:, :, :height, :width] = np.stack(small)[..., ::-1].transpose(0, 3, 1, 2)
    outputs = _net(path)(batch)
    scale = np.array([pictures[0].shape[1] / width, pictures[0].shape[0] / height], np.float32)
    for index in range(len(small)):
        yield _faces({name: array[index] for name, array in outputs.items()}, wide, scale)


def _faces(outputs: Mapping[str, Array], width: int, scale: Floats) -> list[Detection]:
    """One picture's outputs → its faces. width: of the padded picture. scale: float32 (2,)."""
    grids = [_grid(outputs, stride, width) for stride in STRIDES]
    scores, boxes, landmarks = (np.concatenate([grid[part] for grid in grids]) for part in range(3))
    sized = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(sized.tolist(), scores.tolist(), SCORE_AT_LEAST, OVERLAP)
    faces = [
        Detection(boxes[i] * np.tile(scale, 2), float(scores[i]), landmarks[i] * scale)
        for i in np.asarray(kept, np.intp).ravel()
    ]
    return sorted(faces, key=lambda face: -face.area)[:FACES_AT_MOST]


def _grid(outputs: Mapping[str, Array], stride: int, width: int) -> tuple[Floats, Floats, Floats]:
    """→ scores (n,), boxes (n, 4), landmarks (n, 5, 2), of the places that reach the score."""
    classes, objects = (np.clip(outputs[f"{kind}_{stride}"][:, 0], 0, 1) for kind in ("cls", "obj"))
    scores = np.sqrt(classes * objects)
    kept = np.flatnonzero(scores >= SCORE_AT_LEAST)
    place = np.stack([kept % (width // stride), kept // (width // stride)], axis=1).astype(np.float32)
    numbers = outputs[f"bbox_{stride}"][kept]
    center, size = (place + numbers[:, :2]) * stride, np.exp(numbers[:, 2:]) * stride
    boxes = np.concatenate([center - size / 2, center + size / 2], axis=1)
    points = (outputs[f"kps_{stride}"][kept].reshape(-1, 5, 2) + place[:, None]) * stride
    return scores[kept].astype(np.float32), boxes.astype(np.float32), points.astype(np.float32)
