"""A YAML file in, plain data with the line of every key out. Safe against files made to do harm."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from types import MappingProxyType

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from series.errors import ManifestError

MAX_BYTES = 2 * 1024 * 1024
"""About 8,000 panels; the reader takes some 5 s a megabyte."""
MAX_VALUES = 200_000
"""Values after aliases are followed: a few hundred bytes of nested aliases can stand for billions."""
MAX_DEPTH = 40
"""A manifest needs 6; an alias to its own parent would never end."""
SHOWN = 60
"""Characters of a value shown in a message."""

Keys = tuple[str | int, ...]
"""The way to a value: ("panels", 0, "shot")."""


@dataclass(frozen=True, slots=True)
class Document:
    """Plain data, and where each value stands."""

    path: Path
    """As the caller named it."""
    data: object
    """Mappings with text keys, lists, text, numbers, booleans, None."""
    lines: Mapping[Keys, int]
    """Line of each value's key (or of the item in a list), from 1."""
    typed: Mapping[Keys, str]
    """Values that YAML did not take for text, as they were typed: 007, 1e3, yes."""

    def line(self, keys: Keys) -> int:
        """Line of this key, or of the nearest one around it that is in the file."""
        while keys and keys not in self.lines:
            keys = keys[:-1]
        return self.lines.get(keys, 1)

    def where(self, keys: Keys) -> str:
        """file:line, with the path as the caller named it."""
        return f"{self.path}:{self.line(keys)}"


def read_document(path: str | Path) -> Document:
    """Read one YAML 1.2 document of at most MAX_BYTES. Raises ManifestError with one line."""
    path = Path(path)
    text = _decode(path, _read_bytes(path))
    root = _compose(path, text)
    if root is None:
        raise ManifestError(f"{path}: the file is empty; `series init DIR` writes a manifest to start from")
    return _Reader(path).read(root)


def shown(value: object) -> str:
    """A value as a message shows it: quoted when it is text, cut when it is long."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    # Control characters would disturb a terminal, so text goes through repr.
    text = repr(value[: SHOWN + 1] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN + 2 else f"{text[:SHOWN]}…"


def _read_bytes(path: Path) -> bytes:
    if path.is_dir():
        raise ManifestError(f"{path}: this is a folder, not a manifest; name the file in it: series.yaml")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ManifestError(
            f"{path}: no such file; `series init DIR` writes a manifest to start from"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ManifestError(f"{path}: cannot be read: {reason}") from error
    if len(data) > MAX_BYTES:
        raise ManifestError(f"{path}: larger than {MAX_BYTES // 1024} KiB, which is no manifest")
    return data


def _decode(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ManifestError(
            f"{path}:{line}: not UTF-8 text (byte 0x{data[error.start]:02x}); save the manifest as UTF-8"
        ) from None
    # ruamel.yaml refuses the same characters, but without a line.
    for number, line_text in enumerate(text.split("\n"), 1):
        odd = next((c for c in line_text if (c < " " and c not in "\t\r") or c == "\x7f"), None)
        if odd is not None:
            raise ManifestError(f"{path}:{number}: not text: a control character (0x{ord(odd):02x})")
    return text


def _compose(path: Path, text: str) -> Node | None:
    """Text to a tree of nodes with lines; nothing is constructed, so no tag can run code."""
    yaml = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a reused anchor is legal in YAML 1.2
            node: Node | None = yaml.compose(text)
    except MarkedYAMLError as error:
        raise ManifestError(_syntax_problem(path, text, error)) from None
    except RecursionError:
        raise ManifestError(f"{path}: nested too deeply") from None
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        # Beside its own errors ruamel.yaml lets some of Python's escape on garbage.
        reason = " ".join(str(error).split())[:120]
        raise ManifestError(f"{path}: not YAML: {reason or type(error).__name__}") from None
    return node


def _syntax_problem(path: Path, text: str, error: MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    line = mark.line if mark else 0
    lines = text.split("\n")
    problem = " ".join(str(error.problem or error.context or "it cannot be read").split())
    if "\\t" in problem and line < len(lines) and "\t" in lines[line]:
        problem = "a tab; YAML is indented with spaces only"
    elif "another document" in problem:
        problem = "a second document (after '---'); a manifest is one document"
    elif problem == "mapping values are not allowed here":
        problem = _second_colon(lines, line)
    elif error.context and error.context_mark and error.context_mark.line != line:
        problem += f" ({error.context}, which starts at line {error.context_mark.line + 1})"
    return f"{path}:{line + 1}: not YAML: {problem}"


def _second_colon(lines: list[str], line: int) -> str:
    """YAML says the same of `scene: Mara: alone` and of a line that is indented too far."""
    text = lines[line] if line < len(lines) else ""
    before = next(
        (one for one in reversed(lines[:line]) if one.strip() and not one.lstrip().startswith("#")), ""
    )
    deep, above = (len(one) - len(one.lstrip(" -")) for one in (text, before))
    if deep > above and ": " in before.strip() and f"{text.strip()} ".count(": ") == 1:
        return f"indented by {deep}, the line above it by {above}; keys side by side start in one column"
    return "a second ': ' in one line; put the text in quotes"


class _Reader:
    """Walks the tree of nodes once, counting, so that every limit holds after aliases are followed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[Keys, int] = {}
        self._typed: dict[Keys, str] = {}
        self._count = 0

    def read(self, root: Node) -> Document:
        self._lines[()] = root.start_mark.line + 1
        data = self._value(root, ())
        return Document(self._path, data, MappingProxyType(self._lines), MappingProxyType(self._typed))

    def _problem(self, node: Node, what: str) -> ManifestError:
        return ManifestError(f"{self._path}:{node.start_mark.line + 1}: {what}")

    def _value(self, node: Node, keys: Keys) -> object:
        self._count += 1
        if self._count > MAX_VALUES:
            raise self._problem(
                node, f"more than {MAX_VALUES:,} values, aliases followed; that is no manifest"
            )
        if len(keys) > MAX_DEPTH:
            raise self._problem(node, f"nested deeper than {MAX_DEPTH} levels (or an alias to what holds it)")
        if isinstance(node, MappingNode):
            self._plain_tag(node, "map")
            return self._mapping(node, keys)
        if isinstance(node, SequenceNode):
            self._plain_tag(node, "seq")
            return [self._item(item, (*keys, i)) for i, item in enumerate(node.value)]
        if not isinstance(node, ScalarNode):
            raise self._problem(node, "neither a word, a list nor a mapping")
        return self._scalar(node, keys)

    def _plain_tag(self, node: Node, name: str) -> None:
        if str(node.tag) != f"tag:yaml.org,2002:{name}":
            raise self._problem(node, f"the tag {shown(str(node.tag))} is not allowed; plain values only")

    def _item(self, node: Node, keys: Keys) -> object:
        self._lines[keys] = node.start_mark.line + 1
        return self._value(node, keys)

    def _mapping(self, node: MappingNode, keys: Keys) -> dict[str, object]:
        found: dict[str, object] = {}
        firsts: dict[str, Node] = {}
        merged: dict[str, object] = {}
        for key_node, value_node in node.value:
            if str(key_node.tag) == "tag:yaml.org,2002:merge":
                merged = {**self._merged(value_node, keys), **merged}
                continue
            key = self._key(key_node)
            if key in firsts:
                first = firsts[key].start_mark.line + 1
                raise self._problem(
                    key_node, f"the key {shown(key)} is here twice; the first is at line {first}"
                )
            firsts[key] = key_node
            self._lines[(*keys, key)] = key_node.start_mark.line + 1
            found[key] = self._value(value_node, (*keys, key))
        return {**merged, **found}

    def _merged(self, node: Node, keys: Keys) -> dict[str, object]:
        """The mapping (or mappings, the first one winning) that `<<` pulls in."""
        nodes = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, object] = {}
        for one in nodes:
            # One level deeper than it stands, so that a mapping that merges itself meets MAX_DEPTH.
            data = self._value(one, (*keys, "<<"))
            if not isinstance(data, dict):
                raise self._problem(one, "'<<' takes a mapping, or a list of mappings")
            merged = {**data, **merged}
        return merged

    def _key(self, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            raise self._problem(node, "a key must be a word, not a list or a mapping")
        # Keys stay as typed: a panel called 007 or `no` is that text and not a number or a boolean.
        return self._text(node)

    def _text(self, node: ScalarNode) -> str:
        text = str(node.value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise self._problem(node, "half a surrogate pair (\\ud800 to \\udfff), which is no character")
        return text

    def _scalar(self, node: ScalarNode, keys: Keys) -> object:
        kind = str(node.tag).removeprefix("tag:yaml.org,2002:")
        text = self._text(node)
        if kind == "str":
            return text
        if kind not in _SCALARS:
            raise self._problem(node, f"the tag {shown(str(node.tag))} is not allowed; plain values only")
        self._typed[keys] = text
        try:
            return _SCALARS[kind](text)
        except ValueError:
            return text


def _integer(text: str) -> int:
    plain = text.replace("_", "")
    # YAML 1.2 reads 010 as ten, unlike Python's base 0.
    return int(plain, 0) if plain.lstrip("+-")[:2].lower() in {"0x", "0o", "0b"} else int(plain)


def _number(text: str) -> float:
    number = float(text.replace("_", ""))
    if not isfinite(number):
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    return text.lower() in {"true", "yes", "on", "y"}


_SCALARS: Mapping[str, Callable[[str], object]] = {
    "int": _integer,
    "float": _number,
    "bool": _boolean,
    "null": lambda _text: None,
    "timestamp": str,
    "value": str,
}
