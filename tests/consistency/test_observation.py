from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box, Face, ObservationError, Proposal
from consistency.measurement import WHOLE
from consistency.observation import frame_from_bytes, frame_to_bytes, region_from_bytes, region_to_bytes


def test_a_frame_comes_back_from_its_bytes(make) -> None:
    face = Face(Box(0.1, 0.1, 0.3, 0.4), 0.9, np.ones(4, np.float32) / 2)
    written = make.observation(faces=(face,))
    read = frame_from_bytes(frame_to_bytes(written))
    assert (read.digest, read.width, read.height, read.thumbnail) == (written.digest, 100, 100, b"jpeg")
    np.testing.assert_array_equal(read.colors.lab, written.colors.lab)
    np.testing.assert_array_equal(read.rendering, written.rendering)
    assert read.faces[0].box == face.box
    np.testing.assert_array_equal(read.faces[0].vector, face.vector)


def test_a_region_comes_back_for_whoever_asks(make) -> None:
    written = make.region("mara", (1, 2, 2), Box(0, 0, 0.5, 1))
    asked = Proposal("tib", Box(0, 0, 0.5, 1), 0.3)
    read = region_from_bytes(region_to_bytes(written), asked)
    assert read.proposal is asked
    np.testing.assert_array_equal(read.vector, written.vector)


def test_what_a_reference_looks_like_in_maps_comes_back_with_it(make) -> None:
    views = np.eye(5, 8, dtype=np.float32)
    written = replace(make.region("", (1, 2, 2), WHOLE), views=views)
    read = region_from_bytes(region_to_bytes(written), written.proposal)
    np.testing.assert_array_equal(read.views, views)
    assert region_from_bytes(region_to_bytes(replace(written, views=None)), written.proposal).views is None


@given(st.binary(max_size=200))
def test_other_bytes_are_one_clear_error(data: bytes) -> None:
    with pytest.raises(ObservationError, match="not an observation of version"):
        frame_from_bytes(data)


def test_a_cut_off_row_is_one_clear_error(make) -> None:
    data = frame_to_bytes(make.observation())
    for length in (9, 100, len(data) - 1):
        with pytest.raises(ObservationError):
            frame_from_bytes(data[:length])
