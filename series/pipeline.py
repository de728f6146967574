"""The whole story on one screen: the steps of an audit and of a run, in the order in which the data moves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from consistency import Counts, Locator, ObservationCache, Observer, Recipe
from series.assemble import assemble_audit, unsure_panels
from series.audit import Audit, Spent
from series.encoders import EncoderOptions, keep_seen_by, load_for
from series.frames import Matches, match_frames
from series.generators.folder import following_of
from series.generators.generator import Generator
from series.locked import check_lock, read_series
from series.manifest import Manifest
from series.measure import measure_frames, with_series
from series.memory import Memory
from series.pinned import observe_references
from series.plan import plan
from series.provenance.content_credentials import open_signing
from series.report.live import RunEvents
from series.run.credit import credited
from series.run.driver import Equipment, Run
from series.run.folder import RunFolder, run_folder
from series.run.hold import hold
from series.run.images import Images
from series.run.ledger import run_figures, spent_since
from series.run.notes import left_of_earlier, makers_of, notes_on
from series.run.option_lines import at_its_line
from series.run.past import home_of, require_past
from series.run.prepare import choose_panels, limits_of, notes_of, open_makers
from series.run.preview import Preview, earlier, preview
from series.run.ran import publish
from series.run.ready import looked_at
from series.run.retell import keep_unsure, with_run
from series.run.store import open_store
from series.tolerances import check_limits, resolve_tolerances


@dataclass(frozen=True, slots=True)
class AuditOptions:
    """What a person says on the command line."""

    manifest: Path
    frames: Path
    mapping: Path | None = None
    """CSV with columns panel, file; None matches by file stem."""
    encoder: str = "auto"
    cache: Path | None = None
    """SQLite file of observations; None keeps them in memory."""
    workers: int = 1
    pictures: bool = True
    """Keep thumbnails: for the HTML report. Without them a frame takes half the memory."""
    ignore_lock: bool = False
    """Go on although references or tolerances are not as they were locked."""
    models: Path | None = None
    """Where models lie; None is SERIES_MODELS, else the user's data folder."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a person says on the command line to make a series."""

    manifest: Path
    out: Path | None = None
    """Folder for everything that is made; None is `out` beside the manifest."""
    generator: str | None = None
    """Name of a generator in place of the manifest's."""
    panels: tuple[str, ...] = ()
    """Only these are asked for; none of them named, all are."""
    attempts: int | None = None
    """Pictures asked for one panel at most, in place of the manifest's."""
    budget: float | None = None
    """US dollars for the series, in place of the manifest's."""
    store: str | None = None
    """Database URL in place of the file in the folder."""
    encoder: str = "auto"
    workers: int = 1
    ignore_lock: bool = False
    again: bool = False
    """Ask anew for pictures that may have been billed already."""
    ask: bool = True
    """False asks for nothing: the report of what is there."""
    models: Path | None = None
    """As in AuditOptions."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that ended in order."""

    audit: Audit
    folder: RunFolder
    stopped: str
    """Why panels are left that nobody decided on; empty when none is."""
    spent: Spent
    """What this run alone took."""
    following: str = ""
    """What a person does next; empty where nothing waits for one."""


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
    manifest = read_series(options.manifest)
    orders = plan(manifest)
    matches = match_frames([order.panel for order in orders], options.frames, options.mapping)
    tolerances = resolve_tolerances(manifest, orders)
    asked_for = EncoderOptions(options.encoder, options.models)
    loaded = load_for(manifest, orders, tolerances, asked_for, ignore_lock=options.ignore_lock)
    encoders = loaded.encoders
    check_limits(manifest, orders, encoders.ids, tolerances)
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
    audit = assemble_audit(
        manifest, matches, pinned, measured, tolerances, lock_notes, encoders.licenses, loaded.choices
    )
    return Audited(audit, counts)


def preview_run(options: RunOptions) -> Preview:
    """Read, plan, say what would be asked for and what it would cost. Nothing is made."""
    manifest = read_series(options.manifest)
    orders = plan(manifest)
    folder = run_folder(manifest, options.out)
    makers = open_makers(manifest, orders, folder, options.generator)
    before = earlier(manifest, folder, options.store)
    chosen = choose_panels(orders, options.panels)
    budget = _budget(manifest, options)
    with at_its_line(manifest, options.generator):
        return preview(makers, chosen, before, again=options.again, budget=budget)


def run_series(
    options: RunOptions, watcher: RunEvents, generator: Generator | Sequence[Generator] | None = None
) -> Finished:
    """Read, pin, plan, ask, observe, check, judge, reinforce, keep. Raises SeriesError and its kinds.

    generator: one that is there already, in place of those that manifest or options name; of several the
    first is asked, the others are next should it fail.
    """
    manifest = read_series(options.manifest)
    orders = plan(manifest)
    chosen = choose_panels(orders, options.panels) if options.ask else ()
    tolerances = resolve_tolerances(manifest, orders)
    folder = run_folder(manifest, options.out)
    asked_for = EncoderOptions(options.encoder, options.models)
    loaded = load_for(
        manifest, orders, tolerances, asked_for, ignore_lock=options.ignore_lock, run=folder.root
    )
    encoders = loaded.encoders
    check_limits(manifest, orders, encoders.ids, tolerances)
    lock_notes = check_lock(manifest, orders, encoders.locked, tolerances, ignore=options.ignore_lock)
    if not options.ask:
        require_past(manifest, options.out, options.store)
    makers = open_makers(manifest, orders, folder, options.generator, generator, asking=options.ask)
    if chosen and not options.store and not folder.store.exists():
        with at_its_line(manifest, options.generator, given=generator is not None):
            makers = looked_at(makers)
    off, signing = frozenset(manifest.checks.off), open_signing() if options.ask else None
    folder.make()
    with (
        hold(folder.root),
        closing(open_store(options.store or folder.store, manifest.series)) as store,
        store.held(home_of(folder) if options.store else None),
        closing(ObservationCache(folder.observations)) as cache,
    ):
        if options.ask:
            keep_seen_by(folder.root, loaded)
        before = store.books()
        observer = Observer(Recipe(encoders, Locator.build({})), cache, workers=options.workers)
        pinned = observe_references(manifest, observer.observe, encoders.ids)
        frames = Observer(Recipe(encoders, pinned.locator), cache, workers=options.workers)
        with frames.standing() as desk:
            equipment = Equipment(
                makers=makers,
                store=store,
                images=Images(folder.images),
                desk=desk,
                memory=Memory(cache, pinned, off),
                pinned=pinned,
                tolerances=tolerances,
                off=off,
                limits=limits_of(manifest, options.attempts),
                budget=_budget(manifest, options),
                again=options.again,
            )
            with at_its_line(manifest, options.generator, given=generator is not None):
                ran = Run(orders, equipment, watcher, chosen).run()
        measured = with_series(publish(ran, folder, equipment.images), pinned, off)
        matches = Matches(folder.frames, (), ran.without_picture, ())
        notes = (*notes_of(manifest, folder, options.generator), *notes_on(ran.loops), *lock_notes)
        notes = (*notes, *left_of_earlier(folder.frames, ran.without_picture, store.books()))
        notes = (*notes, f"stopped: {ran.stopped}") if ran.stopped else notes
        audit = assemble_audit(
            manifest, matches, pinned, measured, tolerances, notes, encoders.licenses, loaded.choices
        )
        keep_unsure(store, audit, ran.accepted)
        books = store.books()
        figures = run_figures(
            books,
            store.outcomes(),
            generator=", ".join(makers_of(ran.loops)),
            panels=list(ran.loops),
            to_look_at=len(ran.accepted & unsure_panels(audit)),
            repairs=sum(store.repairs().values()),
        )
        told = with_run(audit, ran.loops, ran.measured, figures, makers.choices)
        told = credited(told, ran, makers.abilities, folder, equipment.images, signing)
    following = next((said for one in makers.loaded.values() if (said := following_of(one.generator))), "")
    return Finished(told, folder, ran.stopped, spent_since(before, books), following)


def _budget(manifest: Manifest, options: RunOptions) -> float | None:
    """US dollars for the whole series; None for no limit."""
    return manifest.budget.usd if options.budget is None else options.budget
