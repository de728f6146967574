"""A picture and its ICC profile → the same picture in sRGB.

Little CMS does the work, through Pillow. Its transforms hold no state while they run, so one is shared by
all threads and kept for the next frame of the series.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

_SAME_AS_SRGB = 2
"""Levels of 255: a profile that moves no color by more is sRGB under another name (rounding gives 1)."""


@dataclass(frozen=True, slots=True)
class _Conversion:
    """From one profile's colors in one mode to sRGB."""

    name: str
    transform: ImageCms.ImageCmsTransform | None
    """None: it is sRGB."""


def by_profile(image: Image.Image, icc: object, notes: list[str]) -> Image.Image | None:
    """image: mode L, RGB or CMYK. → RGB in sRGB, or None where the profile is no help."""
    try:
        space = _profile(icc).profile.xcolor_space.strip()
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space, "")
        if mode == "RGB" and image.mode == "L":
            image = image.convert("RGB")  # gray pixels in an RGB space are allowed in PNG and JPEG
        if mode != image.mode:
            notes.append(f"ICC profile is for {space}, the picture is {image.mode}: ignored, taken as sRGB")
            return None
        conversion = _conversion(icc, mode)
        if conversion.transform is None:
            return image.convert("RGB")
        notes.append(f"{conversion.name} converted to sRGB")
        return conversion.transform.apply(image)
    except Exception:  # noqa: BLE001  the pixels are fine: PyCMSError, OSError, TypeError ... all say "no profile"
        notes.append("ICC profile unreadable, taken as sRGB")
        return None


@lru_cache(maxsize=16)  # few profiles occur in one series; a CMYK one has a megabyte
def _profile(icc: object) -> ImageCms.ImageCmsProfile:
    if not isinstance(icc, bytes):
        raise TypeError("an ICC profile in a form that its reader could not put together")
    return ImageCms.ImageCmsProfile(io.BytesIO(icc))


@lru_cache(maxsize=16)
def _conversion(icc: object, mode: str) -> _Conversion:
    profile = _profile(icc)
    # Relative colorimetric with black point compensation: Adobe's default, and what keeps colors that
    # both spaces have unchanged.
    transform = ImageCms.ImageCmsTransform(
        profile,
        _srgb(),
        mode,
        "RGB",
        ImageCms.Intent.RELATIVE_COLORIMETRIC,
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    name = " ".join((profile.profile.profile_description or "an unnamed ICC profile").split())[:80]
    return _Conversion(name, None if _changes_nothing(transform, mode) else transform)


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Names lie and sRGB has a dozen of them, so the transform itself is asked, on a grid of colors."""
    if mode == "CMYK":
        return False
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    probe = Image.fromarray(grid if mode == "RGB" else np.arange(256, dtype=np.uint8).reshape(1, -1))
    before = np.asarray(probe.convert("RGB")).astype(np.int16)
    return int(np.abs(np.asarray(transform.apply(probe)) - before).max()) <= _SAME_AS_SRGB


def from_lab(image: Image.Image) -> Image.Image:
    """image: mode LAB, D50 as TIFF and Photoshop write it. → RGB in sRGB."""
    return _lab_to_srgb().apply(image)


@lru_cache(maxsize=1)
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    return ImageCms.ImageCmsTransform(lab, _srgb(), "LAB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
