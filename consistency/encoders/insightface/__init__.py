"""The encoder sets `insightface:PACK`: photographed faces by InsightFace's nets, the rest as in `classical`.

PACK is a name of the catalogue (buffalo_l, antelopev2, auraface) or a folder of .onnx files, with "@cuda"
behind it for the graphics card. A pack without a detector of its own goes with YuNet (`light.yunet`).

The nets are opened, the faces detected and aligned by the insightface package itself: so the vectors are
those that its users know, and a pack of a later release is read as its makers mean it. Three things are done
here instead of by its FaceAnalysis: only the two nets that are needed are opened, from files whose digests
were verified, so it never comes to its download; the crops of all frames go through the recognizer together;
and a graphics card that cannot be used is an error. Its SCRFD looks at one picture at a time.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from consistency.encoders.appearance import AppearanceEncoder
from consistency.encoders.encoder import Encoders
from consistency.encoders.insightface.faces import InsightFaces
from consistency.encoders.insightface.nets import DEVICES, require_device, zoo
from consistency.encoders.insightface.pack import find_pack
from consistency.encoders.rendering import RenderingEncoder
from consistency.encoders.texture import TextureEncoder


def insightface(parameter: str, folder: Path | None = None) -> Encoders:
    """The set, its files found and verified but not loaded: that happens in the process that uses them.

    parameter: PACK or PACK@DEVICE. folder: of models, as in `models.model_folder`. Raises EncoderError with
    the install line where a library or the device is missing, ModelError for a pack that is not there or is
    none.
    """
    name, _, device = parameter.rpartition("@")
    if device not in DEVICES:
        name, device = parameter, "cpu"
    if find_spec("insightface") is None or find_spec("onnxruntime") is None:
        zoo()  # says what to install
    require_device(device)
    pack = find_pack(name, folder=folder)
    return Encoders(
        style=TextureEncoder(),
        rendering=RenderingEncoder(),
        subject=AppearanceEncoder(),
        faces=InsightFaces(pack, device),
        models={"faces": pack.models},
    )
