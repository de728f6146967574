"""The rule of chance: a request in, the drifts that its picture has out. Pure: no clock, no shared state.

1. What can drift in a panel is a list of risks: a kind and whom it befalls (`risks_of`).
2. How hard each risk is for the model is drawn once for a panel, from a Beta distribution (`difficulty`).
   Its mean makes the asked share of first pictures drift; its concentration lets the same panels keep
   failing.
3. A picture has its draw: the request's digest, for an edit that of the picture it edits. A risk comes true
   when `uniform(draw, risk)` is below difficulty × one factor a means of reinforcement against it.
4. At most two drifts a picture, one a kind and one a figure. They are chosen before the factors count, so
   that a constraint never brings out a drift that was not there.

All numbers here are assumptions and no measurements. docs/simulation.md says what follows from them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from series.drift import DriftKind
from series.generators.previz.options import DriftOptions
from series.request import GenerationRequest, Means, Reinforcement, Role

FRAME = "frame"
"""The subject of what befalls the picture as a whole."""

CONCENTRATION = 2.0
"""Of the Beta distribution of difficulties. A risk that came true comes true again with the chance
(mean × 2 + 1) / 3, so a redrawn panel fails more often than a new one. Set by hand."""

FACTORS: Mapping[Means, float] = {
    Means.TEXT: 0.6,
    Means.REFERENCE: 0.4,
    Means.EDIT: 0.25,
    Means.MASKED_EDIT: 0.2,
    Means.STRONGER_MODEL: 0.5,
    Means.NEW_SEED: 1.0,
    Means.CANDIDATES: 1.0,
    Means.REWORD: 1.0,
    Means.LOCAL: 1.0,
}
"""What a reinforcement leaves of the chance of the drift that it answers. Set by hand, in the order of the
ladder; each means counts once. A new seed and candidates change nothing in the chance: they draw again."""

_WHOLE = frozenset({DriftKind.MISSING, DriftKind.IDENTITY, DriftKind.PALETTE})
ANSWERED: Mapping[DriftKind, frozenset[DriftKind]] = {
    **{kind: frozenset({kind}) for kind in DriftKind},
    DriftKind.MISSING: _WHOLE,
    DriftKind.IDENTITY: _WHOLE,
}
"""Kind of a reinforcement → kinds of drift of its subject that it works against. Who is called missing or not
himself is described anew from head to foot, colors included; and a character whose every color drifted is
called missing by those who look for the colors."""

MOST_DRIFTS = 2
"""Drifts in one picture at most."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Something that can go wrong in a panel."""

    kind: DriftKind
    subject: str
    """Character; FRAME for the picture as a whole."""


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that went wrong in a picture."""

    kind: DriftKind
    subject: str
    size: float
    """0 hardly seen, 1 unmistakable."""


def drifts_of(request: GenerationRequest, options: DriftOptions, draw: str) -> tuple[Drift, ...]:
    """What goes wrong in the picture of this draw, in the order of repair. draw: see `draw_of`."""
    difficulties = panel_difficulties(request, options)
    ranked = sorted(
        (uniform(options.seed, draw, "happens", risk) / chance, uniform(options.seed, draw, "order", risk), i)
        for i, (risk, chance) in enumerate(difficulties)
        if chance > 0
    )
    chosen: list[tuple[Risk, float]] = []
    for share, _, index in ranked:
        risk = difficulties[index][0]
        if share < 1 and len(chosen) < MOST_DRIFTS and not any(_clash(risk, other) for other, _ in chosen):
            chosen.append((risk, share))
    mended = request.edit.mended if request.edit else ()
    names = frozenset(one.name for one in request.identities) | frozenset(request.absent)
    happened = [
        Drift(risk.kind, risk.subject, _size(options, draw, risk))
        for risk, share in chosen
        if risk.kind not in mended and share < left_of_chance(risk, request.reinforcements, names)
    ]
    order = tuple(DriftKind)
    return tuple(sorted(happened, key=lambda drift: (order.index(drift.kind), drift.subject)))


def draw_of(request: GenerationRequest, candidate: int = 0, key: str = "") -> str:
    """The draw of a fresh picture: its request's digest, another one for each further candidate.

    key: for a model without seeds, the key of the request, so that asking again draws again.
    """
    if not candidate and not key:
        return request.digest
    return _hash(request.digest, candidate, key).hex()


def risks_of(request: GenerationRequest, cast: Sequence[str] = ()) -> tuple[Risk, ...]:
    """What can go wrong in this panel. cast: characters of whom the model has pictures of its own.

    Reads only what no reinforcement changes, so a panel has the same risks in each of its tries.
    """
    drawn = tuple(one.name for one in request.identities if _has_pictures(request, one.name))
    placed = tuple(one.name for one in request.identities if one.name in drawn and one.place is not None)
    colored = tuple(one.name for one in request.identities if one.name in drawn and one.colors)
    risks = [Risk(DriftKind.STYLE, FRAME)]
    risks += [Risk(DriftKind.MISSING, name) for name in drawn]
    risks += [Risk(DriftKind.IDENTITY, name) for name in drawn]
    risks += [Risk(DriftKind.EXTRA, name) for name in request.absent if name in cast]
    risks += [Risk(DriftKind.PALETTE, name) for name in colored or (FRAME,)]
    risks += [Risk(DriftKind.COMPOSITION, name) for name in placed or (FRAME,)]
    if request.copy:
        risks.append(Risk(DriftKind.LETTERING, FRAME))
    return tuple(risks)


def panel_difficulties(request: GenerationRequest, options: DriftOptions) -> tuple[tuple[Risk, float], ...]:
    """Each risk of the panel with its chance before any reinforcement, in [0, 1].

    The kinds share the asked rate by their weights, renormalized over those that the panel can have; the
    subjects of a kind share its part alike. Risks are independent, so the means multiply up to the rate:
    1 - mean = (1 - rate) ^ share.
    """
    risks = [risk for risk in risks_of(request, tuple(options.cast)) if options.kinds.get(risk.kind, 0) > 0]
    alike = {kind: sum(risk.kind is kind for risk in risks) for kind in DriftKind}
    total = sum(options.kinds[kind] for kind, count in alike.items() if count)
    found = []
    for risk in risks:
        share = options.kinds[risk.kind] / total / alike[risk.kind]
        mean = 1 - (1 - options.rate) ** share
        found.append((risk, difficulty(mean, uniform(options.seed, request.panel, "difficulty", risk))))
    return tuple(found)


def difficulty(mean: float, quantile: float) -> float:
    """The chance of a risk: a quantile of Beta(mean × CONCENTRATION, (1 - mean) × CONCENTRATION).

    mean: [0, 1]; quantile: [0, 1), a multiple of 2⁻⁵³ as `uniform` gives. → [0, 1], rising in both.
    """
    if mean < 2**-53 or mean >= 1:  # no number of 53 bits lies below such a chance
        return min(1.0, max(0.0, mean))
    from scipy.special import betaincinv

    return float(betaincinv(mean * CONCENTRATION, (1 - mean) * CONCENTRATION, quantile))


def left_of_chance(
    risk: Risk, reinforcements: Sequence[Reinforcement], names: frozenset[str] = frozenset()
) -> float:
    """What the reinforcements against a risk leave of its chance, in (0, 1]; never rises with one more.

    names: the characters of the series. A reinforcement about a character works against the kinds that
    ANSWERED names, for that one only. One about anything else ("frame", a palette) is about the picture as a
    whole and works against its own kind, for every subject. Where the risk is the whole picture, whom it is
    about does not matter.
    """
    means = {one.means for one in reinforcements if _works_against(one, risk, names)}
    left = 1.0
    for one in Means:
        left *= FACTORS[one] if one in means else 1.0
    return left


def _works_against(one: Reinforcement, risk: Risk, names: frozenset[str]) -> bool:
    if one.subject == risk.subject:
        return risk.kind in ANSWERED[one.kind]
    return risk.kind is one.kind and (risk.subject == FRAME or one.subject not in names)


def uniform(*parts: object) -> float:
    """A number in [0, 1) that the parts decide, with 53 random bits."""
    return (int.from_bytes(_hash(*parts)[:8], "big") >> 11) / 2**53


def _hash(*parts: object) -> bytes:
    plain = [[one.kind.value, one.subject] if isinstance(one, Risk) else one for one in parts]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def _clash(risk: Risk, other: Risk) -> bool:
    """Both would befall one figure, or be of one kind."""
    return risk.kind is other.kind or (risk.subject == other.subject and risk.subject != FRAME)


def _has_pictures(request: GenerationRequest, name: str) -> bool:
    return any(one.role is Role.CHARACTER and one.subject == name for one in request.references)


SPREAD = 0.15
"""Sizes lie this far around the asked one, so that a series has smaller and bigger drifts."""


def _size(options: DriftOptions, draw: str, risk: Risk) -> float:
    """The size of one drift, in [0, 1]; as often below as above the asked one."""
    shift = 2 * uniform(options.seed, draw, "size", risk) - 1
    return round(min(1.0, max(0.0, options.size + SPREAD * shift)), 3)
