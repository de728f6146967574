"""Frames in, fourteen named scalars of line, grain and sharpness per frame out, and how far they moved."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency.image import Frame

Float32 = NDArray[np.float32]
Gray = NDArray[np.uint8]

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
"""What each column of a row stands for, in order. What moves them, median move on 37 comic panels:

- 0, 1 (10th and 50th percentile of block noise): grain σ 4 + 2.2, + 1.7; halftone + 2.8; blur σ 1 − .3, − .8.
- 2–4 (mean gradient against the next coarser level): blur − .3, − .1, 0; grain σ 8 + .26; halftone + .46;
  thicker or thinner lines − .24 to − .44; sharpening + .25.
- 5 (99th against 90th percentile of gradient): blur − .27, halftone − .6; else scene-dependent.
- 6 (Laplacian against gradient, 98th percentiles): blur σ 1 − .8, σ 3 − 1.6; grain σ 12 + .3.
- 7 (steps of the tone histogram): 16 tones or fewer + 2 and more; JPEG at quality 15 up, grain down.
- 8–10 (black-hats of 3/5, 5/9, 9/15 pixels): lines thicker by 1 pixel a side − 2.6 in 8, by 2 − 1.4 in 9;
  blur σ 1.5 − .6, − .5, − .3.
- 11, 12 (top-hats of 3/5, 5/9): dark lines thinner by 1 pixel on each side − 2.0 in 11, by 2 − .8 in 12.
- 13 (black-hat against top-hat of 5 pixels): thicker + .4, thinner − .4.
Weak: bilateral smoothing, light sharpening, JPEG at quality 40 and above.
"""

RENDERING_FLOORS: Final[tuple[float, ...]] = (
    *(0.50, 0.50, 0.06, 0.08, 0.07, 0.40, 0.12, 0.20),
    *(0.15, 0.25, 0.35, 0.09, 0.12, 0.20),
)
"""Least deviation that is believed of each scalar. Rounded from the pooled deviation within series without
style drift: two of a comic, the rest of image generators. With one floor of .08 for all, equal false alarms
need twice the tolerance with three references and four times with one."""

FAULT_SIGNATURES: Final[tuple[tuple[str, tuple[float, ...]], ...]] = (
    (
        "softer than the references (blur)",
        (-0.8, -1.7, -6.2, -1.5, -0.4, -0.9, -8.0, 0.1, -3.6, -1.7, -0.6, -4.8, -3.1, 0.6),
    ),
    (
        "crisper than the references (sharpened)",
        (1.5, 1.4, 4.2, 1.7, 0.5, -0.1, 1.2, 0.1, 0.2, 0.2, 0.2, 0.1, 0.7, -0.3),
    ),
    (
        "grainier than the references (grain added)",
        (5.1, 4.0, 3.1, 0.5, 0.1, -0.1, 0.7, -1.1, 0.1, 0.1, 0.2, 0.6, 1.3, -0.6),
    ),
    (
        "dark lines heavier than in the references (line weight thicker)",
        (0.5, 0.4, -3.9, -0.2, 0.7, 0.0, -1.1, 0.6, -17.1, -0.7, 0.0, -2.3, -1.1, 2.0),
    ),
    (
        "dark lines heavier than in the references (line weight thicker)",
        (-0.3, -0.3, -7.2, -1.3, 1.0, 0.2, -1.5, 1.5, -2.8, -5.5, -0.4, -1.5, -2.1, -2.6),
    ),
    (
        "dark lines finer than in the references (line weight thinner)",
        (0.4, 0.4, -4.2, -1.0, -0.4, 0.2, 0.7, 0.5, -0.1, -0.8, -0.5, -22.7, -0.9, -2.1),
    ),
    (
        "dark lines finer than in the references (line weight thinner)",
        (-0.4, -0.6, -7.3, -2.2, -0.4, 0.9, -1.1, 1.3, -0.6, -1.7, -0.9, -1.7, -7.0, 0.0),
    ),
    (
        "fewer tones than the references (posterized)",
        (0.3, 2.1, 0.3, 0.1, 0.0, -0.1, 0.5, 16.8, -0.1, 0.0, 0.0, 0.0, 0.1, 0.0),
    ),
    (
        "screen dots that the references lack (halftone)",
        (5.7, 4.9, 7.6, 5.3, 0.1, -1.5, 2.2, 0.2, -2.0, -0.2, 0.5, -4.8, -0.8, -0.7),
    ),
)
"""Words and median move of the scalars, in floors, when 37 comic panels got that fault: blur σ 1–1.5, unsharp
mask, grain σ 4–8, erosion and dilation by 1 and by 2 pixels (a row each), 8–16 tones, a 6-pixel screen."""
SIGNATURE_COSINE: Final = 0.5
"""Least cosine between a move and a signature that names the fault. On series without drift it names the true
one for 88–100 % of the found blurs, grains, posterizations and halftones, 61–98 % of changed line weights."""
UNREMARKABLE: Final = 2.0
"""Deviations up to which the largest of fourteen moves is ordinary: the median of frames without drift."""

BLOCK: Final = 16
"""Pixels, side of the blocks whose noise is ranked; also the smallest frame side, by repeating the border."""
LEVELS: Final = 4
STRIP: Final = 128
"""Rows worked on at a time, a multiple of `BLOCK`: the planes stay in the cache, which halves the time."""
INK_GRAY, PAPER_GRAY = 8, 247
"""Blocks darker or brighter than these are clipped and tell nothing about grain."""
NOISE_OFFSET: Final = 0.15
"""Gray steps added before the logarithm: a clean flat area and a nearly clean one then lie close."""
EDGE_OFFSET: Final = 0.3
"""Gray steps, same purpose for gradients."""
LINE_OFFSET: Final = 0.1
"""Gray steps, same purpose for line means, which are smaller."""
TONE_OFFSET: Final = 0.01
"""Same purpose for the roughness of the tone histogram, in [0, 2]."""
TONE_GAIN: Final = 10.0
"""Tones weigh log(1 + 10 × count / uniform count), so that a few flat areas do not hide the rest."""
DARK_SIZES: Final = (3, 5, 9, 15)
"""Pixels: widest dark line that each closing removes."""
LIGHT_SIZES: Final = (3, 5, 9)

_NOISE_KERNEL: Final = np.array([1, -2, 1], np.float32)
_HISTOGRAM_BINS: Final = 2048
"""Above the largest 3 × 3 Sobel magnitude of 8-bit gray, 1443."""
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

    @property
    def weights(self) -> str:
        """None: nothing in it was fitted."""
        return ""

    def encode(self, frames: Sequence[Frame]) -> Float32:
        """frames: n pictures of any size. → float32 (n, 14), `RENDERING_NAMES`; not unit rows."""
        rows = [rendering_scalars(frame.pixels) for frame in frames]
        return np.array(rows, np.float32).reshape(-1, len(RENDERING_NAMES))


def rendering_scalars(pixels: NDArray[np.uint8]) -> Float32:
    """pixels: uint8 (H, W, 3) sRGB, any size from 1 × 1. → float32 (14,), finite, natural logarithms."""
    gray = _padded_to_block(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8))
    fine = _fine_detail(gray)
    means = [fine.gradient_mean, *_coarser_gradient_means(gray)]
    dark = _line_means(gray, DARK_SIZES, dark=True)
    light = _line_means(gray, LIGHT_SIZES, dark=False)
    quiet, typical = np.percentile(fine.block_noise, [10, 50])
    return np.array(
        [
            math.log(quiet + NOISE_OFFSET),
            math.log(typical + NOISE_OFFSET),
            *(_log_ratio(upper, lower, EDGE_OFFSET) for upper, lower in itertools.pairwise(means)),
            _log_ratio(fine.gradient_99, fine.gradient_90, EDGE_OFFSET),
            _log_ratio(fine.laplacian_98, fine.gradient_98, EDGE_OFFSET),
            math.log(_tone_roughness(gray) + TONE_OFFSET),
            *(_log_ratio(small, large, LINE_OFFSET) for small, large in itertools.pairwise(dark)),
            *(_log_ratio(small, large, LINE_OFFSET) for small, large in itertools.pairwise(light)),
            _log_ratio(dark[1], light[1], LINE_OFFSET),
        ],
        np.float32,
    )


def rendering_distance(vector: Float32, references: Float32) -> RenderingDistance:
    """Largest move of one scalar, in deviations of the references, none taken below `RENDERING_FLOORS`.

    vector: float32 (14,). references: float32 (n, 14), n ≥ 1, rows of one encoder at one resolution.
    Raises ValueError for other shapes.
    """
    if vector.shape != (len(RENDERING_NAMES),) or references.shape[1:] != vector.shape or not len(references):
        raise ValueError(f"needs (14,) against (n, 14), n ≥ 1, not {vector.shape} against {references.shape}")
    floors = np.array(RENDERING_FLOORS, np.float32)
    deviation = np.maximum(references.std(axis=0), floors)
    z = ((vector - np.median(references, axis=0)) / deviation).astype(np.float32)
    worst = int(np.argmax(np.abs(z)))
    return RenderingDistance(float(abs(z[worst])), RENDERING_NAMES[worst], z)


def describe(z: Float32) -> str:
    """z: float32 (14,), as in RenderingDistance. → one phrase for a person, naming the likeliest fault."""
    largest = int(np.argmax(np.abs(z)))
    if abs(float(z[largest])) <= UNREMARKABLE:
        return "rendered like the references"
    moves = np.array([signature for _, signature in FAULT_SIGNATURES])
    cosines = moves @ z / (np.linalg.norm(moves, axis=1) * np.linalg.norm(z))
    nearest = int(np.argmax(cosines))
    if cosines[nearest] >= SIGNATURE_COSINE:
        return FAULT_SIGNATURES[nearest][0]
    return f"{RENDERING_NAMES[largest]}: {'more' if z[largest] > 0 else 'less'} than in the references"


@dataclass(frozen=True, slots=True)
class _FineDetail:
    """Statistics of the full-size plane, in gray steps per pixel."""

    gradient_mean: float
    gradient_90: float
    gradient_98: float
    gradient_99: float
    laplacian_98: float
    block_noise: Float32
    """float32 (k,): Immerkær's noise response, averaged over each block that is not clipped."""


def _padded_to_block(gray: Gray) -> Gray:
    height, width = gray.shape
    missing = max(0, BLOCK - height), max(0, BLOCK - width)
    if not any(missing):
        return gray
    return np.asarray(cv2.copyMakeBorder(gray, 0, missing[0], 0, missing[1], cv2.BORDER_REPLICATE), np.uint8)


def _strips(gray: Gray) -> Iterator[Gray]:
    """Overlapping bands of rows, each with a border of one pixel on all four sides."""
    padded = cv2.copyMakeBorder(gray, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    for top in range(0, gray.shape[0], STRIP):
        yield np.asarray(padded[top : top + STRIP + 2], np.uint8)


def _fine_detail(gray: Gray) -> _FineDetail:
    gradients, laplacians = np.zeros(_HISTOGRAM_BINS), np.zeros(_HISTOGRAM_BINS)
    total, noise = 0.0, []
    for strip in _strips(gray):
        magnitude = _gradient_magnitude(strip)[1:-1, 1:-1]
        total += float(cv2.sumElems(magnitude)[0])
        gradients += _histogram(magnitude.astype(np.uint16))
        laplacian = cv2.Laplacian(strip, cv2.CV_16S)[1:-1, 1:-1]
        laplacians += _histogram(np.abs(laplacian).view(np.uint16))
        noise.append(_block_noise(strip))
    blocks = np.concatenate(noise)
    usable = (blocks[:, 1] >= INK_GRAY) & (blocks[:, 1] <= PAPER_GRAY)
    return _FineDetail(
        gradient_mean=total / gray.size / _SOBEL_UNIT,
        gradient_90=_quantile(gradients, 0.90) / _SOBEL_UNIT,
        gradient_98=_quantile(gradients, 0.98) / _SOBEL_UNIT,
        gradient_99=_quantile(gradients, 0.99) / _SOBEL_UNIT,
        laplacian_98=_quantile(laplacians, 0.98),
        block_noise=blocks[usable, 0] if usable.any() else blocks[:, 0],
    )


def _gradient_magnitude(plane: Gray) -> Float32:
    """plane: uint8 (H, W). → float32 (H, W), 4 to a ramp of half a gray step per pixel."""
    across = cv2.Sobel(plane, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _coarser_gradient_means(gray: Gray) -> list[float]:
    plane, means = gray, []
    for _ in range(LEVELS - 1):
        plane = np.asarray(cv2.pyrDown(plane), np.uint8)
        means.append(float(cv2.mean(_gradient_magnitude(plane))[0]) / _SOBEL_UNIT)
    return means


def _block_noise(strip: Gray) -> Float32:
    """strip: uint8 (h + 2, w + 2). → float32 (k, 2): noise response and mean gray of each whole block.

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


def _tone_roughness(gray: Gray) -> float:
    """→ in [0, 2]: 0 where neighboring gray values are equally common, 2 where every other one is unused."""
    counts = cv2.calcHist([gray], [0], None, [256], [0, 256]).ravel()
    weights = np.log1p(counts * (TONE_GAIN * 256 / gray.size))
    return float(np.abs(np.diff(weights)).sum() / weights.sum())


def _line_means(gray: Gray, sizes: Sequence[int], *, dark: bool) -> list[float]:
    """Mean of what closings (openings) of growing size fill in: black-hat (top-hat) means, gray steps.

    The kernels are octagons, built from crosses and squares in turn, which costs a third of ellipses.
    """
    grow, shrink = (cv2.dilate, cv2.erode) if dark else (cv2.erode, cv2.dilate)
    means, grown = [], gray
    for size, before in zip(sizes, (1, *sizes), strict=False):
        for radius in range(before // 2, size // 2):
            grown = np.asarray(grow(grown, _SQUARE if radius % 2 else _CROSS), np.uint8)
        squares = size // 4
        filled = shrink(grown, _CROSS, iterations=size // 2 - squares)
        if squares:
            filled = shrink(filled, np.ones((2 * squares + 1, 2 * squares + 1), np.uint8))
        means.append(float(cv2.mean(cv2.absdiff(filled, gray))[0]))
    return means


def _log_ratio(upper: float, lower: float, offset: float) -> float:
    return math.log((upper + offset) / (lower + offset))
