"""Who is who: one region for each character, places at their word, and everything that can be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from consistency import Box, Face, HeatMap, Measurement, PinnedCharacter, Unmeasured, measure_frame
from consistency.checks import identity
from consistency.checks.casting import cast_frame

MARA, TIB, OSWIN = (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0)
HEAT = HeatMap.of(np.arange(6, dtype=np.uint8).reshape(2, 3))
LEFT, MIDDLE, RIGHT = Box(0.0, 0.2, 0.3, 0.9), Box(0.35, 0.2, 0.65, 0.9), Box(0.7, 0.2, 1.0, 0.9)
APART = 1.5
"""Cosine distance between two of three characters, centered on their mean."""


@pytest.fixture
def trio(make):
    return make.gallery(mara=MARA, tib=TIB, oswin=OSWIN)


def person(name: str, **fields) -> PinnedCharacter:
    return PinnedCharacter(name, fields.pop("look", name), **fields)


def by_check(results, subject: str) -> dict[str, Measurement | Unmeasured]:
    return {result.check: result for result in results if result.subject == subject}


def box_of(result: Measurement) -> Box:
    (labeled,) = result.evidence.boxes
    return labeled.box


# --- assignment -----------------------------------------------------------------------------------------


def test_each_character_is_found_where_it_stands(make, trio) -> None:
    seen = make.observation(
        *(make.region(name, TIB, LEFT) for name in ("mara", "tib")),
        *(make.region(name, MARA, RIGHT) for name in ("mara", "tib")),
    )
    results = identity.measure(seen, make.expected(person("mara"), person("tib"), gallery=trio))
    for name, box in (("mara", RIGHT), ("tib", LEFT)):
        own = by_check(results, name)
        assert own["identity"].distance == pytest.approx(0, abs=1e-6)
        assert box_of(own["identity"]) == box
        assert own["identity"].encoder == "scripted.subject/1"
        assert own["identity.swap"].distance == 0
        assert set(own["identity"].evidence.scores) == {"mara", "tib", "oswin"}


def test_two_characters_never_share_a_spot(make, trio) -> None:
    nudged = Box(LEFT.left + 0.02, LEFT.top, LEFT.right + 0.02, LEFT.bottom)
    seen = make.observation(make.region("mara", MARA, LEFT), make.region("tib", (9, 1, 0, 0), nudged))
    results = identity.measure(seen, make.expected(person("mara"), person("tib"), gallery=trio))
    assert by_check(results, "mara")["identity"].distance < 0.1
    missing = by_check(results, "tib")["identity"]
    assert isinstance(missing, Unmeasured)
    assert missing.reason == "nothing in the frame could be taken for tib: pin its place, or look by eye"


def test_spots_go_to_the_cast_that_costs_least_together(make, trio) -> None:
    # Alone, both would take the left one; mara has nothing else, tib has.
    seen = make.observation(
        make.region("mara", (1, 0.9, 0, 0), LEFT),
        make.region("tib", (1, 0.9, 0, 0), LEFT),
        make.region("tib", (0.3, 0.7, 0.4, 0), RIGHT),
        make.region("mara", (0, 0.1, 1, 0), RIGHT),
    )
    casting = cast_frame(seen, make.expected(person("mara"), person("tib"), gallery=trio))
    boxes = {role.person.name: role.sighting.box for role in casting.roles}
    assert boxes == {"mara": LEFT, "tib": RIGHT}


@pytest.mark.parametrize("order", [("mara", "tib"), ("tib", "mara")])
def test_the_order_of_the_cast_does_not_matter(make, trio, order: tuple[str, str]) -> None:
    seen = make.observation(
        make.region("mara", (1, 0.4, 0, 0), LEFT), make.region("tib", (1, 0.5, 0, 0), RIGHT)
    )
    results = identity.measure(seen, make.expected(*map(person, order), gallery=trio))
    assert box_of(by_check(results, "mara")["identity"]) == LEFT
    assert box_of(by_check(results, "tib")["identity"]) == RIGHT


def test_how_well_the_colors_fit_breaks_a_tie_and_leaves_the_distance_alone(make, trio) -> None:
    seen = make.observation(
        make.region("mara", (1, 0.5, 0, 0), LEFT, score=0.1),
        make.region("mara", (1, 0.5, 0, 0), RIGHT, score=0.8),
    )
    own = by_check(identity.measure(seen, make.expected(person("mara"), gallery=trio)), "mara")["identity"]
    assert box_of(own) == RIGHT
    assert own.distance == pytest.approx(float(trio.distances(np.array([[1, 0.5, 0, 0]]))[0, 0]), abs=1e-5)


# --- pinned places --------------------------------------------------------------------------------------


def test_a_pinned_place_is_taken_at_its_word(make, trio) -> None:
    """Mara stands elsewhere, and Oswin where she is pinned: that is drift, not a better spot."""
    seen = make.observation(
        make.region("mara", OSWIN, LEFT, pinned=True, score=1.0), make.region("oswin", MARA, RIGHT)
    )
    own = by_check(identity.measure(seen, make.expected(person("mara", place=LEFT), gallery=trio)), "mara")
    assert box_of(own["identity"]) == LEFT
    assert own["identity"].distance == pytest.approx(APART, abs=1e-5)
    assert "at its pinned place" in own["identity"].evidence.reason
    assert own["identity.swap"].distance == pytest.approx(APART, abs=1e-5)
    assert own["identity.swap"].evidence.nearest == "oswin"
    assert own["identity.swap"].evidence.reason == "mara looks more like oswin (by 1.50)"


def test_nobody_else_is_cast_at_a_pinned_place(make, trio) -> None:
    seen = make.observation(
        make.region("mara", TIB, LEFT, pinned=True, score=1.0), make.region("tib", OSWIN, RIGHT)
    )
    cast = (person("mara", place=LEFT), person("tib"))
    results = identity.measure(seen, make.expected(*cast, gallery=trio))
    assert box_of(by_check(results, "tib")["identity"]) == RIGHT


def test_two_pinned_places_may_overlap(make, trio) -> None:
    close = Box(0.05, 0.2, 0.35, 0.9)
    seen = make.observation(
        make.region("mara", MARA, LEFT, pinned=True, score=1.0),
        make.region("tib", TIB, close, pinned=True, score=1.0),
    )
    cast = (person("mara", place=LEFT), person("tib", place=close))
    results = identity.measure(seen, make.expected(*cast, gallery=trio))
    assert box_of(by_check(results, "mara")["identity"]) == LEFT
    assert box_of(by_check(results, "tib")["identity"]) == close


# --- swapped, unexpected, missing -----------------------------------------------------------------------


def test_two_swapped_characters_each_look_more_like_the_other(make, trio) -> None:
    seen = make.observation(
        make.region("mara", TIB, LEFT, pinned=True), make.region("tib", MARA, RIGHT, pinned=True)
    )
    cast = (person("mara", place=LEFT), person("tib", place=RIGHT))
    results = identity.measure(seen, make.expected(*cast, gallery=trio))
    for name, rival in (("mara", "tib"), ("tib", "mara")):
        swap = by_check(results, name)["identity.swap"]
        assert swap.distance > 1
        assert swap.evidence.nearest == rival


def test_another_outfit_of_the_same_character_is_no_rival(make) -> None:
    looks = make.gallery(**{"mara": MARA, "mara/home": (0.5, 0, 0, 1), "tib": TIB})
    seen = make.observation(make.region("mara", (0.5, 0, 0, 1), LEFT))
    own = by_check(identity.measure(seen, make.expected(person("mara"), gallery=looks)), "mara")
    assert own["identity.swap"].distance == 0
    assert own["identity.swap"].evidence.nearest == "tib"


def test_planned_wardrobe_is_measured_against_its_own_look(make) -> None:
    looks = make.gallery(**{"mara": MARA, "mara/home": (0, 0, 0, 1), "tib": TIB})
    seen = make.observation(make.region("mara/home", (0, 0, 0, 1), LEFT))
    expected = make.expected(person("mara", look="mara/home"), gallery=looks)
    own = by_check(identity.measure(seen, expected), "mara")
    assert own["identity"].distance == pytest.approx(0, abs=1e-6)
    assert own["identity"].evidence.nearest == "mara/home"
    assert not by_check(identity.measure(seen, expected), "mara/home"), "her main look is not unexpected"


def test_a_character_whom_the_panel_does_not_pin_is_unexpected(make, trio) -> None:
    seen = make.observation(make.region("mara", MARA, LEFT), make.region("tib", TIB, RIGHT))
    results = identity.measure(seen, make.expected(person("mara"), gallery=trio))
    (found,) = [result for result in results if result.check == "identity.unexpected"]
    assert found.subject == "tib"
    assert found.distance == pytest.approx(1, abs=1e-5)
    assert found.unit == "cosine similarity"
    assert box_of(found) == RIGHT


def test_the_spot_of_a_pinned_character_is_not_unexpectedly_another(make, trio) -> None:
    seen = make.observation(make.region("mara", MARA, LEFT), make.region("tib", (1, 0.3, 0, 0), LEFT))
    results = identity.measure(seen, make.expected(person("mara"), gallery=trio))
    assert not [result for result in results if result.check == "identity.unexpected"]


def test_a_panel_without_characters_still_looks_for_unexpected_ones(make, trio) -> None:
    seen = make.observation(make.region("tib", TIB, RIGHT))
    assert [r.check for r in identity.measure(seen, make.expected(gallery=trio))] == ["identity.unexpected"]


def test_a_character_whose_colors_are_nowhere_is_missing(make, trio) -> None:
    from consistency import look_colors

    looks = {"mara": look_colors([make.color_field((200, 50, 46))])}
    away = make.observation(make.region("mara", OSWIN, LEFT))  # a blue frame
    own = by_check(identity.measure(away, make.expected(person("mara"), gallery=trio, looks=looks)), "mara")
    assert own["identity.missing"].distance == pytest.approx(1, abs=1e-5)
    assert own["identity.missing"].evidence.reason == (
        "nothing looks like mara, and 100% of its main colors are nowhere in the frame"
    )
    red = make.observation(make.region("mara", OSWIN, LEFT), colors=make.color_field((200, 50, 46)))
    own = by_check(identity.measure(red, make.expected(person("mara"), gallery=trio, looks=looks)), "mara")
    assert own["identity.missing"].distance == 0, "her colors are there: redrawn, not missing"


def sought(make, name, vector, box, score):
    return make.region(name, vector, box, score=score, by_map=True, heat=HEAT)


def in_maps(make, trio, *cast, **ids):
    from consistency import Expected

    encoders = {**make.expected().encoders, "maps": "scripted.maps/1", **ids}
    return Expected(encoders=encoders, cast=cast, gallery=trio)


def test_nothing_in_the_map_looks_like_an_absent_character(make, trio) -> None:
    expected = in_maps(make, trio, person("mara"))
    there = make.observation(sought(make, "mara", MARA, LEFT, 0.8), sought(make, "mara", OSWIN, RIGHT, 0.1))
    gone = make.observation(sought(make, "mara", OSWIN, LEFT, 0.2), sought(make, "mara", OSWIN, RIGHT, 0.1))
    near, far = (
        by_check(identity.measure(seen, expected), "mara")["identity.absent"] for seen in (there, gone)
    )
    assert near.distance + 1 < far.distance
    assert far.encoder == "scripted.maps/1"
    assert [labeled.box for labeled in far.evidence.boxes] == [LEFT, RIGHT]
    assert far.evidence.heat == HEAT
    assert by_check(identity.measure(there, expected), "mara")["identity"].evidence.heat == HEAT


def test_whom_a_map_found_wears_the_colors_of_the_likest_region_by_colors(make, trio) -> None:
    expected = in_maps(make, trio, person("mara"))
    there = sought(make, "mara", MARA, LEFT, 0.8)
    others = (
        make.region("mara", OSWIN, RIGHT, score=0.9),
        make.region("mara", (1, 0.5, 0, 0), MIDDLE, score=0.1),
    )
    (role,) = cast_frame(make.observation(there, *others), expected).roles
    assert (role.sighting.box, role.body.box) == (LEFT, MIDDLE)
    (role,) = cast_frame(make.observation(there), expected).roles
    assert role.body is None
    (role,) = cast_frame(make.observation(*others), expected).roles
    assert (role.sighting.box, role.body) == (MIDDLE, None)


def test_contrast_and_likeness_both_count_and_never_below_zero(make, trio) -> None:
    expected = in_maps(make, trio, person("mara"))
    told = [
        by_check(
            identity.measure(make.observation(sought(make, "mara", vector, LEFT, score)), expected), "mara"
        )
        for vector in (MARA, OSWIN)
        for score in (2.0, 0.9, 0.3, -0.1)
    ]
    distances = [own["identity.absent"].distance for own in told]
    assert distances[:4] == sorted(distances[:4])
    assert all(far > near for near, far in zip(distances[:4], distances[4:], strict=True))
    assert min(distances) >= 0


@pytest.mark.parametrize("kind", ["by color", "other makers", "alone", "photo", "placed"])
def test_absence_is_said_by_maps_and_vectors_of_one_maker_only(make, trio, kind) -> None:
    one = person(
        "mara", medium="photo" if kind == "photo" else "drawn", place=LEFT if kind == "placed" else None
    )
    region = make.region(
        "mara", OSWIN, LEFT, by_map=kind not in {"by color", "placed"}, pinned=kind == "placed"
    )
    gallery = make.gallery(mara=MARA) if kind == "alone" else trio
    ids = {"maps": "other.maps/1"} if kind == "other makers" else {}
    results = identity.measure(make.observation(region), in_maps(make, gallery, one, **ids))
    assert results
    assert not [result for result in results if result.check == "identity.absent"]


def test_a_character_who_stands_elsewhere_is_not_at_its_place_and_not_missing(make, trio) -> None:
    from consistency import look_colors

    looks = {"mara": look_colors([make.color_field((200, 50, 46))])}
    colors = make.color_field((40, 60, 160), 32)
    colors.lab[:, 20:] = make.color_field((200, 50, 46)).lab[0, 0]  # her coat, right of where she is pinned
    pinned = person("mara", place=LEFT)
    seen = make.observation(make.region("mara", OSWIN, LEFT, pinned=True), colors=colors)
    own = by_check(identity.measure(seen, make.expected(pinned, gallery=trio, looks=looks)), "mara")
    assert own["identity.place"].distance == pytest.approx(1, abs=1e-5)
    assert own["identity.place"].evidence.boxes[0].box == LEFT
    assert own["identity.missing"].distance == 0
    at_home = make.observation(make.region("mara", MARA, LEFT, pinned=True), colors=colors)
    own = by_check(identity.measure(at_home, make.expected(pinned, gallery=trio, looks=looks)), "mara")
    assert own["identity.place"].distance == 0


def test_a_character_who_looks_like_itself_is_not_missing_in_other_light(make, trio) -> None:
    from consistency import look_colors

    looks = {"mara": look_colors([make.color_field((200, 50, 46))])}
    seen = make.observation(make.region("mara", MARA, LEFT))
    own = by_check(identity.measure(seen, make.expected(person("mara"), gallery=trio, looks=looks)), "mara")
    assert own["identity.missing"].distance == 0


# --- alone, photographed, without references ------------------------------------------------------------


def test_one_character_alone_is_measured_under_a_name_of_its_own(make) -> None:
    alone = make.gallery(**{"mara": MARA, "mara/home": TIB})
    own = by_check(
        identity.measure(
            make.observation(make.region("mara", MARA, LEFT)), make.expected(person("mara"), gallery=alone)
        ),
        "mara",
    )
    assert "identity.alone" in own
    assert "identity" not in own
    assert "identity.swap" not in own


def test_a_photographed_person_without_a_face_encoder_is_measured_under_a_name_of_its_own(make, trio) -> None:
    seen = make.observation(make.region("mara", MARA, LEFT))
    cast = person("mara", medium="photo")
    own = by_check(identity.measure(seen, make.expected(cast, gallery=trio)), "mara")
    assert own["identity.photo"].encoder == "scripted.subject/1"
    assert "identity" not in own
    assert "identity.missing" not in own


@pytest.fixture
def filmed(make):
    """Expectations with a gallery of faces as well."""
    from dataclasses import replace

    def expect(*cast, **fields):
        expected = make.expected(*cast, face_gallery=make.gallery(ada=(1, 0, 0), bea=(0, 1, 0)), **fields)
        return replace(expected, encoders={**expected.encoders, "faces": "scripted.faces/1"})

    return expect


def face(box: Box, *vector: float) -> Face:
    row = np.array(vector, np.float32)
    return Face(box, 0.9, row / np.linalg.norm(row))


def test_photographed_people_are_cast_among_the_faces(make, trio, filmed) -> None:
    here, there = Box(0.1, 0.1, 0.2, 0.3), Box(0.7, 0.1, 0.8, 0.3)
    seen = make.observation(faces=(face(here, 0, 1, 0), face(there, 1, 0, 0)))
    cast = (person("ada", medium="photo"), person("bea", medium="photo"))
    results = identity.measure(seen, filmed(*cast, gallery=trio))
    for name, box in (("ada", there), ("bea", here)):
        own = by_check(results, name)["identity"]
        assert (own.distance, own.encoder) == (pytest.approx(0, abs=1e-6), "scripted.faces/1")
        assert box_of(own) == box


def test_one_face_is_not_two_people(make, filmed) -> None:
    seen = make.observation(faces=(face(Box(0.1, 0.1, 0.2, 0.3), 1, 0.1, 0),))
    results = identity.measure(seen, filmed(person("ada", medium="photo"), person("bea", medium="photo")))
    assert isinstance(by_check(results, "ada")["identity"], Measurement)
    assert isinstance(by_check(results, "bea")["identity"], Unmeasured)


def test_a_photographed_person_is_sought_among_the_faces_at_its_place(make, filmed) -> None:
    left, right = Box(0.1, 0.1, 0.2, 0.3), Box(0.7, 0.1, 0.8, 0.3)
    seen = make.observation(faces=(face(left, 1, 0.3, 0), face(right, 1, 0, 0)))
    placed = person("ada", medium="photo", place=LEFT)
    own = by_check(identity.measure(seen, filmed(placed)), "ada")["identity"]
    assert isinstance(own, Measurement)
    assert box_of(own) == left
    elsewhere = make.observation(faces=(face(right, 1, 0, 0),))
    assert isinstance(by_check(identity.measure(elsewhere, filmed(placed)), "ada")["identity"], Unmeasured)


def test_drawn_characters_are_not_looked_for_among_faces(make, trio, filmed) -> None:
    seen = make.observation(make.region("mara", MARA, LEFT), faces=(face(Box(0.1, 0.1, 0.2, 0.3), 1, 0, 0),))
    own = by_check(identity.measure(seen, filmed(person("mara"), gallery=trio)), "mara")["identity"]
    assert own.encoder == "scripted.subject/1"


@pytest.mark.parametrize("gallery", [None, {"tib": TIB, "oswin": OSWIN}])
def test_without_a_reference_the_reader_is_told_what_to_pin(make, gallery) -> None:
    built = make.gallery(**gallery) if gallery else None
    seen = make.observation(make.region("tib", TIB, LEFT))
    own = by_check(identity.measure(seen, make.expected(person("mara"), gallery=built)), "mara")["identity"]
    assert isinstance(own, Unmeasured)
    assert own.reason == ("mara has no readable reference picture: pin one under characters.mara.references")


def test_no_characters_at_all_is_nothing_to_say(make) -> None:
    assert identity.measure(make.observation(), make.expected()) == []


def test_a_check_that_is_off_is_not_measured(make, trio) -> None:
    seen = make.observation(make.region("mara", MARA, LEFT))
    expected = make.expected(person("mara"), gallery=trio)
    every = {result.check for result in measure_frame(seen, expected)}
    assert {"identity", "identity.swap", "picture.blank"} <= every
    assert {r.check for r in measure_frame(seen, expected, frozenset({"identity.swap"}))} == every - {
        "identity.swap"
    }
    left = measure_frame(seen, expected, frozenset({"identity"}))
    assert not [result for result in left if result.check.startswith("identity")]
