"""A path in, a Manifest out, or every problem of the file at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from series.errors import ManifestError
from series.manifest.document import Document, read_document, shown
from series.manifest.fields import composed
from series.manifest.models import Manifest
from series.manifest.problems import Problem, problems_of
from series.manifest.validation import Surroundings

VERSION = 1
"""The manifest version that this package works with."""

Data = dict[str, Any]
UPGRADES: Mapping[int, Callable[[Data], Data]] = {}
"""Version → the step to the next one, on plain data. A new version adds one entry and touches no other."""


def read_manifest(path: str | Path) -> Manifest:
    """Read and check a manifest, with the files that it names. Raises ManifestError with all problems."""
    document = read_document(path)
    if not isinstance(document.data, dict):
        raise ManifestError(
            f"{document.where(())}: a manifest is keys with values (series: ...), not {shown(document.data)}"
        )
    data = upgrade(document.data, document)
    around = _surroundings(document.path.parent, data)
    problems = [*_same_ids(data, document)]
    manifest = None
    try:
        manifest = Manifest.model_validate(data, context=around)
    except ValidationError as error:
        problems += problems_of(error, document)
    if problems or manifest is None:
        raise ManifestError([f"{document.path}:{line}: {text}" for line, text in sorted(problems)])
    return manifest.placed(document, around.loaded)


def upgrade(
    data: Data, document: Document, steps: Mapping[int, Callable[[Data], Data]] = UPGRADES, to: int = VERSION
) -> Data:
    """Plain data of any known version to the current one, step by step. Raises ManifestError."""
    version = data.get("version")
    where = document.where(("version",))
    if version is None:
        raise ManifestError(f"{where}: version is missing; write version: {to}")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ManifestError(f"{where}: {shown(version)} is no manifest version; write version: {to}")
    if version > to:
        raise ManifestError(
            f"{where}: manifest version {shown(version)} is newer than this package knows ({to}); "
            f"install a newer one: pip install --upgrade series-consistency"
        )
    while version < to:
        data = {**steps[version](data), "version": version + 1}
        version += 1
    return data


def _surroundings(folder: Path, data: Data) -> Surroundings:
    """The names that the file defines, from raw data: a character with a typo in it still has a name."""
    characters = {name: _names(_get(entry, "wardrobe")) for name, entry in _items(data.get("characters"))}
    ids = dict.fromkeys(composed(name) for name in _panel_ids(data).values())
    return Surroundings(folder, _names(data.get("palettes")), characters, ids)


def _items(value: object) -> list[tuple[str, object]]:
    return [(str(name).strip(), entry) for name, entry in value.items()] if isinstance(value, dict) else []


def _names(value: object) -> tuple[str, ...]:
    return tuple(name for name, _ in _items(value))


def _get(value: object, key: str) -> object:
    return value.get(key) if isinstance(value, dict) else None


def _panel_ids(data: Data) -> dict[int, str]:
    """Index → id, of the panels that have one."""
    panels = data.get("panels")
    entries = enumerate(panels) if isinstance(panels, list) else ()
    ids = {index: _get(entry, "id") for index, entry in entries}
    return {index: name for index, name in ids.items() if isinstance(name, str)}


def _same_ids(data: Data, document: Document) -> list[Problem]:
    """Panels that would be one file. Case counts as the same: macOS and Windows do not tell it apart."""
    problems: list[Problem] = []
    firsts: dict[str, tuple[str, int]] = {}
    for index, name in _panel_ids(data).items():
        line = document.line(("panels", index, "id"))
        first = firsts.setdefault(composed(name).casefold(), (name, line))
        if first == (name, line):
            continue
        if first[0] == name:
            text = f"two panels have the id {shown(name)}; the first is at line {first[1]}"
        else:
            text = f"panel id {shown(name)} differs from {shown(first[0])} (line {first[1]}) only in case"
        problems.append(Problem(line, text))
    return problems
