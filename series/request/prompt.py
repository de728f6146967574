"""A request in, its words out: four sections in a fixed order, that a person can read and a model can follow.

Only lettering stands in quotation marks: what is quoted in a prompt, models draw as words. Everything that a
person typed stays on the line where it belongs, so that it starts no line and no section of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from consistency import color_name
from series.drift import DriftKind
from series.request.model import (
    GenerationRequest,
    Identity,
    NamedColor,
    Reference,
    Reinforcement,
    Role,
    Words,
)
from series.request.wording import listed, one_line, quoted, spelled, where

SHOTS: Mapping[str, str] = MappingProxyType(
    {
        "extreme_wide": "extreme wide shot: the place is everything, figures are tiny",
        "wide": "wide shot: whole figures, small in the place around them",
        "full": "full shot: figures from head to foot fill the height",
        "medium": "medium shot: figures from about the waist up",
        "close_up": "close-up: a face and shoulders fill the picture",
        "extreme_close_up": "extreme close-up: a part of a face or of a thing fills the picture",
        "insert": "insert: one thing or detail fills the picture",
    }
)
"""What the manifest's shots mean, in the words of film and comics."""

_LABELS = {
    Role.BASE: "is the base picture: start from it, and change only what is said at the top",
    Role.STYLE: "shows the style only, not content: take medium, line and light from it, but nobody, "
    "nothing and no layout",
    Role.LAYOUT: "is a sketch of the layout only: plain boxes where figures stand, in the order named "
    "above; take neither looks nor style from it",
}


def prompt(request: GenerationRequest) -> str:
    """Everything said, ending with a line break. An edit's one change stands before all sections."""
    sections = {
        "Structure": _structure(request),
        "Copy": _copy(request),
        "Style": _style(request),
        "Constraints": _constraints(request),
    }
    parts = ["\n".join([f"{name}:", *lines]) for name, lines in sections.items()]
    if request.edit is not None:
        parts.insert(0, "\n".join(_instruction(request)))
    return "\n\n".join(parts) + "\n"


def negative_prompt(request: GenerationRequest) -> str:
    """What to avoid, and who must not be in the picture, with commas between; empty when there is nothing.
    For generators that take it apart from the prompt, which says it too."""
    return ", ".join(one_line(text) for text in (*request.style.avoid, *request.absent))


def describe(
    request: GenerationRequest, *, asked_of: str = "", takes_seed: bool = True, words: str | None = None
) -> str:
    """What will be sent, for a person who has not paid yet: a head, the references, the prompt indented.
    asked_of: the generator and its price, as they stand in the head; takes_seed: whether it gets the seed;
    words: what it gets in place of the prompt."""
    width, height = request.structure.size
    asked = f"{request.candidates} picture{'s' if request.candidates > 1 else ''}"
    seed = f"seed {request.seed}" if takes_seed else "no seed"
    head = [one_line(request.panel), *filter(None, [one_line(asked_of)]), f"{width} × {height}", seed, asked]
    head += [f"model {one_line(request.model)}"] if request.model else []
    head += [f"edit of {request.edit.digest[:12]}"] if request.edit is not None else []
    sent = [f"    {number}  {_sent(one)}" for number, one in enumerate(request.references, 1)] or ["    none"]
    said = prompt(request) if words is None else words
    lines = [f"    {line}" if line else "" for line in said.splitlines()]
    return "\n".join([" · ".join(head), "  references", *sent, "  prompt", *lines]) + "\n"


def _sent(reference: Reference) -> str:
    role = reference.role.value
    about = "" if reference.subject == role else f" {one_line(reference.subject)}"
    outfit = f" ({one_line(reference.wardrobe)})" if reference.wardrobe else ""
    return f"{role}{about}{outfit}: {one_line(reference.path.name)}"


# --- sections -------------------------------------------------------------------------------------------


def _instruction(request: GenerationRequest) -> list[str]:
    """Of an edit: the newest reinforcement is the change, the base picture has all earlier ones."""
    change = _change(request)
    lines = [f"Change only: {_said(change) if change is not None else 'nothing'}"]
    if request.edit is not None and request.edit.mask is not None:
        lines.append(f"Only inside this part: {where(request.edit.mask)}")
    lines.append(
        "Keep everything else as it is: who is there and where they stand, faces, clothes, colors, lines, "
        "light, background and words."
    )
    return lines


def _structure(request: GenerationRequest) -> list[str]:
    said, (width, height) = request.structure, request.structure.size
    form = "square" if width == height else "landscape" if width > height else "portrait"
    camera = f"{one_line(said.camera)} (the same place from the same point in every picture of this camera)"
    lines = [
        f"- Scene: {one_line(said.scene)}" if said.scene else "",
        f"- Shot: {SHOTS.get(said.shot, one_line(said.shot))}" if said.shot else "",
        f"- Camera: {camera}" if said.camera else "",
        f"- Layout: {one_line(said.structure)}" if said.structure else "",
        f"- Format: {width} × {height} pixels, {form}",
        *_who(request),
    ]
    return [line for line in lines if line]


def _who(request: GenerationRequest) -> list[str]:
    if not request.identities:
        return ["- Nobody of the cast is in the picture."] if request.absent else []
    count = len(request.identities)
    these = "this one, once" if count == 1 else f"these {count}, each once"
    lines = [f"- Of the cast exactly {these}:"]
    free = "as the layout says" if request.structure.structure else "where the scene has room"
    for one in request.identities:
        place = where(one.place) if one.place is not None else free
        lines.append(f"  - {one_line(one.name)}: {place}")
    return lines


def _copy(request: GenerationRequest) -> list[str]:
    if not request.copy:
        return ["- No words, letters or numbers anywhere in the picture."]
    lines = [line for words in request.copy for line in _lettering(words, request.reinforcements)]
    return [*lines, "- Each exactly as quoted, without the quotation marks, once; no other words."]


def _lettering(words: Words, reinforcements: Iterable[Reinforcement]) -> list[str]:
    who = f"{one_line(words.speaker)} says, in a balloon" if words.speaker else "Caption or sign"
    place = f", {where(words.place)}" if words.place is not None else ""
    lines = [f"- {who}{place}: {quoted(words.text)}"]
    asked = (one.part for one in reinforcements if one.kind is DriftKind.LETTERING)
    if any(part in {"", words.text} for part in asked):
        lines.append(f"  Letter by letter: {spelled(words.text)}")
    return lines


def _style(request: GenerationRequest) -> list[str]:
    if request.style.words:
        return [f"- {one_line(request.style.words)}"]
    shown = any(one.role is Role.STYLE for one in request.references)
    return ["- As the style pictures show it." if shown else "- Plain and the same in every picture."]


def _constraints(request: GenerationRequest) -> list[str]:
    lines = [line for one in request.identities for line in _identity(one)]
    if request.palette:
        lines.append(f"- Palette of the picture: {_colors(request.palette)}")
    lines.append(f"- Keep the same in every picture: {_kept(request)}.")
    if request.style.avoid:
        lines.append(f"- Avoid: {', '.join(map(one_line, request.style.avoid))}")
    if request.absent:
        lines.append(f"- Not in the picture: {', '.join(map(one_line, request.absent))}")
    stressed = [one for one in request.reinforcements if one is not _change(request) and one.text.strip()]
    if stressed:
        lines += ["- Above all:", *(f"  - {_said(one)}" for one in stressed)]
    labels = [_label(number, one, request) for number, one in enumerate(request.references, 1)]
    return lines + labels


# --- parts ----------------------------------------------------------------------------------------------


def _change(request: GenerationRequest) -> Reinforcement | None:
    """What an edit is for; None when the request is no edit."""
    return request.reinforcements[-1] if request.edit is not None and request.reinforcements else None


def _said(reinforcement: Reinforcement) -> str:
    text = one_line(reinforcement.text)
    return text or f"the {reinforcement.kind.value} of {one_line(reinforcement.subject)}"


def _identity(one: Identity) -> list[str]:
    lines = [
        f"- {one_line(one.name)}, the same in every picture:",
        f"  Looks: {one_line(one.look)}" if one.look else "",
        f"  Wears the outfit {one_line(one.wardrobe)}" if one.wardrobe else "",
        "  A photographed person, not a drawn one" if one.medium == "photo" else "",
        f"  Colors: {_colors(one.colors)}" if one.colors else "",
    ]
    return [line for line in lines if line]


def _colors(colors: Iterable[NamedColor]) -> str:
    return "; ".join(map(_color, colors))


def _color(color: NamedColor) -> str:
    # Palette files without names call a color by its own hex form.
    name = (
        "" if color.name.casefold() == color.hex.casefold() else f"{one_line(color.name).replace('_', ' ')} "
    )
    role = f", for {one_line(color.role)}" if color.role else ""
    share = f", about {100 * color.share:.0f} %" if color.share is not None else ""
    return f"{name}{color.hex} ({color_name(color.hex)}{role}{share})"


def _kept(request: GenerationRequest) -> str:
    """The preserve list."""
    names = [one_line(one.name) for one in request.identities]
    has_colors = request.palette or any(one.colors for one in request.identities)
    kept = [
        f"face, shape and clothes of {listed(names)}" if names else "",
        "every color that is named here" if has_colors else "",
        "medium, line and light of the style",
        "the words as quoted" if request.copy else "",
    ]
    return "; ".join(one for one in kept if one)


def _label(number: int, reference: Reference, request: GenerationRequest) -> str:
    colors = f"shows colors only{_of(reference)}, as flat swatches: use them, do not draw the swatches"
    about = {
        **_LABELS,
        Role.PALETTE: colors,
        Role.CHARACTER: f"shows {_portrait(reference, request)}",
    }[reference.role]
    return f"- Image {number} {about}."


def _of(reference: Reference) -> str:
    own = reference.subject not in {"", reference.role.value}
    return f" ({one_line(reference.subject)})" if own else ""


def _portrait(reference: Reference, request: GenerationRequest) -> str:
    name, outfit = one_line(reference.subject), one_line(reference.wardrobe)
    worn = next(
        (one_line(one.wardrobe) for one in request.identities if one.name == reference.subject), outfit
    )
    if worn == outfit:
        dressed = f" in the outfit {outfit}" if outfit else ""
        return f"{name}{dressed}: match face, shape, clothes and colors"
    shown = f"the outfit {outfit}" if outfit else "the main look"
    needed = f"the outfit {worn}" if worn else "the main look"
    return f"{name} in {shown}: match face and shape; the clothes are {needed}, as described above"
