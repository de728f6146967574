"""Findings of one frame in, where its characters were sought out: heat maps as small transparent pictures."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from consistency import Finding, HeatMap, Verdict
from series.report.words import printable

HEAT_MAPS = 6
"""Of one frame: more characters than a panel is likely to pin."""
UNEXPECTED = "identity.unexpected"
"""Check of characters whom the panel does not pin: where they are not is of no interest."""
_COLOR = (255, 0, 140)
"""sRGB. Rare in pictures, seen on dark and light ones."""
_OPAQUE = 0.75
"""Of the likeliest spot: the picture stays visible under it."""


@dataclass(frozen=True, slots=True)
class HeatView:
    """One heat map, to be laid over the frame's picture."""

    name: str
    """Who was sought."""
    address: str
    """data: address of a PNG with transparency."""


def heat_views(findings: Iterable[Finding]) -> tuple[HeatView, ...]:
    """One for each character, in the order of the findings."""
    heats: dict[str, HeatMap] = {}
    for finding in findings:
        heat = finding.result.evidence.heat
        nobody = finding.result.check == UNEXPECTED and finding.verdict is Verdict.CONSISTENT
        if heat is not None and not nobody:
            heats.setdefault(finding.result.subject, heat)
    kept = list(heats.items())[:HEAT_MAPS]
    return tuple(HeatView(printable(name), _address(heat)) for name, heat in kept)


def _address(heat: HeatMap) -> str:
    return f"data:image/png;base64,{base64.b64encode(_png(heat)).decode('ascii')}"


def _png(heat: HeatMap) -> bytes:
    """8-bit RGBA, one color, as opaque as the cell is warm. PNG, ISO/IEC 15948."""
    pixels = np.empty((heat.height, heat.width, 4), np.uint8)
    pixels[..., :3] = _COLOR
    pixels[..., 3] = np.rint(heat.array * _OPAQUE)
    rows = np.insert(pixels.reshape(heat.height, -1), 0, 0, axis=1)  # each row begins with "not filtered"
    header = struct.pack(">IIBBBBB", heat.width, heat.height, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
