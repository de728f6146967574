"""References observed once, and what each panel is expected to look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from consistency import (
    Box,
    Face,
    Frame,
    Locator,
    Measurement,
    ObservationCache,
    Observer,
    Recipe,
    Unmeasured,
    load_encoders,
    measure_frame,
)
from series.manifest import Manifest, read_manifest
from series.pinned import (
    PROPOSALS_OTHERS,
    PROPOSALS_PINNED,
    Pinned,
    expect,
    look_of,
    observe_references,
    request_for,
)
from series.plan import palettes_of, plan


@pytest.fixture
def pin(comic):
    """→ the orders by panel, and the references as facts."""

    def pinned():
        manifest = read_manifest(comic.manifest)
        encoders = load_encoders()
        observer = Observer(Recipe(encoders, Locator.build({})), ObservationCache(None))
        facts = observe_references(manifest, observer.observe, encoders.ids)
        return {order.panel: order for order in plan(manifest)}, facts

    return pinned


def test_each_outfit_is_a_look_of_its_own(pin) -> None:
    _, pinned = pin()
    assert pinned.gallery.names == ("mara", "mara/home", "tib")
    assert pinned.locator.names == ("mara", "mara/home", "tib")
    assert set(pinned.looks) == {"mara", "mara/home", "tib"}
    assert [(shown.name, shown.subject) for shown in pinned.shown] == [
        ("refs/mara.png", "mara"),
        ("refs/mara_home.png", "mara"),
        ("refs/tib.png", "tib"),
    ]
    assert (look_of("mara", ""), look_of("mara", "home")) == ("mara", "mara/home")


def test_a_panel_looks_for_whom_it_names_and_for_everyone_else_once(pin) -> None:
    orders, pinned = pin()
    request = request_for(orders["p01"], Path("p01.png"), pinned)
    assert request.wanted == {"mara": PROPOSALS_PINNED, "tib": PROPOSALS_OTHERS}
    assert not request.whole
    home = request_for(orders["p03"], Path("p03.png"), pinned)
    assert home.wanted == {"mara/home": PROPOSALS_PINNED, "tib": PROPOSALS_OTHERS}


def test_a_pinned_place_is_looked_at_instead_of_searched_for(pin, comic) -> None:
    comic.edit(
        "{id: p01, characters: [mara]}", "{id: p01, characters: [{name: mara, place: [0.1, 0.2, 0.5, 1]}]}"
    )
    orders, pinned = pin()
    request = request_for(orders["p01"], Path("p01.png"), pinned)
    (place,) = request.places
    assert (place.name, place.pinned) == ("mara", True)
    assert (place.box.left, place.box.bottom) == (0.1, 1)
    assert request.wanted == {"tib": PROPOSALS_OTHERS}


def test_the_places_of_words_are_looked_at_once_each(pin, comic) -> None:
    comic.edit(
        "{id: p01, characters: [mara]}",
        "{id: p01, characters: [mara], lettering: [{text: Hello there, place: top, speaker: mara}, "
        "{text: Hello too, place: top}, Click.]}",
    )
    orders, pinned = pin()
    request = request_for(orders["p01"], Path("p01.png"), pinned)
    top, anywhere = request.lettering
    assert (top.left, top.top, top.right) == (0, 0, 1)
    assert 0.4 < top.bottom < 0.5
    assert anywhere == Box(0, 0, 1, 1)
    words = expect(orders["p01"], pinned).lettering
    assert [(one.text, one.speaker) for one in words] == [
        ("Hello there", "mara"),
        ("Hello too", ""),
        ("Click.", ""),
    ]
    assert request_for(orders["p02"], Path("p02.png"), pinned).lettering == ()


def test_an_outfit_without_references_is_measured_by_the_main_look(pin, comic) -> None:
    comic.edit("references: [refs/mara_home.png], ", "")
    orders, pinned = pin()
    (mara,) = expect(orders["p03"], pinned).cast
    assert (mara.name, mara.look) == ("mara", "mara")
    assert mara.palette.swatches[0].name == "gown"


def test_a_panel_expects_its_cast_with_the_colors_of_their_references(pin) -> None:
    orders, pinned = pin()
    expected = expect(orders["p02"], pinned)
    mara, tib = expected.cast
    assert (mara.look, tib.look) == ("mara", "tib")
    assert mara.palette_shares.shape == (1,)
    assert mara.palette_shares[0] > 0.2
    assert tib.palette is None
    assert tib.palette_shares is None
    assert expected.size == (160, 120)
    assert len(expected.references) == 3


def test_a_panel_s_own_palette_stands_in_for_that_of_the_series(pin, comic) -> None:
    comic.edit(
        "panels:\n", 'palettes: {day: {sky: "#88aaff"}, night: {sky: "#001133"}}\npalette: day\npanels:\n'
    )
    comic.edit("{id: p04, ", "{id: p04, palette: night, ")
    orders, _ = pin()
    assert [subject for subject, _ in palettes_of(orders["p01"])] == ["day"]
    assert [subject for subject, _ in palettes_of(orders["p04"])] == ["night"]


def test_an_unreadable_reference_is_reported_and_the_others_serve(pin, comic, spoil) -> None:
    spoil(comic.folder / "refs/tib.png", "text")
    orders, pinned = pin()
    (bad,) = pinned.unreadable
    assert "tib.png" in bad.reason
    assert pinned.gallery.names == ("mara", "mara/home")
    assert "tib" not in request_for(orders["p01"], Path("p01.png"), pinned).wanted


def test_without_references_nothing_is_pinned(pin, comic) -> None:
    for path in (comic.folder / "refs").iterdir():
        path.write_bytes(b"")
    _, pinned = pin()
    assert pinned.gallery is None
    assert pinned.locator.names == ()
    assert len(pinned.unreadable) == 3


def test_the_id_of_what_is_pinned_changes_with_any_reference(pin, comic, pictures) -> None:
    _, before = pin()
    _, same = pin()
    assert same.id == before.id
    pictures(comic.folder / "refs/tib.png", 77)
    _, after = pin()
    assert after.id != before.id


def test_the_id_changes_when_another_is_judged_by_the_net_or_by_face(comic) -> None:
    manifest = read_manifest(comic.manifest)
    drawn = pinned_by(manifest, "classical.appearance/1", faces=True)
    by_net = pinned_by(manifest, "ccip", faces=False)
    comic.edit("    palette: {coat:", "    medium: photo\n    palette: {coat:")
    manifest = read_manifest(comic.manifest)
    assert pinned_by(manifest, "classical.appearance/1", faces=True).id != drawn.id
    assert pinned_by(manifest, "ccip", faces=False).id != by_net.id


@dataclass
class OneFace:
    """A face encoder that finds one face in every picture: its vector is the picture's mean color."""

    id: str = "scripted.faces/1"
    weights: str = ""

    def faces(self, frames: Sequence[Frame]) -> list[tuple[Face, ...]]:
        means = [np.append(frame.pixels.mean((0, 1)), 1).astype(np.float32) for frame in frames]
        return [(Face(Box(0.4, 0.1, 0.6, 0.3), 0.9, mean / np.linalg.norm(mean)),) for mean in means]


def pinned_by(manifest: Manifest, subject: str, *, faces: bool) -> Pinned:
    """What is pinned by a subject encoder of this name, with the face encoder or without."""
    encoders = load_encoders()
    encoders = replace(encoders, faces=OneFace()) if faces else encoders
    observer = Observer(Recipe(encoders, Locator.build({})), ObservationCache(None))
    return observe_references(manifest, observer.observe, {**encoders.ids, "subject": subject})


def test_a_face_encoder_judges_photographed_characters_without_any_caller_changed(comic) -> None:
    comic.edit("    palette: {coat:", "    medium: photo\n    palette: {coat:")
    manifest = read_manifest(comic.manifest)
    encoders = replace(load_encoders(), faces=OneFace())
    cache = ObservationCache(None)
    first = Observer(Recipe(encoders, Locator.build({})), cache)
    pinned = observe_references(manifest, first.observe, encoders.ids)
    order = plan(manifest)[0]
    frames = Observer(Recipe(encoders, pinned.locator), cache)
    (seen,) = frames.observe([request_for(order, comic.frames / "p01.png", pinned)])
    results = measure_frame(seen, expect(order, pinned))
    (mara,) = [
        r for r in results if isinstance(r, Measurement) and (r.check, r.subject) == ("identity", "mara")
    ]
    assert mara.encoder == "scripted.faces/1"
    assert mara.evidence.boxes[0].box == Box(0.4, 0.1, 0.6, 0.3)


def mixed(comic, subject_id: str):
    """Of mara, photographed, and of tib, drawn: what is pinned, and the results of the panel with both."""
    comic.edit("    palette: {coat:", "    medium: photo\n    palette: {coat:")
    manifest = read_manifest(comic.manifest)
    encoders = replace(load_encoders(), faces=OneFace())
    ids = {**encoders.ids, "subject": subject_id}
    cache = ObservationCache(None)
    pinned = observe_references(manifest, Observer(Recipe(encoders, Locator.build({})), cache).observe, ids)
    order = plan(manifest)[1]
    (seen,) = Observer(Recipe(encoders, pinned.locator), cache).observe(
        [request_for(order, comic.frames / "p02.png", pinned)]
    )
    return pinned, measure_frame(seen, expect(order, pinned))


def test_a_net_of_drawn_characters_says_nothing_about_photographed_people(comic) -> None:
    pinned, results = mixed(comic, "ccip")
    assert pinned.gallery.names == ("tib",)
    said = {(r.check, r.subject): r.encoder for r in results if r.check.startswith("identity")}
    assert said["identity", "mara"] == "scripted.faces/1"
    assert [subject for (_, subject), encoder in said.items() if encoder == "ccip"] == ["tib"]


def test_faces_say_nothing_about_drawn_characters(comic) -> None:
    """Not even that a photographed person looks like one, though faces are found in drawings too."""
    pinned, results = mixed(comic, "classical.appearance/1")
    assert "tib" not in pinned.face_gallery.names
    assert set(pinned.gallery.names) == {"mara", "mara/home", "tib"}
    by_face = [r for r in results if r.encoder == "scripted.faces/1"]
    assert {r.subject for r in by_face} == {"mara"}


def test_a_photographed_person_without_a_face_is_left_to_a_person_by_such_a_net(comic) -> None:
    comic.edit("    palette: {coat:", "    medium: photo\n    palette: {coat:")
    manifest = read_manifest(comic.manifest)
    encoders = load_encoders()
    cache = ObservationCache(None)
    ids = {**encoders.ids, "subject": "ccip"}
    pinned = observe_references(manifest, Observer(Recipe(encoders, Locator.build({})), cache).observe, ids)
    order = plan(manifest)[0]
    (seen,) = Observer(Recipe(encoders, pinned.locator), cache).observe(
        [request_for(order, comic.frames / "p01.png", pinned)]
    )
    (mara,) = [r for r in measure_frame(seen, expect(order, pinned)) if r.check == "identity"]
    assert isinstance(mara, Unmeasured)
    assert "ccip knows drawn characters only" in mara.reason
