"""Decided panels in, what a report tells of them out: each try, what it answered, what followed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from consistency import Assessment, Finding, Unmeasured, Verdict
from series.audit import Audit, AuditedAttempt, AuditedFrame, AuditedReceipt, RunFigures
from series.drift import DriftKind, called, kind_of
from series.generators.choose import Choice
from series.generators.generator import FailureKind
from series.measured import Measured
from series.reinforce.attempt import Accept, AskHuman, Attempt, Decision, Mend, Repair, RepairKind, Retry
from series.request import Means, Reinforcement
from series.request.receipts import receipts
from series.run.frame_loop import Done, FrameLoop
from series.run.store import Store

FINDINGS_TOLD = 4
"""Findings of one try that a report names: the worst; the frame's own list has all of the kept one."""

LOOK_AT = 3
"""Things to look at that are named for one frame."""
WAITING_TOLD = 10
"""Different things that panels wait for which a report names."""
LISTED = 8
"""Panels that wait for the same which a report names: more are a list that nobody reads."""
IN_VAIN = "repaired here in vain"

_MEANS = {
    Means.TEXT: "said in words",
    Means.REFERENCE: "reference put first",
    Means.NEW_SEED: "drawn afresh",
    Means.EDIT: "edited",
    Means.MASKED_EDIT: "edited inside a box",
    Means.CANDIDATES: "several candidates",
    Means.STRONGER_MODEL: "a stronger model",
    Means.REWORD: "other words",
    Means.LOCAL: "repaired here",
}


def with_run(
    audit: Audit,
    loops: Mapping[str, FrameLoop],
    measured: Mapping[str, Measured],
    figures: RunFigures,
    choices: Mapping[str, Choice],
) -> Audit:
    """The audit with each frame's tries and what the run took. measured: "panel/digest" → results. choices:
    panel → whom it goes to.

    A panel whose tries gave no picture is a frame too, in its place, with the reason as its error; but one
    that waits for somebody's picture has no frame yet, and a note says what to do.
    """
    pictured = {frame.panel: frame for frame in audit.frames}
    waiting = {panel: loop for panel, loop in loops.items() if _waits(loop)}
    left = {panel for panel in loops if panel not in pictured and panel in waiting}
    tried = (loop for panel, loop in loops.items() if loop.attempts and panel not in left)
    frames = [pictured.get(loop.order.panel) or _without_picture(loop) for loop in tried]
    told = tuple(
        replace(_frame(frame, loops[frame.panel], measured), chosen=_chosen(choices[frame.panel]))
        for frame in frames
    )
    shown = {frame.panel for frame in told}
    missing = tuple(panel for panel in audit.panels_without_frame if panel not in shown)
    notes = (*_waiting_notes(waiting), *audit.notes)
    return replace(audit, frames=told, panels_without_frame=missing, run=figures, notes=notes)


def _waits(loop: FrameLoop) -> bool:
    return bool(loop.attempts) and loop.attempts[-1].failure is FailureKind.WAITING


def _waiting_notes(waiting: Mapping[str, FrameLoop]) -> Iterable[str]:
    """What to do for panels that wait, once for those that wait for the same."""
    alike: dict[str, list[str]] = {}
    for panel, loop in waiting.items():
        alike.setdefault(loop.attempts[-1].reason.replace(panel, "\0"), []).append(panel)
    for reason, (first, *others) in list(alike.items())[:WAITING_TOLD]:
        more = f" and {len(others) - LISTED} more" if len(others) > LISTED else ""
        same = f"; the same for {', '.join(others[:LISTED])}{more}" if others else ""
        yield f"{first} waits for a picture: {reason.replace(chr(0), first)}{same}"
    if len(alike) > WAITING_TOLD:
        yield f"and {len(alike) - WAITING_TOLD} more panels wait for a picture: `series status` has them all"


def _chosen(choice: Choice) -> str:
    return f"{choice.generators[0]}, {choice.reason}" if choice.reason else ""


def keep_unsure(store: Store, audit: Audit, accepted: Collection[str]) -> None:
    """Keep which accepted frames somebody should look at: what only the whole series shows is known last."""
    kept = store.outcomes()
    for frame in audit.frames:
        if frame.panel in accepted and frame.verdict is Verdict.UNSURE:
            one = kept[frame.panel]
            store.outcome(
                frame.panel,
                one.state,
                image=one.image,
                number=one.number,
                reason=_look_at(frame),
                unsure=True,
            )


def _look_at(frame: AuditedFrame) -> str:
    unsure = [one for one in frame.assessment.findings if one.verdict is Verdict.UNSURE]
    named = list(dict.fromkeys(called(kind_of(o), o.result.subject, o.result.part) for o in unsure))
    more = f" and {len(named) - LOOK_AT} more" if len(named) > LOOK_AT else ""
    return (
        f"look at {', '.join(named[:LOOK_AT])}{more}" if named else "look at all of it: nothing was measured"
    )


def state_of(loop: FrameLoop) -> str:
    """accepted, person (one has to decide) or unfinished."""
    if not isinstance(loop.step, Done):
        return "unfinished"
    last = loop.attempts[-1].failure
    if last is not None and not last.final:
        return "unfinished"  # nobody has to decide: the next run asks again
    return "accepted" if isinstance(loop.step.decision, Accept) else "person"


def outcome_of(loop: FrameLoop) -> str:
    """In words: accepted, or why a person is asked, or why it is not finished."""
    if not isinstance(loop.step, Done):
        return "not finished"
    if state_of(loop) == "unfinished":
        return f"not finished: {loop.step.decision.reason}"
    return "accepted" if isinstance(loop.step.decision, Accept) else loop.step.decision.reason


def _without_picture(loop: FrameLoop) -> AuditedFrame:
    order = loop.order
    return AuditedFrame(
        panel=order.panel,
        file="",
        characters=tuple(member.name for member in order.characters),
        width=0,
        height=0,
        thumbnail=b"",
        assessment=Assessment(()),
        error=f"no picture: {next(iter(found_in(loop.attempts[-1])), '')}",
        scene=order.scene,
        shot=order.shot,
    )


def _frame(frame: AuditedFrame, loop: FrameLoop, measured: Mapping[str, Measured]) -> AuditedFrame:
    kept = loop.step.best.number if isinstance(loop.step, Done) and loop.step.best is not None else None
    attempts = tuple(
        _attempt(attempt, loop, measured, kept=attempt.number == kept) for attempt in loop.attempts
    )
    return replace(frame, attempts=attempts, outcome=outcome_of(loop))


def _attempt(
    attempt: Attempt, loop: FrameLoop, measured: Mapping[str, Measured], *, kept: bool
) -> AuditedAttempt:
    before = loop.decisions[attempt.number - 2] if attempt.number > 1 else None
    after = loop.decisions[attempt.number - 1]
    one = measured.get(f"{loop.order.panel}/{attempt.image}")
    return AuditedAttempt(
        number=attempt.number,
        kind="repaired" if attempt.repair else "asked" if attempt.image else "failed",
        verdict=attempt.assessment.verdict if attempt.assessment else None,
        thumbnail=one.thumbnail if one else b"",
        changed=_changed(before, came=bool(attempt.image)),
        answers=_answers(before),
        drifted=tuple(found_in(attempt)),
        skipped=tuple(f"{one.rung}: {one.reason}" for one in getattr(after, "skipped", ())),
        decision=_decided(after),
        usd=attempt.usd,
        seconds=attempt.seconds,
        kept=kept,
        generator=attempt.generator,
        moved=loop.moves.get(attempt.number, ""),
        receipts=_receipts(attempt, loop),
    )


def _receipts(attempt: Attempt, loop: FrameLoop) -> tuple[AuditedReceipt, ...]:
    if attempt.request is None:
        return ()
    abilities = loop.makers[attempt.generator].abilities
    sent = receipts(attempt.request, abilities, loop.order)
    return tuple(AuditedReceipt(one.about, one.said, one.sent) for one in sent)


def found_in(attempt: Attempt) -> Iterable[str]:
    """What drifted in a try, in words; or why there is no picture."""
    if attempt.assessment is None:
        yield attempt.reason or (attempt.failure.value if attempt.failure else "no picture")
        return
    worst = [f for f in attempt.assessment.findings if f.verdict is Verdict.DRIFTED]
    for finding in worst[:FINDINGS_TOLD]:
        yield _words(finding)
    if len(worst) > FINDINGS_TOLD:
        yield f"and {len(worst) - FINDINGS_TOLD} more"
    if attempt.reason:
        yield attempt.reason


def _words(finding: Finding) -> str:
    result = finding.result
    said = result.reason if isinstance(result, Unmeasured) else result.evidence.reason
    return said or f"{result.check} of {result.subject}"


def _changed(decision: Decision | None, *, came: bool) -> str:
    """came: a picture came of it."""
    if isinstance(decision, Retry):
        return f"{_MEANS[decision.reinforcement.means]}: {decision.reinforcement.text}"
    if isinstance(decision, Mend):
        return _mended(decision.repair) if came else f"{IN_VAIN}: {_what(decision.repair)}"
    return ""


def _mended(repair: Repair) -> str:
    return f"{_MEANS[Means.LOCAL]}: {_what(repair)}"


def _what(repair: Repair) -> str:
    if repair.kind is RepairKind.SET_LETTERING:
        return "the words are set with a font"
    of = f"{repair.part} of {repair.subject}" if repair.part else repair.subject
    return f"{of} turned from {repair.found} to {repair.pinned}"


def _answers(decision: Decision | None) -> str:
    if isinstance(decision, Retry):
        return _drift(decision.reinforcement.kind, decision.reinforcement)
    if isinstance(decision, Mend):
        return _drift(decision.repair.drift, decision.repair)
    return ""


def _drift(kind: DriftKind, about: Reinforcement | Repair) -> str:
    return called(kind, about.subject, about.part)


def _decided(decision: Decision) -> str:
    if isinstance(decision, Accept):
        return f"accepted: {decision.reason}" if decision.reason else "accepted"
    if isinstance(decision, AskHuman):
        return f"a person is asked: {decision.reason}"
    if isinstance(decision, Mend):
        return _mended(decision.repair)
    return f"asked again: {_MEANS[decision.reinforcement.means]}"
