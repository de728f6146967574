"""Every error that this package raises on purpose.

SeriesError                 also raised by itself: a file that cannot be written, a starter that exists
├── ManifestError           a manifest that cannot be used (each problem with file and line)
├── LockError               a lock that is broken, or written by a newer version
├── FramesError             a frames folder, or a map of frames to panels, that cannot be used
├── GeneratorError          a generator that is not there, or options of one that cannot be used
├── StoreError              a store of answers and money, or a kept picture, that cannot be read or written
└── HoldError               a folder in which another run is at work
"""

from __future__ import annotations

from collections.abc import Sequence


class SeriesError(Exception):
    """Base of all expected failures: the message is one or two lines meant for a person."""


class ManifestError(SeriesError):
    """Everything that is wrong with a manifest, one line a problem: file:line: what, and what is right."""

    SHOWN = 40
    """Lines shown at most: after that many, one cause is likely behind the rest."""

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        shown = list(self.problems[: self.SHOWN])
        if len(self.problems) > self.SHOWN:
            shown.append(f"... and {len(self.problems) - self.SHOWN} more problems like these")
        super().__init__("\n".join(shown))


class LockError(SeriesError):
    """A lock that cannot be read."""


class FramesError(SeriesError):
    """Frames that cannot be matched with panels."""


class GeneratorError(SeriesError):
    """A generator that cannot be loaded."""


class StoreError(SeriesError):
    """A store, or a kept picture, that cannot be read or written; what was kept before stays as it was."""


class HoldError(SeriesError):
    """Another run is at work in the folder."""
