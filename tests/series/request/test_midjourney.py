"""A request in, the exact line for Midjourney out; a person's words start no parameter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.drift import DriftKind
from series.request import (
    GenerationRequest,
    Means,
    Reference,
    Reinforcement,
    Role,
    Structure,
    StyleWords,
)
from series.request.midjourney import midjourney

PLAIN = GenerationRequest(
    panel="p01",
    structure=Structure("Mara looks up", "", "", "", (1024, 768)),
    copy=(),
    style=StyleWords("ink", ("photo",)),
    identities=(),
    absent=("tib",),
    palette=(),
    references=(
        Reference(Role.CHARACTER, "mara", "0" * 64, Path("refs/mara front.png")),
        Reference(Role.CHARACTER, "mara", "1" * 64, Path("refs/side.png")),
        Reference(Role.STYLE, "style", "2" * 64, Path("refs/inks.png")),
    ),
    seed=7,
)


def test_the_line_has_words_first_and_each_parameter_once() -> None:
    assert midjourney(PLAIN) == (
        "Mara looks up, ink --ar 4:3 --seed 7 --no photo, tib "
        "--oref mara_front.png --ow 100 --sref inks.png --sw 100"
    )


@pytest.mark.parametrize(
    ("kind", "weights"),
    [
        (DriftKind.IDENTITY, ("--ow 400", "--sw 100")),
        (DriftKind.STYLE, ("--ow 100", "--sw 300")),
        (DriftKind.PALETTE, ("--ow 100", "--sw 100")),
    ],
)
def test_a_reference_that_answers_a_drift_weighs_more(kind: DriftKind, weights: tuple[str, str]) -> None:
    stronger = Reinforcement(kind, Means.REFERENCE, "mara", "", "identity", "as in the pictures")
    said = midjourney(replace(PLAIN, reinforcements=(stronger,)))
    assert all(weight in said for weight in weights)


def test_without_pictures_there_are_no_parameters_for_them() -> None:
    said = midjourney(replace(PLAIN, references=(), absent=(), style=StyleWords("ink", ())))
    assert said == "Mara looks up, ink --ar 4:3 --seed 7"


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((1024, 1024), "1:1"), ((1920, 1080), "16:9"), ((1000, 667), "3:2"), ((768, 1344), "4:7")],
)
def test_sizes_become_small_whole_numbers(size: tuple[int, int], ratio: str) -> None:
    said = midjourney(replace(PLAIN, structure=replace(PLAIN.structure, size=size)))
    width, height = map(int, said.split("--ar ")[1].split()[0].split(":"))
    assert abs(width / height - size[0] / size[1]) < 0.03
    assert f"--ar {ratio} " in said


@given(st.text())
def test_a_persons_words_start_no_parameter(text: str) -> None:
    said = midjourney(replace(PLAIN, structure=replace(PLAIN.structure, scene=f"a {text} b")))
    assert said.count("--") == 7
    assert "::" not in said
    assert "\n" not in said
