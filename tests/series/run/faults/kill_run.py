"""Kills a whole run with SIGKILL at random moments, lets it go on, and compares it with one left alone.

    python tests/series/run/faults/kill_run.py MANIFEST --kills 500

MANIFEST names a simulated model that keeps a bill (`generator.drift.bill`): what the provider charged is
known from its own side. Prints one JSON object; exits 1 where a resumed run differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import signal
import sys
import time
from contextlib import closing
from pathlib import Path

import cv2
import scipy.optimize  # noqa: F401 - see below
import sqlalchemy  # noqa: F401 - see below

import series.generators.previz.simulate  # noqa: F401 - before the fork, as is the rest of what a run needs
from consistency import Verdict, load_encoders
from series.pipeline import RunOptions, run_series
from series.run.store import open_store

BILL = "bill.csv"


class Silent:
    """Watches nothing."""

    def begin(self, panels: int, budget_usd: float | None) -> None: ...
    def asked(self, panel: str, attempt: int) -> None: ...
    def answered(
        self, panel: str, attempt: int, seconds: float, usd: float, *, pictures: int = 1
    ) -> None: ...
    def judged(self, panel: str, attempt: int, verdict: Verdict | None, words: str) -> None: ...
    def finished(self, panel: str, state: str) -> None: ...
    def stopping(self, in_flight: int) -> None: ...
    def left(self, panels, usd: float, *, billed_once: bool) -> None: ...


def start(manifest: Path) -> int:
    """Run in a child. → its process id. A fork: importing everything anew would take most of the time."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        cv2.setNumThreads(0)
        run_series(RunOptions(manifest), Silent())
        code = 0
    except BaseException as error:  # noqa: BLE001 - a child says what happened and ends
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def result(manifest: Path) -> dict[str, object]:
    """What a finished run left behind, without clocks."""
    out = manifest.parent / "out"
    with closing(open_store(out / "series.sqlite", "Tiny")) as store:
        outcomes = {panel: (one.state, one.image, one.number) for panel, one in store.outcomes().items()}
        ledger = store.ledger()
    frames = {path.name: path.read_bytes().hex()[:64] for path in sorted((out / "frames").iterdir())}
    with (manifest.parent / BILL).open(newline="") as file:
        bill = list(csv.DictReader(file))
    return {
        "outcomes": outcomes,
        "frames": frames,
        "confirmed": ledger.confirmed_micros,
        "other": ledger.reserved_micros + ledger.unknown_micros,
        "billed": round(sum(float(row["usd"]) for row in bill) * 1e6),
        "keys": len(bill),
        "twice": len(bill) - len({row["key"] for row in bill}),
        "images": sorted(path.name for path in (out / "images").rglob("*.png")),
    }


def wait(child: int, seconds: float) -> int | None:
    """→ exit status, or None if it was still at work after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.002)
    return None


def copy_of(manifest: Path, name: str) -> Path:
    folder = manifest.parent.parent / name
    shutil.copytree(manifest.parent, folder)
    return folder / manifest.name


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    load_encoders("classical")
    dice = random.Random(asked.seed)  # noqa: S311 - moments, no secrets

    for name in ("warm", "unbroken"):  # the first one fills the caches of the system
        whole = copy_of(asked.manifest, name)
        began = time.monotonic()
        if wait(start(whole), 120) != 0:
            print("the run that was left alone failed", file=sys.stderr)
            return 1
        took = time.monotonic() - began
    expected = result(whole)

    kills = runs = 0
    different: list[object] = []
    while kills < asked.kills:
        manifest = copy_of(asked.manifest, f"killed{runs}")
        while True:
            child = start(manifest)
            status = wait(child, dice.uniform(0, took))
            if status is not None:
                break
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            kills += 1
        runs += 1
        found = result(manifest) if status == 0 else {"exit": status}
        if found != expected:
            different.append(
                {key: [expected.get(key), found[key]] for key in found if found[key] != expected.get(key)}
            )
        shutil.rmtree(manifest.parent)
    print(
        json.dumps(
            {
                "kills": kills,
                "runs_finished": runs,
                "seconds_unbroken": round(took, 2),
                "pictures_billed": expected["keys"],
                "billed_twice": expected["twice"],
                "billed_is_booked": expected["billed"] == expected["confirmed"] and expected["other"] == 0,
                "different": different,
            }
        )
    )
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
