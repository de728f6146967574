"""What happens in a run in, its progress on standard error out: panels, pictures, money, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import isfinite
from threading import Lock
from types import TracebackType
from typing import Protocol, Self, TextIO, cast

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from consistency import Verdict
from series.report.took import duration, money
from series.report.words import VERDICT_TITLES, one_direction, plural

LINE_EVERY_S = 10.0
"""Seconds between two lines where standard error is no terminal: a log of an hour stays under 400 lines."""
REFRESH_PER_SECOND = 4
"""Slow enough not to flicker, fast enough to look alive."""
SOON_S = 10.0
"""Less than this is not counted down: the guess is coarser than that."""
PANELS_NAMED = 10
"""More names than this are no help: `series status` has them all."""
BAR_COLUMNS = 24
"""Leaves room for the words beside it on a terminal of 60 columns."""


class RunEvents(Protocol):
    """What a run tells whoever shows its progress. Called from several threads, in any order."""

    def begin(self, panels: int, budget_usd: float | None) -> None:
        """panels: of the whole run, finished ones included. budget_usd: None without one."""

    def asked(self, panel: str, attempt: int) -> None:
        """A request was sent."""

    def answered(self, panel: str, attempt: int, seconds: float, usd: float, *, pictures: int = 1) -> None:
        """It was answered. usd: what it cost. pictures: that came; 0 for a failure."""

    def judged(self, panel: str, attempt: int, verdict: Verdict | None, words: str) -> None:
        """A picture was judged, or a repaired one. words: the worst finding, or what failed."""

    def finished(self, panel: str, state: str) -> None:
        """Nothing more is done for the panel, unless it is opened again. state: "accepted", or why not."""

    def stopping(self, in_flight: int) -> None:
        """The run was interrupted, and waits for so many pictures that were sent and will be paid for."""

    def left(self, panels: Sequence[str], usd: float, *, billed_once: bool) -> None:
        """It was interrupted again, and waits no more: requests for these panels are out that may cost so
        much. billed_once: also when they are asked for again."""


@dataclass(slots=True)
class _Count:
    """What has happened so far."""

    panels: int = 0
    budget_usd: float | None = None
    done: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)
    """Panels that were asked for in this run; the others were known, and say nothing about time."""
    in_flight: set[tuple[str, int]] = field(default_factory=set)
    pictures: int = 0
    usd: float = 0.0
    began: float | None = None
    """When the first request was sent."""
    last: str = ""
    """What happened last, in words."""

    def line(self) -> str:
        pictures = plural(self.pictures, "picture")
        return f"{len(self.done):,} of {plural(self.panels, 'panel')}, {pictures}, {money(self.usd)}"

    def seconds_left(self, now: float) -> float | None:
        done = len(self.done & self.tried)
        if self.began is None or not done:
            return None
        return (now - self.began) / done * max(0, self.panels - len(self.done))


class _Forgiving:
    """A text file for rich whose disk may be full and whose reader may leave. rich itself would answer a
    reader that left with SystemExit, and point standard output elsewhere.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file

    @property
    def encoding(self) -> str:
        return self._file.encoding or "utf-8"

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):  # ValueError: it was closed, or cannot encode this
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._file.flush()

    def isatty(self) -> bool:
        with suppress(OSError, ValueError):
            return self._file.isatty()
        return False

    def fileno(self) -> int:
        return self._file.fileno()


class RunProgress:
    """Context manager that shows RunEvents. On a terminal three lines that stay in place and vanish at the
    end; elsewhere a line every LINE_EVERY_S. Nothing that goes wrong with showing stops a run.
    """

    def __init__(
        self,
        file: TextIO | None = None,
        *,
        width: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """file: standard error. width: columns; None for those of the terminal. clock: seconds."""
        forgiving = cast("TextIO", _Forgiving(file or sys.stderr))
        self._console = Console(file=forgiving, width=width, highlight=False)
        self._clock = clock
        self._lock = Lock()
        self._count = _Count()
        self._live: Live | None = None
        self._next_line: float | None = None

    def __enter__(self) -> Self:
        self._next_line = self._clock() + LINE_EVERY_S
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            live = Live(
                get_renderable=self._view,
                console=self._console,
                refresh_per_second=REFRESH_PER_SECOND,
                transient=True,
                # A pipe behind standard output keeps what is meant for it.
                redirect_stdout=_Forgiving(sys.stdout).isatty(),
            )
            with suppress(Exception):
                live.start()
                self._live = live
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            with suppress(Exception):
                self._live.stop()
            self._live = None

    def begin(self, panels: int, budget_usd: float | None) -> None:
        """See RunEvents."""
        with self._lock:
            self._count.panels, self._count.budget_usd = panels, budget_usd

    def asked(self, panel: str, attempt: int) -> None:
        """See RunEvents."""
        with self._lock:
            if self._count.began is None:
                self._count.began = self._clock()
            self._count.tried.add(panel)
            self._count.done.discard(panel)  # opened again
            self._count.in_flight.add((panel, attempt))
        self._line()

    def answered(self, panel: str, attempt: int, seconds: float, usd: float, *, pictures: int = 1) -> None:  # noqa: ARG002 - the seconds are for other listeners
        """See RunEvents."""
        with self._lock:
            self._count.in_flight.discard((panel, attempt))
            self._count.pictures += pictures
            self._count.usd += usd if isfinite(usd) else 0.0
        self._line()

    def judged(self, panel: str, attempt: int, verdict: Verdict | None, words: str) -> None:
        """See RunEvents."""
        said = " – ".join(filter(None, (VERDICT_TITLES[verdict].lower() if verdict else "", words)))
        with self._lock:
            self._count.last = one_direction(f"{panel}, try {attempt}: {said}")
        self._line()

    def finished(self, panel: str, state: str) -> None:
        """See RunEvents."""
        with self._lock:
            self._count.done.add(panel)
            self._count.in_flight = {one for one in self._count.in_flight if one[0] != panel}
            self._count.last = one_direction(f"{panel}: {state}")
        self._line()

    def stopping(self, in_flight: int) -> None:
        """See RunEvents."""
        waits = (
            f"waiting for {plural(in_flight, 'picture')} on the way, since paid for; Ctrl-C again leaves now"
        )
        with self._lock:
            self._count.last = waits
        if self._live is None:
            self._console.print(waits, markup=False)

    def left(self, panels: Sequence[str], usd: float, *, billed_once: bool) -> None:
        """See RunEvents."""
        named = ", ".join(panels[:PANELS_NAMED]) + (" ..." if len(panels) > PANELS_NAMED else "")
        again = (
            "the next run asks again under the same key, and that is billed once"
            if billed_once
            else "the next run asks again only with --again"
        )
        self._console.print(
            Text(f"left without an answer for {one_direction(named)}: {money(usd)} may be billed; {again}"),
            soft_wrap=True,
        )

    @property
    def line(self) -> str:
        """All of it in one line: "12 of 40 panels, 19 pictures, $0.76"."""
        with self._lock:
            return self._count.line()

    @property
    def seconds_left(self) -> float | None:
        """From the rate at which panels were finished that were asked for in this run; None before the
        first. ≥ 0.
        """
        with self._lock:
            return self._count.seconds_left(self._clock())

    def _line(self) -> None:
        """Where there is no terminal: one line, if it is time for it."""
        if self._live is not None or self._next_line is None:
            return
        with self._lock:
            now = self._clock()
            if now < self._next_line:
                return
            self._next_line = now + LINE_EVERY_S
            with suppress(Exception):
                self._console.print(Text(self._count.line()), soft_wrap=True)

    def _view(self) -> Group:
        """Always three lines, so that nothing below or above them moves."""
        with self._lock:
            count = self._count
            done, total = len(count.done), count.panels
            left = count.seconds_left(self._clock())
            facts = [plural(count.pictures, "picture"), f"{len(count.in_flight):,} asked now"]
            budget = "" if count.budget_usd is None else f" of {money(count.budget_usd)}"
            facts.append(f"{money(count.usd)}{budget}")
            last = count.last
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=BAR_COLUMNS)
        row.add_column(no_wrap=True, overflow="ellipsis")
        panels = f"{done:,} of {plural(total, 'panel')}"
        soon = "" if left is None or done >= total else f", {_left(left)}"
        row.add_row(ProgressBar(total=max(total, 1), completed=done, width=BAR_COLUMNS), Text(panels + soon))
        return Group(
            row,
            Text(" · ".join(facts), no_wrap=True, overflow="ellipsis"),
            Text(last, style="dim", no_wrap=True, overflow="ellipsis"),
        )


def _left(seconds: float) -> str:
    return "nearly done" if seconds < SOON_S else f"about {duration(seconds)} left"
