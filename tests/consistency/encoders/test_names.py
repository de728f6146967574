"""What may stand behind --encoder: a set, a set with a parameter, encoders by role."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from consistency import ENCODERS, EncoderError, ModelError, load_encoders
from consistency.encoders import USUAL_ROLES


def test_roles_are_filled_by_name_and_the_rest_is_classical() -> None:
    classical = load_encoders("classical")
    assert load_encoders("subject=classical,style=classical").ids == classical.ids
    assert load_encoders("classical,style=classical").ids == classical.ids
    assert classical.models == {}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("clasical", "did you mean 'classical'"),
        ("", "no encoder ''"),
        ("style=", "no encoder ''"),
        ("subject=clasical", "did you mean 'classical'"),
        ("classical,rendering=classical", "no encoder 'classical,rendering=classical'"),
        ("open_clip", "did you mean 'open_clip:MODEL/WEIGHTS'"),
        ("classical:x", "did you mean 'classical'"),
        ("style=classical,subject=classical,style=classical", "names style twice"),
        ("faces=classical", "the encoder 'classical' looks for no faces"),
    ],
)
def test_a_name_that_is_none_is_one_line(name: str, said: str) -> None:
    with pytest.raises(EncoderError, match=said) as error:
        load_encoders(name)
    assert "\n" not in str(error.value)


def test_commas_and_equals_signs_may_stand_in_paths(tmp_path: Path) -> None:
    odd = tmp_path / "a,b=c,role=d"
    with pytest.raises(ModelError) as error:
        load_encoders(f"style=classical,subject=ccip:{odd}")
    assert str(error.value).startswith(f"{odd / 'model_feat.onnx'}: cannot be read")


@pytest.mark.parametrize("name", ["csd", "ccip", "open_clip:ViT-B-32/laion2b_s34b_b79k"])
def test_a_model_that_is_not_there_says_how_to_get_it(tmp_path: Path, monkeypatch, name: str) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match=r"`series models pull .*`series models add "):
        load_encoders(name)


def test_a_library_that_is_not_there_says_how_to_install_it(tmp_path: Path) -> None:
    if find_spec("open_clip") is not None:
        pytest.skip("open_clip is installed")
    (tmp_path / "weights.pt").write_bytes(b"weights")
    with pytest.raises(EncoderError, match=r'pip install "series-consistency\[clip\]"'):
        load_encoders(f"open_clip:ViT-B-32/{tmp_path / 'weights.pt'}")
    with pytest.raises(EncoderError, match=r'pip install "series-consistency\[clip\]"'):
        load_encoders(f"csd:{tmp_path / 'weights.pt'}")


def test_every_role_that_a_net_plays_belongs_to_a_name() -> None:
    assert set(USUAL_ROLES) <= {name.partition(":")[0] for name in ENCODERS}


def test_libraries_are_told_to_report_nothing() -> None:
    code = "import os, consistency; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    plain = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    for given, expected in ((plain, "1"), ({**plain, "ORT_DISABLE_TELEMETRY": "0"}, "0")):
        run = subprocess.run(
            [sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True
        )
        assert run.stdout.strip() == expected
