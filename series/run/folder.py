"""Where a run keeps what it makes: one folder, by default `out` beside the manifest."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from glob import escape
from pathlib import Path

from series.errors import SeriesError
from series.files import write_atomically
from series.frames import PICTURE_SUFFIXES
from series.manifest import Manifest

DEFAULT_NAME = "out"
ID_FILE = ".series.id"
_ID_CHARACTERS = 32


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The parts of a run's folder. Nothing is made before it is needed."""

    root: Path

    @property
    def images(self) -> Path:
        """Every picture that was ever made, by content."""
        return self.root / "images"

    @property
    def frames(self) -> Path:
        """The series: one picture a panel, under the panel's name."""
        return self.root / "frames"

    @property
    def provenance(self) -> Path:
        """Where each frame comes from, and its Content Credentials where it is signed."""
        return self.root / "provenance"

    @property
    def store(self) -> Path:
        """Answers, money, decisions."""
        return self.root / "series.sqlite"

    @property
    def observations(self) -> Path:
        """What was seen in pictures."""
        return self.root / "observations.sqlite"

    @property
    def report(self) -> Path:
        """The drift audit report."""
        return self.root / "report.html"

    @property
    def own_id(self) -> str:
        """Tells this folder from others, also where it was moved to; empty before `make`."""
        try:
            return (
                (self.root / ID_FILE).read_text(encoding="ascii", errors="replace").strip()[:_ID_CHARACTERS]
            )
        except OSError:
            return ""

    def make(self) -> None:
        """Raises SeriesError where it cannot be made, or where pictures lie that publishing would replace."""
        foreign = self.frames.is_dir() and any(self.frames.iterdir()) and not self.observations.exists()
        if foreign or self.frames.is_symlink():
            raise SeriesError(
                f"{self.frames}: holds pictures that no run of this tool made; name another folder with --out"
            )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self.frames.mkdir(exist_ok=True)
            if not self.own_id:
                write_atomically(self.root / ID_FILE, f"{secrets.token_hex(_ID_CHARACTERS // 2)}\n")
        except OSError as error:
            raise SeriesError(
                f"{self.root}: cannot be made ({error.strerror}); name another folder with --out"
            ) from error

    def publish(self, pictures: Mapping[str, Path]) -> dict[str, str]:
        """Copy each panel's picture under the panel's name. → panel → file name.

        A picture of the same panel under another suffix is removed: two frames of one panel are an error to
        everyone who reads the folder.
        """
        names = {}
        for panel, path in pictures.items():
            for left in self.frames.glob(f".{escape(panel)}.*.tmp"):  # of a run that was killed
                left.unlink()
            name = f"{panel}{path.suffix}"
            target = self.frames / name
            data = path.read_bytes()
            if not target.is_file() or target.read_bytes() != data:
                write_atomically(target, data)
            for other in PICTURE_SUFFIXES - {path.suffix}:
                (self.frames / f"{panel}{other}").unlink(missing_ok=True)
            names[panel] = name
        return names


def run_folder(manifest: Manifest, out: Path | None) -> RunFolder:
    """The folder that was asked for, or the usual one. Raises SeriesError for the manifest's own."""
    folder = RunFolder(manifest.folder / DEFAULT_NAME if out is None else out)
    if folder.root.resolve() == manifest.folder.resolve():
        raise SeriesError(
            f"{folder.root}: is the manifest's own folder; a run needs one for itself: name it with --out"
        )
    return folder
