"""Identity: is each pinned character there, and does it look like itself?

For each pinned character one `identity` distance of the region that plays it (`identity.alone` in a project
of one character, `identity.photo` for a photographed person without a face encoder, `identity.unclear` for a
face that is too small or turned too far to reject anybody), `identity.swap`: does that region look more like
another character? `identity.missing`: does nothing look like it, and are its colors nowhere? and, where its
place is pinned, `identity.place`: are they not at that place? Where maps said where to look,
`identity.absent`: is every likely region unlike it, and does none stand out? For each character that the
panel does not pin, `identity.unexpected`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from consistency.checks.casting import Casting, Role, Sighting, cast_frame, character_of, same_character
from consistency.checks.expected import Expected, LookColors
from consistency.color import ciede2000_matrix
from consistency.measurement import Evidence, LabeledBox, Measurement, Result, Unmeasured
from consistency.observation import Observation
from consistency.vectors import Gallery, knows_photographs

OTHER_SPOT = 0.3
"""An unexpected character stands where no pinned one does: overlap below this IoU."""
MISSED_ABOVE = 0.85
"""Cosine distance above which a region is not clearly the character: where `identity` stops accepting."""
SAME_COLOR = 10.0
"""ΔE00 within which a cell shows one of the main colors of a look."""
COLOR_SHARE_AT_LEAST = 0.002
"""Share of the frame that a main color needs to count as there: six cells of a field."""
PLACE_SHARE_AT_LEAST = 0.02
"""The same of its pinned place, which holds little else: set with the limits of `identity.place`."""
CONTRAST_WEIGHT = 3.0
"""How much the contrast of the best region in the map counts beside the mean distance of all regions, for
`identity.absent`. 1, 2, 3, 4 in a comic, boxes over 5 % of the panel against absent ones: AUC .910, .939,
.938, .935; absent ones over 95 % of the others: .59, .78, .84, .84. Distance alone .79, map alone .87."""
UNIT = "cosine distance"
COLOR_ENCODER = "lab/1"
"""Id of what says that the colors of a missing character are nowhere: plain Lab and ΔE00, no encoder."""


def measure(observation: Observation, expected: Expected) -> list[Result]:
    """→ the results of all pinned characters, then of the others. Empty when no character is pinned."""
    casting = cast_frame(observation, expected)
    results = [
        result
        for role in casting.roles
        for result in (*_of_role(role, observation, expected), *_absent(role, casting, expected))
    ]
    return results + _unexpected(casting, expected)


def _of_role(role: Role, observation: Observation, expected: Expected) -> list[Result]:
    name = role.person.name
    if role.gallery is None and role.person.medium == "photo" and not knows_photographs(role.encoder):
        reason = (
            f"no face in the references of {name} can be compared, and {role.encoder} knows drawn characters "
            f"only: look by eye, or pin pictures that show the face and take an encoder of faces"
        )
        return [Unmeasured("identity", name, reason, role.encoder)]
    if role.gallery is None:
        reason = f"{name} has no readable reference picture: pin one under characters.{name}.references"
        return [Unmeasured("identity", name, reason, role.encoder)]
    if role.sighting is None or role.distance is None:
        reason = f"nothing in the frame could be taken for {name}: pin its place, or look by eye"
        return [Unmeasured("identity", name, reason, role.encoder)]
    scores = _scores(role.sighting, role.gallery)
    box = LabeledBox(role.sighting.box, name)
    if not role.sighting.clear:
        reason = f"{name}, by a face too small or turned too far to say no: {UNIT} {role.distance:.2f}"
        evidence = Evidence(reason=reason, boxes=(box,), nearest=role.person.look, scores=scores)
        return [Measurement("identity.unclear", name, role.distance, UNIT, role.encoder, evidence)]
    where = "at its pinned place" if role.sighting.pinned else "in the likeliest region"
    reason = f"{name}, {where}: {UNIT} {role.distance:.2f} to its references"
    heat = role.sighting.heat
    evidence = Evidence(reason=reason, boxes=(box,), nearest=role.person.look, scores=scores, heat=heat)
    own = Measurement(_check_of(role), name, role.distance, UNIT, role.encoder, evidence)
    return [
        own,
        *_swap(role, role.distance, scores, box),
        *_missing(role, role.distance, observation, expected),
    ]


def _check_of(role: Role) -> str:
    """One character alone, and a photographed person without a face encoder, are measured less surely."""
    if role.sighting is not None and role.sighting.colors is None:
        return "identity"
    if role.person.medium == "photo":
        return "identity.photo"
    characters = {character_of(look) for look in role.gallery.names} if role.gallery else set()
    return "identity" if len(characters) > 1 else "identity.alone"


def _absent(role: Role, casting: Casting, expected: Expected) -> list[Result]:
    """All regions that a map proposed for it are unlike it, and none stands out from the frame.

    Only of maps and vectors of one maker, whose numbers were measured together, and for one of several
    characters: a character alone is centered otherwise.
    """
    name, gallery = role.person.name, role.gallery
    maps, subject = expected.encoders.get("maps", ""), expected.encoders["subject"]
    if gallery is None or role.person.medium == "photo" or len(set(map(character_of, gallery.names))) < 2:
        return []
    mine = [s for s in casting.sightings if s.by_map and s.found_for == role.person.look]
    if not mine or maps.partition(".")[0] != subject.partition(".")[0]:
        return []
    index = gallery.names.index(role.person.look)
    distance = float(np.mean([sighting.distances[index] for sighting in mine]))
    contrast = max(sighting.score for sighting in mine)
    unlike = distance + CONTRAST_WEIGHT * max(0.0, 1 - contrast)
    evidence = Evidence(
        reason=f"the likeliest regions for {name}: mean {UNIT} {distance:.2f}, contrast {contrast:.2f}",
        boxes=tuple(LabeledBox(sighting.box, f"{name}?") for sighting in mine),
        heat=mine[0].heat,
    )
    return [Measurement("identity.absent", name, unlike, "cosine distance and contrast", maps, evidence)]


def _missing(role: Role, distance: float, observation: Observation, expected: Expected) -> list[Result]:
    """Nothing looks like it, and its main colors are nowhere in the frame: it is not there."""
    look = expected.looks.get(role.person.look)
    if look is None or role.person.medium == "photo":
        return []
    name, box = role.person.name, role.sighting.box if role.sighting is not None else None
    unlike = distance > MISSED_ABOVE
    share = _lacking(observation.colors.lab[::2, ::2], look, COLOR_SHARE_AT_LEAST) if unlike else 0.0
    reason = f"{name} was seen"
    if share > 0:
        reason = f"nothing looks like {name}, and {share:.0%} of its main colors are nowhere in the frame"
    results: list[Result] = [_of_colors("identity.missing", name, share, reason)]
    if box is not None and role.person.place is not None:
        left, top, right, bottom = box.pixels(
            observation.colors.lab.shape[1], observation.colors.lab.shape[0]
        )
        inside = observation.colors.lab[top:bottom, left:right]
        share = _lacking(inside, look, PLACE_SHARE_AT_LEAST) if unlike else 0.0
        reason = f"{name} was seen at its place"
        if share > 0:
            reason = (
                f"nothing at its place looks like {name}, and {share:.0%} of its main colors are not there"
            )
        results.append(_of_colors("identity.place", name, share, reason, (LabeledBox(box, name),)))
    return results


def _lacking(lab: NDArray[np.float16], look: LookColors, at_least: float) -> float:
    """How much of a look's main colors is not among these cells, in [0, 1]: a color is there from `at_least`
    of the cells on. lab: float16 (h, w, 3)."""
    cells = lab.reshape(-1, 3).astype(np.float32)
    there = (ciede2000_matrix(cells, look.main) <= SAME_COLOR).mean(axis=0) >= at_least
    return float(look.shares[~there].sum())


def _of_colors(
    check: str, name: str, share: float, reason: str, boxes: tuple[LabeledBox, ...] = ()
) -> Measurement:
    evidence = Evidence(reason, boxes)
    return Measurement(check, name, share, "share of main colors", COLOR_ENCODER, evidence)


def _swap(role: Role, distance: float, scores: dict[str, float], box: LabeledBox) -> list[Result]:
    name = role.person.name
    rivals = {look: d for look, d in scores.items() if not same_character(look, role.person.look)}
    if not rivals:
        return []
    rival = min(rivals, key=lambda look: rivals[look])
    margin = distance - rivals[rival]
    words = f"{name} looks more like {rival}" if margin > 0 else f"{name} is not taken for {rival}"
    evidence = Evidence(reason=f"{words} (by {abs(margin):.2f})", boxes=(box,), nearest=rival, scores=scores)
    return [Measurement("identity.swap", name, max(0.0, margin), UNIT, role.encoder, evidence)]


def _unexpected(casting: Casting, expected: Expected) -> list[Result]:
    if expected.gallery is None:
        return []
    present = {character_of(role.person.look) for role in casting.roles}
    absent = [look for look in expected.gallery.names if character_of(look) not in present]
    taken = [role.sighting.box for role in casting.roles if role.sighting is not None]
    free = [s for s in casting.sightings if all(s.box.iou(box) < OTHER_SPOT for box in taken)]
    found = [_likeliest(look, free, expected) for look in absent]
    return [result for result in found if result is not None]


def _likeliest(look: str, free: list[Sighting], expected: Expected) -> Measurement | None:
    gallery = expected.gallery
    mine = [sighting for sighting in free if sighting.found_for == look]
    if gallery is None or not mine:
        return None
    index = gallery.names.index(look)
    nearest = min(mine, key=lambda sighting: float(sighting.distances[index]))
    similarity = max(0.0, 1.0 - float(nearest.distances[index]))
    evidence = Evidence(
        reason=f"{look} is not pinned here; its likeliest spot has cosine similarity {similarity:.2f}",
        boxes=(LabeledBox(nearest.box, f"{look}?"),),
        nearest=look,
        scores=_scores(nearest, gallery),
        heat=nearest.heat,
    )
    encoder = expected.encoders["subject"]
    return Measurement("identity.unexpected", look, similarity, "cosine similarity", encoder, evidence)


def _scores(sighting: Sighting, gallery: Gallery) -> dict[str, float]:
    """One row of the swap matrix."""
    return {look: float(d) for look, d in zip(gallery.names, sighting.distances, strict=True)}
