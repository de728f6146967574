"""What is wrong with a generator's options in; the same with the manifest's file and line before it out."""

from __future__ import annotations

from collections.abc import Mapping

from series.errors import GeneratorError
from series.manifest import Manifest

_AT = "generator"
_UNKNOWN = "no generator "
"""How a name that nobody has begins: it names no key."""


def at_their_lines(error: GeneratorError, manifest: Manifest) -> GeneratorError:
    """Each line that begins with a key of `generator:` ("generator.drift.rate: ...") with the place of that
    key, or of the nearest one around it. Other lines stay as they are."""
    return GeneratorError("\n".join(_placed(line, manifest) for line in str(error).splitlines()))


def _placed(line: str, manifest: Manifest) -> str:
    if line.startswith(_UNKNOWN):
        return f"{manifest.where(_AT, 'name')}: generator.name: {line}"
    if not line.startswith((f"{_AT}.", f"{_AT}:", f"{_AT}[")):
        return line
    return f"{manifest.where(_AT, *_keys(line.removeprefix(_AT), manifest.generator))}: {line}"


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
