"""Frames observed and measured, one after the other; then the series as a whole. Keeps no pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from consistency import (
    ImageError,
    Observation,
    Observer,
    Result,
    Unreadable,
    digest_file,
    measure_frame,
    measure_series,
    on_stage,
    sketch,
)
from series.frames import Match
from series.measured import Measured
from series.memory import Memory
from series.peers import reference_rows
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
    pictures: bool,
    step: Callable[[], None],
) -> list[Measured]:
    """One Measured a match, in their order. `step` is called after each frame, for a progress display.
    pictures: keep the thumbnails, which are most of what a frame takes in memory."""
    measured: dict[str, Measured | None] = {}
    for match, digest in zip(matches, _digests(matches), strict=True):
        known = memory.recall(digest, orders[match.panel], match.file) if digest else None
        measured[match.panel] = known if known is None or pictures else replace(known, thumbnail=b"")
        if known is not None:
            observer.counts.cached += 1
            step()
    new = [match for match in matches if measured[match.panel] is None]
    requests = [request_for(orders[match.panel], match.path, pinned) for match in new]
    for match, seen in zip(new, observer.observe(requests), strict=True):
        one = measure_one(match.file, orders[match.panel], seen, pinned, off)
        memory.keep(one)
        measured[match.panel] = one if pictures else replace(one, thumbnail=b"")
        step()
    return with_series([one for one in measured.values() if one is not None], pinned, off)


def _digests(matches: Sequence[Match]) -> Iterator[str]:
    """sha256 of each frame's bytes; empty for one that cannot be read, observing says why."""
    with ThreadPoolExecutor() as threads:  # reading and hashing leave Python's lock
        yield from threads.map(_digest, matches)


def _digest(match: Match) -> str:
    try:
        return digest_file(match.path)
    except ImageError:
        return ""


def measure_one(
    file: str, order: FrameOrder, seen: Observation | Unreadable, pinned: Pinned, off: frozenset[str]
) -> Measured:
    """One frame's results, without those that need the whole series."""
    if isinstance(seen, Unreadable):
        return Measured(order, file, error=seen.reason)
    expected = expect(order, pinned)
    return Measured(
        order=order,
        file=file,
        results=tuple(measure_frame(seen, expected, off)),
        sketch=sketch(seen, order.panel, order.camera),
        stage=on_stage(seen, expected, reference_rows(order, pinned)),
        width=seen.width,
        height=seen.height,
        notes=seen.notes,
        thumbnail=seen.thumbnail,
        encoders=pinned.encoders,
    )


def with_series(measured: Sequence[Measured], pinned: Pinned, off: frozenset[str]) -> list[Measured]:
    """The same with the results that need all frames; unreadable ones have none."""
    more = series_results(measured, pinned.encoders, off)
    return [
        one if one.sketch is None else replace(one, results=(*one.results, *found), sketch=None)
        for one, found in zip(measured, more, strict=True)
    ]


def series_results(
    measured: Sequence[Measured], encoders: Mapping[str, str], off: frozenset[str]
) -> list[Sequence[Result]]:
    """For each frame, what only the whole series shows; empty for an unreadable one. encoders: role → id of
    the one that saw all of them."""
    sketches = tuple(one.sketch for one in measured if one.sketch is not None)
    found = iter(measure_series(sketches, encoders, off))
    return [() if one.sketch is None else next(found) for one in measured]
