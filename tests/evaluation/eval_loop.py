"""What the loop finds of the drifts that the simulated model puts in, and what it answers them with.

    python tests/evaluation/eval_loop.py [--seeds 10] [--rates .5] [--sizes .4 .8] [--attempts 4] [--list]

Runs the sample comic on a simulated model as `series run` does, over several seeds, and joins each picture
with the truth beside it. Prints for each size of drift: per kind how many drifts were found, unsure and
missed; clean pictures that were asked for again; the kind that was answered beside the true one; what local
repairs did; how many accepted frames are truly clean. --list names each picture that was missed or
needlessly redone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from simulated import CAST, copy_sample, opened
from truth import HARM, Mended, Truth, Truths, base_of, pictures

from consistency import Verdict
from series.drift import Drifted, DriftKind
from series.generators.previz.options import KIND_WEIGHTS, read_drift_options
from series.reinforce.attempt import Accept, AskHuman, Attempt, Mend, RepairKind, Retry
from series.reinforce.history import PanelHistory
from series.run.frame_loop import Done, FrameLoop

KINDS = tuple(kind for kind in DriftKind if kind in KIND_WEIGHTS)
CLEAN = "nothing"
FRAME = "frame"
TWO = "two drifts"


@dataclass(frozen=True, slots=True)
class Seen:
    """One picture that the model made, with its truth."""

    first: bool
    """Asked for without any reinforcement."""
    true: str
    """Kind of its only drift, CLEAN or TWO."""
    verdict: Verdict
    answered: str
    """Kind of drift that was answered; accepted, or person."""
    words: str
    """For --list."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """A repair of a color, with what it did."""

    true: str
    """Kind of drift that the character truly had: palette, another one, or CLEAN."""
    did: Mended
    words: str


@dataclass
class Found:
    """Everything of some runs."""

    seen: list[Seen] = field(default_factory=list)
    repairs: list[Repaired] = field(default_factory=list)
    lettered: int = 0
    frames: list[tuple[str, Truth, Verdict]] = field(default_factory=list)
    """Outcome, truth and verdict of each panel's best picture."""
    pictures: int = 0

    @property
    def accepted(self) -> list[tuple[str, Truth, Verdict]]:
        return [one for one in self.frames if one[0] == "accepted"]


def judge_runs(rate: float, size: float, seeds: Iterable[int], attempts: int) -> Found:
    """Run the sample once a seed."""
    found = Found()
    for seed in seeds:
        with tempfile.TemporaryDirectory() as scratch:
            drift = {"rate": rate, "size": size, "cast": CAST}
            manifest = copy_sample(Path(scratch) / "series", drift, seed=seed, attempts=attempts)
            with opened(manifest, Path(scratch) / "out") as series:
                run = series.run()
                run.run()
                truths = Truths(series.shop.images, read_drift_options(drift), manifest.parent)
                for loop in run._loops.values():
                    _read(found, loop, truths, f"seed {seed} ")
    return found


def _read(found: Found, loop: FrameLoop, truths: Truths, where: str) -> None:
    for attempt in pictures(loop):
        if attempt.repair is None:
            found.pictures += 1 + len(attempt.others)
            found.seen.append(_seen(loop, attempt, truths, where))
        elif attempt.repair.kind is RepairKind.REMAP_COLOR:
            found.repairs.append(_repaired(loop, attempt, truths, where))
        else:
            found.lettered += 1
    if isinstance(loop.step, Done) and loop.step.best is not None:
        best = loop.step.best
        outcome = "accepted" if isinstance(loop.step.decision, Accept) else "person"
        found.frames.append((outcome, truths.of(loop, best), best.assessment.verdict))


def _repaired(loop: FrameLoop, attempt: Attempt, truths: Truths, where: str) -> Repaired:
    repair, did = attempt.repair, truths.mended(loop, attempt)
    drifts = truths.of(loop, base_of(loop, attempt)).drifts
    kinds = {one.kind for one in drifts if one.subject == repair.subject}
    kinds |= {one.kind for one in drifts if one.subject == FRAME}
    true = next((kind.value for kind in (DriftKind.PALETTE, *KINDS) if kind in kinds), CLEAN)
    what = ", ".join(f"{d.kind.value} {d.subject} {d.part} {d.size}" for d in drifts) or CLEAN
    words = (
        f"{where}{loop.order.panel} attempt {attempt.number}: {repair.part} of {repair.subject} turned from"
        f" {repair.found} to {repair.pinned}; true {what}; wrong pixels {did.before:.3f} before,"
        f" {did.after:.3f} after, {did.new:.3f} new; then {attempt.assessment.verdict.value}"
    )
    return Repaired(true, did, words)


def _seen(loop: FrameLoop, attempt: Attempt, truths: Truths, where: str) -> Seen:
    truth = truths.asked(attempt.image)
    true = CLEAN if truth.clean else TWO if len(truth.drifts) > 1 else truth.drifts[0].kind.value
    drifts = PanelHistory(loop.order, loop.attempts).drifts(attempt)
    told = "; ".join(_told(one) for one in drifts) or "; ".join(_unsure(attempt)) or "all consistent"
    what = ", ".join(f"{d.kind.value} {d.subject} {d.part} {d.size}" for d in truth.drifts) or CLEAN
    words = f"{where}{loop.order.panel} attempt {attempt.number}: true {what} | {told}"
    first = not attempt.request.reinforcements
    return Seen(first, true, attempt.assessment.verdict, _answered(loop, attempt), words)


def _answered(loop: FrameLoop, attempt: Attempt) -> str:
    decision = loop.decisions[attempt.number - 1]
    if isinstance(decision, Retry):
        return decision.reinforcement.kind.value
    if isinstance(decision, Mend):
        return decision.repair.drift.value
    if isinstance(decision, AskHuman):
        drifts = PanelHistory(loop.order, loop.attempts).drifts(attempt)
        return drifts[0].kind.value if drifts else "person"
    return "accepted"


def _told(drift: Drifted) -> str:
    result = drift.finding.result
    return f"{drift.kind.value}: {result.check} {result.subject} {result.part} {result.distance:.2f}"


def _unsure(attempt: Attempt) -> Iterable[str]:
    for finding in attempt.assessment.findings:
        if finding.verdict is Verdict.UNSURE:
            result = finding.result
            distance = getattr(result, "distance", float("nan"))
            yield f"unsure {result.check} {result.subject} {result.part} {distance:.2f}"


# --- tables -------------------------------------------------------------------------------------------------


def per_kind(seen: Sequence[Seen]) -> None:
    """Rows: what is truly in the picture."""
    print("    truly in the picture   n   found  right kind  unsure  missed")
    for kind in [*(kind.value for kind in KINDS), TWO, CLEAN]:
        mine = [one for one in seen if one.true == kind]
        if not mine:
            continue
        verdicts = Counter(one.verdict for one in mine)
        right = sum(one.verdict is Verdict.DRIFTED and one.answered == kind for one in mine)
        named = "        " if kind in {TWO, CLEAN} else f"{right:8}"
        print(
            f"    {kind:20}{len(mine):4}{verdicts[Verdict.DRIFTED]:8}{named:>12}"
            f"{verdicts[Verdict.UNSURE]:8}{verdicts[Verdict.CONSISTENT]:8}"
        )


def confusion(seen: Sequence[Seen]) -> None:
    """Rows: the only drift in the picture; columns: the kind that was answered."""
    columns = [*(kind.value for kind in DriftKind), "accepted"]
    print(f"    {'true / answered':16}" + "".join(f"{name[:9]:>10}" for name in columns))
    for kind in [*(kind.value for kind in KINDS), CLEAN]:
        mine = Counter(one.answered for one in seen if one.true == kind)
        if mine:
            print(f"    {kind:16}" + "".join(f"{mine[name] or '·':>10}" for name in columns))


def report(found: Found) -> None:
    firsts = [one for one in found.seen if one.first]
    print(f"  first pictures ({len(firsts)})")
    per_kind(firsts)
    print(f"  all pictures that were asked for ({len(found.seen)})")
    per_kind(found.seen)
    confusion(found.seen)
    print(f"  repairs of a color: {len(found.repairs)}")
    for kind in sorted({one.true for one in found.repairs}):
        mine = [one.did for one in found.repairs if one.true == kind]
        mended, harmed = sum(one.fixed for one in mine), sum(one.new > HARM for one in mine)
        print(f"    truly {kind}: {len(mine)}, {mended} mended, {harmed} did harm")
    accepted = found.accepted
    clean = sum(truth.clean for _, truth, _ in accepted)
    sure = [truth for _, truth, verdict in accepted if verdict is Verdict.CONSISTENT]
    left = Counter(one.kind.value for _, truth, _ in accepted for one in truth.drifts)
    asked = [truth for outcome, truth, _ in found.frames if outcome != "accepted"]
    print(
        f"  frames: {len(accepted)} of {len(found.frames)} accepted, {clean} of these truly clean"
        f" ({clean / max(1, len(accepted)):.3f}); without an unsure finding {len(sure)},"
        f" {sum(one.clean for one in sure)} of these truly clean"
    )
    print(f"  drifts left in accepted frames: {dict(left.most_common())}")
    print(f"  a person is asked about {len(asked)}, {sum(one.clean for one in asked)} of these truly clean")
    print(f"  {found.pictures} pictures, {found.pictures / max(1, len(accepted)):.2f} an accepted frame")


def listed(found: Found) -> None:
    """What was missed, needlessly redone, or taken for another kind; and each repair."""
    for one in found.seen:
        drifted = one.verdict is Verdict.DRIFTED
        confused = one.true not in {CLEAN, TWO} and one.answered not in {one.true, "accepted"}
        if drifted == (one.true == CLEAN) or confused:
            print(f"    {one.verdict.value:10} {one.answered:12} {one.words}")
    for repaired in found.repairs:
        print(f"    repaired {repaired.words}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.5])
    parser.add_argument("--sizes", type=float, nargs="+", default=[0.4, 0.8])
    parser.add_argument("--attempts", type=int, default=4)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    for rate in options.rates:
        for size in options.sizes:
            start = time.perf_counter()
            found = judge_runs(rate, size, range(options.seeds), options.attempts)
            seconds = time.perf_counter() - start
            print(f"rate {rate:g}, size {size:g}, {options.seeds} seeds of 20 panels, {seconds:.0f} s")
            report(found)
            if options.list:
                listed(found)


if __name__ == "__main__":
    main()
