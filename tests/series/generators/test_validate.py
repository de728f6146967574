"""What may be called a picture: whatever else a generator answers ends as a failure with its reason."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Limits, read_frame
from series.generators.generator import Failed, FailureKind, Generated, GeneratedImage
from series.generators.validate import BESIDE_BYTES, checked


@pytest.fixture(scope="module")
def picture(sample: Path) -> GeneratedImage:
    return GeneratedImage((sample / "frames/p01.png").read_bytes(), {".truth.json": b"{}"})


def test_a_picture_passes_as_it_is(picture: GeneratedImage, asked) -> None:
    outcome = Generated((picture,), 0.04, ("made by a test",))
    passed = checked(outcome, asked())
    assert passed.images == (picture,)
    assert (passed.usd, passed.notes) == (0.04, ("made by a test",))


def test_a_failure_stays_a_failure(asked) -> None:
    failed = Failed(FailureKind.POLICY, "refused", stage="output", usd=0.01)
    assert checked(failed, asked()) is failed


def test_no_picture_is_a_failure_that_still_costs(asked) -> None:
    assert checked(Generated((), 0.04), asked()) == Failed(
        FailureKind.NO_IMAGE, "the answer holds no picture", usd=0.04
    )


@pytest.mark.parametrize(
    "spoil",
    [lambda data: b"", lambda data: data[:2_000], lambda data: b"<html>busy</html>", lambda data: "text"],
)
def test_what_does_not_decode_is_malformed(spoil, picture: GeneratedImage, asked) -> None:
    outcome = checked(Generated((GeneratedImage(spoil(picture.data)),), 0.04), asked())
    assert outcome.kind is FailureKind.MALFORMED
    assert outcome.usd == 0.04
    assert outcome.reason.startswith("the answer: expected")


def test_a_picture_that_other_commands_do_not_take_is_malformed(picture: GeneratedImage, asked) -> None:
    pixels = cv2.imdecode(np.frombuffer(picture.data, np.uint8), cv2.IMREAD_COLOR)
    bmp = cv2.imencode(".bmp", pixels)[1].tobytes()
    outcome = checked(Generated((GeneratedImage(bmp),), 0.04), asked())
    assert outcome == Failed(
        FailureKind.MALFORMED, "the answer: a picture, but none of PNG, JPEG and WebP", usd=0.04
    )


def test_a_file_that_is_too_large_to_lie_beside_is_left_out_and_the_picture_kept(
    picture: GeneratedImage, asked
) -> None:
    large = GeneratedImage(picture.data, {".raw.bin": bytes(BESIDE_BYTES + 1), ".truth.json": b"{}"})
    outcome = checked(Generated((large,)), asked())
    assert dict(outcome.images[0].beside) == {".truth.json": b"{}"}
    assert "a file beside the picture was left out: '.raw.bin'" in outcome.notes


@given(st.binary(max_size=200))
def test_no_bytes_at_all_raise(data: bytes) -> None:
    from series.request import GenerationRequest, Structure, StyleWords

    request = GenerationRequest(
        "p01", Structure("", "", "", "", (9, 9)), (), StyleWords("", ()), (), (), (), (), 1
    )
    assert checked(Generated((GeneratedImage(data),)), request).kind is FailureKind.MALFORMED


def test_a_picture_beyond_the_limits_is_malformed(picture: GeneratedImage, asked, sample: Path) -> None:
    frame = read_frame(sample / "frames/p01.png")
    pixels = math.prod(frame.pixels.shape[:2])
    outcome = Generated((picture,))
    assert isinstance(checked(outcome, asked(), limits=Limits(max_pixels=pixels)), Generated)
    assert checked(outcome, asked(), limits=Limits(max_pixels=pixels - 1)).kind is FailureKind.MALFORMED
    assert checked(outcome, asked(), limits=Limits(max_bytes=len(picture.data) - 1)).kind is (
        FailureKind.MALFORMED
    )


def test_fewer_than_asked_for_are_kept_with_a_note(picture: GeneratedImage, asked) -> None:
    passed = checked(Generated((picture, picture)), asked(candidates=4))
    assert len(passed.images) == 2
    assert passed.notes == ("2 pictures came, 4 asked for",)


def test_more_than_asked_for_are_left_out_with_a_note(picture: GeneratedImage, asked, sample: Path) -> None:
    other = GeneratedImage((sample / "frames/p02.png").read_bytes())
    passed = checked(Generated((picture, other, other)), asked())
    assert passed.images == (picture,)
    assert passed.notes == ("3 pictures came, 1 asked for",)


def test_one_bad_picture_of_several_is_left_out(picture: GeneratedImage, asked) -> None:
    passed = checked(Generated((GeneratedImage(b"no"), picture)), asked(candidates=2))
    assert passed.images == (picture,)
    assert passed.notes[0].startswith("picture 1 of the answer: expected")


@pytest.mark.parametrize(
    "suffix", ["/../../up.txt", "..", ".a/b", "truth.json", "", ".TRUTH", ".a..b", ".\n"]
)
def test_a_file_beside_that_would_leave_its_place_is_left_out(
    suffix: str, picture: GeneratedImage, asked
) -> None:
    image = GeneratedImage(picture.data, {suffix: b"x", ".mask.png": b"y"})
    passed = checked(Generated((image,)), asked())
    assert dict(passed.images[0].beside) == {".mask.png": b"y"}
    assert repr(suffix) in passed.notes[0]
