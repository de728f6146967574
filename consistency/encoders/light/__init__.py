"""The encoder set `light`: small nets under Apache-2.0, by OpenVINO, beside the weights-free descriptors.

Faces by YuNet and face-reidentification-retail-0095; subjects and style by MobileNet v1 together with what
`classical` measures, since they add up; where characters are by maps of the same net; rendering is the
classical one.
"""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from consistency.build import committed_digest
from consistency.encoders.encoder import Encoders
from consistency.encoders.light.face_reid import LightFaces
from consistency.encoders.light.maps import LightMaps
from consistency.encoders.light.runtime import openvino
from consistency.encoders.light.style import LightStyle
from consistency.encoders.light.subject import LightSubject
from consistency.encoders.models import find_model
from consistency.encoders.rendering import RenderingEncoder

DETECTOR = "yunet"
RECOGNIZER = "face-reidentification-retail-0095"
FEATURES = "mobilenet_v1_embedding"
"""Names in the catalogue."""


def light(folder: Path | None = None) -> Encoders:
    """The set, with its nets found and their digests verified, but not loaded: that happens in the process
    that uses them. folder: of models, as in `models.model_folder`.

    Raises EncoderError with the install line where OpenVINO is missing, ModelError where a net is.
    """
    if find_spec("openvino") is None:
        openvino()  # says what to install
    detector, recognizer, features = (
        find_model(name, folder=folder) for name in (DETECTOR, RECOGNIZER, FEATURES)
    )
    learned = committed_digest("light.npz")
    net = features.paths["features"]
    return Encoders(
        style=LightStyle(net, _digest(features.digest, learned, committed_digest("texture.npz"))),
        rendering=RenderingEncoder(),
        subject=LightSubject(net, _digest(features.digest, learned, committed_digest("appearance.npz"))),
        faces=LightFaces(
            detector.paths["detector"],
            recognizer.paths["recognizer"],
            _digest(detector.digest, recognizer.digest),
        ),
        maps=LightMaps(net, _digest(features.digest, committed_digest("light_maps.npz"))),
        models={
            "style": (FEATURES,),
            "subject": (FEATURES,),
            "faces": (DETECTOR, RECOGNIZER),
            "maps": (FEATURES,),
        },
    )


def _digest(*digests: str) -> str:
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
