"""A reference picture in, its character cut out: straight alpha, trimmed to the subject."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency import Frame, digest_file, read_frame

Pixels = NDArray[np.uint8]

LONGEST_SIDE = 1024
"""Pixels at which a reference is read: a figure rarely stands larger in a draft."""
MATTE_SIDE = 256
"""Pixels at which a subject is parted from its ground: the time that GrabCut takes grows with them."""
MATTE_ROUNDS = 4
"""GrabCut rounds, set by hand."""
MATTE_MARGIN = 0.03
"""Share of each side that is taken for ground."""
MATTE_FOUND = (0.02, 0.97)
"""Share of the picture that a found subject has; outside of it nothing was parted."""
KEPT = 32
"""Cut-outs kept in a process: at most 8 MB each, 256 MB together."""
SOLID = 128
"""Alpha from which a pixel belongs to the subject."""
FOOT = 0.02
"""Height of the lowest strip of a subject, as a share of its height."""
CUT_WIDTH = 0.5
"""Share of its width over which a subject ends in its lowest strip when it is a bust, cut off by the edge."""


@dataclass(frozen=True, slots=True, eq=False)
class CutOut:
    """A character without its ground."""

    rgb: Pixels
    """uint8 (H, W, 3), sRGB, read-only."""
    alpha: Pixels
    """uint8 (H, W), 255 where the character is, read-only."""
    paint: Pixels
    """uint8 (H, W, 4): colors times alpha, and alpha; what is blended."""
    bust: bool
    """It ends in a straight cut below, so it can only stand on an edge."""

    @property
    def aspect(self) -> float:
        """Width by height, in pixels."""
        return float(self.alpha.shape[1] / self.alpha.shape[0])


def cut_out(path: Path) -> CutOut:
    """The character of a reference. Kept by the content of the file. Raises consistency.ImageError for a file
    that is no picture."""
    return _cut_out(digest_file(path), path)


@lru_cache(maxsize=KEPT)
def _cut_out(digest: str, path: Path) -> CutOut:
    del digest  # what the cut-out is kept by
    rgb, alpha = _straight(path)
    if int(alpha.min()) > SOLID:
        alpha = _matte(rgb)
    left, top, right, bottom = _extent(alpha)
    rgb = np.ascontiguousarray(rgb[top:bottom, left:right])
    alpha = np.ascontiguousarray(alpha[top:bottom, left:right])
    paint = premultiplied(rgb, alpha)
    rgb.flags.writeable = alpha.flags.writeable = paint.flags.writeable = False
    return CutOut(rgb, alpha, paint, _is_bust(alpha))


def premultiplied(rgb: Pixels, alpha: Pixels) -> Pixels:
    """uint8 (H, W, 4): colors times alpha, and alpha."""
    weight = cv2.cvtColor(np.ascontiguousarray(alpha), cv2.COLOR_GRAY2RGB)
    colors = cv2.multiply(np.ascontiguousarray(rgb), weight, scale=1 / 255)
    return np.dstack([np.asarray(colors, np.uint8), alpha])


def _straight(path: Path) -> tuple[Pixels, Pixels]:
    """Colors and alpha. Read on white and on black: what differs between the two is transparent."""
    on_white = _read(path, (255, 255, 255))
    if not any("alpha" in note for note in on_white.notes):
        return on_white.pixels, np.full(on_white.pixels.shape[:2], 255, np.uint8)
    on_black = _read(path, (0, 0, 0)).pixels
    through = on_white.pixels.astype(np.int16) - on_black
    alpha = np.clip(255 - through.max(axis=2), 0, 255).astype(np.uint8)
    part = np.maximum(alpha, 1).astype(np.float32)[..., None] / 255
    return np.clip(on_black / part + 0.5, 0, 255).astype(np.uint8), alpha


def _read(path: Path, background: tuple[int, int, int]) -> Frame:
    return read_frame(path, longest_side=LONGEST_SIDE, background=background)


def _matte(rgb: Pixels) -> Pixels:
    """Alpha of the subject of an opaque picture, its border taken for ground; all 255 when none is found."""
    height, width = rgb.shape[:2]
    scale = min(1.0, MATTE_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = np.ascontiguousarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)[..., ::-1])
    mask = np.full((size[1], size[0]), cv2.GC_PR_FGD, np.uint8)
    across, down = max(1, round(size[0] * MATTE_MARGIN)), max(1, round(size[1] * MATTE_MARGIN))
    mask[:down] = mask[:, :across] = mask[:, -across:] = cv2.GC_BGD
    # A bust runs out of the picture below: only the corners there are surely ground.
    mask[-down:, : size[0] // 8] = mask[-down:, -(size[0] // 8) :] = cv2.GC_BGD
    whole: Pixels = np.full((height, width), 255, np.uint8)
    try:
        cv2.setRNGSeed(0)
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(small, mask, (0, 0, 1, 1), *models, MATTE_ROUNDS, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # one color only: there is no subject to part
        return whole
    found = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    if not MATTE_FOUND[0] <= float(found.mean()) <= MATTE_FOUND[1]:
        return whole
    soft = cv2.GaussianBlur(found * np.float32(255), (0, 0), 0.8)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _extent(alpha: Pixels) -> tuple[int, int, int, int]:
    """left, top, right, bottom of what is solid; the whole when nothing is."""
    rows, columns = np.flatnonzero((alpha >= SOLID).any(axis=1)), np.flatnonzero((alpha >= SOLID).any(axis=0))
    if not len(rows):
        return 0, 0, alpha.shape[1], alpha.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _is_bust(alpha: Pixels) -> bool:
    strip = max(1, round(alpha.shape[0] * FOOT))
    return float((alpha[-strip:] >= SOLID).mean()) >= CUT_WIDTH
