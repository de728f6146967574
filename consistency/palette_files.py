"""A palette file in, a Palette out: .ase, .aco, .gpl, .hex and .txt lists.

No profile travels with these files, so RGB, HSB and gray are read as sRGB, CMYK without a press profile,
and Adobe's Lab as D50 adapted to D65.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from consistency.color import lab_to_hex
from consistency.errors import ColorError, PaletteError
from consistency.palette import Lab, Palette, Swatch
from consistency.typed_color import from_notation, parse_color

MAX_BYTES = 2 * 1024 * 1024
"""Largest file that is read: thirty times the largest swatch book seen (about 2,000 named colors)."""

MAX_SWATCHES = 4096
"""Most colors that one file may hold; a palette of more is a picture."""

MAX_LINE = 100
"""Longest line of a text palette, in characters."""


def read_palette(path: str | Path) -> Palette:
    """The palette in a file, in the file's order; swatches without a name get their hex form.

    .ase (Adobe Swatch Exchange: RGB, CMYK, LAB, Gray; a group's name becomes the role), .aco (Photoshop,
    version 1 or 2: RGB, HSB, CMYK, Lab, gray), .gpl (GIMP), .hex and .txt (one hex color a line, name after
    it). Told by content, then by the file's ending. At most 2 MiB and 4096 colors.
    Raises PaletteError, naming the file, the line of a text file, and what was found.
    Sources: Adobe Photoshop File Formats Specification (.aco); Tesler's .aco page and GIMP's reader (gray is
    ink there: 0 is white); the .ase layout as Illustrator writes it; the GIMP palette format.
    """
    file = Path(path)
    content = _content(file)
    try:
        name, swatches = _by_format(content, file)
    except _UnreadableError as problem:
        raise PaletteError(f"{file}{problem.where}: {problem}") from None
    if not swatches:
        raise PaletteError(f"{file}: holds no color")
    return Palette(name, tuple(swatches))


def _by_format(content: bytes, file: Path) -> tuple[str, list[Swatch]]:
    ending = file.suffix.lower()
    if content.startswith(b"ASEF"):
        return file.stem, list(_ase(content))
    if content.removeprefix(b"\xef\xbb\xbf").startswith(b"GIMP Palette"):
        return _gpl(_text(content), file.stem)
    if ending == ".aco":
        return file.stem, _aco(content)
    if ending in (".hex", ".txt"):
        return file.stem, _hex_list(_text(content))
    found = content[:12].decode("ascii", "backslashreplace")
    raise _UnreadableError(
        f'starts with "{_ascii(found)}"; palettes are .ase, .aco, .gpl, .hex or .txt files'
    )


class _UnreadableError(Exception):
    """What was found, without the file's name; with the line where there are lines."""

    def __init__(self, found: str, line: int | None = None) -> None:
        super().__init__(found)
        self.where = "" if line is None else f":{line}"


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the path
        raise PaletteError(f"{file}: cannot be read: {problem}") from problem
    if len(content) > MAX_BYTES:
        raise PaletteError(f"{file}: is larger than {MAX_BYTES:,} bytes, which no palette needs")
    return content


def _swatch(name: str, lab: Lab, role: str = "") -> Swatch:
    return Swatch(_printable(name) or lab_to_hex(lab), lab, role)


def _printable(name: str) -> str:
    """Names reach reports and terminals: one line, nothing that moves the cursor."""
    return "".join(letter for letter in name if letter.isprintable()).strip()


def _lab(notation: str, channels: tuple[float, ...], line: int | None = None) -> Lab:
    try:
        return from_notation(notation, channels)
    except ColorError as problem:
        raise _UnreadableError(str(problem), line) from None


class _Bytes:
    """Big-endian numbers and names from bytes; running out of them is _UnreadableError."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._content) - self._at

    def take(self, count: int, what: str) -> bytes:
        if count > self.left:
            raise _UnreadableError(f"ends at byte {len(self._content)} inside {what}; is it cut off?")
        self._at += count
        return self._content[self._at - count : self._at]

    def number(self, layout: str, what: str) -> int:
        (value,) = struct.unpack(f">{layout}", self.take(struct.calcsize(layout), what))
        return int(value)

    def name(self, units: int, what: str) -> str:
        return self.take(2 * units, what).decode("utf-16-be", "replace").split("\0")[0]


# --- Adobe Swatch Exchange ---

_ASE_COLOR, _ASE_GROUP, _ASE_GROUP_END = 0x0001, 0xC001, 0xC002
_ASE_CHANNELS = {"RGB": 3, "CMYK": 4, "LAB": 3, "GRAY": 1}


def _ase(content: bytes) -> Iterator[Swatch]:
    file = _Bytes(content)
    file.take(4, "the header")
    major, _minor = file.number("H", "the header"), file.number("H", "the header")
    if major != 1:
        raise _UnreadableError(f"is Adobe Swatch Exchange version {major}; version 1 can be read")
    count = file.number("I", "the header")
    if count > 3 * MAX_SWATCHES:  # every color may bring a group's start and end
        raise _UnreadableError(f"claims {count:,} blocks; at most {3 * MAX_SWATCHES:,} are read")
    group = ""
    for index in range(1, count + 1):
        where = f"block {index} of {count}"
        kind = file.number("H", where)
        block = _Bytes(file.take(file.number("I", where), where))
        if kind == _ASE_GROUP:
            group = _printable(block.name(block.number("H", where), where))
        elif kind == _ASE_GROUP_END:
            group = ""
        elif kind == _ASE_COLOR:
            yield _ase_color(block, where, group)


def _ase_color(block: _Bytes, where: str, group: str) -> Swatch:
    name = block.name(block.number("H", where), where)
    model = block.take(4, where).decode("ascii", "backslashreplace").strip().upper()
    if model not in _ASE_CHANNELS:
        raise _UnreadableError(
            f'{where} ("{name}") has the color model "{model}"; RGB, CMYK, LAB, Gray can be read'
        )
    count = _ASE_CHANNELS[model]
    values: tuple[float, ...] = struct.unpack(f">{count}f", block.take(4 * count, where))
    match model:
        case "RGB":
            lab = _lab("rgb", tuple(255 * value for value in values))
        case "CMYK":
            lab = _lab("cmyk", tuple(100 * value for value in values))
        case "LAB":
            lab = _lab("lab-d50", (100 * values[0], *values[1:]))
        case _:
            lab = _lab("rgb", (255 * values[0],) * 3)
    return _swatch(name, lab, group)


# --- Photoshop color ---


def _aco(content: bytes) -> list[Swatch]:
    file = _Bytes(content)
    version = file.number("H", "the header")
    if version not in (0, 1, 2):
        raise _UnreadableError(f"is no .aco palette: version {version} instead of 1 or 2")
    swatches = list(_aco_colors(file, named=version == 2))
    # The named list repeats the nameless one for newer programs.
    if version != 2 and file.left >= 4 and file.number("H", "the header") == 2:
        swatches = list(_aco_colors(file, named=True))
    return swatches


def _aco_colors(file: _Bytes, *, named: bool) -> Iterator[Swatch]:
    count = file.number("H", "the header")
    if count > MAX_SWATCHES:
        raise _UnreadableError(f"claims {count:,} colors; at most {MAX_SWATCHES:,} are read")
    for index in range(1, count + 1):
        where = f"color {index} of {count}"
        space = file.number("H", where)
        lab = _aco_lab(space, file.take(8, where), where)
        name = file.name(file.number("I", where), where) if named else ""
        yield _swatch(name, lab)


def _aco_lab(space: int, channels: bytes, where: str) -> Lab:
    w, x, y, z = struct.unpack(">4H", channels)
    full = 65535
    match space:
        case 0:
            return _lab("rgb", (255 * w / full, 255 * x / full, 255 * y / full))
        case 1:
            return _lab("hsv", (360 * w / full, 100 * x / full, 100 * y / full))
        case 2:
            return _lab("cmyk", tuple(100 - 100 * ink / full for ink in (w, x, y, z)))
        case 7:
            lightness, a, b, _ = struct.unpack(">H3h", channels)
            return _lab("lab-d50", (lightness / 100, a / 100, b / 100))
        case 8:
            return _lab("rgb", (255 * (1 - w / 10_000),) * 3)
    raise _UnreadableError(f"{where} is in color space {space}; RGB, HSB, CMYK, Lab and gray can be read")


# --- text ---

_GPL_ENTRY = re.compile(r"\s*([0-9]{1,4})\s+([0-9]{1,4})\s+([0-9]{1,4})(?:\s+(.*))?")
_HEX_ENTRY = re.compile(
    r"(?:ff(?=[0-9a-f]{6}\b)|#|0x)?([0-9a-f]{6}|[0-9a-f]{3})(?:[\s,;]+(.*))?", re.IGNORECASE
)


def _text(content: bytes) -> list[str]:
    lines = content.decode("utf-8-sig", "replace").splitlines()
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_LINE:
            raise _UnreadableError(
                f"has {len(line)} characters in one line, at most {MAX_LINE} are read", number
            )
    return lines


def _gpl(lines: list[str], name: str) -> tuple[str, list[Swatch]]:
    swatches: list[Swatch] = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if not swatches and (header := re.match(r"(Name|Columns):(.*)", line)):
            name = (header[2].strip() or name) if header[1] == "Name" else name
            continue
        found = _GPL_ENTRY.fullmatch(line)
        if found is None:
            raise _UnreadableError(f'found "{_ascii(line)}" instead of "red green blue name"', number)
        lab = _lab("rgb", tuple(float(channel) for channel in found.group(1, 2, 3)), number)
        _add(swatches, _swatch(found[4] or "", lab), number)
    return _printable(name), swatches


def _hex_list(lines: list[str]) -> list[Swatch]:
    """Lines of "#rrggbb name", also "rrggbb", "0xrrggbb" and Paint.NET's "FFrrggbb"."""
    swatches: list[Swatch] = []
    for number, line in enumerate(lines, 1):
        entry = line.strip()
        if not entry or entry == "#" or entry.startswith((";", "//", "# ")):
            continue
        found = _HEX_ENTRY.fullmatch(entry)
        if found is None:
            raise _UnreadableError(f'found "{_ascii(entry)}" instead of a hex color such as #c0392b', number)
        _add(swatches, _swatch(found[2] or "", parse_color(found[1])), number)
    return swatches


def _add(swatches: list[Swatch], swatch: Swatch, line: int) -> None:
    if len(swatches) == MAX_SWATCHES:
        raise _UnreadableError(f"holds more than {MAX_SWATCHES:,} colors", line)
    swatches.append(swatch)


def _ascii(line: str) -> str:
    return ascii(line[:40])[1:-1]
