"""What cannot be read is reported by name, and everything else is audited."""

from __future__ import annotations

import json

import pytest

from consistency import ConsistencyError, Unmeasured, Verdict
from series.errors import FramesError, ManifestError
from series.report import audit_csv, audit_html, audit_json, audit_junit

SORTS = ("text", "empty", "cut", "folder", "bomb")


def by_panel(audited) -> dict:
    return {frame.panel: frame for frame in audited.audit.frames}


@pytest.mark.parametrize("how", SORTS)
def test_an_unreadable_frame_is_reported_and_the_others_are_audited(comic, spoil, how: str) -> None:
    whole = by_panel(comic.audit(cache=None))
    spoil(comic.frames / "p03.png", how)
    frames = by_panel(comic.audit(cache=None))
    bad = frames["p03"]
    assert bad.verdict is Verdict.UNSURE
    assert bad.assessment.findings == ()
    assert "p03.png" in bad.error
    assert "\n" not in bad.error
    for panel in ("p01", "p02", "p04"):
        assert frames[panel].error == ""
        own = [f.result for f in frames[panel].assessment.findings if f.result.check.startswith("identity")]
        before = [f.result for f in whole[panel].assessment.findings if f.result.check.startswith("identity")]
        assert own == before


def test_a_file_that_only_a_map_names_and_that_is_not_there_is_reported(comic) -> None:
    mapping = comic.folder / "map.csv"
    mapping.write_text("panel,file\np01,gone.png\np02,p02.png\n", encoding="utf-8")
    frames = by_panel(comic.audit(mapping=mapping))
    assert "gone.png" in frames["p01"].error
    assert frames["p02"].error == ""


def test_all_sorts_at_once_are_in_every_report(comic, spoil) -> None:
    comic.edit("panels:\n", "panels:\n" + "".join(f"  - {{id: {how}}}\n" for how in SORTS))
    for how in SORTS:
        path = comic.frames / f"{how}.png"
        path.write_bytes((comic.frames / "p01.png").read_bytes())
        spoil(path, how)
    audit = comic.audit().audit
    report = json.loads(audit_json(audit))
    assert sorted(one["panel"] for one in report["frames"] if one["error"]) == sorted(SORTS)
    for text in (audit_html(audit), audit_junit(audit), audit_csv(audit)):
        for how in SORTS:
            assert f"{how}.png" in text


def test_when_no_frame_can_be_read_the_audit_is_unsure(comic, spoil) -> None:
    for path in list(comic.frames.iterdir()):
        spoil(path, "text")
    audit = comic.audit().audit
    assert audit.verdict is Verdict.UNSURE
    assert all(frame.error for frame in audit.frames)


def test_a_repaired_frame_is_audited_next_time(comic, spoil) -> None:
    good = (comic.frames / "p03.png").read_bytes()
    spoil(comic.frames / "p03.png", "cut")
    assert by_panel(comic.audit())["p03"].error
    (comic.frames / "p03.png").write_bytes(good)
    assert by_panel(comic.audit())["p03"].error == ""


# --- references -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["text", "empty", "cut", "bomb"])
def test_an_unreadable_reference_is_a_note_and_its_character_unmeasured(comic, spoil, how: str) -> None:
    spoil(comic.folder / "refs/tib.png", how)
    audited = comic.audit()
    (note,) = [note for note in audited.audit.notes if note.startswith("a reference could not be read")]
    assert "refs/tib.png" in note
    frames = by_panel(audited)
    (tib,) = [
        f.result
        for f in frames["p04"].assessment.findings
        if (f.result.check, f.result.subject) == ("identity", "tib")
    ]
    assert isinstance(tib, Unmeasured)
    assert tib.reason == "tib has no readable reference picture: pin one under characters.tib.references"
    assert frames["p04"].verdict is not Verdict.CONSISTENT
    assert any(f.result.check.startswith("identity") for f in frames["p01"].assessment.findings)


def test_when_no_reference_can_be_read_every_character_is_unmeasured(comic, spoil) -> None:
    for path in list((comic.folder / "refs").iterdir()):
        spoil(path, "text")
    audited = comic.audit()
    assert len([n for n in audited.audit.notes if n.startswith("a reference could not be read")]) == 3
    for frame in audited.audit.frames:
        own = [f.result for f in frame.assessment.findings if f.result.check == "identity"]
        assert own
        assert all(isinstance(result, Unmeasured) for result in own)


def test_an_unreadable_style_reference_is_a_note(comic, spoil, pictures) -> None:
    pictures(comic.folder / "refs/style.png", 50)
    spoil(comic.folder / "refs/style.png", "cut")
    comic.edit("characters:\n  mara:", "style: {references: [refs/style.png]}\ncharacters:\n  mara:")
    audited = comic.audit()
    assert any("refs/style.png" in note for note in audited.audit.notes)
    assert not [
        f for f in by_panel(audited)["p01"].assessment.findings if f.result.check == "style.reference"
    ]


def test_a_reference_that_is_not_there_stops_before_any_work(comic) -> None:
    (comic.folder / "refs/tib.png").unlink()
    with pytest.raises(ManifestError, match=r"series\.yaml:\d+: .*refs/tib\.png"):
        comic.audit()
    assert not comic.cache.exists()


# --- the rest -------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_stops_before_any_work(comic) -> None:
    for path in comic.frames.iterdir():
        path.unlink()
    comic.frames.rmdir()
    with pytest.raises(FramesError, match="no such folder"):
        comic.audit()
    assert not comic.cache.exists()


def test_a_cache_that_is_no_database_names_the_file_and_what_to_do(comic) -> None:
    comic.cache.write_text("this is no database, and longer than one header of it " * 50, encoding="utf-8")
    with pytest.raises(ConsistencyError, match=r"facts\.sqlite: .*delete this one"):
        comic.audit()


def test_an_unknown_encoder_names_the_known_ones(comic) -> None:
    with pytest.raises(ConsistencyError, match=r"no encoder 'classic'; did you mean 'classical'\?"):
        comic.audit(encoder="classic")
