"""Is everything still as it was locked? A manifest and its lock in; notes for the report out, or a stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from consistency import Tolerances
from series.errors import LockError
from series.lock import build_lock, compare_lock, read_lock, write_lock
from series.manifest import Manifest
from series.plan import FrameOrder

CHANGES_SHOWN = 10
"""More changes than this have one cause."""


def lock_path(manifest: Manifest) -> Path:
    """series.lock beside series.yaml."""
    return manifest.path.with_suffix(".lock")


def lock_series(
    manifest: Manifest, orders: Sequence[FrameOrder], encoders: Mapping[str, str], tolerances: Tolerances
) -> Path:
    """Write the lock of a manifest as it is now. → where."""
    path = lock_path(manifest)
    write_lock(path, build_lock(manifest, orders, encoders, tolerances))
    return path


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
