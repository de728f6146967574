"""The evaluation command: its format, its figures, other tools' cut-offs, and the whole on a tiny set."""

from __future__ import annotations

import csv
import importlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from math import isnan, nan, sqrt
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consistency import Box, Face, ObservationCache, Verdict, load_encoders

FOLDER = Path(__file__).parent / "evaluation"
PAIRS = "task,question,a,b,same"
FRAMES = "task,series,role,file,character,box,place,identity,color,style"


@pytest.fixture(autouse=True, scope="module")
def scripts():
    """The scripts' folder is on the path, as when one of them is run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        yield


def module(name: str):
    return importlib.import_module(name)


# The format


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b", "c", "d"):
        (tmp_path / f"{name}.png").write_bytes(b"not opened while the tables are checked")
    return tmp_path


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def read(folder: Path):
    return module("labeled.reader").read_labeled(folder)


def message(folder: Path) -> str:
    with pytest.raises(module("labeled.reader").DataError) as caught:
        read(folder)
    return str(caught.value)


def test_pairs_are_read_as_they_are_written(folder: Path) -> None:
    write(
        folder,
        "pairs.csv",
        "note,task,question,a,b,same,box_b,medium,group_a",
        "x,faces,identity,a.png,b.png,yes,0 0.25 0.5 1,photo,ann",
        ",faces,identity,a.png,c.png,no,,,",
    )
    first, second = read(folder).pairs
    assert (first.a, first.b) == (folder / "a.png", folder / "b.png")
    assert (first.same, first.medium, first.groups) == (True, "photo", ("ann", "b.png"))
    assert (first.box_b.left, first.box_b.top, first.box_b.right, first.box_b.bottom) == (0, 0.25, 0.5, 1)
    assert (second.same, second.medium, second.box_b.area) == (False, "drawn", 1)


def test_a_full_path_is_taken_as_it_is(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("pictures") / "e.png"
    elsewhere.write_bytes(b"")
    lines = (f"t,style,{elsewhere},a.png,yes", "t,style,a.png,b.png,no")
    write(folder, "pairs.csv", PAIRS, *lines)
    assert read(folder).pairs[0].a == elsewhere


PAIR_MISTAKES = {
    "a column that is lacking": (
        ("task,question,a,b", "t,style,a.png,b.png"),
        "pairs.csv:1: no column 'same'; needed are task, question, a, b, same",
    ),
    "a column that is misspelled": (
        ("task,qestion,a,b,same", "t,style,a.png,b.png,yes"),
        "pairs.csv:1: no such column 'qestion'; did you mean 'question'?",
    ),
    "a question that nobody asks": (
        (PAIRS, "t,style,a.png,b.png,yes", "t,color,a.png,b.png,no"),
        "pairs.csv:3: question 'color' is none of identity, style",
    ),
    "neither yes nor no": (
        (PAIRS, "t,style,a.png,b.png,1"),
        "pairs.csv:2: same '1' is none of yes, no",
    ),
    "a picture that is not there": (
        (PAIRS, "t,style,a.png,z.png,yes"),
        "pairs.csv:2: no file 'z.png' (looked for ",
    ),
    "a box beyond the picture": (
        ("task,question,a,b,same,box_a", "t,style,a.png,b.png,yes,0 0 1 1.2"),
        "pairs.csv:2: box_a '0 0 1 1.2' is no box: left top right bottom",
    ),
    "a box of words": (
        ("task,question,a,b,same,box_a", "t,style,a.png,b.png,yes,left"),
        "pairs.csv:2: box_a 'left' is no box",
    ),
    "no task": ((PAIRS, ",style,a.png,b.png,yes"), "pairs.csv:2: task is empty"),
    "a value too many": ((PAIRS, "t,style,a.png,b.png,yes,?"), "pairs.csv:2: more values than columns"),
    "nothing that is another": (
        (PAIRS, "t,style,a.png,b.png,yes", "u,style,a.png,b.png,no"),
        "pairs.csv:2: task 't', style: no pair has same = no; nothing to tell apart",
    ),
    "nothing that is the same": (
        (PAIRS, "u,style,a.png,b.png,no"),
        "pairs.csv:2: task 'u', style: no pair has same = yes; nothing to tell apart",
    ),
}


@pytest.mark.parametrize("name", PAIR_MISTAKES)
def test_a_mistake_in_pairs_is_told_with_its_line(folder: Path, name: str) -> None:
    lines, expected = PAIR_MISTAKES[name]
    write(folder, "pairs.csv", *lines)
    assert message(folder).startswith(expected)


REFERENCE = "t,s,reference,a.png,mara,,,,,"
FRAME_MISTAKES = {
    "a label that is misspelled": (
        (FRAMES, REFERENCE, "t,s,frame,b.png,mara,,,celar,,"),
        "frames.csv:3: identity 'celar' is none of none, slight, clear, other, absent, stranger",
    ),
    "a color cannot be absent": (
        (FRAMES, REFERENCE, "t,s,frame,b.png,mara,,,,absent,"),
        "frames.csv:3: color 'absent' is none of none, slight, clear, other",
    ),
    "an unknown role": ((FRAMES, "t,s,ref,a.png,mara,,,,,"), "frames.csv:2: role 'ref' is none of"),
    "a labeled reference": (
        (FRAMES, "t,s,reference,a.png,mara,,,none,,"),
        "frames.csv:2: a reference takes no label, but identity is 'none'",
    ),
    "nobody in a reference": ((FRAMES, "t,s,reference,a.png,,,,,,"), "frames.csv:2: character is empty"),
    "a series without references": (
        (FRAMES, REFERENCE, "t,other,frame,b.png,mara,,,none,,"),
        "frames.csv:3: series 'other' has no row with role reference",
    ),
    "a character without reference": (
        (FRAMES, REFERENCE, "t,s,frame,b.png,pip,,,none,,"),
        "frames.csv:3: series 's' has no reference of 'pip'; somebody who is not pinned is labeled stranger",
    ),
    "somebody absent at a given place": (
        (FRAMES, REFERENCE, "t,s,frame,b.png,mara,,given,absent,,"),
        "frames.csv:3: absent needs place hidden",
    ),
    "a stranger at a hidden place": (
        (FRAMES, REFERENCE, "t,s,frame,b.png,,,hidden,stranger,,"),
        "frames.csv:3: stranger needs place given",
    ),
    "one character and no drift": (
        (FRAMES, REFERENCE, "t,s,frame,b.png,mara,,,none,,", "t,s,frame,c.png,mara,,,slight,,"),
        "frames.csv:3: task 't': no frame is labeled clear or other in identity; nothing to tell apart",
    ),
    "no style without drift": (
        (FRAMES, "t,s,frame,b.png,,,,,,clear"),
        "frames.csv:2: task 't': no frame is labeled none or slight in style; nothing to tell apart",
    ),
}


@pytest.mark.parametrize("name", FRAME_MISTAKES)
def test_a_mistake_in_frames_is_told_with_its_line(folder: Path, name: str) -> None:
    lines, expected = FRAME_MISTAKES[name]
    write(folder, "frames.csv", *lines)
    assert message(folder).startswith(expected)


def test_two_pinned_characters_are_enough_to_tell_apart(folder: Path) -> None:
    lines = (REFERENCE, "t,s,reference,b.png,pip,,,,,", "t,s,frame,c.png,mara,,,none,,")
    write(folder, "frames.csv", FRAMES, *lines)
    assert len(read(folder).rows) == 3


def test_a_folder_with_neither_table_says_what_belongs_there(tmp_path: Path) -> None:
    assert "neither pairs.csv nor frames.csv" in message(tmp_path)


def test_a_table_of_other_bytes_is_told(folder: Path) -> None:
    (folder / "pairs.csv").write_bytes(PAIRS.encode() + b"\nt,style,\xff\xfe,b.png,yes\n")
    assert message(folder).startswith("pairs.csv: no CSV in UTF-8")


def test_tasks_are_chosen_by_a_part_of_their_names(folder: Path) -> None:
    rows = [f"{task},style,a.png,{b}.png,{same}" for task in ("inks", "washes") for b, same in ("by", "cn")]
    write(folder, "pairs.csv", PAIRS, *(row.replace(",y", ",yes").replace(",n", ",no") for row in rows))
    labeled = read(folder)
    assert labeled.only(["wash"]).tasks == ("washes",)
    assert labeled.only([]).tasks == ("inks", "washes")
    with pytest.raises(
        module("labeled.reader").DataError, match="no task has 'oils' in its name: inks, washes"
    ):
        labeled.only(["oils"])


# Figures


def answers(same, other, verdict=Verdict.UNSURE):
    answer = module("labeled.metrics").Answer
    return [
        answer(kind, float(distance), verdict, (f"{kind}{at}",))
        for kind, distances in ((True, same), (False, other))
        for at, distance in enumerate(distances)
    ]


def figures(found, rounds=50):
    return module("labeled.metrics").figures(found, rounds)


DISTANCES = st.lists(st.integers(0, 6).map(lambda n: n / 4), min_size=1, max_size=12)


@given(DISTANCES, DISTANCES)
@settings(max_examples=60, deadline=None)
def test_auc_is_the_share_of_pairs_in_order_ties_half(same, other) -> None:
    expected = np.mean([(o > s) + 0.5 * (o == s) for s in same for o in other])
    assert figures(answers(same, other), 1).auc.value == pytest.approx(expected)


@given(DISTANCES, DISTANCES)
@settings(max_examples=60, deadline=None)
def test_figures_do_not_see_the_order_of_the_answers(same, other) -> None:
    found = answers(same, other)
    one, two = figures(found, 1), figures(found[::-1], 1)
    assert (one.auc.value, one.eer.value) == pytest.approx((two.auc.value, two.eer.value))


def test_equal_error_rate_of_one_in_ten_each_way() -> None:
    same, other = [*[0.1] * 9, 0.9], [*[0.8] * 9, 0.2]
    assert figures(answers(same, other)).eer.value == pytest.approx(0.1)
    assert figures(answers([0.1, 0.2], [0.3, 0.4])).eer.value == 0


def test_rates_count_verdicts_against_labels() -> None:
    answer = module("labeled.metrics").Answer
    said = [
        *[(True, Verdict.CONSISTENT)] * 6,
        *[(True, Verdict.DRIFTED)] * 2,
        *[(True, Verdict.UNSURE)] * 2,
        *[(False, Verdict.CONSISTENT)] * 1,
        *[(False, Verdict.DRIFTED)] * 3,
    ]
    got = figures([answer(same, 0.5, verdict, (str(at),)) for at, (same, verdict) in enumerate(said)])
    assert (got.same, got.other, got.groups) == (10, 4, 14)
    rates = (got.false_alarms, got.confirmed, got.misses, got.caught, got.unsure, got.unsure_same)
    assert [rate.value for rate in rates] == pytest.approx([0.2, 0.6, 0.25, 0.75, 2 / 14, 0.2])


def test_what_was_not_measured_counts_among_verdicts_only() -> None:
    got = figures(answers([0.1, nan], [0.9, nan, nan]))
    assert (got.same, got.other, got.unmeasured, got.auc.value) == (2, 3, 3, 1)
    assert isnan(figures(answers([nan], [0.4])).auc.value)


def test_intervals_hold_the_value_and_shrink_with_more_groups() -> None:
    random = np.random.default_rng(1)
    wide = figures(answers(random.normal(0, 1, 12), random.normal(1, 1, 12)), 200).auc
    tight = figures(answers(random.normal(0, 1, 300), random.normal(1, 1, 300)), 200).auc
    for figure in (wide, tight):
        assert figure.low < figure.value < figure.high
    assert tight.high - tight.low < (wide.high - wide.low) / 2


def test_intervals_do_not_shrink_when_a_picture_is_in_many_pairs() -> None:
    answer = module("labeled.metrics").Answer
    random = np.random.default_rng(2)
    ones = [
        (kind, float(random.normal(0 if kind else 1)), f"{kind}{at}")
        for kind in (True, False)
        for at in range(12)
    ]
    plain = [answer(kind, distance, Verdict.UNSURE, (group,)) for kind, distance, group in ones]
    once, often = figures(plain, 200).auc, figures(plain * 20, 200).auc
    assert (often.value, often.low, often.high) == pytest.approx((once.value, once.low, once.high))


def test_a_pair_is_drawn_as_often_as_both_of_its_pictures() -> None:
    metrics = module("labeled.metrics")
    weights, count = metrics._draws([("a", "b"), ("a",), ("b",), ("c", "c")], 40)
    assert count == 3
    for pair, a, b, c in weights:
        assert pair == a * b
        assert a + b + c == 3


# Other tools' cut-offs


def unit(*angles: float) -> np.ndarray:
    return np.array([[np.cos(angle), np.sin(angle)] for angle in np.radians(angles)], np.float32)


def test_distances_of_unit_vectors_are_converted() -> None:
    peers = module("labeled.peers")
    assert peers.l2(0) == 1
    assert peers.l2(sqrt(2)) == pytest.approx(0)
    a, b = unit(0, 50)
    assert peers.l2(float(np.linalg.norm(a - b))) == pytest.approx(float(a @ b), abs=1e-6)


def test_each_rule_puts_references_together_as_its_source_does() -> None:
    peers = module("labeled.peers")
    faces, references = unit(60, 10), unit(0, 90)
    assert peers.first_to_first(faces, references) == pytest.approx(0.5, abs=1e-6)
    assert peers.nearest(faces, references) == pytest.approx(np.cos(np.radians(10)), abs=1e-6)
    assert peers.to_mean(faces, references) == pytest.approx(np.cos(np.radians(15)), abs=1e-6)
    similar = np.cos(np.radians([10, 80]))
    expected = (np.exp(5 * similar) * similar).sum() / np.exp(5 * similar).sum()
    assert peers.softmax_mean(faces, references) == pytest.approx(expected, abs=1e-5)


def heard(same, angle, verdict=Verdict.UNSURE):
    faces = np.zeros((0, 2), np.float32) if angle is None else unit(angle)
    answer = module("labeled.measured").Heard
    return answer(same, 0.5, verdict, ("g",), faces=faces, face_references=unit(0))


def gate(name: str):
    return next(g for g in module("labeled.peers").GATES if g.name == name)


def test_only_one_tool_lets_a_frame_without_a_face_pass() -> None:
    peers = module("labeled.peers")
    faceless = [heard(same=False, angle=None)]
    passed = {g.name for g in peers.GATES if peers.decide(g, faceless).misses}
    assert passed == {"FaceAnalysis, as installed"}


def test_a_cut_off_decides_by_its_own_limit_and_band() -> None:
    peers = module("labeled.peers")
    # similarities .98, .64, .26, .17
    frames = [heard(same, angle) for same in (True, False) for angle in (10, 50, 75, 80)]
    strict = peers.decide(gate("PixlStash Face Likeness Gate"), frames)
    assert (strict.false_alarms, strict.same, strict.misses, strict.other, strict.unsure) == (3, 4, 1, 4, 0)
    banded = peers.decide(gate("InsightFace's web demo"), frames)
    assert (banded.false_alarms, banded.misses, banded.unsure) == (1, 2, 2)


def test_our_own_verdicts_stand_beside_them() -> None:
    peers = module("labeled.peers")
    said = [heard(True, 10, Verdict.DRIFTED), heard(False, 10, Verdict.CONSISTENT), heard(False, None)]
    own = peers.shipped(said)
    assert (own.false_alarms, own.misses, own.unsure) == (1, 1, 1)
    assert peers.decide(gate("FaceFilter"), answers([0.1], [0.2])[:0]) is None


# Tables


def test_numbers_are_short_and_nothing_that_happened_is_zero() -> None:
    tables = module("labeled.tables")
    assert [tables.short(v) for v in (0.98349, 1.0, 0.0, nan, -0.25)] == [".983", "1", "0", "–", "-.25"]
    assert [tables.percent(v) for v in (0.0, 0.0004, 0.034, 1.0)] == ["0 %", "<1 %", "3 %", "100 %"]


# The whole


def paint(path: Path, figure: tuple[int, int, int], left: int, seed: int, *, coarse: bool = False) -> None:
    """A flat figure before a speckled background; fine or coarse grain says whose hand it is."""
    random = np.random.default_rng(seed)
    side = 12 if coarse else 1
    grain = random.integers(-30, 30, (144 // side, 192 // side, 1)).repeat(side, 0).repeat(side, 1)
    pixels = np.clip(150 + grain + np.zeros((144, 192, 3)), 0, 255)
    pixels[30:130, left : left + 50] = np.array(figure) + random.normal(0, 4, (100, 50, 3))
    pixels[40:60, left + 10 : left + 40] = np.array(figure)[::-1]
    cv2.imwrite(str(path), np.clip(pixels, 0, 255).astype(np.uint8)[..., ::-1])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two characters, six frames, two hands."""
    folder = tmp_path_factory.mktemp("labeled")
    red, blue = (200, 40, 30), (30, 60, 200)
    for at in range(3):
        paint(folder / f"red{at}.png", red, 20 + 40 * at, at)
        paint(folder / f"blue{at}.png", blue, 20 + 40 * at, 10 + at)
        paint(folder / f"hand{at}.png", red, 20 + 40 * at, 20 + at, coarse=True)
    boxes = [f"{(20 + 40 * at) / 192:.3f} 0.2 {(70 + 40 * at) / 192:.3f} 0.91" for at in range(3)]
    pairs = ["hands,style,red0.png,red1.png,yes", "hands,style,red0.png,red2.png,yes"]
    pairs += ["hands,style,hand0.png,hand1.png,yes"]
    pairs += [f"hands,style,red{a}.png,hand{b}.png,no" for a in range(3) for b in range(3)]
    write(folder, "pairs.csv", PAIRS, *pairs)
    rows = []
    for task, place in (("told", "given"), ("not told", "hidden")):
        rows += [f"{task},s,reference,{who}0.png,{who},{boxes[0]},,,," for who in ("red", "blue")]
        rows += [
            f"{task},s,frame,{who}{at}.png,{who},{boxes[at]},{place},none,,"
            for who in ("red", "blue")
            for at in (1, 2)
        ]
    rows += [
        "not told,s,frame,red1.png,blue,,hidden,absent,,",
        "not told,s,frame,blue1.png,red,,hidden,absent,,",
    ]
    rows += ["told,s,frame,hand2.png,," + boxes[0] + ",given,stranger,,"]
    write(folder, "frames.csv", FRAMES, *rows)
    return folder


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(FOLDER / "evaluate.py"), *map(str, arguments)]
    root = str(FOLDER.parents[1])
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": root},
        timeout=60,
    )


@pytest.fixture(scope="module")
def report(tiny: Path, tmp_path_factory: pytest.TempPathFactory):
    """One run of the command: what it printed, its JSON, and a page that it was put into."""
    out = tmp_path_factory.mktemp("out")
    page = out / "page.md"
    page.write_text(
        "# Page\n\n<!-- evaluate.py: summary -->\nbefore\n<!-- evaluate.py: end -->\n\nEnd.\n",
        encoding="utf-8",
    )
    ran = run(tiny, "--rounds", 20, "--json", out / "out.json", "--into", out / "page.md")
    assert ran.returncode == 0, ran.stderr
    page = (out / "page.md").read_text(encoding="utf-8")
    return ran.stdout, json.loads((out / "out.json").read_text(encoding="utf-8")), page


def test_one_command_measures_every_task(report) -> None:
    printed, document, _ = report
    lines = {(line["task"], line["question"]): line["figures"] for line in document["lines"]}
    counts = {key: (f["same"], f["other"]) for key, f in lines.items()}
    assert counts == {
        ("hands", "same or another"): (3, 9),
        ("told", "it or another pinned character"): (4, 4),
        ("told", "it or a stranger"): (4, 2),
        ("not told", "there or absent"): (4, 2),
    }
    assert lines["told", "it or another pinned character"]["auc"]["value"] == 1
    assert lines["hands", "same or another"]["auc"]["value"] == 1
    for task, _ in counts:
        assert task in printed
    assert document["encoders"]["classical"]["style"].startswith("classical.")


def test_places_that_are_not_told_are_looked_for(report) -> None:
    ((found),) = report[1]["found"]
    assert found["finding"]["large"] == found["finding"]["there"] == 4
    assert found["finding"]["absent"] == 2
    assert found["finding"]["found"] >= 2


def test_every_picture_is_timed_once(report) -> None:
    assert sum(time["spent"]["pictures"] for time in report[1]["times"]) == 9 + 4  # hidden ones are seen anew


def test_the_table_takes_its_place_in_a_page_and_nothing_else(report) -> None:
    page = report[2]
    assert "before" not in page
    assert page.startswith("# Page\n\n<!-- evaluate.py: summary -->\n\n|")
    assert page.endswith(" of 4.\n\n<!-- evaluate.py: end -->\n\nEnd.\n")
    assert "| told: it or another pinned character | 4 / 4 | 1 [1, 1] | 0/4 · 0/4 · 0 % |" in page


def test_what_cannot_be_used_ends_with_one_line_and_2(
    tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    lines = ("t,style,broken.png,broken.png,yes", "t,style,broken.png,broken.png,no")
    write(tmp_path, "pairs.csv", PAIRS, *lines)
    threads = cv2.getNumThreads()
    for arguments, expected in (
        ([tmp_path], r"error: pairs\.csv:2: .*broken\.png"),
        ([tiny, "--encoder", "clasical"], r"error: no encoder 'clasical'; did you mean 'classical'"),
        ([tmp_path / "nowhere"], r"error: .*nowhere: neither pairs\.csv nor frames\.csv"),
    ):
        assert module("evaluate").main([str(argument) for argument in arguments]) == 2
        said = capsys.readouterr().err
        assert re.match(expected, said), said
        assert len(said.splitlines()) == 1
    cv2.setNumThreads(threads)


@dataclass(frozen=True)
class ColorFaces:
    """The whole picture is a face, told by its color; a black one has none."""

    id: str = "light.faces/1"
    weights: str = ""

    def faces(self, frames):
        means = [frame.pixels.reshape(-1, 3).mean(axis=0).astype(np.float32) for frame in frames]
        return [(face(mean),) if mean.any() else () for mean in means]


def face(vector: np.ndarray) -> Face:
    return Face(Box(0, 0, 1, 1), 0.9, vector / np.linalg.norm(vector))


def flat(path: Path, *rgb: int) -> None:
    cv2.imwrite(str(path), np.full((64, 64, 3), rgb[::-1], np.uint8))


def test_photographed_people_are_judged_by_their_faces_and_by_nothing_else(tmp_path: Path) -> None:
    colors = {"ann": (200, 20, 20), "ann2": (180, 30, 20), "ben": (20, 20, 200), "none": (0, 0, 0)}
    for name, rgb in colors.items():
        flat(tmp_path / f"{name}.png", *rgb)
    pairs = (("ann", "ann2", "yes"), ("ann", "ben", "no"), ("ann", "none", "yes"))
    lines = [f"people,identity,{a}.png,{b}.png,{same},photo" for a, b, same in pairs]
    write(tmp_path, "pairs.csv", f"{PAIRS},medium", *lines)
    measured, eyes = module("labeled.measured"), module("labeled.eyes")
    labeled = read(tmp_path)
    watching = eyes.Eyes(replace(load_encoders("classical"), faces=ColorFaces()), ObservationCache(None))
    watching.look(labeled)
    same, other, faceless = measured.measure(labeled, watching).answers["people", measured.PAIR]
    assert (same.verdict, other.verdict, faceless.verdict) == (
        Verdict.CONSISTENT,
        Verdict.DRIFTED,
        Verdict.UNSURE,
    )
    assert same.distance < 0.1
    assert other.distance > 0.7
    assert isnan(faceless.distance)
    peers = module("labeled.peers")
    assert peers.decide(gate("FaceFilter"), [same, other, faceless]).false_alarms == 1


# The development data


def test_the_development_data_can_be_said_in_the_format(tmp_path: Path) -> None:
    convert = module("to_format")
    if not convert.is_development_data(convert.DATA):
        pytest.skip(f"no labeled data at {convert.DATA} (set SERIES_EVAL)")
    convert.write_format(convert.DATA, tmp_path)
    labeled = read(tmp_path)
    tasks = " ".join(labeled.tasks)
    for part in ("photographed faces", "photo-like", "drawn", "subjects", "comic", "style"):
        assert part in tasks
    # What its README counts: 300 pairs of photographs, 38 of them the same.
    faces = [pair for pair in labeled.pairs if pair.task == "photographed faces"]
    assert (len(faces), sum(pair.same for pair in faces)) == (300, 38)


def test_a_part_of_the_development_data_is_enough(tmp_path: Path) -> None:
    convert = module("to_format")
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "faces").mkdir(parents=True)
    target.mkdir()
    for name in "ab":
        (source / "faces" / f"{name}.jpg").write_bytes(b"")
    write(source / "faces", "pairs.csv", "a,b,same", "a.jpg,a.jpg,1", "a.jpg,b.jpg,0")
    convert.write_format(source, target)
    assert [pair.same for pair in read(target).pairs] == [True, False]
    with (target / "pairs.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["medium"] for row in csv.DictReader(stream)} == {"photo"}
    assert not (target / "frames.csv").exists()
