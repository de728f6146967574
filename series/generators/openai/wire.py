"""A request's fields in, the bounded answer out, sent once by the official SDK; or what broke on the way.

The SDK's own retries are off (`series.generators.patience` has them), its reading of answers is not used: it
takes wrong shapes for answers, and reads without a bound. No redirect is followed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from series.errors import GeneratorError
from series.generators.credentials import need_secret
from series.generators.deadline import hurried, within
from series.generators.generator import Failed, FailureKind
from series.generators.http import CONNECT_S, LARGEST, Reply, is_loopback, refused_coding
from series.generators.openai.service import NO_SECRET, PROVIDER, Service
from series.masking import one_line

if TYPE_CHECKING:
    import openai

INSTALL = 'pip install "series-consistency[openai]"'
OLDEST = (3, 50)
"""The first version of the SDK that this was written against."""
ERROR_BYTES = 64 << 10
"""Bytes of an error's body that are read: its message has some hundred."""
_UNSENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "ProxyError"})
"""Errors before anything was sent, by the names that the SDK's client gives them."""

Picture = tuple[str, bytes, str]
"""File name, bytes, media type."""


class Wire:
    """Sends to one service. Safe in many threads."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._made: openai.OpenAI | None = None
        self._lock = threading.Lock()

    def client(self) -> openai.OpenAI:
        """Made with the first call. Raises GeneratorError without SDK or key."""
        with self._lock:
            if self._made is None:
                self._made = _client(self._service)
            return self._made

    def generate(self, fields: Mapping[str, Any], pictures: int) -> Reply | Failed:
        """JSON to /images/generations. pictures: how many may come back. → the answer, whatever its status,
        TIMEOUT, TRANSPORT or MALFORMED (too large)."""
        return self._sent(pictures, self.client().images.with_streaming_response.generate, fields)

    def edit(self, fields: Mapping[str, Any], pictures: int) -> Reply | Failed:
        """Multipart to /images/edits, the same way. fields: with image and mask."""
        return self._sent(pictures, self.client().images.with_streaming_response.edit, fields)

    def _sent(self, pictures: int, send: Any, fields: Mapping[str, Any]) -> Reply | Failed:  # noqa: ANN401
        largest = LARGEST * max(1, pictures)
        until = time.monotonic() + self._service.pacing.timeout_s
        try:
            with within(self._service.pacing.timeout_s), send(**fields) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return _whole(answer.status_code, headers, answer.iter_bytes(), largest, until)
        except Exception as error:
            found = _what_broke(error)
            if found is None:
                raise
            return found


class _PackedError(Exception):
    """An answer that is not unpacked."""


class _RefusedError(Exception):
    """An answer with an error status, taken from the SDK before it reads it without a bound."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(f"HTTP {reply.status}")


def _client(service: Service) -> openai.OpenAI:
    try:
        import openai
    except ImportError as error:
        raise GeneratorError(f"generator {PROVIDER} needs the extra openai: {INSTALL}") from error
    if not _recent(openai.VERSION):
        raise GeneratorError(
            f"generator {PROVIDER} needs openai 3.50 or later, not {openai.VERSION}: {INSTALL}"
        )
    owner = f"generator {service.name}"
    key = NO_SECRET if service.secret == NO_SECRET else need_secret(service.secret, owner).value
    timeout = openai.Timeout(service.pacing.timeout_s, connect=min(CONNECT_S, service.pacing.timeout_s))
    headers: dict[str, Any] = {
        "Authorization": f"Bearer {key}"
    }  # else OPENAI_CUSTOM_HEADERS could set another
    if service.row is None:  # the account at OpenAI stands in the environment, and is no router's business
        headers |= {"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()}
    return openai.OpenAI(
        api_key=key,
        base_url=service.base_url,
        timeout=timeout,
        max_retries=0,
        default_headers=headers,
        http_client=hurried(
            openai.DefaultHttpxClient(
                timeout=timeout,
                follow_redirects=False,
                trust_env=not is_loopback(service.base_url),
                event_hooks={"response": [_refuse]},
            )
        ),
    )


def _recent(version: str) -> bool:
    parts = version.split(".")[:2]
    return all(part.isdigit() for part in parts) and tuple(map(int, parts)) >= OLDEST


def _refuse(response: Any) -> None:  # noqa: ANN401 - httpx2's, which is not imported here
    """Called by the client with each answer before its body is read."""
    packed = refused_coding(response.headers)
    if packed:
        raise _PackedError(packed)
    if response.is_success:
        return
    body = bytearray()
    with suppress(Exception), closing(response):  # a refusal whose body breaks off is still one
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > ERROR_BYTES:
                break
    headers = {name.lower(): value for name, value in response.headers.items()}
    raise _RefusedError(Reply(response.status_code, headers, bytes(body[:ERROR_BYTES])))


def _whole(
    status: int, headers: Mapping[str, str], chunks: Iterable[bytes], largest: int, until: float
) -> Reply | Failed:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > largest:
            return Failed(FailureKind.MALFORMED, f"an answer of more than {largest >> 20} MB")
        if time.monotonic() > until:  # drop by drop no read times out
            return Failed(FailureKind.TIMEOUT, "the answer did not end in time")
    return Reply(status, headers, bytes(body))


def _what_broke(error: BaseException) -> Reply | Failed | None:
    """None for an error that is none of the transport."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__) is not None and len(chain) < 5:
        chain.append(cause)
    for one in chain:
        if isinstance(one, _RefusedError):
            return one.reply
        if isinstance(one, _PackedError):
            return Failed(FailureKind.MALFORMED, str(one))
    names = {cls.__name__ for one in chain for cls in type(one).__mro__}
    said = one_line(str(chain[-1]), 250) or type(chain[-1]).__name__
    if names & _UNSENT:
        return Failed(FailureKind.TRANSPORT, f"no connection: {said}"[:300])
    if names & {"TimeoutException", "APITimeoutError"}:
        return Failed(FailureKind.TIMEOUT, "no answer in time")
    if names & {"HTTPError", "APIConnectionError"}:
        # It was sent, and the answer broke off: the picture may have been made.
        return Failed(FailureKind.TIMEOUT, f"the answer broke off: {said}"[:300])
    return None
