"""Pictures of unrelated styles in, a cohort file beside CSD out; and the encoder whose rows know of it.

A cohort belongs to one checkpoint: there is none to ship. Somebody makes it once, from pictures that have
nothing to do with what will be measured; from then on every distance of that checkpoint is corrected by it
(see `consistency.cohort`), under an id of its own.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency.cohort import AT_LEAST, MARK, with_nearness
from consistency.encoders.catalogue import known_model
from consistency.encoders.encoder import ImageEncoder
from consistency.encoders.models import file_digest, model_folder
from consistency.errors import ImageError, ModelError
from consistency.image import WORKING_SIDE, Frame, read_frame

Floats = NDArray[np.float32]

NAME: Final = "csd"
"""In the catalogue, and CSD's id where the weights are the published ones. In its folder lie all cohorts,
also those of checkpoints that lie elsewhere."""
DIGITS: Final = 12
"""Of digests in names and ids: enough to tell any two apart."""
BATCH: Final = 8
"""Pictures held at once while a cohort is made."""
_ROWS, _WEIGHTS = "rows", "weights"


@dataclass(frozen=True, slots=True)
class CorrectedStyle:
    """ImageEncoder. The rows of another one, and behind each how near it lies to the cohort."""

    plain: ImageEncoder
    cohort: Path
    digest: str
    """sha256 (hex) of the cohort's rows."""

    @property
    def id(self) -> str:
        """Name and weights of the other one, and of the cohort."""
        return corrected_id(self.plain.id, self.digest)

    @property
    def weights(self) -> str:
        """sha256 (hex) over the checkpoint and the cohort."""
        return hashlib.sha256(f"{self.plain.weights}\n{self.digest}".encode()).hexdigest()

    def encode(self, frames: Sequence[Frame]) -> Floats:
        """frames: n pictures of any size. → float32 (n, d + 1): see `consistency.cohort.with_nearness`."""
        rows = self.plain.encode(frames)
        if not len(rows):
            return np.zeros((0, rows.shape[1] + 1), np.float32)
        return with_nearness(rows, _rows(self.cohort))


@dataclass(frozen=True, slots=True)
class Cohort:
    """A cohort that was made."""

    path: Path
    encoder: str
    """The id that the corrected encoder has."""
    pictures: int
    """In it: each once, however often it lies in the folder."""
    unreadable: tuple[str, ...]
    """Why others are not in it."""


def corrected_id(plain: str, digest: str) -> str:
    """The id of an encoder corrected by a cohort. digest: of its rows."""
    return f"{plain}{MARK}{digest[:DIGITS]}"


def cohort_path(weights: str, folder: Path | None = None) -> Path:
    """Where the cohort of a checkpoint lies, whether it is there or not. weights: its sha256 (hex). folder:
    of models, as in `model_folder`."""
    return model_folder(folder) / NAME / f"cohort-{weights[:DIGITS]}.safetensors"


def with_cohort(plain: ImageEncoder, folder: Path | None = None) -> ImageEncoder:
    """The same encoder, corrected where its checkpoint has a cohort. Raises ModelError for a file that is no
    such cohort."""
    path = cohort_path(plain.weights, folder)
    if not path.exists():
        return plain
    return CorrectedStyle(plain, path, cohort_digest(path, plain.weights))


def make_cohort(plain: ImageEncoder, pictures: Iterable[Path], folder: Path | None = None) -> Cohort:
    """Write the cohort of a checkpoint, in place of the one before. plain: without a cohort.

    Raises ModelError for fewer than AT_LEAST pictures that can be read, and for a folder that cannot be
    written.
    """
    rows: list[Floats] = []
    unreadable: list[str] = []
    seen: set[str] = set()
    waiting: list[Frame] = []
    for picture in pictures:
        try:
            frame = read_frame(picture, longest_side=WORKING_SIDE)
        except ImageError as error:
            unreadable.append(str(error))
            continue
        if frame.digest not in seen:
            seen.add(frame.digest)
            waiting.append(frame)
        if len(waiting) == BATCH:
            rows.append(plain.encode(waiting))
            waiting.clear()
    if waiting:
        rows.append(plain.encode(waiting))
    if len(seen) < AT_LEAST:
        raise ModelError(
            f"a cohort needs {AT_LEAST} different pictures of styles that have nothing to do with the "
            f"series, found {len(seen)}: add some and run it again"
        )
    path = cohort_path(plain.weights, folder)
    vectors = np.ascontiguousarray(np.concatenate(rows), np.float32)
    _write(path, vectors, plain.weights)
    return Cohort(path, corrected_id(plain.id, _digest_of(vectors)), len(seen), tuple(unreadable))


def csd_id(folder: Path | None = None) -> str:
    """The id that the catalogue's CSD has with what lies in the folder of models. No net is opened."""
    weights = known_model(NAME).files[0].sha256
    path = cohort_path(weights, folder)
    return corrected_id(NAME, cohort_digest(path, weights)) if path.exists() else NAME


def cohort_digest(path: Path, weights: str) -> str:
    """sha256 (hex) of a cohort's rows. weights: the checkpoint whose cohort it must be. Raises ModelError."""
    from safetensors import SafetensorError, safe_open

    rows = _rows(path)
    try:
        with safe_open(path, "numpy") as file:
            made_for = (file.metadata() or {}).get(_WEIGHTS, "")
    except (SafetensorError, OSError) as error:
        raise _broken(path, str(error)) from error
    if made_for != weights:
        raise _broken(path, f"made for weights of sha256 {made_for or '?'}, expected {weights}")
    return _digest_of(rows)


def _digest_of(rows: Floats) -> str:
    return hashlib.sha256(rows.tobytes()).hexdigest()


def _rows(path: Path) -> Floats:
    return _read(path, file_digest(path))


@cache
def _read(path: Path, _digest: str) -> Floats:
    """float32 (k, d). Once a process and content."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        rows = load_file(path)[_ROWS]
    except (SafetensorError, OSError, KeyError) as error:
        raise _broken(path, str(error)) from error
    if rows.dtype != np.float32 or rows.ndim != 2 or len(rows) < AT_LEAST or not np.isfinite(rows).all():
        raise _broken(path, f"expected {AT_LEAST} vectors or more, found {rows.dtype} {rows.shape}")
    return rows


def _write(path: Path, rows: Floats, weights: str) -> None:
    from safetensors.numpy import save

    data = save({_ROWS: rows}, {_WEIGHTS: weights})
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _broken(path: Path, why: str) -> ModelError:
    return ModelError(
        f"{path}: no cohort of this checkpoint ({why}); delete it, or make it anew: "
        f"`series models cohort csd FOLDER`"
    )
