"""Repairs on real pictures: the drifted paint is turned back, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import Box, Verdict, ciede2000, read_frame, srgb_to_lab
from series.drift import DriftKind
from series.errors import SeriesError
from series.manifest import read_manifest
from series.pipeline import AuditOptions, audit_series
from series.plan import FrameOrder, LetteringOrder, StyleOrder, plan
from series.reinforce.attempt import Repair, RepairKind
from series.reinforce.repair import mend, repaired_png

MARA = Box(0.1875, 0.02, 0.79, 1.0)
RED, ORANGE = "#c8322e", "#e5641e"
BALLOON = Box(0.6, 0.1, 0.95, 0.4)
EMPTY = FrameOrder("p01", 0, 1, None, "", "", "", "", (), None, None, (), StyleOrder("", (), ()), None, None)


def repaint(found: str, pinned: str, box: Box = MARA) -> Repair:
    return Repair(RepairKind.REMAP_COLOR, DriftKind.PALETTE, "mara", "coat", "color.role", box, found, pinned)


def letter(box: Box = BALLOON) -> Repair:
    return Repair(RepairKind.SET_LETTERING, DriftKind.LETTERING, "frame", "", "lettering", box)


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return ciede2000(srgb_to_lab(one), srgb_to_lab(other))


def outside(pixels: np.ndarray, box: Box) -> np.ndarray:
    left, top, right, bottom = box.pixels(pixels.shape[1], pixels.shape[0])
    around = np.ones(pixels.shape[:2], bool)
    around[top:bottom, left:right] = False
    return pixels[around]


@pytest.fixture(scope="module")
def order(sample: Path) -> Callable[[str], FrameOrder]:
    orders = {one.panel: one for one in plan(read_manifest(sample / "series.yaml"))}
    return orders.__getitem__


@pytest.fixture(scope="module")
def drifted(sample: Path) -> np.ndarray:
    return read_frame(sample / "frames/p06.png").pixels


@pytest.fixture(scope="module")
def clean(sample: Path) -> np.ndarray:
    return read_frame(sample / "clean/p06.png").pixels


def test_an_orange_coat_is_red_again(drifted, clean, order) -> None:
    mended = mend(drifted, repaint("#e2631f", RED), order("p06"))
    coat = apart(drifted, clean) > 5
    assert apart(drifted, clean)[coat].mean() > 14
    # Paint, second tone, grain and antialiased edges against the panel as it was drawn.
    assert apart(mended, clean)[coat].mean() < 3
    assert np.median(apart(mended, clean)[coat]) < 1.5
    assert np.mean(apart(mended, clean)[coat] > 5) < 0.05


def test_what_was_right_stays(drifted, clean, order) -> None:
    mended = mend(drifted, repaint("#e2631f", RED), order("p06"))
    same = apart(drifted, clean) < 0.5
    moved = apart(mended, drifted)[same] > 1
    assert moved.mean() < 0.001
    face = (slice(470, 640), slice(320, 580))
    assert np.array_equal(mended[face], drifted[face])
    assert np.array_equal(outside(mended, MARA), outside(drifted, MARA))


def test_the_audit_no_longer_finds_the_drift(sample: Path, order, tmp_path: Path) -> None:
    series = tmp_path / "lantern"
    for part in ("refs", "palettes"):
        shutil.copytree(sample / part, series / part)
    shutil.copyfile(sample / "series.yaml", series / "series.yaml")
    frame = series / "frames/p06.png"
    frame.parent.mkdir()
    verdicts = {}
    for name, data in {
        "before": (sample / "frames/p06.png").read_bytes(),
        "after": repaired_png(sample / "frames/p06.png", repaint("#e2631f", RED), order("p06")),
    }.items():
        frame.write_bytes(data)
        options = AuditOptions(series / "series.yaml", frame.parent, cache=tmp_path / "facts.sqlite")
        audited = next(one for one in audit_series(options).audit.frames if one.panel == "p06")
        coat = [
            finding
            for finding in audited.assessment.findings
            if (finding.result.check, finding.result.subject) == ("color.role", "mara")
            and finding.result.evidence.swatches[0].role == "coat"
        ]
        verdicts[name] = (coat[0].verdict, coat[0].result.distance)
    assert verdicts["before"][0] is Verdict.DRIFTED
    assert verdicts["after"][0] is Verdict.CONSISTENT
    assert verdicts["after"][1] < 3


def test_skin_and_a_mustard_coat_beside_it_are_not_taken_along(sample: Path, order) -> None:
    right = read_frame(sample / "clean/p04.png").pixels
    box = Box(0.1, 0.2, 0.9, 1.0)
    wrong = mend(right, repaint(RED, ORANGE, box), EMPTY)
    mended = mend(wrong, repaint(ORANGE, RED, box), order("p04"))
    coat = apart(right, wrong) > 5
    assert coat.mean() > 0.03
    assert apart(mended, right)[coat].mean() < 2
    # Oswin's coat, the skin of both: whatever was not repainted first.
    assert np.mean(apart(mended, right)[~coat] > 2) < 0.001


def test_a_pinned_color_that_is_nearer_is_left_alone(order) -> None:
    mustard = (0xD0, 0x91, 0x2B)
    pixels = np.full((80, 120, 3), mustard, np.uint8)
    near = repaint("#d6922e", RED, Box(0, 0, 1, 1))
    assert not np.array_equal(mend(pixels, near, EMPTY), pixels)
    assert np.array_equal(mend(pixels, near, order("p04")), pixels)


def test_a_color_that_is_pinned_for_something_else_is_never_painted_over(sample: Path, order) -> None:
    # Snow that was taken for the cat: near #dfe6f7, which the series pins.
    with pytest.raises(SeriesError, match="a pinned color is nearer"):
        repaired_png(sample / "clean/p04.png", repaint("#d9e1f2", "#8cc5b4"), order("p04"))


def test_a_speck_of_like_color_is_something_else() -> None:
    pixels = np.full((200, 200, 3), 240, np.uint8)
    pixels[20:180, 20:120] = (0xE5, 0x64, 0x1E)
    pixels[100:108, 160:168] = (0xE5, 0x64, 0x1E)
    mended = mend(pixels, repaint(ORANGE, RED, Box(0, 0, 1, 1)), EMPTY)
    assert tuple(mended[100, 60]) == (0xC8, 0x32, 0x2E)
    assert np.array_equal(mended[90:120, 150:180], pixels[90:120, 150:180])


boxes = st.tuples(*[st.floats(0, 1)] * 4).filter(
    lambda f: abs(f[0] - f[2]) > 0.02 and abs(f[1] - f[3]) > 0.02
)


@settings(max_examples=25, deadline=None)
@given(boxes, st.sampled_from([ORANGE, "#202654", "#f3cba8", "#ffffff"]), st.sampled_from(list(RepairKind)))
def test_nothing_outside_the_box_ever_changes(corners, found: str, kind: RepairKind) -> None:
    pixels = _small()
    before = pixels.copy()
    x, y = sorted((corners[0], corners[2])), sorted((corners[1], corners[3]))
    box = Box(x[0], y[0], x[1], y[1])
    order = replace(EMPTY, lettering=(LetteringOrder("I KNOW!", box, "mara"),))
    repair = replace(repaint(found, RED, box), kind=kind)
    mended = mend(pixels, repair, order)
    assert np.array_equal(outside(mended, box), outside(pixels, box))
    assert np.array_equal(pixels, before)
    assert (mended.dtype, mended.shape) == (np.uint8, pixels.shape)
    assert np.array_equal(mend(pixels, repair, order), mended)


def _small() -> np.ndarray:
    """The drifted panel at a quarter of its size."""
    path = Path(__file__).parents[3] / "samples/lantern/frames/p06.png"
    return read_frame(path, longest_side=256).pixels


def test_words_are_set_anew_and_the_old_ones_are_gone(drifted, order) -> None:
    words = replace(order("p06"), lettering=(LetteringOrder("I KNOW!", BALLOON, "mara"),))
    garbled = drifted.copy()
    cv2.putText(garbled, "XQZ", (720, 155), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (20, 24, 48), 9)
    mended = mend(garbled, letter(), words)
    # Whatever stood in the balloon before, the result is the same: nothing of it is left.
    assert np.array_equal(mended, mend(drifted, letter(), words))
    assert not np.array_equal(mended, drifted)
    assert np.array_equal(outside(mended, BALLOON), outside(drifted, BALLOON))


def test_words_stand_in_the_middle_of_the_old_balloon(drifted, order) -> None:
    mended = mend(drifted, letter(), replace(order("p06"), lettering=(LetteringOrder("ECHT?", BALLOON, ""),)))
    left, top, right, bottom = 690, 105, 910, 180
    inside = mended[top:bottom, left:right]
    ys, xs = np.nonzero(inside.max(axis=2) < 90)
    assert len(ys) > 300
    assert abs((xs.min() + xs.max()) / 2 - (800 - left)) < 6
    assert abs((ys.min() + ys.max()) / 2 - (140 - top)) < 6
    # The balloon keeps its own line and tail, and gets no second one.
    around = np.ones(mended.shape[:2], bool)
    around[top:bottom, left:right] = False
    moved = np.abs(mended.astype(int) - drifted).max(axis=2)[around]
    assert np.mean(moved > 30) < 0.0002


def test_other_words_give_another_picture(drifted, order) -> None:
    def said(text: str) -> np.ndarray:
        words = replace(order("p06"), lettering=(LetteringOrder(text, BALLOON, "mara"),))
        return mend(drifted, letter(), words)

    assert not np.array_equal(said("I KNOW!"), said("NO IDEA"))


def test_snow_is_no_balloon(order, drifted) -> None:
    words = replace(order("p06"), lettering=(LetteringOrder("OH", Box(0.3, 0.0, 0.7, 0.12), ""),))
    mended = mend(drifted, letter(Box(0.3, 0.0, 0.7, 0.12)), words)
    pompom = (slice(150, 220), slice(400, 480))
    assert np.array_equal(mended[pompom], drifted[pompom])


def test_the_png_holds_the_mended_pixels(sample: Path, order, drifted, tmp_path: Path) -> None:
    repair = repaint("#e2631f", RED)
    path = tmp_path / "mended.png"
    path.write_bytes(repaired_png(sample / "frames/p06.png", repair, order("p06")))
    assert np.array_equal(read_frame(path).pixels, mend(drifted, repair, order("p06")))


@pytest.mark.parametrize(
    ("repair", "said"),
    [
        (repaint("#00ff00", RED), "nothing to repair here: #00ff00 is not in the box"),
        (repaint("", RED), "a color cannot be repaired"),
    ],
)
def test_a_repair_without_effect_is_an_error(repair: Repair, said: str, sample: Path, order) -> None:
    with pytest.raises(SeriesError, match=said):
        repaired_png(sample / "frames/p06.png", repair, order("p06"))


def test_a_panel_without_words_has_none_to_set(sample: Path, order) -> None:
    with pytest.raises(SeriesError, match="no lettering"):
        repaired_png(sample / "frames/p06.png", letter(), replace(order("p06"), lettering=()))


def test_a_file_that_is_no_picture_is_an_error(tmp_path: Path, order) -> None:
    path = tmp_path / "p06.png"
    path.write_bytes(b"<html>")
    with pytest.raises(SeriesError, match="expected a picture"):
        repaired_png(path, repaint(ORANGE, RED), order("p06"))
