"""What people type, and the dominant colors of pictures."""

import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageColor

from consistency.color import ciede2000, ciede2000_matrix, lab_to_hex, lab_to_srgb, srgb_to_lab
from consistency.dominant import dominant_colors
from consistency.errors import ColorError
from consistency.palette import Palette, Swatch
from consistency.typed_color import color_names, parse_color

# --- what people type ---


@pytest.mark.parametrize(
    "value",
    [
        "#c0392b",
        "c0392b",
        " #C0392B ",
        "rgb(192, 57, 43)",
        "RGB(192 57 43)",
        [192, 57, 43],
        (192, 57, 43),
        {"rgb": [192, 57, 43]},
        {"hex": "c0392b"},
        "hsl(5.638 63.4% 46.0784%)",
        "hsv(5.638deg, 77.604, 75.294)",
        "hsb(5.638deg, 77.604, 75.294)",
        "cmyk(0 70.3125 77.604 24.706)",
        "device-cmyk(0% 70.3125% 77.604% 24.706%)",
        "lab(44.670 52.917 39.241)",
        {"lab": [44.670, 52.917, 39.241]},
        "lch(44.670 65.879 36.559)",
        "xyz(0.2364 0.1431 0.0380)",
        "xyz(23.64% 14.31% 3.80%)",
    ],
)
def test_one_color_in_every_notation(value):
    assert float(ciede2000(parse_color(value), parse_color("#c0392b"))) < 0.1


def test_short_hex_doubles_its_digits():
    assert parse_color("#c39") == parse_color("cc3399")


def test_hues_wrap():
    assert parse_color("hsl(360 50 50)") == parse_color("hsl(0 50 50)")
    assert parse_color("hsv(360 50 50)") == parse_color("hsv(0 50 50)")


def test_adobe_lab_is_adapted():
    # Solarized publishes Lab under D50 beside its sRGB form (ethanschoonover.com/solarized).
    assert lab_to_hex(parse_color("lab-d50(60 10 65)")) == "#b58900"
    assert float(ciede2000(parse_color("lab-d50(60 10 65)"), parse_color("lab(60 10 65)"))) > 0.5


def test_names_are_those_of_css():
    # Pillow puts tuples into this table once a name has been looked up.
    published = {
        name: "".join(f"{channel:02x}" for channel in ImageColor.getrgb(name)) for name in ImageColor.colormap
    }
    assert color_names() == published
    assert parse_color("Crimson") == parse_color("#dc143c")
    assert parse_color("dark slate-gray") == parse_color({"name": "darkslategray"})


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_hex_comes_back(rgb):
    text = "#{:02x}{:02x}{:02x}".format(*rgb)
    assert lab_to_hex(parse_color(text)) == text
    assert parse_color(list(rgb)) == parse_color(text)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("crimsen", 'Did you mean "crimson"'),
        ("labb(1 2 3)", 'Did you mean "lab"'),
        ("#12345", "#12345"),
        ("#c0392b80", "is not a color"),
        ("", "is not a color"),
        ("rgb(256 0 0)", "0 to 255"),
        ("rgb(-1 0 0)", "0 to 255"),
        ("rgb(101% 0% 0%)", "101%"),
        ("rgb(0.5 0.2 0.1)", "percents"),
        ("cmyk(0 0.7 0.78 0.25)", "percents"),
        ("cmyk(0 70 78)", "4 values, found 3"),
        ("hsl(361 50 50)", "0 to 360"),
        ("hsl(6% 50 50)", 'no "%"'),
        ("rgb(1deg 2 3)", 'no "deg"'),
        ("lab(101 0 0)", "0 to 100"),
        ("lab(50 129 0)", "-128 to 128"),
        ("xyz(20 12 5)", "0 to 1.1"),
        ("rgb(1e2 0 0)", "1e2"),
        ("rgb(nan 0 0)", "nan"),
        ("x" * 10_000, "too long"),
        ([192, 57], "three whole numbers"),
        ([0.1, 0.2, 0.3], "three whole numbers"),
        ([True, False, True], "three whole numbers"),
        ([300, 0, 0], "0 to 255"),
        ({}, "one notation"),
        ({"lab": [1, 2, 3], "hex": "c39"}, "one notation"),
        ({"lab": "1 2 3"}, "one notation"),
        ({"lab": [50, "a", 3]}, "-128 to 128"),
        ({"rgb": [10**400, 0, 0]}, "0 to 255"),
        (112233, "quote it"),
        (None, "quote it"),
        (b"red", "quote it"),
    ],
)
def test_what_is_no_color(value, words):
    with pytest.raises(ColorError) as caught:
        parse_color(value)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


@given(
    st.text(max_size=120)
    | st.from_regex(r"\A[a-z-]{2,8}\([0-9.,%+ -]{0,20}\)\Z")
    | st.lists(st.none() | st.integers() | st.floats() | st.text(max_size=5), max_size=5)
    | st.dictionaries(st.text(max_size=5), st.lists(st.floats() | st.integers(), max_size=5), max_size=2)
)
def test_any_input_is_a_color_or_a_color_error(value):
    try:
        lab = parse_color(value)
    except ColorError:
        return
    assert 0 <= lab[0] <= 100
    assert np.isfinite(lab).all()


def test_import_and_hex_leave_colormath_alone():
    code = (
        "import sys; from consistency.typed_color import parse_color\n"
        "parse_color('#c39'); parse_color('rgb(1 2 3)'); parse_color('crimson')\n"
        "sys.exit('colormath' in sys.modules or 'networkx' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- swatches ---


def test_palette_rows():
    palette = Palette(
        "mara", (Swatch("coat", parse_color("#c0392b"), share=0.4), Swatch("hair", (20.0, 5.0, 9.0)))
    )
    assert palette.labs.dtype == np.float32
    assert palette.labs.shape == (2, 3)
    assert palette.swatches[0].hex == "#c0392b"
    assert Palette("empty", ()).labs.shape == (0, 3)


@pytest.mark.parametrize(
    "fields",
    [
        {"lab": (1.0, 2.0)},
        {"lab": (1.0, 2.0, float("nan"))},
        {"lab": (1.0, 2.0, 3.0), "share": 1.5},
        {"lab": (1.0, 2.0, 3.0), "tolerance": 0.0},
    ],
)
def test_wrong_swatches(fields):
    with pytest.raises(ColorError, match="coat"):
        Swatch("coat", **fields)


# --- dominant colors ---

FLAG = srgb_to_lab(np.array([[200, 30, 30], [250, 250, 250], [20, 40, 160]], np.uint8))


def flag(counts=(600, 300, 100), noise=1.0, seed=0):
    colors = np.repeat(FLAG, counts, axis=0)
    return (colors + np.random.default_rng(seed).normal(0, noise, colors.shape)).astype(np.float32)


def test_flat_colors_are_found_with_their_shares():
    found = dominant_colors(flag())
    assert found.labs.dtype == found.shares.dtype == np.float32
    assert np.diag(ciede2000_matrix(found.labs[:3], FLAG)).max() < 1
    assert found.shares[:3] == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_order_of_pixels_and_shape_do_not_matter():
    pixels = flag()
    again = dominant_colors(np.random.default_rng(1).permutation(pixels).reshape(25, 40, 3))
    found = dominant_colors(pixels)
    assert found.labs == pytest.approx(again.labs, abs=1e-3)
    assert found.shares == pytest.approx(again.shares, abs=1e-6)


def test_weights_are_a_mask():
    mask = np.r_[np.ones(600), np.zeros(300), np.full(100, 0.5)]
    found = dominant_colors(flag(), mask)
    assert found.shares[:2] == pytest.approx([600 / 650, 50 / 650], abs=0.01)
    assert (ciede2000(found.labs, FLAG[1]) > 10).all()


def test_merging():
    pixels = np.repeat(np.float32([[50, 20, 20], [52, 20, 20], [80, 0, 0]]), [30, 10, 10], axis=0)
    assert len(dominant_colors(pixels, merge_below=0).labs) <= 3
    found = dominant_colors(pixels, merge_below=4)
    assert found.labs == pytest.approx(np.array([[50.5, 20, 20], [80, 0, 0]]), abs=0.01)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400), st.integers(1, 12))
def test_laws_of_dominant_colors(seed, count, k):
    rng = np.random.default_rng(seed)
    pixels = srgb_to_lab(rng.integers(0, 256, (count, 3), np.uint8))
    found = dominant_colors(pixels, rng.random(count) + 0.01, k)
    assert 1 <= len(found.labs) == len(found.shares) <= k
    assert found.shares.sum() == pytest.approx(1, abs=1e-5)
    assert (found.shares > 0).all()
    assert (np.diff(found.shares) <= 0).all()
    assert (found.labs >= pixels.min(axis=0) - 1e-3).all()
    assert (found.labs <= pixels.max(axis=0) + 1e-3).all()
    apart = ciede2000_matrix(found.labs, found.labs)[~np.eye(len(found.labs), dtype=bool)]
    assert (apart > 3.99).all()


def test_as_good_as_kmeans_of_opencv():
    # A gradient with noise: mean squared distance to the nearest center, ours against the best of ten runs.
    ramp = np.linspace([30, -40, -30], [80, 40, 50], 4096)
    pixels = (ramp + np.random.default_rng(0).normal(0, 8, ramp.shape)).astype(np.float32)
    ours = dominant_colors(pixels, merge_below=0).labs
    cv2.setRNGSeed(1)
    best, _, _ = cv2.kmeans(pixels, 8, None, (3, 50, 0.01), 10, cv2.KMEANS_PP_CENTERS)
    error = ((pixels[:, None] - ours) ** 2).sum(axis=2).min(axis=1).sum()
    assert error < 1.05 * best


def test_same_result_in_any_process_whatever_ran_before():
    code = (
        "import cv2, numpy as np; from consistency.dominant import dominant_colors\n"
        "np.random.seed({0}); cv2.setRNGSeed({0}); cv2.randu(np.zeros((1, {0}), np.uint8), 0, 255)\n"
        "x = np.random.default_rng(7).uniform(0, 90, (4096, 3)).astype(np.float32)\n"
        "d = dominant_colors(x); print(d.labs.tobytes().hex() + d.shares.tobytes().hex())"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code.format(n)], check=True, capture_output=True).stdout
        for n in (3, 8)
    ]
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    ("lab", "weights", "k"),
    [
        (np.zeros((0, 3)), None, 8),
        (np.zeros(3), None, 8),
        (np.zeros((5, 4)), None, 8),
        (np.zeros((5, 3)), np.zeros(5), 8),
        (np.zeros((5, 3)), -np.ones(5), 8),
        (np.zeros((5, 3)), np.full(5, np.inf), 8),
        (np.zeros((5, 3)), np.ones(4), 8),
        (np.full((5, 3), np.nan), None, 8),
        (np.zeros((5, 3)), None, 0),
    ],
)
def test_wrong_pixels(lab, weights, k):
    with pytest.raises(ValueError):
        dominant_colors(lab, weights, k)


def test_extreme_values_share_cells_and_stay_finite():
    found = dominant_colors(np.float32([[1e6, 0, 0], [-1e6, 5, 5], [50, 0, 0]]))
    assert np.isfinite(found.labs).all()
    assert lab_to_srgb(found.labs).shape == found.labs.shape
