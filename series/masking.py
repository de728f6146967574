"""Text in, the same without whatever looks like a key, a token or a password out."""

from __future__ import annotations

import base64
import html
import json
import re
from functools import lru_cache
from urllib.parse import quote, quote_plus

_SECRETS = re.compile(
    r"(?i:(?P<scheme>bearer|basic)\s+)[\w.~+/=-]{8,}"
    r"|(?i:(?P<named>(?<![\w-])[\w-]*"
    r"(?:key|token|secret|password|passwd|signature|authorization)[\"']?\s*[=:]\s*)"
    r"[\"']?)(?!(?i:bearer|basic)\b)(?![A-Z][a-z]+ [A-Za-z]+\b)[^\s\"'&,;)}\]]{4,}"
    r"|(?P<url>://)[^\s/@]+@"
    r"|\b(?:sk|pk|rk|r8|hf|gh[pousr]|xox[abp]|AIza|ya29)[-_.]?[\w-]{16,}"
    r"|(?<![\w-])eyJ[\w-]{8,}+\.[\w-]++\.[\w-]+"
    r"|(?<![\w-])(?=[\w-]*?[A-Za-z])(?=[\w-]*?\d)[\w-]{32,}"
)
"""Authorization headers, values named key or token, passwords in addresses, the shapes of common keys, JSON
web tokens, and any long run of letters and digits; but no sentence ("invalid_api_key: Incorrect API key").
What begins with letters of any number begins where a word does: else a long word would be looked at once for
each of its letters."""
_SHORTEST = 6
"""Characters: hiding a shorter secret would hide common words."""

LOOKED_AT = 20_000
"""Characters of a text of which one line is made: a server may answer with millions."""

_known: set[str] = set()


def never_show(secret: str) -> None:
    """From now on `masked` hides this very text too, whatever it looks like, in any case of its letters, and
    as addresses, JSON, HTML and base64 write it. For this process."""
    if len(secret) >= _SHORTEST and secret not in _known:
        _known.update(_forms(secret))


def masked(text: str) -> str:
    """Text in which whatever looks like a key, a token or a password is replaced by ***."""
    return _SECRETS.sub(
        lambda found: f"{found['scheme'] or ''}{found['named'] or found['url'] or ''}***", without_known(text)
    )


def without_known(text: str) -> str:
    """Text in which the secrets that were read are replaced by ***, and nothing else."""
    return _pattern(len(_known)).sub("***", text) if _known else text


def beginning(text: str) -> str:
    """The first LOOKED_AT characters of somebody else's text, masked. No piece of a known secret is left
    where it was cut."""
    hidden = masked(text[:LOOKED_AT])
    return hidden if len(text) <= LOOKED_AT else hidden[: -max(map(len, _known), default=1)]


def one_line(text: str, length: int) -> str:
    """The beginning of somebody else's text for people: masked, on one line, without controls and half
    surrogates, of so many characters at most."""
    # Before it is masked: a line break within a secret that was made a space must not hide it.
    printable = "".join(sign if sign.isprintable() else " " for sign in text[: LOOKED_AT + 1])
    return " ".join(beginning(printable).split())[:length]


@lru_cache(maxsize=1)
def _pattern(_count: int) -> re.Pattern[str]:
    longest_first = sorted(_known, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def _forms(secret: str) -> set[str]:
    """A secret as it stands in what a server may echo."""
    data = secret.encode(errors="surrogateescape")
    plain = {secret, " ".join(secret.split()), html.escape(secret)}
    plain |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    coded = {quote(data), quote(data, safe=""), quote_plus(data)}
    packed = {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
    return {one for one in plain | coded if len(one) >= _SHORTEST} | {one.rstrip("=") for one in packed}
