"""The folder of a simulated run's pictures in, what is truly wrong with each picture out.

Reads the `.truth.json` that the simulated model writes beside its pictures. A picture that was repaired here
has none: what is wrong with it is known from the picture behind it, and from comparing its pixels with those
of the same draft without any drift.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from consistency import read_frame
from series.drift import DriftKind
from series.generators.generator import Generated
from series.generators.previz.options import DriftOptions
from series.generators.previz.simulate import TRUTH, SimulatedModel
from series.reinforce.attempt import Attempt, RepairKind
from series.request import GenerationRequest
from series.run.frame_loop import FrameLoop
from series.run.images import Images

SIDE = 512
"""Pixels along the longer side at which two pictures are compared."""
OFF = 6.0
"""ΔE (Lab) from which a pixel counts as another color: resampling moves fewer."""
LEFT = 0.25
"""A repair mended a color when at most this part of the wrong pixels is left."""
HARM = 0.005
"""A repair harmed a picture when this share of its pixels is wrong that was not."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One drift that is in a picture."""

    kind: DriftKind
    subject: str
    part: str
    size: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What is wrong with a picture."""

    drifts: tuple[Wrong, ...]
    fault: str = ""

    @property
    def clean(self) -> bool:
        """Nothing is."""
        return not self.drifts and not self.fault


@dataclass(frozen=True, slots=True)
class Mended:
    """What a repair did, pixel by pixel."""

    before: float
    """Share of pixels of another color than without drift, before the repair."""
    after: float
    new: float
    """Share of pixels that the repair made wrong."""

    @property
    def fixed(self) -> bool:
        """Hardly a wrong pixel is left."""
        return self.after <= LEFT * self.before and self.new <= HARM


class Truths:
    """Truth of a run's pictures."""

    def __init__(self, images: Images, options: DriftOptions, folder: Path) -> None:
        """folder: of the manifest."""
        self._images = images
        self._clean = SimulatedModel(
            options.model_copy(update={"rate": 0.0, "latency": None, "failures": {}, "bill": None}),
            folder=folder,
        )

    def of(self, loop: FrameLoop, attempt: Attempt) -> Truth:
        """Of the picture of an attempt."""
        if attempt.repair is None:
            return self.asked(attempt.image)
        base = base_of(loop, attempt)
        before = self.of(loop, base)
        if attempt.repair.kind is RepairKind.SET_LETTERING:
            return replace(before, drifts=_without(before, DriftKind.LETTERING, "frame"))
        mended = self.mended(loop, attempt)
        drifts = (
            _without(before, DriftKind.PALETTE, attempt.repair.subject) if mended.fixed else before.drifts
        )
        if mended.new > HARM:
            drifts = (*drifts, Wrong(DriftKind.PALETTE, attempt.repair.subject, attempt.repair.part, 0.0))
        return replace(before, drifts=drifts)

    def asked(self, image: str) -> Truth:
        """Of a picture that the model made."""
        path = self._images.path(image)
        told = json.loads(path.with_name(image + TRUTH).read_text(encoding="utf-8"))
        drifts = (Wrong(DriftKind(d["kind"]), d["subject"], d["part"], d["size"]) for d in told["drifts"])
        return Truth(tuple(drifts), told["fault"])

    def mended(self, loop: FrameLoop, attempt: Attempt) -> Mended:
        """What a repair of a color did."""
        base = base_of(loop, attempt)
        clean = self._without_drift(request_behind(loop, base))
        before, after = (_other_color(self._pixels(one.image), clean) for one in (base, attempt))
        return Mended(float(before.mean()), float(after.mean()), float((after & ~before).mean()))

    def _without_drift(self, request: GenerationRequest) -> np.ndarray:
        outcome = self._clean.generate(request, "truth")
        if not isinstance(outcome, Generated):
            raise TypeError(f"the model without drift failed: {outcome.reason}")
        decoded = cv2.imdecode(np.frombuffer(outcome.images[0].data, np.uint8), cv2.IMREAD_COLOR)
        return _lab(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))

    def _pixels(self, image: str) -> np.ndarray:
        return _lab(read_frame(self._images.path(image), longest_side=SIDE * 2).pixels)


def base_of(loop: FrameLoop, attempt: Attempt) -> Attempt:
    """The attempt whose picture a repair started from."""
    decision = loop.decisions[attempt.number - 2]
    return loop.attempts[decision.base - 1]


def request_behind(loop: FrameLoop, attempt: Attempt) -> GenerationRequest:
    """The request that made the picture before it was repaired."""
    while attempt.request is None:
        attempt = base_of(loop, attempt)
    return attempt.request


def pictures(loop: FrameLoop) -> Iterator[Attempt]:
    """Attempts with a picture that was looked at."""
    return (one for one in loop.attempts if one.assessment is not None)


def _without(truth: Truth, kind: DriftKind, subject: str) -> tuple[Wrong, ...]:
    return tuple(one for one in truth.drifts if (one.kind, one.subject) != (kind, subject))


def _lab(rgb: np.ndarray) -> np.ndarray:
    height, width = rgb.shape[:2]
    share = SIDE / max(height, width)
    small = cv2.resize(rgb, (round(width * share), round(height * share)), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _other_color(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    if one.shape != other.shape:
        return np.ones(other.shape[:2], bool)
    return np.linalg.norm(one - other, axis=-1) > OFF
