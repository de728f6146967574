"""Licenses of models on their way: from the encoders into the lock and every report, and the guard."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import cv2
import jsonschema
import numpy as np
import pytest

from consistency import ENCODERS, EncoderError, ModelError, check_license, load_encoders
from series.lock import compare_lock, read_lock
from series.locked import lock_again
from series.manifest import read_manifest
from series.pipeline import AuditOptions, audit_series
from series.report import audit_document, audit_html, audit_json, audit_junit, audit_schema

MODELS = Path(os.environ["SERIES_MODELS"]) if os.environ.get("SERIES_MODELS") else None
"""Of whoever runs the tests; the tests of this folder take the variable away."""
PLAIN = "version: 1\nseries: Plain\nsize: [160, 120]\npanels: [{id: p01}, {id: p02}]\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "series.yaml").write_text(PLAIN, "utf-8")
    return tmp_path / "series.yaml"


@pytest.fixture
def encoders():
    """The classical ones, as if two roles ran models."""
    models = {"faces": ("yunet", "face-reidentification-retail-0095"), "subject": ("/home/mine.onnx",)}
    return replace(load_encoders(), models=models)


def test_encoders_tell_the_licenses_of_their_models(encoders) -> None:
    assert encoders.licenses == {
        "faces": "yunet: Apache-2.0, face-reidentification-retail-0095: Apache-2.0",
        "subject": "/home/mine.onnx: not in the catalogue: license unknown",
    }
    assert encoders.model_names == ("yunet", "face-reidentification-retail-0095", "/home/mine.onnx")
    assert load_encoders().licenses == {}


def test_the_lock_records_them(manifest, encoders) -> None:
    path, _ = lock_again(manifest, encoders.locked, encoders.licenses)
    assert read_lock(path).licenses == encoders.licenses


def test_the_lock_is_the_same_file_as_ever_without_models(manifest) -> None:
    path, _ = lock_again(manifest, load_encoders().locked)
    before = path.read_bytes()
    lock_again(manifest, load_encoders().locked, load_encoders().licenses)
    assert path.read_bytes() == before
    assert "licenses" not in json.loads(before)
    assert read_lock(path).licenses == {}


def test_other_words_for_the_same_license_are_no_change(manifest, encoders) -> None:
    path, _ = lock_again(manifest, encoders.locked, encoders.licenses)
    before = read_lock(path)
    path, _ = lock_again(manifest, encoders.locked, {"faces": "yunet: Apache License 2.0"})
    assert compare_lock(before, read_lock(path)) == ()


def test_reports_name_them_beside_the_encoders(manifest, tmp_path) -> None:
    (tmp_path / "frames").mkdir()
    cv2.imwrite(str(tmp_path / "frames/p01.png"), np.full((120, 160, 3), 90, np.uint8))
    audit = audit_series(AuditOptions(manifest, tmp_path / "frames")).audit
    assert audit.licenses == {}
    assert "licenses" not in audit_document(audit)
    told = replace(audit, licenses={"subject": "auraface: Apache-2.0 <b>"})
    document = json.loads(audit_json(told))
    assert document["licenses"] == told.licenses
    jsonschema.Draft202012Validator(audit_schema()).validate(document)
    html = audit_html(told)
    assert "license of auraface: Apache-2.0 &lt;b&gt;" in html
    assert "license of" not in audit_html(audit)
    assert '"license.subject" value="auraface: Apache-2.0 &lt;b&gt;"' in audit_junit(told)


def test_a_manifest_is_commercial_unless_it_says_otherwise(manifest) -> None:
    with pytest.raises(ModelError):
        check_license(["buffalo_l"], read_manifest(manifest).use)
    manifest.write_text(PLAIN + "use: research\n", "utf-8")
    check_license(["buffalo_l"], read_manifest(manifest).use)


@pytest.mark.parametrize("name", list(ENCODERS))
def test_every_encoder_that_comes_with_weights_names_them(name) -> None:
    try:
        encoders = load_encoders(name, folder=MODELS)
    except EncoderError as error:  # an extra or a model that is not here
        pytest.skip(str(error))
    built_in = {role for role, encoder in encoders.ids.items() if encoder.startswith("classical.")}
    assert set(encoders.models) == set(encoders.ids) - built_in
