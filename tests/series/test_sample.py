"""The sample comic audits as its own CSV says."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from consistency import Verdict
from series.audit import AuditedFrame
from series.pipeline import AuditOptions, audit_series

SAMPLE = Path(__file__).parents[2] / "samples/lantern"
FRAME_SUBJECTS = {"frame", "series", "style"}
"""Subjects of what is wrong with a whole frame."""


def labels() -> list[dict[str, str]]:
    with (SAMPLE / "drift.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


DRIFTED = [row for row in labels() if row["check"]]
CLEAN = [row for row in labels() if not row["check"]]


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("sample") / "facts.sqlite"


@pytest.fixture(scope="module")
def audited(cache):
    return audit_series(AuditOptions(SAMPLE / "series.yaml", SAMPLE / "frames", cache=cache))


@pytest.fixture(scope="module")
def frames(audited) -> dict[str, AuditedFrame]:
    return {frame.panel: frame for frame in audited.audit.frames}


def found(frame: AuditedFrame) -> list[tuple[str, str]]:
    return [
        (finding.result.check, finding.result.subject)
        for finding in frame.assessment.findings
        if finding.verdict is Verdict.DRIFTED
    ]


def named(row: dict[str, str], check: str, subject: str) -> bool:
    whole = {row["subject"], subject} <= FRAME_SUBJECTS
    shifted = row["kind"] == "hue" and subject == "frame"  # a hue turn moves the palette and the whole frame
    return check.split(".", maxsplit=1)[0] == row["check"] and (subject == row["subject"] or whole or shifted)


def test_every_panel_of_the_sample_is_labeled_and_audited(frames) -> None:
    assert list(frames) == [row["panel"] for row in labels()]
    assert len(DRIFTED) >= 10
    assert len(CLEAN) >= 8


@pytest.mark.parametrize("row", DRIFTED, ids=lambda row: f"{row['panel']}-{row['kind']}")
def test_a_drifted_frame_is_found_with_the_right_check_and_subject(frames, row: dict[str, str]) -> None:
    frame = frames[row["panel"]]
    assert frame.verdict is Verdict.DRIFTED
    assert [f for f in found(frame) if named(row, *f)], f"only {found(frame)}"


@pytest.mark.parametrize("row", CLEAN, ids=lambda row: row["panel"])
def test_no_clean_frame_drifted(frames, row: dict[str, str]) -> None:
    assert found(frames[row["panel"]]) == []
    assert frames[row["panel"]].verdict is not Verdict.DRIFTED


def test_planned_wardrobe_is_measured_against_its_own_references(frames) -> None:
    (own,) = [
        finding
        for finding in frames["p17"].assessment.findings
        if (finding.result.check, finding.result.subject) == ("identity", "mara")
    ]
    assert own.result.evidence.nearest == "mara/home"
    assert own.verdict is Verdict.CONSISTENT


def test_the_recolored_coat_is_named_in_words(frames) -> None:
    (coat,) = [
        finding.result
        for finding in frames["p06"].assessment.findings
        if (finding.result.check, finding.result.subject, finding.result.part)
        == ("color.role", "mara", "coat")
    ]
    assert "instead of #c8322e, ΔE00 " in coat.evidence.reason
    assert 13 < coat.distance < 23


def test_the_copies_name_what_they_copy(frames) -> None:
    nearest = {
        (panel, finding.result.check): finding.result.evidence.nearest
        for panel in ("p18", "p19")
        for finding in frames[panel].assessment.findings
        if finding.verdict is Verdict.DRIFTED
    }
    assert nearest["p18", "picture.copy"] == "refs/oswin/front.png"
    assert nearest["p19", "picture.duplicate"] == "p01"


def test_every_finding_has_evidence_in_words_and_a_tolerance_with_its_source(frames) -> None:
    for frame in frames.values():
        for finding in frame.assessment.findings:
            if finding.tolerance is not None:
                assert finding.tolerance.source
            else:
                assert finding.result.reason
            if finding.verdict is Verdict.DRIFTED:
                assert finding.result.evidence.reason


def test_the_planned_frames_of_the_drifted_panels_are_clean(audited, tmp_path) -> None:
    """The drift is what was found, not the panel: the same panels as they should have been."""
    frames = tmp_path / "frames"
    frames.mkdir()
    for row in labels():
        planned = SAMPLE / "clean" / f"{row['panel']}.png"
        source = planned if planned.exists() else SAMPLE / row["file"]
        (frames / f"{row['panel']}.png").symlink_to(source)
    audit = audit_series(AuditOptions(SAMPLE / "series.yaml", frames)).audit
    wrong = {frame.panel: found(frame) for frame in audit.frames if frame.verdict is Verdict.DRIFTED}
    assert wrong == {}


def test_a_second_audit_decodes_and_encodes_nothing_and_says_the_same(audited, cache) -> None:
    again = audit_series(AuditOptions(SAMPLE / "series.yaml", SAMPLE / "frames", cache=cache))
    assert (again.counts.decoded, again.counts.encoded) == (0, 0)
    assert again.counts.cached == audited.counts.decoded + audited.counts.cached > 30
    assert [found(frame) for frame in again.audit.frames] == [found(frame) for frame in audited.audit.frames]
    from series.report import audit_json

    assert audit_json(again.audit) == audit_json(audited.audit)
