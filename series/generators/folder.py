"""A request in; the words to use written into a file, the picture that somebody made with them out.

For pictures that a person or another tool makes. The first picture of panel p01 is expected as p01.png, the
next ones as p01.2.png, p01.3.png: one number for each different request, kept by its prompt file.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Protocol, runtime_checkable

from pydantic import JsonValue

from consistency import ImageError, decode_frame
from series.errors import GeneratorError, SeriesError
from series.files import write_atomically
from series.frames import PICTURE_SUFFIXES
from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Generator,
    Outcome,
    Pacing,
)
from series.generators.options import flag_option, instead, no_others, shown, text_option
from series.request import GenerationRequest, Reference
from series.request.midjourney import midjourney
from series.request.prompt import prompt

FRAMES = "frames"
"""Where pictures are expected when the manifest does not say, beside the manifest."""
PROMPTS = "prompts"
"""Where prompts are written when the manifest does not say, in the run's folder."""
RUN_MAKES = ("frames", "images")
"""Folders in the run's own, in which it keeps pictures itself."""
POLL_S = 1.0
"""Seconds between two looks at a file. It must be the same in both before it is read: a copy over a network
that stands still for longer is caught by decoding."""
PATIENCE_S = 30 * 24 * 3600.0
"""Seconds that a person may take: a month, and then a run should be started anew."""
PANELS_AT_ONCE = 1_000
"""Requests in flight while watching: a person wants all prompts at once, and waiting costs little."""

HUMAN = Abilities(edit=True, reference_images=16)
"""A person redraws what is asked for, and sees 16 pictures at a glance: the most that current models take."""

MIDJOURNEY = Abilities(
    takes_seed=True, negative_prompt=True, reference_images=4, reference_roles=("character", "style")
)
"""What its parameters carry: --seed (similar pictures, not the same), --no, --oref, --sref. An edit is work
by hand that no line describes."""
TOOLS = ("", "midjourney")
"""Tools whose own line is written above the prompt."""

NAMED = 8
"""Missing pictures that are named: more are a list that nobody reads."""

_DIGEST = "Request "
"""Begins the last line of a prompt file."""
_MARK = re.compile(rf"{_DIGEST}[0-9a-f]{{64}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class FolderOptions:
    """Where things lie."""

    folder: Path
    """The series folder: messages name paths from here."""
    frames: Path
    """Where pictures are expected."""
    prompts: Path
    """Where prompts are written."""
    watch: bool = False
    """Wait for each picture instead of ending the run where one is missing."""
    tool: str = ""
    """One of TOOLS; empty for a person or any tool."""


def read_folder_options(options: Mapping[str, JsonValue], *, folder: Path, out: Path) -> FolderOptions:
    """The options {frames: DIR, prompts: DIR, watch: true or false, tool: midjourney}, all of which may be
    left out.

    Folders are relative to the manifest's. Raises GeneratorError for one that leaves it, and for frames where
    the run writes its own.
    """
    no_others(options, ("frames", "prompts", "watch", "tool"))
    frames = _inside(text_option(options, "frames", FRAMES), "frames", folder)
    prompts = _inside(text_option(options, "prompts", PROMPTS), "prompts", folder)
    for name in RUN_MAKES:
        if frames.resolve().is_relative_to((out / name).resolve()):
            raise GeneratorError(
                f"generator.frames: the run writes into {out / name} itself; name another folder"
            )
    if "prompts" not in options:
        prompts = out / PROMPTS
    tool = text_option(options, "tool", TOOLS[1]) if "tool" in options else ""
    if tool not in TOOLS:
        raise GeneratorError(f"generator.tool: there is no tool {shown(tool)}{instead(tool, TOOLS[1:])}")
    return FolderOptions(folder, frames, prompts, flag_option(options, "watch", default=False), tool)


class FolderGenerator:
    """Takes pictures from a folder."""

    def __init__(
        self, options: FolderOptions, *, stop: threading.Event | None = None, poll_s: float = POLL_S
    ) -> None:
        """stop: set it to end every wait."""
        self.name = f"folder:{options.tool}" if options.tool else "folder"
        self.abilities = MIDJOURNEY if options.tool else HUMAN
        self.pacing = Pacing(PANELS_AT_ONCE if options.watch else 1, None, PATIENCE_S)
        self.stop = stop or threading.Event()
        self._options, self._poll_s, self._numbering = options, poll_s, threading.Lock()
        self._missing: dict[str, str] = {}

    def ready(self) -> None:
        """Always: a person or a tool needs nothing from here."""

    def words(self, request: GenerationRequest) -> str:
        """What the prompt file says: the tool's own line above the prompt, where there is a tool."""
        if not self._options.tool:
            return prompt(request)
        return f"{midjourney(request)}\n\n{prompt(request)}"

    def following(self) -> str:
        """What a person does next, with paths as a person in the working folder reads them; empty where no
        picture is waited for."""
        names = list(self._missing.values())
        if not names:
            return ""
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return (
            f"save {', '.join(names[:NAMED])}{more} in {self._options.frames} "
            f"(prompts: {self._options.prompts}), then run again"
        )

    def price(self, request: GenerationRequest) -> float:
        """Nothing: what a person's work costs is not known here."""
        del request
        return 0.0

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """The picture, if it is there and whole; else what to put where. Whatever the key, it is the same."""
        del key
        try:
            with self._numbering:
                number = self._number(request)
                written = self._write_prompt(request, number)
        except (SeriesError, OSError) as error:
            # Not the request's fault: once it is put right, the next run asks again.
            return Failed(FailureKind.WAITING, f"the prompt cannot be written: {error}")
        stem = _stem(request.panel, number)
        missing = (
            f"put {stem}.png into {self._said(self._options.frames)}; the prompt is in {self._said(written)}"
        )
        found = self._take(stem)
        if isinstance(found, bytes):
            self._missing.pop(request.panel, None)
            return Generated((GeneratedImage(found),))
        self._missing[request.panel] = f"{stem}.png"
        if self._options.watch:
            sys.stderr.write(f"{missing}\n")
            return self._watch(request.panel, stem, missing)
        return Failed(FailureKind.WAITING, f"{found}; {missing}" if found else missing)

    def _watch(self, panel: str, stem: str, missing: str) -> Outcome:
        """Look again and again; a file must look the same twice in a row before it is read."""
        before: list[tuple[str, int, int]] = []
        while not self.stop.wait(self._poll_s):
            now = self._signs(stem)
            if now and now == before:
                found = self._take(stem)
                if isinstance(found, bytes):
                    self._missing.pop(panel, None)
                    return Generated((GeneratedImage(found),))
            before = now
        return Failed(FailureKind.WAITING, missing)

    def _take(self, stem: str) -> bytes | str:
        """The picture's bytes; else why there are none, empty where there is no file."""
        there = self._files(stem)
        if not there:
            return ""
        if len(there) > 1:
            return f"{' and '.join(path.name for path in there)} are both there: keep one"
        path = there[0]
        try:
            if not path.resolve().is_relative_to(self._options.folder.resolve()):
                return f"{path.name} is a link that leaves the series folder: copy the file"
            data = path.read_bytes()
            decode_frame(data, path.name)
        except (OSError, RuntimeError) as error:
            return f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}"
        except ImageError as error:
            return f"it is not whole yet, or no picture: {error}"
        return data

    def _files(self, stem: str) -> list[Path]:
        """Pictures of this stem, in any format."""
        try:
            names = sorted(path.name for path in self._options.frames.iterdir())
        except OSError:
            return []
        found = [self._options.frames / name for name in names if PurePosixPath(name).stem == stem]
        return [path for path in found if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]

    def _signs(self, stem: str) -> list[tuple[str, int, int]]:
        try:
            stats = [(path.name, path.stat()) for path in self._files(stem)]
        except OSError:
            return []
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]

    def _number(self, request: GenerationRequest) -> int:
        """The number that this request had before, else the next one that no picture was made for.

        At least one more than its reinforcements, so that numbers say how far a panel has come.
        """
        first, free = len(request.reinforcements) + 1, 0
        for number in count(first):
            written = self._request_of(self._prompt_file(request.panel, number))
            if written == request.digest:
                return number
            if not free and (written is None or not self._files(_stem(request.panel, number))):
                free = number
            if written is None:
                break
        return free

    def _request_of(self, path: Path) -> str | None:
        """Digest of the request that a prompt file is of; None without such a file. Raises GeneratorError
        for a file of somebody else's, which is never written over."""
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return None
        last = text.rstrip().rsplit("\n", 1)[-1]
        if not _MARK.fullmatch(last):
            raise GeneratorError(
                f"{self._said(path)} is no prompt of this tool: move it away, or name another folder "
                f"(generator.prompts)"
            )
        return last.removeprefix(_DIGEST)

    def _prompt_file(self, panel: str, number: int) -> Path:
        return self._options.prompts / f"{panel}.{number}.txt"

    def _write_prompt(self, request: GenerationRequest, number: int) -> Path:
        path = self._prompt_file(request.panel, number)
        width, height = request.structure.size
        target = f"{self._said(self._options.frames)}/{_stem(request.panel, number)}.png"
        lines = [
            f"Save the picture as {target} (or .jpg, .webp), {width} × {height} pixels.",
            "",
            *(["Paste this line into Midjourney:", midjourney(request), ""] if self._options.tool else []),
            prompt(request),
        ]
        if request.edit is not None:
            lines += ["", f"Start from this picture: {self._said(request.edit.path)}"]
        if request.references:
            lines += ["", "Pictures to give along, in this order:"]
            lines += [
                f"{index}. {self._said(one.path)} ({_role(one)})"
                for index, one in enumerate(request.references, 1)
            ]
        path.parent.mkdir(parents=True, exist_ok=True)
        self._options.frames.mkdir(parents=True, exist_ok=True)
        text = "\n".join([*lines, "", f"{_DIGEST}{request.digest}", ""])
        if not path.is_file() or path.read_bytes() != text.encode():
            write_atomically(path, text)
        return path

    def _said(self, path: Path) -> str:
        """A path as a person standing in the series folder reads it."""
        try:
            return path.resolve().relative_to(self._options.folder.resolve()).as_posix()
        except ValueError:
            return str(path)


@runtime_checkable
class Awaiting(Protocol):
    """A generator that may wait for a person."""

    def following(self) -> str:
        """What a person does next; empty where nothing is waited for."""


def following_of(generator: Generator) -> str:
    """What a person does next for a generator; empty for one that waits for nobody."""
    return generator.following() if isinstance(generator, Awaiting) else ""


def strangers(
    options: Mapping[str, JsonValue], panels: Collection[str], *, folder: Path, out: Path
) -> tuple[str, ...]:
    """Pictures where frames are expected that are of no panel: file names, sorted. options: as in
    `read_folder_options`."""
    frames = read_folder_options(options, folder=folder, out=out).frames
    try:
        names = sorted(path.name for path in frames.iterdir())
    except OSError:
        return ()
    return tuple(
        name
        for name in names
        if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES and not _of_a_panel(name, panels)
    )


def _of_a_panel(name: str, panels: Collection[str]) -> bool:
    stem = PurePosixPath(name).stem
    panel, _, number = stem.rpartition(".")
    return stem in panels or (panel in panels and number.isdecimal())


def _role(reference: Reference) -> str:
    role, subject = reference.role.value, reference.subject
    return role if subject in {"", role} else f"{role} {subject}"


def _stem(panel: str, number: int) -> str:
    return panel if number == 1 else f"{panel}.{number}"


def _inside(text: str, key: str, folder: Path) -> Path:
    """A folder below the manifest's. Raises GeneratorError."""
    posix, windows = PurePosixPath(text), PureWindowsPath(text)
    if posix.is_absolute() or windows.root or windows.drive or ".." in windows.parts or "\0" in text:
        raise GeneratorError(
            f"generator.{key}: {shown(text)} leaves the manifest's folder; name one inside it, without '..'"
        )
    path = folder / posix
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
        file = path.exists() and not path.is_dir()
    except (OSError, RuntimeError) as error:
        raise GeneratorError(f"generator.{key}: {shown(text)} cannot be looked up: {error}") from None
    if not inside:
        raise GeneratorError(f"generator.{key}: {shown(text)} leaves the manifest's folder through a link")
    if file:
        raise GeneratorError(f"generator.{key}: {shown(text)} is a file; name a folder")
    return path
