"""An order and a drift in, the phrases that a reinforcement is made of out: words for a generator.

Nothing measured is said: a request's digest must be the same wherever it is measured. Pinned colors are.
"""

from __future__ import annotations

from collections.abc import Mapping

from consistency import Box, Finding, Palette, Swatch, color_name
from series.drift import Drifted, DriftKind
from series.plan import CastMember, FrameOrder, LetteringOrder, palettes_of
from series.request.wording import listed, one_line, quoted, spelled, where

WHOLE = frozenset({"", "frame", "series", "style"})
"""Subjects that are the picture itself."""


def placed(order: FrameOrder) -> frozenset[str]:
    """Characters whose place in the frame is pinned."""
    return frozenset(one.name for one in order.characters if one.place is not None)


def palette_of(order: FrameOrder, subject: str) -> Palette | None:
    """The palette of a character, or of the frame by its own name."""
    for member in order.characters:
        if member.name == subject:
            return member.palette
    return dict(palettes_of(order)).get(subject)


def place_of(order: FrameOrder, finding: Finding) -> Box | None:
    """Where in the frame the finding's subject is pinned; None when that is not known."""
    result = finding.result
    if result.check.split(".", 1)[0] == "lettering":
        words = _words_of(order, finding)
        return words[0].place if len(words) == 1 else None
    return next((one.place for one in order.characters if one.name == result.subject), None)


def about(order: FrameOrder, drift: Drifted) -> tuple[DriftKind, str, str]:
    """→ (kind, subject, part) that is answered. Of lettering the part is the text, or empty for all."""
    if drift.kind is not DriftKind.LETTERING:
        return drift.kind, drift.subject, drift.finding.result.part
    words = _words_of(order, drift.finding)
    return drift.kind, drift.subject, words[0].text if len(words) == 1 else ""


def phrases(order: FrameOrder, drift: Drifted) -> Mapping[str, str]:
    """Name of a phrase → the phrase; empty where the order says nothing about it."""
    subject = drift.subject
    who = "the picture" if subject in WHOLE else one_line(subject)
    member = next((one for one in order.characters if one.name == subject), None)
    return {
        "who": who,
        "look": _look(member, who),
        "place": _place(member),
        "places": " ".join(filter(None, map(_place, order.characters))) or _scene(order),
        "colors": _all_colors(palette_of(order, subject), who),
        "element": _element(order, drift.finding, who),
        "cast": _cast(order),
        "style": f"Style: {_sentence(order.style.words)}" if order.style.words else "Keep the series' style.",
        "words": " ".join(map(_letters, _words_of(order, drift.finding))) or "No words in the picture.",
        "format": f"Fill the whole format of {order.size[0]} × {order.size[1]} pixels." if order.size else "",
    }


def said(template: str, order: FrameOrder, drift: Drifted) -> str:
    """The template with its phrases put in, on one line."""
    return " ".join(template.format_map(dict(phrases(order, drift))).split())


def _words_of(order: FrameOrder, finding: Finding) -> list[LetteringOrder]:
    result = finding.result
    named = [words for words in order.lettering if words.text in {result.part, result.subject}]
    return named or list(order.lettering)


def _look(member: CastMember | None, who: str) -> str:
    if member is None:
        return "Everybody looks the same in every picture."
    wears = f" {who} wears the outfit {one_line(member.wardrobe)}." if member.wardrobe else ""
    if member.look:
        return f"{who} looks exactly like this: {_sentence(member.look)}{wears}"
    shown = (
        f"exactly as in the reference pictures of {who}" if member.references else "the same in every picture"
    )
    return f"{who} looks {shown}.{wears}"


def _place(member: CastMember | None) -> str:
    if member is None or member.place is None:
        return ""
    return f"{one_line(member.name)} stands here, and only here: {where(member.place)}."


def _scene(order: FrameOrder) -> str:
    said_of_it = " ".join(_sentence(text) for text in (order.structure, order.scene) if text)
    return f"Arrange it as described: {said_of_it}" if said_of_it else "Arrange it as described."


def _cast(order: FrameOrder) -> str:
    names = [one_line(one.name) for one in order.characters]
    if not names:
        return "Nobody of the cast is in the picture."
    return f"Of the cast exactly {listed(names)} {'is' if len(names) == 1 else 'are'} in the picture, " + (
        "once." if len(names) == 1 else "each once."
    )


def _all_colors(palette: Palette | None, who: str) -> str:
    if palette is None or not palette.swatches:
        return ""
    return f"Colors of {who}: {'; '.join(map(_color, palette.swatches))}."


def _element(order: FrameOrder, finding: Finding, who: str) -> str:
    result = finding.result
    palette = palette_of(order, result.subject)
    if result.check in {"color.shift", "color.pair"}:
        camera = f" of the camera {one_line(order.camera)}" if order.camera else " of this shot"
        return f"Keep exactly the light and the colors of the other pictures{camera}."
    if palette is None:
        return f"Keep the colors of {who} exactly as in the reference pictures."
    swatch = next((one for one in palette.swatches if one.name == result.part), None)
    if swatch is None:
        return f"Use no other colors. {_all_colors(palette, who)}"
    of = f" of {who}" if any(one.name == result.subject for one in order.characters) else ""
    share = f", about {100 * swatch.share:.0f} % of it" if swatch.share is not None else ""
    return (
        f"The {one_line(swatch.name)}{of} is {color_name(swatch.hex)}, exactly {swatch.hex}{share}. "
        "Every other color stays as pinned."
    )


def _color(swatch: Swatch) -> str:
    name = "" if swatch.name.casefold() == swatch.hex.casefold() else f"{one_line(swatch.name)} "
    return f"{name}{swatch.hex} ({color_name(swatch.hex)})"


def _letters(words: LetteringOrder) -> str:
    place = f", {where(words.place)}" if words.place is not None else ""
    return f"The words {quoted(words.text)}{place}, letter by letter: {spelled(words.text)}."


def _sentence(text: str) -> str:
    line = one_line(text).rstrip(" .")
    return f"{line}."
