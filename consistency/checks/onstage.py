"""An observation and what is expected in, what the scores of other projects count out: who was found, as
vectors. The scores themselves are in `peers`.

Those projects find people with a detector. Here one is found by a face, or by a region that looks like a
character of the series: so a stranger who looks like none of them is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consistency.checks.casting import Casting, Sighting, cast_frame, character_of
from consistency.checks.expected import Expected
from consistency.checks.identity import MISSED_ABOVE, OTHER_SPOT
from consistency.measurement import Box
from consistency.observation import Observation
from consistency.peers import cast
from consistency.vectors import Vectors

EXTRA_WITHIN: Final = 0.6
"""Cosine distance within which a region shows a character that the panel does not name: where
`identity.unexpected` stops rejecting with the embedded and the light encoders (similarity .43 and .40)."""

References = Mapping[str, Vectors]
"""Look → float32 (r, d), r ≥ 1, of one encoder."""


@dataclass(frozen=True, slots=True, eq=False)
class OnStage:
    """One frame as other projects count it."""

    looks: tuple[str, ...]
    """Of the characters that the panel names and that have a reference."""
    crops: Mapping[str, Vectors]
    """Look → float32 (d,) of the region or face that was taken for it; those not found are left out."""
    found: int
    """Faces, and regions that show a character of the series."""
    frame: Vectors
    """float32 (d,), the whole frame by the style encoder."""


def on_stage(observation: Observation, expected: Expected, references: References) -> OnStage:
    """Each found region or face goes to one character of the panel, at the greatest total similarity to plain
    reference vectors, as ViStoryBench does it. references: of the looks of the panel, those without count as
    not named; by the face encoder for photographed characters with a face reference, else by the subject
    encoder."""
    casting = cast_frame(observation, expected)
    known = [role for role in casting.roles if role.gallery is not None and role.person.look in references]
    by_face = {role.person.look for role in known if role.gallery is expected.face_gallery}
    looks = tuple(role.person.look for role in known)
    vectors = {region.proposal.box: region.vector for region in observation.regions}
    seen = {sighting.box: vectors[sighting.box] for sighting in _found(casting)}
    met = {face.box: face.vector for face in observation.faces} if by_face else {}
    crops = _cast(met, {look: references[look] for look in looks if look in by_face})
    crops |= _cast(seen, {look: references[look] for look in looks if look not in by_face})
    extra = list(_extra(casting, expected))
    return OnStage(looks, crops, len(seen) + len(met) + len(extra), observation.style)


def _cast(found: Mapping[Box, NDArray[np.float32]], references: References) -> dict[str, Vectors]:
    if not found:
        return {}
    rows = np.stack(list(found.values()))
    return {look: rows[index] for look, index in cast(rows, references).items()}


def _found(casting: Casting) -> Iterator[Sighting]:
    for role in casting.roles:
        sighting, distance = role.sighting, role.distance
        if sighting is None or distance is None or sighting.colors is None:  # a face has no colors
            continue
        if distance <= MISSED_ABOVE:  # also at a pinned place, which may be empty
            yield sighting


def _extra(casting: Casting, expected: Expected) -> Iterator[Sighting]:
    """One region for each character that the panel does not name, where one shows it."""
    if expected.gallery is None:
        return
    named = {character_of(role.person.look) for role in casting.roles}
    taken = [role.sighting.box for role in casting.roles if role.sighting is not None]
    for index, look in enumerate(expected.gallery.names):
        mine = [s for s in casting.sightings if s.found_for == look and character_of(look) not in named]
        free = [s for s in mine if all(s.box.iou(box) < OTHER_SPOT for box in taken)]
        nearest = min(free, key=lambda sighting: float(sighting.distances[index]), default=None)
        if nearest is not None and nearest.distances[index] <= EXTRA_WITHIN:
            named.add(character_of(look))
            yield nearest
