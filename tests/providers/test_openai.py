"""The openai generator against its contract server, through the official SDK: what it sends; every fault."""

from __future__ import annotations

import base64
import io
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from contract import Fault
from openai_server import KEY, OpenAIServer, error, good, picture, told, usage_of
from PIL import ExifTags, Image

from consistency import Box, decode_frame
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated, Generator
from series.generators.patience import patient
from series.generators.put_back import FEATHER
from series.generators.validate import checked
from series.request import (
    EditOf,
    GenerationRequest,
    NamedColor,
    Reference,
    Role,
    Structure,
    StyleWords,
    caption,
    prompt,
)

pytest.importorskip("openai", reason="the extra openai is not installed")

MASK = Box(0.25, 0.25, 0.75, 0.9)
TIMEOUT_S = 0.4


@pytest.fixture(scope="module")
def running() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def server(running: OpenAIServer) -> OpenAIServer:
    """As it was at first."""
    running.received.clear()
    running.faults.clear()
    running.asked.clear()
    running.in_flight.clear()
    running.billed, running.most, running.latency_s = 0.0, 10, 0.0
    return running


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRACT_KEY", KEY)


def connected(server: OpenAIServer, *, profile: dict | None = None, **options) -> Generator:
    """As at OpenAI itself, but at the server's address."""
    said = {"like": "gpt-image-2", "secret": "CONTRACT_KEY", **(profile or {})}
    return made(json.dumps({"name": "openai", "base_url": server.base_url, "profile": said, **options}))


@cache
def made(options: str) -> Generator:
    """One for all tests that want the same: making a client takes a tenth of a second."""
    return load_generator(json.loads(options), folder=Path(), out=Path("out"))


def request(size: tuple[int, int] = (1024, 768), **changed) -> GenerationRequest:
    parts = {
        "structure": Structure("Mara waits.", "", "wide", "", size),
        "copy": (),
        "style": StyleWords("ink", ()),
        "identities": (),
        "absent": (),
        "palette": (NamedColor("night", "#10204a"),),
        "references": (),
        "seed": 7,
    }
    return GenerationRequest("p01", **{**parts, **changed})


def reference(path: Path, data: bytes, role: Role = Role.CHARACTER) -> Reference:
    path.write_bytes(data)
    return Reference(role, "mara" if role is Role.CHARACTER else role.value, path.name, path)


def edit(tmp_path: Path, base: bytes, mask: Box | None = None, **changed) -> GenerationRequest:
    start = reference(tmp_path / "base.png", base, Role.BASE)
    mara = reference(tmp_path / "mara.png", picture((90, 120), 9))
    change = EditOf(start.digest, start.path, "root", (), mask)
    return request(references=(start, mara), edit=change, **changed)


def pixels(data: bytes) -> np.ndarray:
    return decode_frame(data, "picture").pixels


def no_wait(waits: list[float]) -> Callable[[float], bool]:
    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return False

    return wait


# --- what is sent ---------------------------------------------------------------------------------------


def test_a_request_without_pictures_is_json_to_generations(server) -> None:
    outcome = connected(server).generate(request(), "key")
    assert isinstance(outcome, Generated)
    (received,) = server.received
    assert (received.method, received.path) == ("POST", "/v1/images/generations")
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.json() == {
        "model": "gpt-image-2",
        "prompt": prompt(request()),
        "size": "1024x768",
        "quality": "medium",
    }
    assert pixels(outcome.images[0].data).shape == (768, 1024, 3)


def test_references_go_as_files_in_order_to_edits(server, tmp_path: Path) -> None:
    files = [picture((60, 80), 1), picture((80, 60), 2, ".jpg"), picture((50, 50), 3, ".webp")]
    roles = (Role.CHARACTER, Role.STYLE, Role.LAYOUT)
    sent = tuple(
        reference(tmp_path / f"{index}.bin", data, role)
        for index, (data, role) in enumerate(zip(files, roles, strict=True))
    )
    outcome = connected(server).generate(request(references=sent), "key")
    assert isinstance(outcome, Generated)
    (received,) = server.received
    assert received.path == "/v1/images/edits"
    assert [part.name for part in received.parts()].count("image[]") == 3
    asked = server.asked[0]
    assert asked.images == tuple(files)
    assert asked.names == ("image1.png", "image2.jpg", "image3.webp")
    assert asked.mask is None
    assert asked.prompt == prompt(request(references=sent))


def test_a_reference_in_a_format_that_is_not_taken_is_sent_as_png(server, tmp_path: Path) -> None:
    drawn = picture((64, 48), 4, ".bmp")
    connected(server).generate(request(references=(reference(tmp_path / "a.bmp", drawn),)), "key")
    (sent,) = server.asked[0].images
    assert sent.startswith(b"\x89PNG")
    assert np.array_equal(pixels(sent), pixels(drawn))


def test_a_reference_that_is_gone_or_no_picture_sends_nothing(server, tmp_path: Path) -> None:
    gone = Reference(Role.STYLE, "style", "d", tmp_path / "gone.png")
    text = reference(tmp_path / "text.png", b"no picture at all")
    for one in (gone, text):
        outcome = connected(server).generate(request(references=(one,)), "key")
        assert isinstance(outcome, Failed)
        assert outcome.kind is FailureKind.INVALID_REQUEST
    assert not server.received


def test_an_edit_starts_from_its_base_and_changes_it_whole(server, tmp_path: Path) -> None:
    base = picture((1024, 768), 5)
    outcome = connected(server).generate(edit(tmp_path, base), "key")
    asked = server.asked[0]
    assert asked.images[0] == base
    assert len(asked.images) == 2
    assert asked.mask is None
    assert isinstance(outcome, Generated)
    assert outcome.images[0].data == picture((1024, 768), 0)
    assert not outcome.images[0].beside


def test_a_masked_edit_puts_the_original_back_and_keeps_the_answer_beside(server, tmp_path: Path) -> None:
    base = picture((1024, 768), 5)
    outcome = connected(server).generate(edit(tmp_path, base, MASK), "key")
    assert isinstance(outcome, Generated)
    (image,) = outcome.images
    answer = picture((1024, 768), 0)
    open_to_edit = server.asked[0].mask
    left, top, right, bottom = MASK.pixels(1024, 768)
    assert open_to_edit.sum() == (right - left) * (bottom - top)
    assert open_to_edit[top:bottom, left:right].all()
    assert np.array_equal(pixels(image.data)[~open_to_edit], pixels(base)[~open_to_edit])
    deep = np.s_[top + FEATHER : bottom - FEATHER, left + FEATHER : right - FEATHER]
    assert np.array_equal(pixels(image.data)[deep], pixels(answer)[deep])
    assert image.beside == {".raw.png": answer}
    assert checked(outcome, edit(tmp_path, base, MASK)).images[0].beside == {".raw.png": answer}


def test_a_mask_has_the_size_of_a_base_of_any_size_and_format(server, tmp_path: Path) -> None:
    base = picture((640, 480), 5, ".jpg")
    outcome = connected(server).generate(edit(tmp_path, base, MASK, size=(640, 480)), "key")
    asked = server.asked[0]
    assert asked.size == (960, 720)
    assert asked.mask.shape == (480, 640)
    assert pixels(outcome.images[0].data).shape == (480, 640, 3)
    assert np.array_equal(pixels(outcome.images[0].data)[:100], pixels(base)[:100])


def test_a_base_that_lies_on_its_side_is_sent_upright_with_its_mask(server, tmp_path: Path) -> None:
    drawn, turned = np.zeros((480, 640, 3), np.uint8), io.BytesIO()
    drawn[:, :320] = 200
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # the top is at the right: shown as 480 × 640
    Image.fromarray(drawn).save(turned, "JPEG", exif=exif, quality=95)
    asked = edit(tmp_path, turned.getvalue(), Box(0.0, 0.5, 1.0, 1.0), size=(480, 640))
    outcome = connected(server).generate(asked, "key")
    assert server.asked[0].mask.shape == (640, 480)
    assert np.array_equal(pixels(server.asked[0].images[0]), pixels(turned.getvalue()))
    assert pixels(outcome.images[0].data)[:300].min() > 190


def test_an_answer_of_another_shape_is_kept_as_it_came_and_said(server, tmp_path: Path) -> None:
    wrong = picture((600, 600), 8)
    server.faults.append(good(wrong))
    outcome = connected(server).generate(edit(tmp_path, picture((1024, 768), 5), MASK), "key")
    assert isinstance(outcome, Generated)
    assert outcome.images[0].data == wrong
    assert "another shape" in outcome.notes[0]


def test_candidates_are_asked_for_at_once_and_all_come_back(server, tmp_path: Path) -> None:
    outcome = connected(server).generate(request(candidates=4), "key")
    assert server.received[0].json()["n"] == 4
    assert [image.data for image in outcome.images] == [picture((1024, 768), seed) for seed in range(4)]
    masked = connected(server).generate(edit(tmp_path, picture((1024, 768), 5), MASK, candidates=3), "key")
    assert server.asked[1].n == 3
    assert len(masked.images) == 3
    assert all(".raw.png" in image.beside for image in masked.images)


def test_a_size_that_is_not_allowed_is_asked_for_at_the_nearest(server) -> None:
    connected(server).generate(request(size=(160, 120)), "key")
    assert server.asked[0].size == (960, 720)


def test_quality_and_model_are_those_of_the_manifest_and_a_stronger_model_overrides(server) -> None:
    connected(server, quality="high", model="gpt-image-2-2026-04-21").generate(request(), "key")
    connected(server).generate(request(model="gpt-image-2.5-sunburst"), "key")
    assert [(one.model, one.quality) for one in server.asked] == [
        ("gpt-image-2-2026-04-21", "high"),
        ("gpt-image-2.5-sunburst", "medium"),
    ]


def test_nothing_is_sent_for_what_the_service_cannot_do(server, tmp_path: Path) -> None:
    many = tuple(reference(tmp_path / f"{n}.png", picture((20, 20), n)) for n in range(17))
    small = connected(server, profile={"mask": False, "candidates": 1})
    new_only = connected(server, profile={"mask": False, "edit": False})
    long = request(style=StyleWords("ink " * 9000, ()))
    baseless = replace(edit(tmp_path, picture((1024, 768)), MASK), references=())
    for generator, asked, said in (
        (connected(server), request(references=many), "17 reference pictures; it takes 16"),
        (small, edit(tmp_path, picture((1024, 768)), MASK), "a mask; it takes none"),
        (small, request(candidates=2), "2 candidates; it makes 1"),
        (new_only, edit(tmp_path, picture((1024, 768))), "an edit; it makes new pictures only"),
        (connected(server), long, "characters; it takes 32000"),
        (connected(server), baseless, "an edit without the picture to edit"),
    ):
        outcome = generator.generate(asked, "key")
        assert isinstance(outcome, Failed)
        assert outcome.kind is FailureKind.INVALID_REQUEST
        assert said in outcome.reason
    assert not server.received


# --- money ----------------------------------------------------------------------------------------------


def test_the_cost_is_what_the_usage_says_and_the_price_is_never_less(server, tmp_path: Path) -> None:
    generator, total = connected(server), 0.0
    for asked in (
        request(),
        request(size=(2048, 1152)),
        request(candidates=4),
        edit(tmp_path, picture((1024, 768), 5), MASK),
    ):
        outcome = generator.generate(asked, "key")
        assert 0 < outcome.usd <= generator.price(asked)
        total += outcome.usd
    assert total == pytest.approx(server.billed)
    assert server.billed > 0.3


def test_without_details_the_dearer_price_is_booked_and_without_usage_the_estimate(server) -> None:
    generator = connected(server)
    server.faults.append(good(picture((64, 48)), usage={"input_tokens": 1000, "output_tokens": 2000}))
    assert generator.generate(request(), "key").usd == pytest.approx((8 * 1000 + 30 * 2000) / 1e6)
    for usage in (None, {"input_tokens": -4, "output_tokens": 1}, {"output_tokens": True}, ["x"]):
        body = json.loads(json.dumps(good(picture((64, 48))).body)) | {"usage": usage}
        server.faults.append(Fault(200, body))
        assert generator.generate(request(), "key").usd == generator.price(request())


def test_an_answer_without_a_picture_costs_all_the_same(server) -> None:
    usage, usd = usage_of(server_asked(), 1)
    server.faults.append(Fault(200, {"data": [{"b64_json": "!!"}], "usage": usage}))
    outcome = connected(server).generate(request(), "key")
    assert (outcome.kind, outcome.usd) == (FailureKind.MALFORMED, pytest.approx(usd))


def server_asked():
    from openai_server import Asked

    return Asked("/v1/images/generations", "gpt-image-2", "words", 1, (1024, 768), "medium")


# --- faults ---------------------------------------------------------------------------------------------

BLOCKED = "Your request was rejected by the safety system. safety_violations=[violence]."
CASES = {
    "a wrong key": (error(401, "Incorrect API key.", code="invalid_api_key"), FailureKind.AUTH),
    "no verification": (error(403, "Your organization must be verified."), FailureKind.AUTH),
    "a dead model": (error(404, "The model does not exist.", code="model_not_found"), FailureKind.MODEL_GONE),
    "a gone model": (error(410, "Gone."), FailureKind.MODEL_GONE),
    "a dead model as 400": (error(400, "No such model", code="model_not_found"), FailureKind.MODEL_GONE),
    "no money": (error(402, "Payment required."), FailureKind.QUOTA),
    "policy": (error(400, BLOCKED, "image_generation_user_error", "moderation_blocked"), FailureKind.POLICY),
    "policy of DALL·E": (error(400, BLOCKED, code="content_policy_violation"), FailureKind.POLICY),
    "a bad request": (error(400, "Invalid size.", code="invalid_value"), FailureKind.INVALID_REQUEST),
    "unprocessable": (error(422, "No."), FailureKind.INVALID_REQUEST),
    "quota": (
        error(429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
        FailureKind.QUOTA,
    ),
    "a hard limit": (
        error(400, "Billing hard limit has been reached.", code="billing_hard_limit_reached"),
        FailureKind.QUOTA,
    ),
    "a daily limit": (
        error(429, "Rate limit reached on requests per day (RPD): Limit 200.", code="rate_limit_exceeded"),
        FailureKind.QUOTA,
    ),
    "no access": (
        error(429, "Rate limit reached on images per min: Limit 0, Used 0, Requested 1."),
        FailureKind.QUOTA,
    ),
    "a redirect": (
        Fault(302, "moved", {"Location": "http://127.0.0.1:9/v1"}),
        FailureKind.INVALID_REQUEST,
    ),
    "a gateway gave up": (Fault(504, "<html>Gateway Time-out</html>"), FailureKind.TIMEOUT),
    "HTML": (Fault(200, "<html><body>Welcome</body></html>"), FailureKind.MALFORMED),
    "no JSON": (Fault(200, b"{", {"Content-Type": "application/json"}), FailureKind.MALFORMED),
    "deep JSON": (Fault(200, b"[" * 200_000), FailureKind.MALFORMED),
    "data is text": (Fault(200, {"data": "nope"}), FailureKind.MALFORMED),
    "data is null": (Fault(200, {"data": None}), FailureKind.MALFORMED),
    "a list": (Fault(200, [1, 2]), FailureKind.MALFORMED),
    "entries are text": (Fault(200, {"data": ["nope"]}), FailureKind.MALFORMED),
    "an entry is empty": (Fault(200, {"data": [{"b64_json": None}]}), FailureKind.MALFORMED),
    "no pictures": (Fault(200, {"data": []}), FailureKind.NO_IMAGE),
    "bad base64": (Fault(200, {"data": [{"b64_json": "%%%"}]}), FailureKind.MALFORMED),
    "a cut body": (Fault(200, told({"data": []}), cut=50), FailureKind.TIMEOUT),
    "an error in a 200": (
        Fault(200, {"error": {"code": 402, "message": "Insufficient credits"}}),
        FailureKind.QUOTA,
    ),
    "an error of words in a 200": (Fault(200, {"error": "bad prompt"}), FailureKind.INVALID_REQUEST),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_one_request_and_one_typed_outcome(server, case: str) -> None:
    fault, kind = CASES[case]
    server.faults.append(fault)
    waits: list[float] = []
    outcome = patient(connected(server), wait=no_wait(waits)).generate(request(), "key")
    outcome = checked(outcome, request())
    assert isinstance(outcome, Failed)
    assert (outcome.kind, len(server.received), waits) == (kind, 1, [])
    assert outcome.reason
    assert "\n" not in outcome.reason
    assert len(outcome.reason) <= 500


AGAIN = {
    "Retry-After 2": (error(429, "Slow down.", headers={"Retry-After": "2"}), FailureKind.RATE_LIMITED, 2),
    "Retry-After in ms": (error(429, "…", headers={"retry-after-ms": "1500"}), FailureKind.RATE_LIMITED, 1.5),
    "words": (
        error(
            429, "Rate limit reached on images per min. Please try again in 12s.", code="rate_limit_exceeded"
        ),
        FailureKind.RATE_LIMITED,
        12,
    ),
    "no wait": (error(429, "Slow down."), FailureKind.RATE_LIMITED, None),
    "500": (error(500, "The server had an error.", "server_error"), FailureKind.TRANSPORT, None),
    "503": (error(503, "Overloaded.", headers={"Retry-After": "3"}), FailureKind.TRANSPORT, 3),
    "502 of a proxy": (Fault(502, "<html><h1>Bad Gateway</h1></html>"), FailureKind.TRANSPORT, None),
    "409": (error(409, "Busy."), FailureKind.TRANSPORT, None),
    "a cut error": (Fault(500, b"oops", cut=10), FailureKind.TRANSPORT, None),
}


@pytest.mark.parametrize("case", AGAIN)
def test_a_passing_fault_says_how_long_to_wait_and_is_sent_again_in_one_place(server, case: str) -> None:
    fault, kind, wait_s = AGAIN[case]
    server.faults += [fault, fault]
    alone = connected(server).generate(request(), "key")
    assert isinstance(alone, Failed)
    assert (alone.kind, alone.wait_s, len(server.received)) == (kind, wait_s, 1)
    waits: list[float] = []
    outcome = patient(connected(server), wait=no_wait(waits)).generate(request(), "key")
    assert isinstance(outcome, Generated)
    assert len(server.received) == 3
    least = 2.0 if wait_s is None else wait_s
    assert least <= waits[0] <= 1.25 * least
    assert outcome.usd == pytest.approx(server.billed)


def test_a_wait_until_a_date_is_in_seconds(server) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    server.faults.append(error(429, "Slow down.", headers={"Retry-After": date}))
    outcome = connected(server).generate(request(), "key")
    assert 80 < outcome.wait_s <= 90


def test_a_wait_that_is_too_long_is_not_waited_for(server) -> None:
    server.faults.append(error(429, "Slow down.", headers={"Retry-After": "301"}))
    waits: list[float] = []
    outcome = patient(connected(server), wait=no_wait(waits)).generate(request(), "key")
    assert (outcome.kind, outcome.wait_s, waits) == (FailureKind.RATE_LIMITED, 301, [])
    assert len(server.received) == 1
    assert "asks to wait 301 s" in outcome.reason


@pytest.mark.parametrize("stage", ["input", "output"])
def test_a_refusal_says_its_stage(server, stage: str) -> None:
    details = {"moderation_stage": stage, "categories": ["violence"]}
    blocked = error(400, BLOCKED, code="moderation_blocked", moderation_details=details)
    server.faults.append(blocked)
    outcome = connected(server).generate(request(), "key")
    assert (outcome.kind, outcome.stage) == (FailureKind.POLICY, stage)
    assert "safety system" in outcome.reason
    assert outcome.kind.final


def test_an_answer_after_the_timeout_leaves_open_whether_it_was_billed(server) -> None:
    server.faults.append(Fault(200, {"data": []}, wait_s=3 * TIMEOUT_S))
    started = time.monotonic()
    outcome = patient(connected(server, timeout_s=TIMEOUT_S)).generate(request(), "key")
    assert outcome.kind is FailureKind.TIMEOUT
    assert outcome.kind.billing_unknown
    assert TIMEOUT_S <= time.monotonic() - started < 3 * TIMEOUT_S
    assert len(server.received) == 1


@contextmanager
def speaking(*said: bytes, pause_s: float = 0.0) -> Iterator[tuple[Generator, list[int]]]:
    """A generator at an address that says this to the first request, and the bytes that were taken."""
    taken = [0]

    def speak(listening: socket.socket) -> None:
        client, _ = listening.accept()
        with client, suppress(OSError):
            client.recv(65536)
            for one in said:
                client.sendall(one)
                taken[0] += len(one)
                time.sleep(pause_s)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=speak, args=(listening,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        options = {"base_url": url, "timeout_s": TIMEOUT_S, "profile": {"like": "gpt-image-2"}}
        yield load_generator({"name": "openai", **options}, folder=Path(), out=Path("out")), taken
        thread.join(10)


def test_an_answer_that_comes_drop_by_drop_is_not_waited_for() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
    with speaking(head, *([b" "] * 40), pause_s=TIMEOUT_S / 8) as (generator, _):
        started = time.monotonic()
        outcome = generator.generate(request(), "key")
        took = time.monotonic() - started
    assert outcome.kind is FailureKind.TIMEOUT
    assert took < 4 * TIMEOUT_S


def test_an_error_without_end_is_not_read_to_its_end() -> None:
    head = b"HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\nContent-Length: 999999999\r\n\r\n"
    with speaking(head, *([b"x" * 65536] * 1000)) as (generator, taken):
        outcome = generator.generate(request(), "key")
    assert outcome.kind is FailureKind.TRANSPORT
    assert len(outcome.reason) <= 500
    assert taken[0] < 500 * 65536  # what the system keeps between the two is well below


def test_nobody_there_is_transport_and_costs_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    options = {"base_url": f"http://127.0.0.1:{port}/v1", "profile": {"like": "gpt-image-2"}}
    generator = load_generator({"name": "openai", **options}, folder=Path(), out=Path("out"))
    outcome = generator.generate(request(), "key")
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.usd) == (FailureKind.TRANSPORT, 0.0)


def test_an_answer_without_end_is_refused(server) -> None:
    server.faults.append(Fault(200, b" " * ((64 << 20) + 1)))
    outcome = connected(server).generate(request(), "key")
    assert outcome.kind is FailureKind.MALFORMED
    assert "more than 64 MB" in outcome.reason


def test_bytes_that_are_no_picture_are_told_when_they_are_checked(server, tmp_path: Path) -> None:
    for asked in (request(), edit(tmp_path, picture((1024, 768), 5), MASK)):
        server.faults.append(good(b"<html>no picture</html>"))
        outcome = checked(connected(server).generate(asked, "key"), asked)
        assert outcome.kind is FailureKind.MALFORMED
        assert outcome.usd > 0


def test_one_bad_picture_of_several_is_left_out_and_said(server) -> None:
    fine = base64.b64encode(picture((1024, 768))).decode()
    server.faults.append(
        Fault(200, {"data": [{"b64_json": f"{fine[:90]}*{fine[90:]}"}, {"b64_json": fine}, 7]})
    )
    outcome = checked(connected(server).generate(request(candidates=3), "key"), request(candidates=3))
    assert len(outcome.images) == 1
    assert "picture 1 of the answer: bad base64" in " ".join(outcome.notes)
    assert "picture 3 of the answer" in " ".join(outcome.notes)
    assert "1 pictures came, 3 asked for" in outcome.notes


def test_fewer_and_more_pictures_than_asked_for(server) -> None:
    server.most = 2
    fewer = checked(connected(server).generate(request(candidates=4), "key"), request(candidates=4))
    assert len(fewer.images) == 2
    assert "2 pictures came, 4 asked for" in fewer.notes
    server.faults.append(good(*(picture((64, 48), seed) for seed in range(3))))
    more = checked(connected(server).generate(request(), "key"), request())
    assert len(more.images) == 1


def test_a_jpeg_called_png_and_a_picture_of_another_size_are_pictures(server) -> None:
    drawn = picture((300, 200), 3, ".jpg")
    server.faults.append(good(drawn))
    outcome = checked(connected(server).generate(request(), "key"), request())
    assert isinstance(outcome, Generated)
    assert outcome.images[0].data == drawn


def test_a_wrong_key_is_told_by_the_server_and_never_shown(server, monkeypatch) -> None:
    wrong = "wrong-zyxwvutsrqponmlkjihg"
    monkeypatch.setenv("WRONG_KEY", wrong)
    generator = connected(server, profile={"secret": "WRONG_KEY"})
    assert generator.generate(request(), "key").kind is FailureKind.AUTH
    server.faults.append(error(401, f"Incorrect API key provided: {wrong}."))
    outcome = generator.generate(request(), "key")
    assert "Incorrect API key provided: ***" in outcome.reason
    assert wrong not in repr(outcome)


# --- routers --------------------------------------------------------------------------------------------


def router(server: OpenAIServer, **profile) -> Generator:
    return connected(server, profile={"like": "dall-e-3", **profile})


def test_dalle_3_through_a_router_takes_no_quality_of_gpt_and_asks_for_bytes() -> None:
    asked = request(size=(1000, 1000))
    with OpenAIServer(router=True) as server:
        generator = router(server)
        outcome = generator.generate(asked, "key")
    assert isinstance(outcome, Generated)
    assert server.received[0].json() == {
        "model": "dall-e-3",
        "prompt": prompt(asked),
        "size": "1024x1024",
        "quality": "standard",
        "response_format": "b64_json",
    }
    assert outcome.usd == pytest.approx(server.billed) == 0.04


def test_a_prompt_that_is_too_long_for_a_model_is_sent_as_a_caption_and_said() -> None:
    asked = request(absent=("tib",) * 40)
    with OpenAIServer(router=True) as server:
        outcome = router(server, prompt=len(prompt(asked)) - 1).generate(asked, "key")
    assert server.asked[0].prompt == caption(asked)
    assert f"the prompt has {len(prompt(asked))} characters" in outcome.notes[0]


def test_pictures_behind_addresses_are_fetched_without_the_key() -> None:
    with OpenAIServer(router=True, answers="url") as server:
        outcome = router(server).generate(request(), "key")
    assert isinstance(outcome, Generated)
    fetched = server.received[1]
    assert fetched.method == "GET"
    assert "authorization" not in fetched.headers
    assert pixels(outcome.images[0].data).shape == (1024, 1792, 3)


def test_an_address_on_a_host_that_is_not_named_is_not_fetched_and_the_money_is_booked() -> None:
    with OpenAIServer(router=True, answers="url") as server:
        server.url_host = "https://evil.example"
        outcome = router(server, hosts=["images.example.com"]).generate(request(), "key")
    assert outcome.kind is FailureKind.MALFORMED
    assert "evil.example, which is not allowed" in outcome.reason
    assert outcome.usd == 0.08
    assert len(server.received) == 1


def test_an_address_with_nothing_behind_it_is_no_picture_and_is_not_paid_for_twice() -> None:
    with OpenAIServer(router=True, answers="url") as server:
        server.faults.append(Fault(200, {"data": [{"url": f"{server.url}/files/gone.png"}]}))
        outcome = patient(router(server)).generate(request(), "key")
    assert (outcome.kind, outcome.usd) == (FailureKind.MALFORMED, 0.08)
    assert [one.method for one in server.received] == ["POST", "GET"]


def test_addresses_that_hold_the_bytes_are_read() -> None:
    with OpenAIServer(router=True, answers="data") as server:
        outcome = router(server).generate(request(), "key")
    assert pixels(outcome.images[0].data).shape == (1024, 1792, 3)


def test_what_the_environment_holds_for_openai_is_not_sent_to_a_router(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-openai-0123456789abcdef")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-account")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-of-the-account")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-other-0123456789abcdef")
    with OpenAIServer(router=True) as server:
        assert isinstance(router(server).generate(request(), "key"), Generated)
    headers = " ".join(f"{name}: {value}" for name, value in server.received[0].headers.items())
    assert "account" not in headers
    assert "sk-other" not in headers
    assert "sk-proj-openai" not in headers


def test_a_service_on_this_machine_needs_no_key(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-openai-0123456789abcdef")
    with OpenAIServer(router=True, key="none") as server:
        options = {
            "base_url": server.base_url,
            "model": "sdxl",
            "profile": {"price": 0, "sizes": [[1024, 1024]]},
        }
        generator = load_generator({"name": "openai", **options}, folder=Path(), out=Path("out"))
        generator.ready()
        outcome = generator.generate(request(), "key")
    assert (len(outcome.images), outcome.usd) == (1, 0.0)
    assert server.asked[0].field_names == {"model", "prompt", "size"}


def test_many_requests_at_once_share_one_client(server) -> None:
    server.latency_s = 0.2
    generator, outcomes = connected(server), []
    threads = [
        threading.Thread(target=lambda: outcomes.append(generator.generate(request(), "key")))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(outcome, Generated) for outcome in outcomes)
    assert max(count for _, count in server.in_flight) >= 4


def test_no_log_holds_the_key(server, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    generator = connected(server)
    generator.generate(request(), "key")
    server.faults.append(error(500, "oops"))
    generator.generate(request(), "key")
    assert KEY not in caplog.text


@pytest.mark.parametrize("suffix", [".jpg", ".webp"])
def test_an_answer_of_another_format_is_kept_beside_by_its_own_name(server, tmp_path, suffix: str) -> None:
    answer = picture((1024, 768), 2, suffix)
    server.faults.append(good(answer))
    outcome = connected(server).generate(edit(tmp_path, picture((1024, 768), 5), MASK), "key")
    assert outcome.images[0].beside == {f".raw{suffix}": answer}
    assert not checked(outcome, request()).notes
    assert cv2.imdecode(np.frombuffer(outcome.images[0].data, np.uint8), 1).shape == (768, 1024, 3)
