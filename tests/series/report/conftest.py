"""A small audit with every kind of finding and hostile names in every place where a user writes one."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency.judge import Assessment, Verdict, judge
from consistency.measurement import Box, Evidence, LabeledBox, Measurement, SwatchMatch, Unmeasured
from consistency.tolerance import Tolerance
from series.audit import Audit, AuditedAttempt, AuditedFrame, AuditedReceipt, AuditReference, RunFigures
from series.pipeline import AuditOptions, audit_series

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd()"
RIGHT_TO_LEFT = "\u202eמארה\u202c"
EMOJI = "👩🏽‍🚀 Zoë"
LONG = "long-" * 40
CLOSING = "</script><!--\u2028]]>"
MARKUP = "[red]not markup[/red]\x1b[31m"

# One grey pixel, the shortest JPEG that browsers decode.
JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300030202020202030202020303030304060404040404080606050609080a0a"
    "090809090a0c0f0c0a0b0e0b09090d110d0e0f101011100a0c12131210130f101010ffc9000b080001000101011100ffcc000600101005"
    "ffda0008010100003f00d2cf20ffd9"
)

TOLERANCES = {
    ("identity", "subject/1"): Tolerance(0.35, 0.55, "calibrated on 412 pairs"),
    ("identity.swap", "subject/1"): Tolerance(0.0, 0.05, "margin of the swap matrix"),
    ("color.role", "lab/1"): Tolerance(3.0, 6.0, "series.yaml:41"),
    ("color.offpalette", "lab/1"): Tolerance(0.1, 0.25, "default"),
    ("style.series", "texture/1"): Tolerance(0.25, 0.4, SCRIPT),
    ("picture.size", "picture/1"): Tolerance(0.0, 0.0, "series.yaml:7"),
    ("picture.copy", "picture/1"): Tolerance(0.9, 1.0, "default", too_close=0.05),
    ("made.up", "x/1"): Tolerance(1.0, 2.0, "nobody"),
}


def _judged(*results) -> Assessment:
    return judge(results, TOLERANCES)


def _frame(panel, file, characters, assessment, **more) -> AuditedFrame:
    return AuditedFrame(panel, file, tuple(characters), 640, 480, JPEG, assessment, **more)


def _drifted() -> AuditedFrame:
    box = LabeledBox(Box(0.1, 0.02, 0.4, 0.9), "mara")
    coat = SwatchMatch("coat", "#c0392b", "#d35400", 11.24, 0.31)
    boots = SwatchMatch("boots", "#2c3e50", "", float("nan"), 0.0)
    return _frame(
        "P01",
        "P01.jpg",
        ["mara"],
        _judged(
            Measurement("picture.size", "series", 0.0, "share of size", "picture/1"),
            Measurement("color.offpalette", "series", 0.123456789, "share of frame", "lab/1"),
            Measurement(
                "identity",
                "mara",
                0.3049999999,
                "cosine distance",
                "subject/1",
                Evidence(boxes=(box,), nearest="refs/mara.png", scores={"mara": 0.305, EMOJI: 0.71}),
            ),
            Measurement(
                "color.role",
                "mara",
                11.24,
                "ΔE00",
                "lab/1",
                Evidence("coat #d35400 instead of #c0392b, ΔE00 11.2", (box,), (coat, boots)),
                part="coat",
            ),
            Measurement("color.role", "mara", 1.5, "ΔE00", "lab/1", Evidence("hair"), part="hair"),
        ),
        notes=("Display P3 converted to sRGB",),
        scene="Mara runs",
        shot="close_up",
        wardrobe={"mara": "home"},
    )


def _hostile() -> AuditedFrame:
    box = LabeledBox(Box(0.7, 0.5, 1.0, 1.0), CLOSING)
    return _frame(
        SCRIPT,
        f"{FORMULA}.png",
        [SCRIPT, RIGHT_TO_LEFT],
        _judged(
            Measurement("made.up", SCRIPT, 1.5, "", "x/1", Evidence(MARKUP, (box,), nearest=f"{LONG}.png")),
            Unmeasured("identity", RIGHT_TO_LEFT, f"{CLOSING} the figure is 31 px high; 48 are needed"),
            Unmeasured("color.role", RIGHT_TO_LEFT, "too small", part=CLOSING),
            Measurement("style.series", "series", float("nan"), "distance", "texture/1"),
        ),
        notes=(CLOSING,),
        scene=MARKUP,
        shot=SCRIPT,
        wardrobe={RIGHT_TO_LEFT: CLOSING},
        placed=(SCRIPT,),
    )


def _consistent() -> AuditedFrame:
    return _frame(
        EMOJI,
        f"{LONG}.jpg",
        ["mara", EMOJI],
        _judged(
            Measurement("identity", "mara", 0.2, "cosine distance", "subject/1"),
            Measurement("identity", EMOJI, 0.1, "cosine distance", "subject/1"),
            Measurement("picture.copy", "series", 0.4, "hash distance", "picture/1"),
        ),
    )


def _copied() -> AuditedFrame:
    return _frame(
        "P04",
        "sub/P04\udcff\x07.jpg",
        [],
        _judged(
            Measurement("picture.copy", "series", 0.01, "hash distance", "picture/1"),
            Measurement("identity.swap", "mara", 0.03, "cosine distance", "subject/1"),
        ),
    )


def _unreadable() -> AuditedFrame:
    error = f"expected a picture, found text ({SCRIPT})"
    return AuditedFrame("P05", "P05.png", ("mara",), 0, 0, b"", Assessment(()), error=error)


def hostile_audit() -> Audit:
    frames = (_drifted(), _hostile(), _consistent(), _copied(), _unreadable())
    stray = _frame("", "@stray.jpg", [], Assessment(()))
    return Audit(
        series=f"{SCRIPT} & the “series”",
        kind="comic",
        frames=(*frames, stray),
        panels_without_frame=("P06", FORMULA),
        frames_without_panel=("@stray.jpg",),
        references=(
            AuditReference("refs/mara.png", "mara", "ab" * 32, JPEG),
            AuditReference(f"refs/{CLOSING}.png", SCRIPT, "cd" * 32, JPEG),
            AuditReference("refs/style.png", "style", "ef" * 32, JPEG),
        ),
        encoders={"style": "texture/1", "color": "lab/1"},
        tolerances=TOLERANCES,
        notes=("Not locked: run series lock.", MARKUP),
        version="0.0.0",
        manifest=f"{SCRIPT}/series.yaml",
        frames_folder=FORMULA,
    )


def plain_audit(frames: int, *, every: int = 5) -> Audit:
    """A long, harmless series: every so-manieth frame drifts."""
    return Audit(
        series="Plain",
        kind="storyboard",
        frames=tuple(
            _frame(
                f"P{number:05d}",
                f"P{number:05d}.jpg",
                ["mara"],
                _judged(
                    Measurement(
                        "identity",
                        "mara",
                        0.9 if number % every == 0 else 0.1,
                        "cosine distance",
                        "subject/1",
                    )
                ),
            )
            for number in range(frames)
        ),
        panels_without_frame=(),
        frames_without_panel=(),
        references=(AuditReference("refs/mara.png", "mara", "ab" * 32, JPEG),),
        encoders={},
        tolerances=TOLERANCES,
        notes=(),
        version="0.0.0",
    )


def tinted(number: int) -> bytes:
    """A small JPEG, another one for each number."""
    pixels = np.full((48, 64, 3), (40 * number % 256, 90, 255 - 30 * number % 256), np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def attempt(number: int, kind: str = "asked", verdict: Verdict | None = None, **more) -> AuditedAttempt:
    plain = {
        "thumbnail": b"" if verdict is None else tinted(number),
        "changed": "",
        "answers": "",
        "drifted": (),
        "skipped": (),
        "decision": "",
        "usd": 0.0 if kind == "repaired" else 0.04,
        "seconds": 0.0 if kind == "repaired" else 4.2,
        "kept": False,
    }
    return AuditedAttempt(number, kind, verdict, **{**plain, **more})


RECEIPTS = (
    AuditedReceipt("mara", "in the words", sent=True),
    AuditedReceipt("mara: mara.png", "sent as Image 1", sent=True),
    AuditedReceipt("seed", "not sent: the generator takes no seed", sent=False),
)


def _accepted_at_once() -> AuditedFrame:
    first = attempt(1, verdict=Verdict.CONSISTENT, decision="accepted", kept=True, thumbnail=JPEG)
    return replace(_consistent(), panel="R01", attempts=(first,), outcome="accepted")


def _regenerated() -> AuditedFrame:
    skipped = (
        "masked edit: this generator takes no mask",
        "several candidates: it makes one picture a request",
    )
    tries = (
        attempt(
            1,
            verdict=Verdict.DRIFTED,
            drifted=("Mara is missing: 62% of the main colors are nowhere in the frame", "Another finish"),
            decision="asked again: Mara is named first, with all her colors",
            generator="openai:gpt-image-2",
            receipts=RECEIPTS,
        ),
        attempt(
            2,
            verdict=Verdict.DRIFTED,
            changed="said in words: Mara is named first, with all her colors",
            answers="Character missing · mara",
            drifted=("coat #d35400 instead of #c0392b, ΔE00 11.2",),
            skipped=skipped,
            decision="repaired here: the coat is turned back to #c0392b",
            generator="gemini:flash",
            moved="quota: nothing is left for today",
            receipts=RECEIPTS,
        ),
        attempt(
            3,
            "repaired",
            Verdict.CONSISTENT,
            changed="repaired here: the coat is turned back to #c0392b",
            answers="Pinned color · mara coat",
            decision="accepted: every measurement is within its limits",
            kept=True,
            thumbnail=JPEG,
        ),
    )
    return replace(_consistent(), panel="R02", attempts=tries, outcome="accepted")


def _for_a_person() -> AuditedFrame:
    tries = (
        attempt(
            1,
            "failed",
            drifted=("refused by the provider's policy: too much smoke",),
            decision="asked again: in other words",
        ),
        attempt(
            2,
            verdict=Verdict.DRIFTED,
            changed="in other words",
            answers="a refusal",
            drifted=("coat #d35400 instead of #c0392b, ΔE00 11.2",),
            decision="a person is asked: three attempts, and no better",
            kept=True,
            thumbnail=JPEG,
        ),
    )
    return replace(_drifted(), panel="R03", attempts=tries, outcome="three attempts, and no better")


def _hostile_run() -> AuditedFrame:
    every = (SCRIPT, CLOSING, MARKUP, RIGHT_TO_LEFT, LONG, "日本語の長い説明" * 8)
    tries = (
        attempt(1, "failed", drifted=every, decision=SCRIPT, usd=float("nan"), seconds=float("inf")),
        attempt(
            2,
            "repaired",
            Verdict.UNSURE,
            changed=f"{MARKUP} {SCRIPT} {RIGHT_TO_LEFT}",
            answers=CLOSING,
            drifted=every,
            skipped=every,
            decision=f"{MARKUP} {LONG}",
            kept=True,
            generator=SCRIPT,
            moved=f"{CLOSING} {MARKUP} {LONG}",
            receipts=tuple(AuditedReceipt(said, said, sent=False) for said in every),
        ),
    )
    return replace(
        _hostile(), attempts=tries, outcome=f"{SCRIPT} {CLOSING} {MARKUP}", chosen=f"{SCRIPT} {MARKUP}"
    )


def _without_picture() -> AuditedFrame:
    tries = tuple(attempt(n, "failed", drifted=("no answer in time",), usd=0.0) for n in (1, 2))
    nothing = AuditedFrame("R05", "", ("mara",), 0, 0, b"", Assessment(()), error="no answer in time")
    return replace(nothing, attempts=tries, outcome="no picture came in 2 attempts")


FIGURES = RunFigures(
    generator=f"previz {SCRIPT}",
    accepted=2,
    to_look_at=1,
    asked_person=3,
    unfinished=1,
    requests=9,
    images=5,
    repairs=2,
    usd=0.2,
    usd_unknown=0.04,
    refusals=1,
    failures=3,
    latency_p50=4.2,
    latency_p95=float("nan"),
)


def hostile_run() -> Audit:
    frames = (_accepted_at_once(), _regenerated(), _for_a_person(), _hostile_run(), _without_picture())
    return replace(hostile_audit(), frames=frames, frames_without_panel=(), run=FIGURES)


def long_run(panels: int, tries: int) -> Audit:
    """Every panel took as many tries; the last one of each is kept."""
    found = plain_audit(panels, every=panels + 1)
    frames = []
    for number, frame in enumerate(found.frames):
        before = [
            attempt(
                n,
                verdict=Verdict.DRIFTED,
                thumbnail=tinted(n) + bytes([number % 256, number // 256]),
                changed="in other words" if n > 1 else "",
            )
            for n in range(1, tries)
        ]
        last = attempt(
            tries, verdict=Verdict.CONSISTENT, changed="once more", kept=True, thumbnail=frame.thumbnail
        )
        frames.append(replace(frame, attempts=(*before, last), outcome="accepted"))
    return replace(found, frames=tuple(frames), run=FIGURES)


@pytest.fixture
def run() -> Audit:
    return hostile_run()


@pytest.fixture
def long() -> Callable[[int, int], Audit]:
    return long_run


@pytest.fixture
def figures() -> RunFigures:
    return FIGURES


@pytest.fixture
def audit() -> Audit:
    return hostile_audit()


@pytest.fixture(scope="session")
def sample() -> Audit:
    """The sample comic with its known drift, really audited."""
    folder = Path(__file__).parents[3] / "samples" / "lantern"
    audited = audit_series(AuditOptions(folder / "series.yaml", folder / "frames")).audit
    return replace(audited, manifest="series.yaml", frames_folder="frames")


@pytest.fixture
def plain() -> Callable[..., Audit]:
    return plain_audit


@pytest.fixture
def clean(plain) -> Audit:
    series = plain(4, every=99)
    kept = tuple(frame for frame in series.frames if frame.verdict is Verdict.CONSISTENT)
    return Audit("Clean", "brand", kept, (), (), (), {}, {}, (), "0.0.0")


@pytest.fixture
def gold(tmp_path: Path) -> Callable[[str, str], None]:
    """Compare with a gold file; the actual output stays in tmp_path on mismatch. UPDATE_GOLD=1 rewrites."""

    def compare(name: str, actual: str) -> None:
        expected = Path(__file__).parent / "gold" / name
        if os.environ.get("UPDATE_GOLD"):
            expected.write_bytes(actual.encode())
        kept = tmp_path / name
        kept.write_bytes(actual.encode())
        assert expected.read_bytes() == actual.encode(), (
            f"differs from {expected}; the actual output is {kept}"
        )

    return compare
