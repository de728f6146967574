"""First requests and what earlier runs left in; what a run would ask for, in words, out. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from series.manifest import Manifest
from series.report.took import money
from series.report.words import plural
from series.request import describe
from series.run.answer import Asked
from series.run.folder import RunFolder
from series.run.frame_loop import Maker
from series.run.ledger import MoneyState
from series.run.past import home_of
from series.run.prepare import Makers
from series.run.store import Move, Store, look_into

DECIDED = frozenset({"accepted", "person"})
"""Outcomes of panels that a run is done with."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs left."""

    answered: frozenset[Asked] = frozenset()
    """Requests whose answer a run takes as given."""
    perhaps_billed: frozenset[Asked] = frozenset()
    """Requests that were sent, and may have been billed."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """Panel that a run was done with → accepted or person."""
    moves: Mapping[str, tuple[Move, ...]] = field(default_factory=dict)
    """Panel → its moves from generator to generator."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would ask for."""

    requests: tuple[str, ...]
    """Each first request that would be sent, in words, in panel order."""
    summary: str


def earlier(manifest: Manifest, folder: RunFolder, store: str | Path | None) -> Earlier:
    """Look into the store, where there is one, and write nothing. Raises StoreError, and HoldError for a
    series whose pictures are elsewhere."""
    found = look_into(store or folder.store, manifest.series)
    if found is None:
        return Earlier()
    with closing(found):
        if store:
            found.require_home(home_of(folder))
        return _looked(found)


def _looked(store: Store) -> Earlier:
    books = store.books()
    sent = {row.asked for row in books.money}
    answered = {asked for asked in sent if (answer := store.answer(asked)) is not None and answer.final}
    unsure = {MoneyState.UNKNOWN, MoneyState.RESERVED}
    perhaps = {row.asked for row in books.money if row.state in unsure and row.micros and not row.forgiven}
    outcomes = {panel: one.state for panel, one in store.outcomes().items() if one.state in DECIDED}
    return Earlier(frozenset(answered), frozenset(perhaps - answered), outcomes, store.moves())


def preview(
    makers: Makers,
    chosen: Iterable[str],
    before: Earlier,
    again: bool = False,  # noqa: FBT001, FBT002 - as it is typed
) -> Preview:
    """What a run of the chosen panels asks for first. again: also what may have been billed already."""
    panels = list(chosen)
    firsts = {panel: _first(panel, makers, before) for panel in panels}
    asked_of = {panel: Asked(panel, one.first.digest, 0, one.name) for panel, one in firsts.items()}
    known = [panel for panel in panels if asked_of[panel] in before.answered]
    held_back = [
        panel
        for panel in panels
        if asked_of[panel] in before.perhaps_billed and not (again or firsts[panel].abilities.idempotent)
    ]
    asked = {panel: firsts[panel] for panel in panels if panel not in {*known, *held_back}}
    there = [panel for panel in known if panel in before.decided]
    said = [
        f"{len(there):,} of {plural(len(panels), 'panel')} {'is' if len(there) == 1 else 'are'} there"
        if there
        else "",
        _to_ask(asked, makers),
        f"{plural(len(known) - len(there), 'panel')} half done may ask for more" if known != there else "",
        f"{plural(len(held_back), 'panel')} may have been billed already and asked for only with --again"
        if held_back
        else "",
    ]
    return Preview(
        tuple(f"{_choice(panel, makers)}{describe(one.first)}" for panel, one in asked.items()),
        f"{'; '.join(filter(None, said))}. Nothing was sent{_next(makers)}",
    )


def _first(panel: str, makers: Makers, before: Earlier) -> Maker:
    """Who a run would begin with, earlier moves followed."""
    choice = makers.choices[panel]
    for name in (*choice.as_good, *(one.generator for one in reversed(before.moves.get(panel, ())))):
        if name in makers.loaded:
            maker = makers.maker(panel, name)
            if Asked(panel, maker.first.digest, 0, name) in before.answered | before.perhaps_billed:
                return maker
    return makers.maker(panel, choice.generators[0])


def _choice(panel: str, makers: Makers) -> str:
    choice = makers.choices[panel]
    return f"{panel} goes to {choice.generators[0]}: {choice.reason}\n" if choice.reason else ""


def _next(makers: Makers) -> str:
    """What auto left out, who is next where one fails, and what a run would stop at."""
    first, *others = makers.loaded
    said = "".join(f"\n{'left out' if makers.auto else 'note'}: {note}" for note in makers.notes)
    return said if makers.auto or not others else f"\nShould {first} fail: {', then '.join(others)}{said}"


def _to_ask(asked: Mapping[str, Maker], makers: Makers) -> str:
    if not asked:
        return "nothing to ask"
    said = []
    for name, one in makers.loaded.items():
        own = [maker.first for maker in asked.values() if maker.name == name]
        if own:
            usd = sum(one.generator.price(request) for request in own)
            said.append(f"{len(own):,} to ask from {name}: {money(usd)} if each passes at once")
    return "; ".join(said)
