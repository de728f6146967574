"""A request in, one caption out: for models that read a description and not a briefing.

Diffusion models with CLIP text encoders weigh the first words most and know neither lists nor "Image 2". So
the newest demands stand first, then the scene, the cast, the words, the style. What must not be in the
picture is left to the negative prompt: named in a caption it would be drawn.
"""

from __future__ import annotations

from collections.abc import Iterable

from consistency import color_name
from series.drift import DriftKind
from series.request.model import GenerationRequest, Identity, NamedColor, Reinforcement, Words
from series.request.wording import one_line, quoted, where

MOST_COLORS = 6
"""Colors that one palette names: more take the weight of the caption from what is drawn."""

_WORDLESS = frozenset({DriftKind.EXTRA, DriftKind.COPY})
"""What is answered by another seed and the negative prompt: a caption would name what must not be drawn."""


def caption(request: GenerationRequest) -> str:
    """One line of phrases with commas between, nothing empty."""
    said = request.structure
    phrases = [
        *(_demand(one) for one in reversed(request.reinforcements)),
        f"{one_line(said.shot).replace('_', ' ')} shot" if said.shot else "",
        one_line(said.scene),
        one_line(request.style.words),
        one_line(said.structure),
        *(_figure(one) for one in request.identities),
        *(_lettering(words) for words in request.copy),
        f"colors {_colors(request.palette)}" if request.palette else "",
    ]
    return ", ".join(phrase.strip(" .,") for phrase in dict.fromkeys(phrases) if phrase.strip(" .,"))


def caption_seed(request: GenerationRequest) -> int:
    """The seed to draw a caption with, 0 to 2³² - 1: the request's, and another one for each demand that the
    caption leaves out. Else a model that honors seeds would draw the very picture again."""
    return (request.seed + sum(one.kind in _WORDLESS for one in request.reinforcements)) % 2**32


def _demand(one: Reinforcement) -> str:
    return "" if one.kind in _WORDLESS else one_line(one.text)


def _figure(one: Identity) -> str:
    parts = [
        one_line(one.look) or one_line(one.name),
        f"in the outfit {one_line(one.wardrobe)}" if one.wardrobe else "",
        _colors(one.colors),
        where(one.place).partition(" (")[0] if one.place is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _lettering(words: Words) -> str:
    kind = "speech balloon with the words" if words.speaker else "the words"
    return f"{kind} {quoted(words.text)}"


def _colors(colors: Iterable[NamedColor]) -> str:
    """Color names only, the largest shares first: no text encoder of this kind reads hex."""
    largest = sorted(colors, key=lambda one: -(one.share or 0.0))[:MOST_COLORS]
    return ", ".join(dict.fromkeys(_color(one) for one in largest))


def _color(one: NamedColor) -> str:
    called, wearer = color_name(one.hex), one_line(one.role or one.name).replace("_", " ")
    return called if wearer in called else f"{called} {wearer}"
