"""How fast is observing with large nets? Ratios within one run; machines are noisy.

    python tests/benchmarks/bench_encoders.py --full [--frames 16] [--rounds 3]

Random weights of the true shapes (SCRFD-10G at 640, ArcFace R50, ViT-B-32), JPEG frames of 1024 × 1024 with
one face, two cores. Prints milliseconds a frame of the plain one-by-one loop of insightface and open_clip, of
our observer's workers, and of each net alone at its best batch and threads; the ratios of each round; how far
the vectors are apart; where the time of one worker goes; the largest process for N and for 4 N frames, and
for frames of mixed sizes. Without --full: faces only, which needs no torch. Needs the extras `face` and
`clip`.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import full_tier
import numpy as np
from bench_audit import largest_process
from full_tier import Tier, Vectors, make_frames, plain, stages, write_nets

WORKERS = 2
MIXED = ((1024, 1024), (640, 1500), (2000, 900), (300, 300))
"""Width and height: also larger and smaller than what is looked at."""
BATCHES = (1, 4, 8, 16)
LAYOUTS = ((1, 2), (2, 1))
"""Processes, and threads of each."""
EVEN = 8
"""Frames come in batches of four, one for each worker."""
MEMORY_FRAMES = 8
"""N of the memory figures: enough that both workers have frames."""


@dataclass(frozen=True)
class Alone:
    """A net by itself."""

    ms: float
    """A frame, on all cores."""
    place: str


def timed(work):
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def observe(tier: Tier, paths: Sequence[Path], workers: int) -> list[Vectors]:
    """By the public way: the observer with its workers."""
    from consistency import Locator, ObservationCache, Observer, Recipe, Request, load_encoders

    observer = Observer(
        Recipe(load_encoders(tier.encoder), Locator.build({})), ObservationCache(None), workers=workers
    )
    return [vectors(tier, seen) for seen in observer.observe(Request(path) for path in paths)]


def vectors(tier: Tier, seen) -> Vectors:
    (face,) = seen.faces
    return Vectors(face.vector, seen.style if tier.clip else np.zeros(0, np.float32))


class Ours:
    """The observer's own workers, kept between rounds, so that opening the nets does not count."""

    def __init__(self, tier: Tier) -> None:
        from consistency import Locator, Recipe, load_encoders
        from consistency.observe import _Pool

        self.tier = tier
        self.recipe = Recipe(load_encoders(tier.encoder), Locator.build({}))
        self.pool = _Pool(self.recipe, WORKERS)

    def run(self, paths: Sequence[Path]) -> list[Vectors]:
        from consistency import Request
        from consistency.batch import Task
        from consistency.observation import frame_from_bytes
        from consistency.observe import BATCH

        tasks = [Task(Request(path), None) for path in paths]
        waiting = [self.pool.submit(tasks[i : i + BATCH]) for i in range(0, len(tasks), BATCH)]
        done = (one for future in waiting for one in future.result())
        return [
            vectors(self.tier, frame_from_bytes(one.rows[self.recipe.frame_key(one.digest)])) for one in done
        ]


def nets_alone(pools: dict[int, ProcessPoolExecutor], tier: Tier, plain_pool) -> dict[str, Alone]:
    """Net → its best time, as a frame needs it once."""
    shapes = {"detector": (tier.pack / "det.onnx", (3, 640, 640), (1,))}  # exported for one picture
    shapes["recognizer"] = (tier.pack / "rec.onnx", (3, 112, 112), BATCHES)
    if tier.clip:
        shapes["CLIP"] = (_tower(tier), (3, 224, 224), BATCHES)
    best: dict[str, Alone] = {}

    def note(name: str, seconds: float, frames: int, place: str) -> None:
        one = Alone(1000 * seconds / frames, place)
        best[name] = min(best.get(name, one), one, key=lambda alone: alone.ms)

    for processes, threads in LAYOUTS:
        for name, (path, shape, batches) in shapes.items():
            for batch in batches:
                times = max(1, BATCHES[1] // batch)
                work = partial(full_tier.net, path, (batch, *shape), times, threads)
                taken = max(f.result() for f in [pools[processes].submit(work) for _ in range(processes)])
                note(
                    name, taken, processes * times * batch, f"batch {batch}, {processes} × {threads} threads"
                )
    if tier.clip:
        for batch in BATCHES[1:]:
            taken = plain_pool.submit(full_tier.tower, tier.clip, batch, 1).result()
            note("CLIP", taken, batch, f"batch {batch}, torch, {os.cpu_count()} threads")
    return best


def _tower(tier: Tier) -> Path:
    from consistency import load_encoders

    return load_encoders(tier.encoder).style.net


def farthest(ours: Sequence[Vectors], theirs: Sequence[Vectors]) -> dict[str, float]:
    """The greatest difference of any number of any unit vector."""
    return {
        name: max(
            float(np.abs(getattr(a, name) - getattr(b, name)).max(initial=0))
            for a, b in zip(ours, theirs, strict=True)
        )
        for name in ("face", "picture")
    }


def memory(tier: Tier, folder: Path) -> None:
    """Prints the largest process of a whole observation, started anew for each."""
    for title, frames, sizes in (
        ("N", MEMORY_FRAMES, MIXED[:1]),
        ("4 N", 4 * MEMORY_FRAMES, MIXED[:1]),
        ("4 N of mixed sizes", 4 * MEMORY_FRAMES, MIXED),
    ):
        paths = make_frames(folder / title.replace(" ", ""), frames, sizes)
        context = get_context("spawn")

        def work(paths=paths, context=context) -> None:
            process = context.Process(target=observe, args=(tier, paths, WORKERS))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"observing ended with {process.exitcode}")

        seconds, peak = largest_process(work)
        print(f"largest process, {frames:3} frames ({title}): {peak:5.0f} MB, {seconds:.0f} s with the start")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="faces and CLIP; else faces alone")
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.frames % EVEN:
        parser.error(f"--frames: a multiple of {EVEN}, so that every worker has as much to do")
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["XDG_CACHE_HOME"] = str(Path(scratch) / "cache")  # where copies of towers are kept
        tier = write_nets(Path(scratch), full=options.full)
        run(tier, Path(scratch), options.frames, options.rounds)


def run(tier: Tier, folder: Path, count: int, rounds: int) -> None:
    paths = make_frames(folder / "frames", count)
    context = get_context("spawn")
    with ProcessPoolExecutor(1, context) as plain_pool:
        pools = {p: ProcessPoolExecutor(p, context, full_tier.start_worker, (t,)) for p, t in LAYOUTS}
        ours = Ours(tier)
        with ours.pool:
            theirs = plain_pool.submit(plain, tier, paths).result()
            apart = farthest(ours.run(paths), theirs)
            nets_alone(pools, tier, plain_pool)  # opens the nets
            taken = []
            for number in range(rounds):
                loop, _ = timed(lambda: plain_pool.submit(plain, tier, paths).result())
                own, _ = timed(lambda: ours.run(paths))
                nets = nets_alone(pools, tier, plain_pool)
                taken.append((1000 * loop / count, 1000 * own / count, nets))
                print(f"round {number + 1}: {words(*taken[-1])}", flush=True)
            report(taken)
        for pool in pools.values():
            pool.shutdown()
    print(f"farthest apart, of unit vectors: face {apart['face']:.1e}, picture {apart['picture']:.1e}")
    shares = stages(tier, paths[:4])
    total = sum(s for name, s in shares.items() if not name.startswith("("))
    print(
        "one worker, time of its processor: " + ", ".join(f"{n} {s / total:.1%}" for n, s in shares.items())
    )
    memory(tier, folder)


def words(loop: float, own: float, nets: dict[str, Alone]) -> str:
    alone = sum(one.ms for one in nets.values())
    return (
        f"plain loop {loop:.0f}, ours {own:.0f}, nets alone {alone:.0f} ms a frame: ours is "
        f"{loop / own:.2f} × as fast as the loop and takes {own / alone:.2f} × the time of the nets"
    )


def report(taken: Sequence[tuple[float, float, dict[str, Alone]]]) -> None:
    """The best of the rounds, each part by itself; and the median ratio of the rounds."""
    best = {
        name: min((nets[name] for _, _, nets in taken), key=lambda alone: alone.ms) for name in taken[0][2]
    }
    for name, one in best.items():
        print(f"{name:12} {one.ms:5.0f} ms a frame alone, at {one.place}")
    print(f"best of the rounds: {words(*(min(one[i] for one in taken) for i in (0, 1)), best)}")
    print(f"median of the rounds: {statistics.median(loop / own for loop, own, _ in taken):.2f} × the loop")


if __name__ == "__main__":
    sys.exit(main())
