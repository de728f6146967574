"""A client of HTTP in, the same with one end of time for all of a request out: connecting, headers, body.

The timeouts of HTTP clients are those of one read: a server that sends a byte a second meets none of them and
would hold a thread for ever.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any

_until: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever a `hurried` client does inside ends after so many seconds, with the client's own timeout
    error. For this thread."""
    token = _until.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _until.reset(token)


def hurried(client: Any) -> Any:  # noqa: ANN401 - a type of a package that may be missing
    """The client of `httpx2` or its elder, which keeps to `within` from now on."""
    # There is no public way to its sockets; without this one the timeout of each read is left.
    transports = [getattr(client, "_transport", None), *getattr(client, "_mounts", {}).values()]
    for transport in transports:
        pool: Any = getattr(transport, "_pool", None)
        if hasattr(pool, "_network_backend"):
            errors = importlib.import_module(type(pool).__module__.partition(".")[0])
            pool._network_backend = _Backend(pool._network_backend, errors)  # noqa: SLF001
    return client


class _Stream:
    """A connection. Has the methods of `httpcore2.NetworkStream`."""

    def __init__(self, stream: Any, errors: ModuleType) -> None:  # noqa: ANN401
        self._stream, self._errors = stream, errors

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data: bytes = self._stream.read(max_bytes, timeout=_shorter(timeout, "ReadTimeout", self._errors))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=_shorter(timeout, "WriteTimeout", self._errors))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: Any,  # noqa: ANN401
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _Stream:
        left = _shorter(timeout, "ConnectTimeout", self._errors)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout=left), self._errors)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        return self._stream.get_extra_info(info)


class _Backend:
    """Makes connections. Has the methods of `httpcore2.NetworkBackend`."""

    def __init__(self, backend: Any, errors: ModuleType) -> None:  # noqa: ANN401
        """errors: the package whose errors say that the time is up."""
        self._backend, self._errors = backend, errors

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **more: Any) -> _Stream:  # noqa: ANN401
        left = _shorter(timeout, "ConnectTimeout", self._errors)
        return _Stream(self._backend.connect_tcp(host, port, timeout=left, **more), self._errors)

    def connect_unix_socket(self, path: str, timeout: float | None = None, **more: Any) -> _Stream:  # noqa: ANN401
        left = _shorter(timeout, "ConnectTimeout", self._errors)
        return _Stream(self._backend.connect_unix_socket(path, timeout=left, **more), self._errors)

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


def _shorter(timeout: float | None, error: str, errors: ModuleType) -> float | None:
    """The timeout, or what is left until the end, if that is less. Raises the error of this name when nothing
    is left."""
    until = _until.get()
    if until is None:
        return timeout
    left = until - time.monotonic()
    if left <= 0:
        raise getattr(errors, error)("the time for the whole request is up")
    return left if timeout is None else min(timeout, left)
