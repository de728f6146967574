"""Observer: files in, observations out, in order. Each file is decoded at most once (and once more for its
mirror image), then never again.

Facts are cached by content: the frame by (digest, encoders), the boxes to look at by (digest, request),
what was seen in each box by (digest, box, encoder). A worker that holds the decoded frame does both
passes, the whole frame and then its boxes.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context, parent_process

import cv2
from threadpoolctl import threadpool_limits

from consistency.batch import Done, Recipe, Request, Task, Unreadable, observe_batch, proposals_of
from consistency.cache import ObservationCache
from consistency.errors import ConsistencyError, ImageError, ObservationError
from consistency.image import digest_file
from consistency.observation import (
    Observation,
    frame_from_bytes,
    region_from_bytes,
)
from consistency.text_marks import marks_from_bytes

BATCH = 4
"""Frames handed to a worker at once: 12 MB of pixels, enough to pay for the trip between processes."""
BESIDE = 5
"""Niceness of workers at a desk, of 19: whoever hands pictures over (and asks for the next) goes first."""
SERIAL_BELOW = 8
"""Fewer new frames than this are observed in this process: starting workers takes longer."""


@dataclass(slots=True)
class Counts:
    """What an observer had to do. A second audit of the same files has only `cached`."""

    cached: int = 0
    decoded: int = 0
    encoded: int = 0
    """Frames and regions that went through an encoder."""


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

    @contextmanager
    def standing(self) -> Iterator[Desk]:
        """For pictures that arrive one by one: a desk whose workers stay until the block ends."""
        pool = _Beside(self._recipe) if self._workers < 2 else _Pool(self._recipe, self._workers, BESIDE)
        with pool:
            yield Desk(self, pool)

    def _in_order(
        self, todo: deque[Request], pool: _Serial | _Pool, ahead: int
    ) -> Iterator[Observation | Unreadable]:
        waiting: deque[Waiting] = deque()
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

    def _look_up(self, request: Request, batch: _Batch) -> Waiting:
        try:
            digest = request.content(digest_file(request.path))
        except ImageError as error:
            return Waiting(request, ready=Unreadable(request.path, str(error)))
        try:
            rows = self._rows(digest, request)
            observation = _assemble(self._recipe, digest, request, rows)
        except (ObservationError, ValueError):  # damaged rows are observed again and written over
            rows, observation = {}, None
        if observation is not None:
            self.counts.cached += 1
            return Waiting(request, ready=observation)
        batch.tasks.append(Task(request, rows.get(self._recipe.frame_key(digest))))
        return Waiting(request, batch=batch, index=len(batch.tasks) - 1)

    def _rows(self, digest: str, request: Request) -> dict[str, bytes]:
        boxes_key = self._recipe.boxes_key(digest, request)
        marks = (self._recipe.lettering_key(digest, box) for box in request.lettering)
        rows = self._cache.get([self._recipe.frame_key(digest), boxes_key, *marks])
        if boxes_key in rows:
            boxes = proposals_of(rows[boxes_key])
            rows |= self._cache.get({self._recipe.region_key(digest, proposal.box) for proposal in boxes})
        return rows

    def _answer(self, waiting: Waiting) -> Observation | Unreadable:
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
            # Workers make their keys from the files of this package as they are when the workers start.
            raise ConsistencyError(
                f"{waiting.request.path}: its observation is incomplete, as when this package is updated "
                f"while it runs; run the same command again"
            )
        return observation


class Desk:
    """Takes one picture at a time and observes it beside whatever its caller does meanwhile.

    For one thread: the one that opened it.
    """

    def __init__(self, observer: Observer, pool: _Beside | _Pool) -> None:
        self._observer = observer
        self._pool = pool

    def warm(self) -> None:
        """Start the workers now, so that the first picture does not wait for them."""
        self._pool.warm()

    def submit(self, request: Request, done: Callable[[Waiting], None]) -> None:
        """Hand a picture over. `done` is called with what to take once it can be taken: at once for a
        picture that is known, else from another thread."""
        batch = _Batch()
        waiting = self._observer._look_up(request, batch)  # noqa: SLF001 - one class in two halves
        _submit(batch, self._pool)
        if batch.future is None:
            done(waiting)
        else:
            batch.future.add_done_callback(lambda _: done(waiting))

    def take(self, waiting: Waiting) -> Observation | Unreadable:
        """What was seen. Waits if it is not done yet."""
        return self._observer._answer(waiting)  # noqa: SLF001 - one class in two halves


@dataclass(slots=True, eq=False)
class _Batch:
    tasks: list[Task] = field(default_factory=list)
    future: Future[list[Done | Unreadable]] | None = None

    @property
    def full(self) -> bool:
        return len(self.tasks) >= BATCH


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """A picture that was handed over."""

    request: Request
    ready: Observation | Unreadable | None = None
    batch: _Batch | None = None
    index: int = 0


def _submit(batch: _Batch, pool: _Serial | _Beside | _Pool) -> _Batch:
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
    for proposal in proposals_of(boxes):
        row = rows.get(recipe.region_key(digest, proposal.box))
        if row is None:
            return None
        regions.append(region_from_bytes(row, proposal))
    marks = []
    for box in dict.fromkeys(request.lettering):
        row = rows.get(recipe.lettering_key(digest, box))
        if row is None:
            return None
        marks.append(marks_from_bytes(row, box))
    return replace(frame_from_bytes(frame, tuple(regions)), lettering=tuple(marks))


class _Serial:
    """Observes in this process, when the answer is asked for."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def submit(self, tasks: Sequence[Task]) -> Future[list[Done | Unreadable]]:
        future: Future[list[Done | Unreadable]] = Future()
        future.set_result(observe_batch(self._recipe, tasks))
        return future


class _Beside:
    """Observes in one thread of this process."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._executor = ThreadPoolExecutor(1, "observer")

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)

    def warm(self) -> None:
        return None

    def submit(self, tasks: Sequence[Task]) -> Future[list[Done | Unreadable]]:
        return self._executor.submit(observe_batch, self._recipe, tasks)


class _Pool:
    """Observes in worker processes; they start with the first batch."""

    def __init__(self, recipe: Recipe, workers: int, nice: int = 0) -> None:
        self._recipe = recipe
        self._workers = workers
        self._nice = nice
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, tasks: Sequence[Task]) -> Future[list[Done | Unreadable]]:
        try:
            return self._started().submit(_in_worker, tasks)
        except BrokenProcessPool as error:
            raise _worker_died() from error

    def warm(self) -> None:
        executor = self._started()
        for _ in range(self._workers):
            executor.submit(_nothing)

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            # spawn: a fork would copy locks that the progress display's thread may hold.
            self._executor = ProcessPoolExecutor(
                self._workers, get_context("spawn"), _start_worker, (self._recipe, self._nice)
            )
            with _interrupts_ignored():
                self._executor.submit(_nothing)
        return self._executor


def _worker_died() -> ConsistencyError:
    return ConsistencyError(
        "a worker process ended without an answer (out of memory?); what was observed is kept: "
        "run the same command again, with --workers 1 if it happens twice"
    )


_recipe_of_worker: Recipe | None = None


def _start_worker(recipe: Recipe, nice: int) -> None:
    global _recipe_of_worker  # noqa: PLW0603 - one recipe a process, set once by the pool's initializer
    if nice and hasattr(os, "nice"):
        os.nice(nice)
    # Two workers of one thread beat one of two by measurement; two of two took twice as long.
    cv2.setNumThreads(1)
    threadpool_limits(limits=1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the parent ends the workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _recipe_of_worker = recipe


def _end_with_parent() -> None:
    """A parent that is killed cannot tell its workers: they would wait for work forever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Processes that start meanwhile ignore Ctrl-C from their first moment: it reaches them too, and each
    would print where it was."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread sets how signals are taken
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _nothing() -> None:
    """Work that starts a worker."""


def _in_worker(tasks: Sequence[Task]) -> list[Done | Unreadable]:
    if _recipe_of_worker is None:
        raise RuntimeError("a worker got work before its recipe")
    return observe_batch(_recipe_of_worker, tasks)
