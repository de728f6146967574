"""Reading pictures: every kind of file comes back as upright, opaque sRGB, or as one clear ImageError."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from consistency.errors import ImageError
from consistency.image import (
    LIMITS,
    WORKING_SIDE,
    Limits,
    decode_frame,
    digest_file,
    encode_jpeg,
    frame_from_array,
    read_bytes,
    read_frame,
    resize_area,
)
from consistency.measurement import WHOLE, Box

EVAL = Path(os.environ.get("SERIES_EVAL", Path(__file__).parents[2] / ".." / "shared" / "eval"))


@pytest.fixture
def picture():
    """A 40 × 24 picture without symmetry: a ramp in red and green, one blue corner."""
    y, x = np.mgrid[0:24, 0:40]
    pixels = np.stack([x * 6, y * 10, np.full_like(x, 40)], axis=-1).astype(np.uint8)
    pixels[:8, :8] = (20, 30, 230)
    return Image.fromarray(pixels)


def saved(image: Image.Image, path: Path, **options) -> Path:
    image.save(path, **options)
    return path


def difference(path: Path, image: Image.Image) -> float:
    expected = np.asarray(image.convert("RGB")).astype(int)
    return float(np.abs(read_frame(path).pixels - expected).max())


# ICC profiles, made by hand: a matrix and one gamma, ICC.1:2001-04.


def s15(value):
    return struct.pack(">i", round(value * 65536))


def xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(s15(value) for value in values)


def profile(name, space, tags, connection=b"XYZ "):
    """An ICC version 2 display profile."""
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        **tags,
    }
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for signature, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", signature, at + len(body), len(content))
        body += padded
    size = at + len(body)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", space, connection) + bytes(12)
    head += b"acsp" + bytes(28) + s15(0.9642) + s15(1.0) + s15(0.8249)
    return head + bytes(128 - len(head)) + table + body


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def rgb_profile(name, primaries, curve):
    """primaries: XYZ (D50) of red, green and blue."""
    colors = {key: xyz(row) for key, row in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return profile(name, b"RGB ", {**colors, **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)})


# Bradford-adapted to D50; the rows are the columns of Lindbloom's and of Apple's published matrices.
SRGB_D50 = (
    (0.4360747, 0.2225045, 0.0139322),
    (0.3850649, 0.7168786, 0.0971045),
    (0.1430804, 0.0606169, 0.7141733),
)
ADOBE_D50 = (
    (0.6097559, 0.3111242, 0.0194811),
    (0.2052401, 0.6256560, 0.0608902),
    (0.1492240, 0.0632197, 0.7448387),
)
P3_D50 = ((0.515121, 0.241196, -0.001053), (0.291977, 0.692245, 0.041885), (0.157104, 0.066574, 0.784073))


CYAN_LAB = (60, -30, -40)


def cmyk_profile():
    """A table of the 16 corners: black ink gives black, cyan alone CYAN_LAB, everything else paper."""
    corners = np.full((2, 2, 2, 2, 3), (255, 128, 128), np.uint8)
    corners[:, :, :, 1] = (0, 128, 128)
    corners[1, 0, 0, 0] = (round(CYAN_LAB[0] * 2.55), CYAN_LAB[1] + 128, CYAN_LAB[2] + 128)
    identity = b"".join(s15(value) for value in np.eye(3).ravel())
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity
    table += bytes(range(256)) * 4 + corners.tobytes() + bytes(range(256)) * 3
    return profile("Our press", b"CMYK", {b"A2B0": table}, b"Lab ")


def srgb_curve():
    steps = np.linspace(0, 1, 1024)
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    return b"curv\0\0\0\0" + struct.pack(">I", 1024) + np.rint(linear * 65535).astype(">u2").tobytes()


def in_space(image, primaries, decode):
    """The sRGB picture written in the numbers of another space. decode: gamma, or None for sRGB's curve."""
    steps = np.asarray(image).astype(float) / 255
    linear = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4)
    other = np.clip(linear @ np.array(SRGB_D50) @ np.linalg.inv(np.array(primaries)), 0, 1)
    if decode is None:
        coded = np.where(other <= 0.0031308, other * 12.92, 1.055 * other ** (1 / 2.4) - 0.055)
    else:
        coded = other ** (1 / decode)
    return Image.fromarray(np.rint(coded * 255).astype(np.uint8))


# A frame


def test_plain_picture(tmp_path, picture):
    path = saved(picture, tmp_path / "plain.png")
    frame = read_frame(path)
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.shape == (24, 40, 3)
    assert frame.pixels.flags.c_contiguous
    assert np.array_equal(frame.pixels, np.asarray(picture))
    assert (frame.width, frame.height, frame.notes) == (40, 24, ())
    assert frame.name == str(path)
    assert frame.digest == hashlib.sha256(path.read_bytes()).hexdigest() == digest_file(path)


def test_a_shared_frame_cannot_be_changed(tmp_path, picture):
    frame = read_frame(saved(picture, tmp_path / "a.png"))
    with pytest.raises(ValueError, match="read-only"):
        frame.pixels[0, 0] = 0


def test_a_frame_travels_between_processes(tmp_path, picture):
    frame = read_frame(saved(picture, tmp_path / "a.png"))
    back = pickle.loads(pickle.dumps(frame))  # noqa: S301
    assert back.digest == frame.digest
    assert np.array_equal(back.pixels, frame.pixels)


def test_name_is_the_path_as_given(tmp_path, picture, monkeypatch):
    saved(picture, tmp_path / "a.png")
    monkeypatch.chdir(tmp_path)
    assert read_frame("a.png").name == "a.png"


def test_crop(tmp_path, picture):
    frame = read_frame(saved(picture, tmp_path / "a.png"), longest_side=20)
    part = frame.crop(Box(0.0, 0.0, 0.5, 0.5))
    assert np.array_equal(part.pixels, frame.pixels[:6, :10])
    assert part.pixels.flags.c_contiguous
    assert (part.width, part.height) == (20, 12)
    assert part.digest not in {frame.digest, frame.crop(Box(0.0, 0.0, 0.5, 0.6)).digest}
    assert part.digest == frame.crop(Box(0.0, 0.0, 0.5, 0.5)).digest
    assert frame.crop(WHOLE) is frame
    assert frame.crop(Box(0.999, 0.999, 1.0, 1.0)).pixels.shape == (1, 1, 3)


def test_frame_from_array():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    frame = frame_from_array(pixels, "made")
    assert (frame.width, frame.height, frame.name, frame.notes) == (4, 2, "made", ())
    assert frame.digest == frame_from_array(pixels[:, :], "other").digest
    assert frame.digest != frame_from_array(pixels.reshape(4, 2, 3)).digest
    pixels[:] = 0
    assert frame.pixels[1, 3, 2] == 23


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_frame_from_a_wrong_array(wrong):
    with pytest.raises(ImageError, match=r"made: expected uint8 pixels of shape \(H, W, 3\), found"):
        frame_from_array(wrong, "made")


# Size


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp"])
@pytest.mark.parametrize(("size", "side", "expected"), [
    ((400, 240), 100, (100, 60)),
    ((401, 241), 57, (57, 34)),
    ((240, 400), 399, (239, 399)),
    ((40, 24), 100, (40, 24)),
    ((500, 1), 50, (50, 1)),
    ((17, 500), 20, (1, 20)),
])  # fmt: skip
def test_longest_side(tmp_path, picture, suffix, size, side, expected):
    path = saved(picture.resize(size), tmp_path / f"a.{suffix}", quality=95)
    frame = read_frame(path, longest_side=side)
    assert frame.pixels.shape[1::-1] == expected
    assert (frame.width, frame.height) == size


@pytest.mark.parametrize("side", [64, 100, 128, 200, 256, 400])
def test_a_reduced_jpeg_is_the_picture_reduced(tmp_path, picture, side):
    path = saved(picture.resize((1024, 614)), tmp_path / "a.jpg", quality=95)
    expected = resize_area(read_frame(path).pixels, side).astype(int)
    assert np.abs(read_frame(path, longest_side=side).pixels - expected).mean() < 0.5


def test_resize_area_averages_and_never_enlarges():
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, ::2] = 200
    assert (resize_area(pixels, 4) == 100).all()
    assert resize_area(pixels, 8) is pixels
    assert resize_area(pixels, WORKING_SIDE) is pixels


@pytest.mark.parametrize("side", [0, -3])
def test_wrong_longest_side(tmp_path, picture, side):
    with pytest.raises(ValueError, match="longest_side"):
        read_frame(saved(picture, tmp_path / "a.png"), longest_side=side)


def test_encode_jpeg(picture):
    pixels = np.asarray(picture.resize((160, 96)))
    small, large = encode_jpeg(pixels, 30), encode_jpeg(pixels, 95)
    assert len(small) < len(large)
    assert np.abs(np.asarray(Image.open(io.BytesIO(large))).astype(int) - pixels).mean() < 3
    with pytest.raises(ValueError, match="quality"):
        encode_jpeg(pixels, 0)


# Upright


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif", "avif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path, picture, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    lossless = {"webp": {"lossless": True}}.get(suffix, {} if suffix in {"png", "tif"} else {"quality": 95})
    path = saved(picture, tmp_path / f"a.{suffix}", exif=exif, **lossless)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    for side in (None, 20):
        frame = read_frame(path, longest_side=side)
        assert (frame.width, frame.height) == expected.shape[1::-1]
        assert frame.notes == ((f"turned by EXIF orientation {orientation}",) if orientation > 1 else ())
    assert np.array_equal(read_frame(path).pixels, expected)


def test_broken_exif_is_noted(tmp_path, picture):
    frame = read_frame(saved(picture, tmp_path / "a.png", exif=b"Exif\0\0no such thing"))
    assert frame.notes == ("EXIF unreadable, not turned",)
    assert np.array_equal(frame.pixels, np.asarray(picture))


# sRGB


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize(
    ("name", "primaries", "decode"),
    [("Display P3", P3_D50, None), ("Adobe RGB (1998)", ADOBE_D50, 2.19921875)],
)
def test_wide_profiles_are_converted(tmp_path, picture, suffix, name, primaries, decode):
    picture = picture.point(lambda level: 60 + level // 2)
    icc = rgb_profile(name, primaries, gamma(decode) if decode else srgb_curve())
    wide = in_space(picture, primaries, decode)
    path = saved(wide, tmp_path / f"a.{suffix}", icc_profile=icc)
    assert np.abs(np.asarray(wide).astype(int) - np.asarray(picture)).max() > 8
    assert difference(path, picture) <= 2
    assert read_frame(path).notes == (f"{name} converted to sRGB",)


def test_srgb_under_another_name_is_left_alone(tmp_path, picture):
    icc = rgb_profile("c2", SRGB_D50, srgb_curve())
    path = saved(picture, tmp_path / "a.png", icc_profile=icc)
    assert difference(path, picture) == 0
    assert read_frame(path).notes == ()


def test_gray_profile(tmp_path):
    icc = profile("Gray gamma 1.8", b"GRAY", {b"kTRC": gamma(1.8)})
    path = saved(Image.new("L", (4, 4), 100), tmp_path / "a.png", icc_profile=icc)
    frame = read_frame(path)
    linear = (100 / 255) ** 1.8
    assert abs(int(frame.pixels[0, 0, 0]) - 255 * (1.055 * linear ** (1 / 2.4) - 0.055)) <= 2
    assert frame.notes == ("Gray gamma 1.8 converted to sRGB",)


def test_gray_pixels_in_an_rgb_profile(tmp_path):
    icc = rgb_profile("Adobe RGB (1998)", ADOBE_D50, gamma(2.19921875))
    frame = read_frame(saved(Image.new("L", (4, 4), 100), tmp_path / "a.png", icc_profile=icc))
    assert np.abs(frame.pixels.astype(int) - 100).max() <= 2


def test_broken_profile_is_taken_as_srgb(tmp_path, picture):
    path = saved(picture, tmp_path / "a.png", icc_profile=b"not a profile at all")
    assert difference(path, picture) == 0
    assert read_frame(path).notes == ("ICC profile unreadable, taken as sRGB",)


def test_profile_of_another_kind_is_ignored(tmp_path, picture):
    icc = profile("Gray", b"GRAY", {b"kTRC": gamma(1.8)})
    path = saved(picture, tmp_path / "a.png", icc_profile=icc)
    assert difference(path, picture) == 0
    assert "ICC profile is for GRAY, the picture is RGB" in read_frame(path).notes[0]


def test_profile_and_alpha(tmp_path):
    """The color is converted, the background is not: it is sRGB already."""
    icc = rgb_profile("Adobe RGB (1998)", ADOBE_D50, gamma(2.19921875))
    image = Image.new("RGBA", (2, 1), (100, 180, 90, 255))
    image.putpixel((1, 0), (100, 180, 90, 0))
    frame = read_frame(saved(image, tmp_path / "a.png", icc_profile=icc), background=(10, 200, 30))
    assert tuple(frame.pixels[0, 1]) == (10, 200, 30)
    assert frame.pixels[0, 0, 0] < 80
    assert frame.notes == ("Adobe RGB (1998) converted to sRGB", "alpha composited on #0ac81e")


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_is_not_inverted(tmp_path, picture, suffix):
    path = saved(picture.resize((160, 96)).convert("CMYK"), tmp_path / f"a.{suffix}", quality=95)
    assert np.abs(read_frame(path).pixels - np.asarray(picture.resize((160, 96))).astype(int)).mean() < 4
    assert read_frame(path).notes == ("CMYK without a usable ICC profile converted plainly",)


@pytest.mark.parametrize("suffix", ["jpg", "tif"])
def test_cmyk_with_a_profile(tmp_path, suffix):
    inks = np.zeros((16, 48, 4), np.uint8)
    inks[:, 16:32, 0] = 255
    inks[:, 32:, 3] = 255
    image = Image.fromarray(inks, "CMYK")
    frame = read_frame(saved(image, tmp_path / f"a.{suffix}", icc_profile=cmyk_profile(), quality=100))
    lab = Image.merge("LAB", [Image.new("L", (1, 1), v) for v in (153, CYAN_LAB[1] + 128, CYAN_LAB[2] + 128)])
    cyan = read_frame(saved(lab, tmp_path / "cyan.tif")).pixels[0, 0].astype(int)
    assert np.abs(frame.pixels[8, 8].astype(int) - 255).max() <= 2
    assert np.abs(frame.pixels[8, 24] - cyan).max() <= 4
    assert frame.pixels[8, 40].max() <= 4
    assert frame.notes == ("Our press converted to sRGB",)


def test_lab_tiff(tmp_path):
    """Lab (53.24, 80.09, 67.20) under D65 is sRGB red; under D50, which TIFF means: (54.29, 80.81, 69.89)."""
    lab = Image.merge("LAB", [Image.new("L", (4, 4), level) for level in (138, 128 + 81, 128 + 70)])
    frame = read_frame(saved(lab, tmp_path / "a.tif"))
    assert np.abs(frame.pixels.astype(int) - (255, 0, 0)).max() <= 8
    assert frame.notes == ("CIE Lab converted to sRGB",)


# Opaque


@pytest.mark.parametrize(
    ("background", "named"), [((255, 255, 255), "white"), ((0, 0, 0), "black"), ((1, 2, 3), "#010203")]
)
@pytest.mark.parametrize("suffix", ["png", "webp", "tif"])
def test_alpha_is_composited(tmp_path, suffix, background, named):
    image = Image.new("RGBA", (3, 1), (200, 100, 50, 255))
    image.putpixel((1, 0), (200, 100, 50, 128))
    image.putpixel((2, 0), (200, 100, 50, 0))
    path = saved(
        image, tmp_path / f"a.{suffix}", **({"lossless": True, "exact": True} if suffix == "webp" else {})
    )
    frame = read_frame(path, background=background)
    half = np.rint((np.array((200, 100, 50)) * 128 + np.array(background) * 127) / 255)
    assert np.abs(frame.pixels - np.stack([(200, 100, 50), half, background])[None]).max() <= 1
    assert frame.notes == (f"alpha composited on {named}",)


def test_opaque_alpha_is_not_worth_a_note(tmp_path, picture):
    path = saved(picture.convert("RGBA"), tmp_path / "a.png")
    assert difference(path, picture) == 0
    assert read_frame(path).notes == ()


def test_gray_with_alpha(tmp_path):
    image = Image.merge("LA", [Image.new("L", (2, 2), 80), Image.new("L", (2, 2), 0)])
    assert (read_frame(saved(image, tmp_path / "a.png")).pixels == 255).all()


@pytest.mark.parametrize("transparency", [1, bytes([255, 0])])
def test_palette_with_transparency(tmp_path, transparency):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    frame = read_frame(saved(image, tmp_path / "a.png", transparency=transparency))
    assert frame.pixels.tolist() == [[[10, 20, 30], [255, 255, 255]]]


@pytest.mark.parametrize(("mode", "key", "level"), [("1", 0, 0), ("L", 7, 7), ("RGB", (1, 2, 3), (1, 2, 3))])
def test_color_key(tmp_path, mode, key, level):
    image = Image.new(mode, (2, 1), "white")
    image.putpixel((0, 0), level)
    frame = read_frame(saved(image, tmp_path / "a.png", transparency=key), background=(9, 9, 9))
    assert frame.pixels.tolist() == [[[9, 9, 9], [255, 255, 255]]]


# Eight bits


def png(depth, kind, rows, width, *extra, height=None):
    """A PNG of these raw rows; depth and kind (color type) as in its header; extra chunks before the data."""
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    header = struct.pack(">IIBBBBB", width, height or len(rows), depth, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + tag + body + struct.pack(">I", zlib.crc32(tag + body))
        for tag, body in chunks
    )


def test_16_bit_gray(tmp_path):
    samples = np.array([[0, 128, 257, 0x8000, 65535]], np.uint16)
    for suffix in ("png", "tif"):
        frame = read_frame(saved(Image.fromarray(samples), tmp_path / f"a.{suffix}"))
        assert frame.pixels[0, :, 0].tolist() == [0, 0, 1, 128, 255]
        assert frame.notes == ("16-bit reduced to 8",)


def test_16_bit_gray_color_key(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(
        png(16, 0, [np.array([1000, 65535], ">u2").tobytes()], 2, (b"tRNS", struct.pack(">H", 1000)))
    )
    assert read_frame(path, background=(9, 9, 9)).pixels.tolist() == [[[9, 9, 9], [255, 255, 255]]]


def test_16_bit_color(tmp_path):
    levels = np.array([[0, 40000, 65535], [257, 514, 0xFFFF]], ">u2")
    path = tmp_path / "a.png"
    path.write_bytes(png(16, 2, [levels.tobytes()], 2))
    frame = read_frame(path)
    assert np.abs(frame.pixels[0].astype(int) - levels / 257).max() <= 1
    assert frame.notes == ("16-bit reduced to 8",)


def test_16_bit_color_key(tmp_path):
    levels = np.array([[0x1234, 0x5678, 0x9ABC], [0xFFFF] * 3], ">u2")
    path = tmp_path / "a.png"
    path.write_bytes(png(16, 2, [levels.tobytes()], 2, (b"tRNS", levels[0].tobytes())))
    assert read_frame(path, background=(9, 9, 9)).pixels.tolist() == [[[9, 9, 9], [255, 255, 255]]]


def test_16_bit_alpha(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(16, 6, [np.array([[9, 9, 9, 0], [65535] * 4], ">u2").tobytes()], 2))
    assert (read_frame(path).pixels == 255).all()


def test_float_samples(tmp_path):
    path = saved(Image.fromarray(np.array([[0, 0.5, 1]], np.float32)), tmp_path / "a.tif")
    assert read_frame(path).pixels[0, :, 0].tolist() == [0, 128, 255]
    assert read_frame(path).notes == ("floating-point samples of 0–1 reduced to 8 bits",)


@pytest.mark.parametrize("samples", [[[0, 1e6]], [[float("nan"), 1]], [[-4, 1]]])
def test_samples_without_a_known_white(tmp_path, samples):
    path = saved(Image.fromarray(np.array(samples, np.float32)), tmp_path / "a.tif")
    with pytest.raises(ImageError, match="no known white"):
        read_frame(path)


@pytest.mark.parametrize(("mode", "suffix"), [
    ("1", "png"), ("1", "tif"), ("L", "jpg"), ("P", "png"), ("P", "gif"), ("RGB", "bmp"), ("RGB", "ppm"),
    ("RGB", "tga"), ("RGB", "jp2"), ("RGB", "avif"), ("RGB", "webp"), ("RGBA", "ico"), ("YCbCr", "tif"),
    ("RGB", "pcx"), ("RGB", "qoi"),
])  # fmt: skip
def test_modes_and_formats(tmp_path, picture, mode, suffix):
    path = tmp_path / f"a.{suffix}"
    try:
        saved(picture.convert(mode), path)
    except (OSError, KeyError, ValueError) as error:
        pytest.skip(f"this Pillow cannot write {mode} as {suffix}: {error}")
    frame = read_frame(path)
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB"))
    assert np.array_equal(frame.pixels, expected)


# One frame


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif", "avif", "mpo"])
def test_first_frame(tmp_path, picture, suffix):
    others = [Image.new("RGB", picture.size, color) for color in ("red", "green")]
    options = {"webp": {"lossless": True}, "avif": {"quality": 95}}.get(suffix, {})
    frame = read_frame(
        saved(picture, tmp_path / f"a.{suffix}", save_all=True, append_images=others, **options)
    )
    assert np.abs(frame.pixels.astype(int) - np.asarray(picture)).mean() < 12
    assert "first of 3 frames" in frame.notes


# Errors: one line, naming the file, what was expected and what was found


def refused(path, match, **options):
    with pytest.raises(ImageError, match=match) as caught:
        read_frame(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(" ".join(str(path).split()))
    assert "expected" in message
    assert "found" in message


def test_missing(tmp_path):
    refused(tmp_path / "a.png", "found nothing at this path")


def test_folder(tmp_path):
    refused(tmp_path, "found a folder")


def test_empty(tmp_path):
    (tmp_path / "a.png").touch()
    refused(tmp_path / "a.png", r"found an empty file \(0 bytes\)")


def test_text(tmp_path):
    (tmp_path / "a.png").write_text("<html>\nQuota exceeded")
    refused(tmp_path / "a.png", "found text beginning '<html> Quota exceeded'")


def test_text_cut_within_a_letter(tmp_path):
    (tmp_path / "a.png").write_text("x" + "ü" * 40, encoding="utf-8")
    refused(tmp_path / "a.png", "found text beginning 'xü")


def test_pdf(tmp_path):
    (tmp_path / "a.png").write_bytes(b"%PDF-1.7\n...")
    refused(tmp_path / "a.png", "found a PDF document")


def test_unreadable(tmp_path, picture):
    path = saved(picture, tmp_path / "a.png")
    path.chmod(0)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    if root:  # root may read everything, so be nobody for a moment
        os.seteuid(65534)
    try:
        if os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids):
            pytest.skip("this user may read every file")
        refused(path, "expected a readable picture file, found: Permission denied")
    finally:
        if root:
            os.seteuid(0)


def test_path_that_no_system_accepts():
    refused("a\0b.png", "expected a readable picture file")
    refused("a" * 5000 + ".png", "expected a readable picture file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    refused(tmp_path / "a.png", "found a device, pipe or socket")


def test_a_name_of_two_lines(tmp_path):
    (tmp_path / "a\nb.png").write_bytes(b"\0\1\2")
    refused(tmp_path / "a\nb.png", "3 bytes of no known picture format, beginning 00 01 02")


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("side", [None, 100])
@pytest.mark.parametrize(
    "options",
    [
        {"format": "JPEG"},
        {"format": "JPEG", "progressive": True},
        {"format": "PNG"},
        {"format": "GIF"},
        {"format": "WEBP"},
        {"format": "TIFF"},
        {"format": "TIFF", "compression": "tiff_lzw"},
        {"format": "BMP"},
        {"format": "JPEG2000"},
        {"format": "AVIF"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_truncated(tmp_path, picture, options, share, side):
    whole = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (240, 400, 3), dtype=np.uint8)
    Image.fromarray(noise).save(whole, **options)
    path = tmp_path / "cut"
    path.write_bytes(whole.getvalue()[: int(len(whole.getvalue()) * share)])
    refused(path, "truncated|unsupported", longest_side=side)


@pytest.mark.parametrize("suffix", ["jpg", "png"])
@pytest.mark.parametrize("missing", [1, 2, 10, 30])
def test_a_few_missing_bytes(tmp_path, picture, suffix, missing):
    path = saved(picture, tmp_path / f"a.{suffix}")
    path.write_bytes(path.read_bytes()[:-missing])
    if suffix == "png" and missing <= 4:
        assert difference(path, picture) == 0  # only a checksum is missing
    else:
        refused(path, "truncated")


def test_too_many_bytes(tmp_path, picture):
    path = saved(picture, tmp_path / "a.bmp")
    refused(path, "expected at most 100 bytes, found 2,934", limits=Limits(max_bytes=100))
    with pytest.raises(ImageError, match="expected at most 100 bytes"):
        digest_file(path, Limits(max_bytes=100))
    assert len(read_bytes(path)) == 2934


def test_too_many_pixels_are_refused_before_decoding(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(png(8, 0, [b"hardly any data"], 60_000, height=2_000))
    refused(path, "expected at most 100,000,000 pixels, found 60000 × 2000 = 120,000,000")
    path.write_bytes(png(8, 0, [b"hardly any data"], 60_000, height=60_000))
    refused(path, "expected at most 100,000,000 pixels, found a bomb")


def test_pixel_limit(tmp_path, picture):
    path = saved(picture, tmp_path / "a.gif")
    refused(path, "expected at most 900 pixels, found 40 × 24 = 960", limits=Limits(max_pixels=900))
    assert read_frame(path, limits=Limits(max_pixels=960)).width == 40
    assert Limits() == LIMITS


@pytest.mark.parametrize("tag", [b"zTXt", b"iTXt"])
def test_text_chunk_bomb(tmp_path, tag):
    bomb = zlib.compress(bytes(20_000_000), 9)
    body = b"k\0\0" + bomb if tag == b"zTXt" else b"k\0\1\0\0\0" + bomb
    (tmp_path / "a.png").write_bytes(png(8, 0, [b"\0"], 1, (tag, body)))
    refused(tmp_path / "a.png", "Decompressed data too large")


def test_postscript_is_never_run(tmp_path, picture):
    refused(saved(picture, tmp_path / "a.eps"), "found PostScript, which is a program")


@lru_cache(maxsize=1)
def small_files():
    image = Image.fromarray(np.random.default_rng(1).integers(0, 255, (9, 13, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    icc = rgb_profile("Adobe RGB (1998)", ADOBE_D50, gamma(2.2))
    files = []
    for options in (
        {"format": "JPEG", "exif": exif, "icc_profile": icc},
        {"format": "PNG", "exif": exif, "icc_profile": icc},
        {"format": "GIF", "save_all": True, "append_images": [image.rotate(90)]},
        {"format": "WEBP", "exif": exif},
        {"format": "TIFF", "exif": exif, "compression": "tiff_lzw"},
        {"format": "BMP"},
        {"format": "ICO"},
    ):
        file = io.BytesIO()
        image.save(file, **options)
        files.append(file.getvalue())
    return files


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_give_a_frame_or_an_image_error(tmp_path, data):
    damaged = bytearray(data.draw(st.sampled_from(small_files())))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        kind = data.draw(st.sampled_from(["set", "cut", "insert", "remove"]))
        if kind == "set":
            damaged[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            damaged = damaged[: max(1, at)]
        elif kind == "insert":
            damaged[at:at] = data.draw(st.binary(max_size=8))
        else:
            damaged[at : at + 4] = b""
        damaged = damaged or bytearray(b"\0")
    path = tmp_path / "damaged"
    path.write_bytes(damaged)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            frame = read_frame(path, longest_side=8, limits=Limits(max_pixels=1_000_000))
        except ImageError as error:
            assert str(error).startswith(str(path))  # noqa: PT017
            assert "\n" not in str(error)  # noqa: PT017
        else:
            assert frame.pixels.dtype == np.uint8
            assert frame.pixels.ndim == 3
            assert max(frame.pixels.shape[:2]) <= 8


# A good neighbor


def test_nothing_is_printed(tmp_path, picture):
    """In a fresh process, because pytest catches warnings and log records itself."""
    good = saved(picture, tmp_path / "a.tif")
    (tmp_path / "cut.tif").write_bytes(good.read_bytes()[:-200])
    saved(picture, tmp_path / "cut.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "cut.jpg").read_bytes()[:-200])
    saved(picture, tmp_path / "exif.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\0")
    (tmp_path / "huge.png").write_bytes(png(8, 0, [b"\0"], 60_000, height=2_000))
    code = (
        "import sys; from consistency.image import read_frame; from consistency.errors import ImageError\n"
        "for path in sys.argv[1:]:\n"
        "    try: read_frame(path)\n"
        "    except ImageError: pass\n"
    )
    files = [str(path) for path in sorted(tmp_path.iterdir())]
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code, *files],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_warning_filters_are_as_before_after_many_threads(tmp_path, picture):
    paths = [saved(picture, tmp_path / f"{number}.png") for number in range(8)]
    before = list(warnings.filters)
    started = threading.Barrier(4)

    def read_all(_):
        started.wait()
        return [read_frame(path, longest_side=16).digest for path in paths * 10]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(read_all, range(4)))
    assert all(result == results[0] for result in results)
    assert warnings.filters == before


# Real odd files, where they are at hand


def manifest_rows(kind):
    if not (EVAL / "files" / "manifest.csv").is_file():
        return []
    with (EVAL / "files" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["kind"] == kind]


needs_eval = pytest.mark.skipif(
    not (EVAL / "files" / "manifest.csv").is_file(), reason=f"no evaluation files at {EVAL} (set SERIES_EVAL)"
)

NOT_PICTURES = (".icc", ".txt")
NOT_WHOLE = {
    "truncated_jpeg.jpg", "ultrahdr.jpg", "broken.png", "broken_data_stream.png", "truncated_image.png",
    "png_decompression_dos.png", "unknown_compression_method.png", "decompression_bomb.gif",
    "decompression_bomb.ico", "zero_width.gif", "balloon_eciRGBv2_aware.jp2", "expected_to_read.jp2",
    "zero_height.j2k", "truncated_half.jpg",
}  # fmt: skip


@needs_eval
def test_odd_files():
    rows = manifest_rows("decode") + manifest_rows("twins")
    assert len(rows) >= 100
    for row in rows:
        path = EVAL / row["file"]
        if path.name in NOT_WHOLE or path.suffix in NOT_PICTURES:
            refused(path, "expected")
        else:
            frame = read_frame(path)
            assert frame.pixels.shape == (frame.height, frame.width, 3), path
            turned = re.search(r"orientation=([2-8])", row["measured_pillow"])
            assert not turned or f"turned by EXIF orientation {turned[1]}" in frame.notes, path


@needs_eval
def test_pairs_of_odd_files():
    files = EVAL / "files" / "decode"

    def apart(one, other):
        return np.abs(read_frame(files / one).pixels.astype(int) - read_frame(files / other).pixels).mean()

    for number in range(2, 9):
        assert apart(f"hopper_orientation_{number}.jpg", "hopper.jpg") < 5  # another JPEG quality
    assert apart("pil_sample_cmyk.jpg", "pil_sample_rgb.jpg") < 6
    assert apart("tiff_strip_cmyk_jpeg.tif", "pil_sample_rgb.jpg") < 6
    assert apart("hopper.Lab.tif", "hopper.png") < 3


def lab_of(pixels):
    return cv2.cvtColor((pixels / 255).astype(np.float32), cv2.COLOR_RGB2Lab)


@needs_eval
def test_twins_come_back_as_near_as_measured():
    base = lab_of(read_frame(EVAL / "files" / "twins" / "base_srgb.png").pixels)
    checked = 0
    for row in manifest_rows("twins"):
        wanted = re.search(r"dE76 (?:to base )?([\d.]+) mean, ([\d.]+) p99", row["expected"])
        if wanted:
            found = np.linalg.norm(lab_of(read_frame(EVAL / row["file"]).pixels) - base, axis=2)
            assert abs(found.mean() - float(wanted[1])) < 0.05, row["file"]
            assert abs(np.percentile(found, 99) - float(wanted[2])) < 0.2, row["file"]
            checked += 1
    assert checked >= 14


@needs_eval
def test_alpha_twin():
    base = read_frame(EVAL / "files" / "twins" / "base_srgb.png").pixels
    cleared = read_frame(EVAL / "files" / "twins" / "alpha_left60.png").pixels
    assert (cleared[:, :60] == 255).all()
    assert np.array_equal(cleared[:, 60:], base[:, 60:])


@pytest.mark.parametrize("side", [None, 20])
def test_bytes_read_like_the_file_that_holds_them(tmp_path, picture, side):
    path = saved(picture, tmp_path / "a.png")
    from_file, from_bytes = (
        read_frame(path, longest_side=side),
        decode_frame(path.read_bytes(), "answer", longest_side=side),
    )
    assert np.array_equal(from_bytes.pixels, from_file.pixels)
    assert from_bytes.digest == from_file.digest
    assert (from_bytes.width, from_bytes.height, from_bytes.notes) == (40, 24, from_file.notes)
    assert from_bytes.name == "answer"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda data: b"", "0 bytes"),
        (lambda data: data[: len(data) // 2], "truncated"),
        (lambda data: b"<html>busy</html>", "expected a picture"),
        (lambda data: data + bytes(2_000), "at most 2,000 bytes"),
    ],
)
def test_bytes_that_are_no_picture_within_the_limits(tmp_path, picture, spoil, said):
    data = spoil(saved(picture, tmp_path / "a.png").read_bytes())
    with pytest.raises(ImageError, match=said) as error:
        decode_frame(data, "ans\nwer", limits=Limits(max_bytes=2_000))
    assert "\n" not in str(error.value)
