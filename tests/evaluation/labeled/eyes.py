"""Files and boxes in, observations out: each picture is observed once for each encoder set, and timed.

Through the public API: `Observer` and `ObservationCache` do the work, so that `--cache` makes a second run
short, and code that changed is never answered for by an old cache.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from consistency import (
    BACKGROUND_BOXES,
    Box,
    Encoders,
    Locator,
    Observation,
    ObservationCache,
    Observer,
    Proposal,
    Recipe,
    Region,
    Request,
    Unreadable,
)
from labeled.reader import WHOLE, DataError, Labeled, Row

GIVEN = "given"
"""What boxes of the labels are observed for, whoever is in them."""
AROUND = "around"


@dataclass(slots=True)
class Spent:
    """Processor time on new pictures: decoding, the whole frame, all boxes in it."""

    pictures: int = 0
    boxes: float = 0.0
    seconds: float = 0.0

    @property
    def milliseconds(self) -> float:
        """Of processor time a picture; nan when all were in the cache."""
        return 1000 * self.seconds / self.pictures if self.pictures else float("nan")


@dataclass(slots=True, eq=False)
class Eyes:
    """An encoder set and everything that it saw so far."""

    encoders: Encoders
    cache: ObservationCache
    workers: int = 1
    spent: dict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    """By task."""
    _seen: dict[Path, Observation] = field(default_factory=dict)

    def look(self, labeled: Labeled) -> None:
        """Observe every picture with every box that any task tells. Raises DataError for one that cannot be
        read, naming the row."""
        boxes = told_boxes(labeled)
        self._warm_up(next(iter(boxes), None))
        tasks, rows = _first_uses(labeled)
        by_task: dict[str, list[Path]] = defaultdict(list)
        for path in boxes:
            by_task[tasks[path]].append(path)
        for task, paths in by_task.items():
            requests = [
                Request(path, places=tuple(Proposal(GIVEN, box, 1.0, pinned=True) for box in boxes[path]))
                for path in paths
            ]
            found = self.observe(task, requests, Locator.build({}))
            for path, seen in zip(paths, found, strict=True):
                self._seen[path] = _readable(seen, rows[path])

    def _warm_up(self, path: Path | None) -> None:
        """Load the nets before time is taken."""
        if path is not None and self.workers == 1:
            observer = Observer(Recipe(self.encoders, Locator.build({})), ObservationCache(None))
            list(observer.observe([Request(path, whole=True)]))

    def observe(
        self, task: str, requests: Iterable[Request], locator: Locator
    ) -> list[Observation | Unreadable]:
        """→ one for each request; the time is counted for the task."""
        observer = Observer(Recipe(self.encoders, locator), self.cache, workers=self.workers)
        start = time.process_time()  # wall time is that of everything else on the machine too
        found = list(observer.observe(requests))
        new = observer.counts.decoded
        if new and self.workers == 1:
            spent = self.spent[task]
            regions = [len(seen.regions) for seen in found if isinstance(seen, Observation)]
            spent.pictures += new
            spent.boxes += new * sum(regions) / max(1, len(regions))
            spent.seconds += time.process_time() - start
        return found

    def frame(self, path: Path) -> Observation:
        """The whole picture, no region in it."""
        return replace(self._seen[path], regions=())

    def region(self, path: Path, box: Box) -> Region:
        """What was seen in a box that was told."""
        return next(region for region in self._seen[path].regions if region.proposal.box == box)

    def find(self, task: str, rows: Mapping[Path, Row], wanted: Mapping[str, int], locator: Locator):
        """Path → observation of a frame in which nothing is told. rows: one of each file, for errors."""
        found = self.observe(task, [Request(path, wanted) for path in rows], locator)
        return {
            path: _readable(seen, row.where) for (path, row), seen in zip(rows.items(), found, strict=True)
        }


def _readable(seen: Observation | Unreadable, where: str) -> Observation:
    if isinstance(seen, Unreadable):
        raise DataError(f"{where}: {seen.reason}")
    return seen


def told_boxes(labeled: Labeled) -> dict[Path, tuple[Box, ...]]:
    """Path → the boxes to observe in it, each once."""
    found: dict[Path, dict[Box, None]] = defaultdict(dict)
    cast: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in labeled.rows:
        if row.role == "reference":
            cast[row.task, row.series].add(row.character)
    for pair in labeled.pairs:
        for path, box in ((pair.a, pair.box_a), (pair.b, pair.box_b)):
            asked = found[path]  # style is measured on the whole frame, without a box
            if pair.question == "identity":
                asked |= dict.fromkeys((box, *(background(box) if path == pair.a else ())))
    for row in labeled.rows:
        asked = found[row.file]
        if row.role == "reference":
            box, alone = row.box or WHOLE, len(cast[row.task, row.series]) == 1
            asked |= dict.fromkeys((box, *(background(box) if alone else ())))
        elif row.role == "frame" and not row.hidden and (row.identity or row.color):
            asked[row.box or WHOLE] = None
    return {path: tuple(boxes) for path, boxes in found.items()}


def background(box: Box) -> tuple[Box, ...]:
    """The corner windows of a reference: what stands around a character that is the project's only one."""
    wide, tall = box.right - box.left, box.bottom - box.top
    return tuple(
        Box(
            box.left + wide * part.left,
            box.top + tall * part.top,
            min(1.0, box.left + wide * part.right),
            min(1.0, box.top + tall * part.bottom),
        )
        for part in BACKGROUND_BOXES
    )


def _first_uses(labeled: Labeled) -> tuple[dict[Path, str], dict[Path, str]]:
    """Path → the first task that uses it; path → file and line of that use."""
    tasks: dict[Path, str] = {}
    where: dict[Path, str] = {}
    uses = [(path, p.task, p.where) for p in labeled.pairs for path in (p.a, p.b)]
    uses += [(row.file, row.task, row.where) for row in labeled.rows]
    for path, task, line in uses:
        tasks.setdefault(path, task)
        where.setdefault(path, line)
    return tasks, where
