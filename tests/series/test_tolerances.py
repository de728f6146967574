"""Limits of the manifest over the built-in ones; a check without any stops a series before it starts."""

from __future__ import annotations

import re

import pytest

from consistency import ANY_ENCODER, ToleranceError, load_encoders
from series.manifest import read_manifest
from series.plan import plan
from series.tolerances import check_limits, resolve_tolerances

OWN = {"style": "open_clip:own@0123", "rendering": "classical.rendering/1", "subject": "ccip@4567"}


def limits_of(comic, encoders: dict[str, str]):
    manifest = read_manifest(comic.manifest)
    orders = plan(manifest)
    tolerances = resolve_tolerances(manifest, orders)
    check_limits(manifest, orders, encoders, tolerances)
    return tolerances


def with_checks(comic, text: str) -> None:
    comic.manifest.write_text(
        f"{comic.manifest.read_text(encoding='utf-8')}\nchecks: {text}\n", encoding="utf-8"
    )


@pytest.fixture
def plain(comic):
    text = comic.manifest.read_text(encoding="utf-8")
    comic.manifest.write_text(re.sub(r"(?ms)^checks:.*?(?=^\S|\Z)", "", text), encoding="utf-8")
    return comic


def test_the_built_in_encoders_have_all_limits(plain) -> None:
    limits_of(plain, load_encoders().ids)
    limits_of(plain, {**load_encoders().ids, "subject": "ccip"})


def test_an_encoder_of_ones_own_is_named_with_all_that_it_lacks(plain) -> None:
    with pytest.raises(ToleranceError) as error:
        limits_of(plain, OWN)
    said = str(error.value)
    for check in ("identity", "identity.swap", "identity.unexpected"):
        assert f"check '{check}' measured by 'ccip@4567'" in said
        assert f"{check}: {{accept_below: …, reject_above: …}}" in said
    assert "rendering" not in said


def test_limits_of_the_manifest_are_for_every_encoder(plain) -> None:
    band = "{accept_below: 0.1, reject_above: 0.2}"
    names = ("identity", "identity.swap", "identity.unexpected", "style.reference", "style.series")
    with_checks(plain, "{tolerances: {" + ", ".join(f"{name}: {band}" for name in names) + "}}")
    tolerances = limits_of(plain, OWN)
    assert tolerances["identity", ANY_ENCODER].accept_below == 0.1
    assert tolerances["identity", "classical.appearance/1"].reject_above == 0.2
    assert "series.yaml" in tolerances["identity", ANY_ENCODER].source


def test_a_check_that_is_off_needs_no_limits(plain) -> None:
    with_checks(plain, "{off: [identity, style]}")
    limits_of(plain, OWN)
