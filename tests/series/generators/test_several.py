"""The manifest's `generator:` → all generators that it names: fallbacks, auto; what is said of mistakes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from series.errors import GeneratorError
from series.generators import known_generators
from series.generators.catalogue import catalogue
from series.generators.configured import lacking
from series.generators.several import Several, load_several

TODAY = date(2026, 11, 21)
SECRETS = sorted({name for one in catalogue().providers.values() for name in one.secrets})


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)


def load(options: dict, folder: Path, **more) -> Several:
    return load_several(options, folder=folder, out=folder / "out", today=TODAY, **more)


def names(several: Several) -> list[str]:
    return [one.generator.name for one in several.loaded]


def test_one_generator_is_one(tmp_path: Path) -> None:
    assert names(load({}, tmp_path)) == ["previz"]
    assert names(load({"name": "previz", "drift": {"rate": 0.3}}, tmp_path)) == ["previz+drift"]


def test_fallbacks_follow_in_their_order_each_with_its_own_options(tmp_path: Path) -> None:
    options = {"name": "previz", "drift": {"rate": 0.3}, "fallback": [{"name": "folder"}, "previz"]}
    (tmp_path / "frames").mkdir()
    several = load(options, tmp_path)
    assert names(several)[0] == "previz+drift"
    assert names(several)[-1] == "previz"
    assert len(several.loaded) == 3


def test_auto_takes_a_generator_once_where_it_stands_first(tmp_path: Path) -> None:
    options = {"name": "auto", "among": ["previz", "folder", "previz"]}
    assert names(load(options, tmp_path)) == ["previz", "folder"]


def test_two_servers_of_a_kind_are_two_accounts(tmp_path: Path) -> None:
    urls = ("http://127.0.0.1:7861", "http://127.0.0.1:7862")
    entries = [
        {"name": "automatic1111", "checkpoint": f"ink{number}", "url": url} for number, url in enumerate(urls)
    ]
    several = load({**entries[0], "fallback": entries[1:]}, tmp_path)
    assert len({one.account for one in several.loaded}) == 2


def test_a_name_from_the_command_line_stands_alone_with_the_options_that_the_manifest_has_for_it(
    tmp_path: Path,
) -> None:
    options = {"name": "folder", "fallback": [{"name": "previz", "drift": {"rate": 0.3}}]}
    assert names(load(options, tmp_path, name="previz")) == ["previz+drift"]
    assert names(load({"name": "folder"}, tmp_path, name="previz")) == ["previz"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "previz", "fallback": "previz"}, r"generator\.fallback: a list of generators"),
        ({"name": "previz", "fallback": []}, r"generator\.fallback: a list of generators"),
        ({"name": "previz", "fallback": [3]}, r"generator\.fallback\[0\]: a name, or a mapping"),
        ({"name": "previz", "fallback": [{"drift": {}}]}, r"generator\.fallback\[0\]: a name, or a mapping"),
        ({"name": "previz", "fallback": ["auto"]}, r"generator\.fallback\[0\]: auto cannot stand in a list"),
        (
            {"name": "previz", "fallback": [{"name": "previz", "fallback": ["previz"]}]},
            r"generator\.fallback\[0\]\.fallback: stands once",
        ),
        ({"name": "previz", "among": ["previz"]}, r"generator\.among: is for the generator auto"),
        ({"name": "auto", "fallback": ["previz"]}, r"generator\.fallback: auto falls back by itself"),
        ({"name": "auto", "amnog": ["previz"]}, r"no such option; did you mean \"among\"\?"),
        ({"name": "auto", "among": ["previz"], "drafts": "yes"}, r"generator\.drafts: true or false"),
        (
            {"name": "previz", "fallback": ["prevoz"]},
            r"^generator\.fallback\[0\]: no generator \"prevoz\"; did you mean \"previz\"\?.*, auto$",
        ),
        (
            {"name": "auto", "among": ["previz", "foldr"]},
            r"^generator\.among\[1\]: no generator \"foldr\"; did you mean \"folder\"\?",
        ),
        ({"name": "nope"}, r"^no generator \"nope\"\. Known: "),
        ({"name": "previz", "fallback": ["previz"]}, r"generator\.fallback\[0\]: previz stands before it"),
        (
            {"name": "previz", "fallback": [{"name": "folder"}, {"name": "previz"}]},
            r"generator\.fallback\[1\]: previz stands before it",
        ),
    ],
)
def test_mistakes_are_named_with_their_place(options: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=said):
        load(options, tmp_path)


# --- auto -----------------------------------------------------------------------------------------------


def test_auto_with_nothing_configured_says_what_to_configure(tmp_path: Path) -> None:
    with pytest.raises(GeneratorError) as caught:
        load({"name": "auto"}, tmp_path)
    for provider in catalogue().providers.values():
        if provider.secrets and provider.name in known_generators():
            assert f"{provider.name}: " in str(caught.value)
    assert "previz" not in str(caught.value)


def test_auto_knows_everybody_where_nothing_is_asked_for(tmp_path: Path) -> None:
    several = load({"name": "auto"}, tmp_path, asking=False)
    assert all(not one.lacks for one in several.loaded)
    assert {one.account for one in several.loaded} <= set(catalogue().providers)


def test_auto_uses_previz_only_where_it_is_listed(tmp_path: Path) -> None:
    several = load({"name": "auto", "among": ["previz"]}, tmp_path)
    assert (names(several), several.auto) == (["previz"], True)


@pytest.mark.skipif("openai" not in known_generators(), reason="no generator openai here")
def test_auto_chooses_among_the_models_of_what_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    several = load({"name": "auto", "among": ["openai", "gemini", "previz"]}, tmp_path)
    served = [row.name for row in catalogue().of("openai") if not row.ended(TODAY)]
    here = {one.name for one in several.loaded if not one.lacks}
    assert here == {*(f"openai:{name}" for name in served), "previz"}
    assert any(note.startswith("gemini: ") for note in several.notes)
    assert {one.account for one in several.loaded} == {"openai", "gemini", "previz"}
    only = load({"name": "auto", "among": [{"name": "openai", "model": "gpt-image-2"}]}, tmp_path)
    assert names(only) == ["openai:gpt-image-2"]
    assert only.loaded[0].model == catalogue().models["openai/gpt-image-2"]


def test_drafts_are_what_the_manifest_says_or_else_what_it_makes(tmp_path: Path) -> None:
    options = {"name": "auto", "among": ["previz"]}
    assert load(options, tmp_path, drafts=True).drafts
    assert not load({**options, "drafts": False}, tmp_path, drafts=True).drafts


@pytest.mark.skipif("openai" not in known_generators(), reason="no generator openai here")
def test_a_model_that_is_served_no_more_is_told_without_a_key(tmp_path: Path) -> None:
    ended = next(row for row in catalogue().of("openai") if row.ended(TODAY) and "1" in row.name)
    several = load({"name": "openai", "model": ended.name}, tmp_path)
    assert several.notes == (f"openai:{ended.name} ended on {ended.ends}",)


def test_what_a_provider_lacks_is_a_step_each(monkeypatch: pytest.MonkeyPatch) -> None:
    openai = catalogue().providers["openai"]
    assert "set OPENAI_API_KEY" in lacking(openai)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-0123456789abcdef")
    assert "set OPENAI_API_KEY" not in lacking(openai)
