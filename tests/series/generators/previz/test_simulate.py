"""A request → pictures with known drift, or a failure; in time, in threads, and on the bill."""

from __future__ import annotations

import ast
import csv
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import Box
from series.drift import DriftKind
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated, Outcome
from series.generators.previz.latency import jittered, seconds_at
from series.generators.previz.mark import read
from series.generators.previz.options import LatencyOptions, read_drift_options
from series.generators.previz.simulate import SimulatedModel
from series.request import (
    EditOf,
    GenerationRequest,
    Identity,
    Means,
    NamedColor,
    Reference,
    Reinforcement,
    Role,
)

TRUTH = ".truth.json"
COLORS = {"mara": (200, 50, 46), "tib": (60, 160, 90)}


@pytest.fixture
def request_for(tmp_path: Path, asked: Callable[..., GenerationRequest]) -> Callable[..., GenerationRequest]:
    """A request for a panel with mara and tib, whose references are pictures."""
    sent, identities = [], []
    for index, (name, color) in enumerate(COLORS.items()):
        sheet = np.full((60, 50, 3), 250, np.uint8)
        cv2.rectangle(sheet, (12, 6), (38, 56), color, -1)
        path = tmp_path / f"{name}.png"
        assert cv2.imwrite(str(path), sheet[..., ::-1])
        sent.append(Reference(Role.CHARACTER, name, f"{index}" * 64, path))
        coat = NamedColor("coat", "#{:02x}{:02x}{:02x}".format(*color))
        place = Box(0.1 + 0.5 * index, 0.3, 0.4 + 0.5 * index, 0.95)
        identities.append(Identity(name, "", "drawn", "", (coat,), place))

    def make(panel: str = "p01", **changed: object) -> GenerationRequest:
        parts = {"identities": tuple(identities), "references": tuple(sent), "absent": ()}
        return asked(panel, **{**parts, **changed})

    return make


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., SimulatedModel]:
    return lambda **options: SimulatedModel(read_drift_options(options), folder=tmp_path)


def pixels(data: bytes) -> np.ndarray:
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


def truth(outcome: Outcome, index: int = 0) -> dict:
    assert isinstance(outcome, Generated)
    return json.loads(outcome.images[index].beside[TRUTH])


def kinds(outcome: Outcome, index: int = 0) -> list[str]:
    return [one["kind"] for one in truth(outcome, index)["drifts"]]


def kept(outcome: Outcome, folder: Path, index: int = 0) -> Path:
    """The picture as a run keeps it."""
    assert isinstance(outcome, Generated)
    path = folder / f"kept{index}.png"
    path.write_bytes(outcome.images[index].data)
    return path


# --- the picture ----------------------------------------------------------------------------------------


def test_the_loader_makes_it_from_the_manifest(tmp_path: Path) -> None:
    made = load_generator({"name": "previz", "drift": {"rate": 0.4}}, folder=tmp_path, out=tmp_path / "out")
    assert isinstance(made, SimulatedModel)
    assert made.name == "previz+drift"


def test_without_drift_it_is_the_plain_draft(request_for, model, tmp_path: Path) -> None:
    plain = load_generator({"name": "previz"}, folder=tmp_path, out=tmp_path)
    drawn, simulated = plain.generate(request_for(), "k"), model(rate=0).generate(request_for(), "k")
    assert kinds(simulated) == []
    assert np.array_equal(pixels(drawn.images[0].data), pixels(simulated.images[0].data))


@pytest.mark.parametrize(
    "kind", ["identity", "palette", "style", "composition", "lettering", "missing", "extra"]
)
def test_each_kind_is_in_the_picture_and_in_the_truth(kind: str, request_for, model) -> None:
    request = request_for(absent=("oswin",))
    cast = {"oswin": "tib.png"}
    clean = pixels(model(rate=0).generate(request, "k").images[0].data)
    outcome = model(rate=1, kinds={kind: 1}, cast=cast, size=0.9).generate(request, "k")
    assert kinds(outcome) == [kind]
    said = truth(outcome)
    assert said["request"] == request.digest
    assert said["drifts"][0]["subject"] in {"mara", "tib", "oswin", "frame"}
    assert said["drifts"][0]["size"] > 0.7
    drifted = pixels(outcome.images[0].data)
    assert drifted.shape != clean.shape or np.abs(drifted.astype(int) - clean).max() > 40


def test_the_picture_is_decided_by_options_and_request(request_for, model) -> None:
    one, other = (model(rate=0.8, seed=3).generate(request_for(), key) for key in ("k1", "k2"))
    assert one.images[0].data == other.images[0].data
    assert one.images[0].beside == other.images[0].beside


def test_a_model_without_seeds_draws_again_for_another_key(request_for, model) -> None:
    seedless = model(rate=0.5, kinds={"style": 1}, abilities={"seed": False})
    drawn = [seedless.generate(request_for(), f"k{index}") for index in range(16)]
    assert len({one.images[0].data for one in drawn}) > 1
    assert drawn[0].images[0].data == seedless.generate(request_for(), "k0").images[0].data


def test_candidates_drift_each_for_itself(request_for, model) -> None:
    options = {"rate": 0.5, "seed": 2, "kinds": {"style": 1}}
    drawn = [model(**options).generate(request_for(f"p{n}", candidates=4), "k") for n in range(8)]
    assert all(len(one.images) == 4 for one in drawn)
    assert any(len({tuple(kinds(one, index)) for index in range(4)}) == 2 for one in drawn)


def told(request: GenerationRequest, base: Path, means: Means, kind: DriftKind) -> GenerationRequest:
    edit = EditOf("e" * 64, base, request.root)
    reinforcement = Reinforcement(kind, means, "frame", "", "check", "like the reference")
    return replace(request, edit=edit, reinforcements=(*request.reinforcements, reinforcement))


@pytest.mark.parametrize("seeded", [True, False])
@pytest.mark.parametrize("index", [0, 2])
def test_an_edit_keeps_what_was_drawn(seeded: object, index: int, request_for, model, tmp_path: Path) -> None:
    """Also of a candidate, and of a picture whose draw the request does not decide."""
    maker = model(rate=0.9, abilities={"seed": seeded})
    request = request_for(candidates=3)
    first = maker.generate(request, "first")
    again = told(replace(request, candidates=1), kept(first, tmp_path, index), Means.EDIT, DriftKind.COPY)
    edited = maker.generate(again, "second")
    assert truth(first, index)["drifts"] != []
    assert truth(edited)["drifts"] == truth(first, index)["drifts"]
    assert np.array_equal(pixels(edited.images[0].data), pixels(first.images[index].data))
    twice = maker.generate(told(again, kept(edited, tmp_path), Means.MASKED_EDIT, DriftKind.COPY), "third")
    assert truth(twice)["drifts"] == truth(first, index)["drifts"]


def test_an_edit_that_orders_or_leaves_out_references_draws_the_same(
    request_for, model, tmp_path: Path
) -> None:
    maker, request = model(rate=0.5), request_for()
    first = maker.generate(request, "k")
    edit = told(request, kept(first, tmp_path), Means.EDIT, DriftKind.COPY)
    for references in (request.references[::-1], request.references[1:], ()):
        edited = maker.generate(replace(edit, references=references), "k2")
        assert edited.images[0].data == first.images[0].data


def test_a_mark_is_read_only_from_a_whole_picture_of_this_folder(request_for, model, tmp_path: Path) -> None:
    maker, request = model(), request_for()
    path = kept(maker.generate(request, "k"), tmp_path)
    drawing = read(path, tmp_path)
    assert drawing is not None
    assert (drawing.draw, drawing.candidate, drawing.references) == (request.digest, 0, request.references)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert read(path, elsewhere) is None
    data = path.read_bytes()
    bad = [
        b"",
        b"text",
        data[:60],
        data.replace(b'", 0, [', b'", 0, {'),
        data.replace(b"mara.png", b"../a.png"),
    ]
    assert len(set(bad)) == len(bad)
    for content in bad:
        path.write_bytes(content)
        assert read(path, tmp_path) is None
    assert read(tmp_path / "gone.png", tmp_path) is None


def test_an_edit_takes_its_drift_away_more_often_than_not(request_for, model, tmp_path: Path) -> None:
    maker, gone, count = model(rate=0.5, kinds={"style": 1}), 0, 0
    for number in range(40):
        request = request_for(f"p{number}")
        first = maker.generate(request, "k")
        if kinds(first):
            edit = told(request, kept(first, tmp_path), Means.EDIT, DriftKind.STYLE)
            count, gone = count + 1, gone + (kinds(maker.generate(edit, "k")) == [])
    assert count > 10
    assert gone > count / 2


def test_a_repaired_picture_without_its_mark_falls_back_on_the_request(
    request_for, model, tmp_path: Path
) -> None:
    maker, request = model(rate=0.9), request_for()
    first = maker.generate(request, "k")
    repaired = tmp_path / "repaired.png"
    assert cv2.imwrite(str(repaired), pixels(first.images[0].data))
    edited = maker.generate(told(request, repaired, Means.EDIT, DriftKind.COPY), "k")
    assert truth(edited)["drifts"] == truth(first)["drifts"]
    gone = maker.generate(told(request, tmp_path / "gone.png", Means.EDIT, DriftKind.COPY), "k")
    assert truth(gone)["drifts"] == truth(first)["drifts"]


def test_threads_get_what_one_after_the_other_gets(request_for, model) -> None:
    maker = model(rate=0.7)
    requests = [request_for(f"p{number}") for number in range(12)]
    alone = [maker.generate(request, "k").images[0].data for request in requests]
    with ThreadPoolExecutor(6) as pool:
        together = [one.images[0].data for one in pool.map(lambda r: maker.generate(r, "k"), requests)]
    assert together == alone


# --- failures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [k for k in FailureKind if k not in {FailureKind.WAITING, FailureKind.RAISED}]
)
def test_each_failure_is_returned_as_its_kind(kind: FailureKind, request_for, model) -> None:
    outcome = model(failures={kind.value: 1.0}).generate(request_for(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is kind
    assert (outcome.wait_s is not None) is (kind is FailureKind.RATE_LIMITED)


def test_a_bug_in_the_generator_is_raised(request_for, model) -> None:
    with pytest.raises(RuntimeError, match="simulated"):
        model(failures={"raised": 1.0}).generate(request_for(), "k")


def test_answers_that_are_wrong(request_for, model) -> None:
    request = request_for()
    garbage = model(failures={"garbage": 1.0}).generate(request, "k")
    assert cv2.imdecode(np.frombuffer(garbage.images[0].data, np.uint8), cv2.IMREAD_COLOR) is None
    pasted = model(failures={"reference": 1.0}).generate(request, "k")
    assert pasted.images[0].data == request.references[0].path.read_bytes()
    cut = model(rate=0, failures={"wrong_size": 1.0}).generate(request, "k")
    assert pixels(cut.images[0].data).shape[:2] != request.structure.size[::-1]
    assert [truth(one)["fault"] for one in (garbage, pasted, cut)] == ["garbage", "reference", "wrong_size"]
    fewer = model(failures={"fewer": 1.0}, price=0.1).generate(replace(request, candidates=3), "k")
    assert len(fewer.images) == 2
    assert fewer.usd == pytest.approx(0.2)
    assert model(failures={"fewer": 1.0}).generate(request, "k").images == ()


def test_a_request_that_hangs_outlasts_the_timeout(request_for, model) -> None:
    started = time.monotonic()
    outcome = model(failures={"hang": 1.0}, timeout_s=0.05).generate(request_for(), "k")
    assert time.monotonic() - started > 0.05
    assert outcome.kind is FailureKind.TIMEOUT


def test_failures_come_in_the_asked_share_and_again_the_same(request_for, model) -> None:
    request = request_for()

    def failed() -> list[bool]:
        maker = model(failures={"policy": 0.3, "quota": 0.7})
        return [maker.generate(request, f"k{n}").kind is FailureKind.POLICY for n in range(600)]

    first = failed()
    assert 130 < sum(first) < 230
    assert failed() == first


def test_the_same_key_asked_again_may_succeed(request_for, model) -> None:
    maker = model(failures={"rate_limited": 0.5, "policy": 0.5})
    said = {maker.generate(request_for(), "k").kind for _ in range(20)}
    assert said == {FailureKind.RATE_LIMITED, FailureKind.POLICY}


@pytest.mark.parametrize(
    ("abilities", "changed"),
    [
        ({"reference_images": 1}, {}),
        ({"candidates": 1}, {"candidates": 2}),
        ({"edit": False}, {"edit": EditOf("e" * 64, Path("x"), "r" * 64)}),
        ({"mask": False}, {"edit": EditOf("e" * 64, Path("x"), "r" * 64, mask=Box(0, 0, 1, 1))}),
        ({}, {"model": "bigger"}),
    ],
)
def test_a_request_beyond_its_abilities_is_refused(
    abilities: dict, changed: dict, request_for, model
) -> None:
    outcome = model(abilities=abilities).generate(request_for(**changed), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.INVALID_REQUEST


def test_a_reference_that_is_no_picture_is_an_invalid_request(request_for, model, tmp_path: Path) -> None:
    request = request_for()
    (tmp_path / "mara.png").write_bytes(b"no picture")
    outcome = model(rate=0).generate(request, "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.INVALID_REQUEST
    assert "mara.png" in outcome.reason


# --- money ----------------------------------------------------------------------------------------------


def bill(path: Path) -> list[tuple[str, str, float]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [(row["key"], row["panel"], float(row["usd"])) for row in csv.DictReader(file)]


def test_the_bill_has_a_line_a_key(request_for, model, tmp_path: Path) -> None:
    maker = model(price=0.04, bill="bill.csv")
    request = request_for('p,1 "é"', candidates=2)
    assert maker.price(request) == pytest.approx(0.08)
    assert maker.generate(request, "a").usd == pytest.approx(0.08)
    assert maker.generate(request, "a").usd == pytest.approx(0.08)
    maker.generate(request_for("p02"), "b")
    # Another process, later: the bill is the provider's memory.
    model(price=0.04, bill="bill.csv").generate(request, "a")
    assert bill(tmp_path / "bill.csv") == [("a", 'p,1 "é"', 0.08), ("b", "p02", 0.04)]


def test_a_provider_that_is_not_idempotent_bills_twice(request_for, model, tmp_path: Path) -> None:
    maker = model(price=0.04, bill="bill.csv", idempotent=False)
    for _ in range(2):
        maker.generate(request_for(), "a")
    assert [key for key, _, _ in bill(tmp_path / "bill.csv")] == ["a", "a"]


@pytest.mark.parametrize(("fault", "lines"), [("timeout", 1), ("hang", 1), ("garbage", 1), ("policy", 0)])
def test_what_was_made_is_billed_even_when_it_does_not_arrive(
    fault: str, lines: int, request_for, model, tmp_path: Path
) -> None:
    maker = model(price=1.0, bill="bill.csv", failures={fault: 1.0}, timeout_s=0.01)
    outcome = maker.generate(request_for(), "a")
    path = tmp_path / "bill.csv"
    assert (len(bill(path)) if path.exists() else 0) == lines
    if isinstance(outcome, Failed):
        assert outcome.usd == 0


def test_threads_share_one_bill(request_for, model, tmp_path: Path) -> None:
    maker = model(price=0.01, bill="bill.csv", failures={"timeout": 1.0})
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: maker.generate(request_for(), f"k{n % 20}"), range(80)))
    assert sorted(key for key, _, _ in bill(tmp_path / "bill.csv")) == sorted(f"k{n}" for n in range(20))


KILLED = """
import sys
from pathlib import Path
from series.generators.previz.bill import Bill
bill = Bill(Path(sys.argv[1]), idempotent=True)
for number in range(100_000):
    bill.charge(f"k{number}", "p01", 0.04)
    print(number, flush=True)
"""


def test_a_kill_leaves_a_bill_of_whole_lines_with_all_that_was_told(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        told_last = [child.stdout.readline() for _ in range(20)][-1]
        child.kill()
    lines = bill(path)
    assert len(lines) > int(told_last)
    assert [key for key, _, _ in lines] == [f"k{n}" for n in range(len(lines))]


def test_a_bill_that_cannot_be_written_says_so(request_for, model, tmp_path: Path) -> None:
    (tmp_path / "bill.csv").mkdir()
    with pytest.raises(GeneratorError, match=r"bill\.csv: the bill cannot be kept"):
        model(bill="bill.csv").generate(request_for(), "a")


def test_paths_stay_in_the_folder_and_the_cast_is_there(model, tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match=r"generator\.drift\.cast\.tib: there is no file refs/tib\.png"):
        model(cast={"tib": "refs/tib.png"})
    (tmp_path / "out").symlink_to(tmp_path.parent)
    with pytest.raises(GeneratorError, match=r"generator\.drift\.bill: out/bill\.csv leads out"):
        model(bill="out/bill.csv")


# --- time -----------------------------------------------------------------------------------------------


def test_seconds_follow_the_profile() -> None:
    hosted = LatencyOptions()
    assert [seconds_at(n, hosted) for n in (1, 5, 10)] == pytest.approx([4.2, 4.8, 5.6])
    assert seconds_at(3, hosted) == pytest.approx(4.5)
    assert seconds_at(15, hosted) == pytest.approx(6.4)
    assert seconds_at(10, LatencyOptions(scale=0.1)) == pytest.approx(0.56)
    assert seconds_at(7, LatencyOptions(seconds={2: 1.0})) == 1.0
    assert seconds_at(9, LatencyOptions(seconds={1: 2.0, 3: 1.0})) == 1.0
    assert seconds_at(4, None) == 0.0
    assert jittered(2.0, 0.5, 0.0) == 1.0
    assert jittered(2.0, 0.0, 0.9) == 2.0


def test_composing_counts_into_the_latency(request_for, model) -> None:
    maker = model(rate=0, latency={"seconds": {1: 0.3}})
    started = time.monotonic()
    maker.generate(request_for(), "k")
    assert 0.3 <= time.monotonic() - started < 0.55


def test_a_busy_model_is_slower(request_for, model) -> None:
    maker = model(failures={"policy": 1.0}, latency={"seconds": {1: 0.05, 3: 0.45}})
    spent: list[float] = []
    together = threading.Barrier(3)

    def ask(number: int) -> None:
        together.wait()
        started = time.monotonic()
        maker.generate(request_for(), f"k{number}")
        spent.append(time.monotonic() - started)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(ask, range(3)))
    assert min(spent) < 0.25
    assert max(spent) >= 0.45


# --- the truth ------------------------------------------------------------------------------------------


def said_in(path: Path) -> set[str]:
    """Every name and text in a module's code; what it only explains is left out."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    explained = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explained:
            said.add(node.value)
        elif isinstance(node, ast.alias):
            said.add(node.name)
        elif isinstance(node, ast.Name):
            said.add(node.id)
        elif isinstance(node, ast.Attribute):
            said.add(node.attr)
    return said


def test_nothing_but_the_simulated_model_knows_of_the_truth(repository: Path) -> None:
    """A loop that looked at the truth, or drew the drift itself, would measure nothing."""
    files = [*(repository / "series").rglob("*.py"), *(repository / "consistency").rglob("*.py")]
    said = {path.name: said_in(path) for path in files}
    own = {"simulate.py", "mark.py"}
    for secret in (".truth.json", "TRUTH", "series-draw", "drifts_of"):
        knowing = {name for name, words in said.items() if any(word.endswith(secret) for word in words)}
        assert knowing
        assert knowing <= own, secret
