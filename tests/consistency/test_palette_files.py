"""Palette files: built byte by byte here, found in the wild where the evaluation files lie, and broken."""

import csv
import json
import os
import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.color import ciede2000
from consistency.errors import PaletteError
from consistency.palette_files import MAX_BYTES, MAX_SWATCHES, read_palette
from consistency.typed_color import parse_color

EVAL = Path(os.environ.get("SERIES_EVAL", Path(__file__).parents[2].parent / "shared" / "eval")) / "files"
needs_files = pytest.mark.skipif(
    not (EVAL / "palette").is_dir(),
    reason=f"no palette files at {EVAL}; set SERIES_EVAL to the evaluation folder",
)


def name_units(name):
    return name.encode("utf-16-be") + b"\0\0"


def ase_block(kind, body=b""):
    return struct.pack(">HI", kind, len(body)) + body


def ase_name(name):
    return struct.pack(">H", len(name_units(name)) // 2) + name_units(name)


def ase_color(name, model, *values):
    body = ase_name(name) + model + struct.pack(f">{len(values)}fH", *values, 2)
    return ase_block(1, body)


def ase(*blocks):
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)


def aco(version, *colors):
    out = struct.pack(">HH", version, len(colors))
    for name, space, *channels in colors:
        out += struct.pack(">H4H", space, *(value & 0xFFFF for value in channels))
        if version == 2:
            out += struct.pack(">I", len(name_units(name)) // 2) + name_units(name)
    return out


ASE = ase(
    ase_block(0xC001, ase_name("Mara")),
    ase_color("coat", b"RGB ", 192 / 255, 57 / 255, 43 / 255),
    ase_color("ink", b"CMYK", 0, 0.7, 0.78, 0.25),
    ase_block(0xC002),
    ase_color("sun", b"LAB ", 0.6, 10, 65),
    ase_color("", b"Gray", 128 / 255),
)
COLORS = [
    ("coat", 0, 49344, 14649, 11051, 0),
    ("leaf", 1, 21845, 65535, 65535, 0),
    ("ink", 2, 65535, 19661, 14418, 49151),
    ("sun", 7, 6000, 1000, 6500, 0),
    ("sea", 7, 5000, -2000, -4500, 0),
    ("75% gray", 8, 7500, 0, 0, 0),
]


@pytest.fixture
def written(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def near(lab, text, limit=0.3):
    return float(ciede2000(lab, parse_color(text))) < limit


def test_ase(written):
    palette = read_palette(written("mara.ase", ASE))
    assert palette.name == "mara"
    assert [swatch.name for swatch in palette.swatches] == ["coat", "ink", "sun", "#808080"]
    assert [swatch.role for swatch in palette.swatches] == ["Mara", "Mara", "", ""]
    for swatch, text in zip(
        palette.swatches, ["#c0392b", "cmyk(0 70 78 25)", "#b58900", "#808080"], strict=True
    ):
        assert near(swatch.lab, text)


@pytest.mark.parametrize("content", [aco(2, *COLORS), aco(1, *COLORS) + aco(2, *COLORS)])
def test_aco_with_names(written, content):
    palette = read_palette(written("x.aco", content))
    assert [swatch.name for swatch in palette.swatches] == [name for name, *_ in COLORS]
    texts = [
        "#c0392b",
        "hsv(120 100 100)",
        "cmyk(0 70 78 25)",
        "#b58900",
        "lab-d50(50 -20 -45)",
        "rgb(25% 25% 25%)",
    ]
    for swatch, text in zip(palette.swatches, texts, strict=True):
        assert near(swatch.lab, text)


def test_aco_without_names(written):
    palette = read_palette(written("x.ACO", aco(1, *COLORS[:2])))
    assert [swatch.name for swatch in palette.swatches] == ["#c0392b", "#00ff00"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_gpl(written, newline, mark):
    lines = [
        "GIMP Palette",
        "Name: Mara",
        "Columns: 4",
        "# a comment",
        "",
        "192  57  43\tcoat",
        "  0   0   0",
    ]
    palette = read_palette(written("mara.gpl", mark + newline.join(lines) + newline))
    assert palette.name == "Mara"
    assert [(swatch.name, swatch.hex) for swatch in palette.swatches] == [
        ("coat", "#c0392b"),
        ("#000000", "#000000"),
    ]


def test_hex_list(written):
    text = "; lospec\n// note\n# note\n#c0392b coat\nc0392b\nFFC0392B\n0xc0392b, cape\n#c39\n\n"
    palette = read_palette(written("mara.hex", text))
    assert [swatch.name for swatch in palette.swatches] == ["coat", "#c0392b", "#c0392b", "cape", "#cc3399"]
    assert [swatch.hex for swatch in palette.swatches[:4]] == ["#c0392b"] * 4
    assert read_palette(written("mara.txt", text)).labs.shape == (5, 3)


def test_content_counts_before_the_ending(written):
    assert len(read_palette(written("wrong.txt", ASE)).swatches) == 4


def test_names_cannot_move_the_cursor(written):
    palette = read_palette(written("x.ase", ase(ase_color("co\x1b[2Jat\n", b"RGB ", 1, 0, 0))))
    assert palette.swatches[0].name == "co[2Jat"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.gpl", "GIMP Palette\n192 57\n", ":2: found"),
        ("a.gpl", "GIMP Palette\n192 57 256 coat\n", "0 to 255"),
        ("a.gpl", "GIMP Palette\n#\n", "no color"),
        ("a.gpl", "JASC-PAL\n", 'starts with "JASC-PAL'),
        ("a.hex", "c0392b\nred\n", ":2: found"),
        ("a.hex", "#c0392b80\n", ":1: found"),
        ("a.hex", "0" * 200, "200 characters"),
        ("a.hex", "c0392b\n" * (MAX_SWATCHES + 1), f":{MAX_SWATCHES + 1}: holds more than"),
        ("a.hex", "", "no color"),
        ("a.hex", b"\xff\xfe\0\x01", ":1: found"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "palettes are"),
        ("a.aco", b"", "cut off"),
        ("a.aco", b"\0\7\0\1", "version 7"),
        ("a.aco", aco(1, *COLORS)[:-3], "color 6 of 6"),
        ("a.aco", aco(1, ("", 5, 0, 0, 0, 0)), "color space 5"),
        ("a.aco", aco(1, ("", 8, 20000, 0, 0, 0)), "0 to 255"),
        ("a.aco", struct.pack(">HH", 1, 65535), "65,535 colors"),
        ("a.aco", aco(2, COLORS[0])[:14] + b"\xff\xff\xff\xff", "cut off"),
        ("a.ase", b"ASEF", "cut off"),
        ("a.ase", b"ASEF\0\2\0\0\0\0\0\1", "version 2"),
        ("a.ase", b"ASEF\0\1\0\0\xff\xff\xff\xff", "blocks"),
        ("a.ase", ASE[:-10], "block 6 of 6"),
        ("a.ase", ase(ase_color("x", b"HSB ", 1, 1, 1)), '"HSB"'),
        ("a.ase", ase(ase_color("x", b"RGB ", 1.5, 0, 0)), "0 to 255"),
        ("a.ase", ase(ase_color("x", b"RGB ", float("nan"), 0, 0)), "0 to 255"),
        ("a.ase", ase(ase_color("x", b"LAB ", 45, 0, 0)), "0 to 100"),
        ("a.ase", ase(ase_block(0xC001, ase_name("empty"))), "no color"),
    ],
)
def test_what_cannot_be_read(written, name, content, words):
    path = written(name, content)
    with pytest.raises(PaletteError) as caught:
        read_palette(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert str(caught.value).isprintable()


def test_files_that_are_not_there_or_too_large(tmp_path, written):
    for path in (tmp_path / "none.ase", tmp_path, "a\0b.ase"):
        with pytest.raises(PaletteError, match="cannot be read"):
            read_palette(path)
    with pytest.raises(PaletteError, match="larger"):
        read_palette(written("big.hex", b"c0392b\n" * (MAX_BYTES // 7 + 1)))


SEEDS = [ASE, aco(2, *COLORS), aco(1, *COLORS), b"GIMP Palette\nName: x\n1 2 3 a\n", b"#c0392b x\nFFc0392b\n"]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from([".ase", ".aco", ".gpl", ".hex", ".txt"]))
def test_hostile_bytes_are_a_palette_or_a_palette_error(tmp_path, data, ending):
    content = bytearray(data.draw(st.sampled_from(SEEDS) | st.binary(max_size=80)))
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), max_size=4)):
        if place < len(content):
            content[place] = value
    path = tmp_path / f"fuzz{ending}"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    outcome = ""
    try:
        read_palette(path)
    except PaletteError as problem:
        outcome = str(problem)
    assert not outcome or str(path) in outcome


# --- files made by other programs ---


def truth(values, mode):
    match mode:
        case "RGB":
            return parse_color("rgb({}% {}% {}%)".format(*(100 * value for value in values)))
        case "LAB":
            return parse_color({"lab-d50": [100 * values[0], *values[1:]]})
        case "Gray":
            return parse_color("rgb({0}% {0}% {0}%)".format(100 * values[0]))
    raise AssertionError(mode)


@needs_files
@pytest.mark.parametrize("name", ["sampler", "solarized"])
def test_ase_of_illustrator(name):
    groups = json.loads((EVAL / "palette" / f"{name}.json").read_text())
    expected = [
        (entry["name"], group["name"], truth(**entry["data"]))
        for group in groups
        for entry in group["swatches"]
    ]
    swatches = read_palette(EVAL / "palette" / f"{name}.ase").swatches
    assert [(swatch.name, swatch.role) for swatch in swatches] == [
        (name, group) for name, group, _ in expected
    ]
    assert (
        max(float(ciede2000(swatch.lab, lab)) for swatch, (*_, lab) in zip(swatches, expected, strict=True))
        < 0.01
    )


@needs_files
def test_gpl_of_gimp_as_the_manifest_expects():
    with (EVAL / "manifest.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["file"].endswith(".gpl")]
    assert rows
    for row in rows:
        path = EVAL.parent / row["file"]
        if "must raise" in row["expected"]:
            with pytest.raises(PaletteError, match=r"\.gpl:6: "):
                read_palette(path)
        else:
            colors = len(read_palette(path).swatches)
            assert colors == (256 if row["expected"].startswith("256") else 8)
