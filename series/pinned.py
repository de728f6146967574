"""Pinned: the references, observed once; and what each panel is expected to look like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from consistency import (
    BACKGROUND_BOXES,
    ColorField,
    Expected,
    Gallery,
    Locator,
    LookColors,
    Observation,
    Palette,
    PinnedCharacter,
    PinnedWords,
    Proposal,
    Region,
    Request,
    Sketch,
    Unreadable,
    character_of,
    is_centered,
    knows_photographs,
    look_colors,
    mean_shares,
    sketch,
    whole_region,
    words_box,
)
from series.audit import AuditReference
from series.manifest import Manifest
from series.plan import CastMember, FrameOrder, palettes_of
from series.promotion import promoted_from

PROPOSALS_PINNED = 3
"""Boxes proposed for a character that a panel pins: the right one is among three in .80, alone in .55 of
the cases measured, by maps in .94 and .80 (see consistency.locate)."""
PROPOSALS_OTHERS = 1
"""Boxes proposed for each character that a panel does not pin."""
STYLE = "style"
"""Subject of the style references."""
_AROUND = "around"
"""What the background windows of a reference are observed for."""

Observe = Callable[[Iterable[Request]], Iterable[Observation | Unreadable]]


@dataclass(frozen=True, slots=True)
class _Reference:
    subject: str
    """Look, or "style"."""
    name: str
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class LookVectors:
    """The references of a look by one encoder, for the scores of other projects."""

    rows: NDArray[np.float32]
    """float32 (r, d), r ≥ 1, one a reference."""
    pair: NDArray[np.float32] | None = None
    """float32 (2, d): the first reference and its mirror image; None where nothing was found in one."""


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """All references of a manifest, as facts."""

    gallery: Gallery | None
    face_gallery: Gallery | None
    """Of the largest face in each reference of a photographed person; None without a face encoder."""
    locator: Locator
    looks: Mapping[str, LookColors]
    style: tuple[Sketch, ...]
    sketches: tuple[Sketch, ...]
    shown: tuple[AuditReference, ...]
    unreadable: tuple[Unreadable, ...]
    encoders: Mapping[str, str]
    fields: Mapping[str, tuple[ColorField, ...]]
    """Look → color fields of its references."""
    regions: Mapping[str, LookVectors] = field(default_factory=dict)
    """Look → its references by the subject encoder."""
    faces: Mapping[str, LookVectors] = field(default_factory=dict)
    """Look → the largest face in each of its references."""
    _shares: dict[tuple[str, Palette], NDArray[np.float32]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Changes with any reference, any encoder, and who is judged by looks or by face: see `medium`."""
        references = sorted(
            f"{reference.subject} {reference.name} {reference.digest}" for reference in self.shown
        )
        encoders = sorted(f"{role} {encoder}" for role, encoder in self.encoders.items())
        galleries = [
            f"{by} {gallery.names if gallery is not None else ()}"
            for by, gallery in (("looks", self.gallery), ("faces", self.face_gallery))
        ]
        return "\n".join([*references, *encoders, *galleries, self.locator.id])

    def palette_shares(self, look: str, palette: Palette | None) -> NDArray[np.float32] | None:
        """float32 (m,): share of each swatch in the references of a look; None without references."""
        fields = self.fields.get(look)
        if palette is None or not fields:
            return None
        if (look, palette) not in self._shares:
            self._shares[look, palette] = mean_shares(fields, palette)
        return self._shares[look, palette]


def look_of(name: str, wardrobe: str) -> str:
    """Name of a look in the gallery: the character, and its outfit where it is another one."""
    return f"{name}/{wardrobe}" if wardrobe else name


def observe_references(manifest: Manifest, observe: Observe, encoders: Mapping[str, str]) -> Pinned:
    """Observe every reference once. Unreadable ones are reported, and the rest goes on without them."""
    references = list(_references(manifest))
    alone = (
        len({character_of(reference.subject) for reference in references if reference.subject != STYLE}) == 1
    )
    around = tuple(Proposal(_AROUND, box, 1.0, pinned=True) for box in BACKGROUND_BOXES) if alone else ()
    firsts = _first_of_each_look(references)
    asked = [Request(reference.path, places=around, whole=True) for reference in references]
    turned = [Request(reference.path, whole=True, mirrored=True) for reference in firsts]
    observed = list(observe([*asked, *turned]))
    mirrored = dict(zip(firsts, observed[len(asked) :], strict=True))
    observed = observed[: len(asked)]
    readable = [
        (r, seen) for r, seen in zip(references, observed, strict=True) if isinstance(seen, Observation)
    ]
    looks: dict[str, list[Region]] = {}
    background: list[Region] = []
    for reference, seen in readable:
        region = whole_region(seen)
        if reference.subject != STYLE and region is not None:
            looks.setdefault(reference.subject, []).append(region)
            background += [region for region in seen.regions if region.proposal.name == _AROUND]
    sketches = {reference.name: sketch(seen, reference.name) for reference, seen in readable}
    return Pinned(
        gallery=_gallery(_judged_by_looks(looks, manifest, encoders["subject"]), background, encoders),
        face_gallery=_face_gallery(
            [(r, seen) for r, seen in readable if r.subject != STYLE and _photographed(manifest, r.subject)]
        ),
        locator=Locator.build(
            {look: [region.colors for region in regions] for look, regions in looks.items()},
            {look: [r.views for r in regions if r.views is not None] for look, regions in looks.items()},
        ),
        looks={look: look_colors([region.colors for region in regions]) for look, regions in looks.items()},
        style=tuple(sketches[reference.name] for reference, _ in readable if reference.subject == STYLE),
        sketches=tuple(sketches.values()),
        shown=tuple(
            AuditReference(r.name, character_of(r.subject), seen.digest, seen.thumbnail)
            for r, seen in readable
        ),
        unreadable=tuple(seen for seen in observed if isinstance(seen, Unreadable)),
        encoders=encoders,
        fields={look: tuple(region.colors for region in regions) for look, regions in looks.items()},
        regions=_vectors(readable, mirrored, _whole_vector),
        faces=_vectors(readable, mirrored, _face_vector),
    )


def _references(manifest: Manifest) -> Iterable[_Reference]:
    for name in manifest.style.references:
        yield _Reference(STYLE, name, manifest.folder / name)
    for character, pinned in manifest.characters.items():
        for name in pinned.references:
            yield _Reference(look_of(character, ""), name, manifest.folder / name)
        for wardrobe, outfit in pinned.wardrobe.items():
            for name in outfit.references:
                yield _Reference(look_of(character, wardrobe), name, manifest.folder / name)


def _first_of_each_look(references: Iterable[_Reference]) -> list[_Reference]:
    firsts: dict[str, _Reference] = {}
    for reference in references:
        if reference.subject != STYLE:
            firsts.setdefault(reference.subject, reference)
    return list(firsts.values())


def _vectors(
    readable: Sequence[tuple[_Reference, Observation]],
    mirrored: Mapping[_Reference, Observation | Unreadable],
    vector_of: Callable[[Observation], NDArray[np.float32] | None],
) -> dict[str, LookVectors]:
    """mirrored: the first reference of each look → its mirror image."""
    rows: dict[str, list[NDArray[np.float32]]] = {}
    pairs: dict[str, NDArray[np.float32]] = {}
    for reference, seen in readable:
        look, own = reference.subject, vector_of(seen)
        if look == STYLE or own is None:
            continue
        turned = mirrored.get(reference)
        mirror = vector_of(turned) if isinstance(turned, Observation) else None
        if mirror is not None:
            pairs[look] = np.stack([own, mirror])
        rows.setdefault(look, []).append(own)
    return {look: LookVectors(np.stack(found), pairs.get(look)) for look, found in rows.items()}


def _whole_vector(seen: Observation) -> NDArray[np.float32] | None:
    region = whole_region(seen)
    return None if region is None else region.vector


def _face_vector(seen: Observation) -> NDArray[np.float32] | None:
    return seen.faces[0].vector if seen.faces else None


def _face_gallery(readable: Sequence[tuple[_Reference, Observation]]) -> Gallery | None:
    faces: dict[str, list[NDArray[np.float32]]] = {}
    for reference, seen in readable:
        if seen.faces:
            faces.setdefault(reference.subject, []).append(seen.faces[0].vector)
    if not faces:
        return None
    return Gallery.build({look: np.stack(vectors) for look, vectors in faces.items()}, centered=False)


def _judged_by_looks(
    looks: Mapping[str, Sequence[Region]], manifest: Manifest, encoder: str
) -> Mapping[str, Sequence[Region]]:
    """A net that knows drawn characters only says nothing about photographed people, also not that another
    character looks like one."""
    if knows_photographs(encoder):
        return looks
    return {look: regions for look, regions in looks.items() if not _photographed(manifest, look)}


def _photographed(manifest: Manifest, look: str) -> bool:
    return manifest.characters[character_of(look)].medium == "photo"


def _gallery(
    looks: Mapping[str, Sequence[Region]], background: Sequence[Region], encoders: Mapping[str, str]
) -> Gallery | None:
    if not looks:
        return None
    references = {look: np.stack([region.vector for region in regions]) for look, regions in looks.items()}
    around = np.stack([r.vector for r in background]) if background else None
    return Gallery.build(references, around, centered=is_centered(encoders["subject"]))


def request_for(order: FrameOrder, path: Path, pinned: Pinned) -> Request:
    """Where to look in a panel's frame: pinned places, and proposals for everybody else."""
    cast = {look_in(member, pinned): member for member in order.characters}
    places = tuple(
        Proposal(look, m.place, 1.0, pinned=True) for look, m in cast.items() if m.place is not None
    )
    free = {look: PROPOSALS_PINNED for look, member in cast.items() if member.place is None}
    present = {member.name for member in order.characters}
    others = {look: PROPOSALS_OTHERS for look in pinned.locator.names if character_of(look) not in present}
    lettering = dict.fromkeys(words_box(words.place) for words in order.lettering)
    return Request(path, {**free, **others}, places, lettering=tuple(lettering))


def look_in(member: CastMember, pinned: Pinned) -> str:
    """The pinned look of a panel's character; an outfit without own references by the main look."""
    look = look_of(member.name, member.wardrobe)
    return look if look in pinned.locator.names else member.name


def expect(order: FrameOrder, pinned: Pinned) -> Expected:
    """What a frame of this panel should look like."""
    return Expected(
        encoders=pinned.encoders,
        size=order.size,
        cast=tuple(_pinned_character(m, pinned) for m in order.characters),
        gallery=pinned.gallery,
        face_gallery=pinned.face_gallery,
        looks=pinned.looks,
        palettes=palettes_of(order),
        style_references=_not_from(order.panel, pinned.style),
        references=_not_from(order.panel, pinned.sketches),
        lettering=tuple(PinnedWords(words.text, words.place, words.speaker) for words in order.lettering),
    )


def _not_from(panel: str, sketches: tuple[Sketch, ...]) -> tuple[Sketch, ...]:
    """A frame is not held against its own promoted copy, which would call it pasted."""
    return tuple(sketch for sketch in sketches if promoted_from(sketch.name) != panel)


def _pinned_character(member: CastMember, pinned: Pinned) -> PinnedCharacter:
    look = look_in(member, pinned)
    shares = pinned.palette_shares(look, member.palette)
    return PinnedCharacter(member.name, look, member.palette, shares, member.place, member.medium)
