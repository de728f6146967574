"""Which file is which panel: a folder of frames and the panels' ids in, matches and leftovers out."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from series.errors import FramesError
from series.manifest import composed

PICTURE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".jp2", ".j2k"}
    | {".psd", ".tga", ".ppm", ".pgm", ".pnm", ".mpo", ".ico", ".heic"}
)
"""Files with other suffixes in the frames folder are not frames, unless a map names them."""
FOLDERS_LOOKED_INTO = 20
"""Folders inside the frames folder in which pictures are looked for, when it holds none itself."""
MAX_MAP_BYTES = 64 * 1024 * 1024
"""A map of a million frames is far smaller."""


@dataclass(frozen=True, slots=True)
class Match:
    """A panel and its frame."""

    panel: str
    path: Path
    file: str
    """Relative to the frames folder, with forward slashes."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Panels with their frames, in panel order, and what found no partner."""

    folder: Path
    """The frames folder, as the caller named it."""
    matched: tuple[Match, ...]
    panels_without_frame: tuple[str, ...]
    frames_without_panel: tuple[str, ...]


def match_frames(panels: Sequence[str], folder: Path, mapping: Path | None = None) -> Matches:
    """Match by file stem (p01.png is panel p01), or by a CSV map with columns panel, file.

    Raises FramesError for a folder that cannot be read or has no frame at all, two files for one
    panel, and a wrong map.
    """
    files = _list(folder)
    chosen = _by_map(mapping, panels, folder) if mapping is not None else _by_stem(panels, files, folder)
    if not chosen:
        raise FramesError(_no_match(panels, files, folder))
    used = set(chosen.values())
    return Matches(
        folder,
        tuple(
            Match(panel, chosen[panel], _relative(chosen[panel], folder))
            for panel in panels
            if panel in chosen
        ),
        tuple(panel for panel in panels if panel not in chosen),
        tuple(_relative(path, folder) for path in files if path not in used),
    )


def _no_match(panels: Sequence[str], files: Sequence[Path], folder: Path) -> str:
    there = (
        f"it holds {_some(path.name for path in files)}"
        if files
        else f"it holds no pictures{_deeper(folder)}"
    )
    return (
        f"{folder}: no frame of any panel; {there}, and the panels are {_some(panels)}. "
        f"Name the files after the panels{_almost(panels, files)}, "
        f"or write a map (--map FILE.csv with columns panel,file)"
    )


def _some(names: Iterable[str]) -> str:
    """The first three, and a sign that there are more."""
    first = list(islice(names, 4))
    return ", ".join(first[:3]) + (" ..." if len(first) > 3 else "")


def _deeper(folder: Path) -> str:
    """Where pictures are, when they lie one folder deeper."""
    inner = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    for path in inner[:FOLDERS_LOOKED_INTO]:
        try:
            if _list(path):
                return f" itself (its folder {path.name} does: name it with --frames, or its files in a map)"
        except FramesError:
            continue
    return ""


def _almost(panels: Sequence[str], files: Sequence[Path]) -> str:
    """A file whose name differs from a panel's only in capitals or in spaces at its ends."""
    known = {panel.casefold(): panel for panel in panels}
    for path in files:
        panel = known.get(path.stem.strip().casefold())
        if panel is not None:
            return f", letter by letter ({panel}{path.suffix}, not {path.name})"
    return ""


def _list(folder: Path) -> list[Path]:
    if not folder.exists():
        raise FramesError(f"{folder}: no such folder; name the folder that holds the frames with --frames")
    if not folder.is_dir():
        raise FramesError(f"{folder}: --frames takes a folder, this is a file")
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise FramesError(f"{folder}: cannot be listed ({error.strerror})") from error
    return [
        path for path in entries if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")
    ]


def _relative(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _by_stem(panels: Sequence[str], files: Sequence[Path], folder: Path) -> dict[str, Path]:
    known = set(panels)
    chosen: dict[str, Path] = {}
    for path in files:
        panel = composed(path.stem)
        if panel not in known:
            continue
        if panel in chosen:
            raise FramesError(
                f"{folder}: {chosen[panel].name} and {path.name} are both frames of panel {panel}; "
                f"remove one, or name the right one in a map (--map FILE.csv with columns panel,file)"
            )
        chosen[panel] = path
    return chosen


def _by_map(mapping: Path, panels: Sequence[str], folder: Path) -> dict[str, Path]:
    known = set(panels)
    chosen: dict[str, Path] = {}
    for line, row in _rows(mapping):
        panel, file = composed((row.get("panel") or "").strip()), (row.get("file") or "").strip()
        where = f"{mapping}:{line}"
        if panel not in known:
            raise FramesError(f"{where}: no panel {panel!r} in the manifest")
        if panel in chosen:
            raise FramesError(f"{where}: panel {panel!r} has a frame already")
        chosen[panel] = _inside(folder, file, where)
    return chosen


def _rows(mapping: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        if mapping.stat().st_size > MAX_MAP_BYTES:
            raise FramesError(
                f"{mapping}: larger than {MAX_MAP_BYTES // 2**20} MiB; a map has columns panel,file"
            )
        with mapping.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if not {"panel", "file"} <= set(reader.fieldnames or ()):
                found = ", ".join(reader.fieldnames or ()) or "nothing"
                raise FramesError(f"{mapping}:1: a map needs columns panel,file; found {found}")
            if len(set(reader.fieldnames or ())) < len(reader.fieldnames or ()):
                raise FramesError(f"{mapping}:1: a column is there twice; a map has columns panel,file")
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FramesError(f"{mapping}: cannot be read as a CSV map ({error})") from error


def _inside(folder: Path, file: str, where: str) -> Path:
    """The file, if it stays in the folder. A missing one is left to reading, which reports it and goes on.

    Links in the folder are followed, as they are without a map: the folder is the user's own.
    """
    root = Path.cwd() / folder
    path = Path(os.path.normpath(root / file))
    root = Path(os.path.normpath(root))
    if not file or "\0" in file or path == root or not path.is_relative_to(root):
        raise FramesError(f"{where}: {file!r} is not inside the frames folder {folder}")
    return folder / path.relative_to(root)
