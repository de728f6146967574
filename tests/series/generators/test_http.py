"""Requests in, bounded answers or typed failures out; a real server on loopback."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("httpx2", reason="needs the extra http")

sys.path.insert(0, str(Path(__file__).parents[2] / "providers"))
from contract import Answer, ContractServer, Received

from series.errors import GeneratorError
from series.generators.generator import Failed, FailureKind
from series.generators.http import (
    HttpClient,
    Reply,
    is_loopback,
    may_fetch,
    refused,
    require_no_secret,
    retry_after_s,
)


class Echo(ContractServer):
    """Tells back what it was sent; /file serves bytes."""

    size = 10

    def answer(self, received: Received) -> Answer:
        if received.path == "/file":
            return Answer(body=b"x" * self.size, headers={"Content-Type": "image/png"})
        if received.path == "/moved":
            return Answer(302, headers={"Location": "https://elsewhere.example.net/file"})
        return Answer(
            body={"method": received.method, "path": received.path, "key": received.headers.get("key")}
        )


@pytest.fixture
def server() -> Iterator[Echo]:
    with Echo() as running:
        yield running


def client(server: ContractServer, **options: object) -> HttpClient:
    settings = {"headers": {"key": "top-secret"}, "timeout_s": 2.0, **options}
    return HttpClient(f"{server.url}/v1", **settings)


def test_the_key_goes_to_the_provider_and_never_to_where_pictures_lie(server: Echo) -> None:
    one = client(server)
    assert one.send("POST", "/make", payload={"a": 1}).json() == {
        "method": "POST",
        "path": "/v1/make",
        "key": "top-secret",
    }
    assert one.fetch(f"{server.url}/file", hosts=()) == b"x" * 10
    assert "key" not in server.received[-1].headers


@pytest.mark.parametrize("url", ["https://other.example.net/v1/make", "http://127.0.0.1:1/v1/make"])
def test_nothing_is_sent_to_another_host(server: Echo, url: str) -> None:
    outcome = client(server).send("GET", url)
    assert isinstance(outcome, Failed)
    assert outcome.reason.startswith("refused to send to another host")


@pytest.mark.parametrize(
    "url",
    [
        "https://lamp:hunter2@host.example.net/v1",
        "https://host.example.net/v1?key=hunter2",
        "http://[hunter2",
    ],
)
def test_an_address_with_a_key_in_it_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(GeneratorError, match=r"generator\.base_url: ") as told:
        require_no_secret(url, "base_url")
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize("url", ["http://[", "https://\x00.example.net/", "//", "https://"])
def test_an_answer_that_names_no_address_is_malformed(server: Echo, url: str) -> None:
    one = client(server, hosts=(".example.net",))
    asked = [
        one.send("GET", url if "://" in url else f"http:{url}"),
        one.fetch(url, hosts=(".example.net",)),
        one.hand_over(url, fields={}, files=(), hosts=(".example.net",)),
    ]
    for outcome in asked:
        assert isinstance(outcome, Failed)
        assert outcome.kind is FailureKind.MALFORMED
    assert not server.received


def test_a_redirect_is_not_followed(server: Echo) -> None:
    reply = client(server).send("GET", f"{server.url}/moved")
    assert isinstance(reply, Reply)
    assert reply.status == 302
    assert isinstance(client(server).fetch(f"{server.url}/moved", hosts=()), Failed)
    assert len(server.received) == 2


def test_an_answer_that_is_too_large_is_left(server: Echo) -> None:
    server.size = 3 << 20
    outcome = client(server, largest=1 << 20).fetch(f"{server.url}/file", hosts=())
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.MALFORMED
    assert "more than 1 MB" in outcome.reason


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Answer(wait_s=1.0), FailureKind.TIMEOUT),
        (Answer(body={"a": 1}, cut=100), FailureKind.TIMEOUT),
    ],
)
def test_what_was_sent_and_not_answered_may_have_been_billed(
    server: Echo, fault: Answer, kind: FailureKind
) -> None:
    server.faults.append(fault)
    outcome = client(server, timeout_s=0.3).send("POST", "/make", payload={})
    assert isinstance(outcome, Failed)
    assert outcome.kind is kind
    assert outcome.kind.billing_unknown


def test_what_never_got_there_costs_nothing() -> None:
    outcome = HttpClient("http://127.0.0.1:9", timeout_s=1.0).send("POST", "/make", payload={})
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TRANSPORT
    assert not outcome.kind.billing_unknown


@pytest.mark.parametrize(
    ("url", "hosts", "near", "allowed"),
    [
        ("https://cdn.example.net/a.png", ("cdn.example.net",), "", True),
        ("https://a.cdn.example.net/a.png", (".example.net",), "", True),
        ("https://example.net.evil.org/a.png", (".example.net",), "", False),
        ("https://evilexample.net/a.png", (".example.net",), "", False),
        ("https://cdn.example.net@evil.org/a.png", ("cdn.example.net",), "", False),
        ("https://user:word@cdn.example.net/a.png", ("cdn.example.net",), "", False),
        ("http://cdn.example.net/a.png", ("cdn.example.net",), "", False),
        ("file:///etc/passwd", ("",), "", False),
        ("http://127.0.0.1:8188/a.png", (), "https://api.example.net", False),
        ("http://127.0.0.1:8188/a.png", (), "http://127.0.0.1:1", True),
        ("http://[::1]/a.png", ("[::1]",), "https://api.example.net", False),
        ("https://169.254.169.254/latest", (".example.net",), "", False),
    ],
)
def test_pictures_are_fetched_from_named_hosts_only(
    url: str, hosts: tuple[str, ...], near: str, *, allowed: bool
) -> None:
    assert may_fetch(url, hosts, near=near) is allowed


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2.0),
        ("0.5", 0.5),
        ("-3", 0.0),
        ("Sat, 21 Nov 2026 12:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("Mon, 01 Jan 99999999999 00:00:00 GMT", None),
        ("", None),
    ],
)
def test_a_wait_is_read_in_seconds_and_as_a_date(value: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
    assert retry_after_s({"retry-after": value} if value else {}, now) == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FailureKind.INVALID_REQUEST),
        (401, FailureKind.AUTH),
        (402, FailureKind.QUOTA),
        (403, FailureKind.AUTH),
        (404, FailureKind.MODEL_GONE),
        (408, FailureKind.TIMEOUT),
        (504, FailureKind.TIMEOUT),
        (524, FailureKind.TIMEOUT),
        (409, FailureKind.INVALID_REQUEST),
        (410, FailureKind.MODEL_GONE),
        (422, FailureKind.INVALID_REQUEST),
        (429, FailureKind.RATE_LIMITED),
        (500, FailureKind.TRANSPORT),
        (503, FailureKind.TRANSPORT),
    ],
)
def test_an_error_status_means_something_by_itself(status: int, kind: FailureKind) -> None:
    failed = refused(Reply(status, {"retry-after": "7"}, b""), "said\nBearer abcdefghijklmnop")
    assert failed.kind is kind
    assert failed.wait_s == 7
    assert failed.reason == f"HTTP {status}: said Bearer***"


def test_addresses_are_checked_at_the_door() -> None:
    with pytest.raises(GeneratorError, match="expected an address like"):
        HttpClient("example.net/v1", timeout_s=1.0)
    assert is_loopback("http://localhost:1")
    assert is_loopback("http://[::1]:1")
    assert not is_loopback("http://127.0.0.1.example.net")
