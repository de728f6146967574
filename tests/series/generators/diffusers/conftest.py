"""A folder with tiny real pipelines, built once for these tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

needed = ("torch", "diffusers", "transformers", "peft")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """sdxl (a pipeline), vision (an image encoder), adapters/*.safetensors, ink.safetensors (a LoRA)."""
    for name in needed:
        pytest.importorskip(name, reason="needs the extra diffusers")
    sys.path.insert(0, str(Path(__file__).parent))
    try:
        import tiny
    finally:
        sys.path.remove(str(Path(__file__).parent))
    import torch

    torch.set_num_threads(1)
    root = tmp_path_factory.mktemp("models")
    tiny.sdxl(root / "sdxl")
    tiny.image_encoder(root / "vision")
    tiny.ip_adapter(root / "adapters/people.safetensors", root / "sdxl", seed=2)
    tiny.ip_adapter(root / "adapters/look.safetensors", root / "sdxl", seed=4)
    tiny.lora(root / "ink.safetensors", root / "sdxl")
    return root
