"""Answers that are meant to do harm: each ends in a typed outcome, in time, and in bounded memory.

One process for each adapter asks for all of them, so that what it takes can be measured from outside of ours.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from contract import Answer, ContractServer, Received

pytest.importorskip("httpx2", reason="needs the extra http")

TIMEOUT_S = 1.0
LATE_S = 4.0
"""Seconds over the timeout that a busy machine may take."""
GROWN_MB = 250
"""Megabytes that a process may grow by: an answer has 64 at most, and is there twice while it is made bytes.
The answers below have more, or no end."""

GENERATORS = {
    "openai": {"base_url": "{url}", "profile": {"like": "gpt-image-2"}},
    "gemini": {"base_url": "{url}"},
    "replicate": {"base_url": "{url}"},
    "leonardo": {"base_url": "{url}"},
    "firefly": {"base_url": "{url}", "token_url": "{url}"},
    "automatic1111": {"url": "{url}"},
}
NEEDS = {"openai": "openai", "gemini": "google.genai"}

CHILD = """\
import json, resource, sys, time
from pathlib import Path
from series.generators import load_generator
from series.generators.validate import checked
from series.request import GenerationRequest, Structure, StyleWords

options, count = json.loads(sys.argv[1]), int(sys.argv[2])
request = GenerationRequest("p01", Structure("Mara", "", "", "", (1024, 1024)), (), StyleWords("", ()),
    (), (), (), (), 1)
generator = load_generator(options, folder=Path(), out=Path("out"))
before = 0
for _ in range(count):
    began = time.monotonic()
    outcome = checked(generator.generate(request, "k"), request)
    took = time.monotonic() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    before = before or grown
    kind = outcome.kind.value if hasattr(outcome, "kind") else "pictures"
    print(json.dumps([kind, took, grown - before, getattr(outcome, "reason", "")]), flush=True)
"""
SECRETS = (
    "GEMINI_API_KEY",
    "REPLICATE_API_TOKEN",
    "LEONARDO_API_KEY",
    "FIREFLY_CLIENT_ID",
    "FIREFLY_CLIENT_SECRET",
)


def _raw(head: str, chunks: Callable[[], Iterator[bytes]], pause_s: float = 0.0) -> Answer:
    """Written as it stands, until the other side leaves or a minute is over."""

    def takeover(handler: BaseHTTPRequestHandler) -> None:
        until = time.monotonic() + 60
        handler.wfile.write(head.encode())
        for chunk in chunks():
            if time.monotonic() > until:
                return
            handler.wfile.write(chunk)
            handler.wfile.flush()
            time.sleep(pause_s)

    return Answer(takeover=takeover)


def _forever(data: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: iter(lambda: data, None)


def _json(body: bytes) -> Answer:
    return Answer(body=body, headers={"Content-Type": "application/json"})


@cache
def _bomb(times: int) -> bytes:
    """A quarter of a gigabyte of blanks, packed by gzip so many times."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(256)) + packer.flush()
    for _ in range(times - 1):
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        data = packer.compress(data) + packer.flush()
    return data


def _packed(coding: str, times: int) -> Answer:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    return Answer(body=_bomb(times), headers=headers)


OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ANSWERS: dict[str, Callable[[ContractServer], Answer]] = {
    "200 MB": lambda _: _raw(f"{OK}Content-Length: {200 << 20}\r\n\r\n", _forever(b" " * (1 << 20))),
    "256 MB in 256 KB": lambda _: _packed("gzip", 1),
    "packed twice": lambda _: _packed("gzip, gzip", 2),
    "deep JSON": lambda _: _json(b"[" * 100_000 + b"]" * 100_000),
    "deeper JSON objects": lambda _: _json(b'{"data":' * 100_000),
    "a redirect to itself": lambda server: Answer(302, headers={"Location": f"{server.url}/again"}),
    "chunks without an end": lambda _: _raw(
        f"{OK}Transfer-Encoding: chunked\r\n\r\n", _forever(b"100000\r\n" + b" " * (1 << 20) + b"\r\n")
    ),
    "a body drop by drop": lambda _: _raw(f"{OK}Content-Length: 9999\r\n\r\n", _forever(b" "), 0.1),
    "chunks drop by drop": lambda _: _raw(
        f"{OK}Transfer-Encoding: chunked\r\n\r\n", _forever(b"1\r\n \r\n"), 0.1
    ),
    "headers drop by drop": lambda _: _raw(f"{OK}X-Long: ", _forever(b"a"), 0.1),
    "headers without an end": lambda _: _raw(f"{OK}X-Long: ", _forever(b"a" * 65536)),
    "a header with a line break": lambda _: _raw(
        f"{OK}X-Odd: a\n b\r\nX-Nul: \0\r\nContent-Length: 2\r\n\r\n", lambda: iter([b"[]"])
    ),
    "no HTTP": lambda _: _raw("SSH-2.0-OpenSSH_9.9\r\n", lambda: iter([b"\0" * 99])),
    "less than promised": lambda _: _raw(f"{OK}Content-Length: 99\r\n\r\n", lambda: iter([b'{"data"'])),
}
KINDS = {"malformed", "timeout", "transport", "invalid_request", "no_image", "model_gone"}


class Hostile(ContractServer):
    """Answers each request with the next one of the above, whatever is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Answer] = []

    def answer(self, received: Received) -> Answer:
        return self.answers.pop(0) if self.answers else Answer(500)

    def take(self, received: Received) -> Answer:
        with suppress(OSError):
            return super().take(received)


@pytest.mark.parametrize("name", GENERATORS)
def test_no_answer_takes_all_memory_or_for_ever(name: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(name, "httpx2"), reason=f"needs the SDK of {name}")
    with Hostile() as server:
        server.answers = [Answer(404, {}), *(make(server) for make in ANSWERS.values())]
        told = _asked(name, server.url, len(server.answers), tmp_path)
    for case, (kind, took, grown, reason) in zip(ANSWERS, told[1:], strict=True):
        assert kind in KINDS, (case, reason)
        assert took < TIMEOUT_S + LATE_S, case
        assert grown < GROWN_MB, case
        assert len(reason) <= 500, case
        assert reason.isprintable(), case


@pytest.mark.parametrize("name", ["openai", "gemini", "automatic1111"])
def test_a_picture_that_says_it_is_huge_is_never_unpacked(name: str, tmp_path: Path) -> None:
    pytest.importorskip(NEEDS.get(name, "httpx2"), reason=f"needs the SDK of {name}")
    import base64

    coded = base64.b64encode(huge_png(60_000)).decode()
    part = {"inlineData": {"mimeType": "image/png", "data": coded}}
    bodies = {
        "openai": {"data": [{"b64_json": coded}]},
        "gemini": {"candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}]},
        "automatic1111": {"images": [coded]},
    }
    with Hostile() as server:
        server.answers = [Answer(404, {}), Answer(body=bodies[name])]
        _, (kind, took, grown, reason) = _asked(name, server.url, 2, tmp_path)
    assert (kind, "60000" in reason.replace(",", "")) == ("malformed", True)
    assert took < LATE_S
    assert grown < 100


def huge_png(side: int) -> bytes:
    """A PNG of a few hundred kilobytes with so many rows and columns of black."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    packer = zlib.compressobj(9)
    rows = packer.compress(b"\0" * (side // 8 + 1) * 1000) * 1 + packer.flush()

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _asked(name: str, url: str, count: int, folder: Path) -> list[list]:
    """What came of so many requests: kind, seconds, megabytes that the process has grown by, reason."""
    options = {
        "name": name,
        "timeout_s": TIMEOUT_S,
        **json.loads(json.dumps(GENERATORS[name]).replace("{url}", url)),
    }
    ran = subprocess.run(
        [sys.executable, "-c", CHILD, json.dumps(options), str(count)],
        check=False,
        cwd=folder,
        env={
            **os.environ,
            **dict.fromkeys(SECRETS, "a-key-of-the-test"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return [json.loads(line) for line in ran.stdout.splitlines()]
