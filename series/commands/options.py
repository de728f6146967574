"""What all commands share: exit codes, options, consoles, a bar, outputs that are checked before any work."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from series.pipeline import Progress

CONSISTENT, DRIFT, INPUT_ERROR, BUG, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes."""
EXIT_CODES = "Exit codes: 0 consistent, 1 drift found, 2 input or usage error, 3 a bug, 130 interrupted."

ManifestPath = Annotated[Path, typer.Argument(metavar="MANIFEST", help="The series manifest, series.yaml.")]
EncoderName = Annotated[
    str,
    typer.Option(
        "--encoder",
        metavar="NAME",
        help="Which encoders observe. auto: what license, medium and this machine allow, or what is locked; "
        "classical needs no model files.",
    ),
]
ModelsFolder = Annotated[
    Path | None,
    typer.Option(
        "--models",
        metavar="DIR",
        help="Where models lie. Left out: SERIES_MODELS, else the user's data folder.",
    ),
]
CacheFile = Annotated[
    Path | None,
    typer.Option(
        "--cache", metavar="FILE", help="Where observations are kept. Left out: the user's cache folder."
    ),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="Keep no observations: everything is observed again.")
]
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="Write every number as JSON; - is standard output."),
]
HtmlFile = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the report, one file for any browser.")
]
JunitFile = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML for a build server.")
]
CsvFile = Annotated[
    Path | None, typer.Option("--csv", metavar="FILE", help="Write one row a finding for a spreadsheet.")
]
Workers = Annotated[
    int,
    typer.Option("--workers", min=0, max=256, help="Processes that observe frames; 0 is one for each core."),
]


def cache_file(cache: Path | None, *, off: bool) -> Path | None:
    """Where observations are kept: the file asked for, or the user's own; None when that is off."""
    if off:
        return None
    if cache is not None:
        return cache
    from platformdirs import user_cache_path

    return user_cache_path("series-consistency") / "observations.sqlite"


def processes(workers: int) -> int:
    """As many as were asked for; for 0 one a core that this process may use."""
    if workers:
        return workers
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def console_on(*, stderr: bool) -> Console:
    """A console that interprets no number as something to color."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


@contextmanager
def observing_bar(what: str) -> Iterator[Progress]:
    """A bar on standard error; nothing when that is not a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from series.pipeline import Progress

    console = console_on(stderr=True)
    if not console.is_terminal:
        yield Progress()
        return
    columns = (TextColumn("observing " + what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield Progress(
            begin=lambda total: bar.update(task, total=total),
            step=lambda: bar.advance(task),
        )


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """`series ... | head` ends the printing, and leaves the verdict's exit code as it is."""
    try:
        yield
    except BrokenPipeError:
        discard_output()
    except OSError as error:  # a full disk behind `> file`
        from series.errors import SeriesError

        discard_output()
        raise SeriesError(f"standard output cannot be written: {error.strerror or error}") from error


def discard_output() -> None:
    """What is still buffered goes nowhere, so that leaving does not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
