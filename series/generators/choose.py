"""A panel's order and what is configured in, which generator is asked for it and why out: `generator: auto`.

Pure: the same order, candidates, prices and day give the same choice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from series.generators.catalogue import ImageModel, Strength
from series.generators.generator import Abilities
from series.plan import FrameOrder

AUTO = "auto"
"""In place of a generator's name: one is chosen for each panel."""
PLACES = 2
"""Figures with a pinned place from which a panel counts as layout-heavy: for one any model finds the spot."""
FIGURES = 4
"""Figures in one picture from which it counts as layout-heavy, pinned places or not: models lose count."""
ENDS_SOON = timedelta(days=14)
"""A model that ends within this time is chosen only where no other is as good: a series is worked on for
days, and its last frames should come from the same model as its first."""

_DIAGRAM = re.compile(
    r"\b(diagram|infographic|flow ?chart|blueprint|floor ?plan|labell?ed|annotated"
    r"|(?:bar|pie|line|organi[sz]ation|gantt) (?:chart|graph)"
    r"|(?:chart|graph|map|table)"
    r"(?=s? (?:of|showing|that shows|comparing|with (?:rows|columns|axes|labels))\b)"
    r")s?\b",
    re.IGNORECASE,
)
"""What asks for a diagram in a scene or layout: text and lines have to be right in it. A lantern may stand on
a table, and a map may lie there: these words count only with what they show."""

_STRONG: Mapping[Strength, str] = {
    "lettering": "lettering",
    "layout": "layout",
    "photo": "photographs",
    "edit": "edits",
}
"""What a model is strong at, in words; for speed it is "fast"."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A generator that could be asked."""

    name: str
    """The generator's: "openai:gpt-image-2"."""
    abilities: Abilities
    model: ImageModel | None
    """Its row; None for drafts and for generators that no row is about: these are the last choice."""
    here: bool = True
    """Whether it can be asked; False for one that lacks a key or a package."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which generators a panel goes to, and why."""

    generators: tuple[str, ...]
    """Names: the first is asked, the others are next should it fail. At least one."""
    reason: str = ""
    """Empty where the manifest says it."""
    as_good: tuple[str, ...] = ()
    """Of auto: those as strong at what the panel wants as the first. What an earlier run got from one of them
    stays, although another one is cheaper by now, or its key is gone."""


@dataclass(frozen=True, slots=True)
class Want:
    """What a panel needs a model to be strong at."""

    strength: Strength
    why: str


def wants_of(order: FrameOrder, *, drafts: bool = False) -> tuple[Want, ...]:
    """What counts for a panel, the most important first. drafts: pictures to look at before the real ones."""
    found_diagram = _DIAGRAM.search(f"{order.scene}\n{order.structure}")
    diagram = _named(found_diagram[1]) if found_diagram else ""
    places = sum(member.place is not None for member in order.characters)
    found = []
    if drafts:
        found.append(Want("speed", "a draft"))
    if order.lettering:
        found.append(Want("lettering", "words in the picture"))
    elif diagram:
        found.append(Want("lettering", diagram))
    if diagram:
        found.append(Want("layout", diagram))
    elif places >= PLACES:
        found.append(Want("layout", f"{places} figures with a pinned place"))
    elif len(order.characters) >= FIGURES:
        found.append(Want("layout", f"{len(order.characters)} figures"))
    if any(member.medium == "photo" for member in order.characters):
        found.append(Want("photo", "somebody photographed"))
    return tuple(found)


def choose(
    order: FrameOrder,
    candidates: Sequence[Candidate],
    prices: Mapping[str, float],
    *,
    today: date,
    drafts: bool = False,
) -> Choice:
    """The candidates from best to last resort, with the reason for the first.

    prices: candidate's name → US dollars of the panel's picture. In this order count: being a model at all,
    being strong at what the panel wants, taking one reference of each character and of the style, not ending
    soon, the price, the order in which the candidates are named. Models past their end date and what is not
    here are left out. Raises ValueError when no candidate is left.
    """
    wants, needed = wants_of(order, drafts=drafts), _references(order)
    served = [one for one in candidates if one.here and (one.model is None or not one.model.ended(today))]
    if not served:
        raise ValueError("nothing to choose from")

    def strength(one: Candidate) -> tuple[bool, tuple[bool, ...]]:
        strong = one.model.strong_at if one.model is not None else ()
        return one.model is None, tuple(want.strength not in strong for want in wants)

    def place(one: Candidate) -> tuple[tuple[bool, tuple[bool, ...]], int, bool, float]:
        ends = one.model.ends if one.model is not None else None
        return (
            strength(one),
            max(0, needed - one.abilities.reference_images),
            ends is not None and ends <= today + ENDS_SOON,
            prices[one.name],
        )

    ranked = sorted(served, key=place)
    first = ranked[0]
    as_good = [one.name for one in candidates if one.model is not None and strength(one) <= strength(first)]
    names = tuple(one.name for one in ranked)
    return Choice(names, _reason(first, wants, needed, prices), tuple(as_good))


def _references(order: FrameOrder) -> int:
    """Pictures that a request needs at least: one of each character that has any, one of the style."""
    return sum(bool(one.references) for one in order.characters) + bool(order.style.references)


def _reason(first: Candidate, wants: Sequence[Want], needed: int, prices: Mapping[str, float]) -> str:
    cost = f"${prices[first.name]:.3f} a picture"
    if first.model is None:
        return f"nothing else is configured, {cost}"
    strong = [want for want in wants if want.strength in first.model.strong_at]
    said = [f"{why}: {strengths}" for why, strengths in _by_why(strong)]
    if not strong:
        said = [f"{why}: none that is {strengths} is configured" for why, strengths in _by_why(wants)]
    if not wants:
        takes = min(needed, first.abilities.reference_images)
        said.append(f"cheapest that takes {takes} of {needed} references" if needed else "cheapest")
    return f"{'; '.join(said)}, {cost}"


def _named(word: str) -> str:
    """The word that asks for a diagram, where it is another one, in brackets."""
    return "a diagram" if word.casefold() == "diagram" else f"a diagram ({word})"


def _by_why(wants: Sequence[Want]) -> list[tuple[str, str]]:
    """Each reason once, with everything that it wants: ("a diagram", "strong at lettering and layout")."""
    found: dict[str, list[Strength]] = {}
    for want in wants:
        found.setdefault(want.why, []).append(want.strength)
    return [(why, _strengths(strengths)) for why, strengths in found.items()]


def _strengths(strengths: Sequence[Strength]) -> str:
    strong = " and ".join(_STRONG[one] for one in strengths if one in _STRONG)
    said = ["fast"] if "speed" in strengths else []
    return " and ".join([*said, f"strong at {strong}"] if strong else said)
