"""A request → a draft of its panel: who stands where, in whose picture, before what."""

from __future__ import annotations

import hashlib
import itertools
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import Box, decode_frame
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated, Generator
from series.generators.previz.colors import DAY, palette_of
from series.generators.previz.cutout import cut_out
from series.generators.previz.draw import draw, drawn_box, encode
from series.generators.previz.layout import draft_of
from series.generators.previz.previz import Previz
from series.generators.previz.scenery import PLACES, paint_scenery
from series.request import GenerationRequest, Identity, NamedColor, Reference, Role, Structure, Words

SHOTS = ("", "extreme_wide", "wide", "full", "medium", "close_up", "extreme_close_up", "insert")
RED = (200, 50, 46)
Asked = Callable[..., GenerationRequest]


def save(path: Path, pixels: np.ndarray) -> Path:
    channels = [2, 1, 0, 3][: pixels.shape[2]]
    assert cv2.imwrite(str(path), pixels[..., channels])
    return path


def full_figure() -> np.ndarray:
    """RGBA 100 × 200: a coat on two feet, nothing around."""
    pixels = np.zeros((200, 100, 4), np.uint8)
    cv2.ellipse(pixels, (50, 40), (24, 28), 0, 0, 360, (240, 200, 170, 255), -1)
    cv2.rectangle(pixels, (25, 66), (75, 170), (*RED, 255), -1)
    for left in (32, 58):
        cv2.rectangle(pixels, (left, 170), (left + 10, 195), (60, 40, 50, 255), -1)
    return pixels


def bust() -> np.ndarray:
    """RGBA 120 × 120: a head on shoulders that are cut off below."""
    pixels = np.zeros((120, 120, 4), np.uint8)
    cv2.ellipse(pixels, (60, 45), (35, 40), 0, 0, 360, (240, 200, 170, 255), -1)
    cv2.rectangle(pixels, (10, 85), (110, 119), (*RED, 255), -1)
    return pixels


def reference(path: Path, subject: str, role: Role = Role.CHARACTER, wardrobe: str = "") -> Reference:
    return Reference(role, subject, hashlib.sha256(path.read_bytes()).hexdigest(), path, wardrobe)


def identity(name: str, place: Box | None = None, **changed: object) -> Identity:
    parts = {"look": "", "medium": "drawn", "wardrobe": "", "colors": (NamedColor("coat", "#c8322e"),)}
    return Identity(name=name, place=place, **{**parts, **changed})


def structure(shot: str = "full", size: tuple[int, int] = (320, 240), **changed: str) -> Structure:
    return Structure(**{"scene": "", "structure": "", "camera": "", **changed}, shot=shot, size=size)


@pytest.fixture
def drawn(tmp_path: Path, asked: Asked) -> Asked:
    """A request for mara and tib, each with a full figure and a bust."""
    sent = []
    for name in ("mara", "tib"):
        for kind, pixels in (("full", full_figure()), ("bust", bust())):
            pixels[0, 0, 0] = len(sent)  # other bytes for other characters
            sent.append(reference(save(tmp_path / f"{name}_{kind}.png", pixels), name))

    def make(**changed: object) -> GenerationRequest:
        parts = {
            "identities": (identity("mara"), identity("tib")),
            "references": tuple(sent),
            "structure": structure(),
            "copy": (),
        }
        return asked(**{**parts, **changed})

    return make


def test_it_is_what_a_manifest_without_a_generator_gets(tmp_path: Path):
    made: Generator = load_generator({}, folder=tmp_path, out=tmp_path)
    assert made.name == "previz"
    assert made.abilities.seed


def test_a_draft_is_a_picture_of_the_asked_size_for_nothing(tmp_path: Path, drawn: Asked):
    outcome = Previz(tmp_path).generate(drawn(structure=structure(size=(321, 123))), "key")
    assert isinstance(outcome, Generated)
    frame = decode_frame(outcome.images[0].data, "draft")
    assert (frame.width, frame.height) == (321, 123)
    assert outcome.usd == Previz(tmp_path).price(drawn()) == 0


def test_candidates_differ_and_the_first_is_the_one_of_a_single_request(tmp_path: Path, drawn: Asked):
    previz = Previz(tmp_path)
    one, four = previz.generate(drawn(), "a"), previz.generate(drawn(candidates=4), "b")
    assert isinstance(one, Generated)
    assert isinstance(four, Generated)
    assert len({image.data for image in four.images}) == 4
    assert four.images[0].data == one.images[0].data


def test_a_reference_that_is_no_picture_is_an_invalid_request(tmp_path: Path, drawn: Asked):
    path = tmp_path / "words.png"
    path.write_text("not a picture")
    outcome = Previz(tmp_path).generate(drawn(references=(reference(path, "mara"),)), "key")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.INVALID_REQUEST
    assert "words.png" in outcome.reason


def test_signs_that_cannot_be_set_are_told(tmp_path: Path, drawn: Asked):
    outcome = Previz(tmp_path).generate(drawn(copy=(Words("Party \U0001f389", None, ""),)), "key")
    assert isinstance(outcome, Generated)
    assert any("\U0001f389" in note for note in outcome.notes)


# --- cut-outs -------------------------------------------------------------------------------------------


def test_what_is_transparent_is_cut_away_and_colors_are_kept(tmp_path: Path):
    cut = cut_out(save(tmp_path / "full.png", full_figure()))
    assert cut.alpha.shape == (184, 51)
    assert tuple(cut.rgb[100, 25]) == RED
    assert not cut.bust


def test_half_transparent_pixels_keep_their_color(tmp_path: Path):
    pixels = np.zeros((60, 60, 4), np.uint8)
    pixels[10:50, 10:50] = (*RED, 255)
    pixels[10:50, 30:40] = (*RED, 140)
    cut = cut_out(save(tmp_path / "soft.png", pixels))
    assert abs(int(cut.alpha[20, 25]) - 140) <= 1
    assert np.abs(cut.rgb[20, 25].astype(int) - RED).max() <= 2


def test_a_subject_is_found_on_an_opaque_ground(tmp_path: Path):
    sheet = np.full((200, 160, 3), (190, 210, 180), np.uint8)
    figure = full_figure()
    spot = sheet[:, 30:130]
    spot[:] = np.where(figure[..., 3:] > 0, figure[..., :3], spot)
    cut = cut_out(save(tmp_path / "sheet.png", sheet))
    assert 45 <= cut.alpha.shape[1] <= 57
    assert float((cut.alpha > 128).mean()) < 0.95
    assert tuple(cut.rgb[cut.rgb.shape[0] // 2, cut.rgb.shape[1] // 2]) == RED


def test_an_even_picture_is_its_own_subject(tmp_path: Path):
    cut = cut_out(save(tmp_path / "even.png", np.full((40, 30, 3), 90, np.uint8)))
    assert cut.alpha.shape == (40, 30)
    assert int(cut.alpha.min()) == 255


def test_a_file_that_changes_is_read_again(tmp_path: Path):
    path = save(tmp_path / "one.png", full_figure())
    assert not cut_out(path).bust
    save(path, bust())
    assert cut_out(path).bust


# --- layout ---------------------------------------------------------------------------------------------


def test_close_ups_take_the_bust_and_wide_shots_the_full_figure(drawn: Asked):
    for shot, kind in (("close_up", "bust"), ("wide", "full")):
        draft = draft_of(drawn(structure=structure(shot)))
        assert {figure.reference.stem.split("_")[1] for figure in draft.figures} == {kind}


def test_a_bust_stands_on_the_lower_edge(drawn: Asked):
    draft = draft_of(drawn(structure=structure("close_up")))
    assert all(drawn_box(figure, draft.size).bottom == 1.0 for figure in draft.figures)


def test_a_figure_stands_in_its_pinned_place_on_its_lower_edge(drawn: Asked):
    place = Box(0.6, 0.2, 0.9, 0.9)
    draft = draft_of(drawn(identities=(identity("mara", place), identity("tib"))))
    mara = next(figure for figure in draft.figures if figure.name == "mara")
    stands = drawn_box(mara, draft.size)
    assert mara.box == place
    assert stands.bottom == pytest.approx(0.9, abs=0.01)
    assert place.left - 0.01 <= stands.left < stands.right <= place.right + 0.01
    changed = draw(draft)[200:214, 192 + 20 : 288 - 20].reshape(-1, 3)
    assert (np.abs(changed.astype(int) - (60, 40, 50)).max(axis=1) < 12).any()  # the feet


def test_the_outfit_of_the_panel_is_shown(tmp_path: Path, drawn: Asked):
    home = reference(save(tmp_path / "home.png", full_figure()), "mara", wardrobe="home")
    request = drawn(identities=(identity("mara", wardrobe="home"),))
    draft = draft_of(replace(request, references=(*request.references, home)))
    assert [figure.reference.name for figure in draft.figures] == ["home.png"]


def test_a_character_without_pictures_is_a_lay_figure_in_its_colors(drawn: Asked):
    draft = draft_of(drawn(references=(), identities=(identity("mara"),)))
    assert [one.name for one in draft.standins] == ["mara"]
    near = np.abs(draw(draft).astype(int) - RED).max(axis=2) <= 12
    assert near.mean() > 0.02


def test_an_animal_is_smaller_than_a_grown_person(drawn: Asked):
    draft = draft_of(
        drawn(identities=(identity("mara", look="an old man"), identity("tib", look="a tabby cat")))
    )
    high = {one.name: one.box.bottom - one.box.top for one in draft.figures}
    assert high["tib"] < 0.8 * high["mara"]


@given(st.integers(0, 2**32 - 1), st.sampled_from(SHOTS), st.integers(1, 8), st.booleans())
@settings(max_examples=60, deadline=None)
def test_figures_never_share_a_spot(seed, shot, count, pinned):
    first = Box(0.1, 0.3, 0.4, 0.95) if pinned else None
    cast = tuple(identity(f"c{i}", None if i else first) for i in range(count))
    request = GenerationRequest(
        "p", structure(shot), (), None, cast, (), (), (), seed  # type: ignore[arg-type]
    )  # fmt: skip
    boxes = [one.box for one in draft_of(request).standins]
    assert len(boxes) == count
    if not pinned:  # beside a pinned figure there may be no room left
        assert all(a.iou(b) < 0.5 for a, b in itertools.combinations(boxes, 2))


# --- pixels ---------------------------------------------------------------------------------------------


IN_ANOTHER_PROCESS = """
import hashlib, sys
from pathlib import Path
from series.generators.previz.previz import draft_of, draw, encode
from series.request import GenerationRequest, Identity, Reference, Role, Structure, StyleWords, Words
sent = (Reference(Role.CHARACTER, "mara", "0" * 64, Path(sys.argv[1])),)
cast = tuple(Identity(name, "", "drawn", "", (), None) for name in ("mara", "tib", "oswin"))
said = (Words("Hello あの", None, "mara"),)
look = Structure("in town", "", "full", "", (320, 240))
request = GenerationRequest("p", look, said, StyleWords("", ()), cast, (), (), sent, 7)
print(hashlib.sha256(encode(draw(draft_of(request)))).hexdigest())
"""


def test_every_process_draws_the_same_bytes(tmp_path: Path):
    path = save(tmp_path / "mara.png", full_figure())
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, str(path)]
    runs = {
        subprocess.run(
            command, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("0", "1")
    }
    assert len(runs) == 1


def test_panels_of_one_character_never_look_alike(drawn: Asked):
    small = []
    for number in range(64):
        request = drawn(panel=f"p{number}", seed=number * 977, identities=(identity("mara"),))
        pixels = draw(draft_of(request))
        small.append(cv2.resize(pixels, (16, 16), interpolation=cv2.INTER_AREA).astype(float))
    nearest = min(np.sqrt(((a - b) ** 2).mean()) for a, b in itertools.combinations(small, 2))
    assert nearest > 3.0


def test_panels_of_one_camera_stand_before_the_same_place(drawn: Asked):
    drafts = [draft_of(drawn(seed=seed, structure=structure(camera="street"))) for seed in (1, 2)]
    assert drafts[0].scenery == drafts[1].scenery
    assert drafts[0] != drafts[1]


@pytest.mark.parametrize("medium", ["drawn", "photo"])
@pytest.mark.parametrize("place", sorted(PLACES))
def test_no_background_is_flat(place, medium, drawn: Asked):
    pixels = paint_scenery(replace(draft_of(drawn()), place=place, medium=medium))
    middle = np.median(pixels.reshape(-1, 3), axis=0)
    assert (np.abs(pixels - middle).max(axis=2) > 8).mean() > 0.25


def test_the_background_is_painted_with_the_pinned_palette(drawn: Asked):
    palette = (NamedColor("ground", "#204020"), NamedColor("sky", "#802090"), NamedColor("wall", "#e0a060"))
    request = drawn(palette=palette, identities=())
    assert palette_of(request)[0] == "#802090"
    pixels = draw(draft_of(replace(request, structure=structure("wide"))))
    assert np.abs(pixels[2, 2].astype(int) - (128, 32, 144)).max() < 30


def test_without_a_palette_the_style_reference_lends_its_colors(tmp_path: Path, drawn: Asked):
    assert palette_of(drawn(palette=())) == DAY
    sheet = np.full((90, 90, 3), (20, 30, 90), np.uint8)
    sheet[60:] = (220, 230, 240)
    style = reference(save(tmp_path / "style.png", sheet), "style", Role.STYLE)
    assert palette_of(drawn(palette=(), references=(style,)))[0] == "#141e5a"


def test_a_new_color_is_put_in_the_place_of_the_old(drawn: Asked):
    draft = draft_of(drawn(identities=(identity("mara"),), structure=structure("full")))
    blue = replace(draft.figures[0], recolor=(("#c8322e", "#2050c0"),))

    def share(pixels: np.ndarray, color: tuple[int, int, int]) -> float:
        return float((np.abs(pixels.astype(int) - color).max(axis=2) <= 12).mean())

    before, after = draw(draft), draw(replace(draft, figures=(blue,)))
    assert share(before, RED) > 0.01 > share(after, RED)
    assert share(after, (0x20, 0x50, 0xC0)) > 0.01


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from((*SHOTS, "crane")),
    st.tuples(st.integers(1, 300), st.integers(1, 200)),
    st.sampled_from((None, Box(0, 0, 0.5, 1), Box(0.9, 0.9, 0.901, 0.901), Box(0, 0, 1, 0.01))),
    st.sampled_from(("drawn", "photo")),
)
@settings(max_examples=60, deadline=None)
def test_no_request_raises(tmp_path_factory, seed, shot, size, place, medium):
    folder = tmp_path_factory.getbasetemp()
    path = folder / "any.png"
    if not path.exists():
        save(path, full_figure())
    sent = (reference(path, "mara"), reference(path, "style", Role.STYLE))
    cast = (identity("mara", place, medium=medium), identity("tib", medium=medium))
    copy = (Words("「あの灯り」", place, "mara"), Words("THE END", None, ""))
    request = GenerationRequest(
        "p", structure(shot, size), copy, None, cast, (), (), sent, seed  # type: ignore[arg-type]
    )  # fmt: skip
    assert draw(draft_of(request)).shape == (size[1], size[0], 3)


# --- files ----------------------------------------------------------------------------------------------


def test_a_png_comes_back_pixel_for_pixel_with_its_words():
    pixels = np.random.default_rng(1).integers(0, 256, (13, 17, 3), np.uint8)
    data = encode(pixels, {"made by": "señor 灯"})
    assert np.array_equal(decode_frame(data, "png").pixels, pixels)
    at = data.index(b"iTXt")
    length = struct.unpack(">I", data[at - 4 : at])[0]
    assert data[at + 4 : at + 4 + length] == b"made by\0\0\0\0\0" + "señor 灯".encode()
    crc = struct.unpack(">I", data[at + 4 + length : at + 8 + length])[0]
    assert crc == zlib.crc32(data[at : at + 4 + length])
