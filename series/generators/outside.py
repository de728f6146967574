"""The outcome of a masked edit in, the same with the original outside the mask out; the answer stays too."""

from __future__ import annotations

from dataclasses import replace

from consistency import ConsistencyError
from series.errors import GeneratorError
from series.generators.generator import Failed, GeneratedImage, Outcome
from series.generators.put_back import put_back
from series.request import GenerationRequest

RAW = ".raw.bin"
"""What the name of an answer ends in that lies beside the picture that was made of it."""


def kept_outside(outcome: Outcome, request: GenerationRequest) -> Outcome:
    """Where the request is a masked edit, each picture with the original put back outside the mask. An answer
    of another shape stays as it came, and notes say so."""
    if isinstance(outcome, Failed) or request.edit is None or request.edit.mask is None:
        return outcome
    mask = request.edit.mask
    try:
        base = request.edit.path.read_bytes()
        images = tuple(
            GeneratedImage(put_back(base, image.data, mask), {**image.beside, RAW: image.data})
            for image in outcome.images
        )
    except ConsistencyError:  # what came is no picture: told where all answers are checked
        return outcome
    except (GeneratorError, OSError) as error:
        return replace(outcome, notes=(*outcome.notes, f"not put back outside the mask: {error}"))
    return replace(outcome, images=images)
