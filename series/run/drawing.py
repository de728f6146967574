"""A reinforcement in, the reference that is drawn for it out: swatches of pinned colors, a layout sketch."""

from __future__ import annotations

from pathlib import Path

from series.drift import DriftKind
from series.request import GenerationRequest, Means, NamedColor, Reference, Reinforcement, Role
from series.run.images import Images
from series.run.sketchbook import layout, swatches


class Drawing:
    """Where kept pictures are, and references drawn for a request."""

    def __init__(self, images: Images) -> None:
        self._images = images

    def path(self, image: str) -> Path:
        """Where a kept picture is."""
        return self._images.path(image)

    def draw(self, reinforcement: Reinforcement, request: GenerationRequest) -> Reference | None:
        """Drawn and kept; None where the reinforcement needs no drawing."""
        if reinforcement.means is not Means.REFERENCE:
            return None
        if reinforcement.kind is DriftKind.PALETTE:
            colors = swatches(_colors(request, reinforcement.subject))
            return self._kept(Role.PALETTE, reinforcement.subject, colors)
        if reinforcement.kind is DriftKind.COMPOSITION:
            return self._kept(Role.LAYOUT, "layout", layout(request))
        return None

    def _kept(self, role: Role, subject: str, data: bytes) -> Reference:
        digest = self._images.keep(data)
        return Reference(role, subject, digest, self._images.path(digest))


def _colors(request: GenerationRequest, subject: str) -> tuple[NamedColor, ...]:
    """The character's own colors, or those of the picture."""
    own = next((identity.colors for identity in request.identities if identity.name == subject), ())
    return own or request.palette
