"""The catalogue as data: every entry can be read, is pinned, and says what a person needs to choose."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from consistency import ModelError, catalogue, known_model

ENTRIES = list(catalogue().values())
PINNED = re.compile(
    r"/[0-9a-f]{40}/"  # a commit
    r"|/releases/download/[^/]+/"  # a release
    r"|/open_model_zoo/\d{4}\.\d/"  # a release of the Open Model Zoo
)


@pytest.fixture(params=ENTRIES, ids=lambda entry: entry.name)
def entry(request):
    return request.param


def test_what_issue_4_names_is_there() -> None:
    names = {
        "yunet",
        "face-reidentification-retail-0095",
        "mobilenet_v1_embedding",
        "buffalo_l",
        "antelopev2",
    }
    assert names | {"auraface", "csd", "ccip"} <= set(catalogue())
    assert catalogue()["buffalo_l"].commercial == catalogue()["antelopev2"].commercial == "no"
    assert catalogue()["auraface"].commercial == "yes"


def test_names_can_be_folders(entry) -> None:
    for name in (entry.name, *(file.name for file in entry.files)):
        assert re.fullmatch(r"[A-Za-z0-9][\w.+-]*", name), name


def test_roles_and_file_names_are_not_repeated(entry) -> None:
    assert len({file.role for file in entry.files}) == len(entry.files) >= 1
    assert len({file.name for file in entry.files}) == len(entry.files)


def test_it_says_under_which_license_and_from_whom(entry) -> None:
    assert entry.license
    assert entry.source
    assert entry.commercial in {"yes", "no", "unknown"}
    assert entry.runtime in {"onnxruntime", "openvino", "torch"}


def test_addresses_are_encrypted_and_pinned(entry) -> None:
    addresses = [file.url for file in entry.files] if entry.archive is None else [entry.archive.url]
    for address in addresses:
        assert urlsplit(address).scheme == "https"
        assert PINNED.search(address), address


def test_digests_are_sha256(entry) -> None:
    digests = [file.sha256 for file in entry.files] + ([entry.archive.sha256] if entry.archive else [])
    for digest in digests:
        assert re.fullmatch(r"([0-9a-f]{64})?", digest)


def test_preprocessing_fits_the_net(entry) -> None:
    form = entry.preprocessing
    assert form.color in {"rgb", "bgr"}
    assert form.layout in {"nchw", "nhwc"}
    assert len(form.mean) == len(form.std)
    assert len(form.mean) in {0, 3}
    assert len(form.alignment) in {0, 5}
    if form.alignment:
        assert form.size is not None
        assert all(0 < x < form.size[0] and 0 < y < form.size[1] for x, y in form.alignment)
        right, left, nose = form.alignment[:3]
        assert right[0] < nose[0] < left[0], "as they lie in the picture, from left to right"


def test_a_threshold_has_a_source(entry) -> None:
    assert (entry.threshold is None) == (entry.threshold_source == "")


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(ModelError, match=r"no model 'bufalo_l' in the catalogue; did you mean 'buffalo_l'\?"):
        known_model("bufalo_l")


def test_it_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        catalogue()["mine"] = ENTRIES[0]
