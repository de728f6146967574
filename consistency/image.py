"""Any picture file → Frame: 8-bit sRGB pixels, upright, opaque, with the digest of the file's bytes.

Files come from strangers: whatever is wrong with one leaves here as one ImageError of one line that names
the file, what was expected and what was found. Decoding itself is in `_decode`.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from consistency._decode import Color, Pixels, decode, one_line
from consistency.errors import ImageError
from consistency.measurement import WHOLE, Box

WORKING_SIDE = 1024
"""Longest side, in pixels, at which frames are observed: line width, grain and blur are only comparable at
one resolution. 1024 is what current generators return (SDXL, FLUX) and what the tolerances were set at."""

WHITE: Color = (255, 255, 255)
"""Paper: what a viewer, a page or a report puts behind a transparent picture."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be before it is refused unread."""

    max_bytes: int = 300_000_000
    """An uncompressed 8-bit RGB picture of max_pixels."""
    max_pixels: int = 100_000_000
    """A double page (two A3) at 600 dpi has 70 million; Pillow itself refuses above 179 million, and a
    higher limit here does not lift that one."""


LIMITS = Limits()
"""The defaults."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Frame:
    """One decoded picture. Compare frames by `digest`."""

    pixels: Pixels
    """uint8 (H, W, 3), sRGB, C-contiguous, read-only."""
    name: str
    """The path as given, for messages."""
    digest: str
    """sha256 (hex) of the file's bytes; of shape and pixels for a frame that never was a file; of the whole
    frame's digest and the box for a crop. Equal digests mean equal content."""
    width: int
    """Of the full picture, turned upright, before any reduction. So `pixels` may be smaller."""
    height: int
    """See width."""
    notes: tuple[str, ...]
    """What decoding had to do, in words for a producer ("turned by EXIF orientation 6")."""

    def mirrored(self) -> Frame:
        """Left and right changed."""
        pixels = _sealed(self.pixels[:, ::-1])
        return replace(self, pixels=pixels, digest=mirrored_digest(self.digest))

    def crop(self, box: Box) -> Frame:
        """The part of the frame inside `box`, at least one pixel; the frame itself for the whole."""
        if box == WHOLE:
            return self
        height, width = self.pixels.shape[:2]
        left, top, right, bottom = box.pixels(width, height)
        full = box.pixels(self.width, self.height)
        corners = f"{self.digest} {left} {top} {right} {bottom} of {width}x{height}"
        return Frame(
            pixels=_sealed(self.pixels[top:bottom, left:right]),
            name=self.name,
            digest=hashlib.sha256(corners.encode()).hexdigest(),
            width=full[2] - full[0],
            height=full[3] - full[1],
            notes=self.notes,
        )


def read_frame(
    path: str | os.PathLike[str],
    *,
    longest_side: int | None = None,
    background: Color = WHITE,
    limits: Limits = LIMITS,
) -> Frame:
    """Read one picture file: turned upright by its EXIF, converted to sRGB by its ICC profile, 8 bits,
    composited on `background` (sRGB) where transparent, the first frame of an animation.

    longest_side: pixels to reduce to (area averaging; a JPEG is already decoded near that size); a smaller
    picture is never enlarged. Without an ICC profile, RGB and gray are taken as sRGB and CMYK is converted
    plainly. Raises ImageError, one line, for every file that is not a whole picture within `limits`.
    """
    data = read_bytes(path, limits)
    return decode_frame(
        data, os.fspath(path), longest_side=longest_side, background=background, limits=limits
    )


def decode_frame(
    data: bytes,
    name: str,
    *,
    longest_side: int | None = None,
    background: Color = WHITE,
    limits: Limits = LIMITS,
) -> Frame:
    """A picture that is no file yet, read as `read_frame` reads one. data: what its file would hold; name:
    what messages call it. Raises ImageError like `read_frame`.
    """
    if longest_side is not None and longest_side < 1:
        raise ValueError(f"longest_side must be at least 1, not {longest_side}")
    said = one_line(name)
    if len(data) > limits.max_bytes:
        raise _too_heavy(said, f"{len(data):,}", limits)
    if not data:
        raise ImageError(f"{said}: expected a picture, found nothing (0 bytes)")
    try:
        decoded = decode(data, longest_side=longest_side, background=background, max_pixels=limits.max_pixels)
    except ImageError as error:
        raise ImageError(f"{said}: {error}") from error.__cause__
    pixels = resize_area(decoded.pixels, longest_side) if longest_side else decoded.pixels
    return Frame(
        pixels=_sealed(pixels),
        name=name,
        digest=_sha256(data),
        width=decoded.width,
        height=decoded.height,
        notes=decoded.notes,
    )


def read_bytes(path: str | os.PathLike[str], limits: Limits = LIMITS) -> bytes:
    """The file's bytes, read once. Raises ImageError unless it is a readable, non-empty, regular file of at
    most limits.max_bytes.
    """
    name = one_line(os.fspath(path))
    try:
        status = Path(path).stat()
        # Only regular files: opening a named pipe would wait forever.
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, pipe or socket"
            raise ImageError(f"{name}: expected a picture file, found {kind}")
        if status.st_size > limits.max_bytes:
            raise _too_heavy(name, f"{status.st_size:,}", limits)
        with Path(path).open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except FileNotFoundError as error:
        raise ImageError(f"{name}: expected a picture file, found nothing at this path") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = getattr(error, "strerror", None) or str(error)
        raise ImageError(f"{name}: expected a readable picture file, found: {one_line(reason)}") from error
    if len(data) > limits.max_bytes:  # it grew between stat and read
        raise _too_heavy(name, f"more than {limits.max_bytes:,}", limits)
    if not data:
        raise ImageError(f"{name}: expected a picture, found an empty file (0 bytes)")
    return data


def mirrored_digest(digest: str) -> str:
    """The `Frame.digest` of a frame's mirror image. digest: of the frame."""
    return hashlib.sha256(f"{digest} mirrored".encode()).hexdigest()


def digest_file(path: str | os.PathLike[str], limits: Limits = LIMITS) -> str:
    """The `Frame.digest` of a file without decoding it. Raises ImageError like `read_bytes`."""
    return _sha256(read_bytes(path, limits))


def frame_from_array(pixels: Pixels, name: str = "array") -> Frame:
    """A frame of pixels that are already uint8 (H, W, 3) sRGB; they are copied. Raises ImageError else."""
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        found = f"{pixels.dtype} {pixels.shape}"
        raise ImageError(f"{one_line(name)}: expected uint8 pixels of shape (H, W, 3), found {found}")
    height, width = pixels.shape[:2]
    own = _sealed(pixels.copy())
    return Frame(own, name, _sha256(f"{height}x{width} ".encode() + own.tobytes()), width, height, ())


def resize_area(pixels: Pixels, longest_side: int) -> Pixels:
    """Reduce to `longest_side` by area averaging, keeping the proportions. pixels: uint8 (H, W, 3). →
    uint8 (h, w, 3), max(h, w) ≤ longest_side, h, w ≥ 1; the same array when it is small enough already.

    Area averaging because OpenCV's cubic does not filter before it reduces, so fine lines alias.
    """
    height, width = pixels.shape[:2]
    longest = max(height, width)
    if longest <= longest_side:
        return pixels
    size = (max(1, round(width * longest_side / longest)), max(1, round(height * longest_side / longest)))
    resized = cv2.resize(np.ascontiguousarray(pixels), size, interpolation=cv2.INTER_AREA)
    return cast("Pixels", resized)


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """pixels: uint8 (H, W, 3) sRGB → JPEG bytes, for thumbnails. quality: 1–100."""
    if not 1 <= quality <= 100:
        raise ValueError(f"JPEG quality must be in 1–100, not {quality}")
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ImageError(f"a picture of {pixels.shape[1]} × {pixels.shape[0]} does not fit into a JPEG")
    return encoded.tobytes()


def _sealed(pixels: Pixels) -> Pixels:
    """C-contiguous and read-only, so that a shared frame stays what its digest says."""
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False
    return pixels


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _too_heavy(name: str, found: str, limits: Limits) -> ImageError:
    return ImageError(f"{name}: expected at most {limits.max_bytes:,} bytes, found {found}")
