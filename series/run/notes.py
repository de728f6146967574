"""Decided panels in, what the reader of a report must know of those who made the pictures out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from series.frames import PICTURE_SUFFIXES
from series.run.frame_loop import FrameLoop
from series.run.ledger import Books

LISTED = 8
"""Panels that are named: more are a list that nobody reads."""


def makers_of(loops: Mapping[str, FrameLoop]) -> tuple[str, ...]:
    """Names of the generators that were asked, in the order of panels; whom the first panel waits for where
    nobody was."""
    asked = [attempt.generator for loop in loops.values() for attempt in loop.attempts if attempt.generator]
    waited = [name for loop in loops.values() for name in loop.makers]
    return tuple(dict.fromkeys(asked)) or tuple(waited[:1])


def notes_on(loops: Mapping[str, FrameLoop]) -> tuple[str, ...]:
    """What the reader must know of those who made the pictures: who did not, and whose seeds do not bring a
    picture back."""
    makers = {name: maker for loop in loops.values() for name, maker in loop.makers.items()}
    notes = list(_moved_notes(loops))
    for name in makers_of(loops):
        able = makers[name].abilities
        if not able.seed and any(loop.attempts for loop in loops.values()):
            how = "takes seeds, but does not honor them" if able.takes_seed else "takes no seeds"
            notes.append(f"{name} {how}: the same request can bring another picture")
    return tuple(notes)


def _moved_notes(loops: Mapping[str, FrameLoop]) -> Iterable[str]:
    """Who could not be asked, why, and who made the pictures instead: once for each pair of them."""
    went: dict[tuple[str, str], dict[str, list[str]]] = {}
    for panel, loop in loops.items():
        for one in loop.went:
            went.setdefault((one.left, one.to), {}).setdefault(one.reason, []).append(panel)
    made = {one.generator for loop in loops.values() for one in loop.attempts if one.image}
    for (left, to), reasons in went.items():
        panels = {panel for own in reasons.values() for panel in own}
        more = f", and {len(reasons) - 1} other reasons" if len(reasons) > 1 else ""
        failed = "failed" if left in made else "made no picture"
        count = "1 panel" if len(panels) == 1 else f"{len(panels):,} panels"
        yield f"{left} {failed} ({next(iter(reasons))}{more}): {count} went to {to}"


def left_of_earlier(frames: Path, without: Iterable[str], books: Books) -> tuple[str, ...]:
    """Which pictures in the folder of frames are older than this run, by whoever made them. without: panels
    that have no picture now."""
    makers: dict[str, list[str]] = {}
    each = books.by_panel()
    for panel in without:
        if any((frames / f"{panel}{suffix}").is_file() for suffix in PICTURE_SUFFIXES):
            own = each.get(panel, Books((), ()))
            answers = zip(own.answered, own.answers, strict=True)
            made = [asked.generator for asked, answer in answers if answer.images]
            makers.setdefault(made[-1] if made else "another generator", []).append(panel)
    notes = []
    for maker, panels in makers.items():
        more = f" and {len(panels) - LISTED} more" if len(panels) > LISTED else ""
        notes.append(
            f"{frames} holds frames of {maker}, from an earlier run: {', '.join(panels[:LISTED])}{more}"
        )
    return tuple(notes)
