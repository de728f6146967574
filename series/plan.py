"""A manifest in, one FrameOrder a panel out: everything about the panel resolved, nothing left to look up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from consistency import Box, Palette
from series.manifest import CastEntry, Lettering, Manifest
from series.manifest.fields import FIGURE_PLACES, LETTERING_PLACES, Fractions
from series.promotion import promoted_from


@dataclass(frozen=True, slots=True)
class CastMember:
    """A character as this panel shows it, the wardrobe applied."""

    name: str
    look: str
    """In words; empty when the manifest says nothing."""
    medium: str
    """drawn or photo."""
    references: tuple[Path, ...]
    """Pictures of this outfit, or of the character where the outfit has none."""
    palette: Palette | None
    wardrobe: str
    """Name of the outfit; empty for the main look."""
    place: Box | None
    """Where in the frame; None anywhere."""
    pictured: str = ""
    """Name of the outfit that the references show; empty for the main look."""


@dataclass(frozen=True, slots=True)
class LetteringOrder:
    """Words that must be in the picture."""

    text: str
    place: Box | None
    speaker: str
    """Empty for a caption or a sign."""


@dataclass(frozen=True, slots=True)
class StyleOrder:
    """The style of the series."""

    words: str
    references: tuple[Path, ...]
    avoid: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrameOrder:
    """One panel with everything resolved."""

    panel: str
    """Panel id."""
    index: int
    """Position in the series, from 0."""
    seed: int
    """0 to 2³² - 1, see seed_of."""
    size: tuple[int, int] | None
    """Width, height in pixels; None when not pinned."""
    shot: str
    """wide, close_up ...; empty when not pinned."""
    camera: str
    """Panels with the same camera are the same shot; empty when not pinned."""
    scene: str
    structure: str
    characters: tuple[CastMember, ...]
    palette: Palette | None
    """The panel's own."""
    series_palette: Palette | None
    """The one of the whole series."""
    lettering: tuple[LetteringOrder, ...]
    style: StyleOrder
    previous: str | None
    """Id of the panel before; None for the first."""
    following: str | None
    """Id of the panel after; None for the last."""


def plan(manifest: Manifest) -> tuple[FrameOrder, ...]:
    """One order a panel, in reading order. Reads palette files only if they are not read yet."""
    series_palette = manifest.palette_of(manifest.series_palette, manifest.series)
    ids = [panel.id for panel in manifest.panels]
    return tuple(
        FrameOrder(
            panel=panel.id,
            index=index,
            seed=seed_of(panel.id, manifest.seeds),
            size=manifest.size,
            shot=panel.shot or "",
            camera=panel.camera or "",
            scene=panel.scene or "",
            structure=panel.structure or "",
            characters=tuple(_cast_member(manifest, entry, panel.id) for entry in panel.characters),
            palette=manifest.palette_of(panel.palette, panel.id),
            series_palette=series_palette,
            lettering=tuple(_lettering(entry) for entry in panel.lettering),
            style=StyleOrder(
                manifest.style.words or "",
                _paths(manifest, _not_from(panel.id, manifest.style.references)),
                manifest.style.avoid,
            ),
            previous=ids[index - 1] if index else None,
            following=ids[index + 1] if index + 1 < len(ids) else None,
        )
        for index, panel in enumerate(manifest.panels)
    )


def seed_of(panel: str, seeds: Mapping[str, int]) -> int:
    """The panel's own seed, or one made from the base and the panel's id: 0 to 2³² - 1.

    Made from the id and not from the position, so that a panel that is added, moved or taken out leaves the
    seeds of all others, and with them the pictures, as they were. Hashed rather than added, so that two
    series with neighboring bases share no seeds. The rule never changes: the first four bytes, most
    significant first, of the SHA-256 of "base:id" in UTF-8.
    """
    if panel in seeds:
        return seeds[panel]
    digest = hashlib.sha256(f"{seeds.get('base', 0)}:{panel}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def palettes_of(order: FrameOrder) -> tuple[tuple[str, Palette], ...]:
    """(subject, palette) pinned for the whole frame: the panel's own stands in for that of the series."""
    if order.palette is not None:
        return ((order.palette.name, order.palette),)
    if order.series_palette is not None:
        return ((order.series_palette.name, order.series_palette),)
    return ()


def _cast_member(manifest: Manifest, entry: CastEntry, panel: str) -> CastMember:
    character = manifest.characters[entry.name]
    outfit = character.wardrobe[entry.wardrobe] if entry.wardrobe else None
    look, palette, owner = character.look, character.palette, entry.name
    references = _not_from(panel, character.references)
    own = _not_from(panel, outfit.references) if outfit is not None else ()
    if outfit is not None:
        look = outfit.look or look
        references = own or references
        palette, owner = (outfit.palette, f"{owner} {entry.wardrobe}") if outfit.palette else (palette, owner)
    return CastMember(
        name=entry.name,
        look=look or "",
        medium=character.medium,
        references=_paths(manifest, references),
        palette=manifest.palette_of(palette, owner),
        wardrobe=entry.wardrobe or "",
        place=_box(entry.place, FIGURE_PLACES),
        pictured=(entry.wardrobe or "") if own else "",
    )


def _lettering(entry: Lettering) -> LetteringOrder:
    return LetteringOrder(entry.text, _box(entry.place, LETTERING_PLACES), entry.speaker or "")


def _box(place: str | Fractions | None, words: Mapping[str, Fractions]) -> Box | None:
    if place is None:
        return None
    return Box(*(words[place] if isinstance(place, str) else place))


def _not_from(panel: str, references: tuple[str, ...]) -> tuple[str, ...]:
    """The references of a panel: its own promoted frame is for the others."""
    return tuple(reference for reference in references if promoted_from(reference) != panel)


def _paths(manifest: Manifest, references: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(manifest.folder / reference for reference in references)
