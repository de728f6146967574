"""Pictures in, vectors of an open_clip image tower out: "open_clip:MODEL/PRETRAINED", "open_clip:MODEL/PATH".

Cherti et al. 2023. On the processor the tower runs as an ONNX copy (see `clip_export`); with "@cuda" or
"@mps" behind the name, torch runs it. Nothing is downloaded: pretrained weights are those of the
catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency.encoders.appearance import AppearanceEncoder
from consistency.encoders.catalogue import catalogue
from consistency.encoders.clip_export import export_tower
from consistency.encoders.clip_tower import Tower, check_activation, check_tower, require_device, run_tower
from consistency.encoders.encoder import Encoders, ImageEncoder
from consistency.encoders.models import file_digest, find_model
from consistency.encoders.named import device_of
from consistency.encoders.onnx_net import load_net
from consistency.encoders.prepare import Preparation, batches
from consistency.encoders.rendering import RenderingEncoder
from consistency.errors import EncoderError, ModelError
from consistency.image import Frame
from consistency.vectors import unit_rows

Floats = NDArray[np.float32]

BATCH: Final = 8
"""Pictures that go through the net together: 5 MB of input at 224 pixels."""
DIGITS: Final = 12
"""Of the weights' digest in an id: enough to tell any two files apart."""


@dataclass(frozen=True, slots=True)
class TowerEncoder:
    """ImageEncoder. Travels to worker processes as paths; the net is loaded where it is used."""

    id: str
    """Name of model and weights."""
    tower: Tower
    preparation: Preparation
    device: str = "cpu"
    net: Path | None = None
    """The ONNX copy; None where torch runs the tower itself."""
    dimensions: int | None = None
    """Of its vectors, where the copy says."""

    @property
    def weights(self) -> str:
        """sha256 (hex) of the checkpoint, whatever runs it."""
        return self.tower.digest

    def encode(self, frames: Sequence[Frame]) -> Floats:
        """frames: n pictures of any size. → float32 (n, d), unit rows; all frames share batches."""
        found = [unit_rows(self._run(batch)) for batch in batches(frames, self.preparation, BATCH)]
        return np.concatenate(found) if found else np.zeros((0, self.dimensions or 1), np.float32)

    def _run(self, batch: Floats) -> Floats:
        if self.net is None:
            return run_tower(self.tower, self.device, batch)
        how = self.preparation
        try:
            net = load_net(self.net, (None, 3, how.height, how.width), (None, self.dimensions))
        except ModelError as error:
            raise ModelError(
                f"{error}; delete the folder {self.net.parent}, and the copy is made anew"
            ) from error
        return net(batch)


def open_clip(parameter: str, *, folder: Path | None = None, cache: Path | None = None) -> Encoders:
    """The set with this tower for style. parameter: MODEL/WEIGHTS or MODEL/WEIGHTS@DEVICE, where WEIGHTS is a
    name of the catalogue without the model's, or a file. folder: of models, as in `models.model_folder`;
    cache: as in `export_tower`.

    Raises EncoderError with the install line where a library or the device is missing, for an unknown model
    and for weights that need another activation; ModelError for weights that are not
    there or not this model's.
    """
    name, device = device_of(parameter)
    model, _, given = name.partition("/")
    if not model or not given:
        raise EncoderError(
            f"open_clip:{parameter}: expected MODEL/PRETRAINED or MODEL/PATH, as in "
            f"open_clip:ViT-B-32/laion2b_s34b_b79k"
        )
    tower, models = _find(model, given, folder)
    known = models[0] in catalogue()
    id_ = f"open_clip:{model}/{given}" if known else f"open_clip:{model}@{tower.digest[:DIGITS]}"
    return as_style(tower_encoder(id_, tower, device, cache), models)


def tower_encoder(id_: str, tower: Tower, device: str, cache: Path | None) -> TowerEncoder:
    """The encoder of a tower, its weights read and checked."""
    if device == "cpu":
        made = export_tower(tower, cache)
        return TowerEncoder(id_, tower, made.preparation, "cpu", made.net, made.dimensions)
    require_device(device)
    return TowerEncoder(id_, tower, check_tower(tower), device)


def as_style(encoder: ImageEncoder, models: tuple[str, ...]) -> Encoders:
    """The classical set with this encoder for style."""
    return Encoders(encoder, RenderingEncoder(), AppearanceEncoder(), models={"style": models})


def _find(model: str, given: str, folder: Path | None) -> tuple[Tower, tuple[str, ...]]:
    """→ the tower, and what `Encoders.models` says of it."""
    listed = f"{model}-{given}"
    path = Path(given).expanduser()
    if listed in catalogue():
        found = find_model(listed, folder=folder)
        return Tower(model, found.paths["weights"], found.digests["weights"], tag=given), (listed,)
    if path.is_file():
        digest = file_digest(path)
        refuse_other_model(model, path, digest)
        return Tower(model, path.absolute(), digest), (str(path),)
    check_activation(model, given)
    raise ModelError(
        f"open_clip:{model}/{given}: no file {given} here, and no {listed} in the catalogue (`series "
        f"models`): give the path of a file of weights, open_clip:{model}/PATH"
    )


def refuse_other_model(model: str, path: Path, digest: str) -> None:
    """Weights that the catalogue knows belong to its model, with whose activation they were trained.
    digest: sha256 (hex) of the file. Raises EncoderError for another model."""
    for name, entry in catalogue().items():
        digests = {file.sha256 for file in entry.files if file.role == "weights"}
        if digest in digests and not (name.startswith(f"{model}-") and _is_tag(model, name)):
            raise EncoderError(
                f"{path}: these are the weights of {name} (same sha256), and {model} is another model: their "
                f"vectors would be wrong"
            )


def _is_tag(model: str, name: str) -> bool:
    """Whether what follows the model in a catalogue name is a name of weights, not of a variant."""
    return not name.removeprefix(f"{model}-").startswith("quickgelu")
