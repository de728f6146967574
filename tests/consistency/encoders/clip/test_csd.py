"""CSD: the style head over the trunk, from the checkpoint as its authors saved it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from consistency import ModelError
from consistency.encoders.csd import csd

TINY = "tiny-vit"


def test_the_vectors_are_the_style_head_over_the_trunk(clip, checkpoint, frames, tmp_path: Path) -> None:
    found = csd(str(checkpoint), cache=tmp_path, architecture=TINY).style.encode(frames)
    state = clip.torch.load(checkpoint, weights_only=False)["model_state_dict"]
    trunk = clip.open_clip.create_model(TINY).visual.eval()
    trunk.load_state_dict(
        {k[16:]: v for k, v in state.items() if k.startswith("module.backbone.")}, strict=False
    )
    trunk.proj = None
    with clip.torch.inference_mode():
        features = trunk(clip.torch.from_numpy(clip.transformed(frames)))
        style = clip.torch.nn.functional.normalize(features @ state["module.last_layer_style"], dim=1)
    np.testing.assert_allclose(found, style.numpy(), rtol=0, atol=1e-5)


def test_weights_without_the_training_run_are_the_same_encoder(
    clip, checkpoint, frames, tmp_path: Path
) -> None:
    from safetensors.torch import save_file

    state = clip.torch.load(checkpoint, weights_only=False)["model_state_dict"]
    plain = {key.removeprefix("module."): value for key, value in state.items()}
    save_file(plain, tmp_path / "csd.safetensors")
    one = csd(str(checkpoint), cache=tmp_path / "cache", architecture=TINY).style
    other = csd(str(tmp_path / "csd.safetensors"), cache=tmp_path / "cache", architecture=TINY).style
    np.testing.assert_allclose(one.encode(frames), other.encode(frames), rtol=0, atol=1e-6)
    assert one.id == f"csd@{one.weights[:12]}" != other.id


def test_what_is_no_checkpoint_of_csd_is_refused(clip, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not a checkpoint of CSD"):
        csd(str(clip.weights), cache=tmp_path, architecture=TINY)
    with pytest.raises(ModelError, match="no file at this path"):
        csd(str(tmp_path / "nowhere.bin"), cache=tmp_path)
    with pytest.raises(ModelError, match="series models pull csd"):
        csd("", folder=tmp_path, cache=tmp_path)
