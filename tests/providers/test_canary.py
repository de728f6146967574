"""Keys that sing when they are seen: runs by the command line, then a search of all bytes that are left.

For each provider that takes a secret, once with one that looks like a key and once with one that looks like
plain words. The server knows the key, and says it back in all its errors.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import re
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import automatic1111_server
import cv2
import firefly_server
import gemini_server
import leonardo_server
import numpy as np
import pytest
import replicate_server
from contract import Answer, ContractServer, Fault
from openai_server import OpenAIServer

from series.generators.catalogue import catalogue

pytest.importorskip("httpx2", reason="needs the extra http")

KEYS = ("sk-canary7Qw9Zx3Vb5Nm1Kj8Hg6Fd4Sa2Pq0", "r8_Canary5Tg7Yh9Uj1Ik3Ol5Pa7Sd9Fg1Hj")
"""Look like keys."""
WORDS = ("seventeen tawny owls & a <lamp>", 'eleven quiet "herons" at dusk; 50%')
"""Look like none, and stand otherwise in JSON, HTML and addresses."""
PIECE = 12
"""Characters of a secret that are too much already."""
MANIFEST = """\
version: 1
series: Tiny
size: [1024, 768]
generator: {generator}
budget: {{usd: 50, attempts: 1}}
characters: {{mara: {{references: [mara.png], palette: {{coat: "#c8322e"}}}}}}
panels: [{panels}]
"""
TIMEOUT_S = 2.0
"""Seconds: a job of the hosted models is asked for after one second."""


@dataclass(frozen=True)
class Provider:
    """One that takes secrets."""

    secrets: tuple[str, ...]
    """Environment variables."""
    serve: Callable[[tuple[str, ...], pytest.MonkeyPatch], ContractServer]
    """A server that takes these keys."""
    options: str
    """Of the manifest; {url} is the server's."""


def _openai(keys: tuple[str, ...], _patch: pytest.MonkeyPatch) -> ContractServer:
    pytest.importorskip("openai", reason='needs pip install "series-consistency[openai]"')
    return OpenAIServer(key=keys[0])


def _gemini(keys: tuple[str, ...], patch: pytest.MonkeyPatch) -> ContractServer:
    pytest.importorskip("google.genai", reason='needs pip install "series-consistency[gemini]"')
    patch.setattr(gemini_server, "KEY", keys[0])
    return gemini_server.GeminiServer()


def _replicate(keys: tuple[str, ...], patch: pytest.MonkeyPatch) -> ContractServer:
    patch.setattr(replicate_server, "TOKEN", keys[0])
    return _quick(replicate_server.ReplicateServer())


def _leonardo(keys: tuple[str, ...], patch: pytest.MonkeyPatch) -> ContractServer:
    patch.setattr(leonardo_server, "KEY", keys[0])
    return _quick(leonardo_server.LeonardoServer())


def _firefly(keys: tuple[str, ...], patch: pytest.MonkeyPatch) -> ContractServer:
    patch.setattr(firefly_server, "CLIENT", keys[0])
    patch.setattr(firefly_server, "SECRET", keys[1])
    return _quick(firefly_server.FireflyServer())


def _webui(keys: tuple[str, ...], _patch: pytest.MonkeyPatch) -> ContractServer:
    return automatic1111_server.WebuiServer(auth=keys[0])


def _quick(server):
    server.rounds = 1
    return server


PACE = f"concurrency: 1, requests_per_minute: 6000, timeout_s: {TIMEOUT_S}"
PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(
        ("CONTRACT_KEY",),
        _openai,
        "base_url: '{url}/v1', profile: {{like: gpt-image-2, secret: CONTRACT_KEY}}, " + PACE,
    ),
    "gemini": Provider(("GEMINI_API_KEY",), _gemini, "base_url: '{url}', " + PACE),
    "replicate": Provider(("REPLICATE_API_TOKEN",), _replicate, "base_url: '{url}/v1', " + PACE),
    "leonardo": Provider(("LEONARDO_API_KEY",), _leonardo, "base_url: '{url}/api/rest', " + PACE),
    "firefly": Provider(
        ("FIREFLY_CLIENT_ID", "FIREFLY_CLIENT_SECRET"),
        _firefly,
        "base_url: '{url}', token_url: '{url}', " + PACE,
    ),
    "automatic1111": Provider(("AUTOMATIC1111_AUTH",), _webui, f"url: '{{url}}', timeout_s: {TIMEOUT_S}"),
}


def test_every_provider_with_a_secret_is_here() -> None:
    assert {name for name, one in catalogue().providers.items() if one.secrets} <= set(PROVIDERS)


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A function that runs a series of one provider while its server has these faults. → secrets that were
    found in all that is left of it."""

    def run(
        name: str, canaries: tuple[str, ...], faults: Callable[..., list], *, panels: int, looks: bool = False
    ) -> list[str]:
        provider = PROVIDERS[name]
        canaries = canaries[: len(provider.secrets)]
        said = tuple(f"mara:{one}" for one in canaries) if name == "automatic1111" else canaries
        environment = dict(zip(provider.secrets, said, strict=True))
        bugs = tmp_path / "bugs"
        bugs.mkdir()
        with provider.serve(said, monkeypatch) as server:
            generator = f"{{name: {name}, {provider.options.format(url=server.url)}}}"
            manifest = _series(tmp_path / "series", generator, panels=panels)
            server.faults += faults(said)
            printed = [_series_command("run", manifest, environment, bugs, "--workers", "1")]
            assert not server.faults
        printed += [
            _series_command(command, manifest, environment, bugs, *more)
            for command, *more in (_looks(tmp_path) if looks else ())
        ]
        left = [path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file()]
        books = "".join(map(_dumped, tmp_path.rglob("*.sqlite*")))
        assert "***" in books
        assert "(401)" in books or "401" in printed[0]
        urls = [str(received.query) + received.path for received in server.received]
        return _sung([*left, *(text.encode() for text in (books, *printed, *urls))], canaries)

    return run


def _looks(folder: Path) -> list[tuple[str, ...]]:
    """The commands that show what a run left."""
    files = [part for kind in ("html", "json", "junit", "csv") for part in _file(folder, kind)]
    return [
        ("status", "--json", str(folder / "status.json")),
        ("report", *files, "--workers", "1"),
        ("judge", "--json", str(folder / "judge.json")),
        ("lock",),
    ]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_wrong_key_that_the_server_says_back_is_shown_nowhere(name: str, go: Callable) -> None:
    assert not go(name, KEYS, lambda said: [_refused(said)], panels=1)


@pytest.mark.parametrize("name", PROVIDERS)
def test_words_that_are_a_key_are_in_nothing_that_a_run_leaves(name: str, go: Callable) -> None:
    def faults(said: tuple[str, ...]) -> list:
        return [
            Fault(503, f"<html>{_echo(said)}", {"Retry-After": "0", "X-Sent": _header(said)}),
            None,
            Fault(body={}, wait_s=TIMEOUT_S + 1),
            Fault(400, {"error": {"message": _echo(said)}, "detail": _echo(said), "error_code": "odd"}),
            _refused(said),
        ]

    # What a run leaves is of one shape: the commands that read it need one look at it.
    assert not go(name, WORDS, faults, panels=4, looks=name == "replicate")


BROKEN = """\
from series.generators import load_generator
from series.generators.credentials import need_secret

class Broken:
    def __init__(self, inner):
        self.inner = inner
        self.abilities, self.pacing, self.name = inner.abilities, inner.pacing, "broken"
    def ready(self):
        {ready}
    def price(self, request):
        return 0.0
    def generate(self, request, key):
        {generate}

def make(options, *, folder, out):
    {make}
    return Broken(load_generator({{"name": "previz"}}, folder=folder, out=out))
"""
RAISE = "raise RuntimeError('sent ' + need_secret('BROKEN_KEY', 'generator broken').value)"


@pytest.mark.parametrize(("where", "code"), [("make", 2), ("ready", 3), ("generate", 2)])
def test_an_exception_that_holds_a_key_is_told_without_it(where: str, code: int, tmp_path: Path) -> None:
    canary = WORDS[0]
    package, bugs, series = tmp_path / "package", tmp_path / "bugs", tmp_path / "series"
    (package / "broken-1.dist-info").mkdir(parents=True)
    bugs.mkdir()
    parts = {part: RAISE if part == where else "pass" for part in ("make", "ready", "generate")}
    (package / "broken.py").write_text(BROKEN.format(**parts), encoding="utf-8")
    (package / "broken-1.dist-info/METADATA").write_text("Name: broken\nVersion: 1\n", encoding="utf-8")
    points = "[series.generators]\nbroken = broken:make\n"
    (package / "broken-1.dist-info/entry_points.txt").write_text(points, encoding="utf-8")
    manifest = _series(series, "{name: broken}", panels=1)
    environment = {"BROKEN_KEY": canary, "PYTHONPATH": str(package)}
    printed = _series_command("run", manifest, environment, bugs, "--workers", "1")
    assert f"exit {code}\n" in printed
    logs = list(bugs.iterdir())
    assert len(logs) == (where == "ready")
    left = [path.read_bytes() for path in (*logs, *series.rglob("*")) if path.is_file()]
    books = "".join(map(_dumped, series.rglob("*.sqlite*")))
    assert not _sung([*left, printed.encode(), books.encode()], (canary,))
    assert "***" in printed + books + "".join(path.read_text() for path in logs)


def test_the_search_finds_what_is_packed() -> None:
    """The searcher of this file: else it could find nothing."""
    secret = WORDS[0]
    packed = base64.b64encode(gzip.compress(f"<b>{html.escape(secret)}</b>".encode()))
    for data in (secret.encode(), b"data:x;base64," + packed + b"'", b"abc" + zlib.compress(secret.encode())):
        assert _sung([b"nothing", data], WORDS)
    assert not _sung([b"nothing at all", os.urandom(999), zlib.compress(b"nothing")], (*WORDS, *KEYS))


# --- what is done -----------------------------------------------------------------------------------------


def _series(folder: Path, generator: str, *, panels: int) -> Path:
    folder.mkdir()
    pixels = np.full((120, 100, 3), 246, np.uint8)
    pixels[40:, 30:70] = (46, 50, 200)
    cv2.circle(pixels, (50, 24), 16, (168, 203, 243), -1)
    cv2.imwrite(str(folder / "mara.png"), pixels)
    listed = ", ".join(
        f"{{id: p{n:02}, scene: Mara waits {n} times, characters: [mara]}}" for n in range(1, panels + 1)
    )
    (folder / "series.yaml").write_text(MANIFEST.format(generator=generator, panels=listed), encoding="utf-8")
    return folder / "series.yaml"


def _series_command(
    command: str, manifest: Path, environment: Mapping[str, str], bugs: Path, *more: str
) -> str:
    """All that it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "series", command, str(manifest), *more],
        check=False,
        # The SDKs' own logs are asked for too.
        env={**os.environ, "TMPDIR": str(bugs), "OPENAI_LOG": "debug", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    return f"{ran.stdout}\n{ran.stderr}\nexit {ran.returncode}\n"


def _file(folder: Path, kind: str) -> tuple[str, str]:
    return f"--{kind}", str(folder / f"report.{kind}")


def _echo(said: tuple[str, ...]) -> str:
    """Each secret in each writing, so often that a text which is cut anywhere is cut within one."""
    once = " | ".join(
        writing
        for one in said
        for writing in (one, html.escape(one), quote(one), quote_plus(one), _b64(one), one.rpartition(":")[2])
    )
    return f"you sent {once}, " + f"{once} {' ' * 700}" * 40


def _refused(said: tuple[str, ...]) -> Answer:
    words = f"Incorrect API key provided: {_echo(said)}"
    body = {
        "error": {"message": words, "code": 401},
        "detail": words,
        "message": words,
        "error_code": said[0],
    }
    return Answer(401, body, {"WWW-Authenticate": f"Basic {_header(said)}"})


def _header(said: tuple[str, ...]) -> str:
    return " ".join((said[0], _b64(said[0])))


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


# --- what is searched -------------------------------------------------------------------------------------


def _sung(places: list[bytes], canaries: tuple[str, ...]) -> list[str]:
    """Which beginnings and ends of secrets are in one of them, whatever they are packed in."""
    signs = {
        piece
        for one in canaries
        for writing in (one, html.escape(one), quote(one), quote_plus(one), _b64(one), json.dumps(one)[1:-1])
        for piece in (writing[:PIECE], writing[-PIECE:].rstrip("="))
    }
    wanted = [sign.casefold().encode() for sign in signs]
    return [
        sign.decode()
        for place in places
        for text in _unpacked(place)
        for sign in wanted
        if sign in text.lower()
    ]


def _unpacked(data: bytes, depth: int = 2) -> Iterator[bytes]:
    """The bytes, and whatever is in them as base64, zlib or gzip."""
    yield data
    if depth == 0:
        return
    for run in re.finditer(rb"[A-Za-z0-9+/_-]{24,}", data):
        text = run[0].replace(b"-", b"+").replace(b"_", b"/")
        yield from _unpacked(base64.b64decode(text[: len(text) // 4 * 4]), depth - 1)
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", data):
        with suppress(zlib.error):
            yield from _unpacked(zlib.decompressobj(47).decompress(data[start.start() :], 1 << 24), depth - 1)


def _dumped(path: Path) -> str:
    """A database as text: a row that is long lies in pieces in its file."""
    if not path.read_bytes().startswith(b"SQLite format 3"):
        return ""
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump())
