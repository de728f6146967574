"""A CLIP model and a CSD checkpoint of random numbers, small enough to be made here."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from consistency import Frame, frame_from_array

INSTALL = 'pip install "series-consistency[clip]"'
MODEL = "tiny-vit"
CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
    "text_cfg": {"context_length": 8, "vocab_size": 32, "width": 16, "heads": 2, "layers": 1},
}


@dataclass
class Clip:
    """The libraries, and a model that open_clip knows."""

    torch: object
    open_clip: object
    model: object
    """In torch, ready to be run."""
    weights: Path
    folder: Path
    config: Path
    """What open_clip must be told in another process."""

    def transformed(self, frames: list[Frame], **fields) -> np.ndarray:
        """What open_clip's own transform makes of them."""
        from open_clip.transform import PreprocessCfg, image_transform_v2
        from PIL import Image

        how = image_transform_v2(PreprocessCfg(**{"size": 32, **fields}), is_train=False)
        return np.stack([how(Image.fromarray(frame.pixels)).numpy() for frame in frames])

    def vectors(self, frames: list[Frame]) -> np.ndarray:
        """What torch makes of them."""
        with self.torch.inference_mode():
            pictures = self.torch.from_numpy(self.transformed(frames))
            return self.model.encode_image(pictures, normalize=True).numpy()


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    open_clip = pytest.importorskip("open_clip", reason=INSTALL)
    import torch

    folder = tmp_path_factory.mktemp("clip")
    config = folder / f"{MODEL}.json"
    for name, quick in ((MODEL, False), (f"{MODEL}-quickgelu", True)):
        path = folder / f"{name}.json"
        path.write_text(json.dumps({**CONFIG, "quick_gelu": quick}), encoding="utf-8")
        open_clip.add_model_config(path)
    torch.manual_seed(0)
    model = open_clip.create_model(MODEL).eval()
    torch.save(model.state_dict(), folder / "weights.pt")
    return Clip(torch, open_clip, model, folder / "weights.pt", folder, config)


@pytest.fixture(scope="session")
def checkpoint(clip: Clip) -> Path:
    """As the authors of CSD saved theirs: names of a parallel run, and its options."""
    state = {f"module.backbone.{k}": v for k, v in clip.model.visual.state_dict().items() if k != "proj"}
    generator = clip.torch.Generator().manual_seed(1)
    for head in ("style", "content"):
        state[f"module.last_layer_{head}"] = clip.torch.randn((32, 16), generator=generator)
    whole = {
        "model_state_dict": state,
        "args": argparse.Namespace(arch="vit_large", lr=0.0003),
        "iter": 80000,
        "fp16_scaler": None,
        "opt_proj": {"momentum": np.float64(0.9)},
    }
    clip.torch.save(whole, clip.folder / "csd.bin")
    return clip.folder / "csd.bin"


@pytest.fixture(scope="session")
def frames() -> list[Frame]:
    """More than a batch, of all shapes."""
    sizes = [
        (50, 70),
        (120, 33),
        (32, 32),
        (10, 200),
        (33, 32),
        (301, 7),
        (1, 1),
        (64, 64),
        (97, 61),
        (400, 300),
    ]
    rng = np.random.default_rng(0)
    return [frame_from_array(rng.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]
