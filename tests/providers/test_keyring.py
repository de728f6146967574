"""Secrets that lie in a keyring: one of the tests' own, set as people set theirs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("keyring", reason='needs pip install "series-consistency[keyring]"')

import keyring
import replicate_server
from asked import request
from contract import Fault
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.catalogue import catalogue
from series.generators.configured import lacking
from series.generators.credentials import SERVICE, find_secret, need_secret
from series.generators.generator import Failed, FailureKind, Generated
from series.masking import masked

NAME = "REPLICATE_API_TOKEN"
SECRET = "wicks and oil for three lamps"  # noqa: S105


class Drawer(KeyringBackend):
    """In memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked("the drawer is locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture(autouse=True)
def drawer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Drawer]:
    monkeypatch.delenv(NAME, raising=False)
    before, own = keyring.get_keyring(), Drawer()
    keyring.set_keyring(own)
    yield own
    keyring.set_keyring(before)


def test_a_secret_in_the_keyring_is_found_and_hidden() -> None:
    keyring.set_password(SERVICE, NAME, f"{SECRET}\n")
    found = need_secret(NAME, "generator replicate")
    assert found.value == SECRET
    assert SECRET not in f"{found} {found!r}"
    assert masked(f"you sent {SECRET}.") == "you sent ***."


def test_the_environment_goes_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring.set_password(SERVICE, NAME, SECRET)
    monkeypatch.setenv(NAME, "from-the-environment")
    assert need_secret(NAME, "generator replicate").value == "from-the-environment"
    monkeypatch.setenv(NAME, " ")
    assert need_secret(NAME, "generator replicate").value == SECRET


def test_a_locked_keyring_and_an_empty_one_hold_nothing(drawer: Drawer) -> None:
    keyring.set_password(SERVICE, NAME, "  ")
    assert find_secret(NAME) is None
    keyring.set_password("another service", NAME, SECRET)
    assert find_secret(NAME) is None
    keyring.set_password(SERVICE, NAME, SECRET)
    drawer.locked = True
    assert find_secret(NAME) is None
    with pytest.raises(GeneratorError, match=f"keyring set {SERVICE} {NAME}"):
        need_secret(NAME, "generator replicate")


def test_whoever_has_the_key_in_the_keyring_is_configured() -> None:
    provider = catalogue().providers["replicate"]
    assert lacking(provider) == (f"set {NAME}",)
    keyring.set_password(SERVICE, NAME, SECRET)
    assert lacking(provider) == ()


def test_a_generator_draws_with_a_key_of_the_keyring_and_never_says_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("httpx2", reason="needs the extra http")
    keyring.set_password(SERVICE, NAME, SECRET)
    monkeypatch.setattr(replicate_server, "TOKEN", SECRET)
    with replicate_server.ReplicateServer() as server:
        server.rounds = 1
        options = {"name": "replicate", "base_url": f"{server.url}/v1"}
        generator = load_generator(options, folder=tmp_path, out=tmp_path)
        generator.ready()
        assert isinstance(generator.generate(request(), "k"), Generated)
        server.faults.append(Fault(401, {"detail": f"not a valid token: {SECRET}"}))
        outcome = generator.generate(request(), "k")
    assert outcome == Failed(
        FailureKind.AUTH,
        "replicate refused the key (HTTP 401: not a valid token: ***): check REPLICATE_API_TOKEN",
    )
