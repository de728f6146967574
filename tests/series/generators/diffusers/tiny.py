"""Tiny pipelines of true shape, with random weights, written to disk as the real ones are: the library's own
loading code runs on them."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel
from safetensors.torch import save_file
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

WIDTH = 32


def tokenizer(folder: Path) -> CLIPTokenizer:
    """Reads letters one by one: every sign of ASCII is a token, at the end of a word or not."""
    folder.mkdir(parents=True, exist_ok=True)
    signs = [chr(code) for code in range(33, 127)]
    words = ["<|startoftext|>", "<|endoftext|>", *signs, *(f"{sign}</w>" for sign in signs)]
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)


def sdxl(folder: Path) -> Path:
    """A StableDiffusionXLPipeline, saved to folder."""
    torch.manual_seed(0)
    words = tokenizer(folder.parent / "words")
    text = CLIPTextConfig(
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
        hidden_size=WIDTH,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        vocab_size=len(words),
        projection_dim=WIDTH,
        hidden_act="gelu",
    )
    unet = UNet2DConditionModel(
        block_out_channels=(32, 64),
        layers_per_block=2,
        sample_size=32,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 2),
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
        cross_attention_dim=2 * WIDTH,
        norm_num_groups=1,
    )
    pipeline = StableDiffusionXLPipeline(
        vae=AutoencoderKL(
            block_out_channels=[32, 64],
            down_block_types=["DownEncoderBlock2D", "DownEncoderBlock2D"],
            up_block_types=["UpDecoderBlock2D", "UpDecoderBlock2D"],
            latent_channels=4,
            sample_size=128,
        ),
        text_encoder=CLIPTextModel(text),
        text_encoder_2=CLIPTextModelWithProjection(text),
        tokenizer=words,
        tokenizer_2=words,
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"),
    )
    pipeline.save_pretrained(str(folder), safe_serialization=True)
    return folder


def image_encoder(folder: Path) -> Path:
    """The CLIP image encoder that an adapter was made with."""
    torch.manual_seed(1)
    config = CLIPVisionConfig(
        hidden_size=WIDTH,
        projection_dim=WIDTH,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        image_size=32,
        patch_size=8,
    )
    CLIPVisionModelWithProjection(config).save_pretrained(str(folder), safe_serialization=True)
    return folder


def ip_adapter(file: Path, pipeline: Path, seed: int = 2) -> Path:
    """An IP-Adapter for the U-Net of that pipeline, in the publisher's layout."""
    unet = UNet2DConditionModel.from_pretrained(str(pipeline), subfolder="unet", use_safetensors=True)
    generator = torch.Generator().manual_seed(seed)
    wide = unet.config.cross_attention_dim
    tensors = {
        "image_proj.proj.weight": torch.randn(4 * wide, WIDTH, generator=generator),
        "image_proj.proj.bias": torch.zeros(4 * wide),
        "image_proj.norm.weight": torch.ones(wide),
        "image_proj.norm.bias": torch.zeros(wide),
    }
    for number, (name, processor) in enumerate(unet.attn_processors.items()):
        del processor
        if name.endswith("attn2.processor"):
            hidden = unet.get_submodule(name.removesuffix(".processor")).to_k.out_features
            for part in ("to_k_ip", "to_v_ip"):
                tensors[f"ip_adapter.{number}.{part}.weight"] = torch.randn(hidden, wide, generator=generator)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, str(file))
    return file


def lora(file: Path, pipeline: Path) -> Path:
    """Added weights for one projection of the U-Net, in the library's layout."""
    unet = UNet2DConditionModel.from_pretrained(str(pipeline), subfolder="unet", use_safetensors=True)
    name = next(name for name, _ in unet.named_modules() if name.endswith("attn2.to_q"))
    layer = unet.get_submodule(name)
    generator = torch.Generator().manual_seed(3)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(
        {
            f"unet.{name}.lora_A.weight": torch.randn(2, layer.in_features, generator=generator),
            f"unet.{name}.lora_B.weight": torch.randn(layer.out_features, 2, generator=generator),
        },
        str(file),
    )
    return file
