"""Rendering: line, grain and blur in deviations of the references, and of the series itself."""

from __future__ import annotations

import pytest

from consistency import DEFAULT_TOLERANCES, Unmeasured, Verdict, judge
from consistency.checks import rendering
from consistency.encoders.rendering import RENDERING_FLOORS, RENDERING_NAMES

IDS = {"rendering": "classical.rendering/1"}


def row(**moves: float) -> tuple[float, ...]:
    """Scalars of a frame, moved by a number of floors: the least deviation that counts."""
    named = {name: moves.get(name.replace(" ", "_"), 0.0) for name in RENDERING_NAMES}
    return tuple(named[name] * floor for name, floor in zip(RENDERING_NAMES, RENDERING_FLOORS, strict=True))


def references(make, count: int):
    return tuple(make.a_sketch(f"r{i}", rendering=row(fine_texture=0.2 * i)) for i in range(count))


def test_the_largest_move_of_one_scalar_counts(make) -> None:
    seen = make.observation(rendering=row(fine_texture=0.2, edge_crispness=-5.0))
    (found,) = rendering.measure(seen, make.expected(style_references=references(make, 3)))
    assert (found.check, found.subject) == ("rendering.reference", "style")
    assert found.distance == pytest.approx(5.0, abs=0.01)
    assert found.evidence.scores["edge crispness"] == pytest.approx(-5.0, abs=0.01)
    assert found.evidence.reason.endswith("5.0 deviations from the references")


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_references_are_unmeasured_and_say_how_many_to_pin(make, count: int) -> None:
    (found,) = rendering.measure(make.observation(), make.expected(style_references=references(make, count)))
    assert isinstance(found, Unmeasured)
    assert found.reason == (
        f"{count} style reference(s) cannot tell how much rendering varies by scene: "
        "pin at least 3 under style.references"
    )


def test_without_style_references_nothing_is_said(make) -> None:
    assert rendering.measure(make.observation(), make.expected()) == []


def test_an_outlier_does_not_hide_behind_its_own_spread(make) -> None:
    """Counted among n rows, no row can be farther than (n - 1) / √n deviations: 2.3 of seven."""
    sketches = [make.a_sketch(f"p{i}", rendering=row(fine_texture=0.1 * i)) for i in range(6)]
    sketches.append(make.a_sketch("blurred", rendering=row(edge_crispness=-9.0)))
    results = rendering.measure_series(sketches, IDS)
    assert results[-1][0].distance == pytest.approx(9.0, abs=0.05)
    verdicts = [judge(own, DEFAULT_TOLERANCES).verdict for own in results]
    assert verdicts == [Verdict.CONSISTENT] * 6 + [Verdict.DRIFTED]


def test_a_great_outlier_does_not_hide_a_smaller_one(make) -> None:
    sketches = [make.a_sketch(f"p{i}", rendering=row(fine_texture=0.1 * i)) for i in range(8)]
    sketches.append(make.a_sketch("soft", rendering=row(edge_crispness=-7.0)))
    sketches.append(make.a_sketch("blurred", rendering=row(edge_crispness=-40.0)))
    *_, soft, blurred = rendering.measure_series(sketches, IDS)
    verdicts = [judge(own, DEFAULT_TOLERANCES).verdict for own in (soft, blurred)]
    assert verdicts == [Verdict.DRIFTED, Verdict.DRIFTED]


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_short_series_says_nothing_about_itself(make, count: int) -> None:
    assert rendering.measure_series([make.a_sketch(f"p{i}") for i in range(count)], IDS) == [[]] * count


def test_equal_frames_measure_nothing(make) -> None:
    results = rendering.measure_series([make.a_sketch(f"p{i}") for i in range(5)], IDS)
    assert [own[0].distance for own in results] == [0.0] * 5
