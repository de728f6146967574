"""The scores of other projects on vectors whose scores are known; and what they do not see."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import (
    DEFAULT_TOLERANCES,
    Box,
    PinnedCharacter,
    Verdict,
    judge,
    load_encoders,
    measure_frame,
    sketch,
)
from consistency.peers import (
    Cids,
    cast,
    cids,
    copy_paste,
    mean_cids,
    mean_copy_paste,
    occm,
    subject_consistency,
)

E = np.eye(4, dtype=np.float32)


def at(degrees: float) -> np.ndarray:
    """A vector in the plane of the first two axes."""
    return np.array([math.cos(math.radians(degrees)), math.sin(math.radians(degrees)), 0, 0], np.float32)


def cos(degrees: float) -> float:
    return math.cos(math.radians(degrees))


# --- CIDS -----------------------------------------------------------------------------------------------


def test_cids_by_hand() -> None:
    scores = cids(
        {"mara": np.stack([at(0), at(60)]), "tib": E[2:3] * 7, "nobody": np.zeros((0, 4))},
        {"mara": np.stack([at(0), at(90)]), "tib": E[2:3], "oswin": E[3:], "nobody": E[:1]},
    )
    assert scores["mara"].cross == pytest.approx((cos(0) + cos(90) + cos(60) + cos(30)) / 4, abs=1e-6)
    assert scores["mara"].self == pytest.approx(cos(60), abs=1e-6)
    assert scores["tib"] == Cids(pytest.approx(1, abs=1e-6), 1.0)  # one crop is called consistent with itself
    assert scores["oswin"] == scores["nobody"] == Cids(0.0, 0.0)
    mean = mean_cids(scores)
    assert mean.cross == pytest.approx((scores["mara"].cross + 1) / 4, abs=1e-6)
    assert mean.self == pytest.approx((cos(60) + 1) / 4, abs=1e-6)
    assert mean_cids({}) == Cids(0.0, 0.0)


def test_self_is_the_mean_over_pairs_of_different_crops() -> None:
    crops = np.stack([at(0), at(30), at(90)])
    own = cids({"mara": crops}, {"mara": crops})["mara"].self
    assert own == pytest.approx((cos(30) + cos(90) + cos(60)) / 3, abs=1e-6)


def test_regions_are_cast_at_the_greatest_total() -> None:
    references = {"mara": np.stack([at(180), at(0)]), "tib": at(40)[None]}
    assert cast(np.stack([at(10), at(100)]), references) == {"mara": 0, "tib": 1}
    # Both like region 0 best; tib's second best costs less.
    assert cast(np.stack([at(20), at(60)]), references) == {"mara": 0, "tib": 1}
    assert cast(at(35)[None], references) == {"tib": 0}
    assert cast(np.zeros((0, 4), np.float32), references) == cast(E, {}) == {}


# --- OCCM, copy-paste, VBench ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected", "score"),
    [
        ([2], [2], 100.0),
        ([1], [2], 100 * math.exp(-1 / 2.000001)),
        ([5], [2], 100 * math.exp(-3 / 2.000001)),
        ([0], [0], 100.0),
        ([1], [0], 0.0),
        ([2, 1], [2, 2], 50 + 50 * math.exp(-1 / 2.000001)),
    ],
)
def test_occm_by_hand(found: list[int], expected: list[int], score: float) -> None:
    assert occm(found, expected) == pytest.approx(score, abs=1e-9)


def test_copy_paste_by_hand() -> None:
    assert copy_paste(0.8, 0.8) == 0.5
    assert copy_paste(0.81, 0.8) == pytest.approx(math.e / (1 + math.e))
    assert copy_paste(1.0, 0.5) == pytest.approx(1)
    assert copy_paste(-1.0, 1.0) == pytest.approx(0, abs=1e-80)
    one, other = math.exp(0.3 / 0.01), math.exp(0.28 / 0.01)
    assert copy_paste(0.3, 0.28) == pytest.approx(one / (one + other))


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_copy_paste_of_both_sides_is_one(a: float, b: float) -> None:
    assert copy_paste(a, b) + copy_paste(b, a) == pytest.approx(1)


def test_copy_paste_of_a_story_by_hand() -> None:
    pair = np.stack([at(0), at(2)])
    sure = copy_paste(cos(0), cos(2))
    crops = {"mara": np.stack([at(0), at(1)]), "tib": at(2)[None] * 3, "oswin": np.zeros((0, 4), np.float32)}
    pairs = dict.fromkeys(crops, pair)
    assert mean_copy_paste(crops, pairs) == pytest.approx(((sure + 0.5) / 2 + (1 - sure)) / 2, abs=1e-5)
    assert mean_copy_paste(crops, {"mara": pair}) == pytest.approx((sure + 0.5) / 2, abs=1e-5)
    assert mean_copy_paste(crops, {}) is None
    assert mean_copy_paste({"oswin": crops["oswin"]}, pairs) is None


def test_subject_consistency_by_hand() -> None:
    frames = np.stack([at(0), at(60) * 3, at(150)])
    second = (cos(60) + cos(60)) / 2
    third = (max(0, cos(90)) + max(0, cos(150))) / 2
    assert subject_consistency(frames) == pytest.approx((second + third) / 2, abs=1e-6)
    assert subject_consistency(np.stack([at(0)] * 5)) == pytest.approx(1)
    assert subject_consistency(np.stack([at(0), at(180)])) == 0


def test_a_score_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="needs a panel"):
        occm([], [])
    with pytest.raises(ValueError, match="at least two frames, not 1"):
        subject_consistency(E[:1])


# --- what they do not see, and ours does ----------------------------------------------------------------

LEFT, RIGHT = Box(0, 0, 0.4, 1), Box(0.6, 0, 1, 1)
PANELS = 4
CAST = tuple(PinnedCharacter(name, name) for name in ("mara", "tib"))
REFERENCES = {"mara": E[0:1], "tib": E[1:2]}


def verdicts(make, panels: list, **fields) -> list[Verdict]:
    """Ours, of identity and of copies, for each panel of observations."""
    gallery = make.gallery(mara=E[0], tib=E[1], oswin=E[2])
    expected = replace(
        make.expected(*CAST, gallery=gallery, **fields), encoders=load_encoders("classical").ids
    )
    counted = [
        [r for r in measure_frame(panel, expected) if r.check.startswith(("identity", "picture.copy"))]
        for panel in panels
    ]
    return [judge(results, DEFAULT_TOLERANCES).verdict for results in counted]


def theirs(panels: list[np.ndarray]) -> Cids:
    """CIDS of a story, each panel as the vectors of its regions."""
    crops: dict[str, list[np.ndarray]] = {"mara": [], "tib": []}
    for regions in panels:
        for name, index in cast(regions, REFERENCES).items():
            crops[name].append(regions[index])
    found = {name: np.stack(rows) for name, rows in crops.items() if rows}
    return mean_cids(cids(found, REFERENCES))


def drawn(seed: int) -> np.ndarray:
    """Both characters as a panel shows them: near their references, never equal."""
    rows = E[:2] + 0.05 * np.random.default_rng(seed).standard_normal((2, 4)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def seen(make, rows: np.ndarray, seed: int, **fields):
    """An observation of a panel with these characters in it, left and right."""
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    places = zip(("mara", "tib"), rows, (LEFT, RIGHT), strict=False)
    regions = [make.region(name, row, box) for name, row, box in places]
    return make.observation(*regions, colors=make.picture_field(pixels), **fields)


def test_a_missing_character_costs_nothing_there_and_is_no_pass_here(make) -> None:
    whole = [drawn(seed) for seed in range(PANELS)]
    without = [*whole[:-1], whole[-1][:1]]  # tib is not in the last panel
    assert theirs(without).cross == pytest.approx(theirs(whole).cross, abs=0.005)
    assert theirs(without).self == pytest.approx(theirs(whole).self, abs=0.005)
    ours = [
        verdicts(make, [seen(make, rows, i) for i, rows in enumerate(story)]) for story in (whole, without)
    ]
    assert ours[0] == [Verdict.CONSISTENT] * PANELS
    assert ours[1] == [Verdict.CONSISTENT] * (PANELS - 1) + [Verdict.UNSURE]


def test_another_in_the_place_of_a_missing_character_is_drift_here(make) -> None:
    whole = [drawn(seed) for seed in range(PANELS)]
    stranger = E[3:4] - 0.2 * E[1:2]
    replaced = [*whole[:-1], np.concatenate([whole[-1][:1], stranger / np.linalg.norm(stranger)])]
    panels = [seen(make, rows, i) for i, rows in enumerate(replaced)]
    assert verdicts(make, panels)[-1] is Verdict.DRIFTED


def test_pasted_references_score_best_there_and_are_drift_here(make) -> None:
    whole = [drawn(seed) for seed in range(PANELS)]
    pasted = [E[:2]] * PANELS
    assert theirs(pasted).cross > theirs(whole).cross
    assert theirs(pasted) == Cids(pytest.approx(1), pytest.approx(1))
    assert subject_consistency(np.stack([rows.ravel() for rows in pasted])) == pytest.approx(1)
    reference = seen(make, E[:2], 99)
    pinned = (sketch(reference, "refs/mara.png"),)
    drawn_ones = [seen(make, rows, i) for i, rows in enumerate(whole)]
    assert verdicts(make, drawn_ones, references=pinned) == [Verdict.CONSISTENT] * PANELS
    copies = [seen(make, E[:2], 99, digest=f"{i}" * 64) for i in range(PANELS)]
    assert verdicts(make, copies, references=pinned) == [Verdict.DRIFTED] * PANELS
