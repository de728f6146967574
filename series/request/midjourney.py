"""A request in, the exact line to paste into Midjourney out. It has no interface for programs.

    a girl of eight, red beret, … --ar 4:3 --seed 7 --no photo, tib --oref front.png --ow 100 --sref inks.png

Pictures stand by their file names: Midjourney takes addresses or uploads, so a person drags each file to
where its name is. Parameters as its documentation names them (version 7).
"""

from __future__ import annotations

import re
from math import gcd
from typing import Final

from series.drift import DriftKind
from series.request.caption import caption, caption_seed
from series.request.model import GenerationRequest, Means, Reference, Role
from series.request.prompt import negative_prompt
from series.request.wording import one_line

OMNI_WEIGHT: Final = 100
"""--ow, 0 to 1000: its default."""
OMNI_WEIGHT_STRONG: Final = 400
"""The same where identity drifted: what its documentation advises for a face that must be kept."""
STYLE_WEIGHT: Final = 100
"""--sw, 0 to 1000: its default."""
STYLE_WEIGHT_STRONG: Final = 300
"""The same where the style drifted; set by hand."""
WIDEST: Final = 21
"""Parts of an aspect ratio are rounded to at most this: it takes whole numbers."""

_WHO = frozenset({DriftKind.IDENTITY, DriftKind.MISSING})


def midjourney(request: GenerationRequest) -> str:
    """One line, parameters last. What a person typed can start no parameter: dashes become one."""
    identity = any(one.kind in _WHO and one.means is Means.REFERENCE for one in request.reinforcements)
    style = any(
        one.kind is DriftKind.STYLE and one.means is Means.REFERENCE for one in request.reinforcements
    )
    parts = [
        _plain(caption(request)),
        f"--ar {_ratio(request.structure.size)}",
        f"--seed {caption_seed(request)}",
    ]
    if avoid := _plain(negative_prompt(request)):
        parts.append(f"--no {avoid}")
    # It looks at one picture for all subjects; the others are left to the words.
    omni = next((one for one in request.references if one.role is Role.CHARACTER), None)
    if omni is not None:
        parts.append(f"--oref {_file(omni)} --ow {OMNI_WEIGHT_STRONG if identity else OMNI_WEIGHT}")
    styles = [one for one in request.references if one.role is Role.STYLE]
    if styles:
        names = " ".join(map(_file, styles))
        parts.append(f"--sref {names} --sw {STYLE_WEIGHT_STRONG if style else STYLE_WEIGHT}")
    return " ".join(parts)


def _plain(text: str) -> str:
    """Without anything that begins a parameter (--) or a weight (::)."""
    return re.sub(r":{2,}", ":", re.sub(r"(-{2,}|[—–])", "-", one_line(text)))


def _file(reference: Reference) -> str:
    """The name of a picture without spaces, which would end it."""
    return re.sub(r"\s+", "_", _plain(reference.path.name))


def _ratio(size: tuple[int, int]) -> str:
    """Width to height in small whole numbers: "4:3"."""
    width, height = size
    common = gcd(width, height)
    if max(width, height) // common <= WIDEST:
        return f"{width // common}:{height // common}"
    best = min(
        ((w, h) for w in range(1, WIDEST + 1) for h in range(1, WIDEST + 1)),
        key=lambda pair: (abs(pair[0] * height - pair[1] * width) / (pair[1] * height), sum(pair)),
    )
    return f"{best[0]}:{best[1]}"
