"""Generators: options of a manifest in, a Generator out. One provider a file, one table.

`generator.py` holds the protocol, its abilities and outcomes. A package of somebody else's adds a generator
by an entry point in the group "series.generators", whose name is the generator's:

    [project.entry-points."series.generators"]
    studio = "studio_images:make"

It names a `GeneratorFactory`. A name of the table below always means the one in the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from pydantic import JsonValue

from series.errors import GeneratorError, SeriesError
from series.generators.generator import Generator
from series.generators.options import instead, no_others, shown
from series.masking import one_line

GROUP = "series.generators"
"""Entry points in which generators of other packages are looked up."""
DEFAULT = "previz"
"""What makes the pictures when the manifest names nothing: it is always there and costs nothing."""
NAME = "name"
"""The key of the manifest's `generator:` that says which one; all others are its options."""

SAID = 300
"""Characters of a foreign exception's message that are repeated."""

_MEMBERS = ("name", "abilities", "pacing", "ready", "price", "generate")


class GeneratorFactory(Protocol):
    """Makes a generator. Imports what it needs when it is called, and says what to install."""

    def __call__(self, options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
        """options: the manifest's `generator:` without the name; folder: where the manifest is, which no
        path may leave; out: where the run writes. Raises GeneratorError for options that cannot be used.
        """


def _previz(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """Drafts from the manifest's own references; with `drift`, a simulated image model."""
    del out
    no_others(options, ("drift",))
    if "drift" not in options:
        from series.generators.previz.previz import Previz

        return Previz(folder=folder)
    drift = options["drift"]
    if not isinstance(drift, dict):
        raise GeneratorError(f"generator.drift: a mapping is wanted here, not {shown(drift)}")
    from series.generators.previz.options import read_drift_options
    from series.generators.previz.simulate import SimulatedModel

    return SimulatedModel(read_drift_options(drift), folder=folder)


def _folder(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """Frames that a person or another tool makes."""
    from series.generators.folder import FolderGenerator, read_folder_options

    return FolderGenerator(read_folder_options(options, folder=folder, out=out))


def _diffusers(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """A pipeline on this machine."""
    del out
    from series.generators.diffusers.local import make

    return make(options, folder=folder)


def _gemini(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """Google's image models, with a key or on Vertex AI."""
    del folder, out
    from series.generators.gemini.gemini import GeminiGenerator
    from series.generators.gemini.options import read_gemini_options

    return GeminiGenerator(read_gemini_options(options))


def _comfyui(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """A ComfyUI server on this machine, with workflows of the user's."""
    del out
    from series.generators.comfyui.comfyui import make

    return make(options, folder=folder)


def _automatic1111(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """A web UI of AUTOMATIC1111 or Forge."""
    del folder, out
    from series.generators.automatic1111 import make

    return make(options)


def _openai(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """OpenAI's image models, and routers that speak their language."""
    del out
    from series.generators.openai.openai import make

    return make(options, folder=folder)


def _replicate(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """Hosted open models."""
    del folder, out
    from series.generators.replicate import make

    return make(options)


def _leonardo(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """Leonardo's v2 interface."""
    del folder, out
    from series.generators.leonardo import make

    return make(options)


def _firefly(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    """Adobe Firefly."""
    del folder, out
    from series.generators.firefly import make

    return make(options)


GENERATORS: Mapping[str, GeneratorFactory] = MappingProxyType(
    {
        "previz": _previz,
        "folder": _folder,
        "openai": _openai,
        "diffusers": _diffusers,
        "comfyui": _comfyui,
        "automatic1111": _automatic1111,
        "replicate": _replicate,
        "leonardo": _leonardo,
        "firefly": _firefly,
        "gemini": _gemini,
    }
)
"""Name → factory of every generator that is built in."""


def load_generator(
    options: Mapping[str, JsonValue], *, folder: Path, out: Path, name: str | None = None
) -> Generator:
    """The generator that a manifest names.

    options: the manifest's `generator:` as it stands; folder: the manifest's; out: where the run writes. name
    takes the place of the one in options, and then options meant for another generator are left out.
    Raises GeneratorError for a name that nobody has, options that it does not take, and a package that
    cannot be loaded.
    """
    planned = options.get(NAME, DEFAULT)
    if not isinstance(planned, str) or not planned.strip():
        raise GeneratorError(f"generator.name: the name of a generator is wanted here, not {shown(planned)}")
    wanted = planned if name is None else name
    own = {key: value for key, value in options.items() if key != NAME} if wanted == planned else {}
    factory = GENERATORS.get(wanted)
    if factory is not None:
        return factory(own, folder=folder, out=out)
    return _foreign(wanted, own, folder=folder, out=out)


def known_generators() -> tuple[str, ...]:
    """Names that `load_generator` takes: the built-in ones, then those of other packages, sorted."""
    others = {point.name for point in entry_points(group=GROUP)} - set(GENERATORS)
    return (*GENERATORS, *sorted(others))


def _foreign(name: str, options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> Generator:
    point = _entry_point(name)
    owner = f"generator {shown(name)} of {point.dist.name if point.dist else point.value}"
    try:
        made: Generator = point.load()(options, folder=folder, out=out)
    except SeriesError:
        raise
    except Exception as error:  # somebody else's code: whatever is wrong with it is told in one line
        raise GeneratorError(
            f"{owner} cannot be loaded: {type(error).__name__}: {one_line(str(error), SAID)}"
        ) from error
    lacking = [member for member in _MEMBERS if not hasattr(made, member)]
    if lacking:
        raise GeneratorError(f"{owner} made a {type(made).__name__}, which lacks {', '.join(lacking)}")
    return made


def _entry_point(name: str) -> EntryPoint:
    points = {point.value: point for point in entry_points(group=GROUP, name=name)}
    if not points:
        from series.generators.choose import AUTO

        raise GeneratorError(f"no generator {shown(name)}{instead(name, (*known_generators(), AUTO))}")
    if len(points) > 1:
        raise GeneratorError(
            f"more than one package has a generator {shown(name)}: {', '.join(sorted(points))}"
        )
    return next(iter(points.values()))
