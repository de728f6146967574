"""From OpenAI's quota to Gemini through both SDKs: each asked as it is able to, nothing paid twice."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest
from drawing import Planned, Studio, small_series
from gemini_server import KEY as GEMINI_KEY
from gemini_server import GeminiServer
from openai_server import KEY as OPENAI_KEY
from openai_server import OpenAIServer, error

from series.drift import DriftKind
from series.generators import load_generator
from series.generators.generator import Generator
from series.pipeline import Finished, RunOptions, run_series
from series.report import audit_html, audit_json
from series.report.live import RunProgress
from series.run.status import status_of

pytest.importorskip("openai", reason='needs pip install "series-consistency[openai]"')
pytest.importorskip("google.genai", reason='needs pip install "series-consistency[gemini]"')

PANELS = """\
panels:
  - {id: p02, shot: full, camera: square_a, scene: Mara alone on the square, characters: [mara]}
  - {id: p04, shot: full, camera: door, scene: Mara waves from the doorstep, characters: [
     {name: mara, place: [0.14, 0.21, 0.52, 0.95]}, {name: tib, place: [0.58, 0.51, 0.93, 0.95]}]}
  - {id: p06, shot: close_up, camera: tib_close, scene: Tib understands, characters: [tib]}
"""
SPENT = error(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota")


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_KEY", OPENAI_KEY)
    monkeypatch.setenv("GEMINI_API_KEY", GEMINI_KEY)


def finish(manifest: Path) -> Finished:
    with contextlib.redirect_stderr(io.StringIO()), RunProgress() as progress:
        return run_series(RunOptions(manifest), progress)


def usual(name: str) -> Generator:
    return load_generator({"name": name}, folder=Path(), out=Path("out"))


def test_panels_go_on_at_gemini_when_openais_quota_is_spent(repository: Path, tmp_path: Path) -> None:
    drift = {"p02": [Planned(DriftKind.MISSING, "mara")]}
    with OpenAIServer() as openai, GeminiServer() as gemini:
        line = (
            f"{{name: openai, base_url: '{openai.base_url}', concurrency: 1, requests_per_minute: 6000, "
            f"profile: {{like: gpt-image-2, secret: CONTRACT_KEY}}, fallback: ["
            f"{{name: gemini, base_url: '{gemini.url}', requests_per_minute: 6000}}]}}"
        )
        manifest = small_series(repository / "samples/lantern", tmp_path, line, panels=PANELS)
        drawn_by_openai = Studio(manifest, plan=drift, abilities=usual("openai").abilities)
        drawn_by_gemini = Studio(manifest, plan={}, abilities=usual("gemini").abilities)
        openai.draws(
            lambda asked: drawn_by_openai.draw(asked.prompt, asked.images, size=asked.size, count=asked.n)
        )
        gemini.draw = lambda heard: drawn_by_gemini.draw(heard.prompt, heard.images, size=heard.size)
        openai.faults += [None, SPENT]

        finished = finish(manifest)
        sent = len(openai.received), len(gemini.heard)
        again = finish(manifest)
        assert (len(openai.received), len(gemini.heard)) == sent, "a later run asks nobody"

    # One picture of OpenAI's, which drifted; the second request met the quota, and no third was sent.
    assert sent[0] == 2
    frames = {frame.panel: frame for frame in finished.audit.frames}
    assert [frame.outcome for frame in frames.values()] == ["accepted"] * 3
    assert not finished.stopped
    openais, geminis = frames["p02"].attempts
    assert openais.generator.startswith("openai:")
    assert (geminis.generator, geminis.kept) == ("gemini:gemini-nano-banana-2.1", True)
    assert geminis.moved.startswith("quota: ")
    assert geminis.answers, "what follows answers what was found in OpenAI's picture"
    assert all(len(heard.images) <= 14 for heard in gemini.heard)

    # The books are both servers' bills.
    figures = finished.audit.run
    paid = sum(attempt.usd for frame in frames.values() for attempt in frame.attempts)
    assert figures.usd == pytest.approx(paid, abs=1e-5)
    assert openais.usd == pytest.approx(openai.billed, abs=1e-6)
    assert figures.usd_unknown == 0

    # Said wherever a person looks.
    page = audit_html(finished.audit)
    for text in (openais.generator, geminis.generator, "How it was asked for", "sent as Image 1"):
        assert text in page
    seeds = {
        one.said
        for frame in frames.values()
        for a in frame.attempts
        for one in a.receipts
        if one.about == "seed"
    }
    assert any(said.startswith("not sent") for said in seeds)
    assert any("best effort" in said for said in seeds)
    stands = {panel.panel: panel for panel in status_of(manifest).panels}
    assert stands["p06"].generator == "gemini:gemini-nano-banana-2.1"
    assert stands["p06"].moved[0].startswith("to gemini:gemini-nano-banana-2.1: quota: ")
    assert audit_json(again.audit) == audit_json(finished.audit)
