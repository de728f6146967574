"""The ideal that a run is measured against, and what counts as mended."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from bench_ladder import Made, interval, per_accepted
from bench_loop import ideal
from truth import Mended

from series.generators.previz.options import LatencyOptions

HOSTED = LatencyOptions()


def test_one_place_is_one_answer_after_the_other() -> None:
    assert ideal(100, 1, HOSTED) == pytest.approx(420.0)


def test_the_first_requests_are_sent_before_the_provider_is_busy() -> None:
    assert ideal(10, 10, HOSTED) == pytest.approx(5.6)
    assert ideal(5, 10, HOSTED) == pytest.approx(4.8)


def test_a_scale_of_a_tenth_is_ten_times_as_fast() -> None:
    assert ideal(100, 10, LatencyOptions(scale=0.1)) == pytest.approx(ideal(100, 10, HOSTED) / 10)


def test_a_rate_limit_that_does_not_bind_costs_nothing() -> None:
    assert ideal(100, 10, HOSTED, per_minute=1000) == ideal(100, 10, HOSTED)


def test_under_a_rate_limit_the_next_request_waits_for_the_window() -> None:
    one_second = LatencyOptions(seconds={1: 1.0})
    assert ideal(3, 10, one_second, per_minute=2) == pytest.approx(61.0)
    assert ideal(5, 10, one_second, per_minute=2) == pytest.approx(121.0)


def test_pictures_of_frames_that_never_pass_are_paid_for_by_the_others() -> None:
    made = [Made(1, accepted=True, clean=True), Made(4, accepted=False, clean=False)]
    assert per_accepted(made) == 5.0


def test_the_ratio_of_a_policy_to_itself_is_one() -> None:
    made = [Made(n, accepted=True, clean=True) for n in (1, 1, 2, 4)]
    assert interval(made, made) == (1.0, 1.0)


def test_a_repair_that_leaves_or_makes_wrong_pixels_has_mended_nothing() -> None:
    assert Mended(before=0.1, after=0.01, new=0.001).fixed
    assert not Mended(before=0.1, after=0.05, new=0.0).fixed
    assert not Mended(before=0.1, after=0.02, new=0.02).fixed
