"""Who counts as found, and with which vector, for the scores of other projects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from consistency import Box, Face, PinnedCharacter, on_stage

E = np.eye(4, dtype=np.float32)
LEFT, RIGHT, MIDDLE = Box(0, 0, 0.3, 1), Box(0.7, 0, 1, 1), Box(0.35, 0, 0.65, 1)
MARA, TIB, OSWIN = (PinnedCharacter(name, name) for name in ("mara", "tib", "oswin"))
ROWS = {"mara": E[0:1], "tib": E[1:2], "oswin": E[2:3]}


@pytest.fixture
def drawn(make):
    """→ what is expected of a panel that names these."""
    gallery = make.gallery(mara=E[0], tib=E[1], oswin=E[2])
    return lambda *cast: make.expected(*cast, gallery=gallery)


def test_each_found_region_goes_to_one_character(make, drawn) -> None:
    mara, tib = E[0] + 0.1 * E[3], E[1] + 0.1 * E[3]
    seen = make.observation(make.region("tib", tib, RIGHT), make.region("mara", mara, LEFT), style=(0, 1, 0))
    found = on_stage(seen, drawn(MARA, TIB), ROWS)
    assert found.looks == ("mara", "tib")
    assert found.found == 2
    assert found.crops["mara"] == pytest.approx(seen.regions[1].vector)
    assert found.crops["tib"] == pytest.approx(seen.regions[0].vector)
    assert found.frame == pytest.approx([0, 1, 0])


@pytest.mark.parametrize("place", [None, RIGHT])
def test_a_place_where_nothing_looks_like_the_character_is_empty(make, drawn, place) -> None:
    sky = make.region("tib", E[3] - 0.2 * E[1], RIGHT, pinned=place is not None)
    seen = make.observation(make.region("mara", E[0], LEFT), sky)
    found = on_stage(seen, drawn(MARA, replace(TIB, place=place)), ROWS)
    assert list(found.crops) == ["mara"]
    assert (found.looks, found.found) == (("mara", "tib"), 1)


def test_a_character_that_is_not_named_counts_where_it_is_seen(make, drawn) -> None:
    regions = [make.region("mara", E[0], LEFT), make.region("oswin", E[2], RIGHT)]
    found = on_stage(make.observation(*regions), drawn(MARA), ROWS)
    assert (found.looks, list(found.crops), found.found) == (("mara",), ["mara"], 2)
    same_spot = make.region("oswin", E[2], LEFT)
    assert on_stage(make.observation(regions[0], same_spot), drawn(MARA), ROWS).found == 1
    unlike = make.region("oswin", E[3] + 0.2 * E[2], RIGHT)
    assert on_stage(make.observation(regions[0], unlike), drawn(MARA), ROWS).found == 1


def test_photographed_people_are_counted_and_cast_by_their_faces(make) -> None:
    faces = tuple(Face(box, 0.9, E[i]) for i, box in ((1, LEFT), (0, MIDDLE), (3, RIGHT)))
    cast = [replace(person, medium="photo") for person in (MARA, TIB)]
    expected = make.expected(*cast, face_gallery=make.gallery(mara=E[0], tib=E[1]))
    expected = replace(expected, encoders={**expected.encoders, "faces": "scripted.faces/1"})
    found = on_stage(make.observation(faces=faces), expected, ROWS)
    assert (found.looks, found.found) == (("mara", "tib"), 3)
    assert found.crops["mara"] == pytest.approx(E[0])
    assert found.crops["tib"] == pytest.approx(E[1])
    assert on_stage(make.observation(), expected, ROWS).found == 0


def test_without_references_nobody_is_looked_for(make) -> None:
    found = on_stage(make.observation(make.region("mara", E[0], LEFT)), make.expected(MARA), {})
    assert (found.looks, dict(found.crops), found.found) == ((), {}, 0)
