"""An observation and the pinned cast in, which region of the frame is which character out.

Shared by the checks that look at one character.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consistency.checks.expected import Expected, PinnedCharacter
from consistency.measurement import Box, HeatMap
from consistency.observation import ColorField, Observation
from consistency.vectors import Gallery

SAME_SPOT = 0.5
"""Boxes that overlap by more than this IoU are one spot: two characters never share it."""
PROPOSAL_WEIGHT = 0.5
"""How much the fit of the colors counts beside the cosine distance when spots are assigned. The verdict
rests on the distance alone."""
_FORBIDDEN = 100.0
"""Added to a cost to rule a spot out; far above any cosine distance."""


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """Something in the frame that may be a character."""

    box: Box
    found_for: str
    """Look for which the box was proposed; empty for a face."""
    score: float
    pinned: bool
    distances: NDArray[np.float32]
    """float32 (looks,): cosine distance to each look of the gallery."""
    colors: ColorField | None
    """None for a face."""
    clear: bool = True
    """False for a face that is too small or turned too far to reject anybody."""
    by_map: bool = False
    """Proposed by an encoder of maps, not by colors."""
    heat: HeatMap | None = None
    """Where in the frame its look was sought."""


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """A pinned character and the sighting that plays it, if any."""

    person: PinnedCharacter
    sighting: Sighting | None
    gallery: Gallery | None
    """The gallery that its distances belong to; None without references."""
    encoder: str
    body: Sighting | None = None
    """Where the colors are, if elsewhere: the region around the face of a person who was cast by it; the one
    that colors proposed beside a map's."""

    @property
    def distance(self) -> float | None:
        """Cosine distance of the sighting to the pinned look."""
        if self.sighting is None or self.gallery is None:
            return None
        return float(self.sighting.distances[self.gallery.names.index(self.person.look)])


@dataclass(frozen=True, slots=True, eq=False)
class Casting:
    """The roles of one frame, and everything that was seen."""

    roles: tuple[Role, ...]
    sightings: tuple[Sighting, ...]
    """By regions, not by faces."""


def cast_frame(observation: Observation, expected: Expected) -> Casting:
    """One region for each pinned character, one character for each region, at the least total cost.
    Photographed characters are cast among the faces where a face encoder looked."""
    regions = _regions(observation, expected.gallery)
    faces = _faces(observation, expected.face_gallery)
    by_face = {person.name for person in expected.cast if _by_face(person, expected.face_gallery)}
    ids = expected.encoders
    cast_by_face = _assign([p for p in expected.cast if p.name in by_face], faces, expected.face_gallery)
    cast_by_look = _assign([p for p in expected.cast if p.name not in by_face], regions, expected.gallery)
    roles = tuple(
        Role(
            person,
            cast_by_face[person.name],
            expected.face_gallery,
            ids["faces"],
            _body(person, cast_by_face[person.name], regions),
        )
        if person.name in by_face
        else Role(
            person,
            cast_by_look.get(person.name),
            _gallery_of(person, expected.gallery),
            ids["subject"],
            _colored(person, cast_by_look.get(person.name), regions, expected.gallery),
        )
        for person in expected.cast
    )
    return Casting(roles, tuple(regions))


def _by_face(person: PinnedCharacter, gallery: Gallery | None) -> bool:
    return person.medium == "photo" and _gallery_of(person, gallery) is not None


def _gallery_of(person: PinnedCharacter, gallery: Gallery | None) -> Gallery | None:
    return gallery if gallery is not None and person.look in gallery.names else None


def _regions(observation: Observation, gallery: Gallery | None) -> list[Sighting]:
    regions = [region for region in observation.regions if region.proposal.name]
    if not regions or gallery is None:
        return []
    distances = gallery.distances(np.stack([region.vector for region in regions]))
    return [
        Sighting(
            r.proposal.box,
            r.proposal.name,
            r.proposal.score,
            r.proposal.pinned,
            row,
            r.colors,
            by_map=r.proposal.by_map,
            heat=r.proposal.heat,
        )
        for r, row in zip(regions, distances, strict=True)
    ]


def _faces(observation: Observation, gallery: Gallery | None) -> list[Sighting]:
    if not observation.faces or gallery is None:
        return []
    distances = gallery.distances(np.stack([face.vector for face in observation.faces]))
    return [
        Sighting(face.box, "", 0.0, pinned=False, distances=row, colors=None, clear=face.clear)
        for face, row in zip(observation.faces, distances, strict=True)
    ]


def _body(person: PinnedCharacter, face: Sighting | None, regions: Sequence[Sighting]) -> Sighting | None:
    """The best region proposed or pinned for a person that holds the middle of its face."""
    if face is None:
        return None
    mine = [r for r in regions if r.found_for == person.look and _holds_middle(r.box, face.box)]
    return max(mine, key=lambda region: (region.pinned, region.score), default=None)


def _colored(
    person: PinnedCharacter, cast: Sighting | None, regions: Sequence[Sighting], gallery: Gallery | None
) -> Sighting | None:
    """The likest region that colors proposed for a character whom a map found: the box of a map holds scenery
    too, and a color that is lost in it and nowhere else in the frame is not lost."""
    if cast is None or not cast.by_map or gallery is None:
        return None
    mine = [r for r in regions if r.found_for == person.look and not (r.by_map or r.pinned)]
    return min(mine, key=lambda region: _cost(region, person, gallery), default=None)


def _holds_middle(box: Box, inner: Box) -> bool:
    across, down = (inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2
    return box.left <= across <= box.right and box.top <= down <= box.bottom


def _assign(
    cast: Sequence[PinnedCharacter], sightings: Sequence[Sighting], gallery: Gallery | None
) -> Mapping[str, Sighting | None]:
    from scipy.optimize import linear_sum_assignment

    chosen: dict[str, Sighting | None] = {person.name: None for person in cast}
    known = [person for person in cast if _gallery_of(person, gallery) is not None]
    if gallery is None or not known or not sightings:
        return chosen
    spots = _spots(sightings)
    options = [[_best_in(spot, person, gallery) for spot in spots] for person in known]
    costs = [
        [_cost(option, person, gallery) for option in row] for person, row in zip(known, options, strict=True)
    ]
    for row, column in zip(*linear_sum_assignment(np.array(costs)), strict=True):
        if costs[row][column] < _FORBIDDEN / 2:
            chosen[known[row].name] = options[row][column]
    return chosen


def _spots(sightings: Sequence[Sighting]) -> list[list[Sighting]]:
    """Group what overlaps: the sightings of one group look at one thing."""
    spots: list[list[Sighting]] = []
    for sighting in sorted(sightings, key=lambda s: (not s.pinned, -s.score)):
        home = next((spot for spot in spots if spot[0].box.iou(sighting.box) > SAME_SPOT), None)
        if home is None or sighting.pinned:
            spots.append([sighting])
        else:
            home.append(sighting)
    return spots


def _best_in(spot: Sequence[Sighting], person: PinnedCharacter, gallery: Gallery) -> Sighting:
    return min(spot, key=lambda sighting: _cost(sighting, person, gallery))


def _cost(sighting: Sighting, person: PinnedCharacter, gallery: Gallery) -> float:
    distance = float(sighting.distances[gallery.names.index(person.look)])
    mine = sighting.found_for == person.look
    if sighting.colors is None:
        # Faces are proposed for nobody: a pinned place only says which of them may be this person's.
        away = person.place is not None and not _holds_middle(person.place, sighting.box)
        return distance + (_FORBIDDEN if away else 0.0)
    if person.place is not None or sighting.pinned:
        # A pinned place is taken at its word: only its character stands there, and stands nowhere else.
        return distance if sighting.pinned and mine else distance + _FORBIDDEN
    return distance - PROPOSAL_WEIGHT * (sighting.score if mine else 0.0)


def same_character(look: str, other: str) -> bool:
    """Two looks of one character (another wardrobe) are never taken for two."""
    return character_of(look) == character_of(other)


def character_of(look: str) -> str:
    """The character of a look: what stands before the outfit."""
    return look.split("/", 1)[0]
