"""A client that hurries: a request ends in time wherever the other side is slow."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

pytest.importorskip("httpx2", reason="needs the extra http")

sys.path.insert(0, str(Path(__file__).parents[2] / "providers"))
import httpx2
from contract import Answer, ContractServer, Received

from series.generators.deadline import hurried, within
from series.generators.generator import Failed, FailureKind
from series.generators.http import HttpClient

OK = b"HTTP/1.1 200 OK\r\n"
SOON_S = 2.0
"""Seconds that a busy machine may take beyond what was asked for."""


class Dripping(ContractServer):
    """/head and /body come a byte at a time, a hundred a second; everything else at once."""

    def answer(self, received: Received) -> Answer:
        starts = {"/head": OK + b"X-Long: ", "/body": OK + b"Content-Length: 9999\r\n\r\n"}
        if received.path not in starts:
            return Answer(body=b"here")
        return Answer(takeover=_dripping(starts[received.path]))


def _dripping(start: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def takeover(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            handler.wfile.write(b"a")
            time.sleep(0.01)

    return takeover


@pytest.fixture
def server() -> Iterator[Dripping]:
    with Dripping() as running:
        yield running


@pytest.mark.parametrize("path", ["head", "body"])
def test_an_answer_drop_by_drop_ends_with_the_timeout(server: Dripping, path: str) -> None:
    client = HttpClient(server.url, timeout_s=0.5)
    began = time.monotonic()
    outcome = client.send("POST", path, payload={})
    assert 0.4 < time.monotonic() - began < 0.5 + SOON_S
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.TIMEOUT
    client.close()


def test_the_end_is_for_all_requests_inside_and_for_none_after(server: Dripping) -> None:
    client = hurried(httpx2.Client(timeout=5))
    with within(0.3):
        assert client.get(f"{server.url}/1").content == b"here"
        client.get(f"{server.url}/2")
        time.sleep(0.35)
        with pytest.raises(httpx2.TimeoutException):
            client.get(f"{server.url}/3")
    with within(5):
        assert client.get(f"{server.url}/4").content == b"here"
    assert client.get(f"{server.url}/5").content == b"here"
    client.close()


def test_without_an_end_the_client_is_as_it_was(server: Dripping) -> None:
    with hurried(httpx2.Client(timeout=0.2)) as client:
        began = time.monotonic()
        with pytest.raises(httpx2.TimeoutException), within(0.5):
            client.get(f"{server.url}/body")
        assert time.monotonic() - began > 0.4  # the timeout of one read alone never comes
        assert client.get(f"{server.url}/").content == b"here"
