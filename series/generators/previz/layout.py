"""A GenerationRequest in, a Draft out: who stands where, in which picture of theirs, before which place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from consistency import Box
from series.generators.previz.colors import palette_of
from series.generators.previz.cutout import cut_out
from series.generators.previz.dice import Dice
from series.generators.previz.draft import Draft, Figure, StandIn
from series.generators.previz.paper import steps_of
from series.generators.previz.scenery import PLACES
from series.request import GenerationRequest, Identity, Reference, Role

WHOLE = Box(0.0, 0.0, 1.0, 1.0)

TALL: Mapping[str, float] = MappingProxyType(
    {"extreme_wide": 0.3, "wide": 0.5, "full": 0.68, "medium": 0.74, "close_up": 0.82,
     "extreme_close_up": 0.95, "insert": 0.6}
)  # fmt: skip
"""Shot → height of a figure as a share of the frame: what the names of shots say, set by eye."""
SHOWN: Mapping[str, float] = MappingProxyType({"medium": 0.62, "close_up": 0.42, "extreme_close_up": 0.36})
"""Shot → upper part of a full figure that is shown: to the hip, the chest, the shoulders."""
BUST_SHOTS = frozenset({"close_up", "extreme_close_up"})
FEET = (0.9, 0.97)
"""Where on the frame's height a full figure stands."""

SMALL: Mapping[str, float] = MappingProxyType(
    {"cat": 0.55, "kitten": 0.4, "dog": 0.6, "bird": 0.3, "mouse": 0.3, "baby": 0.45, "child": 0.74,
     "girl": 0.74, "boy": 0.74, "kid": 0.74, "small": 0.75, "little": 0.75, "tabby": 0.55, "tiny": 0.5}
)  # fmt: skip
"""Word of a look → height beside a grown person. Only where nothing is pinned; the smallest word counts."""

SMALL_WHOLE = 0.65
"""Up to this height beside a grown person, a medium shot shows a figure whole."""

HINTS: tuple[tuple[str, str], ...] = (
    ("room", r"room|kitchen|interior|indoors?|inside|office|bed|hall|studio|shop|cellar|attic"),
    ("wall", r"wall|door|doorstep|corner|alley"),
    ("hills", r"hills?|forest|woods?|fields?|meadows?|mountains?|garden|park|beach|sea|lake|desert|road"),
    ("town", r"town|city|street|square|houses?|roofs?|rooftops?|market|bridge|lamp"),
)
"""Place → words of a scene or structure that ask for it, looked up in this order."""

VARIED = (0.86, 1.06)
"""Share of its usual height at which a figure stands: panels of one character and camera still differ."""
INSERT_HINTS: tuple[tuple[str, str], ...] = (
    ("lantern", r"lanterns?|lamps?|candles?|lights?|torch|fire|flame"),
    ("stick", r"poles?|sticks?|staff|stump|swords?|pens?|pencils?|keys?|branch"),
    ("crate", r"box|crate|chest|case|bag|book|letter|parcel|present|gift"),
    ("ground", r"ground|snow|sand|grass|floor|prints?|footprints?|tracks?"),
)
"""What a close look at a thing shows."""

MARGIN = 0.02
"""Share of the frame's width that stays free beside a figure."""
OVERLAP = 0.12
"""Share of its width by which figures may overlap when they do not fit side by side: far under the IoU of .5
at which an audit takes two figures for one."""
LETTERING_ROOM = 0.24
"""Share of the frame's height kept free above figures for lettering at the top."""


@dataclass(frozen=True, slots=True)
class _Look:
    """A picture of a character, as it could be used."""

    reference: Reference
    part: Box
    aspect: float
    """Width by height, in pixels."""
    cropped: bool
    """It ends in a straight cut below: it stands on the frame's lower edge, or on that of its place."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """A character with the size at which it is wanted."""

    identity: Identity
    look: _Look | None
    wide: float
    tall: float
    """Shares of the frame."""


def draft_of(request: GenerationRequest) -> Draft:
    """Decides everything about the panel from its request; reads the references for their shapes. The same
    draft for the same request. Raises consistency.ImageError for a reference that is no picture."""
    size = request.structure.size
    dice = Dice(request.seed)
    shot = request.structure.shot
    standing = [_standing(one, request, size, dice) for one in request.identities]
    boxes = _boxes(standing, request, dice)
    order = sorted(range(len(standing)), key=lambda i: (boxes[i].bottom, boxes[i].top - boxes[i].bottom, i))
    figures = [_figure(standing[i], boxes[i], dice) for i in order if standing[i].look]
    media = {one.medium for one in request.identities}
    where = request.structure.camera or f"seed {request.seed}"
    return Draft(
        size=size,
        palette=palette_of(request),
        scenery=int(Dice(0).unit("scenery", where) * 2**32),
        moment=request.seed,
        figures=tuple(figure for figure in figures if figure),
        words=request.copy,
        medium="photo" if media == {"photo"} else "drawn",
        shot=shot,
        tooth=steps_of([one.path for one in request.references if one.role is Role.STYLE]),
        place=_place_of(request),
        standins=tuple(
            StandIn(one.identity.name, boxes[i], tuple((c.name, c.hex) for c in one.identity.colors))
            for i, one in enumerate(standing)
            if one.look is None
        ),
    )


def _place_of(request: GenerationRequest) -> str:
    structure = request.structure
    hints = INSERT_HINTS if structure.shot == "insert" else HINTS
    said = " ".join((structure.camera.replace("_", " "), structure.structure, structure.scene)).lower()
    found = next((place for place, words in hints if re.search(rf"\b(?:{words})\b", said)), "")
    if found == "wall" and structure.shot in {"wide", "extreme_wide"}:
        return "town"
    return found if found in PLACES else ""


def _figure(standing: _Standing, box: Box, dice: Dice) -> Figure | None:
    look = standing.look
    if look is None:
        return None
    name = standing.identity.name
    return Figure(
        name=name,
        reference=look.reference.path,
        box=box,
        mirrored=dice.chance(0.5, "mirrored", name),
        part=look.part,
    )


def _standing(identity: Identity, request: GenerationRequest, size: tuple[int, int], dice: Dice) -> _Standing:
    shot = request.structure.shot or "full"
    square = size[1] / size[0]
    tall = TALL.get(shot, 0.68) * _stature(identity, shot) * dice.between(*VARIED, "tall", identity.name)
    if any(_at_top(words.place) for words in request.copy):
        tall = min(tall, 1 - LETTERING_ROOM)
    looks = _looks(identity, request.references)
    if not looks:
        return _Standing(identity, None, tall * 0.4 * square, tall)
    look = _chosen(looks, identity, shot, size, dice)
    if look.aspect > 1:  # an animal on four legs is as high as it is, not as a sitting one
        tall /= look.aspect**0.5
    return _Standing(identity, look, tall * look.aspect * square, tall)


def _stature(identity: Identity, shot: str) -> float:
    """Height beside a grown person; a close-up shows everybody as large."""
    if shot in BUST_SHOTS:
        return 1.0
    said = re.findall(r"[a-z]+", identity.look.lower())
    return min((SMALL[word] for word in said if word in SMALL), default=1.0)


def _looks(identity: Identity, references: Sequence[Reference]) -> list[_Look]:
    """Every way to show a character: each of its references whole, full figures also cut off below."""
    own = [one for one in references if one.role is Role.CHARACTER and one.subject == identity.name]
    worn = [one for one in own if one.wardrobe == identity.wardrobe] or own
    looks = []
    for reference in worn:
        cut = cut_out(reference.path)
        looks.append(_Look(reference, WHOLE, cut.aspect, cut.bust))
        if not cut.bust:
            looks += [
                _Look(reference, Box(0.0, 0.0, 1.0, share), cut.aspect / share, cropped=True)
                for share in sorted(set(SHOWN.values()))
            ]
    return looks


def _chosen(
    looks: Sequence[_Look], identity: Identity, shot: str, size: tuple[int, int], dice: Dice
) -> _Look:
    """The look that fits the shot; among those that fit as well, one by the seed."""
    pinned = identity.place if identity.place and not _is_half(identity.place) else None
    if pinned is not None:
        wanted = (pinned.right - pinned.left) * size[0] / ((pinned.bottom - pinned.top) * size[1])
        on_edge = pinned.bottom > 0.985
        fitting = [one for one in looks if one.cropped == on_edge] or list(looks)
        best = min(_misfit(one.aspect, wanted) for one in fitting)
        near = [one for one in fitting if _misfit(one.aspect, wanted) <= best + 0.08]
        return near[dice.below(len(near), "look", identity.name)]
    if shot in BUST_SHOTS:
        busts = [one for one in looks if one.cropped and one.part == WHOLE]
        cut = [one for one in looks if one.part.bottom == SHOWN[shot]]
        fitting = busts or cut or list(looks)
    elif shot == "medium" and _stature(identity, shot) > SMALL_WHOLE:
        fitting = [one for one in looks if one.part.bottom == SHOWN[shot]] or list(looks)
    else:
        fitting = [one for one in looks if not one.cropped] or list(looks)
    return fitting[dice.below(len(fitting), "look", identity.name)]


def _misfit(aspect: float, wanted: float) -> float:
    """0 for the same shape, symmetric."""
    return max(aspect, wanted) / min(aspect, wanted) - 1


def _is_half(place: Box) -> bool:
    """A word in the manifest: roughly where, not where it ends."""
    return place.top == 0 and place.bottom == 1


def _at_top(place: Box | None) -> bool:
    return place is None or place.top < 0.2


def _boxes(standing: Sequence[_Standing], request: GenerationRequest, dice: Dice) -> list[Box]:
    """One box a character, in the order given."""
    boxes: dict[int, Box] = {}
    loose: list[int] = []
    for index, one in enumerate(standing):
        place = one.identity.place
        if place is None:
            loose.append(index)
        elif _is_half(place):
            center = (place.left + place.right) / 2 + dice.between(-0.04, 0.04, "half", one.identity.name)
            boxes[index] = _box(one, center, dice)
        else:
            boxes[index] = place
    if boxes:
        for index in loose:
            boxes[index] = _in_free_room(standing[index], list(boxes.values()), dice)
    else:
        for index, center, scale in _row([standing[i] for i in loose], request, dice):
            one = standing[loose[index]]
            boxes[loose[index]] = _box(
                replace(one, wide=one.wide * scale, tall=one.tall * scale), center, dice
            )
    return [boxes[index] for index in range(len(standing))]


def _box(one: _Standing, center: float, dice: Dice) -> Box:
    """Around a center, inside the frame: shrunk to fit, its foot where this kind of figure stands."""
    scale = min(1.0, (1 - 2 * MARGIN) / one.wide)
    wide, tall = one.wide * scale, one.tall * scale
    cropped = one.look is not None and one.look.cropped
    bottom = 1.0 if cropped else dice.between(*FEET, "feet", one.identity.name)
    if not cropped and one.tall < 0.4:
        bottom -= 0.05
    left = min(max(center - wide / 2, MARGIN), 1 - MARGIN - wide)
    return Box(max(0.0, left), max(0.0, bottom - tall), min(1.0, left + wide), bottom)


def _row(
    standing: Sequence[_Standing], request: GenerationRequest, dice: Dice
) -> list[tuple[int, float, float]]:
    """(index, center, scale) of figures side by side: order and gaps by the seed."""
    if not standing:
        return []
    order = sorted(range(len(standing)), key=lambda i: dice.unit("order", standing[i].identity.name))
    room = 1 - 2 * MARGIN
    total = sum(one.wide for one in standing)
    scale = min(1.0, room / (total * (1 - OVERLAP)))
    free = room - total * scale
    shares = [0.3 + dice.unit("gap", gap) for gap in range(len(standing) + 1)]
    if len(standing) == 1:
        shares = [
            0.5 + lean + dice.between(-0.2, 0.2, "lean", side) for side, lean in enumerate(_leaning(request))
        ]
    gaps = [free * share / sum(shares) for share in shares]
    if free < 0:
        gaps = [0.0, *(free / max(1, len(standing) - 1) for _ in standing[1:]), 0.0]
    placed, left = [], MARGIN + gaps[0]
    for position, index in enumerate(order):
        wide = standing[index].wide * scale
        placed.append((index, left + wide / 2, scale))
        left += wide + gaps[position + 1]
    return placed


def _leaning(request: GenerationRequest) -> tuple[float, float]:
    """How much more room is left on each side of a single figure: away from the lettering."""
    centers = [(words.place.left + words.place.right) / 2 for words in request.copy if words.place]
    middle = sum(centers) / len(centers) if centers else 0.5
    lean = (middle - 0.5) * 1.2
    return max(-0.3, -lean), max(-0.3, lean)


def _in_free_room(one: _Standing, taken: Sequence[Box], dice: Dice) -> Box:
    """Where it overlaps least with those that stand already; among equals, by the seed."""
    tries = [_box(one, step / 20, dice) for step in range(1, 20)]
    return min(
        tries,
        key=lambda box: (
            round(sum(_shared(box, other) for other in taken), 2),
            dice.unit("free", one.identity.name, round(box.left * 1000)),
        ),
    )


def _shared(box: Box, other: Box) -> float:
    """Width that two boxes share."""
    return max(0.0, min(box.right, other.right) - max(box.left, other.left))
