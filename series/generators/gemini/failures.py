"""What the SDK raised, or a reason why no picture came, in; a typed failure out.

Google's errors: `google.rpc.Status` with details. Policy refusals come as HTTP 200, see `answers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from series.generators.generator import Failed, FailureKind
from series.generators.http import retry_after_s
from series.masking import one_line

REASON_LENGTH: Final = 500
"""Characters of a reason."""

BLOCKED: Final = frozenset(
    {
        "SAFETY",
        "RECITATION",
        "BLOCKLIST",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "IMAGE_RECITATION",
        "MODEL_ARMOR",
        "ESCALATION",
    }
)
"""Reasons to finish that are the provider's policy: FinishReason of google-genai 3.4."""
ACCOUNT_LIMITED: Final = "PUP_LIMITED_DISABLED"
"""The reason to finish when the account itself was limited for breaking the policy."""

_KINDS: Final = {
    400: FailureKind.INVALID_REQUEST,
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    404: FailureKind.MODEL_GONE,
    408: FailureKind.TIMEOUT,
    410: FailureKind.MODEL_GONE,
    429: FailureKind.RATE_LIMITED,
    499: FailureKind.TIMEOUT,
    504: FailureKind.TIMEOUT,
}
"""HTTP status → failure. 408, 499, 504: somebody gave up waiting, and the picture may have been made."""
_ACCOUNT: Final = frozenset({"API_KEY_INVALID", "API_KEY_EXPIRED", "API_KEY_SERVICE_BLOCKED"})
"""Reasons in ErrorInfo that come with status 400 and mean the key."""
_SPENT: Final = ("credits are depleted", "spending cap")
"""Parts of a message of status 429 that mean money, not pace."""
_POLICY: Final = "Responsible AI"
"""Part of the message with which Vertex AI refuses a prompt for Imagen, as status 400."""

# httpx and httpx2 name their exceptions alike, and the SDK runs on either.
_UNSENT: Final = frozenset(
    {
        *("ConnectError", "ConnectTimeout", "PoolTimeout", "WriteError", "WriteTimeout"),
        *("ProxyError", "UnsupportedProtocol", "LocalProtocolError"),
    }
)
"""The request did not arrive whole: nothing was made."""
_UNANSWERED: Final = frozenset({"TransportError", "DecodingError"})
"""It was sent, and no whole answer came."""


class AnswerTooLargeError(Exception):
    """An answer that is larger than any picture."""


def failure_of(error: Exception) -> Failed | None:
    """What an exception of the SDK means; None for one that is no behavior of the provider."""
    names = {base.__name__ for base in type(error).__mro__}
    if "APIError" in names:
        return _refused(error)
    if isinstance(error, AnswerTooLargeError):
        return Failed(FailureKind.MALFORMED, str(error))
    if "GoogleAuthError" in names:
        # No token came: nothing was asked for yet.
        lost = "TransportError" in names or getattr(error, "retryable", False)
        kind = FailureKind.TRANSPORT if lost else FailureKind.AUTH
        return Failed(kind, said(f"Google's credentials: {error}"))
    return _lost(error, names)


def _lost(error: Exception, names: set[str]) -> Failed | None:
    """An exception of the SDK's HTTP client; None for another one."""
    if names & _UNSENT:
        return Failed(FailureKind.TRANSPORT, said(f"not sent: {error or type(error).__name__}"))
    if "ReadTimeout" in names:
        return Failed(FailureKind.TIMEOUT, "no answer in time")
    if names & _UNANSWERED:
        return Failed(FailureKind.TIMEOUT, said(f"the answer broke off: {error or type(error).__name__}"))
    return None


def said(text: str, length: int = REASON_LENGTH) -> str:
    """The beginning, on one line for a person: no controls, no half surrogates, nothing like a key."""
    return one_line(text, length)


def _refused(error: Exception) -> Failed:
    """An answer with an error status."""
    code = getattr(error, "code", None)
    code = code if isinstance(code, int) else 0
    status, message = getattr(error, "status", None) or "", getattr(error, "message", None) or ""
    details = list(_details(getattr(error, "details", None)))
    kind = _KINDS.get(code, FailureKind.INVALID_REQUEST if 400 <= code < 500 else FailureKind.TRANSPORT)
    wait_s, stage = None, ""
    if code == 429:
        kind = FailureKind.QUOTA if _for_today(details, str(message)) else kind
        wait_s = None if kind is FailureKind.QUOTA else _wait_s(error, details)
    elif code == 503:
        wait_s = _wait_s(error, details)
    elif code == 400 and (status == "FAILED_PRECONDITION" or _reasons(details) & _ACCOUNT):
        kind = FailureKind.AUTH  # the country, billing or the key: every other request would fail too
    elif code == 400 and _POLICY in str(message):
        kind, stage = FailureKind.POLICY, "input"
    return Failed(kind, said(f"HTTP {code} {status}: {message}".rstrip(": ")), wait_s=wait_s, stage=stage)


def _details(body: object) -> Iterator[Mapping[str, object]]:
    """`error.details` of the body, whatever its shape."""
    outer = body if isinstance(body, Mapping) else {}
    inner = outer.get("error")
    found = (inner if isinstance(inner, Mapping) else outer).get("details")
    for one in found if isinstance(found, list) else ():
        if isinstance(one, Mapping):
            yield one


def _is(detail: Mapping[str, object], name: str) -> bool:
    return str(detail.get("@type", "")).endswith(f"google.rpc.{name}")


def _reasons(details: list[Mapping[str, object]]) -> set[str]:
    return {str(one.get("reason")) for one in details if _is(one, "ErrorInfo")}


def _for_today(details: list[Mapping[str, object]], message: str) -> bool:
    """Whether waiting a minute would not help: a limit by the day, a limit of nothing, no money left."""
    for detail in details:
        violations = detail.get("violations") if _is(detail, "QuotaFailure") else None
        for one in violations if isinstance(violations, list) else ():
            if isinstance(one, Mapping):
                named = f"{one.get('quotaId', '')} {one.get('quotaMetric', '')}".casefold().replace("_", "")
                if "perday" in named or str(one.get("quotaValue", "")) == "0":
                    return True
    return any(part in message for part in _SPENT)


def _wait_s(error: Exception, details: list[Mapping[str, object]]) -> float | None:
    """Seconds of RetryInfo, else of a Retry-After header."""
    for detail in details:
        delay = detail.get("retryDelay") if _is(detail, "RetryInfo") else None
        if isinstance(delay, str) and re.fullmatch(r"\d{1,9}(\.\d+)?s", delay):
            return float(delay[:-1])
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    return retry_after_s({str(name).lower(): str(value) for name, value in headers.items()})
