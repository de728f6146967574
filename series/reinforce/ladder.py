"""The ladder of reinforcement as a table: kind of drift → rungs from cheap to dear, each with what it needs.

A rung that answers the drift in a given situation says nothing; one that cannot says why, for the report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from consistency import Measurement
from series.drift import Drifted, DriftKind
from series.plan import FrameOrder
from series.reinforce.words import palette_of, place_of
from series.request import Abilities, GenerationRequest, Means, Role

CHAINED_EDITS = 2
"""Edits upon edits before the picture is drawn anew: each one softens what the one before left alone."""

EDITS = frozenset({Means.EDIT, Means.MASKED_EDIT})


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rung has to answer, and what there is to do it with."""

    order: FrameOrder
    drift: Drifted
    abilities: Abilities
    request: GenerationRequest
    """The one behind the picture that is built upon."""

    @property
    def subject(self) -> str:
        """Character, palette or "frame"."""
        return self.drift.subject


Needs = Callable[[Situation], str]
"""→ why the rung cannot be taken; empty when it can."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One means against one kind of drift."""

    means: Means
    needs: Needs
    text: str = ""
    """What is said to the generator; the names in braces are those of `ladder_words.phrases`."""


def chained_edits(request: GenerationRequest) -> int:
    """Edits upon edits that led to the picture of a request, with none drawn anew between."""
    count = 0
    for one in reversed(request.reinforcements):
        if one.means not in EDITS:
            break
        count += 1
    return count


# --- what rungs need ------------------------------------------------------------------------------------


def _nothing(_: Situation) -> str:
    return ""


def _reference_images(now: Situation, role: Role) -> str:
    if now.abilities.reference_images <= 0:
        return "the generator takes no reference pictures"
    return (
        "" if now.abilities.looks_at(role.value) else f"the generator takes no pictures of role {role.value}"
    )


def _own_references(now: Situation) -> str:
    pinned = any(one.references for one in now.order.characters if one.name == now.subject)
    return _reference_images(now, Role.CHARACTER) or (
        "" if pinned else f"no reference picture of {now.subject} is pinned"
    )


def _style_references(now: Situation) -> str:
    pinned = bool(now.order.style.references)
    return _reference_images(now, Role.STYLE) or (
        "" if pinned else "no reference picture of the style is pinned"
    )


def _swatches(now: Situation) -> str:
    pinned = palette_of(now.order, now.subject) is not None
    return _reference_images(now, Role.PALETTE) or (
        "" if pinned else f"no palette of {now.subject} is pinned"
    )


def _sketch(now: Situation) -> str:
    pinned = any(one.place is not None for one in now.order.characters)
    return _reference_images(now, Role.LAYOUT) or (
        "" if pinned else "nobody's place is pinned: there is nothing to sketch"
    )


def _edit(now: Situation) -> str:
    if not now.abilities.edit:
        return "the generator cannot edit a picture"
    if chained_edits(now.request) >= CHAINED_EDITS:
        return f"{CHAINED_EDITS} edits upon each other already: the picture is drawn anew instead"
    return ""


def _mask(now: Situation) -> str:
    lacking = "" if now.abilities.mask else "the generator cannot keep an edit inside a box"
    if not lacking and place_of(now.order, now.drift.finding) is None:
        lacking = f"no place of {now.subject} is pinned: there is no box to edit in"
    return _edit(now) or lacking


def _candidates(now: Situation) -> str:
    return "" if now.abilities.candidates > 1 else "the generator makes one picture a request"


def _stronger_model(now: Situation) -> str:
    models = now.abilities.stronger_models
    later = models[models.index(now.request.model) + 1 :] if now.request.model in models else models
    return "" if later else "the generator has no stronger model"


def _remap(now: Situation) -> str:
    result = now.drift.finding.result
    if not isinstance(result, Measurement) or result.check != "color.role" or not result.part:
        return "the drift is not one color that another replaced"
    matches = [match for match in result.evidence.swatches if match.role == result.part]
    if not matches or not matches[0].found or not matches[0].pinned:
        return "which color replaced it is not known"
    return "" if result.evidence.boxes else "where the color is, is not known"


def _set_lettering(now: Situation) -> str:
    return "" if place_of(now.order, now.drift.finding) is not None else "no place of the words is pinned"


# --- the table ------------------------------------------------------------------------------------------

LADDER: Mapping[DriftKind, tuple[Rung, ...]] = MappingProxyType(
    {
        DriftKind.MISSING: (
            Rung(Means.TEXT, _nothing, "{who} must be in the picture, clearly seen. {look} {place}"),
            Rung(
                Means.REFERENCE, _own_references, "{who} must be in the picture, as in the pictures of {who}."
            ),
            Rung(Means.EDIT, _edit, "Add {who}, and only {who}. {look} {place}"),
            Rung(Means.MASKED_EDIT, _mask, "Add {who} in this part, and only there. {look}"),
            Rung(Means.CANDIDATES, _candidates, "{who} must be in the picture. {cast}"),
        ),
        DriftKind.EXTRA: (
            Rung(Means.TEXT, _nothing, "{cast} {who} is not in the picture, nor anybody who looks alike."),
            Rung(Means.EDIT, _edit, "Remove {who}, and only {who}. Show the background there. {cast}"),
            Rung(Means.MASKED_EDIT, _mask, "Remove {who} from this part. Show the background there."),
            Rung(Means.CANDIDATES, _candidates, "{cast} {who} is not in the picture."),
        ),
        DriftKind.COPY: (
            Rung(
                Means.TEXT,
                _nothing,
                "Do not paste a reference and do not repeat another picture: draw a new picture of the "
                "scene, with everything that it names.",
            ),
            Rung(Means.NEW_SEED, _nothing, "Draw a new picture of the scene."),
            Rung(Means.CANDIDATES, _candidates, "Draw new pictures of the scene, each its own."),
        ),
        DriftKind.COMPOSITION: (
            Rung(Means.TEXT, _nothing, "{places} {format}"),
            Rung(Means.REFERENCE, _sketch, "Arrange the picture as in the layout sketch. {places}"),
            Rung(Means.NEW_SEED, _nothing, "Arrange the picture anew. {places} {format}"),
        ),
        DriftKind.IDENTITY: (
            Rung(Means.TEXT, _nothing, "{look} {colors}"),
            Rung(
                Means.REFERENCE,
                _own_references,
                "{who} looks exactly as in the reference pictures of {who}: the same face, hair, build and "
                "clothes.",
            ),
            Rung(
                Means.EDIT,
                _edit,
                "Match the face, hair, build and clothes of {who} to the reference pictures of {who}. {look}",
            ),
            Rung(Means.STRONGER_MODEL, _stronger_model, "{look} {colors}"),
            Rung(Means.CANDIDATES, _candidates, "{look} {colors}"),
        ),
        DriftKind.PALETTE: (
            Rung(Means.LOCAL, _remap),
            Rung(Means.TEXT, _nothing, "{element}"),
            Rung(Means.REFERENCE, _swatches, "Take the colors from the palette picture. {element}"),
            Rung(Means.EDIT, _edit, "Recolor only, keep lines and layout. {element}"),
        ),
        DriftKind.STYLE: (
            Rung(Means.TEXT, _nothing, "{style} The same technique, line weight, grain and sharpness."),
            Rung(
                Means.REFERENCE,
                _style_references,
                "Take the style of the style pictures, and only the style: nothing of what they show.",
            ),
            Rung(Means.NEW_SEED, _nothing, "{style} Draw the whole picture anew in it."),
        ),
        DriftKind.LETTERING: (
            Rung(Means.LOCAL, _set_lettering),
            Rung(Means.TEXT, _nothing, "{words}"),
            Rung(Means.MASKED_EDIT, _mask, "Letter only. {words}"),
        ),
    }
)
"""Kind of drift → what answers it, in the order in which it is tried."""
