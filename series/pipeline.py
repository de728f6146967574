"""The whole story on one screen: the steps of an audit, in the order in which the data moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from consistency import Counts, Locator, ObservationCache, Observer, Recipe, load_encoders
from series.assemble import assemble_audit
from series.audit import Audit
from series.frames import match_frames
from series.locked import check_lock
from series.manifest import read_manifest
from series.measure import measure_frames
from series.memory import Memory
from series.pinned import observe_references
from series.plan import plan
from series.tolerances import resolve_tolerances


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What a person says on the command line."""

    manifest: Path
    frames: Path
    mapping: Path | None = None
    """CSV with columns panel, file; None matches by file stem."""
    encoder: str = "classical"
    cache: Path | None = None
    """SQLite file of observations; None keeps them in memory."""
    workers: int = 1
    pictures: bool = True
    """Keep thumbnails: for the HTML report. Without them a frame takes half the memory."""
    ignore_lock: bool = False
    """Go on although references or tolerances are not as they were locked."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Called as frames are done, for whoever shows progress."""

    begin: Callable[[int], None] = lambda _total: None
    step: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit, and what observing had to do for it."""

    audit: Audit
    counts: Counts = field(default_factory=Counts)


def audit_series(options: AuditOptions, progress: Progress | None = None) -> Audited:
    """Read, pin, plan, match, observe, check, judge. Raises ManifestError, LockError, FramesError."""
    shown = progress or Progress()
    manifest = read_manifest(options.manifest)
    orders = plan(manifest)
    matches = match_frames([order.panel for order in orders], options.frames, options.mapping)
    encoders = load_encoders(options.encoder)
    tolerances = resolve_tolerances(manifest, orders)
    lock_notes = check_lock(manifest, orders, encoders.locked, tolerances, ignore=options.ignore_lock)
    off = frozenset(manifest.checks.off)
    cache, counts = ObservationCache(options.cache), Counts()
    try:
        references = Observer(Recipe(encoders, Locator.build({})), cache, counts, workers=options.workers)
        pinned = observe_references(manifest, references.observe, encoders.ids)
        frames = Observer(Recipe(encoders, pinned.locator), cache, counts, workers=options.workers)
        shown.begin(len(matches.matched))
        measured = measure_frames(
            {order.panel: order for order in orders},
            matches.matched,
            pinned,
            frames,
            Memory(cache, pinned, off),
            off=off,
            pictures=options.pictures,
            step=shown.step,
        )
    finally:
        cache.close()
    return Audited(assemble_audit(manifest, matches, pinned, measured, tolerances, lock_notes), counts)
