"""GenerationRequest: what a generator is asked for, as data; and its digest.

Four sections, rendered by `series.request.prompt` in a fixed order: structure, copy, style, constraints.
A request names everything that a picture depends on, so that one digest stands for it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from pathlib import Path

from consistency import Box
from series.drift import DriftKind

_Json = str | float | bool | list["_Json"] | dict[str, "_Json"] | None

REQUEST_VERSION = 1
"""Part of every digest. A change makes every picture that was paid for a stranger: change it only when an
old request no longer means the same."""


class Role(Enum):
    """What a reference picture is for."""

    CHARACTER = "character"
    STYLE = "style"
    PALETTE = "palette"
    LAYOUT = "layout"
    BASE = "base"
    """The picture that an edit starts from."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that is sent along, labeled by index and role."""

    role: Role
    subject: str
    """Character, or "style", "palette", "layout"."""
    digest: str
    """sha256 of the file: this is what the request's digest covers."""
    path: Path = field(compare=False)
    """Where the file is now: not part of the request's digest."""
    wardrobe: str = ""
    """The outfit that it shows; empty for the main look."""


@dataclass(frozen=True, slots=True)
class NamedColor:
    """A pinned color with its name and what wears it."""

    name: str
    hex: str
    """#rrggbb."""
    role: str = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity block of one character: word for word the same in every request."""

    name: str
    look: str
    medium: str
    wardrobe: str
    colors: tuple[NamedColor, ...]
    place: Box | None


@dataclass(frozen=True, slots=True)
class Words:
    """Lettering: text that must be in the picture, letter by letter."""

    text: str
    place: Box | None
    speaker: str
    """Empty for a caption or a sign."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What is in the picture and how it is built."""

    scene: str
    structure: str
    shot: str
    camera: str
    size: tuple[int, int]
    """Width, height in pixels."""


@dataclass(frozen=True, slots=True)
class StyleWords:
    """How the picture is made."""

    words: str
    avoid: tuple[str, ...]


class Means(Enum):
    """How a reinforcement reaches the generator, from cheap to dear: a rung of the ladder."""

    LOCAL = "local"
    """Repaired here, deterministically, for nothing: no request is sent."""
    TEXT = "text"
    """Said in words: traits, hex colors, placement, exclusions."""
    REFERENCE = "reference"
    """A reference picture put first, its role labeled."""
    NEW_SEED = "new_seed"
    """The same, drawn afresh."""
    EDIT = "edit"
    """The best picture so far, with one change asked for."""
    MASKED_EDIT = "masked_edit"
    """The same inside a box; what is outside is put back."""
    CANDIDATES = "candidates"
    """Several pictures at once, the best kept."""
    STRONGER_MODEL = "stronger_model"
    """Another model of the same provider."""
    REWORD = "reword"
    """Other words after a policy refusal, at most once."""


@dataclass(frozen=True, slots=True)
class Reinforcement:
    """One change of a request, and the finding that it answers."""

    kind: DriftKind
    means: Means
    subject: str
    """Character or palette; "frame" or "series" for the picture as a whole."""
    part: str
    """Swatch or other part of the subject; empty for the whole."""
    answers: str
    """The check of the finding: "identity.missing"."""
    text: str
    """What is said to the generator: traits, hex and name, placement. Without measured numbers, so that the
    request's digest does not hang on them."""


@dataclass(frozen=True, slots=True)
class EditOf:
    """The picture that an edit starts from."""

    digest: str
    path: Path = field(compare=False)
    root: str
    """Digest of the request that made the picture before any edit."""
    mended: tuple[DriftKind, ...] = ()
    """What was repaired here in the picture after it was made."""
    mask: Box | None = None
    """Only inside this box may change; None everywhere."""


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One picture to make, everything said."""

    panel: str
    structure: Structure
    copy: tuple[Words, ...]
    style: StyleWords
    identities: tuple[Identity, ...]
    absent: tuple[str, ...]
    """Pinned characters of the series whom this panel does not name: they must not be in it."""
    palette: tuple[NamedColor, ...]
    """Of the panel or the series; each character's own stand in its identity."""
    references: tuple[Reference, ...]
    """In the order in which they are sent."""
    seed: int
    reinforcements: tuple[Reinforcement, ...] = ()
    """In the order in which they were added."""
    edit: EditOf | None = None
    candidates: int = 1
    model: str = ""
    """A stronger model than the generator's usual one; empty for that."""

    @property
    def digest(self) -> str:
        """sha256 hex of everything but paths: the same for the same picture asked for, on any machine."""
        plain = _plain(self)
        text = json.dumps([REQUEST_VERSION, plain], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def root(self) -> str:
        """Digest of the request that first made this picture, before any edit."""
        return self.edit.root if self.edit else self.digest


def _plain(value: object) -> _Json:
    """Dataclasses, enums and tuples as JSON data, paths left out."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.name != "path"}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # equal requests have equal digests: a side may be 0 or 0.0
    if value is None or isinstance(value, str | int | float):
        return value
    raise TypeError(f"not plain data: {value!r}")
