"""What a dry run says: from the manifest alone, and with what earlier runs left."""

from __future__ import annotations

from contextlib import closing

import pytest

from series.errors import GeneratorError, HoldError, SeriesError
from series.generators import load_generator
from series.locked import read_series
from series.pipeline import RunOptions, preview_run, run_series
from series.plan import plan
from series.report.live import RunProgress
from series.request import caption, prompt
from series.run.answer import Asked
from series.run.prepare import first_requests
from series.run.store import open_store

SIMULATED = "generator: {name: previz, drift: {rate: 0, price: 0.04}}\n"
BILLS_TWICE = "generator: {name: previz, drift: {rate: 0, price: 0.04, idempotent: false}}\n"


@pytest.fixture
def simulated(comic):
    with comic.manifest.open("a", encoding="utf-8") as file:
        file.write(SIMULATED)
    return comic


def files(comic):
    return {path: path.read_bytes() for path in comic.folder.rglob("*") if path.is_file()}


def look(comic, **options):
    before = files(comic)
    seen = preview_run(RunOptions(comic.manifest, **options))
    assert files(comic) == before
    return seen


def run(comic, **options):
    with RunProgress() as progress:
        run_series(RunOptions(comic.manifest, **options), progress)


def test_before_the_first_run_every_panel_is_to_ask(simulated) -> None:
    seen = look(simulated)
    assert (
        seen.summary == "4 to ask from previz+drift: at most $0.16 if each passes at once. Nothing was sent"
    )
    assert len(seen.requests) == 4
    assert all("previz+drift, $0.040 at most" in text.splitlines()[0] for text in seen.requests)


def test_what_is_there_is_not_counted_and_not_printed(simulated) -> None:
    run(simulated, panels=("p01", "p02"))
    seen = look(simulated)
    assert seen.summary.startswith("2 of 4 panels are there; 2 to ask from previz+drift: at most $0.08")
    assert [text.split()[0] for text in seen.requests] == ["p03", "p04"]
    assert look(simulated, panels=("p02",)).summary.startswith("1 of 1 panel is there; nothing to ask.")


def test_an_edited_panel_is_to_ask_again(simulated) -> None:
    run(simulated)
    simulated.edit("{id: p04, characters: [tib]}", "{id: p04, scene: the cat sleeps, characters: [tib]}")
    assert look(simulated).summary.startswith(
        "3 of 4 panels are there; 1 to ask from previz+drift: at most $0.04"
    )


def test_a_panel_that_was_not_done_with_may_ask_for_more(simulated) -> None:
    run(simulated)
    with closing(open_store(simulated.folder / "out/series.sqlite", "Tiny")) as store:
        store.outcome("p02", "unfinished", image="", number=0, reason="the budget is spent")
    said = look(simulated).summary
    assert said.startswith("3 of 4 panels are there; nothing to ask; 1 panel half done may ask for more.")


def test_what_may_have_been_billed_is_asked_for_with_again_only(simulated) -> None:
    simulated.edit(SIMULATED, BILLS_TWICE)
    run(simulated, panels=("p01",))
    with closing(open_store(simulated.folder / "out/series.sqlite", "Tiny")) as store:
        (sent,) = store.books().money
        simulated.edit("{id: p01, characters: [mara]}", "{id: p01, scene: dusk, characters: [mara]}")
        digest = new_digest(simulated)
        store.reserve(Asked(sent.asked.panel, digest, 0, "previz+drift"), usd=0.04, request="")
    assert "3 to ask" in look(simulated).summary
    assert "1 panel may have been billed already" in look(simulated).summary
    assert "4 to ask from previz+drift: at most $0.16" in look(simulated, again=True).summary


def test_a_shared_store_whose_pictures_are_elsewhere_is_told_before_anything_is_sent(
    simulated, tmp_path
) -> None:
    store = f"sqlite:///{tmp_path}/shared.sqlite"
    run(simulated, store=store, panels=("p01",))
    assert look(simulated, store=store).summary.startswith("1 of 4 panels is there")
    with pytest.raises(HoldError, match="whose pictures are in"):
        look(simulated, store=store, out=simulated.folder / "other")


def test_it_says_how_many_pictures_the_budget_bears(simulated) -> None:
    assert "budget" not in look(simulated, budget=0.16).summary
    said = look(simulated, budget=0.1).summary
    assert "the budget bears 2 of 4 pictures: $0.100 of $0.10 is left. Nothing" in said
    run(simulated, panels=("p01",))
    said = look(simulated, budget=0.07).summary
    assert "does not bear the first picture, which costs $0.040 at most: $0.030 of $0.07 is left" in said
    assert "budget" not in look(simulated, budget=0, panels=("p01",)).summary


def test_the_budget_counts_what_is_booked_twice_once(simulated) -> None:
    simulated.edit(SIMULATED, BILLS_TWICE)
    run(simulated, panels=("p02", "p03", "p04"))
    with closing(open_store(simulated.folder / "out/series.sqlite", "Tiny")) as store:
        store.reserve(Asked("p01", new_digest(simulated), 0, "previz+drift"), usd=0.04, request="")
    assert "budget" not in look(simulated, again=True, budget=0.16).summary
    assert "does not bear the first picture" in look(simulated, again=True, budget=0.15).summary


def test_each_request_is_shown_as_its_generator_gets_it(comic) -> None:
    with comic.manifest.open("a", encoding="utf-8") as file:
        file.write("generator: {name: folder, tool: midjourney}\n")
    assert "--ar 4:3 --seed" in look(comic).requests[0]
    assert "folder:midjourney, free" in look(comic).requests[0].splitlines()[0]
    seen = look(comic, generator="openai").requests[0]
    assert "no seed" in seen.splitlines()[0]
    manifest = read_series(comic.manifest)
    made = load_generator({"name": "firefly"}, folder=comic.folder, out=comic.folder / "out")
    request = first_requests(manifest, plan(manifest), made.abilities)["p01"]
    seen = look(comic, generator="firefly").requests[0]
    assert caption(request) in seen
    assert prompt(request).splitlines()[0] not in seen


def test_a_model_past_its_end_is_refused_without_a_key_at_its_line(simulated, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    simulated.edit(SIMULATED, "generator:\n  name: openai\n  model: dall-e-2\n")
    line = simulated.manifest.read_text(encoding="utf-8").splitlines().index("  model: dall-e-2") + 1
    said = f"{simulated.manifest}:{line}: generator.model: dall-e-2 ended on 2026-05-11: use gpt-image"
    with pytest.raises(GeneratorError) as seen:
        look(simulated)
    with pytest.raises(GeneratorError) as ran:
        run(simulated)
    assert str(seen.value) == str(ran.value)
    assert str(seen.value).startswith(said)
    assert len(str(seen.value).splitlines()) == 1


def test_a_missing_key_is_told_at_the_line_of_its_generator(simulated, monkeypatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    simulated.edit(SIMULATED, "generator: openai\n")
    line = simulated.manifest.read_text(encoding="utf-8").splitlines().index("generator: openai") + 1
    with pytest.raises(GeneratorError, match="needs OPENAI_API_KEY") as caught:
        run(simulated)
    assert str(caught.value).startswith(f"{simulated.manifest}:{line}: generator.name: generator openai")


def test_no_report_of_a_series_that_was_never_made(simulated) -> None:
    before = files(simulated)
    with pytest.raises(SeriesError, match=r"nothing was made here yet: `series run .*` begins"):
        run(simulated, ask=False)
    assert files(simulated) == before


def new_digest(comic) -> str:
    manifest = read_series(comic.manifest)
    generator = load_generator(manifest.generator, folder=comic.folder, out=comic.folder / "out")
    return first_requests(manifest, plan(manifest), generator.abilities)["p01"].digest
