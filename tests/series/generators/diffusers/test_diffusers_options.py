"""Options of local pipelines: typed, each mistake with its key. Needs no extra."""

from __future__ import annotations

from pathlib import Path

import pytest

from consistency import Box
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.diffusers.local import around, drawn_size, feathered


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"generator\.model is missing: Folder of a pipeline"),
        (
            {"model": "sdxl", "stepz": 3},
            r"generator\.stepz: there is no such option; did you mean \"steps\"\?",
        ),
        (
            {"model": "sdxl", "steps": 0},
            r"generator\.steps: input should be greater than or equal to 1, not 0",
        ),
        ({"model": "sdxl", "steps": "3"}, r"generator\.steps: input should be a valid integer"),
        ({"model": "sdxl", "device": "tpu"}, r"generator\.device: input should be 'cpu', 'cuda' or 'mps'"),
        (
            {"model": "sdxl", "lora": [{"file": "a.safetensors", "weigth": 1}]},
            r"generator\.lora\.0\.weigth: there is no such option; did you mean \"weight\"\?",
        ),
        (
            {"model": "sdxl", "ip_adapter": {"image_encoder": "v"}},
            r"generator\.ip_adapter: name an adapter under character or style",
        ),
        ({"model": "other"}, r"generator\.model: there is no \"other\""),
        ({"model": "../sdxl"}, r"generator\.model: there is no \"\.\./sdxl\""),
        ({"model": "/etc"}, r"generator\.model: there is no \"/etc\""),
    ],
)
def test_mistakes_are_told_with_their_key(
    options: dict, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path / "models"))
    series = tmp_path / "series"
    (series / "sdxl").mkdir(parents=True)
    (tmp_path / "sdxl").mkdir()
    with pytest.raises(GeneratorError, match=message):
        load_generator({"name": "diffusers", **options}, folder=series, out=series)


def test_a_model_is_found_beside_the_series_and_in_the_folder_of_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path / "models"))
    (tmp_path / "models/sdxl").mkdir(parents=True)
    made = load_generator({"name": "diffusers", "model": "sdxl"}, folder=tmp_path, out=tmp_path)
    assert made.name == "diffusers:sdxl"
    assert made.pacing.concurrency == 1


def test_sizes_grow_to_what_a_latent_has() -> None:
    assert drawn_size((1024, 768)) == (1024, 768)
    assert drawn_size((1001, 7)) == (1008, 8)


def test_a_small_part_is_seen_with_its_surroundings_in_the_shape_of_the_picture() -> None:
    size = (1024, 768)
    left, top, right, bottom = around(Box(0.9, 0.0, 1.0, 0.1), size)
    inside = Box(0.9, 0.0, 1.0, 0.1).pixels(*size)
    assert left <= inside[0]
    assert top <= inside[1]
    assert right >= inside[2]
    assert bottom >= inside[3]
    assert right <= size[0]
    assert abs((right - left) / (bottom - top) - size[0] / size[1]) < 0.02
    assert around(Box(0.0, 0.0, 1.0, 1.0), size) == (0, 0, *size)


def test_an_edit_fades_out_inside_its_box_but_not_at_the_frames_edge() -> None:
    mask = feathered(Box(0.0, 0.25, 0.5, 0.75), (200, 100))
    assert mask[50, 0] == 1
    assert mask[50, 50] == 1
    assert mask[25, 50] < 1
    assert mask[:25].max() == 0
    assert mask[:, 100:].max() == 0
