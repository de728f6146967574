"""Several generators: who is next when one fails, what is told of it, and what a later run does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from series.generators.breaker import FAILURES, OPEN_S, OPENINGS
from series.generators.choose import Choice
from series.generators.generator import Abilities, Failed, FailureKind, Generated, GeneratedImage, Pacing
from series.generators.pace import MINUTE
from series.generators.scripted import Scripted
from series.generators.several import Loaded
from series.pipeline import Finished, RunOptions, run_series
from series.report import audit_json
from series.request import GenerationRequest, Structure, StyleWords
from series.run.answer import Asked
from series.run.asking import Arrived
from series.run.images import Images
from series.run.lanes import Lanes
from series.run.status import status_of

PANELS = ("p01", "p02", "p03", "p04")
BLANK = cv2.imencode(".png", np.full((120, 160, 3), 128, np.uint8))[1].tobytes()
ONE = Pacing(concurrency=1)
QUOTA = Failed(FailureKind.QUOTA, "nothing is left for today")


class Quiet:
    """Remembers what was said about tries without a picture."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def judged(self, panel: str, attempt: int, verdict: object, words: str) -> None:
        if verdict is None:
            self.said.append(f"{panel}: {words}")

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_args, **_named: None


@pytest.fixture
def good(comic) -> dict[str, bytes]:
    return {panel: (comic.frames / f"{panel}.png").read_bytes() for panel in PANELS}


@pytest.fixture
def make(comic):
    """Run the comic with several generators. → how it ended, and what was said."""

    def run(generators: Sequence[Scripted], **options) -> tuple[Finished, list[str]]:
        watcher = Quiet()
        return run_series(RunOptions(comic.manifest, **options), watcher, generators), watcher.said

    return run


def scripted(name: str, answers, **more) -> Scripted:
    return Scripted(answers, name=name, pacing=more.pop("pacing", ONE), **more)


def panels_of(generator: Scripted) -> list[str]:
    return [request.panel for request in generator.requests]


def attempts(finished: Finished, panel: str):
    return next(frame for frame in finished.audit.frames if frame.panel == panel).attempts


@pytest.mark.parametrize("kind", [FailureKind.QUOTA, FailureKind.AUTH, FailureKind.MODEL_GONE])
def test_what_stops_the_first_sends_all_panels_that_are_left_to_the_next(make, good, kind) -> None:
    first = scripted("first", lambda r, _: good["p01"] if r.panel == "p01" else Failed(kind, "no more"))
    second = scripted("second", lambda r, _: good[r.panel])
    finished, said = make([first, second])
    assert panels_of(first) == ["p01", "p02"]
    assert panels_of(second) == ["p02", "p03", "p04"]
    assert finished.audit.run.accepted == 4
    assert not finished.stopped
    assert attempts(finished, "p01")[0].generator == "first"
    (told,) = attempts(finished, "p03")
    assert (told.generator, told.moved) == ("second", f"{kind.value}: no more (first)")
    assert f"p03: goes to second: {kind.value}: no more" in said
    assert finished.audit.run.generator == "first, second"


def test_a_second_run_pays_for_nothing_twice_and_ends_the_same(make, good) -> None:
    def quota(request, before):
        return BLANK if request.panel == "p01" and not before else QUOTA

    def answer(request, before):
        return good[request.panel]

    finished, _ = make([scripted("first", quota, price=0.04), scripted("second", answer, price=0.1)])
    assert finished.audit.run.accepted == 4
    first, second = scripted("first", answer, price=0.04), scripted("second", answer, price=0.1)
    again, _ = make([first, second])
    assert (first.requests, second.requests) == ([], [])
    assert again.audit == finished.audit
    assert again.audit.run.usd == pytest.approx(0.04 + 4 * 0.1)


class Interrupting(Quiet):
    """Ctrl-C at one of the things that are told."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self._tick if name in {"asked", "answered"} else super().__getattr__(name)

    def _tick(self, *_args: object, **_named: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt

    def judged(self, *_args: object) -> None:
        self._tick()


@pytest.mark.parametrize("at", [3, 5, 7, 9, 12])
def test_a_run_that_was_interrupted_goes_the_same_way_and_pays_the_same(comic, make, good, at) -> None:
    def spent_after_one(request, before):
        return good["p01"] if request.panel == "p01" else QUOTA

    def drifts_once(request, before):
        return BLANK if request.panel == "p02" and not request.reinforcements else good[request.panel]

    def generators() -> list[Scripted]:
        first = scripted("first", spent_after_one, price=0.04)
        return [first, scripted("second", drifts_once, price=0.1)]

    interrupted, again = generators(), generators()
    with pytest.raises(KeyboardInterrupt):
        run_series(RunOptions(comic.manifest), Interrupting(at), interrupted)
    finished, _ = make(again)
    assert finished.audit.run.accepted == 4
    assert finished.audit.run.usd == pytest.approx(0.04 + 4 * 0.1)
    assert finished.audit.run.usd_unknown == 0
    digests = [request.digest for run in (interrupted, again) for request in run[1].requests]
    assert len(digests) == len(set(digests)) == 4
    assert [one.generator for one in attempts(finished, "p02")] == ["second", "second"]


def test_the_next_generator_is_asked_as_it_is_able_to(make, good) -> None:
    """The first picture drifts at the first generator; the second's abilities decide what follows."""

    def first(request, before):
        return QUOTA if before else BLANK if request.panel == "p02" else good[request.panel]

    one = scripted("first", first, abilities=Abilities(reference_images=4, stronger_models=("big",)))
    two = scripted("second", lambda r, _: good[r.panel], abilities=Abilities(sizes=((100, 75),)))
    finished, _ = make([one, two])
    (request,) = two.requests
    assert (request.panel, request.references, request.model) == ("p02", (), "")
    assert request.structure.size == (100, 75)
    assert request.reinforcements, "it answers what was found in the first one's picture"
    assert [told.generator for told in attempts(finished, "p02")] == ["first", "second"]


def test_a_panel_without_a_picture_begins_anew_at_the_next(make, good) -> None:
    one = scripted("first", lambda *_: QUOTA, abilities=Abilities(reference_images=4))
    two = scripted("second", lambda r, _: good[r.panel], abilities=Abilities(reference_images=1))
    make([one, two])
    assert len(one.requests) == 1
    for request in two.requests:
        assert len(request.references) <= 1
        assert not request.reinforcements


def test_a_refusal_stays_where_it_is(make, good) -> None:
    refused = Failed(FailureKind.POLICY, "no flames", stage="input")
    one = scripted("first", lambda r, _: refused if r.panel == "p01" else good[r.panel])
    two = scripted("second", lambda r, _: good[r.panel])
    finished, _ = make([one, two])
    assert two.requests == []
    assert finished.audit.run.asked_person == 1


def test_what_may_have_been_billed_goes_nowhere_else(make, good) -> None:
    late = Failed(FailureKind.TIMEOUT, "no answer in 120 s")
    one = scripted("first", lambda r, _: late if r.panel == "p01" else good[r.panel], price=0.04)
    two = scripted("second", lambda r, _: good[r.panel])
    finished, _ = make([one, two])
    assert two.requests == []
    assert finished.audit.run.usd_unknown == pytest.approx(0.04)
    assert finished.audit.run.unfinished == 1


def test_the_run_stops_only_when_the_last_one_is_stopped(make, good) -> None:
    one = scripted("first", lambda *_: QUOTA)
    two = scripted(
        "second", lambda r, _: good[r.panel] if r.panel == "p01" else Failed(FailureKind.AUTH, "bad key")
    )
    finished, _ = make([one, two])
    assert finished.stopped == "second: auth: bad key"
    assert finished.audit.run.unfinished == 3
    # The account was filled up: the panels that nobody answered begin with the first again.
    one, two = scripted("first", lambda r, _: good[r.panel]), scripted("second", lambda *_: QUOTA)
    finished, _ = make([one, two])
    assert sorted(panels_of(one)) == ["p02", "p03", "p04"]
    assert two.requests == []
    assert finished.audit.run.accepted == 4


def test_another_generator_is_not_taken_for_the_one_that_answered(make, good) -> None:
    answers = {panel: [data] for panel, data in good.items()}
    make([scripted("draft", answers)])
    paid = scripted("paid", answers, price=0.04)
    finished, _ = make([paid])
    assert sorted(panels_of(paid)) == list(PANELS)
    assert finished.audit.run.accepted == 4


def test_one_that_cannot_be_asked_is_passed_over_unless_it_is_the_one_asked_for(make, good) -> None:
    from series.errors import GeneratorError

    class Lacking(Scripted):
        def ready(self) -> None:
            raise GeneratorError("needs SECRET_KEY")

    answer = lambda r, _: good[r.panel]  # noqa: E731
    with pytest.raises(GeneratorError, match="needs SECRET_KEY"):
        make([Lacking(answer, name="first"), scripted("second", answer)])
    third = scripted("third", answer)
    finished, _ = make([scripted("one", lambda *_: QUOTA), Lacking(answer, name="two"), third])
    assert finished.audit.run.accepted == 4
    assert len(third.requests) == 4


def test_status_and_json_say_who_made_a_frame_and_why_it_moved(comic, make, good) -> None:
    one = scripted("first", lambda r, _: good["p01"] if r.panel == "p01" else QUOTA)
    finished, _ = make([one, scripted("second", lambda r, _: good[r.panel])])
    found = {panel.panel: panel for panel in status_of(comic.manifest).panels}
    assert (found["p01"].generator, found["p01"].moved) == ("first", ())
    assert found["p02"].generator == "second"
    assert found["p02"].moved == ("to second: quota: nothing is left for today",)
    frames = {frame["panel"]: frame for frame in json.loads(audit_json(finished.audit))["frames"]}
    (told,) = frames["p03"]["attempts"]
    assert (told["generator"], told["moved"]) == ("second", "quota: nothing is left for today (first)")
    seed = next(one for one in told["receipts"] if one["about"] == "seed")
    assert seed == {"about": "seed", "said": "not sent: the generator takes no seed", "sent": False}
    notes = [note for note in finished.audit.notes if "seeds" in note]
    assert notes == [
        f"{name} takes no seeds: the same request can bring another picture" for name in ("first", "second")
    ]


# --- candidates -----------------------------------------------------------------------------------------


def test_fewer_candidates_than_asked_for_are_one_try_all_kept_and_said(comic, make, good) -> None:
    """Four are asked for; two come, the better one second: one try, the better one kept, both on disk."""

    def answer(request, before):
        if request.panel != "p02":
            return good[request.panel]
        if request.candidates == 1:
            return BLANK if not before else other(before)
        return Generated((GeneratedImage(other(9)), GeneratedImage(good["p02"])), 0.08)

    def other(number: int) -> bytes:
        pixels = np.full((120, 160, 3), 90 + 7 * number, np.uint8)
        return cv2.imencode(".png", pixels)[1].tobytes()

    able = Abilities(reference_images=4, candidates=4)
    several = scripted("several", answer, abilities=able)
    finished, _ = make([several], attempts=12)
    asked = [request for request in several.requests if request.candidates > 1]
    assert len(asked) == 1
    last = attempts(finished, "p02")[-1]
    assert last.kept
    assert any("2 pictures came, 4 asked for" in said for said in last.drifted)
    assert (comic.folder / "out/frames/p02.png").read_bytes() == good["p02"]
    kept = {path.read_bytes() for path in (comic.folder / "out/images").rglob("*.png")}
    assert {other(9), good["p02"]} <= kept
    again = scripted("several", answer, abilities=able)
    repeated, _ = make([again], attempts=12)
    assert again.requests == []
    assert repeated.audit == finished.audit


# --- providers that do not answer -----------------------------------------------------------------------

LOST = Failed(FailureKind.TRANSPORT, "connection refused")
HASTY = Pacing(concurrency=1, timeout_s=1.0)
"""No time for a second try."""


def test_what_does_not_answer_is_left_alone_and_its_panels_go_on(make, good) -> None:
    one = scripted("first", lambda *_: LOST, pacing=HASTY)
    two = scripted("second", lambda r, _: good[r.panel])
    finished, said = make([one, two])
    assert len(one.requests) == FAILURES
    assert sorted(panels_of(two)) == list(PANELS)
    assert finished.audit.run.accepted == 4
    assert attempts(finished, "p01")[0].moved.startswith("transport: connection refused")
    assert attempts(finished, "p04")[0].moved.startswith("first does not answer")
    assert any("left alone" in words for words in said)


def test_a_request_that_failed_once_costs_its_panel_and_not_the_provider(make, good) -> None:
    one = scripted("first", lambda r, _: LOST if r.panel == "p02" else good[r.panel], pacing=HASTY)
    two = scripted("second", lambda r, _: good[r.panel])
    make([one, two])
    assert (panels_of(one), panels_of(two)) == (list(PANELS), ["p02"])


class Clock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def lanes(tmp_path):
    """Two generators of one account, and one of another. → lanes, clock."""

    def opened(*panels: str, order: Sequence[str]) -> tuple[Lanes, Clock]:
        clock = Clock()
        loaded = [
            Loaded(scripted("a:one", {}, pacing=Pacing(4, 2)), "a", None),
            Loaded(scripted("a:two", {}, pacing=Pacing(4, 5)), "a", None),
            Loaded(scripted("b:one", {}), "b", None),
        ]
        choices = {panel: Choice(tuple(order)) for panel in panels}
        return Lanes(loaded, choices, Images(tmp_path), lambda _: None, clock=clock), clock

    return opened


def test_an_open_breaker_holds_its_panels_where_nobody_else_is_left(lanes) -> None:
    all_lanes, clock = lanes("p01", order=["a:one"])
    all_lanes.push("a:one", 1, 0, "p01", 1)
    for _ in range(FAILURES):
        all_lanes["a:one"].told(FailureKind.TRANSPORT, "refused")
    assert (all_lanes.pop(), all_lanes.wait_s()) == (None, OPEN_S)
    clock.time = OPEN_S
    assert all_lanes.pop() == "p01"


def test_after_so_many_openings_the_account_is_given_up(lanes) -> None:
    all_lanes, clock = lanes("p01", order=["a:one"])
    all_lanes.push("a:one", 1, 0, "p01", 1)
    lane = all_lanes["a:one"]
    for _ in range(FAILURES):
        lane.told(FailureKind.TIMEOUT, "late")
    for _ in range(OPENINGS - 1):
        clock.time += OPEN_S
        lane.account.breaker.sent()
        lane.told(FailureKind.TIMEOUT, "late")
    assert lane.closed
    assert all_lanes["a:two"].closed
    assert all_lanes.pop() == "p01", "it may go elsewhere, or is left"
    assert "a does not answer: timeout: late" in lane.down


def test_a_quota_is_the_accounts_and_a_model_that_is_gone_is_not(lanes) -> None:
    all_lanes, _ = lanes("p01", order=["a:one", "a:two", "b:one"])
    all_lanes["a:one"].told(FailureKind.MODEL_GONE, "gone")
    assert all_lanes.elsewhere("p01", "a:one") == "a:two"
    all_lanes["a:two"].told(FailureKind.QUOTA, "spent")
    assert all_lanes.elsewhere("p01", "a:one") == "b:one"
    all_lanes.failed("p01", "b:one")
    assert all_lanes.elsewhere("p01", "a:one") == ""


def test_pictures_of_a_minute_are_counted_for_the_account(tmp_path, good) -> None:
    clock, arrived = Clock(), threading.Event()
    one = scripted("a:one", {"p01": [good["p01"]]}, pacing=Pacing(8, images_per_minute=5))
    two = scripted("a:two", {}, pacing=Pacing(8))
    lanes = Lanes(
        [Loaded(one, "a", None), Loaded(two, "a", None)],
        {"p01": Choice(("a:one", "a:two"))},
        Images(tmp_path),
        lambda event: arrived.set() if isinstance(event, Arrived) else None,
        clock=clock,
    )
    request = GenerationRequest(
        "p01", Structure("", "", "", "", (160, 120)), (), StyleWords("", ()), (), (), (), (), 7, candidates=3
    )
    lanes["a:one"].account.courier.send(Asked("p01", request.digest, 0, "a:one"), request, one)
    assert arrived.wait(20)
    assert lanes["a:two"].wait_s(2) == 0
    assert lanes["a:two"].wait_s(3) == MINUTE


def test_the_earliest_attempt_goes_first(lanes) -> None:
    all_lanes, _ = lanes("p01", "p02", "p03", order=["b:one"])
    all_lanes.push("b:one", 2, 0, "p01", 1)
    all_lanes.push("b:one", 1, 2, "p03", 4)
    all_lanes.push("b:one", 1, 1, "p02", 1)
    assert [all_lanes.pop() for _ in range(4)] == ["p02", "p03", "p01", None]
