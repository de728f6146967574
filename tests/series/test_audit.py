"""An audit from end to end: frames in, verdicts out, nothing done twice."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from consistency import DEFAULT_TOLERANCES, Counts, Unmeasured, Verdict
from series import measure
from series.errors import FramesError
from series.pipeline import Progress, audit_series
from series.report import audit_json
from series.tolerances import resolve_tolerances


def by_panel(audited) -> Mapping[str, object]:
    return {frame.panel: frame for frame in audited.audit.frames}


def checks_of(frame) -> set[str]:
    return {finding.result.check for finding in frame.assessment.findings}


def findings(frame, check: str) -> list:
    return [finding for finding in frame.assessment.findings if finding.result.check == check]


# --- matching -------------------------------------------------------------------------------------------


def test_a_missing_panel_and_an_extra_frame_are_both_reported(comic, pictures) -> None:
    (comic.frames / "p02.png").unlink()
    pictures(comic.frames / "p99.png", 9)
    audit = comic.audit().audit
    assert [frame.panel for frame in audit.frames] == ["p01", "p03", "p04"]
    assert audit.panels_without_frame == ("p02",)
    assert audit.frames_without_panel == ("p99.png",)
    assert audit.verdict is not Verdict.CONSISTENT


def test_a_series_of_good_frames_with_one_missing_is_unsure(comic, pictures) -> None:
    comic.manifest.write_text("version: 1\nseries: T\npanels: [{id: p01}, {id: p02}]\n", encoding="utf-8")
    assert comic.audit().audit.verdict is Verdict.CONSISTENT
    (comic.frames / "p02.png").unlink()
    assert comic.audit().audit.verdict is Verdict.UNSURE


def test_a_folder_without_any_frame_is_an_input_error(comic) -> None:
    for path in comic.frames.iterdir():
        path.unlink()
    with pytest.raises(FramesError, match="no frame of any panel; it holds no pictures"):
        comic.audit()


def test_a_map_audits_the_frames_that_it_names(comic) -> None:
    (comic.frames / "p01.png").rename(comic.frames / "take_7.png")
    mapping = comic.folder / "map.csv"
    mapping.write_text("panel,file\np01,take_7.png\np02,p02.png\n", encoding="utf-8")
    audit = comic.audit(mapping=mapping).audit
    assert [(frame.panel, frame.file) for frame in audit.frames] == [
        ("p01", "take_7.png"),
        ("p02", "p02.png"),
    ]
    assert audit.panels_without_frame == ("p03", "p04")
    assert audit.frames_without_panel == ("p03.png", "p04.png")


# --- what is measured -----------------------------------------------------------------------------------


def test_every_pinned_thing_of_every_frame_is_measured(comic) -> None:
    frames = by_panel(comic.audit())
    for panel, names in {"p01": {"mara"}, "p02": {"mara", "tib"}, "p03": {"mara"}, "p04": {"tib"}}.items():
        assert {f.result.subject for f in findings(frames[panel], "identity")} == names
        assert {"picture.size", "picture.blank", "picture.copy"} <= checks_of(frames[panel])
    assert frames["p01"].characters == ("mara",)
    assert (frames["p01"].width, frames["p01"].height) == (160, 120)
    assert frames["p01"].thumbnail.startswith(b"\xff\xd8")


def test_planned_wardrobe_passes_and_unplanned_does_not(comic) -> None:
    frames = by_panel(comic.audit())
    (planned,) = findings(frames["p03"], "identity")
    assert planned.result.evidence.nearest == "mara/home"
    assert planned.verdict is not Verdict.DRIFTED
    gown = [f for f in findings(frames["p03"], "color.role") if f.result.part == "gown"]
    assert [f.verdict for f in gown] == [Verdict.CONSISTENT]
    comic.edit("{id: p03, characters: [{name: mara, wardrobe: home}]}", "{id: p03, characters: [mara]}")
    (coat,) = findings(by_panel(comic.audit())["p03"], "color.role")
    assert coat.result.subject == "mara"
    assert coat.verdict is not Verdict.CONSISTENT


def test_checks_that_are_off_are_not_made_and_the_report_says_so(comic) -> None:
    comic.edit("panels:\n", "checks: {off: [identity, picture.blank]}\npanels:\n")
    audited = comic.audit()
    for frame in audited.audit.frames:
        assert not {check for check in checks_of(frame) if check.startswith("identity")}
        assert "picture.blank" not in checks_of(frame)
        assert "picture.size" in checks_of(frame)
    assert "switched off by the manifest: identity, picture.blank" in audited.audit.notes


def test_switching_a_check_back_on_measures_it(comic) -> None:
    comic.edit("panels:\n", "checks: {off: [picture.blank]}\npanels:\n")
    comic.audit()
    comic.edit("checks: {off: [picture.blank]}\n", "")
    assert "picture.blank" in checks_of(by_panel(comic.audit())["p01"])


# --- tolerances -----------------------------------------------------------------------------------------


def test_a_tolerance_of_the_manifest_is_applied_and_names_its_line(comic) -> None:
    limits = "checks:\n  tolerances:\n    picture.size: {accept_below: 0.6, reject_above: 0.7}\npanels:\n"
    comic.edit("[160, 120]", "[320, 240]")
    (before,) = findings(by_panel(comic.audit())["p01"], "picture.size")
    assert before.verdict is Verdict.DRIFTED
    comic.edit("panels:\n", limits)
    (after,) = findings(by_panel(comic.audit())["p01"], "picture.size")
    assert after.verdict is Verdict.CONSISTENT
    lines = comic.manifest.read_text(encoding="utf-8").splitlines()
    line = 1 + next(i for i, text in enumerate(lines) if "picture.size" in text)
    assert after.tolerance.source == f"series.yaml:{line}"
    report = json.loads(audit_json(comic.audit().audit))
    (shown,) = [m for m in report["frames"][0]["measurements"] if m["check"] == "picture.size"]
    assert shown["tolerance"]["source"] == f"series.yaml:{line}"


def test_a_swatch_with_a_tolerance_is_judged_by_it_alone(comic) -> None:
    comic.edit('{coat: "#c8322e"}', '{coat: {color: "#c83a34", tolerance: 0.5}, hair: "#141628"}')
    (coat,) = [f for f in findings(by_panel(comic.audit())["p01"], "color.role") if f.result.part == "coat"]
    assert coat.verdict is Verdict.DRIFTED
    assert coat.tolerance.source == "series.yaml:7: tolerance of coat in palette mara"


def test_the_lock_names_a_swatch_s_own_tolerance(comic) -> None:
    from series.manifest import read_manifest
    from series.plan import plan

    comic.edit('{coat: "#c8322e"}', '{coat: {color: "#c8322e", tolerance: 2}}')
    manifest = read_manifest(comic.manifest)
    table = resolve_tolerances(manifest, plan(manifest))
    assert table["color.role", "lab/1", "mara", "coat"].reject_above == 2
    assert set(DEFAULT_TOLERANCES) < set(table)
    assert ("color.role", "lab/1", "mara", "coat") in table


# --- once -----------------------------------------------------------------------------------------------


def test_a_second_audit_observes_and_measures_nothing(comic, monkeypatch) -> None:
    first = comic.audit()
    assert first.counts.decoded == 10  # three references and their mirror images, four frames
    monkeypatch.delattr(measure, "measure_frame")
    second = comic.audit()
    assert second.counts == Counts(cached=10)
    assert audit_json(second.audit) == audit_json(first.audit)


def test_a_new_frame_is_the_only_one_observed(comic, pictures) -> None:
    comic.audit()
    pictures(comic.frames / "p04.png", 12)
    assert comic.audit().counts.decoded == 1


def test_without_a_cache_file_everything_is_observed_again(comic) -> None:
    assert comic.audit(cache=None).counts.decoded == 10
    assert comic.audit(cache=None).counts.decoded == 10


def test_other_limits_judge_again_without_observing(comic) -> None:
    comic.audit()
    comic.edit("panels:\n", "checks: {tolerances: {identity: {accept_below: 0, reject_above: 0}}}\npanels:\n")
    again = comic.audit()
    assert again.counts.decoded == 0
    (own,) = findings(by_panel(again)["p01"], "identity")
    assert own.verdict is Verdict.DRIFTED


def test_a_changed_palette_is_measured_again_without_observing(comic) -> None:
    (before,) = findings(by_panel(comic.audit())["p01"], "color.p90")
    comic.edit('{coat: "#c8322e"}', '{coat: "#1030e0"}')
    again = comic.audit()
    assert again.counts.decoded == 0
    (after,) = findings(by_panel(again)["p01"], "color.p90")
    assert after.result.distance > before.result.distance + 10


def test_a_damaged_memory_is_measured_again(comic) -> None:
    import sqlite3

    first = comic.audit()
    with sqlite3.connect(comic.cache) as connection:
        damaged = connection.execute("UPDATE fact SET value = x'00ff' WHERE key LIKE 'measured|%'")
        assert damaged.rowcount == 4
    connection.close()
    second = comic.audit()
    assert second.counts.decoded == 0
    assert audit_json(second.audit) == audit_json(first.audit)


def test_two_audits_of_the_same_frames_say_the_same(comic) -> None:
    assert audit_json(comic.audit(cache=None).audit) == audit_json(comic.audit(cache=None).audit)


def test_progress_counts_every_frame_once_also_those_known_or_unreadable(comic, spoil) -> None:
    spoil(comic.frames / "p02.png", "text")
    from series.pipeline import AuditOptions

    for _ in range(2):
        totals, steps = [], []
        progress = Progress(totals.append, lambda kept=steps: kept.append(1))
        audit_series(AuditOptions(comic.manifest, comic.frames, cache=comic.cache), progress)
        assert (totals, len(steps)) == ([4], 4)


# --- notes ----------------------------------------------------------------------------------------------


def test_the_reader_is_told_what_is_not_pinned(comic) -> None:
    notes = comic.audit().audit.notes
    assert f"not locked: `series lock {comic.manifest}` pins references, encoders and tolerances" in notes
    assert any(note.startswith("no style reference is pinned") for note in notes)


def test_one_character_alone_is_announced_as_less_certain(comic) -> None:
    (comic.folder / "refs/tib.png").unlink()
    comic.edit("    references: [refs/tib.png]", "    look: a green cat")
    audited = comic.audit()
    assert "one character has references: identity is less certain than among several" in audited.audit.notes
    frames = by_panel(audited)
    assert "identity.alone" in checks_of(frames["p01"])
    (tib,) = findings(frames["p04"], "identity")
    assert isinstance(tib.result, Unmeasured)
    assert frames["p04"].verdict is not Verdict.CONSISTENT


@pytest.mark.parametrize("workers", [2])
def test_worker_processes_audit_the_same(comic, pictures, workers: int) -> None:
    ids = [f"q{i:02}" for i in range(9)]
    comic.edit("panels:\n", "panels:\n" + "".join(f"  - {{id: {name}}}\n" for name in ids))
    for index, name in enumerate(ids):
        pictures(comic.frames / f"{name}.png", 20 + index)
    alone, together = comic.audit(cache=None), comic.audit(cache=None, workers=workers)
    assert audit_json(alone.audit) == audit_json(together.audit)
    assert alone.counts == together.counts
