"""References that are drawn here for a request: palette swatches, a layout sketch. PNG bytes out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from series.request import GenerationRequest, Identity, NamedColor

SWATCH = 128
"""Pixels along a side of one swatch: large enough that no model takes it for texture."""
LAYOUT_SIDE = 512
"""Pixels along the longer side of a layout sketch: boxes need no more."""
_GROUND = (244, 244, 244)
_INK = (40, 40, 40)
_FILLS = ((214, 120, 92), (96, 150, 200), (120, 176, 112), (226, 190, 90), (160, 120, 190), (120, 120, 120))
"""RGB of the figures in a layout sketch: told apart by eye, pinned by nobody."""


def swatches(colors: tuple[NamedColor, ...]) -> bytes:
    """Flat squares of the pinned colors in their order, left to right, as PNG. colors: at least one."""
    squares = [np.full((SWATCH, SWATCH, 3), _rgb(color.hex), np.uint8) for color in colors]
    return _png(np.concatenate(squares, axis=1))


def layout(request: GenerationRequest) -> bytes:
    """Who stands where as plain boxes, as PNG in the aspect of the picture."""
    width, height = request.structure.size
    scale = LAYOUT_SIDE / max(width, height)
    sheet = np.full((max(1, round(height * scale)), max(1, round(width * scale)), 3), _GROUND, np.uint8)
    for index, identity in enumerate(request.identities):
        if identity.place is not None:
            _draw(sheet, identity, _FILLS[index % len(_FILLS)])
    return _png(sheet)


def _draw(sheet: NDArray[np.uint8], identity: Identity, fill: tuple[int, int, int]) -> None:
    if identity.place is None:
        return
    left, top, right, bottom = identity.place.pixels(sheet.shape[1], sheet.shape[0])
    cv2.rectangle(sheet, (left, top), (right - 1, bottom - 1), fill, cv2.FILLED)
    cv2.rectangle(sheet, (left, top), (right - 1, bottom - 1), _INK, 2)


def _rgb(hexa: str) -> tuple[int, int, int]:
    return int(hexa[1:3], 16), int(hexa[3:5], 16), int(hexa[5:7], 16)


def _png(rgb: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".png", rgb[..., ::-1])
    if not done:
        raise RuntimeError("a sketch could not be written as PNG")
    return data.tobytes()
