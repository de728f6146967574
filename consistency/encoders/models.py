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

from consistency.encoders.catalogue import Model, ModelFile, known_model
from consistency.errors import ModelError

VARIABLE = "SERIES_MODELS"
"""Environment variable that names the folder of models."""
INSTALLED = "installed.toml"
"""Beside the files of a model: the digests that they had when they were added."""
_CHUNK = 1 << 20
"""Bytes read at a time: large files are never held whole."""

_digests: dict[tuple[int, int, int, int], str] = {}
"""(device, inode, size, mtime) → sha256: each file is read once a process, and a renamed one not again."""


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
        return option.expanduser().absolute()
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("series-consistency") / "models"


def find_model(name: str, *, folder: Path | None = None) -> ModelFiles:
    """The files of a model of the catalogue. folder: as in `model_folder`.

    Each file's digest is compared with the catalogue's, or with the one noted when it was added. Raises
    ModelError, at once: an unknown name, a file that is not there, a digest that differs.
    """
    return files_of(known_model(name), folder=folder)


def files_of(model: Model, *, folder: Path | None = None) -> ModelFiles:
    """`find_model` for a catalogue entry."""
    place = model_folder(folder) / model.name
    if missing := [file.name for file in model.files if not (place / file.name).is_file()]:
        raise ModelError(_not_there(model, place, missing))
    noted = read_installed(place)
    paths = {file.role: place / file.name for file in model.files}
    digests = {file.role: file_digest(paths[file.role]) for file in model.files}
    for file in model.files:
        try:
            check_digest(str(paths[file.role]), model, file, digests[file.role], noted)
        except ModelError as error:
            raise ModelError(f"{error}; {ways_to_get(model)}") from error
    return ModelFiles(model, place, paths, digests)


def on_disk(model: Model, folder: Path) -> bool:
    """Whether all files are there; reads none of them."""
    return all((folder / model.name / file.name).is_file() for file in model.files)


def read_installed(place: Path) -> dict[str, str]:
    """File name → sha256 that was noted when the file was added. Raises ModelError for a broken note."""
    path = place / INSTALLED
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        return {str(name): str(digest) for name, digest in data.get("sha256", {}).items()}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(
            f"{path}: cannot be read ({error}); delete it and run `series models add {place.name} PATH` again"
        ) from error


def file_digest(path: Path, *, again: bool = False) -> str:
    """→ sha256 of a file, hex. An unchanged file is read once a process, or `again`. Raises ModelError."""
    try:
        found = path.stat()
        key = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
        if again or key not in _digests:
            _digests[key] = _read_digest(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
    return _digests[key]


def check_digest(where: str, model: Model, file: ModelFile, found: str, noted: Mapping[str, str]) -> None:
    """Raise ModelError, naming both digests, where `found` (sha256, hex) is not that of the file meant.

    where: the file or address, for the message. noted: what `read_installed` gave.
    """
    expected = file.sha256 or noted.get(file.name, found)
    if found != expected:
        raise ModelError(
            f"{where}: not the {file.name} that {model.name} is made of: its sha256 is {found}, "
            f"expected {expected}"
        )


def ways_to_get(model: Model) -> str:
    """The two commands that bring a model, for messages."""
    if not can_pull(model):
        return f"no pinned address of it is known: get it from {model.source}, then {way_to_add(model)}"
    return f"get it with `series models pull {model.name}`, or {way_to_add(model)}"


def way_to_add(model: Model) -> str:
    """The command for people who have the file."""
    return f"take a copy that you have with `series models add {model.name} PATH`"


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
