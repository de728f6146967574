"""A workflow that a person exported, and values in; the same workflow with the values filled in out. Pure.

Nodes are found by their titles, since their numbers change with every export:

    title "prompt"       its input text       ← the briefing (also "caption": one description)
    title "negative"     its input text       ← what to avoid
    title "seed"         its input seed or noise_seed
    title "size"         its inputs width, height and batch_size (candidates)
    title "reference 1"  its input image      ← pictures of characters, in order ("style 1": of the style)
    title "base", "mask" their input image    ← the picture to edit, and the part (white may change)
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from series.errors import GeneratorError
from series.generators.comfyui.options import Places
from series.generators.options import instead, shown

LARGEST: Final = 4 << 20
"""Bytes of a workflow: exported ones have some ten thousand."""
Value = str | int | float

_INPUTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "prompt": ("prompt", ("text", "prompt", "string", "value")),
    "caption": ("caption", ("text", "prompt", "string", "value")),
    "negative": ("negative", ("text", "prompt", "string", "value")),
    "seed": ("seed", ("seed", "noise_seed", "value")),
    "width": ("size", ("width",)),
    "height": ("size", ("height",)),
    "candidates": ("size", ("batch_size",)),
    "base": ("base", ("image",)),
    "mask": ("mask", ("image",)),
}
"""What is filled in → the usual title of its node, and the inputs that it may go to: the first there is."""
_PICTURE = re.compile(r"(reference|style) ([1-9]\d?)")
"""What takes one of the reference pictures."""
NEEDED: Final = (("prompt", "caption"), ("seed",))
"""Of each row one must have a place, or every panel would get the same picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Workflow:
    """An exported workflow and where what goes in it."""

    name: str
    """The file as the manifest names it."""
    graph: Mapping[str, Any]
    places: Mapping[str, tuple[tuple[str, str], ...]]
    """What is filled in → (node, input) pairs."""

    def takes(self, what: str) -> bool:
        """Whether there is a place for it."""
        return what in self.places

    def count(self, kind: str) -> int:
        """How many pictures of a kind ("reference", "style") there are places for."""
        return sum(bool(match and match[1] == kind) for match in map(_PICTURE.fullmatch, self.places))

    def filled(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """A copy of the graph with all values that have a place."""
        graph: dict[str, Any] = copy.deepcopy(dict(self.graph))
        for what, value in values.items():
            for node, name in self.places.get(what, ()):
                graph[node]["inputs"][name] = value
        return graph


def read_workflow(name: str, key: str, *, folder: Path, places: Places) -> Workflow:
    """The workflow of an option. key: the option. Raises GeneratorError: not in the folder, not an exported
    workflow, a place whose node or input is not in it, no place for words or seed."""
    graph = _graph(_read(name, key, folder), name, key)
    titles = {node: _title(entry) for node, entry in graph.items()}
    found = _usual(graph, titles)
    for what, wanted in places.items():
        if what not in _INPUTS and not _PICTURE.fullmatch(what):
            known = (*_INPUTS, "reference 1", "style 1")
            raise GeneratorError(
                f"generator.places.{what}: nothing of this name is filled in{instead(what, known)}"
            )
        texts = (wanted,) if isinstance(wanted, str) else wanted
        found[what] = tuple(_place(text, what, graph, titles, name) for text in texts)
    for row in NEEDED:
        if not any(what in found for what in row):
            raise GeneratorError(
                f"generator.{key}: {name} has no node titled {' or '.join(map(shown, row))}: give the node "
                f"that takes it this title in ComfyUI and export again, or name it under generator.places "
                f"(places: {{{row[0]}: Title.input}}). Its titles: {', '.join(sorted(set(titles.values())))}"
            )
    return Workflow(name, graph, found)


def _read(name: str, key: str, folder: Path) -> bytes:
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise GeneratorError(f"generator.{key}: {shown(name)} leaves the series' folder")
        if path.stat().st_size > LARGEST:
            raise GeneratorError(f"generator.{key}: {name} has more than {LARGEST >> 20} MB: no workflow")
        return path.read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise GeneratorError(f"generator.{key}: {shown(name)} cannot be read: {reason}") from error


def _graph(data: bytes, name: str, key: str) -> dict[str, Any]:
    try:
        graph = json.loads(data)
    except ValueError as error:
        raise GeneratorError(f"generator.{key}: {name} is no JSON: {error}") from error
    nodes = isinstance(graph, dict) and graph and all(map(_is_node, graph.values()))
    if not nodes:
        hint = " (it was saved, not exported)" if isinstance(graph, dict) and "nodes" in graph else ""
        raise GeneratorError(
            f'generator.{key}: {name} is no workflow as "Export (API)" writes it{hint}: use that entry of '
            f"ComfyUI's menu"
        )
    return dict(graph)


def _is_node(entry: object) -> bool:
    return isinstance(entry, dict) and "class_type" in entry and isinstance(entry.get("inputs"), dict)


def _title(entry: Mapping[str, Any]) -> str:
    meta = entry.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return title.strip() if isinstance(title, str) and title.strip() else str(entry["class_type"])


def _usual(graph: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, tuple[tuple[str, str], ...]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for node, title in titles.items():
        lower, inputs = title.casefold(), graph[node]["inputs"]
        if _PICTURE.fullmatch(lower) and "image" in inputs:
            found.setdefault(lower, []).append((node, "image"))
        for what, (usual, names) in _INPUTS.items():
            name = next((name for name in names if name in inputs), None)
            if lower == usual and name is not None:
                found.setdefault(what, []).append((node, name))
    return {what: tuple(places) for what, places in found.items()}


def _place(
    text: str, what: str, graph: Mapping[str, Any], titles: Mapping[str, str], name: str
) -> tuple[str, str]:
    """Text like "Node title.input" in, node and input out."""
    title, _, entry = text.rpartition(".")
    nodes = [node for node, own in titles.items() if own == title]
    at = f"generator.places.{what}: {name}"
    if not title or not nodes:
        raise GeneratorError(
            f"{at} has no node titled {shown(title or text)}{instead(title, sorted(set(titles.values())))}"
        )
    if len(nodes) > 1:
        raise GeneratorError(f"{at} has {len(nodes)} nodes titled {shown(title)}: give them different titles")
    if entry not in graph[nodes[0]]["inputs"]:
        raise GeneratorError(
            f"{at}: {shown(title)} has no input {shown(entry)}{instead(entry, graph[nodes[0]]['inputs'])}"
        )
    return nodes[0], entry
