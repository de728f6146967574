"""An outcome in, the same without anything that does not decode out: only the rest is called a picture."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from consistency import ImageError, Limits, decode_frame
from series.generators.generator import Failed, FailureKind, GeneratedImage, Outcome
from series.request import GenerationRequest

LIMITS = Limits()
"""How large a picture may be: that of every picture that is read."""
BESIDE_BYTES = 16 * 1024 * 1024
"""Bytes of one file beside a picture at most."""
_FORMATS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF")
"""How PNG, JPEG and WebP files begin: what all commands take for pictures."""
_SUFFIX = re.compile(r"\.(?!(?:png|jpg|webp|bin)$)[a-z0-9_-]{1,20}(\.[a-z0-9_-]{1,20})?", re.ASCII)
"""What the name of a file beside a picture may end in: no folder, nothing hidden."""


def checked(outcome: Outcome, request: GenerationRequest, *, limits: Limits = LIMITS) -> Outcome:
    """The outcome with its pictures decoded once, in bounds. Pure, and safe in many threads at once.

    No picture: NO_IMAGE. None that decodes: MALFORMED, with the reason of the first. Some that do not: these
    are left out. More than asked for: the last are left out. What was left out or is lacking stands in notes.
    What it cost stays. Whether a picture is the wanted one (its size, what is in it) is for the checks.
    """
    if isinstance(outcome, Failed):
        return outcome
    if not outcome.images:
        return Failed(FailureKind.NO_IMAGE, "the answer holds no picture", usd=outcome.usd)
    whole, reasons = _whole(outcome.images, limits)
    if not whole:
        return Failed(FailureKind.MALFORMED, reasons[0], usd=outcome.usd)
    wanted, notes = max(1, request.candidates), list(reasons)
    if len(outcome.images) != wanted:
        notes.append(f"{len(outcome.images)} pictures came, {wanted} asked for")
    kept: list[GeneratedImage] = []
    for image in whole[:wanted]:
        beside, refused = _named(image.beside)
        kept.append(replace(image, beside=beside) if refused else image)
        notes += refused
    return replace(outcome, images=tuple(kept), notes=(*outcome.notes, *notes))


def _whole(images: tuple[GeneratedImage, ...], limits: Limits) -> tuple[list[GeneratedImage], list[str]]:
    """The pictures that decode, and what is wrong with the others."""
    whole: list[GeneratedImage] = []
    reasons: list[str] = []
    for number, image in enumerate(images, 1):
        name = "the answer" if len(images) == 1 else f"picture {number} of the answer"
        if not isinstance(image, GeneratedImage) or not isinstance(image.data, bytes):
            reasons.append(f"{name}: expected the bytes of a picture, found something else")
            continue
        try:
            decode_frame(image.data, name, limits=limits)
        except ImageError as error:
            reasons.append(str(error))
            continue
        if image.data.startswith(_FORMATS):
            whole.append(image)
        else:
            reasons.append(f"{name}: a picture, but none of PNG, JPEG and WebP")
    return whole, reasons


def _named(beside: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """Files whose name ends in a plain suffix, and what is wrong with the others."""
    good = {
        suffix: data
        for suffix, data in beside.items()
        if _SUFFIX.fullmatch(suffix) and isinstance(data, bytes) and len(data) <= BESIDE_BYTES
    }
    return good, [
        f"a file beside the picture was left out: {suffix!r}" for suffix in beside if suffix not in good
    ]
