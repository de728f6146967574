"""A loopback server that answers as a provider does, faults included, and remembers every request.

Each provider's server subclasses `ContractServer` and answers good requests; faults are planned by the test:

    with OpenAIServer() as server:
        server.faults += [Fault(429, headers={"Retry-After": "2"}, body=...), None]   # None: answer well
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Part:
    """One part of a multipart body."""

    name: str
    filename: str
    type: str
    data: bytes


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    at: float
    """Monotonic seconds."""

    def json(self) -> dict:
        return json.loads(self.body)

    def parts(self) -> list[Part]:
        """Of a multipart body."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [
            Part(
                part.get_param("name", header="content-disposition"),
                part.get_filename() or "",
                part.get_content_type(),
                part.get_payload(decode=True),
            )
            for part in message.iter_parts()
        ]


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    status: int = 200
    body: bytes | dict | list | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    """Seconds before it is sent."""
    cut: int = 0
    """Bytes that are promised and never sent: a truncated body."""
    takeover: Callable[[BaseHTTPRequestHandler], None] | None = None
    """Speaks on the connection in place of all that: a WebSocket."""


Fault = Answer
"""The same, planned in place of a good answer."""


class ContractServer:
    """Serves on 127.0.0.1 while it is entered. Subclasses define `answer`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        """Every request, in the order of arrival."""
        self.faults: deque[Answer | None] = deque()
        """Taken one a request, first come first served; None answers that one well."""
        self.latency_s = 0.0
        """Seconds that a good answer takes."""
        self.in_flight: list[tuple[float, int]] = []
        """(monotonic seconds, requests in flight) at every change."""
        self._lock, self._open = threading.Lock(), 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, received: Received) -> Answer:
        raise NotImplementedError

    def faulty(self, received: Received) -> bool:
        """Whether a planned fault is for this request; a subclass leaves polls and downloads alone."""
        return True

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, received: Received) -> Answer:
        with self._lock:
            self.received.append(received)
            self._open += 1
            self.in_flight.append((received.at, self._open))
            fault = self.faults.popleft() if self.faults and self.faulty(received) else None
        try:
            if fault is not None:
                time.sleep(fault.wait_s)
                return fault
            answer = self.answer(received)
            time.sleep(self.latency_s + answer.wait_s)
            return answer
        finally:
            with self._lock:
                self._open -= 1
                self.in_flight.append((time.monotonic(), self._open))


def _handler_of(server: ContractServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            answer = server.take(
                Received(
                    self.command,
                    url.path,
                    parse_qs(url.query),
                    {name.lower(): value for name, value in self.headers.items()},
                    self.rfile.read(length),
                    time.monotonic(),
                )
            )
            if answer.takeover is not None:
                self.close_connection = True
                with suppress(OSError):
                    answer.takeover(self)
                return
            body = answer.body
            headers = dict(answer.headers)
            if isinstance(body, dict | list):
                body, headers = json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
            elif isinstance(body, str):
                body, headers = body.encode(), {"Content-Type": "text/html", **headers}
            try:
                self.send_response(answer.status)
                for name, value in {"Content-Length": str(len(body) + answer.cut), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # the client left
                self.close_connection = True
            if answer.cut:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = _serve

        def log_message(self, *_: object) -> None:
            pass

    return Handler
