"""The weights of an image tower in, the tower as a torch module out. Imports torch and open_clip late.

Two kinds: the image tower of any model that open_clip knows, and the style tower of CSD, which is the same
architecture with another last layer. Weights are read as plain numbers: a pickle that holds more is refused.
"""

from __future__ import annotations

import argparse
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from consistency.encoders.onnx_net import INSTALL, finite, first_line
from consistency.encoders.prepare import Preparation
from consistency.errors import EncoderError, ModelError

Floats = NDArray[np.float32]

_QUICK = "-quickgelu"
"""How open_clip names the models with OpenAI's approximate GELU."""


@dataclass(frozen=True, slots=True)
class Tower:
    """Enough to build an image tower in any process."""

    model: str
    """As open_clip names the architecture: "ViT-B-32"."""
    weights: Path
    """A checkpoint of the whole model, or of CSD."""
    digest: str
    """sha256 (hex) of that file."""
    head: Literal["image", "style"] = "image"
    tag: str = ""
    """Name of the pretrained weights, where it is known: "laion2b_s34b_b79k"."""


def libraries() -> tuple[Any, Any]:
    """→ torch, open_clip. Raises EncoderError with the line that installs them."""
    try:
        with _quiet():
            import open_clip
            import torch
    except ImportError as error:
        raise EncoderError(f"this encoder needs open_clip and torch, and {error}: {INSTALL}") from error
    return torch, open_clip


def check_tower(tower: Tower) -> Preparation:
    """See that architecture and weights belong together; → what the tower wants to see.

    Raises EncoderError for an architecture that is unknown, that would fetch something while it is built, or
    that has another activation than the weights were trained with.
    """
    _, open_clip = libraries()
    config = _config(open_clip, tower.model)
    tags = open_clip.list_pretrained_tags_by_model(tower.model)
    found = {tag: open_clip.get_pretrained_cfg(tower.model, tag) for tag in tags}
    own = found.get(tower.tag.lower().replace("-", "_"))
    if own is not None:
        check_activation(tower.model, tower.tag)
        return _preparation(tower, config, own)
    ways = {_preparation(tower, config, one) for one in found.values()} or {_preparation(tower, config, {})}
    if len(ways) > 1:
        raise EncoderError(
            f"{tower.model} is trained with pictures prepared in {len(ways)} ways, and {tower.weights} does "
            f"not say which: name the pretrained weights ({', '.join(tags)})"
        )
    return ways.pop()


def check_activation(model: str, tag: str) -> None:
    """Raise EncoderError where these pretrained weights need another activation than the model has."""
    _, open_clip = libraries()
    trained = open_clip.get_pretrained_cfg(model, tag)
    if not trained:
        return
    quick, has = bool(trained.get("quick_gelu")), bool(_config(open_clip, model).get("quick_gelu"))
    if quick == has:
        return
    other = model + _QUICK if quick else model.removesuffix(_QUICK)
    raise EncoderError(
        f"open_clip:{model}/{tag}: these weights were trained {'with' if quick else 'without'} QuickGELU and "
        f"{model} is built {'without' if quick else 'with'} it: their vectors would be wrong; "
        f"take open_clip:{other}/{tag}"
    )


def build_tower(tower: Tower) -> Any:  # noqa: ANN401 - a torch module
    """→ a module: float32 (n, 3, height, width) → float32 (n, d), ready to be run.

    Raises EncoderError and ModelError: weights that cannot be read, or are not of this architecture.
    """
    torch, open_clip = libraries()
    _config(open_clip, tower.model)
    with _quiet():
        try:
            if tower.head == "style":
                visual = _style_tower(torch, open_clip, tower)
            else:
                whole = open_clip.create_model(tower.model, pretrained=str(tower.weights), weights_only=True)
                visual = whole.visual
        except ModelError:
            raise
        except Exception as error:  # readers of strangers' files raise whatever they like
            raise ModelError(
                f"{tower.weights}: not weights of {tower.model} that can be read as plain numbers: "
                f"{first_line(error)}"
            ) from error
    return visual.eval().requires_grad_(requires_grad=False)


def run_tower(tower: Tower, device: str, batch: Floats) -> Floats:
    """batch: float32 (n, 3, height, width) → float32 (n, d), by torch on the device, with 32-bit numbers."""
    torch, _ = libraries()
    with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        found = _on_device(tower, device)(torch.from_numpy(batch).to(device))
    return finite(np.asarray(found.float().cpu().numpy(), np.float32), tower.weights)


def require_device(device: str) -> None:
    """Raise EncoderError where torch cannot use this device ("cuda", "mps")."""
    torch, _ = libraries()
    there = torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()
    if not there:
        raise EncoderError(
            f"{device} was asked for, and torch {torch.__version__} finds none here: see that the driver "
            f"fits this build of torch, or leave out @{device}"
        )


@cache
def _on_device(tower: Tower, device: str) -> Any:  # noqa: ANN401 - a torch module
    return build_tower(tower).to(device)


def _config(open_clip: Any, model: str) -> Mapping[str, Any]:  # noqa: ANN401 - the module
    known = open_clip.list_models()
    if model not in known:
        near = get_close_matches(model, known, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise EncoderError(f"open_clip knows no model {model!r}{hint}")
    config: Mapping[str, Any] = open_clip.get_model_config(model)
    if "hf_model_name" in config["text_cfg"]:
        raise EncoderError(
            f"open_clip's {model} fetches its text tower from the network while it is built, which this "
            f"encoder never does; take a model without one"
        )
    return config


def _preparation(tower: Tower, config: Mapping[str, Any], trained: Mapping[str, Any]) -> Preparation:
    size = config["vision_cfg"].get("image_size", 224)
    height, width = (size, size) if isinstance(size, int) else size
    resize: Any = trained.get("resize_mode") or "shortest"
    if resize == "longest" or (resize == "shortest" and height != width):
        raise EncoderError(
            f"{tower.model} wants pictures resized by their {resize} side to {width}×{height}, which this "
            f"encoder cannot do; take another model"
        )
    usual = Preparation(width, height)
    return Preparation(
        width,
        height,
        resize,
        trained.get("interpolation") or usual.filter,
        tuple(trained.get("mean") or usual.mean),
        tuple(trained.get("std") or usual.std),
    )


def _style_tower(torch: Any, open_clip: Any, tower: Tower) -> Any:  # noqa: ANN401 - modules
    """CSD (Somepalli et al. 2024): CLIP's trunk, its last layer replaced by the style head."""
    state = {key.removeprefix("module."): value for key, value in _checkpoint(torch, tower.weights).items()}
    trunk = {key.removeprefix("backbone."): v for key, v in state.items() if key.startswith("backbone.")}
    if "last_layer_style" not in state or not trunk:
        raise ModelError(
            f"{tower.weights}: not a checkpoint of CSD: it has no backbone with a last_layer_style"
        )
    visual = open_clip.create_model(tower.model, pretrained=None).visual
    visual.load_state_dict({**trunk, "proj": state["last_layer_style"]}, strict=True)
    return visual


def _checkpoint(torch: Any, path: Path) -> dict[str, Any]:  # noqa: ANN401 - the module
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    # The published file is a training checkpoint: beside its weights stand the options of the training run
    # and a number of numpy's. None of these runs code.
    scalar = np.float64(0).__reduce__()[0]
    harmless = [argparse.Namespace, np.dtype, type(np.dtype(np.float64)), (scalar, _SCALAR), scalar]
    with torch.serialization.safe_globals(harmless):
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    return dict(found.get("model_state_dict", found))


_SCALAR = "numpy.core.multiarray.scalar"
"""What numpy 1 called it, which wrote the file."""


@contextmanager
def _quiet() -> Iterator[None]:
    """open_clip reports on the root logger, and sets it up for the whole process if nobody has."""
    root, silent = logging.getLogger(), logging.NullHandler()
    before = root.manager.disable
    root.addHandler(silent)
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
        root.removeHandler(silent)
