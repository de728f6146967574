"""A store and who makes the pictures in; what earlier runs left that this one has to follow out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from series.run.answer import Asked
from series.run.frame_loop import Maker
from series.run.ledger import MoneyState
from series.run.prepare import Makers
from series.run.store import Move, Store

_UNSETTLED = frozenset({MoneyState.UNKNOWN, MoneyState.OPEN, MoneyState.RESERVED})


@dataclass(frozen=True, slots=True, eq=False)
class Recalled:
    """What earlier runs left."""

    unknown: frozenset[Asked]
    """Requests that may have been billed, and nobody agreed to pay for them again."""
    _answered: Collection[Asked]
    """Requests that were answered for good."""
    _worked: Collection[Asked]
    """These, and those that may have been billed."""
    _moves: dict[str, Move]
    """Key of a request that was given up → what took its place; each is followed once."""
    _ends: Mapping[tuple[str, int], str]
    """(panel, number of the attempt) → the generator that its moves ended at."""
    _makers: Makers

    def move(self, asked: Asked) -> Move | None:
        """Where an earlier run went instead of asking this. None from a request that was answered after all,
        and from where the attempt's moves ended: it had been left before, and come back to."""
        move = self._moves.pop(asked.key, None)
        if move is None or asked in self._answered:
            return None
        return None if self._ends[asked.panel, move.number] == asked.generator else move

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
    answered = frozenset(
        asked for asked, answer in zip(books.answered, books.answers, strict=True) if answer.final
    )
    worked = answered | {row.asked for row in books.money if row.state in _UNSETTLED}
    followed = _followed(store.moves(), {(one.panel, one.generator) for one in worked}, makers)
    moves = {one.asked_key: one for own in followed.values() for one in own}
    ends = {(panel, one.number): one.generator for panel, own in followed.items() for one in own}
    return Recalled(unknown, answered, worked, moves, ends, makers)


def _followed(
    moves: Mapping[str, tuple[Move, ...]], worked: Collection[tuple[str, str]], makers: Makers
) -> dict[str, tuple[Move, ...]]:
    """Of each panel's moves those that led somewhere: up to the last to a generator that answered. A move to
    one that never did is forgotten, so that the first is tried again."""
    followed = {}
    for panel, own in moves.items():
        led = [
            at
            for at, one in enumerate(own)
            if (panel, one.generator) in worked and one.generator in makers.loaded
        ]
        followed[panel] = _joined(own[: led[-1] + 1], makers) if led else ()
    return followed


def _joined(own: Sequence[Move], makers: Makers) -> tuple[Move, ...]:
    """A move to a generator that is not there any more leads where the attempt went on from there; its own
    reason stays, since a reason is told with whom it was left for."""
    joined: list[Move] = []
    following: dict[int, Move] = {}
    for one in reversed(own):
        if one.generator in makers.loaded:
            kept = one
        elif one.number in following:
            kept = replace(one, generator=following[one.number].generator)
        else:
            continue
        following[one.number] = kept
        joined.append(kept)
    return tuple(reversed(joined))
