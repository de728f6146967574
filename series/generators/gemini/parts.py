"""A request in, what is sent along with its words out: each reference with its label, in order.

The prompt calls them "Image 1", Google's documentation "the first image": the label says both. The picture
that an edit starts from is the first of the references.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from consistency import ImageError, read_frame
from series.request import GenerationRequest

HEAVIEST: Final = 7_000_000
"""Bytes of one picture inside a request: Vertex AI's limit, 2026-11. The Gemini API takes more."""
LONGEST_SIDE: Final = 2048
"""Pixels to which a picture is reduced that is too heavy or in another format."""
QUALITY: Final = 95
"""Of a JPEG where a PNG would be too heavy: edges and flat colors stay as they are to the eye."""

_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh"),
    *("eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth"),
)
"""Of the 14 pictures that a request takes at most."""


@dataclass(frozen=True, slots=True, eq=False)
class SentImage:
    """One picture as it is sent."""

    label: str
    data: bytes
    mime_type: str


def sent_images(request: GenerationRequest) -> Iterator[SentImage]:
    """In order. Raises ImageError for a file that is no picture, OSError for one that cannot be read."""
    for number, reference in enumerate(request.references, 1):
        data, mime_type = _sendable(reference.path)
        ordinal = _ORDINALS[number - 1] if number <= len(_ORDINALS) else f"{number}th"
        yield SentImage(f"Image {number} (the {ordinal} image):", data, mime_type)


def mime_type_of(data: bytes) -> str:
    """By the first bytes: image/png, image/jpeg, image/webp; empty for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else ""


def _sendable(path: Path) -> tuple[bytes, str]:
    """The file as it is where the provider takes it; else reduced, as PNG or JPEG."""
    if path.stat().st_size <= HEAVIEST:
        data = path.read_bytes()
        mime_type = mime_type_of(data)
        if mime_type:
            return data, mime_type
    pixels = read_frame(path, longest_side=LONGEST_SIDE).pixels[..., ::-1]
    for suffix, mime_type, options in (
        (".png", "image/png", []),
        (".jpg", "image/jpeg", [cv2.IMWRITE_JPEG_QUALITY, QUALITY]),
    ):
        whole, encoded = cv2.imencode(suffix, pixels, options)
        if whole and encoded.nbytes <= HEAVIEST:
            return encoded.tobytes(), mime_type
    raise ImageError(f"{path}: too heavy to be sent, also at {LONGEST_SIDE} pixels")
