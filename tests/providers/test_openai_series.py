"""Whole series against the contract server of OpenAI's images: a finished report, and right books."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from contract import Fault
from drawing import PLAN, Planned, Studio, small_series
from openai_server import KEY, Asked, OpenAIServer, error

from consistency import Box, read_frame
from series.drift import DriftKind
from series.generators import load_generator
from series.generators.generator import Abilities
from series.generators.previz.draw import draw, encode
from series.generators.previz.layout import draft_of
from series.manifest import read_manifest
from series.pipeline import Finished, RunOptions, run_series
from series.plan import plan
from series.report import audit_html
from series.report.live import RunProgress
from series.run.prepare import first_requests

pytest.importorskip("openai", reason='needs pip install "series-consistency[openai]"')

MISSING_MARA, MISSING_TIB = Planned(DriftKind.MISSING, "mara"), Planned(DriftKind.MISSING, "tib")
MASKED = {"p04": [MISSING_MARA, MISSING_MARA, MISSING_TIB, MISSING_MARA, MISSING_MARA]}
"""Words, a reference and an edit bring Mara no nearer (Tib goes meanwhile); an edit inside her place does."""
MARAS_PLACE = Box(0.14, 0.21, 0.52, 0.95)
CANDIDATES = {"p02": [Planned(DriftKind.EXTRA, "tib")] * 4}
"""Of the candidates that come in the end the first still shows Tib."""
PROFILE = "{like: gpt-image-2, secret: CONTRACT_KEY}"
TINY = """\
version: 1
series: Tiny
size: [1024, 768]
generator: {{name: openai, base_url: "{url}", timeout_s: {timeout}, concurrency: 1,
  requests_per_minute: 6000, profile: {profile}}}
budget: {{usd: 50, attempts: 4}}
characters: {{mara: {{references: [mara.png], palette: {{coat: "#c8322e"}}}}}}
panels:
  - {{id: p01, scene: Mara waits, characters: [mara]}}
  - {{id: p02, scene: Mara walks, characters: [mara]}}
"""
NO_TIME = 2.0
"""Seconds of the timeout where a test waits for it; a good answer takes a tenth of that."""


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_KEY", KEY)


@pytest.fixture(scope="module")
def abilities() -> Abilities:
    return load_generator({"name": "openai"}, folder=Path(), out=Path("out")).abilities


def finish(manifest: Path, **options) -> Finished:
    with contextlib.redirect_stderr(io.StringIO()), RunProgress() as progress:
        return run_series(RunOptions(manifest, **options), progress)


def pixels(path: Path) -> np.ndarray:
    return read_frame(path).pixels


def test_a_drifting_series_is_reinforced_to_a_finished_report(repository, tmp_path, abilities) -> None:
    with OpenAIServer() as server:
        line = (
            f"{{name: openai, base_url: '{server.base_url}', requests_per_minute: 6000, profile: {PROFILE}}}"
        )
        manifest = small_series(repository / "samples/lantern", tmp_path, line)
        studio = Studio(manifest, plan={**PLAN, **MASKED, **CANDIDATES}, abilities=abilities)
        server.draws(
            lambda asked: studio.draw(
                asked.prompt,
                asked.images,
                size=asked.size,
                masked=asked.mask is not None,
                count=asked.n,
            )
        )
        server.faults.append(error(429, "Slow down.", headers={"Retry-After": "0"}))
        finished = finish(manifest)
    figures = finished.audit.run

    assert [frame.outcome for frame in finished.audit.frames] == ["accepted"] * 7
    assert figures.accepted == 7
    assert not finished.stopped
    assert len(server.received) == len(server.asked) + 1 == len(studio.drawn) + 1

    # The books are the server's own bill, and nothing is left open.
    assert figures.usd == pytest.approx(server.billed, abs=1e-6 * len(server.asked))
    assert server.billed > 1
    assert figures.usd_unknown == 0
    assert figures.images == sum(asked.n for asked in server.asked)

    # What was sent is what the ladder says.
    by_panel = {name: [one for one in studio.drawn if one.panel == name] for name in ("p02", "p04", "p05")}
    words, again, other, first, edited, masked = by_panel["p04"]
    assert not words.said.partition("Above all:")[2]
    assert "mara must be in the picture" in again.said.partition("Above all:")[2]
    assert other.images[0] == first.images[0] == "mara/front.png"
    assert (edited.edit, edited.masked, edited.images[0]) == (True, False, "base")
    assert (masked.edit, masked.masked, masked.images[0]) == (True, True, "base")
    assert [one.count for one in by_panel["p02"]] == [1, 1, 1, 4]
    assert [one.edit for one in by_panel["p05"]] == [False, False, True]
    assert not any("new" in one.images for one in studio.drawn)
    assert sum(asked.path.endswith("edits") for asked in server.asked) == len(server.asked)

    # The frame of a masked edit is the base's outside the mask; the model had changed every pixel.
    frame = pixels(tmp_path / "out/frames/p04.png")
    base = cv2.imdecode(np.frombuffer(server.asked_with_mask[0].images[0], np.uint8), 1)[..., ::-1]
    outside = ~server.asked_with_mask[0].mask
    left, top, right, bottom = MARAS_PLACE.pixels(1024, 768)
    assert not outside[top:bottom, left:right].any()
    assert np.array_equal(frame[outside], base[outside])
    (raw,) = (tmp_path / "out").rglob("*.raw.png")
    assert (pixels(raw)[outside] != base[outside]).any(axis=1).mean() > 0.5

    report = audit_html(finished.audit)
    assert "openai:gpt-image-2" in report
    for text in ("edited inside a box", "several candidates"):
        assert text in report
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 40
    assert not any(KEY.encode() in data for data in (*written, report.encode()))


# --- the books -------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path: Path, abilities: Abilities) -> Iterator[Callable[..., Finished]]:
    """A function that runs a series of two panels against a server that draws them well."""
    figure = np.full((120, 100, 3), 246, np.uint8)
    figure[40:, 30:70] = (46, 50, 200)
    cv2.circle(figure, (50, 24), 16, (168, 203, 243), -1)
    cv2.imwrite(str(tmp_path / "mara.png"), figure)
    manifest = tmp_path / "series.yaml"
    with OpenAIServer() as server:
        text = TINY.format(url=server.base_url, timeout=NO_TIME, profile=PROFILE)
        manifest.write_text(text, encoding="utf-8")
        series = read_manifest(manifest)
        asked = first_requests(series, plan(series), abilities).values()
        drawn = {one.structure.scene: encode(draw(draft_of(one))) for one in asked}

        def draw_well(asked: Asked) -> list[bytes]:
            return [next(drawn[scene] for scene in drawn if scene in asked.prompt)] * asked.n

        server.draws(draw_well)

        def go(*faults: Fault, **options) -> Finished:
            server.faults += faults
            return finish(manifest, **options)

        go.server = server
        yield go


def test_money_of_a_timeout_is_unknown_until_a_person_says_to_ask_again(run) -> None:
    first = run(Fault(body={}, wait_s=2 * NO_TIME)).audit.run
    assert (first.accepted, first.requests, first.images) == (1, 2, 1)
    assert first.usd == pytest.approx(run.server.billed, abs=2e-6)
    assert first.usd_unknown > first.usd
    again = run().audit.run
    assert len(run.server.received) == 2
    assert again.usd_unknown == first.usd_unknown
    told = run(again=True).audit.run
    assert len(run.server.received) == 3
    assert told.accepted == 2
    assert told.usd == pytest.approx(run.server.billed, abs=3e-6)
    assert told.usd_unknown == first.usd_unknown


def test_a_spent_quota_stops_the_run_and_when_it_is_paid_it_goes_on(run) -> None:
    spent = error(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota")
    stopped = run(spent, spent)
    assert stopped.stopped.startswith("quota: ")
    assert 1 <= len(run.server.received) <= 2  # the next one may be on its way when the first answer is read
    assert (stopped.audit.run.usd, stopped.audit.run.usd_unknown) == (0.0, 0.0)
    run.server.faults.clear()
    resumed = run()
    assert not resumed.stopped
    assert resumed.audit.run.accepted == 2
    assert resumed.audit.run.usd == pytest.approx(run.server.billed, abs=2e-6)


def test_a_refusal_is_reworded_once_and_then_final(run) -> None:
    details = {"moderation_stage": "input", "categories": ["violence"]}
    blocked = error(
        400, "Rejected by the safety system.", code="moderation_blocked", moderation_details=details
    )
    figures = run(blocked, blocked, panels=("p01",)).audit.run
    assert (figures.refusals, figures.requests, figures.usd) == (2, 2, 0.0)
    first, reworded = (received.parts() for received in run.server.received)
    words = [next(part.data for part in parts if part.name == "prompt") for parts in (first, reworded)]
    assert words[0] != words[1]
    run(panels=("p01",))
    assert len(run.server.received) == 2
