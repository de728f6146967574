"""Names of secrets in, secrets out: found in the environment, never shown."""

from __future__ import annotations

import pytest

from series.errors import GeneratorError
from series.generators.credentials import find_secret, need_secret, need_secrets, refused_key
from series.generators.generator import Failed, FailureKind
from series.masking import masked

PLAIN = "a plain sentence of words"


def test_a_secret_is_found_and_hidden_in_every_text_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAMP_KEY", f"  {PLAIN}\n")
    secret = need_secret("LAMP_KEY", "generator lamp")
    assert secret.value == PLAIN
    assert PLAIN not in f"{secret} {secret!r}"
    assert masked(f"the server said: {PLAIN}!") == "the server said: ***!"


@pytest.mark.parametrize("value", ["", "   "])
def test_an_empty_one_counts_as_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("LAMP_KEY", value)
    assert find_secret("LAMP_KEY") is None
    with pytest.raises(GeneratorError, match=r"generator lamp needs LAMP_KEY: .*export LAMP_KEY=….*keyring"):
        need_secret("LAMP_KEY", "generator lamp")


@pytest.mark.parametrize("value", ["lamp-key-1\nX-Other: 2", "lamp-“key”-12345", "lamp\tkey-12345"])
def test_one_that_no_header_takes_is_told_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("LAMP_KEY", value)
    with pytest.raises(GeneratorError, match="LAMP_KEY has a line break or a sign") as told:
        need_secret("LAMP_KEY", "generator lamp")
    assert value[:8] not in str(told.value)


def test_every_secret_that_is_missing_is_named(monkeypatch) -> None:
    for name in ("A_TEST_ID", "A_TEST_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(GeneratorError, match="needs A_TEST_ID and A_TEST_SECRET: set them"):
        need_secrets(("A_TEST_ID", "A_TEST_SECRET"), "generator test")
    monkeypatch.setenv("A_TEST_ID", "abcdefgh")
    with pytest.raises(GeneratorError, match="needs A_TEST_SECRET: set it"):
        need_secrets(("A_TEST_ID", "A_TEST_SECRET"), "generator test")


def test_a_refused_key_names_its_variable_and_other_failures_stay() -> None:
    refused = Failed(FailureKind.AUTH, "HTTP 401")
    said = "openai refused the key (HTTP 401): check OPENAI_API_KEY"
    assert refused_key(refused, "openai", "OPENAI_API_KEY") == Failed(FailureKind.AUTH, said)
    assert refused_key(refused, "a router") == refused
    gone = Failed(FailureKind.MODEL_GONE, "HTTP 404")
    assert refused_key(gone, "openai", "OPENAI_API_KEY") == gone
