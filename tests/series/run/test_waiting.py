"""A series whose pictures people make: what is told while some are missing."""

from __future__ import annotations

import shutil

from consistency import Verdict
from series.pipeline import RunOptions, run_series
from series.report.live import RunProgress
from series.run.status import status_of


def run(comic):
    with RunProgress() as progress:
        return run_series(RunOptions(comic.manifest), progress)


def test_panels_that_wait_are_not_unsure_and_told_once(comic) -> None:
    comic.edit("series: Tiny", "series: Tiny\ngenerator: {name: folder, frames: mine}")
    (comic.folder / "mine").mkdir()
    shutil.copy(comic.frames / "p01.png", comic.folder / "mine")
    shutil.copy(comic.frames / "p02.png", comic.folder / "mine/P2.png")
    (comic.folder / "mine/p04.png").write_bytes((comic.frames / "p04.png").read_bytes()[:200])
    audit = run(comic).audit
    assert [frame.panel for frame in audit.frames] == ["p01"]
    assert audit.panels_without_frame == ("p02", "p03", "p04")
    assert not any(frame.error for frame in audit.frames)
    p02, p04, stranger = (note for note in audit.notes if "waits for" in note or "of no panel" in note)
    assert p02 == (
        "p02 waits for a picture: put p02.png into mine; the prompt is in out/prompts/p02.1.txt; "
        "the same for p03"
    )
    assert p04.startswith("p04 waits for a picture: it is not whole yet")
    assert stranger == "P2.png is of no panel: a picture is named like its panel"
    assert [one.state for one in status_of(comic.manifest).panels[1:]] == ["unfinished"] * 3
    for panel in ("p02", "p03", "p04"):
        shutil.copy(comic.frames / f"{panel}.png", comic.folder / "mine")
    audit = run(comic).audit
    assert [frame.panel for frame in audit.frames] == ["p01", "p02", "p03", "p04"]
    assert not any(frame.verdict is Verdict.DRIFTED for frame in audit.frames)
    assert not any("waits for" in note for note in audit.notes)
