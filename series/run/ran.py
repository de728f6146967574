"""Loops that were driven in, each panel's picture out, under its name in the run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from series.measured import Measured
from series.reinforce import best_of
from series.run.folder import RunFolder
from series.run.frame_loop import Done, FrameLoop
from series.run.images import Images
from series.run.retell import state_of


@dataclass(slots=True)
class Ran:
    """How a run ended."""

    loops: Mapping[str, FrameLoop]
    """Panel → its loop, in panel order."""
    measured: dict[str, Measured] = field(default_factory=dict)
    """Picture's digest and panel, see `of` → its results."""
    stopped: str = ""
    """Why nothing more was asked for, although panels are left; empty when none is."""

    def of(self, panel: str, image: str) -> Measured:
        """What was measured in a picture of a panel."""
        return self.measured[f"{panel}/{image}"]

    @property
    def kept(self) -> dict[str, str]:
        """Panel → sha256 of the picture that is its frame, or the best so far."""
        best = {panel: best_of(loop.attempts) for panel, loop in self.loops.items()}
        decided = {panel: loop.step.best for panel, loop in self.loops.items() if isinstance(loop.step, Done)}
        return {panel: one.image for panel, one in (best | decided).items() if one is not None and one.image}

    @property
    def without_picture(self) -> tuple[str, ...]:
        """Panels that have none yet."""
        kept = self.kept
        return tuple(panel for panel in self.loops if panel not in kept)

    @property
    def accepted(self) -> frozenset[str]:
        """Panels that are accepted."""
        return frozenset(panel for panel, loop in self.loops.items() if state_of(loop) == "accepted")


def publish(ran: Ran, folder: RunFolder, images: Images) -> list[Measured]:
    """Put each panel's picture under its name. → their results, in panel order."""
    kept = ran.kept
    names = folder.publish({panel: images.path(image) for panel, image in kept.items()})
    return [replace(ran.of(panel, image), file=names[panel]) for panel, image in kept.items()]
