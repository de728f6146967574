"""A loopback HTTP server that serves models as well, or as badly, as a test asks for; and models made up."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from consistency import Model
from consistency.encoders.catalogue import ModelFile


@dataclass
class Page:
    """What the server does with one path."""

    body: bytes = b""
    ranges: bool = True
    """Whether it answers a Range with the rest."""
    cut: int | None = None
    """Bytes after which it closes the connection, once."""
    stated: int | None = None
    """Content-Length, where it lies; -1 leaves it out."""
    redirect: str = ""
    status: int = 200
    shift: int = 0
    """How far an answered Range is off."""


@dataclass
class Server:
    """Pages by path, and the requests that came."""

    address: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and Range of each request."""

    def put(self, path: str, **page) -> str:
        """→ the address of a new page."""
        self.pages[path] = Page(**page)
        return self.address + path


class _Handler(BaseHTTPRequestHandler):
    server: _Listening

    def do_GET(self) -> None:
        told = self.headers.get("Range", "")
        self.server.told.asked.append((self.path, told))
        page = self.server.told.pages.get(self.path)
        if page is None:
            self.send_error(404)
            return
        if page.redirect:
            self.send_response(302)
            self.send_header("Location", page.redirect)
            self.end_headers()
            return
        if page.status != 200:
            self.send_error(page.status)
            return
        self._send(page, told)

    def _send(self, page: Page, told: str) -> None:
        start = int(told.removeprefix("bytes=").removesuffix("-")) if told and page.ranges else 0
        if start and start >= len(page.body):
            self.send_error(416)
            return
        body = page.body[start:]
        self.send_response(206 if start else 200)
        if start:
            first = start + page.shift
            self.send_header("Content-Range", f"bytes {first}-{len(page.body) - 1}/{len(page.body)}")
        stated = len(body) if page.stated is None else page.stated
        if stated >= 0:
            self.send_header("Content-Length", str(stated))
        self.end_headers()
        cut, page.cut = page.cut, None
        self.wfile.write(body[:cut])

    def log_message(self, *_: object) -> None:
        pass


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    told: Server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "*")
    listening = _Listening(("127.0.0.1", 0), _Handler)
    listening.told = Server(f"http://127.0.0.1:{listening.server_port}")
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield listening.told
    listening.shutdown()
    listening.server_close()
    thread.join()


@pytest.fixture
def a_model():
    """Builds a catalogue entry of files."""

    def build(*files: ModelFile, **fields) -> Model:
        given = {
            "name": "tiny",
            "task": "faces",
            "license": "CC0-1.0",
            "commercial": "yes",
            "runtime": "none",
            "source": "this test",
            **fields,
        }
        return Model(files=files, **given)

    return build


@pytest.fixture
def sha256():
    return lambda content: hashlib.sha256(content).hexdigest()
