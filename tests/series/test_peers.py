"""What other projects would score a series, on real pictures: and what they do not see, and ours does."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from consistency import Verdict
from series.audit import Audit
from series.pipeline import AuditOptions, audit_series

WHOLE = {panel: f"clean/{panel}.png" for panel in ("p07", "p14", "p16", "p18")} | {"p20": "frames/p20.png"}
"""Panels of the sample and clean pictures of them: tib is named in four, oswin in two, mara in three."""
MISSING = WHOLE | {"p20": "clean/p19.png"}
"""A landscape where tib should be."""
REPLACED = WHOLE | {"p20": "frames/p01.png"}
"""Oswin where tib should be."""
PASTED = WHOLE | {"p18": "frames/p18.png"}
"""Oswin's reference in the place of a picture of him."""


@pytest.fixture(scope="module")
def audit(sample: Path, tmp_path_factory: pytest.TempPathFactory):
    """→ the audit of these pictures of the sample."""
    folder = tmp_path_factory.mktemp("peers")

    def audited(pictures: Mapping[str, str]) -> Audit:
        frames = folder / "frames"
        shutil.rmtree(frames, ignore_errors=True)
        frames.mkdir()
        for panel, file in pictures.items():
            shutil.copy(sample / file, frames / f"{panel}.png")
        options = AuditOptions(sample / "series.yaml", frames, encoder="classical", cache=folder / "facts.db")
        return audit_series(options).audit

    return audited


def scores(audit: Audit) -> dict[str, float | None]:
    return {score.name: score.value for score in audit.peers}


def verdicts(audit: Audit) -> dict[str, Verdict]:
    return {frame.panel: frame.verdict for frame in audit.frames}


def drifted(audit: Audit, panel: str) -> set[str]:
    (frame,) = (frame for frame in audit.frames if frame.panel == panel)
    return {f.result.check for f in frame.assessment.findings if f.verdict is Verdict.DRIFTED}


def test_the_scores_of_a_whole_series(audit) -> None:
    found = audit(WHOLE)
    assert list(scores(found)) == ["CIDS cross", "CIDS self", "OCCM", "Copy-paste", "Subject consistency"]
    for score in found.peers:
        assert score.low <= score.value <= score.high
        assert score.reason == ""
        assert score.blind_to
    assert scores(found)["OCCM"] == 100
    used = {score.name: score.encoder for score in found.peers}
    assert used["CIDS cross"] == used["Copy-paste"] == found.encoders["subject"]
    assert used["Subject consistency"] == found.encoders["style"]
    assert Verdict.DRIFTED not in verdicts(found).values()


def test_a_missing_character_raises_cids_and_is_drift_here(audit) -> None:
    whole, missing = audit(WHOLE), audit(MISSING)
    assert "identity.missing" in drifted(missing, "p20")
    assert verdicts(missing)["p20"] is missing.verdict is Verdict.DRIFTED
    for name in ("CIDS cross", "CIDS self", "Copy-paste"):
        assert scores(missing)[name] > scores(whole)[name]
    assert scores(missing)["OCCM"] < 100  # this one counts heads


def test_somebody_else_in_its_place_satisfies_occm_too_and_is_drift_here(audit) -> None:
    whole, replaced = audit(WHOLE), audit(REPLACED)
    assert {"identity.missing", "identity.unexpected"} <= drifted(replaced, "p20")
    assert scores(replaced)["OCCM"] == scores(whole)["OCCM"] == 100
    assert scores(replaced)["CIDS cross"] > scores(whole)["CIDS cross"]
    assert scores(replaced)["CIDS self"] > scores(whole)["CIDS self"]


def test_a_pasted_reference_raises_cids_and_is_drift_here(audit) -> None:
    whole, pasted = audit(WHOLE), audit(PASTED)
    assert "picture.copy" in drifted(pasted, "p18")
    assert "picture.copy" not in drifted(whole, "p18")
    assert scores(pasted)["CIDS cross"] > scores(whole)["CIDS cross"]
    assert scores(pasted)["CIDS self"] > scores(whole)["CIDS self"]
    assert scores(pasted)["OCCM"] == 100


def test_the_same_frames_again_have_the_same_scores(comic) -> None:
    first, again = comic.audit(), comic.audit()
    assert again.counts.decoded == 0
    assert again.audit.peers == first.audit.peers
    assert comic.audit(cache=None).audit.peers == first.audit.peers


def test_characters_in_another_outfit_are_scored_by_its_references(comic) -> None:
    before = scores(comic.audit().audit)
    comic.edit("{name: mara, wardrobe: home}", "mara")
    assert scores(comic.audit().audit)["CIDS cross"] < before["CIDS cross"]


def test_frames_that_cannot_be_read_are_left_out(comic) -> None:
    (comic.frames / "p03.png").write_bytes(b"no picture")
    without = comic.audit().audit
    (comic.frames / "p03.png").unlink()
    assert without.peers == comic.audit().audit.peers


def test_what_cannot_be_scored_says_why(comic) -> None:
    for panel in ("p02", "p03", "p04"):
        (comic.frames / f"{panel}.png").unlink()
    alone = {score.name: score for score in comic.audit().audit.peers}
    assert alone["Subject consistency"].value is None
    assert "two frames" in alone["Subject consistency"].reason
    assert alone["CIDS self"].value == 1
    comic.edit("{id: p01, characters: [mara]}", "{id: p01}")
    nobody = {score.name: score for score in comic.audit().audit.peers}
    for name in ("CIDS cross", "CIDS self", "OCCM", "Copy-paste"):
        assert nobody[name].value is None
        assert "has a reference picture" in nobody[name].reason


def test_a_character_without_a_readable_first_reference_has_no_copy_paste_score(comic) -> None:
    whole = scores(comic.audit().audit)
    (comic.folder / "refs/tib.png").write_bytes(b"no picture")
    fewer = scores(comic.audit().audit)
    assert fewer["Copy-paste"] is not None
    assert fewer["Copy-paste"] != whole["Copy-paste"]
    assert np.isfinite([value for value in fewer.values() if value is not None]).all()
