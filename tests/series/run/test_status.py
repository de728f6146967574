"""Where a series stands: after a run, in the middle of one, and before the first."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from series.cli import _run
from series.errors import SeriesError
from series.generators.generator import Failed, FailureKind
from series.generators.scripted import Scripted
from series.pipeline import RunOptions, run_series
from series.report.live import RunProgress
from series.run.answer import Asked
from series.run.hold import hold
from series.run.status import status_of
from series.run.store import open_store

BLANK = np.full((120, 160, 3), 128, np.uint8)


@pytest.fixture
def command(capsys, monkeypatch):
    """Runs a command in a folder. → exit code, standard output, standard error."""

    def run(*arguments: str, cwd: Path) -> tuple[int, str, str]:
        monkeypatch.chdir(cwd)
        code = _run(list(arguments))
        return code, *capsys.readouterr()

    return run


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_finished_series_says_what_each_panel_took(ran) -> None:
    found = status_of(ran.manifest)
    assert [(one.panel, one.state) for one in found.panels] == [
        (panel, "accepted") for panel in ("p01", "p02", "p03", "p04")
    ]
    assert {one.panel: (one.requests, one.pictures) for one in found.panels} == {
        "p01": (1, 1),
        "p02": (2, 2),
        "p03": (1, 1),
        "p04": (1, 1),
    }
    assert [one.usd for one in found.panels] == pytest.approx([0.04, 0.08, 0.04, 0.04])
    assert (found.usd, found.usd_unknown) == (pytest.approx(0.2), 0)
    assert not found.at_work
    assert "nothing is left to do" in found.following


def test_looking_changes_no_file(ran) -> None:
    before = files(ran.folder)
    status_of(ran.manifest)
    assert files(ran.folder) == before


def test_a_panel_that_a_person_decides_on_says_why(comic, command) -> None:
    comic.run({"p03": [BLANK] * 9}, attempts=2)
    found = status_of(comic.manifest)
    (panel,) = (one for one in found.panels if one.state == "person")
    assert panel.panel == "p03"
    assert panel.reason
    assert "report.html" in found.following
    code, said, _ = command("status", cwd=comic.folder)
    assert code == 1
    assert "a person decides" in said


def test_beside_a_run_at_work_it_says_who_holds_the_folder_and_what_is_under_way(ran) -> None:
    out = ran.folder / "out"
    with hold(out), closing(open_store(out / "series.sqlite", "Tiny")) as store:
        store.reserve(Asked("p04", "ab" * 32, 0, "scripted"), usd=0.5, request="{}")
        store.outcome("p04", "unfinished", image="", number=0, reason="on its way")
        with store._transaction() as do:  # a write that is not finished
            do.run("DELETE FROM outcome WHERE series = :series")
            found = status_of(ran.manifest)
    assert "a run is at work here" in found.at_work
    assert found.count("accepted") == 3
    assert found.panels[3].reason == "on its way"
    assert (found.panels[3].requests, found.usd_unknown) == (2, pytest.approx(0.5))
    assert found.following.startswith("wait")


def test_a_panel_that_was_added_since_is_unfinished_and_the_money_of_one_taken_out_stays(
    ran, command
) -> None:
    ran.edit("  - {id: p04, characters: [tib]}\n", "  - {id: p05, characters: [tib]}\n")
    found = status_of(ran.manifest)
    assert [one.panel for one in found.panels] == ["p01", "p02", "p03", "p05"]
    assert (found.panels[3].state, found.panels[3].reason) == ("unfinished", "not asked for yet")
    assert found.usd == pytest.approx(0.2)
    assert "series run" in found.following
    assert command("status", cwd=ran.folder)[0] == 2


def test_after_a_refused_key_the_next_step_is_the_key(comic) -> None:
    refused = Failed(FailureKind.AUTH, "openai refused the key (HTTP 401): check OPENAI_API_KEY")
    with RunProgress() as progress:
        finished = run_series(
            RunOptions(comic.manifest), progress, Scripted(lambda _request, _before: refused)
        )
    assert "check OPENAI_API_KEY" in finished.stopped
    found = status_of(comic.manifest)
    assert found.following.startswith("fix the key (OPENAI_API_KEY), then `series run ")
    comic.run({})
    assert "fix the key" not in status_of(comic.manifest).following


def test_before_the_first_run_there_is_one_clear_message_and_nothing_is_made(comic, command) -> None:
    with pytest.raises(SeriesError, match=r"nothing was made here yet: `series run .*series\.yaml` begins"):
        status_of(comic.manifest)
    assert not (comic.folder / "out").exists()
    for name in ("status", "judge"):
        code, _, said = command(name, "--out", "elsewhere", cwd=comic.folder)
        assert code == 2
        assert "series run series.yaml --out elsewhere" in said


def test_the_command_takes_the_manifest_that_is_there_and_prints_json(ran, command) -> None:
    code, printed, _ = command("status", "--json", cwd=ran.folder)
    assert code == 0
    said = json.loads(printed)
    assert said["schema"] == "series.status/1"
    assert said["panels"][1]["pictures"] == 2
    _, printed, _ = command("status", cwd=ran.folder)
    look = said["panels"]
    seen = sum(one["to_look_at"] for one in look)
    assert f"4 accepted ({seen} of them to look at), 0 left to a person, 0 unfinished. $0.20." in printed


def test_it_counts_as_the_run_does_and_knows_what_only_the_series_shows(sample, tmp_path, command) -> None:
    folder = tmp_path / "lantern"
    shutil.copytree(sample, folder, ignore=shutil.ignore_patterns("clean", "frames", "draw", "truth"))
    with RunProgress() as progress:
        figures = run_series(RunOptions(folder / "series.yaml"), progress).audit.run
    found = status_of(folder / "series.yaml")
    assert figures.to_look_at == found.to_look_at > 0
    assert any(one.to_look_at and one.reason == "look at style" for one in found.panels)
    assert figures.requests == sum(one.requests for one in found.panels)
    assert figures.images == sum(one.pictures for one in found.panels)
    assert figures.repairs == sum(one.repairs for one in found.panels) > 0
    assert (figures.usd, figures.usd_unknown) == (found.usd, found.usd_unknown)
    _, printed, _ = command("status", cwd=folder)
    assert len([line for line in printed.splitlines() if line.startswith(("p0", "p1", "p2"))]) == 20, (
        "a line a panel"
    )
