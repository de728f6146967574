"""How fast is the face encoder? Ratios within one run; machines are noisy. Needs the extra `face`.

    python tests/benchmarks/bench_encoders.py [--frames 8] [--rounds 3]

Random weights of the true shapes (SCRFD-10G at 640, ArcFace R50), JPEG frames of 1024 × 1024 with one face,
two cores. Prints, best of the rounds, milliseconds a frame: the plain loop of insightface's FaceAnalysis,
ours in two workers of one thread, the two nets alone at their best batch and threads; then where the time of
one worker goes, how far the vectors are from the plain ones, and the peak memory of a process before and
after frames of mixed sizes.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

SAMPLE = Path(__file__).parents[2] / "samples" / "lantern" / "frames"
SIDE = 1024
WORKERS = 2
TOGETHER = 4
"""Frames handed to a worker at once, as the observer does."""
BATCHES = (1, 4, 8, 16)
THREADS = ((1, 2), (2, 1))
"""Processes and threads of each."""


def make_frames(folder: Path, count: int, sizes: Sequence[tuple[int, int]] = ((SIDE, SIDE),)) -> list[Path]:
    random = np.random.default_rng(1)
    pages = [cv2.imread(str(path)) for path in sorted(SAMPLE.glob("*.png"))[:4]]
    paths = []
    for index in range(count):
        picture = cv2.resize(pages[index % len(pages)], sizes[index % len(sizes)]).astype(np.float64)
        noisy = np.clip(picture + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        paths.append(folder / f"{len(sizes)}_{index:04}.jpg")
        cv2.imwrite(str(paths[-1]), noisy, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return paths


@cache
def encoder(folder: Path):
    from consistency import load_encoders

    return load_encoders(f"insightface:{folder}").faces


def start_worker(threads: int) -> None:
    cv2.setNumThreads(threads)


def ours(folder: Path, paths: Sequence[Path]) -> int:
    from consistency import read_frame

    frames = [read_frame(path, longest_side=SIDE) for path in paths]
    return sum(len(faces) for faces in encoder(folder).faces(frames))


@cache
def plain_app(folder: Path):
    from insightface.app import FaceAnalysis

    app = FaceAnalysis(
        str(folder), allowed_modules=["detection", "recognition"], providers=["CPUExecutionProvider"]
    )
    app.prepare(0, det_size=(640, 640))
    return app


def plain(folder: Path, paths: Sequence[Path]) -> int:
    return sum(len(plain_app(folder).get(cv2.imread(str(path)))) for path in paths)


@cache
def session(path: Path, threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def net(path: Path, shape: tuple[int, ...], times: int, threads: int) -> None:
    own = session(path, threads)
    batch = np.zeros(shape, np.float32)
    for _ in range(times):
        own.run(None, {own.get_inputs()[0].name: batch})


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def on_all(pool: ProcessPoolExecutor, workers: int, work: Callable[[], object]) -> None:
    for done in [pool.submit(work) for _ in range(workers)]:
        done.result()


def spread(pool: ProcessPoolExecutor, folder: Path, paths: Sequence[Path]) -> int:
    chunks = [paths[i : i + TOGETHER] for i in range(0, len(paths), TOGETHER)]
    return sum(pool.map(partial(ours, folder), chunks))


def nets_alone(pools: dict[int, ProcessPoolExecutor], folder: Path) -> dict[str, tuple[float, str]]:
    """Net → best milliseconds a frame, and at which batch and threads."""
    best: dict[str, tuple[float, str]] = {}
    for processes, threads in THREADS:
        for name, batches in (("det", (1,)), ("rec", BATCHES)):
            for batch in batches:
                shape = (1, 3, 640, 640) if name == "det" else (batch, 3, 112, 112)
                times = 4 if batch == 1 else 1
                work = partial(net, folder / f"{name}.onnx", shape, times, threads)
                taken = seconds(lambda p=processes, w=work: on_all(pools[p], p, w))
                each = 1000 * taken / (processes * times * batch)
                place = f"batch {batch}, {processes} × {threads} threads"
                best[name] = min(best.get(name, (each, place)), (each, place))
    return best


def processor_seconds(work: Callable[[], object]) -> float:
    """Of one thread: what other programs take does not count."""
    start = time.process_time()
    work()
    return time.process_time() - start


def stages(folder: Path, paths: Sequence[Path]) -> dict[str, float]:
    """Stage → seconds of the processor, of one worker of one thread, and of the two nets alone."""
    from consistency import read_frame
    from consistency.encoders.insightface.faces import _aligned
    from consistency.encoders.insightface.nets import load_detector, load_recognizer

    start_worker(1)
    own = encoder(folder)
    own.faces([read_frame(paths[0], longest_side=SIDE)])
    taken: dict[str, float] = {}
    frames, found, crops = [], [], []

    def align() -> None:
        crops.extend(c for f, faces in zip(frames, found, strict=True) for c in _aligned(f, faces))

    work = processor_seconds
    taken["decode"] = work(lambda: frames.extend(read_frame(p, longest_side=SIDE) for p in paths))
    taken["find faces"] = work(lambda: found.extend(own._detect([f.pixels for f in frames])))
    taken["align"] = work(align)
    taken["recognize"] = work(lambda: list(own._vectors(iter(crops))))
    detector = load_detector(own.pack.detector, "cpu").session
    recognizer = load_recognizer(own.pack.recognizer, "cpu").session
    picture, batch = np.zeros((1, 3, 640, 640), np.float32), np.zeros((len(crops), 3, 112, 112), np.float32)
    taken["(detector alone)"] = work(lambda: [detector.run(None, {"x": picture}) for _ in paths])
    taken["(recognizer alone)"] = work(lambda: recognizer.run(None, {"data": batch}))
    return taken


def farthest(folder: Path, paths: Sequence[Path]) -> float:
    """The greatest difference of any number of a vector from plain insightface's, on equal pixels."""
    from consistency import read_frame

    frames = [read_frame(path, longest_side=SIDE) for path in paths]
    worst = 0.0
    for frame, faces in zip(frames, encoder(folder).faces(frames), strict=True):
        (other,) = plain_app(folder).get(np.ascontiguousarray(frame.pixels[..., ::-1]))
        worst = max(worst, float(np.abs(faces[0].vector - other.normed_embedding).max()))
    return worst


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    from face_nets import write_arcface, write_scrfd

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "pack"
        folder.mkdir()
        write_scrfd(folder / "det.onnx")
        write_arcface(folder / "rec.onnx")
        for name in ("det", "rec"):
            print(f"{name}.onnx: {(folder / f'{name}.onnx').stat().st_size / 1e6:.1f} MB")
        paths = make_frames(Path(made), options.frames)
        context = get_context("spawn")
        pools = {
            processes: ProcessPoolExecutor(processes, context, start_worker, (threads,))
            for processes, threads in THREADS
        }
        on_all(pools[2], 4, partial(ours, folder, paths[:1]))
        on_all(pools[1], 1, partial(plain, folder, paths[:1]))
        taken: dict[str, list[float]] = {"plain loop": [], "ours": []}
        nets: list[dict[str, tuple[float, str]]] = []
        for _ in range(options.rounds):
            taken["plain loop"].append(seconds(lambda: pools[1].submit(plain, folder, paths).result()))
            taken["ours"].append(seconds(lambda: spread(pools[2], folder, paths)))
            nets.append(nets_alone(pools, folder))
        each = {name: 1000 * min(rounds) / len(paths) for name, rounds in taken.items()}
        best = {name: min(one[name] for one in nets) for name in nets[0]}
        alone = sum(ms for ms, _ in best.values())
        for name, ms in each.items():
            print(f"{name:12} {ms:7.0f} ms a frame")
        for name, (ms, place) in best.items():
            print(f"{name:12} {ms:7.0f} ms a frame alone, at {place}")
        print(f"ours: {each['plain loop'] / each['ours']:.2f} × as fast as the plain loop")
        print(f"ours: {each['ours'] / alone:.2f} × the time of the nets alone")
        shares = stages(folder, paths[:4])
        total = sum(s for name, s in shares.items() if not name.startswith("("))
        print(", ".join(f"{name} {s / total:.1%}" for name, s in shares.items()))
        nets_only = sum(s for name, s in shares.items() if name.startswith("("))
        print(f"one worker, time of the processor: {total / nets_only:.2f} × that of the nets alone")
        print(f"farthest from plain insightface: {farthest(folder, paths[:2]):.1e}")
        before = peak()
        ours(folder, make_frames(Path(made), 12, [(1024, 1024), (640, 1500), (2000, 900), (300, 300)]))
        print(f"peak memory of one process: {before:.0f} MB, after frames of mixed sizes {peak():.0f} MB")
        for pool in pools.values():
            pool.shutdown()


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
