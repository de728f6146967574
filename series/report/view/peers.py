"""Scores of other projects in, the rows of their table out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from series.audit import PeerScore
from series.report.peer_scores import score_range, score_value
from series.report.words import printable


@dataclass(frozen=True, slots=True)
class PeerView:
    """One score."""

    brief: str
    """Name and value."""
    range: str
    """From the worst to the best."""
    blind_to: str
    source: str
    encoder: str
    reason: str


def peer_views(scores: Iterable[PeerScore]) -> tuple[PeerView, ...]:
    """In their order."""
    return tuple(
        PeerView(
            brief=f"{printable(score.name)} {score_value(score)}",
            range=score_range(score),
            blind_to=printable(score.blind_to),
            source=printable(score.source),
            encoder=printable(score.encoder),
            reason=printable(score.reason),
        )
        for score in scores
    )
