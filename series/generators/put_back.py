"""A picture and its edit in; the edit inside the mask and the picture everywhere else out.

Hosted masks are advice and no pixel locks: models change what they were told to keep. So the original is put
back outside the mask, bit for bit, and the result is observed again like every other picture.
"""

from __future__ import annotations

from math import log

import cv2
import numpy as np
from numpy.typing import NDArray

from consistency import Box, decode_frame
from series.errors import GeneratorError

FEATHER = 16
"""Pixels over which the answer fades in at the edges of the mask, within it: a hard edge shows as a seam
where a model changed the light a little. 16 is the step of hosted models' sizes: it hides a shift of that."""
SHORTEST = 4
"""A feather is at most this part of the mask's shorter side: the middle of a small mask is the answer's."""
STRETCH = 0.05
"""Log ratio of aspects up to which an answer is fitted to the original. A model's sizes come in steps, which
makes up to 0.01; an answer of another shape is no edit of this picture."""


def put_back(base: bytes, answer: bytes, mask: Box) -> bytes:
    """PNG of the base's size. base, answer: any picture files; mask: where the answer may show, in fractions.

    Outside the mask every pixel is the base's. Inside, from FEATHER pixels off its edges on, every pixel is
    the answer's, fitted to the base's size where it has another; between them they mix. An edge of the mask
    that is the picture's own has no feather. Raises ImageError for bytes that are no picture, GeneratorError
    for an answer of another shape (see STRETCH).
    """
    original, edited = decode_frame(base, "the original"), decode_frame(answer, "the answer")
    size = (original.width, original.height)
    if abs(log(edited.width / edited.height) - log(size[0] / size[1])) > STRETCH:
        raise GeneratorError(
            f"the answer has another shape ({edited.width}×{edited.height}) than the picture that was edited "
            f"({size[0]}×{size[1]}): the original cannot be put back around the mask"
        )
    weight = _weight(size, mask)[..., None]
    mixed = original.pixels + weight * (_fitted(edited.pixels, size).astype(np.float32) - original.pixels)
    return _png(np.rint(mixed).astype(np.uint8))


def mask_png(size: tuple[int, int], mask: Box) -> bytes:
    """The mask as hosted models take it: PNG with alpha, 0 where the picture is to be edited. size: width,
    height in pixels of the picture that is edited."""
    width, height = size
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., 3] = 255
    left, top, right, bottom = mask.pixels(width, height)
    pixels[top:bottom, left:right, 3] = 0
    return _png(pixels)


def _weight(size: tuple[int, int], mask: Box) -> NDArray[np.float32]:
    """float32 (H, W): 0 outside the mask, 1 inside beyond the feather."""
    width, height = size
    left, top, right, bottom = mask.pixels(width, height)
    feather = min(FEATHER, (right - left) // SHORTEST, (bottom - top) // SHORTEST)
    across = _ramp(width, left, right, feather)
    down = _ramp(height, top, bottom, feather)
    return np.minimum(across[None, :], down[:, None])


def _ramp(length: int, start: int, end: int, feather: int) -> NDArray[np.float32]:
    """float32 (length,): 0 before start and from end on, rising to 1 over the feather within."""
    at = np.arange(length, dtype=np.float32) + 1
    rising = np.full(length, np.inf, np.float32) if start == 0 else (at - start) / (feather + 1)
    falling = np.full(length, np.inf, np.float32) if end == length else (end + 1 - at) / (feather + 1)
    ramp = np.clip(np.minimum(rising, falling), 0, 1)
    ramp[:start], ramp[end:] = 0, 0
    return np.asarray(ramp, np.float32)


def _fitted(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    how = cv2.INTER_AREA if width > size[0] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """pixels: uint8 (H, W, 3) sRGB, or (H, W, 4) with alpha."""
    order = cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    done, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, order))
    if not done:
        raise GeneratorError(f"a picture of {pixels.shape[1]}×{pixels.shape[0]} does not fit into a PNG")
    return encoded.tobytes()
