"""A request's references in, the files that are sent out: as they are, or as PNG where that is needed."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from consistency import ImageError, Limits, decode_frame
from series.generators.openai.wire import Picture
from series.request import GenerationRequest, Reference, Role

MOST_BYTES = 50_000_000
"""Of one file: less than 50 MB. The official SDK, openai 3.54."""
LONGEST = 3840
"""Pixels of the longer side of a picture that has to be encoded anew: no model draws more."""
READ = Limits()
"""How large a file may be before it is refused unread."""

_TAKEN = (
    (b"\x89PNG\r\n\x1a\n", "png", "image/png"),
    (b"\xff\xd8\xff", "jpg", "image/jpeg"),
    (b"RIFF", "webp", "image/webp"),  # or a sound, which the service refuses
)


@dataclass(frozen=True, slots=True, eq=False)
class Sent:
    """What goes along with a request."""

    pictures: tuple[Picture, ...]
    """In the order of the request's references."""
    base: bytes = b""
    """The picture that an edit starts from, as it is sent."""
    base_size: tuple[int, int] | None = None
    """Its width and height in pixels, which a mask must have; None without a base."""


def sent_pictures(request: GenerationRequest) -> Sent:
    """Raises ImageError for a file that is no picture within bounds, OSError for one that cannot be read."""
    base, size = b"", None
    pictures: list[Picture] = []
    for number, reference in enumerate(request.references, 1):
        is_base = number == 1 and reference.role is Role.BASE
        name, data, media = _picture(reference, number, upright=is_base)
        if is_base:
            frame = decode_frame(data, name)
            base, size = data, (frame.width, frame.height)
        pictures.append((name, data, media))
    return Sent(tuple(pictures), base, size)


def _picture(reference: Reference, number: int, *, upright: bool) -> Picture:
    """upright: a picture with a mask over it must lie as its pixels do."""
    path = reference.path
    if path.stat().st_size > READ.max_bytes:
        raise ImageError(f"{path.name}: expected at most {READ.max_bytes:,} bytes")
    data = path.read_bytes()
    for magic, suffix, media in _TAKEN:
        if data.startswith(magic) and len(data) < MOST_BYTES:
            if upright and decode_frame(data, path.name).notes:
                break
            return f"image{number}.{suffix}", data, media
    frame = decode_frame(data, path.name, longest_side=LONGEST)
    done, encoded = cv2.imencode(".png", cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2BGR))
    if not done:
        raise ImageError(f"{path.name}: does not fit into a PNG")
    return f"image{number}.png", encoded.tobytes(), "image/png"
