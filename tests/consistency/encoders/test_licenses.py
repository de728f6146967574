"""Which weights a commercial series may use, and what is named in their place."""

from __future__ import annotations

import pytest

from consistency import ModelError, catalogue, check_license


@pytest.mark.parametrize("name", ["buffalo_l", "antelopev2"])
def test_a_commercial_series_refuses_research_weights_and_names_permissive_ones(name) -> None:
    with pytest.raises(ModelError) as told:
        check_license([name], "commercial")
    said = str(told.value)
    assert said.startswith(f"model {name}: its license (InsightFace: non-commercial research only) forbids")
    assert "take face-reidentification-retail-0095 (Apache-2.0) or auraface (Apache-2.0) instead" in said
    assert "`use: research`" in said


def test_an_unclear_license_is_refused_in_its_own_words() -> None:
    with pytest.raises(ModelError, match=r"ccip: it is not known whether its license \(OpenRAIL.*built-in"):
        check_license(["ccip"], "commercial")


def test_a_net_that_someone_brought_is_refused_too() -> None:
    with pytest.raises(ModelError, match="model /home/mine: not in the catalogue"):
        check_license(["/home/mine"], "commercial")


def test_one_of_many_is_enough() -> None:
    with pytest.raises(ModelError, match="buffalo_l"):
        check_license(["yunet", "buffalo_l"], "commercial")


def test_permissive_weights_and_none_at_all_pass() -> None:
    check_license([name for name, model in catalogue().items() if model.commercial == "yes"], "commercial")
    check_license([], "commercial")


def test_research_may_use_all() -> None:
    check_license([*catalogue(), "/home/mine"], "research")
