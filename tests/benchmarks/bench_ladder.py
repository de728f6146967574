"""Pictures paid for an accepted frame: the ladder, beside asking again with a new seed, beside best of four.

    python tests/benchmarks/bench_ladder.py [--seeds 10] [--rates .1 .3 .5] [--size .7] [--attempts 4]

One simulated model, one observer, one judge, one rule of acceptance: no finding has drifted. Each policy
makes every panel of the sample comic once a seed, frame by frame; what only the whole series shows is left
out for all of them. What is truly clean is known from the truth files.

The factors by which the simulated model heeds a reinforcement are assumptions (docs/simulation.md). So this
shows what the ladder does if a model behaves so, and nothing about any real model.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from simulated import CAST, Opened, copy_sample, opened
from truth import Truths

from consistency import Verdict, judge
from series.errors import SeriesError
from series.generators.generator import Generated
from series.generators.previz.options import read_drift_options
from series.measure import measure_one
from series.pinned import request_for
from series.plan import FrameOrder
from series.reinforce.attempt import Accept, Attempt
from series.reinforce.history import best_of
from series.reinforce.repair import repaired_png
from series.request import GenerationRequest
from series.run.drawing import Drawing
from series.run.frame_loop import Ask, Done, Fix, FrameLoop, Looked

UNLIMITED = 30
"""Pictures of one panel after which "without limit" gives up: it would pay for ever."""
BEST_OF = 4
BOOTSTRAPS = 2000


@dataclass(frozen=True, slots=True)
class Made:
    """One panel made by one policy."""

    pictures: int
    accepted: bool
    clean: bool
    """Truly, in the picture that is kept."""


class Bench:
    """One series: asks, looks, remembers. Every policy uses these three."""

    def __init__(self, series: Opened, truths: Truths) -> None:
        self.series, self.shop, self.truths = series, series.shop, truths
        self.orders: Mapping[str, FrameOrder] = {order.panel: order for order in series.orders}
        self._asked: dict[str, list[str]] = {}

    def ask(self, request: GenerationRequest) -> list[Looked]:
        """The pictures of a request, each looked at. The same request again is not drawn again."""
        if request.digest not in self._asked:
            outcome = self.series.generator.generate(request, request.digest)
            if not isinstance(outcome, Generated):
                raise TypeError(f"{request.panel}: {outcome.reason}")
            kept = [self.shop.images.keep(one.data, one.beside) for one in outcome.images]
            self._asked[request.digest] = kept
        return [self.look(request.panel, image) for image in self._asked[request.digest]]

    def look(self, panel: str, image: str) -> Looked:
        """What is found in a picture, judged."""
        order, shop = self.orders[panel], self.shop
        path = shop.images.path(image)
        measured = shop.memory.recall(image, order, path.name)
        if measured is None:
            (seen,) = self.series.observer.observe([request_for(order, path, shop.pinned)])
            measured = measure_one(path.name, order, seen, shop.pinned, shop.off)
            shop.memory.keep(measured)
        return Looked(image, judge(measured.results, shop.tolerances))

    def redrawn(self, panel: str, number: int) -> Looked:
        """The panel's first request with its number-th seed, from 0."""
        first = self.series.requests[panel]
        (looked,) = self.ask(replace(first, seed=(first.seed + number) % 2**32))
        return looked

    def kept(self, looked: Looked, pictures: int) -> Made:
        return Made(pictures, passes(looked), self.truths.asked(looked.image).clean)


def passes(looked: Looked) -> bool:
    """The rule by which all policies accept, as `series.reinforce.decide` has it."""
    return all(one.verdict is not Verdict.DRIFTED for one in looked.assessment.findings)


def ladder(bench: Bench, panel: str, *, repairs: bool = True) -> Made:
    """What `series run` does with a panel."""
    shop = bench.shop
    limits = shop.limits if repairs else replace(shop.limits, repairs=0)
    desk = Drawing(shop.images)
    maker = shop.makers.first_of(panel)
    loop = FrameLoop(bench.orders[panel], maker, limits=limits, desk=desk)
    while not isinstance(loop.step, Done):
        if isinstance(loop.step, Ask):
            loop.answered(bench.ask(loop.step.request))
        else:
            _repair(bench, panel, loop, loop.step)
    pictures = sum(1 + len(one.others) for one in loop.attempts if one.request is not None)
    clean = loop.step.best is not None and bench.truths.of(loop, loop.step.best).clean
    return Made(pictures, isinstance(loop.step.decision, Accept), clean)


def _repair(bench: Bench, panel: str, loop: FrameLoop, step: Fix) -> None:
    try:
        data = repaired_png(bench.shop.images.path(step.image), step.repair, bench.orders[panel])
    except SeriesError as error:
        loop.repaired(None, str(error))
    else:
        loop.repaired(bench.look(panel, bench.shop.images.keep(data)))


def redraw(bench: Bench, panel: str, limit: int) -> Made:
    """The same request with a new seed until it passes."""
    for number in range(limit):
        looked = bench.redrawn(panel, number)
        if passes(looked):
            break
    return bench.kept(looked, number + 1)


def best_of_four(bench: Bench, panel: str) -> Made:
    """Four pictures with four seeds, the best of them kept."""
    looked = [bench.redrawn(panel, number) for number in range(BEST_OF)]
    tries = [
        Attempt(number, None, None, one.image, assessment=one.assessment)
        for number, one in enumerate(looked, 1)
    ]
    return bench.kept(looked[best_of(tries).number - 1], BEST_OF)


def policies(attempts: int) -> dict[str, Callable[[Bench, str], Made]]:
    return {
        f"ladder, {attempts} requests": ladder,
        "  without local repairs": lambda bench, panel: ladder(bench, panel, repairs=False),
        f"(a) new seed, {attempts} requests": lambda bench, panel: redraw(bench, panel, attempts),
        "(a) new seed, without limit": lambda bench, panel: redraw(bench, panel, UNLIMITED),
        "(b) best of four": best_of_four,
    }


def made_at(rate: float, size: float, seeds: int, attempts: int, scratch: Path) -> dict[str, list[Made]]:
    """Policy → each panel of each seed, in one order."""
    made: dict[str, list[Made]] = {name: [] for name in policies(attempts)}
    for seed in range(seeds):
        drift = {"rate": rate, "size": size, "cast": CAST}
        folder = scratch / f"{rate}-{seed}"
        manifest = copy_sample(folder, drift, seed=seed, attempts=attempts)
        with opened(manifest, folder / "out", observations=scratch / f"seen-{seed}.sqlite") as series:
            bench = Bench(series, Truths(series.shop.images, read_drift_options(drift), folder))
            for name, policy in policies(attempts).items():
                made[name] += [policy(bench, panel) for panel in series.requests]
    return made


def per_accepted(made: Sequence[Made]) -> float:
    """Pictures of all panels, also of those that never passed, by the frames that did."""
    return sum(one.pictures for one in made) / max(1, sum(one.accepted for one in made))


def interval(made: Sequence[Made], other: Sequence[Made] | None = None) -> tuple[float, float]:
    """95 % bootstrap interval over panels of `per_accepted`; of the ratio to another policy on the same."""
    random = np.random.default_rng(0)
    counts = np.array([[one.pictures, one.accepted] for one in made], float)
    base = (
        np.ones_like(counts) if other is None else np.array([[o.pictures, o.accepted] for o in other], float)
    )
    drawn = random.integers(0, len(made), (BOOTSTRAPS, len(made)))
    sums, bases = counts[drawn].sum(axis=1), base[drawn].sum(axis=1)
    values = sums[:, 0] / sums[:, 1] / (bases[:, 0] / bases[:, 1])
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


HEAD = """\
                                      pictures an          beside (a),        truly clean  pictures a
  policy                        accepted   accepted frame   same limit         of accepted  clean frame"""


def table(made: Mapping[str, Sequence[Made]], redrawn: str) -> None:
    print(HEAD)
    for name, panels in made.items():
        accepted = [one for one in panels if one.accepted]
        clean = sum(one.clean for one in accepted)
        low, high = interval(panels)
        ratio = per_accepted(panels) / per_accepted(made[redrawn])
        ratio_low, ratio_high = interval(panels, made[redrawn])
        print(
            f"  {name:28}{len(accepted):4} of {len(panels)}"
            f"  {per_accepted(panels):5.2f} [{low:.2f}, {high:.2f}]"
            f"  {ratio:5.2f} [{ratio_low:.2f}, {ratio_high:.2f}]"
            f"  {clean / max(1, len(accepted)):8.3f}"
            f"  {sum(one.pictures for one in panels) / max(1, clean):10.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rates", type=float, nargs="+", default=[0.1, 0.3, 0.5])
    parser.add_argument("--size", type=float, default=0.7)
    parser.add_argument("--attempts", type=int, default=4)
    options = parser.parse_args()
    print("Simulated model; its factors of heeding are assumptions, set by hand (docs/simulation.md).")
    with tempfile.TemporaryDirectory() as scratch:
        for rate in options.rates:
            start = time.perf_counter()
            made = made_at(rate, options.size, options.seeds, options.attempts, Path(scratch))
            seconds = time.perf_counter() - start
            count = len(next(iter(made.values())))
            print(f"drift rate {rate:g}, size {options.size:g}: {count} frames a policy, {seconds:.0f} s")
            table(made, list(made)[2])


if __name__ == "__main__":
    main()
