"""A manifest and a run's folder in; what runs left there out, to be read only: outcomes, money, results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from consistency import ObservationCache, ObservationError
from series.errors import SeriesError
from series.manifest import Manifest
from series.measured import Measured, from_bytes
from series.plan import FrameOrder
from series.run.folder import RunFolder, run_folder
from series.run.ledger import PanelOutcome
from series.run.store import Home, Look, Store, look_into

_NOWHERE = PanelOutcome("unfinished", "", 0, "not asked for yet")


@dataclass(frozen=True, slots=True)
class PastRun:
    """What runs left in a folder."""

    manifest: Manifest
    folder: RunFolder
    store: Store
    again: str
    """The command that goes on with it."""

    def outcomes(self) -> dict[str, PanelOutcome]:
        """Panel → where it stood when it was last worked on; the manifest's panels, in its order."""
        kept = self.store.outcomes()
        return {panel.id: kept.get(panel.id, _NOWHERE) for panel in self.manifest.panels}

    def results(self, orders: Iterable[FrameOrder]) -> Iterator[dict[Look, Measured | None]]:
        """For each panel every picture that was looked at, with what was measured in it, without thumbnails;
        None where that is not kept any more. By the pictures' digests."""
        looks = [(order, self.store.looks(order.panel)) for order in orders]
        if not self.folder.observations.is_file():
            yield from (dict.fromkeys(seen) for _, seen in looks)
            return
        with closing(ObservationCache(self.folder.observations)) as cache:
            for order, seen in looks:
                rows = cache.get({look.measured_key for look in seen})
                yield {look: _measured(rows.get(look.measured_key), order, look.image) for look in seen}


def require_past(manifest: Manifest, out: Path | None, store: str | None) -> None:
    """Raises SeriesError when no run was made yet. As `past_run`, and writes nothing either."""
    with past_run(manifest, out, store):
        pass


@contextmanager
def past_run(manifest: Manifest, out: Path | None, store: str | None) -> Iterator[PastRun]:
    """What is in the folder, also while a run is at work there. out, store: as `series run` was given them.
    Raises SeriesError when no run was made yet."""
    folder = run_folder(manifest, out)
    said = (f" --out {out}" if out else "") + (" --store URL" if store else "")
    again = f"series run {manifest.path}{said}"
    found = look_into(store or folder.store, manifest.series)
    if found is None:
        raise SeriesError(f"{folder.root}: nothing was made here yet: `{again}` begins")
    with closing(found):
        if store:
            found.require_home(home_of(folder))
        yield PastRun(manifest, folder, found, again)


def home_of(folder: RunFolder) -> Home:
    """The folder as a store that lies elsewhere knows it."""
    return Home(folder.own_id, str(folder.root.resolve()))


def _measured(row: bytes | None, order: FrameOrder, image: str) -> Measured | None:
    if row is None:
        return None
    try:
        return replace(from_bytes(row, order, image), thumbnail=b"")
    except ObservationError:  # of another version, or damaged
        return None
