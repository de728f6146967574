"""A tiny comic that audits in a moment, the sample, and files that are no pictures."""

from __future__ import annotations

import contextlib
import io
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from series.generators.generator import Abilities
from series.generators.scripted import Scripted
from series.pipeline import Audited, AuditOptions, RunOptions, audit_series, run_series
from series.report.live import RunProgress

RED, GREEN, SKIN = (200, 50, 46), (60, 160, 90), (243, 203, 168)
MANIFEST = """\
version: 1
series: Tiny
size: [160, 120]
characters:
  mara:
    references: [refs/mara.png]
    palette: {coat: "#c8322e"}
    wardrobe:
      home: {references: [refs/mara_home.png], palette: {gown: "#e9a3b4"}}
  tib:
    references: [refs/tib.png]
panels:
  - {id: p01, characters: [mara]}
  - {id: p02, characters: [mara, tib]}
  - {id: p03, characters: [{name: mara, wardrobe: home}]}
  - {id: p04, characters: [tib]}
"""


@pytest.fixture(scope="session", autouse=True)
def no_models() -> Iterator[None]:
    """`auto` finds nothing: what is tested here must not depend on the models of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SERIES_MODELS", raising=False)
        yield


def write(path: Path, pixels: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1])
    return path


def scene(seed: int, height: int = 120, width: int = 160) -> np.ndarray:
    """Sky, ground and some windows: another picture for each seed."""
    rng = np.random.default_rng(seed)
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2], pixels[height // 2 :] = (60, 80, 140 + 4 * (seed % 8)), (205, 215, 235)
    for _ in range(8):
        y, x = rng.integers(0, height - 12), rng.integers(0, width - 12)
        pixels[y : y + 10, x : x + 8] = rng.integers(40, 255, 3)
    return pixels


def person(pixels: np.ndarray, x: int, coat: tuple[int, int, int]) -> np.ndarray:
    cv2.rectangle(pixels, (x, 46), (x + 30, 114), coat, -1)
    cv2.rectangle(pixels, (x, 46), (x + 30, 114), (20, 22, 40), 2)
    cv2.circle(pixels, (x + 15, 32), 13, SKIN, -1)
    cv2.circle(pixels, (x + 15, 32), 13, (20, 22, 40), 2)
    return pixels


def cat(pixels: np.ndarray, x: int) -> np.ndarray:
    cv2.ellipse(pixels, (x, 92), (26, 16), 0, 0, 360, GREEN, -1)
    cv2.ellipse(pixels, (x, 92), (26, 16), 0, 0, 360, (20, 22, 40), 2)
    for leg in (-16, -6, 6, 16):
        cv2.line(pixels, (x + leg, 100), (x + leg, 116), (20, 60, 40), 4)
    return pixels


def paper() -> np.ndarray:
    return np.full((120, 100, 3), 246, np.uint8)


@dataclass
class Comic:
    """A manifest, its references and its frames in a folder of their own."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "series.yaml"

    @property
    def frames(self) -> Path:
        return self.folder / "frames"

    @property
    def cache(self) -> Path:
        return self.folder / "facts.sqlite"

    def edit(self, old: str, new: str) -> None:
        text = self.manifest.read_text(encoding="utf-8")
        assert old in text
        self.manifest.write_text(text.replace(old, new), encoding="utf-8")

    def run(self, before: Mapping[str, Sequence[np.ndarray]], **options) -> list[str]:
        """Run it with a script: each panel's pictures before its good one. → panels asked for."""
        good = {path.stem: [path.read_bytes()] for path in self.frames.glob("*.png")}
        bad = {panel: [cv2.imencode(".png", one)[1].tobytes() for one in a] for panel, a in before.items()}
        script = {panel: bad.get(panel, []) + answer for panel, answer in good.items()}
        generator = Scripted(script, abilities=Abilities(reference_images=4), price=0.04)
        with contextlib.redirect_stderr(io.StringIO()), RunProgress() as progress:
            run_series(RunOptions(self.manifest, **options), progress, generator)
        return sorted(request.panel for request in generator.requests)

    def audit(self, **options) -> Audited:
        return audit_series(AuditOptions(self.manifest, self.frames, **{"cache": self.cache, **options}))


@pytest.fixture
def comic(tmp_path: Path) -> Comic:
    return tiny(tmp_path / "comic")


@pytest.fixture(scope="session")
def finished_comic(tmp_path_factory: pytest.TempPathFactory) -> Comic:
    """Of p02 the first picture was blank; all are accepted. A picture costs $0.04."""
    own = tiny(tmp_path_factory.mktemp("finished") / "comic")
    own.run({"p02": [np.full((120, 160, 3), 128, np.uint8)]})
    return own


@pytest.fixture
def ran(tmp_path: Path, finished_comic: Comic) -> Comic:
    """A copy of the finished comic with its run, to change."""
    shutil.copytree(finished_comic.folder, tmp_path / "comic")
    return Comic(tmp_path / "comic")


def tiny(folder: Path) -> Comic:
    own = Comic(folder)
    write(own.folder / "refs/mara.png", person(paper(), 34, RED))
    write(own.folder / "refs/mara_home.png", person(paper(), 34, (233, 163, 180)))
    write(own.folder / "refs/tib.png", cat(paper(), 50))
    write(own.frames / "p01.png", person(scene(1), 30, RED))
    write(own.frames / "p02.png", cat(person(scene(2), 100, RED), 40))
    write(own.frames / "p03.png", person(scene(3), 60, (233, 163, 180)))
    write(own.frames / "p04.png", cat(scene(4), 90))
    own.manifest.write_text(MANIFEST, encoding="utf-8")
    return own


@pytest.fixture
def pictures() -> Callable[[Path, int], np.ndarray]:
    """Writes the scenery of a seed."""
    return lambda path, seed: write(path, scene(seed))


def bomb() -> bytes:
    """A PNG of 30,000 × 30,000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def spoil() -> Callable[[Path, str], None]:
    """Puts something that is no picture where a picture was."""

    def spoil(path: Path, how: str) -> None:
        data = path.read_bytes()
        path.unlink()
        if how == "folder":
            path.mkdir()
        elif how != "gone":
            content = {
                "text": b"not a picture\n",
                "empty": b"",
                "cut": data[: len(data) // 2],
                "bomb": bomb(),
            }
            path.write_bytes(content[how])

    return spoil


@pytest.fixture(scope="session")
def sample(repository: Path) -> Path:
    return repository / "samples/lantern"
