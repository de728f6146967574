"""Which encoder is picked for what: by medium, by license, by what is here. And the way back from a lock."""

from __future__ import annotations

from itertools import chain, combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import (
    EncoderError,
    EncoderNeeds,
    OnHand,
    catalogue,
    check_license,
    choose_encoders,
    chosen_name,
    load_encoders,
    locked_name,
    named_models,
    on_hand,
    parse_encoders,
    pinned_choices,
)

LIGHT = {"yunet", "face-reidentification-retail-0095", "mobilenet_v1_embedding"}
LIBRARIES = {"openvino", "insightface", "onnxruntime", "onnx", "open_clip", "torch"}
ALL = OnHand(frozenset(catalogue()), frozenset(LIBRARIES))
LIGHT_HERE = OnHand(frozenset(LIGHT), frozenset({"openvino"}))


def roles(needs: EncoderNeeds, here: OnHand) -> dict[str, str]:
    return {choice.role: choice.encoder for choice in choose_encoders(needs, here)}


def the(role: str, needs: EncoderNeeds, here: OnHand):
    return next(choice for choice in choose_encoders(needs, here) if choice.role == role)


def name(needs: EncoderNeeds, here: OnHand) -> str:
    return str(chosen_name(choose_encoders(needs, here)))


# --- by medium --------------------------------------------------------------------------------------------


def test_drawn_characters_are_never_judged_by_faces() -> None:
    for here in (ALL, LIGHT_HERE, OnHand()):
        assert "faces" not in roles(EncoderNeeds("research"), here)
        assert load_ready(name(EncoderNeeds("research"), here))["faces"] == "none"


def load_ready(name: str) -> dict[str, str]:
    """Role → what fills it, light's faces included where light is in front."""
    named = parse_encoders(name)
    base = {"faces": "light" if named.base == "light" else "none", "style": named.base, "subject": named.base}
    return {**base, **named.roles}


def test_photographed_people_are_known_by_faces_and_drawn_ones_beside_them_by_ccip() -> None:
    both = EncoderNeeds("research", photographed=True, drawn=True)
    assert roles(both, ALL) == {"style": "light", "subject": "ccip", "faces": "insightface:buffalo_l"}
    assert the("subject", both, ALL).what == "drawn characters"
    assert the("faces", both, ALL).what == "photographed people"


def test_a_net_of_drawn_characters_is_not_picked_where_nobody_is_drawn() -> None:
    choice = the("subject", EncoderNeeds("research", photographed=True, drawn=False), ALL)
    assert choice.encoder == "light"
    assert not any("ccip" in passed for passed in choice.passed_over)


# --- by license -------------------------------------------------------------------------------------------


def test_a_commercial_series_gets_what_its_license_allows_and_is_told_what_was_passed_over() -> None:
    needs = EncoderNeeds("commercial", photographed=True)
    assert roles(needs, ALL) == {"style": "light", "subject": "light", "faces": "insightface:auraface"}
    assert "OpenRAIL" in the("subject", needs, ALL).passed_over[0]
    assert "forbids commercial use" in the("faces", needs, ALL).passed_over[0]


def test_what_may_not_be_used_and_is_not_here_is_not_talked_about() -> None:
    needs = EncoderNeeds("commercial", photographed=True)
    for choice in choose_encoders(needs, OnHand()):
        assert not any("license" in passed for passed in choice.passed_over)
        assert "buffalo_l" not in choice.better


facts = st.builds(
    OnHand,
    st.frozensets(st.sampled_from(sorted(catalogue()))),
    st.frozensets(st.sampled_from(sorted(LIBRARIES))),
)
needs = st.builds(
    EncoderNeeds,
    st.sampled_from(["commercial", "research"]),
    st.booleans(),
    st.booleans(),
    st.frozensets(st.sampled_from(["csd", "classical.texture/1"])),
)


@given(needs, facts)
def test_whatever_is_picked_may_be_used_and_is_here(needs: EncoderNeeds, here: OnHand) -> None:
    picked = named_models(name(needs, here))
    check_license(picked, needs.use)
    assert here.models.issuperset(picked)


@given(needs, facts)
def test_what_would_be_better_is_a_command_for_what_is_not_here(needs: EncoderNeeds, here: OnHand) -> None:
    for choice in choose_encoders(needs, here):
        for part in filter(None, choice.better.split(" && ")):
            assert part.startswith(("pip install", "series models pull "))
            if part.startswith("series"):
                assert not here.models.issuperset(set(part.split()[3:]))


# --- by what is here --------------------------------------------------------------------------------------


def test_with_nothing_here_it_is_classical_and_says_the_way_to_more() -> None:
    assert name(EncoderNeeds(), OnHand()) == "classical"
    choice = the("style", EncoderNeeds(), OnHand())
    assert choice.passed_over == ("light: openvino is not installed, its models are not on disk",)
    assert choice.better == 'pip install "series-consistency[light]" && series models pull light'


def test_one_missing_file_is_named_with_the_command_that_brings_it() -> None:
    here = OnHand(frozenset(LIGHT - {"mobilenet_v1_embedding"}), frozenset({"openvino"}))
    choice = the("subject", EncoderNeeds(), here)
    assert choice.encoder == "classical"
    assert choice.passed_over == ("light: mobilenet_v1_embedding is not on disk",)
    assert choice.better == "series models pull mobilenet_v1_embedding"


def test_a_photographed_person_whom_nothing_here_knows_is_left_to_a_person() -> None:
    choice = the("faces", EncoderNeeds(photographed=True), OnHand())
    assert choice.encoder == "none"
    assert "a person has to look" in choice.reason
    assert choice.better.endswith("series models pull light")


def test_light_alone_is_light_and_its_faces_go_where_nobody_is_photographed() -> None:
    assert name(EncoderNeeds(photographed=True), LIGHT_HERE) == "light"
    assert name(EncoderNeeds(), LIGHT_HERE) == "light,faces=none"


@pytest.mark.parametrize("limited", [set(), {"csd"}, {"classical.texture/1"}])
def test_csd_is_picked_only_where_the_series_has_limits_for_it(limited: set[str]) -> None:
    choice = the("style", EncoderNeeds(limited=frozenset(limited)), ALL)
    assert choice.encoder == ("csd" if "csd" in limited else "light")
    assert bool(choice.passed_over) is ("csd" not in limited)


def test_the_maps_of_light_come_along_with_larger_nets() -> None:
    needs = EncoderNeeds("research", limited=frozenset({"csd"}))
    assert name(needs, ALL) == "light,style=csd,subject=ccip,faces=none"
    assert the("maps", needs, ALL).what == "where to look"
    assert name(needs, OnHand(ALL.models - LIGHT, ALL.libraries)) == "classical,style=csd,subject=ccip"
    assert "maps" not in roles(EncoderNeeds("research"), ALL)


def test_limits_of_csd_without_a_cohort_are_none_for_it_with_one() -> None:
    here = OnHand(ALL.models, ALL.libraries, csd="csd+csls:0123456789ab")
    assert the("style", EncoderNeeds(limited=frozenset({"csd"})), here).encoder == "light"
    assert the("style", EncoderNeeds(limited=frozenset({here.csd})), here).encoder == "csd"


def test_a_folder_without_models_holds_none(tmp_path: Path) -> None:
    assert on_hand(tmp_path).models == frozenset()
    model = catalogue()["yunet"]
    (tmp_path / "yunet").mkdir()
    (tmp_path / "yunet" / model.files[0].name).write_bytes(b"")
    assert on_hand(tmp_path).models == {"yunet"}


# --- from a lock ------------------------------------------------------------------------------------------

IDS = {
    "style": ["classical.texture/1", "light.style/1", "csd sha256:0", "open_clip:ViT-B-32/openai sha256:0"],
    "subject": ["classical.appearance/1", "light.subject/1 sha256:1", "ccip sha256:2"],
    "faces": ["", "light.faces/1 sha256:3", "insightface.auraface/1 sha256:4"],
}


@pytest.mark.parametrize("style", IDS["style"])
@pytest.mark.parametrize("subject", IDS["subject"])
@pytest.mark.parametrize("faces", IDS["faces"])
def test_a_lock_names_its_encoders_again(style: str, subject: str, faces: str) -> None:
    locked = {"style": style, "rendering": "classical.rendering/1", "subject": subject, "faces": faces}
    locked = {role: one for role, one in locked.items() if one}
    ready = load_ready(str(locked_name(locked)))
    for role, one in locked.items():
        if role != "rendering":
            kind = one.partition(" ")[0].partition("/")[0]
            wanted = {"insightface.auraface": "insightface:auraface", "csd": "csd", "ccip": "ccip"}.get(
                kind, one.partition(" ")[0] if kind.startswith("open_clip") else kind.partition(".")[0]
            )
            assert ready[role] == wanted
    assert faces or ready["faces"] == "none"


def test_what_is_locked_classical_stays_classical() -> None:
    assert str(locked_name(load_encoders().locked)) == "classical"
    assert str(locked_name({})) == "classical"


def test_a_cohort_belongs_to_its_encoder() -> None:
    assert str(locked_name({"style": "csd+csls:0123456789ab sha256:5"})) == "classical,style=csd"


@pytest.mark.parametrize(
    "id_", ["csd@0123456789ab", "ccip@0123456789ab", "insightface.own/1", "open_clip:ViT-B-32@0123456789ab"]
)
def test_nets_that_somebody_brought_cannot_be_found_by_a_lock(id_: str) -> None:
    with pytest.raises(EncoderError, match=r"does not say where they lie: name it, --encoder style="):
        locked_name({"style": f"{id_} sha256:0"})


def test_what_is_pinned_is_told_as_such() -> None:
    choices = pinned_choices(load_encoders().locked, "series.lock")
    assert [(c.role, c.encoder, c.reason) for c in choices] == [
        ("style", "classical", "pinned by series.lock"),
        ("subject", "classical", "pinned by series.lock"),
    ]


# --- names ------------------------------------------------------------------------------------------------


def test_parts_and_name_are_the_same_thing() -> None:
    parts = {"style": "csd:/a,b", "subject": "ccip", "faces": "none"}
    for some in chain.from_iterable(combinations(parts.items(), n) for n in range(4)):
        text = ",".join(["light", *(f"{role}={one}" for role, one in some)])
        assert str(parse_encoders(text)) == text
        assert parse_encoders(text).roles == dict(some)


@pytest.mark.parametrize(
    ("name", "models"),
    [
        ("classical", ()),
        ("auto", ()),
        ("light", tuple(sorted(LIGHT))),
        ("light,subject=ccip", (*sorted(LIGHT), "ccip")),
        ("insightface:buffalo_l@cuda", ("buffalo_l",)),
        ("insightface:auraface", ("auraface", "yunet")),
        ("open_clip:ViT-B-32/laion2b_s34b_b79k", ("ViT-B-32-laion2b_s34b_b79k",)),
        ("style=csd", ("csd",)),
        ("csd:/nowhere/csd.bin", ()),
        ("ccip:/nowhere", ()),
        ("insightface:/nowhere", ()),
        ("clasical", ()),
    ],
)
def test_the_models_of_a_name_are_known_before_anything_is_loaded(name: str, models: tuple[str, ...]) -> None:
    assert sorted(named_models(name)) == sorted(models)


def test_files_of_ones_own_are_named_by_path(tmp_path: Path) -> None:
    for file in ("csd.bin", "model_feat.onnx", "model_metrics.onnx", "net.onnx"):
        (tmp_path / file).write_bytes(b"mine")
    assert named_models(f"csd:{tmp_path / 'csd.bin'}") == (str(tmp_path / "csd.bin"),)
    assert named_models(f"ccip:{tmp_path}") == (str(tmp_path),)
    assert named_models(f"insightface:{tmp_path}@cuda") == (str(tmp_path),)
    assert named_models(f"open_clip:ViT-B-32/{tmp_path / 'csd.bin'}") == (str(tmp_path / "csd.bin"),)
