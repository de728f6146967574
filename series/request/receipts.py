"""A request, what its generator can do, and the panel's order in; how each pinned thing was sent out. Pure.

A receipt says "sent as Image 2", "in the words", or "not sent" and why: nothing pinned is dropped in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from series.plan import CastMember, FrameOrder
from series.request.abilities import Abilities
from series.request.model import GenerationRequest, Reference, Role
from series.request.wording import listed, one_line

IN_WORDS = "in the words"
_QUOTED = 40
"""Characters of lettering that a receipt repeats: enough to know it by."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one thing that is pinned."""

    about: str
    """"mara", "mara: front.png", "style", "seed" ..."""
    said: str
    """"sent as Image 2", "in the words", "not sent: the generator takes no seed"."""
    sent: bool
    """Whether it reached the generator at all."""


def receipts(request: GenerationRequest, abilities: Abilities, order: FrameOrder) -> tuple[Receipt, ...]:
    """One for each pinned constraint, in the order of the manifest: the cast with its pictures, colors and
    places, the palette, the style, words, who must not be there, seed, size, and what an edit starts from.
    """
    return tuple(
        Receipt(one_line(about), said, not said.startswith("not sent"))
        for about, said in _all(request, abilities, order)
    )


def _all(request: GenerationRequest, abilities: Abilities, order: FrameOrder) -> Iterator[tuple[str, str]]:
    yield from _base(request, abilities)
    for member in order.characters:
        yield from _member(member, request, abilities)
    yield from _palettes(request)
    yield from _style(request, abilities, order)
    for words in request.copy:
        yield f"words “{_short(words.text)}”", f"{IN_WORDS}, quoted"
    for about, given in (("shot", order.shot), ("camera", order.camera), ("layout", order.structure)):
        if given:
            yield about, IN_WORDS
    if request.absent:
        yield f"nowhere in it: {listed([one_line(one) for one in request.absent])}", _avoided(abilities)
    yield "seed", _seed(request, abilities)
    yield "size", _size(request, order)


def _base(request: GenerationRequest, abilities: Abilities) -> Iterator[tuple[str, str]]:
    if request.edit is None:
        return
    yield "picture to edit", _picture(request, Role.BASE, "base") or "not sent: the generator cannot edit"
    if request.edit.mask is not None:
        yield "part to edit", f"sent as a mask, and {IN_WORDS}" if abilities.mask else IN_WORDS


def _member(
    member: CastMember, request: GenerationRequest, abilities: Abilities
) -> Iterator[tuple[str, str]]:
    name = member.name
    identity = next((one for one in request.identities if one.name == name), None)
    if identity is None:
        yield name, "not sent: the request does not name anybody of this name"
        return
    yield name, IN_WORDS
    for path in member.references:
        yield f"{name}: {path.name}", _reference(path, Role.CHARACTER, name, request, abilities)
    if identity.colors:
        drawn = _picture(request, Role.PALETTE, name)
        yield f"{name}: colors", f"{IN_WORDS}, and {drawn}" if drawn else IN_WORDS
    if identity.place is not None:
        drawn = _picture(request, Role.LAYOUT, "layout")
        yield f"{name}: place", f"{IN_WORDS}, and {drawn}" if drawn else IN_WORDS


def _palettes(request: GenerationRequest) -> Iterator[tuple[str, str]]:
    names = {one.name for one in request.identities}
    drawn = [
        number
        for number, one in enumerate(request.references, 1)
        if one.role is Role.PALETTE and one.subject not in names
    ]
    if request.palette:
        yield "palette", f"{IN_WORDS}, and sent as Image {drawn[0]}" if drawn else IN_WORDS


def _style(request: GenerationRequest, abilities: Abilities, order: FrameOrder) -> Iterator[tuple[str, str]]:
    if order.style.words:
        yield "style", IN_WORDS
    for path in order.style.references:
        yield f"style: {path.name}", _reference(path, Role.STYLE, "style", request, abilities)
    if request.style.avoid:
        yield f"to avoid: {listed([one_line(one) for one in request.style.avoid])}", _avoided(abilities)


def _avoided(abilities: Abilities) -> str:
    return f"{IN_WORDS}, and as negative prompt" if abilities.negative_prompt else IN_WORDS


def _seed(request: GenerationRequest, abilities: Abilities) -> str:
    if abilities.seed:
        return f"sent as seed {request.seed}"
    if abilities.takes_seed:
        return f"sent as seed {request.seed}, best effort: the same seed can give another picture"
    return "not sent: the generator takes no seed"


def _size(request: GenerationRequest, order: FrameOrder) -> str:
    width, height = request.structure.size
    asked = f"asked for as {width} × {height}"
    if order.size is None or order.size == request.structure.size:
        return asked
    return f"{asked}, the nearest that the generator makes to {order.size[0]} × {order.size[1]}"


def _reference(path: Path, role: Role, subject: str, request: GenerationRequest, abilities: Abilities) -> str:
    for number, one in enumerate(request.references, 1):
        if (one.role, one.subject, one.path) == (role, subject, path):
            return f"sent as Image {number}"
    limit = abilities.reference_images
    if limit <= 0:
        return "not sent: the generator takes no reference pictures"
    if not abilities.looks_at(role.value):
        return f"not sent: the generator takes no pictures of {_OF_ROLE[role]}"
    if len(request.references) >= limit:
        pictures = "1 reference picture" if limit == 1 else f"{limit} reference pictures"
        return f"not sent: {pictures} at most"
    if request.reinforcements:
        return "not sent: fewer pictures, so that those that matter weigh more"
    return "not sent: the same picture as another reference"


_OF_ROLE = {
    Role.CHARACTER: "characters",
    Role.STYLE: "the style",
    Role.PALETTE: "palettes",
    Role.LAYOUT: "layouts",
    Role.BASE: "what to edit",
}


def _picture(request: GenerationRequest, role: Role, subject: str) -> str:
    """Empty where it is not among the references."""
    sent: Sequence[Reference] = request.references
    found = (number for number, one in enumerate(sent, 1) if (one.role, one.subject) == (role, subject))
    number = next(found, 0)
    return f"sent as Image {number}" if number else ""


def _short(text: str) -> str:
    said = one_line(text)
    return said if len(said) <= _QUOTED else f"{said[:_QUOTED]} ..."
