"""A manifest and what a person asks for in; what a run needs before it starts out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import get_close_matches
from pathlib import Path

from consistency import digest_file
from series.errors import GeneratorError, SeriesError
from series.generators import DEFAULT, NAME
from series.generators.choose import Choice, choose
from series.generators.folder import strangers
from series.generators.generator import Abilities, Generator
from series.generators.previz.cast import check_cast
from series.generators.several import FALLBACK, Loaded, Several, load_several
from series.manifest import Manifest
from series.plan import FrameOrder
from series.reinforce import Limits
from series.request import GenerationRequest, first_request
from series.run.folder import RunFolder
from series.run.frame_loop import Maker
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


class FirstRequests:
    """Who is asked in, what is asked first for a panel out."""

    def __init__(self, manifest: Manifest, orders: Sequence[FrameOrder]) -> None:
        self._cast, self._digests = tuple(manifest.characters), _digests(orders)
        self._orders = {order.panel: order for order in orders}
        self._built: dict[tuple[str, Abilities], GenerationRequest] = {}

    def of(self, panel: str, abilities: Abilities) -> GenerationRequest:
        """The first request for a panel to a generator of these abilities; built once."""
        known = self._built.get((panel, abilities))
        if known is None:
            order = self._orders[panel]
            known = first_request(order, cast=self._cast, digests=self._digests, abilities=abilities)
            self._built[panel, abilities] = known
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Makers:
    """Who makes the pictures of a series."""

    loaded: Mapping[str, Loaded]
    """By the generator's name."""
    choices: Mapping[str, Choice]
    """Panel → whom it goes to."""
    first: FirstRequests
    auto: bool = False
    notes: tuple[str, ...] = ()
    """What auto had to leave out, and why; models that are served no more."""

    @property
    def abilities(self) -> dict[str, Abilities]:
        """By the generator's name."""
        return {name: one.generator.abilities for name, one in self.loaded.items()}

    def maker(self, panel: str, name: str) -> Maker:
        """A generator as the panel's loop knows it."""
        abilities = self.loaded[name].generator.abilities
        return Maker(name, abilities, self.first.of(panel, abilities))

    def first_of(self, panel: str) -> Maker:
        """The panel's first choice."""
        return self.maker(panel, self.choices[panel].generators[0])


def open_makers(
    manifest: Manifest,
    orders: Sequence[FrameOrder],
    folder: RunFolder,
    name: str | None = None,
    given: Generator | Sequence[Generator] | None = None,
    *,
    asking: bool = True,
) -> Makers:
    """Those that are given, the one named, or those in the manifest; and whom each panel goes to. given:
    of several the first is asked, the others are its fallbacks. asking: False where nothing will be asked."""
    today = datetime.now(UTC).date()
    if given is None:
        several = _several(manifest, folder, name, today, asking=asking)
    else:
        every = given if isinstance(given, Sequence) else (given,)
        several = Several(tuple(Loaded(one, one.name, None) for one in every))
    first = FirstRequests(manifest, orders)
    names = tuple(one.name for one in several.loaded)
    choices = {
        order.panel: _choice(order, several, first, today) if several.auto else Choice(names)
        for order in orders
    }
    return Makers({one.name: one for one in several.loaded}, choices, first, several.auto, several.notes)


def _several(
    manifest: Manifest, folder: RunFolder, name: str | None, today: date, *, asking: bool
) -> Several:
    try:
        several = load_several(
            manifest.generator,
            folder=manifest.folder,
            out=folder.root,
            today=today,
            name=name,
            drafts=manifest.kind == "storyboard",
            asking=asking,
        )
        check_cast(manifest.generator, tuple(manifest.characters))
    except GeneratorError as error:
        if name is not None and name != manifest.generator.get(NAME, DEFAULT):
            raise  # about the command line
        raise at_their_lines(error, manifest) from None
    return several


def _choice(order: FrameOrder, several: Several, first: FirstRequests, today: date) -> Choice:
    prices = {
        one.name: one.generator.price(first.of(order.panel, one.generator.abilities))
        for one in several.loaded
    }
    candidates = [one.candidate for one in several.loaded]
    return choose(order, candidates, prices, today=today, drafts=several.drafts)


def notes_of(manifest: Manifest, folder: RunFolder, name: str | None) -> tuple[str, ...]:
    """What a person should know of the generator's surroundings: pictures in its folder that are of no
    panel. name: as in `open_makers`."""
    planned = manifest.generator.get(NAME, DEFAULT)
    if (name or planned) != "folder":
        return ()
    own = {key: value for key, value in manifest.generator.items() if key not in {NAME, FALLBACK}}
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
    first = FirstRequests(manifest, orders)
    return {order.panel: first.of(order.panel, abilities) for order in orders}


def limits_of(manifest: Manifest, attempts: int | None) -> Limits:
    """The loop's limits: the command line's number of attempts, the manifest's, or the usual one."""
    wanted = attempts or manifest.budget.attempts
    return Limits() if wanted is None else replace(Limits(), attempts=wanted)


def _digests(orders: Sequence[FrameOrder]) -> Mapping[Path, str]:
    paths = {path for order in orders for path in order.style.references}
    paths |= {path for order in orders for member in order.characters for path in member.references}
    return {path: digest_file(path) for path in sorted(paths)}
