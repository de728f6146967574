"""A manifest and what a person asks for in; what a run needs before it starts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from consistency import digest_file
from series.errors import GeneratorError, SeriesError
from series.generators import DEFAULT, NAME, load_generator
from series.generators.folder import strangers
from series.generators.generator import Abilities, Generator
from series.generators.patience import patient
from series.generators.previz.cast import check_cast
from series.manifest import Manifest
from series.plan import FrameOrder
from series.reinforce import Limits
from series.request import GenerationRequest, first_request
from series.run.folder import RunFolder
from series.run.option_lines import at_their_lines

STRANGERS_NAMED = 10
"""Files of no panel that are named: more have one cause."""


def choose_panels(orders: Sequence[FrameOrder], wanted: Iterable[str]) -> tuple[str, ...]:
    """The panels asked for, or all. Raises SeriesError for one that is not in the manifest."""
    known = [order.panel for order in orders]
    chosen = tuple(dict.fromkeys(wanted))
    for panel in chosen:
        if panel not in known:
            near = get_close_matches(panel, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; it has {known[0]} to {known[-1]}"
            raise SeriesError(f"--panels: the manifest has no panel {panel!r}{hint}")
    return chosen or tuple(known)


def open_generator(
    manifest: Manifest, folder: RunFolder, name: str | None, given: Generator | None
) -> Generator:
    """The one that is given, or named, or in the manifest; patient with what fails on the way. Raises
    GeneratorError, with file and line where it is about the manifest's options."""
    return patient(_loaded(manifest, folder, name) if given is None else given)


def _loaded(manifest: Manifest, folder: RunFolder, name: str | None) -> Generator:
    try:
        loaded = load_generator(manifest.generator, folder=manifest.folder, out=folder.root, name=name)
        check_cast(manifest.generator, tuple(manifest.characters))
    except GeneratorError as error:
        if name is not None and name != manifest.generator.get(NAME, DEFAULT):
            raise  # about the command line
        raise at_their_lines(error, manifest) from None
    return loaded


def notes_of(manifest: Manifest, folder: RunFolder, name: str | None) -> tuple[str, ...]:
    """What a person should know of the generator's surroundings: pictures in its folder that are of no
    panel. name: as in `open_generator`."""
    planned = manifest.generator.get(NAME, DEFAULT)
    if (name or planned) != "folder":
        return ()
    own = {key: value for key, value in manifest.generator.items() if key != NAME}
    panels = [panel.id for panel in manifest.panels]
    found = strangers(own if planned == "folder" else {}, panels, folder=manifest.folder, out=folder.root)
    if not found:
        return ()
    more = f" and {len(found) - STRANGERS_NAMED} more" if len(found) > STRANGERS_NAMED else ""
    of_none = "is of no panel" if len(found) == 1 else "are of no panel"
    return (f"{', '.join(found[:STRANGERS_NAMED])}{more} {of_none}: a picture is named like its panel",)


def first_requests(
    manifest: Manifest, orders: Sequence[FrameOrder], abilities: Abilities
) -> dict[str, GenerationRequest]:
    """Panel → what it is asked for first."""
    cast = tuple(manifest.characters)
    digests = _digests(orders)
    return {
        order.panel: first_request(order, cast=cast, digests=digests, abilities=abilities) for order in orders
    }


def limits_of(manifest: Manifest, attempts: int | None) -> Limits:
    """The loop's limits: the command line's number of attempts, the manifest's, or the usual one."""
    wanted = attempts or manifest.budget.attempts
    return Limits() if wanted is None else replace(Limits(), attempts=wanted)


def _digests(orders: Sequence[FrameOrder]) -> Mapping[Path, str]:
    paths = {path for order in orders for path in order.style.references}
    paths |= {path for order in orders for member in order.characters for path in member.references}
    return {path: digest_file(path) for path in sorted(paths)}
