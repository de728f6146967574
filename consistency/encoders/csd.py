"""Pictures in, vectors of their style out: CSD, "csd" from the catalogue or "csd:PATH" of a checkpoint.

Somepalli et al. 2024, Measuring Style Similarity in Diffusion Models: CLIP ViT-L/14 with OpenAI's QuickGELU,
trained on, its last layer replaced by a style head of 768 dimensions. See `clip_export` and `open_clip` for
what runs it; "@cuda" and "@mps" behind the name as there. Where the checkpoint has a cohort (`csd_cohort`),
distances are corrected by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from consistency.encoders.catalogue import known_model
from consistency.encoders.clip_tower import Tower
from consistency.encoders.csd_cohort import NAME, Cohort, make_cohort, with_cohort
from consistency.encoders.encoder import Encoders
from consistency.encoders.models import file_digest, find_model
from consistency.encoders.named import device_of
from consistency.encoders.open_clip import DIGITS, as_style, tower_encoder
from consistency.errors import ModelError

ARCHITECTURE: Final = "ViT-L-14-quickgelu"
"""open_clip's name of what CSD was trained from. With the plain ViT-L-14 its vectors are wrong."""


def csd(
    parameter: str,
    *,
    folder: Path | None = None,
    cache: Path | None = None,
    architecture: str = ARCHITECTURE,
    corrected: bool = True,
) -> Encoders:
    """The set with CSD for style. parameter: a checkpoint's path, empty for the catalogue's; either @DEVICE.
    folder: of models, as in `models.model_folder`; cache: as in `export_tower`. architecture: of the trunk.
    corrected: by the checkpoint's cohort, where it has one.

    Raises EncoderError where a library or the device is missing, ModelError for weights that are not there or
    not CSD's.
    """
    name, device = device_of(parameter)
    if not name:
        found = find_model(NAME, folder=folder)
        path, digest = found.paths["weights"], found.digests["weights"]
    else:
        path = Path(name).expanduser().absolute()
        if not path.is_file():
            raise ModelError(
                f"csd:{name}: no file at this path; give that of a checkpoint of CSD, or take `csd`"
            )
        digest = file_digest(path)
    published = digest == known_model(NAME).files[0].sha256
    id_ = NAME if published else f"{NAME}@{digest[:DIGITS]}"
    models = (NAME,) if published else (str(path),)
    tower = Tower(architecture, path, digest, head="style")
    plain = tower_encoder(id_, tower, device, cache)
    return as_style(with_cohort(plain, folder) if corrected else plain, models)


def make_csd_cohort(parameter: str, pictures: Iterable[Path], *, folder: Path | None = None) -> Cohort:
    """Make the cohort of a checkpoint of CSD. parameter, folder: as in `csd`. pictures: of unrelated styles.
    Raises what `csd` and `make_cohort` raise."""
    return make_cohort(csd(parameter, folder=folder, corrected=False).style, pictures, folder)
