"""A run that is killed at any moment goes on where it was, and pays for nothing twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("SERIES_KILLS", "50"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills are sent to forked processes")
def test_killed_runs_end_as_one_that_was_left_alone(comic, repository: Path) -> None:
    drift = "{rate: 0.9, seed: 4, size: 1.0, price: 0.04, bill: bill.csv, abilities: {reference_images: 2}}"
    text = comic.manifest.read_text(encoding="utf-8")
    comic.manifest.write_text(text + f"generator: {{name: previz, drift: {drift}}}\n", encoding="utf-8")
    script = repository / "tests/series/run/faults/kill_run.py"
    done = subprocess.run(
        [sys.executable, script, comic.manifest, "--kills", str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + 10 * KILLS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["kills"] >= KILLS
    assert told["runs_finished"] >= 1
    assert told["different"] == []
    assert told["pictures_billed"] > 4, "the model drifted, so that more than one try was killed"
    assert told["billed_twice"] == 0
    assert told["billed_is_booked"]
