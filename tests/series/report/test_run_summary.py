import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from series.report import print_run_summary
from series.report.run_summary import ROWS_SHOWN


def printed(run, width=100, reports=(), **console):
    out = io.StringIO()
    options = {"force_terminal": False, "color_system": None, **console}
    print_run_summary(run, Console(file=out, width=width, legacy_windows=False, **options), list(reports))
    return out.getvalue()


def test_gold(run, gold):
    gold("run.txt", printed(run, reports=["out/[x].html"]))


def test_gold_on_a_narrow_terminal(run, gold):
    gold("run_narrow.txt", printed(run, width=60, reports=["out/[x].html"]))


def test_user_text_is_no_markup_and_no_terminal_code(run):
    text = printed(run, force_terminal=True)
    assert "[red]not" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_table_fits_the_terminal(run, width):
    lines = printed(replace(run, series="Plain", notes=()), width, force_terminal=True).splitlines()
    assert max(map(cell_len, lines)) <= width


def test_only_panels_that_took_more_are_listed_and_a_persons_first(run):
    lines = printed(run).splitlines()
    rows = [line.split()[0] for line in lines if line.startswith(("R0", "<scri"))]
    assert "R01" not in rows
    assert rows[-1] == "R02"
    assert {"R03", "R05"} <= set(rows[:-1])


def test_a_long_table_is_cut_with_a_count(long):
    text = printed(long(ROWS_SHOWN + 7, 2))
    assert text.count("asked again: once more") == ROWS_SHOWN
    assert "... and 7 more\n" in text


def test_many_changes_of_one_panel_are_cut(long):
    text = printed(long(1, 30))
    assert "... and 26 more" in text
    assert text.count("asked again") == 3


def test_all_passed_at_once(long):
    text = printed(long(3, 1))
    assert "panel  " not in text
    assert "It cost" in text


def test_an_audit_without_a_run_prints_no_totals(plain):
    assert "It cost" not in printed(plain(2))


def test_a_panel_that_was_left_alone_is_listed_after_those_for_a_person(run):
    left = replace(run.frames[0], panel="R00", outcome="not finished")
    rows = [
        line for line in printed(replace(run, frames=(left, *run.frames))).splitlines() if line[:2] == "R0"
    ]
    assert [row.split()[0] for row in rows] == ["R03", "R05", "R00", "R02"]
    assert "not finished" in rows[2]
