"""A few files in, what was seen in them out: decoded once, frames encoded together, then all their boxes.

The part of observing that runs in worker processes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.build import build_digest
from consistency.color import srgb_to_lab
from consistency.encoders.encoder import Encoders
from consistency.errors import ImageError, ObservationError
from consistency.image import WORKING_SIDE, Frame, encode_jpeg, mirrored_digest, read_frame, resize_area
from consistency.likeness import FRAME_SIDE, views_of
from consistency.locate import Locator
from consistency.measurement import WHOLE, Box, HeatMap
from consistency.observation import (
    OBSERVATION_VERSION,
    ColorField,
    Observation,
    Proposal,
    Region,
    frame_from_bytes,
    frame_to_bytes,
    numbers,
    region_to_bytes,
)
from consistency.subject import subject_of
from consistency.text_marks import marks_to_bytes, text_marks

FRAME_FIELD_SIDE = 64
"""Cells along the longer side of a frame's color field: 41 cells for 1 % of a square frame."""
REGION_FIELD_SIDE = 48
"""Cells along both sides of a region's color field, whatever its shape."""
THUMBNAIL_SIDE = 256
"""Pixels: two columns on a phone."""
THUMBNAIL_QUALITY = 72
"""JPEG quality: about 8 KB a thumbnail."""


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
    mirrored: bool = False
    """Observe its mirror image in its place: for references."""

    def content(self, digest: str) -> str:
        """Digest of what is looked at. digest: of the file."""
        return mirrored_digest(digest) if self.mirrored else digest

    lettering: tuple[Box, ...] = ()
    """Boxes to count letters in."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be observed, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """Everything that decides what an observation holds: sent to each worker once."""

    encoders: Encoders
    locator: Locator

    def frame_key(self, digest: str) -> str:
        """Key of the whole frame's facts."""
        locked = self.encoders.locked
        return self._key(
            "frame", digest, WORKING_SIDE, locked["style"], locked["rendering"], locked.get("faces", "")
        )

    def boxes_key(self, digest: str, request: Request) -> str:
        """Key of the boxes that a request comes to on this picture."""
        asked = [sorted(request.wanted.items()), [_row(place) for place in request.places], request.whole]
        by = [self.locator.id, self._maps if self.locator.by_map(request.wanted) else ""]
        return self._key("boxes", digest, hashlib.sha256(json.dumps([asked, by]).encode()).hexdigest())

    def region_key(self, digest: str, box: Box) -> str:
        """Key of what one box looks like: a whole picture in maps too."""
        maps = [self._maps] if box == WHOLE and self._maps else []
        return self._key("region", digest, numbers(box), self.encoders.locked["subject"], *maps)

    @property
    def _maps(self) -> str:
        return self.encoders.locked.get("maps", "")

    def lettering_key(self, digest: str, box: Box) -> str:
        """Key of what looks like letters in one box."""
        return self._key("lettering", digest, WORKING_SIDE, numbers(box))

    @staticmethod
    def _key(*parts: object) -> str:
        return "|".join(str(part) for part in (OBSERVATION_VERSION, build_digest()[:16], *parts))


@dataclass(frozen=True, slots=True)
class Task:
    """One file for a worker."""

    request: Request
    frame: bytes | None
    """The frame's facts where they are known, so that only its boxes need encoding."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a worker found in one file."""

    digest: str
    rows: dict[str, bytes]
    """For the cache: the frame, its boxes, what was seen in each."""
    encoded: int
    """Frames and regions that went through an encoder."""


def observe_batch(recipe: Recipe, tasks: Sequence[Task]) -> list[Done | Unreadable]:
    """Decode each file once, encode the new frames together, then all their boxes together."""
    opened = [_open(task) for task in tasks]
    readable = [(task, frame) for task, frame in zip(tasks, opened, strict=True) if isinstance(frame, Frame)]
    observed = _frames(recipe.encoders, readable)
    grids = _grids(recipe, readable)
    proposed = [
        _boxes(recipe, task.request, seen, grid)
        for (task, _), seen, grid in zip(readable, observed, grids, strict=True)
    ]
    regions = _regions(recipe, [frame for _, frame in readable], proposed)
    marks = [_lettering(recipe, frame, task.request.lettering) for task, frame in readable]
    done = iter(
        _rows_of(recipe, task, seen, boxes, rows, counted)
        for (task, _), seen, boxes, rows, counted in zip(
            readable, observed, proposed, regions, marks, strict=True
        )
    )
    return [next(done) if isinstance(frame, Frame) else frame for frame in opened]


def _open(task: Task) -> Frame | Unreadable:
    try:
        frame = read_frame(task.request.path, longest_side=WORKING_SIDE)
    except ImageError as error:
        return Unreadable(task.request.path, str(error))
    return frame.mirrored() if task.request.mirrored else frame


def _frames(encoders: Encoders, readable: Sequence[tuple[Task, Frame]]) -> list[Observation]:
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


def _grids(recipe: Recipe, readable: Sequence[tuple[Task, Frame]]) -> list[NDArray[np.float32] | None]:
    """The maps of the frames in which somebody is sought by them."""
    encoder, locator = recipe.encoders.maps, recipe.locator
    if encoder is None:
        return [None] * len(readable)
    sought = [bool(locator.by_map(task.request.wanted)) for task, _ in readable]
    frames = [frame for (_, frame), here in zip(readable, sought, strict=True) if here]
    maps = iter(encoder.maps(frames, FRAME_SIDE) if frames else ())
    return [next(maps) if here else None for here in sought]


def _boxes(
    recipe: Recipe, request: Request, observation: Observation, grid: NDArray[np.float32] | None
) -> tuple[Proposal, ...]:
    whole = (Proposal("", WHOLE, 1.0, pinned=True),) if request.whole else ()
    return (*whole, *request.places, *recipe.locator.locate(observation.colors, request.wanted, grid))


def _regions(
    recipe: Recipe, frames: Sequence[Frame], proposed: Sequence[tuple[Proposal, ...]]
) -> list[dict[str, bytes]]:
    """For each frame its region rows; every distinct box once, all boxes of the batch in one call."""
    boxes = [tuple({proposal.box: proposal for proposal in proposals}.values()) for proposals in proposed]
    crops = [frame.crop(p.box) for frame, proposals in zip(frames, boxes, strict=True) for p in proposals]
    vectors = iter(recipe.encoders.subject.encode(crops) if crops else ())
    fields = iter(map(subject_field, crops))
    views = _views(recipe.encoders, frames, boxes)
    return [
        {
            recipe.region_key(frame.digest, p.box): region_to_bytes(
                Region(p, next(vectors), next(fields), next(views) if p.box == WHOLE else None)
            )
            for p in proposals
        }
        for frame, proposals in zip(frames, boxes, strict=True)
    ]


def _views(
    encoders: Encoders, frames: Sequence[Frame], boxes: Sequence[tuple[Proposal, ...]]
) -> Iterator[NDArray[np.float32] | None]:
    """Of the pictures that are looked at whole, in their order."""
    whole = [
        frame
        for frame, proposals in zip(frames, boxes, strict=True)
        if any(proposal.box == WHOLE for proposal in proposals)
    ]
    if encoders.maps is None or not whole:
        return iter([None] * len(whole))
    return iter(views_of(encoders.maps, whole))


def _lettering(recipe: Recipe, frame: Frame, boxes: Sequence[Box]) -> dict[str, bytes]:
    return {
        recipe.lettering_key(frame.digest, box): marks_to_bytes(text_marks(frame, box)) for box in set(boxes)
    }


def _rows_of(
    recipe: Recipe,
    task: Task,
    seen: Observation,
    boxes: tuple[Proposal, ...],
    regions: dict[str, bytes],
    marks: dict[str, bytes],
) -> Done:
    rows = regions | marks
    rows[recipe.boxes_key(seen.digest, task.request)] = _rows_to_bytes(boxes)
    rows[recipe.frame_key(seen.digest)] = task.frame if task.frame is not None else frame_to_bytes(seen)
    return Done(seen.digest, rows, encoded=len(regions) + (task.frame is None))


def _row(proposal: Proposal) -> list[object]:
    return [proposal.name, numbers(proposal.box), proposal.score, proposal.pinned, proposal.by_map]


def _rows_to_bytes(proposals: Sequence[Proposal]) -> bytes:
    """A heat map is the same in all proposals for a character: it is kept once."""
    heats = {
        proposal.name: [proposal.heat.width, proposal.heat.height, proposal.heat.cells]
        for proposal in proposals
        if proposal.heat is not None
    }
    return json.dumps({"boxes": [_row(proposal) for proposal in proposals], "heat": heats}).encode()


def proposals_of(row: bytes) -> tuple[Proposal, ...]:
    """Read a row of boxes. Raises ObservationError for other bytes."""
    try:
        read = json.loads(row)
        heats = {name: HeatMap(*heat) for name, heat in read["heat"].items()}
        return tuple(
            Proposal(name, Box(*box), score, pinned, by_map, heats.get(name) if by_map else None)
            for name, box, score, pinned, by_map in read["boxes"]
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
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
