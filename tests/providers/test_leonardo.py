"""Requests to a server that speaks Leonardo's v2 interface: references uploaded in order, one generation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("httpx2", reason="needs the extra http")

from asked import edit, picture, reference, request
from contract import Fault
from leonardo_server import KEY, LeonardoServer
from quick import Quick

from consistency import decode_frame
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated
from series.generators.leonardo import Leonardo, LeonardoOptions
from series.request import Reference, Role


@pytest.fixture
def server() -> Iterator[LeonardoServer]:
    with LeonardoServer() as running:
        yield running


@pytest.fixture
def quick() -> Quick:
    return Quick()


@pytest.fixture
def make(server: LeonardoServer, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.setenv("LEONARDO_API_KEY", KEY)

    def made(**options: object) -> Leonardo:
        return Leonardo(LeonardoOptions(base_url=f"{server.url}/api/rest", **options), clock=quick.clock())

    return made


def asked(server: LeonardoServer) -> int:
    return sum(one.path == "/api/rest/v2/generations" for one in server.received)


def test_pictures_come_when_the_generation_is_complete(make: Callable, server) -> None:
    generator = make()
    generator.ready()
    outcome = generator.generate(request(candidates=2), "k")
    assert isinstance(outcome, Generated), outcome
    assert [int(decode_frame(one.data, "x").pixels[0, 0, 0]) for one in outcome.images] == [7, 8]
    assert outcome.usd == pytest.approx(generator.price(request(candidates=2)))
    (body,) = server.asked
    assert body["parameters"]["prompt_enhance"] == "OFF"
    assert body["parameters"]["prompt"].startswith("Structure:")
    assert body["parameters"]["seed"] == 7


def test_a_cost_in_dollars_is_booked_as_told(make: Callable, server) -> None:
    server.dollars = "0.0424"
    assert make().generate(request(), "k").usd == pytest.approx(0.0424)


def test_references_go_up_without_the_key_and_in_order(make: Callable, server, tmp_path: Path) -> None:
    red, blue = picture(tmp_path / "r.png", (220, 30, 30)), picture(tmp_path / "b.png", (30, 30, 220))
    base = picture(tmp_path / "base.png", (30, 220, 30))
    sent = (reference(base, Role.BASE, "base"), reference(red), reference(blue, Role.STYLE, "style"))
    outcome = make(model="nano-banana-2").generate(request(references=sent, edit=edit(base)), "k")
    assert isinstance(outcome, Generated), outcome
    looked_at = server.asked[0]["parameters"]["guidances"]["image_reference"]
    colors = [tuple(decode_frame(server.uploads[one["image"]["id"]], "x").pixels[0, 0]) for one in looked_at]
    assert colors == [(30, 220, 30), (220, 30, 30), (30, 30, 220)]
    assert {one["strength"] for one in looked_at} == {"HIGH"}


def test_an_upload_to_elsewhere_is_refused(make: Callable, server, tmp_path: Path) -> None:
    server.upload_to = "https://files.example.net"
    outcome = make().generate(request(references=(reference(picture(tmp_path / "r.png")),)), "k")
    assert isinstance(outcome, Failed)
    assert "refused to upload to files.example.net" in outcome.reason
    assert asked(server) == 0


@pytest.mark.parametrize(
    ("fault", "kind", "wait"),
    [
        (Fault(401, {"error": "Invalid key"}), "auth", None),
        (Fault(402, {"error": "not enough api tokens"}), "quota", None),
        (Fault(400, {"error": "Not enough credits"}), "quota", None),
        (Fault(400, {"error": "blocked by content moderation"}), "policy", None),
        (Fault(400, {"error": "invalid parameters"}), "invalid_request", None),
        (Fault(429, {"error": "too many"}, {"Retry-After": "300"}), "rate_limited", 300.0),
        (Fault(500, "<html>"), "transport", None),
        (Fault(200, "<html>ok"), "timeout", None),
        (Fault(200, {"generate": {}}), "timeout", None),
        (Fault(200, {"generate": {}}, cut=300), "timeout", None),
    ],
)
def test_faults_are_outcomes_after_one_request(
    make: Callable, server, fault: Fault, kind: str, wait: float | None
) -> None:
    server.faults.append(fault)
    outcome = make().generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert (outcome.kind.value, outcome.wait_s) == (kind, wait)
    assert asked(server) == 1
    assert KEY not in outcome.reason


def test_a_generation_that_fails_or_is_marked_says_so(make: Callable, server) -> None:
    server.status = "FAILED"
    assert make().generate(request(), "k").kind is FailureKind.NO_IMAGE
    server.status, server.nsfw = "COMPLETE", True
    outcome = make().generate(request(), "k")
    assert (outcome.kind, outcome.stage) == (FailureKind.POLICY, "output")
    assert outcome.usd > 0  # made, and billed


def test_one_that_never_ends_may_have_been_billed(make: Callable, server, quick: Quick) -> None:
    server.rounds = 10**6
    outcome = make(timeout_s=30).generate(request(), "k")
    assert outcome.kind is FailureKind.TIMEOUT
    assert quick.at <= 30
    assert asked(server) == 1


def test_a_reference_that_is_gone_is_an_outcome(make: Callable, server, tmp_path: Path) -> None:
    gone = Reference(Role.CHARACTER, "mara", "0" * 64, tmp_path / "gone.png")
    outcome = make().generate(request(references=(gone,)), "k")
    assert outcome.kind is FailureKind.INVALID_REQUEST
    assert asked(server) == 0


def test_what_is_lacking_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LEONARDO_API_KEY", raising=False)
    generator = load_generator({"name": "leonardo"}, folder=tmp_path, out=tmp_path)
    with pytest.raises(GeneratorError, match="needs LEONARDO_API_KEY"):
        generator.ready()
    with pytest.raises(GeneratorError, match=r"generator\.strength: input should be 'LOW', 'MID' or 'HIGH'"):
        load_generator({"name": "leonardo", "strength": "high"}, folder=tmp_path, out=tmp_path)
