from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import (
    ANY_ENCODER,
    DEFAULT_TOLERANCES,
    Measurement,
    Tolerance,
    ToleranceError,
    Unmeasured,
    Verdict,
    judge,
)

BAND = Tolerance(0.2, 0.5, "a test")


def verdict_of(distance: float, tolerance: Tolerance = BAND) -> Verdict:
    measured = Measurement("identity", "mara", distance, "cosine distance", "e/1")
    return judge([measured], {("identity", "e/1"): tolerance}).verdict


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [
        (0.0, Verdict.CONSISTENT),
        (0.2, Verdict.CONSISTENT),
        (0.21, Verdict.UNSURE),
        (0.5, Verdict.UNSURE),
        (0.51, Verdict.DRIFTED),
        (math.nan, Verdict.UNSURE),
    ],
)
def test_a_distance_falls_into_one_of_three_bands(distance: float, verdict: Verdict) -> None:
    assert verdict_of(distance) is verdict


def test_a_copy_of_a_reference_is_too_near() -> None:
    assert verdict_of(0.01, Tolerance(0.2, 0.5, "a test", too_close=0.05)) is Verdict.DRIFTED


def test_what_could_not_be_measured_is_unsure() -> None:
    seen = Measurement("picture.size", "frame", 0.0, "share", "e/1")
    hidden = Unmeasured("identity", "mara", "no region looks like mara")
    assessment = judge([seen, hidden], {("picture.size", "e/1"): BAND})
    assert [finding.verdict for finding in assessment.findings] == [Verdict.CONSISTENT, Verdict.UNSURE]
    assert assessment.verdict is Verdict.UNSURE


def test_nothing_measured_is_unsure_and_never_a_pass() -> None:
    assert judge([], {}).verdict is Verdict.UNSURE


def test_a_pair_without_tolerance_is_an_error_that_names_it() -> None:
    with pytest.raises(ToleranceError, match=r"no tolerance for check 'identity' measured by 'other/2'"):
        judge(
            [Measurement("identity", "mara", 0.1, "cosine distance", "other/2")], {("identity", "e/1"): BAND}
        )


def test_a_swatch_pinned_more_narrowly_goes_before_the_check() -> None:
    table = {
        ("color.role", "lab/1"): Tolerance(8, 14, "wide"),
        ("color.role", "lab/1", "mara", "coat"): Tolerance(2, 2, "narrow"),
    }
    coat = Measurement("color.role", "mara", 5, "ΔE00", "lab/1", part="coat")
    hair = Measurement("color.role", "mara", 5, "ΔE00", "lab/1", part="hair")
    assert [f.verdict for f in judge([coat, hair], table).findings] == [Verdict.DRIFTED, Verdict.CONSISTENT]


@pytest.mark.parametrize(
    ("limits", "message"), [((0.5, 0.2), "larger than reject_above"), ((0.2, 0.5, 0.3), "not below")]
)
def test_limits_out_of_order_are_an_error(limits: tuple[float, ...], message: str) -> None:
    with pytest.raises(ToleranceError, match=message):
        Tolerance(limits[0], limits[1], "a test", limits[2] if len(limits) > 2 else None)


@given(st.floats(0, 10), st.floats(0, 10))
def test_a_larger_distance_never_gets_a_better_verdict(a: float, b: float) -> None:
    near, far = sorted((a, b))
    assert verdict_of(near).severity <= verdict_of(far).severity


def test_a_limit_that_a_person_set_is_for_any_encoder_without_its_own() -> None:
    measured = [
        Measurement("identity", "mara", 0.3, "cosine distance", encoder) for encoder in ("e/1", "f/1")
    ]
    table = {("identity", "e/1"): BAND, ("identity", ANY_ENCODER): Tolerance(0.4, 0.4, "series.yaml:7")}
    first, second = judge(measured, table).findings
    assert (first.tolerance.source, first.verdict) == ("a test", Verdict.UNSURE)
    assert (second.tolerance.source, second.verdict) == ("series.yaml:7", Verdict.CONSISTENT)


def test_a_missing_limit_is_an_error_that_says_how_to_set_one() -> None:
    measured = Measurement("style.reference", "style", 0.1, "cosine distance", "csd")
    with pytest.raises(ToleranceError, match=r"checks: \{tolerances: \{style\.reference: \{accept_below"):
        judge([measured], DEFAULT_TOLERANCES)
