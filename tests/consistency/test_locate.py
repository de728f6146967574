"""Proposing where a pinned character may be, by its colors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import Box, ColorField, Locator, frame_from_array
from consistency.color import srgb_to_lab
from consistency.likeness import FRAME_SIDE, views_of
from consistency.locate import COLORS_BESIDE
from consistency.windows import SEPARATE_BELOW

COAT, TROUSERS, SKIN = (200, 50, 46), (35, 40, 69), (243, 203, 168)
FUR, BELLY = (140, 197, 180), (238, 243, 226)


def field_of(pixels: np.ndarray, weight: np.ndarray | None = None) -> ColorField:
    full = np.full(pixels.shape[:2], 255, np.uint8)
    return ColorField(
        srgb_to_lab(pixels.astype(np.uint8)).astype(np.float16), full if weight is None else weight
    )


def figure(height: int, width: int) -> np.ndarray:
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 4] = SKIN
    pixels[height // 4 : height * 3 // 4] = COAT
    pixels[height * 3 // 4 :] = TROUSERS
    return pixels


def animal(height: int, width: int) -> np.ndarray:
    pixels = np.full((height, width, 3), FUR, np.uint8)
    pixels[height // 2 :, width // 4 : width * 3 // 4] = BELLY
    return pixels


def scenery(seed: int = 0) -> np.ndarray:
    """A night street: sky, walls, snow, lit windows; 48 × 64 cells."""
    rng = np.random.default_rng(seed)
    pixels = np.empty((48, 64, 3), np.uint8)
    pixels[:18], pixels[18:36], pixels[36:] = (29, 35, 80), (74, 85, 153), (223, 230, 247)
    for _ in range(6):
        y, x = rng.integers(18, 30), rng.integers(0, 58)
        pixels[y : y + 4, x : x + 4] = (255, 240, 189)
    return np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def locator() -> Locator:
    return Locator.build({"mara": [field_of(figure(48, 20))], "tib": [field_of(animal(24, 24))]})


@pytest.fixture(scope="module")
def street() -> ColorField:
    pixels = scenery()
    pixels[10:42, 8:20] = figure(32, 12)
    pixels[26:42, 42:58] = animal(16, 16)
    return field_of(pixels)


MARA, TIB = Box(8 / 64, 10 / 48, 20 / 64, 42 / 48), Box(42 / 64, 26 / 48, 58 / 64, 42 / 48)


@pytest.mark.parametrize(("name", "truth"), [("mara", MARA), ("tib", TIB)])
def test_a_painted_figure_is_found_among_scenery(locator, street, name: str, truth: Box) -> None:
    found = locator.locate(street, {name: 3})
    assert {proposal.name for proposal in found} == {name}
    assert max(proposal.box.iou(truth) for proposal in found) > 0.5
    assert not any(proposal.pinned for proposal in found)


@settings(deadline=None)
@given(x=st.integers(0, 50), y=st.integers(0, 14), seed=st.integers(0, 20))
def test_a_figure_is_found_wherever_it_stands(locator, x: int, y: int, seed: int) -> None:
    pixels = scenery(seed)
    pixels[y : y + 34, x : x + 14] = figure(34, 14)
    truth = Box(x / 64, y / 48, (x + 14) / 64, (y + 34) / 48)
    found = locator.locate(field_of(pixels), {"mara": 3})
    assert max(proposal.box.iou(truth) for proposal in found) > 0.3  # as the evaluation counts


def test_proposals_for_one_character_are_separate_and_the_best_comes_first(locator, street) -> None:
    found = locator.locate(street, {"mara": 4})
    assert len(found) == 4
    for one, other in itertools.combinations(found, 2):
        assert one.box.iou(other.box) < SEPARATE_BELOW
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)
    assert found[0].score > found[1].score + 0.05
    assert found[0].box.iou(MARA) > found[1].box.iou(MARA)


def test_each_character_gets_as_many_boxes_as_were_asked_for(locator, street) -> None:
    found = locator.locate(street, {"tib": 1, "mara": 3, "stranger": 2, "oswin": 0})
    assert sorted(p.name for p in found) == ["mara", "mara", "mara", "tib"]


def test_a_character_who_is_not_there_scores_lower(locator, street) -> None:
    (there,) = locator.locate(street, {"mara": 1})
    (absent,) = locator.locate(field_of(scenery()), {"mara": 1})
    assert absent.score < there.score - 0.2


def test_the_same_picture_gives_the_same_boxes(locator, street) -> None:
    again = Locator.build({"mara": [field_of(figure(48, 20))], "tib": [field_of(animal(24, 24))]})
    assert again.id == locator.id
    assert again.locate(street, {"mara": 3, "tib": 3}) == locator.locate(street, {"mara": 3, "tib": 3})


def test_the_background_of_a_reference_does_not_count(street) -> None:
    pixels = np.full((48, 40, 3), (29, 35, 80), np.uint8)  # the sky of the street
    pixels[:, 10:30] = figure(48, 20)
    weight = np.zeros((48, 40), np.uint8)
    weight[:, 10:30] = 255
    (best,) = Locator.build({"mara": [field_of(pixels, weight)]}).locate(street, {"mara": 1})
    assert best.box.iou(MARA) > 0.5


def test_other_references_make_another_id(locator) -> None:
    mara, tib = [field_of(figure(48, 20))], [field_of(animal(24, 24))]
    others = [
        Locator.build({"mara": mara}),
        Locator.build({"mara": mara, "cat": tib}),
        Locator.build({"mara": mara, "tib": [field_of(animal(24, 24)[:20])]}),
        Locator.build({"mara": mara * 2 + tib, "tib": tib}),
    ]
    assert len({locator.id, *(other.id for other in others)}) == 5


def test_without_characters_nothing_is_proposed(street) -> None:
    nobody = Locator.build({})
    assert nobody.names == ()
    assert nobody.locate(street, {"mara": 3}) == ()
    assert Locator.build({"mara": []}).names == ()


def test_nobody_wanted_is_nothing_proposed(locator, street) -> None:
    assert locator.locate(street, {}) == ()


def test_who_is_known_in_maps_is_sought_there_and_the_others_by_color(street, scripted_maps) -> None:
    pixels = scenery()
    pixels[10:42, 8:20] = figure(32, 12)
    pixels[26:42, 42:58] = animal(16, 16)
    frame = frame_from_array(np.kron(pixels, np.ones((4, 4, 1), np.uint8)))
    fields = {"mara": [field_of(figure(48, 20))], "tib": [field_of(animal(24, 24))]}
    views = {"mara": views_of(scripted_maps, [frame_from_array(figure(96, 40))])}
    by_color, mixed = Locator.build(fields), Locator.build(fields, views)
    assert by_color.id != mixed.id
    assert mixed.by_map({"mara": 2, "tib": 2}) == ("mara",)
    assert mixed.by_map({"mara": 0}) == by_color.by_map({"mara": 1}) == ()
    (grid,) = scripted_maps.maps([frame], FRAME_SIDE)
    found = mixed.locate(street, {"mara": 3, "tib": 3}, grid)
    assert [(p.name, p.by_map) for p in found] == [
        *[("mara", True)] * 3,
        *[("mara", False)] * COLORS_BESIDE,
        *[("tib", False)] * 3,
    ]
    assert all((p.heat is not None) == p.by_map for p in found)
    plain = by_color.locate(street, {"mara": COLORS_BESIDE, "tib": 3})
    assert [(p.name, p.box) for p in found if not p.by_map] == [(p.name, p.box) for p in plain]
    assert [p.by_map for p in mixed.locate(street, {"mara": 1}, grid)] == [True]
    assert mixed.locate(street, {"mara": 2, "tib": 2}) == by_color.locate(street, {"mara": 2, "tib": 2})


@pytest.mark.parametrize("shape", [(1, 1), (1, 64), (64, 1), (3, 64)])
def test_a_picture_of_any_shape_gets_boxes_inside_it(locator, shape: tuple[int, int]) -> None:
    found = locator.locate(field_of(np.full((*shape, 3), COAT, np.uint8)), {"mara": 3})
    assert found  # Box itself refuses what lies outside


def test_one_color_on_paper_is_enough_of_a_reference() -> None:
    reference = np.full((24, 24, 3), 255, np.uint8)
    reference[6:18, 6:18] = COAT
    weight = (reference[..., 1] < 255).astype(np.uint8) * 255
    pixels = scenery()
    pixels[20:40, 30:44] = COAT
    (best,) = Locator.build({"mara": [field_of(reference, weight)]}).locate(field_of(pixels), {"mara": 1})
    assert best.box.iou(Box(30 / 64, 20 / 48, 44 / 64, 40 / 48)) > 0.4
