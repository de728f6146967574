import io

import pytest
from rich.console import Console

from series.report import print_summary


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


def test_next_commands_of_the_caller(clean):
    assert printed(clean, next_commands=["series run [x]"]).endswith("Next\n  series run [x]\n")


@pytest.mark.parametrize(("every", "words"), [(1, "All 4 frames drifted."), (2, "2 of 4 frames drifted.")])
def test_headline(plain, every, words):
    assert words in printed(plain(4, every=every))
