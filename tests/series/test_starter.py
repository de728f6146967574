"""The manifest that a newcomer starts from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from series.errors import SeriesError
from series.manifest import Character, Manifest, Panel, read_manifest
from series.plan import plan
from series.starter import STARTER, write_starter


def test_the_starter_reads_without_an_error(tmp_path: Path) -> None:
    path = write_starter(tmp_path / "my" / "series")
    assert path == tmp_path / "my" / "series" / "series.yaml"
    manifest = read_manifest(path)
    assert [order.panel for order in plan(manifest)] == ["p01", "p02", "p03"]


def test_the_starter_pins_nothing_that_someones_own_frames_could_contradict(tmp_path: Path) -> None:
    manifest = read_manifest(write_starter(tmp_path))
    assert (manifest.size, manifest.palettes, manifest.style.references) == (None, {}, ())
    assert all(not character.references for character in manifest.characters.values())
    assert all(not panel.lettering for panel in manifest.panels)


def test_the_starter_names_every_key_of_the_manifest_a_panel_and_a_character() -> None:
    for key in (*Manifest.known_keys(), *Panel.known_keys(), *Character.known_keys()):
        assert re.search(rf"\b{key}:", STARTER), key


def test_the_examples_behind_comment_signs_read_too(tmp_path: Path) -> None:
    for name in ("refs/style/one.png", "refs/mara/front.png", "refs/mara/side.png", "refs/mara/winter.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"a picture")
    (tmp_path / "palettes").mkdir()
    (tmp_path / "palettes/night.gpl").write_text("GIMP Palette\n16 24 48\tsky\n", encoding="utf-8")
    head, _, rest = STARTER.partition("version: 1")
    examples = re.sub(r"^( *)# ( *[a-z]+[a-z.]*:| *-)", r"\1\2", rest, flags=re.MULTILINE)
    path = tmp_path / "series.yaml"
    path.write_text(f"{head}version: 1{examples}", encoding="utf-8")
    manifest = read_manifest(path)
    assert manifest.characters["mara"].wardrobe["winter"].references == ("refs/mara/winter.png",)
    assert manifest.panels[2].palette == "night"
    assert manifest.panels[0].lettering[0].speaker == "mara"
    assert manifest.checks.off == ("style",)


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "series.yaml").write_text("mine", encoding="utf-8")
    with pytest.raises(SeriesError) as caught:
        write_starter(tmp_path)
    assert str(caught.value) == f"{tmp_path / 'series.yaml'}: is there already; nothing was written"
    assert (tmp_path / "series.yaml").read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_folders_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SeriesError, match="is a file, not a folder"):
        write_starter(tmp_path / "file")
    with pytest.raises(SeriesError, match="cannot be made"):
        write_starter(tmp_path / "file" / "series")
