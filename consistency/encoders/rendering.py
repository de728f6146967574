"""Frames in, fourteen named scalars of line, grain and sharpness per frame out, and how far they moved."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.image import Frame

Float32 = NDArray[np.float32]
Grey = NDArray[np.uint8]

RENDERING_NAMES: Final[tuple[str, ...]] = (
    "grain in smooth areas",
    "fine texture",
    "sharpness of the finest detail",
    "sharpness at half size",
    "sharpness at quarter size",
    "strong edges against ordinary ones",
    "edge crispness",
    "tone steps",
    "hairlines among the dark lines",
    "fine strokes among the dark lines",
    "medium strokes among the dark lines",
    "hairlines among the light lines",
    "fine strokes among the light lines",
    "dark lines against light lines",
)
"""What each column of a row stands for, in order."""

RENDERING_FLOORS: Final[tuple[float, ...]] = (0.08,) * 14

BLOCK: Final = 16
"""Pixels, side of the blocks whose noise is ranked; also the smallest frame side, by repeating the border."""
LEVELS: Final = 4
STRIP: Final = 128
"""Rows worked on at a time, a multiple of `BLOCK`: the planes stay in the cache, which halves the time."""
INK_GREY, PAPER_GREY = 8, 247
"""Blocks darker or brighter than these are clipped and tell nothing about grain."""
NOISE_OFFSET: Final = 0.15
"""Grey steps added before the logarithm: a clean flat area and a nearly clean one then lie close."""
EDGE_OFFSET: Final = 0.3
"""Grey steps, same purpose for gradients."""
LINE_OFFSET: Final = 0.1
"""Grey steps, same purpose for line means, which are smaller."""
TONE_OFFSET: Final = 0.01
"""Same purpose for the roughness of the tone histogram, in [0, 2]."""
TONE_GAIN: Final = 10.0
"""Tones are weighted as log(1 + 10 × count / uniform count), so that a few flat areas do not hide the rest."""
DARK_SIZES: Final = (3, 5, 9, 15)
"""Pixels: widest dark line that each closing removes."""
LIGHT_SIZES: Final = (3, 5, 9)

_NOISE_KERNEL: Final = np.array([1, -2, 1], np.float32)
_HISTOGRAM_BINS: Final = 2048
"""Above the largest 3 × 3 Sobel magnitude of 8-bit grey, 1443."""
_SOBEL_UNIT: Final = 4.0
_CROSS: Final = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_SQUARE: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class RenderingDistance:
    """How far one picture's rendering lies from that of its references."""

    distance: float
    """≥ 0: the largest |z|."""
    worst: str
    """The name of the scalar with the largest |z|."""
    z: Float32
    """float32 (14,): signed, in deviations of the references."""


@dataclass(frozen=True, slots=True)
class RenderingEncoder:
    """Fourteen logarithms of line weight, grain, sharpness and tone steps. No weights, about 8 ms.

    Works at the scale it is given: frames and references must have one resolution, and the references should
    cover the variety of the scenes.
    """

    @property
    def id(self) -> str:
        """Name and build."""
        return "classical.rendering/1"

    def encode(self, frames: Sequence[Frame]) -> Float32:
        """frames: n pictures of any size. → float32 (n, 14), `RENDERING_NAMES`; not unit rows."""
        rows = [rendering_scalars(frame.pixels) for frame in frames]
        return np.array(rows, np.float32).reshape(-1, len(RENDERING_NAMES))


def rendering_scalars(pixels: NDArray[np.uint8]) -> Float32:
    """pixels: uint8 (H, W, 3) sRGB, any size from 1 × 1. → float32 (14,), finite, natural logarithms."""
    grey = _padded_to_block(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8))
    fine = _fine_detail(grey)
    means = [fine.gradient_mean, *_coarser_gradient_means(grey)]
    dark = _line_means(grey, DARK_SIZES, dark=True)
    light = _line_means(grey, LIGHT_SIZES, dark=False)
    quiet, typical = np.percentile(fine.block_noise, [10, 50])
    return np.array(
        [
            math.log(quiet + NOISE_OFFSET),
            math.log(typical + NOISE_OFFSET),
            *(_log_ratio(upper, lower, EDGE_OFFSET) for upper, lower in zip(means, means[1:], strict=False)),
            _log_ratio(fine.gradient_99, fine.gradient_90, EDGE_OFFSET),
            _log_ratio(fine.laplacian_98, fine.gradient_98, EDGE_OFFSET),
            math.log(_tone_roughness(grey) + TONE_OFFSET),
            *(_log_ratio(small, large, LINE_OFFSET) for small, large in zip(dark, dark[1:], strict=False)),
            *(_log_ratio(small, large, LINE_OFFSET) for small, large in zip(light, light[1:], strict=False)),
            _log_ratio(dark[1], light[1], LINE_OFFSET),
        ],
        np.float32,
    )


def rendering_distance(vector: Float32, references: Float32) -> RenderingDistance:
    """Largest move of one scalar, in deviations of the references, none taken below `RENDERING_FLOORS`.

    vector: float32 (14,). references: float32 (n, 14), n ≥ 1, rows of the same encoder at the same resolution.
    """
    floors = np.array(RENDERING_FLOORS, np.float32)
    deviation = np.maximum(references.std(axis=0), floors)
    z = ((vector - np.median(references, axis=0)) / deviation).astype(np.float32)
    worst = int(np.argmax(np.abs(z)))
    return RenderingDistance(float(abs(z[worst])), RENDERING_NAMES[worst], z)


@dataclass(frozen=True, slots=True)
class _FineDetail:
    """Statistics of the full-size plane, in grey steps per pixel."""

    gradient_mean: float
    gradient_90: float
    gradient_98: float
    gradient_99: float
    laplacian_98: float
    block_noise: Float32
    """float32 (k,): Immerkær's noise response, averaged over each block that is not clipped."""


def _padded_to_block(grey: Grey) -> Grey:
    height, width = grey.shape
    missing = max(0, BLOCK - height), max(0, BLOCK - width)
    if not any(missing):
        return grey
    return np.asarray(cv2.copyMakeBorder(grey, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE), np.uint8)


def _strips(grey: Grey) -> Iterator[Grey]:
    """Overlapping bands of rows, each with a border of one pixel on all four sides."""
    padded = cv2.copyMakeBorder(grey, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    for top in range(0, grey.shape[0], STRIP):
        yield np.asarray(padded[top : top + STRIP + 2], np.uint8)


def _fine_detail(grey: Grey) -> _FineDetail:
    gradients, laplacians = np.zeros(_HISTOGRAM_BINS), np.zeros(_HISTOGRAM_BINS)
    total, noise = 0.0, []
    for strip in _strips(grey):
        magnitude = _gradient_magnitude(strip)[1:-1, 1:-1]
        total += float(cv2.sumElems(magnitude)[0])
        gradients += _histogram(magnitude.astype(np.uint16))
        laplacian = cv2.Laplacian(strip, cv2.CV_16S)[1:-1, 1:-1]
        laplacians += _histogram(np.abs(laplacian).view(np.uint16))
        noise.append(_block_noise(strip))
    blocks = np.concatenate(noise)
    usable = (blocks[:, 1] >= INK_GREY) & (blocks[:, 1] <= PAPER_GREY)
    return _FineDetail(
        gradient_mean=total / grey.size / _SOBEL_UNIT,
        gradient_90=_quantile(gradients, 0.90) / _SOBEL_UNIT,
        gradient_98=_quantile(gradients, 0.98) / _SOBEL_UNIT,
        gradient_99=_quantile(gradients, 0.99) / _SOBEL_UNIT,
        laplacian_98=_quantile(laplacians, 0.98),
        block_noise=blocks[usable, 0] if usable.any() else blocks[:, 0],
    )


def _gradient_magnitude(plane: Grey) -> Float32:
    """plane: uint8 (H, W). → float32 (H, W), 4 to a ramp of half a grey step per pixel."""
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _coarser_gradient_means(grey: Grey) -> list[float]:
    plane, means = grey, []
    for _ in range(LEVELS - 1):
        plane = np.asarray(cv2.pyrDown(plane), np.uint8)
        means.append(float(cv2.mean(_gradient_magnitude(plane))[0]) / _SOBEL_UNIT)
    return means


def _block_noise(strip: Grey) -> Float32:
    """strip: uint8 (h + 2, w + 2). → float32 (k, 2): noise response and mean grey of each whole block.

    The kernel cancels ramps and straight edges: J. Immerkær, Fast noise variance estimation, 1996.
    """
    height, width = ((side - 2) // BLOCK * BLOCK for side in strip.shape)
    if not height:
        return np.empty((0, 2), np.float32)
    response = cv2.sepFilter2D(strip, cv2.CV_16S, _NOISE_KERNEL, _NOISE_KERNEL)
    planes = np.abs(response).astype(np.float32), strip
    size = width // BLOCK, height // BLOCK
    means = [
        cv2.resize(plane[1 : height + 1, 1 : width + 1], size, interpolation=cv2.INTER_AREA).ravel()
        for plane in planes
    ]
    return np.stack(means, axis=1).astype(np.float32)


def _histogram(values: NDArray[np.uint16]) -> NDArray[np.float64]:
    counts = cv2.calcHist([values], [0], None, [_HISTOGRAM_BINS], [0, _HISTOGRAM_BINS])
    return np.asarray(counts, np.float64).ravel()


def _quantile(counts: NDArray[np.float64], share: float) -> float:
    cumulated = counts.cumsum()
    return float(np.searchsorted(cumulated, share * cumulated[-1]))


def _tone_roughness(grey: Grey) -> float:
    """→ in [0, 2]: 0 where neighboring grey values are equally common, 2 where every other one is unused."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    weights = np.log1p(counts * (TONE_GAIN * 256 / grey.size))
    return float(np.abs(np.diff(weights)).sum() / weights.sum())


def _line_means(grey: Grey, sizes: Sequence[int], *, dark: bool) -> list[float]:
    """Mean of what closings (openings) of growing size fill in: black-hat (top-hat) means, grey steps.

    The kernels are octagons, built from crosses and squares in turn, which costs a third of ellipses.
    """
    grow, shrink = (cv2.dilate, cv2.erode) if dark else (cv2.erode, cv2.dilate)
    means, grown = [], grey
    for size, before in zip(sizes, (1, *sizes), strict=False):
        for radius in range(before // 2, size // 2):
            grown = np.asarray(grow(grown, _SQUARE if radius % 2 else _CROSS), np.uint8)
        squares = size // 4
        filled = shrink(grown, _CROSS, iterations=size // 2 - squares)
        if squares:
            filled = shrink(filled, np.ones((2 * squares + 1, 2 * squares + 1), np.uint8))
        means.append(float(cv2.mean(cv2.absdiff(filled, grey))[0]))
    return means


def _log_ratio(upper: float, lower: float, offset: float) -> float:
    return math.log((upper + offset) / (lower + offset))
