"""A store and who makes the pictures in; what earlier runs left that this one has to follow out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from series.run.answer import Asked
from series.run.frame_loop import Maker
from series.run.ledger import Books, MoneyState
from series.run.prepare import Makers
from series.run.store import Move, Store


@dataclass(frozen=True, slots=True, eq=False)
class Recalled:
    """What earlier runs left."""

    unknown: frozenset[Asked]
    """Requests that may have been billed, and nobody agreed to pay for them again."""
    _worked: Collection[Asked]
    """Requests that were answered for good, or may have been billed."""
    _moves: dict[str, Move]
    """Key of a request that was given up → what took its place; each is followed once."""
    _makers: Makers

    def move(self, asked: Asked) -> Move | None:
        """Where an earlier run went instead of asking this."""
        return self._moves.pop(asked.key, None)

    def start(self, panel: str) -> Maker:
        """Who is asked first: under auto one that an earlier run chose, as long as it is as good."""
        choice = self._makers.choices[panel]
        for name in choice.as_good:
            maker = self._makers.maker(panel, name)
            if Asked(panel, maker.first.digest, 0, name) in self._worked:
                return maker
        return self._makers.maker(panel, choice.generators[0])


def recovered(store: Store, makers: Makers) -> Recalled:
    """Settle what a run that died left in the books, and read them. What a generator may have made that tells
    by the key when a request is asked again is not unknown: it is asked again and billed once."""
    idempotent = {name for name, one in makers.loaded.items() if one.generator.abilities.idempotent}
    store.recover(idempotent=idempotent)
    books = store.books()
    unknown = frozenset(
        row.asked
        for row in books.money
        if row.state is MoneyState.UNKNOWN
        and row.micros
        and not row.forgiven
        and row.asked.generator not in idempotent
    )
    worked = _worked(books)
    moves = _followed(store.moves(), {(one.panel, one.generator) for one in worked}, makers)
    return Recalled(unknown, worked, moves, makers)


def _worked(books: Books) -> frozenset[Asked]:
    final = {asked for asked, answer in zip(books.answered, books.answers, strict=True) if answer.final}
    unsettled = {MoneyState.UNKNOWN, MoneyState.OPEN, MoneyState.RESERVED}
    return frozenset(final | {row.asked for row in books.money if row.state in unsettled})


def _followed(
    moves: Mapping[str, tuple[Move, ...]], worked: Collection[tuple[str, str]], makers: Makers
) -> dict[str, Move]:
    """Of each panel's moves those that led somewhere: up to the last to a generator that answered. A move to
    one that never did is forgotten, so that the first is tried again."""
    followed: dict[str, Move] = {}
    for panel, own in moves.items():
        led = [
            at
            for at, one in enumerate(own)
            if (panel, one.generator) in worked and one.generator in makers.loaded
        ]
        kept = own[: led[-1] + 1] if led else ()
        followed |= {one.asked_key: one for one in kept if one.generator in makers.loaded}
    return followed
