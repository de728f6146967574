"""Many pairs of pictures: one row each, every file observed once."""

from __future__ import annotations

from pathlib import Path

import pytest

from series.errors import FramesError
from series.pairs import compare_pairs, read_pairs
from series.pipeline import Progress


@pytest.fixture
def table(tmp_path: Path, pictures):
    for seed in range(4):
        pictures(tmp_path / f"{seed}.png", seed)

    def write(text: str) -> Path:
        path = tmp_path / "pairs.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_row_has_its_columns_its_measurements_and_what_is_missing(table) -> None:
    rows = compare_pairs(read_pairs(table("label,a,b,note\nsame,0.png,0.png,x\nother,0.png,1.png,\n")))
    assert [(row["label"], row["a"], row["b"], row["note"]) for row in rows] == [
        ("same", "0.png", "0.png", "x"),
        ("other", "0.png", "1.png", ""),
    ]
    for row in rows:
        assert row["unmeasured"] == []
        assert {"identity", "style.reference", "color.emd"} <= {m["check"] for m in row["measurements"]}
        for found in row["measurements"]:
            assert list(found) == ["check", "subject", "distance", "unit", "encoder"]
    same, other = ({m["check"]: m["distance"] for m in row["measurements"]} for row in rows)
    assert same["identity"] < 1e-4 < other["identity"]


def test_paths_are_relative_to_the_file_that_names_them(table, monkeypatch, tmp_path_factory) -> None:
    pairs = read_pairs(table("a,b\n0.png,1.png\n"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert compare_pairs(pairs)[0]["measurements"]


def test_an_unreadable_picture_says_why_and_the_other_rows_are_measured(table, tmp_path) -> None:
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    rows = compare_pairs(read_pairs(table("a,b\n0.png,text.png\n0.png,1.png\ngone.png,text.png\n")))
    assert [len(row["measurements"]) > 0 for row in rows] == [False, True, False]
    (reason,) = rows[0]["unmeasured"]
    assert reason["check"] == "picture"
    assert "text.png" in reason["reason"]
    assert len(rows[2]["unmeasured"]) == 2


def test_each_file_is_observed_once_however_often_it_is_named(table) -> None:
    totals, steps = [], []
    pairs = read_pairs(table("a,b\n0.png,1.png\n0.png,2.png\n1.png,0.png\n"))
    compare_pairs(pairs, progress=Progress(totals.append, lambda: steps.append(1)))
    assert (totals, len(steps)) == ([3], 3)


def test_a_cache_and_worker_processes_change_nothing(table, tmp_path, pictures) -> None:
    for seed in range(4, 10):
        pictures(tmp_path / f"{seed}.png", seed)
    pairs = read_pairs(table("a,b\n" + "".join(f"{i}.png,{(i * 3 + 1) % 10}.png\n" for i in range(10))))
    plain = compare_pairs(pairs)
    cache = tmp_path / "facts.sqlite"
    assert compare_pairs(pairs, cache=cache, workers=2) == plain
    assert compare_pairs(pairs, cache=cache) == plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y\n0.png,1.png\n", r"pairs\.csv:1: pairs need columns a,b; found x, y"),
        ("", r"pairs\.csv:1: pairs need columns a,b; found nothing"),
        ("a,b\n0.png,1.png\n0.png,\n", r"pairs\.csv:3: a pair needs both a and b"),
        ("a,b\n0.png\n", r"pairs\.csv:2: a pair needs both a and b"),
    ],
)
def test_a_wrong_table_is_an_error_with_its_line(table, text: str, said: str) -> None:
    with pytest.raises(FramesError, match=said):
        read_pairs(table(text))


def test_a_table_that_is_not_there_is_an_error(tmp_path) -> None:
    with pytest.raises(FramesError, match=r"gone\.csv: cannot be read as a CSV of pairs"):
        read_pairs(tmp_path / "gone.csv")


def test_no_pairs_are_no_rows(table) -> None:
    assert compare_pairs(read_pairs(table("a,b\n"))) == []


def test_a_row_with_too_many_cells_keeps_its_columns(table) -> None:
    (row,) = compare_pairs(read_pairs(table("a,b\n0.png,1.png,stray\n")))
    assert set(row) == {"a", "b", "measurements", "unmeasured"}


def test_a_zero_byte_in_a_path_is_unreadable_not_a_bug(table) -> None:
    (row,) = compare_pairs(read_pairs(table("a,b\n0.png,\x001.png\n")))
    assert row["measurements"] == []
    assert row["unmeasured"]


@pytest.mark.parametrize("header", ["a,b,measurements", "a,b,unmeasured", "a,b,a"])
def test_a_column_that_a_result_or_another_column_would_overwrite_is_refused(table, header) -> None:
    with pytest.raises(FramesError, match=r":1: the column '\w+' .* rename"):
        read_pairs(table(f"{header}\n0.png,1.png,mine\n"))
