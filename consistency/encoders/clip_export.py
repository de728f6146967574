"""An image tower in, the same net as an ONNX file out: made once, kept in the user's cache folder.

Kept under the digest of the weights, moved into place whole, and only after its vectors were compared with
torch's. A second start finds it and loads neither torch nor open_clip.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from consistency.encoders.clip_tower import Tower, build_tower, check_tower, libraries
from consistency.encoders.onnx_net import INSTALL, finite, load_net
from consistency.encoders.prepare import Preparation
from consistency.errors import EncoderError, ModelError
from consistency.vectors import unit_rows

FORMAT = 1
"""Raised when the way of exporting changes: what is in the cache is made anew."""
OPSET = 17
"""ONNX 1.12 (2022): the first with LayerNormalization as one operation."""
AGREE_WITHIN = 1e-5
"""Greatest difference between a unit row by torch and by onnxruntime. A ViT-B-32 agrees to 1.6e-7."""
NET = "tower.onnx"
_NOTE = "tower.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """A tower that onnxruntime can run."""

    net: Path
    preparation: Preparation
    dimensions: int


def export_tower(tower: Tower, folder: Path | None = None) -> Exported:
    """The tower as an ONNX file, from the cache or made now. folder: where such are kept; None for the user's
    cache folder.

    Raises what `check_tower` and `build_tower` raise, ModelError where the copy does not agree with torch,
    and EncoderError where it cannot be written.
    """
    place = (cache_folder() if folder is None else folder) / _key(tower)
    if (kept := _read(place)) is not None:
        return kept
    preparation = check_tower(tower)
    module = build_tower(tower)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".part-") as part:
            made = Path(part) / "whole"
            made.mkdir()
            dimensions = _export(module, preparation, tower.weights, made / NET)
            note = {"preparation": asdict(preparation), "dimensions": dimensions, "model": tower.model}
            (made / _NOTE).write_text(json.dumps(note, indent=1) + "\n", encoding="utf-8")
            _move(made, place)
    except OSError as error:
        raise EncoderError(f"{place.parent}: cannot keep a copy of {tower.model} here: {error}") from error
    return Exported(place / NET, preparation, dimensions)


def cache_folder() -> Path:
    """Where copies are kept: a folder of the user's cache. It may be deleted at any time."""
    from platformdirs import user_cache_path

    return user_cache_path("series-consistency") / "towers"


def _key(tower: Tower) -> str:
    try:
        library = metadata.version("open-clip-torch")
    except metadata.PackageNotFoundError as error:
        raise EncoderError(f"this encoder needs open_clip, which is not installed: {INSTALL}") from error
    parts = [FORMAT, tower.head, tower.model, tower.tag, tower.digest, library]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _read(place: Path) -> Exported | None:
    """None where nothing is kept, or something that is not whole: it is made anew."""
    try:
        note: dict[str, Any] = json.loads((place / _NOTE).read_text("utf-8"))
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in note["preparation"].items()
        }
        kept = Exported(place / NET, Preparation(**given), int(note["dimensions"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return kept if kept.net.is_file() else None


def _move(made: Path, place: Path) -> None:
    try:
        made.rename(place)
    except OSError:
        if _read(place) is None:  # else another process was faster, with the same bytes
            shutil.rmtree(place, ignore_errors=True)
            made.rename(place)


@contextmanager
def _in_plain_steps(torch: Any) -> Iterator[None]:  # noqa: ANN401 - the module
    """The joined operation of torch for attention cannot be written as ONNX."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _export(module: Any, how: Preparation, weights: Path, path: Path) -> int:  # noqa: ANN401 - a torch module
    """→ dimensions of its vectors."""
    torch, _ = libraries()
    pictures = np.random.default_rng(0).standard_normal((3, 3, how.height, how.width)).astype(np.float32)
    with torch.inference_mode():
        expected = finite(module(torch.from_numpy(pictures)).numpy(), weights)
    with warnings.catch_warnings(), torch.no_grad(), _in_plain_steps(torch):
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.from_numpy(pictures[:2]),),
            str(path),
            input_names=["pictures"],
            output_names=["vectors"],
            dynamic_axes={"pictures": {0: "n"}, "vectors": {0: "n"}},
            opset_version=OPSET,
            dynamo=False,  # the newer way needs one more library and gives nothing here
        )
    dimensions = int(expected.shape[1])
    net = load_net(path, (None, 3, how.height, how.width), (None, dimensions))
    for count in (1, len(pictures)):
        apart = float(np.abs(unit_rows(net(pictures[:count])) - unit_rows(expected[:count])).max())
        if not apart <= AGREE_WITHIN:
            raise ModelError(
                f"the ONNX copy of this model gives vectors that are {apart:.1e} off torch's, at most "
                f"{AGREE_WITHIN:.0e} is allowed: report this with the versions of torch and onnxruntime"
            )
    return dimensions
