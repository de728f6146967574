"""Who makes the pictures of a series, from the manifest to what `series run --dry-run` prints."""

from __future__ import annotations

import contextlib
import io
import json

import pytest

from series.errors import GeneratorError
from series.manifest import read_manifest
from series.pipeline import RunOptions, preview_run, run_series
from series.plan import plan
from series.report import audit_html, audit_json
from series.report.live import RunProgress
from series.run.folder import run_folder
from series.run.prepare import Makers, notes_of, open_makers

FALLBACK = """\
generator:
  name: previz
  drift: {rate: 0, price: 0.05}
  fallback:
    - previz
panels:
"""
AUTO = "generator: {name: auto, among: [previz]}\npanels:\n"


@pytest.fixture
def makers(comic):
    """The makers of the comic with these lines before its panels."""

    def opened(lines: str, **more) -> Makers:
        comic.edit("panels:\n", lines)
        manifest = read_manifest(comic.manifest)
        return open_makers(manifest, plan(manifest), run_folder(manifest, None), **more)

    return opened


def test_each_panel_goes_to_the_first_and_then_to_the_fallbacks(makers) -> None:
    made = makers(FALLBACK)
    assert list(made.loaded) == ["previz+drift", "previz"]
    assert {choice.generators for choice in made.choices.values()} == {("previz+drift", "previz")}
    assert not any(choice.reason for choice in made.choices.values())
    assert made.first_of("p01").name == "previz+drift"


def test_the_plan_says_who_is_next_and_what_the_first_costs(comic) -> None:
    comic.edit("panels:\n", FALLBACK)
    shown = preview_run(RunOptions(comic.manifest))
    assert "4 to ask from previz+drift: at most $0.20 if each passes at once" in shown.summary
    assert "Should previz+drift fail: previz" in shown.summary


def test_the_plan_says_whom_auto_chose_and_why(comic) -> None:
    comic.edit("panels:\n", AUTO)
    shown = preview_run(RunOptions(comic.manifest))
    for panel, text in zip(("p01", "p02", "p03", "p04"), shown.requests, strict=True):
        assert text.startswith(f"{panel} goes to previz: nothing else is configured, $0.000 a picture\n")


def test_a_generator_may_be_named_alone(makers) -> None:
    assert list(makers("generator: previz\npanels:\n").loaded) == ["previz"]


def test_the_command_line_takes_one_of_them(makers) -> None:
    assert list(makers(FALLBACK, name="previz").loaded) == ["previz+drift"], "with its options"


def test_a_mistake_in_a_fallback_is_named_with_its_line(makers, comic) -> None:
    with pytest.raises(GeneratorError) as caught:
        makers(FALLBACK.replace("- previz\n", "- {name: previz, drift: {rats: 1}}\n"))
    line = (
        comic.manifest.read_text(encoding="utf-8")
        .splitlines()
        .index("    - {name: previz, drift: {rats: 1}}")
    )
    said = str(caught.value)
    assert f"series.yaml:{line + 1}: generator.fallback[0].drift.rats: there is no such option" in said


def test_a_folder_may_have_a_fallback(comic) -> None:
    comic.edit("panels:\n", "generator: {name: folder, fallback: [previz]}\npanels:\n")
    (comic.folder / "frames/p09.png").write_bytes((comic.frames / "p01.png").read_bytes())
    manifest = read_manifest(comic.manifest)
    folder = run_folder(manifest, None)
    made = open_makers(manifest, plan(manifest), folder)
    assert list(made.loaded)[-1] == "previz"
    (note,) = notes_of(manifest, folder, None)
    assert "p09.png" in note


def test_what_is_asked_of_one_generator_hangs_on_its_abilities(makers) -> None:
    made = makers(FALLBACK)
    for name, one in made.loaded.items():
        maker = made.maker("p02", name)
        assert maker.abilities == one.generator.abilities
        assert len(maker.first.references) <= maker.abilities.reference_images


def test_the_report_says_whom_auto_chose_and_why(comic) -> None:
    comic.edit("panels:\n", AUTO)
    with contextlib.redirect_stderr(io.StringIO()), RunProgress() as progress:
        finished = run_series(RunOptions(comic.manifest, attempts=1), progress)
    said = "previz, nothing else is configured, $0.000 a picture"
    frames = json.loads(audit_json(finished.audit))["frames"]
    assert [frame["chosen"] for frame in frames] == [said] * 4
    assert audit_html(finished.audit).count(f"Chosen for it: {said}.") == 4
