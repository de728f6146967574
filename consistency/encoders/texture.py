"""Frames in, one unit row of edge and texture statistics per frame out: style with color taken out."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.build import committed_digest
from consistency.errors import EncoderError
from consistency.image import Frame

Float32 = NDArray[np.float32]

LONGEST_SIDE: Final = 512
"""Pixels. Larger frames are reduced to this, smaller ones are left alone: the published figures hold here."""
LEVELS: Final = 4
"""Pyramid levels for edges. Structure and local patterns use all but the finest, where JPEG noise rules."""
EDGE_LIMITS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
"""Bin limits of gradient magnitude, gray steps per pixel: octaves, so that contrast shifts the histogram."""
SOBEL_SCALE: Final = 0.25
"""Makes a 3 × 3 Sobel answer 1 to a ramp of 2 gray steps per pixel; `EDGE_LIMITS` are in this unit."""
TENSOR_SIDE: Final = 13
"""Pixels, box over which the structure tensor is averaged: a few strokes wide at every level."""
TENSOR_STEP: Final = 2
"""Every second pixel is enough after averaging over 13."""
COHERENCE_BINS: Final = 5
ORIENTATION_BINS: Final = 8
PATTERN_MARGIN: Final = 3.0
"""Gray steps by which a neighbor must be brighter to count: below it, compression noise sets bits."""
CLIP: Final = 2.0
"""Standard deviations. Three was the starting point; two was better on pictures of other origin."""
DIMENSIONS: Final = LEVELS * (len(EDGE_LIMITS) + 1) + (LEVELS - 1) * (COHERENCE_BINS + 2 + 10)
"""83."""

_FLAT_TRACE: Final = 1e-3
"""Below this much gradient energy (gray steps²) an orientation is rounding noise."""
_NEIGHBORS: Final = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
"""Row and column of the eight neighbors, once around, in a plane padded by one pixel."""
_STATISTICS_FILE: Final = "data/texture.npz"


@dataclass(frozen=True, slots=True)
class TextureStatistics:
    """What turns raw descriptors into comparable ones; fitted by tests/evaluation/fit_texture.py."""

    mean: Float32
    """float32 (83,), over unrelated pictures."""
    deviation: Float32
    """float32 (83,), > 0, over unrelated pictures."""
    whitening: Float32
    """float32 (83, 83), symmetric: inverse root of the regularized within-picture covariance."""

    def standardized(self, descriptors: Float32) -> Float32:
        """descriptors: float32 (n, 83). → float32 (n, 83), z-scores in ±`CLIP`."""
        return np.asarray(np.clip((descriptors - self.mean) / self.deviation, -CLIP, CLIP), np.float32)

    def rows(self, descriptors: Float32) -> Float32:
        """descriptors: float32 (n, 83). → float32 (n, 83), whitened, unit length."""
        # One row at a time: a matrix product over the batch may round differently with its size.
        whitened = [row @ self.whitening for row in self.standardized(descriptors)]
        return np.array(
            [row / max(float(np.linalg.norm(row)), 1e-9) for row in whitened], np.float32
        ).reshape(-1, DIMENSIONS)


@cache
def texture_statistics() -> TextureStatistics:
    """The statistics that this build ships. Raises EncoderError where the file is missing or damaged."""
    try:
        content = resources.files("consistency.encoders").joinpath(_STATISTICS_FILE).read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            statistics = TextureStatistics(arrays["mean"], arrays["deviation"], arrays["whitening"])
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"{_STATISTICS_FILE} cannot be read ({error}); reinstall this package") from error
    if statistics.whitening.shape != (DIMENSIONS, DIMENSIONS):
        raise EncoderError(f"{_STATISTICS_FILE} is of another build; reinstall this package")
    return statistics


@dataclass(frozen=True, slots=True)
class TextureEncoder:
    """Edges, line structure and local patterns of the gray picture, whitened. No model file, about 3 ms.

    Cosine distance, in [0, 2], compares two rows: about 1 for unrelated styles. Blind to color, weak on blur
    and grain (see `rendering`), and to be read with care across very different amounts of detail: a close-up
    and a crowd scene by one hand lie .4 to .7 apart.
    """

    @property
    def id(self) -> str:
        """Name and build: a new fit of the statistics is a new number."""
        return "classical.texture/1"

    @property
    def weights(self) -> str:
        """sha256 of the committed statistics."""
        return committed_digest("texture.npz")

    def encode(self, frames: Sequence[Frame]) -> Float32:
        """frames: n pictures of any size. → float32 (n, 83), unit rows, each from its own frame only."""
        descriptors = [texture_descriptor(frame.pixels) for frame in frames]
        return texture_statistics().rows(np.array(descriptors, np.float32).reshape(-1, DIMENSIONS))


def texture_descriptor(pixels: NDArray[np.uint8]) -> Float32:
    """Edge and texture statistics before whitening. pixels: uint8 (H, W, 3) sRGB, any size from 1 × 1.

    → float32 (83,), each in [0, 1]: for each of 4 levels 8 roots of shares of gradient magnitude, and from
    the second level on 7 numbers of line structure; then for 3 levels 10 roots of shares of local patterns.
    Structure tensor: Bigün and Granlund 1987. Patterns: Ojala, Pietikäinen, Mäenpää 2002 (riu2, 8 neighbors).
    """
    plane = _reduced_gray(pixels).astype(np.float32)
    edges, patterns = [], []
    for level in range(LEVELS):
        if level:
            plane = cv2.pyrDown(plane).astype(np.float32, copy=False)
        across, down = _gradient(plane)
        edges.append(_magnitude_shares(across, down))
        if level:
            edges.append(_line_structure(across, down))
            patterns.append(_pattern_shares(plane))
    return np.concatenate(edges + patterns).astype(np.float32)


def _reduced_gray(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    height, width = gray.shape
    scale = LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    return np.asarray(gray, np.uint8)


def _gradient(plane: Float32) -> tuple[Float32, Float32]:
    """plane: float32 (H, W). → its slopes to the right and downward, float32 (H, W)."""
    across, down = (
        cv2.Sobel(plane, cv2.CV_32F, x, 1 - x, scale=SOBEL_SCALE, borderType=cv2.BORDER_REPLICATE)
        for x in (1, 0)
    )
    return across.astype(np.float32, copy=False), down.astype(np.float32, copy=False)


def _magnitude_shares(across: Float32, down: Float32) -> NDArray[np.float64]:
    """→ float64 (8,): roots of the shares of pixels between the `EDGE_LIMITS`."""
    magnitude = cv2.magnitude(across, down)
    at_least = [magnitude.size, *(np.count_nonzero(magnitude >= limit) for limit in EDGE_LIMITS), 0]
    return np.sqrt(-np.diff(np.array(at_least, np.float64)) / magnitude.size)


def _line_structure(across: Float32, down: Float32) -> NDArray[np.float64]:
    """→ float64 (7,): how much of the edge energy runs in parallel strokes, and how much strokes agree."""
    xx, yy, xy = _averaged(across * across), _averaged(down * down), _averaged(across * down)
    trace, difference = xx + yy, xx - yy
    aligned = np.asarray(cv2.magnitude(difference, 2 * xy), np.float32)
    coherence = aligned / np.maximum(trace, _FLAT_TRACE)
    bins = np.minimum((coherence * COHERENCE_BINS).astype(np.intp), COHERENCE_BINS - 1)
    energy = _shares(bins, trace, COHERENCE_BINS)
    turn = (np.arctan2(2 * xy, difference) + np.pi) * (ORIENTATION_BINS / (2 * np.pi))
    directions = _shares(turn.astype(np.intp) % ORIENTATION_BINS, aligned, ORIENTATION_BINS)
    return np.concatenate([np.sqrt(energy), [np.ptp(directions), directions.std()]])


def _shares(bins: NDArray[np.intp], weights: Float32, count: int) -> NDArray[np.float64]:
    """→ float64 (count,): weight per bin, of 1 in all, or zeros where there is none to speak of."""
    sums = np.bincount(bins.ravel(), weights.ravel(), minlength=count).astype(np.float64)
    return np.asarray(sums / max(float(sums.sum()), _FLAT_TRACE), np.float64)


def _averaged(products: Float32) -> Float32:
    box = cv2.boxFilter(products, -1, (TENSOR_SIDE, TENSOR_SIDE), borderType=cv2.BORDER_REPLICATE)
    return np.ascontiguousarray(box[::TENSOR_STEP, ::TENSOR_STEP], np.float32)


def _pattern_shares(plane: Float32) -> NDArray[np.float64]:
    """→ float64 (10,): roots of the shares of the rotation-invariant uniform patterns."""
    height, width = plane.shape
    padded = cv2.copyMakeBorder(plane, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    limit = plane + np.float32(PATTERN_MARGIN)
    code = np.zeros((height, width), np.uint8)
    for bit, (row, column) in enumerate(_NEIGHBORS):
        brighter = padded[row : row + height, column : column + width] > limit
        code |= brighter.view(np.uint8) << np.uint8(bit)
    counts = cv2.calcHist([code], [0], None, [256], [0, 256]).ravel()
    return np.sqrt(np.bincount(_pattern_classes(), counts, minlength=10) / plane.size)


@cache
def _pattern_classes() -> NDArray[np.intp]:
    """→ intp (256,): the number of set bits where they form one run around the circle, else 9."""
    classes = np.full(256, 9, np.intp)
    for code in range(256):
        bits = [(code >> bit) & 1 for bit in range(8)]
        if sum(bits[bit] != bits[bit - 1] for bit in range(8)) <= 2:
            classes[code] = sum(bits)
    return classes
