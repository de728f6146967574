"""Requests to a server that speaks Adobe's asynchronous interface: a token, uploads, one job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("httpx2", reason="needs the extra http")

from asked import edit, picture, reference, request
from contract import Fault
from firefly_server import CLIENT, SECRET, FireflyServer
from quick import Quick

from consistency import Box, decode_frame
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.firefly import Firefly, FireflyOptions
from series.generators.generator import FailureKind, Generated
from series.request import Role, Structure, StyleWords
from series.request.build import nearest_size

SIZE = (1152, 896)


@pytest.fixture
def server() -> Iterator[FireflyServer]:
    with FireflyServer() as running:
        yield running


@pytest.fixture
def quick() -> Quick:
    return Quick()


@pytest.fixture
def make(server: FireflyServer, quick: Quick, monkeypatch: pytest.MonkeyPatch) -> Callable:
    monkeypatch.setenv("FIREFLY_CLIENT_ID", CLIENT)
    monkeypatch.setenv("FIREFLY_CLIENT_SECRET", SECRET)

    def made(**options: object) -> Firefly:
        settings = FireflyOptions(base_url=server.url, token_url=server.url, **options)
        return Firefly(settings, clock=quick.clock())

    return made


def wanted(**changes: object):
    return request(structure=Structure("Mara lights a lamp", "", "wide", "", SIZE), **changes)


def test_seeds_sizes_and_words_go_out_as_its_interface_wants_them(make: Callable, server) -> None:
    generator = make(content_class="art", price=0.1)
    generator.ready()
    outcome = generator.generate(wanted(candidates=3, seed=2**32 - 1), "k")
    assert isinstance(outcome, Generated), outcome
    assert len(outcome.images) == 3
    assert outcome.usd == pytest.approx(0.3)
    ((path, body, model),) = server.asked
    assert (path, model) == ("/v3/images/generate-async", "image4_standard")
    assert body["seeds"] == [2**31 - 1, 0, 1]
    assert body["negativePrompt"] == "photo, tib"
    assert body["size"] == {"width": 1152, "height": 896}
    assert generator.pacing.requests_per_minute == 4


def test_it_looks_at_one_style_and_one_structure_and_at_no_character(
    make: Callable, server, tmp_path: Path
) -> None:
    generator = make()
    assert generator.abilities.looks_at("style")
    assert not generator.abilities.looks_at("character")
    style, sketch = picture(tmp_path / "s.png", (30, 30, 220)), picture(tmp_path / "l.png", (220, 30, 30))
    sent = (reference(sketch, Role.LAYOUT, "layout"), reference(style, Role.STYLE, "style"))
    assert isinstance(generator.generate(wanted(references=sent), "k"), Generated)
    _, body, _ = server.asked[0]
    colors = [
        tuple(
            decode_frame(server.uploads[body[name]["imageReference"]["source"]["uploadId"]], "x").pixels[0, 0]
        )
        for name in ("style", "structure")
    ]
    assert colors == [(30, 30, 220), (220, 30, 30)]


def test_a_masked_edit_fills_and_keeps_what_is_outside(make: Callable, server, tmp_path: Path) -> None:
    base = picture(tmp_path / "base.png", size=(1024, 1024))
    outcome = make().generate(wanted(edit=edit(base, Box(0.25, 0.25, 0.75, 0.75))), "k")
    assert isinstance(outcome, Generated), outcome
    made = decode_frame(outcome.images[0].data, "x").pixels
    assert (made[:256] == np.array([200, 180, 40], np.uint8)).all()
    assert made[512, 512, 0] < 20
    path, body, _ = server.asked[0]
    assert path == "/v3/images/fill-async"
    mask = decode_frame(server.uploads[body["mask"]["source"]["uploadId"]], "x").pixels
    assert (mask[512, 512, 0], mask[0, 0, 0]) == (255, 0)


def test_a_token_is_asked_for_once_and_renewed_before_it_ends(make: Callable, server, quick: Quick) -> None:
    server.lasts = 3600
    generator = make()
    for _ in range(2):
        assert isinstance(generator.generate(wanted(), "k"), Generated)
    assert len(server.tokens) == 1
    quick.at += 3400
    assert isinstance(generator.generate(wanted(), "k"), Generated)
    assert len(server.tokens) == 2


def test_a_wrong_secret_is_told_and_not_shown(
    make: Callable, server, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = make()
    monkeypatch.setenv("FIREFLY_CLIENT_SECRET", "not-the-secret-0123456789")
    outcome = generator.generate(wanted(), "k")
    assert outcome.kind is FailureKind.AUTH
    assert "FIREFLY_CLIENT_SECRET" in outcome.reason
    assert "not-the-secret" not in outcome.reason
    assert not server.asked


@pytest.mark.parametrize(
    ("fault", "kind", "wait"),
    [
        (Fault(401, {"error_code": "401013", "message": "Oauth token is not valid"}), "auth", None),
        (Fault(403, {"error_code": "403000", "message": "no access"}), "auth", None),
        (Fault(400, {"error_code": "prompt_unsafe", "message": "unsafe"}), "policy", None),
        (Fault(422, {"error_code": "validation_error", "message": "size"}), "invalid_request", None),
        (Fault(429, {"error_code": "429001"}, {"Retry-After": "15"}), "rate_limited", 15.0),
        (Fault(429, {"error_code": "quota", "message": "Daily limit"}), "quota", None),
        (Fault(503, "<html>"), "transport", None),
        (Fault(202, "<html>"), "timeout", None),
        (Fault(202, {"jobId": "a"}), "timeout", None),
        (Fault(202, {"jobId": "a"}, cut=99), "timeout", None),
    ],
)
def test_faults_are_outcomes_after_one_request(
    make: Callable, server, fault: Fault, kind: str, wait: float | None
) -> None:
    server.faults.append(fault)
    outcome = make().generate(wanted(), "k")
    assert (outcome.kind.value, outcome.wait_s) == (kind, wait)
    assert sum(one.path.endswith("-async") for one in server.received) == 1


@pytest.mark.parametrize(
    ("ended", "kind", "stage"),
    [
        ({"status": "failed", "error_code": "image_unsafe", "message": "no"}, FailureKind.POLICY, "output"),
        ({"status": "failed", "error_code": "prompt_unsafe", "message": "no"}, FailureKind.POLICY, "input"),
        ({"status": "failed", "error_code": "500", "message": "odd"}, FailureKind.NO_IMAGE, ""),
        ({"status": "canceled"}, FailureKind.NO_IMAGE, ""),
        ({"status": "succeeded", "result": {"outputs": []}}, FailureKind.NO_IMAGE, ""),
    ],
)
def test_jobs_that_end_without_a_picture(
    make: Callable, server, ended: dict, kind: FailureKind, stage: str
) -> None:
    server.ended = ended
    outcome = make().generate(wanted(), "k")
    assert (outcome.kind, outcome.stage) == (kind, stage)


def test_a_state_at_another_host_never_sees_the_token(make: Callable, server) -> None:
    server.faults.append(Fault(202, {"jobId": "a", "statusUrl": "https://states.example.net/a"}))
    outcome = make(timeout_s=5).generate(wanted(), "k")
    assert outcome.kind is FailureKind.TIMEOUT
    assert len([one for one in server.received if one.method == "GET"]) == 0


def test_words_are_cut_where_the_interface_ends(make: Callable, server) -> None:
    long = StyleWords("ink " * 600, ())
    assert isinstance(make().generate(wanted(style=long), "k"), Generated)
    assert len(server.asked[0][1]["prompt"]) == 1024


def test_every_size_is_one_that_it_makes(make: Callable) -> None:
    sizes = make().abilities.sizes
    assert nearest_size((1024, 768), sizes) == (2304, 1792) or nearest_size((1024, 768), sizes) == (1152, 896)
    assert nearest_size((1000, 1000), sizes) == (1024, 1024)


def test_what_is_lacking_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("FIREFLY_CLIENT_ID", "FIREFLY_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    generator = load_generator({"name": "firefly"}, folder=tmp_path, out=tmp_path)
    with pytest.raises(GeneratorError, match="needs FIREFLY_CLIENT_ID"):
        generator.ready()
