"""Models pulled from a server on this machine, and added from copies: whole and checked, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency import ModelError, add_model, pull_model
from consistency.encoders.catalogue import Archive, ModelFile
from consistency.encoders.models import files_of

NET, HEAD = b"net " * 5000, b"head"


@pytest.fixture
def pulled(server, a_model, sha256):
    """A model of two files with known digests."""
    return a_model(
        ModelFile("net", "net.onnx", server.put("/1/net", body=NET), len(NET), sha256(NET)),
        ModelFile("head", "head.onnx", server.put("/1/head", body=HEAD), len(HEAD), sha256(HEAD)),
    )


def names(place: Path) -> set[str]:
    """What a person sees in a folder, and temporary files, but not the lock."""
    return {path.name for path in place.iterdir()} - {".lock"}


def test_a_pulled_model_is_found_with_its_digests(pulled, tmp_path, sha256) -> None:
    files = pull_model(pulled, folder=tmp_path)
    assert files == files_of(pulled, folder=tmp_path)
    assert files.paths["net"].read_bytes() == NET
    assert files.digests == {"net": sha256(NET), "head": sha256(HEAD)}
    assert names(tmp_path / "tiny") == {"net.onnx", "head.onnx"}


def test_what_is_there_is_not_pulled_again(pulled, tmp_path, server) -> None:
    pull_model(pulled, folder=tmp_path)
    before = len(server.asked)
    (tmp_path / "tiny" / "head.onnx").unlink()
    pull_model(pulled, folder=tmp_path)
    assert [path for path, _ in server.asked[before:]] == ["/1/head"]


def test_a_damaged_file_is_pulled_again(pulled, tmp_path) -> None:
    place = pull_model(pulled, folder=tmp_path).folder
    (place / "net.onnx").write_bytes(NET[:-1])
    with pytest.raises(ModelError, match=r"series models pull tiny"):
        files_of(pulled, folder=tmp_path)
    pull_model(pulled, folder=tmp_path)
    assert (place / "net.onnx").read_bytes() == NET


def test_progress_names_the_file(pulled, tmp_path) -> None:
    seen = []
    pull_model(pulled, folder=tmp_path, progress=lambda *step: seen.append(step))
    assert ("net.onnx", len(NET), len(NET)) in seen
    assert seen[-1] == ("head.onnx", len(HEAD), len(HEAD))


def test_an_interrupted_pull_goes_on_and_installs_nothing_before_it_is_whole(
    pulled, tmp_path, server
) -> None:
    server.pages["/1/net"].cut = 9_000
    with pytest.raises(
        ModelError, match=r"9,000 of 20,000 bytes.*or take a copy.*series models add tiny PATH"
    ):
        pull_model(pulled, folder=tmp_path)
    assert not (tmp_path / "tiny" / "net.onnx").exists()
    pull_model(pulled, folder=tmp_path)
    assert ("/1/net", "bytes=9000-") in server.asked
    assert names(tmp_path / "tiny") == {"net.onnx", "head.onnx"}


def test_the_wrong_bytes_are_named_by_both_digests_and_removed(pulled, tmp_path, server, sha256) -> None:
    wrong = NET[:-1] + b"!"
    server.pages["/1/net"].body = wrong
    with pytest.raises(ModelError) as told:
        pull_model(pulled, folder=tmp_path)
    assert sha256(wrong) in str(told.value)
    assert sha256(NET) in str(told.value)
    assert names(tmp_path / "tiny") == set()
    server.pages["/1/net"].body = NET
    pull_model(pulled, folder=tmp_path)


def test_a_missing_page_names_the_other_way(pulled, tmp_path, server) -> None:
    del server.pages["/1/net"]
    with pytest.raises(ModelError, match=r"404 Not Found; or take a copy .*`series models add tiny PATH`"):
        pull_model(pulled, folder=tmp_path)


def test_without_an_address_nothing_is_tried(a_model, tmp_path) -> None:
    model = a_model(ModelFile("net", "net.onnx"))
    with pytest.raises(
        ModelError, match=r"no pinned address .* get it from this test, .*models add tiny PATH"
    ):
        pull_model(model, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_unpublished_digest_is_trusted_as_first_seen(a_model, server, tmp_path, sha256) -> None:
    model = a_model(ModelFile("net", "net.onnx", server.put("/net", body=NET)))
    place = pull_model(model, folder=tmp_path).folder
    assert sha256(NET) in (place / "installed.toml").read_text()
    (place / "net.onnx").write_bytes(HEAD)
    with pytest.raises(ModelError, match=rf"{sha256(HEAD)}, expected {sha256(NET)}"):
        files_of(model, folder=tmp_path)
    server.pages["/net"].body = b"another net"
    with pytest.raises(ModelError, match=rf"expected {sha256(NET)}"):
        pull_model(model, folder=tmp_path)


def test_published_digests_need_no_note(pulled, tmp_path) -> None:
    place = pull_model(pulled, folder=tmp_path).folder
    assert not (place / "installed.toml").exists()


def test_two_processes_do_not_fill_one_folder(pulled, tmp_path) -> None:
    (tmp_path / "tiny").mkdir()
    with FileLock(tmp_path / "tiny" / ".lock"), pytest.raises(ModelError, match="another process"):
        pull_model(pulled, folder=tmp_path)


def test_a_folder_that_cannot_be_made_is_one_line(pulled, tmp_path) -> None:
    (tmp_path / "models").write_text("a file")
    with pytest.raises(ModelError, match=r"cannot be written: "):
        pull_model(pulled, folder=tmp_path / "models")


def test_a_whole_model_in_a_folder_that_nobody_may_write_to_is_pulled_at_once(pulled, tmp_path) -> None:
    place = pull_model(pulled, folder=tmp_path).folder
    (place / ".lock").unlink(missing_ok=True)
    place.chmod(0o555)
    try:
        assert pull_model(pulled, folder=tmp_path).folder == place
        assert not (place / ".lock").exists(), "not even a lock is written"
    finally:
        place.chmod(0o755)


# --- archives ---------------------------------------------------------------------------------------------


def zipped(**files: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return written.getvalue()


@pytest.fixture
def pack(server, a_model, sha256):
    """Builds a model that comes in an archive."""

    def build(content: bytes, digest: str | None = None):
        archive = Archive(
            server.put("/pack.zip", body=content),
            len(content),
            digest if digest is not None else sha256(content),
        )
        files = (
            ModelFile("net", "net.onnx", bytes=len(NET), sha256=sha256(NET)),
            ModelFile("head", "head.onnx", bytes=len(HEAD), sha256=sha256(HEAD)),
        )
        return a_model(*files, archive=archive)

    return build


def test_the_files_of_an_archive_are_taken_from_whatever_folder(pack, tmp_path) -> None:
    model = pack(zipped(**{"tiny/net.onnx": NET, "head.onnx": HEAD, "tiny/genderage.onnx": b"not wanted"}))
    place = pull_model(model, folder=tmp_path).folder
    assert names(place) == {"net.onnx", "head.onnx"}


def test_an_interrupted_archive_goes_on(pack, tmp_path, server) -> None:
    model = pack(zipped(**{"net.onnx": NET, "head.onnx": HEAD}))
    server.pages["/pack.zip"].cut = 50
    with pytest.raises(ModelError, match="ended after 50 of"):
        pull_model(model, folder=tmp_path)
    pull_model(model, folder=tmp_path)
    assert ("/pack.zip", "bytes=50-") in server.asked


def test_the_wrong_archive_is_named_by_both_digests_and_removed(pack, tmp_path, sha256) -> None:
    content = zipped(**{"net.onnx": NET, "head.onnx": HEAD})
    with pytest.raises(ModelError, match=rf"{sha256(content)}, expected {'0' * 64}; it was removed"):
        pull_model(pack(content, "0" * 64), folder=tmp_path)
    assert names(tmp_path / "tiny") == set()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>sign in</html>", "not a zip archive"),
        (zipped(**{"head.onnx": HEAD}), "holds net.onnx 0 times"),
        (zipped(**{"a/net.onnx": NET, "b/net.onnx": NET, "head.onnx": HEAD}), "holds net.onnx 2 times"),
        (zipped(**{"net.onnx": NET + b"0" * 10**6, "head.onnx": HEAD}), "1,020,000 bytes, expected 20,000"),
        (zipped(**{"net.onnx": NET[:-1] + b"!", "head.onnx": HEAD}), "its sha256 is"),
        (zipped(**{"net.onnx": NET, "head.onnx": HEAD})[:-40], "not a zip archive"),
    ],
)
def test_an_archive_of_something_else_installs_nothing(pack, tmp_path, content, said) -> None:
    with pytest.raises(ModelError, match=said):
        pull_model(pack(content, digest=""), folder=tmp_path)
    assert names(tmp_path / "tiny") == set()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_archive_ends_in_one_error_or_in_the_right_files(pack, tmp_path, data) -> None:
    net = bytes(range(256)) * 4 + HEAD  # compresses, so that damage reaches the decompressor
    content = bytearray(zipped(**{"tiny/net.onnx": net, "head.onnx": HEAD}))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "mine.zip"
    path.write_bytes(content)
    model = pack(b"")
    files = (replace(model.files[0], bytes=len(net), sha256=hashlib.sha256(net).hexdigest()), model.files[1])
    place = tmp_path / "models" / "tiny"
    with contextlib.suppress(ModelError):
        add_model(replace(model, files=files), path, folder=tmp_path / "models")
    if (place / "net.onnx").exists():
        assert (place / "net.onnx").read_bytes() == net
    assert not place.exists() or names(place) <= {"net.onnx", "head.onnx"}


# --- adding -----------------------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path) -> Path:
    """A folder with copies that someone has."""
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "net.onnx").write_bytes(NET)
    (folder / "head.onnx").write_bytes(HEAD)
    (folder / "notes.txt").write_text("mine")
    return folder


@pytest.fixture
def models(tmp_path) -> Path:
    return tmp_path / "models"


def test_a_folder_is_added(pulled, mine, models, server) -> None:
    added = add_model(pulled, mine, folder=models)
    assert (added.files, added.unverified, added.missing) == (("net.onnx", "head.onnx"), (), ())
    assert names(files_of(pulled, folder=models).folder) == {"net.onnx", "head.onnx"}
    assert server.asked == []
    assert (mine / "net.onnx").exists(), "copied, not moved"


def test_a_file_is_known_by_its_digest_whatever_it_is_called(pulled, mine, models) -> None:
    renamed = (mine / "net.onnx").rename(mine / "download (3)")
    added = add_model(pulled, renamed, folder=models)
    assert (added.files, added.missing) == (("net.onnx",), ("head.onnx",))
    assert add_model(pulled, mine / "head.onnx", folder=models).missing == ()


def test_another_file_of_that_name_is_refused_by_both_digests(pulled, mine, models, sha256) -> None:
    (mine / "net.onnx").write_bytes(b"truncated")
    with pytest.raises(ModelError, match=rf"{sha256(b'truncated')}, expected {sha256(NET)}"):
        add_model(pulled, mine / "net.onnx", folder=models)
    assert names(models / "tiny") == set()


def test_a_file_of_neither_name_nor_digest_is_refused(pulled, mine, models) -> None:
    with pytest.raises(ModelError, match=r"not a file of tiny, which consists of net.onnx, head.onnx"):
        add_model(pulled, mine / "notes.txt", folder=models)


def test_a_folder_without_its_files_is_refused(pulled, tmp_path, models) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"holds no file of tiny"):
        add_model(pulled, tmp_path / "empty", folder=models)


def test_nothing_at_the_path_leaves_no_folder(pulled, tmp_path, models) -> None:
    with pytest.raises(ModelError, match="no such file or folder"):
        add_model(pulled, tmp_path / "nowhere", folder=models)
    assert not models.exists()


def test_an_archive_is_added(pack, tmp_path, models, server) -> None:
    content = zipped(**{"tiny/net.onnx": NET, "tiny/head.onnx": HEAD})
    (tmp_path / "mine.zip").write_bytes(content)
    assert add_model(pack(content), tmp_path / "mine.zip", folder=models).missing == ()
    assert server.asked == []


def test_the_only_file_may_have_any_name_and_is_noted(a_model, mine, models, sha256) -> None:
    model = a_model(ModelFile("net", "net.onnx"))
    (mine / "net.onnx").rename(mine / "mine.onnx")
    assert add_model(model, mine / "mine.onnx", folder=models).unverified == ("net.onnx",)
    assert files_of(model, folder=models).digests == {"net": sha256(NET)}
    (mine / "mine.onnx").write_bytes(b"another")
    with pytest.raises(ModelError, match=rf"expected {sha256(NET)}"):
        add_model(model, mine / "mine.onnx", folder=models)


def test_a_file_that_lies_there_already_is_only_checked(a_model, models, sha256) -> None:
    model = a_model(ModelFile("net", "net.onnx"))
    place = models / "tiny"
    place.mkdir(parents=True)
    (place / "net.onnx").write_bytes(NET)
    add_model(model, place, folder=models)
    assert sha256(NET) in (place / "installed.toml").read_text()
    assert (place / "net.onnx").read_bytes() == NET


def test_a_full_disk_leaves_what_was_there(pulled, mine, models) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    place = models / "tiny"
    place.mkdir(parents=True)
    (place / ".net.onnx.part").symlink_to("/dev/full")
    with pytest.raises(ModelError, match=r"cannot be written: No space left"):
        pull_model(pulled, folder=models)
    assert not (place / "net.onnx").exists()
