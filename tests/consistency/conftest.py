"""Builders that the tests of this folder share: small pictures, and observations made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from consistency import (
    Box,
    ColorField,
    Encoders,
    Expected,
    Face,
    Frame,
    Gallery,
    HeatMap,
    Observation,
    PinnedCharacter,
    Proposal,
    Region,
    Sketch,
    sketch,
)
from consistency.color import srgb_to_lab

IDS = {"style": "scripted.style/1", "rendering": "scripted.rendering/1", "subject": "scripted.subject/1"}


@dataclass
class ScriptedEncoder:
    """Mean and deviation of each channel, as a vector; counts what it was given."""

    id: str
    weights: str = ""
    seen: list[int] = field(default_factory=list)

    def encode(self, frames: Sequence[Frame]) -> NDArray[np.float32]:
        self.seen.append(len(frames))
        rows = [[*f.pixels.mean((0, 1)), *f.pixels.std((0, 1)), 1.0] for f in frames]
        array = np.array(rows, np.float32).reshape(-1, 7)
        return array / np.linalg.norm(array, axis=1, keepdims=True)


@dataclass
class ScriptedFaces:
    """One face in every picture, at a fixed place."""

    id: str = "scripted.faces/1"
    weights: str = ""
    seen: list[int] = field(default_factory=list)

    def faces(self, frames: Sequence[Frame]) -> list[tuple[Face, ...]]:
        self.seen.append(len(frames))
        return [(Face(Box(0.4, 0.1, 0.6, 0.4), 0.9, np.array([0.6, 0.8, 0], np.float32)),) for _ in frames]


@dataclass
class ScriptedMaps:
    """Each cell the mean color of 16 × 16 pixels, less a middle gray; counts what it was given."""

    id: str = "scripted.maps/1"
    weights: str = ""
    seen: list[int] = field(default_factory=list)

    def maps(self, frames: Sequence[Frame], longest_side: int) -> list[NDArray[np.float32]]:
        self.seen.append(len(frames))
        return [self._map(frame.pixels, longest_side // 16) for frame in frames]

    @staticmethod
    def _map(pixels: NDArray[np.uint8], longest: int) -> NDArray[np.float32]:
        height, width = pixels.shape[:2]
        scale = longest / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        return cv2.resize(pixels.astype(np.float32) - 128, size, interpolation=cv2.INTER_AREA) / 64


@pytest.fixture
def scripted_maps() -> ScriptedMaps:
    return ScriptedMaps()


@pytest.fixture(scope="session")
def a_maps() -> type[ScriptedMaps]:
    return ScriptedMaps


@pytest.fixture
def scripted_faces() -> ScriptedFaces:
    return ScriptedFaces()


@pytest.fixture
def scripted() -> Encoders:
    return Encoders(
        ScriptedEncoder(IDS["style"]), ScriptedEncoder(IDS["rendering"]), ScriptedEncoder(IDS["subject"])
    )


def paint(
    path: Path,
    background: tuple[int, int, int],
    figure: tuple[int, int, int] | None = None,
    at: float = 0.5,
) -> Path:
    """A 96 × 64 picture in RGB colors, with a standing figure if asked for."""
    pixels = np.full((64, 96, 3), background, np.uint8)
    pixels[::7, ::5] = np.clip(np.array(background) + 9, 0, 255)
    if figure is not None:
        left = int(at * 96) - 10
        pixels[14:60, left : left + 20] = figure
        pixels[4:16, left + 4 : left + 16] = np.clip(np.array(figure) + 40, 0, 255)
    cv2.imwrite(str(path), pixels[..., ::-1])
    return path


@pytest.fixture
def painted():
    return paint


def color_field(rgb: tuple[int, int, int], side: int = 12) -> ColorField:
    lab = srgb_to_lab(np.full((side, side, 3), rgb, np.uint8)).astype(np.float16)
    return ColorField(lab, np.full((side, side), 255, np.uint8))


def region(
    name: str,
    vector: Sequence[float],
    box: Box,
    *,
    score: float = 0.5,
    pinned: bool = False,
    rgb=(200, 40, 40),
    colors: ColorField | None = None,
    by_map: bool = False,
    heat: HeatMap | None = None,
) -> Region:
    row = np.array(vector, np.float32)
    colors = colors or color_field(rgb)
    return Region(Proposal(name, box, score, pinned, by_map, heat), row / np.linalg.norm(row), colors)


def observation(
    *regions: Region,
    colors: ColorField | None = None,
    size: tuple[int, int] = (100, 100),
    style: Sequence[float] = (1, 0, 0),
    digest: str = "d" * 64,
    rendering: Sequence[float] = (0,) * 14,
    faces: tuple[Face, ...] = (),
) -> Observation:
    row = np.array(style, np.float32)
    return Observation(
        digest=digest,
        width=size[0],
        height=size[1],
        notes=(),
        style=row / np.linalg.norm(row),
        rendering=np.array(rendering, np.float32),
        colors=colors or color_field((60, 60, 160)),
        regions=regions,
        faces=faces,
        thumbnail=b"jpeg",
    )


def picture_field(pixels: NDArray[np.uint8]) -> ColorField:
    """uint8 (h, w, 3) RGB, a cell a pixel."""
    return ColorField(srgb_to_lab(pixels).astype(np.float16), np.full(pixels.shape[:2], 255, np.uint8))


def gallery(**characters: Sequence[float]) -> Gallery:
    return Gallery.build({name: np.array([vector], np.float32) for name, vector in characters.items()})


def expected(*cast: PinnedCharacter, **fields) -> Expected:
    return Expected(encoders=IDS, cast=cast, **fields)


def a_sketch(
    name: str, *, style=(1, 0, 0), rendering=(0,) * 14, rgb=(60, 60, 160), camera: str = ""
) -> Sketch:
    return sketch(observation(colors=color_field(rgb, 16), style=style, rendering=rendering), name, camera)


@pytest.fixture
def make():
    """The builders above, as one name."""

    class Make:
        pass

    for builder in (color_field, picture_field, region, observation, gallery, expected, a_sketch):
        setattr(Make, builder.__name__, staticmethod(builder))
    return Make
