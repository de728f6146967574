"""Requests to ask a generator with."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from series.request import GenerationRequest, Identity, NamedColor, Structure, StyleWords, Words


@pytest.fixture
def asked() -> Callable[..., GenerationRequest]:
    """A request for a panel; anything else of it by name."""

    def make(panel: str = "p01", **changed: object) -> GenerationRequest:
        mara = Identity("mara", "a girl in a red coat", "drawn", "", (NamedColor("coat", "#c8322e"),), None)
        parts: dict[str, object] = {
            "structure": Structure("Mara waits.", "", "wide", "", (160, 120)),
            "copy": (Words("Hello", None, "mara"),),
            "style": StyleWords("ink", ("photo",)),
            "identities": (mara,),
            "absent": ("tib",),
            "palette": (NamedColor("night", "#10204a"),),
            "references": (),
            "seed": 7,
        }
        return GenerationRequest(panel, **{**parts, **changed})

    return make
