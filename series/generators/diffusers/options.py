"""The manifest's `generator: {name: diffusers, ...}` in, typed options out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from consistency import model_folder
from series.errors import GeneratorError
from series.generators.generator import Pacing
from series.generators.options import shown
from series.generators.typed import Options, read_options

STEPS = 30
"""Denoising steps: what the library's own SDXL examples use, rounded."""
GUIDANCE = 5.0
"""Weight of the words, the library's default for SDXL."""
STRENGTH = 0.55
"""Share of the noise that an edit starts from: below .4 little changes, above .7 the picture is another."""
REFERENCE_SCALE = 0.5
"""Weight of reference pictures against words, balanced: 1 is pictures alone."""
TIMEOUT_S = 1800.0
"""Seconds a picture: SDXL at 30 steps takes minutes on two cores."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Scale = Annotated[float, Field(ge=0, le=2)]
Blocks = Mapping[str, float | Mapping[str, list[float]]]
"""Scale by block, which parts style from layout: {"up": {"block_0": [0.0, 1.0, 0.0]}} takes style alone."""


class Lora(Options):
    """Weights that are added to the model's."""

    file: str
    """A .safetensors file, see `model`."""
    weight: Scale = 1.0


class Adapter(Options):
    """An IP-Adapter: what lets a model look at reference pictures."""

    file: str
    """A .safetensors file, see `model`."""
    scale: Scale | Blocks = REFERENCE_SCALE


class Adapters(Options):
    """IP-Adapters by what they look at."""

    image_encoder: str
    """Folder of the CLIP image encoder that they were made with, see `model`."""
    character: Adapter | None = None
    """Looks at the pictures of characters, and of the picture that is edited."""
    style: Adapter | None = None
    """Looks at the pictures of the style."""


class DiffusersOptions(Options):
    """A local pipeline, and how it is run."""

    model: str
    """Folder of a pipeline, inside the series' folder or in the folder of models."""
    device: Literal["cpu", "cuda", "mps"] = "cpu"
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    steps: Annotated[int, Field(ge=1, le=1000)] = STEPS
    guidance: Annotated[float, Field(ge=0, le=100)] = GUIDANCE
    strength: Annotated[float, Field(gt=0, le=1)] = STRENGTH
    """Of edits."""
    candidates: Annotated[int, Field(ge=1, le=16)] = 4
    """Pictures that one request may ask for."""
    lora: tuple[Lora, ...] = ()
    ip_adapter: Adapters | None = None
    timeout_s: Positive = TIMEOUT_S

    @property
    def adapters(self) -> tuple[tuple[str, Adapter], ...]:
        """("character" or "style", its adapter), in the order in which they are loaded."""
        if self.ip_adapter is None:
            return ()
        both = (("character", self.ip_adapter.character), ("style", self.ip_adapter.style))
        return tuple((role, one) for role, one in both if one is not None)

    def pace(self) -> Pacing:
        """One picture at a time: a second would share the same cores or memory."""
        return Pacing(concurrency=1, timeout_s=self.timeout_s)


def read_diffusers_options(options: Mapping[str, JsonValue]) -> DiffusersOptions:
    """The options, checked. Raises GeneratorError."""
    read = read_options(DiffusersOptions, options)
    if read.ip_adapter is not None and not read.adapters:
        raise GeneratorError(
            "generator.ip_adapter: name an adapter under character or style, or leave it out"
        )
    return read


def find(path: str, key: str, *, folder: Path) -> Path:
    """A file or folder that an option names: inside the series' folder, else in the folder of models. Raises
    GeneratorError for what is in neither, and for a path out of both."""
    for root in (folder, model_folder()):
        try:
            target = (root / path).resolve()
            if target.is_relative_to(root.resolve()) and target.exists():
                return target
        except (OSError, RuntimeError, ValueError):
            continue
    raise GeneratorError(
        f"generator.{key}: there is no {shown(path)} in {folder} nor in {model_folder()}: put it into one of "
        f"them (SERIES_MODELS names another folder of models)"
    )
