import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from consistency import Verdict
from series.audit import Spent
from series.report import print_run_summary
from series.report.run_summary import ROWS_SHOWN


def printed(run, width=100, reports=(), spent=None, **console):
    out = io.StringIO()
    options = {"force_terminal": False, "color_system": None, **console}
    shown = Console(file=out, width=width, legacy_windows=False, **options)
    print_run_summary(run, shown, list(reports), spent)
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
    assert text.count("once more") == ROWS_SHOWN
    assert "... and 7 more\n" in text


def test_a_panel_is_one_line_whatever_was_said_and_done(long):
    text = printed(long(2, 30), width=70)
    rows = [line for line in text.splitlines() if line.startswith("P0")]
    assert len(rows) == 2
    assert all("in other words ×28, once more" in row for row in rows)
    rows = [line for line in printed(long(2, 30), width=40).splitlines() if line.startswith("P0")]
    assert len(rows) == 2
    assert all("in" in row and "…" in row for row in rows)


def test_a_repair_that_was_not_possible_is_said_once(run):
    tried = replace(
        run.frames[1].attempts[0],
        kind="repaired",
        verdict=None,
        changed="repaired here in vain: fur of tib turned from #abacac to #8cc5b4",
        answers="palette of tib, fur",
    )
    text = printed(replace(run, frames=(replace(run.frames[1], attempts=(tried,) * 2),)), width=120)
    assert "palette of tib, fur: repaired here in vain ×2  " in text


def test_a_kept_picture_is_not_named_by_its_digits(run):
    outcome = f"out/images/ab/{'ab' * 32}.png: not whole"
    text = printed(replace(run, frames=(replace(run.frames[2], outcome=outcome),)), width=200)
    assert "; the picture: not whole" in " ".join(text.split())
    assert "abab" not in text


def test_what_this_run_took_is_told_apart_from_earlier_runs(run):
    words = " ".join(printed(run, spent=Spent(2, 2, 0.08, 0.0)).split())
    assert "This run's 2 requests brought 2 pictures for $0.08. With earlier runs, 9 requests" in words
    assert "All of it cost $0.20" in words
    assert "cost so far" in words
    nothing = " ".join(printed(run, spent=Spent(0, 0, 0.0, 0.0)).split())
    assert "Nothing was asked this time. With earlier runs" in nothing
    alone = " ".join(printed(run, spent=Spent(9, 5, 0.2, 0.04)).split())
    assert alone == " ".join(printed(run).split())


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


def test_an_accepted_panel_that_is_to_look_at_says_at_what(run):
    one = next(frame for frame in run.frames if frame.verdict is Verdict.UNSURE and frame.assessment.findings)
    frame = replace(one, panel="R09", outcome="accepted", attempts=run.frames[0].attempts)
    row = next(line for line in printed(replace(run, frames=(frame,))).splitlines() if line[:3] == "R09")
    assert "look at made.up of" in row


def test_what_was_found_stands_before_why_a_person_decides(run):
    frame = replace(run.frames[2], outcome="it fits by itself, but not with the other frames")
    words = " ".join(printed(replace(run, frames=(frame,)), width=200).split())
    assert "a person decides – mara: coat" in words
    assert words.index("mara: coat") < words.index("it fits by itself")


def test_requests_and_repairs_are_counted_apart(run):
    row = next(line for line in printed(run).splitlines() if line.startswith("R02"))
    assert row.split()[1:3] == ["2", "1"]
