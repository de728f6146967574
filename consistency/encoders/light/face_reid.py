"""Pictures in, faces with vectors out: YuNet finds, face-reidentification-retail-0095 recognizes.

For photographed faces. On drawn ones the vectors tell nobody apart (AUC .61 to .71).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.encoders.encoder import Face
from consistency.encoders.light.runtime import Net, load_net
from consistency.encoders.light.yunet import Detection, detect
from consistency.image import Frame, resize_area
from consistency.measurement import Box
from consistency.vectors import unit_rows

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

SIDE: Final = 128
"""Pixels, both sides of an aligned face."""
LANDMARKS: Final = SIDE * np.array(
    [[0.31557, 0.46157], [0.68262, 0.45983], [0.50026, 0.64051], [0.34947, 0.82470], [0.65344, 0.82326]],
    np.float32,
)
"""Where the five landmarks go: Open Model Zoo, model.yml of the net."""
DIMENSIONS: Final = 256
OUTPUT: Final = "658"
"""Name of the net's output in every build of it."""
EYES_AT_LEAST: Final = 12.0
"""Pixels between the eyes for a face to be clear. 25 photographs reduced, 76 same pairs: none below cosine .4
at 12 pixels; at 10 pixels 13 % are below .4 and 1 % below .3, at 8 pixels 38 % and 8 %. Different people stay
below .31 at any size."""
NOSE_WITHIN: Final = (0.2, 0.8)
"""Where the nose lies between the eyes, along their line, for a face to be clear: 0 below one eye, 1 below
the other. Every face that was measured lies within; profiles, beyond, were not measured."""
BATCH: Final = 16
"""Faces that go through the net together: 3 MB of input, however large the crowd."""


@dataclass(frozen=True, slots=True)
class LightFaces:
    """FaceEncoder. Travels to worker processes as two paths; the nets are loaded where they are used."""

    detector: Path
    """yunet_n_dynamic.onnx."""
    recognizer: Path
    """face-reidentification-retail-0095.xml, its .bin beside it."""
    weights: str = ""
    """sha256 over both nets, hex."""

    @property
    def id(self) -> str:
        """Name and form of the vectors; the digest of the files is `weights`."""
        return "light.faces/1"

    def faces(self, frames: Sequence[Frame]) -> list[tuple[Face, ...]]:
        """frames: n pictures. → for each, its faces, largest first; faces of all frames share batches."""
        found = detect(self.detector, [frame.pixels for frame in frames])
        crops = (
            aligned(frame.pixels, face.landmarks)
            for frame, faces in zip(frames, found, strict=True)
            for face in faces
        )
        vectors = _vectors(self.recognizer, crops)
        return [
            tuple(
                Face(box, face.score, vector, is_clear(face.landmarks))
                for face, vector in zip(faces, vectors, strict=False)
                if (box := box_of(face, frame.pixels)) is not None
            )
            for frame, faces in zip(frames, found, strict=True)
        ]


def aligned(pixels: Pixels, landmarks: Floats) -> Pixels:
    """Turn, scale and move a face so that its landmarks lie where the net saw them when it was trained.

    pixels: uint8 (H, W, 3). landmarks: float32 (5, 2). → uint8 (128, 128, 3).
    """
    matrix = similarity(landmarks, LANDMARKS)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    longest = max(pixels.shape[:2])
    if scale < 0.5:
        # The warp takes four pixels for each new one: a large face is reduced first, or lines alias.
        small = resize_area(pixels, max(1, round(longest * 2 * scale)))
        grown = np.array([pixels.shape[1] / small.shape[1], pixels.shape[0] / small.shape[0]])
        pixels, matrix = small, similarity((landmarks / grown).astype(np.float32), LANDMARKS)
    return np.asarray(cv2.warpAffine(pixels, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR), np.uint8)


def similarity(points: Floats, targets: Floats) -> NDArray[np.float64]:
    """Turn, scale and move that bring points nearest to targets. Both float32 (n, 2). → float64 (2, 3).

    Points that all lie on one spot are moved only. Umeyama 1991.
    """
    source, target = points.astype(np.float64), targets.astype(np.float64)
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    # As complex numbers a turn with a scale is one factor, and least squares has one line.
    z, w = ((p - m) @ np.array([1, 1j]) for p, m in ((source, middle), (target, goal)))
    spread = float((np.abs(z) ** 2).sum())
    factor = complex(np.vdot(z, w)) / spread if spread > 1e-9 else 1 + 0j
    turn = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.concatenate([turn, (goal - turn @ middle)[:, None]], axis=1)


def is_clear(landmarks: Floats) -> bool:
    """Whether a face is large and frontal enough to reject a person by. landmarks: float32 (5, 2), pixels."""
    eyes = landmarks[1] - landmarks[0]
    apart = float(np.hypot(eyes[0], eyes[1]))
    if apart < EYES_AT_LEAST:
        return False
    nose = float((landmarks[2] - landmarks[0]) @ eyes) / apart**2
    return NOSE_WITHIN[0] <= nose <= NOSE_WITHIN[1]


def box_of(face: Detection, pixels: Pixels) -> Box | None:
    """The part of a face's box that lies in the picture, as fractions; None where nothing of it does."""
    height, width = pixels.shape[:2]
    left, top, right, bottom = (float(v) for v in np.clip(face.box / [width, height, width, height], 0, 1))
    return Box(left, top, right, bottom) if left < right and top < bottom else None


@cache
def _net(path: Path) -> Net:
    return load_net(path, (None, 3, SIDE, SIDE), {OUTPUT: (None, DIMENSIONS, 1, 1)})


def _vectors(path: Path, crops: Iterator[Pixels]) -> Iterator[Floats]:
    batch: list[Pixels] = []
    for crop in crops:
        batch.append(crop)
        if len(batch) == BATCH:
            yield from _embedded(path, batch)
            batch = []
    if batch:
        yield from _embedded(path, batch)


def _embedded(path: Path, batch: Sequence[Pixels]) -> Floats:
    planes = np.stack(batch)[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
    return unit_rows(_net(path)(planes)[OUTPUT].reshape(len(batch), DIMENSIONS))
