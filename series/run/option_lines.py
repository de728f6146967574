"""What is wrong with a generator's options in; the same with the manifest's file and line before it out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from series.errors import GeneratorError
from series.generators import DEFAULT, NAME
from series.generators.several import UNKNOWN
from series.manifest import Manifest

_AT = "generator"
_KEY = (f"{_AT}.", f"{_AT}:", f"{_AT}[")


@contextmanager
def at_its_line(manifest: Manifest, name: str | None = None, *, given: bool = False) -> Iterator[None]:
    """What a generator of the manifest lacks (a key, a server, a model that is still served) is told with the
    line that names it. name: from the command line, which has no line; None for the manifest's. given: it
    came from neither."""
    try:
        yield
    except GeneratorError as error:
        if given or (name is not None and name != manifest.generator.get(NAME, DEFAULT)):
            raise
        key = f"{_AT}.{NAME}" if NAME in manifest.generator else _AT
        lines = [line if line.startswith(_KEY) else f"{key}: {line}" for line in str(error).splitlines()]
        raise at_their_lines(GeneratorError("\n".join(lines)), manifest) from error


def at_their_lines(error: GeneratorError, manifest: Manifest) -> GeneratorError:
    """Each line that begins with a key of `generator:` ("generator.drift.rate: ...") with the place of that
    key, or of the nearest one around it. Other lines stay as they are."""
    return GeneratorError("\n".join(_placed(line, manifest) for line in str(error).splitlines()))


def _placed(line: str, manifest: Manifest) -> str:
    if line.startswith(UNKNOWN):
        return f"{_where(manifest, NAME)}: {_AT}.{NAME}: {line}"
    if not line.startswith(_KEY):
        return line
    return f"{_where(manifest, *_keys(line.removeprefix(_AT), manifest.generator))}: {line}"


def _where(manifest: Manifest, *keys: str | int) -> str:
    """With the path as it was typed, like every other message about a manifest."""
    return f"{manifest.path}:{manifest.line(_AT, *keys)}"


def _keys(rest: str, options: object) -> list[str | int]:
    """The keys that a message names, as far as the options have them. A key may hold dots itself."""
    named: list[tuple[str | int, object]] = []
    if isinstance(options, Mapping):
        named = list(options.items())
    elif isinstance(options, list | tuple):
        named = list(enumerate(options))
    for key, value in sorted(named, key=lambda item: -len(str(item[0]))):
        for written in (f".{key}", f"[{key}]"):
            after = rest.removeprefix(written)
            if after != rest and (not after or after[0] in ".:[ "):
                return [key, *_keys(after, value)]
    return []
