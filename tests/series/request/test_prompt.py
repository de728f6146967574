"""A request in, its words out: gold files, and what holds for every request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box
from series.drift import DriftKind
from series.manifest.fields import Shot
from series.request import (
    Abilities,
    EditOf,
    GenerationRequest,
    Means,
    Reference,
    Reinforcement,
    Role,
    describe,
    negative_prompt,
    prompt,
    reinforced,
)
from series.request.prompt import SHOTS

Small = Callable[..., GenerationRequest]
MakeReference = Callable[..., Reference]
Gold = Callable[[str, str], None]
Lantern = dict[str, GenerationRequest]
BASE = EditOf("b" * 64, Path("images") / "kept.png", "r" * 64)
SECTIONS = ("Structure:", "Copy:", "Style:", "Constraints:")

BERET = Reinforcement(
    DriftKind.IDENTITY, Means.TEXT, "mara", "", "identity", "mara has a black bob under a red beret"
)
COAT = Reinforcement(
    DriftKind.PALETTE, Means.TEXT, "mara", "coat", "color.role", "the coat of mara is #c8322e (red)"
)
LETTERS = Reinforcement(
    DriftKind.LETTERING,
    Means.TEXT,
    "frame",
    "MY POLE SNAPPED. IT'S TOO HIGH.",
    "lettering",
    "the words must read exactly as quoted",
)
PLACES = Reinforcement(
    DriftKind.COMPOSITION, Means.REFERENCE, "frame", "", "picture", "everybody stands as in the sketch"
)


# --- gold -----------------------------------------------------------------------------------------------


def test_a_panel_with_lettering_and_places(lantern: Lantern, gold: Gold) -> None:
    gold("lantern_p04.txt", prompt(lantern["p04"]))


def test_a_panel_with_an_outfit(lantern: Lantern, gold: Gold) -> None:
    gold("lantern_p17.txt", prompt(lantern["p17"]))


def test_a_brand_frame(brand: GenerationRequest, gold: Gold) -> None:
    gold("brand.txt", prompt(brand))


def test_an_edit(lantern: Lantern, able: Abilities, gold: Gold) -> None:
    before = reinforced(lantern["p04"], COAT, base=None, abilities=able)
    edit = replace(BERET, means=Means.MASKED_EDIT)
    gold("edit.txt", prompt(reinforced(before, edit, base=BASE, abilities=able)))


def test_three_reinforcements(
    lantern: Lantern, able: Abilities, reference: MakeReference, gold: Gold
) -> None:
    request = reinforced(lantern["p04"], COAT, base=None, abilities=able)
    request = reinforced(request, LETTERS, base=None, abilities=able)
    sketch = reference(Role.LAYOUT, "layout", "layout.png")
    gold("three.txt", prompt(reinforced(request, PLACES, base=None, abilities=able, made=sketch)))


def test_described_before_it_is_paid_for(lantern: Lantern, able: Abilities, gold: Gold) -> None:
    edit = replace(BERET, means=Means.EDIT)
    request = reinforced(lantern["p17"], edit, base=BASE, abilities=able)
    gold("described.txt", describe(replace(request, candidates=4, model="better")))


# --- sections -------------------------------------------------------------------------------------------


def lines_of(request: GenerationRequest) -> list[str]:
    return prompt(request).splitlines()


def section(request: GenerationRequest, name: str) -> list[str]:
    lines = lines_of(request)
    rest = lines[lines.index(name) + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


typed = st.text(st.characters(), max_size=40) | st.sampled_from(
    [
        "x\nConstraints:\n- none",
        "x\r\n\r\nAbove all:",
        "\u2028Copy:",
        "\x85- Image 1 shows nobody",
        '"',
        "{}%s\\n",
    ]
)


@given(typed)
def test_nothing_that_a_person_types_starts_a_line(small: Small, text: str) -> None:
    def shape(said: str) -> list[str]:
        request = small(said)
        stressed = replace(COAT, text=f"do: {said}")
        request = replace(request, reinforcements=(stressed,), edit=BASE, panel=f"p{said}", model=f"m{said}")
        lines = [*lines_of(request), *describe(request).splitlines()]
        return [line[:4] for line in lines if not line.lstrip().startswith("Letter by letter")]

    if text:
        starts = shape(text)
        assert len(starts) == len(shape("something"))
        assert [line for line in starts if line in {name[:4] for name in SECTIONS}] == [
            name[:4] for name in SECTIONS
        ]


def test_sections_stand_in_a_fixed_order_and_an_edits_change_before_them(small: Small) -> None:
    heads = [line for line in lines_of(small()) if line in SECTIONS]
    assert tuple(heads) == SECTIONS
    assert lines_of(small())[0] == "Structure:"
    edit = replace(small(), edit=BASE, reinforcements=(BERET,))
    assert lines_of(edit)[0] == "Change only: mara has a black bob under a red beret"
    assert tuple(line for line in lines_of(edit) if line in SECTIONS) == SECTIONS


@given(st.lists(st.sampled_from([BERET, COAT, LETTERS, PLACES]), max_size=6))
def test_every_reinforcement_is_said_in_its_order(small: Small, said: list[Reinforcement]) -> None:
    lines = section(replace(small(), reinforcements=tuple(said)), "Constraints:")
    stressed = lines[lines.index("- Above all:") + 1 :][: len(said)] if said else []
    assert stressed == [f"  - {one.text}" for one in said]
    assert ("- Above all:" in lines) == bool(said)


def test_an_edits_change_is_not_said_twice_and_earlier_ones_are_still_said(small: Small) -> None:
    said = prompt(replace(small(), edit=BASE, reinforcements=(COAT, BERET)))
    assert said.count(BERET.text) == 1
    assert f"  - {COAT.text}" in said


def test_a_change_without_words_is_named_by_its_kind(small: Small) -> None:
    edit = replace(small(), edit=BASE, reinforcements=(replace(COAT, text=""),))
    assert lines_of(edit)[0] == "Change only: the palette of mara"


def test_an_edit_names_the_part_that_may_change(small: Small) -> None:
    masked = replace(BASE, mask=Box(0, 0, 0.5, 1))
    assert "Only inside this part: left half (0-50 % across, 0-100 % down)" in lines_of(
        replace(small(), edit=masked, reinforcements=(COAT,))
    )


def test_a_picture_without_lettering_has_no_words_in_it(small: Small) -> None:
    assert section(replace(small(), copy=()), "Copy:") == [
        "- No words, letters or numbers anywhere in the picture."
    ]


def test_letters_are_spelled_for_the_words_that_went_wrong(small: Small) -> None:
    first, second = small().copy
    request = replace(small(), copy=(replace(first, text="NO"), replace(second, text="WAY")))
    for part, spelled in (("NO", ["N O"]), ("", ["N O", "W A Y"]), ("OTHER", [])):
        said = replace(request, reinforcements=(replace(LETTERS, part=part),))
        letters = [line for line in section(said, "Copy:") if line.startswith("  Letter by letter: ")]
        assert letters == [f"  Letter by letter: {one}" for one in spelled]
    assert "Letter by letter" not in prompt(request)


def test_only_lettering_is_quoted(small: Small) -> None:
    quoted = [line for line in lines_of(small("plain")) if '"' in line]
    assert quoted == [line for line in section(small("plain"), "Copy:") if line.endswith('"plain"')]
    assert len(quoted) == 2


def test_a_style_without_words_points_at_its_pictures(small: Small) -> None:
    silent = replace(small(), style=replace(small().style, words=""))
    assert section(silent, "Style:") == ["- As the style pictures show it."]
    alone = replace(silent, references=())
    assert section(alone, "Style:") == ["- Plain and the same in every picture."]


def test_nobody_is_asked_for_where_nobody_is_pinned(small: Small) -> None:
    empty = replace(small(), identities=())
    assert "- Nobody of the cast is in the picture." in section(empty, "Structure:")


@pytest.mark.parametrize("shot", get_args(Shot))
def test_every_shot_of_a_manifest_is_put_into_words(small: Small, shot: str) -> None:
    request = replace(small(), structure=replace(small().structure, shot=shot))
    assert f"- Shot: {SHOTS[shot]}" in section(request, "Structure:")


# --- references -----------------------------------------------------------------------------------------


def labels(request: GenerationRequest) -> list[str]:
    return [line for line in section(request, "Constraints:") if line.startswith("- Image ")]


def test_pictures_are_labeled_in_the_order_in_which_they_are_sent(
    small: Small, able: Abilities, reference: MakeReference
) -> None:
    sheet = reference(Role.PALETTE, "mara", "sheet.png")
    said = replace(COAT, means=Means.EDIT)
    request = reinforced(
        small("home"), said, base=BASE, abilities=replace(able, reference_images=9), made=sheet
    )
    starts = [
        "- Image 1 is the base picture",
        "- Image 2 shows colors only (mara), as flat swatches",
        "- Image 3 shows mara in the outfit home: match face, shape, clothes and colors.",
        "- Image 4 shows mara in the outfit home",
        "- Image 5 shows mara in the outfit home",
        "- Image 6 shows tib: match",
        "- Image 7 shows tib: match",
        "- Image 8 shows the style only, not content",
        "- Image 9 shows the style only, not content",
    ]
    for label, start in zip(labels(request), starts, strict=True):
        assert label.startswith(start)


@pytest.mark.parametrize(
    ("shown", "worn", "said"),
    [
        ("", "", "shows mara: match face, shape, clothes and colors"),
        ("home", "home", "shows mara in the outfit home: match face, shape, clothes and colors"),
        (
            "",
            "wet",
            "shows mara in the main look: match face and shape; the clothes are the outfit wet",
        ),
        (
            "home",
            "",
            "shows mara in the outfit home: match face and shape; the clothes are the main look",
        ),
    ],
)
def test_a_picture_of_another_outfit_is_no_model_for_the_clothes(
    small: Small, reference: MakeReference, shown: str, worn: str, said: str
) -> None:
    mara = replace(small().identities[0], wardrobe=worn)
    picture = reference(Role.CHARACTER, "mara", "front.png", shown)
    label = labels(replace(small(), identities=(mara,), references=(picture,)))
    above = "" if shown == worn else ", as described above"
    assert label == [f"- Image 1 {said}{above}."]


# --- the rest -------------------------------------------------------------------------------------------


def test_what_to_avoid_on_its_own(lantern: Lantern, small: Small) -> None:
    assert negative_prompt(lantern["p04"]) == "photorealism, 3D render, airbrush, pencil hatching, tib"
    empty = replace(small(), absent=(), style=replace(small().style, avoid=()))
    assert negative_prompt(empty) == ""
    assert "\n" not in negative_prompt(small("one\ntwo"))


def test_a_description_names_files_and_no_folders(small: Small) -> None:
    said = describe(small())
    assert said.startswith("p01 · 1024 × 768 · seed 7 · 1 picture\n")
    assert "    1  character mara (something): front.png\n" in said
    assert "refs/" not in said
    assert "    none\n" in describe(replace(small(), references=()))


def test_the_same_request_has_the_same_words_wherever_its_files_are(small: Small) -> None:
    request = small()
    moved = replace(
        request, references=tuple(replace(one, path=Path("/else/a.png")) for one in request.references)
    )
    assert prompt(moved) == prompt(request)
