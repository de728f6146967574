"""Lab against the standard's own numbers, CIEDE2000 against its published pairs, and their laws."""

import cv2
import numpy as np
import pytest
from colormath.color_diff_matrix import delta_e_cie2000
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from consistency.color import (
    CHUNK,
    MAX_EMD_COLORS,
    ciede2000,
    ciede2000_matrix,
    earth_movers_distance,
    lab_to_hex,
    lab_to_srgb,
    srgb_to_lab,
)

# Table I of Sharma, Wu, Dalal 2005, "The CIEDE2000 color-difference formula: implementation notes,
# supplementary test data, and mathematical observations", Color Research and Application 30(1), 21-30.
SHARMA = np.array(
    [
        [50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425],
        [50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615],
        [50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412],
        [50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000],
        [50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669],
        [50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195],
        [50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045],
        [50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461],
        [50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065],
        [50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492],
        [50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977],
        [50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030],
        [50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000],
        [50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630],
        [61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731],
        [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
        [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]
)

LAB = st.tuples(st.floats(0, 100), st.floats(-128, 128), st.floats(-128, 128))
PALETTE = st.lists(st.tuples(LAB, st.floats(0.01, 1)), min_size=1, max_size=6)


def random_lab(count, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform([0, -100, -100], [100, 100, 100], (count, 3)).astype(np.float32)


def split(palette):
    return np.array([lab for lab, _ in palette]), np.array([weight for _, weight in palette])


# --- sRGB and Lab ---


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        # IEC 61966-2-1 and CIE 15 by hand; the same to two digits as in published converters.
        ((255, 255, 255), (100.0, 0.0, 0.0)),
        ((0, 0, 0), (0.0, 0.0, 0.0)),
        ((255, 0, 0), (53.23, 80.11, 67.22)),
        ((0, 255, 0), (87.74, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.20, -107.86)),
        ((119, 119, 119), (50.03, 0.0, 0.0)),
    ],
)
def test_known_colors(rgb, lab):
    assert srgb_to_lab(np.array(rgb, np.uint8)) == pytest.approx(lab, abs=0.02)


def float64_lab(rgb):
    """The standard's formulas written out once more, in float64."""
    encoded = rgb / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.moveaxis(linear @ matrix.T / [0.9505, 1.0, 1.0890], -1, 0)
    fx, fy, fz = (np.where(t > (6 / 29) ** 3, np.cbrt(t), t * (29 / 6) ** 2 / 3 + 4 / 29) for t in (x, y, z))
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def every_fifth_color():
    steps = np.r_[np.arange(0, 255, 5), 1, 2, 3, 254, 255]
    return np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3).astype(np.uint8)


def test_lab_is_exact_and_comes_back_on_the_whole_cube():
    rgb = every_fifth_color()
    lab = srgb_to_lab(rgb)
    assert np.abs(lab - float64_lab(rgb)).max() < 2e-4
    assert (lab_to_srgb(lab) == rgb).all()
    assert lab[:, 0].min() > -1e-6
    assert lab[:, 0].max() < 100.0001


def test_floats_and_bytes_agree():
    rgb = every_fifth_color()[::7]
    for dtype in (np.float32, np.float64):
        assert np.abs(srgb_to_lab(rgb.astype(dtype) / 255) - srgb_to_lab(rgb)).max() < 1e-3


@pytest.mark.parametrize("shape", [(3,), (5, 3), (4, 6, 3), (2, 3, 4, 3), (0, 3), (2, CHUNK, 3)])
def test_shapes_and_dtypes_of_conversion(shape):
    rgb = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    lab = srgb_to_lab(rgb)
    assert lab.shape == shape
    assert lab.dtype == np.float32
    back = lab_to_srgb(lab)
    assert back.dtype == np.uint8
    assert (back == rgb).all()


def test_conversion_reads_views_and_lists():
    image = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    assert (srgb_to_lab(image[::2, ::-1]) == srgb_to_lab(image[::2, ::-1].copy())).all()
    assert srgb_to_lab([0.0, 0.5, 1.0]).shape == (3,)


def test_lab_outside_srgb_is_clipped():
    assert lab_to_hex((100, 0, 300)) == lab_to_hex((100, 0, 300)).lower()
    assert lab_to_srgb([[120, 0, 0], [-5, 0, 0]]).tolist() == [[255, 255, 255], [0, 0, 0]]


def test_hex_of_lab():
    assert lab_to_hex(srgb_to_lab(np.array([192, 57, 43], np.uint8))) == "#c0392b"


@pytest.mark.parametrize(
    "rgb",
    [
        [1, 2],
        5.0,
        [1, 2, 3],  # integers that are not bytes: 0-255 or 0-1 is not known
        [0.0, 0.5, 1.1],
        [-0.1, 0.5, 1.0],
        [0.0, float("nan"), 1.0],
        np.zeros((4, 4), np.uint8),
    ],
)
def test_wrong_pixels(rgb):
    with pytest.raises(ValueError, match="rgb"):
        srgb_to_lab(rgb)


@pytest.mark.parametrize("lab", [[1.0, 2.0], [[np.nan, 0, 0]], [[np.inf, 0, 0]]])
def test_wrong_lab(lab):
    for call in (lab_to_srgb, lambda x: ciede2000(x, [0, 0, 0]), lambda x: ciede2000([0, 0, 0], x)):
        with pytest.raises(ValueError, match="lab"):
            call(lab)


# --- CIEDE2000 ---


def test_published_pairs_in_both_orders():
    first, second, published = SHARMA[:, :3], SHARMA[:, 3:6], SHARMA[:, 6]
    assert np.abs(ciede2000(first, second) - published).max() < 1e-4
    assert np.abs(ciede2000(second, first) - published).max() < 1e-4
    assert np.abs(np.diag(ciede2000_matrix(first, second)) - published).max() < 1e-4


def test_equals_colormath():
    colors, others = random_lab(3000), random_lab(40, seed=1)
    ours = ciede2000_matrix(others, colors)
    for row, other in zip(ours, others, strict=True):
        theirs = delta_e_cie2000(other.astype(float), colors.astype(float))
        assert np.abs(row - theirs).max() < 2e-4


def test_equals_colormath_near_gray_and_near_each_other():
    rng = np.random.default_rng(2)
    colors = random_lab(500) * np.float32([1, 0.02, 0.02])
    near = colors + rng.normal(0, 0.5, colors.shape).astype(np.float32)
    theirs = [
        delta_e_cie2000(a.astype(float), b[None].astype(float))[0] for a, b in zip(colors, near, strict=True)
    ]
    assert np.abs(ciede2000(colors, near) - theirs).max() < 1e-4


def test_opposite_hues_and_grays():
    gray, red, cyan = [50, 0, 0], [50, 40, 0], [50, -40, 0]
    pairs = [(gray, red), (gray, gray), (red, cyan), (cyan, red), ([50, 0, 40], [50, 0, -40])]
    for a, b in pairs:
        theirs = delta_e_cie2000(np.array(a, float), np.array([b], float))[0]
        assert float(ciede2000(a, b)) == pytest.approx(theirs, abs=1e-3)
        assert float(ciede2000(a, b)) == pytest.approx(float(ciede2000(b, a)), abs=1e-6)


@given(LAB, LAB)
def test_laws_of_the_difference(first, second):
    difference = ciede2000(first, second)
    assert difference.dtype == np.float32
    assert difference.shape == ()
    assert 0 <= float(difference) < 250
    assert float(ciede2000(second, first)) == pytest.approx(float(difference), abs=1e-4)
    assert float(ciede2000(first, first)) == 0


@pytest.mark.parametrize(
    ("first", "second", "shape"),
    [
        ((3,), (3,), ()),
        ((7, 3), (3,), (7,)),
        ((3,), (7, 3), (7,)),
        ((5, 1, 3), (1, 4, 3), (5, 4)),
        ((2, 5, 3), (5, 3), (2, 5)),
        ((0, 3), (3,), (0,)),
        ((0, 3), (0, 3), (0,)),
        ((3, 1, 3), (1, CHUNK + 5, 3), (3, CHUNK + 5)),
        ((1, 3), (CHUNK + 5, 3), (CHUNK + 5,)),
    ],
)
def test_broadcasting(first, second, shape):
    rng = np.random.default_rng(3)
    a, b = rng.uniform(0, 50, first).astype(np.float32), rng.uniform(0, 50, second).astype(np.float32)
    out = ciede2000(a, b)
    assert out.shape == shape
    whole = np.broadcast_shapes(first, second)
    again = ciede2000(np.broadcast_to(a, whole).copy(), np.broadcast_to(b, whole).copy())
    assert np.allclose(out, again, atol=1e-5)


@pytest.mark.parametrize("count", [1, 10])
def test_inputs_stay_as_they_were(count):
    colors = random_lab(count)
    before = colors.copy()
    ciede2000(colors, colors[::-1])
    ciede2000_matrix(colors, colors)
    earth_movers_distance(colors, np.ones(count), colors, np.ones(count))
    ciede2000(colors[0], colors[0])
    lab_to_srgb(colors)
    assert (colors == before).all()


@pytest.mark.parametrize("shapes", [((2, 3), (3, 3)), ((4, 2, 3), (3, 3))])
def test_shapes_that_do_not_broadcast(shapes):
    with pytest.raises(ValueError):
        ciede2000(np.zeros(shapes[0]), np.zeros(shapes[1]))


def test_matrix_wants_lists():
    with pytest.raises(ValueError, match=r"\(n, 3\)"):
        ciede2000_matrix(np.zeros((2, 2, 3)), np.zeros((2, 3)))


# --- earth mover's distance ---


def exact_emd(first, weights1, second, weights2):
    """The transport problem as a linear program: slow, and another algorithm than OpenCV's."""
    cost = ciede2000_matrix(first, second).astype(float)
    n, m = cost.shape
    rows = np.kron(np.eye(n), np.ones(m))
    columns = np.kron(np.ones(n), np.eye(m))
    target = np.r_[weights1 / weights1.sum(), weights2 / weights2.sum()]
    return linprog(cost.ravel(), A_eq=np.vstack([rows, columns]), b_eq=target, method="highs").fun


@settings(max_examples=50, deadline=None)
@given(PALETTE, PALETTE)
def test_emd_is_the_optimum_and_keeps_its_laws(one, two):
    first, second = split(one), split(two)
    distance = earth_movers_distance(*first, *second)
    cost = ciede2000_matrix(first[0], second[0])
    assert distance == pytest.approx(exact_emd(*first, *second), abs=0.02, rel=1e-3)
    assert distance == pytest.approx(earth_movers_distance(*second, *first), abs=0.02, rel=1e-3)
    assert 0 <= distance <= cost.max() + 0.01
    assert earth_movers_distance(*first, *first) == pytest.approx(0, abs=0.01)
    assert earth_movers_distance(first[0], 7 * first[1], *second) == pytest.approx(
        distance, abs=0.02, rel=1e-3
    )


def test_emd_of_single_colors_is_their_difference():
    a, b = [[50.0, 20, 30]], [[60.0, -20, 30]]
    assert earth_movers_distance(a, [3], b, [0.2]) == pytest.approx(float(ciede2000(a[0], b[0])), abs=1e-5)


def test_emd_moves_only_what_differs():
    colors = [[50.0, 0, 0], [60.0, 0, 0]]
    difference = float(ciede2000(*colors))
    assert earth_movers_distance(colors, [0.5, 0.5], colors, [0.25, 0.75]) == pytest.approx(
        difference / 4, abs=1e-4
    )


def test_emd_ignores_colors_without_weight():
    a = [[50.0, 20, 30], [90, 0, 0]]
    assert earth_movers_distance(a, [1, 0], a[:1], [1]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("lab", "weights", "words"),
    [
        (np.zeros((0, 3)), [], "at least one"),
        (np.zeros((2, 3)), [1], "do not fit"),
        (np.zeros(3), [1], "do not fit"),
        (np.zeros((2, 3)), [0, 0], "at least one"),
        (np.zeros((2, 3)), [2, -1], "not negative"),
        (np.zeros((2, 3)), [1, np.nan], "finite"),
        (np.full((1, 3), np.nan), [1], "finite"),
        (np.zeros((MAX_EMD_COLORS + 1, 3)), np.ones(MAX_EMD_COLORS + 1), "reduce"),
    ],
)
def test_emd_refuses(lab, weights, words):
    with pytest.raises(ValueError, match=words):
        earth_movers_distance(lab, weights, [[50.0, 0, 0]], [1])
    with pytest.raises(ValueError, match=words):
        earth_movers_distance([[50.0, 0, 0]], [1], lab, weights)


def test_colors_leave_the_random_numbers_of_opencv_alone():
    def draw():
        return cv2.randu(np.zeros((1, 4), np.uint8), 0, 255).tolist()

    cv2.setRNGSeed(5)
    expected = draw()
    cv2.setRNGSeed(5)
    srgb_to_lab(np.zeros((9, 3), np.uint8))
    earth_movers_distance(random_lab(5), np.ones(5), random_lab(4), np.ones(4))
    assert draw() == expected
