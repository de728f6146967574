"""The manifest: each mistake is one small file, and what the reader says about it."""

# ruff: noqa: E501 - messages stand in one piece, so that they can be searched for

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from series.errors import ManifestError
from series.manifest import CastEntry, Manifest, Panel, manifest_schema, read_manifest
from series.manifest.document import MAX_BYTES, Document
from series.manifest.read import upgrade

FULL = """\
version: 1
series: The Lantern Cat
kind: comic
size: [1024, 768]
style:
  words: flat ink and gouache, warm paper
  references: [refs/style/one.png]
  avoid: [photorealism, 3D render]
palettes:
  series:
    ink: "#1d2433"
    paper: {color: "#f6ead2", share: 0.3, tolerance: 4}
  night: palettes/night.gpl
palette: series
characters:
  mara:
    look: red coat, black bob, round glasses
    medium: drawn
    references: [refs/mara/front.png, refs/mara/side.png]
    palette: {coat: crimson}
    wardrobe:
      winter: {look: white parka, references: [refs/mara/winter.png], palette: night}
seeds: {base: 1234, p01: 99}
panels:
  - id: p01
    shot: wide
    camera: kitchen_a
    scene: Mara finds the lantern
    structure: two figures left, door right
    characters:
      - {name: mara, wardrobe: winter, place: [0.55, 0.4, 0.9, 0.95]}
    lettering:
      - {text: "Is it warm?", place: top, speaker: mara}
    palette: night
  - id: p02
    characters: [mara]
    lettering: [Click.]
checks:
  off: [style]
  tolerances:
    color.role: {accept_below: 6, reject_above: 12}
generator: {name: previz, drift: {palette: 0.3}}
budget: {usd: 5, attempts: 3}
use: commercial
"""

HEAD = "version: 1\nseries: S\n"
PANELS = "panels: [{id: p01}]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files that the manifests here name."""
    for name in ("refs/style/one.png", "refs/mara/front.png", "refs/mara/side.png", "refs/mara/winter.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"a picture")
    (tmp_path / "palettes").mkdir()
    (tmp_path / "palettes/night.gpl").write_text(
        "GIMP Palette\nName: Night\n#\n16 24 48\tsky\n", encoding="utf-8"
    )
    return tmp_path


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "series.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(folder: Path, text: str) -> Manifest:
    return read_manifest(write(folder, text))


def complaint(folder: Path, text: str | bytes) -> str:
    """What is said about a manifest, without the folder that a test happens to run in."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(write(folder, text))
    return str(caught.value).replace(f"{folder}{os.sep}", "")


# --- a good manifest ------------------------------------------------------------------------------------


def test_everything_that_a_person_pins_is_read(folder: Path) -> None:
    manifest = read(folder, FULL)
    panel = manifest.panels[0]
    assert (manifest.series, manifest.kind, manifest.size) == ("The Lantern Cat", "comic", (1024, 768))
    assert manifest.style.avoid == ("photorealism", "3D render")
    assert manifest.characters["mara"].wardrobe["winter"].references == ("refs/mara/winter.png",)
    assert panel.characters == (CastEntry(name="mara", wardrobe="winter", place=(0.55, 0.4, 0.9, 0.95)),)
    assert manifest.panels[1].characters == (CastEntry(name="mara"),)
    assert manifest.panels[1].lettering[0].text == "Click."
    assert manifest.generator == {"name": "previz", "drift": {"palette": 0.3}}
    assert (manifest.budget.usd, manifest.budget.attempts, manifest.use) == (5, 3, "commercial")


def test_the_name_of_a_generator_may_stand_alone(folder: Path) -> None:
    text = FULL.replace("generator: {name: previz, drift: {palette: 0.3}}", "generator: openai")
    assert read(folder, text).generator == {"name": "openai"}


def test_a_manifest_knows_its_file_and_the_line_of_every_key(folder: Path) -> None:
    manifest = read(folder, FULL)
    assert manifest.path == folder / "series.yaml"
    assert manifest.folder == folder
    assert manifest.where("panels", 0, "shot") == "series.yaml:26"
    assert manifest.where("palettes", "series", "paper", "share") == "series.yaml:12"
    assert manifest.where("panels", 0, "no such key") == "series.yaml:25"


def test_palettes_are_named_colors_or_files(folder: Path) -> None:
    manifest = read(folder, FULL)
    ink, paper = manifest.palette("series").swatches
    assert (ink.name, ink.hex, ink.share, ink.tolerance) == ("ink", "#1d2433", None, None)
    assert (paper.name, paper.hex, paper.share, paper.tolerance) == ("paper", "#f6ead2", 0.3, 4)
    assert manifest.palette("night").name == "night"
    assert [swatch.hex for swatch in manifest.palette("night").swatches] == ["#101830"]


def test_palette_files_are_read_once_with_the_manifest(folder: Path) -> None:
    manifest = read(folder, FULL)
    (folder / "palettes/night.gpl").unlink()
    assert manifest.palette("night").swatches[0].name == "sky"


def test_colors_on_the_spot_are_named_after_their_owner(folder: Path) -> None:
    manifest = read(folder, FULL)
    palette = manifest.palette_of(manifest.characters["mara"].palette, "mara")
    assert palette is not None
    assert (palette.name, palette.swatches[0].hex) == ("mara", "#dc143c")


def test_tolerances_carry_the_line_that_they_come_from(folder: Path) -> None:
    tolerance = read(folder, FULL).tolerances()["color.role"]
    assert (tolerance.accept_below, tolerance.reject_above) == (6, 12)
    assert tolerance.source == "series.yaml:41"


def test_the_shortest_manifest(folder: Path) -> None:
    manifest = read(folder, HEAD + PANELS)
    assert (manifest.kind, manifest.size, manifest.use, manifest.seeds) == ("comic", None, "commercial", {})


@pytest.mark.parametrize("text", ["\ufeff" + HEAD + PANELS, (HEAD + PANELS).replace("\n", "\r\n")])
def test_byte_order_marks_and_windows_line_ends_are_no_matter(folder: Path, text: str) -> None:
    assert read(folder, text).series == "S"


def test_names_may_be_in_any_script(folder: Path) -> None:
    text = HEAD + "characters: {三毛: {look: ねこ}}\npanels: [{id: コマ01, characters: [三毛]}]"
    assert read(folder, text).panels[0].id == "コマ01"


def test_a_key_whose_lines_are_commented_out_is_absent(folder: Path) -> None:
    text = HEAD + PANELS + "characters:\n  mara:\n    look: red coat\n    references:\n      # - refs/x.png\n"
    assert read(folder, text).characters["mara"].references == ()


def test_aliases_and_merges_save_typing(folder: Path) -> None:
    text = HEAD + "panels:\n  - &first {id: p01, shot: wide}\n  - {<<: *first, id: p02}\n"
    assert [(panel.id, panel.shot) for panel in read(folder, text).panels] == [
        ("p01", "wide"),
        ("p02", "wide"),
    ]


def test_a_manifest_is_frozen(folder: Path) -> None:
    with pytest.raises(ValidationError):
        read(folder, HEAD + PANELS).series = "other"  # type: ignore[misc]


def test_a_manifest_can_be_made_in_code() -> None:
    manifest = Manifest(version=1, series="S", panels=(Panel(id="p01"),))
    assert manifest.where("panels") == "series.yaml:1"


# --- mistakes -------------------------------------------------------------------------------------------

MISTAKES = [
    # keys
    ("stile: x", "3: unknown key 'stile' in the manifest; did you mean 'style'?"),
    ("look: red", "3: unknown key 'look' in the manifest; it belongs in a character or a wardrobe entry"),
    ("letterings: x", "3: unknown key 'letterings' in the manifest; 'lettering' belongs in a panel"),
    ("budget: {zzz: 1}", "3: budget: unknown key 'zzz' in budget; known: usd, attempts"),
    (
        "characters:\n  mara:\n    refernces: []",
        "5: characters.mara: unknown key 'refernces' in a character; did you mean 'references'?",
    ),
    ("kind: comic\nkind: brand", "4: the key 'kind' is here twice; the first is at line 3"),
    # kinds of value
    ("series2: x", "3: unknown key 'series2' in the manifest; did you mean 'series'?"),
    ("kind: comics", "3: kind: unknown word 'comics'; did you mean 'comic'?"),
    ("use: 3", "3: use: one of commercial, research is wanted here, not 3"),
    ("style: {words: 1984}", '3: style.words: 1984 is not read as text; put it in quotes: "1984"'),
    ("style: {words: [a]}", "3: style.words: text is wanted here, not a list"),
    ("style: {avoid: 3D}", "3: style.avoid: a list is wanted ([a, b], or lines that start with '- ') here, not '3D'"),
    ("characters:\n  mara:\n  tib:\n    look: x", "4: characters.mara: nothing here; its keys go below it, indented by two spaces more"),
    (
        "checks: {tolerances: {color.role: 3}}",
        "3: checks.tolerances.color.role: limits are wanted ({accept_below: 6, reject_above: 12}) here, not 3",
    ),
    ("style: flat", "3: style: keys with values are wanted (key: value) here, not 'flat'"),
    ("budget: {attempts: 1.5}", "3: budget.attempts: a whole number is wanted here, not 1.5"),
    ("budget: {usd: -1}", "3: budget.usd: -1 must be at least 0"),
    ("budget: {usd: .inf}", "3: budget.usd: a number is wanted here, not '.inf'"),
    # sizes
    ("size: 1024", "3: size: 1024 is no size; write [width, height] in pixels: [1024, 768]"),
    ("size: [0, 768]", "3: size: 0 is no side of a picture; a whole number of pixels from 1 to 65535"),
    ("size: [1024, -3]", "3: size: -3 is no side of a picture; a whole number of pixels from 1 to 65535"),
    # colors and palettes
    (
        "palettes:\n  a:\n    ink: #1d2433",
        "5: palettes.a.ink: no color here; one that starts with # needs quotes, or YAML takes it for a comment",
    ),
    ("palettes: {a: {ink: 102030}}", '3: palettes.a.ink: 102030 is not read as text; put it in quotes: "102030"'),
    ("palettes: {a: {ink: {share: 2, color: red}}}", "3: palettes.a.ink.share: 2 must be at most 1"),
    ("palettes: {a: {ink: {share: 0.5}}}", "3: palettes.a.ink: color is missing"),
    ("palettes: {a: {}}", "3: palettes.a: nothing here; at least one is wanted"),
    ("palettes: {night: {ink: red}}\npalette: nihgt", "4: palette: unknown palette 'nihgt'; did you mean 'night'?"),
    ("palettes: {a: nihgt.gpl}", "3: palettes.a: no file 'nihgt.gpl'; the nearest is 'palettes/night.gpl'"),
    ("palettes: {a/b: {ink: red}}", "3: palettes.a/b: 'a/b' is no name: reports write a character and its outfit as mara/winter"),
    # files
    (
        "style:\n  references:\n    - refs/mara/frnt.png",
        "5: style.references: no file 'refs/mara/frnt.png'; the nearest is 'refs/mara/front.png'",
    ),
    ("style: {references: [front.png]}", "3: style.references: no file 'front.png'; the nearest is 'refs/mara/front.png'"),
    ("style: {references: [refs/mara]}", "3: style.references: 'refs/mara' is a folder; name a file in it"),
    (
        "style: {references: [../one.png]}",
        "3: style.references: '../one.png' leaves the manifest's folder; keep the files inside it, without '..'",
    ),
    (
        "style: {references: [/etc/passwd]}",
        "3: style.references: '/etc/passwd' leaves the manifest's folder; paths are relative to it",
    ),
    (
        "style: {references: ['C:/one.png']}",
        "3: style.references: 'C:/one.png' leaves the manifest's folder; paths are relative to it",
    ),
    (
        r"style: {references: ['refs\one.png']}",
        r"3: style.references: 'refs\\one.png': folders are separated by /; write 'refs/one.png'",
    ),
    ("style: {references: [refs/link.png]}", "3: style.references: 'refs/link.png' leaves the manifest's folder through a link; copy the file into it"),
    # seeds
    ("seeds: {base: -1}", "3: seeds.base: -1 is no seed; a seed is a whole number from 0 to 4294967295"),
    ("seeds: {base: 4294967296}", "3: seeds.base: 4294967296 is no seed; a seed is a whole number from 0 to 4294967295"),
    ("seeds: {p1: 5}", "3: seeds.p1: unknown panel 'p1'; did you mean 'p01'?"),
    # checks
    ("checks: {off: [colour]}", "3: checks.off: unknown check 'colour'; did you mean 'color'?"),
    ("checks: {off: [hue]}", "3: checks.off: unknown check 'hue'; known: identity, color, style, rendering, picture, lettering"),
    (
        "checks: {tolerances: {colr.role: {accept_below: 1, reject_above: 2}}}",
        "3: checks.tolerances.colr.role: unknown check 'colr.role'; did you mean 'color.role'?",
    ),
    (
        "checks:\n  tolerances:\n    color.role: {accept_below: 12, reject_above: 6}",
        "5: checks.tolerances.color.role: accept_below 12 is larger than reject_above 6",
    ),
    (
        "checks: {tolerances: {style: {accept_below: 1, reject_above: 2}}}",
        "3: checks.tolerances.style: 'style' is a kind of check; limits belong to what is measured: style.reference, style.series",
    ),
    (
        "checks: {tolerances: {color.role: {accept_below: 12}}}",
        "3: checks.tolerances.color.role: reject_above is missing",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_said_with_its_line_and_the_nearest_right_value(
    folder: Path, text: str, said: str
) -> None:
    (folder / "refs/link.png").symlink_to("/etc/hostname")
    assert complaint(folder, f"{HEAD}{text}\n{PANELS}") == f"series.yaml:{said}"


PANEL_MISTAKES = [
    ("- shot: wide", "7: panel number 1: id is missing"),
    ("- p01", "7: panel number 1: keys with values are wanted (key: value) here, not 'p01'"),
    ("- id: 01", '7: panel number 1, id: 01 is not read as text; put it in quotes: "01"'),
    ("- id: a/b", "7: panel a/b, id: 'a/b' cannot name a file on every system; use 'a_b'"),
    ("- id: ..", "7: panel .., id: '..' cannot name a file on every system; use 'panel'"),
    ("- id: con", "7: panel con, id: 'con' cannot name a file on every system; use 'con_'"),
    ("- id: 'p01 '", "7: panel p01 , id: 'p01 ' cannot name a file on every system; use 'p01'"),
    ("- id: base", "7: panel base, id: 'base' is taken by seeds.base; choose another id"),
    ("- id: p01\n- id: p01", "8: two panels have the id 'p01'; the first is at line 7"),
    ("- id: p01\n- id: P01", "8: panel id 'P01' differs from 'p01' (line 7) only in case"),
    ("- {id: p01, shot: closeup}", "7: panel p01, shot: unknown word 'closeup'; did you mean 'close_up'?"),
    (
        "- {id: p01, characters: [mra]}",
        "7: panel p01, characters: unknown character 'mra'; did you mean 'mara'?",
    ),
    ("- {id: p01, characters: [mara, mara]}", "7: panel p01, characters: 'mara' is in this panel twice"),
    (
        "- id: p01\n  characters:\n  - name: mara\n    wardrobe: wnter",
        "10: panel p01, characters.wardrobe: unknown wardrobe 'wnter' of 'mara'; did you mean 'winter'?",
    ),
    (
        "- {id: p01, characters: [{name: tib, wardrobe: winter}]}",
        "7: panel p01, characters.wardrobe: unknown wardrobe 'winter' of 'tib'; 'tib' has none",
    ),
    (
        "- {id: p01, characters: [{name: mara, place: middle}]}",
        "7: panel p01, characters.place: unknown place 'middle'; known: left, center, right",
    ),
    (
        "- {id: p01, characters: [{name: mara, place: [0, 0, 1.5, 1]}]}",
        "7: panel p01, characters.place: [0, 0, 1.5, 1] is no place; write left, center, right, or [left, top, right, bottom] as fractions from 0 to 1",
    ),
    (
        "- {id: p01, characters: [{name: mara, place: [0.9, 0, 0.1, 1]}]}",
        "7: panel p01, characters.place: [0.9, 0, 0.1, 1] is reversed or empty; left must be below right, and top below bottom",
    ),
    ("- {id: p01, lettering: [{text: ''}]}", "7: panel p01, lettering.text: the text is empty"),
    ("- {id: p01, palette: mara}", "7: panel p01, palette: unknown palette 'mara'"),
]


@pytest.mark.parametrize(("text", "said"), PANEL_MISTAKES)
def test_a_mistake_in_a_panel_names_the_panel(folder: Path, text: str, said: str) -> None:
    cast = "characters:\n  mara: {wardrobe: {winter: {look: parka}}}\n  tib: {look: a cat}\n"
    assert complaint(folder, f"{HEAD}{cast}panels:\n{indent(text, '  ')}\n") == f"series.yaml:{said}"


def test_all_mistakes_are_said_at_once_in_the_order_of_their_lines(folder: Path) -> None:
    text = (
        f"{HEAD}size: [0, 1]\nseeds: {{base: -1, p07: 3}}\npanels:\n  - id: p01\n    shot: wde\n  - id: p01\n"
    )
    assert complaint(folder, text).splitlines() == [
        "series.yaml:3: size: 0 is no side of a picture; a whole number of pixels from 1 to 65535",
        "series.yaml:4: seeds.base: -1 is no seed; a seed is a whole number from 0 to 4294967295",
        "series.yaml:4: seeds.p07: unknown panel 'p07'; did you mean 'p01'?",
        "series.yaml:7: panel p01, shot: unknown word 'wde'; did you mean 'wide'?",
        "series.yaml:8: two panels have the id 'p01'; the first is at line 6",
    ]


def test_a_mistake_in_a_character_does_not_make_it_unknown(folder: Path) -> None:
    text = f"{HEAD}characters: {{mara: {{lok: red}}}}\npanels: [{{id: p01, characters: [mara]}}]"
    assert complaint(folder, text) == (
        "series.yaml:3: characters.mara: unknown key 'lok' in a character; did you mean 'look'?"
    )


def test_hundreds_of_mistakes_are_cut_to_a_screen(folder: Path) -> None:
    panels = "".join(f"  - {{id: p{i:03}, shot: x}}\n" for i in range(500))
    lines = complaint(folder, f"{HEAD}panels:\n{panels}").splitlines()
    assert len(lines) == 41
    assert lines[-1] == "... and 460 more problems like these"


def test_a_broken_palette_file_is_said_at_the_line_that_names_it(folder: Path) -> None:
    (folder / "palettes/night.gpl").write_text("no palette", encoding="utf-8")
    said = complaint(folder, f"{HEAD}palettes:\n  night: palettes/night.gpl\n{PANELS}")
    assert said.startswith("series.yaml:4: palettes.night: palettes/night.gpl: ")


def test_no_color(folder: Path) -> None:
    said = complaint(folder, f"{HEAD}palettes: {{a: {{coat: crimsn}}}}\n{PANELS}")
    assert said.startswith("series.yaml:3: palettes.a.coat: ")
    assert "crimsn" in said
    assert "crimson" in said


def test_panels_must_be_there(folder: Path) -> None:
    assert (
        complaint(folder, HEAD)
        == "series.yaml:1: panels is missing; list the pictures of the series, one a line: - {id: p01}"
    )
    assert (
        complaint(folder, HEAD + "panels: []")
        == "series.yaml:3: panels: nothing here; at least one is wanted"
    )


# --- files that are no manifest -------------------------------------------------------------------------

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)

NO_MANIFESTS = [
    ("", ": the file is empty; `series init DIR` writes a manifest to start from"),
    ("# nothing yet\n", ": the file is empty; `series init DIR` writes a manifest to start from"),
    ("- a\n- b\n", ":1: a manifest is keys with values (series: ...), not a list"),
    ("just text", ":1: a manifest is keys with values (series: ...), not 'just text'"),
    (b"\x89PNG\r\n\x1a\n\x00", ":1: not UTF-8 text (byte 0x89); save the manifest as UTF-8"),
    (b"a: 1\nb: \x00", ":2: not text: a control character (0x00)"),
    ("style:\n\twords: x\n", ":2: not YAML: a tab; YAML is indented with spaces only"),
    ("scene: Mara: alone\n", ":1: not YAML: a second ': ' in one line; put the text in quotes"),
    ("mara:\n  look: red\n    medium: drawn\n", ":3: not YAML: indented by 4, the line above it by 2; keys side by side start in one column"),
    (
        "a: [1, 2\nb: 3\n",
        ":2: not YAML: expected ',' or ']', but got ':' (while parsing a flow sequence, which starts at line 1)",
    ),
    ("a: 1\n---\nb: 2\n", ":2: not YAML: a second document (after '---'); a manifest is one document"),
    ("a: *nobody\n", ":1: not YAML: found undefined alias 'nobody'"),
    ("a: !!python/object/apply:os.system [ls]\n", ":1: the tag 'tag:yaml.org,2002:python/object/apply:os.system' is not allowed; plain values only"),
    ("? [a, b]\n: c\n", ":1: a key must be a word, not a list or a mapping"),
    ('a: "\\ud800"\n', ":1: half a surrogate pair (\\ud800 to \\udfff), which is no character"),
    ("a: &a [*a]\n", ":1: nested deeper than 40 levels (or an alias to what holds it)"),
    ("a: &a {<<: *a}\n", ":1: nested deeper than 40 levels (or an alias to what holds it)"),
    ("[" * 5000, ": nested too deeply"),
    (BOMB, ":1: more than 200,000 values, aliases followed; that is no manifest"),
    (b"#" * (MAX_BYTES + 1), ": larger than 2048 KiB, which is no manifest"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "said"), NO_MANIFESTS, ids=[said[:40] for _, said in NO_MANIFESTS])
def test_a_file_that_is_no_manifest_gets_one_line(folder: Path, content: str | bytes, said: str) -> None:
    assert complaint(folder, content) == f"series.yaml{said}"


def test_a_missing_file(folder: Path) -> None:
    with pytest.raises(ManifestError, match=r"no such file; `series init DIR` writes a manifest"):
        read_manifest(folder / "nothing.yaml")


def test_a_folder(folder: Path) -> None:
    with pytest.raises(
        ManifestError, match=r"this is a folder, not a manifest; name the file in it: series.yaml"
    ):
        read_manifest(folder)


# --- versions -------------------------------------------------------------------------------------------


def test_the_version_must_be_known(folder: Path) -> None:
    assert complaint(folder, "series: S") == "series.yaml:1: version is missing; write version: 1"
    assert complaint(folder, "series: S\nversion: one") == (
        "series.yaml:2: 'one' is no manifest version; write version: 1"
    )
    assert complaint(folder, "version: 2") == (
        "series.yaml:1: manifest version 2 is newer than this package knows (1); "
        "install a newer one: pip install --upgrade series-consistency"
    )


def test_old_versions_are_upgraded_one_step_at_a_time() -> None:
    steps = {
        1: lambda data: {"version": 1, "title": data["name"]},
        2: lambda data: {"version": 2, "series": data["title"]},
    }
    document = Document(Path("series.yaml"), {}, {}, {})
    assert upgrade({"version": 1, "name": "S"}, document, steps, to=3) == {"version": 3, "series": "S"}


# --- the schema for editors -----------------------------------------------------------------------------


def test_the_schema_describes_every_key() -> None:
    schema = manifest_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "palette" in schema["properties"]
    parts = [part for part in (schema, *schema["$defs"].values()) if "properties" in part]
    assert len(parts) == 11
    for part in parts:
        assert part["description"]
        for name, field in part["properties"].items():
            assert field.get("description") or "$ref" in field, name
            assert "\n" not in field.get("description", "")
        assert part["additionalProperties"] is False


def test_the_schema_shows_short_forms() -> None:
    schema = manifest_schema()
    character = schema["$defs"]["Panel"]["properties"]["characters"]["items"]
    assert [form.get("type", "a part") for form in character["anyOf"]] == ["string", "a part"]
    assert schema["$defs"]["CastEntry"]["properties"]["place"]["anyOf"][0] == {
        "enum": ["left", "center", "right"]
    }


# --- anything at all ------------------------------------------------------------------------------------


def read_anything(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.yaml"
        path.write_bytes(content)
        with contextlib.suppress(ManifestError):
            read_manifest(path)


@given(st.binary(max_size=200))
def test_bytes_never_raise_anything_else(content: bytes) -> None:
    read_anything(content)


@given(st.text(st.sampled_from("ab:-[]{},&*!|>'\"%@`#? \n\t0.~<=\\"), max_size=60))
@settings(max_examples=300)
def test_punctuation_never_raises_anything_else(text: str) -> None:
    read_anything(text.encode())


KEYS = st.sampled_from(
    [*Manifest.known_keys(), *Panel.known_keys(), *CastEntry.known_keys(), "base", "x", ""]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["p01", "wide", "refs/x.png", "..", "/", "a\0b", "#fff", "left"]),
    st.text(max_size=8),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
@settings(max_examples=300, deadline=None)
def test_no_shape_of_data_raises_anything_else(data: dict[str, object]) -> None:
    # Escaped as JSON, which is YAML too, so that every character and number gets through.

    read_anything(json.dumps({**data, "version": 1}).encode())
