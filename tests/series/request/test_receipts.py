"""Receipts: each thing that is pinned has one, and it says what really went out."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box, Palette, Swatch
from series.drift import DriftKind
from series.plan import CastMember, FrameOrder, LetteringOrder, StyleOrder
from series.request import Abilities, EditOf, GenerationRequest, Means, Reinforcement, first_request
from series.request.build import reinforced
from series.request.receipts import receipts

PNG = "a" * 64


def order(*, size: tuple[int, int] | None = (1000, 800), pictures: int = 2) -> FrameOrder:
    coat = Palette("mara", (Swatch("coat", (50, 60, 40)),))
    mara = CastMember(
        "mara",
        "a girl",
        "drawn",
        tuple(Path(f"mara/{number}.png") for number in range(pictures)),
        coat,
        "",
        Box(0, 0, 0.5, 1),
    )
    tib = CastMember("tib", "a cat", "drawn", (Path("tib/walk.png"),), None, "", None)
    return FrameOrder(
        panel="p01",
        index=0,
        seed=7,
        size=size,
        shot="wide",
        camera="",
        scene="a scene",
        structure="",
        characters=(mara, tib),
        palette=Palette("night", (Swatch("sky", (10, 10, -30)),)),
        series_palette=None,
        lettering=(LetteringOrder("Hello", None, "mara"),),
        style=StyleOrder("flat ink", (Path("style/one.png"),), ("3D render",)),
        previous=None,
        following=None,
    )


def digests(one: FrameOrder) -> dict[Path, str]:
    paths = [*one.style.references, *(path for member in one.characters for path in member.references)]
    return {path: hashlib.sha256(str(path).encode()).hexdigest() for path in paths}


def request(one: FrameOrder, abilities: Abilities) -> GenerationRequest:
    return first_request(one, cast=["mara", "tib", "oswin"], digests=digests(one), abilities=abilities)


def said(abilities: Abilities, one: FrameOrder | None = None) -> dict[str, str]:
    one = one or order()
    return {found.about: found.said for found in receipts(request(one, abilities), abilities, one)}


def test_everything_pinned_has_a_receipt() -> None:
    found = said(Abilities(seed=True, reference_images=8, negative_prompt=True))
    assert found == {
        "mara": "in the words",
        "mara: 0.png": "sent as Image 1",
        "mara: 1.png": "sent as Image 2",
        "mara: colors": "in the words",
        "mara: place": "in the words",
        "tib": "in the words",
        "tib: walk.png": "sent as Image 3",
        "palette": "in the words",
        "style": "in the words",
        "style: one.png": "sent as Image 4",
        "to avoid: 3D render": "in the words, and as negative prompt",
        "words “Hello”": "in the words, quoted",
        "shot": "in the words",
        "nowhere in it: oswin": "in the words, and as negative prompt",
        "seed": "sent as seed 7",
        "size": "asked for as 1000 × 800",
    }


def test_a_seed_says_how_far_it_is_honored() -> None:
    assert said(Abilities(takes_seed=True))["seed"].startswith("sent as seed 7, best effort")
    assert said(Abilities())["seed"] == "not sent: the generator takes no seed"


def test_a_reference_that_finds_no_room_says_so() -> None:
    found = said(Abilities(reference_images=3))
    assert found["mara: 1.png"] == "not sent: 3 reference pictures at most"
    assert found["tib: walk.png"] == "sent as Image 2"
    assert said(Abilities())["tib: walk.png"] == "not sent: the generator takes no reference pictures"


def test_another_size_than_pinned_is_said() -> None:
    found = said(Abilities(sizes=((1024, 1024), (1536, 1024))))
    assert found["size"] == "asked for as 1536 × 1024, the nearest that the generator makes to 1000 × 800"


def test_an_edit_says_what_it_starts_from_and_where_it_may_change() -> None:
    abilities, one = Abilities(reference_images=8, edit=True, mask=True), order()
    change = Reinforcement(DriftKind.IDENTITY, Means.MASKED_EDIT, "mara", "", "identity", "match the face")
    base = EditOf(PNG, Path("frame.png"), "root", (), Box(0, 0, 0.5, 1))
    edit = reinforced(request(one, abilities), change, base=base, abilities=abilities)
    found = {one.about: one.said for one in receipts(edit, abilities, one)}
    assert found["picture to edit"] == "sent as Image 1"
    assert found["part to edit"] == "sent as a mask, and in the words"
    assert found["mara: 0.png"] == "sent as Image 2"


@given(
    st.builds(
        Abilities,
        seed=st.booleans(),
        takes_seed=st.booleans(),
        negative_prompt=st.booleans(),
        reference_images=st.integers(0, 6),
    ),
    st.integers(0, 4),
)
def test_every_reference_is_accounted_for_once_under_the_number_that_it_has(
    abilities: Abilities, pictures: int
) -> None:
    one = order(pictures=pictures)
    asked = request(one, abilities)
    found = receipts(asked, abilities, one)
    numbers = [
        int(number)
        for receipt in found
        if ".png" in receipt.about
        for number in re.findall(r"sent as Image (\d+)", receipt.said)
    ]
    assert sorted(numbers) == list(range(1, len(asked.references) + 1))
    assert sum(".png" in receipt.about for receipt in found) == len(digests(one))
    for receipt in found:
        assert receipt.sent == (not receipt.said.startswith("not sent"))


@pytest.mark.parametrize("text", ["a\nb", "\x1b[31mred", "x" * 500])
def test_what_a_person_typed_stays_on_its_line(text: str) -> None:
    one = order()
    found = receipts(request(one, Abilities()), Abilities(), one)
    assert all("\n" not in receipt.about for receipt in found)
    odd = FrameOrder(**{**_fields(one), "lettering": (LetteringOrder(text, None, ""),)})
    for receipt in receipts(request(odd, Abilities()), Abilities(), odd):
        assert receipt.about.isprintable()
        assert len(receipt.about) < 100


def _fields(one: FrameOrder) -> dict[str, object]:
    return {name: getattr(one, name) for name in FrameOrder.__slots__}
