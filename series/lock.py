"""What was resolved, pinned in series.lock: build, write, read, compare.

The lock is JSON with sorted keys and one item a line, so that a version control system shows which reference
or limit changed and merges what did not. People do not edit it: `series lock` writes it anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from consistency import Box, ConsistencyError, Tolerance, Tolerances, digest_file
from series.errors import LockError
from series.files import write_atomically
from series.manifest import MAX_SEED, Manifest
from series.plan import FrameOrder
from series.version import package_version

VERSION = 1
"""The lock version that this package reads and writes."""
MAX_BYTES = 64 * 1024 * 1024
"""Some 400,000 references; more is no lock."""
AGAIN = "run `series lock` again"


def _relative(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\\" in path or ":" in parts[0]:
        raise ValueError("a path outside the folder")
    return path


RelativePath = Annotated[str, AfterValidator(_relative)]
"""Relative to the manifest's folder, forward slashes."""
Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""sha256, hex."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class LockedTolerance(_Part):
    """The limits of one check and encoder, and where they came from."""

    accept_below: float
    reject_above: float
    source: str
    too_close: float | None = None


def _box(sides: Sides) -> Sides:
    Box(*sides)
    return sides


Sides = tuple[float, float, float, float]
"""Left, top, right, bottom as fractions."""


class Promotion(_Part):
    """A frame that a person made a reference."""

    subject: str
    """The character, character/outfit, or style."""
    panel: str
    """Whose frame it is."""
    image: Digest
    """sha256 of the frame."""
    box: Annotated[Sides, Field(strict=False), AfterValidator(_box)] | None = None
    """The part of the frame that was taken; None for all of it."""
    by: str
    """Who did it."""
    at: str
    """When, ISO 8601, UTC."""
    reason: str
    """Why."""


class Lock(_Part):
    """Everything that an audit depends on beside the frames."""

    version: Literal[1] = 1
    """Version of this format."""
    package: str
    """Version of series-consistency that wrote it."""
    references: Mapping[RelativePath, Digest]
    """Pictures of style, characters and wardrobe → sha256."""
    palettes: Mapping[RelativePath, Digest]
    """Palette files → sha256."""
    seeds: Mapping[str, Annotated[int, Field(ge=0, le=MAX_SEED)]]
    """Panel id → seed."""
    encoders: Mapping[str, str]
    """Role → encoder id, weights digest included."""
    tolerances: Mapping[str, Mapping[str, LockedTolerance]]
    """Check → encoder id (and subject and color, where one was pinned more narrowly) → limits."""
    promoted: Mapping[RelativePath, Promotion] = Field(default_factory=dict)
    """Frames that became references, among the references above → who did it, and why. Nobody knows this
    but the lock, so it is carried over when the lock is written anew."""
    licenses: Mapping[str, str] = Field(default_factory=dict)
    """Role → its models with their licenses; left out where no model file is used. Never compared: the
    weights digests of the encoders say whether a model is another one."""


NOBODY: Mapping[str, Promotion] = MappingProxyType({})
"""No frame was promoted."""
NO_LICENSES: Mapping[str, str] = MappingProxyType({})
"""No encoder uses a model file."""


@dataclass(frozen=True, slots=True)
class LockChange:
    """One difference between the lock and what is there now."""

    kind: Literal["reference", "palette", "seed", "encoder", "tolerance", "package"]
    subject: str
    """The path, panel, role, check or package that it is about."""
    sentence: str
    """For a person: what differs, and what to do where that is not plain."""

    @property
    def stops(self) -> bool:
        """Whether an audit would measure against something else than what was locked.

        Seeds matter to generating only, and another package version alone changes no number that is locked.
        """
        return self.kind in {"reference", "palette", "encoder", "tolerance"}


def build_lock(
    manifest: Manifest,
    orders: Sequence[FrameOrder],
    encoders: Mapping[str, str],
    tolerances: Tolerances,
    promoted: Mapping[str, Promotion] = NOBODY,
    licenses: Mapping[str, str] = NO_LICENSES,
) -> Lock:
    """The lock of a manifest as it is now. manifest: with the promoted references (see `series.locked`).
    Raises LockError for a file that cannot be read."""
    limits: dict[str, dict[str, LockedTolerance]] = {}
    for (check, *by), tolerance in tolerances.items():
        limits.setdefault(check, {})[", ".join(by)] = _locked(tolerance)
    palette_files = [entry for entry in manifest.palettes.values() if isinstance(entry, str)]
    return Lock(
        package=package_version(),
        references=_digests(manifest.folder, _references(manifest)),
        palettes=_digests(manifest.folder, palette_files),
        seeds={order.panel: order.seed for order in orders},
        encoders=dict(encoders),
        tolerances=limits,
        promoted=dict(promoted),
        licenses=dict(licenses),
    )


def write_lock(path: str | Path, lock: Lock) -> None:
    """Write atomically. Raises SeriesError."""
    data = lock.model_dump(exclude_none=True)
    for name in ("promoted", "licenses"):
        if not data[name]:
            del data[name]
    write_atomically(path, json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_lock(path: str | Path) -> Lock:
    """Read what write_lock wrote. Raises LockError for anything else."""
    path = Path(path)
    data = _parse(path, _read_text(path))
    version = data.get("version")
    if isinstance(version, int) and version > VERSION:
        raise LockError(
            f"{path}: lock version {version} is newer than this package knows ({VERSION}); "
            f"install a newer one: pip install --upgrade series-consistency"
        )
    try:
        return Lock.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(key) for key in first["loc"] if key != "[key]")
        raise LockError(f"{path}: broken at {place}: {first['msg']}; {AGAIN}") from None


def compare_lock(lock: Lock, current: Lock) -> tuple[LockChange, ...]:
    """What differs now from what was locked; empty when nothing does."""
    return (
        *_changed_files("reference", lock.references, current.references),
        *_changed_files("palette", lock.palettes, current.palettes),
        *_changed_encoders(lock.encoders, current.encoders),
        *_changed_tolerances(lock, current),
        *_changed_seeds(lock.seeds, current.seeds),
        *_changed_package(lock.package, current.package),
    )


# --- building ---------------------------------------------------------------------------------------------


def _locked(tolerance: Tolerance) -> LockedTolerance:
    return LockedTolerance(
        accept_below=float(tolerance.accept_below),
        reject_above=float(tolerance.reject_above),
        source=tolerance.source,
        too_close=None if tolerance.too_close is None else float(tolerance.too_close),
    )


def _references(manifest: Manifest) -> Iterable[str]:
    """Every pinned picture, also of an outfit that no panel wears yet."""
    yield from manifest.style.references
    for character in manifest.characters.values():
        yield from character.references
        for outfit in character.wardrobe.values():
            yield from outfit.references


def _digests(folder: Path, files: Iterable[str]) -> dict[str, str]:
    try:
        return {file: digest_file(folder / file) for file in sorted(set(files))}
    except ConsistencyError as error:
        raise LockError(str(error)) from error


# --- reading ----------------------------------------------------------------------------------------------


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise LockError(f"{path}: larger than {MAX_BYTES // 2**20} MiB, which is no lock")
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        raise LockError(f"{path}: no such file; `series lock` writes it") from None
    except UnicodeDecodeError:
        raise LockError(f"{path}: not UTF-8 text; {AGAIN}") from None
    except (OSError, ValueError) as error:
        raise LockError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        if any(line.startswith("<<<<<<<") for line in text.splitlines()):
            raise LockError(f"{path}: holds an unresolved merge; {AGAIN}") from None
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise LockError(f"{path}{line}: not JSON: {reason}; {AGAIN}") from None
    if not isinstance(data, dict):
        raise LockError(f"{path}: not a lock; {AGAIN}")
    return data


# --- comparing --------------------------------------------------------------------------------------------


def _changed_files(
    kind: Literal["reference", "palette"], locked: Mapping[str, str], now: Mapping[str, str]
) -> Iterable[LockChange]:
    what = kind if kind == "reference" else "palette file"
    for file in sorted(locked.keys() | now.keys()):
        if file not in locked:
            yield LockChange(kind, file, f"{what} {file} was added since the series was locked")
        elif file not in now:
            yield LockChange(kind, file, f"{what} {file} was removed since the series was locked")
        elif locked[file] != now[file]:
            yield LockChange(kind, file, f"{what} {file} changed since it was locked")


def _changed_encoders(locked: Mapping[str, str], now: Mapping[str, str]) -> Iterable[LockChange]:
    for role in sorted(locked.keys() | now.keys()):
        before, after = locked.get(role), now.get(role)
        if before == after:
            continue
        if before is None:
            sentence = f"encoder {role} is {after}, locked without one: {AGAIN}"
        elif after is None:
            sentence = f"encoder {role} is missing, locked with {before}: {AGAIN}, or install {before}"
        else:
            sentence = f"encoder {role} is {after}, locked with {before}: {AGAIN}, or install {before}"
        yield LockChange("encoder", role, sentence)


def _changed_tolerances(lock: Lock, current: Lock) -> Iterable[LockChange]:
    locked, now = _flat(lock.tolerances), _flat(current.tolerances)
    for pair in sorted(locked.keys() | now.keys()):
        before, after = locked.get(pair), now.get(pair)
        if _limits(before) != _limits(after):
            # The source alone may move, by a line added to the manifest, without a verdict changing.
            sentence = f"tolerance of {pair[0]} by {pair[1]} is {_said(after)}, locked as {_said(before)}"
            yield LockChange("tolerance", pair[0], sentence)


def _flat(
    tolerances: Mapping[str, Mapping[str, LockedTolerance]],
) -> dict[tuple[str, str], LockedTolerance]:
    return {(check, encoder): one for check, by in tolerances.items() for encoder, one in by.items()}


def _limits(tolerance: LockedTolerance | None) -> tuple[float | None, ...]:
    if tolerance is None:
        return ()
    return tolerance.accept_below, tolerance.reject_above, tolerance.too_close


def _said(tolerance: LockedTolerance | None) -> str:
    if tolerance is None:
        return "not set"
    said = f"{tolerance.accept_below:g} to {tolerance.reject_above:g}"
    close = "" if tolerance.too_close is None else f", too close below {tolerance.too_close:g}"
    return f"{said}{close} ({tolerance.source})"


def _changed_seeds(locked: Mapping[str, int], now: Mapping[str, int]) -> Iterable[LockChange]:
    for panel in sorted(locked.keys() | now.keys()):
        if panel not in locked:
            yield LockChange("seed", panel, f"panel {panel} was added since the series was locked")
        elif panel not in now:
            yield LockChange("seed", panel, f"panel {panel} was removed since the series was locked")
        elif locked[panel] != now[panel]:
            sentence = f"seed of panel {panel} is {now[panel]}, locked as {locked[panel]}"
            yield LockChange("seed", panel, sentence)


def _changed_package(locked: str, now: str) -> Iterable[LockChange]:
    if locked != now:
        yield LockChange(
            "package", "series-consistency", f"series-consistency is {now}, locked with {locked}"
        )
