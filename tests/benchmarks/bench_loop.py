"""How near is a run to the time that its provider needs? 100 panels on a simulated provider.

    python tests/benchmarks/bench_loop.py [--panels 100] [--scale .1] [--repeat 3] [--workers 2]
    python tests/benchmarks/bench_loop.py --memory

The provider answers after the seconds of the planning documents' profile (docs/simulation.md), times --scale;
nothing drifts. The ideal is list scheduling with the same profile, places and rate limit, in which checks,
store and decisions take no time. Measured is the time from the first request to the last panel accepted.
The pictures are drawn beforehand, since a real provider draws elsewhere; with --compose they are drawn while
the run waits, and drawing competes with the checks for the cores. --memory runs `series run` with 100 and 500
panels of which 30 % drift, and prints the largest process.
"""

from __future__ import annotations

import argparse
import cProfile
import heapq
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simulated import CAST, Silent, copy_sample, opened

from series.generators.pace import MINUTE
from series.generators.previz.latency import seconds_at
from series.generators.previz.options import LatencyOptions, read_drift_options
from series.generators.previz.simulate import SimulatedModel


def ideal(panels: int, places: int, latency: LatencyOptions, per_minute: float | None = None) -> float:
    """Seconds until the last of so many answers when each request is sent as soon as a place is free and the
    rate limit allows: at most per_minute requests in any 60 seconds."""
    ends: list[float] = []
    sent: deque[float] = deque()
    now = 0.0
    for _ in range(panels):
        if per_minute is not None and len(sent) >= int(per_minute):
            now = max(now, sent[-int(per_minute)] + MINUTE)
        while ends and ends[0] <= now:
            heapq.heappop(ends)
        if len(ends) >= places:
            now = max(now, heapq.heappop(ends))
            while ends and ends[0] <= now:
                heapq.heappop(ends)
        sent.append(now)
        heapq.heappush(ends, now + seconds_at(len(ends) + 1, latency))
    return max(ends)


class Timed:
    """Stands before an object and adds up the seconds that calls of it take, by method."""

    def __init__(self, behind: Any) -> None:
        self._behind = behind
        self.seconds: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._behind, name)
        if not callable(value):
            return value

        def timed(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return value(*args, **kwargs)
            finally:
                self.seconds[name] += time.perf_counter() - start

        return timed


class Provider:
    """The simulated model, as late as its profile says. Notes when it was asked and what drawing took."""

    def __init__(self, model: SimulatedModel, latency: LatencyOptions) -> None:
        """model: one that answers at once."""
        self._model, self._latency = model, latency
        self._lock = threading.Lock()
        self._in_flight = 0
        self._drawn: dict[str, Any] = {}
        self.spans: list[tuple[float, float]] = []
        self.composing = 0.0
        """Seconds of processor."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def draw(self, requests: Iterable[Any]) -> None:
        """Beforehand: a real provider draws elsewhere."""
        for request in requests:
            self._drawn[request.digest] = self._model.generate(request, "")

    def generate(self, request: Any, key: str) -> Any:
        start = time.perf_counter()
        with self._lock:
            self._in_flight += 1
            seconds = seconds_at(self._in_flight, self._latency)
        cpu = time.thread_time()
        outcome = self._drawn.get(request.digest) or self._model.generate(request, key)
        cpu = time.thread_time() - cpu
        time.sleep(max(0.0, start + seconds - time.perf_counter()))
        with self._lock:
            self._in_flight -= 1
            self.spans.append((start, time.perf_counter()))
            self.composing += cpu
        return outcome


class Clock(Silent):
    """When panels were done."""

    def __init__(self) -> None:
        self.finished_at = 0.0

    def finished(self, panel: str, state: str) -> None:
        del panel, state
        self.finished_at = time.perf_counter()


@dataclass
class Took:
    """One run."""

    seconds: float
    ideal: float
    tail: float
    """Seconds from the last answer to the last panel accepted."""
    answers: int
    accepted: int
    in_flight: Sequence[int]
    """Requests at the provider, at 200 moments while there was something to ask for."""
    slowest: float
    """Longest answer, in seconds."""
    cpu: dict[str, float] = field(default_factory=dict)
    """Seconds of processor, by stage."""
    main: dict[str, float] = field(default_factory=dict)
    """Seconds of the deciding thread, by what it waited for."""


def run_once(options: argparse.Namespace, *, places: int, per_minute: float | None, workers: int) -> Took:
    latency = LatencyOptions(scale=options.scale)
    drift: dict[str, Any] = {
        "rate": 0.0,
        "concurrency": places,
        "cast": CAST,
        **({"requests_per_minute": per_minute} if per_minute else {}),
    }
    with tempfile.TemporaryDirectory() as scratch:
        manifest = copy_sample(Path(scratch) / "series", drift, seed=0, attempts=4, panels=options.panels)
        provider = Provider(SimulatedModel(read_drift_options(drift), folder=manifest.parent), latency)
        clock = Clock()
        children = os.times()
        with opened(manifest, Path(scratch) / "out", workers=workers, generator=provider) as series:
            shop = series.shop
            store, memory, desk, images = map(Timed, (shop.store, shop.memory, shop.desk, shop.images))
            shop = replace(shop, store=store, memory=memory, desk=desk, images=images)
            if not options.compose:
                provider.draw(series.requests.values())
            if workers > 1:
                desk.warm()
                time.sleep(options.warm)
            before, main = time.process_time(), time.thread_time()
            run = replace(series, shop=shop).run(clock)
            ran = profiled(run.run) if options.profile else run.run()
            own, main = time.process_time() - before, time.thread_time() - main
        after = os.times()
        # Workers import for a second before the first request; that is no part of the run.
        observing = (
            after.children_user + after.children_system - children.children_user - children.children_system
        )
        starts, ends = zip(*provider.spans, strict=True)
        begin, last_ask = min(starts), max(starts)
        moments = [begin + (last_ask - begin) * (i + 0.5) / 200 for i in range(200)]
        return Took(
            seconds=clock.finished_at - begin,
            ideal=ideal(options.panels, places, latency, per_minute),
            tail=clock.finished_at - max(ends),
            answers=len(provider.spans),
            accepted=len(ran.accepted),
            in_flight=[sum(start <= at < end for start, end in provider.spans) for at in moments],
            slowest=max(end - start for start, end in provider.spans),
            cpu={
                "composing (simulator)": provider.composing,
                "deciding thread": main,
                "other threads (observing, hashing)": own - main - provider.composing,
                "observing processes, start included": observing,
            },
            main={
                "store": sum(store.seconds.values()),
                "memory of results": sum(memory.seconds.values()),
                "desk": sum(desk.seconds.values()),
                "pictures on disk (all threads)": sum(images.seconds.values()),
            },
        )


def profiled(work: Callable[[], Any]) -> Any:
    """Prints where the processor time of this thread goes."""
    profile = cProfile.Profile(time.thread_time)
    result = profile.runcall(work)
    pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
    return result


def show(name: str, took: Took) -> None:
    print(
        f"  {name:30}{took.seconds:7.2f} s, ideal {took.ideal:6.2f} s: {took.seconds / took.ideal:.3f} x;"
        f" up to the last answer {(took.seconds - took.tail) / took.ideal:.3f} x;"
        f" last answer to last panel {took.tail:.2f} s; {took.answers} answers, {took.accepted} accepted;"
        f" in flight min {min(took.in_flight)} median {statistics.median(took.in_flight):g};"
        f" slowest answer {took.slowest:.2f} s"
    )


def shares(took: Took) -> None:
    for title, parts in (("processor", took.cpu), ("seconds in", took.main)):
        said = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in parts.items())
        print(f"    {title}: {said}")


def speed(options: argparse.Namespace) -> None:
    print(
        f"{options.panels} panels, nothing drifts, hosted seconds x {options.scale:g}, {os.cpu_count()} cores"
    )
    cases: list[tuple[str, int, float | None]] = [("10 in flight", 10, None)] * options.repeat
    if not options.quick:
        cases += [
            ("one by one", 1, None),
            (f"10 in flight, {options.rate_limit:g} a minute", 10, options.rate_limit),
        ]
    for name, places, per_minute in cases:
        took = run_once(options, places=places, per_minute=per_minute, workers=options.workers)
        show(name, took)
        shares(took)


def memory(options: argparse.Namespace) -> None:
    for panels in (100, 500):
        with tempfile.TemporaryDirectory() as scratch:
            drift = {"rate": 0.3, "cast": CAST}
            manifest = copy_sample(Path(scratch) / "series", drift, seed=0, attempts=4, panels=panels)
            command = [
                sys.executable,
                "-m",
                "series",
                "run",
                str(manifest),
                "--workers",
                str(options.workers),
            ]
            start = time.perf_counter()
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            seconds = time.perf_counter() - start
            print(
                f"  {panels} panels: largest process {usage.ru_maxrss / 1024:.0f} MB, {seconds:.0f} s,"
                f" exit {child.returncode}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--panels", type=int, default=100)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rate-limit", type=float, default=60.0)
    parser.add_argument("--warm", type=float, default=3.0, help="seconds for the workers to start")
    parser.add_argument("--quick", action="store_true", help="only 10 in flight")
    parser.add_argument(
        "--compose", action="store_true", help="draw the pictures while the run waits for them"
    )
    parser.add_argument("--profile", action="store_true", help="of the deciding thread")
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    work: Callable[[argparse.Namespace], None] = memory if options.memory else speed
    work(options)


if __name__ == "__main__":
    main()
