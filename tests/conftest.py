"""Guards around every test: no network beyond this machine, nothing in the home folder."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

_XDG = {
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
}


@pytest.fixture(scope="session", autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder that nobody may write to, for this process and its children."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        for name, folder in _XDG.items():
            patch.setenv(name, str(home / folder))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield home


@pytest.fixture(autouse=True)
def leaves_home_alone(request: pytest.FixtureRequest, empty_home: Path) -> Iterator[None]:
    yield
    left = sorted(path.relative_to(empty_home).as_posix() for path in empty_home.rglob("*"))
    # A browser keeps its profile and fonts at home; it is not this project's code.
    if left and "browser" not in request.fixturenames:
        for path in sorted(empty_home.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        pytest.fail(f"{request.node.nodeid} wrote to the home folder: {', '.join(left[:5])}", pytrace=False)


@pytest.fixture(autouse=True)
def stays_on_this_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(plain):
        def call(self: socket.socket, address: object) -> object:
            if self.family != getattr(socket, "AF_UNIX", None) and not _loopback(address):
                # Not an Exception: no code under test may swallow it.
                pytest.fail(f"{request.node.nodeid} reached for the network: {address}")
            return plain(self, address)

        return call

    monkeypatch.setattr(socket.socket, "connect", guarded(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(connect_ex))


def _loopback(address: object) -> bool:
    host = address[0] if isinstance(address, tuple) else address
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return Path(__file__).parents[1]


@pytest.fixture(scope="session")
def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
