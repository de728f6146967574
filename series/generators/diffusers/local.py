"""Diffusers: a request in, pictures of a local pipeline out. The same request gives the same picture again on
the same machine with the same versions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from consistency import Box, ConsistencyError, read_frame
from series.errors import GeneratorError
from series.generators.diffusers.options import DiffusersOptions, find, read_diffusers_options
from series.generators.diffusers.pipeline import (
    MULTIPLE,
    Pipeline,
    Pixels,
    Wanted,
    fitted,
    load_pipeline,
)
from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Outcome,
    Pacing,
)
from series.masking import one_line
from series.request import GenerationRequest, Role, caption, caption_seed, negative_prompt

REFERENCES: Final = 4
"""Pictures that an adapter looks at, at most: they are averaged, and more blur what each shows."""
AROUND: Final = 0.25
"""Of a masked edit: how much of the box's longer side is seen around it. The part is then drawn at the size
of the whole picture, so that a small face gets as many pixels as a large one."""
FEATHER: Final = 0.02
"""Of the picture's shorter side: over so many pixels an edit fades into what is around it."""
_SAID: Final = 300
"""Characters of an error's text that are kept."""


class Diffusers:
    """A generator on this machine. Loads its pipeline with the first request, or in `ready`."""

    def __init__(self, options: DiffusersOptions, *, folder: Path) -> None:
        """folder: the series'. Raises GeneratorError for a model that is not there."""
        self._options, self._folder = options, folder
        find(options.model, "model", folder=folder)
        self._lock = threading.Lock()
        self._pipeline: Pipeline | None = None

    @property
    def name(self) -> str:
        """With the model, and what decides the pictures beside it."""
        more = [Path(one.file).stem for one in self._options.lora]
        more += [Path(one.file).stem for _, one in self._options.adapters]
        return "+".join([f"diffusers:{self._options.model}", *more])

    @property
    def abilities(self) -> Abilities:
        """References where an IP-Adapter looks at them."""
        looks = len(self._options.adapters)
        return Abilities(
            seed=True,
            takes_seed=True,
            negative_prompt=True,
            reference_images=REFERENCES * looks,
            edit=True,
            mask=True,
            candidates=self._options.candidates,
            idempotent=True,
        )

    @property
    def pacing(self) -> Pacing:
        """One at a time."""
        return self._options.pace()

    def ready(self) -> None:
        """Load everything. Raises GeneratorError: no extra, no such device, files that cannot be loaded."""
        with self._lock:
            self._loaded()

    def words(self, request: GenerationRequest) -> str:
        """A caption: its text encoders read little."""
        return caption(request)

    def price(self, request: GenerationRequest) -> float:
        """Nothing."""
        del request
        return 0.0

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Draw. The key changes nothing: a seed says all."""
        del key
        with self._lock:
            try:
                return self._drawn(request)
            except GeneratorError as error:
                return Failed(FailureKind.MODEL_GONE, str(error))
            except ConsistencyError as error:  # a picture that was pinned cannot be read any more
                return Failed(FailureKind.INVALID_REQUEST, str(error))
            except (MemoryError, RuntimeError) as error:
                said = one_line(str(error), _SAID)
                hint = "; a smaller size, or dtype: float16, takes less memory" if _memory(error) else ""
                return Failed(FailureKind.RAISED, f"{type(error).__name__}: {said}{hint}")

    def _loaded(self) -> Pipeline:
        if self._pipeline is None:
            self._pipeline = load_pipeline(self._options, folder=self._folder)
        return self._pipeline

    def _drawn(self, request: GenerationRequest) -> Outcome:
        size = drawn_size(request.structure.size)
        base = self._base(request, size)
        words, avoid = self.words(request), negative_prompt(request)
        references = self._references(request)
        seeds = tuple((caption_seed(request) + index) % 2**32 for index in range(max(1, request.candidates)))
        if base is None or request.edit is None or request.edit.mask is None:
            drawn = self._loaded().draw(Wanted(words, avoid, size, seeds, base, None, references))
        else:
            box = request.edit.mask
            part = around(box, size)
            left, top, right, bottom = part
            mask = feathered(box, size)
            seen = fitted(np.ascontiguousarray(base[top:bottom, left:right]), size)
            where = cv2.resize(mask[top:bottom, left:right], size, interpolation=cv2.INTER_LINEAR)
            made = self._loaded().draw(
                Wanted(words, avoid, size, seeds, seen, (where > 0).astype(np.float32), references)
            )
            drawn = [put_into(base, one, part, mask) for one in made]
        exact = request.structure.size
        return Generated(tuple(GeneratedImage(_png(fitted(one, exact))) for one in drawn))

    def _base(self, request: GenerationRequest, size: tuple[int, int]) -> Pixels | None:
        if request.edit is None:
            return None
        return fitted(read_frame(request.edit.path).pixels, size)

    def _references(self, request: GenerationRequest) -> dict[str, tuple[Pixels, ...]]:
        """Adapter → its pictures, in the request's order."""
        roles = {"character": Role.CHARACTER, "style": Role.STYLE}
        return {
            adapter: tuple(
                read_frame(one.path).pixels
                for one in [one for one in request.references if one.role is roles[adapter]][:REFERENCES]
            )
            for adapter, _ in self._options.adapters
        }


def make(options: Mapping[str, JsonValue], *, folder: Path) -> Diffusers:
    """The generator of these options. Raises GeneratorError."""
    return Diffusers(read_diffusers_options(options), folder=folder)


def drawn_size(wanted: tuple[int, int]) -> tuple[int, int]:
    """Width, height that a latent model draws: the wanted ones, up to the next multiples of MULTIPLE."""
    width, height = (-(-side // MULTIPLE) * MULTIPLE for side in wanted)
    return width, height


def around(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box and what is seen around it, in pixels, in the shape of the picture as far as that fits."""
    left, top, right, bottom = box.pixels(*size)
    margin = AROUND * max(right - left, bottom - top)
    share = min(1.0, max((right - left + 2 * margin) / size[0], (bottom - top + 2 * margin) / size[1]))
    width, height = round(share * size[0]), round(share * size[1])
    x = min(max(0, round((left + right - width) / 2)), size[0] - width)
    y = min(max(0, round((top + bottom - height) / 2)), size[1] - height)
    return x, y, x + width, y + height


def feathered(box: Box, size: tuple[int, int]) -> NDArray[np.float32]:
    """float32 (H, W): 1 in the middle of the box, fading to 0 at its edge, 0 outside."""
    left, top, right, bottom = box.pixels(*size)
    reach = max(1.0, FEATHER * min(size))
    inside = np.zeros((size[1] + 2, size[0] + 2), np.uint8)
    inside[top + 1 : bottom + 1, left + 1 : right + 1] = 1
    # The frame's own edge is no border: beyond it nothing could show a seam.
    inside[0], inside[-1], inside[:, 0], inside[:, -1] = inside[1], inside[-2], inside[:, 1], inside[:, -2]
    distance = cv2.distanceTransform(inside, cv2.DIST_L2, 3)[1:-1, 1:-1]
    return np.asarray(np.clip(distance / reach, 0, 1), np.float32)


def put_into(
    base: Pixels, made: Pixels, part: tuple[int, int, int, int], mask: NDArray[np.float32]
) -> Pixels:
    """The base with what was made of a part of it, as far as the mask goes; outside it no byte changes."""
    left, top, right, bottom = part
    small = fitted(made, (right - left, bottom - top)).astype(np.float32)
    weight = mask[top:bottom, left:right, None]
    mixed = base.copy()
    old = base[top:bottom, left:right].astype(np.float32)
    mixed[top:bottom, left:right] = np.round(old + weight * (small - old)).astype(np.uint8)
    return mixed


def _memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).casefold()


def _png(pixels: Pixels) -> bytes:
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    if not done:
        raise RuntimeError("the picture could not be written as PNG")
    return data.tobytes()
