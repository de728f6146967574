"""The bytes of a picture file → upright, opaque, 8-bit sRGB pixels, or one ImageError that says why not.

With `_profiles`, the only user of Pillow. Bytes come from strangers, so sizes are checked before anything is
decoded, and whatever a reader raises on hostile bytes leaves here as an ImageError. Safe in threads and
processes. Nothing is printed, except by libtiff: of a damaged compressed TIFF it writes a line to stderr from
C, which only a redirection for the whole process could stop.

Everything is decoded by Pillow. OpenCV reads a 1024² JPEG in 2.9–4.5 ms where Pillow needs 3.3–4.8, and a
PNG in 20 where Pillow needs 23 (one thread, Pillow 13, OpenCV 5), but it prints to stderr from C, cannot
read the header alone, and some of its versions return half a picture for a truncated file.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from consistency._profiles import by_profile, from_lab
from consistency.errors import ImageError

Pixels = NDArray[np.uint8]
Color = tuple[int, int, int]

# Without a handler anywhere, Python prints a library's log records to stderr.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Decoded:
    """What `decode` returns."""

    pixels: Pixels
    """uint8 (H, W, 3), sRGB; any strides."""
    width: int
    """Of the full picture, turned upright; `pixels` may be smaller."""
    height: int
    """See width."""
    notes: tuple[str, ...]
    """What decoding had to do, in words."""


def decode(data: bytes, *, longest_side: int | None, background: Color, max_pixels: int) -> Decoded:
    """data: the bytes of one picture file. longest_side: a JPEG is decoded at 1/2, 1/4 or 1/8 where that
    still has this many pixels on its longest side. background: sRGB. Raises ImageError and nothing else;
    the message does not name the file.
    """
    try:
        with _quiet():
            return _decode(data, longest_side, background, max_pixels)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(
            f"expected at most {max_pixels:,} pixels, found a bomb: {one_line(error)}"
        ) from error
    except UnidentifiedImageError as error:
        raise ImageError(f"expected a picture, found {_describe(data)}") from error
    except Exception as error:
        # Wide on purpose: on damaged bytes Pillow's readers raise OSError, SyntaxError, ValueError,
        # struct.error, IndexError, KeyError, ZeroDivisionError, MemoryError, zlib.error ... and add kinds
        # with each format. To a caller they all mean the same: this file is not a usable picture.
        raise ImageError(f"expected a whole picture, found {_describe(data)} ({one_line(error)})") from error


def one_line(said: object) -> str:
    """An error's words (or any text) on one line, for a message."""
    return " ".join(str(said).split()) or type(said).__name__


_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF8": "GIF",
    b"RIFF": "WebP (RIFF)",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"BM": "BMP",
    b"8BPS": "PSD",
    b"\0\0\1\0": "ICO",
    b"\0\0\0\x0cjP": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
}
_OTHER_MAGIC = {b"%PDF": "a PDF document", b"PK\3\4": "a ZIP archive", b"\x1f\x8b": "a gzip archive"}


def _describe(data: bytes) -> str:
    """What the bytes look like, for the message about a file that could not be read."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return f"a damaged or truncated {kind} file"
    for magic, kind in _OTHER_MAGIC.items():
        if data.startswith(magic):
            return kind
    if data[4:8] == b"ftyp":
        brand = data[8:12].decode("ascii", "replace")
        return (
            f"a damaged or unsupported {one_line(brand)} file"
            if brand.isprintable()
            else "a video or HEIF file"
        )
    with contextlib.suppress(UnicodeDecodeError):
        start = one_line(codecs.getincrementaldecoder("utf-8")().decode(data[:40]))  # may end within a letter
        if start.isprintable():
            return f"text beginning {start!r}"
    return f"{len(data):,} bytes of no known picture format, beginning {data[:8].hex(' ')}"


_quiet_lock = threading.Lock()
_quiet_now: list[object] = []
_quiet_filters = contextlib.ExitStack()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """No warnings while decoding: what matters of them becomes a note or an error, and under `-W error` a
    harmless one would reject a good file. The first decoder in sets the filter and the last one out takes
    it back, because catch_warnings alone, entered by several threads, can leave its filter in place.
    """
    token = object()
    with _quiet_lock:
        if not _quiet_now:
            _quiet_filters.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", module=r"PIL\.")
        _quiet_now.append(token)
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_now.remove(token)
            if not _quiet_now:
                _quiet_filters.close()


# What follows stands in the order in which it happens.


def _decode(data: bytes, longest_side: int | None, background: Color, max_pixels: int) -> Decoded:
    notes: list[str] = []
    with Image.open(io.BytesIO(data)) as image:
        _refuse_unsafe(image, data, max_pixels)
        raw_mode = _raw_mode(image)
        # Pillow's TIFF reader turns the picture while loading it, and forgets the tag.
        turned = _orientation(image, notes) if image.format == "TIFF" else 1
        size = _load(image, longest_side)
        _refuse_large(image.size, max_pixels)  # an icon's directory may lie about the pictures in it
        orientation = _orientation(image, notes)
        pixels = _flat(_eight_bits(image, raw_mode, notes), background, notes)
        # Last, because counting walks through the file and may stumble over a damaged later frame.
        _note_more_frames(image, notes)
    if max(turned, orientation) > 1:
        notes.insert(0, f"turned by EXIF orientation {max(turned, orientation)}")
    width, height = size[::-1] if orientation in _SIDEWAYS else size
    return Decoded(_TURNS[orientation](pixels), width, height, tuple(dict.fromkeys(notes)))


_REFUSED = {
    "EPS": "PostScript, which is a program (rendering it would run Ghostscript)",
    "WMF": "a Windows metafile, which only Windows can draw",
}
"""What Pillow opens but would hand to something outside of this process."""


def _refuse_unsafe(image: ImageFile.ImageFile, data: bytes, max_pixels: int) -> None:
    if image.format in _REFUSED:
        raise ImageError(f"expected a picture made of pixels, found {_REFUSED[image.format]}; export a PNG")
    if isinstance(image, ImageFile.StubImageFile):
        raise ImageError(f"expected a picture, found {image.format}, for which no reader is installed")
    _refuse_large(image.size, max_pixels)
    # Pillow is content when the pixels are complete; but a download without its last chunk was cut.
    if image.format == "PNG" and data.rfind(b"IEND") < 0:
        raise ImageError("expected a whole picture, found a truncated PNG file (its end chunk is missing)")


def _refuse_large(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"expected a picture, found {width} × {height} pixels")
    if width * height > max_pixels:
        raise ImageError(
            f"expected at most {max_pixels:,} pixels, found {width} × {height} = {width * height:,}"
        )


def _raw_mode(image: ImageFile.ImageFile) -> str:
    """How the file stores a pixel, in Pillow's words ("RGB;16B"). Gone after loading."""
    args = image.tile[0].args if image.tile else ""
    return str(args[0] if isinstance(args, tuple) and args else args)


def _load(image: ImageFile.ImageFile, longest_side: int | None) -> tuple[int, int]:
    """Decode. A JPEG is decoded at 1/2, 1/4 or 1/8 where that is still enough. → the full size."""
    full = image.size
    reduction = max(full) // longest_side if longest_side else 1
    factor = next(factor for factor in (8, 4, 2, 1) if reduction >= factor or factor == 1)
    asked = (max(1, full[0] // factor), max(1, full[1] // factor))
    drafted = image.draft(None, asked) if factor > 1 else None
    image.load()
    return full if drafted else image.size


def _orientation(image: Image.Image, notes: list[str]) -> int:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # noqa: BLE001  the picture is fine, only its EXIF is not: as many kinds as above
        notes.append("EXIF unreadable, not turned")
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: pixels[::-1].transpose(1, 0, 2),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: pixels[:, ::-1].transpose(1, 0, 2),
}
"""EXIF 2.32, tag 0x0112: what makes a picture upright."""
_SIDEWAYS = (5, 6, 7, 8)


def _eight_bits(image: Image.Image, raw_mode: str, notes: list[str]) -> Image.Image:
    """Deeper samples scaled to 8 bits, never clipped. Pillow halves 16-bit color itself (its high byte)."""
    key = image.info.get("transparency")
    if ";16" in raw_mode or image.mode.startswith("I"):
        notes.append("16-bit reduced to 8")
    if ";16" in raw_mode and image.mode == "RGB" and isinstance(key, tuple):
        image.info["transparency"] = tuple(value >> 8 for value in key)  # Pillow leaves the key at 16 bits
    if not image.mode.startswith(("I", "F")):
        return image
    samples = np.asarray(image)
    white = _white(samples, raw_mode)
    if image.mode == "F":
        notes.append(f"floating-point samples of 0–{white:g} reduced to 8 bits")
    gray = Image.fromarray(np.rint(samples * (255 / white)).astype(np.uint8))
    if isinstance(key, int):
        gray.putalpha(Image.fromarray(np.where(samples == key, 0, 255).astype(np.uint8)))
    if "icc_profile" in image.info:
        gray.info["icc_profile"] = image.info["icc_profile"]
    return gray


def _white(samples: NDArray[np.generic], raw_mode: str) -> float:
    """The sample value of white. Only known ones: guessing it from the content would differ per frame."""
    candidates = (1.0, 255.0) if samples.dtype.kind == "f" else (4095.0 if raw_mode == "I;12" else 65535.0,)
    low, high = float(samples.min()), float(samples.max())
    for white in candidates:
        if 0 <= low <= high <= white:
            return white
    raise ImageError(f"expected samples of 0–{candidates[-1]:g}, found {low:g} to {high:g}: no known white")


def _flat(image: Image.Image, background: Color, notes: list[str]) -> Pixels:
    """sRGB, composited on the background. Colors are converted first: the background is sRGB already."""
    if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
        image = image.convert("LA" if image.mode in ("1", "L", "La") else "RGBA")
    color = _in_srgb(image, notes)
    if image.mode in ("LA", "RGBA"):
        alpha = image.getchannel("A")
        if alpha.getextrema() != (255, 255):
            page = Image.new("RGB", image.size, background)
            page.paste(color, mask=alpha)
            color = page
            notes.append(f"alpha composited on {_color_name(background)}")
    return np.asarray(color)


def _in_srgb(image: Image.Image, notes: list[str]) -> Image.Image:
    """Any mode of at most 8 bits → mode RGB, sRGB, alpha dropped."""
    mode = {"1": "L", "L": "L", "LA": "L", "CMYK": "CMYK", "LAB": "LAB"}.get(image.mode, "RGB")
    plain = image if image.mode == mode else image.convert(mode)
    if mode == "LAB":
        notes.append("CIE Lab converted to sRGB")
        return from_lab(plain)
    if image.info.get("icc_profile", b"") != b"":  # None: it was there, but its parts did not fit together
        converted = by_profile(plain, image.info["icc_profile"], notes)
        if converted is not None:
            return converted
    if mode == "CMYK":
        notes.append("CMYK without a usable ICC profile converted plainly")
    return plain if mode == "RGB" else plain.convert("RGB")


def _color_name(color: Color) -> str:
    return {(255, 255, 255): "white", (0, 0, 0): "black"}.get(color, "#{:02x}{:02x}{:02x}".format(*color))


def _note_more_frames(image: ImageFile.ImageFile, notes: list[str]) -> None:
    if image.format == "PSD":
        return  # its "frames" are layers; what was read is their composite
    try:
        frames = getattr(image, "n_frames", 1)
    except Exception:  # noqa: BLE001  a later frame is damaged or a bomb; the first one is already read
        notes.append("first of several frames, of which a later one is damaged")
        return
    if frames > 1:
        notes.append(f"first of {frames} frames")
