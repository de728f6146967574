"""CCIP: rows whose cosine distance is the difference that its second net gives, at the published limit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from consistency import (
    DEFAULT_TOLERANCES,
    EncoderError,
    Frame,
    Gallery,
    Measurement,
    ModelError,
    ToleranceError,
    Verdict,
    frame_from_array,
    is_centered,
    judge,
    known_model,
    load_encoders,
)
from consistency.encoders.ccip import ccip, scaled, slope_of
from consistency.vectors import cosine_distance

INSTALL = 'pip install "series-consistency[clip]"'
LIMIT = known_model("ccip").threshold
SIZE = 36


@pytest.fixture(scope="session")
def onnx():
    pytest.importorskip("onnxruntime", reason=INSTALL)
    return pytest.importorskip("onnx", reason=INSTALL)


@pytest.fixture(scope="session")
def nets(onnx, tmp_path_factory: pytest.TempPathFactory):
    """Writes the two nets. Features at a cosine of c differ by rate · (1 − c) ^ power, at most by 1."""

    def write(name: str = "published", rate: float = 1.0, power: float = 1.0, *, unit: bool = True) -> Path:
        folder = tmp_path_factory.mktemp("ccip") / name
        folder.mkdir()
        make, numbers = onnx.helper, onnx.numpy_helper
        rng = np.random.default_rng(3)
        filters = rng.standard_normal((4, 3, 128, 128)).astype(np.float32) / 128
        nodes = [
            make.make_node("Conv", ["input", "filters"], ["grid"], strides=[128, 128]),
            make.make_node("Flatten", ["grid"], ["output"]),
        ]
        weights = [numbers.from_array(filters, "filters")]
        save(folder / "model_feat.onnx", nodes, weights, ["n", 3, 384, 384], ["n", SIZE])
        nodes = [
            make.make_node("LpNormalization", ["input"], ["unit"], axis=1, p=2),
            make.make_node("Transpose", ["unit" if unit else "input"], ["turned"]),
            make.make_node("MatMul", ["unit" if unit else "input", "turned"], ["cosine"]),
            make.make_node("Sub", ["one", "cosine"], ["apart"]),
            make.make_node("Clip", ["apart", "zero"], ["positive"]),
            make.make_node("Pow", ["positive", "power"], ["curved"]),
            make.make_node("Mul", ["curved", "rate"], ["grown"]),
            make.make_node("Clip", ["grown", "zero", "one"], ["output"]),
        ]
        given = {"one": 1.0, "zero": 0.0, "power": power, "rate": rate}
        weights = [numbers.from_array(np.array(v, np.float32), key) for key, v in given.items()]
        save(folder / "model_metrics.onnx", nodes, weights, ["n", SIZE], ["n", "n"])
        return folder

    def save(path: Path, nodes, weights, taken, given) -> None:
        value = onnx.helper.make_tensor_value_info
        graph = onnx.helper.make_graph(
            nodes,
            path.stem,
            [value("input", onnx.TensorProto.FLOAT, taken)],
            [value("output", onnx.TensorProto.FLOAT, given)],
            weights,
        )
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
        path.write_bytes(model.SerializeToString())

    return write


@pytest.fixture(scope="session")
def published(nets) -> Path:
    return nets()


def run(path: Path, batch: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(["output"], {"input": batch})[0]


@pytest.fixture(scope="module")
def crops() -> list[Frame]:
    rng = np.random.default_rng(1)
    sizes = [(40, 30), (384, 384), (500, 200), (8, 9), (120, 130), (1, 1)]
    return [frame_from_array(rng.integers(0, 256, (*size, 3), dtype=np.uint8)) for size in sizes]


def by_publisher(folder: Path, crops: list[Frame]) -> np.ndarray:
    """Differences as the publisher's library computes them. → (n, n)."""
    from PIL import Image

    pictures = [Image.fromarray(crop.pixels).resize((384, 384), Image.Resampling.BILINEAR) for crop in crops]
    values = (
        np.stack([np.array(picture) for picture in pictures]).transpose(0, 3, 1, 2).astype(np.float32) / 255
    )
    mean = np.array([0.48145466, 0.4578275, 0.40821073])[:, None, None]
    std = np.array([0.26862954, 0.26130258, 0.27577711])[:, None, None]
    batch = ((values - mean) / std).astype(np.float32)
    return run(folder / "model_metrics.onnx", run(folder / "model_feat.onnx", batch))


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_distances_are_the_published_differences(nets, crops, rate: float) -> None:
    folder = nets(rate=rate)
    rows = ccip(str(folder)).subject.encode(crops)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(
        np.minimum(cosine_distance(rows, rows), 1), by_publisher(folder, crops), rtol=0, atol=2e-5
    )


def test_a_curved_difference_is_met_at_the_limit(nets) -> None:
    folder = nets(power=2.0)
    slope = slope_of(folder / "model_metrics.onnx", LIMIT)
    features = np.random.default_rng(2).standard_normal((60, SIZE)).astype(np.float32)
    features[30:] = features[:30] + np.linspace(0.1, 2, 30)[:, None] * features[30:]
    theirs = run(folder / "model_metrics.onnx", features) <= LIMIT
    rows = scaled(features, slope)
    ours = cosine_distance(rows, rows) <= LIMIT
    assert np.array_equal(ours, theirs)
    assert 0.1 < theirs[:30, 30:].diagonal().mean() < 0.9


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"rate": 3.0}, r"grows 3\.00 times as fast as the cosine distance"),
        ({"rate": 0.05}, r"stay below the published limit, 0\.178"),
        ({"unit": False}, "no difference that is 0 for the same features and grows with their angle"),
    ],
)
def test_another_second_net_is_refused(nets, form: dict, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        ccip(str(nets(**form)))


def test_the_published_limit_judges_the_published_nets_only(published) -> None:
    own = ccip(str(published)).subject
    assert own.id == f"ccip@{own.weights[:12]}"

    def verdict(distance: float, encoder: str) -> Verdict:
        measured = Measurement("identity", "mara", distance, "cosine distance", encoder)
        return judge([measured], DEFAULT_TOLERANCES).verdict

    assert verdict(LIMIT - 1e-5, "ccip") is Verdict.CONSISTENT
    assert verdict(LIMIT + 1e-5, "ccip") is Verdict.DRIFTED
    assert "best F1" in DEFAULT_TOLERANCES["identity", "ccip"].source
    with pytest.raises(ToleranceError, match="no tolerance for check 'identity' measured by 'ccip@"):
        verdict(0.1, own.id)


def test_its_rows_are_compared_as_they_are(published, crops) -> None:
    encoder = ccip(str(published)).subject
    rows = encoder.encode(crops)
    names = [f"c{index}" for index in range(len(crops))]
    gallery = Gallery.build(
        {name: row[None] for name, row in zip(names, rows, strict=True)}, centered=is_centered(encoder.id)
    )
    np.testing.assert_allclose(gallery.distances(rows), cosine_distance(rows, rows), atol=1e-5)
    assert (is_centered("ccip"), is_centered("classical.appearance/1")) == (False, True)


def test_a_set_by_roles(published) -> None:
    encoders = load_encoders(f"subject=ccip:{published}")
    assert encoders.subject.id.startswith("ccip@")
    assert encoders.style.id == "classical.texture/1"
    assert encoders.models == {"subject": (str(published),)}
    style = load_encoders(f"style=ccip:{published},subject=classical")
    assert (style.style.id, style.subject.id) == (encoders.subject.id, "classical.appearance/1")
    assert style.models == {"style": (str(published),)}
    with pytest.raises(EncoderError, match="looks for no faces"):
        load_encoders(f"faces=ccip:{published}")


def test_nets_that_are_not_there_or_not_these_are_named(published, crops, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model_feat\.onnx: cannot be read"):
        ccip(str(tmp_path))
    with pytest.raises(ModelError, match="series models pull ccip"):
        ccip("", folder=tmp_path)
    swapped = tmp_path / "swapped"
    swapped.mkdir()
    for name, other in (("model_feat", "model_metrics"), ("model_metrics", "model_metrics")):
        (swapped / f"{name}.onnx").write_bytes((published / f"{other}.onnx").read_bytes())
    with pytest.raises(ModelError, match=f"the net takes n×{SIZE}, expected n×3×384×384"):
        ccip(str(swapped)).subject.encode(crops)
