"""A manifest and its lock in: the references that a person promoted, and whether all is as it was locked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from consistency import Tolerances
from series.errors import LockError
from series.lock import NO_LICENSES, NOBODY, Lock, Promotion, build_lock, compare_lock, read_lock, write_lock
from series.manifest import Character, Manifest, read_manifest
from series.pinned import STYLE
from series.plan import FrameOrder, plan
from series.promotion import FOLDER
from series.tolerances import resolve_tolerances

CHANGES_SHOWN = 10
"""More changes than this have one cause."""


def lock_path(manifest: Manifest) -> Path:
    """series.lock beside series.yaml."""
    return manifest.path.with_suffix(".lock")


def read_series(path: str | Path) -> Manifest:
    """Read a manifest, and what its lock adds to it: frames that a person promoted are references from then
    on. Raises ManifestError, and LockError for a lock that cannot be read."""
    manifest = read_manifest(path)
    locked = lock_path(manifest)
    return with_promoted(manifest, read_lock(locked)) if locked.exists() else manifest


def locked_encoders(manifest: Manifest) -> Mapping[str, str]:
    """Role → encoder id of the lock; empty without one, and for one that cannot be read."""
    path = lock_path(manifest)
    try:
        return read_lock(path).encoders if path.exists() else {}
    except LockError:
        return {}


def with_promoted(manifest: Manifest, lock: Lock) -> Manifest:
    """The manifest with the lock's promoted frames before its own references, the newest first: a generator
    that takes few pictures is sent what a person chose last. Raises LockError for one that is gone, or that
    is of a character whom the manifest does not know."""
    for file, promotion in sorted(lock.promoted.items(), key=lambda item: (item[1].at, item[0])):
        _check_there(manifest, file, promotion)
        manifest = _with_reference(manifest, file, promotion)
    return manifest


def lock_series(
    manifest: Manifest,
    orders: Sequence[FrameOrder],
    encoders: Mapping[str, str],
    tolerances: Tolerances,
    promoted: Mapping[str, Promotion] = NOBODY,
    licenses: Mapping[str, str] = NO_LICENSES,
) -> Path:
    """Write the lock of a manifest as it is now. manifest: with the promoted references. → where."""
    path = lock_path(manifest)
    write_lock(path, build_lock(manifest, orders, encoders, tolerances, promoted, licenses))
    return path


def lock_again(
    path: Path, encoders: Mapping[str, str], licenses: Mapping[str, str] = NO_LICENSES
) -> tuple[Path, str]:
    """Write the lock of a manifest anew, with the frames that were promoted in the one before.

    → where, and what a person must know: that the lock before could not be read, and what was promoted in
    it is lost; empty when there is nothing to tell.
    """
    manifest, promoted, note = read_manifest(path), NOBODY, ""
    locked = lock_path(manifest)
    try:
        before = read_lock(locked) if locked.exists() else None
    except LockError:
        before, note = None, _lost(manifest)
    if before is not None:
        manifest, promoted = with_promoted(manifest, before), before.promoted
    orders = plan(manifest)
    tolerances = resolve_tolerances(manifest, orders)
    return lock_series(manifest, orders, encoders, tolerances, promoted, licenses), note


def check_lock(
    manifest: Manifest,
    orders: Sequence[FrameOrder],
    encoders: Mapping[str, str],
    tolerances: Tolerances,
    *,
    ignore: bool,
) -> tuple[str, ...]:
    """→ notes for the report. Raises LockError when what is measured against is not what was locked,
    unless told to ignore that."""
    path = lock_path(manifest)
    if not path.exists():
        return (f"not locked: `series lock {manifest.path}` pins references, encoders and tolerances",)
    current = build_lock(manifest, orders, encoders, tolerances)
    changes = compare_lock(read_lock(path), current)
    stops = [change.sentence for change in changes if change.stops]
    if stops and not ignore:
        more = f"\n... and {len(stops) - CHANGES_SHOWN} more" if len(stops) > CHANGES_SHOWN else ""
        raise LockError(
            f"{path}: not what was locked:\n"
            + "\n".join(f"  {sentence}" for sentence in stops[:CHANGES_SHOWN])
            + more
            + "\nrun `series lock` to accept the change, or audit with --ignore-lock"
        )
    return tuple(change.sentence for change in changes)


def _lost(manifest: Manifest) -> str:
    """A lock that cannot be read is written anew, that is how a merge is resolved; promotions are not."""
    if not any((manifest.folder / FOLDER).glob("*.png")):
        return ""
    return (
        f"{lock_path(manifest)}: could not be read, so what was promoted in it (see {FOLDER}) is no "
        f"reference any more: promote it again, or put a readable lock back and run `series lock`"
    )


def _check_there(manifest: Manifest, file: str, promotion: Promotion) -> None:
    path = manifest.folder / file
    undo = f"put it back, or `series promote --undo {promotion.panel} {manifest.path}`"
    try:
        inside = path.resolve().is_relative_to(manifest.folder.resolve())
        there = path.is_file()
    except (OSError, RuntimeError):  # a ring of links
        inside = there = False
    if not there:
        raise LockError(f"{path}: promoted as {promotion.subject}, and gone: {undo}")
    if not inside:
        raise LockError(f"{path}: promoted as {promotion.subject}, and now a link out of the folder: {undo}")


def _with_reference(manifest: Manifest, file: str, promotion: Promotion) -> Manifest:
    name, _, wardrobe = promotion.subject.partition("/")
    if promotion.subject == STYLE:
        references = _added(manifest.style.references, file)
        return manifest.model_copy(
            update={"style": manifest.style.model_copy(update={"references": references})}
        )
    character = manifest.characters.get(name)
    if character is None or (wardrobe and wardrobe not in character.wardrobe):
        raise LockError(
            f"{lock_path(manifest)}: {file} was promoted as {promotion.subject}, unknown to the manifest: "
            f"put it back, or `series promote --undo {promotion.panel} {manifest.path}`"
        )
    changed = _dressed(character, wardrobe, file)
    return manifest.model_copy(update={"characters": {**manifest.characters, name: changed}})


def _dressed(character: Character, wardrobe: str, file: str) -> Character:
    if not wardrobe:
        return character.model_copy(update={"references": _added(character.references, file)})
    outfit = character.wardrobe[wardrobe]
    changed = outfit.model_copy(update={"references": _added(outfit.references, file)})
    return character.model_copy(update={"wardrobe": {**character.wardrobe, wardrobe: changed}})


def _added(references: tuple[str, ...], file: str) -> tuple[str, ...]:
    return references if file in references else (file, *references)
