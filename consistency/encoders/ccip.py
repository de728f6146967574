"""Crops in, vectors of the drawn character in them out: CCIP, "ccip" from the catalogue or "ccip:FOLDER".

deepghs, Contrastive Anime Character Image Pre-training: one net makes features, a second one the difference
of two of them, and a limit is published for that difference. Here the rows are such that at the limit
their cosine distance is that difference, and everywhere where the second net draws a line. For crops of one
drawn character.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency.encoders.catalogue import known_model
from consistency.encoders.encoder import Encoders
from consistency.encoders.models import file_digest, find_model
from consistency.encoders.onnx_net import load_net
from consistency.encoders.prepare import Preparation, batches
from consistency.encoders.rendering import RenderingEncoder
from consistency.encoders.texture import TextureEncoder
from consistency.errors import ModelError
from consistency.image import Frame
from consistency.vectors import unit_rows

Floats = NDArray[np.float32]

NAME: Final = "ccip"
"""In the catalogue, and its id where both nets are the published ones."""
PREPARATION: Final = Preparation(384, 384, resize="squash", filter="bilinear")
"""As in the publisher's own library."""
BATCH: Final = 4
"""Crops that go through the net together: 7 MB of input."""
DIGITS: Final = 12
"""Of the weights' digest in an id: enough to tell any two files apart."""
PRECISE: Final = 1e-4
"""Differences nearer than this count as equal: 32-bit numbers in two nets."""
STEPS: Final = 40
"""Halvings on the way to the limit: beyond the precision of 32-bit numbers."""


@dataclass(frozen=True, slots=True)
class CcipEncoder:
    """ImageEncoder. Travels to worker processes as a path; the net is loaded where it is used."""

    id: str
    weights: str
    """sha256 (hex) over both nets."""
    features: Path
    slope: float
    """Difference for each unit of cosine distance, in (0, 1], as the second net says."""

    def encode(self, frames: Sequence[Frame]) -> Floats:
        """frames: n crops of any size. → float32 (n, d), unit rows; all frames share batches."""
        how = PREPARATION
        net = load_net(self.features, (None, 3, how.height, how.width), (None, None))
        found = [scaled(net(batch), self.slope) for batch in batches(frames, how, BATCH)]
        return np.concatenate(found) if found else np.zeros((0, 1), np.float32)


def ccip(parameter: str, *, folder: Path | None = None) -> Encoders:
    """The set with CCIP for subjects. parameter: a folder with model_feat.onnx and model_metrics.onnx, empty
    for the catalogue's. folder: of models, as in `models.model_folder`.

    Raises EncoderError with the install line without onnxruntime, and ModelError for nets that are not there
    or not such nets.
    """
    model = known_model(NAME)
    if parameter:
        place = Path(parameter).expanduser().absolute()
        paths = {file.role: place / file.name for file in model.files}
        digests = {role: file_digest(path) for role, path in paths.items()}
    else:
        found = find_model(NAME, folder=folder)
        place, paths, digests = found.folder, dict(found.paths), dict(found.digests)
    published = all(digests[file.role] == file.sha256 for file in model.files)
    weights = hashlib.sha256("\n".join(digests[role] for role in sorted(digests)).encode()).hexdigest()
    encoder = CcipEncoder(
        id=NAME if published else f"{NAME}@{weights[:DIGITS]}",
        weights=weights,
        features=paths["features"].absolute(),
        slope=slope_of(paths["metric"], model.threshold or 0.0),
    )
    models = (NAME,) if published else (str(place),)
    return Encoders(TextureEncoder(), RenderingEncoder(), encoder, models={"subject": models})


def slope_of(metric: Path, limit: float) -> float:
    """How much the second net's difference grows with the cosine distance of two features, up to the limit.

    metric: its file; float32 (n, d) → (n, n). limit: the published difference. → in (0, 1]. Raises ModelError
    for a net whose difference is none of the cosine alone, or reaches the limit nowhere, or too soon.
    """
    net = load_net(metric, (None, None), (None, None))
    size = net.input_shape[1] or known_model(NAME).embedding or 2

    def difference(cosine: float, length: float = 1.0) -> float:
        pair = np.zeros((2, size), np.float32)
        pair[0, 0] = 1
        pair[1, :2] = length * cosine, length * np.sqrt(1 - cosine**2)
        return float(net(pair)[0, 1])

    steps = [difference(cosine) for cosine in np.linspace(1, -1, 21)]
    scaled_alike = all(abs(difference(c, 3.0) - difference(c)) < PRECISE for c in (0.9, 0.5, 0.0))
    if not (scaled_alike and abs(steps[0]) < PRECISE and np.all(np.diff(steps) > -PRECISE)):
        raise ModelError(
            f"{metric}: no difference that is 0 for the same features and grows with their angle"
        )
    near, far = 1.0, -1.0
    if difference(far) < limit:
        raise ModelError(f"{metric}: its differences stay below the published limit, {limit:.3f}")
    for _ in range(STEPS):
        middle = (near + far) / 2
        near, far = (middle, far) if difference(middle) <= limit else (near, middle)
    slope = limit / (1 - near)
    if slope > 1 + PRECISE:
        raise ModelError(f"{metric}: its difference grows {slope:.2f} times as fast as the cosine distance")
    return min(slope, 1.0)


def scaled(features: Floats, slope: float) -> Floats:
    """Unit rows whose cosine distance is `slope` times that of the features.

    features: float32 (n, d). → float32 (n, d + 1). What all rows share in the last column makes them alike.
    """
    shared = np.full((len(features), 1), np.sqrt(1 - slope), np.float32)
    return np.concatenate([np.float32(np.sqrt(slope)) * unit_rows(features), shared], axis=1)
