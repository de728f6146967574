"""Style with color taken out: against references, and a series against itself."""

from __future__ import annotations

import pytest

from consistency import DEFAULT_TOLERANCES, Verdict, judge
from consistency.checks import style

IDS = {"style": "classical.texture/1"}
USUAL = [(1, 0.02 * i, 0.01, 0) for i in range(6)]


def test_the_nearest_style_reference_counts(make) -> None:
    references = (make.a_sketch("ink.png", style=(1, 0, 0)), make.a_sketch("wash.png", style=(0, 1, 0)))
    (found,) = style.measure(make.observation(style=(0, 1, 0.1)), make.expected(style_references=references))
    assert found.check == "style.reference"
    assert found.distance == pytest.approx(0.005, abs=1e-3)
    assert found.evidence.nearest == "wash.png"
    assert found.evidence.scores["ink.png"] == pytest.approx(1)
    assert found.encoder == "scripted.style/1"


def test_without_a_style_reference_nothing_is_said(make) -> None:
    assert style.measure(make.observation(), make.expected()) == []


def test_a_frame_in_another_style_stands_out_of_its_series(make) -> None:
    rows = [*USUAL, (0, 0, 0, 1)]
    results = style.measure_series([make.a_sketch(f"p{i}", style=row) for i, row in enumerate(rows)], IDS)
    verdicts = [judge(own, DEFAULT_TOLERANCES).verdict for own in results]
    assert verdicts == [Verdict.CONSISTENT] * 6 + [Verdict.DRIFTED]
    assert results[-1][0].subject == "series"


def test_outliers_do_not_pull_the_middle_that_the_others_are_measured_from(make) -> None:
    usual = [make.a_sketch(f"p{i}", style=row) for i, row in enumerate(USUAL)]
    strange = [make.a_sketch(f"x{i}", style=(0, 0, 0, 1)) for i in range(2)]
    alone = style.measure_series(usual, IDS)
    among = style.measure_series([*usual, *strange], IDS)
    for one, other in zip(alone, among[:6], strict=True):
        assert other[0].distance == pytest.approx(one[0].distance, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_short_series_cannot_say_what_its_style_is(make, count: int) -> None:
    assert style.measure_series([make.a_sketch(f"p{i}") for i in range(count)], IDS) == [[]] * count
