"""Heat maps: over the frame's picture on the page, in numbers in the JSON, kept with the measurements."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from consistency import Box, Evidence, HeatMap, LabeledBox, Measurement, OnStage, Sketch, Tolerance, judge
from series.audit import Audit
from series.manifest import read_manifest
from series.measured import Measured, from_bytes, to_bytes
from series.plan import plan
from series.report import audit_document, audit_html, audit_schema
from series.report.view.heat import HEAT_MAPS

SAMPLE = Path(__file__).parents[3] / "samples" / "lantern" / "series.yaml"
CELLS = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)
HEAT = HeatMap.of(CELLS)
LIMITS = {
    ("identity", "subject/1"): Tolerance(0.5, 0.9, "a test"),
    ("identity.absent", "maps/1"): Tolerance(2, 3, "a test"),
    ("identity.unexpected", "maps/1"): Tolerance(0.3, 0.5, "a test"),
}
MARKUP = "<b>mara</b>"


def measured(check: str, name: str, distance: float, heat: HeatMap | None = HEAT) -> Measurement:
    box = LabeledBox(Box(0.1, 0.1, 0.4, 0.9), name)
    encoder = "subject/1" if check == "identity" else "maps/1"
    return Measurement(check, name, distance, "cosine distance", encoder, Evidence("seen", (box,), heat=heat))


@pytest.fixture
def sought(clean):
    def audit(*results: Measurement) -> Audit:
        first, *rest = clean.frames
        return replace(clean, frames=(replace(first, assessment=judge(results, LIMITS)), *rest))

    return audit


def heats(page: str) -> list[np.ndarray]:
    """The pictures of heat maps as a browser would read them, uint8 (h, w, 4) BGRA."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)"', page)
    buffers = [np.frombuffer(base64.b64decode(text), np.uint8) for text in found]
    return [cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED) for buffer in buffers]


def test_a_heat_map_lies_over_the_picture_as_a_picture_with_transparency(sought) -> None:
    page = audit_html(sought(measured("identity", "mara", 0.3)))
    (picture,) = heats(page)
    assert picture.shape == (4, 6, 4)
    assert len(np.unique(picture[..., :3].reshape(-1, 3), axis=0)) == 1
    opaque = picture[..., 3].astype(int)
    assert opaque[0, 0] == 0
    assert (np.diff(opaque.ravel()) > 0).all(), "the warmer the more opaque"
    assert opaque.max() < 255, "the picture stays visible"


def test_each_character_has_one_however_many_findings_it_has(sought) -> None:
    results = [
        measured(check, name, 0.3) for name in ("mara", "tib") for check in ("identity", "identity.absent")
    ]
    assert len(heats(audit_html(sought(*results)))) == 2


@pytest.mark.parametrize(("similarity", "drawn"), [(0.1, 0), (0.4, 1)])
def test_who_is_neither_pinned_nor_there_is_not_drawn(sought, similarity, drawn) -> None:
    assert len(heats(audit_html(sought(measured("identity.unexpected", "tib", similarity))))) == drawn


def test_no_more_than_a_few_are_drawn(sought) -> None:
    assert (
        len(heats(audit_html(sought(*(measured("identity", f"c{i}", 0.1) for i in range(20)))))) == HEAT_MAPS
    )


def test_without_heat_maps_nothing_is_said_of_them(sought) -> None:
    audit = sought(measured("identity", "mara", 0.3, heat=None))
    page = audit_html(audit)
    assert not heats(page)
    assert "Where they were sought" not in page
    (frame, *_) = audit_document(audit)["frames"]
    assert "heat" not in frame["measurements"][0]["evidence"]


def test_names_beside_heat_maps_are_no_markup(sought) -> None:
    page = audit_html(sought(measured("identity", MARKUP, 0.3)))
    assert len(heats(page)) == 1
    assert MARKUP not in page


def test_the_json_holds_the_cells_and_follows_its_schema(sought) -> None:
    document = audit_document(sought(measured("identity.absent", "mara", 2.5)))
    jsonschema.Draft202012Validator(audit_schema()).validate(document)
    evidence = document["frames"][0]["measurements"][0]["evidence"]
    np.testing.assert_array_equal(HeatMap(**evidence["heat"]).array, CELLS)


@pytest.mark.parametrize(("distance", "said"), [(2.5, "clearly looks like mara"), (3.5, "looks like mara")])
def test_an_absent_character_is_told_in_words(sought, distance, said) -> None:
    page = audit_html(sought(measured("identity.absent", "mara", distance)))
    assert f"Nothing in the frame {said}" in page


def test_a_heat_map_is_kept_with_the_measurements() -> None:
    order = plan(read_manifest(SAMPLE))[0]
    row, small = np.ones(3, np.float32), np.zeros((16, 16, 3), np.float32)
    result = measured("identity", "mara", 0.3)
    written = Measured(
        order, "a.png", (result,), Sketch("a", "d", row, row, small, small), OnStage(("mara",), {}, 0, row)
    )
    assert from_bytes(to_bytes(written), order, "a.png").results == (result,)
