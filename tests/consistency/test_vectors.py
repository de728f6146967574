import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from consistency.vectors import (
    BACKGROUND_SHARE,
    Gallery,
    centroid,
    cosine_distance,
    unit_rows,
    whiten,
    whitening,
)

tables = arrays(np.float32, st.tuples(st.integers(1, 6), st.just(5)), elements=st.floats(-10, 10, width=32))


def rows_around(direction, count, rng, spread=0.1):
    return (direction + spread * rng.normal(size=(count, len(direction)))).astype(np.float32)


def cast(count=3, dimensions=16, seed=0):
    rng = np.random.default_rng(seed)
    shared = 3 * rng.normal(size=dimensions)
    return {f"c{i}": rows_around(shared + rng.normal(size=dimensions), 4, rng) for i in range(count)}


@given(tables)
def test_unit_rows_are_unit_or_zero(rows):
    units = unit_rows(rows)
    assert units.dtype == np.float32
    assert units.shape == rows.shape
    lengths = np.linalg.norm(units, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-4) | (lengths == 0))


def test_a_row_of_zeros_stays_zero_and_is_unrelated_to_everything():
    zero, other = np.zeros((1, 3)), np.eye(3)
    assert not unit_rows(zero).any()
    assert cosine_distance(zero, other).tolist() == [[1, 1, 1]]


def test_nan_and_scalars_are_refused():
    with pytest.raises(ValueError, match="finite"):
        unit_rows(np.array([1.0, np.nan]))
    with pytest.raises(ValueError, match="axis"):
        unit_rows(np.float32(1))


def test_cosine_distance_of_known_directions():
    a = np.array([[2.0, 0.0]])
    b = np.array([[5.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [1.0, 1.0]])
    np.testing.assert_allclose(cosine_distance(a, b), [[0, 1, 2, 1 - np.sqrt(0.5)]], atol=1e-6)


@given(tables, tables)
def test_cosine_distance_is_symmetric_and_bounded(a, b):
    distances = cosine_distance(a, b)
    assert distances.dtype == np.float32
    assert distances.shape == (len(a), len(b))
    assert np.all((distances >= 0) & (distances <= 2))
    np.testing.assert_allclose(distances, cosine_distance(b, a).T, atol=1e-5)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.zeros((2, 3)), np.zeros((2, 4)), "different encoders"),
        (np.zeros(3), np.zeros((2, 3)), "rows"),
        (np.zeros((0, 3)), np.zeros((2, 3)), "n ≥ 1"),
    ],
)
def test_cosine_distance_refuses_what_cannot_be_compared(a, b, message):
    with pytest.raises(ValueError, match=message):
        cosine_distance(a, b)


def test_the_centroid_counts_every_row_the_same():
    rows = np.array([[100.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(centroid(rows), [np.sqrt(0.5)] * 2, atol=1e-6)
    assert not centroid(np.array([[1.0, 0.0], [-1.0, 0.0]])).any()


def test_whitening_makes_the_within_class_covariance_round():
    rng = np.random.default_rng(0)
    samples = rng.normal(size=(5000, 3)) * [1, 5, 20]
    within = samples.T @ samples / len(samples)
    moved = samples @ whitening(within, 1e-9)
    np.testing.assert_allclose(moved.T @ moved / len(samples), np.eye(3), atol=1e-5)
    rows = whiten(samples, np.zeros(3, np.float32), whitening(within, 0.1).astype(np.float32))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("shrinkage", [0, -0.1, 1.1])
def test_whitening_refuses_a_shrinkage_that_is_no_share(shrinkage):
    with pytest.raises(ValueError, match="shrinkage"):
        whitening(np.eye(2), shrinkage)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_the_mean_of_a_project_is_taken_out(count):
    references = cast(count)
    gallery = Gallery.build(references)
    plain = np.stack([centroid(rows) for rows in references.values()])
    np.testing.assert_allclose((plain - gallery.mean).mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(gallery.centroids, axis=1), 1, atol=1e-5)
    assert gallery.names == tuple(references)


def test_every_reference_is_nearest_to_its_own_character():
    references = cast(5)
    gallery = Gallery.build(references)
    for column, rows in enumerate(references.values()):
        distances = gallery.distances(rows)
        assert distances.dtype == np.float32
        assert distances.shape == (4, 5)
        assert np.all(distances.argmin(axis=1) == column)
        assert np.all((distances >= 0) & (distances <= 2))


def test_the_length_of_vectors_and_the_order_of_characters_do_not_count():
    references = cast()
    rows = references["c1"]
    distances = Gallery.build(references).distances(rows)
    np.testing.assert_allclose(Gallery.build(references).distances(7 * rows), distances, atol=1e-5)
    turned = Gallery.build(dict(reversed(references.items())))
    np.testing.assert_allclose(turned.distances(rows)[:, ::-1], distances, atol=1e-5)


def test_one_character_alone_is_compared_plainly():
    rows = cast(1)["c0"]
    gallery = Gallery.build({"c0": rows})
    assert not gallery.mean.any()
    np.testing.assert_allclose(
        gallery.distances(rows), cosine_distance(rows, centroid(rows)[None]), atol=1e-6
    )


def test_a_background_moves_one_character_away_from_it():
    rng = np.random.default_rng(1)
    character, ground = rng.normal(size=16), rng.normal(size=16)
    mine, around = rows_around(character + ground, 3, rng), rows_around(ground, 8, rng)
    alone, before = Gallery.build({"a": mine}), Gallery.build({"a": mine}, background=around)
    np.testing.assert_allclose(np.linalg.norm(before.mean), BACKGROUND_SHARE, atol=1e-5)
    gap = [np.min(g.distances(around)) - np.max(g.distances(mine)) for g in (alone, before)]
    assert gap[1] > gap[0]


def test_a_background_does_not_move_a_project_that_has_a_mean():
    references, around = cast(), np.ones((2, 16))
    assert np.array_equal(Gallery.build(references, around).mean, Gallery.build(references).mean)


def test_no_vectors_have_no_distances():
    distances = Gallery.build(cast()).distances(np.zeros((0, 16)))
    assert distances.shape == (0, 3)
    assert distances.dtype == np.float32


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ({}, "at least one character"),
        ({"mara": np.zeros((0, 4))}, "references of 'mara'"),
        ({"mara": np.ones(4)}, "references of 'mara'"),
        (
            {"mara": np.ones((1, 4)), "ivo": np.ones((1, 5))},
            "'ivo' have 5 dimensions, references of 'mara' 4",
        ),
    ],
)
def test_galleries_that_cannot_be_built(references, message):
    with pytest.raises(ValueError, match=message):
        Gallery.build(references)


def test_vectors_of_another_encoder_are_refused():
    with pytest.raises(ValueError, match="different encoders"):
        Gallery.build(cast()).distances(np.ones((1, 4)))
    with pytest.raises(ValueError, match="different encoders"):
        Gallery.build(cast(), background=np.ones((1, 4)))


def test_a_gallery_of_faces_compares_them_as_they_are() -> None:
    rows = np.random.default_rng(3).normal(size=(5, 8)).astype(np.float32)
    people = {"mara": rows[:1], "tib": rows[1:2], "oswin": rows[2:3]}
    plain = Gallery.build(people, centered=False).distances(rows)
    np.testing.assert_allclose(plain, cosine_distance(rows, rows[:3]), atol=1e-6)
    alone = Gallery.build({"mara": rows[:1]}, centered=False).distances(rows)
    np.testing.assert_allclose(plain[:, :1], alone, atol=1e-6)
