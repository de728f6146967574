"""Options in, a loaded pipeline out; then words, seeds and pictures in, pixels out.

One base pipeline; image-to-image and inpainting share its parts. Pictures go in and come out as arrays. Only
.safetensors weights are read, and no code that lies beside them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from series.errors import GeneratorError
from series.generators.diffusers.options import DiffusersOptions, find

if TYPE_CHECKING:
    from collections.abc import Iterator

Pixels = NDArray[np.uint8]
INSTALL: Final = 'pip install "series-consistency[diffusers]"'
MULTIPLE: Final = 8
"""Pixels: sides of what a latent model draws are multiples of this."""
CHUNK: Final = 75
"""Tokens that a CLIP text encoder reads at once, its first and last sign aside. Longer words are read in
several pieces that are put behind each other; the library alone would cut them off."""
CHUNKS: Final = 6
"""Pieces at most: the attention to each word gets thin."""
BLANK: Final = 128
"""Gray of the picture that an adapter sees at weight 0 when there is none for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """One call of the pipeline."""

    words: str
    avoid: str
    size: tuple[int, int]
    """Width, height in pixels, multiples of MULTIPLE."""
    seeds: tuple[int, ...]
    """One a picture."""
    base: Pixels | None = None
    """uint8 (H, W, 3) of that size: the picture to edit; None draws anew."""
    mask: NDArray[np.float32] | None = None
    """float32 (H, W), 1 where it may change; None everywhere."""
    references: Mapping[str, tuple[Pixels, ...]] = field(default_factory=dict)
    """Adapter → what it looks at."""


@dataclass(slots=True, eq=False)
class Pipeline:
    """A loaded pipeline. For one thread at a time."""

    options: DiffusersOptions
    base: Any
    """The text-to-image pipeline."""
    _kinds: dict[str, Any] = field(default_factory=dict)

    def draw(self, wanted: Wanted) -> list[Pixels]:
        """→ one uint8 (H, W, 3) a seed."""
        import torch

        pipe = self._pipe(wanted)
        # The CPU's generator gives the same numbers on every device; the rest still differs between them.
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in wanted.seeds]
        arguments: dict[str, Any] = {
            "num_inference_steps": self.options.steps,
            "guidance_scale": self.options.guidance,
            "output_type": "np",
        }
        if wanted.base is None:
            arguments |= {"width": wanted.size[0], "height": wanted.size[1]}
        else:
            arguments |= {"image": _floats(wanted.base)[None], "strength": self.options.strength}
        if wanted.mask is not None:
            arguments |= {
                "mask_image": wanted.mask[None, :, :, None],
                "width": wanted.size[0],
                "height": wanted.size[1],
            }
        arguments |= self._looks(pipe, wanted)
        drawn: list[Pixels] = []
        with torch.inference_mode():
            words = _words(pipe, wanted.words, wanted.avoid)
            for generator in generators:  # one by one: a batch of candidates takes as many times the memory
                images = pipe(**words, **arguments, generator=generator).images
                drawn.append(np.asarray(np.clip(np.round(images[0] * 255), 0, 255), np.uint8))
        return drawn

    def _pipe(self, wanted: Wanted) -> Any:  # noqa: ANN401 - the library's own
        kind = "text" if wanted.base is None else "image" if wanted.mask is None else "inpaint"
        if kind == "text":
            return self.base
        if kind not in self._kinds:
            from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

            other = AutoPipelineForImage2Image if kind == "image" else AutoPipelineForInpainting
            with _quiet():
                self._kinds[kind] = other.from_pipe(self.base)
            self._kinds[kind].set_progress_bar_config(disable=True)
        return self._kinds[kind]

    def _looks(self, pipe: Any, wanted: Wanted) -> dict[str, Any]:  # noqa: ANN401 - the library's own
        if not self.options.adapters:
            return {}
        seen = [wanted.references.get(role, ()) for role, _ in self.options.adapters]
        scales = [
            one.scale if pictures else 0.0
            for (_, one), pictures in zip(self.options.adapters, seen, strict=True)
        ]
        pipe.set_ip_adapter_scale(list(scales))
        blank = np.full((MULTIPLE * 8, MULTIPLE * 8, 3), BLANK, np.uint8)
        return {"ip_adapter_image": [list(pictures) or [blank] for pictures in seen]}


def load_pipeline(options: DiffusersOptions, *, folder: Path) -> Pipeline:
    """Everything loaded, onto the device. Raises GeneratorError: no extra, no such device, files that are not
    there or that the library cannot load."""
    torch = _torch()
    _require_device(options.device, torch)
    place = find(options.model, "model", folder=folder)
    try:
        with _offline(), _quiet():
            base = _load(place, getattr(torch, options.dtype))
            _add_loras(base, options, folder)
            _add_adapters(base, options, folder)
            base = base.to(options.device)
    except GeneratorError:
        raise
    except Exception as error:  # the library raises whatever its parts raise
        said = " ".join(str(error).split())[:300]
        raise GeneratorError(f"generator.model: {options.model} cannot be loaded: {said}") from error
    base.set_progress_bar_config(disable=True)
    return Pipeline(options, base)


def _load(place: Path, dtype: object) -> Any:  # noqa: ANN401 - the library's own
    import diffusers

    index = place / "model_index.json"
    if not index.is_file():
        raise GeneratorError(
            f"generator.model: {place} has no model_index.json: it is no folder of a pipeline"
        )
    named = json.loads(index.read_text(encoding="utf-8")).get("_class_name")
    if not isinstance(named, str):  # a list names a file of code that lies in the folder
        raise GeneratorError(f"generator.model: {place} brings code of its own, which is not run")
    return diffusers.AutoPipelineForText2Image.from_pretrained(
        str(place), dtype=dtype, use_safetensors=True, local_files_only=True
    )


def _add_loras(base: Any, options: DiffusersOptions, folder: Path) -> None:  # noqa: ANN401
    names = [f"lora{index}" for index in range(len(options.lora))]
    for name, lora in zip(names, options.lora, strict=True):
        file = _weights(lora.file, "lora", folder)
        base.load_lora_weights(
            str(file.parent), weight_name=file.name, adapter_name=name, local_files_only=True
        )
    if names:
        base.set_adapters(names, adapter_weights=[lora.weight for lora in options.lora])


def _add_adapters(base: Any, options: DiffusersOptions, folder: Path) -> None:  # noqa: ANN401
    if options.ip_adapter is None:
        return
    encoder = find(options.ip_adapter.image_encoder, "ip_adapter.image_encoder", folder=folder)
    files = [_weights(one.file, f"ip_adapter.{role}.file", folder) for role, one in options.adapters]
    from transformers import CLIPVisionModelWithProjection

    vision = CLIPVisionModelWithProjection.from_pretrained(
        str(encoder), use_safetensors=True, local_files_only=True
    )
    base.register_modules(image_encoder=vision.to(dtype=base.unet.dtype))
    if getattr(base, "feature_extractor", None) is None:
        from transformers import CLIPImageProcessor

        size = vision.config.image_size
        base.register_modules(
            feature_extractor=CLIPImageProcessor(
                size={"shortest_edge": size}, crop_size={"height": size, "width": size}
            )
        )
    base.load_ip_adapter(
        [str(file.parent) for file in files],
        subfolder=[""] * len(files),
        weight_name=[file.name for file in files],
        image_encoder_folder=None,
        local_files_only=True,
    )


def _weights(path: str, key: str, folder: Path) -> Path:
    file = find(path, key, folder=folder)
    if file.suffix != ".safetensors" or not file.is_file():
        raise GeneratorError(f"generator.{key}: {path}: only .safetensors files are read")
    return file


def _words(pipe: Any, words: str, avoid: str) -> dict[str, Any]:  # noqa: ANN401 - the library's own
    """The arguments that carry the words. Where a CLIP tokenizer would cut them off, as embeddings."""
    tokenizer = getattr(pipe, "tokenizer", None)
    if not type(pipe).__name__.startswith("StableDiffusion") or tokenizer is None:
        return {"prompt": words, "negative_prompt": avoid} if _takes_negative(pipe) else {"prompt": words}
    pieces, others = _pieces(tokenizer, words), _pieces(tokenizer, avoid)
    count = min(CHUNKS, max(len(pieces), len(others)))
    if count == 1:
        return {"prompt": pieces[0], "negative_prompt": others[0]}
    import torch

    encoded = [
        pipe.encode_prompt(
            prompt=_at(pieces, index),
            device=pipe.device,
            num_images_per_prompt=1,
            do_classifier_free_guidance=True,
            negative_prompt=_at(others, index),
        )
        for index in range(count)
    ]
    arguments = {
        "prompt_embeds": torch.cat([one[0] for one in encoded], dim=1),
        "negative_prompt_embeds": torch.cat([one[1] for one in encoded], dim=1),
    }
    if len(encoded[0]) == 4:  # SDXL: the pooled ones stand for the first, most important piece
        arguments |= {"pooled_prompt_embeds": encoded[0][2], "negative_pooled_prompt_embeds": encoded[0][3]}
    return arguments


def _takes_negative(pipe: Any) -> bool:  # noqa: ANN401 - the library's own
    import inspect

    return "negative_prompt" in inspect.signature(pipe.__call__).parameters


def _at(pieces: Sequence[str], index: int) -> str:
    return pieces[index] if index < len(pieces) else ""


def _pieces(tokenizer: Any, words: str) -> list[str]:  # noqa: ANN401 - the library's own
    """The words in pieces of at most CHUNK tokens, cut at commas where one is near, else at spaces."""
    limit = min(CHUNK, int(tokenizer.model_max_length) - 2)
    pieces: list[str] = []
    taken = ""
    for phrase in words.split(", "):
        for part in _short(tokenizer, phrase, limit):
            longer = f"{taken}, {part}" if taken else part
            if _length(tokenizer, longer) <= limit:
                taken = longer
            else:
                pieces.append(taken)
                taken = part
    return [*pieces, taken] if taken or not pieces else pieces


def _short(tokenizer: Any, phrase: str, limit: int) -> list[str]:  # noqa: ANN401 - the library's own
    """A phrase, cut at spaces where it alone is too long."""
    if _length(tokenizer, phrase) <= limit:
        return [phrase]
    parts, taken = [], ""
    for word in phrase.split(" "):
        longer = f"{taken} {word}".strip()
        if taken and _length(tokenizer, longer) > limit:
            parts.append(taken)
            taken = word
        else:
            taken = longer
    return [*parts, taken]


def _length(tokenizer: Any, words: str) -> int:  # noqa: ANN401 - the library's own
    return len(tokenizer(words, add_special_tokens=False, truncation=False).input_ids)


def _floats(pixels: Pixels) -> NDArray[np.float32]:
    return np.asarray(pixels / np.float32(255), np.float32)


def fitted(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Resized to width, height: by area when it gets smaller, else cubic."""
    if pixels.shape[1::-1] == size:
        return pixels
    smaller = size[0] * size[1] < pixels.shape[0] * pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def _torch() -> Any:  # noqa: ANN401 - the library's own
    try:
        import diffusers  # noqa: F401
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise GeneratorError(f"generator diffusers needs the extra diffusers: {INSTALL}") from error
    return torch


def _require_device(device: str, torch: Any) -> None:  # noqa: ANN401 - the library's own
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there[device]:
        known = ", ".join(name for name, here in there.items() if here)
        raise GeneratorError(f"generator.device: torch finds no {device} on this machine; it has {known}")


@contextmanager
def _offline() -> Iterator[None]:
    """A file that is missing is told at once, without a try at the network."""
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the libraries' own bars, and their words about parts that are not installed."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    both = (diffusers_logging, transformers_logging)
    levels = [one.get_verbosity() for one in both]
    for one in both:
        one.set_verbosity_error()
        one.disable_progress_bar()
    try:
        yield
    finally:
        for one, level in zip(both, levels, strict=True):
            one.set_verbosity(level)
            one.enable_progress_bar()
