"""Frames in, faces with vectors out: SCRFD or YuNet finds, ArcFace recognizes. For photographed faces.

J. Guo et al., Sample and Computation Redistribution for Efficient Face Detection, 2021; J. Deng et al.,
ArcFace, 2019.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.encoders.encoder import Face
from consistency.encoders.insightface.nets import SIDE, load_detector, load_recognizer
from consistency.encoders.insightface.pack import Pack
from consistency.encoders.light.face_reid import box_of, is_clear
from consistency.encoders.light.yunet import Detection, detect
from consistency.errors import ModelError
from consistency.image import Frame
from consistency.vectors import unit_rows

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

FACES_AT_MOST: Final = 256
"""Largest faces that are kept of one picture: a crowd has 200, and a picture of noise must not cost more."""
BATCH: Final = 8
"""Faces that go through the recognizer together: 1.2 MB of input."""


@dataclass(frozen=True, slots=True)
class InsightFaces:
    """FaceEncoder. Travels to worker processes as two paths; the nets are loaded where they are used.

    A face that is too small or turned too far for its vector to reject anybody is marked, `Face.clear` False:
    by the rule of `light.face_reid`, which was measured with another recognizer.
    """

    pack: Pack
    device: str = "cpu"

    @property
    def id(self) -> str:
        """Name and form of the vectors; the digest of the files is `weights`."""
        return f"insightface.{self.pack.family}/1"

    @property
    def weights(self) -> str:
        """sha256 over both nets, hex."""
        return self.pack.weights

    def faces(self, frames: Sequence[Frame]) -> list[tuple[Face, ...]]:
        """frames: n pictures. → for each, its faces, largest first; faces of all frames share batches."""
        if not frames:
            return []
        found = self._detect([frame.pixels for frame in frames])
        crops = (crop for frame, faces in zip(frames, found, strict=True) for crop in _aligned(frame, faces))
        vectors = self._vectors(crops)
        return [
            tuple(
                Face(box, face.score, vector, is_clear(face.landmarks))
                for face, vector in zip(faces, vectors, strict=False)
                if (box := box_of(face, frame.pixels)) is not None
            )
            for frame, faces in zip(frames, found, strict=True)
        ]

    def _detect(self, pictures: Sequence[Pixels]) -> list[list[Detection]]:
        if self.pack.finder == "yunet":
            return detect(self.pack.detector, pictures)
        return [self._detect_one(picture) for picture in pictures]

    def _detect_one(self, picture: Pixels) -> list[Detection]:
        detector = load_detector(self.pack.detector, self.device)
        boxes, landmarks = detector.detect(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        if not np.isfinite(boxes).all() or not np.isfinite(landmarks).all():
            raise ModelError(f"{self.pack.detector}: gives numbers that are not finite")
        faces = [
            Detection(box[:4], float(np.clip(box[4], 0, 1)), points)
            for box, points in zip(boxes, landmarks, strict=True)
        ]
        return sorted(faces, key=lambda face: -face.area)[:FACES_AT_MOST]

    def _vectors(self, crops: Iterator[Pixels]) -> Iterator[Floats]:
        recognizer = load_recognizer(self.pack.recognizer, self.device)
        size = recognizer.input_shape[0]
        batch = size if isinstance(size, int) else BATCH
        while chosen := list(islice(crops, batch)):
            # A net that was exported for so many faces takes no fewer.
            filled = chosen + [chosen[-1]] * (batch - len(chosen)) if isinstance(size, int) else chosen
            rows = np.asarray(recognizer.get_feat(filled), np.float32)[: len(chosen)]
            if not np.isfinite(rows).all():
                raise ModelError(f"{self.pack.recognizer}: gives numbers that are not finite")
            yield from unit_rows(rows)


def _aligned(frame: Frame, faces: Sequence[Detection]) -> Iterator[Pixels]:
    """→ uint8 (112, 112, 3), blue first, of each face."""
    if not faces:
        return
    from insightface.utils import face_align

    picture = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR)
    for face in faces:
        with warnings.catch_warnings():
            # Its way to call scikit-image is deprecated; the extra names versions that have it.
            warnings.simplefilter("ignore", FutureWarning)
            crop = face_align.norm_crop(picture, landmark=face.landmarks, image_size=SIDE)
        yield crop
