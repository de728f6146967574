"""The same faces in, what the shipped cut-offs of other tools would have decided out.

Each by its own rule, read in its code: which faces, how several references are put together, what happens to
a frame without a face. All numbers are turned into cosine similarity: distance = 1 − similarity, and for unit
rows an L2 distance d is a similarity of 1 − d² / 2. Their cut-offs were set for ArcFace packs (buffalo_l,
antelopev2); on another net they are what a user gets who changes the net and leaves the cut-off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency import Verdict
from labeled.measured import Heard
from labeled.metrics import equal_error_limit

Floats = NDArray[np.float32]
Rule = Callable[[Floats, Floats], float]
"""Faces in the frame (n, d), largest first, and of the references (r, d), unit rows → similarity."""

SOFTMAX: Final = 5.0
"""Weight of the nearer references in PixlStash."""


def to_mean(faces: Floats, references: Floats) -> float:
    """The first face to the mean of the references: FaceAnalysis."""
    mean = references.mean(axis=0)
    return float(faces[0] @ mean / np.linalg.norm(mean))


def first_to_first(faces: Floats, references: Floats) -> float:
    """The first face to that of one reference, here the first: Face Comparator, InsightFace's demo."""
    return float(faces[0] @ references[0])


def nearest(faces: Floats, references: Floats) -> float:
    """Any face to any reference: FaceFilter, DeepFace."""
    return float((faces @ references.T).max())


def softmax_mean(faces: Floats, references: Floats) -> float:
    """The best face, references weighted by how near they are: PixlStash (its server's scoring.py)."""
    similar = faces @ references.T
    weights = np.exp(SOFTMAX * similar)
    return float(((weights * similar).sum(axis=1) / weights.sum(axis=1)).max())


@dataclass(frozen=True, slots=True)
class Gate:
    """A cut-off that is shipped as a default, and the rule that it belongs to."""

    name: str
    stated: str
    """As it stands in the source."""
    accept_from: float
    """Cosine similarity from which a face passes."""
    rule: Rule
    reject_below: float | None = None
    """Between the two, not sure; None where there is no such band."""
    faceless_passes: bool = False
    source: str = ""


def l2(distance: float) -> float:
    """The cosine similarity of unit rows at this L2 distance."""
    return 1 - distance**2 / 2


_FACE_ANALYSIS = "cubiq/ComfyUI_FaceAnalysis@8846653, faceanalysis.py"
_DEEPFACE = "serengil/deepface@2d4c245, deepface/config/threshold.py"

GATES: Final = (
    Gate(
        "FaceAnalysis, as installed",
        "filter_thresh 100; no face = distance 100, which passes",
        -1.0,
        to_mean,
        faceless_passes=True,
        source=_FACE_ANALYSIS,
    ),
    Gate("FaceAnalysis, its ArcFace limit", "cosine .68", 0.32, to_mean, source=_FACE_ANALYSIS),
    Gate("FaceAnalysis, its default metric", "L2_norm 1.13", l2(1.13), to_mean, source=_FACE_ANALYSIS),
    Gate(
        "FaceFilter",
        "similarity .30",
        0.30,
        nearest,
        source="Kidev/ComfyUI-FaceFilter@05bbfe3, face_filter_node.py",
    ),
    Gate(
        "PixlStash Face Likeness Gate",
        "likeness .7",
        0.70,
        softmax_mean,
        source="Pikselkroken/ComfyUI-PixlStash@69a445f, nodes/face_likeness_gate.py",
    ),
    Gate(
        "Face Comparator",
        "similarity .65",
        0.65,
        first_to_first,
        source="fr0nky0ng/ComfyUI-Face-Comparator@d2f0cb0, node.py",
    ),
    Gate("DeepFace, Buffalo_L", "cosine .55", 0.45, nearest, source=_DEEPFACE),
    Gate("DeepFace, Buffalo_L, L2", "euclidean_l2 1.1", l2(1.1), nearest, source=_DEEPFACE),
    Gate(
        "InsightFace's web demo",
        "same from .28, not under .2",
        0.28,
        first_to_first,
        reject_below=0.20,
        source="deepinsight/insightface@f8aa2c1, web-demos/src_recognition/main.py",
    ),
)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a cut-off did to the labeled answers."""

    false_alarms: int
    """Same ones rejected."""
    same: int
    misses: int
    """Other ones accepted."""
    other: int
    unsure: int


def decide(gate: Gate, answers: Sequence[Heard]) -> Decided | None:
    """None where nothing of this was measured by faces."""
    asked = [a for a in answers if a.faces is not None and a.face_references is not None]
    if not asked:
        return None
    verdicts = [_passes(gate, a.faces, a.face_references) for a in asked]
    return _count([(a.same, passed) for a, passed in zip(asked, verdicts, strict=True)])


def _passes(gate: Gate, faces: Floats, references: Floats) -> bool | None:
    """None = not sure."""
    if not len(faces):
        return gate.faceless_passes
    similarity = gate.rule(faces, references)
    if similarity >= gate.accept_from:
        return True
    sure = gate.reject_below is None or similarity < gate.reject_below
    return False if sure else None


def shipped(answers: Sequence[Heard]) -> Decided | None:
    """What this tool said of the same faces."""
    asked = [a for a in answers if a.faces is not None and a.face_references is not None]
    passes = {Verdict.CONSISTENT: True, Verdict.UNSURE: None, Verdict.DRIFTED: False}
    return _count([(a.same, passes[a.verdict]) for a in asked]) if asked else None


def _count(decided: Sequence[tuple[bool, bool | None]]) -> Decided:
    return Decided(
        false_alarms=sum(same and passed is False for same, passed in decided),
        same=sum(same for same, _ in decided),
        misses=sum(not same and passed is True for same, passed in decided),
        other=sum(not same for same, _ in decided),
        unsure=sum(passed is None for _, passed in decided),
    )


def fixed_cosine(answers: Sequence[Heard]) -> float | None:
    """One limit for plain cosine distances: where same and other are decided wrongly as often."""
    plain = [(a.same, a.plain) for a in answers if np.isfinite(a.plain)]
    same, other = (np.array([d for one, d in plain if one is kind]) for kind in (True, False))
    return equal_error_limit(same, other) if len(same) and len(other) else None


def decide_fixed(limit: float, answers: Sequence[Heard]) -> Decided | None:
    """The same limit elsewhere; None where it has nothing to tell apart."""
    asked = [a for a in answers if np.isfinite(a.plain)]
    both = {a.same for a in asked} == {True, False}
    return _count([(a.same, bool(a.plain <= limit)) for a in asked]) if both else None
