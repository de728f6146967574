"""Faces: where they are, how large, which of them are clear, and what their vectors say."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box
from consistency.encoders.light.face_reid import LANDMARKS, LightFaces, aligned, is_clear, similarity
from consistency.image import frame_from_array

from .conftest import FACE


@pytest.fixture
def encoder(detector, recognizer) -> LightFaces:
    return LightFaces(detector, recognizer, "0" * 64)


def picture(width, height, *cells):
    """Black, with white cells of 8 × 8 in these columns and rows."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for column, row in cells:
        pixels[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] = 255
    return frame_from_array(pixels)


def test_a_face_is_found_where_it_is(encoder) -> None:
    ((face,),) = encoder.faces([picture(320, 160, (10, 9))])
    center, half = np.array([84, 76]), FACE / 2
    expected = Box((84 - half) / 320, (76 - half) / 160, (84 + half) / 320, (76 + half) / 160)
    assert np.allclose(
        [face.box.left, face.box.top, face.box.right, face.box.bottom],
        [expected.left, expected.top, expected.right, expected.bottom],
        atol=1e-3,
    ), center
    assert face.score == pytest.approx(1, abs=1e-3)
    assert face.clear
    assert face.vector.shape == (256,)
    assert np.linalg.norm(face.vector) == pytest.approx(1, abs=1e-5)


def test_a_larger_picture_is_reduced_and_the_box_is_in_fractions_of_it(encoder) -> None:
    pixels = np.zeros((1280, 1280, 3), np.uint8)
    pixels[640:656, 320:336] = 255
    ((face,),) = encoder.faces([frame_from_array(pixels)])
    assert (face.box.left + face.box.right) / 2 == pytest.approx(328 / 1280, abs=0.002)
    assert (face.box.top + face.box.bottom) / 2 == pytest.approx(648 / 1280, abs=0.002)


def test_pictures_of_several_sizes_come_back_in_their_order_and_alone_as_together(encoder) -> None:
    frames = [
        picture(320, 160, (10, 9)),
        picture(200, 208, (5, 5), (20, 20)),
        picture(320, 160),
        picture(320, 160, (30, 10)),
        picture(90, 70, (4, 4)),
    ]
    together = encoder.faces(frames)
    assert [len(faces) for faces in together] == [1, 2, 0, 1, 1]
    for frame, faces in zip(frames, together, strict=True):
        (alone,) = encoder.faces([frame])
        assert [f.box for f in alone] == [f.box for f in faces]
        assert all(np.array_equal(a.vector, b.vector) for a, b in zip(alone, faces, strict=True))


def test_no_picture_has_no_faces(encoder) -> None:
    assert encoder.faces([]) == []


def test_a_crowd_of_two_hundred_is_found_in_full(encoder) -> None:
    cells = [(5 * column + 2, 5 * row + 2) for column in range(16) for row in range(16)][:200]
    (faces,) = encoder.faces([picture(640, 640, *cells)])
    assert len(faces) == 200


def test_a_face_at_the_edge_is_cut_by_it(encoder) -> None:
    ((face,),) = encoder.faces([picture(160, 160, (0, 0))])
    assert (face.box.left, face.box.top) == (0, 0)
    assert face.box.right < 0.2


def test_a_face_of_16_pixels_is_not_clear(small_detector, recognizer) -> None:
    ((face,),) = LightFaces(small_detector, recognizer).faces([picture(160, 160, (9, 9))])
    assert not face.clear


def test_a_profile_is_not_clear(profile_detector, recognizer) -> None:
    ((face,),) = LightFaces(profile_detector, recognizer).faces([picture(160, 160, (9, 9))])
    assert not face.clear


def test_landmarks_on_one_spot_are_not_clear_and_do_no_harm() -> None:
    spot = np.full((5, 2), 7, np.float32)
    assert not is_clear(spot)
    assert aligned(np.zeros((20, 20, 3), np.uint8), spot).shape == (128, 128, 3)


def test_the_same_face_is_near_and_another_is_far(encoder) -> None:
    def face_of(tint):
        pixels = np.zeros((160, 160, 3), np.uint8)
        pixels[60:110, 60:110, 0] = np.arange(50)[:, None] * 5 if tint else 255 - np.arange(50)[None] * 5
        pixels[80:88, 80:88] = 255
        return frame_from_array(pixels)

    (one,), (again,), (other,) = encoder.faces([face_of(0), face_of(0), face_of(1)])
    assert one.vector @ again.vector == pytest.approx(1, abs=1e-5)
    assert one.vector @ other.vector < 0.9


def test_it_travels_to_a_worker_process_as_its_paths(encoder) -> None:
    assert len(pickle.dumps(encoder)) < 2000
    frame = picture(320, 160, (10, 9))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        ((there,),) = pool.submit(encoder.faces, [frame]).result()
    ((here,),) = encoder.faces([frame])
    assert there.box == here.box
    assert np.array_equal(there.vector, here.vector)


@given(
    st.floats(0.05, 20),
    st.floats(-3.1, 3.1),
    st.floats(-500, 500),
    st.floats(-500, 500),
)
def test_a_similarity_is_found_again(scale, angle, x, y) -> None:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = (LANDMARKS @ turn.T + [x, y]).astype(np.float32)
    found = similarity(LANDMARKS, moved)
    assert np.allclose(found[:, :2], turn, atol=1e-3 * max(1, scale))
    assert np.allclose(found[:, 2], [x, y], atol=0.05)
