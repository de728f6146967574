"""How fast, and in how much memory, is an embedded audit? Ratios within one run; machines are noisy.

    python tests/benchmarks/bench_audit.py [--frames 1000] [--workers 2]

Makes JPEG frames of 1024 × 1024 from the sample comic (each a different crop, so that no two are alike) with
two pinned characters, then prints: decoding alone, a plain loop over the same functions one picture at a
time, the audit with nothing cached, the audit again, and the largest process of each.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

SAMPLE = Path(__file__).parents[2] / "samples" / "lantern"
SIDE = 1024
CAST = ("mara", "oswin")


def make_series(folder: Path, frames: int) -> Path:
    """A manifest, its references and its frames."""
    (folder / "frames").mkdir(parents=True)
    (folder / "refs").mkdir()
    random = np.random.default_rng(1)
    pages = [cv2.imread(str(path)) for path in sorted((SAMPLE / "frames").glob("p0[12389].png"))]
    for index in range(frames):
        page = pages[index % len(pages)]
        height, width = page.shape[:2]
        side = int(random.uniform(0.8, 1.0) * min(height, width))
        top, left = random.integers(0, height - side + 1), random.integers(0, width - side + 1)
        crop = cv2.resize(page[top : top + side, left : left + side], (SIDE, SIDE))
        crop = np.clip(crop + random.normal(0, 3, crop.shape), 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / "frames" / f"f{index:05}.jpg"), crop, [cv2.IMWRITE_JPEG_QUALITY, 90])
    characters = {}
    for name in CAST:
        references = []
        for path in sorted((SAMPLE / "refs" / name).glob("*.png"))[:3]:
            (folder / "refs" / f"{name}_{path.name}").write_bytes(path.read_bytes())
            references.append(f"refs/{name}_{path.name}")
        characters[name] = {"references": references}
    panels = [{"id": f"f{index:05}", "characters": list(CAST)} for index in range(frames)]
    manifest = folder / "series.yaml"
    pins = {"size": [SIDE, SIDE], "characters": characters, "panels": panels}
    manifest.write_text(json.dumps({"version": 1, "series": "benchmark", **pins}))
    return manifest


def decode_all(paths: list[Path]) -> None:
    from consistency import read_frame

    for path in paths:
        read_frame(path, longest_side=SIDE)


def plain_loop(paths: list[Path], manifest: Path) -> None:
    """The same functions, one picture after the other, in one process and without a cache."""
    from consistency import Locator, ObservationCache, Observer, Recipe, load_encoders
    from series.manifest import read_manifest
    from series.pinned import observe_references, request_for
    from series.plan import plan

    cv2.setNumThreads(1)
    read = read_manifest(manifest)
    encoders = load_encoders()
    cache = ObservationCache(None)
    first = Observer(Recipe(encoders, Locator.build({})), cache)
    pinned = observe_references(read, first.observe, encoders.ids)
    orders = {order.panel: order for order in plan(read)}
    observer = Observer(Recipe(encoders, pinned.locator), cache)
    for path in paths:
        list(observer.observe([request_for(orders[path.stem], path, pinned)]))


def audit(manifest: Path, cache: Path, workers: int) -> None:
    command = [sys.executable, "-m", "series", "audit", str(manifest)]
    command += ["--frames", str(manifest.parent / "frames")]
    files = ["--cache", str(cache), "--workers", str(workers), "--json", str(manifest.parent / "audit.json")]
    done = subprocess.run([*command, *files], stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"the audit ended with {done.returncode}")


def descendants() -> Iterator[Path]:
    parents: dict[str, str] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[stat.parent.name] = stat.read_text().rsplit(")", 1)[1].split()[1]
        except (OSError, IndexError):
            continue
    mine = {str(os.getpid())}
    for _ in range(4):
        mine |= {pid for pid, parent in parents.items() if parent in mine}
    yield from (Path("/proc") / pid / "status" for pid in mine if pid != str(os.getpid()))


def largest_process(work: Callable[[], None]) -> tuple[float, float]:
    """→ seconds, and the largest peak of resident memory of any process started, in MB (Linux)."""
    peak, stop = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not stop.wait(0.2):
            for status in descendants():
                try:
                    line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
                    peak = max(peak, int(line.split()[1]) / 1024)
                except (OSError, StopIteration):
                    continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    stop.set()
    watcher.join()
    return seconds, peak


def seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        manifest = make_series(Path(scratch) / "series", options.frames)
        paths = sorted((manifest.parent / "frames").iterdir())
        some = paths[: max(20, options.frames // 10)]
        decode = seconds(lambda: decode_all(some)) / len(some)
        loop = seconds(lambda: plain_loop(some, manifest)) / len(some)
        cache = Path(scratch) / "cache.sqlite"
        first, first_peak = largest_process(lambda: audit(manifest, cache, options.workers))
        again, again_peak = largest_process(lambda: audit(manifest, cache, options.workers))
    count = options.frames
    print(f"{count} frames, {options.workers} workers")
    print(f"decoding alone            {1 / decode:8.1f} frames/s on one core")
    print(f"plain loop                {1 / loop:8.1f} frames/s on one core")
    print(f"audit, nothing cached     {count / first:8.1f} frames/s, largest process {first_peak:.0f} MB")
    print(f"audit, second time        {count / again:8.1f} frames/s, largest process {again_peak:.0f} MB")
    print(f"audit / plain loop        {count / first * loop:8.2f}")
    print(f"audit / decoding alone    {count / first * decode:8.2f}")
    print(f"second / first            {first / again:8.1f}")


if __name__ == "__main__":
    main()
