"""Orders of the sample and of a small brand, their requests, and gold files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from consistency import Box
from series.manifest import Manifest, read_manifest
from series.plan import FrameOrder, plan
from series.request import (
    Abilities,
    GenerationRequest,
    Identity,
    NamedColor,
    Reference,
    Role,
    Structure,
    StyleWords,
    Words,
    first_request,
)

ALL = Abilities(
    seed=True,
    negative_prompt=True,
    reference_images=8,
    edit=True,
    mask=True,
    candidates=10,
    stronger_models=("better", "best"),
)
BRAND = """\
version: 1
series: Spring
kind: brand
size: [1080, 1350]
style: {words: "studio photograph, soft daylight from the left, seamless paper"}
palettes:
  brand: {leaf: {color: "#2e7d46", share: 0.3}, sand: {color: "#e3d5b8", role: background}}
palette: brand
characters:
  bottle:
    look: a slim green glass bottle, round white label
    references: [bottle.png]
    palette: {glass: "#1f6b3a"}
  anna: {look: "short gray hair, linen shirt", medium: photo}
panels:
  - id: hero
    shot: insert
    scene: the bottle on sand-colored paper
    characters: [{name: bottle, place: [0.3, 0.2, 0.7, 0.95]}]
    lettering: ["It's \\"green\\"."]
"""


def fake_digests(order: FrameOrder) -> dict[Path, str]:
    paths = [*order.style.references, *(path for member in order.characters for path in member.references)]
    return {path: hashlib.sha256(path.name.encode()).hexdigest() for path in paths}


def requests_of(manifest: Manifest, abilities: Abilities = ALL) -> dict[str, GenerationRequest]:
    return {
        order.panel: first_request(
            order, cast=list(manifest.characters), digests=fake_digests(order), abilities=abilities
        )
        for order in plan(manifest)
    }


@pytest.fixture(scope="session")
def lantern(repository: Path) -> dict[str, GenerationRequest]:
    """Panel → its first request."""
    return requests_of(read_manifest(repository / "samples" / "lantern" / "series.yaml"))


@pytest.fixture
def brand(tmp_path: Path) -> GenerationRequest:
    (tmp_path / "bottle.png").write_bytes(b"a picture")
    (tmp_path / "series.yaml").write_text(BRAND, encoding="utf-8")
    return requests_of(read_manifest(tmp_path / "series.yaml"))["hero"]


def _reference(role: Role, subject: str, name: str, wardrobe: str = "") -> Reference:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Reference(role, subject, digest, Path("refs") / name, wardrobe)


def _small(said: str = "something") -> GenerationRequest:
    """Every field filled; what a person types in is `said`, or begins with it where names must differ."""
    return GenerationRequest(
        panel="p01",
        structure=Structure(said, said, "wide", said, (1024, 768)),
        copy=(Words(said, Box(0, 0, 1, 0.4), said), Words(said, None, "")),
        style=StyleWords(said, (said, said)),
        identities=(
            Identity(
                "mara", said, "drawn", said, (NamedColor(said, "#c8322e", said, 0.5),), Box(0, 0, 0.5, 1)
            ),
            Identity("tib", said, "photo", "", (), None),
        ),
        absent=("oswin", said),
        palette=(NamedColor(said, "#1d2350", said, None),),
        references=(
            _reference(Role.CHARACTER, "mara", "front.png", said),
            _reference(Role.CHARACTER, "mara", "side.png", said),
            _reference(Role.CHARACTER, "mara", "back.png", said),
            _reference(Role.CHARACTER, "tib", "walk.png"),
            _reference(Role.CHARACTER, "tib", "sit.png"),
            _reference(Role.STYLE, "style", "one.png"),
            _reference(Role.STYLE, "style", "two.png"),
        ),
        seed=7,
    )


@pytest.fixture(scope="session")
def able() -> Abilities:
    """A generator that can do everything."""
    return ALL


@pytest.fixture(scope="session")
def reference() -> Callable[..., Reference]:
    """role, subject, file name, outfit → Reference."""
    return _reference


@pytest.fixture(scope="session")
def small() -> Callable[..., GenerationRequest]:
    """What a person typed in → a request with every field filled."""
    return _small


@pytest.fixture
def gold(tmp_path: Path) -> Callable[[str, str], None]:
    """Compare with a gold file; the actual output stays in tmp_path on mismatch. UPDATE_GOLD=1 accepts it."""

    def compare(name: str, actual: str) -> None:
        expected = Path(__file__).parent / "gold" / name
        if os.environ.get("UPDATE_GOLD"):
            expected.write_bytes(actual.encode())
        kept = tmp_path / name
        kept.write_bytes(actual.encode())
        known = expected.read_bytes() if expected.exists() else b""
        assert known == actual.encode(), (
            f"differs from {expected}; the actual output is {kept}. "
            "If it is right, accept it: UPDATE_GOLD=1 pytest tests/series/request"
        )

    return compare
