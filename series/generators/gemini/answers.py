"""The body of a generateContent answer in, pictures or one typed failure out.

The body is read here and not by the SDK's types: those turn `"candidates": "nope"` into four empty
candidates, and one bad picture takes the usage and all other parts with it. Field names come in both
spellings, mimeType and mime_type. All parts of all candidates are looked at, thoughts are skipped.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from consistency import Limits
from series.generators.catalogue import ImageModel
from series.generators.gemini.failures import ACCOUNT_LIMITED, BLOCKED, said
from series.generators.gemini.price import billed_usd
from series.generators.generator import Failed, FailureKind, Generated, GeneratedImage, Outcome

SHOWN: Final = 200
"""Characters of an answer that a reason repeats."""
LARGEST: Final = Limits().max_bytes
"""Bytes of a picture: that of every picture that is read."""
DONE: Final = frozenset({"", "STOP", "FINISH_REASON_UNSPECIFIED"})
"""Reasons to finish that say nothing."""


@dataclass(slots=True)
class _Seen:
    """What the parts of an answer hold."""

    images: list[GeneratedImage] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """Reasons to finish, and what is said about them."""
    broken: list[str] = field(default_factory=list)
    """What is wrong with pictures that do not decode."""


class _ShapeError(Exception):
    """The answer is not built as documented."""


def read_answer(body: str, model: ImageModel, size_class: str) -> Outcome:
    """body: of an answer with status 200. model, size_class: what was asked for, for the price."""
    usage: Mapping[str, object] = {}
    try:
        data = _object(body)
        usage = _mapping(data, "usageMetadata")
        blocked = _blocked(data)
        seen = _look(data, blocked=bool(blocked))
    except _ShapeError as error:
        usd = billed_usd(model, size_class, usage, pictures=0)
        return Failed(FailureKind.MALFORMED, said(str(error)), usd=usd)
    usd = billed_usd(model, size_class, usage, pictures=len(seen.images) + len(seen.broken))
    if seen.images:
        odd = [f"finished with {one}" for one in seen.finished]
        return Generated(tuple(seen.images), usd, tuple(said(note) for note in (*seen.broken, *odd)))
    if seen.broken:
        return Failed(FailureKind.MALFORMED, said(seen.broken[0]), usd=usd)
    if blocked:
        return Failed(FailureKind.POLICY, said(f"the prompt was blocked: {blocked}"), stage="input", usd=usd)
    return _without_picture(seen, usd)


def _object(body: str) -> Mapping[str, object]:
    """Raises _ShapeError for anything but a JSON object."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise _ShapeError(f"the answer is no JSON object: {said(body, SHOWN)}")
    return data


def _without_picture(seen: _Seen, usd: float) -> Failed:
    reasons = [one.partition(":")[0] for one in seen.finished]
    ended = "; ".join(seen.finished)
    if ACCOUNT_LIMITED in reasons:
        return Failed(FailureKind.AUTH, said(f"the account is limited: {ended}"), usd=usd)
    if BLOCKED & set(reasons):
        return Failed(FailureKind.POLICY, said(f"the picture was blocked: {ended}"), stage="output", usd=usd)
    words = said(" ".join(seen.texts), SHOWN)
    answered = f"it answered in words: {words}" if words else "the answer holds no picture"
    return Failed(FailureKind.NO_IMAGE, said("; ".join([answered, *seen.finished])), usd=usd)


def _blocked(data: Mapping[str, object]) -> str:
    """Why the prompt was refused; empty when it was not."""
    feedback = _mapping(data, "promptFeedback")
    reason = _get(feedback, "blockReason")
    message = _get(feedback, "blockReasonMessage")
    return ": ".join(str(one) for one in (reason, message) if one)


def _look(data: Mapping[str, object], *, blocked: bool) -> _Seen:
    """Raises _ShapeError for an answer that is built otherwise."""
    candidates = data.get("candidates", [] if blocked else None)
    if not isinstance(candidates, list):
        raise _ShapeError(f"the answer has no list of candidates: {_shown(data)}")
    seen = _Seen()
    for candidate in candidates:
        if not isinstance(candidate, dict):
            raise _ShapeError(f"a candidate of the answer is no object: {_shown(candidate)}")
        for part in _parts(candidate):
            _look_at(part, seen)
        reason = str(_get(candidate, "finishReason") or "")
        if reason not in DONE:
            message = str(_get(candidate, "finishMessage") or "")
            seen.finished.append(f"{reason}: {message}" if message else reason)
    return seen


def _parts(candidate: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    content = candidate.get("content")
    if content is None:
        return
    parts = content.get("parts", []) if isinstance(content, dict) else content
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        raise _ShapeError(f"the parts of the answer are no list of objects: {_shown(content)}")
    yield from parts


def _look_at(part: Mapping[str, object], seen: _Seen) -> None:
    if part.get("thought"):
        return  # drafts and words on the way to the picture: not the answer
    if isinstance(part.get("text"), str):
        seen.texts.append(str(part["text"]))
    blob = _get(part, "inlineData")
    if blob is None:
        return
    try:
        seen.images.append(GeneratedImage(_decoded(blob)))
    except ValueError as error:
        seen.broken.append(f"a picture of the answer cannot be read: {error}")


def _decoded(blob: object) -> bytes:
    """The bytes of inlineData; what they are is found out by looking at them, not by their label."""
    data = blob.get("data") if isinstance(blob, dict) else None
    if not isinstance(data, str) or not data:
        raise ValueError("inlineData without data")
    if len(data) > LARGEST * 4 // 3 + 4:
        raise ValueError(f"more than {LARGEST:,} bytes")
    try:
        return base64.b64decode(data, altchars=b"-_" if {"-", "_"} & set(data) else None, validate=True)
    except binascii.Error as error:
        raise ValueError(f"bad base64: {error}") from error


def _get(data: Mapping[str, object], name: str) -> object:
    """The value of a field by its JSON name or by its name in the protocol: inlineData, inline_data."""
    if name in data:
        return data[name]
    return data.get("".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name))


def _shown(value: object) -> str:
    return said(json.dumps(value, ensure_ascii=False), SHOWN)


def _mapping(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = _get(data, name)
    return found if isinstance(found, dict) else {}
