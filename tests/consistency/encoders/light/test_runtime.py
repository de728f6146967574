"""Files of nets: the right one is loaded, everything else is one clear line."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from consistency import EncoderError, load_encoders
from consistency.encoders.light.runtime import INSTALL, load_net
from consistency.errors import ModelError

SHAPE, OUTPUTS = (None, 3, 128, 128), {"658": (None, 256, 1, 1)}


def test_a_net_takes_batches_and_gives_rows_by_name(recognizer) -> None:
    net = load_net(recognizer, SHAPE, OUTPUTS)
    batch = np.random.default_rng(0).uniform(0, 255, (5, 3, 128, 128)).astype(np.float32)
    rows = net(batch)["658"]
    assert rows.shape == (5, 256, 1, 1)
    assert np.array_equal(rows[3:4], net(batch[3:4])["658"])


def test_a_missing_file_is_named(ov, tmp_path) -> None:
    with pytest.raises(ModelError, match=r"absent\.xml: expected a file of a net, found nothing"):
        load_net(tmp_path / "absent.xml", SHAPE, OUTPUTS)


@pytest.mark.parametrize("name", ["net.xml", "net.onnx", "net.tflite"])
@pytest.mark.parametrize("content", [b"", b"GIF89a not a net", bytes(range(256)) * 40])
def test_a_file_that_is_no_net_is_named(ov, tmp_path, name, content) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ModelError) as caught:
        load_net(path, SHAPE, OUTPUTS)
    assert str(caught.value).startswith(f"{path}: cannot be read as a net, it may be truncated")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part", ["xml", "bin"])
def test_a_truncated_net_is_named(recognizer, tmp_path, part) -> None:
    for suffix in (".xml", ".bin"):
        data = recognizer.with_suffix(suffix).read_bytes()
        kept = data[: len(data) // 2] if suffix == f".{part}" else data
        (tmp_path / f"net{suffix}").write_bytes(kept)
    with pytest.raises(ModelError, match="cannot be read as a net"):
        load_net(tmp_path / "net.xml", SHAPE, OUTPUTS)


def test_another_input_shape_is_named(recognizer) -> None:
    with pytest.raises(ModelError, match=r"input has the shape .*128.*, expected \[\?, 3, 112, 112\]"):
        load_net(recognizer, (None, 3, 112, 112), OUTPUTS)


def test_another_output_shape_is_named(recognizer) -> None:
    with pytest.raises(ModelError, match=r"output '658' has the shape .*256.*, expected \[\?, 512, 1, 1\]"):
        load_net(recognizer, SHAPE, {"658": (None, 512, 1, 1)})


def test_a_missing_output_is_named(recognizer) -> None:
    with pytest.raises(ModelError, match="expected an output 'embedding', found 658"):
        load_net(recognizer, SHAPE, {"embedding": (None, 256)})


def test_a_net_of_several_inputs_is_another_one(ov, tmp_path) -> None:
    ops = ov.opset13
    inputs = [ops.parameter([1, 4], np.float32, name=name) for name in "ab"]
    ov.save_model(ov.Model([ops.add(*inputs).output(0)], inputs, "two"), tmp_path / "two.xml")
    with pytest.raises(ModelError, match="2 inputs, expected one"):
        load_net(tmp_path / "two.xml", (1, 4), {})


def test_loading_openvino_reports_to_nobody(ov) -> None:
    code = (
        "import sys; from consistency.encoders.light.runtime import openvino; openvino(); "
        "print('openvino_telemetry' in sys.modules, 'openvino_telemetry.main' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]


@pytest.mark.skipif(find_spec("openvino") is not None, reason="OpenVINO is installed here")
def test_without_openvino_the_install_line_is_said(tmp_path) -> None:
    with pytest.raises(EncoderError) as caught:
        load_encoders("light")
    assert INSTALL in str(caught.value)


@pytest.mark.skipif(find_spec("openvino") is None, reason=f"OpenVINO is not installed: {INSTALL}")
def test_without_models_the_way_to_get_them_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match="series models pull yunet"):
        load_encoders("light")
