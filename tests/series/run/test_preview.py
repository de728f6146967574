"""What a dry run says: from the manifest alone, and with what earlier runs left."""

from __future__ import annotations

from contextlib import closing

import pytest

from series.errors import HoldError
from series.generators import load_generator
from series.locked import read_series
from series.pipeline import RunOptions, preview_run, run_series
from series.plan import plan
from series.report.live import RunProgress
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
    assert seen.summary == "4 to ask from previz+drift: $0.16 if each passes at once. Nothing was sent"
    assert len(seen.requests) == 4


def test_what_is_there_is_not_counted_and_not_printed(simulated) -> None:
    run(simulated, panels=("p01", "p02"))
    seen = look(simulated)
    assert seen.summary.startswith("2 of 4 panels are there; 2 to ask from previz+drift: $0.08")
    assert [text.split()[0] for text in seen.requests] == ["p03", "p04"]
    assert look(simulated, panels=("p02",)).summary.startswith("1 of 1 panel is there; nothing to ask.")


def test_an_edited_panel_is_to_ask_again(simulated) -> None:
    run(simulated)
    simulated.edit("{id: p04, characters: [tib]}", "{id: p04, scene: the cat sleeps, characters: [tib]}")
    assert look(simulated).summary.startswith("3 of 4 panels are there; 1 to ask from previz+drift: $0.04")


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
    assert "4 to ask from previz+drift: $0.16" in look(simulated, again=True).summary


def test_a_shared_store_whose_pictures_are_elsewhere_is_told_before_anything_is_sent(
    simulated, tmp_path
) -> None:
    store = f"sqlite:///{tmp_path}/shared.sqlite"
    run(simulated, store=store, panels=("p01",))
    assert look(simulated, store=store).summary.startswith("1 of 4 panels is there")
    with pytest.raises(HoldError, match="whose pictures are in"):
        look(simulated, store=store, out=simulated.folder / "other")


def new_digest(comic) -> str:
    manifest = read_series(comic.manifest)
    generator = load_generator(manifest.generator, folder=comic.folder, out=comic.folder / "out")
    return first_requests(manifest, plan(manifest), generator.abilities)["p01"].digest
