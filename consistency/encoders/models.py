"""A model's name in, its files on this disk out, digests verified. Never the network.

Where models lie: FOLDER/NAME/FILE, with FOLDER an option, SERIES_MODELS or the user's data folder. `series
models pull` and `series models add` put them there; this module only reads.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from consistency.encoders.catalogue import Model, ModelFile, known_model
from consistency.errors import ModelError

VARIABLE = "SERIES_MODELS"
"""Environment variable that names the folder of models."""
INSTALLED = "installed.toml"
"""Beside the files of a model: the digests that they had when they were added."""
_CHUNK = 1 << 20
"""Bytes read at a time: large files are never held whole."""

_digests: dict[tuple[str, int, int, int], str] = {}
"""(path, size, mtime, inode) → sha256: each file is read once a process."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model that is on disk, whole."""

    model: Model
    folder: Path
    """Where its files lie."""
    paths: Mapping[str, Path]
    """Role → file."""
    digests: Mapping[str, str]
    """Role → sha256 of what is in that file, hex."""

    @property
    def digest(self) -> str:
        """One sha256 (hex) over all roles, for an encoder's `weights`."""
        lines = "".join(f"{role} {digest}\n" for role, digest in sorted(self.digests.items()))
        return hashlib.sha256(lines.encode()).hexdigest()


def model_folder(option: Path | None = None) -> Path:
    """Where models are looked for: the option, else SERIES_MODELS, else the user's data folder."""
    if option is not None:
        return option.expanduser()
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("series-consistency", appauthor=False) / "models"


def find_model(name: str, *, folder: Path | None = None) -> ModelFiles:
    """The files of a model of the catalogue. folder: as in `model_folder`.

    Each file's digest is compared with the catalogue's, or with the one noted when it was added. Raises
    ModelError, at once: an unknown name, a file that is not there, a digest that differs.
    """
    model = known_model(name)
    place = model_folder(folder) / name
    if missing := [file.name for file in model.files if not (place / file.name).is_file()]:
        raise ModelError(_not_there(model, place, missing))
    noted = read_installed(place)
    paths = {file.role: place / file.name for file in model.files}
    digests = {file.role: verified_digest(model, file, place / file.name, noted) for file in model.files}
    return ModelFiles(model, place, MappingProxyType(paths), MappingProxyType(digests))


def on_disk(model: Model, folder: Path) -> bool:
    """Whether all files are there; reads none of them."""
    return all((folder / model.name / file.name).is_file() for file in model.files)


def read_installed(place: Path) -> dict[str, str]:
    """File name → sha256 that was noted when the file was added. Raises ModelError for a broken note."""
    path = place / INSTALLED
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        return {str(name): str(digest) for name, digest in data.get("sha256", {}).items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{path}: cannot be read ({error}); delete it and run `series models add {place.name} PATH` again"
        ) from error


def file_digest(path: Path) -> str:
    """→ sha256 of a file, hex. Raises ModelError. A file that did not change is read once a process."""
    try:
        found = path.stat()
        key = str(path.resolve()), found.st_size, found.st_mtime_ns, found.st_ino
        if key not in _digests:
            _digests[key] = _read_digest(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
    return _digests[key]


def verified_digest(model: Model, file: ModelFile, path: Path, noted: Mapping[str, str]) -> str:
    """→ sha256 of the file at path. noted: what `read_installed` gave, for files whose digest no one published.
    Raises ModelError, naming both digests, where it is another file than expected."""
    found = file_digest(path)
    expected = file.sha256 or noted.get(file.name, "")
    if expected and found != expected:
        raise ModelError(
            f"{path}: not the file that {model.name} is made of: its sha256 is {found}, expected {expected}; "
            f"{ways_to_get(model)}"
        )
    return found


def ways_to_get(model: Model) -> str:
    """The two commands that bring a model, for messages."""
    add = f"`series models add {model.name} PATH`"
    if not can_pull(model):
        return f"no pinned address of it is known: download it from {model.source}, then {add}"
    return f"get it with `series models pull {model.name}`, or take a copy that you have with {add}"


def can_pull(model: Model) -> bool:
    """Whether the catalogue knows a pinned address for each of its files."""
    return model.archive is not None or all(file.url for file in model.files)


def _not_there(model: Model, place: Path, missing: list[str]) -> str:
    what = "is not on this disk" if len(missing) == len(model.files) else f"lacks {', '.join(missing)}"
    return f"model {model.name} {what} (looked in {place}): {ways_to_get(model)}"


def _read_digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
