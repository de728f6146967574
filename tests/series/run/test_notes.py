"""What a run tells of who made its pictures, who did not, and what to do next."""

from __future__ import annotations

import re
import shutil

import pytest

from series.generators import load_generator
from series.generators.generator import Failed, FailureKind
from series.generators.scripted import Scripted
from series.pipeline import Finished, RunOptions, run_series
from series.report import audit_html
from series.report.live import RunProgress

REFUSED = Failed(FailureKind.AUTH, "HTTP 401: the key is not valid")


@pytest.fixture
def run(comic):
    """Run the comic with these generators, or the one of this name."""

    def run(*generators, **options) -> Finished:
        with RunProgress() as progress:
            return run_series(RunOptions(comic.manifest, **options), progress, generators or None)

    return run


def previz(comic):
    return load_generator({"name": "previz"}, folder=comic.folder, out=comic.folder / "out")


def paid(answers):
    return Scripted(answers, name="paid", price=0.04)


def test_a_generator_that_never_worked_is_named_with_who_made_the_pictures(comic, run) -> None:
    finished = run(paid(lambda _request, _before: REFUSED), previz(comic))
    (note,) = (one for one in finished.audit.notes if " went to " in one)
    assert note == "paid made no picture (auth: HTTP 401: the key is not valid): 4 panels went to previz"
    assert (
        audit_html(finished.audit).count("Made by previz. It was asked of another generator because of") == 4
    )
    again = run(paid(lambda _request, _before: REFUSED), previz(comic))
    assert note in again.audit.notes, "a later run says so too"


def test_one_that_worked_for_some_panels_is_said_to_have_failed(comic, run) -> None:
    good = (comic.frames / "p01.png").read_bytes()
    quota = Failed(FailureKind.QUOTA, "nothing is left for today")
    finished = run(paid(lambda request, _: good if request.panel == "p01" else quota), previz(comic))
    (note,) = (one for one in finished.audit.notes if " went to " in one)
    assert note == "paid failed (quota: nothing is left for today): 3 panels went to previz"


def test_where_nobody_moved_nothing_is_said_of_it(comic, run) -> None:
    assert not any("went to" in note for note in run(previz(comic)).audit.notes)


def test_pictures_of_an_earlier_generator_are_named_and_kept(comic, run) -> None:
    run(generator="previz")
    frames = comic.folder / "out/frames"
    before = {path.name for path in frames.iterdir()}
    shutil.move(comic.frames, comic.folder / "aside")
    finished = run(generator="folder")
    assert f"{frames} holds frames of previz, from an earlier run: p01, p02, p03, p04" in finished.audit.notes
    assert {path.name for path in frames.iterdir()} == before
    shutil.move(comic.folder / "aside", comic.folder / "again")
    for path in (comic.folder / "again").iterdir():
        shutil.copy(path, comic.frames / path.name)
    assert not any("from an earlier run" in note for note in run(generator="folder").audit.notes)


def test_a_run_that_waits_for_pictures_says_what_to_save_where(comic, run) -> None:
    (comic.frames / "p02.png").unlink()
    (comic.frames / "p04.png").unlink()
    finished = run(generator="folder")
    asked = re.fullmatch(r"save (.+) in (.+) \(prompts: (.+)\), then run again", finished.following)
    assert asked is not None, (finished.following, finished.audit.notes)
    assert asked[1].split(", ")[:1] == ["p02.png"]
    assert "p04.png" in asked[1].split(", ")
    assert (asked[2], asked[3]) == (str(comic.frames), str(comic.folder / "out/prompts"))
    assert run(generator="previz").following == ""
