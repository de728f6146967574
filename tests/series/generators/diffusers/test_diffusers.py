"""Requests in, pictures of real (tiny) pipelines out: text, image, inpaint, IP-Adapter, LoRA; seeds hold."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import Box, decode_frame
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated
from series.request import EditOf, GenerationRequest, Reference, Role, Structure, StyleWords

SIZE = (72, 64)


def request(**changes: object) -> GenerationRequest:
    made = GenerationRequest(
        panel="p01",
        structure=Structure("Mara lights a lamp", "", "wide", "", SIZE),
        copy=(),
        style=StyleWords("ink", ("photo",)),
        identities=(),
        absent=(),
        palette=(),
        references=(),
        seed=7,
    )
    return replace(made, **changes)


def generator(models: Path, **options: object):
    return load_generator(
        {"name": "diffusers", "model": "sdxl", "steps": 2, **options}, folder=models, out=models / "out"
    )


def pixels(outcome: object) -> list[np.ndarray]:
    assert isinstance(outcome, Generated), outcome
    return [decode_frame(image.data, "made").pixels for image in outcome.images]


def picture(file: Path, color: tuple[int, int, int], size: tuple[int, int] = SIZE) -> Path:
    cv2.imwrite(str(file), np.full((size[1], size[0], 3), color[::-1], np.uint8))
    return file


def reference(file: Path, role: Role) -> Reference:
    return Reference(role, "mara", hashlib.sha256(file.read_bytes()).hexdigest(), file)


@pytest.fixture(scope="module")
def plain(models: Path):
    return generator(models)


@pytest.fixture(scope="module")
def looking(models: Path):
    """With two adapters and a LoRA."""
    return generator(
        models,
        lora=[{"file": "ink.safetensors", "weight": 0.8}],
        ip_adapter={
            "image_encoder": "vision",
            "character": {"file": "adapters/people.safetensors", "scale": 0.8},
            "style": {"file": "adapters/look.safetensors", "scale": {"up": {"block_0": [0.0, 1.0, 0.0]}}},
        },
    )


def test_a_picture_has_the_wanted_size_and_its_seed_decides_it(plain) -> None:
    (once,), (again,) = pixels(plain.generate(request(), "a")), pixels(plain.generate(request(), "b"))
    (other,) = pixels(plain.generate(request(seed=8), "a"))
    assert once.shape == (64, 72, 3)
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_a_size_that_no_latent_has_is_drawn_larger_and_reduced(plain) -> None:
    (made,) = pixels(plain.generate(request(structure=Structure("", "", "", "", (70, 61))), ""))
    assert made.shape == (61, 70, 3)


def test_candidates_are_the_pictures_of_the_next_seeds(plain) -> None:
    three = pixels(plain.generate(request(candidates=3), ""))
    (second,) = pixels(plain.generate(request(seed=8), ""))
    assert len(three) == 3
    assert np.array_equal(three[1], second)


def test_words_beyond_the_encoders_length_still_change_the_picture(plain) -> None:
    long = "a lamp on a hill, " * 20  # some 260 tokens here, where a letter is one
    (one,) = pixels(plain.generate(request(structure=Structure(long + "red", "", "", "", SIZE)), ""))
    (two,) = pixels(plain.generate(request(structure=Structure(long + "blue", "", "", "", SIZE)), ""))
    assert not np.array_equal(one, two)


def test_what_to_avoid_is_sent_apart(plain) -> None:
    (one,), (two,) = (pixels(plain.generate(request(absent=absent), "")) for absent in (("tib",), ("oswin",)))
    assert not np.array_equal(one, two)


def test_an_edit_starts_from_its_base(plain, tmp_path: Path) -> None:
    red, blue = picture(tmp_path / "r.png", (220, 30, 30)), picture(tmp_path / "b.png", (30, 30, 220))
    made = [
        pixels(plain.generate(request(edit=EditOf("0" * 64, base, "1" * 64)), ""))[0] for base in (red, blue)
    ]
    assert made[0].shape == (64, 72, 3)
    assert not np.array_equal(*made)


def test_a_masked_edit_leaves_every_pixel_outside_its_box(plain, tmp_path: Path) -> None:
    base = picture(tmp_path / "base.png", (200, 180, 40))
    box = Box(0.25, 0.25, 0.75, 0.75)
    (made,) = pixels(plain.generate(request(edit=EditOf("0" * 64, base, "1" * 64, mask=box)), ""))
    left, top, right, bottom = box.pixels(*SIZE)
    inside = np.zeros(made.shape[:2], bool)
    inside[top:bottom, left:right] = True
    changed = (made != np.array([200, 180, 40], np.uint8)).any(axis=2)
    assert not changed[~inside].any()
    assert changed[inside].mean() > 0.5


def test_an_adapter_looks_at_its_references(looking, tmp_path: Path) -> None:
    red, blue = picture(tmp_path / "r.png", (220, 30, 30)), picture(tmp_path / "b.png", (30, 30, 220))
    assert looking.abilities.reference_images > 0
    drawn = {
        (role, color): pixels(looking.generate(request(references=(reference(file, role),)), ""))[0].tobytes()
        for role in (Role.CHARACTER, Role.STYLE)
        for color, file in (("red", red), ("blue", blue))
    }
    none = pixels(looking.generate(request(), ""))[0].tobytes()
    assert len({*drawn.values(), none}) == 5


def test_added_weights_change_the_picture(models: Path, plain) -> None:
    inked = generator(models, lora=[{"file": "ink.safetensors"}])
    assert inked.name == "diffusers:sdxl+ink"
    assert not np.array_equal(
        pixels(inked.generate(request(), ""))[0], pixels(plain.generate(request(), ""))[0]
    )


def test_without_an_adapter_no_reference_is_asked_for(plain) -> None:
    assert plain.abilities.reference_images == 0
    assert plain.abilities.seed
    assert plain.abilities.mask
    assert plain.price(request()) == 0


def test_a_reference_that_is_gone_is_an_outcome(looking, tmp_path: Path) -> None:
    gone = Reference(Role.CHARACTER, "mara", "0" * 64, tmp_path / "gone.png")
    outcome = looking.generate(request(references=(gone,)), "")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.INVALID_REQUEST
    assert "gone.png" in outcome.reason


def test_a_device_that_is_not_there_is_told_before_anything_is_drawn(models: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has the device")
    with pytest.raises(GeneratorError, match=r"generator\.device: torch finds no cuda .* it has cpu"):
        generator(models, device="cuda").ready()


def test_code_beside_the_weights_is_never_run(models: Path, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "model_index.json").write_text('{"_class_name": ["mine", "Mine"]}')
    (folder / "mine.py").write_text("raise SystemExit('it ran')")
    odd = load_generator({"name": "diffusers", "model": "odd"}, folder=tmp_path, out=tmp_path)
    with pytest.raises(GeneratorError, match="brings code of its own, which is not run"):
        odd.ready()


@pytest.mark.parametrize("file", ["lora.bin", "lora.ckpt", "lora.pt"])
def test_weights_that_may_hold_code_are_refused(models: Path, tmp_path: Path, file: str) -> None:
    (tmp_path / "sdxl").symlink_to(models / "sdxl")
    (models / file).write_bytes(b"x")
    with pytest.raises(GeneratorError, match=r"only \.safetensors files are read"):
        generator(models, lora=[{"file": file}]).ready()


def test_a_folder_that_is_no_pipeline_and_weights_of_another_are_one_message(
    models: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(GeneratorError, match=r"no model_index\.json"):
        load_generator({"name": "diffusers", "model": "empty"}, folder=tmp_path, out=tmp_path).ready()
    (models / "broken.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0notjson!")
    with pytest.raises(GeneratorError, match="cannot be loaded"):
        generator(models, lora=[{"file": "broken.safetensors"}]).ready()
