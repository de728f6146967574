"""What runs measured in, judged again under the manifest's tolerances of now: what would change out.

Nothing is loaded, decoded or asked for: results do not depend on tolerances, so they were kept. They are
results against what was pinned when they were measured; a check that was off then has none. What a run would
do is told from the verdicts alone: where the drift of an earlier picture ranks differently under the new
limits, a run may answer it with another request than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from consistency import Assessment, Finding, Result, Tolerances, Unmeasured, Verdict, judge
from series.drift import kinds_of
from series.locked import read_series
from series.measure import series_results
from series.measured import Measured
from series.plan import FrameOrder, plan
from series.run.ledger import PanelOutcome
from series.run.past import PastRun, past_run
from series.run.store import Look
from series.tolerances import resolve_tolerances


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One panel's frame: the picture that was kept, before and now."""

    panel: str
    state: str
    """accepted, person or unfinished, as the last run left it."""
    image: str
    """sha256; empty without a picture."""
    before: Verdict | None
    """None without a picture."""
    now: Verdict | None
    """None without a picture, or when what was measured is not kept any more."""
    deciding: Finding | None
    """The worst finding now; None when all is consistent."""
    following: str
    """What a run does with the panel: keeps it, asks again, takes another picture, measures it again, or
    leaves it to a person."""

    @property
    def changed(self) -> bool:
        """Whether its verdict is another one."""
        return self.now is not None and self.before is not self.now


KEEPS, ASKS, TAKES, MEASURES, PERSON = "keeps", "asks", "takes", "measures", "person"
"""Values of `Rejudged.following`."""


@dataclass(frozen=True, slots=True)
class Rejudgment:
    """A series judged again."""

    series: str
    panels: tuple[Rejudged, ...]
    """In reading order."""
    pictures: int
    """Judged again, also those that were not kept."""
    lost: int
    """Pictures of which nothing measured is kept any more."""
    again: str
    """The command of a run."""
    notes: tuple[str, ...]
    """What could not be judged."""

    def following(self, what: str) -> tuple[str, ...]:
        """The panels with which a run does this."""
        return tuple(one.panel for one in self.panels if one.following == what)


@dataclass(slots=True, eq=False)
class _Panel:
    order: FrameOrder
    outcome: PanelOutcome
    seen: Mapping[Look, Measured | None]

    @property
    def kept(self) -> tuple[Look, Measured | None] | None:
        return next(((k, m) for k, m in self.seen.items() if k.image == self.outcome.image), None)


def rejudge(manifest: Path, out: Path | None = None, store: str | None = None) -> Rejudgment:
    """Judge every kept picture again. Raises SeriesError when no run was made yet, ToleranceError when
    something was measured by an encoder that has no limits here."""
    read = read_series(manifest)
    orders = plan(read)
    tolerances, off = resolve_tolerances(read, orders), frozenset(read.checks.off)
    with past_run(read, out, store) as past:
        panels = _panels(past, orders, off)
    common, notes = _series_wide(panels, off)
    told = tuple(_rejudged(one, common.get(one.order.panel, ()), tolerances) for one in panels)
    known = [measured is not None for one in panels for measured in one.seen.values()]
    if lost := known.count(False):
        notes = (*notes, f"of {lost} pictures nothing measured is kept: a run measures them again")
    return Rejudgment(read.series, told, known.count(True), lost, past.again, notes)


def _panels(past: PastRun, orders: Sequence[FrameOrder], off: frozenset[str]) -> list[_Panel]:
    outcomes = past.outcomes()
    return [
        _Panel(order, outcomes[order.panel], {look: one and _without(one, off) for look, one in seen.items()})
        for order, seen in zip(orders, past.results(orders), strict=True)
    ]


def _without(measured: Measured, off: frozenset[str]) -> Measured:
    left = (r for r in measured.results if r.check not in off and r.check.split(".", 1)[0] not in off)
    return replace(measured, results=tuple(left))


def _series_wide(
    panels: Iterable[_Panel], off: frozenset[str]
) -> tuple[Mapping[str, Sequence[Result]], tuple[str, ...]]:
    """Panel → what only the whole series shows about its frame, and a note when that cannot be told."""
    frames = {one.order.panel: one.kept[1] for one in panels if one.kept is not None}
    seen = {panel: measured for panel, measured in frames.items() if measured is not None}
    encoders = {tuple(sorted(one.encoders.items())) for one in seen.values()}
    if len(encoders) > 1:
        return {}, ("frames were seen by different encoders: not compared with each other",)
    found = series_results(list(seen.values()), dict(*encoders), off)
    return dict(zip(seen, found, strict=True)), ()


def _rejudged(one: _Panel, common: Sequence[Result], tolerances: Tolerances) -> Rejudged:
    outcome, kept = one.outcome, one.kept
    passing = {
        look.image
        for look, measured in one.seen.items()
        if measured is not None and judge(measured.results, tolerances).verdict is not Verdict.DRIFTED
    }
    if kept is None:
        following = PERSON if outcome.state == "person" else ASKS
        return Rejudged(one.order.panel, outcome.state, "", None, None, None, following)
    look, measured = kept
    before = _before(look, outcome)
    if measured is None:
        return Rejudged(one.order.panel, outcome.state, look.image, before, None, None, MEASURES)
    alone, beside = judge(measured.results, tolerances), judge(common, tolerances)
    # As in a run: of what only the series shows, drift counts, and nothing else.
    together = Assessment((*alone.findings, *beside.findings))
    now = Verdict.DRIFTED if together.verdict is Verdict.DRIFTED else alone.verdict
    following = _following(one, passing, before=before, now=now)
    deciding = _deciding(together, now)
    return Rejudged(one.order.panel, outcome.state, look.image, before, now, deciding, following)


def _before(look: Look, outcome: PanelOutcome) -> Verdict:
    """A picture that passed alone and was left to a person had drifted from the rest of the series."""
    return Verdict.DRIFTED if outcome.state == "person" else Verdict(look.verdict)


def _following(one: _Panel, passing: set[str], *, before: Verdict, now: Verdict) -> str:
    state, image = one.outcome.state, one.outcome.image
    newly = {look.image for look in one.seen if look.verdict == Verdict.DRIFTED.value} & passing
    if now is not Verdict.DRIFTED:
        # A run takes the first picture that passes.
        return TAKES if newly - {image} or state != "accepted" else KEEPS
    if image not in passing and passing:
        return TAKES
    return PERSON if state == "person" and before is now else ASKS


def _deciding(assessment: Assessment, verdict: Verdict) -> Finding | None:
    if verdict is Verdict.CONSISTENT:
        return None
    if verdict is Verdict.DRIFTED:
        return kinds_of(assessment)[0].finding
    return next((one for one in assessment.findings if one.verdict is Verdict.UNSURE), None)


def words_of(finding: Finding) -> str:
    """A finding in words: what was found, the number, the limits and where they come from."""
    result, limits = finding.result, finding.tolerance
    if isinstance(result, Unmeasured) or limits is None:
        return getattr(result, "reason", "") or f"{result.check} of {result.subject}"
    said = result.evidence.reason or f"{result.check} of {result.subject}"
    close = f", too close below {limits.too_close:g}" if limits.too_close is not None else ""
    return (
        f"{said} ({result.check} {result.distance:.3g} {result.unit}, limits {limits.accept_below:g} to "
        f"{limits.reject_above:g}{close}, {limits.source})"
    )
