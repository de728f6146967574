"""An answer with status 200 in; its pictures as bytes or addresses out, and what is wrong with the others."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from series.generators.http import Reply
from series.generators.openai.faults import json_of
from series.masking import one_line

BEGINNING = 100_000
"""Bytes of a body that is no JSON that are looked at: as much as words are made of."""
DATA = "data:"
"""Begins an address that holds the bytes itself; some routers answer so."""


@dataclass(frozen=True, slots=True, eq=False)
class Address:
    """Where a picture lies."""

    url: str


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came."""

    pictures: tuple[bytes | Address, ...]
    wrong: tuple[str, ...]
    """One sentence for each entry that holds no picture; or one why the answer is none."""
    count: int
    """Entries, good or not: what is billed where each has its price."""
    usage: object = None
    json: bool = True
    """False: no JSON at all, so that somebody else than the service answered."""


def read_answer(reply: Reply) -> Answer:
    """Never raises: an answer of another shape holds no picture and says why."""
    body = json_of(reply)
    if body is None:
        kind = one_line(reply.headers.get("content-type", "no type").split(";")[0], 40)
        start = one_line(reply.body[:BEGINNING].decode("utf-8", "replace"), 60)
        return Answer((), (f"HTTP 200 with {kind} and no JSON, beginning {start!r}",), 0, json=False)
    data = body.get("data") if isinstance(body, dict) else None
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(data, list):
        found = "no data" if data is None else f"data of type {type(data).__name__}"
        return Answer((), (f"the answer has another shape than agreed: {found}",), 0, usage)
    pictures: list[bytes | Address] = []
    wrong: list[str] = []
    for number, entry in enumerate(data, 1):
        picture = _picture(entry)
        if isinstance(picture, str):
            wrong.append(picture if len(data) == 1 else f"picture {number} of the answer: {picture}")
        else:
            pictures.append(picture)
    return Answer(tuple(pictures), tuple(wrong), len(data), usage)


def _picture(entry: object) -> bytes | Address | str:
    """A picture, where it lies, or what is wrong."""
    if not isinstance(entry, dict):
        return f"the answer has another shape than agreed: an entry of type {type(entry).__name__}"
    text, url = entry.get("b64_json"), entry.get("url")
    if isinstance(text, str) and text:
        return _decoded(text)
    if isinstance(url, str) and url:
        return _decoded(url) if url.startswith(DATA) else Address(url)
    return "the answer has another shape than agreed: an entry without b64_json and url"


def _decoded(text: str) -> bytes | str:
    if text.startswith(DATA):
        text = text.partition(",")[2]
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        return f"bad base64: {error}"
    return data or "bad base64: nothing in it"
