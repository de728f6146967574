"""Panels with everything resolved."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box
from series.manifest import Manifest, read_manifest
from series.plan import CastMember, LetteringOrder, plan, seed_of

MANIFEST = """\
version: 1
series: The Lantern Cat
size: [1024, 768]
style: {words: flat ink, references: [one.png], avoid: [3D render]}
palettes:
  series: {ink: "#1d2433"}
  night: {sky: "#101830"}
palette: series
characters:
  mara:
    look: red coat
    references: [front.png]
    palette: {coat: crimson}
    wardrobe:
      winter: {look: white parka, references: [winter.png], palette: {parka: white}}
      wet: {look: dripping red coat}
  tib: {medium: photo}
seeds: {base: 1234, p02: 99}
panels:
  - {id: p01, shot: wide, camera: kitchen_a, scene: Mara listens, structure: door right, characters: [mara]}
  - id: p02
    characters: [{name: mara, wardrobe: winter, place: left}, {name: tib, place: [0.5, 0.25, 1, 1]}]
    lettering: [{text: "Is it warm?", place: top, speaker: mara}, Click.]
    palette: night
  - {id: p03, characters: [{name: mara, wardrobe: wet}]}
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    for name in ("one.png", "front.png", "winter.png"):
        (tmp_path / name).write_bytes(b"a picture")
    (tmp_path / "series.yaml").write_text(MANIFEST, encoding="utf-8")
    return read_manifest(tmp_path / "series.yaml")


def test_orders_follow_the_panels_and_know_their_neighbors(manifest: Manifest) -> None:
    orders = plan(manifest)
    assert [(order.panel, order.index, order.previous, order.following) for order in orders] == [
        ("p01", 0, None, "p02"),
        ("p02", 1, "p01", "p03"),
        ("p03", 2, "p02", None),
    ]


def test_what_the_whole_series_shares_is_in_every_order(manifest: Manifest) -> None:
    for order in plan(manifest):
        assert order.size == (1024, 768)
        assert order.style.words == "flat ink"
        assert order.style.references == (manifest.folder / "one.png",)
        assert order.style.avoid == ("3D render",)
        assert order.series_palette == manifest.palette("series")


def test_what_a_panel_leaves_out_is_empty(manifest: Manifest) -> None:
    first, _, last = plan(manifest)
    assert (first.shot, first.camera, first.scene, first.structure) == (
        "wide",
        "kitchen_a",
        "Mara listens",
        "door right",
    )
    assert (last.shot, last.camera, last.scene, last.structure) == ("", "", "", "")
    assert (last.palette, last.lettering) == (None, ())


def test_a_wardrobe_entry_stands_in_for_what_it_names(manifest: Manifest) -> None:
    folder = manifest.folder
    plain, winter, wet = (order.characters[0] for order in plan(manifest))
    assert (plain.look, plain.references, plain.wardrobe) == ("red coat", (folder / "front.png",), "")
    assert (winter.look, winter.references, winter.wardrobe) == (
        "white parka",
        (folder / "winter.png",),
        "winter",
    )
    assert (wet.look, wet.references, wet.wardrobe) == ("dripping red coat", (folder / "front.png",), "wet")
    assert [member.pictured for member in (plain, winter, wet)] == ["", "winter", ""]
    assert plain.palette == wet.palette
    assert [swatch.name for swatch in (winter.palette.swatches if winter.palette else ())] == ["parka"]


def test_a_character_about_whom_little_is_said(manifest: Manifest) -> None:
    tib = plan(manifest)[1].characters[1]
    assert tib == CastMember("tib", "", "photo", (), None, "", Box(0.5, 0.25, 1, 1))


def test_places_become_boxes(manifest: Manifest) -> None:
    order = plan(manifest)[1]
    assert order.characters[0].place == Box(0, 0, 0.5, 1)
    assert order.lettering == (
        LetteringOrder("Is it warm?", Box(0, 0, 1, 0.4), "mara"),
        LetteringOrder("Click.", None, ""),
    )
    assert order.palette == manifest.palette("night")


# --- seeds ----------------------------------------------------------------------------------------------


def test_seeds_come_from_the_base_and_the_id_unless_a_panel_has_its_own(manifest: Manifest) -> None:
    # Written out: a changed rule would change every picture that anyone has made.
    assert [order.seed for order in plan(manifest)] == [4161433800, 99, 165927983]


def test_without_a_base_it_is_zero() -> None:
    assert seed_of("p01", {}) == seed_of("p01", {"base": 0})


def test_a_panel_put_in_between_leaves_the_other_seeds_alone(manifest: Manifest) -> None:
    text = MANIFEST.replace("  - id: p02", "  - {id: p01b}\n  - id: p02")
    manifest.path.write_text(text, encoding="utf-8")
    before = {order.panel: order.seed for order in plan(manifest)}
    after = {order.panel: order.seed for order in plan(read_manifest(manifest.path))}
    assert before.items() < after.items()


@given(panel=st.text(st.characters(codec="utf-8")), base=st.integers(0, 2**32 - 1))
def test_seeds_are_in_range_and_stable(panel: str, base: int) -> None:
    seed = seed_of(panel, {"base": base} if panel != "base" else {})
    assert 0 <= seed < 2**32
    assert seed == seed_of(panel, {"base": base} if panel != "base" else {})
