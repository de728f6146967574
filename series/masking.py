"""Text in, the same without whatever looks like a key, a token or a password out."""

from __future__ import annotations

import re

_SECRETS = re.compile(
    r"(?i:(?P<scheme>bearer|basic)\s+)[\w.~+/=-]{8,}"
    r"|(?i:(?P<named>(?:[\w-]*(?:key|token|secret|password|passwd|signature)|authorization)[\"']?\s*[=:]\s*)"
    r"[\"']?)(?!(?i:bearer|basic)\b)[^\s\"'&,;)}\]]{4,}"
    r"|(?P<url>://)[^\s/@]+@"
    r"|\b(?:sk|pk|rk|r8|hf|gh[pousr]|xox[abp]|AIza|ya29)[-_.]?[\w-]{16,}"
    r"|\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+"
    r"|\b(?=[\w-]*[A-Za-z])(?=[\w-]*\d)[\w-]{32,}"
)
"""Authorization headers, values named key or token, passwords in addresses, the shapes of common keys, JSON
web tokens, and any long run of letters and digits."""
_SHORTEST = 6
"""Characters: hiding a shorter secret would hide common words."""

_known: set[str] = set()


def never_show(secret: str) -> None:
    """From now on `masked` hides this very text too, whatever it looks like. For this process."""
    if len(secret) >= _SHORTEST:
        _known.add(secret)


def masked(text: str) -> str:
    """Text in which whatever looks like a key, a token or a password is replaced by ***."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, "***")
    return _SECRETS.sub(
        lambda found: f"{found['scheme'] or ''}{found['named'] or found['url'] or ''}***", text
    )
