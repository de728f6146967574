"""Scores of other projects in, the rows of their table out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from series.audit import PeerScore
from series.report.peer_scores import score_range, score_value, unmeasured
from series.report.words import printable


@dataclass(frozen=True, slots=True)
class PeerView:
    """One score."""

    brief: str
    """Name and value."""
    range: str
    """From the worst to the best; empty where nothing was computed."""
    blind_to: str
    source: str
    encoder: str
    reason: str


def peer_views(scores: Iterable[PeerScore]) -> tuple[PeerView, ...]:
    """Those with a number in their order; then those without any, as one for each reason."""
    every = tuple(scores)
    without = (
        PeerView(printable(f"{names} – not measured"), "", "", "", "", printable(reason))
        for names, reason in unmeasured(every)
    )
    counted = (score for score in every if score.encoder or score.value is not None)
    return (*map(_view, counted), *without)


def _view(score: PeerScore) -> PeerView:
    return PeerView(
        brief=f"{printable(score.name)} {score_value(score)}",
        range=score_range(score),
        blind_to=printable(score.blind_to),
        source=printable(score.source),
        encoder=printable(score.encoder),
        reason=printable(score.reason),
    )
