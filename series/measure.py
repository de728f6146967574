"""Frames observed and measured, one after the other; then the series as a whole. Keeps no pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from consistency import Observation, Result, Sketch, Unreadable, measure_frame, measure_series, sketch
from series.frames import Match
from series.pinned import Observe, Pinned, expect, request_for
from series.plan import FrameOrder


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One frame's results, and the little of its picture that a report shows."""

    order: FrameOrder
    file: str
    width: int
    height: int
    notes: tuple[str, ...]
    thumbnail: bytes
    results: tuple[Result, ...]
    error: str = ""
    """Why the frame could not be read; then nothing else is known."""


def measure_frames(
    orders: Mapping[str, FrameOrder],
    matches: Sequence[Match],
    pinned: Pinned,
    observe: Observe,
    *,
    off: frozenset[str],
    step: Callable[[], None],
) -> list[Measured]:
    """One Measured a match, in their order. `step` is called after each frame, for a progress display."""
    requests = [request_for(orders[match.panel], match.path, pinned) for match in matches]
    measured: list[Measured] = []
    sketches: dict[int, Sketch] = {}
    for index, (match, seen) in enumerate(zip(matches, observe(requests), strict=True)):
        order = orders[match.panel]
        if isinstance(seen, Observation):
            sketches[index] = sketch(seen, match.panel, order.camera)
            measured.append(_measured(order, match, seen, measure_frame(seen, expect(order, pinned), off)))
        else:
            measured.append(_unreadable(order, match, seen))
        step()
    for index, more in zip(
        sketches, measure_series(tuple(sketches.values()), pinned.encoders, off), strict=True
    ):
        measured[index] = _with(measured[index], more)
    return measured


def _measured(order: FrameOrder, match: Match, seen: Observation, results: Sequence[Result]) -> Measured:
    return Measured(order, match.file, seen.width, seen.height, seen.notes, seen.thumbnail, tuple(results))


def _unreadable(order: FrameOrder, match: Match, seen: Unreadable) -> Measured:
    return Measured(order, match.file, 0, 0, (), b"", (), seen.reason)


def _with(measured: Measured, more: Sequence[Result]) -> Measured:
    return replace(measured, results=(*measured.results, *more))
