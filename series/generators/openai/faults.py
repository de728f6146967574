"""An answer with an error in, the typed failure that it means out. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from series.generators.generator import Failed, FailureKind
from series.generators.http import Reply, refused
from series.masking import beginning, one_line

POLICY = frozenset({"moderation_blocked", "content_policy_violation", "content_filter"})
"""Codes of a refusal by policy: of today's models, of DALL·E's, of a router on Azure."""
QUOTA = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "quota_exceeded"}
)
"""Codes that no waiting helps against."""
GONE = frozenset({"model_not_found", "model_not_available", "model_deprecated", "unknown_model"})
NO_ANSWER = frozenset({408, 499, 504, 522, 524})
"""Statuses of gateways that gave up waiting: behind them the picture may have been made."""
BUSY = frozenset({409, 425})
"""Statuses of a request that came too early and may come again."""
STAGES = frozenset({"input", "output"})
WAITED = frozenset({FailureKind.RATE_LIMITED, FailureKind.TRANSPORT})
"""Failures after which a wait makes sense."""
SHOWN = 400
"""Characters of a provider's words that are kept."""
LOOKED_AT = 2000
"""Characters of them that are looked at."""

_NO_USE = re.compile(r"\bper day\b|\b(?:RPD|TPD|IPD)\b|\blimit:? 0\b", re.IGNORECASE)
"""Of limits by the day, and of one of nothing: an account without access to the model."""
_AGAIN_IN = re.compile(r"try again in (\d+(?:\.\d+)?)\s*(ms|s|m|h)\b", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def failed_of(reply: Reply) -> Failed:
    """What an answer with an error status means. The provider's words are masked and on one line."""
    error = _error(json_of(reply))
    said = _text(error.get("message")) or _plain(reply)
    code, kind = _text(error.get("code")), _text(error.get("type"))
    failed = refused(reply, f"{code}: {said}"[:SHOWN] if code and code not in said else said[:SHOWN])
    if 300 <= reply.status < 400:
        return replace(failed, reason=f"{failed.reason}: base_url leads elsewhere, write where it leads to")
    means = _means(reply.status, frozenset({code, kind}), said) or failed.kind
    wait_s = _wait(reply, failed, said) if means in WAITED else None
    stage = _stage(error) if means is FailureKind.POLICY else ""
    return replace(failed, kind=means, wait_s=wait_s, stage=stage)


def _means(status: int, codes: frozenset[str], said: str) -> FailureKind | None:
    """What an error's codes and status say beyond the plain meaning of its status."""
    if POLICY & codes:
        return FailureKind.POLICY
    if QUOTA & codes or (status == 429 and _NO_USE.search(said)):
        return FailureKind.QUOTA
    if GONE & codes:
        return FailureKind.MODEL_GONE
    if status in NO_ANSWER:
        return FailureKind.TIMEOUT
    return FailureKind.TRANSPORT if status in BUSY else None


def error_inside(reply: Reply) -> Failed | None:
    """The failure in an answer with status 200, as some routers send it; None where there is none."""
    body = json_of(reply)
    if not isinstance(body, dict) or not body.get("error") or body.get("data"):
        return None
    error = _error(body)
    code = error.get("code")
    whole = isinstance(code, int) and not isinstance(code, bool) and 400 <= code < 600
    status = code if whole else error.get("status")
    if not isinstance(status, int) or not 400 <= status < 600:
        status = 400
    return failed_of(replace(reply, status=status))


def json_of(reply: Reply) -> object:
    """The body as JSON; None where it is none, or nested beyond reading."""
    try:
        return reply.json()
    except RecursionError:
        return None


def _error(body: object) -> dict[str, object]:
    """The error of a body: {"error": {...}}, {"error": "words"} or the whole of it."""
    if not isinstance(body, dict):
        return {}
    inner = body.get("error")
    if isinstance(inner, dict):
        return inner
    return {"message": inner} if isinstance(inner, str) else body


def _stage(error: dict[str, object]) -> str:
    details = error.get("moderation_details")
    found = details.get("moderation_stage") if isinstance(details, dict) else None
    return found if isinstance(found, str) and found in STAGES else ""


def _wait(reply: Reply, failed: Failed, said: str) -> float | None:
    """Seconds: of the header in milliseconds, which the SDK knows too, of Retry-After, or of the words."""
    try:
        return max(0.0, float(reply.headers.get("retry-after-ms", "")) / 1000)
    except ValueError:
        pass
    if failed.wait_s is not None:
        return failed.wait_s
    found = _AGAIN_IN.search(said)
    return float(found[1]) * _SECONDS[found[2].lower()] if found else None


def _plain(reply: Reply) -> str:
    """Of a body that is no JSON: its words without markup."""
    text = beginning(reply.body.decode("utf-8", "replace"))
    return _text(re.sub(r"<(style|script).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL | re.IGNORECASE))


def _text(value: object) -> str:
    """On one line, without keys."""
    if isinstance(value, bool | None) or not isinstance(value, str | int):
        return ""
    return one_line(str(value), LOOKED_AT)
