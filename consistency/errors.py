"""Every error that this package raises on purpose.

ConsistencyError
├── ImageError              a file that is not a usable picture (names the file and what was found)
├── ColorError              text that is no color
├── PaletteError            a palette file that cannot be read
├── EncoderError            an encoder that does not exist or lacks its extra (names the install line)
│   └── ModelError          a model file that is not there or not the right one (names how to get it)
├── ToleranceError          a (check, encoder) pair without a tolerance, or a tolerance out of order
└── ObservationError        a stored observation that cannot be read back
"""

from __future__ import annotations


class ConsistencyError(Exception):
    """Base of all expected failures: the message is one or two lines meant for a person."""


class ImageError(ConsistencyError):
    """A file that is not a usable picture."""


class ColorError(ConsistencyError, ValueError):
    """Text that cannot be read as a color."""


class PaletteError(ConsistencyError):
    """A palette file that cannot be read."""


class EncoderError(ConsistencyError):
    """An encoder that does not exist, or whose optional library is not installed."""


class ModelError(EncoderError):
    """A model that is unknown, not on disk, damaged, or not allowed for the use that is made of it."""


class ToleranceError(ConsistencyError):
    """A (check, encoder) pair without a tolerance, or limits in the wrong order."""


class ObservationError(ConsistencyError):
    """Stored bytes that are not an observation of this version."""
