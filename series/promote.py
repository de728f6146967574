"""A person's choice in, a frame that is a reference from then on out: a copy of it, an entry in the lock.

A frame becomes a reference in no other way.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

import cv2
import numpy as np

from consistency import Box, digest_file, read_frame
from series.encoders import EncoderOptions, load_anew
from series.errors import LockError, SeriesError
from series.files import write_atomically
from series.lock import Lock, Promotion, build_lock, read_lock, write_lock
from series.locked import lock_path, with_promoted
from series.manifest import Manifest, read_manifest
from series.pinned import STYLE, look_of
from series.plan import FrameOrder, plan
from series.promotion import FOLDER, promoted_path
from series.request import Abilities
from series.run.folder import run_folder
from series.run.images import Images
from series.run.past import PastRun, past_run
from series.run.prepare import FirstRequests, open_makers
from series.tolerances import resolve_tolerances

_LIKENESS = ("identity", "identity.alone", "identity.photo")
"""Checks whose box shows where a character was found."""


@dataclass(frozen=True, slots=True)
class PromoteOptions:
    """What a person says."""

    manifest: Path
    panel: str
    subject: str
    """A character, character/outfit, or style."""
    reason: str
    by: str
    box: Box | None = None
    """The part of the frame; None for where the check found the character, or all of it for style."""
    even_so: bool = False
    """Also a frame that is not accepted, or a panel that does not show the subject."""
    encoder: EncoderOptions = field(default_factory=EncoderOptions)
    """Goes into the lock, where there is none yet."""


@dataclass(frozen=True, slots=True)
class Promoted:
    """A frame that is a reference."""

    file: str
    """Relative to the manifest's folder."""
    lock: Path
    made_lock: bool
    """The series was not locked before."""
    asked_anew: tuple[str, ...]
    """Panels for which the manifest's generator is now asked something else."""


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Frames that are no references any more."""

    files: tuple[str, ...]
    """Removed; relative to the manifest's folder."""
    lock: Path
    """It stays, with everything else that it pins."""
    left: int
    """Promoted frames that it still has."""
    emptied: str
    """The folder of promoted frames, removed since nothing else lay in it; empty when it stays."""


def promote_frame(options: PromoteOptions, out: Path | None = None, store: str | None = None) -> Promoted:
    """Copy the frame, or the part of it that shows the character, and record it in the lock. out, store: as
    `series run` was given them. Raises SeriesError when there is nothing to promote, or no reason."""
    if not options.reason.strip():
        raise SeriesError(
            '--reason is missing: who comes later must know why; --reason "her face is right here"'
        )
    typed = read_manifest(options.manifest)
    path = lock_path(typed)
    before = read_lock(path) if path.exists() else None
    manifest = with_promoted(typed, before) if before is not None else typed
    orders = plan(manifest)
    order = _order(orders, options.panel)
    _check_subject(manifest, order, options)
    with past_run(manifest, out, store) as past:
        image, box = _choose(past, order, options)
        data = _cut(Images(past.folder.images).path(image), box)
    file = promoted_path(order.panel, data)
    if before is not None and file in before.promoted:
        raise SeriesError(f"{file}: is promoted already, as {before.promoted[file].subject}")
    lock = before or _new_lock(manifest, orders, options.encoder)
    _write(manifest.folder / file, data)
    added = lock.model_copy(
        update={
            "references": {**lock.references, file: digest_file(manifest.folder / file)},
            "promoted": {**lock.promoted, file: _promotion(options, image, box)},
        }
    )
    write_lock(path, added)
    changed = _asked_anew(manifest, with_promoted(typed, added), out)
    return Promoted(file, path, before is None, changed)


def take_back(manifest: Path, panel: str, subject: str = "") -> TakenBack:
    """Remove what was promoted from a panel (as this subject, if one is said) from the lock, then its files,
    then their folder when it is empty. Raises SeriesError when nothing was."""
    read = read_manifest(manifest)
    path = lock_path(read)
    if not path.exists():
        raise SeriesError(f"{path}: no such file, so nothing was promoted")
    lock = read_lock(path)
    gone = sorted(
        file
        for file, one in lock.promoted.items()
        if one.panel == panel and (not subject or one.subject == subject)
    )
    if not gone:
        there = ", ".join(sorted({f"{one.panel} as {one.subject}" for one in lock.promoted.values()}))
        said = f"promoted are {there}" if there else "nothing was"
        raise SeriesError(f"{path}: {panel} was not promoted{f' as {subject}' if subject else ''}; {said}")
    left = {file: one for file, one in lock.promoted.items() if file not in gone}
    references = {file: digest for file, digest in lock.references.items() if file not in gone}
    write_lock(path, lock.model_copy(update={"promoted": left, "references": references}))
    for file in gone:
        _remove(read.folder / file)
    return TakenBack(tuple(gone), path, len(left), _without_empty(read.folder))


# --- what, and where ---------------------------------------------------------------------------------------


def _order(orders: Sequence[FrameOrder], panel: str) -> FrameOrder:
    by_panel = {order.panel: order for order in orders}
    if panel not in by_panel:
        near = get_close_matches(panel, by_panel, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SeriesError(f"the manifest has no panel {panel!r}{hint}")
    return by_panel[panel]


def _check_subject(manifest: Manifest, order: FrameOrder, options: PromoteOptions) -> None:
    looks = [look_of(name, "") for name in manifest.characters]
    looks += [look_of(name, outfit) for name, one in manifest.characters.items() for outfit in one.wardrobe]
    if options.subject != STYLE and options.subject not in looks:
        near = get_close_matches(options.subject, looks, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join([*looks, STYLE])}"
        raise SeriesError(f"--as {options.subject}: the manifest has nobody of that name; {hint}")
    shown = [look_of(member.name, member.wardrobe) for member in order.characters]
    if options.subject not in {STYLE, *shown} and not options.even_so:
        said = ", ".join(shown) or "nobody"
        raise SeriesError(
            f"--as {options.subject}: {order.panel} shows {said}; --even-so promotes it nevertheless"
        )


def _choose(past: PastRun, order: FrameOrder, options: PromoteOptions) -> tuple[str, Box | None]:
    """The picture, and the part of it."""
    outcome = past.outcomes()[order.panel]
    if not outcome.image:
        raise SeriesError(f"{order.panel}: has no picture yet: {outcome.reason or past.again}")
    if outcome.state != "accepted" and not options.even_so:
        raise SeriesError(
            f"{order.panel}: is not accepted ({outcome.reason}); --even-so promotes it nevertheless"
        )
    if options.box is not None or options.subject == STYLE:
        return outcome.image, options.box
    found = _found(past, order, outcome.image, options.subject.partition("/")[0])
    if found is None:
        raise SeriesError(
            f"{order.panel}: no check found {options.subject} in it; say where: --box left,top,right,bottom, "
            f"as fractions of the frame"
        )
    return outcome.image, found


def _found(past: PastRun, order: FrameOrder, image: str, name: str) -> Box | None:
    (seen,) = past.results([order])
    measured = next((one for look, one in seen.items() if look.image == image), None)
    results = measured.results if measured is not None else ()
    boxes = (
        labeled.box
        for result in results
        if result.check in _LIKENESS and result.subject == name
        for labeled in result.evidence.boxes
    )
    return next(boxes, None)


def _cut(path: Path, box: Box | None) -> bytes:
    """The picture, or a part of it, as PNG."""
    if box is None and path.suffix == ".png":
        return path.read_bytes()
    frame = read_frame(path)
    pixels = (frame.crop(box) if box is not None else frame).pixels
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    if not done:
        raise SeriesError(f"{path}: cannot be written as PNG")
    return data.tobytes()


def _promotion(options: PromoteOptions, image: str, box: Box | None) -> Promotion:
    return Promotion(
        subject=options.subject,
        panel=options.panel,
        image=image,
        box=None if box is None else (box.left, box.top, box.right, box.bottom),
        by=options.by,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        reason=options.reason.strip(),
    )


# --- files -------------------------------------------------------------------------------------------------


def _new_lock(manifest: Manifest, orders: Sequence[FrameOrder], options: EncoderOptions) -> Lock:
    tolerances = resolve_tolerances(manifest, orders)
    encoders = load_anew(manifest, orders, tolerances, options).encoders
    return build_lock(manifest, orders, encoders.locked, tolerances, licenses=encoders.licenses)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeriesError(f"{path.parent}: cannot be made: {error.strerror}") from error
    write_atomically(path, data)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise LockError(f"{path}: no reference any more, but cannot be removed: {error.strerror}") from error


def _without_empty(folder: Path) -> str:
    try:
        (folder / FOLDER).rmdir()
    except OSError:  # something lies in it
        return ""
    return str(FOLDER)


def _asked_anew(before: Manifest, after: Manifest, out: Path | None) -> tuple[str, ...]:
    """Panels whose request is another one; of a generator that cannot be loaded here, those that get the
    reference."""
    earlier, later = plan(before), plan(after)
    try:
        makers = open_makers(after, later, run_folder(after, out), asking=False)
    except SeriesError:
        able = {order.panel: Abilities(reference_images=sys.maxsize) for order in later}
    else:
        able = {panel: makers.first_of(panel).abilities for panel in makers.choices}
    first = FirstRequests(before, earlier)
    were = {order.panel: first.of(order.panel, able[order.panel]).digest for order in earlier}
    first = FirstRequests(after, later)
    are = {order.panel: first.of(order.panel, able[order.panel]) for order in later}
    return tuple(panel for panel, request in are.items() if request.digest != were[panel])
