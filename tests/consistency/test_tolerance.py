"""Tolerances: in order, with a source, and one for everything that a check can measure."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from consistency import (
    DEFAULT_TOLERANCES,
    Box,
    Face,
    Measurement,
    Palette,
    PinnedCharacter,
    PinnedWords,
    Swatch,
    Tolerance,
    ToleranceError,
    compare,
    judge,
    load_encoders,
    look_colors,
    measure_frame,
    measure_series,
    parse_color,
    words_box,
)
from consistency.measurement import WHOLE
from consistency.text_marks import TextMarks

LEFT, RIGHT = Box(0.0, 0.2, 0.3, 0.9), Box(0.6, 0.2, 0.9, 0.9)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((0.5, 0.4), "accept_below 0.5 is larger than reject_above 0.4"),
        ((0.2, 0.4, "a test", 0.2), "too_close 0.2 is not below accept_below 0.2"),
        ((float("nan"), 1), "accept_below nan"),
    ],
)
def test_limits_out_of_order_are_an_error(limits: tuple, said: str) -> None:
    with pytest.raises(ToleranceError, match=said):
        Tolerance(*limits[:2], "a test", *limits[3:])


@pytest.mark.parametrize("key", DEFAULT_TOLERANCES, ids=" ".join)
def test_every_default_has_a_source_that_says_something(key: tuple[str, ...]) -> None:
    tolerance = DEFAULT_TOLERANCES[key]
    assert len(tolerance.source) > 20
    assert tolerance.accept_below >= 0
    judge([Measurement(key[0], "x", 0.0, "unit", key[1])], DEFAULT_TOLERANCES)


def test_the_defaults_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        DEFAULT_TOLERANCES["identity", "classical.appearance/1"] = Tolerance(0, 1, "by accident")


FACE_ENCODERS = [
    "light.faces/1",
    *(f"insightface.{family}/1" for family in ("buffalo_l", "antelopev2", "auraface", "own")),
]
LIGHT = {"style": "light.style/1", "subject": "light.subject/1", "maps": "light.maps/1"}


def of_faces(make, ids: dict[str, str]) -> list:
    """What is measured of two photographed people by their faces, one of them too small to be sure."""
    gallery = make.gallery(mara=(1, 0, 0), tib=(0, 1, 0))
    cast = [PinnedCharacter(name, name, None, medium="photo") for name in ("mara", "tib")]
    expected = make.expected(*cast, gallery=gallery, face_gallery=gallery)
    vectors = np.eye(3, dtype=np.float32)
    faces = (Face(LEFT, 0.9, vectors[0]), Face(RIGHT, 0.9, vectors[1], clear=False))
    seen = make.observation(make.region("", (1, 0, 0), WHOLE), faces=faces)
    return [r for r in measure_frame(seen, replace(expected, encoders=ids)) if r.encoder == ids["faces"]]


@pytest.fixture
def emitted(make) -> set[tuple[str, str]]:
    """(check, encoder) of whatever the checks measure when everything is pinned and everything is seen."""
    ids = load_encoders("classical").ids
    sets = ids, {**ids, **LIGHT}, {**ids, "subject": "ccip"}
    palette = Palette("own", (Swatch("coat", parse_color("#c8322e"), share=0.5),))
    looks = {"mara": look_colors([make.color_field((200, 50, 46))])}
    seen = make.observation(
        make.region("", (1, 0, 0), WHOLE),
        make.region("mara", (1, 0, 0), LEFT, by_map=True),
        make.region("tib", (0, 1, 0), RIGHT, by_map=True),
        colors=make.color_field((200, 50, 46), 24),
    )
    words = PinnedWords("Where to?", Box(0, 0, 1, 0.4), "mara"), PinnedWords("Click")
    counted = tuple(TextMarks(words_box(one.place), 5, 0, dark=True) for one in words)
    seen = replace(seen, lettering=counted)
    sketches = [make.a_sketch(f"p{i}", camera="abb"[i % 3]) for i in range(5)]
    trio = make.gallery(mara=(1, 0, 0), tib=(0, 1, 0), oswin=(0, 0, 1))
    results = []
    alone = make.gallery(mara=(1, 0, 0))
    for gallery, medium, own in ((trio, "drawn", palette), (trio, "photo", None), (alone, "drawn", palette)):
        expected = make.expected(
            PinnedCharacter("mara", "mara", own, np.array([0.5], np.float32), medium=medium),
            size=(100, 100),
            gallery=gallery,
            looks=looks,
            palettes=(("world", palette),),
            style_references=tuple(sketches[:3]),
            references=tuple(sketches[:3]),
            lettering=words,
        )
        results += [r for one in sets for r in measure_frame(seen, replace(expected, encoders=one))]
    placed = make.observation(
        make.region("mara", (0, 1, 0), LEFT, pinned=True), colors=make.color_field((20, 30, 40), 24)
    )
    there = make.expected(
        PinnedCharacter("mara", "mara", palette, place=LEFT), gallery=trio, looks=looks, palettes=()
    )
    results += [r for r in measure_frame(placed, there) if r.check == "identity.place"]
    results += [result for faces in FACE_ENCODERS for result in of_faces(make, {**ids, "faces": faces})]
    for camera_of in ("aaabb", "abbcc"):
        own = [replace(one, camera=camera) for one, camera in zip(sketches, camera_of, strict=True)]
        results += [r for one in sets for found in measure_series(own, one) for r in found]
    assert all(isinstance(result, Measurement) for result in results)
    return {(result.check, result.encoder) for result in results}


def test_everything_that_a_check_measures_has_a_default(emitted) -> None:
    assert emitted <= set(DEFAULT_TOLERANCES)


def test_every_default_is_for_something_that_a_check_measures(emitted) -> None:
    assert set(DEFAULT_TOLERANCES) <= emitted


def test_no_check_measures_under_a_name_that_was_not_seen_here(emitted, repository: Path) -> None:
    """Guards the collection above: every dotted name in the checks' code is among what they emitted."""
    code = "\n".join(p.read_text(encoding="utf-8") for p in (repository / "consistency/checks").glob("*.py"))
    kinds = "identity|color|style|rendering|picture|lettering"
    named = set(re.findall(rf'"((?:{kinds})\.[a-z0-9]+)"', code))
    assert named == {check for check, _ in emitted if "." in check}


def test_what_compare_measures_is_named_like_the_checks_or_its_own(make) -> None:
    one = make.observation(make.region("", (1, 0, 0), WHOLE))
    results = compare(one, one, load_encoders("classical").ids)
    own_names = {"color.emd"}
    known = {check for check, _ in DEFAULT_TOLERANCES}
    assert {result.check for result in results} <= known | own_names
