"""A request in, one caption out: short phrases, the newest demand first, nothing that must not be drawn."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consistency import Box
from series.drift import DriftKind
from series.request import (
    GenerationRequest,
    Identity,
    Means,
    NamedColor,
    Reinforcement,
    Structure,
    StyleWords,
    Words,
    caption,
    caption_seed,
)


@pytest.fixture
def request_() -> GenerationRequest:
    mara = Identity(
        "mara",
        "a girl of eight, red beret",
        "drawn",
        "home",
        (NamedColor("coat", "#c8322e", share=0.5), NamedColor("red", "#ff0000")),
        Box(0.0, 0.0, 0.5, 1.0),
    )
    return GenerationRequest(
        panel="p01",
        structure=Structure("Mara looks up", "lamp right", "close_up", "street", (1024, 768)),
        copy=(Words("NO!", None, "mara"), Words("THE END", None, "")),
        style=StyleWords("ink and flat gouache", ("photo",)),
        identities=(mara,),
        absent=("tib",),
        palette=(),
        references=(),
        seed=7,
    )


def test_it_reads_from_the_scene_to_the_words(request_: GenerationRequest) -> None:
    assert caption(request_) == (
        "close up shot, Mara looks up, ink and flat gouache, lamp right, a girl of eight, red beret, "
        'in the outfit home, red coat, scarlet red, left half, speech balloon with the words "NO!", '
        'the words "THE END"'
    )


def test_the_newest_demand_stands_first_and_the_absent_are_never_named(
    request_: GenerationRequest,
) -> None:
    demands = (
        Reinforcement(DriftKind.PALETTE, Means.TEXT, "mara", "coat", "color.role", "The coat is red."),
        Reinforcement(
            DriftKind.EXTRA, Means.TEXT, "tib", "", "identity.unexpected", "No tib in the picture."
        ),
        Reinforcement(DriftKind.IDENTITY, Means.TEXT, "mara", "", "identity", "mara wears a red beret."),
    )
    said = caption(replace(request_, reinforcements=demands))
    assert said.startswith("mara wears a red beret, The coat is red, close up shot")
    assert "tib" not in said
    assert "photo" not in said


def test_a_demand_without_words_draws_with_another_seed(request_: GenerationRequest) -> None:
    copy = Reinforcement(DriftKind.COPY, Means.TEXT, "frame", "", "picture.copy", "Do not paste a reference.")
    said = Reinforcement(DriftKind.PALETTE, Means.TEXT, "mara", "coat", "color.role", "The coat is red.")
    assert caption_seed(request_) == caption_seed(replace(request_, reinforcements=(said,))) == 7
    assert caption_seed(replace(request_, reinforcements=(said, copy))) == 8


def test_what_a_person_typed_stays_on_one_line(request_: GenerationRequest) -> None:
    odd = replace(request_, structure=replace(request_.structure, scene="one\ntwo,\u2028 three."))
    assert "one two, three, ink" in caption(odd)
    assert "\n" not in caption(odd)


def test_a_palette_names_its_largest_colors_once(request_: GenerationRequest) -> None:
    many = tuple(NamedColor(f"c{i}", f"#{i:02x}0000", share=i / 100) for i in range(200, 210))
    said = caption(replace(request_, palette=many)).rpartition("colors ")[2]
    assert said.split(", ")[0].endswith("c209")
    assert len(said.split(", ")) <= 6
