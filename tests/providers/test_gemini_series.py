"""Whole series against the contract server of Google's image models: a finished report, and right books."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from contract import Fault
from drawing import Planned, Studio, small_series
from gemini_server import KEY, GeminiServer, Heard, failure, finished, limited, prompt_blocked

from series.drift import DriftKind
from series.generators.gemini.gemini import GeminiGenerator
from series.generators.gemini.options import read_gemini_options
from series.generators.previz.draw import draw, encode
from series.generators.previz.layout import draft_of
from series.manifest import read_manifest
from series.pipeline import Finished, RunOptions, run_series
from series.plan import plan
from series.report.live import RunProgress
from series.run.prepare import first_requests

pytest.importorskip("google.genai", reason='needs pip install "series-consistency[gemini]"')

PAIR = """\
panels:
  - {id: p02, shot: full, camera: square_a, scene: Mara alone on the square, characters: [mara]}
  - {id: p04, shot: full, camera: door, scene: Mara waves from the doorstep, characters: [
     {name: mara, place: [0.14, 0.21, 0.52, 0.95]}, {name: tib, place: [0.58, 0.51, 0.93, 0.95]}]}
"""
TINY = """\
version: 1
series: Tiny
size: [160, 120]
generator: {{name: gemini, base_url: "{url}", timeout_s: {timeout}, concurrency: 1,
  requests_per_minute: 6000}}
budget: {{usd: 50, attempts: 4}}
characters: {{mara: {{references: [mara.png], palette: {{coat: "#c8322e"}}}}}}
panels:
  - {{id: p01, scene: Mara waits, characters: [mara]}}
  - {{id: p02, scene: Mara walks, characters: [mara]}}
"""
MISSING_TIB = Planned(DriftKind.MISSING, "tib")
NO_TIME = 3.0
"""Seconds of the timeout where a test waits for it; a good answer takes a tenth of a second."""


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


@pytest.fixture
def sample(repository: Path) -> Path:
    return repository / "samples/lantern"


def cost(heard: Heard) -> float:
    """What the server's usage makes of a request to Nano Banana 2.1."""
    tokens_in = len(heard.prompt) // 4 + 1120 * len(heard.images)
    return (1120 * 30 + (310 + 12) * 7.5 + tokens_in * 1.5) / 1e6


def test_a_drifting_series_is_reinforced_to_a_finished_report(sample, tmp_path) -> None:
    with GeminiServer() as server:
        line = f"{{name: gemini, base_url: {server.url}, timeout_s: 60, requests_per_minute: 6000}}"
        manifest = small_series(sample, tmp_path, line, panels=PAIR)
        studio = Studio(
            manifest,
            plan={"p02": [Planned(DriftKind.MISSING, "mara")], "p04": [MISSING_TIB] * 3},
            abilities=GeminiGenerator(read_gemini_options({})).abilities,
        )
        server.draw = lambda heard: studio.draw(heard.prompt, heard.images, size=heard.size)
        server.faults += [
            limited("0.1s"),
            failure(503, "overloaded", "UNAVAILABLE", headers={"Retry-After": "0"}),
        ]
        ran = subprocess.run(
            [sys.executable, "-m", "series", "run", str(manifest)],
            check=False,
            env={**os.environ, "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert ran.returncode == 0, ran.stderr
    assert "2 of 2 panels are accepted" in ran.stdout
    assert len(server.received) == len(server.heard) + 2
    assert sorted(path.stem for path in (tmp_path / "out/frames").iterdir()) == ["p02", "p04"]
    assert f"It cost ${sum(map(cost, server.heard)):.2f}" in ran.stdout

    by_panel = {name: [one for one in studio.drawn if one.panel == name] for name in ("p02", "p04")}
    assert [one.drift for one in by_panel["p02"]] == [Planned(DriftKind.MISSING, "mara"), None]
    words, again, first, edit = by_panel["p04"]
    assert words.images[0] == again.images[0] == "mara/front.png"
    assert "tib" not in words.said.partition("Above all:")[2]
    assert "tib" in again.said.partition("Above all:")[2]
    assert first.images[0] == "tib/front.png"
    assert (edit.edit, edit.images[:2]) == (True, ("base", "tib/front.png"))
    assert edit.said.startswith("Change only: Add tib")
    assert all(1 <= len(heard.images) <= 14 for heard in server.heard)

    report = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert "gemini:gemini-nano-banana-2.1" in report
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 20
    assert not any(KEY.encode() in data for data in (*written, ran.stdout.encode(), ran.stderr.encode()))


# --- the books -------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path):
    """A function that runs a series of two small panels against a server that draws them well."""
    pixels = np.full((120, 100, 3), 246, np.uint8)
    pixels[40:, 30:70] = (46, 50, 200)
    cv2.circle(pixels, (50, 24), 16, (168, 203, 243), -1)
    cv2.imwrite(str(tmp_path / "mara.png"), pixels)
    manifest = tmp_path / "series.yaml"
    with GeminiServer() as server:
        manifest.write_text(TINY.format(url=server.url, timeout=NO_TIME), encoding="utf-8")
        series = read_manifest(manifest)
        abilities = GeminiGenerator(read_gemini_options({})).abilities
        asked = first_requests(series, plan(series), abilities).values()
        drawn = {one.structure.scene: [encode(draw(draft_of(one)))] for one in asked}
        server.draw = lambda heard: next(drawn[scene] for scene in drawn if scene in heard.prompt)

        def go(*faults: Fault, **options) -> Finished:
            server.faults += faults
            with contextlib.redirect_stderr(io.StringIO()), RunProgress() as progress:
                return run_series(RunOptions(manifest, **options), progress)

        go.server = server
        yield go


def test_money_of_a_timeout_is_unknown_until_a_person_says_to_ask_again(run) -> None:
    first = run(Fault(body={}, wait_s=2 * NO_TIME)).audit.run
    assert (first.accepted, first.requests, first.images) == (1, 2, 1)
    (heard,) = run.server.heard
    assert first.usd == pytest.approx(cost(heard), abs=2e-6)
    assert 0.0336 < first.usd_unknown < 0.09
    again = run().audit.run
    assert len(run.server.received) == 2
    assert again.usd_unknown == first.usd_unknown
    told = run(again=True).audit.run
    assert len(run.server.received) == 3
    assert told.accepted == 2
    assert told.usd == pytest.approx(sum(map(cost, run.server.heard)), abs=3e-6)
    assert told.usd_unknown == pytest.approx(first.usd_unknown)


def test_a_quota_of_the_day_stops_the_run_and_the_next_day_it_goes_on(run) -> None:
    day = limited("14s", "GenerateRequestsPerDayPerProjectPerModel")
    stopped = run(day, day)
    assert "quota" in stopped.stopped
    assert 1 <= len(run.server.received) <= 2  # the next one may be on its way when the first answer is read
    assert (stopped.audit.run.usd, stopped.audit.run.usd_unknown) == (0.0, 0.0)
    run.server.faults.clear()
    resumed = run()
    assert not resumed.stopped
    assert resumed.audit.run.accepted == 2
    assert len(run.server.heard) == 2


def test_a_refused_prompt_is_reworded_once_and_then_final(run) -> None:
    figures = run(prompt_blocked(), prompt_blocked(), panels=("p01",)).audit.run
    assert (figures.refusals, figures.requests, figures.accepted) == (2, 2, 0)
    assert figures.usd == pytest.approx(2 * 100 * 1.5e-6)
    assert figures.usd_unknown == 0.0
    first, reworded = (received.json()["contents"][0]["parts"][-1] for received in run.server.received)
    assert first != reworded
    run(panels=("p01",))
    assert len(run.server.received) == 2


def test_an_answer_in_words_costs_its_tokens_and_is_never_called_a_picture(run) -> None:
    words = finished("STOP", "I would rather describe it.")
    words.body["usageMetadata"] = {"promptTokenCount": 500, "candidatesTokenCount": 40}
    figures = run(words, words, panels=("p01",)).audit.run
    assert (figures.images, figures.failures, figures.accepted) == (0, 2, 0)
    assert figures.usd == pytest.approx(2 * (500 * 1.5 + 40 * 7.5) / 1e6)
