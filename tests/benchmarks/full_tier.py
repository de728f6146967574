"""The two ways to observe a frame with nets of the true shapes: the plain loop, and ours; and the nets alone.

What runs in worker processes stands here, beside what makes the nets: SCRFD-10G at 640 and ArcFace R50
(`face_nets`), and for the full tier CLIP's ViT-B-32, all with random weights.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

MODEL = "ViT-B-32"
SIDE = 1024
REPEATS = 3
"""Of each stage: the best counts."""


@dataclass(frozen=True)
class Tier:
    """The nets of a benchmark."""

    pack: Path
    """Folder of det.onnx and rec.onnx."""
    clip: Path | None
    """Weights of MODEL; None in the benchmark of faces alone."""

    @property
    def encoder(self) -> str:
        faces = f"insightface:{self.pack}"
        return f"{faces},style=open_clip:{MODEL}/{self.clip}" if self.clip else faces


def write_nets(folder: Path, *, full: bool) -> Tier:
    from face_nets import write_arcface, write_scrfd

    pack = folder / "pack"
    pack.mkdir()
    write_scrfd(pack / "det.onnx")
    write_arcface(pack / "rec.onnx")
    clip = folder / "clip.pt" if full else None
    if clip:
        import open_clip
        import torch

        torch.manual_seed(1)
        torch.save(open_clip.create_model(MODEL, pretrained=None).state_dict(), clip)
    return Tier(pack, clip)


def make_frames(folder: Path, count: int, sizes: Sequence[tuple[int, int]] = ((SIDE, SIDE),)) -> list[Path]:
    """JPEG files of these sizes (width, height) in turn, no two alike."""
    sample = Path(__file__).parents[2] / "samples" / "lantern" / "frames"
    random = np.random.default_rng(1)
    pages = [cv2.imread(str(path)) for path in sorted(sample.glob("*.png"))[:4]]
    folder.mkdir(exist_ok=True)
    paths = []
    for index in range(count):
        picture = cv2.resize(pages[index % len(pages)], sizes[index % len(sizes)]).astype(np.float64)
        noisy = np.clip(picture + random.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
        paths.append(folder / f"{index:04}.jpg")
        cv2.imwrite(str(paths[-1]), noisy, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return paths


# --- the plain loop -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Vectors:
    """What both ways find in a frame."""

    face: np.ndarray
    """float32 (512,) of the one face."""
    picture: np.ndarray
    """float32 (512,) of CLIP; (0,) without it."""


@cache
def _app(pack: Path):
    from insightface.app import FaceAnalysis

    with contextlib.redirect_stdout(io.StringIO()):
        wanted = ["detection", "recognition"]
        app = FaceAnalysis(str(pack), allowed_modules=wanted, providers=["CPUExecutionProvider"])
        app.prepare(0, det_size=(640, 640))
    return app


@cache
def _clip(weights: Path):
    import open_clip

    model, _, prepare = open_clip.create_model_and_transforms(MODEL, pretrained=str(weights))
    return model.eval(), prepare


def plain(tier: Tier, paths: Sequence[Path]) -> list[Vectors]:
    """One picture after the other, as the READMEs of insightface and open_clip have it, on all cores."""
    warnings.simplefilter("ignore")
    return [_plain(tier, path) for path in paths]


def _plain(tier: Tier, path: Path) -> Vectors:
    (face,) = _app(tier.pack).get(cv2.imread(str(path)))
    vector = np.zeros(0, np.float32)
    if tier.clip:
        import torch
        from PIL import Image

        model, prepare = _clip(tier.clip)
        with torch.no_grad():
            vector = model.encode_image(prepare(Image.open(path)).unsqueeze(0), normalize=True)[0].numpy()
    return Vectors(face.normed_embedding, vector)


# --- the nets alone -------------------------------------------------------------------------------------


def start_worker(threads: int) -> None:
    os.environ["OMP_NUM_THREADS"] = str(threads)
    cv2.setNumThreads(threads)


@cache
def _session(path: Path, threads: int):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def net(path: Path, shape: tuple[int, ...], times: int, threads: int) -> float:
    """→ seconds of the clock of these many runs, the net opened before."""
    own = _session(path, threads)
    feed = {own.get_inputs()[0].name: np.zeros(shape, np.float32)}
    start = time.perf_counter()
    for _ in range(times):
        own.run(None, feed)
    return time.perf_counter() - start


def tower(weights: Path, batch: int, times: int) -> float:
    """→ seconds of these many runs of CLIP's tower by torch, on all cores."""
    import torch

    pictures, model = torch.zeros(batch, 3, 224, 224), _clip(weights)[0]
    start = time.perf_counter()
    with torch.no_grad():
        for _ in range(times):
            model.encode_image(pictures)
    return time.perf_counter() - start


# --- where the time goes --------------------------------------------------------------------------------


def stages(tier: Tier, paths: Sequence[Path]) -> dict[str, float]:
    """Stage → seconds of the processor that one worker of one thread takes for these frames; the nets alone
    in brackets."""
    from consistency import Locator, Recipe, Request, load_encoders, read_frame
    from consistency.batch import Task, observe_batch
    from consistency.encoders.insightface.faces import _aligned
    from consistency.encoders.insightface.nets import load_detector, load_recognizer
    from consistency.encoders.prepare import batches

    start_worker(1)
    encoders = load_encoders(tier.encoder)
    recipe = Recipe(encoders, Locator.build({}))
    tasks = [Task(Request(path), None) for path in paths]
    own, style = encoders.faces, encoders.style
    taken: dict[str, float] = {}

    def best(stage: str, work: Callable[[], Any]) -> Any:
        timed = [processor_seconds(work) for _ in range(REPEATS)]
        taken[stage] = min(seconds for seconds, _ in timed)
        return timed[0][1]

    whole = min(processor_seconds(lambda: observe_batch(recipe, tasks))[0] for _ in range(REPEATS))
    frames = best("decode", lambda: [read_frame(path, longest_side=SIDE) for path in paths])
    found = best("find faces", lambda: own._detect([frame.pixels for frame in frames]))
    pairs = list(zip(frames, found, strict=True))
    crops = best("align", lambda: [crop for frame, faces in pairs for crop in _aligned(frame, faces)])
    best("recognize", lambda: list(own._vectors(iter(crops))))
    if tier.clip:
        ready = best("prepare for CLIP", lambda: list(batches(frames, style.preparation, len(frames))))
        best("CLIP", lambda: style._run(ready[0]))
    else:
        best("texture", lambda: style.encode(frames))
    best("line and grain", lambda: encoders.rendering.encode(frames))
    taken["colors, thumbnail, packing"] = max(0.0, whole - sum(taken.values()))
    picture = {"x": np.zeros((1, 3, 640, 640), np.float32)}
    faces = {"data": np.zeros((len(crops), 3, 112, 112), np.float32)}
    detector = load_detector(own.pack.detector, "cpu").session
    recognizer = load_recognizer(own.pack.recognizer, "cpu").session
    best("(nets alone)", lambda: ([detector.run(None, picture) for _ in paths], recognizer.run(None, faces)))
    taken["(nets alone)"] += taken.get("CLIP", 0.0)
    return taken


def processor_seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Of one thread, what other programs take does not count; and what the work gave."""
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer
