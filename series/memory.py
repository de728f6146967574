"""What was measured before: results by the frame's content, what it was pinned to, and the measuring code.

Measuring is cheap beside observing, but a second audit of a thousand frames does nothing else. Results do not
depend on tolerances, so they are kept and judged again.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from consistency import ObservationCache, ObservationError, build_digest
from series.measured import Measured, from_bytes, to_bytes
from series.pinned import Pinned
from series.plan import FrameOrder


class Memory:
    """Binds a cache to what all frames of a series are measured against."""

    def __init__(self, kept: ObservationCache, pinned: Pinned, off: frozenset[str]) -> None:
        self._cache = kept
        self._common = "\n".join([build_digest(), pinned.id, *sorted(off)])

    def recall(self, digest: str, order: FrameOrder, file: str) -> Measured | None:
        """The results of a frame of this content, if it was measured against the same before."""
        key = self.key(digest, order)
        row = self._cache.get([key]).get(key)
        if row is None:
            return None
        try:
            return from_bytes(row, order, file)
        except ObservationError:  # a damaged row is measured again and written over
            return None

    def keep(self, measured: Measured) -> None:
        """Keep the results of a frame that was read."""
        if measured.sketch is not None:
            self._cache.put({self.key(measured.sketch.digest, measured.order): to_bytes(measured)})

    def key(self, digest: str, order: FrameOrder) -> str:
        """What the results of a frame of this content are kept under."""
        # Seed and place in the series make no difference to what is measured.
        asked = replace(order, index=0, seed=0, previous=None, following=None)
        pinned = hashlib.sha256(f"{self._common}\n{asked!r}".encode()).hexdigest()
        return f"measured|{digest}|{pinned}"
