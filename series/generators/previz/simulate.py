"""SimulatedModel: a generator that drifts, waits, fails and charges like an image model, by stated chances.

A request in; previz drafts out, each with the drifts that `chance` finds for it, and the truth about them
beside it. Only tests and benchmarks may read the truth: a loop that looked would measure nothing.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from consistency import ConsistencyError
from series.errors import GeneratorError, SeriesError
from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Outcome,
    Pacing,
)
from series.generators.previz.bill import Bill
from series.generators.previz.chance import draw_of, drifts_of, uniform
from series.generators.previz.latency import jittered, seconds_at
from series.generators.previz.mark import KEYWORD, Drawing, read, sent, written
from series.generators.previz.options import FAILURES, FAULTS, DriftOptions
from series.request import GenerationRequest, Role

NAME = "previz+drift"
TRUTH = ".truth.json"
"""What the name of the truth ends in, after that of its picture."""
RETRY_AFTER_S = 2.0
"""Seconds that a rate limit asks to wait, times the scale of the latency; 0 without latency."""
OVERDUE = 1.5
"""How many times the timeout a request that hangs is kept."""
BILLED = frozenset({FailureKind.TIMEOUT})
"""Failures after the picture was made: the provider charges it, and nobody here knows."""


class SimulatedModel:
    """A generator. The picture is decided by options and request alone; for a model without seeds also by the
    key. Failures are decided by the key and how often this object was asked with it. Thread-safe."""

    name = NAME

    def __init__(self, options: DriftOptions, *, folder: Path) -> None:
        """folder: the series', to which `bill` and `cast` are relative. Raises GeneratorError for a member of
        the cast whose picture is not there, and for paths that a link takes out of the folder."""
        self.options = options
        self._folder = folder
        self._cast = {name: _inside(folder, path, f"cast.{name}") for name, path in options.cast.items()}
        for name, path in self._cast.items():
            if not path.is_file():
                raise GeneratorError(f"generator.drift.cast.{name}: there is no file {options.cast[name]}")
        self._bill = (
            Bill(_inside(folder, options.bill, "bill"), idempotent=options.idempotent)
            if options.bill
            else None
        )
        self._lock = threading.Lock()
        self._in_flight = 0
        self._asked: Counter[str] = Counter()

    @property
    def abilities(self) -> Abilities:
        """As the options say."""
        return self.options.able()

    @property
    def pacing(self) -> Pacing:
        """As the options say."""
        return self.options.pace()

    def ready(self) -> None:
        """Always."""

    def price(self, request: GenerationRequest) -> float:
        """US dollars: the price of a picture, times the pictures asked for."""
        return self.options.price * max(1, request.candidates)

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Make the pictures. Composing them counts into the latency: only the rest of it is waited out."""
        started = time.monotonic()
        with self._busy(key) as (in_flight, before):
            latency = self.options.latency
            fault = self._fault(key, before)
            outcome = self._answer(request, key, fault)
            seconds = seconds_at(in_flight, latency)
            if latency is not None:
                seconds = jittered(seconds, latency.jitter, uniform(self.options.seed, key, "jitter"))
            if fault == "hang":
                seconds = self.options.timeout_s * OVERDUE
            time.sleep(max(0.0, seconds - (time.monotonic() - started)))
            return outcome

    @contextmanager
    def _busy(self, key: str) -> Iterator[tuple[int, int]]:
        """Requests in flight, this one counted; and how often this key was asked before."""
        with self._lock:
            self._in_flight += 1
            in_flight, before = self._in_flight, self._asked[key]
            self._asked[key] += 1
        try:
            yield in_flight, before
        finally:
            with self._lock:
                self._in_flight -= 1

    def _fault(self, key: str, before: int) -> str:
        """The failure that this request ends with; empty for none."""
        left = uniform(self.options.seed, key, before, "failure")
        for name in FAILURES:
            share = self.options.failures.get(name, 0.0)
            if left < share:
                return name
            left -= share
        return ""

    def _answer(self, request: GenerationRequest, key: str, fault: str) -> Outcome:
        refused = _beyond(request, self.abilities)
        if refused:
            return Failed(FailureKind.INVALID_REQUEST, refused)
        if fault and fault not in FAULTS:
            return self._failed(request, key, FailureKind(fault))
        if fault == "hang":
            self._charge(request, key, self.price(request))
            return Failed(FailureKind.TIMEOUT, "the simulated model hung")
        count = max(1, request.candidates) - (fault == "fewer")
        try:
            images = tuple(self._image(request, key, index, fault) for index in range(count))
        except (ConsistencyError, SeriesError) as error:
            return Failed(FailureKind.INVALID_REQUEST, str(error))
        return Generated(images, self._charge(request, key, self.options.price * count))

    def _failed(self, request: GenerationRequest, key: str, kind: FailureKind) -> Failed:
        if kind is FailureKind.RAISED:
            raise RuntimeError("the simulated model raised, as it was told to")
        scale = self.options.latency.scale if self.options.latency else 0.0
        wait = RETRY_AFTER_S * scale if kind is FailureKind.RATE_LIMITED else None
        stage = "output" if kind is FailureKind.POLICY else ""
        if kind in BILLED:
            self._charge(request, key, self.price(request))
        return Failed(kind, f"the simulated model failed: {kind.value}", wait, stage)

    def _charge(self, request: GenerationRequest, key: str, usd: float) -> float:
        """Charged when it is made, before it is sent: a run that is killed while it waits has been billed."""
        if self._bill is not None:
            self._bill.charge(key, request.panel, usd)
        return usd

    def _image(self, request: GenerationRequest, key: str, index: int, fault: str) -> GeneratedImage:
        if fault == "garbage":
            return GeneratedImage(b"<html>502 Bad Gateway</html>", _truth(request, "", fault=fault))
        sent = [one.path for one in request.references if one.role is not Role.BASE]
        if fault == "reference" and sent:
            return GeneratedImage(sent[0].read_bytes(), _truth(request, "", fault=fault))
        return self._drawn(request, self._drawing(request, key, index), fault)

    def _drawn(self, request: GenerationRequest, drawing: Drawing, fault: str) -> GeneratedImage:
        from series.generators.previz.dice import Dice
        from series.generators.previz.draw import draw as drawn
        from series.generators.previz.draw import encode
        from series.generators.previz.layout import draft_of
        from series.generators.previz.spoil import another_aspect, spoil
        from series.generators.previz.worn import worn

        shown = replace(request, references=drawing.references)
        found = drifts_of(shown, self.options, drawing.draw)
        said = f"{self.options.seed}:{drawing.draw}"
        dice = Dice(int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big"))
        draft = draft_of(replace(shown, seed=shown.seed + drawing.candidate))
        if fault == "wrong_size":
            draft = replace(draft, size=another_aspect(draft.size, 1.0))
        elif fault:
            fault = ""
        spoiled = spoil(draft, shown, found, dice, cast=self._cast, worn=worn)
        pixels = spoiled.finished(drawn(spoiled.draft))
        drifts = [
            {
                "kind": done.drift.kind.value,
                "subject": done.drift.subject,
                "part": done.part,
                "size": done.drift.size,
                "note": done.note,
            }
            for done in spoiled.done
        ]
        said_of_it = {KEYWORD: written(drawing, self._folder)}
        return GeneratedImage(encode(pixels, said_of_it), _truth(request, drawing.draw, drifts, fault))

    def _drawing(self, request: GenerationRequest, key: str, index: int) -> Drawing:
        """That of the picture behind an edit; a new one else."""
        if request.edit is None:
            draw = draw_of(request, index, "" if self.options.abilities.seed else key)
            return Drawing(draw, index, request.references)
        # A picture that was repaired here has lost its mark; it is nearly always the first candidate.
        found = read(request.edit.path, self._folder)
        return found or Drawing(request.edit.root, 0, sent(request))


def _truth(
    request: GenerationRequest, draw: str, drifts: list[dict[str, str | float]] | None = None, fault: str = ""
) -> Mapping[str, bytes]:
    """What is wrong with a picture, for those who measure."""
    said = {"drifts": drifts or [], "request": request.digest, "draw": draw, "fault": fault}
    return {TRUTH: json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True).encode()}


def _beyond(request: GenerationRequest, abilities: Abilities) -> str:
    """What the request asks for that the model cannot do; empty when it can do it all."""
    # The picture that an edit starts from is no reference.
    sent = sum(one.role is not Role.BASE for one in request.references)
    if sent > abilities.reference_images:
        return f"{sent} reference pictures; this model takes {abilities.reference_images}"
    if request.candidates > abilities.candidates:
        return f"{request.candidates} candidates; this model makes {abilities.candidates}"
    if request.edit is not None and not abilities.edit:
        return "an edit; this model makes new pictures only"
    if request.edit is not None and request.edit.mask is not None and not abilities.mask:
        return "an edit with a mask; this model takes none"
    if request.model and request.model not in abilities.stronger_models:
        return f"the model {request.model!r}; there is none of that name"
    return ""


def _inside(folder: Path, path: str, key: str) -> Path:
    """The file, links followed. Raises GeneratorError when that leaves the folder."""
    whole = folder / path
    if not whole.resolve().is_relative_to(folder.resolve()):
        raise GeneratorError(f"generator.drift.{key}: {path} leads out of the series' folder")
    return whole
