"""Requests to a server that speaks the web UI's API: what is sent, what comes, what fails."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("httpx2", reason="needs the extra http")

from asked import edit, picture, request
from automatic1111_server import WebuiServer
from contract import Fault

from consistency import Box, decode_frame
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated
from series.generators.patience import patient

PASSWORD = "lamp-lighter-7"  # noqa: S105


@pytest.fixture
def server() -> Iterator[WebuiServer]:
    with WebuiServer() as running:
        yield running


@pytest.fixture
def make(server: WebuiServer, tmp_path: Path) -> Callable:
    def made(**options: object):
        settings = {"name": "automatic1111", "url": server.url, **options}
        return load_generator(settings, folder=tmp_path, out=tmp_path / "out")

    return made


def values(outcome: object) -> list[int]:
    assert isinstance(outcome, Generated), outcome
    return [int(decode_frame(image.data, "made").pixels[48, 64, 0]) for image in outcome.images]


def test_a_picture_comes_by_its_seed_and_the_words_are_a_caption(make: Callable, server) -> None:
    generator = make(checkpoint="ink_xl", sampler="Euler a", lora={"gouache": 0.8}, steps=12)
    generator.ready()
    assert values(generator.generate(request(candidates=3), "k")) == [7, 8, 9]
    body = server.received[-1].json()
    assert body["prompt"].startswith("wide shot, Mara lights a lamp, ink, a girl of eight")
    assert body["prompt"].endswith(" <lora:gouache:0.8>")
    assert body["negative_prompt"] == "photo, tib"
    assert (body["width"], body["height"], body["steps"]) == (128, 96, 12)
    assert body["override_settings"] == {"sd_model_checkpoint": "ink_xl"}
    assert generator.name == "automatic1111:ink_xl"


def test_pictures_that_an_extension_adds_are_left_out(make: Callable, server) -> None:
    server.grids = 2
    assert values(make().generate(request(), "k")) == [7]


def test_a_masked_edit_sends_the_mask_and_keeps_what_is_outside(
    make: Callable, server, tmp_path: Path
) -> None:
    base = picture(tmp_path / "base.png")
    outcome = make(strength=0.4).generate(request(edit=edit(base, Box(0.25, 0.25, 0.75, 0.75))), "k")
    assert values(outcome) == [7]
    made = decode_frame(outcome.images[0].data, "made").pixels
    assert (made[:24] == np.array([200, 180, 40], np.uint8)).all()
    body = server.received[-1].json()
    mask = cv2.imdecode(np.frombuffer(base64.b64decode(body["mask"]), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert (mask[48, 64], mask[0, 0]) == (255, 0)
    assert body["denoising_strength"] == 0.4
    assert server.received[-1].path == "/sdapi/v1/img2img"


def test_a_password_is_sent_and_never_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with WebuiServer(auth=f"ann:{PASSWORD}") as server:
        settings = {"name": "automatic1111", "url": server.url}
        monkeypatch.setenv("AUTOMATIC1111_AUTH", f"ann:{PASSWORD}")
        generator = load_generator(settings, folder=tmp_path, out=tmp_path)
        generator.ready()
        assert values(generator.generate(request(), "k")) == [7]
        monkeypatch.setenv("AUTOMATIC1111_AUTH", "ann:wrong-password")
        outcome = load_generator(settings, folder=tmp_path, out=tmp_path).generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.AUTH
    assert "wrong-password" not in outcome.reason
    assert PASSWORD not in repr(generator)


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (
            Fault(500, {"error": "OutOfMemoryError", "detail": "", "errors": "CUDA out of memory"}),
            "raised",
            "smaller",
        ),
        (Fault(500, {"error": "RuntimeError", "errors": "odd"}), "raised", "RuntimeError; odd"),
        (Fault(503, "<html>"), "transport", "503"),
        (Fault(422, {"detail": [{"msg": "Extra inputs"}]}), "invalid_request", "Extra inputs"),
        (Fault(404, {"detail": "Not Found"}), "model_gone", "--api"),
        (Fault(200, "<html>ok"), "malformed", "another shape"),
        (Fault(200, {"images": "nope"}), "malformed", "another shape"),
        (Fault(200, {"images": []}), "no_image", "no picture"),
        (Fault(200, {"images": ["%%%"]}), "malformed", "no base64"),
        (Fault(200, {"images": ["aa"]}, cut=99), "timeout", "broke off"),
    ],
)
def test_faults_are_outcomes_and_one_request(
    make: Callable, server, fault: Fault, kind: str, words: str
) -> None:
    server.faults.append(fault)
    outcome = make().generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind.value == kind
    assert words in outcome.reason
    assert len(server.received) == 1


def test_a_web_ui_that_is_busy_is_asked_again_by_the_one_who_waits(make: Callable, server) -> None:
    server.faults += [Fault(503, "busy"), Fault(429, {"detail": "later"}, {"Retry-After": "2"}), None]
    waited: list[float] = []
    outcome = patient(make(), wait=lambda seconds: bool(waited.append(seconds))).generate(request(), "k")
    assert values(outcome) == [7]
    assert len(server.received) == 3
    assert waited[0] >= 2
    assert waited[1] >= 2


def test_a_picture_that_takes_too_long_is_a_timeout(make: Callable, server) -> None:
    server.latency_s = 1.0
    outcome = make(timeout_s=0.2).generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TIMEOUT


def test_what_is_lacking_is_told_before_the_run(make: Callable, tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=r"has no \"other\"\. It has: ink_xl, ink_xl\.safetensors"):
        make(checkpoint="other").ready()
    with pytest.raises(GeneratorError, match=r"start the web UI with --api"):
        make(url="http://127.0.0.1:9").ready()
    with pytest.raises(GeneratorError, match="expected this machine"):
        make(url="http://192.168.0.9:7860")


def test_a_size_between_is_drawn_larger(make: Callable, server) -> None:
    from series.request import Structure

    make().generate(request(structure=Structure("", "", "", "", (125, 91))), "k")
    body = server.received[-1].json()
    assert (body["width"], body["height"]) == (128, 96)
