"""Paths that a manifest names: text as typed in, a path inside the manifest's folder out."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated

from pydantic import (
    AfterValidator,
    ValidationInfo,
)

from consistency import ConsistencyError, read_palette
from series.manifest.document import shown
from series.manifest.validation import CONTROL, Surroundings, nearest, surroundings, wrong

_LISTED = 5_000
"""Files looked at for a suggestion: enough for a project, bounded for a home folder."""


def _inside(text: str) -> str:
    """The path in its one spelling: relative, forward slashes, no ./ or //."""
    path = PurePosixPath(text)
    if not text.strip() or path == PurePosixPath():
        raise wrong("the path is empty")
    if CONTROL.search(text):
        raise wrong(f"{shown(text)} is no path: it has a control character in it")
    if path.is_absolute() or PureWindowsPath(text).drive or text.startswith(("\\", "~")):
        raise wrong(f"{shown(text)} leaves the manifest's folder; paths are relative to it")
    if "\\" in text:
        raise wrong(f"{shown(text)}: folders are separated by /; write {shown(text.replace(chr(92), '/'))}")
    if ".." in path.parts:
        raise wrong(f"{shown(text)} leaves the manifest's folder; keep the files inside it, without '..'")
    return path.as_posix()


def _file(text: str, info: ValidationInfo) -> str:
    relative = _inside(text)
    around = surroundings(info)
    if around is None:
        return relative
    try:
        target = (around.folder / relative).resolve()
        inside = target.is_relative_to(around.folder.resolve())
        is_file, is_folder = target.is_file(), target.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a ring of links, odd characters
        reason = getattr(error, "strerror", None) or error
        raise wrong(f"{shown(text)} cannot be looked up: {reason}") from None
    if not inside:
        raise wrong(f"{shown(text)} leaves the manifest's folder through a link; copy the file into it")
    if is_folder:
        raise wrong(f"{shown(text)} is a folder; name a file in it")
    if not is_file:
        raise wrong(f"no file {shown(text)}{_nearest_file(relative, around)}")
    return relative


def _nearest_file(text: str, around: Surroundings) -> str:
    if not around.may_look_up():
        return ""
    if not around.files:
        around.files.extend(_list_files(around.folder))
    by_name = {PurePosixPath(file).name: file for file in reversed(around.files)}
    name = PurePosixPath(text).name
    near = by_name.get(name) or nearest(text, around.files, cutoff=0.7)
    near = near or by_name.get(nearest(name, by_name, cutoff=0.7) or "")
    return f"; the nearest is {shown(near)}" if near else ""


def _list_files(folder: Path) -> list[str]:
    found: list[str] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found.extend((Path(parent) / name).relative_to(folder).as_posix() for name in sorted(names))
        if len(found) >= _LISTED:
            break
    return found[:_LISTED]


def _palette_file(text: str, info: ValidationInfo) -> str:
    relative = _file(text, info)
    around = surroundings(info)
    if around is not None and relative not in around.loaded:
        try:
            around.loaded[relative] = read_palette(around.folder / relative)
        except ConsistencyError as error:
            raise wrong(str(error)) from None
    return relative


FilePath = Annotated[str, AfterValidator(_file)]
PaletteFile = Annotated[str, AfterValidator(_palette_file)]
