"""Real loading code on small real nets: the same faces as plain insightface, batched; and bad packs."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from consistency import (
    DEFAULT_TOLERANCES,
    EncoderError,
    Face,
    Locator,
    ModelError,
    ObservationCache,
    Observer,
    Recipe,
    Request,
    catalogue,
    check_license,
    load_encoders,
)


def faces_of(folder: Path, *frames) -> list[tuple[Face, ...]]:
    return load_encoders(f"insightface:{folder}").faces.faces(frames)


@pytest.mark.filterwarnings("ignore:`estimate` is deprecated:FutureWarning")
def test_faces_are_those_of_plain_insightface_one_by_one(packs) -> None:
    folder = packs.pack()
    frames = [
        packs.picture(("large", 4, 5), ("middle", 30, 30), seed=1),
        packs.picture(seed=2),
        packs.picture(("middle", 5, 9), ("middle", 12, 30), ("large", 15, 15), ("small", 70, 70), seed=3),
        packs.picture(("large", 6, 4), size=(1000, 700), seed=4),
        packs.picture(("large", 3, 3), size=(300, 520), seed=5),
    ]
    found = faces_of(folder, *frames)
    assert [len(faces) for faces in found] == [2, 0, 4, 1, 1]
    for frame, faces in zip(frames, found, strict=True):
        plain = packs.plain(folder, frame)
        assert len(plain) == len(faces)
        for face, other in zip(faces, plain, strict=True):
            np.testing.assert_allclose(face.vector, other.normed_embedding, atol=1e-5)
            height, width = frame.pixels.shape[:2]
            box = np.array([face.box.left, face.box.top, face.box.right, face.box.bottom])
            inside = np.clip(other.bbox / [width, height, width, height], 0, 1)
            np.testing.assert_allclose(box, inside, atol=1e-5)
            assert face.score == pytest.approx(float(other.det_score), abs=1e-5)


def test_faces_come_largest_first_with_unit_vectors_and_size(packs) -> None:
    (faces,) = faces_of(packs.pack(), packs.picture(("middle", 5, 9), ("large", 12, 12), ("small", 60, 9)))
    sizes = [round((face.box.right - face.box.left) * 640) for face in faces]
    assert sizes == [128, 48, 16]
    for face in faces:
        assert face.vector.dtype == np.float32
        assert np.linalg.norm(face.vector) == pytest.approx(1, abs=1e-6)


def test_a_face_of_16_pixels_and_a_profile_are_marked_not_clear(packs) -> None:
    kinds = ("large", 4, 4), ("small", 60, 9), ("profile", 14, 14), ("middle", 30, 3)
    (faces,) = faces_of(packs.pack(), packs.picture(*kinds))
    clear = {(round((face.box.right - face.box.left) * 640), face.clear) for face in faces}
    assert clear == {(128, True), (128, False), (16, False), (48, True)}


def test_two_hundred_faces_in_a_crowd(packs) -> None:
    crowd = [("small", 4 + 4 * (index % 19), 4 + 6 * (index // 19)) for index in range(209)]
    frame = packs.picture(*crowd[:200])
    (faces,) = faces_of(packs.pack(), frame)
    assert len(faces) == 200


def test_what_is_seen_in_a_frame_does_not_depend_on_its_neighbors(packs) -> None:
    folder = packs.pack()
    frames = [packs.picture(("large", 3 + i, 4), ("middle", 8, 20 + i), seed=i) for i in range(9)]
    together = faces_of(folder, *frames)
    for frame, faces in zip(frames, together, strict=True):
        (alone,) = faces_of(folder, frame)
        assert [face.box for face in alone] == [face.box for face in faces]
        for one, other in zip(alone, faces, strict=True):
            np.testing.assert_allclose(one.vector, other.vector, atol=1e-6)


def test_a_recognizer_of_a_fixed_batch_gives_the_same(packs) -> None:
    frame = packs.picture(("large", 4, 5), ("middle", 30, 30), ("middle", 9, 9))
    (free,) = faces_of(packs.pack("free"), frame)
    (fixed,) = faces_of(packs.pack("fixed", batch=2), frame)
    for one, other in zip(free, fixed, strict=True):
        np.testing.assert_allclose(one.vector, other.vector, atol=1e-6)


def test_faces_that_yunet_finds_are_recognized_by_the_pack(packs, tmp_path: Path) -> None:
    if find_spec("openvino") is None:
        pytest.skip('OpenVINO is not installed: pip install "series-consistency[light]"')
    encoder = load_encoders(f"insightface:{packs.pack()}").faces
    pack = replace(encoder.pack, detector=packs.yunet(tmp_path / "yunet.onnx"), finder="yunet")
    frames = [packs.picture(("large", 4, 5), ("large", 13, 13)), packs.picture(("large", 9, 3), seed=2)]
    found = replace(encoder, pack=pack).faces(frames)
    assert [len(faces) for faces in found] == [2, 1]
    # Both detectors were made to see these faces in the same place.
    for faces, others in zip(found, encoder.faces(frames), strict=True):
        places = {(round(face.box.left, 3), round(face.box.top, 3)): face.vector for face in others}
        for face in faces:
            vector = places[round(face.box.left, 3), round(face.box.top, 3)]
            # Landmarks that differ in their last bit move some pixels of the crop by a 32nd of a pixel.
            np.testing.assert_allclose(face.vector, vector, atol=0.01)
            assert face.clear


def test_no_frames_no_faces(packs) -> None:
    assert faces_of(packs.pack()) == []


def test_the_encoder_travels_to_workers_as_paths(packs) -> None:
    folder = packs.pack()
    encoders = load_encoders(f"insightface:{folder}")
    frame = packs.picture(("large", 4, 5))
    encoders.faces.faces([frame])
    data = pickle.dumps(encoders.faces)
    assert len(data) < 2000
    (before,), (after,) = encoders.faces.faces([frame])[0], pickle.loads(data).faces([frame])[0]  # noqa: S301
    np.testing.assert_array_equal(before.vector, after.vector)


def test_an_observer_keeps_the_faces(packs, tmp_path: Path) -> None:
    import cv2

    path = tmp_path / "frame.png"
    cv2.imwrite(str(path), packs.picture(("large", 4, 5), ("small", 60, 60)).pixels[..., ::-1])
    recipe = Recipe(load_encoders(f"insightface:{packs.pack()}"), Locator.build({}))
    cache = ObservationCache(tmp_path / "kept.sqlite")
    for _ in range(2):
        (seen,) = Observer(recipe, cache).observe([Request(path)])
        assert [face.clear for face in seen.faces] == [True, False]


def test_weights_name_both_files_and_own_packs_are_named_by_file_for_the_license_guard(packs) -> None:
    one, other = packs.pack("one"), packs.pack("other", numbers=24)
    first, second = load_encoders(f"insightface:{one}"), load_encoders(f"insightface:{other}")
    assert first.ids["faces"] == second.ids["faces"] == "insightface.own/1"
    assert first.faces.weights != second.faces.weights
    assert first.model_names == ("one/det.onnx", "one/rec.onnx")
    with pytest.raises(ModelError, match=r"one/det\.onnx: not in the catalogue"):
        check_license(first.model_names, "commercial")


@pytest.mark.parametrize("name", ["buffalo_l", "antelopev2"])
def test_the_published_packs_are_for_research_only(name: str) -> None:
    with pytest.raises(ModelError, match=r"forbids commercial use.*auraface"):
        check_license([name], "commercial")


def test_every_family_has_tolerances_with_a_source() -> None:
    packs = [m.name for m in catalogue().values() if m.task == "faces" and m.runtime == "onnxruntime"]
    for family in (*packs, "own"):
        for check in ("identity", "identity.unclear", "identity.swap"):
            assert DEFAULT_TOLERANCES[check, f"insightface.{family}/1"].source


def test_nothing_is_said_by_default_of_a_pack_of_ones_own() -> None:
    tolerance = DEFAULT_TOLERANCES["identity", "insightface.own/1"]
    assert tolerance.accept_below == 0
    assert tolerance.reject_above == 2
    assert "checks.tolerances" in tolerance.source


# bad packs


@pytest.mark.parametrize("name", ["buffalo_l", "auraface"])
def test_a_pack_that_is_not_on_this_disk_is_one_line_with_both_ways_to_get_it(
    packs, name: str, monkeypatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path))
    with pytest.raises(ModelError, match=rf"series models pull {name}.*series models add {name} PATH"):
        load_encoders(f"insightface:{name}")


def test_a_wrong_file_under_the_name_of_a_pack_names_both_digests(packs, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path))
    folder = packs.pack("buffalo_l")
    (folder / "det.onnx").rename(folder / "det_10g.onnx")
    (folder / "rec.onnx").rename(folder / "w600k_r50.onnx")
    wanted = catalogue()["buffalo_l"].files[0].sha256
    with pytest.raises(ModelError, match=rf"det_10g\.onnx.*its sha256 is [0-9a-f]{{64}}, expected {wanted}"):
        load_encoders("insightface:buffalo_l")


def test_an_unknown_pack_names_the_nearest(packs) -> None:
    with pytest.raises(ModelError, match="did you mean 'buffalo_l'"):
        load_encoders("insightface:bufalo_l")


def test_a_folder_that_is_not_there(packs, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere: expected a folder of \.onnx files, found none"):
        load_encoders(f"insightface:{tmp_path / 'nowhere'}")


def test_a_model_of_another_kind_is_no_pack(packs) -> None:
    with pytest.raises(
        ModelError, match=r"csd is no pack of InsightFace but for style; packs: auraface, buff"
    ):
        load_encoders("insightface:csd")


def test_a_pack_without_a_recognizer_says_what_was_found(packs) -> None:
    folder = packs.pack(recognizer=False)
    packs.recognizer(folder / "genderage.onnx", side=96)
    with pytest.raises(ModelError, match=r"no recognizer.*found det.* 9 outputs; genderage\.onnx: n×3×96"):
        load_encoders(f"insightface:{folder}")


def test_a_pack_without_a_detector_goes_with_yunet(packs, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SERIES_MODELS", str(tmp_path))
    # Here neither OpenVINO nor YuNet need be installed: whichever is missing is named with the way to it.
    with pytest.raises(EncoderError, match=r"series-consistency\[face,light\]|series models pull yunet"):
        load_encoders(f"insightface:{packs.pack(detector=False)}")


def test_two_recognizers_in_a_folder(packs) -> None:
    folder = packs.pack()
    packs.recognizer(folder / "second.onnx")
    with pytest.raises(ModelError, match=r"found 2 recognizers: rec\.onnx, second\.onnx"):
        load_encoders(f"insightface:{folder}")


def test_an_empty_folder(packs, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"empty: expected a pack of InsightFace, found no \.onnx file"):
        load_encoders(f"insightface:{tmp_path / 'empty'}")


@pytest.mark.parametrize("name", ["det.onnx", "rec.onnx"])
@pytest.mark.parametrize("keep", [0, 0.6])
def test_a_truncated_file_is_named(packs, name: str, keep: float) -> None:
    folder = packs.pack()
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(keep * len(data))])
    with pytest.raises(ModelError, match=rf"{name}"):
        faces_of(folder, packs.picture(("large", 4, 4)))


def test_a_file_that_is_no_net_when_it_is_opened(packs) -> None:
    """As when a file is replaced after it was verified."""
    encoders = load_encoders(f"insightface:{packs.pack()}")
    broken = packs.folder / "broken.onnx"
    broken.write_bytes(b"\x08\x07junk")
    faces = replace(encoders.faces, pack=replace(encoders.faces.pack, recognizer=broken))
    with pytest.raises(ModelError, match=r"broken\.onnx \(6 bytes\): cannot be read as an ONNX net"):
        faces.faces([packs.picture(("large", 4, 4))])


def test_detector_and_recognizer_taken_for_each_other(packs) -> None:
    encoders = load_encoders(f"insightface:{packs.pack()}")
    own = encoders.faces.pack
    frame = packs.picture(("large", 4, 4))
    with pytest.raises(ModelError, match=r"rec\.onnx: expected a detector with five landmarks"):
        replace(encoders.faces, pack=replace(own, detector=own.recognizer)).faces([frame])
    with pytest.raises(ModelError, match=r"det\.onnx: expected a recognizer"):
        replace(encoders.faces, pack=replace(own, recognizer=own.detector)).faces([frame])


def test_a_detector_without_landmarks(packs) -> None:
    encoders = load_encoders(f"insightface:{packs.pack()}")
    packs.detector(packs.folder / "six.onnx", outputs=6)
    faces = replace(encoders.faces, pack=replace(encoders.faces.pack, detector=packs.folder / "six.onnx"))
    with pytest.raises(ModelError, match=r"six\.onnx: expected a detector with five landmarks.*6 outputs"):
        faces.faces([packs.picture()])


def test_a_graphics_card_that_is_not_there_is_an_error_not_the_processor(packs) -> None:
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    folder = packs.pack()
    with pytest.raises(
        EncoderError, match=r"cuda was asked for.*only .*CPUExecutionProvider.*onnxruntime-gpu"
    ):
        load_encoders(f"insightface:{folder}@cuda")
    encoder = replace(load_encoders(f"insightface:{folder}@cpu").faces, device="cuda")
    with pytest.raises(EncoderError, match="cuda was asked for"):
        encoder.faces([packs.picture()])


def test_without_the_extra_the_install_line_is_named() -> None:
    """In a process that cannot import insightface, whether it is installed or not."""
    code = (
        "import sys; sys.modules['insightface'] = None\n"
        "from consistency import EncoderError, load_encoders\n"
        "try: load_encoders('insightface:buffalo_l')\n"
        "except EncoderError as error: print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "series-consistency[face]"' in found.stdout
