"""How near is a run to the time that a hosted provider needs? 100 panels through the official SDK.

    python tests/benchmarks/bench_providers.py [--panels 100] [--scale 1] [--per-minute 40] [--workers 2]
    python tests/benchmarks/bench_providers.py --scale 0.1        # a short run

The contract server of OpenAI's images (tests/providers) answers in a process of its own, after the seconds of
the planning documents' profile (4.2 s alone, 4.8 s with five in flight, 5.6 s with ten), times --scale, with
a picture in which nothing drifts. The run is `series run` whole: SDK, references sent along, bytes validated,
pictures on disk, observed, measured, judged. Measured is the time from the first request to the last panel
accepted; the ideal is list scheduling of as many requests with the same profile, places and limits, in which
everything but the answers takes no time. The limit is 1.05 times the ideal.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

from bench_loop import Clock, ideal
from simulated import CAST, copy_sample, opened

from series.generators.generator import Generated, Outcome
from series.generators.previz.latency import seconds_at
from series.generators.previz.options import LatencyOptions, read_drift_options
from series.generators.previz.simulate import SimulatedModel
from series.request import prompt

sys.path.insert(0, str(Path(__file__).parents[1] / "providers"))

WITHIN = 1.05
"""Times the ideal."""
MOMENTS = 40
"""At which the requests in flight are printed."""


def serve(pictures: Mapping[str, bytes], scale: float, connection: Connection) -> None:
    """In a process of its own: answer until told to stop, then say when how many requests were in flight."""
    from contract import Answer, Received
    from openai_server import OpenAIServer

    latency = LatencyOptions(scale=scale)

    class Late(OpenAIServer):
        def answer(self, received: Received) -> Answer:
            seconds = seconds_at(self._open, latency)
            answer = super().answer(received)
            time.sleep(max(0.0, received.at + seconds - time.monotonic()))
            return answer

    with Late(lambda asked: [pictures[panel_of(asked.prompt)]] * asked.n) as server:
        connection.send(server.base_url)
        connection.recv()
        connection.send(server.in_flight)


def panel_of(words: str) -> str:
    """What no two panels of the copied sample share: scene and camera."""
    told = ("- Scene: ", "- Camera: ")
    return "\n".join(line for line in words.splitlines() if line.startswith(told))


def manifest_for(folder: Path, panels: int, url: str, places: int, per_minute: float) -> Path:
    """The sample's panels again and again, to be made by the server."""
    path = copy_sample(folder, {}, seed=0, attempts=4, panels=panels)
    generator = {
        "name": "openai",
        "base_url": url,
        "profile": {"like": "gpt-image-2", "secret": "CONTRACT_KEY"},
        "concurrency": places,
        "requests_per_minute": per_minute,
    }
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    path.write_text(json.dumps({**document, "generator": generator}), encoding="utf-8")
    return path


def drawn(folder: Path, panels: int) -> dict[str, bytes]:
    """Panel → the picture that answers it, made beforehand: a real provider draws elsewhere."""
    path = manifest_for(folder, panels, "http://127.0.0.1:9/v1", 1, 1)
    model = SimulatedModel(read_drift_options({"rate": 0.0, "cast": CAST}), folder=path.parent)
    with opened(path, folder / "out") as series:
        first = series.shop.makers.first
        asked = [first.of(order.panel, model.abilities) for order in series.orders]
    return {panel_of(prompt(one)): _picture(model.generate(one, "")) for one in asked}


def _picture(outcome: Outcome) -> bytes:
    if not isinstance(outcome, Generated):
        raise TypeError(outcome.reason)
    return outcome.images[0].data


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--panels", type=int, default=100)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--places", type=int, default=10)
    parser.add_argument("--per-minute", type=float, default=None, help="requests; left out: no limit")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    from openai_server import KEY

    os.environ["CONTRACT_KEY"] = KEY
    with tempfile.TemporaryDirectory() as scratch:
        pictures = drawn(Path(scratch) / "drawn", options.panels)
        here, there = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        server = context.Process(target=serve, args=(pictures, options.scale, there), daemon=True)
        server.start()
        limit = options.per_minute or 1e6
        path = manifest_for(Path(scratch) / "series", options.panels, here.recv(), options.places, limit)
        clock = Clock()
        with opened(path, Path(scratch) / "out", workers=options.workers) as series:
            series.shop.desk.warm()
            time.sleep(3.0 if options.workers > 1 else 0.0)
            ran = series.run(clock).run()
            ended = time.monotonic() - (time.perf_counter() - clock.finished_at)
        here.send("stop")
        in_flight: list[tuple[float, int]] = here.recv()
        server.join(5)
    return report(options, in_flight, ended, len(ran.accepted))


def report(
    options: argparse.Namespace, in_flight: list[tuple[float, int]], ended: float, accepted: int
) -> int:
    """Print what was measured. → 0 within the limit, 1 beyond it."""
    first, last = in_flight[0][0], in_flight[-1][0]
    requests = sum(after > before for (_, before), (_, after) in pairwise([(0.0, 0), *in_flight]))
    least = ideal(requests, options.places, LatencyOptions(scale=options.scale), options.per_minute)
    took = ended - first
    print(
        f"{options.panels} panels, hosted seconds x {options.scale:g}, {options.places} places, "
        f"{options.per_minute or 'no limit'} a minute, {os.cpu_count()} cores, {options.workers} workers"
    )
    print(
        f"  {took:.2f} s, ideal {least:.2f} s: {took / least:.3f} x (limit {WITHIN}); up to the last answer "
        f"{(last - first) / least:.3f} x; {requests} requests, {accepted} accepted"
    )
    step = (last - first) / MOMENTS
    counts = []
    for moment in range(MOMENTS):
        before = [count for at, count in in_flight if at <= first + (moment + 0.5) * step]
        counts.append(before[-1] if before else 0)
    print(f"  in flight, every {step:.2f} s: {' '.join(map(str, counts))}")
    return 0 if took <= WITHIN * least and accepted == options.panels else 1


if __name__ == "__main__":
    sys.exit(main())
