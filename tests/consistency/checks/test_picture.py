"""The picture itself: size, aspect, blank frames, copies."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import DEFAULT_TOLERANCES, Verdict, judge, sketch
from consistency.checks import picture


def noise(seed: int, shape: tuple[int, int] = (48, 64)) -> np.ndarray:
    """A picture with large shapes in it: 8 × 8 patches."""
    small = np.random.default_rng(seed).integers(0, 255, (shape[0] // 8, shape[1] // 8, 3), np.uint8)
    return np.repeat(np.repeat(small, 8, 0), 8, 1)


def on_ground(subject: np.ndarray, ground: tuple[int, int, int], shape=(48, 64), at=(4, 4)) -> np.ndarray:
    pixels = np.full((*shape, 3), ground, np.uint8)
    height, width = subject.shape[:2]
    pixels[at[0] : at[0] + height, at[1] : at[1] + width] = subject
    return pixels


@pytest.fixture
def seen(make):
    def observe(pixels: np.ndarray, **fields):
        return make.observation(colors=make.picture_field(pixels), **fields)

    return observe


def found(results, check: str):
    (one,) = [result for result in results if result.check == check]
    return one


def verdict(result) -> Verdict:
    return judge([result], DEFAULT_TOLERANCES).verdict


# --- size -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "short", "aspect", "verdicts"),
    [
        ((1024, 768), 0, 0, (Verdict.CONSISTENT, Verdict.CONSISTENT)),
        ((2048, 1536), 0, 0, (Verdict.CONSISTENT, Verdict.CONSISTENT)),
        ((1024, 760), 0.0104, 0.0105, (Verdict.UNSURE, Verdict.UNSURE)),
        ((512, 384), 0.5, 0, (Verdict.DRIFTED, Verdict.CONSISTENT)),
        ((768, 768), 0.25, 0.2877, (Verdict.UNSURE, Verdict.DRIFTED)),
        ((768, 1024), 0.25, 0.5754, (Verdict.UNSURE, Verdict.DRIFTED)),
    ],
)
def test_size_and_aspect_against_the_pinned_size(make, size, short, aspect, verdicts) -> None:
    results = picture.measure(make.observation(size=size), make.expected(size=(1024, 768)))
    by_check = {name: found(results, name) for name in ("picture.size", "picture.aspect")}
    assert by_check["picture.size"].distance == pytest.approx(short, abs=1e-4)
    assert by_check["picture.aspect"].distance == pytest.approx(aspect, abs=1e-4)
    assert tuple(map(verdict, by_check.values())) == verdicts
    assert by_check["picture.size"].evidence.reason == f"{size[0]}×{size[1]} instead of 1024×768"


@given(st.tuples(*[st.integers(1, 5000)] * 4))
def test_aspect_is_symmetric_and_size_a_share(sizes: tuple[int, int, int, int]) -> None:
    from types import SimpleNamespace

    a, b = sizes[:2], sizes[2:]
    results = [
        picture.size_against(SimpleNamespace(width=one[0], height=one[1]), other)
        for one, other in ((a, b), (b, a))
    ]
    assert results[0][1].distance == pytest.approx(results[1][1].distance)
    assert all(0 <= size.distance < 1 <= 1 + aspect.distance for size, aspect in results)


def test_no_pinned_size_is_no_measurement(make) -> None:
    assert [r.check for r in picture.measure(make.observation(), make.expected())] == ["picture.blank"]


# --- blank ----------------------------------------------------------------------------------------------


def test_an_empty_frame_is_blank_and_a_picture_is_not(make, seen) -> None:
    rng = np.random.default_rng(0)
    paper = (np.full((48, 64, 3), 240) + rng.normal(0, 0.6, (48, 64, 1))).astype(np.uint8)
    blank = found(picture.measure(seen(paper), make.expected()), "picture.blank")
    assert (blank.distance, verdict(blank)) == (1.0, Verdict.DRIFTED)
    drawn = found(picture.measure(seen(noise(1)), make.expected()), "picture.blank")
    assert drawn.distance < 0.2
    assert verdict(drawn) is Verdict.CONSISTENT


def test_a_small_figure_on_a_flat_ground_is_not_blank(make, seen) -> None:
    pixels = on_ground(noise(1, (16, 16)), (240, 240, 240))
    assert (
        verdict(found(picture.measure(seen(pixels), make.expected()), "picture.blank")) is Verdict.CONSISTENT
    )


# --- copies ---------------------------------------------------------------------------------------------


def copy_of(make, seen, pixels: np.ndarray, *references: np.ndarray):
    pinned = tuple(sketch(seen(reference), f"refs/{i}.png") for i, reference in enumerate(references))
    return found(picture.measure(seen(pixels), make.expected(references=pinned)), "picture.copy")


def test_a_frame_unlike_every_reference_is_no_copy(make, seen) -> None:
    own = copy_of(make, seen, noise(1), noise(2), noise(3))
    assert own.distance > 15
    assert verdict(own) is Verdict.CONSISTENT


@pytest.mark.parametrize("change", ["same", "mirrored", "noisy", "smaller"])
def test_a_copy_of_a_reference_is_named_however_it_was_turned(make, seen, change: str) -> None:
    reference = noise(2)
    rng = np.random.default_rng(5)
    changed = {
        "same": reference,
        "mirrored": reference[:, ::-1],
        "noisy": np.clip(reference + rng.normal(0, 6, reference.shape), 0, 255).astype(np.uint8),
        "smaller": reference[::2, ::2],
    }[change]
    own = copy_of(make, seen, changed, noise(3), reference)
    assert own.evidence.nearest == "refs/1.png"
    assert verdict(own) is Verdict.DRIFTED


@pytest.mark.parametrize("ground", [(255, 255, 255), (40, 60, 120)])
def test_a_reference_pasted_on_another_plain_ground_is_a_copy(make, seen, ground) -> None:
    subject = noise(2, (32, 16))
    reference = on_ground(subject, (250, 246, 230), (40, 24))
    own = copy_of(make, seen, on_ground(subject, ground, at=(10, 30)), noise(3), reference)
    assert own.evidence.nearest == "refs/1.png"
    assert verdict(own) is Verdict.DRIFTED


def test_the_same_character_in_another_pose_is_no_copy(make, seen) -> None:
    subject = noise(2, (32, 16))
    reference = on_ground(subject, (250, 246, 230), (40, 24))
    pose = on_ground(np.rot90(subject), (250, 246, 230))
    assert verdict(copy_of(make, seen, pose, reference)) is Verdict.CONSISTENT


def test_without_references_there_is_nothing_to_copy(make, seen) -> None:
    assert "picture.copy" not in {r.check for r in picture.measure(seen(noise(1)), make.expected())}


def test_of_two_copies_the_later_one_is_blamed(make, seen) -> None:
    sketches = [sketch(seen(noise(seed)), f"p{i}") for i, seed in enumerate([1, 2, 1])]
    first, second, third = picture.measure_series(sketches, {})
    assert first == []
    assert verdict(second[0]) is Verdict.CONSISTENT
    assert third[0].distance == pytest.approx(0, abs=0.05)
    assert third[0].evidence.nearest == "p0"
    assert verdict(third[0]) is Verdict.DRIFTED


def test_a_mirrored_frame_is_no_duplicate(make, seen) -> None:
    """A comic may turn a shot round: only a reference is never shown mirrored."""
    pixels = noise(1)
    _, (second,) = picture.measure_series(
        [sketch(seen(pixels), "p0"), sketch(seen(pixels[:, ::-1]), "p1")], {}
    )
    assert verdict(second) is Verdict.CONSISTENT


def test_a_long_series_finds_the_same_copies_in_blocks(make, seen, monkeypatch) -> None:
    sketches = [sketch(seen(noise(seed)), f"p{i}") for i, seed in enumerate([1, 2, 3, 2, 4, 1, 5])]
    whole = picture.measure_series(sketches, {})
    monkeypatch.setattr(picture, "PAIRS_AT_ONCE", 2)
    blocks = picture.measure_series(sketches, {})
    assert [[r.evidence.nearest for r in own] for own in blocks] == [
        [r.evidence.nearest for r in own] for own in whole
    ]
    drifted = [i for i, own in enumerate(blocks) if own and verdict(own[0]) is Verdict.DRIFTED]
    assert drifted == [3, 5]


@pytest.mark.parametrize("count", [0, 1])
def test_a_single_frame_has_nothing_to_duplicate(make, seen, count: int) -> None:
    assert picture.measure_series([sketch(seen(noise(1)), "p0")] * count, {}) == [[]] * count
