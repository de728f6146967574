"""Whether a generator can be asked is looked at once, before its first request, and only if there is one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("httpx2", reason="needs the extra http")

from automatic1111_server import WebuiServer
from contract import Answer, ContractServer, Received
from replicate_server import TOKEN, ReplicateServer

MANIFEST = """\
version: 1
series: Tiny
size: [160, 120]
generator: {generator}
budget: {{usd: 50, attempts: 1}}
characters: {{mara: {{references: [mara.png], palette: {{coat: "#c8322e"}}}}}}
panels:
  - {{id: p01, scene: Mara waits, characters: [mara]}}
  - {{id: p02, scene: Mara walks, characters: [mara]}}
"""
GENERATORS = {
    ReplicateServer: "{{name: replicate, base_url: '{}/v1', requests_per_minute: 6000}}",
    WebuiServer: "{{name: automatic1111, url: '{}', checkpoint: ink_xl}}",
}
Ran = subprocess.CompletedProcess


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """A function that runs the series by the command line."""
    cv2.imwrite(str(tmp_path / "mara.png"), np.full((120, 100, 3), (46, 50, 200), np.uint8))

    def go(server: ContractServer, *more: str, key: str = "") -> Ran:
        manifest = tmp_path / "series.yaml"
        manifest.write_text(
            MANIFEST.format(generator=GENERATORS[type(server)].format(server.url)), encoding="utf-8"
        )
        environment = {name: value for name, value in os.environ.items() if name != "REPLICATE_API_TOKEN"}
        return subprocess.run(
            [sys.executable, "-m", "series", "run", str(manifest), "--workers", "1", *more],
            check=False,
            env=environment | ({"REPLICATE_API_TOKEN": key} if key else {}),
            capture_output=True,
            text=True,
            timeout=120,
        )

    return go


def test_without_a_key_nothing_is_asked_and_one_line_says_what_to_do(
    run: Callable[..., Ran], tmp_path
) -> None:
    with ReplicateServer() as server:
        server.rounds = 1
        dry = run(server, "--dry-run")
        assert (dry.returncode, "2 to ask" in dry.stdout) == (0, True)
        ran = run(server)
        assert (ran.returncode, ran.stdout) == (2, "")
        (line,) = [one for one in ran.stderr.splitlines() if "error" in one]
        assert line.startswith("error: ")
        assert "series.yaml:4: generator.name: generator replicate needs REPLICATE_API_TOKEN: set it" in line
        assert not server.received
        assert sorted(path.name for path in tmp_path.iterdir()) == ["mara.png", "series.yaml"]

        # The same run with the key goes on as if it were the first; what is answered then needs no key.
        run(server, key=TOKEN)
        asked = len(server.received)
        assert len(server.inputs) == 2
        again = run(server)
        assert "REPLICATE_API_TOKEN" not in again.stderr
        assert len(server.received) == asked
        assert sorted(path.stem for path in tmp_path.rglob("out/frames/*.png")) == ["p01", "p02"]


def test_a_server_is_looked_for_once_a_run_and_not_when_nothing_is_asked(run: Callable[..., Ran]) -> None:
    with WebuiServer() as server:
        run(server, "--dry-run")
        assert not server.received
        run(server)
        assert [one.method for one in server.received] == ["GET", "POST", "POST"]
        run(server)
        assert len(server.received) == 3


def test_a_server_that_is_not_there_is_told_before_anything_is_asked(run: Callable[..., Ran]) -> None:
    with Silent() as server:
        ran = run(server)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no API of AUTOMATIC1111" in ran.stderr
    assert "start the web UI with --api" in ran.stderr
    assert [one.method for one in server.received] == ["GET"]


class Silent(WebuiServer):
    """A web UI that was started without its API."""

    def answer(self, received: Received) -> Answer:
        return Answer(404, {"detail": "Not Found"})


GENERATORS[Silent] = GENERATORS[WebuiServer]
