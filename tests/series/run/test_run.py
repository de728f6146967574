"""The loop from the outside: a manifest and a scripted generator in, a decided series out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import Verdict
from series.audit import AuditedFrame
from series.errors import SeriesError
from series.generators.generator import Abilities, Failed, FailureKind, Generated, GeneratedImage, Pacing
from series.generators.scripted import Script, Scripted
from series.pipeline import Finished, RunOptions, run_series

PANELS = ("p01", "p02", "p03", "p04")


class Quiet:
    """Watches a run and remembers what it was told."""

    def __init__(self) -> None:
        self.asked_for: list[tuple[str, int]] = []
        self.ended: dict[str, str] = {}

    def begin(self, panels: int, budget_usd: float | None) -> None:
        pass

    def asked(self, panel: str, attempt: int) -> None:
        self.asked_for.append((panel, attempt))

    def answered(self, panel: str, attempt: int, seconds: float, usd: float, *, pictures: int = 1) -> None:
        pass

    def judged(self, panel: str, attempt: int, verdict: Verdict | None, words: str) -> None:
        pass

    def finished(self, panel: str, state: str) -> None:
        self.ended[panel] = state

    def stopping(self, in_flight: int) -> None:
        pass

    def left(self, panels: Sequence[str], usd: float, *, billed_once: bool) -> None:
        pass


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


BLANK = png(np.full((120, 160, 3), 128, np.uint8))


@pytest.fixture
def good(comic) -> dict[str, bytes]:
    """A good picture of every panel."""
    return {panel: (comic.frames / f"{panel}.png").read_bytes() for panel in PANELS}


@pytest.fixture
def make(comic) -> Callable[..., tuple[Finished, Scripted]]:
    """Run the comic with a script. → how it ended, and the generator with what it was asked."""

    def run(script: Script, **options) -> tuple[Finished, Scripted]:
        own = {key: options.pop(key) for key in ("abilities", "pacing", "price") if key in options}
        generator = Scripted(script, **own)
        return run_series(RunOptions(comic.manifest, **options), Quiet(), generator), generator

    return run


def frame(finished: Finished, panel: str) -> AuditedFrame:
    return next(frame for frame in finished.audit.frames if frame.panel == panel)


# --- a series --------------------------------------------------------------------------------------------


def test_a_series_that_drifts_nowhere_is_asked_for_once_a_panel(comic, make, good) -> None:
    finished, generator = make({panel: [data] for panel, data in good.items()})
    assert sorted(request.panel for request in generator.requests) == list(PANELS)
    assert [frame.outcome for frame in finished.audit.frames] == ["accepted"] * 4
    assert finished.audit.run.accepted == 4
    for panel in PANELS:
        assert (comic.folder / f"out/frames/{panel}.png").read_bytes() == good[panel]


def test_a_drifted_picture_is_asked_for_again_with_a_reinforcement_that_names_its_finding(make, good) -> None:
    finished, generator = make({**{p: [d] for p, d in good.items()}, "p02": [BLANK, good["p02"]]})
    first, second = (request for request in generator.requests if request.panel == "p02")
    assert not first.reinforcements
    (reinforcement,) = second.reinforcements
    assert reinforcement.answers in {"picture.blank", "identity.missing"}
    told = frame(finished, "p02").attempts
    assert told[0].verdict is Verdict.DRIFTED
    assert [one.kept for one in told] == [False, True]
    assert reinforcement.text in told[1].changed
    assert finished.audit.run.images == 5


def test_a_second_run_asks_for_nothing_and_ends_the_same(comic, make, good) -> None:
    script = {**{p: [d] for p, d in good.items()}, "p02": [BLANK, good["p02"]]}
    first, _ = make(script)
    report = (comic.folder / "out/frames/p02.png").read_bytes()
    again, generator = make(script)
    assert generator.requests == []
    assert again.audit == first.audit
    assert (comic.folder / "out/frames/p02.png").read_bytes() == report


def test_a_panel_that_never_passes_ends_with_a_person_and_the_series_finishes(make, good) -> None:
    finished, generator = make({**{p: [d] for p, d in good.items()}, "p03": [BLANK] * 50}, attempts=3)
    assert 1 <= sum(request.panel == "p03" for request in generator.requests) <= 3
    assert finished.audit.run.asked_person == 1
    assert finished.audit.run.accepted == 3
    assert frame(finished, "p03").outcome not in {"accepted", "not finished"}
    assert not finished.stopped


def test_no_request_is_sent_twice_where_seeds_are_honored(make, good) -> None:
    script = {**{p: [d] for p, d in good.items()}, "p03": [BLANK] * 50}
    _, generator = make(script, attempts=6, abilities=Abilities(seed=True, reference_images=4))
    digests = [request.digest for request in generator.requests]
    assert len(digests) == len(set(digests))


def test_only_the_chosen_panels_are_asked_for(make, good) -> None:
    script = {panel: [data] for panel, data in good.items()}
    finished, generator = make(script, panels=("p03",))
    assert [request.panel for request in generator.requests] == ["p03"]
    assert finished.audit.run.unfinished == 3
    assert set(finished.audit.panels_without_frame) == {"p01", "p02", "p04"}
    finished, generator = make(script)
    assert sorted(request.panel for request in generator.requests) == ["p01", "p02", "p04"]
    assert finished.audit.run.unfinished == 0


def test_a_panel_that_is_not_there_is_named_with_the_nearest(make, good) -> None:
    with pytest.raises(SeriesError, match=r"no panel 'p07'"):
        make({}, panels=("p07",))


def test_an_edited_panel_alone_is_made_anew(comic, make, good) -> None:
    make({panel: [data] for panel, data in good.items()})
    comic.edit("{id: p04, characters: [tib]}", "{id: p04, scene: the cat sleeps, characters: [tib]}")
    _, generator = make({panel: [data] for panel, data in good.items()})
    assert [request.panel for request in generator.requests] == ["p04"]


# --- money -----------------------------------------------------------------------------------------------


def test_the_budget_is_never_exceeded_and_what_is_there_is_kept(make, good) -> None:
    finished, generator = make({panel: [data] for panel, data in good.items()}, price=0.04, budget=0.1)
    assert len(generator.requests) == 2
    assert finished.audit.run.usd == pytest.approx(0.08)
    assert "$0.10" in finished.stopped
    finished, generator = make({panel: [data] for panel, data in good.items()}, price=0.04, budget=0.16)
    assert len(generator.requests) == 2
    assert finished.audit.run.usd == pytest.approx(0.16)
    assert not finished.stopped


def test_a_budget_of_nothing_buys_nothing_but_what_is_free(make, good) -> None:
    finished, generator = make({panel: [data] for panel, data in good.items()}, price=0.04, budget=0.0)
    assert generator.requests == []
    assert finished.audit.run.unfinished == 4
    finished, _ = make({panel: [data] for panel, data in good.items()}, budget=0.0)
    assert finished.audit.run.accepted == 4


# --- generators that fail --------------------------------------------------------------------------------


def test_a_generator_that_raises_costs_its_panel_and_not_the_series(make, good) -> None:
    def answer(request, before):
        if request.panel == "p02":
            raise RuntimeError("out of memory")
        return good[request.panel]

    finished, _ = make(answer)
    assert finished.audit.run.accepted == 3
    assert "RuntimeError: out of memory" in frame(finished, "p02").error
    finished, generator = make({panel: [data] for panel, data in good.items()})
    assert [request.panel for request in generator.requests] == ["p02"], "a later run asks again"
    assert finished.audit.run.accepted == 4


def test_a_generator_that_hangs_is_given_up_and_its_money_is_unknown(make, good) -> None:
    gate = threading.Event()

    def answer(request, before):
        if request.panel == "p01":
            gate.wait(20)
        return good[request.panel]

    try:
        finished, _ = make(answer, pacing=Pacing(timeout_s=0.5), price=0.04)
    finally:
        gate.set()
    assert finished.audit.run.accepted == 3
    assert finished.audit.run.usd_unknown == pytest.approx(0.04)
    finished, generator = make({panel: [data] for panel, data in good.items()}, price=0.04)
    assert generator.requests == [], "what may have been billed is not asked for again unasked"
    finished, generator = make({panel: [data] for panel, data in good.items()}, price=0.04, again=True)
    assert [request.panel for request in generator.requests] == ["p01"]
    assert finished.audit.run.accepted == 4


class LeavesLate(Quiet):
    """Ctrl-C as soon as p01 is given up; its picture comes while the run waits for the others."""

    def __init__(self) -> None:
        super().__init__()
        self.stopped = threading.Event()

    def answered(self, panel: str, *_args: object, **_named: object) -> None:
        if panel == "p01":
            raise KeyboardInterrupt

    def stopping(self, in_flight: int) -> None:
        self.stopped.set()


def test_a_late_picture_is_kept_after_an_interruption_too(comic, make, good) -> None:
    watcher, late = LeavesLate(), threading.Event()

    def answer(request, before):
        if request.panel == "p01":
            watcher.stopped.wait(20)
            late.set()
        elif request.panel == "p02":
            time.sleep(0.6)  # so that p03 is sent later than p01, and is not overdue with it
        else:
            late.wait(20)
            time.sleep(0.2)
        return good[request.panel]

    pacing = Pacing(concurrency=2, timeout_s=1.2)
    with pytest.raises(KeyboardInterrupt):
        run_series(RunOptions(comic.manifest), watcher, Scripted(answer, pacing=pacing, price=0.04))
    finished, generator = make({panel: [data] for panel, data in good.items()}, price=0.04)
    assert [request.panel for request in generator.requests] == ["p04"]
    assert finished.audit.run.accepted == 4
    assert finished.audit.run.usd == pytest.approx(4 * 0.04)
    assert finished.audit.run.usd_unknown == 0


@pytest.mark.parametrize("bad", [b"", b"<html>busy</html>", b"\x89PNG\r\n\x1a\ncut"])
def test_bytes_that_are_no_picture_are_asked_for_again(make, good, bad) -> None:
    finished, generator = make({**{p: [d] for p, d in good.items()}, "p01": [bad, good["p01"]]})
    assert sum(request.panel == "p01" for request in generator.requests) == 2
    assert finished.audit.run.accepted == 4
    assert frame(finished, "p01").attempts[0].kind == "failed"


def test_a_wrong_size_is_found_and_asked_for_again(make, good) -> None:
    square = png(cv2.imdecode(np.frombuffer(good["p01"], np.uint8), 1)[:, :100])
    finished, generator = make({**{p: [d] for p, d in good.items()}, "p01": [square, good["p01"]]})
    assert finished.audit.run.accepted == 4
    assert generator.requests[-1].reinforcements[0].answers.startswith("picture.")


def test_a_reference_handed_back_is_not_taken_for_a_frame(comic, make, good) -> None:
    reference = (comic.folder / "refs/tib.png").read_bytes()
    finished, generator = make({**{p: [d] for p, d in good.items()}, "p04": [reference, good["p04"]]})
    assert sum(request.panel == "p04" for request in generator.requests) >= 2
    assert frame(finished, "p04").attempts[0].verdict is Verdict.DRIFTED


def test_fewer_pictures_than_asked_for_are_noted(make, good) -> None:
    def answer(request, before):
        if request.panel == "p01" and before < 8 and request.candidates == 1:
            return BLANK
        return Generated((GeneratedImage(good[request.panel]),), 0.0)

    finished, generator = make(answer, attempts=12, abilities=Abilities(candidates=4))
    asked = [request for request in generator.requests if request.candidates > 1]
    if asked:  # the ladder of a blank picture may end before candidates
        told = " ".join(" ".join(one.drifted) for one in frame(finished, "p01").attempts)
        assert "asked for" in told


def test_the_best_of_several_candidates_is_kept_and_all_are_on_disk(comic, make, good) -> None:
    def answer(request, before):
        if request.panel == "p01":
            return Generated((GeneratedImage(BLANK), GeneratedImage(good["p01"])), 0.08)
        return good[request.panel]

    finished, _ = make(answer, abilities=Abilities(candidates=2))
    assert finished.audit.run.accepted >= 3
    assert (comic.folder / "out/frames/p01.png").exists()


@pytest.mark.parametrize("kind", [FailureKind.AUTH, FailureKind.QUOTA, FailureKind.MODEL_GONE])
def test_what_no_other_request_would_survive_stops_the_run(make, good, kind) -> None:
    def answer(request, before):
        return good["p01"] if request.panel == "p01" else Failed(kind, "the account is empty")

    finished, _ = make(answer, pacing=Pacing(concurrency=1))
    assert "the account is empty" in finished.stopped
    assert finished.audit.run.unfinished == 3
    finished, generator = make({panel: [data] for panel, data in good.items()})
    assert sorted(request.panel for request in generator.requests) == ["p02", "p03", "p04"]
    assert finished.audit.run.accepted == 4


def test_a_policy_refusal_is_reworded_once_and_then_a_person_is_asked(make, good) -> None:
    refused = Failed(FailureKind.POLICY, "a child and a flame", stage="input")
    finished, generator = make({**{p: [d] for p, d in good.items()}, "p01": [refused] * 9})
    assert sum(request.panel == "p01" for request in generator.requests) == 2
    assert finished.audit.run.refusals == 2
    assert "a child and a flame" in frame(finished, "p01").error


# --- the series as a whole --------------------------------------------------------------------------------


def test_a_frame_that_repeats_another_passes_alone_and_is_made_anew(comic, make, good) -> None:
    comic.edit("{id: p03, characters: [{name: mara, wardrobe: home}]}", "{id: p03, characters: [mara]}")
    other = (comic.folder / "other.png").as_posix()
    cv2.imwrite(other, cv2.imdecode(np.frombuffer(good["p01"], np.uint8), 1)[:, ::-1].copy())
    finished, generator = make(
        {**{p: [d] for p, d in good.items()}, "p03": [good["p01"], Path(other), Path(other), Path(other)]}
    )
    assert sum(request.panel == "p03" for request in generator.requests) >= 2
    assert any("p01" in words for one in frame(finished, "p03").attempts for words in one.drifted)


@pytest.mark.parametrize("beside", [None, {".png": b"1"}, {".a.b.c": b"1"}, {".json": "text"}])
def test_an_answer_of_a_wrong_shape_costs_at_most_its_panel(make, good, beside) -> None:
    def answer(request, before):
        image = GeneratedImage(good[request.panel], beside) if request.panel == "p01" else None
        return Generated((image,)) if image else good[request.panel]

    finished, _ = make(answer)
    assert finished.audit.run.accepted >= 3
    assert finished.audit.run.accepted == (3 if beside is None else 4)
