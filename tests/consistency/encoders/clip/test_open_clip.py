"""open_clip towers: the same vectors as torch's, from a copy made once, of weights that are what they are
said to be."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from consistency import EncoderError, ModelError, catalogue, load_encoders
from consistency.encoders.clip_tower import check_activation
from consistency.encoders.open_clip import open_clip, refuse_other_model
from consistency.encoders.prepare import Preparation, batches

MODEL = "tiny-vit"


def encoder_of(clip, cache: Path, model: str = MODEL):
    return open_clip(f"{model}/{clip.weights}", cache=cache).style


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("resize", ["shortest", "squash"])
@pytest.mark.parametrize("by", ["bicubic", "bilinear"])
def test_pictures_are_prepared_exactly_as_open_clip_does(clip, frames, resize: str, by: str) -> None:
    mean, std = (0.5, 0.4, 0.3), (0.2, 0.25, 0.3)
    ours = np.concatenate(list(batches(frames, Preparation(32, 32, resize, by, mean, std), 3)))
    theirs = clip.transformed(frames, resize_mode=resize, interpolation=by, mean=mean, std=std)
    assert np.array_equal(ours, theirs)


def test_vectors_are_those_of_torch(clip, frames, cache: Path) -> None:
    found = encoder_of(clip, cache).encode(frames)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, clip.vectors(frames), rtol=0, atol=1e-5)
    assert np.ptp(found, axis=0).min() > 0.01  # and they tell the pictures apart


def test_a_row_depends_on_its_own_picture_only(clip, frames, cache: Path) -> None:
    encoder = encoder_of(clip, cache)
    alone = np.concatenate([encoder.encode([frame]) for frame in frames])
    np.testing.assert_allclose(encoder.encode(frames), alone, rtol=0, atol=1e-6)
    assert encoder.encode([]).shape == (0, 16)


def test_an_encoder_travels_to_other_processes(clip, frames, cache: Path) -> None:
    encoder = encoder_of(clip, cache)
    arrived = pickle.loads(pickle.dumps(encoder))  # noqa: S301 - as process pools do
    assert np.array_equal(arrived.encode(frames), encoder.encode(frames))


def test_the_copy_is_made_once_and_used_without_torch(clip, frames, tmp_path: Path) -> None:
    encoder_of(clip, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from consistency import frame_from_array\n"
        "from consistency.encoders.open_clip import open_clip\n"
        f"style = open_clip({f'{MODEL}/{clip.weights}'!r}, cache=Path({str(tmp_path)!r})).style\n"
        "style.encode([frame_from_array(np.zeros((40, 40, 3), np.uint8))])\n"
        "print([name for name in ('torch', 'open_clip') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert len(list(tmp_path.iterdir())) == 1


def test_other_weights_are_another_encoder(clip, cache: Path, tmp_path: Path) -> None:
    clip.torch.manual_seed(5)
    clip.torch.save(clip.open_clip.create_model(MODEL).state_dict(), tmp_path / "other.pt")
    one, other = encoder_of(clip, cache), open_clip(f"{MODEL}/{tmp_path / 'other.pt'}", cache=cache).style
    assert one.id != other.id
    assert one.net != other.net
    assert one.id == f"open_clip:{MODEL}@{one.weights[:12]}"


def test_the_same_weights_with_another_activation_are_another_copy(clip, frames, cache: Path) -> None:
    plain, quick = encoder_of(clip, cache), encoder_of(clip, cache, f"{MODEL}-quickgelu")
    assert plain.id != quick.id
    assert np.abs(plain.encode(frames) - quick.encode(frames)).max() > 1e-4


def test_a_damaged_note_is_made_anew_and_a_damaged_copy_named(clip, frames, tmp_path: Path) -> None:
    made = encoder_of(clip, tmp_path)
    (made.net.parent / "tower.json").write_text("{", encoding="utf-8")
    assert np.array_equal(encoder_of(clip, tmp_path).encode(frames), made.encode(frames))
    made.net.unlink()
    assert np.array_equal(encoder_of(clip, tmp_path).encode(frames), made.encode(frames))
    assert len(list(tmp_path.iterdir())) == 1
    elsewhere = tmp_path / "elsewhere"
    broken = encoder_of(clip, elsewhere)
    broken.net.write_bytes(broken.net.read_bytes()[:1000])
    with pytest.raises(
        ModelError, match=r"tower\.onnx: cannot be read as a net.*delete the folder .*made anew"
    ):
        broken.encode(frames)


@pytest.mark.parametrize("model", ["ViT-B-32", "ViT-L-14"])
def test_weights_of_another_activation_are_an_error(clip, model: str) -> None:
    with pytest.raises(EncoderError, match=rf"with QuickGELU.*take open_clip:{model}-quickgelu/openai"):
        open_clip(f"{model}/openai")
    check_activation(f"{model}-quickgelu", "openai")


def test_weights_that_the_catalogue_knows_belong_to_their_model() -> None:
    name = "ViT-L-14-quickgelu-openai"
    digest = catalogue()[name].files[0].sha256
    refuse_other_model("ViT-L-14-quickgelu", Path("w.safetensors"), digest)
    for other in ("ViT-L-14", "ViT-B-32"):
        with pytest.raises(EncoderError, match=f"these are the weights of {name}"):
            refuse_other_model(other, Path("w.safetensors"), digest)


def test_the_catalogue_prepares_pictures_as_open_clip_does(clip) -> None:
    for model, tag in (("ViT-B-32", "laion2b_s34b_b79k"), ("ViT-L-14-quickgelu", "openai")):
        entry = catalogue()[f"{model}-{tag}"].preprocessing
        trained = clip.open_clip.get_pretrained_cfg(model, tag)
        np.testing.assert_allclose(np.array(entry.mean) / 255, trained["mean"], atol=1e-6)
        np.testing.assert_allclose(np.array(entry.std) / 255, trained["std"], atol=1e-6)
        assert (trained["interpolation"], trained["resize_mode"]) == ("bicubic", "shortest")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ViT-B-32/nowhere.pt", r"no file nowhere\.pt here, and no ViT-B-32-nowhere\.pt in the catalogue"),
        (
            "ViT-B-32/laion2b_s34b_b79k",
            r"series models pull ViT-B-32-laion2b_s34b_b79k`, or .*series models add",
        ),
        ("ViT-B-32", "expected MODEL/PRETRAINED or MODEL/PATH"),
    ],
)
def test_a_missing_model_is_one_clear_line(clip, tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(EncoderError, match=said) as error:
        open_clip(name, folder=tmp_path)
    assert "\n" not in str(error.value)


def test_a_model_that_open_clip_does_not_know_or_would_fetch_is_refused(clip, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="did you mean tiny-vit"):
        open_clip(f"tiny-vitt/{clip.weights}", cache=tmp_path)
    with pytest.raises(EncoderError, match="fetches its text tower from the network"):
        open_clip(f"roberta-ViT-B-32/{clip.weights}", cache=tmp_path)
    assert not list(tmp_path.iterdir())


class Calls:
    """What a hostile pickle does when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_a_file_that_is_no_weights_runs_no_code_and_leaves_nothing(clip, tmp_path: Path) -> None:
    mark, cache = tmp_path / "ran", tmp_path / "cache"
    (tmp_path / "hostile.pt").write_bytes(pickle.dumps({"state_dict": Calls(mark)}))
    clip.torch.save({"visual.proj": clip.torch.zeros(3)}, tmp_path / "other.pt")
    whole = clip.weights.read_bytes()
    (tmp_path / "cut.pt").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.safetensors").write_text("no weights")
    for name in ("hostile.pt", "other.pt", "cut.pt", "text.safetensors"):
        with pytest.raises(ModelError, match=f"{name}: not weights of {MODEL}") as error:
            open_clip(f"{MODEL}/{tmp_path / name}", cache=cache)
        assert "\n" not in str(error.value)
    assert not mark.exists()
    assert not cache.exists()


def test_weights_that_give_no_numbers_are_damaged(clip, tmp_path: Path) -> None:
    state = clip.model.state_dict()
    broken = {key: value * float("nan") if key == "visual.proj" else value for key, value in state.items()}
    clip.torch.save(broken, tmp_path / "nan.pt")
    with pytest.raises(ModelError, match=r"nan\.pt: gives numbers that are not finite"):
        open_clip(f"{MODEL}/{tmp_path / 'nan.pt'}", cache=tmp_path / "cache")


def test_a_graphics_card_that_is_not_there_is_an_error(clip, cache: Path) -> None:
    if clip.torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(EncoderError, match=r"cuda was asked for, and torch .* finds none here"):
        open_clip(f"{MODEL}/{clip.weights}@cuda", cache=cache)


def test_a_graphics_card_gives_the_same_vectors(clip, frames, cache: Path) -> None:
    if not clip.torch.cuda.is_available():
        pytest.skip("no CUDA here")
    on_card = open_clip(f"{MODEL}/{clip.weights}@cuda", cache=cache).style
    np.testing.assert_allclose(on_card.encode(frames), clip.vectors(frames), rtol=0, atol=1e-4)


def test_a_tower_plays_the_role_that_it_is_given(
    clip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    name = f"open_clip:{MODEL}/{clip.weights}"
    usual, subject = load_encoders(name), load_encoders(f"subject={name}")
    tower = f"open_clip:{MODEL}@"
    assert usual.style.id.startswith(tower)
    assert usual.subject.id == subject.style.id.replace("texture", "appearance") == "classical.appearance/1"
    assert subject.subject.id.startswith(tower)
    assert (usual.models, subject.models) == (
        {"style": (str(clip.weights),)},
        {"subject": (str(clip.weights),)},
    )
    assert usual.locked["style"] == f"{usual.style.id} sha256:{usual.style.weights}"
    notes = [json.loads(path.read_text()) for path in tmp_path.rglob("tower.json")]
    assert [note["model"] for note in notes] == [MODEL]
