"""gemini through Google's SDK, against its contract server: what is sent, what comes back, every fault."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from gemini_server import (
    KEY,
    PROJECT,
    Answer,
    Fault,
    GeminiServer,
    b64,
    failure,
    finished,
    flat,
    jpeg,
    limited,
    picture_answer,
    png,
    prompt_blocked,
    service_account,
    size_of,
    with_parts,
)

from series.drift import DriftKind
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.gemini.gemini import GeminiGenerator
from series.generators.gemini.options import read_gemini_options
from series.generators.generator import Failed, FailureKind, Generated
from series.generators.patience import patient
from series.generators.validate import checked
from series.request import (
    EditOf,
    GenerationRequest,
    Identity,
    Means,
    Reference,
    Reinforcement,
    Role,
    Structure,
    StyleWords,
    prompt,
)

pytest.importorskip("google.genai", reason='needs pip install "series-consistency[gemini]"')

SMALL = np.full((48, 64, 3), 90, np.uint8)
BANANA = "gemini-nano-banana-2.1"


@dataclass
class Clock:
    """Time that passes only by waiting."""

    time: float = 0.0
    waits: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.time += seconds
        return False

    def now(self) -> float:
        return self.time


@pytest.fixture(autouse=True)
def key(monkeypatch):
    """The server's key, and nothing else of Google's in the environment."""
    for name in ("GOOGLE_API_KEY", "GOOGLE_CBANANA_PROJECT", "GOOGLE_CBANANA_LOCATION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


@pytest.fixture(scope="module")
def running():
    with GeminiServer() as server:
        yield server


@pytest.fixture
def server(running):
    """The running server, with nothing heard or planned."""
    for kept in (running.received, running.heard, running.faults, running.in_flight):
        kept.clear()
    running.latency_s, running.draw = 0.0, flat
    return running


@pytest.fixture(scope="module")
def _generator(running):
    return make(running)


@pytest.fixture
def generator(_generator, server):
    """With one client for all tests: making one takes as long as twenty requests."""
    return _generator


def make(server, **options):
    return GeminiGenerator(read_gemini_options({"base_url": server.url, "timeout_s": 60, **options}))


def request(size=(1024, 768), references=(), **changed) -> GenerationRequest:
    parts = {
        "structure": Structure("Mara waits.", "", "wide", "", size),
        "copy": (),
        "style": StyleWords("ink", ()),
        "identities": (Identity("mara", "a girl in a red coat", "drawn", "", (), None),),
        "absent": (),
        "palette": (),
        "references": tuple(references),
        "seed": 7,
    }
    return GenerationRequest("p01", **{**parts, **changed})


def reference(path: Path, role=Role.CHARACTER, subject="mara") -> Reference:
    return Reference(role, subject, hashlib.sha256(path.read_bytes()).hexdigest(), path)


def picture(path: Path, color: int = 90, kind: str = ".png") -> Path:
    path.write_bytes(cv2.imencode(kind, np.full((48, 64, 3), color, np.uint8))[1].tobytes())
    return path


def ask(generator, request, server, *faults) -> Generated | Failed:
    server.faults += faults
    return checked(generator.generate(request, "key"), request)


# --- what is sent ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_a_picture_comes_without_its_drafts_and_at_the_price_of_its_tokens(server, version) -> None:
    asked = request()
    generator = make(server, api_version=version)
    generator.ready()
    outcome = ask(generator, asked, server)
    (image,) = outcome.images
    assert cv2.imdecode(np.frombuffer(image.data, np.uint8), 1).shape[:2] == size_of("4:3", "1K")[::-1]
    (heard,) = server.heard
    tokens_in = len(heard.prompt) // 4
    assert outcome.usd == pytest.approx((1120 * 30 + (310 + 12) * 7.5 + tokens_in * 1.5) / 1e6)
    assert outcome.usd <= generator.price(asked) < 0.07
    assert (heard.prompt, heard.labels, heard.images) == (prompt(asked), [], [])
    assert (heard.ratio, heard.size_class, heard.seed) == ("4:3", "1K", 7)
    (received,) = server.received
    assert received.path == f"/{version}/models/{BANANA}:generateContent"
    assert received.headers["x-goog-api-key"] == KEY
    assert received.headers["x-server-timeout"] == "60"


def test_references_go_in_order_with_their_labels_and_as_the_files_they_are(
    server, generator, tmp_path
) -> None:
    kinds = [".png", ".jpg", ".webp"]
    paths = [picture(tmp_path / f"r{n}{kind}", 40 * n, kind) for n, kind in enumerate(kinds)]
    asked = request(references=[reference(path) for path in paths])
    outcome = ask(generator, asked, server)
    (heard,) = server.heard
    assert heard.images == [path.read_bytes() for path in paths]
    assert heard.mime_types == ["image/png", "image/jpeg", "image/webp"]
    assert heard.labels == [
        "Image 1 (the first image):",
        "Image 2 (the second image):",
        "Image 3 (the third image):",
    ]
    assert "- Image 3 shows mara" in heard.prompt
    assert outcome.usd <= generator.price(asked)
    # Interleaved: each label stands right before its picture.
    parts = server.received[0].json()["contents"][0]["parts"]
    assert ["text" in part for part in parts] == [True, False] * 3 + [True]


def test_an_edit_sends_its_base_first_and_nothing_of_a_mask(server, generator, tmp_path) -> None:
    base, mara = picture(tmp_path / "base.png", 10), picture(tmp_path / "mara.png", 200)
    change = Reinforcement(DriftKind.PALETTE, Means.EDIT, "mara", "coat", "swatch", "the coat is #c8322e")
    edited = request(
        references=[reference(base, Role.BASE, "base"), reference(mara)],
        reinforcements=(change,),
        edit=EditOf("d", base, "r"),
    )
    assert isinstance(ask(generator, edited, server), Generated)
    (heard,) = server.heard
    assert heard.images == [base.read_bytes(), mara.read_bytes()]
    assert heard.prompt.startswith("Change only: the coat is #c8322e")
    assert generator.abilities.edit
    assert not generator.abilities.mask


def test_a_reference_in_another_format_is_sent_as_png_and_a_heavy_one_reduced(
    server, generator, tmp_path
) -> None:
    tiff = picture(tmp_path / "a.tiff", 70, ".tiff")
    heavy = tmp_path / "b.png"
    noise = np.random.default_rng(3).integers(0, 256, (1250, 2100, 3), np.uint8)
    cv2.imwrite(str(heavy), noise, [cv2.IMWRITE_PNG_COMPRESSION, 0])
    assert heavy.stat().st_size > 7_000_000
    assert isinstance(
        ask(generator, request(references=[reference(tiff), reference(heavy)]), server), Generated
    )
    (heard,) = server.heard
    first, second = (cv2.imdecode(np.frombuffer(data, np.uint8), 1) for data in heard.images)
    assert heard.mime_types == ["image/png", "image/jpeg"]
    assert np.array_equal(first, np.full((48, 64, 3), 70, np.uint8))
    assert second.shape[1] == 2048
    assert len(heard.images[1]) <= 7_000_000


def test_a_reference_that_is_no_picture_or_is_gone_sends_nothing(server, generator, tmp_path) -> None:
    text = tmp_path / "text.png"
    text.write_text("no picture", encoding="utf-8")
    gone = Reference(Role.CHARACTER, "mara", "d", tmp_path / "gone.png")
    for one in (reference(text), gone):
        outcome = generator.generate(request(references=[one]), "key")
        assert outcome.kind is FailureKind.INVALID_REQUEST
        assert str(one.path.name) in outcome.reason
    assert server.received == []


@pytest.mark.parametrize(
    ("model", "size", "ratio", "size_class"),
    [
        (BANANA, (1024, 1024), "1:1", "1K"),
        (BANANA, (1376, 768), "16:9", "1K"),
        (BANANA, (1920, 1080), "16:9", "2K"),
        (BANANA, (3840, 2160), "16:9", "4K"),
        (BANANA, (9000, 9000), "1:1", "4K"),
        (BANANA, (1536, 1024), "3:2", "2K"),
        (BANANA, (1600, 400), "4:1", "1K"),
        ("gemini-3-pro-image", (1600, 400), "21:9", "1K"),
        ("gemini-3.1-flash-lite-image", (2048, 2048), "1:1", ""),
    ],
)
def test_the_smallest_class_that_is_large_enough_at_the_nearest_ratio(
    server, generator, model, size, ratio, size_class
) -> None:
    server.draw = lambda heard: [png(SMALL)]
    asked = request(size, model=model)
    assert generator.generate(asked, "key").usd <= generator.price(asked)
    (heard,) = server.heard
    sent = server.received[0].json()["generationConfig"]["imageConfig"]
    assert sent == {"aspectRatio": ratio, **({"imageSize": size_class} if size_class else {})}
    assert heard.model == model


def test_a_pinned_size_class_holds_for_every_picture_and_a_large_seed_wraps_around(server) -> None:
    generator = make(server, image_size="2K")
    generator.generate(request((64, 64), seed=2**31 + 5), "key")
    assert (server.heard[0].size_class, server.heard[0].seed) == ("2K", 5)
    assert generator.price(request()) > make(server).price(request()) + 0.016


def test_a_stronger_model_is_asked_for_by_the_request(server, generator) -> None:
    (strong,) = generator.abilities.stronger_models
    asked = request(model=strong)
    assert ask(generator, asked, server).usd <= generator.price(asked)
    assert server.heard[0].model == "gemini-3-pro-image"
    assert generator.price(asked) > 0.1344
    assert generator.name == "gemini:gemini-nano-banana-2.1"


def test_many_threads_share_one_client(server, generator) -> None:
    from concurrent.futures import ThreadPoolExecutor

    server.latency_s = 0.2
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda n: generator.generate(request(seed=n), "key"), range(4)))
    assert all(isinstance(one, Generated) for one in outcomes)
    assert max(count for _, count in server.in_flight) == 4
    assert {heard.seed for heard in server.heard} == {0, 1, 2, 3}


# --- refusals and empty answers, all with status 200 ------------------------------------------------------

POLICY, NO_IMAGE = FailureKind.POLICY, FailureKind.NO_IMAGE
BLOCKED = [
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"),
    *("IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"),
]


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY"])
def test_a_blocked_prompt_is_policy_of_the_input(server, generator, reason) -> None:
    outcome = ask(generator, request(), server, prompt_blocked(reason))
    assert (outcome.kind, outcome.stage) == (POLICY, "input")
    assert reason in outcome.reason
    assert outcome.usd == pytest.approx(100 * 1.5e-6)


@pytest.mark.parametrize("reason", BLOCKED)
def test_a_blocked_picture_is_policy_of_the_output(server, generator, reason) -> None:
    outcome = ask(generator, request(), server, finished(reason))
    assert (outcome.kind, outcome.stage, outcome.usd) == (POLICY, "output", 0.0)
    assert reason in outcome.reason


@pytest.mark.parametrize("reason", ["NO_IMAGE", "IMAGE_OTHER", "OTHER", "MAX_TOKENS", "A_NEW_REASON"])
def test_other_ends_without_a_picture_are_no_image(server, generator, reason) -> None:
    outcome = ask(generator, request(), server, finished(reason))
    assert outcome.kind is NO_IMAGE
    assert reason in outcome.reason


def test_an_answer_in_words_is_no_image_and_says_its_beginning(server, generator) -> None:
    words = "I can only describe the scene:\n a girl <b>waits</b> " + "and waits " * 100
    outcome = ask(generator, request(), server, finished("STOP", words))
    assert outcome.kind is NO_IMAGE
    assert "I can only describe the scene: a girl <b>waits</b>" in outcome.reason
    assert len(outcome.reason) <= 500
    assert "\n" not in outcome.reason


def test_a_draft_among_the_thoughts_alone_is_no_image(server, generator) -> None:
    part = {"inlineData": {"mimeType": "image/png", "data": b64(png(SMALL))}, "thought": True}
    assert ask(generator, request(), server, Fault(body=with_parts([part]))).kind is NO_IMAGE


def test_a_limited_account_stops_the_run(server, generator) -> None:
    outcome = ask(generator, request(), server, finished("PUP_LIMITED_DISABLED"))
    assert outcome.kind is FailureKind.AUTH


# --- answers that are not as documented -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("<html>Bad gateway</html>", FailureKind.MALFORMED),
        (b"", FailureKind.MALFORMED),
        (b"\xff\xfe\x00", FailureKind.MALFORMED),
        (b"[" * 100_000, FailureKind.MALFORMED),
        (b"[]", FailureKind.MALFORMED),
        (b"null", FailureKind.MALFORMED),
        ({}, FailureKind.MALFORMED),
        ({"candidates": "nope"}, FailureKind.MALFORMED),
        ({"candidates": ["nope"]}, FailureKind.MALFORMED),
        ({"candidates": [{"content": "nope"}]}, FailureKind.MALFORMED),
        ({"candidates": [{"content": {"parts": "nope"}}]}, FailureKind.MALFORMED),
        ({"candidates": [{"content": {"parts": [7]}}]}, FailureKind.MALFORMED),
        (with_parts([{"inlineData": "nope"}]), FailureKind.MALFORMED),
        (with_parts([{"inlineData": {"mimeType": "image/png"}}]), FailureKind.MALFORMED),
        ({"candidates": []}, NO_IMAGE),
        ({"candidates": [{}]}, NO_IMAGE),
        ({"candidates": [{"content": {}}]}, NO_IMAGE),
        (with_parts([]), NO_IMAGE),
        ({**with_parts([]), "usageMetadata": "nope", "promptFeedback": []}, NO_IMAGE),
    ],
)
def test_answers_of_another_shape(server, generator, body, kind) -> None:
    outcome = ask(generator, request(), server, Fault(body=body))
    assert outcome.kind is kind
    assert outcome.usd <= generator.price(request())
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "data", ["!!! no base64", "aGVsbG8gd29ybGQ=", b64(png(SMALL)[:60]), "YWJj" * 3 + "=="]
)
def test_base64_that_is_bad_or_no_picture_is_malformed_and_paid_for(server, generator, data) -> None:
    outcome = ask(generator, request(), server, picture_answer(data))
    assert outcome.kind is FailureKind.MALFORMED
    assert outcome.usd == pytest.approx(1120 * 30e-6)


def test_a_picture_comes_beside_a_bad_one_and_the_note_says_so(server, generator) -> None:
    parts = [{"inlineData": {"data": "???"}}, {"inlineData": {"data": b64(png(SMALL))}}]
    outcome = ask(generator, request(), server, Fault(body=with_parts(parts, "IMAGE_OTHER")))
    assert [image.data for image in outcome.images] == [png(SMALL)]
    assert "base64" in outcome.notes[0]
    assert "IMAGE_OTHER" in outcome.notes[1]


def test_both_spellings_are_read_and_labels_are_not_believed(server, generator) -> None:
    blob = {"mime_type": "image/png", "data": b64(jpeg(SMALL))}
    body = {"candidates": [{"content": {"parts": [{"inline_data": blob}]}, "finish_reason": "STOP"}]}
    (image,) = ask(generator, request(), server, Fault(body=body)).images
    assert image.data.startswith(b"\xff\xd8\xff")


def test_a_picture_of_another_size_is_kept_for_the_checks_to_judge(server, generator) -> None:
    outcome = ask(generator, request(), server, picture_answer(b64(png(SMALL))))
    assert [image.data for image in outcome.images] == [png(SMALL)]


def test_a_picture_that_is_too_large_is_never_decoded(server, generator) -> None:
    huge = png(np.zeros((4, 4, 3), np.uint8)).replace(
        b"\x00\x00\x00\x04\x00\x00\x00\x04", b"\x00\x0f\xff\xff\x00\x0f\xff\xff", 1
    )
    assert ask(generator, request(), server, picture_answer(b64(huge))).kind is FailureKind.MALFORMED


# --- errors ----------------------------------------------------------------------------------------------

QUOTA_DAY = limited("14s", "GenerateRequestsPerDayPerProjectPerModel-FreeTier")


@pytest.mark.parametrize(
    ("fault", "kind", "wait_s"),
    [
        (limited("14s"), FailureKind.RATE_LIMITED, 14.0),
        (limited("2.5s"), FailureKind.RATE_LIMITED, 2.5),
        (limited(""), FailureKind.RATE_LIMITED, None),
        (limited("soon"), FailureKind.RATE_LIMITED, None),
        (Fault(429, b"", {"Retry-After": "2"}), FailureKind.RATE_LIMITED, 2.0),
        (Fault(429, {"error": "nope"}, {"Retry-After": "300"}), FailureKind.RATE_LIMITED, 300.0),
        (Fault(429, [limited("14s").body]), FailureKind.RATE_LIMITED, 14.0),
        (QUOTA_DAY, FailureKind.QUOTA, None),
        (limited("30s", quotaValue="0"), FailureKind.QUOTA, None),
        (
            failure(429, "Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED"),
            FailureKind.QUOTA,
            None,
        ),
        (failure(401, "Invalid credentials.", "UNAUTHENTICATED"), FailureKind.AUTH, None),
        (failure(403, "Permission denied.", "PERMISSION_DENIED"), FailureKind.AUTH, None),
        (failure(400, "User location is not supported.", "FAILED_PRECONDITION"), FailureKind.AUTH, None),
        (failure(404, "models/x is not found.", "NOT_FOUND"), FailureKind.MODEL_GONE, None),
        (failure(400, "Bad value.", "INVALID_ARGUMENT"), FailureKind.INVALID_REQUEST, None),
        (failure(413, "Too large.", "INVALID_ARGUMENT"), FailureKind.INVALID_REQUEST, None),
        (failure(500, "Internal error.", "INTERNAL"), FailureKind.TRANSPORT, None),
        (failure(503, "The model is overloaded.", "UNAVAILABLE"), FailureKind.TRANSPORT, None),
        (Fault(503, "<html>busy</html>", {"Retry-After": "3"}), FailureKind.TRANSPORT, 3.0),
        (failure(504, "Deadline exceeded.", "DEADLINE_EXCEEDED"), FailureKind.TIMEOUT, None),
        (Fault(502, "<html>Bad gateway</html>"), FailureKind.TRANSPORT, None),
        (Fault(500, b"[1, 2]"), FailureKind.TRANSPORT, None),
        (Fault(400, b"\xff\xfe"), FailureKind.INVALID_REQUEST, None),
    ],
)
def test_errors_have_their_kind_and_their_wait_and_are_asked_once(
    server, generator, fault, kind, wait_s
) -> None:
    outcome = ask(generator, request(), server, fault)
    assert (outcome.kind, outcome.wait_s, outcome.usd) == (kind, wait_s, 0.0)
    assert str(fault.status) in outcome.reason
    assert "\n" not in outcome.reason
    assert len(server.received) == 1


def test_a_date_to_wait_for_is_read(server, generator) -> None:
    when = datetime.fromtimestamp(datetime.now(UTC).timestamp() + 60, UTC)
    fault = Fault(429, b"", {"Retry-After": when.strftime("%a, %d %b %Y %H:%M:%S GMT")})
    assert 55 < ask(generator, request(), server, fault).wait_s <= 60


def test_a_wrong_key_is_auth_though_it_comes_with_status_400(server, monkeypatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-another-key-that-nobody-knows-0000")
    outcome = ask(make(server), request(), server)
    assert outcome.kind is FailureKind.AUTH
    assert "not valid" in outcome.reason
    assert server.heard == []


def test_googles_own_variables_send_neither_request_nor_key_elsewhere(server, monkeypatch) -> None:
    with GeminiServer() as other:
        monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", other.url)
        monkeypatch.setenv("GOOGLE_VERTEX_BASE_URL", other.url)
        monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
        monkeypatch.setenv("GOOGLE_GENAI_API_VERSION", "v9")
        monkeypatch.setenv("GOOGLE_API_KEY", "AIza-a-key-of-something-else-00000000")
        assert isinstance(ask(make(server), request(), server), Generated)
        assert other.received == []


def test_an_answer_without_end_is_not_read_to_its_end(server, generator) -> None:
    outcome = ask(generator, request(), server, Fault(body=b" " * (65 << 20)))
    assert outcome.kind is FailureKind.MALFORMED
    assert "more than 64 MB" in outcome.reason


def test_a_key_that_went_missing_stops_the_run_and_a_model_that_nobody_has_only_the_request(
    server, monkeypatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    without = make(server)
    assert without.generate(request(), "key").kind is FailureKind.AUTH
    unknown = without.generate(request(model="gemini-9"), "key")
    assert unknown.kind is FailureKind.INVALID_REQUEST
    assert "gemini-9" in unknown.reason
    assert server.received == []


def test_a_dead_model_is_gone() -> None:
    with GeminiServer(dead=(BANANA,)) as server:
        assert ask(make(server), request(), server).kind is FailureKind.MODEL_GONE


def test_no_error_shows_the_key(server, generator) -> None:
    for fault in (failure(400, f"key {KEY} is odd", "INVALID_ARGUMENT"), Fault(body=f"<p>{KEY}</p>")):
        outcome = ask(generator, request(), server, fault)
        assert KEY not in outcome.reason
        assert "***" in outcome.reason


def test_a_slow_answer_is_a_timeout_whose_bill_nobody_knows(server) -> None:
    outcome = ask(make(server, timeout_s=0.3), request(), server, Answer(body={}, wait_s=1.0))
    assert outcome.kind is FailureKind.TIMEOUT
    assert outcome.kind.billing_unknown
    assert len(server.received) == 1


def test_a_body_that_breaks_off_may_have_been_billed(server, generator) -> None:
    outcome = ask(generator, request(), server, Fault(body=b'{"candidates": [', cut=500))
    assert outcome.kind is FailureKind.TIMEOUT
    assert "broke off" in outcome.reason
    assert len(server.received) == 1


def test_a_body_that_cannot_be_unpacked_may_have_been_billed(server, generator) -> None:
    outcome = ask(generator, request(), server, Fault(200, b"no gzip", {"Content-Encoding": "gzip"}))
    assert outcome.kind is FailureKind.TIMEOUT


def test_a_server_that_is_not_there_was_sent_nothing() -> None:
    with GeminiServer() as server:
        url = server.url
    generator = GeminiGenerator(read_gemini_options({"base_url": url}))
    outcome = generator.generate(request(), "key")
    assert outcome.kind is FailureKind.TRANSPORT


def test_a_redirect_takes_the_key_to_nobody(server, generator) -> None:
    with GeminiServer() as other:
        fault = Fault(307, b"", {"Location": f"{other.url}/v1/models/{BANANA}:generateContent"})
        outcome = ask(generator, request(), server, fault)
        assert outcome.kind is FailureKind.TRANSPORT
        assert other.received == []


@pytest.mark.parametrize(
    ("faults", "kind", "sent"),
    [
        ([limited("14s"), limited("2s")], None, 3),
        ([failure(503, "overloaded", "UNAVAILABLE")] * 2, None, 3),
        ([limited("300s")], FailureKind.RATE_LIMITED, 1),
        ([QUOTA_DAY], FailureKind.QUOTA, 1),
        ([prompt_blocked()], FailureKind.POLICY, 1),
        ([Fault(body=b"{", cut=9)], FailureKind.TIMEOUT, 1),
    ],
)
def test_only_patience_sends_again_and_waits_as_long_as_it_is_told(
    server, generator, faults, kind, sent
) -> None:
    clock = Clock()
    outcome = ask(patient(generator, wait=clock.wait, now=clock.now), request(), server, *faults)
    assert getattr(outcome, "kind", None) is kind
    assert len(server.received) == sent
    asked_for = [14.0, 2.0] if faults[0] == limited("14s") else [2.0, 4.0]
    assert len(clock.waits) == sent - 1
    for wait, least in zip(clock.waits, asked_for, strict=False):
        assert least <= wait <= 1.25 * least


# --- Vertex AI and Imagen --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def account(running, tmp_path_factory):
    return service_account(tmp_path_factory.mktemp("account"), running.url)


@pytest.fixture
def vertex(account, monkeypatch):
    """Options for Vertex AI, with credentials whose tokens the server gives out."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
    monkeypatch.delenv("GEMINI_API_KEY")
    return {"vertex": True, "location": "us-central1"}


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_vertex_takes_the_same_request_with_googles_own_credentials(server, vertex, version) -> None:
    generator = make(server, api_version=version, **vertex)
    generator.ready()
    outcome = ask(generator, request(), server)
    assert len(outcome.images) == 1
    token, sent = server.received
    assert token.path == "/token"
    path = f"/{version}/projects/{PROJECT}/locations/us-central1/publishers/google/models/{BANANA}"
    assert sent.path == f"{path}:generateContent"
    assert "x-goog-api-key" not in sent.headers
    assert server.heard[0].seed == 7
    ask(generator, request(), server)
    assert [one.path for one in server.received].count("/token") == 1


def test_a_project_that_is_not_ones_own_is_auth(server, vertex) -> None:
    outcome = ask(make(server, project="another", **vertex), request(), server)
    assert outcome.kind is FailureKind.AUTH


def test_credentials_that_are_refused_are_auth(server, vertex) -> None:
    server.revoked = True
    outcome = ask(make(server, **vertex), request(), server)
    server.revoked = False
    assert outcome.kind is FailureKind.AUTH
    assert "revoked" in outcome.reason


def test_a_token_that_cannot_be_fetched_is_asked_for_again(server, tmp_path, monkeypatch) -> None:
    with GeminiServer() as gone:
        path = service_account(tmp_path, gone.url)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    outcome = ask(make(server, vertex=True), request(), server)
    assert outcome.kind is FailureKind.TRANSPORT
    assert server.received == []


def test_vertex_without_credentials_says_how_to_get_them(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    generator = GeminiGenerator(read_gemini_options({"vertex": True, "project": "p-1"}))
    with pytest.raises(GeneratorError, match="gcloud auth application-default login"):
        generator.ready()


@pytest.fixture(scope="module")
def _imagen(running, account):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
        generator = make(running, model="imagen-4.0-generate-001", vertex=True)
        generator.ready()
    return generator


@pytest.fixture
def imagen(_imagen, server):
    return _imagen


@pytest.mark.filterwarnings("ignore:The generate_images method is deprecated")
def test_imagen_gets_a_caption_and_makes_several(server, imagen) -> None:
    asked = request((1024, 768), candidates=3)
    generator = imagen
    outcome = ask(generator, asked, server)
    assert len(outcome.images) == 3
    assert outcome.usd == pytest.approx(0.12)
    assert outcome.usd == pytest.approx(generator.price(asked), abs=1e-9)
    (heard,) = server.heard
    assert heard.prompt.startswith("wide shot, Mara waits")
    assert (heard.ratio, heard.size_class, heard.count, heard.seed) == ("4:3", "1K", 3, None)
    assert heard.parameters["enhancePrompt"] is False
    assert heard.parameters["addWatermark"] is True
    assert generator.abilities.reference_images == 0


@pytest.mark.filterwarnings("ignore:The generate_images method is deprecated")
def test_the_fast_imagen_is_told_no_size(server, imagen) -> None:
    fast = request((2048, 2048), model="imagen-4.0-fast-generate-001")
    assert isinstance(ask(imagen, fast, server), Generated)


@pytest.mark.filterwarnings("ignore:The generate_images method is deprecated")
def test_imagen_with_fewer_pictures_than_asked_for_says_so(server, imagen) -> None:
    fewer = Fault(body={"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": b64(png(SMALL))}]})
    outcome = ask(imagen, request(candidates=3), server, fewer)
    assert outcome.usd == pytest.approx(0.04)
    assert "1 pictures came, 3 asked for" in outcome.notes


RAI = "The prompt could not be submitted. It violates Google's Responsible AI practices."


@pytest.mark.filterwarnings("ignore:The generate_images method is deprecated")
@pytest.mark.parametrize(
    ("fault", "kind", "stage"),
    [
        (Fault(body={"predictions": [{"raiFilteredReason": "Unable to show."}]}), POLICY, "output"),
        (failure(400, RAI, "INVALID_ARGUMENT"), POLICY, "input"),
        (Fault(body={"predictions": []}), NO_IMAGE, ""),
        (Fault(body={}), NO_IMAGE, ""),
        (Fault(body={"predictions": "nope"}), FailureKind.MALFORMED, ""),
        (Fault(body={"predictions": [{"bytesBase64Encoded": "!!!"}]}), FailureKind.MALFORMED, ""),
        (Fault(body="<html>"), FailureKind.MALFORMED, ""),
        (failure(404, "not found", "NOT_FOUND"), FailureKind.MODEL_GONE, ""),
        (limited("14s"), FailureKind.RATE_LIMITED, ""),
    ],
)
def test_faults_of_imagen(server, imagen, fault, kind, stage) -> None:
    outcome = ask(imagen, request(), server, fault)
    assert (outcome.kind, outcome.stage) == (kind, stage)
    assert sum(one.path != "/token" for one in server.received) == 1


# --- options, price and readiness -------------------------------------------------------------------------


def test_price_and_abilities_need_neither_key_nor_network(monkeypatch, tmp_path) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    generator = load_generator({"name": "gemini"}, folder=tmp_path, out=tmp_path)
    assert generator.name == "gemini:gemini-nano-banana-2.1"
    assert 0.0336 < generator.price(request()) < 0.07
    assert generator.abilities.reference_images == 14
    assert generator.abilities.takes_seed
    assert not generator.abilities.seed
    with pytest.raises(GeneratorError, match="GEMINI_API_KEY"):
        generator.ready()


@pytest.mark.parametrize(
    ("model", "says"),
    [("gemini-2.5-flash-image", "2026-10-02"), ("gemini-3.1-flash-image", "2026-10-29")],
)
def test_a_model_past_its_last_day_is_said_before_money_is_spent(server, vertex, model, says) -> None:
    def on(day, **options):
        read = read_gemini_options({"model": model, "base_url": server.url, **options})
        return GeminiGenerator(read, today=lambda: day)

    late = datetime(2026, 11, 21, tzinfo=UTC)
    with pytest.raises(GeneratorError, match=f"ended on {says}: use gemini-nano-banana-2.1"):
        on(late).ready()
    on(late, **vertex).ready()
    with pytest.raises(GeneratorError, match="GEMINI_API_KEY"):  # alive: it gets as far as the key
        on(datetime(2026, 9, 1, tzinfo=UTC)).ready()
    assert server.heard == []


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"modle": "x"}, 'generator.modle: there is no such option; did you mean "model"?'),
        ({"model": "nano-banana-2.1"}, "did you mean gemini-nano-banana-2.1?"),
        ({"model": "imagen-4.0-generate-001"}, "set generator.vertex: true"),
        ({"model": 7}, "generator.model: text is wanted here"),
        ({"base_url": "http://example.com"}, "generator.base_url: an address that begins with https"),
        ({"base_url": "https://me:secret@example.com"}, "without a key in it"),
        ({"base_url": "https://example.com/?key=abcdef"}, "without a key in it"),
        ({"base_url": "ftp://127.0.0.1"}, "generator.base_url"),
        ({"location": "us"}, "only Vertex AI has one"),
        ({"project": "p"}, "only Vertex AI has one"),
        ({"vertex": True, "location": "evil.com/"}, "generator.location"),
        ({"vertex": True, "project": "../x"}, "generator.project"),
        ({"vertex": "yes"}, "true or false"),
        ({"api_version": "v2"}, "Known: v1, v1beta"),
        ({"image_size": "512"}, "Known: 1K, 2K, 4K"),
        ({"timeout_s": 0}, "generator.timeout_s: a number above 0"),
        ({"timeout_s": True}, "generator.timeout_s"),
        ({"requests_per_minute": "10"}, "generator.requests_per_minute"),
        ({"concurrency": 1.5}, "generator.concurrency: a whole number from 1"),
    ],
)
def test_options_that_cannot_be_used_are_told_by_their_key(options, says) -> None:
    with pytest.raises(GeneratorError) as raised:
        read_gemini_options(options)
    assert says in str(raised.value)
    assert "secret" not in str(raised.value)


def test_pacing_is_as_the_manifest_says() -> None:
    read = read_gemini_options({"concurrency": 2, "requests_per_minute": 5, "timeout_s": 90})
    assert (read.pacing.concurrency, read.pacing.requests_per_minute, read.pacing.timeout_s) == (2, 5, 90)
    assert GeminiGenerator(read).pacing == read.pacing
