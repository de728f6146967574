"""Orders in, first requests out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box, Palette, Swatch
from series.plan import CastMember, FrameOrder, LetteringOrder, StyleOrder
from series.request import Abilities, GenerationRequest, Identity, NamedColor, Role, Words, first_request
from series.request.build import DEFAULT_SIZE, nearest_size

HOSTED = ((1024, 1024), (1536, 1024), (2048, 1152), (3840, 2160), (1024, 1792))


def member(name: str, *files: str, wardrobe: str = "", pictured: str = "") -> CastMember:
    palette = Palette(name, (Swatch("coat", (50, 60, 40), share=0.25), Swatch("boots", (20, 5, 5), "feet")))
    paths = tuple(Path(name) / file for file in files)
    return CastMember(
        name, f"{name} looks so", "drawn", paths, palette, wardrobe, Box(0, 0, 0.5, 1), pictured
    )


def order(
    *members: CastMember, style: tuple[str, ...] = (), size: tuple[int, int] | None = None
) -> FrameOrder:
    return FrameOrder(
        panel="p01",
        index=3,
        seed=99,
        size=size,
        shot="wide",
        camera="a",
        scene="a scene",
        structure="a layout",
        characters=members,
        palette=Palette("night", (Swatch("sky", (10, 10, -30)), Swatch("haze", (40, 0, -10)))),
        series_palette=Palette("world", (Swatch("other", (80, 0, 0)),)),
        lettering=(LetteringOrder("Hello", None, "mara"),),
        style=StyleOrder("flat ink", tuple(Path("style") / name for name in style), ("3D render",)),
        previous="p00",
        following=None,
    )


def asked(
    an_order: FrameOrder, abilities: Abilities, cast: tuple[str, ...] = ("mara", "tib")
) -> GenerationRequest:
    paths = [*an_order.style.references, *(path for one in an_order.characters for path in one.references)]
    return first_request(an_order, cast=cast, digests={p: f"sha of {p}" for p in paths}, abilities=abilities)


def sent(request: GenerationRequest) -> list[str]:
    return [one.path.as_posix() for one in request.references]


def test_what_the_order_says_is_in_the_request() -> None:
    request = asked(order(member("mara", wardrobe="wet")), Abilities(), ("tib", "mara", "anna"))
    said = request.structure
    assert (said.scene, said.structure, said.shot, said.camera) == ("a scene", "a layout", "wide", "a")
    assert (request.panel, request.seed, request.candidates, request.edit) == ("p01", 99, 1, None)
    assert request.copy == (Words("Hello", None, "mara"),)
    assert (request.style.words, request.style.avoid) == ("flat ink", ("3D render",))
    assert request.absent == ("anna", "tib")


def test_each_character_has_its_own_colors_by_name() -> None:
    (identity,) = asked(order(member("mara", wardrobe="wet")), Abilities()).identities
    assert identity == Identity(
        "mara",
        "mara looks so",
        "drawn",
        "wet",
        (
            NamedColor("boots", Swatch("", (20, 5, 5)).hex, "feet", None),
            NamedColor("coat", Swatch("", (50, 60, 40)).hex, "", 0.25),
        ),
        Box(0, 0, 0.5, 1),
    )


def test_the_panels_palette_stands_in_for_that_of_the_series() -> None:
    assert [color.name for color in asked(order(), Abilities()).palette] == ["haze", "sky"]


# --- sizes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        ((1024, 768), (1536, 1024)),
        ((1000, 1000), (1024, 1024)),
        ((1920, 1080), (2048, 1152)),
        ((2600, 1460), (2048, 1152)),
        ((3840, 2160), (3840, 2160)),
        ((1080, 1350), (1024, 1024)),
        ((1080, 1920), (1024, 1792)),
    ],
)
def test_the_size_nearest_in_aspect_then_in_area(wanted: tuple[int, int], taken: tuple[int, int]) -> None:
    assert asked(order(size=wanted), Abilities(sizes=HOSTED)).structure.size == taken


def test_any_size_is_kept_and_none_gets_the_default() -> None:
    assert asked(order(size=(123, 77)), Abilities()).structure.size == (123, 77)
    assert asked(order(), Abilities()).structure.size == DEFAULT_SIZE
    assert asked(order(), Abilities(sizes=((512, 512), (640, 480)))).structure.size == (512, 512)


sides = st.integers(1, 65_535)


@given(st.tuples(sides, sides), st.lists(st.tuples(sides, sides), min_size=1, max_size=6))
def test_a_size_that_is_offered_is_taken_and_a_turned_one_is_turned(
    wanted: tuple[int, int], sizes: list[tuple[int, int]]
) -> None:
    assert nearest_size(wanted, [*sizes, wanted]) == wanted
    width, height = nearest_size(wanted, sizes)
    turned = nearest_size(wanted[::-1], [(b, a) for a, b in sizes])
    assert turned == (height, width)


# --- references -----------------------------------------------------------------------------------------

CROWD = order(
    member("mara", "front.png", "side.png", "back.png", wardrobe="home", pictured="home"),
    member("tib", "walk.png"),
    member("anna"),
    style=("one.png", "two.png"),
)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (0, []),
        (1, ["mara/front.png"]),
        (2, ["mara/front.png", "tib/walk.png"]),
        (3, ["mara/front.png", "tib/walk.png", "style/one.png"]),
        (4, ["mara/front.png", "mara/side.png", "tib/walk.png", "style/one.png"]),
        (5, ["mara/front.png", "mara/side.png", "tib/walk.png", "style/one.png", "style/two.png"]),
        (
            99,
            [
                *("mara/front.png", "mara/side.png", "mara/back.png", "tib/walk.png"),
                *("style/one.png", "style/two.png"),
            ],
        ),
    ],
)
def test_references_are_spread_fairly_and_sent_in_a_fixed_order(limit: int, expected: list[str]) -> None:
    assert sent(asked(CROWD, Abilities(reference_images=limit))) == expected


def test_a_generator_gets_no_pictures_of_roles_that_it_does_not_look_at() -> None:
    style_only = Abilities(reference_images=2, reference_roles=("style", "layout"))
    assert sent(asked(CROWD, style_only)) == ["style/one.png", "style/two.png"]
    assert sent(asked(CROWD, Abilities(reference_images=2, reference_roles=("layout",)))) == []


def test_references_say_what_they_are_for_and_which_outfit_they_show() -> None:
    mara, tib, style = asked(CROWD, Abilities(reference_images=3)).references
    assert (mara.role, mara.subject, mara.wardrobe) == (Role.CHARACTER, "mara", "home")
    assert mara.digest == f"sha of {mara.path}"
    assert (tib.role, tib.subject, tib.wardrobe) == (Role.CHARACTER, "tib", "")
    assert (style.role, style.subject) == (Role.STYLE, "style")


def test_the_same_picture_under_two_names_is_sent_once() -> None:
    one = order(member("mara", "front.png", "copy.png", "side.png"))
    digests = dict.fromkeys(one.characters[0].references, "same") | {Path("mara/side.png"): "other"}
    request = first_request(one, cast=(), digests=digests, abilities=Abilities(reference_images=9))
    assert sent(request) == ["mara/front.png", "mara/side.png"]


def test_a_reference_without_a_digest_is_an_error() -> None:
    with pytest.raises(KeyError):
        first_request(CROWD, cast=(), digests={}, abilities=Abilities(reference_images=9))
