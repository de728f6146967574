"""Judging again from what is kept: other limits, other verdicts, nothing loaded, decoded or asked for."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from consistency import Unmeasured, Verdict
from series.cli import _run
from series.run.rejudge import ASKS, KEEPS, MEASURES, PERSON, TAKES, Rejudgment, rejudge

BLANK = np.full((120, 160, 3), 128, np.uint8)


def verdicts(found: Rejudgment) -> dict[str, tuple[Verdict | None, Verdict | None]]:
    return {one.panel: (one.before, one.now) for one in found.panels}


def limits(manifest: Path, **tolerances: tuple[float, float]) -> None:
    """Put limits into the manifest; a check's dot is written as two underscores."""
    text = manifest.read_text(encoding="utf-8").split("checks:")[0]
    lines = "".join(
        f"    {check.replace('__', '.')}: {{accept_below: {low}, reject_above: {high}}}\n"
        for check, (low, high) in tolerances.items()
    )
    manifest.write_text(f"{text}checks:\n  tolerances:\n{lines}", encoding="utf-8")


def test_under_the_same_limits_nothing_changes(ran) -> None:
    found = rejudge(ran.manifest)
    assert all(before is now for before, now in verdicts(found).values())
    assert (found.pictures, found.lost, found.notes) == (5, 0, ())
    assert found.following(KEEPS) == ("p01", "p02", "p03", "p04")


def test_a_stricter_limit_turns_an_accepted_frame_into_drift_and_a_looser_one_back(ran) -> None:
    (distance,) = (
        result.distance
        for result in (one.result for one in _findings(ran, "p01"))
        if result.check == "identity"
    )
    limits(ran.manifest, identity=(distance / 4, distance * 0.9))
    strict = rejudge(ran.manifest)
    (p01, *_) = strict.panels
    assert (p01.before, p01.now) == (Verdict.CONSISTENT, Verdict.DRIFTED)
    assert p01.changed
    assert p01.deciding.result.check == "identity"
    assert "series.yaml" in p01.deciding.tolerance.source
    assert "p01" in strict.following(ASKS)
    limits(ran.manifest, identity=(distance / 4, distance * 1.1))
    assert rejudge(ran.manifest).panels[0].now is Verdict.UNSURE
    limits(ran.manifest, identity=(distance * 1.1, distance * 1.2))
    looser = rejudge(ran.manifest).panels[0]
    assert (looser.before, looser.now, looser.deciding) == (Verdict.CONSISTENT, Verdict.CONSISTENT, None)


def _findings(comic, panel: str):
    from series.locked import read_series
    from series.plan import plan
    from series.run.past import past_run

    manifest = read_series(comic.manifest)
    (order,) = (one for one in plan(manifest) if one.panel == panel)
    with past_run(manifest, None, None) as past:
        ((measured,),) = (seen.values() for seen in past.results([order]))
    from consistency import DEFAULT_TOLERANCES, judge

    return judge([r for r in measured.results if not isinstance(r, Unmeasured)], DEFAULT_TOLERANCES).findings


def test_a_run_does_what_was_foretold(ran) -> None:
    limits(ran.manifest, identity=(0.01, 0.02))
    found = rejudge(ran.manifest)
    foretold = found.following(ASKS)
    assert foretold == ("p01", "p02", "p03", "p04")
    asked = ran.run({}, attempts=1, panels=())
    assert asked == []  # the limit of attempts is used up: a person is asked
    limits(ran.manifest, identity=(0.85, 1.1))
    freed = rejudge(ran.manifest)
    assert freed.following(TAKES) == foretold
    ran.run({})
    again = rejudge(ran.manifest)
    assert again.following(KEEPS) == ("p01", "p02", "p03", "p04")


def test_what_only_the_series_shows_counts_as_in_a_run(ran) -> None:
    text = ran.manifest.read_text(encoding="utf-8")
    too_close = "picture.duplicate: {accept_below: 2000, reject_above: 2000, too_close: 1000}"
    ran.manifest.write_text(f"{text}checks: {{tolerances: {{{too_close}}}}}\n", encoding="utf-8")
    found = rejudge(ran.manifest)
    repeats = ("p02", "p03", "p04")  # of an earlier frame; the first repeats nobody
    assert found.following(ASKS) == repeats
    assert found.panels[0].now is Verdict.CONSISTENT
    assert {one.deciding.result.check for one in found.panels[1:]} == {"picture.duplicate"}
    assert ran.run({}, attempts=1) == []
    assert rejudge(ran.manifest).following(PERSON) == ("p03", "p04")  # p02 ended at its blank picture
    ran.manifest.write_text(text, encoding="utf-8")
    assert rejudge(ran.manifest).following(TAKES) == repeats


@pytest.mark.parametrize("off", ["identity", "identity.alone, identity.swap, identity"])
def test_a_check_that_is_off_now_counts_no_more(ran, off) -> None:
    text = ran.manifest.read_text(encoding="utf-8")
    strict = "tolerances: {identity: {accept_below: 0.01, reject_above: 0.02}}"
    ran.manifest.write_text(f"{text}checks: {{{strict}}}\n", encoding="utf-8")
    assert {one.now for one in rejudge(ran.manifest).panels} == {Verdict.DRIFTED}
    ran.manifest.write_text(f"{text}checks: {{off: [{off}], {strict}}}\n", encoding="utf-8")
    assert Verdict.DRIFTED not in {one.now for one in rejudge(ran.manifest).panels}


def test_a_person_stays_with_a_panel_whose_pictures_all_drift_still(comic) -> None:
    comic.run({"p03": [BLANK] * 9}, attempts=2)
    found = rejudge(comic.manifest)
    assert found.following(PERSON) == ("p03",)
    assert verdicts(found)["p03"] == (Verdict.DRIFTED, Verdict.DRIFTED)


def test_what_is_not_kept_any_more_is_said_and_not_guessed(ran) -> None:
    (ran.folder / "out/observations.sqlite").unlink()
    found = rejudge(ran.manifest)
    assert {one.now for one in found.panels} == {None}
    assert found.following(MEASURES) == ("p01", "p02", "p03", "p04")
    assert (found.pictures, found.lost) == (0, 5)
    assert "5 pictures" in found.notes[0]
    assert not (ran.folder / "out/observations.sqlite").exists()


WATCHED = """
import sys
from series.cli import _run
code = _run(sys.argv[1:])
loaded = [name for name in sys.modules if name.startswith(("consistency.encoders.", "series.generators."))]
heavy = [name for name in ("torch", "onnxruntime", "openvino") if name in sys.modules]
from consistency.encoders import appearance
print("WEIGHTS", [f.cache_info().currsize for f in vars(appearance).values() if hasattr(f, "cache_info")])
print("LOADED", sorted(loaded), heavy)
sys.exit(code)
"""


def test_no_encoder_is_loaded_and_no_picture_is_read(ran) -> None:
    shutil.rmtree(ran.folder / "out/images")
    shutil.rmtree(ran.folder / "out/frames")
    shutil.rmtree(ran.folder / "refs")
    (ran.folder / "refs").mkdir()
    for name in ("mara", "mara_home", "tib"):  # the manifest names them: they must be there, not be pictures
        (ran.folder / f"refs/{name}.png").write_text("no picture")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "judge", "--json", "-"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ran.folder,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    told, loaded = done.stdout.split("WEIGHTS ")
    weights, loaded = loaded.split("\nLOADED ")
    assert "consistency.encoders.texture" not in loaded
    assert set(json.loads(weights)) == {0}, "the encoder's numbers were not read"
    assert loaded.strip().endswith("[]")
    assert json.loads(told)["pictures"] == 5


def test_the_command_prints_what_changed_and_writes_json(ran, capsys, monkeypatch) -> None:
    limits(ran.manifest, identity=(0.01, 0.02))
    monkeypatch.chdir(ran.folder)
    assert _run(["judge", "--json", "judged.json"]) == 1
    printed = capsys.readouterr().out
    assert "p01  consistent → drifted: mara" in printed
    assert "`series run series.yaml` asks again for p01, p02, p03, p04." in printed
    said = json.loads((ran.folder / "judged.json").read_text(encoding="utf-8"))
    assert [one["run"] for one in said["panels"]] == [ASKS] * 4
    assert said["panels"][0]["check"] == "identity"
