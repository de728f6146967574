"""A model behind a contract server: words and pictures as they came in, previz frames with drifts out.

It knows a panel by the structure section of the prompt, and a picture by its bytes. Each panel has a list of
drifts: its first picture has the first one, and every request that says something new gets the next, then
clean pictures. A request that says nothing new drifts as the one before.

    studio = Studio(series, plan={"p03": [Planned(DriftKind.MISSING, "mara")]}, abilities=generator.abilities)
    (png,) = studio.draw(prompt, images, size=(1024, 768))
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from series.drift import DriftKind
from series.generators.generator import Abilities
from series.generators.previz.chance import Drift
from series.generators.previz.dice import Dice
from series.generators.previz.draw import draw, encode
from series.generators.previz.layout import draft_of
from series.generators.previz.spoil import spoil
from series.generators.previz.worn import worn
from series.manifest import read_manifest
from series.plan import plan as planned_orders
from series.request import GenerationRequest, prompt
from series.run.prepare import first_requests

CAST = ("mara", "tib", "oswin")
SIZE = 0.7
"""How big a drift is: as big as the simulated model's usual one."""
TOUCHED = 3
"""Levels by which each edit changes all the rest of the picture: hosted models keep no pixel as it was."""
PANELS = """\
panels:
  - id: p01
    shot: medium
    camera: lamp_low
    scene: Oswin lights a lamp with the flame on his pole
    characters: [{name: oswin, place: [0.16, 0.26, 0.64, 1.0]}]
  - id: p02
    shot: full
    camera: square_a
    scene: Mara alone on the square
    characters: [mara]
  - id: p03
    shot: medium
    camera: wall_a
    scene: Oswin shows the stump of his pole
    characters: [{name: mara, place: [0.17, 0.44, 0.47, 1.0]}, {name: oswin, place: [0.46, 0.29, 0.87, 1.0]}]
  - id: p04
    shot: full
    camera: door
    scene: Mara waves from the doorstep
    characters: [{name: mara, place: [0.14, 0.21, 0.52, 0.95]}, {name: tib, place: [0.58, 0.51, 0.93, 0.95]}]
  - id: p05
    shot: full
    camera: square_c
    scene: Oswin walks home past the lamps he lit
    characters: [oswin]
  - id: p06
    shot: close_up
    camera: tib_close
    scene: Tib understands
    characters: [tib]
  - id: p07
    shot: medium
    camera: mara_close
    scene: Mara has an idea
    characters: [mara]
"""
"""A small series with the cast of the sample."""


@dataclass(frozen=True)
class Planned:
    """A drift that a picture is to have."""

    kind: DriftKind
    subject: str = "frame"


PLAN: Mapping[str, Sequence[Planned]] = {
    "p01": [Planned(DriftKind.COMPOSITION, "oswin")],
    "p03": [Planned(DriftKind.MISSING, "mara")],
    "p05": [Planned(DriftKind.EXTRA, "mara")] * 2,
    "p06": [Planned(DriftKind.STYLE)],
}
"""Words repair p01, p03 and p06, an edit p05; p02, p04 and p07 are clean at once."""


@dataclass(frozen=True)
class Drawn:
    """One request, and what was answered to it."""

    panel: str
    drift: Planned | None
    """None for a clean picture."""
    edit: bool
    masked: bool
    count: int
    images: tuple[str, ...]
    """What was sent along: "mara/front.png", "base" for a picture that was drawn here before, "new" for one
    that is not known (swatches, a sketch, a picture that was put back)."""
    said: str
    """The prompt."""


@dataclass
class _Panel:
    request: GenerationRequest
    drifts: Sequence[Planned]
    heard: list[str] = field(default_factory=list)
    """Prompts so far, each once."""
    seed: int = 0
    """Of the picture drawn last."""
    edits: int = 0
    """Upon each other, up to it."""


class Studio:
    """Draws for one series. May be asked from several threads."""

    def __init__(
        self, manifest: Path, *, plan: Mapping[str, Sequence[Planned]], abilities: Abilities
    ) -> None:
        """plan: panel → drifts of its answers in order. abilities: of the generator that asks; they decide
        size and references of its first requests. Raises ValueError for panels that cannot be told apart."""
        self.drawn: list[Drawn] = []
        """In the order of asking."""
        series = read_manifest(manifest)
        requests = first_requests(series, planned_orders(series), abilities)
        self._panels = {
            _structure(prompt(one)): _Panel(one, plan.get(name, ())) for name, one in requests.items()
        }
        if len(self._panels) < len(requests):
            raise ValueError("two panels have the same structure: give each a scene of its own")
        refs = manifest.parent / "refs"
        self._names = {
            _digest(path.read_bytes()): str(path.relative_to(refs)) for path in refs.rglob("*.png")
        }
        self._cast = {name: refs / name / "front.png" for name in CAST}
        self._seeds: dict[str, int] = {}
        """sha256 of a picture that was drawn here → its seed."""
        self._lock = threading.Lock()

    def draw(
        self,
        said: str,
        images: Sequence[bytes],
        *,
        size: tuple[int, int],
        masked: bool = False,
        count: int = 1,
    ) -> list[bytes]:
        """PNGs of this size. said: the prompt as it came; images: the pictures that came with it, in order.

        Of several candidates the first drifts as planned and the others are clean. Raises KeyError for a
        prompt of no panel.
        """
        with self._lock:
            panel = self._panels[_structure(said)]
            if said not in panel.heard:
                panel.heard.append(said)
            turn = panel.heard.index(said)
            planned = panel.drifts[turn] if turn < len(panel.drifts) else None
            edit = said.startswith("Change only:")
            seed = self._seed(panel, images, turn, edit=edit)
            panel.seed, panel.edits = seed, panel.edits + 1 if edit else 0
            touched = TOUCHED * panel.edits
            self.drawn.append(
                Drawn(
                    panel.request.panel,
                    planned,
                    edit,
                    masked,
                    count,
                    tuple(self._name(data) for data in images),
                    said,
                )
            )
        drawn = [
            self._picture(panel.request, size, seed + index, planned if index == 0 else None, touched)
            for index in range(count)
        ]
        with self._lock:
            self._seeds |= {_digest(data): seed + index for index, data in enumerate(drawn)}
        return drawn

    def _seed(self, panel: _Panel, images: Sequence[bytes], turn: int, *, edit: bool) -> int:
        """An edit keeps poses and places of the picture it starts from; a new picture has its own."""
        if edit:
            return self._seeds.get(_digest(images[0]), panel.seed) if images else panel.seed
        return panel.request.seed + 1000 * turn

    def _name(self, data: bytes) -> str:
        digest = _digest(data)
        return "base" if digest in self._seeds else self._names.get(digest, "new")

    def _picture(
        self,
        request: GenerationRequest,
        size: tuple[int, int],
        seed: int,
        planned: Planned | None,
        touched: int,
    ) -> bytes:
        asked = replace(request, seed=seed, structure=replace(request.structure, size=size))
        drifts = (Drift(planned.kind, planned.subject, SIZE),) if planned is not None else ()
        spoiled = spoil(draft_of(asked), asked, drifts, Dice(seed), cast=self._cast, worn=worn)
        pixels = spoiled.finished(draw(spoiled.draft))
        return encode(np.clip(pixels.astype(np.int16) + touched, 0, 255).astype(np.uint8))


def small_series(
    sample: Path, folder: Path, generator: str, *, panels: str = PANELS, attempts: int = 6
) -> Path:
    """A manifest with the sample's cast and the panels above. generator: one line of YAML. → its path."""
    head = (sample / "series.yaml").read_text(encoding="utf-8").split("\npanels:\n")[0]
    shutil.copytree(sample / "refs", folder / "refs")
    shutil.copytree(sample / "palettes", folder / "palettes")
    path = folder / "series.yaml"
    tail = f"generator: {generator}\nbudget: {{usd: 50, attempts: {attempts}}}\n"
    path.write_text(f"{head}\n{panels}\n{tail}", encoding="utf-8")
    return path


def _structure(said: str) -> str:
    """The section that no reinforcement changes."""
    found = re.search(r"^Structure:\n(.+?)\n\n", said, re.MULTILINE | re.DOTALL)
    if found is None:
        raise KeyError(f"a prompt without a structure section: {said[:80]!r}")
    return found.group(1)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
