"""Frames observed and measured, one after the other; then the series as a whole. Keeps no pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from consistency import (
    ImageError,
    Observation,
    Observer,
    Unreadable,
    digest_file,
    measure_frame,
    measure_series,
    sketch,
)
from series.frames import Match
from series.measured import Measured
from series.memory import Memory
from series.pinned import Pinned, expect, request_for
from series.plan import FrameOrder


def measure_frames(
    orders: Mapping[str, FrameOrder],
    matches: Sequence[Match],
    pinned: Pinned,
    observer: Observer,
    memory: Memory,
    *,
    off: frozenset[str],
    step: Callable[[], None],
) -> list[Measured]:
    """One Measured a match, in their order. `step` is called after each frame, for a progress display."""
    measured = {match.panel: _remembered(match, orders[match.panel], memory) for match in matches}
    for known in measured.values():
        if known is not None:
            observer.counts.cached += 1
            step()
    new = [match for match in matches if measured[match.panel] is None]
    requests = [request_for(orders[match.panel], match.path, pinned) for match in new]
    for match, seen in zip(new, observer.observe(requests), strict=True):
        one = _measured(match, orders[match.panel], seen, pinned, off)
        memory.keep(one)
        measured[match.panel] = one
        step()
    return _as_series([one for one in measured.values() if one is not None], pinned, off)


def _remembered(match: Match, order: FrameOrder, memory: Memory) -> Measured | None:
    try:
        return memory.recall(digest_file(match.path), order, match.file)
    except ImageError:  # observing says what is wrong with it
        return None


def _measured(
    match: Match,
    order: FrameOrder,
    seen: Observation | Unreadable,
    pinned: Pinned,
    off: frozenset[str],
) -> Measured:
    if isinstance(seen, Unreadable):
        return Measured(order, match.file, error=seen.reason)
    return Measured(
        order=order,
        file=match.file,
        results=tuple(measure_frame(seen, expect(order, pinned), off)),
        sketch=sketch(seen, match.panel, order.camera),
        width=seen.width,
        height=seen.height,
        notes=seen.notes,
        thumbnail=seen.thumbnail,
    )


def _as_series(measured: Sequence[Measured], pinned: Pinned, off: frozenset[str]) -> list[Measured]:
    """The same with the results that need all frames; unreadable ones have none."""
    sketches = tuple(one.sketch for one in measured if one.sketch is not None)
    more = iter(measure_series(sketches, pinned.encoders, off))
    return [
        replace(one, results=(*one.results, *next(more))) if one.sketch is not None else one
        for one in measured
    ]
