"""First requests and what earlier runs left in; what a run would ask for, in words, out. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from series.generators.generator import Generator
from series.manifest import Manifest
from series.report.took import money
from series.report.words import plural
from series.request import GenerationRequest, describe
from series.run.answer import Asked
from series.run.folder import RunFolder
from series.run.ledger import MoneyState
from series.run.past import home_of
from series.run.store import Store, look_into

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
    return Earlier(frozenset(answered), frozenset(perhaps - answered), outcomes)


def preview(
    requests: Mapping[str, GenerationRequest],
    generator: Generator,
    chosen: Iterable[str],
    before: Earlier,
    again: bool = False,  # noqa: FBT001, FBT002 - as it is typed
) -> Preview:
    """What a run of the chosen panels asks for first. again: also what may have been billed already."""
    panels = list(chosen)
    firsts = {panel: Asked(panel, requests[panel].digest, 0) for panel in panels}
    known = [panel for panel in panels if firsts[panel] in before.answered]
    held_back = [
        panel
        for panel in panels
        if firsts[panel] in before.perhaps_billed and not (again or generator.abilities.idempotent)
    ]
    asked = [requests[panel] for panel in panels if panel not in {*known, *held_back}]
    there = [panel for panel in known if panel in before.decided]
    said = [
        f"{len(there):,} of {plural(len(panels), 'panel')} {'is' if len(there) == 1 else 'are'} there"
        if there
        else "",
        _to_ask(asked, generator),
        f"{plural(len(known) - len(there), 'panel')} half done may ask for more" if known != there else "",
        f"{plural(len(held_back), 'panel')} may have been billed already and asked for only with --again"
        if held_back
        else "",
    ]
    return Preview(
        tuple(describe(request) for request in asked),
        f"{'; '.join(filter(None, said))}. Nothing was sent",
    )


def _to_ask(asked: list[GenerationRequest], generator: Generator) -> str:
    if not asked:
        return "nothing to ask"
    usd = sum(generator.price(request) for request in asked)
    return f"{len(asked):,} to ask from {generator.name}: {money(usd)} if each passes at once"
