"""An address in, a file on disk out: resumed where an earlier try stopped, never larger than stated.

The only module of this package that opens a connection. It knows no digest: whoever calls it checks that.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from email.message import Message
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

from consistency.errors import ModelError

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are on disk and the bytes in all, None where the server does not say."""

TIMEOUT_SECONDS = 30.0
"""Without one byte: longer than a slow mirror pauses, short enough to wait for."""
CHUNK = 1 << 16
"""Bytes between two signs of progress."""
LARGEST = 8 << 30
"""Bytes. No model of the catalogue is larger; ends a stream that never stops."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_UNSATISFIABLE = 416


def download(url: str, to: Path, *, size: int | None = None, progress: Progress | None = None) -> None:
    """Bring what is at url (http or https) into the file `to`, going on from what is in it already.

    size: bytes in all, where known: more or fewer end it before they are read. Raises ModelError; what came
    stays in `to` for the next try, unless it cannot be a part of the whole. No second try by itself.
    """
    have = to.stat().st_size if to.exists() else 0
    if size is not None and have > size:
        to.unlink()
        have = 0
    if have == size:
        return
    try:
        _bring(url, to, have, size, progress or _silent)
    except _PartError:
        to.unlink()
        _bring(url, to, 0, size, progress or _silent)


def _bring(url: str, to: Path, have: int, size: int | None, progress: Progress) -> None:
    with _opened(url, have) as answer:
        start, total = _extent(answer, have)
        if size is not None and total is not None and total != size:
            raise ModelError(f"{url}: {total:,} bytes, expected {size:,}: not the file that is meant")
        expected = size if size is not None else total
        done = _write(url, to, answer, start=start, expected=expected, progress=progress)
    if expected is not None and done < expected:
        raise ModelError(
            f"{url}: ended after {done:,} of {expected:,} bytes: the same command goes on from there"
        )


def _write(
    url: str, to: Path, answer: HTTPResponse, *, start: int, expected: int | None, progress: Progress
) -> int:
    """→ bytes in the file."""
    limit = LARGEST if expected is None else expected
    done = start
    with to.open("r+b" if start else "wb") as file:
        file.seek(start)
        progress(done, expected)
        for chunk in _chunks(url, answer):
            done += len(chunk)
            if done > limit:
                file.truncate(0)
                raise ModelError(f"{url}: more than the {limit:,} bytes expected: not the file that is meant")
            file.write(chunk)
            progress(done, expected)
    return done


def _extent(answer: HTTPResponse, have: int) -> tuple[int, int | None]:
    """→ where the answer begins, and the bytes in all."""
    if answer.status == 206:
        found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if found is None or int(found[1]) != have:
            raise _PartError
        return have, None if found[2] == "*" else int(found[2])
    length = answer.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


@contextlib.contextmanager
def _opened(url: str, have: int) -> Iterator[HTTPResponse]:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ModelError(f"{url}: not an address of the web")
    request = Request(url, headers={"User-Agent": "series-consistency"})  # noqa: S310 - the scheme is checked
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = _opener().open(request, timeout=TIMEOUT_SECONDS)
    except HTTPError as error:
        error.close()
        if error.code == _UNSATISFIABLE and have:
            raise _PartError from error
        reason = str(error.reason).partition("\n")[0]  # of a redirect loop it says more than one line
        raise ModelError(f"{url}: the server answers {error.code} {reason}") from error
    except (URLError, HTTPException, OSError) as error:
        raise ModelError(f"{url}: cannot be reached: {_reason(error)}") from error
    with answer:
        yield answer


def _chunks(url: str, answer: HTTPResponse) -> Iterator[bytes]:
    try:
        while chunk := answer.read(CHUNK):
            yield chunk
    except (HTTPException, OSError) as error:
        raise ModelError(
            f"{url}: the connection broke ({_reason(error)}): the same command goes on from there"
        ) from error


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", None) or error
    return str(getattr(inner, "strerror", None) or inner) or type(inner).__name__


def _opener() -> OpenerDirector:
    """Knows http and https only: no files, no ftp."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        UnknownHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        _Redirects(),
        HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(HTTPRedirectHandler):
    """Follows at most ten, and none from https to http."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise HTTPError(req.full_url, code, "a redirect to an address without encryption", Message(), fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _PartError(Exception):
    """What is on disk cannot be gone on with."""


def _silent(_done: int, _total: int | None) -> None:
    pass
