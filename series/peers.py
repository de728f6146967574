"""Measured frames in, the scores that other projects publish for such a series out: to stand beside ours.

They judge nothing here. Each says what it does not see, and which encoder it was computed with: scores of
different encoders do not compare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency import OnStage, cids, mean_cids, mean_copy_paste, occm, subject_consistency
from series.audit import PeerScore
from series.measured import Measured
from series.pinned import LookVectors, Pinned, look_in
from series.plan import FrameOrder

Rows = NDArray[np.float32]

VISTORY: Final = "ViStoryBench (CVPR 2026)"
VBENCH: Final = "VBench (Huang et al. 2024)"
NO_CHARACTER: Final = "no character of these frames has a reference picture"


def reference_rows(order: FrameOrder, pinned: Pinned) -> dict[str, Rows]:
    """Look → the vectors of its references that a frame of this panel is cast by."""
    return {look: vectors.rows for look, vectors in _of_panel(order, pinned).items()}


def peer_scores(measured: Sequence[Measured], pinned: Pinned) -> tuple[PeerScore, ...]:
    """CIDS, OCCM, copy-paste and VBench's subject consistency of the frames that could be read, which stand
    in panel order. → always all of them; one that cannot be computed has no value, and says why."""
    read = [one for one in measured if one.stage is not None]
    stages = [one.stage for one in read if one.stage is not None]
    known: dict[str, LookVectors] = {}
    for one in read:
        known |= _of_panel(one.order, pinned)
    encoder = ", ".join(sorted({_encoder_of(look, known[look], pinned) for look in known}))
    return (*_of_characters(stages, known, encoder), _of_frames(stages, pinned.encoders["style"]))


def _of_panel(order: FrameOrder, pinned: Pinned) -> dict[str, LookVectors]:
    """A photographed character is cast by its face, where its references show one."""
    looks = {look_in(member, pinned): member.medium for member in order.characters}
    found = {look: pinned.faces.get(look) if medium == "photo" else None for look, medium in looks.items()}
    both = {look: faces or pinned.regions.get(look) for look, faces in found.items()}
    return {look: vectors for look, vectors in both.items() if vectors is not None}


def _encoder_of(look: str, vectors: LookVectors, pinned: Pinned) -> str:
    return pinned.encoders["faces" if pinned.faces.get(look) is vectors else "subject"]


def _of_characters(
    stages: Sequence[OnStage], known: Mapping[str, LookVectors], encoder: str
) -> Iterator[PeerScore]:
    crops = {look: _stack([s.crops[look] for s in stages if look in s.crops], known[look]) for look in known}
    identity = mean_cids(cids(crops, {look: vectors.rows for look, vectors in known.items()}))
    pairs = {look: vectors.pair for look, vectors in known.items() if vectors.pair is not None}
    pasted = mean_copy_paste(crops, pairs)
    peopled = [stage for stage in stages if stage.looks]
    reason = "" if known else NO_CHARACTER
    yield PeerScore(
        name="CIDS cross",
        value=identity.cross if known else None,
        low=-1,
        high=1,
        encoder=encoder,
        source=VISTORY,
        blind_to="a character missing from a panel, if it is found in another; pasted references score best",
        reason=reason,
    )
    yield PeerScore(
        name="CIDS self",
        value=identity.self if known else None,
        low=-1,
        high=1,
        encoder=encoder,
        source=VISTORY,
        blind_to="a character that is wrong everywhere alike; found once, it scores 1",
        reason=reason,
    )
    yield PeerScore(
        name="OCCM",
        value=occm([s.found for s in peopled], [len(s.looks) for s in peopled]) if peopled else None,
        low=0,
        high=100,
        encoder=encoder,
        source=VISTORY,
        blind_to="who they are: it counts heads",
        reason=reason,
    )
    yield PeerScore(
        name="Copy-paste",
        value=pasted,
        low=0,
        high=1,
        encoder=encoder,
        source=VISTORY,
        blind_to="a reference pasted mirrored, and one whose mirror image is alike; only the first reference "
        "of each character counts",
        reason="" if pasted is not None else reason or "no character was found in a frame",
        best="low",
    )


def _of_frames(stages: Sequence[OnStage], encoder: str) -> PeerScore:
    enough = len(stages) >= 2
    return PeerScore(
        name="Subject consistency",
        value=subject_consistency(np.stack([stage.frame for stage in stages])) if enough else None,
        low=0,
        high=1,
        encoder=encoder,
        source=VBENCH,
        blind_to="references and planned changes: frames are compared with each other, and the same picture "
        "again and again scores best",
        reason="" if enough else "it needs two frames",
    )


def _stack(rows: Sequence[Rows], like: LookVectors) -> Rows:
    return np.stack(rows) if rows else np.zeros((0, like.rows.shape[1]), np.float32)
