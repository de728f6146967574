"""Attempts and figures of a run in, what the page shows of them out: a frame's cards, the header's band."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from series.audit import AuditedAttempt, AuditedFrame, RunFigures
from series.report import took, words
from series.report.words import printable

DRIFTED_SHOWN = 5
"""Findings that stand open on a card; the others are folded away, so that cards stay side by side."""


@dataclass(frozen=True, slots=True)
class PictureView:
    """The picture of one attempt: its own, or the one that is on the page already."""

    source: str = ""
    """data: address; empty where the picture is elsewhere or left out."""
    id: str = ""
    """Of the element that holds the source."""


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One try, as a card."""

    number: str
    kind: str
    """asked, repaired or failed."""
    verdict: str
    """Empty without a picture."""
    title: str
    """The verdict as a word."""
    picture: PictureView
    no_picture: str
    """What stands where the picture would be."""
    changed: str
    answers: str
    drifted: tuple[str, ...]
    more: tuple[str, ...]
    """What drifted besides, folded away."""
    skipped: tuple[str, ...]
    skipped_title: str
    decision: str
    cost: str
    kept: str
    """How this card is marked: "Kept", or "Best" where none is accepted; empty for the others."""
    generator: str
    """Who was asked, where it is not the one before; empty otherwise."""
    moved: str
    """Why it is another one."""


@dataclass(frozen=True, slots=True)
class FigureView:
    """One number of the band in the header."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """The band in the header: what making the series took."""

    generator: str
    result: str
    """What came out, as a sentence."""
    figures: tuple[FigureView, ...]


@dataclass(frozen=True, slots=True)
class WayView:
    """One button of the filter."""

    way: str
    title: str
    number: int


def attempt_views(frame: AuditedFrame, pictures: Mapping[int, PictureView]) -> tuple[AttemptView, ...]:
    """pictures: position of an attempt → its picture; a picture that is not there was left out."""
    best = "Kept" if frame.outcome == took.ACCEPTED else "Best"
    views, before = [], ""
    for position, attempt in enumerate(frame.attempts):
        shown, kept = pictures.get(position, PictureView()), best if attempt.kept else ""
        views.append(_attempt(attempt, shown, kept, "" if attempt.generator == before else attempt.generator))
        before = attempt.generator or before
    return tuple(views)


def _attempt(attempt: AuditedAttempt, shown: PictureView, kept: str, generator: str) -> AttemptView:
    drifted = tuple(map(printable, attempt.drifted))
    skipped = len(attempt.skipped)
    nothing = "no picture came" if attempt.kind == took.FAILED else "no picture"
    return AttemptView(
        number=f"{attempt.number:,}",
        kind=attempt.kind if attempt.kind in {took.REPAIRED, took.FAILED} else took.ASKED,
        verdict=attempt.verdict.value if attempt.verdict else "",
        title=words.VERDICT_TITLES[attempt.verdict] if attempt.verdict else "",
        picture=shown,
        no_picture="picture left out" if attempt.thumbnail else nothing,
        changed=took.changed(attempt),
        answers=printable(attempt.answers),
        drifted=drifted[:DRIFTED_SHOWN],
        more=drifted[DRIFTED_SHOWN:],
        skipped=tuple(map(printable, attempt.skipped)),
        skipped_title=f"{skipped:,} other means passed over",
        decision=printable(attempt.decision),
        cost=took.price(attempt),
        kept=kept,
        generator=printable(generator),
        moved=printable(attempt.moved),
    )


def place_pictures(
    frames: Iterable[tuple[int, AuditedFrame]], thumbnails: Mapping[bytes, str], limit: int
) -> dict[int, dict[int, PictureView]]:
    """Frame number → attempt → picture, for the frames in this order. thumbnails: pictures that the page has
    already, and the element that holds each. Each picture is stored once; limit: so many new ones at most.
    """
    known = dict(thumbnails)
    placed: dict[int, dict[int, PictureView]] = {}
    for number, frame in frames:
        for position, attempt in enumerate(frame.attempts):
            jpeg = attempt.thumbnail
            if not jpeg:
                continue
            if jpeg in known:
                view = PictureView(id=known[jpeg])
            elif limit > 0:
                limit -= 1
                known[jpeg] = f"try-{number}-{position}"
                view = PictureView(picture(jpeg), known[jpeg])
            else:
                continue
            placed.setdefault(number, {})[position] = view
    return placed


def run_view(run: RunFigures) -> RunView:
    """What making the series took."""
    each, rate, price = run.images_per_accepted, run.acceptance, run.usd_per_accepted
    figures = [
        FigureView(
            f"{run.accepted:,}", "accepted", f"{run.to_look_at:,} to look at" if run.to_look_at else ""
        ),
        FigureView(f"{run.asked_person:,}", "a person decides"),
        FigureView(f"{run.unfinished:,}", "unfinished"),
        FigureView(f"{run.requests:,}", "request" if run.requests == 1 else "requests"),
        FigureView(
            f"{run.images:,}",
            "picture" if run.images == 1 else "pictures",
            "" if each is None else f"{each:.2f} for each accepted frame",
        ),
        FigureView(
            f"{run.repairs:,}",
            "repair made here" if run.repairs == 1 else "repairs made here",
            "free of charge",
        ),
        FigureView(
            took.UNKNOWN if rate is None else f"{rate:.0%}", "acceptance", "accepted frames by pictures made"
        ),
        FigureView(
            took.money(run.usd),
            "confirmed",
            ", ".join(
                filter(
                    None,
                    (
                        took.simulated(run),
                        "" if price is None else f"{took.money(price)} for each accepted frame",
                    ),
                )
            ),
        ),
    ]
    if run.usd_unknown:
        figures.append(
            FigureView(took.money(run.usd_unknown), "may have been billed", "sent, and never answered")
        )
    figures.append(FigureView(f"{run.refusals:,}", "refused by policy"))
    if run.failures:
        figures.append(FigureView(f"{run.failures:,}", "failed"))
    figures += _latency(run)
    return RunView(printable(run.generator), took.result(run), tuple(figures))


def _latency(run: RunFigures) -> list[FigureView]:
    if isfinite(run.latency_p50):
        note = f"95 of 100 within {took.duration(run.latency_p95)}" if isfinite(run.latency_p95) else ""
        return [FigureView(took.duration(run.latency_p50), "for half of the answers", note)]
    between = took.latency_range(run)
    return [FigureView(between, "for an answer")] if between else []


def way_views(frames: Sequence[AuditedFrame]) -> tuple[WayView, ...]:
    """Buttons for the ways in which at least one frame came to be."""
    found = [way for frame in frames for way in took.ways(frame)]
    return tuple(WayView(way.value, way.title, found.count(way)) for way in took.Way if way in found)


def way_numbers(frame: AuditedFrame) -> list[int]:
    """Positions of a frame's ways in Way: what the page's script filters by."""
    order = list(took.Way)
    return [order.index(way) for way in took.ways(frame)]


def picture(jpeg: bytes) -> str:
    """A data: address; empty without a picture."""
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}" if jpeg else ""
