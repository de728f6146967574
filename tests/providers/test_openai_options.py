"""The manifest's options for openai: what they mean, and what is said about wrong ones. No SDK is needed."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.catalogue import catalogue
from series.generators.generator import Failed, FailureKind, Generator
from series.request import GenerationRequest, Reference, Role, Structure, StyleWords

ROUTER = "https://router.example/v1"


def generator(**options) -> Generator:
    return load_generator({"name": "openai", **options}, folder=Path(), out=Path("out"))


def routed(**profile) -> Generator:
    return generator(base_url=ROUTER, profile={"secret": "ROUTER_KEY", **profile})


def request(size: tuple[int, int] = (1024, 1024), **changed) -> GenerationRequest:
    parts = {
        "structure": Structure("Mara waits.", "", "wide", "", size),
        "copy": (),
        "style": StyleWords("ink", ()),
        "identities": (),
        "absent": (),
        "palette": (),
        "references": (),
        "seed": 7,
    }
    return GenerationRequest("p01", **{**parts, **changed})


def test_without_options_it_is_the_usual_model_at_openai() -> None:
    made = generator()
    assert made.name == "openai:gpt-image-2"
    able = made.abilities
    assert (able.reference_images, able.edit, able.mask, able.candidates) == (16, True, True, 10)
    assert not able.seed
    assert not able.negative_prompt
    assert made.pacing.timeout_s == 300


def test_every_successor_can_be_named_and_a_dated_snapshot_too() -> None:
    for model in ("gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-2-2026-04-21"):
        assert generator(model=model).name == f"openai:{model}"
    assert generator(model="gpt-image-2-2026-04-21").price(request()) == generator().price(request())


def test_stronger_models_are_rows_of_the_same_provider() -> None:
    known = {model.name for model in catalogue().of("openai")}
    for model in catalogue().of("openai"):
        assert set(model.abilities.stronger_models) <= known - {model.name}


def test_every_row_has_its_date_its_source_and_a_price() -> None:
    for row in catalogue().of("openai"):
        assert row.source
        assert row.as_of <= date(2026, 11, 21)
        assert row.price.image or row.price.token


def test_the_manifest_sets_the_pace() -> None:
    pacing = generator(concurrency=2, requests_per_minute=5, images_per_minute=7, timeout_s=60).pacing
    assert (pacing.concurrency, pacing.requests_per_minute, pacing.images_per_minute) == (2, 5, 7)
    assert pacing.timeout_s == 60


@pytest.mark.parametrize("model", ["dall-e-3", "gpt-image-1"])
def test_a_model_past_its_end_is_said_before_anything_is_sent(model: str, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-0123456789abcdefgh")
    made = generator(model=model)
    assert made.price(request()) > 0
    with pytest.raises(GeneratorError, match=r"ended on 2026-.*use gpt-image-2.5-sunburst.*profile"):
        made.ready()


def test_a_model_with_an_end_to_come_may_be_used_until_then() -> None:
    row = catalogue().models["openai/gpt-image-1.5"]
    assert not row.ended(date(2026, 11, 30))
    assert row.ended(date(2026, 12, 1))


def test_ready_says_which_key_is_lacking_and_how_to_give_it(monkeypatch) -> None:
    pytest.importorskip("openai", reason='needs pip install "series-consistency[openai]"')
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(GeneratorError, match=r"openai:gpt-image-2 needs OPENAI_API_KEY.*keyring"):
        generator().ready()


def test_without_a_key_the_first_request_stops_the_run_and_costs_nothing(monkeypatch) -> None:
    pytest.importorskip("openai", reason='needs pip install "series-consistency[openai]"')
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    outcome = generator().generate(request(), "key")
    assert isinstance(outcome, Failed)
    assert (outcome.kind, outcome.usd) == (FailureKind.AUTH, 0.0)
    assert outcome.kind.stops_the_run
    assert "needs OPENAI_API_KEY" in outcome.reason


def test_making_it_and_its_price_need_neither_key_nor_network(monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert generator().price(request()) > 0


def test_without_the_sdk_or_with_an_old_one_ready_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-0123456789abcdefgh")
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(GeneratorError, match=r'pip install "series-consistency\[openai\]"'):
        generator().ready()
    old = ModuleType("openai")
    old.VERSION = "1.99.0"
    monkeypatch.setitem(sys.modules, "openai", old)
    with pytest.raises(GeneratorError, match=r"needs openai 3\.50 or later, not 1\.99\.0: pip install"):
        generator().ready()


def test_making_it_loads_no_sdk() -> None:
    code = (
        "import sys; from pathlib import Path; from series.generators import load_generator;"
        "load_generator({'name': 'openai'}, folder=Path(), out=Path());"
        "sys.exit(' '.join({'openai', 'httpx2'} & set(sys.modules)) or 0)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")


# --- prices ---------------------------------------------------------------------------------------------


def test_quality_size_references_and_candidates_cost(tmp_path: Path) -> None:
    one = Reference(Role.STYLE, "style", "d", tmp_path / "x.png")
    cheap = generator(quality="low").price(request())
    assert cheap < generator().price(request()) < generator(quality="high").price(request())
    assert generator(quality="auto").price(request()) == generator(quality="high").price(request())
    assert generator().price(request((2048, 2048))) > 4 * generator().price(request())
    assert generator().price(request(references=(one,))) > generator().price(request())
    assert generator().price(request(candidates=4)) == pytest.approx(4 * generator().price(request()))


def test_fewer_references_may_be_asked_for_never_more() -> None:
    assert generator(references=3).abilities.reference_images == 3
    assert generator(model="dall-e-3", references=3).abilities.reference_images == 0
    made = generator(base_url=ROUTER, references=3, profile={"secret": "KEY", "like": "gpt-image-2"})
    assert made.abilities.reference_images == 3


def test_a_picture_is_reserved_at_more_than_the_published_prices() -> None:
    for quality, usd in (("low", 0.006), ("medium", 0.053), ("high", 0.211)):
        assert usd < generator(quality=quality).price(request()) < 2 * usd + 0.01


def test_prices_by_size_and_quality_are_those_of_the_list() -> None:
    assert routed(like="dall-e-3").price(request()) == 0.04
    assert routed(like="dall-e-3").price(request((1792, 1024))) == 0.08
    made = generator(base_url=ROUTER, quality="hd", profile={"secret": "KEY", "like": "dall-e-3"})
    assert made.price(request((1024, 1792))) == 0.12


def test_a_price_in_the_profile_stands() -> None:
    assert routed(like="gpt-image-2", price=0.03).price(request(candidates=3)) == pytest.approx(0.09)


# --- profiles -------------------------------------------------------------------------------------------


def test_another_host_needs_a_profile_and_is_told_what_to_write() -> None:
    with pytest.raises(GeneratorError, match=r"base_url: router.example is not OpenAI's.*profile: \{secret"):
        generator(base_url=ROUTER)


def test_openai_itself_takes_no_profile_its_regions_neither() -> None:
    assert generator(base_url="https://eu.api.openai.com/v1").name == "openai:gpt-image-2"
    with pytest.raises(GeneratorError, match=r"generator\.profile: OpenAI's own abilities are known"):
        generator(base_url="https://api.openai.com/v1", profile={"secret": "K"})


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com.evil.example/v1",
        "https://api.openai.com%2eevil.example/v1",
        "https://evil.example/api.openai.com",
        "https://evil.example\\.api.openai.com/v1",
        "http://127.0.0.1/v1",
    ],
)
def test_a_host_that_looks_like_openai_is_another(url: str) -> None:
    with pytest.raises(GeneratorError, match="is not OpenAI's"):
        generator(base_url=url)


def test_a_profile_is_like_a_model_but_for_what_it_says() -> None:
    made = routed(like="gpt-image-2", mask=False, candidates=1, references=4)
    able = made.abilities
    assert (able.reference_images, able.edit, able.mask, able.candidates) == (4, True, False, 1)
    assert able.stronger_models == ()
    assert made.name == "openai:gpt-image-2@router.example"


def test_a_profile_without_a_likeness_can_do_nothing_but_draw() -> None:
    made = generator(base_url=ROUTER, model="flux", profile={"secret": "KEY", "price": 0.02})
    able = made.abilities
    assert (able.reference_images, able.edit, able.mask, able.candidates, able.sizes) == (
        0,
        False,
        False,
        1,
        (),
    )
    assert made.price(request()) == 0.02


def test_dalle_3_through_a_router_makes_one_picture_in_three_sizes_without_references() -> None:
    able = routed(like="dall-e-3").abilities
    assert (able.candidates, able.reference_images, able.edit) == (1, 0, False)
    assert able.sizes == ((1024, 1024), (1792, 1024), (1024, 1792))


def test_the_key_of_one_service_is_never_the_default_of_another(monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-proj-0123456789abcdefgh")
    with pytest.raises(GeneratorError, match=r"profile\.secret: the name of the environment variable"):
        generator(base_url=ROUTER, profile={"like": "gpt-image-2"})
    monkeypatch.delenv("ROUTER_KEY", raising=False)
    pytest.importorskip("openai", reason='needs pip install "series-consistency[openai]"')
    with pytest.raises(GeneratorError, match="needs ROUTER_KEY"):
        routed(like="gpt-image-2").ready()


def test_a_key_in_place_of_its_name_is_refused_and_not_repeated() -> None:
    with pytest.raises(GeneratorError) as raised:
        generator(base_url=ROUTER, profile={"like": "gpt-image-2", "secret": "sk-live-0123456789"})
    assert "sk-live" not in str(raised.value)
    assert "never the key itself" in str(raised.value)


# --- what is wrong --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"modle": "gpt-image-2"}, r'generator\.modle: there is no such option; did you mean "model"'),
        ({"model": "gpt-image-3"}, r"no model 'gpt-image-3'; did you mean gpt-image-"),
        ({"quality": "ultra"}, r"generator\.quality: there is no quality"),
        ({"quality": "max"}, r"generator\.quality: there is no quality \"max\""),
        ({"concurrency": 0}, r"generator\.concurrency: "),
        ({"concurrency": "two"}, r"generator\.concurrency: "),
        ({"timeout_s": -1}, r"generator\.timeout_s: "),
        ({"base_url": "http://router.example/v1"}, r"generator\.base_url: https://"),
        ({"base_url": "ftp://127.0.0.1"}, r"generator\.base_url: https://"),
        ({"base_url": "https://"}, r"generator\.base_url: https://"),
        ({"base_url": "https://me:pw@router.example"}, r"generator\.base_url: no name, password"),
        ({"base_url": ROUTER, "profile": {"secret": "K", "likes": 1}}, r'profile\.likes: .*"like"'),
        ({"base_url": ROUTER, "profile": {"secret": "K", "like": "gpt"}}, r"profile\.like: no model"),
        ({"base_url": ROUTER, "profile": {"secret": "K"}}, r"profile\.price: what a picture costs"),
        ({"base_url": ROUTER, "profile": {"secret": "K", "price": 0}}, r"generator\.model: name the model"),
        ({"base_url": ROUTER, "profile": {"secret": "K", "price": -1}}, r"profile\.price: "),
        (
            {"base_url": ROUTER, "model": "m", "profile": {"secret": "K", "price": 0, "mask": True}},
            r"profile\.mask: a mask belongs to an edit",
        ),
        (
            {"base_url": ROUTER, "profile": {"secret": "K", "like": "dall-e-3", "hosts": ["*"]}},
            r"profile\.hosts: a host like",
        ),
        (
            {"base_url": ROUTER, "profile": {"secret": "K", "like": "dall-e-3", "hosts": [".com"]}},
            r"profile\.hosts: a host like",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_key(options: dict, said: str) -> None:
    with pytest.raises(GeneratorError, match=said) as raised:
        generator(**options)
    assert "pw@" not in str(raised.value)
