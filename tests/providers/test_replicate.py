"""Requests to a server that speaks Replicate's interface: sent once, asked for until done, fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("httpx2", reason="needs the extra http")

from asked import edit, picture, request
from contract import Fault
from quick import Quick
from replicate_server import SDXL_VERSION, TOKEN, ReplicateServer, decoded

from consistency import Box, decode_frame
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated
from series.generators.patience import patient
from series.generators.replicate import Replicate, ReplicateOptions


@pytest.fixture
def server() -> Iterator[ReplicateServer]:
    with ReplicateServer() as running:
        yield running


@pytest.fixture
def quick() -> Quick:
    return Quick()


@pytest.fixture
def make(server: ReplicateServer, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.setenv("REPLICATE_API_TOKEN", TOKEN)

    def made(**options: object) -> Replicate:
        settings = ReplicateOptions(base_url=f"{server.url}/v1", **options)
        return Replicate(settings, clock=quick.clock())

    return made


def posts(server: ReplicateServer) -> int:
    return sum(one.method == "POST" for one in server.received)


def test_pictures_come_when_the_prediction_is_done(make: Callable, server, quick: Quick) -> None:
    generator = make()
    generator.ready()
    outcome = generator.generate(request(candidates=3), "k")
    assert isinstance(outcome, Generated), outcome
    assert [int(decode_frame(one.data, "x").pixels[0, 0, 0]) for one in outcome.images] == [7, 8, 9]
    assert outcome.usd == pytest.approx(3 * 0.012)
    assert outcome.usd <= generator.price(request(candidates=3))
    (given,) = server.inputs
    assert given["prompt"].startswith("wide shot, Mara lights a lamp")
    assert (given["negative_prompt"], given["seed"], given["width"]) == ("photo, tib", 7, 128)
    assert posts(server) == 1
    assert quick.waits == [1.0, 1.3]
    assert server.received[0].path == "/v1/models/stability-ai/sdxl/predictions"


def test_a_pinned_version_is_asked_for_by_name(make: Callable, server) -> None:
    generator = make(version=SDXL_VERSION, price=0.002)
    assert isinstance(generator.generate(request(), "k"), Generated)
    assert server.received[0].json()["version"] == SDXL_VERSION
    assert generator.name == f"replicate:stability-ai/sdxl@{SDXL_VERSION[:12]}"
    assert generator.price(request()) == 0.002


def test_a_masked_edit_sends_white_where_it_may_change(make: Callable, server, tmp_path: Path) -> None:
    base = picture(tmp_path / "base.png")
    outcome = make().generate(request(edit=edit(base, Box(0.25, 0.25, 0.75, 0.75))), "k")
    assert isinstance(outcome, Generated)
    made = decode_frame(outcome.images[0].data, "x").pixels
    assert (made[:24] == np.array([200, 180, 40], np.uint8)).all()
    assert (made[48, 64] == 7).all()
    mask = decoded(server.inputs[0]["mask"])
    assert (mask[48, 64, 0], mask[0, 0, 0]) == (255, 0)


@pytest.mark.parametrize(
    ("fault", "kind", "wait"),
    [
        (Fault(401, {"detail": "no valid token"}), "auth", None),
        (Fault(402, {"detail": "You have insufficient credit"}), "quota", None),
        (Fault(404, {"detail": "no such model"}), "model_gone", None),
        (Fault(422, {"detail": "- input.width: odd"}), "invalid_request", None),
        (Fault(429, {"detail": "throttled"}, {"Retry-After": "2"}), "rate_limited", 2.0),
        (Fault(429, {"detail": "throttled", "retry_after": 9}), "rate_limited", 9.0),
        (Fault(500, "<html>"), "transport", None),
        (Fault(503, {"detail": "busy"}), "transport", None),
        (Fault(504, "<html>gateway"), "timeout", None),
        (Fault(201, "<html>"), "timeout", None),
        (Fault(201, {"id": "a"}), "timeout", None),
        (Fault(201, {"id": "a"}, cut=500), "timeout", None),
    ],
)
def test_faults_are_outcomes_after_one_request(
    make: Callable, server, fault: Fault, kind: str, wait: float | None
) -> None:
    server.faults.append(fault)
    outcome = make().generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert (outcome.kind.value, outcome.wait_s) == (kind, wait)
    assert posts(server) == 1
    assert TOKEN not in outcome.reason


def test_a_rate_limit_is_waited_for_by_the_one_who_is_patient(make: Callable, server) -> None:
    server.faults += [Fault(429, {"detail": "later"}, {"Retry-After": "2"}), None]
    waited: list[float] = []
    outcome = patient(make(), wait=lambda s: bool(waited.append(s))).generate(request(), "k")
    assert isinstance(outcome, Generated)
    assert posts(server) == 2
    assert 2 <= waited[0] <= 2.5


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("NSFW content detected. Try a different prompt.", FailureKind.POLICY),
        ("CUDA out of memory", FailureKind.NO_IMAGE),
    ],
)
def test_a_prediction_that_fails_says_why(make: Callable, server, error: str, kind: FailureKind) -> None:
    server.error = error
    outcome = make().generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is kind
    assert error in outcome.reason


def test_one_that_never_ends_may_have_been_billed(make: Callable, server, quick: Quick) -> None:
    server.never = True
    outcome = make(timeout_s=60).generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TIMEOUT
    assert outcome.kind.billing_unknown
    assert quick.at <= 60
    assert max(quick.waits) <= 5
    assert posts(server) == 1


def test_a_picture_at_another_host_is_not_fetched_and_its_price_is_booked(make: Callable, server) -> None:
    server.elsewhere = "https://pictures.example.net"
    outcome = make().generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.MALFORMED
    assert "pictures.example.net, which is not allowed" in outcome.reason
    assert outcome.usd == pytest.approx(0.012)


def test_no_more_pictures_are_fetched_than_were_asked_for(make: Callable, server) -> None:
    server.extra = 40
    outcome = make().generate(request(candidates=2), "k")
    assert isinstance(outcome, Generated)
    assert len(outcome.images) == 2
    assert outcome.usd == pytest.approx(0.024)
    assert sum(one.path.startswith("/files/") for one in server.received) == 2


def test_a_picture_that_is_gone_leaves_the_others(make: Callable, server) -> None:
    server.lost = 1
    outcome = make().generate(request(candidates=2), "k")
    assert isinstance(outcome, Generated)
    assert len(outcome.images) == 1
    assert outcome.usd == pytest.approx(0.024)


def test_what_is_lacking_is_told_before_the_run(
    server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("REPLICATE_API_TOKEN", raising=False)
    generator = load_generator({"name": "replicate"}, folder=tmp_path, out=tmp_path)
    assert generator.price(request()) > 0
    with pytest.raises(GeneratorError, match="needs REPLICATE_API_TOKEN: set it in the environment"):
        generator.ready()
    with pytest.raises(GeneratorError, match=r"no model 'stability-ai/sdxxl'; did you mean"):
        load_generator({"name": "replicate", "model": "stability-ai/sdxxl"}, folder=tmp_path, out=tmp_path)
    with pytest.raises(GeneratorError, match="an https address is wanted"):
        load_generator(
            {"name": "replicate", "base_url": "http://api.example.net"}, folder=tmp_path, out=tmp_path
        )
