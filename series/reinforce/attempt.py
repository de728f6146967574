"""Attempt: one picture asked for, or repaired, with what came of it; and the decisions that follow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from consistency import Assessment, Box
from series.drift import DriftKind
from series.generators.generator import FailureKind
from series.request import GenerationRequest, Reinforcement


class RepairKind(Enum):
    """A repair that is made here, for nothing, the same each time."""

    REMAP_COLOR = "remap_color"
    """A color that was replaced is turned back, inside a box."""
    SET_LETTERING = "set_lettering"
    """The words are set with a real font."""


@dataclass(frozen=True, slots=True)
class Repair:
    """What to do to a picture."""

    kind: RepairKind
    drift: DriftKind
    subject: str
    part: str
    """Swatch; empty for lettering."""
    answers: str
    """The check of the finding."""
    box: Box
    """Nothing outside it changes."""
    found: str = ""
    """#rrggbb that is there now; empty for lettering."""
    pinned: str = ""
    """#rrggbb that must be there; empty for lettering."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rung that could not be taken, and why: never dropped in silence."""

    rung: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """One try at a panel."""

    number: int
    """From 1, in the order of the panel's tries, repairs and failures included."""
    request: GenerationRequest | None
    """None for a repair."""
    repair: Repair | None
    """None for a request."""
    image: str
    """sha256 of the picture that was kept of this try; empty when there is none."""
    others: tuple[str, ...] = ()
    """Candidates that were not kept."""
    failure: FailureKind | None = None
    reason: str = ""
    """Why there is no picture, or what was odd about the answer."""
    assessment: Assessment | None = None
    """Of the whole frame; None without a picture."""
    usd: float = 0.0
    seconds: float = 0.0
    """From sending to answer, also of an earlier run; 0 for a repair."""
    generator: str = ""
    """Who was asked; empty for a repair."""


@dataclass(frozen=True, slots=True)
class Accept:
    """The attempt of this number is the frame."""

    number: int
    reason: str
    sure: bool = True
    """False when something in it is UNSURE: a person should look."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Ask again, one thing changed."""

    reinforcement: Reinforcement
    base: int
    """Number of the attempt whose request (or picture, for an edit) is built upon."""
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Mend:
    """Repair the picture of an attempt here."""

    repair: Repair
    base: int
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class AskHuman:
    """The machine stops here; the best attempt so far stays as it is."""

    reason: str
    best: int | None
    """Number of the attempt to look at; None when there is no picture."""
    skipped: tuple[Skipped, ...] = ()


Decision = Accept | Retry | Mend | AskHuman
