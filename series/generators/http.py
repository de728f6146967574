"""A request to a provider in, its bounded answer or a typed failure out. Needs the extra `http`.

The one module of this package that opens connections by itself; SDKs open their own. Nothing is retried
here (see `patience`), no redirect is followed with a key, no answer is larger than stated.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from series.errors import GeneratorError
from series.generators.deadline import hurried, within
from series.generators.generator import Failed, FailureKind
from series.masking import masked, one_line

if TYPE_CHECKING:
    import httpx2

INSTALL: Final = 'pip install "series-consistency[http]"'
CONNECT_S: Final = 10.0
"""Seconds to connect: a provider that is up answers within one."""
LARGEST: Final = 64 << 20
"""Bytes of one answer: the largest picture of a hosted model in use (3840 × 2160, PNG) has 25 MB, and base64
adds a third."""
CODINGS: Final = "gzip, deflate"
"""What an answer may be packed with: a piece of 64 KB of these has at most 64 MB in it."""
_UNPACKED: Final = frozenset({"", "identity", "gzip", "deflate"})
SHOWN: Final = 300
"""Characters of an error's text that are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Reply:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> object:
        """The body as JSON; None where it is none, or nested beyond reading."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


class HttpClient:
    """Sends requests to one provider. Safe in many threads."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float,
        largest: int = LARGEST,
        hosts: Collection[str] = (),
    ) -> None:
        """base_url: scheme, host and the path that all requests begin with. headers: sent with each, keys
        included. timeout_s: for one answer, from connecting to its last byte. hosts: of the same provider,
        which may see the keys too, as in `fetch`. Raises GeneratorError without the extra, and for an address
        that is none."""
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise GeneratorError(f"{masked(base_url)}: expected an address like https://host/path")
        self.base_url = base_url.rstrip("/")
        self._largest, self._hosts = largest, tuple(hosts)
        self._timeout_s = timeout_s
        self._client = self._made(dict(headers or {}))
        # Pictures come from other hosts than answers: those must never see the provider's key.
        self._plain = self._made({})

    def send(
        self,
        method: str,
        path: str,
        *,
        payload: object = None,
        fields: Mapping[str, str] | None = None,
        files: Collection[tuple[str, tuple[str, bytes, str]]] = (),
        content: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply | Failed:
        """payload: sent as JSON. fields and files: sent as multipart; a file is (field, (name, bytes, type)).
        content: sent as it is.

        → the answer, whatever its status, or TIMEOUT, TRANSPORT or MALFORMED (too large).
        """
        url = path if path.startswith(("http://", "https://")) else f"{self.base_url}/{path.lstrip('/')}"
        if not self._is_own(url) and not may_fetch(url, self._hosts):
            return Failed(FailureKind.MALFORMED, f"refused to send to another host: {_host(url)}")
        try:
            request = self._client.build_request(
                method,
                url,
                json=payload,
                data=dict(fields) if fields else None,
                files=list(files) or None,
                content=content,
                params=dict(query) if query else None,
                headers=dict(headers) if headers else None,
            )
        except _httpx().InvalidURL:
            return _no_address(url)
        return self._bounded(self._client, request)

    def hand_over(
        self,
        url: str,
        *,
        fields: Mapping[str, str],
        files: Collection[tuple[str, tuple[str, bytes, str]]],
        hosts: Collection[str],
    ) -> Reply | Failed:
        """Upload to where a provider says, as multipart, without any key. hosts: as in `fetch`."""
        if not may_fetch(url, hosts, near=self.base_url):
            return Failed(FailureKind.MALFORMED, f"refused to upload to {_host(url)}, which is not allowed")
        try:
            request = self._plain.build_request("POST", url, data=dict(fields), files=list(files))
        except _httpx().InvalidURL:
            return _no_address(url)
        return self._bounded(self._plain, request)

    def fetch(self, url: str, *, hosts: Collection[str]) -> bytes | Failed:
        """A picture that an answer names by address. hosts: host names that it may come from, a leading dot
        for all below one (".replicate.delivery"). https only, but on this machine. Sent without any key."""
        if not may_fetch(url, hosts, near=self.base_url):
            return Failed(FailureKind.MALFORMED, f"the picture lies at {_host(url)}, which is not allowed")
        try:
            request = self._plain.build_request("GET", url)
        except _httpx().InvalidURL:
            return _no_address(url)
        reply = self._bounded(self._plain, request)
        if isinstance(reply, Failed):
            return reply
        if reply.status != 200:
            return Failed(FailureKind.MALFORMED, f"{_host(url)} answered {reply.status} for the picture")
        return reply.body

    @contextmanager
    def listen(self, path: str, *, timeout_s: float) -> Iterator[Iterator[str]]:
        """The text messages of a WebSocket, as they come; binary ones are left out. The messages end when the
        other side hangs up, when none came for timeout_s, or when one is too large. Raises OSError and
        TimeoutError where no connection comes about."""
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect

        url = f"ws{self.base_url.removeprefix('http')}/{path.lstrip('/')}"
        proxy: Literal[True] | None = None if is_loopback(self.base_url) else True
        try:
            with connect(url, open_timeout=CONNECT_S, max_size=self._largest, proxy=proxy) as socket:

                def messages() -> Iterator[str]:
                    while True:
                        try:
                            message = socket.recv(timeout=timeout_s)
                        except (TimeoutError, WebSocketException):
                            return
                        if isinstance(message, str):
                            yield message

                yield messages()
        except WebSocketException as error:
            raise OSError(_said(error)) from error

    def close(self) -> None:
        """End all connections."""
        self._client.close()
        self._plain.close()

    def _is_own(self, url: str) -> bool:
        try:
            one, own = urlsplit(url), urlsplit(self.base_url)
        except ValueError:
            return False
        return (one.scheme, one.netloc) == (own.scheme, own.netloc)

    def _made(self, headers: Mapping[str, str]) -> httpx2.Client:
        httpx = _httpx()
        client: httpx2.Client = hurried(
            httpx.Client(
                headers={**headers, "Accept-Encoding": CODINGS},
                timeout=httpx.Timeout(self._timeout_s, connect=min(CONNECT_S, self._timeout_s)),
                follow_redirects=False,
                # A proxy of the environment is none for this machine.
                trust_env=not is_loopback(self.base_url),
            )
        )
        return client

    def _bounded(self, client: httpx2.Client, request: httpx2.Request) -> Reply | Failed:
        httpx = _httpx()
        where = request.url.host
        try:
            with within(self._timeout_s), closing(client.send(request, stream=True)) as answer:
                body = self._body(answer, where)
        except httpx.ConnectTimeout:
            return Failed(FailureKind.TRANSPORT, f"{where}: no connection in {CONNECT_S:g} s")
        except httpx.TimeoutException:
            return Failed(FailureKind.TIMEOUT, f"{where}: no answer in time")
        except (httpx.ConnectError, httpx.UnsupportedProtocol) as error:
            return Failed(FailureKind.TRANSPORT, f"{where}: {_said(error)}")
        except httpx.HTTPError as error:
            # It was sent, and the answer broke off: the picture may have been made.
            kind = FailureKind.TIMEOUT if request.method == "POST" else FailureKind.TRANSPORT
            return Failed(kind, f"{where}: the answer broke off: {_said(error)}")
        if isinstance(body, Failed):
            return body
        return Reply(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body)

    def _body(self, answer: httpx2.Response, where: str) -> bytes | Failed:
        refusal = refused_coding(answer.headers)
        if refusal:
            return Failed(FailureKind.MALFORMED, f"{where}: {refusal}")
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > self._largest:
                reason = f"{where}: an answer of more than {self._largest >> 20} MB"
                return Failed(FailureKind.MALFORMED, reason)
        return bytes(body)


def refused(reply: Reply, said: str = "") -> Failed:
    """What an answer with an error status means by itself. said: the provider's own words."""
    words = one_line(said, SHOWN)
    reason = f"HTTP {reply.status}{': ' + words if words else ''}"
    kinds = {
        400: FailureKind.INVALID_REQUEST,
        401: FailureKind.AUTH,
        402: FailureKind.QUOTA,
        403: FailureKind.AUTH,
        404: FailureKind.MODEL_GONE,
        # A gateway's word that nobody answered in time: the picture may be made and billed all the same.
        408: FailureKind.TIMEOUT,
        499: FailureKind.TIMEOUT,
        504: FailureKind.TIMEOUT,
        522: FailureKind.TIMEOUT,
        524: FailureKind.TIMEOUT,
        410: FailureKind.MODEL_GONE,
        422: FailureKind.INVALID_REQUEST,
        429: FailureKind.RATE_LIMITED,
    }
    fallback = FailureKind.TRANSPORT if reply.status >= 500 else FailureKind.INVALID_REQUEST
    return Failed(kinds.get(reply.status, fallback), reason, wait_s=retry_after_s(reply.headers))


def unsent(failed: Failed) -> Failed:
    """A failure before anything was asked for, of an upload or a token: it leaves no money unknown, and may
    be tried again."""
    return replace(failed, kind=FailureKind.TRANSPORT) if failed.kind.billing_unknown else failed


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds of a Retry-After header, in seconds or as an HTTP date; None without. Names in lower case."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError, TypeError):
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())


def may_fetch(url: str, hosts: Collection[str], *, near: str = "") -> bool:
    """Whether a picture may be taken from there: https from one of the hosts; plain http only on this
    machine, and only where the provider (`near`) is on this machine too."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    name = (parts.hostname or "").casefold()
    if parts.username or parts.password or not name:
        return False
    if is_loopback(url):
        return is_loopback(near)
    known = any(name.endswith(host) if host.startswith(".") else name == host for host in hosts)
    return parts.scheme == "https" and known


def refused_coding(headers: Mapping[str, str]) -> str:
    """Why an answer is not unpacked, by its headers; empty where it may be. One coding at most: the best
    packed megabyte has a gigabyte in it, and packed twice a terabyte."""
    coding = headers.get("content-encoding", "").strip().casefold()
    return (
        "" if coding in _UNPACKED else f"an answer packed as {masked(coding)[:40]!r}, which was not asked for"
    )


def require_no_secret(url: str, key: str) -> None:
    """Raises GeneratorError for an address with a name, a password or a query: keys never stand in a
    manifest. key: the option."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise GeneratorError(f"generator.{key}: an address like https://host/path is wanted") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise GeneratorError(
            f"generator.{key}: no name, password or query belongs into the address of {_host(url)}; keys "
            "come from the environment or the keyring"
        )


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own."""
    name = _host(url)
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _httpx() -> ModuleType:
    try:
        import httpx2
    except ImportError as error:
        raise GeneratorError(f"this generator needs the extra http: {INSTALL}") from error
    return httpx2


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"


def _no_address(url: str) -> Failed:
    return Failed(FailureKind.MALFORMED, f"the answer names no address that can be used, at {_host(url)}")


def _said(error: Exception) -> str:
    return one_line(str(error), SHOWN) or type(error).__name__
