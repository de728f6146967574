"""A draft and its drifts in, the drifted draft and what is left to do to its pixels out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from consistency import Box
from series.drift import DriftKind
from series.generators.previz.chance import Drift
from series.generators.previz.dice import Dice
from series.generators.previz.draft import Draft, Figure
from series.generators.previz.misread import misread
from series.generators.previz.shade import difference, drifted_color
from series.generators.previz.technique import TECHNIQUES, Pixels, hue_turned, warped
from series.request import GenerationRequest, Identity, NamedColor, Words

SWAPPED = 0.35
"""Share of identity drifts in which another character stands in, where there is one. Set by hand."""
FAR = 0.25
"""Share of the frame's width that a figure is moved at least when it stands elsewhere than pinned."""
MAIN = 0.2
"""Share of a figure's pinned colors from which one is a main color: the checks use the same share."""
NARROW = 0.3
"""Share of the frame's width of a figure that has to be made smaller to stand elsewhere."""

Worn = Callable[[Path, tuple[NamedColor, ...]], Mapping[str, float]]
"""A reference and a character's colors in; color name → share of the picture that it covers out."""


@dataclass(frozen=True, slots=True)
class Done:
    """A drift that is in the picture."""

    drift: Drift
    part: str
    """Swatch, technique, "place", "size", "letters" ...: how it shows."""
    note: str = ""
    """For a person who reads the truth."""


@dataclass(frozen=True, slots=True, eq=False)
class Spoiled:
    """A draft with drifts in it."""

    draft: Draft
    done: tuple[Done, ...] = ()
    finish: tuple[Callable[[Pixels], Pixels], ...] = ()
    """What is done to the drawn pixels, in order."""

    def finished(self, pixels: Pixels) -> Pixels:
        """The drawn pixels with the rest of the drifts in them."""
        for step in self.finish:
            pixels = step(pixels)
        return pixels


def spoil(
    draft: Draft,
    request: GenerationRequest,
    drifts: tuple[Drift, ...],
    dice: Dice,
    *,
    cast: Mapping[str, Path],
    worn: Worn,
) -> Spoiled:
    """Put each drift in. One that the draft has no place for (a figure that is not in it) is left out.

    dice: of the picture's draw; cast: pictures of characters that the request does not hold.
    """
    spoiled = Spoiled(draft)
    for drift in drifts:
        spoiled = _DO[drift.kind](spoiled, _Task(request, drift, dice, cast, worn))
    return spoiled


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One drift, with what it may use."""

    request: GenerationRequest
    drift: Drift
    dice: Dice
    cast: Mapping[str, Path]
    worn: Worn

    def share(self, question: str) -> float:
        """[0, 1)."""
        return self.dice.unit(self.drift.kind.value, self.drift.subject, question)

    def pick(self, count: int, question: str) -> int:
        """0 to count - 1."""
        return self.dice.below(count, self.drift.kind.value, self.drift.subject, question)

    @property
    def identity(self) -> Identity | None:
        return next((one for one in self.request.identities if one.name == self.drift.subject), None)

    def figure(self, draft: Draft) -> Figure | None:
        return next((one for one in draft.figures if one.name == self.drift.subject), None)


def _missing(spoiled: Spoiled, task: _Task) -> Spoiled:
    if task.figure(spoiled.draft) is None:
        return spoiled
    others = tuple(one for one in spoiled.draft.figures if one.name != task.drift.subject)
    return _with(spoiled, task, "", figures=others)


def _extra(spoiled: Spoiled, task: _Task) -> Spoiled:
    """Somebody else in the emptiest of five places, in front."""
    height = 0.45 + 0.2 * task.drift.size
    width = height * 0.5
    first = task.pick(5, "place")
    lefts = [0.02 + (1 - width - 0.04) * ((first + step) % 5) / 4 for step in range(5)]
    boxes = [Box(left, 0.97 - height, left + width, 0.97) for left in lefts]
    emptiest = min(boxes, key=lambda box: sum(_shared(box, one.box) for one in spoiled.draft.figures))
    intruder = Figure(task.drift.subject, task.cast[task.drift.subject], emptiest)
    return _with(spoiled, task, "", figures=(*spoiled.draft.figures, intruder))


def _identity(spoiled: Spoiled, task: _Task) -> Spoiled:
    """Another character stands in; or other colors all over, and another shape."""
    figure = task.figure(spoiled.draft)
    if figure is None:
        return spoiled
    others = {one.name: one.reference for one in spoiled.draft.figures} | dict(task.cast)
    others.pop(task.drift.subject, None)
    names = sorted(name for name, path in others.items() if path != figure.reference)
    if names and task.share("swap") < SWAPPED:
        name = names[task.pick(len(names), "who")]
        stranger = replace(figure, reference=others[name], recolor=())
        return _with(
            spoiled, task, "swap", f"{name} stands in", figures=_put(spoiled.draft, figure, stranger)
        )
    recolor = tuple(
        (color.hex, drifted_color(color.hex, 20 + 20 * task.drift.size, task.share(color.name)))
        for color in (task.identity.colors if task.identity else ())
    )
    changed = _with(
        spoiled,
        task,
        "look",
        f"{len(recolor)} colors and the shape",
        figures=_put(spoiled.draft, figure, replace(figure, recolor=recolor)),
    )
    box, size, seed = figure.box, task.drift.size, task.pick(360, "shape")
    turn = (40 + 80 * size) * (1 if task.share("turn") < 0.5 else -1)

    def reshape(pixels: Pixels) -> Pixels:
        bent = warped(pixels, box, size, seed)
        return bent if recolor else _turned_inside(bent, box, turn)

    return replace(changed, finish=(*changed.finish, reshape))


def _palette(spoiled: Spoiled, task: _Task) -> Spoiled:
    """One color of a figure, its shades with it; the hue of the whole frame where no figure has colors."""
    figure, identity = task.figure(spoiled.draft), task.identity
    if figure is None or identity is None or not identity.colors:
        if identity is not None:
            return spoiled
        degrees = (15 + 30 * task.drift.size) * (1 if task.share("turn") < 0.5 else -1)
        turned = _with(spoiled, task, "hue", f"hue turned by {degrees:.0f}°")
        return replace(turned, finish=(*turned.finish, lambda pixels: hue_turned(pixels, degrees)))
    color = _main_color(figure, identity, task)
    delta_e, way = 12 + 18 * task.drift.size, task.share("way")
    # A coat's shade is the coat's: a model that gets the coat wrong gets both wrong.
    family = [one for one in identity.colors if one is color or one.name.startswith(f"{color.name}_")]
    recolor = tuple((one.hex, drifted_color(one.hex, delta_e, way)) for one in family)
    own = recolor[family.index(color)][1]
    note = f"{color.hex} became {own}, ΔE00 {difference(color.hex, own):.1f}"
    figures = _put(spoiled.draft, figure, replace(figure, recolor=recolor))
    return _with(spoiled, task, color.name, note, figures=figures)


def _main_color(figure: Figure, identity: Identity, task: _Task) -> NamedColor:
    """One of the figure's main colors, the more likely the more it covers; or the one that covers most."""
    worn = task.worn(figure.reference, identity.colors)
    ranked = sorted(identity.colors, key=lambda color: (-worn.get(color.name, 0.0), color.name))
    main = [color for color in ranked if worn.get(color.name, 0.0) >= MAIN] or ranked[:1]
    left = task.share("color") * sum(worn.get(color.name, 0.0) for color in main)
    for color in main[:-1]:
        left -= worn.get(color.name, 0.0)
        if left < 0:
            return color
    return main[-1]


def _style(spoiled: Spoiled, task: _Task) -> Spoiled:
    names = tuple(TECHNIQUES)
    name = names[task.pick(len(names), "technique")]
    size, seed = task.drift.size, task.pick(2**32, "noise")
    drawn = _with(spoiled, task, name)
    return replace(drawn, finish=(*drawn.finish, lambda pixels: TECHNIQUES[name](pixels, size, seed)))


def _composition(spoiled: Spoiled, task: _Task) -> Spoiled:
    """A pinned figure stands elsewhere; a picture where nobody is pinned has another aspect."""
    figure, size = task.figure(spoiled.draft), task.drift.size
    if figure is not None:
        moved = replace(figure, box=elsewhere(figure.box, size))
        return _with(spoiled, task, "place", figures=_put(spoiled.draft, figure, moved))
    if task.identity is not None:
        return spoiled
    changed = replace(spoiled.draft, size=another_aspect(spoiled.draft.size, size))
    return _with(replace(spoiled, draft=changed), task, "size", "{} × {} pixels".format(*changed.size))


def another_aspect(pixels: tuple[int, int], size: float) -> tuple[int, int]:
    """Width, height in pixels with the longer side 20 to 45 % shorter; of a square the height."""
    width, height = pixels
    share = 0.8 - 0.25 * size
    return (
        (max(1, round(width * share)), height) if width > height else (width, max(1, round(height * share)))
    )


def elsewhere(box: Box, size: float) -> Box:
    """A box far from this one: FAR or more to the side with more room. One that fills the frame is made
    smaller and put at an edge."""
    width, height = box.right - box.left, box.bottom - box.top
    to_right = 1 - box.right >= box.left
    room = 1 - box.right if to_right else box.left
    if room < FAR:
        share = min(1.0, NARROW / width)
        width, height = width * share, height * share
        left = 1 - width if to_right else 0.0
    else:
        step = min(room, FAR + 0.25 * size)
        left = box.left + step if to_right else box.left - step
    left = min(max(0.0, left), 1 - width)
    return Box(left, max(0.0, box.bottom - height), min(1.0, left + width), box.bottom)


def _lettering(spoiled: Spoiled, task: _Task) -> Spoiled:
    words = spoiled.draft.words
    if not words:
        return spoiled
    index = task.pick(len(words), "which")
    text = words[index].text
    part, wrong = misread(text, task.drift.size, task.share("way"), task.share("where"))
    changed = (replace(words[index], text=wrong),) if wrong else ()
    note = f"{text!r} became {wrong!r}"
    return _with(spoiled, task, part, note, words=(*words[:index], *changed, *words[index + 1 :]))


_DO: Mapping[DriftKind, Callable[[Spoiled, _Task], Spoiled]] = {
    DriftKind.MISSING: _missing,
    DriftKind.EXTRA: _extra,
    DriftKind.IDENTITY: _identity,
    DriftKind.PALETTE: _palette,
    DriftKind.STYLE: _style,
    DriftKind.COMPOSITION: _composition,
    DriftKind.LETTERING: _lettering,
}


def _with(
    spoiled: Spoiled,
    task: _Task,
    part: str,
    note: str = "",
    *,
    figures: tuple[Figure, ...] | None = None,
    words: tuple[Words, ...] | None = None,
) -> Spoiled:
    """With this drift done, and the draft's figures or words changed."""
    draft = spoiled.draft
    draft = replace(
        draft,
        figures=draft.figures if figures is None else figures,
        words=draft.words if words is None else words,
    )
    return Spoiled(draft, (*spoiled.done, Done(task.drift, part, note)), spoiled.finish)


def _put(draft: Draft, old: Figure, new: Figure) -> tuple[Figure, ...]:
    return tuple(new if one is old else one for one in draft.figures)


def _shared(one: Box, other: Box) -> float:
    """Area that both cover, as a share of the frame."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)


def _turned_inside(pixels: Pixels, box: Box, degrees: float) -> Pixels:
    left, top, right, bottom = box.pixels(pixels.shape[1], pixels.shape[0])
    changed = pixels.copy()
    changed[top:bottom, left:right] = hue_turned(pixels[top:bottom, left:right], degrees)
    return changed
