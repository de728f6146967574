"""A draft and drifts → the draft with exactly these drifts in it; colors, words, places and techniques."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box, ciede2000, srgb_to_lab
from series.drift import DriftKind
from series.generators.previz.chance import FRAME, Drift
from series.generators.previz.dice import Dice
from series.generators.previz.draft import Draft, Figure
from series.generators.previz.misread import misread
from series.generators.previz.shade import difference, drifted_color
from series.generators.previz.spoil import FAR, Spoiled, another_aspect, elsewhere, spoil
from series.generators.previz.technique import TECHNIQUES, hue_turned, warped
from series.generators.previz.worn import worn
from series.request import GenerationRequest, Identity, NamedColor, Words

COAT, SHADE, HAIR = (
    NamedColor("coat", "#c8322e"),
    NamedColor("coat_shade", "#96222f"),
    NamedColor("hair", "#232845"),
)
MARA = Identity("mara", "", "drawn", "", (COAT, SHADE, HAIR), Box(0.1, 0.2, 0.4, 0.95))
TIB = Identity("tib", "", "drawn", "", (), None)
SHARES = {"coat": 0.7, "coat_shade": 0.1, "hair": 0.2}
DRAFT = Draft(
    size=(160, 120),
    palette=("#1d2350", "#dfe6f7"),
    scenery=1,
    figures=(
        Figure("tib", Path("tib.png"), Box(0.6, 0.5, 0.9, 0.95)),
        Figure("mara", Path("mara.png"), Box(0.1, 0.2, 0.4, 0.95)),
    ),
    words=(Words("GOOD NIGHT OSWIN", None, "mara"),),
    medium="drawn",
)


@pytest.fixture
def request_of(asked: Callable[..., GenerationRequest]) -> GenerationRequest:
    return asked(identities=(MARA, TIB), absent=("oswin",), copy=DRAFT.words)


def spoiled(request: GenerationRequest, *drifts: Drift, roll: int = 0, draft: Draft = DRAFT) -> Spoiled:
    cast = {"oswin": Path("oswin.png")}
    return spoil(draft, request, drifts, Dice(roll), cast=cast, worn=lambda *_: SHARES)


def named(draft: Draft, name: str) -> Figure:
    return next(one for one in draft.figures if one.name == name)


def noise(height: int = 90, width: int = 120) -> np.ndarray:
    smooth = np.random.default_rng(1).integers(0, 255, (9, 12, 3), np.uint8)
    return cv2.resize(smooth, (width, height), interpolation=cv2.INTER_CUBIC)


def test_no_drift_leaves_the_draft_and_its_pixels_alone(request_of: GenerationRequest) -> None:
    none = spoiled(request_of)
    assert none.draft == DRAFT
    assert none.done == ()
    assert np.array_equal(none.finished(noise()), noise())


def test_a_missing_character_is_not_drawn(request_of: GenerationRequest) -> None:
    done = spoiled(request_of, Drift(DriftKind.MISSING, "tib", 0.5))
    assert [one.name for one in done.draft.figures] == ["mara"]
    assert named(done.draft, "mara") == named(DRAFT, "mara")


def test_an_extra_character_stands_where_nobody_does(request_of: GenerationRequest) -> None:
    done = spoiled(request_of, Drift(DriftKind.EXTRA, "oswin", 0.0)).draft
    intruder = named(done, "oswin")
    assert intruder.reference == Path("oswin.png")
    assert intruder.box.iou(named(done, "mara").box) < 0.1
    assert done.figures[:2] == DRAFT.figures


def test_another_character_stands_in_or_the_look_is_another(request_of: GenerationRequest) -> None:
    parts = set()
    for roll in range(40):
        done = spoiled(request_of, Drift(DriftKind.IDENTITY, "mara", 0.5), roll=roll)
        figure, parts = named(done.draft, "mara"), parts | {done.done[0].part}
        assert figure.box == named(DRAFT, "mara").box
        if done.done[0].part == "swap":
            assert figure.reference in {Path("tib.png"), Path("oswin.png")}
        else:
            assert {old for old, _ in figure.recolor} == {color.hex for color in MARA.colors}
            assert all(difference(old, new) > 15 for old, new in figure.recolor)
            assert not np.array_equal(done.finished(noise()), noise())
    assert parts == {"swap", "look"}


def test_a_figure_without_colors_is_changed_in_its_pixels_only(request_of: GenerationRequest) -> None:
    plain = replace(DRAFT, figures=(replace(DRAFT.figures[0], box=Box(0.5, 0, 1, 1)),))
    alone = replace(request_of, identities=(TIB,))
    done = spoil(
        plain, alone, (Drift(DriftKind.IDENTITY, "tib", 1),), Dice(1), cast={}, worn=lambda *_: SHARES
    )
    after = done.finished(noise())
    assert np.array_equal(after[:, :60], noise()[:, :60])
    assert np.abs(after[:, 60:].astype(int) - noise()[:, 60:]).mean() > 10


@pytest.mark.parametrize(("size", "wanted"), [(0.0, 12), (0.5, 21), (1.0, 30)])
def test_a_main_color_and_its_shade_drift_by_what_the_size_says(
    request_of: GenerationRequest, size: float, wanted: float
) -> None:
    for roll in range(10):
        done = spoiled(request_of, Drift(DriftKind.PALETTE, "mara", size), roll=roll)
        recolor = dict(named(done.draft, "mara").recolor)
        assert done.done[0].part in {"coat", "hair"}
        assert set(recolor) == ({COAT.hex, SHADE.hex} if done.done[0].part == "coat" else {HAIR.hex})
        assert all(abs(difference(old, new) - wanted) < 1.5 for old, new in recolor.items())
        assert named(done.draft, "tib") == named(DRAFT, "tib")


def test_a_frame_without_colors_of_its_own_turns_its_hue(request_of: GenerationRequest) -> None:
    done = spoiled(request_of, Drift(DriftKind.PALETTE, FRAME, 0.5))
    before, after = noise(), done.finished(noise())
    assert done.draft == DRAFT
    assert float(np.median(ciede2000(srgb_to_lab(before), srgb_to_lab(after)))) > 5


def test_a_pinned_figure_stands_elsewhere(request_of: GenerationRequest) -> None:
    done = spoiled(request_of, Drift(DriftKind.COMPOSITION, "mara", 0.0)).draft
    assert named(done, "mara").box.iou(MARA.place) < 0.2
    assert named(done, "tib") == named(DRAFT, "tib")
    assert done.size == DRAFT.size


def test_a_frame_where_nobody_is_pinned_has_another_aspect(request_of: GenerationRequest) -> None:
    assert spoiled(request_of, Drift(DriftKind.COMPOSITION, FRAME, 0.0)).draft.size == (128, 120)


@given(st.integers(1, 4000), st.integers(1, 4000), st.floats(0, 1))
def test_another_aspect_is_at_least_a_fifth_away(width: int, height: int, size: float) -> None:
    wide, high = another_aspect((width, height), size)
    assert 1 <= wide <= width
    assert 1 <= high <= height
    if min(width, height) > 20:
        assert (wide / high) / (width / height) <= 0.83 or (wide / high) / (width / height) >= 1.2


fraction = st.floats(0.02, 0.98)


@given(fraction, fraction, fraction, fraction, st.floats(0, 1))
def test_elsewhere_is_far_and_in_the_frame(a: float, b: float, c: float, d: float, size: float) -> None:
    left, right, top, bottom = min(a, b), max(a, b) + 0.01, min(c, d), max(c, d) + 0.01
    box = Box(left, top, right, bottom)
    other = elsewhere(box, size)
    middle, moved = (left + right) / 2, (other.left + other.right) / 2
    assert abs(moved - middle) >= FAR / 2 or other.right - other.left < 0.5 * (right - left)


@pytest.mark.parametrize("roll", range(12))
def test_drifted_words_are_not_the_asked_ones(request_of: GenerationRequest, roll: int) -> None:
    done = spoiled(request_of, Drift(DriftKind.LETTERING, FRAME, 0.9), roll=roll)
    said = [one.text for one in done.draft.words]
    assert said != ["GOOD NIGHT OSWIN"]
    assert (said == []) is (done.done[0].part == "text")


@given(st.text(min_size=1, max_size=30).filter(str.strip), *[st.floats(0, 1, exclude_max=True)] * 3)
def test_misread_words_always_differ(text: str, size: float, way: float, where: float) -> None:
    part, wrong = misread(text, size, way, where)
    assert wrong != text
    assert (wrong == "") <= (part in {"text", "words"})
    if part == "letters":
        assert sorted(wrong) == sorted(text)
    if part == "words":
        assert len(wrong.split()) == len(text.split()) - 1


def test_words_without_spaces_are_misread_too() -> None:
    part, wrong = misread("ありがとう", 0.5, 0.1, 0.0)
    assert part == "letters"
    assert wrong != "ありがとう"


def test_each_technique_turns_up_and_changes_the_whole_picture(request_of: GenerationRequest) -> None:
    parts = {}
    for roll in range(60):
        done = spoiled(request_of, Drift(DriftKind.STYLE, FRAME, 0.7), roll=roll)
        parts[done.done[0].part] = done.finished(noise(360, 480))
    assert set(parts) == set(TECHNIQUES)
    for after in parts.values():
        assert after.shape == (360, 480, 3)
        assert after.dtype == np.uint8
        changed = (after != noise(360, 480)).any(axis=2)
        assert all(
            quarter.mean() > 0.3
            for half in np.array_split(changed, 2)
            for quarter in np.array_split(half, 2, 1)
        )


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (120, 90)])
def test_techniques_are_repeatable_on_any_shape_and_leave_their_input(
    name: str, shape: tuple[int, int]
) -> None:
    pixels = noise(*shape)
    first, second = (TECHNIQUES[name](pixels, 0.5, 3) for _ in range(2))
    assert np.array_equal(first, second)
    assert first.shape == pixels.shape
    assert np.array_equal(pixels, noise(*shape))


@pytest.mark.parametrize("name", sorted(TECHNIQUES))
def test_a_bigger_drift_changes_more(name: str) -> None:
    plain = noise(360, 480)
    small, big = (np.abs(TECHNIQUES[name](plain, size, 3).astype(int) - plain).mean() for size in (0.0, 1.0))
    assert big > small


def test_turning_the_hue_all_the_way_changes_nothing() -> None:
    muted = (noise() // 4 + 90).astype(np.uint8)
    assert np.abs(hue_turned(muted, 360).astype(int) - muted).max() <= 1


def test_warping_stays_in_its_box() -> None:
    box = Box(0.25, 0.25, 0.75, 0.75)
    changed = (warped(noise(80, 80), box, 1.0, 5) != noise(80, 80)).any(axis=2)
    assert changed[20:60, 20:60].mean() > 0.3
    changed[20:60, 20:60] = False
    assert not changed.any()


@given(st.integers(0, 2**24 - 1), st.floats(12, 30), st.floats(0, 1, exclude_max=True))
def test_a_drifted_color_is_as_far_as_asked(color: int, delta_e: float, way: float) -> None:
    pinned = f"#{color:06x}"
    assert abs(difference(pinned, drifted_color(pinned, delta_e, way)) - delta_e) < 2.5


def test_what_a_character_wears_is_read_off_its_reference_and_not_off_its_ground(tmp_path: Path) -> None:
    sheet = np.zeros((200, 200, 4), np.uint8)
    sheet[20:140, 60:140], sheet[140:180, 60:140] = (200, 50, 46, 255), (35, 40, 69, 255)
    path = tmp_path / "mara.png"
    assert cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGBA2BGRA))
    colors = (*MARA.colors, NamedColor("fleece", "#ffffff"))
    shares = worn(path, colors)
    assert shares["coat"] == pytest.approx(0.75, abs=0.03)
    assert shares["hair"] == pytest.approx(0.25, abs=0.03)
    assert shares["fleece"] == 0
    path.write_bytes(b"no picture")
    assert worn(path, colors) == {}
    assert worn(tmp_path / "gone.png", colors) == {}
