"""A model's address, or a copy that someone has, in; its files in the models folder out, whole or not."""

from __future__ import annotations

import contextlib
import os
import secrets
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from consistency.encoders.catalogue import Archive, Model, ModelFile
from consistency.encoders.models import (
    INSTALLED,
    ModelFiles,
    can_pull,
    check_digest,
    file_digest,
    files_of,
    model_folder,
    read_installed,
    way_to_add,
    ways_to_get,
)
from consistency.errors import ModelError

Progress = Callable[[str, int, int | None], None]
"""Called with what is coming, its bytes on disk, and its bytes in all (None where not known)."""

_COPY = 1 << 20
"""Bytes read at a time."""
_LARGEST = 8 << 30
"""Bytes. No file of the catalogue is larger; ends an archive that unpacks without end."""


@dataclass(frozen=True, slots=True)
class Added:
    """What `add_model` did."""

    files: tuple[str, ...]
    """Names of the files that were taken."""
    unverified: tuple[str, ...]
    """Those among them whose digest no one published: noted as they are now."""
    missing: tuple[str, ...]
    """Names of the files that the model still lacks."""


def pull_model(model: Model, *, folder: Path | None = None, progress: Progress | None = None) -> ModelFiles:
    """Download what is missing or damaged, check it, put it in place. folder: as in `model_folder`.

    Goes on where an earlier try stopped. Raises ModelError; a file is there whole and checked, or not at all.
    """
    if not can_pull(model):
        raise ModelError(f"model {model.name}: {ways_to_get(model)}")
    if _wanted(model, model_folder(folder) / model.name):
        with _alone(model, folder) as place:
            wanted = _wanted(model, place)
            if wanted and model.archive is not None:
                _pull_archive(model, model.archive, wanted, place, progress or _silent)
            else:
                for file in wanted:
                    part = _pulled(model, file.url, file.name, file.bytes, place, progress or _silent)
                    try:
                        _install(model, file, part, place, file.url)
                    except ModelError as error:
                        raise ModelError(
                            f"{error}; it was removed: pull again, or {way_to_add(model)}"
                        ) from error
    return files_of(model, folder=folder)


def add_model(model: Model, path: Path, *, folder: Path | None = None) -> Added:
    """Copy a file, a folder or a zip archive that someone has into the models folder, checked.

    A folder brings the files that carry the catalogue's names. Of a single file the digest says which one it
    is, else its name; the only file of a model may have any name. Raises ModelError.
    """
    path = path.expanduser()
    if not path.is_dir() and not path.is_file():
        raise ModelError(f"{path}: no such file or folder")
    with _alone(model, folder) as place:
        if path.is_dir():
            sources = {file: path / file.name for file in model.files if (path / file.name).is_file()}
            if not sources:
                names = ", ".join(file.name for file in model.files)
                raise ModelError(f"{path}: holds no file of {model.name}; it consists of {names}")
            for file, source in sources.items():
                _copy_in(model, file, source, place)
            taken = list(sources)
        elif model.archive is not None and zipfile.is_zipfile(path):
            taken = list(model.files)
            _unpack(model, path, taken, place)
        else:
            taken = [_meant(model, path)]
            _copy_in(model, taken[0], path, place)
        missing = tuple(file.name for file in model.files if not (place / file.name).is_file())
    unverified = tuple(file.name for file in taken if not file.sha256)
    return Added(tuple(file.name for file in taken), unverified, missing)


# --- bringing ---------------------------------------------------------------------------------------------


def _pulled(model: Model, url: str, name: str, size: int | None, place: Path, progress: Progress) -> Path:
    """→ the whole download, not yet checked."""
    from consistency.encoders.download import download  # brings http and ssl: only when something is pulled

    part = place / f".{name}.part"
    try:
        download(url, part, size=size, progress=lambda done, total: progress(name, done, total))
    except ModelError as error:
        raise ModelError(f"{error}; or {way_to_add(model)}") from error
    return part


def _pull_archive(
    model: Model, archive: Archive, wanted: list[ModelFile], place: Path, progress: Progress
) -> None:
    name = archive.url.rpartition("/")[2]
    part = _pulled(model, archive.url, name, archive.bytes, place, progress)
    found = file_digest(part, again=True)
    if archive.sha256 and found != archive.sha256:
        part.unlink()
        raise ModelError(
            f"{archive.url}: not the archive that is meant: its sha256 is {found}, expected "
            f"{archive.sha256}; it was removed: pull again, or {way_to_add(model)}"
        )
    try:
        _unpack(model, part, wanted, place)
    except ModelError:
        part.unlink()
        raise
    part.unlink()


def _unpack(model: Model, archive: Path, wanted: list[ModelFile], place: Path) -> None:
    """Take the wanted files out of a zip archive, by their names, from whatever folder inside."""
    with contextlib.ExitStack() as stack:
        with _reading(archive):
            pack = stack.enter_context(zipfile.ZipFile(archive))
        for file in wanted:
            found = [one for one in pack.infolist() if PurePosixPath(one.filename).name == file.name]
            if len(found) != 1:
                raise ModelError(f"{archive}: holds {file.name} {len(found)} times, expected once")
            size, most = found[0].file_size, _LARGEST if file.bytes is None else file.bytes
            if size > most:
                raise ModelError(f"{archive}: {file.name} in it has {size:,} bytes, expected {most:,}")
            with _reading(archive):
                source = stack.enter_context(pack.open(found[0]))
            _install_copy(model, file, _chunks(archive, source), place, f"{archive}: {file.name} in it")


def _chunks(path: Path, source: IO[bytes]) -> Iterator[bytes]:
    while True:
        with _reading(path):
            chunk = source.read(_COPY)
        if not chunk:
            return
        yield chunk


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """What reading a file or an archive can fail with, told apart from what writing can fail with."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ModelError(f"{path}: not a zip archive that can be read: {error}") from error
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error


def _copy_in(model: Model, file: ModelFile, source: Path, place: Path) -> None:
    target = place / file.name
    if target.is_file() and target.samefile(source):
        found = file_digest(target, again=True)
        check_digest(str(target), model, file, found, read_installed(place))
        _note(file, found, place)
        return
    with contextlib.ExitStack() as stack:
        with _reading(source):
            opened = stack.enter_context(source.open("rb"))
        _install_copy(model, file, _chunks(source, opened), place, str(source))


def _meant(model: Model, path: Path) -> ModelFile:
    """Which file of the model this one is: by its digest, else its name, else because there is only one."""
    found = file_digest(path)
    for file in model.files:
        if file.sha256 == found:
            return file
    for file in model.files:
        if file.name == path.name or len(model.files) == 1:
            return file
    names = ", ".join(file.name for file in model.files)
    raise ModelError(
        f"{path}: not a file of {model.name}, which consists of {names}; its sha256 {found} is none of theirs"
    )


# --- putting in place -------------------------------------------------------------------------------------


def _install_copy(model: Model, file: ModelFile, chunks: Iterable[bytes], place: Path, origin: str) -> None:
    copy = place / f".{file.name}.{secrets.token_hex(4)}.tmp"
    try:
        with copy.open("xb") as written:
            written.writelines(chunks)
        _install(model, file, copy, place, origin)
    finally:
        copy.unlink(missing_ok=True)


def _install(model: Model, file: ModelFile, ready: Path, place: Path, origin: str) -> None:
    """Check a complete file in the model's folder and give it its name; remove it if it is the wrong one.

    origin: where it came from, for messages.
    """
    found = file_digest(ready, again=True)
    try:
        check_digest(origin, model, file, found, read_installed(place))
    except ModelError:
        ready.unlink()
        raise
    with ready.open("rb+") as written:
        os.fsync(written.fileno())
    _note(file, found, place)
    ready.replace(place / file.name)


def _note(file: ModelFile, digest: str, place: Path) -> None:
    """Remember the digest of a file whose publisher names none: trusted as first seen."""
    noted = read_installed(place)
    if file.sha256 or noted.get(file.name) == digest:
        return
    lines = [f'"{name}" = "{sha256}"' for name, sha256 in sorted({**noted, file.name: digest}.items())]
    text = "# Written by `series models`. Trusted as first seen: no publisher names them.\n[sha256]"
    temporary = place / f".{INSTALLED}.{secrets.token_hex(4)}.tmp"
    temporary.write_text(text + "\n" + "\n".join(lines) + "\n", "utf-8")
    temporary.replace(place / INSTALLED)


def _wanted(model: Model, place: Path) -> list[ModelFile]:
    """The files that are not there, or not the right ones."""
    noted = read_installed(place)
    return [file for file in model.files if not _is_good(model, file, place / file.name, noted)]


def _is_good(model: Model, file: ModelFile, path: Path, noted: dict[str, str]) -> bool:
    if not path.is_file():
        return False
    try:
        check_digest(str(path), model, file, file_digest(path), noted)
    except ModelError:
        return False
    return True


@contextlib.contextmanager
def _alone(model: Model, folder: Path | None) -> Iterator[Path]:
    """→ the model's folder, which no other process fills meanwhile. What the disk refuses is a ModelError."""
    from filelock import FileLock, Timeout

    place = model_folder(folder) / model.name
    try:
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / ".lock", timeout=0):
            yield place
    except Timeout:
        raise ModelError(f"{place}: another process is bringing {model.name}; wait for it") from None
    except OSError as error:
        raise ModelError(
            f"{error.filename or place}: cannot be written: {error.strerror or error}"
        ) from error


def _silent(_name: str, _done: int, _total: int | None) -> None:
    pass
