"""First requests and what earlier runs left in; what a run would ask for, in words, out. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from series.generators.generator import Dated, Worded
from series.manifest import Manifest
from series.report.took import money
from series.report.words import plural
from series.request import describe
from series.run.answer import Asked
from series.run.folder import RunFolder
from series.run.frame_loop import Maker
from series.run.ledger import MICROS, Ledger, MoneyState
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
    perhaps_billed: Mapping[Asked, float] = field(default_factory=dict)
    """Request that was sent, and may have been billed → US dollars that stand open for it."""
    decided: Mapping[str, str] = field(default_factory=dict)
    """Panel that a run was done with → accepted or person."""
    moves: Mapping[str, tuple[Move, ...]] = field(default_factory=dict)
    """Panel → its moves from generator to generator."""
    ledger: Ledger = field(default_factory=Ledger)
    """What was spent."""


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
    perhaps: dict[Asked, float] = {}
    for row in books.money:
        if row.state in unsure and row.micros and not row.forgiven and row.asked not in answered:
            perhaps[row.asked] = perhaps.get(row.asked, 0.0) + row.micros / MICROS
    outcomes = {panel: one.state for panel, one in store.outcomes().items() if one.state in DECIDED}
    return Earlier(frozenset(answered), perhaps, outcomes, store.moves(), Ledger.of(books))


def preview(
    makers: Makers,
    chosen: Iterable[str],
    before: Earlier,
    *,
    again: bool = False,
    budget: float | None = None,
) -> Preview:
    """What a run of the chosen panels asks for first. again: also what may have been billed already. budget:
    US dollars for the series. Raises GeneratorError where the run would stop before its first request: the
    model of the first generator is served no more."""
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
    _require_service(asked.values(), makers)
    there = [panel for panel in known if panel in before.decided]
    said = [
        f"{len(there):,} of {plural(len(panels), 'panel')} {'is' if len(there) == 1 else 'are'} there"
        if there
        else "",
        _to_ask(asked, makers),
        _borne(asked, asked_of, makers, before, budget),
        f"{plural(len(known) - len(there), 'panel')} half done may ask for more" if known != there else "",
        f"{plural(len(held_back), 'panel')} may have been billed already and asked for only with --again"
        if held_back
        else "",
    ]
    return Preview(
        tuple(f"{_choice(panel, makers)}{_described(one, makers)}" for panel, one in asked.items()),
        f"{'; '.join(filter(None, said))}. Nothing was sent{_next(makers)}",
    )


def _first(panel: str, makers: Makers, before: Earlier) -> Maker:
    """Who a run would begin with, earlier moves followed."""
    choice = makers.choices[panel]
    for name in (*choice.as_good, *(one.generator for one in reversed(before.moves.get(panel, ())))):
        if name in makers.loaded:
            maker = makers.maker(panel, name)
            if Asked(panel, maker.first.digest, 0, name) in before.answered | before.perhaps_billed.keys():
                return maker
    return makers.maker(panel, choice.generators[0])


def _require_service(asked: Iterable[Maker], makers: Makers) -> None:
    """As a run does before the first request to the generator that the manifest asks for."""
    first = next(iter(makers.loaded))
    generator = makers.loaded[first].generator
    if not makers.auto and isinstance(generator, Dated) and any(one.name == first for one in asked):
        generator.require_service()


def _described(one: Maker, makers: Makers) -> str:
    """As this generator gets it: its own words, no seed where it takes none."""
    generator = makers.loaded[one.name].generator
    usd = generator.price(one.first)
    price = f"${usd:.3f} at most" if usd else "free"
    words = generator.words(one.first) if isinstance(generator, Worded) else None
    seed = one.abilities.seed or one.abilities.takes_seed
    return describe(one.first, asked_of=f"{one.name}, {price}", takes_seed=seed, words=words)


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
            said.append(f"{len(own):,} to ask from {name}: at most {money(usd)} if each passes at once")
    return "; ".join(said)


def _borne(
    asked: Mapping[str, Maker],
    asked_of: Mapping[str, Asked],
    makers: Makers,
    before: Earlier,
    budget: float | None,
) -> str:
    """How many pictures the budget bears, booked one after the other as a run does; empty when all."""
    ledger = before.ledger
    for count, (panel, one) in enumerate(asked.items()):
        usd = makers.loaded[one.name].generator.price(one.first)
        already = before.perhaps_billed.get(asked_of[panel], 0.0)
        if not ledger.may_reserve(usd, budget, already):
            left = f"${before.ledger.room(budget):.3f} of ${budget:.2f} is left"
            if count:
                return f"the budget bears {count:,} of {plural(len(asked), 'picture')}: {left}"
            return f"the budget does not bear the first picture, which costs ${usd:.3f} at most: {left}"
        ledger = ledger.reserved(usd, already)
    return ""
