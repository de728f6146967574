"""Downloads from a server on this machine: whole, resumed, cut short, too long, refused, going in circles."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency import ModelError
from consistency.encoders.download import download

BODY = bytes(range(256)) * 1000


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "net.part"


def test_a_whole_file_arrives_and_is_counted(server, to) -> None:
    seen: list[tuple[int, int | None]] = []
    download(server.put("/net", body=BODY), to, progress=lambda done, total: seen.append((done, total)))
    assert to.read_bytes() == BODY
    assert seen[0] == (0, len(BODY))
    assert seen[-1] == (len(BODY), len(BODY))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_cut_connection_is_named_and_the_next_try_goes_on_from_there(server, to) -> None:
    url = server.put("/net", body=BODY, cut=100_000)
    with pytest.raises(ModelError, match=r"ended after 100,000 of 256,000 bytes: the same command goes on"):
        download(url, to)
    assert to.stat().st_size == 100_000
    download(url, to)
    assert to.read_bytes() == BODY
    assert server.asked == [("/net", ""), ("/net", "bytes=100000-")]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(1, 9_999), max_size=4), ranges=st.booleans())
def test_however_often_it_is_cut_the_file_is_the_one_that_is_served(server, tmp_path, cuts, ranges) -> None:
    to, body = tmp_path / "net.part", BODY[:10_000]
    to.unlink(missing_ok=True)
    url = server.put("/net", body=body, ranges=ranges)
    for cut in cuts:
        server.pages["/net"].cut = cut
        with contextlib.suppress(ModelError):  # a cut behind the end, or behind what is left, cuts nothing
            download(url, to)
    download(url, to)
    assert to.read_bytes() == body


def test_a_server_without_ranges_sends_all_of_it_anew(server, to) -> None:
    to.write_bytes(b"x" * 50)
    download(server.put("/net", body=BODY, ranges=False), to)
    assert to.read_bytes() == BODY


def test_a_part_that_the_server_cannot_go_on_with_is_given_up(server, to) -> None:
    to.write_bytes(b"x" * (len(BODY) + 5))
    download(server.put("/net", body=BODY), to)
    assert to.read_bytes() == BODY
    assert [told for _, told in server.asked] == [f"bytes={len(BODY) + 5}-", ""]


def test_a_rest_that_begins_elsewhere_is_not_appended(server, to) -> None:
    to.write_bytes(BODY[:10])
    download(server.put("/net", body=BODY, shift=-5), to)
    assert to.read_bytes() == BODY


def test_a_whole_part_asks_nobody(server, to) -> None:
    to.write_bytes(BODY)
    download(server.put("/net", body=BODY), to, size=len(BODY))
    assert server.asked == []


def test_a_part_larger_than_the_file_begins_anew(server, to) -> None:
    to.write_bytes(b"x" * (len(BODY) + 1))
    download(server.put("/net", body=BODY), to, size=len(BODY))
    assert to.read_bytes() == BODY


def test_another_size_than_stated_is_refused_before_it_is_read(server, to) -> None:
    with pytest.raises(ModelError, match=r"256,000 bytes, expected 300"):
        download(server.put("/net", body=BODY), to, size=300)
    assert not to.exists()


def test_a_stream_that_goes_on_past_its_size_is_ended(server, to) -> None:
    with pytest.raises(ModelError, match=r"more than the 300 bytes expected"):
        download(server.put("/net", body=BODY, stated=-1), to, size=300)
    assert to.stat().st_size == 0


def test_a_stream_without_a_size_ends_where_it_ends(server, to) -> None:
    download(server.put("/net", body=BODY, stated=-1), to)
    assert to.read_bytes() == BODY


def test_a_short_stream_without_a_size_is_noticed_where_the_size_is_known(server, to) -> None:
    with pytest.raises(ModelError, match=r"ended after 256,000 of 256,001 bytes"):
        download(server.put("/net", body=BODY, stated=-1), to, size=len(BODY) + 1)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_a_refusal_is_told_with_its_number(server, to, status) -> None:
    url = server.put("/net", status=status)
    with pytest.raises(ModelError, match=rf"^{url}: the server answers {status} \w"):
        download(url, to)
    assert not to.exists()


def test_redirects_are_followed(server, to) -> None:
    server.put("/net", body=BODY)
    to.write_bytes(BODY[:7])
    download(server.put("/moved", redirect="/net"), to)
    assert to.read_bytes() == BODY
    assert server.asked[-1] == ("/net", "bytes=7-"), "the place to go on from is told on"


def test_a_circle_of_redirects_ends(server, to) -> None:
    url = server.put("/a", redirect="/b")
    server.put("/b", redirect="/a")
    with pytest.raises(ModelError, match="redirect") as told:
        download(url, to)
    assert "\n" not in str(told.value)
    assert len(server.asked) < 25


@pytest.mark.parametrize("elsewhere", ["file:///etc/hostname", "ftp://127.0.0.1/net"])
def test_a_redirect_out_of_the_web_is_not_followed(server, to, elsewhere) -> None:
    with pytest.raises(ModelError):
        download(server.put("/net", redirect=elsewhere), to)
    assert not to.exists()


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/net", "net.onnx", ""])
def test_only_addresses_of_the_web_are_opened(to, url) -> None:
    with pytest.raises(ModelError, match="not an address of the web"):
        download(url, to)


def test_nobody_listening_is_one_line(to, monkeypatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ModelError, match=r"cannot be reached: Connection refused"):
        download(f"http://127.0.0.1:{port}/net", to)
