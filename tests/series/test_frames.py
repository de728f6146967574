"""Which file is which panel."""

from __future__ import annotations

from pathlib import Path

import pytest

from series.errors import FramesError
from series.frames import match_frames


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    own = tmp_path / "frames"
    own.mkdir()
    for name in ("p01.png", "p02.JPG", "p9.webp", "notes.txt", ".p03.png", "p03.psd.bak"):
        (own / name).touch()
    return own


def matched(found) -> dict[str, str]:
    return {match.panel: match.file for match in found.matched}


def test_frames_are_matched_by_their_stem_in_panel_order(folder) -> None:
    found = match_frames(["p02", "p01", "p03"], folder)
    assert [(m.panel, m.file) for m in found.matched] == [("p02", "p02.JPG"), ("p01", "p01.png")]
    assert found.matched[0].path == folder / "p02.JPG"
    assert found.panels_without_frame == ("p03",)
    assert found.frames_without_panel == ("p9.webp",)


def test_two_files_for_one_panel_are_an_error_that_names_both(folder) -> None:
    (folder / "p01.jpg").touch()
    with pytest.raises(FramesError, match=r"p01\.jpg and p01\.png are both frames of panel p01; remove one"):
        match_frames(["p01"], folder)


def test_a_folder_without_any_frame_says_what_is_there_and_how_to_name_it(tmp_path) -> None:
    (tmp_path / "take one.png").touch()
    with pytest.raises(FramesError, match=r"it holds take one\.png, .* panels are p01, p02\..*--map"):
        match_frames(["p01", "p02"], tmp_path)


def test_names_that_differ_in_capitals_or_spaces_only_are_told(tmp_path) -> None:
    (tmp_path / "P01 .PNG").touch()
    with pytest.raises(FramesError, match=r"letter by letter \(p01\.PNG, not P01 \.PNG\), or write a map"):
        match_frames(["p01"], tmp_path)


def test_pictures_one_folder_deeper_are_pointed_at(tmp_path) -> None:
    (tmp_path / "episode 1").mkdir()
    (tmp_path / "episode 1/p01.png").touch()
    with pytest.raises(
        FramesError, match=r"no pictures itself \(its folder episode 1 does: name it with --frames"
    ):
        match_frames(["p01"], tmp_path)


def test_a_missing_folder_says_which_option_names_it(tmp_path) -> None:
    with pytest.raises(FramesError, match=r"gone: no such folder; .* --frames"):
        match_frames(["p01"], tmp_path / "gone")


def test_a_file_is_no_folder(folder) -> None:
    with pytest.raises(FramesError, match=r"p01\.png: --frames takes a folder, this is a file"):
        match_frames(["p01"], folder / "p01.png")


# --- maps -----------------------------------------------------------------------------------------------


@pytest.fixture
def table(tmp_path: Path):
    def write(text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "map.csv"
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_a_map_names_files_that_panels_do_not(folder, table) -> None:
    (folder / "sub").mkdir()
    (folder / "sub/x.png").touch()
    mapping = table("note,panel,file\nfirst,p01,p9.webp\n,p02,sub/x.png\n")
    found = match_frames(["p01", "p02", "p03"], folder, mapping)
    assert matched(found) == {"p01": "p9.webp", "p02": "sub/x.png"}
    assert found.panels_without_frame == ("p03",)
    assert set(found.frames_without_panel) == {"p01.png", "p02.JPG"}


def test_a_map_may_name_a_file_of_any_suffix_and_one_that_is_not_there(folder, table) -> None:
    mapping = table("panel,file\np01,p03.psd.bak\np02,gone.png\n")
    assert matched(match_frames(["p01", "p02"], folder, mapping)) == {"p01": "p03.psd.bak", "p02": "gone.png"}


def test_a_map_from_a_spreadsheet_is_read(folder, table) -> None:
    mapping = table('panel,file\r\n"p01","p9.webp"\r\n\r\n', "utf-8-sig")
    assert matched(match_frames(["p01"], folder, mapping)) == {"p01": "p9.webp"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("panel;file\np01;p01.png\n", r"map\.csv:1: a map needs columns panel,file; found panel;file"),
        ("", r"map\.csv:1: a map needs columns panel,file; found nothing"),
        ("panel,file\np01,p01.png\nx7,p02.JPG\n", r"map\.csv:3: no panel 'x7' in the manifest"),
        ("panel,file\np01,p01.png\np01,p9.webp\n", r"map\.csv:3: panel 'p01' has a frame already"),
        (
            "panel,file\np01,../secret.png\n",
            r"map\.csv:2: '\.\./secret\.png' is not inside the frames folder",
        ),
        ("panel,file\np01,/etc/passwd\n", r"map\.csv:2: '/etc/passwd' is not inside the frames folder"),
        ("panel,file\np01\n", r"map\.csv:2: '' is not inside the frames folder"),
        ("panel,file\np01,a\x00b.png\n", r"map\.csv"),
    ],
)
def test_a_wrong_map_is_an_error_with_its_line(folder, table, text: str, said: str) -> None:
    with pytest.raises(FramesError, match=said):
        match_frames(["p01", "p02"], folder, table(text))


def test_a_map_that_is_no_text_is_an_error(folder, table) -> None:
    with pytest.raises(FramesError, match="cannot be read as a CSV map"):
        match_frames(["p01"], folder, table("panel,file\np01,\xe9.png\n", "latin-1"))


def test_a_map_that_is_not_there_is_an_error(folder, tmp_path) -> None:
    with pytest.raises(FramesError, match=r"gone\.csv: cannot be read as a CSV map"):
        match_frames(["p01"], folder, tmp_path / "gone.csv")


@pytest.mark.parametrize("mapped", [False, True])
def test_a_link_in_the_folder_is_followed_with_a_map_and_without(folder, table, tmp_path, mapped) -> None:
    (tmp_path / "elsewhere.png").touch()
    (folder / "link.png").symlink_to(tmp_path / "elsewhere.png")
    mapping = table("panel,file\nlink,link.png\n") if mapped else None
    assert matched(match_frames(["link"], folder, mapping)) == {"link": "link.png"}


def test_accents_match_however_the_file_system_spells_them(folder, table) -> None:
    decomposed = "cafe\u0301"
    (folder / f"{decomposed}.png").touch()
    assert matched(match_frames(["caf\xe9"], folder)) == {"caf\xe9": f"{decomposed}.png"}
    mapping = table(f"panel,file\n{decomposed},p9.webp\n")
    assert matched(match_frames(["caf\xe9"], folder, mapping)) == {"caf\xe9": "p9.webp"}


def test_a_map_with_a_column_twice_is_refused(folder, table) -> None:
    with pytest.raises(FramesError, match=":1: a column is there twice"):
        match_frames(["p01"], folder, table("panel,file,file\np01,p9.webp,other.png\n"))


def test_a_full_path_inside_a_folder_named_from_here_is_matched(folder, table, monkeypatch) -> None:
    monkeypatch.chdir(folder.parent)
    mapping = table(f"panel,file\np01,{folder / 'p9.webp'}\n")
    found = match_frames(["p01"], Path("frames"), mapping)
    assert matched(found) == {"p01": "p9.webp"}
    assert "p9.webp" not in found.frames_without_panel


def test_a_roundabout_path_is_the_same_file(folder, table) -> None:
    (folder / "sub").mkdir()
    found = match_frames(["p01"], folder, table("panel,file\np01,sub/../p9.webp\n"))
    assert matched(found) == {"p01": "p9.webp"}
    assert "p9.webp" not in found.frames_without_panel
