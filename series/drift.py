"""What kind of drift a finding is: the row of the reinforcement ladder that answers it."""

from __future__ import annotations

from enum import Enum

from consistency import Finding


class DriftKind(Enum):
    """What went wrong in a picture, as a person would say it. The order is the order of repair: what is
    missing altogether comes before how well it is drawn, and words come last."""

    MISSING = "missing"
    """A pinned character is not in the picture."""
    EXTRA = "extra"
    """A character is in the picture whom the panel does not name."""
    COPY = "copy"
    """The picture is a pasted reference, a copy of another frame, or blank."""
    COMPOSITION = "composition"
    """Somebody stands elsewhere than pinned; wrong size or aspect."""
    IDENTITY = "identity"
    """A character looks like somebody else."""
    PALETTE = "palette"
    """Colors are not the pinned ones."""
    STYLE = "style"
    """Another technique, or blur, grain, line weight."""
    LETTERING = "lettering"
    """Words are missing or wrong."""


_KINDS = {
    "identity.missing": DriftKind.MISSING,
    "identity.unexpected": DriftKind.EXTRA,
    "identity": DriftKind.IDENTITY,
    "color": DriftKind.PALETTE,
    "style": DriftKind.STYLE,
    "rendering": DriftKind.STYLE,
    "picture.copy": DriftKind.COPY,
    "picture.duplicate": DriftKind.COPY,
    "picture.blank": DriftKind.COPY,
    "picture": DriftKind.COMPOSITION,
    "lettering": DriftKind.LETTERING,
}
"""Check, or the kind of check before the dot → kind of drift."""


def kind_of(finding: Finding) -> DriftKind:
    """The kind of drift that a finding is about. Raises KeyError for a check that this table lacks."""
    check = finding.result.check
    return _KINDS.get(check) or _KINDS[check.split(".", 1)[0]]
