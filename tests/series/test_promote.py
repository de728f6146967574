"""A frame becomes a reference, by a person, in the lock, and nowhere else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import Box, Verdict, digest_file, load_encoders
from series.cli import _run
from series.errors import LockError, SeriesError
from series.lock import Promotion, read_lock
from series.locked import lock_again, read_series
from series.plan import plan
from series.promote import Promoted, PromoteOptions, promote_frame, take_back
from series.promotion import promoted_from, promoted_path
from series.request import Abilities
from series.run.prepare import first_requests

BLANK = np.full((120, 160, 3), 128, np.uint8)


def promote(comic, panel: str, subject: str, **said) -> Promoted:
    options = {"reason": "her best side", "by": "ana", **said}
    return promote_frame(PromoteOptions(comic.manifest, panel, subject, **options))


def orders(comic):
    return {order.panel: order for order in plan(read_series(comic.manifest))}


def names(comic, panel: str, character: str) -> list[str]:
    (member,) = (one for one in orders(comic)[panel].characters if one.name == character)
    return [path.relative_to(comic.folder).as_posix() for path in member.references]


# --- what is recorded ------------------------------------------------------------------------------------


def test_the_crop_lies_in_the_series_and_the_lock_says_who_when_why_and_what(ran) -> None:
    done = promote(ran, "p02", "mara")
    assert done.made_lock
    lock = read_lock(done.lock)
    one = lock.promoted[done.file]
    picture = ran.folder / done.file
    assert (one.subject, one.panel, one.by, one.reason) == ("mara", "p02", "ana", "her best side")
    assert datetime.now(UTC) - datetime.fromisoformat(one.at) < timedelta(minutes=1)
    assert one.image == digest_file(ran.folder / "out/frames/p02.png")
    assert lock.references[done.file] == digest_file(picture)
    assert picture.name == f"p02-{digest_file(picture)[:8]}.png"
    frame = cv2.imread(str(ran.folder / "out/frames/p02.png"))
    left, top, right, bottom = Box(*one.box).pixels(160, 120)
    assert left > 50, "where the check found her: the cat stands on the left"
    assert np.array_equal(cv2.imread(str(picture)), frame[top:bottom, left:right])


def test_a_box_says_what_is_taken_and_style_takes_the_whole_frame(ran) -> None:
    done = promote(ran, "p01", "mara", box=Box(0, 0, 0.5, 1))
    assert cv2.imread(str(ran.folder / done.file)).shape == (120, 80, 3)
    assert read_lock(done.lock).promoted[done.file].box == (0, 0, 0.5, 1)
    whole = promote(ran, "p03", "style")
    assert not whole.made_lock
    assert (ran.folder / whole.file).read_bytes() == (ran.folder / "out/frames/p03.png").read_bytes()
    assert read_lock(whole.lock).promoted[whole.file].box is None


def test_a_frame_in_another_format_is_kept_as_png(ran) -> None:
    jpeg = cv2.imencode(".jpg", cv2.imread(str(ran.frames / "p04.png")))[1].tobytes()
    (ran.frames / "p04.png").write_bytes(jpeg)  # what the script hands out
    ran.edit("{id: p04, characters: [tib]}", "{id: p04, scene: a cat, characters: [tib]}")
    assert ran.run({}) == ["p04"]
    done = promote(ran, "p04", "style", even_so=True)
    assert (ran.folder / done.file).read_bytes().startswith(b"\x89PNG")


# --- what sees it -----------------------------------------------------------------------------------------


def test_other_panels_of_the_subject_get_the_reference_and_its_own_does_not(ran) -> None:
    before = orders(ran)
    done = promote(ran, "p02", "mara")
    assert names(ran, "p01", "mara") == [done.file, "refs/mara.png"]
    assert names(ran, "p03", "mara") == ["refs/mara_home.png"]
    assert orders(ran)["p02"] == before["p02"]
    assert done.asked_anew == ("p01",)


def test_an_outfit_gets_its_own_and_style_goes_to_all_other_panels(ran) -> None:
    home = promote(ran, "p03", "mara/home", box=Box(0.3, 0.1, 0.7, 1))
    assert names(ran, "p01", "mara") == ["refs/mara.png"]
    assert names(ran, "p03", "mara") == ["refs/mara_home.png"]
    assert home.file in read_series(ran.manifest).characters["mara"].wardrobe["home"].references
    style = promote(ran, "p01", "style")
    assert style.asked_anew == ("p02", "p03", "p04")
    assert [len(order.style.references) for order in orders(ran).values()] == [0, 1, 1, 1]


def test_a_run_asks_anew_for_whom_it_shows_and_an_audit_measures_against_it(ran) -> None:
    done = promote(ran, "p02", "mara")
    audited = ran.audit().audit
    assert done.file in {reference.name for reference in audited.references}
    assert not any("not locked" in note for note in audited.notes)
    assert ran.run({}) == ["p01"]


def test_a_promoted_frame_is_no_paste_of_itself(ran) -> None:
    promote(ran, "p01", "style")
    verdicts = {frame.panel: frame.verdict for frame in ran.audit().audit.frames}
    assert verdicts["p01"] is not Verdict.DRIFTED
    cv2.imwrite(str(ran.frames / "p03.png"), cv2.imread(str(ran.frames / "p01.png")))
    checks = {
        finding.result.check
        for frame in ran.audit().audit.frames
        if frame.panel == "p03"
        for finding in frame.assessment.findings
        if finding.verdict is Verdict.DRIFTED
    }
    assert "picture.copy" in checks, "another panel that is that frame again is one"


# --- the lock ----------------------------------------------------------------------------------------------


def test_a_lock_that_is_written_anew_keeps_what_was_promoted(ran) -> None:
    done = promote(ran, "p02", "mara")
    before = read_lock(done.lock)
    ran.edit("series: Tiny", "series: Tiny\nseeds: {base: 4}")
    path, note = lock_again(ran.manifest, load_encoders().locked)
    after = read_lock(path)
    assert not note
    assert after.promoted == before.promoted
    assert after.references == before.references
    assert after.seeds != before.seeds


def test_a_lock_without_promotions_has_no_word_of_them(ran) -> None:
    path, _ = lock_again(ran.manifest, load_encoders().locked)
    plain = path.read_bytes()
    assert "promoted" not in json.loads(plain)
    promote(ran, "p02", "mara")
    assert path.read_bytes() != plain
    take_back(ran.manifest, "p02")
    assert path.read_bytes() == plain


def test_promoting_accepts_no_other_change(ran) -> None:
    path, _ = lock_again(ran.manifest, load_encoders().locked)
    cv2.imwrite(str(ran.folder / "refs/tib.png"), BLANK)
    promote(ran, "p02", "mara")
    with pytest.raises(LockError, match=r"reference refs/tib\.png changed since it was locked"):
        ran.audit()
    assert path.exists()


def test_a_promoted_file_that_changed_stops_an_audit(ran) -> None:
    done = promote(ran, "p02", "mara")
    cv2.imwrite(str(ran.folder / done.file), BLANK)
    with pytest.raises(LockError, match=rf"reference {done.file} changed since it was locked"):
        ran.audit()
    assert ran.audit(ignore_lock=True).audit.frames


def test_a_promoted_file_that_is_gone_is_named_with_the_way_out(ran) -> None:
    done = promote(ran, "p02", "mara")
    (ran.folder / done.file).unlink()
    for read in (ran.audit, lambda: lock_again(ran.manifest, load_encoders().locked)):
        with pytest.raises(LockError, match=rf"{done.file}: promoted as mara, and gone: .* --undo p02"):
            read()
    take_back(ran.manifest, "p02")
    assert ran.audit().audit.frames


def test_a_promoted_file_that_leads_out_of_the_folder_is_refused(ran) -> None:
    done = promote(ran, "p02", "mara")
    outside = ran.folder.parent / "outside.png"
    (ran.folder / done.file).rename(outside)
    (ran.folder / done.file).symlink_to(outside)
    with pytest.raises(LockError, match="link out of the folder"):
        read_series(ran.manifest)


def test_a_character_that_left_the_manifest_leaves_no_promotion_behind_unsaid(ran) -> None:
    promote(ran, "p03", "mara/home", box=Box(0.3, 0.1, 0.7, 1))
    ran.edit("      home: {", "      house: {")
    ran.edit("wardrobe: home", "wardrobe: house")
    with pytest.raises(LockError, match=r"promoted as mara/home, unknown to the manifest: .* --undo p03"):
        read_series(ran.manifest)


def test_a_lock_that_cannot_be_read_is_written_anew_and_says_what_is_lost(ran) -> None:
    done = promote(ran, "p02", "mara")
    done.lock.write_text("<<<<<<< ours\n", encoding="utf-8")
    path, note = lock_again(ran.manifest, load_encoders().locked)
    assert "refs/promoted" in note
    assert not read_lock(path).promoted


@pytest.mark.parametrize("box", [[0, 0, 1], [0, 0, 1, 2], [0.5, 0, 0.5, 1], ["a", 0, 1, 1]])
def test_a_box_in_the_lock_that_is_none_is_an_error(ran, box) -> None:
    done = promote(ran, "p02", "mara")
    data = json.loads(done.lock.read_text(encoding="utf-8"))
    data["promoted"][done.file]["box"] = box
    done.lock.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(LockError, match="broken at promoted"):
        read_series(ran.manifest)


# --- taking back -------------------------------------------------------------------------------------------


def test_what_is_taken_back_is_no_reference_and_no_file_any_more(ran) -> None:
    before = orders(ran)
    mara, tib = promote(ran, "p02", "mara"), promote(ran, "p02", "tib")
    done = take_back(ran.manifest, "p02", "mara")
    assert (done.files, done.left, done.emptied) == ((mara.file,), 1, "")
    assert not (ran.folder / mara.file).exists()
    assert list(read_lock(tib.lock).promoted) == [tib.file]
    with pytest.raises(SeriesError, match="p02 was not promoted as mara; promoted are p02 as tib"):
        take_back(ran.manifest, "p02", "mara")
    done = take_back(ran.manifest, "p02")
    assert (done.files, done.left, done.emptied) == ((tib.file,), 0, "refs/promoted")
    assert not (ran.folder / "refs/promoted").exists()
    assert orders(ran) == before


def test_without_a_lock_there_is_nothing_to_take_back(comic) -> None:
    with pytest.raises(SeriesError, match="nothing was promoted"):
        take_back(comic.manifest, "p02")


# --- what is refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("panel", "subject", "said", "message"),
    [
        ("p2", "mara", {}, r"no panel 'p2'; did you mean p02\?"),
        ("p02", "mra", {}, r"nobody of that name; did you mean mara\?"),
        ("p02", "zoe", {}, r"it has mara, tib, mara/home, style"),
        ("p01", "tib", {}, r"p01 shows mara; --even-so"),
        ("p03", "mara", {}, r"p03 shows mara/home; --even-so"),
        ("p02", "mara", {"reason": "  "}, r"--reason is missing"),
        ("p01", "tib", {"even_so": True}, r"no check found tib in it; say where: --box"),
    ],
)
def test_what_cannot_be_promoted_says_why_and_writes_nothing(ran, panel, subject, said, message) -> None:
    with pytest.raises(SeriesError, match=message):
        promote(ran, panel, subject, **said)
    assert not (ran.folder / "series.lock").exists()
    assert not (ran.folder / "refs/promoted").exists()


def test_the_same_twice_is_refused(ran) -> None:
    promote(ran, "p01", "style")
    with pytest.raises(SeriesError, match="is promoted already, as style"):
        promote(ran, "p01", "style")


def test_a_frame_that_is_not_accepted_needs_a_person_who_says_so(comic) -> None:
    comic.run({"p03": [BLANK] * 9}, attempts=1)
    with pytest.raises(SeriesError, match=r"p03: is not accepted \(.+\); --even-so"):
        promote(comic, "p03", "style")
    assert promote(comic, "p03", "style", even_so=True).file.startswith("refs/promoted/p03-")


def test_before_a_run_there_is_nothing_to_promote(comic) -> None:
    with pytest.raises(SeriesError, match="nothing was made here yet"):
        promote(comic, "p01", "mara")


def test_the_command(ran, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ran.folder)
    assert _run(["promote", "p02", "--as", "mara", "--reason", "it [bold]glows", "--by", "ana"]) == 0
    said = capsys.readouterr().out
    assert "locked series.lock, which was not there" in said
    assert "p02 is a reference of mara: refs/promoted/p02-" in said
    assert "asks anew for p01" in said
    (one,) = read_lock("series.lock").promoted.values()
    assert one.reason == "it [bold]glows"
    assert _run(["lock", "series.yaml"]) == 0
    assert _run(["promote", "--undo", "p02"]) == 0
    said = capsys.readouterr().out
    assert "no reference any more, and removed: refs/promoted/p02-" in said
    assert "removed refs/promoted/, which was empty then" in said
    assert "series.lock stays, with everything else that it pins" in said
    assert _run(["promote", "p02", "--as", "mara", "--reason", "x", "--box", "0,0,2,1"]) == 2
    assert "--box 0,0,2,1" in capsys.readouterr().err
    assert _run(["promote", "p02", "--reason", "x"]) == 2
    assert "--as is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        (["series.yaml", "p02", "--as", "mara"], "series promote p02 series.yaml --as NAME"),
        (["series.yaml", "--as", "mara"], "series promote PANEL series.yaml --as NAME"),
        (["series.yaml", "p02", "--undo"], "series promote p02 series.yaml --undo"),
    ],
)
def test_a_manifest_in_the_place_of_the_panel_is_told_the_order(
    ran, capsys, monkeypatch, typed, right
) -> None:
    monkeypatch.chdir(ran.folder)
    assert _run(["promote", *typed, "--reason", "x"]) == 2
    assert right in capsys.readouterr().err


# --- what is sent ------------------------------------------------------------------------------------------


def test_the_newest_comes_first_and_never_falls_off_what_a_generator_takes(ran) -> None:
    first, second = promote(ran, "p02", "mara"), promote(ran, "p04", "tib")
    whole = promote(ran, "p04", "mara", box=Box(0, 0, 1, 1), even_so=True)
    lock = json.loads(first.lock.read_text(encoding="utf-8"))
    lock["promoted"][first.file]["at"] = "2020-01-01T00:00:00+00:00"
    first.lock.write_text(json.dumps(lock), encoding="utf-8")
    assert names(ran, "p01", "mara") == [whole.file, first.file, "refs/mara.png"]
    manifest = read_series(ran.manifest)
    few = first_requests(manifest, plan(manifest), Abilities(reference_images=2))
    assert [one.path.relative_to(ran.folder).as_posix() for one in few["p02"].references] == [
        whole.file,
        second.file,
    ]


def test_only_panels_whose_request_changes_are_asked_anew(ran) -> None:
    """Previz draws with no picture of the style where a panel has as many of its characters as it takes."""
    ran.edit(
        "series: Tiny", "series: Tiny\ngenerator: {name: previz, drift: {abilities: {reference_images: 1}}}"
    )
    assert promote(ran, "p01", "style").asked_anew == ()
    assert promote(ran, "p02", "mara").asked_anew == ("p01",)


def test_a_generator_that_is_not_there_keeps_nobody_from_promoting(ran) -> None:
    ran.edit("series: Tiny", "series: Tiny\ngenerator: {name: studio}")
    assert promote(ran, "p02", "mara").asked_anew == ("p01",)


# --- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("panel", ["p01", "p-01", "Ü 1", "a.b"])
def test_a_promoted_name_gives_its_panel_back(panel) -> None:
    assert promoted_from(promoted_path(panel, b"content")) == panel


@pytest.mark.parametrize("reference", ["refs/mara-12345678.png", "refs/promoted/deep/p01-12345678.png"])
def test_other_references_come_from_no_panel(reference) -> None:
    assert promoted_from(reference) == ""


def test_a_promotion_is_what_it_says(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="String should match pattern"):
        Promotion(subject="mara", panel="p01", image="no digest", by="ana", at="now", reason="x")
