"""An order in, its first request out; a request and a reinforcement in, the stronger request out. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from consistency import Box, Palette
from series.drift import DriftKind
from series.plan import CastMember, FrameOrder, palettes_of
from series.request.abilities import Abilities
from series.request.model import (
    EditOf,
    GenerationRequest,
    Identity,
    Means,
    NamedColor,
    Reference,
    Reinforcement,
    Role,
    Structure,
    StyleWords,
    Words,
)

DEFAULT_SIZE = (1024, 1024)
"""Width, height in pixels where the manifest pins none: the one size that every hosted model in use takes."""
MOST_CANDIDATES = 4
"""Pictures that one request asks for at most: they are all paid for, and only one is kept."""

_EDITS = frozenset({Means.EDIT, Means.MASKED_EDIT})
_WHO = frozenset({DriftKind.IDENTITY, DriftKind.MISSING})
_DRAWN = frozenset({Role.PALETTE, Role.LAYOUT})


# --- the first request ----------------------------------------------------------------------------------


def first_request(
    order: FrameOrder, *, cast: Sequence[str], digests: Mapping[Path, str], abilities: Abilities
) -> GenerationRequest:
    """What is asked first for a panel.

    cast: every character of the series; digests: path → sha256 hex of every reference of the order.
    Colors and absent characters are sorted by name, so that the order of keys in a manifest changes no
    digest. References: see `abilities.reference_images`; one of each character in panel order before the
    first of the style, then the second of each ..., until no more may be sent.
    Raises KeyError for a reference without a digest.
    """
    present = {member.name for member in order.characters}
    size = nearest_size(order.size or DEFAULT_SIZE, abilities.sizes)
    return GenerationRequest(
        panel=order.panel,
        structure=Structure(order.scene, order.structure, order.shot, order.camera, size),
        copy=tuple(Words(words.text, words.place, words.speaker) for words in order.lettering),
        style=StyleWords(order.style.words, order.style.avoid),
        identities=tuple(_identity(member) for member in order.characters),
        absent=tuple(sorted(set(cast) - present)),
        palette=tuple(color for _, palette in palettes_of(order) for color in _colors(palette)),
        references=_first_references(order, digests, abilities),
        seed=order.seed,
    )


def nearest_size(wanted: tuple[int, int], sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The size nearest in aspect, of these the nearest in area, of these the first; the wanted one when
    there is nothing to choose from. Width, height in pixels, > 0."""
    width, height = wanted

    def distance(size: tuple[int, int]) -> tuple[Fraction, Fraction]:
        return _ratio(size[0] * height, size[1] * width), _ratio(size[0] * size[1], width * height)

    return min(sizes, key=distance) if sizes else wanted


def _ratio(one: int, other: int) -> Fraction:
    """≥ 1, the same whichever is larger. Exact, so that no rounding picks another size elsewhere."""
    return Fraction(max(one, other), min(one, other))


def _identity(member: CastMember) -> Identity:
    return Identity(
        name=member.name,
        look=member.look,
        medium=member.medium,
        wardrobe=member.wardrobe,
        colors=_colors(member.palette),
        place=member.place,
    )


def _colors(palette: Palette | None) -> tuple[NamedColor, ...]:
    swatches = palette.swatches if palette is not None else ()
    colors = [NamedColor(swatch.name, swatch.hex, swatch.role, swatch.share) for swatch in swatches]
    return tuple(sorted(colors, key=lambda color: (color.name, color.hex)))


def _first_references(
    order: FrameOrder, digests: Mapping[Path, str], abilities: Abilities
) -> tuple[Reference, ...]:
    """In the order in which they are sent: characters in panel order, then the style."""
    pools = [
        _distinct(Reference(Role.CHARACTER, m.name, digests[path], path, m.pictured) for path in m.references)
        for m in order.characters
        if abilities.looks_at(Role.CHARACTER.value)
    ]
    style = order.style.references if abilities.looks_at(Role.STYLE.value) else ()
    pools.append(_distinct(Reference(Role.STYLE, "style", digests[path], path) for path in style))
    turns = sorted((turn, which) for which, pool in enumerate(pools) for turn in range(len(pool)))
    kept = sorted((which, turn) for turn, which in turns[: max(abilities.reference_images, 0)])
    return tuple(pools[which][turn] for which, turn in kept)


def adapted(request: GenerationRequest, first: GenerationRequest, abilities: Abilities) -> GenerationRequest:
    """What was asked of another generator, as far as this one goes: the references and the size of the first
    request that it would get, references drawn here kept, its usual model, no more candidates than it makes.

    first: what this generator would be asked first. abilities: its own. Reinforcements stay.
    """
    drawn = [one for one in request.references if one.role in _DRAWN and abilities.looks_at(one.role.value)]
    references = [*drawn, *first.references][: max(abilities.reference_images, 0)]
    return replace(
        request,
        structure=first.structure,
        references=tuple(references),
        candidates=min(request.candidates, max(1, abilities.candidates)),
        edit=None,
        model="",
    )


# --- a stronger request ---------------------------------------------------------------------------------


def reinforced(
    request: GenerationRequest,
    reinforcement: Reinforcement,
    *,
    base: EditOf | None,
    abilities: Abilities,
    made: Reference | None = None,
) -> GenerationRequest:
    """The request with one thing changed, and the reinforcement in its list: its digest is always another.

    base: the picture that an edit starts from; means that are no edit start afresh. It is sent as the first
    reference, with the role BASE, and counts as one of `abilities.reference_images`.
    made: a picture drawn for this reinforcement (swatches, a layout sketch); sent before all but the base,
    in place of an earlier one of its role and subject.
    A masked edit whose base has no mask gets the pinned place of what it is about, where there is one.
    Raises ValueError for means that change nothing: an edit without a base, words without text, a local
    repair, and what the abilities lack.
    """
    _require(reinforcement, base, abilities)
    means = reinforcement.means
    edit = _edit(request, reinforcement, base) if means in _EDITS else None
    return replace(
        request,
        references=_references(request, reinforcement, edit, made, abilities.reference_images),
        seed=_fresh_seed(request) if means is Means.NEW_SEED else request.seed,
        reinforcements=(*request.reinforcements, reinforcement),
        edit=edit,
        candidates=_candidates(abilities) if means is Means.CANDIDATES else request.candidates,
        model=_stronger(request, abilities)[0] if means is Means.STRONGER_MODEL else request.model,
    )


def _require(reinforcement: Reinforcement, base: EditOf | None, abilities: Abilities) -> None:
    means = reinforcement.means
    lacking = {
        Means.LOCAL: "a local repair sends no request",
        Means.TEXT: "" if reinforcement.text.strip() else "there is nothing to say",
        Means.REWORD: "" if reinforcement.text.strip() else "there is nothing to say",
        Means.REFERENCE: "" if abilities.reference_images else "the generator takes no reference pictures",
        Means.EDIT: "" if base is not None else "an edit needs the picture that it starts from",
        Means.MASKED_EDIT: "" if base is not None else "an edit needs the picture that it starts from",
        Means.CANDIDATES: "" if abilities.candidates > 1 else "the generator makes one picture a request",
    }.get(means, "")
    if lacking:
        raise ValueError(f"{means.value} against {reinforcement.kind.value} changes nothing: {lacking}")


def _fresh_seed(request: GenerationRequest) -> int:
    """Another seed, 0 to 2³² - 1: the first four bytes of the SHA-256 of "seed:number of reinforcements"."""
    digest = hashlib.sha256(f"{request.seed}:{len(request.reinforcements)}".encode()).digest()
    seed = int.from_bytes(digest[:4], "big")
    return seed if seed != request.seed else (seed + 1) % 2**32


def _candidates(abilities: Abilities) -> int:
    return min(MOST_CANDIDATES, abilities.candidates)


def _stronger(request: GenerationRequest, abilities: Abilities) -> tuple[str, ...]:
    """The models after the one in use. Raises ValueError when it is the last."""
    models = abilities.stronger_models
    later = models[models.index(request.model) + 1 :] if request.model in models else models
    if not later:
        raise ValueError(f"no model of the generator is stronger than {request.model or 'its usual one'}")
    return later


def _edit(request: GenerationRequest, reinforcement: Reinforcement, base: EditOf | None) -> EditOf | None:
    if base is None or reinforcement.means is Means.EDIT or base.mask is not None:
        return base
    return replace(base, mask=_place(request, reinforcement))


def _place(request: GenerationRequest, reinforcement: Reinforcement) -> Box | None:
    """Where the subject is pinned; None when that is not known."""
    if reinforcement.kind is DriftKind.LETTERING:
        places = [words.place for words in request.copy if words.text == reinforcement.part]
        if not places and len(request.copy) == 1:
            places = [request.copy[0].place]
    else:
        places = [one.place for one in request.identities if one.name == reinforcement.subject]
    return places[0] if len(places) == 1 else None


def _references(
    request: GenerationRequest,
    reinforcement: Reinforcement,
    edit: EditOf | None,
    made: Reference | None,
    limit: int,
) -> tuple[Reference, ...]:
    """What answers the finding comes first, after the base of an edit."""
    sent = [one for one in request.references if one.role is not Role.BASE]
    if edit is not None or reinforcement.means is Means.REFERENCE:
        sent = _foremost(sent, reinforcement)
    if made is not None:
        sent = [made, *(one for one in sent if (one.role, one.subject) != (made.role, made.subject))]
    if edit is not None:
        # Sent whatever the limit is: a generator that edits takes the picture to edit.
        return (Reference(Role.BASE, "base", edit.digest, edit.path), *sent[: max(limit - 1, 0)])
    return tuple(sent[: max(limit, 0)])


def _foremost(sent: Sequence[Reference], reinforcement: Reinforcement) -> list[Reference]:
    firsts = [one for index, one in enumerate(sent) if _is_first(sent, index)]
    own = [one for one in sent if one.role is Role.CHARACTER and one.subject == reinforcement.subject]
    if reinforcement.kind in _WHO and own:
        # Fewer others: every further picture takes weight from the one that matters.
        return own + [one for one in firsts if one not in own]
    if reinforcement.kind is DriftKind.STYLE:
        # After one picture of each character, or a model takes their looks from the style's pictures.
        anchors = [one for one in firsts if one.role is Role.CHARACTER]
        style = [one for one in sent if one.role is Role.STYLE]
        return anchors + style + [one for one in sent if one not in anchors and one not in style]
    return list(sent)


def _is_first(sent: Sequence[Reference], index: int) -> bool:
    """No picture before this one shows the same."""
    this = (sent[index].role, sent[index].subject)
    return all((one.role, one.subject) != this for one in sent[:index])


def _distinct(references: Iterable[Reference]) -> list[Reference]:
    """Each picture once: the same file under two names is sent once."""
    kept: dict[str, Reference] = {}
    for one in references:
        kept.setdefault(one.digest, one)
    return list(kept.values())
