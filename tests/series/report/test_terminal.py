import io
from dataclasses import replace

import pytest
from rich.console import Console

from consistency.tolerance import DEFAULT_TOLERANCES
from series.report import print_summary
from series.report.comparison import print_comparison


def printed(audit, **options):
    out = io.StringIO()
    print_summary(audit, Console(file=out, width=100, force_terminal=False, color_system=None), **options)
    return out.getvalue()


def test_gold(audit, gold):
    gold("audit.txt", printed(audit))


def test_user_text_is_no_markup_and_no_terminal_code(audit):
    text = printed(audit)
    assert "[red]not markup[/red]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_clean_series(clean):
    text = printed(clean)
    assert "All 3 frames are consistent." in text
    assert "Drifted" not in text


def test_long_lists_are_cut_with_a_count(plain):
    assert "… and 50 more frames" in printed(plain(100, every=1))


def test_reports_are_named_for_copying(clean):
    assert "report: out/[x].html\n" in printed(clean, reports=["out/[x].html"])


def test_next_command_is_the_real_one(plain):
    named = replace(plain(4, every=2), manifest="my series/series.yaml", frames_folder="frames")
    command = "series audit 'my series/series.yaml' --frames frames --html audit.html"
    assert printed(named).endswith(f"\n  {command}\n")
    assert command not in printed(named, reports=["audit.html"])


def test_on_a_terminal_reasons_stay_under_their_kind(audit):
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, color_system=None, legacy_windows=False)
    print_summary(audit, console)
    reasons = [line for line in out.getvalue().splitlines() if line.startswith("    ")]
    assert len(reasons) > 5
    assert max(map(len, reasons)) <= 80


def test_unsure_says_what_would_help(audit):
    assert "→ look by eye" in printed(audit)


@pytest.mark.parametrize("width", [80, 100, 130])
def test_a_comparison_is_one_line_a_check(width):
    checks = sorted({check for check, _ in DEFAULT_TOLERANCES})
    unit = "share of pixels missing along a side"
    row = {
        "measurements": [
            {
                "check": check,
                "subject": "frame",
                "distance": 0.25,
                "unit": unit,
                "encoder": "classical.appearance/1",
            }
            for check in checks
        ],
        "unmeasured": [{"check": "identity", "reason": "nothing stands out"}],
    }
    out = io.StringIO()
    print_comparison(row, Console(file=out, width=width, color_system=None))
    lines = out.getvalue().splitlines()
    assert len(lines) == 1 + len(checks) + 1
    assert max(map(len, lines)) <= width
    assert "…" not in out.getvalue()
    assert ("classical.appearance/1" in out.getvalue()) is (width >= 120)


@pytest.mark.parametrize(("every", "words"), [(1, "All 4 frames drifted."), (2, "2 of 4 frames drifted.")])
def test_headline(plain, every, words):
    assert words in printed(plain(4, every=every))


def test_sample_fits_eighty_columns(sample):
    lines = [line for line in printed(sample).splitlines() if not line.startswith("note: not locked")]
    assert [line for line in lines if len(line) > 90] == []
