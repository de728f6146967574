"""Style with color taken out: against references, and a series against itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
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


def styled(seen, row: tuple[float, ...]):
    """The same with this very row, which is no unit row."""
    return replace(seen, style=np.array(row, np.float32))


def corrected(rows: list[tuple[float, ...]], near: float) -> list[tuple[float, ...]]:
    """The same rows as an encoder with a cohort gives them, all as near to it."""
    lengths = [sum(value**2 for value in row) ** 0.5 for row in rows]
    return [(*(v / length for v in row), near) for row, length in zip(rows, lengths, strict=True)]


def test_a_cohort_moves_all_distances_by_how_near_everything_is(make) -> None:
    ids = {"style": "csd+csls:0123456789ab"}
    rows = [*USUAL, (0, 0, 0, 1)]
    plain = style.measure_series([make.a_sketch(f"p{i}", style=row) for i, row in enumerate(rows)], IDS)
    for near in (0.0, 0.25):
        sketches = [styled(make.a_sketch(f"p{i}"), row) for i, row in enumerate(corrected(rows, near))]
        found = style.measure_series(sketches, ids)
        for (one,), (other,) in zip(plain, found, strict=True):
            assert other.distance == pytest.approx(one.distance + near, abs=1e-5)
            assert (other.unit, other.encoder) == (style.CORRECTED, ids["style"])


def test_a_reference_that_is_near_to_everything_is_not_the_nearest(make) -> None:
    hub, partner = (0.9, 0.436, 0, 0.8), (0.8, 0, 0.6, 0.1)
    references = (styled(make.a_sketch("hub.png"), hub), styled(make.a_sketch("partner.png"), partner))
    ids = {"style": "csd+csls:0123456789ab"}
    expected = replace(make.expected(style_references=references), encoders=ids)
    (found,) = style.measure(styled(make.observation(), (1, 0, 0, 0.2)), expected)
    assert found.evidence.nearest == "partner.png"
    assert found.distance == pytest.approx(1 - 0.8 + (0.1 + 0.2) / 2)
    assert style.CORRECTED in found.evidence.reason
