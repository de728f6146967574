"""Observer: files in, observations out, in order. Each file is decoded at most once, then never again.

Facts are cached by content: the frame by (digest, encoders), the boxes to look at by (digest, request),
what was seen in each box by (digest, box, encoder). A worker that holds the decoded frame does both
passes, the whole frame and then its boxes.
"""

from __future__ import annotations

import hashlib
import json
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from consistency.cache import ObservationCache
from consistency.color import srgb_to_lab
from consistency.encoders.appearance import subject_of
from consistency.encoders.encoder import Encoders
from consistency.errors import ConsistencyError, ImageError, ObservationError
from consistency.image import WORKING_SIDE, Frame, digest_file, encode_jpeg, read_frame, resize_area
from consistency.locate import Locator
from consistency.measurement import WHOLE, Box
from consistency.observation import (
    OBSERVATION_VERSION,
    ColorField,
    Observation,
    Proposal,
    Region,
    frame_from_bytes,
    frame_to_bytes,
    numbers,
    region_from_bytes,
    region_to_bytes,
)

FRAME_FIELD_SIDE = 64
"""Cells along the longer side of a frame's color field: 41 cells for 1 % of a square frame."""
REGION_FIELD_SIDE = 48
"""Cells along both sides of a region's color field, whatever its shape."""
THUMBNAIL_SIDE = 256
"""Pixels: two columns on a phone."""
THUMBNAIL_QUALITY = 72
"""JPEG quality: about 8 KB a thumbnail."""
BATCH = 4
"""Frames handed to a worker at once: 12 MB of pixels, enough to pay for the trip between processes."""
SERIAL_BELOW = 8
"""Fewer new frames than this are observed in this process: starting workers takes longer."""


@dataclass(frozen=True, slots=True)
class Request:
    """A file to observe and where in it to look."""

    path: Path
    wanted: Mapping[str, int] = field(default_factory=dict)
    """Character → how many boxes to propose for it."""
    places: tuple[Proposal, ...] = ()
    """Boxes that a person pinned."""
    whole: bool = False
    """Look at the whole picture as one subject: for references."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be observed, and why."""

    path: Path
    reason: str


@dataclass(slots=True)
class Counts:
    """What an observer had to do. A second audit of the same files has only `cached`."""

    cached: int = 0
    decoded: int = 0
    encoded: int = 0
    """Frames and regions that went through an encoder."""


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """Everything that decides what an observation holds: sent to each worker once."""

    encoders: Encoders
    locator: Locator

    def frame_key(self, digest: str) -> str:
        """Key of the whole frame's facts."""
        faces = self.encoders.faces.id if self.encoders.faces else ""
        return self._key(
            "frame", digest, WORKING_SIDE, self.encoders.style.id, self.encoders.rendering.id, faces
        )

    def boxes_key(self, digest: str, request: Request) -> str:
        """Key of the boxes that a request comes to on this picture."""
        asked = [sorted(request.wanted.items()), [_row(place) for place in request.places], request.whole]
        return self._key(
            "boxes", digest, hashlib.sha256(json.dumps([asked, self.locator.id]).encode()).hexdigest()
        )

    def region_key(self, digest: str, box: Box) -> str:
        """Key of what one box looks like."""
        return self._key("region", digest, numbers(box), self.encoders.subject.id)

    @staticmethod
    def _key(*parts: object) -> str:
        return "|".join(str(part) for part in (OBSERVATION_VERSION, *parts))


class Observer:
    """Binds a recipe, a cache and a number of processes; `counts` says what it had to do."""

    def __init__(
        self, recipe: Recipe, cache: ObservationCache, counts: Counts | None = None, *, workers: int = 1
    ) -> None:
        self._recipe = recipe
        self._cache = cache
        self._workers = workers
        self.counts = counts if counts is not None else Counts()

    def observe(self, requests: Iterable[Request]) -> Iterator[Observation | Unreadable]:
        """→ one answer for each request, in its order. Observed facts are in the cache before they are
        yielded, so that an interrupted audit goes on where it stopped."""
        todo = deque(requests)
        ahead = BATCH * (self._workers + 1) * 2  # enough that no worker waits, few enough to stay small
        serial = self._workers < 2 or len(todo) < SERIAL_BELOW
        pool = _Serial(self._recipe) if serial else _Pool(self._recipe, self._workers)
        with pool:
            yield from self._in_order(todo, pool, BATCH if serial else ahead)

    def _in_order(
        self, todo: deque[Request], pool: _Serial | _Pool, ahead: int
    ) -> Iterator[Observation | Unreadable]:
        waiting: deque[_Waiting] = deque()
        batch = _Batch()
        while todo or waiting:
            while todo and len(waiting) < ahead:
                waiting.append(self._look_up(todo.popleft(), batch))
                if batch.full or not todo:
                    batch = _submit(batch, pool)
            head = waiting.popleft()
            if head.batch is batch:
                batch = _submit(batch, pool)
            yield self._answer(head)

    def _look_up(self, request: Request, batch: _Batch) -> _Waiting:
        try:
            digest = digest_file(request.path)
        except ImageError as error:
            return _Waiting(request, ready=Unreadable(request.path, str(error)))
        try:
            rows = self._rows(digest, request)
            observation = _assemble(self._recipe, digest, request, rows)
        except (ObservationError, ValueError):  # damaged rows are observed again and written over
            rows, observation = {}, None
        if observation is not None:
            self.counts.cached += 1
            return _Waiting(request, ready=observation)
        batch.tasks.append(_Task(request, rows.get(self._recipe.frame_key(digest))))
        return _Waiting(request, batch=batch, index=len(batch.tasks) - 1)

    def _rows(self, digest: str, request: Request) -> dict[str, bytes]:
        boxes_key = self._recipe.boxes_key(digest, request)
        rows = self._cache.get([self._recipe.frame_key(digest), boxes_key])
        if boxes_key in rows:
            boxes = _proposals(rows[boxes_key])
            rows |= self._cache.get({self._recipe.region_key(digest, proposal.box) for proposal in boxes})
        return rows

    def _answer(self, waiting: _Waiting) -> Observation | Unreadable:
        if waiting.ready is not None:
            return waiting.ready
        if waiting.batch is None or waiting.batch.future is None:
            raise RuntimeError("an answer was asked for before its batch was handed over")
        try:
            done = waiting.batch.future.result()[waiting.index]
        except BrokenProcessPool as error:
            raise _worker_died() from error
        if isinstance(done, Unreadable):
            return done
        self._cache.put(done.rows)
        self.counts.decoded += 1
        self.counts.encoded += done.encoded
        observation = _assemble(self._recipe, done.digest, waiting.request, done.rows)
        if observation is None:
            raise ConsistencyError(f"{waiting.request.path}: its observation is incomplete")
        return observation


@dataclass(frozen=True, slots=True)
class _Task:
    request: Request
    frame: bytes | None
    """The frame's facts where they are known, so that only its boxes need encoding."""


@dataclass(frozen=True, slots=True)
class _Done:
    digest: str
    rows: dict[str, bytes]
    encoded: int


@dataclass(slots=True, eq=False)
class _Batch:
    tasks: list[_Task] = field(default_factory=list)
    future: Future[list[_Done | Unreadable]] | None = None

    @property
    def full(self) -> bool:
        return len(self.tasks) >= BATCH


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    request: Request
    ready: Observation | Unreadable | None = None
    batch: _Batch | None = None
    index: int = 0


def _submit(batch: _Batch, pool: _Serial | _Pool) -> _Batch:
    """Hand the batch over and open the next one; an empty batch stays open."""
    if not batch.tasks:
        return batch
    batch.future = pool.submit(batch.tasks)
    return _Batch()


def _assemble(recipe: Recipe, digest: str, request: Request, rows: Mapping[str, bytes]) -> Observation | None:
    """The observation, if every row that it needs is there."""
    frame = rows.get(recipe.frame_key(digest))
    boxes = rows.get(recipe.boxes_key(digest, request))
    if frame is None or boxes is None:
        return None
    regions = []
    for proposal in _proposals(boxes):
        row = rows.get(recipe.region_key(digest, proposal.box))
        if row is None:
            return None
        regions.append(region_from_bytes(row, proposal))
    return frame_from_bytes(frame, tuple(regions))


class _Serial:
    """Observes in this process, when the answer is asked for."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def submit(self, tasks: Sequence[_Task]) -> Future[list[_Done | Unreadable]]:
        future: Future[list[_Done | Unreadable]] = Future()
        future.set_result(observe_batch(self._recipe, tasks))
        return future


class _Pool:
    """Observes in worker processes; they start with the first batch."""

    def __init__(self, recipe: Recipe, workers: int) -> None:
        self._recipe = recipe
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, tasks: Sequence[_Task]) -> Future[list[_Done | Unreadable]]:
        try:
            return self._started().submit(_in_worker, tasks)
        except BrokenProcessPool as error:
            raise _worker_died() from error

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # spawn: a fork would copy locks that the progress display's thread may hold.
            self._executor = ProcessPoolExecutor(
                self._workers, get_context("spawn"), _start_worker, (self._recipe,)
            )
        return self._executor


def _worker_died() -> ConsistencyError:
    return ConsistencyError(
        "a worker process ended without an answer (out of memory?); what was observed is kept: "
        "run the same command again, with --workers 1 if it happens twice"
    )


_recipe_of_worker: Recipe | None = None


def _start_worker(recipe: Recipe) -> None:
    global _recipe_of_worker  # noqa: PLW0603 - one recipe a process, set once by the pool's initializer
    cv2.setNumThreads(1)  # two workers of one thread beat one of two by measurement
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent ends the workers
    _recipe_of_worker = recipe


def _in_worker(tasks: Sequence[_Task]) -> list[_Done | Unreadable]:
    if _recipe_of_worker is None:
        raise RuntimeError("a worker got work before its recipe")
    return observe_batch(_recipe_of_worker, tasks)


def observe_batch(recipe: Recipe, tasks: Sequence[_Task]) -> list[_Done | Unreadable]:
    """Decode each file once, encode the new frames together, then all their boxes together."""
    opened = [_open(task) for task in tasks]
    readable = [(task, frame) for task, frame in zip(tasks, opened, strict=True) if isinstance(frame, Frame)]
    observed = _frames(recipe.encoders, readable)
    proposed = [
        _boxes(recipe, task.request, seen) for (task, _), seen in zip(readable, observed, strict=True)
    ]
    regions = _regions(recipe, [frame for _, frame in readable], proposed)
    done = iter(
        _rows_of(recipe, task, seen, boxes, rows)
        for (task, _), seen, boxes, rows in zip(readable, observed, proposed, regions, strict=True)
    )
    return [next(done) if isinstance(frame, Frame) else frame for frame in opened]


def _open(task: _Task) -> Frame | Unreadable:
    try:
        return read_frame(task.request.path, longest_side=WORKING_SIDE)
    except ImageError as error:
        return Unreadable(task.request.path, str(error))


def _frames(encoders: Encoders, readable: Sequence[tuple[_Task, Frame]]) -> list[Observation]:
    new = [frame for task, frame in readable if task.frame is None]
    fresh = iter(_observe_frames(encoders, new))
    return [frame_from_bytes(task.frame) if task.frame is not None else next(fresh) for task, _ in readable]


def _observe_frames(encoders: Encoders, frames: Sequence[Frame]) -> list[Observation]:
    if not frames:
        return []
    styles = encoders.style.encode(frames)
    renderings = encoders.rendering.encode(frames)
    faces = encoders.faces.faces(frames) if encoders.faces else [()] * len(frames)
    return [
        Observation(
            digest=frame.digest,
            width=frame.width,
            height=frame.height,
            notes=frame.notes,
            style=style,
            rendering=rendering,
            colors=frame_field(frame),
            regions=(),
            faces=found,
            thumbnail=encode_jpeg(resize_area(frame.pixels, THUMBNAIL_SIDE), THUMBNAIL_QUALITY),
        )
        for frame, style, rendering, found in zip(frames, styles, renderings, faces, strict=True)
    ]


def _boxes(recipe: Recipe, request: Request, observation: Observation) -> tuple[Proposal, ...]:
    whole = (Proposal("", WHOLE, 1.0, pinned=True),) if request.whole else ()
    return (*whole, *request.places, *recipe.locator.locate(observation.colors, request.wanted))


def _regions(
    recipe: Recipe, frames: Sequence[Frame], proposed: Sequence[tuple[Proposal, ...]]
) -> list[dict[str, bytes]]:
    """For each frame its region rows; every distinct box once, all boxes of the batch in one call."""
    boxes = [tuple({proposal.box: proposal for proposal in proposals}.values()) for proposals in proposed]
    crops = [frame.crop(p.box) for frame, proposals in zip(frames, boxes, strict=True) for p in proposals]
    vectors = iter(recipe.encoders.subject.encode(crops) if crops else ())
    fields = iter(map(subject_field, crops))
    return [
        {
            recipe.region_key(frame.digest, p.box): region_to_bytes(Region(p, next(vectors), next(fields)))
            for p in proposals
        }
        for frame, proposals in zip(frames, boxes, strict=True)
    ]


def _rows_of(
    recipe: Recipe, task: _Task, seen: Observation, boxes: tuple[Proposal, ...], regions: dict[str, bytes]
) -> _Done:
    rows = dict(regions)
    rows[recipe.boxes_key(seen.digest, task.request)] = json.dumps([_row(box) for box in boxes]).encode()
    rows[recipe.frame_key(seen.digest)] = task.frame if task.frame is not None else frame_to_bytes(seen)
    return _Done(seen.digest, rows, encoded=len(regions) + (task.frame is None))


def _row(proposal: Proposal) -> list[object]:
    return [proposal.name, numbers(proposal.box), proposal.score, proposal.pinned]


def _proposals(row: bytes) -> tuple[Proposal, ...]:
    try:
        return tuple(Proposal(name, Box(*box), score, pinned) for name, box, score, pinned in json.loads(row))
    except (TypeError, ValueError) as error:
        raise ObservationError(f"this row is no list of boxes: {error}") from error


def frame_field(frame: Frame) -> ColorField:
    """The colors of a whole picture."""
    lab = srgb_to_lab(resize_area(frame.pixels, FRAME_FIELD_SIDE))
    return ColorField(lab.astype(np.float16), np.full(lab.shape[:2], 255, np.uint8))


def subject_field(crop: Frame) -> ColorField:
    """The colors of a crop, weighted by how likely each cell belongs to its subject."""
    subject = subject_of(crop)
    side = (REGION_FIELD_SIDE, REGION_FIELD_SIDE)
    lab = cv2.resize(subject.lab, side, interpolation=cv2.INTER_AREA)
    weight = np.rint(cv2.resize(subject.mask, side, interpolation=cv2.INTER_AREA) * 255)
    return ColorField(lab.astype(np.float16), weight.astype(np.uint8))
