"""The references of one series in, what its frames are held against out: as `series` pins a manifest's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from consistency import (
    Box,
    Expected,
    Gallery,
    Locator,
    LookColors,
    PinnedCharacter,
    Region,
    Sketch,
    is_centered,
    knows_photographs,
    look_colors,
    sketch,
)
from labeled.eyes import Eyes, background
from labeled.reader import WHOLE, Row

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reference:
    """One picture of one character."""

    character: str
    file: Path
    box: Box
    medium: str


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """All references of a series, as facts."""

    encoders: Mapping[str, str]
    gallery: Gallery | None
    face_gallery: Gallery | None
    locator: Locator
    looks: Mapping[str, LookColors]
    style: tuple[Sketch, ...]
    faces: Mapping[str, Floats]
    """Character → float32 (r, d), the largest face of each reference, as it is: for the rules of others."""
    vectors: Mapping[str, Floats]
    """Character → float32 (r, d) of each reference as a subject, not centered."""

    def expect(self, cast: Sequence[PinnedCharacter]) -> Expected:
        """What a frame with these characters should look like."""
        return Expected(
            encoders=self.encoders,
            cast=tuple(cast),
            gallery=self.gallery,
            face_gallery=self.face_gallery,
            looks=self.looks,
            style_references=self.style,
        )


def pin(references: Sequence[Reference], style: Sequence[Path], eyes: Eyes) -> Pinned:
    """references and style: of one series, observed before."""
    regions = {r.character: [] for r in references}
    faces: dict[str, list[Floats]] = {}
    around: list[Floats] = []
    alone = len(regions) == 1
    for one in references:
        regions[one.character].append(eyes.region(one.file, one.box))
        around += [eyes.region(one.file, box).vector for box in background(one.box) if alone]
        found = eyes.frame(one.file).faces
        if found and one.medium == "photo":
            faces.setdefault(one.character, []).append(found[0].vector)
    vectors = {name: np.stack([region.vector for region in many]) for name, many in regions.items()}
    face_rows = {name: np.stack(rows) for name, rows in faces.items()}
    ids = eyes.encoders.ids
    # A net that knows drawn characters only says nothing about photographed people.
    photographed = {one.character for one in references if one.medium == "photo"}
    judged = {n: r for n, r in vectors.items() if n not in photographed or knows_photographs(ids["subject"])}
    return Pinned(
        encoders=ids,
        gallery=_gallery(judged, np.stack(around) if alone else None, ids["subject"]),
        face_gallery=Gallery.build(face_rows, centered=False) if face_rows else None,
        locator=_locator(regions),
        looks={name: look_colors([region.colors for region in many]) for name, many in regions.items()},
        style=tuple(sketch(eyes.frame(path), path.name) for path in style),
        faces=face_rows,
        vectors=vectors,
    )


def _locator(regions: Mapping[str, Sequence[Region]]) -> Locator:
    fields = {name: [region.colors for region in many] for name, many in regions.items()}
    views = {name: [r.views for r in many if r.views is not None] for name, many in regions.items()}
    return Locator.build(fields, views)


def _gallery(vectors: Mapping[str, Floats], around: Floats | None, encoder: str) -> Gallery | None:
    return Gallery.build(vectors, around, centered=is_centered(encoder)) if vectors else None


def pin_rows(rows: Sequence[Row], eyes: Eyes) -> Pinned:
    """rows: all of one series."""
    references = [
        Reference(row.character, row.file, row.box or WHOLE, row.medium)
        for row in rows
        if row.role == "reference"
    ]
    return pin(references, [row.file for row in rows if row.role == "style"], eyes)
