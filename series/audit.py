"""Audit: everything that a report shows, as plain data without any markup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Literal

from consistency import Assessment, EncoderChoice, Tolerances, Verdict


@dataclass(frozen=True, slots=True)
class AuditReference:
    """A pinned picture, shown beside the frames."""

    name: str
    """Path as written in the manifest."""
    subject: str
    """Character name, or "style"."""
    digest: str
    """sha256 of the file."""
    thumbnail: bytes
    """JPEG, longest side at most 256 px."""
    wardrobe: str = ""
    """The outfit that it shows; empty for the main look."""


@dataclass(frozen=True, slots=True)
class AuditedReceipt:
    """How one pinned thing went out with a request."""

    about: str
    """"mara: front.png", "seed" ..."""
    said: str
    """"sent as Image 2", "in the words", "not sent: the generator takes no seed"."""
    sent: bool


@dataclass(frozen=True, slots=True)
class AuditedAttempt:
    """One try at a frame, as a report tells it. Made by a run; an audit of finished frames has none."""

    number: int
    """From 1, repairs and failures included."""
    kind: str
    """asked, repaired or failed."""
    verdict: Verdict | None
    """None without a picture."""
    thumbnail: bytes
    """JPEG, longest side at most 256 px; empty without a picture."""
    changed: str
    """What was reinforced or repaired before this try, in words; empty for the first."""
    answers: str
    """What it answers: "identity of mara"; empty for the first."""
    drifted: tuple[str, ...]
    """What was found in it, in words, worst first; or why there is no picture."""
    skipped: tuple[str, ...]
    """Stronger means that were passed over, each with its reason."""
    decision: str
    """What followed: "accepted", "asked again: ...", "repaired here: ...", "a person is asked: ..."."""
    usd: float
    seconds: float
    kept: bool
    """This try is the frame."""
    generator: str = ""
    """Who was asked; empty for a repair."""
    moved: str = ""
    """Why it was asked of another generator than the try before; empty when it was not."""
    receipts: tuple[AuditedReceipt, ...] = ()
    """How each pinned thing went out; empty for a repair."""


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What making the series took."""

    generator: str
    accepted: int
    """Frames that passed."""
    to_look_at: int
    """Of these, how many have something UNSURE in them."""
    asked_person: int
    """Frames that a person has to decide on."""
    unfinished: int
    """Panels without any picture yet."""
    requests: int
    """Sent to the generator, in all runs."""
    images: int
    """Pictures that came back."""
    repairs: int
    """Repairs made here, for nothing."""
    usd: float
    """Confirmed, in all runs."""
    usd_unknown: float
    """May have been billed: sent, and never answered."""
    refusals: int
    """Refused by the provider's policy."""
    failures: int
    """Other requests without a picture."""
    latency_p50: float
    """Seconds from sending to answer; nan with too few answers to say so."""
    latency_p95: float
    latency_min: float = nan
    """Of the fastest answer; nan without an answer."""
    latency_max: float = nan

    @property
    def usd_per_accepted(self) -> float | None:
        """None when nothing was accepted."""
        return self.usd / self.accepted if self.accepted else None

    @property
    def images_per_accepted(self) -> float | None:
        """Pictures made for each accepted frame; None when nothing was accepted."""
        return self.images / self.accepted if self.accepted else None

    @property
    def acceptance(self) -> float | None:
        """Accepted frames by pictures made; None when no picture was made."""
        return self.accepted / self.images if self.images else None


@dataclass(frozen=True, slots=True)
class PeerScore:
    """A score that another project publishes for a series, computed here. It judges nothing."""

    name: str
    """"CIDS cross", "OCCM" ..."""
    value: float | None
    """None when it could not be computed."""
    low: float
    """The range of its values."""
    high: float
    encoder: str
    """What it was computed with. Scores of different encoders do not compare."""
    source: str
    """Who defined it."""
    blind_to: str
    """What it does not see, in words."""
    reason: str = ""
    """Why there is no value; empty when there is one."""
    best: Literal["low", "high"] = "high"
    """The end of the range that its makers call good."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What one run alone took, apart from those before it."""

    requests: int
    images: int
    usd: float
    """Confirmed."""
    usd_unknown: float
    """May have been billed."""


@dataclass(frozen=True, slots=True)
class AuditedFrame:
    """One frame with its assessment, or the reason why it has none."""

    panel: str
    """Panel id; empty for a frame that no panel names."""
    file: str
    """Path relative to the frames folder."""
    characters: tuple[str, ...]
    """Characters that the panel pins."""
    width: int
    """Pixels, after the EXIF turn; 0 when unreadable."""
    height: int
    thumbnail: bytes
    """JPEG, longest side at most 256 px; empty when unreadable, or when no report needs pictures."""
    assessment: Assessment
    """Without findings when unreadable."""
    error: str = ""
    """Why the file could not be read; empty when it could."""
    notes: tuple[str, ...] = ()
    """What decoding had to do: "turned by EXIF", "Display P3 converted to sRGB" ..."""
    scene: str = ""
    """What the panel asks for, in words."""
    shot: str = ""
    """wide, close_up ...; empty when not pinned."""
    wardrobe: Mapping[str, str] = field(default_factory=dict)
    """Character → planned outfit, where it is not the main look."""
    placed: tuple[str, ...] = ()
    """Characters whose place in the frame the panel pins."""
    attempts: tuple[AuditedAttempt, ...] = ()
    """How a run came to this frame, in order."""
    outcome: str = ""
    """Of a run: "accepted", or why a person is asked."""
    chosen: str = ""
    """Who was chosen to make it, and why; empty where the manifest says who makes all."""

    @property
    def verdict(self) -> Verdict:
        """UNSURE for an unreadable frame: nothing about it was measured."""
        return Verdict.UNSURE if self.error else self.assessment.verdict


@dataclass(frozen=True, slots=True)
class Audit:
    """The whole series."""

    series: str
    kind: str
    """comic, storyboard or brand."""
    frames: tuple[AuditedFrame, ...]
    """In panel order; frames without a panel last."""
    panels_without_frame: tuple[str, ...]
    frames_without_panel: tuple[str, ...]
    references: tuple[AuditReference, ...]
    encoders: Mapping[str, str]
    """Role → encoder id."""
    tolerances: Tolerances
    notes: tuple[str, ...]
    """What the reader must know: not locked, references changed, one character only ..."""
    version: str
    """Version of this package."""
    manifest: str = ""
    """The manifest as the caller named it; empty when the caller is no command line."""
    frames_folder: str = ""
    """The folder of frames as the caller named it."""
    licenses: Mapping[str, str] = field(default_factory=dict)
    """Role → its models with their licenses; only roles that use model files."""
    choices: tuple[EncoderChoice, ...] = ()
    """Why each encoder was picked; empty where a person named them."""
    peers: tuple[PeerScore, ...] = ()
    """What other projects would score the series; empty when nobody computed it."""
    run: RunFigures | None = None
    """None for an audit of finished frames."""

    @property
    def verdict(self) -> Verdict:
        """The worst of the frames; UNSURE when a panel has no frame or there are no frames."""
        worst = max(
            (frame.verdict for frame in self.frames), key=lambda v: v.severity, default=Verdict.UNSURE
        )
        incomplete = bool(self.panels_without_frame)
        if incomplete and worst is Verdict.CONSISTENT:
            return Verdict.UNSURE
        return worst

    def count(self, verdict: Verdict) -> int:
        """Number of frames with this verdict."""
        return sum(frame.verdict is verdict for frame in self.frames)
