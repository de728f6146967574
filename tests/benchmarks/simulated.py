"""A manifest and options of a simulated model in, its series opened as `series run` opens it out.

What a policy of reinforcement needs in order to be compared with others: the same generator, the same
observer, the same judge, the same places on disk.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from consistency import Locator, ObservationCache, Observer, Recipe, Verdict, load_encoders
from series.generators.generator import Generator
from series.manifest import read_manifest
from series.measure import series_results
from series.memory import Memory
from series.pinned import observe_references
from series.plan import FrameOrder, plan
from series.request import GenerationRequest
from series.run.driver import Equipment, Run
from series.run.folder import RunFolder
from series.run.images import Images
from series.run.prepare import limits_of, open_makers
from series.run.store import open_store
from series.tolerances import resolve_tolerances

SAMPLE = Path(__file__).parents[2] / "samples" / "lantern"
CAST = {"mara": "refs/mara/front.png", "tib": "refs/tib/front.png", "oswin": "refs/oswin/front.png"}
"""Who may turn up uninvited."""
BASE_SEED = 1907
SEED_STEP = 1000
"""Between the seeds of two copies of the sample: their pictures differ also where nothing drifts."""


class Silent:
    """Watches nothing."""

    def begin(self, panels: int, budget_usd: float | None) -> None: ...
    def asked(self, panel: str, attempt: int) -> None: ...
    def answered(
        self, panel: str, attempt: int, seconds: float, usd: float, *, pictures: int = 1
    ) -> None: ...
    def judged(self, panel: str, attempt: int, verdict: Verdict | None, words: str) -> None: ...
    def finished(self, panel: str, state: str) -> None: ...
    def stopping(self, in_flight: int) -> None: ...
    def left(self, panels, usd: float, *, billed_once: bool) -> None: ...


def copy_sample(
    folder: Path, drift: Mapping[str, Any], *, seed: int, attempts: int, panels: int | None = None
) -> Path:
    """The sample with a simulated model, and other pictures for each seed. → its manifest.

    panels: how many; the sample's again and again under other ids and cameras. None for the sample's own.
    """
    folder.mkdir(parents=True)
    for name in ("refs", "palettes"):
        shutil.copytree(SAMPLE / name, folder / name)
    text = (SAMPLE / "series.yaml").read_text(encoding="utf-8")
    model = json.dumps({"name": "previz", "drift": {"seed": seed, **drift}})
    for key, value in (
        ("generator", model),
        ("seeds", f"{{base: {BASE_SEED + SEED_STEP * seed}}}"),
        ("budget", f"{{usd: 1000, attempts: {attempts}}}"),
    ):
        text, count = re.subn(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
        if count != 1:
            raise SystemExit(f"the sample's manifest has no line for {key}, or several")
    if panels is not None:
        document = YAML(typ="safe").load(text)
        document["panels"] = list(islice(_again_and_again(document["panels"]), panels))
        text = json.dumps(document)
    manifest = folder / "series.yaml"
    manifest.write_text(text, encoding="utf-8")
    return manifest


def _again_and_again(panels: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for turn in count():
        for panel in panels:
            yield {**panel, "id": f"{panel['id']}_{turn}", "camera": f"{panel['camera']}_{turn}"}


@dataclass(frozen=True, slots=True)
class Opened:
    """A series and everything that a run of it works with."""

    orders: tuple[FrameOrder, ...]
    shop: Equipment
    observer: Observer

    def run(self, watcher: Any = None) -> Run:
        """As `series run` would make it."""
        return Run(self.orders, self.shop, watcher or Silent())

    @property
    def generator(self) -> Generator:
        """The first of the manifest."""
        return next(iter(self.shop.makers.loaded.values())).generator

    @property
    def requests(self) -> Mapping[str, GenerationRequest]:
        """Panel → what it is asked for first."""
        return {panel: self.shop.makers.first_of(panel).first for panel in self.shop.makers.choices}

    def of_series(self, measured: list[Any]) -> list[Any]:
        """What only the whole series shows about each frame."""
        return series_results(measured, self.shop.pinned, self.shop.off)


@contextmanager
def opened(
    manifest_path: Path,
    out: Path,
    *,
    workers: int = 1,
    observations: Path | None = None,
    generator: Generator | None = None,
) -> Iterator[Opened]:
    """The steps of `series.pipeline.run_series` up to the run itself. out: folder of the run. observations:
    a cache that several runs share: pictures that two of them have in common are looked at once."""
    manifest = read_manifest(manifest_path)
    orders = plan(manifest)
    encoders = load_encoders()
    folder = RunFolder(out)
    makers = open_makers(manifest, orders, folder, None, generator)
    folder.make()
    with (
        closing(open_store(folder.store, manifest.series)) as store,
        closing(ObservationCache(observations or folder.observations)) as cache,
    ):
        first = Observer(Recipe(encoders, Locator.build({})), cache)
        pinned = observe_references(manifest, first.observe, encoders.ids)
        observer = Observer(Recipe(encoders, pinned.locator), cache, workers=workers)
        off = frozenset(manifest.checks.off)
        with observer.standing() as desk:
            shop = Equipment(
                makers=makers,
                store=store,
                images=Images(folder.images),
                desk=desk,
                memory=Memory(cache, pinned, off),
                pinned=pinned,
                tolerances=resolve_tolerances(manifest, orders),
                off=off,
                limits=limits_of(manifest, None),
                budget=None,
            )
            yield Opened(tuple(orders), shop, observer)
