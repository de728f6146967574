from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from series.errors import StoreError
from series.run.images import IMAGE_BYTES, Images

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


@pytest.fixture
def images(tmp_path):
    return Images(tmp_path / "images")


@pytest.mark.parametrize(
    ("data", "suffix"),
    [(PNG, ".png"), (b"\xff\xd8\xff\xe0", ".jpg"), (b"RIFF\0\0\0\0WEBPVP8 ", ".webp"), (b"?", ".bin")],
)
def test_a_picture_is_named_by_its_bytes_and_kind(images, data, suffix):
    digest = images.keep(data)
    assert digest == hashlib.sha256(data).hexdigest()
    path = images.path(digest, verify=True)
    assert path.read_bytes() == data
    assert (path.name, path.parent.name) == (digest + suffix, digest[:2])


def test_keeping_twice_leaves_one_file_untouched(images):
    path = images.path(images.keep(PNG))
    before = path.stat()
    images.keep(PNG)
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert list(path.parent.iterdir()) == [path]


def test_files_beside_stand_next_to_the_picture(images):
    path = images.path(images.keep(PNG, {".truth.json": b"{}"}))
    assert path.with_name(f"{path.stem}.truth.json").read_bytes() == b"{}"


def test_a_picture_whose_beside_file_fails_is_not_there(images, tmp_path):
    digest = hashlib.sha256(PNG).hexdigest()
    (tmp_path / "images" / digest[:2] / f"{digest}.truth.json").mkdir(parents=True)
    with pytest.raises(Exception, match="this is a folder"):
        images.keep(PNG, {".truth.json": b"{}"})
    assert not images.has(digest)


@pytest.mark.parametrize("suffix", ["", "truth", ".png", "./../x", ".a/b", ".A", ".", ".x\n"])
def test_suffixes_that_would_leave_the_folder_or_hide_a_picture_are_refused(images, suffix):
    with pytest.raises(StoreError, match="no suffix"):
        images.keep(PNG, {suffix: b""})


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_digest_names_a_picture(images, digest):
    with pytest.raises(StoreError, match="names no picture"):
        images.path(digest)


def test_a_picture_has_a_largest_size(images):
    with pytest.raises(StoreError, match=str(IMAGE_BYTES)):
        images.keep(bytes(IMAGE_BYTES + 1))


def test_a_picture_that_is_gone_is_said_to_be_gone(images):
    digest = images.keep(PNG)
    assert images.has(digest)
    images.path(digest).unlink()
    assert not images.has(digest)
    with pytest.raises(StoreError, match=r"gone.*put it back"):
        images.path(digest)


def test_a_picture_that_somebody_changed_is_found_when_asked_and_put_right_when_kept_again(images):
    digest = images.keep(PNG)
    images.path(digest).write_bytes(PNG[:-1] + b"!")
    assert images.path(digest).is_file()
    with pytest.raises(StoreError, match="was changed"):
        images.path(digest, verify=True)
    images.keep(PNG)
    assert images.path(digest, verify=True).read_bytes() == PNG


def test_many_threads_may_keep_the_same_pictures(images):
    pictures = [PNG + bytes([n]) * 10_000 for n in range(4)] * 8
    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(lambda data: images.keep(data, {".truth.json": data}), pictures))
    for data, digest in zip(pictures, digests, strict=True):
        path = images.path(digest, verify=True)
        assert path.read_bytes() == data
        assert sorted(file.suffix for file in path.parent.glob(f"*{digest}*")) == [".json", ".png"]


def test_a_file_in_place_of_the_folder_is_one_clear_error(tmp_path):
    (tmp_path / "images").write_text("")
    with pytest.raises(StoreError, match="folder for pictures"):
        Images(tmp_path / "images").keep(PNG)
