"""Options of a manifest → a generator: the table, other packages, and what is said about a wrong option."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from series.errors import GeneratorError
from series.generators import GENERATORS, known_generators, load_generator

STUDIO = """\
from series.generators.scripted import Scripted

def make(options, *, folder, out):
    return Scripted({}, price=options["price"], name=f"studio in {folder.name}")

def broken(options, *, folder, out):
    raise RuntimeError("no license key")

def odd(options, *, folder, out):
    return object()
"""
POINTS = """\
[series.generators]
studio = studio_images:make
broken = studio_images:broken
odd = studio_images:odd
gone = studio_images_two:make
folder = studio_images:make
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of somebody else's, as an installer lays it out."""
    site = tmp_path / "site"
    info = site / "studio_images-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: studio-images\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (site / "studio_images.py").write_text(STUDIO)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "studio_images", raising=False)


def load(options: dict, folder: Path, name: str | None = None):
    return load_generator(options, folder=folder, out=folder / "out", name=name)


@pytest.mark.parametrize("options", [{}, {"name": "previz"}])
def test_the_default_needs_nothing(options: dict, tmp_path: Path) -> None:
    assert load(options, tmp_path).name.startswith("previz")


@pytest.mark.parametrize("name", ["previz", "folder"])
def test_every_built_in_generator_keeps_the_protocol(name: str, tmp_path: Path) -> None:
    (tmp_path / "frames").mkdir()
    generator = load({"name": name}, tmp_path)
    assert generator.name
    assert generator.pacing.concurrency >= 1
    assert generator.abilities.candidates >= 1


def test_drift_makes_the_simulated_model(tmp_path: Path) -> None:
    plain, drifting = load({}, tmp_path), load({"drift": {"rate": 0.1, "price": 0.04}}, tmp_path)
    assert type(plain) is not type(drifting)
    assert drifting.pacing.concurrency >= 1
    with pytest.raises(GeneratorError, match=r'generator\.drift\.rtae: .* did you mean "rate"'):
        load({"drift": {"rtae": 0.1}}, tmp_path)


def test_an_unknown_name_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match='no generator "previs"; did you mean "previz"') as error:
        load({"name": "previs"}, tmp_path)
    assert all(name in str(error.value) for name in GENERATORS)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": 3}, "generator.name: .* not 3"),
        ({"name": None}, "generator.name: .* not null"),
        ({"name": "previz", "drifts": {}}, 'generator.drifts: .* did you mean "drift"'),
        ({"drift": 0.3}, "generator.drift: a mapping"),
        ({"name": "folder", "watch": "yes"}, "generator.watch: true or false .*yes"),
        ({"name": "folder", "frames": ["a"]}, "generator.frames: text"),
        ({"name": "folder", "frame": "a"}, 'generator.frame: .* did you mean "frames"'),
    ],
)
def test_a_wrong_option_is_named_by_its_key(options: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=said):
        load(options, tmp_path)


def test_a_name_on_the_command_line_leaves_the_options_of_another_out(tmp_path: Path) -> None:
    planned = {"name": "folder", "watch": True, "frames": "made"}
    assert load(planned, tmp_path, name="previz").name.startswith("previz")
    with pytest.raises(GeneratorError, match="watch"):
        load({**planned, "name": "previz"}, tmp_path)


def test_a_name_on_the_command_line_keeps_its_own_options(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=r"generator\.watch"):
        load({"name": "folder", "watch": 3}, tmp_path, name="folder")


@pytest.mark.usefixtures("installed")
def test_another_package_adds_a_generator(tmp_path: Path) -> None:
    generator = load({"name": "studio", "price": 0.25}, tmp_path)
    assert generator.name == f"studio in {tmp_path.name}"
    assert "studio" in known_generators()


@pytest.mark.usefixtures("installed")
def test_a_built_in_name_is_never_taken_over(tmp_path: Path) -> None:
    assert load({"name": "folder"}, tmp_path).name == "folder"
    assert known_generators().count("folder") == 1


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("broken", "studio-images cannot be loaded: RuntimeError: no license key"),
        ("gone", "studio-images cannot be loaded: ModuleNotFoundError"),
        ("odd", "made a object, which lacks name, abilities, pacing, ready, price, generate"),
    ],
)
def test_a_package_that_fails_is_named(name: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=said):
        load({"name": name}, tmp_path)
