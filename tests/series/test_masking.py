"""Texts with secrets in, the same without them out."""

from __future__ import annotations

import base64
import html
import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from series.masking import beginning, masked, never_show, one_line

PASSWORD = 'lamp "oil" & wicks, 3 of them'  # noqa: S105
"""Looks like no key, and stands otherwise in each language."""


@pytest.mark.parametrize(
    "written",
    [
        PASSWORD,
        PASSWORD.upper(),
        html.escape(PASSWORD),
        json.dumps({"detail": f"not valid: {PASSWORD}"}),
        f"https://example.com/?q={quote(PASSWORD)}&x=1",
        f"https://example.com/?q={quote_plus(PASSWORD)}&x=1",
        f"sent {base64.b64encode(PASSWORD.encode()).decode()} here",
        f"lone {base64.b64encode(PASSWORD.encode()).decode().rstrip('=')}",
    ],
)
def test_a_known_secret_is_hidden_however_a_server_writes_it(written: str) -> None:
    assert "***" not in written
    never_show(PASSWORD)
    hidden = masked(written)
    assert "***" in hidden
    for part in ("wicks", "lamp", base64.b64encode(PASSWORD.encode()).decode()[:12]):
        assert part.casefold() not in hidden.casefold()


@settings(max_examples=50)
@given(end=st.text(st.characters(codec="utf-8", exclude_characters="*"), min_size=4, max_size=40))
def test_a_text_around_a_known_secret_never_shows_it(end: str) -> None:
    secret = f"§§{end}"  # what is known stays known in this process, and no other test has such signs
    never_show(secret)
    assert secret not in masked(f"<{secret}>")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefgh12345678",
        'x-goog-api-key: "AIzaSyA1234567890abcdefghij"',
        "https://lamp:wicked@example.com/series",
        "?api_key=hunter2hunter2&page=3",
        "eyJhbGciOiJub25lIn0.eyJzdWIiOi.c2lnbmF0dXJl",
        "token 0123456789abcdef0123456789abcdef",
    ],
)
def test_what_looks_like_a_secret_is_hidden_too(text: str) -> None:
    hidden = masked(text)
    assert "***" in hidden
    for part in ("12345678", "wicked", "hunter2", "eyJzdWIiOi", "89abcdef"):
        assert part not in hidden


@pytest.mark.parametrize(
    "text", ["Mara lights a lamp", "p01: 3 of 7 panels", "gpt-image-2-2026-04-21", "refs/mara/front.png"]
)
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert masked(text) == text


@pytest.mark.parametrize("pad", [0, 1, 5, 11, 23])
@pytest.mark.parametrize("space", ["", " " * 600, "\n"])
def test_no_piece_of_a_known_secret_is_left_where_a_line_was_cut(pad: int, space: str) -> None:
    never_show(PASSWORD)
    text = "x" * pad + f"{PASSWORD} {space}" * 4000
    for length in (10, 50, 300):
        assert set(one_line(text, length)) <= set("x* ")
    assert "lamp" not in beginning(text)


def test_a_line_of_somebody_else_has_no_controls() -> None:
    assert one_line("a\x1b[31m\x00b\r\nc\ud800 d", 99) == "a [31m b c d"


@pytest.mark.parametrize("word", ["a-", "key", "eyJ-", "-", "9-", 'key"', "bearer ", "://", "key= "])
def test_hiding_takes_no_longer_for_words_that_do_not_end(word: str) -> None:
    began = time.perf_counter()
    masked(word * (100_000 // len(word)))
    assert time.perf_counter() - began < 2


def test_a_sentence_behind_the_name_of_an_error_stays_readable() -> None:
    said = "HTTP 401: invalid_api_key: Incorrect API key provided: sk-abcdefghijklmnop1234."
    assert masked(said) == "HTTP 401: invalid_api_key: Incorrect API key provided: ***."
    assert masked("api_key: Hunter2-and-more") == "api_key: ***"
    assert masked("password: swordfish") == "password: ***"
