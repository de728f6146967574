import io
import re
import threading

import pytest

from consistency import Verdict
from series.report.live import LINE_EVERY_S, RunProgress


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Gone(io.StringIO):
    """A reader that left."""

    def __init__(self, *, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    def write(self, _text):
        raise BrokenPipeError

    def flush(self):
        raise BrokenPipeError


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch):
    """Whatever the terminal is in which the tests run."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")


def piece(progress, panel, *, usd=0.04):
    progress.asked(panel, 1)
    progress.answered(panel, 1, 4.2, usd)
    progress.judged(panel, 1, Verdict.CONSISTENT, "12 measurements within limits")
    progress.finished(panel, "accepted")


def test_elsewhere_a_line_now_and_then_and_nothing_else():
    out, clock = io.StringIO(), Clock()
    with RunProgress(out, clock=clock) as progress:
        progress.begin(40, 5.0)
        for number in range(12):
            piece(progress, f"p{number}")
        assert out.getvalue() == ""
        clock.now = LINE_EVERY_S
        progress.asked("p12", 1)
        progress.asked("p13", 1)
        clock.now = 2 * LINE_EVERY_S - 0.1
        progress.asked("p14", 1)
    assert out.getvalue() == "12 of 40 panels, 12 pictures, $0.48\n"


def test_failures_bring_no_picture_but_may_cost():
    progress = RunProgress(io.StringIO())
    progress.begin(1, None)
    progress.asked("p1", 1)
    progress.answered("p1", 1, 1.0, 0.02, pictures=0)
    progress.asked("p1", 2)
    progress.answered("p1", 2, 1.0, float("nan"), pictures=4)
    assert progress.line == "0 of 1 panel, 4 pictures, $0.02"


def test_time_left_comes_from_panels_that_were_made_now():
    clock = Clock()
    progress = RunProgress(io.StringIO(), clock=clock)
    progress.begin(10, None)
    for number in range(5):
        progress.finished(f"known{number}", "accepted")
    assert progress.seconds_left is None
    progress.asked("p1", 1)
    clock.now = 8.0
    progress.finished("p1", "accepted")
    assert progress.seconds_left == pytest.approx(8.0 * 4)


def test_a_panel_that_finishes_twice_counts_once():
    progress = RunProgress(io.StringIO())
    progress.begin(2, None)
    piece(progress, "p1")
    progress.finished("p1", "accepted")
    assert progress.line.startswith("1 of 2 panels")


@pytest.mark.parametrize("width", [20, 60, 120])
def test_on_a_terminal_three_lines_that_vanish(width):
    out = Terminal()
    with RunProgress(out, width=width) as progress:
        progress.begin(3, 5.0)
        progress.asked("[red]p1[/red]\x1b[31m", 1)
        progress.answered("[red]p1[/red]\x1b[31m", 1, 4.2, 0.04)
        progress.judged("[red]p1[/red]\x1b[31m", 1, Verdict.DRIFTED, "日本語" * 60)
        progress.asked("p2", 1)
        progress._live.refresh()
    text = out.getvalue()
    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert "\x1b[31m" not in text
    assert text.endswith("\x1b[1A\x1b[2K")  # up and cleared: nothing of it stays
    if width == 60:
        assert "0 of 3 panels" in shown
        assert "1 picture · 1 asked now · $0.04 of $5.00" in shown
        assert r"[red]p1[/red]\x1b[31m, try 1: drifted – 日本語" in shown


def test_a_reader_that_left_stops_nothing():
    for terminal in (False, True):
        clock = Clock()
        with RunProgress(Gone(terminal=terminal), clock=clock) as progress:
            progress.begin(2, None)
            clock.now = LINE_EVERY_S
            piece(progress, "p1")
        assert progress.line.startswith("1 of 2 panels, 1 picture")


def test_an_error_of_the_run_goes_through():
    with pytest.raises(ZeroDivisionError), RunProgress(Terminal()):
        raise ZeroDivisionError


def test_events_from_many_threads_are_all_counted():
    progress = RunProgress(io.StringIO())
    progress.begin(200, None)

    def work(first):
        for number in range(first, first + 25):
            piece(progress, f"p{number}", usd=0.25)

    threads = [threading.Thread(target=work, args=(25 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.line == "200 of 200 panels, 200 pictures, $50.00"


def test_a_panel_that_is_opened_again_is_not_done():
    progress = RunProgress(io.StringIO())
    progress.begin(2, None)
    piece(progress, "p1")
    progress.asked("p1", 2)
    assert progress.line.startswith("0 of 2 panels")


@pytest.mark.parametrize(("took", "said"), [(65.0, "about 2 min 10 s left"), (3.0, "nearly done")])
def test_time_left_is_said_as_coarsely_as_it_is_known(took, said):
    out, clock = Terminal(), Clock()
    with RunProgress(out, width=80, clock=clock) as progress:
        progress.begin(3, None)
        progress.asked("p1", 1)
        clock.now = took
        progress.finished("p1", "accepted")
        progress._live.refresh()
    assert f"1 of 3 panels, {said}" in out.getvalue()


@pytest.mark.parametrize("file", [io.StringIO, Terminal])
@pytest.mark.parametrize(
    ("billed_once", "said"), [(True, "that is billed once"), (False, "asks again only with --again")]
)
def test_who_leaves_without_answers_is_told_what_they_may_cost(file, billed_once, said):
    out = file()
    with RunProgress(out, width=200) as progress:
        progress.left(("p01", "[red]p02"), 0.08, billed_once=billed_once)
    assert "left without an answer for p01, [red]p02: $0.08 may be billed" in out.getvalue()
    assert said in out.getvalue()
