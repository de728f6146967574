"""Pinned colors of frames and characters, and shifts between frames of one camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consistency import (
    DEFAULT_TOLERANCES,
    Box,
    Face,
    Measurement,
    Palette,
    PinnedCharacter,
    Swatch,
    Tolerance,
    Unmeasured,
    Verdict,
    judge,
    look_colors,
    mean_shares,
    parse_color,
)
from consistency.checks import color
from consistency.color import ciede2000

RED, ORANGE, HAIR, SKIN = (200, 50, 46), (229, 100, 30), (35, 40, 69), (243, 203, 168)
SKY, SNOW = (29, 100, 170), (223, 230, 247)
BOX = Box(16 / 64, 8 / 48, 32 / 64, 40 / 48)
MARA, TIB = (1, 0, 0), (0, 1, 0)


def palette(**colors: str) -> Palette:
    return Palette("mara", tuple(Swatch(name, parse_color(value)) for name, value in colors.items()))


OWN = palette(coat="#c8322e", hair="#232845", skin="#f3cba8")


def street() -> np.ndarray:
    pixels = np.empty((48, 64, 3), np.uint8)
    pixels[:28], pixels[28:] = SKY, SNOW
    return pixels


def figure(coat=RED, hair=HAIR, skin=SKIN) -> np.ndarray:
    pixels = np.empty((32, 16, 3), np.uint8)
    pixels[:7], pixels[7:12], pixels[12:] = hair, skin, coat
    return pixels


@pytest.fixture
def shown(make):
    """A frame with mara in it, and what is expected of her."""

    def show(
        pixels: np.ndarray, *, own: Palette | None = OWN, vector=MARA, looks: bool = True, box: Box = BOX
    ):
        frame = street()
        left, top, right, bottom = box.pixels(64, 48)
        frame[8:40, 16:32] = pixels
        seen = make.observation(
            make.region("mara", vector, box, colors=make.picture_field(frame[top:bottom, left:right])),
            colors=make.picture_field(frame),
        )
        reference = make.picture_field(figure())
        shares = mean_shares([reference], own) if own is not None else None
        mara = PinnedCharacter("mara", "mara", own, shares)
        return seen, make.expected(
            mara,
            gallery=make.gallery(mara=MARA, tib=TIB),
            looks={"mara": look_colors([reference])} if looks else {},
        )

    return show


def roles(results) -> dict[str, Measurement | Unmeasured]:
    return {result.part: result for result in results if result.check == "color.role"}


def only(results, check: str, subject: str = "mara") -> Measurement:
    (found,) = [result for result in results if (result.check, result.subject) == (check, subject)]
    return found


# --- characters -----------------------------------------------------------------------------------------


def test_a_character_in_its_own_colors_measures_next_to_nothing(shown) -> None:
    results = color.measure(*shown(figure()))
    assert set(roles(results)) == {"coat", "hair", "skin"}
    assert all(result.distance < 1 for result in roles(results).values())
    assert only(results, "color.p90").distance < 1
    assert "color.mean" not in {result.check for result in results}, "a palette says more than a mean"
    assert only(results, "color.offpalette").distance < 0.02
    assert {result.encoder for result in results} == {"lab/1"}


def test_a_shifted_coat_measures_its_shift(shown) -> None:
    shifted = (176, 70, 70)
    results = color.measure(*shown(figure(coat=shifted)))
    truth = float(ciede2000(parse_color("#c8322e"), parse_color("rgb(176,70,70)")))
    assert 3 < truth < 8
    assert roles(results)["coat"].distance == pytest.approx(truth, abs=0.6)
    assert roles(results)["hair"].distance < 1
    (match,) = roles(results)["coat"].evidence.swatches
    assert (match.role, match.pinned) == ("coat", "#c8322e")
    assert match.share == pytest.approx(20 / 32, abs=0.05)


def test_a_coat_of_another_color_is_named_in_words(shown) -> None:
    own = roles(color.measure(*shown(figure(coat=ORANGE))))["coat"]
    assert own.distance == pytest.approx(float(ciede2000(OWN.labs[0], parse_color("rgb(229,100,30)"))), abs=1)
    assert own.distance > 15
    assert own.evidence.reason.startswith("coat #e5641e instead of #c8322e, ΔE00 1")
    assert judge([own], DEFAULT_TOLERANCES).verdict is Verdict.DRIFTED
    assert [labeled.box for labeled in own.evidence.boxes] == [BOX]


def test_a_color_that_is_out_of_the_picture_is_no_drift(shown) -> None:
    """A bust shows no boots: nothing foreign stands in their place."""
    own = palette(coat="#c8322e", hair="#232845", skin="#f3cba8", boots="#20e020")
    seen, expected = shown(figure(), own=own)
    (mara,) = expected.cast
    shares = np.array([0.4, 0.2, 0.15, 0.25], np.float32)
    results = color.measure(seen, replace(expected, cast=(replace(mara, palette_shares=shares),)))
    assert set(roles(results)) == {"coat", "hair", "skin"}


def test_the_colors_behind_a_character_are_told_from_its_own(shown) -> None:
    roomy = Box(8 / 64, 4 / 48, 40 / 64, 46 / 48)
    behind = 1 - (32 * 16) / (32 * 42)
    results = color.measure(*shown(figure(), box=roomy))
    assert only(results, "color.offpalette").distance < behind / 2
    assert all(result.distance < 1 for result in roles(results).values())


def test_every_main_color_lost_is_unmeasured_and_says_why(shown) -> None:
    night = figure(coat=(10, 120, 70), hair=(250, 240, 60), skin=(150, 60, 200))
    (own,) = roles(color.measure(*shown(night))).values()
    assert isinstance(own, Unmeasured)
    assert own.reason == (
        "every main color of mara is another: light or a new design, the palette alone cannot say"
    )
    assert own.evidence.swatches
    assert judge([own], DEFAULT_TOLERANCES).verdict is Verdict.UNSURE


def test_a_region_that_is_not_the_character_says_nothing_about_its_colors(shown) -> None:
    results = color.measure(*shown(figure(), vector=TIB))
    (own,) = results
    assert isinstance(own, Unmeasured)
    assert own.reason == "mara was not found well enough to say anything about its colors"


def test_a_character_of_whom_too_little_shows_is_unmeasured(shown) -> None:
    seen, expected = shown(figure())
    (mara,) = seen.regions
    weight = np.zeros_like(mara.colors.weight)
    weight[10:13, 4:8] = 255
    hidden = replace(seen, regions=(replace(mara, colors=replace(mara.colors, weight=weight)),))
    (own,) = color.measure(hidden, expected)
    assert isinstance(own, Unmeasured)
    assert own.reason == "the colors of mara cannot be told from those around"


def test_a_character_without_a_palette_is_compared_by_its_mean_color(shown) -> None:
    own, other = (color.measure(*shown(figure(coat=coat), own=None)) for coat in (RED, (20, 140, 60)))
    assert [result.check for result in own] == ["color.mean"]
    assert only(own, "color.mean").distance < 3
    assert only(other, "color.mean").distance > 15


def test_a_pinned_share_of_a_character_is_measured(shown) -> None:
    own = Palette("mara", (Swatch("coat", parse_color("#c8322e"), share=0.3), *OWN.swatches[1:]))
    share = only(color.measure(*shown(figure(), own=own)), "color.share")
    assert (share.part, share.subject) == ("coat", "mara")
    assert share.distance == pytest.approx(20 / 32 - 0.3, abs=0.05)
    assert share.evidence.reason.endswith("instead of 30%")


def test_a_swatch_with_its_own_tolerance_is_judged_by_it(shown) -> None:
    results = color.measure(*shown(figure(coat=(176, 70, 70))))
    narrow = {
        **DEFAULT_TOLERANCES,
        ("color.role", "lab/1", "mara", "coat"): Tolerance(2, 2, "series.yaml: tolerance of coat"),
    }
    (judged,) = judge([roles(results)["coat"]], narrow).findings
    assert (judged.verdict, judged.tolerance.source) == (Verdict.DRIFTED, "series.yaml: tolerance of coat")
    assert judge([roles(results)["coat"]], DEFAULT_TOLERANCES).verdict is Verdict.CONSISTENT
    assert judge([roles(results)["hair"]], narrow).verdict is Verdict.CONSISTENT


def test_nothing_pinned_is_nothing_measured(make) -> None:
    assert color.measure(make.observation(), make.expected()) == []
    bare = PinnedCharacter("mara", "mara")
    assert color.measure(make.observation(), make.expected(bare)) == []


# --- frames ---------------------------------------------------------------------------------------------


def of_frame(make, pixels: np.ndarray, *swatches: Swatch) -> list:
    expected = make.expected(palettes=(("world", Palette("world", swatches)),))
    return color.measure(make.observation(colors=make.picture_field(pixels)), expected)


SKY_SWATCH = Swatch("sky", parse_color("rgb(29,100,170)"))
SNOW_SWATCH = Swatch("snow", parse_color("rgb(223,230,247)"))


def test_a_frame_in_its_palette_measures_nothing(make) -> None:
    results = of_frame(make, street(), SKY_SWATCH, SNOW_SWATCH)
    assert {r.check for r in results} == {"color.role", "color.offpalette", "color.region"}
    assert all(result.distance < 0.5 for result in results)
    assert {result.subject for result in results} == {"world"}


def test_what_no_swatch_explains_is_off_the_palette(make) -> None:
    results = of_frame(make, street(), SKY_SWATCH)
    off = only(results, "color.offpalette", "world")
    assert off.distance == pytest.approx(20 / 48, abs=0.01)
    assert off.evidence.reason == "42% is no color of palette world, mostly #dfe6f7"


def test_the_worst_region_is_found_where_the_mean_hides_it(make) -> None:
    pixels = street()
    pixels[:12, 48:] = (30, 220, 40)
    worst = only(of_frame(make, pixels, SKY_SWATCH, SNOW_SWATCH), "color.region", "world")
    assert worst.distance > 30
    assert worst.evidence.scores["frame mean"] < worst.distance / 8
    (labeled,) = worst.evidence.boxes
    assert labeled.box == Box(0.75, 0, 1, 0.25)


def test_the_share_of_a_swatch_is_measured_even_when_it_is_gone(make) -> None:
    snow = replace(SNOW_SWATCH, share=0.4)
    there = only(of_frame(make, street(), SKY_SWATCH, snow), "color.share", "world")
    gone = only(of_frame(make, np.full((48, 64, 3), SKY, np.uint8), SKY_SWATCH, snow), "color.share", "world")
    assert there.distance == pytest.approx(20 / 48 - 0.4, abs=0.01)
    assert gone.distance == pytest.approx(0.4)
    assert gone.evidence.reason == "snow covers 0% instead of 40%"


def test_a_swatch_with_a_wide_tolerance_is_looked_for_farther_away(make) -> None:
    pixels = street()
    pixels[:28] = (110, 120, 170)
    delta_e = float(ciede2000(SKY_SWATCH.lab, parse_color("rgb(110,120,170)")))
    assert 12 < delta_e < 18
    assert "sky" not in roles(of_frame(make, pixels, SKY_SWATCH, SNOW_SWATCH))
    pinned = replace(SKY_SWATCH, tolerance=6)
    assert roles(of_frame(make, pixels, pinned, SNOW_SWATCH))["sky"].distance == pytest.approx(
        delta_e, abs=0.5
    )


def test_a_few_stray_cells_are_not_a_swatch(make) -> None:
    pixels = street()
    pixels[0, :4] = RED
    red = Swatch("red", parse_color("#c8322e"))
    assert "red" not in roles(of_frame(make, pixels, SKY_SWATCH, SNOW_SWATCH, red))


# --- frames of one camera -------------------------------------------------------------------------------


def test_of_three_frames_of_one_camera_the_odd_one_is_blamed(make) -> None:
    sketches = [
        make.a_sketch("p03", rgb=(60, 70, 130), camera="street"),
        make.a_sketch("p12", rgb=(61, 71, 131), camera="street"),
        make.a_sketch("p14", rgb=(90, 60, 120), camera="street"),
    ]
    results = color.measure_series(sketches, {})
    assert [[r.check for r in own] for own in results] == [["color.shift"]] * 3
    first, second, odd = (own[0] for own in results)
    assert max(first.distance, second.distance) < 2
    assert odd.distance > 6
    assert odd.evidence.reason.endswith("from most other frames of camera street")
    verdicts = [judge(own, DEFAULT_TOLERANCES).verdict for own in results]
    assert verdicts == [Verdict.CONSISTENT, Verdict.CONSISTENT, Verdict.DRIFTED]


def test_two_frames_of_one_camera_cannot_say_which_one_drifted(make) -> None:
    results = color.measure_series(
        [
            make.a_sketch("p01", rgb=(60, 70, 130), camera="street"),
            make.a_sketch("p02", rgb=(120, 60, 90), camera="street"),
        ],
        {},
    )
    assert [[r.check for r in own] for own in results] == [["color.pair"]] * 2
    assert results[0][0].distance > 6
    assert "two frames cannot say which one drifted" in results[0][0].evidence.reason
    assert (results[0][0].evidence.nearest, results[1][0].evidence.nearest) == ("p02", "p01")
    assert all(judge(own, DEFAULT_TOLERANCES).verdict is Verdict.UNSURE for own in results)


def test_frames_of_other_cameras_and_of_none_are_left_alone(make) -> None:
    sketches = [
        make.a_sketch("p01", rgb=(60, 70, 130), camera="a"),
        make.a_sketch("p02", rgb=(160, 70, 30), camera="b"),
        make.a_sketch("p03", rgb=(20, 170, 30)),
        make.a_sketch("p04", rgb=(20, 17, 230)),
    ]
    assert color.measure_series(sketches, {}) == [[], [], [], []]


def test_a_figure_that_moves_through_a_shot_is_no_shift(make) -> None:
    from consistency import sketch

    sketches = []
    for index in range(3):
        pixels = street()
        pixels[10:40, 18 * index : 18 * index + 14] = RED
        sketches.append(sketch(make.observation(colors=make.picture_field(pixels)), f"p{index}", "street"))
    assert all(own[0].distance < 2 for own in color.measure_series(sketches, {}))


@pytest.mark.parametrize(
    ("head", "dressed"), [(Box(0.3, 0.2, 0.4, 0.3), True), (Box(0.7, 0.2, 0.8, 0.3), False)]
)
def test_a_person_known_by_the_face_wears_the_colors_of_the_region_around_it(
    make, shown, head, dressed
) -> None:
    seen, expected = shown(figure(coat=ORANGE), vector=TIB)
    seen = replace(seen, faces=(Face(head, 0.9, np.array(MARA, np.float32)),))
    expected = replace(
        expected,
        encoders={**expected.encoders, "faces": "scripted.faces/1"},
        cast=tuple(replace(person, medium="photo") for person in expected.cast),
        face_gallery=make.gallery(mara=MARA),
    )
    results = color.measure(seen, expected)
    measured = {result.check for result in results if isinstance(result, Measurement)}
    assert ("color.p90" in measured) == dressed
    assert isinstance(results[0], Unmeasured) != dressed
