"""The command line: parse, call one function, print, exit code."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from series.audit import Audit
    from series.pipeline import Progress

CONSISTENT, DRIFT, INPUT_ERROR, BUG, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit codes."""
EXIT_CODES = "Exit codes: 0 consistent, 1 drift found, 2 input or usage error, 3 a bug, 130 interrupted."

app = typer.Typer(
    name="series",
    help="Check pictures made in series for drift from what a manifest pins: identity, color, style, "
    "rendering, picture.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=f"Start with `series init my-series`, or read the README. {EXIT_CODES}",
)

ManifestPath = Annotated[Path, typer.Argument(metavar="MANIFEST", help="The series manifest, series.yaml.")]
EncoderName = Annotated[
    str, typer.Option("--encoder", help="Which encoders observe. classical needs no model files.")
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
Workers = Annotated[
    int,
    typer.Option("--workers", min=0, max=256, help="Processes that observe frames; 0 is one for each core."),
]


@app.command(epilog=EXIT_CODES.replace("error,", "error, an unreadable frame (or unsure, with --strict),"))
def audit(
    manifest: ManifestPath,
    frames: Annotated[
        Path, typer.Option("--frames", metavar="DIR", help="Folder with the frames: p01.png is panel p01.")
    ],
    mapping: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.csv", help="Columns panel,file where the names do not match."),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write every number as JSON; - is standard output."),
    ] = None,
    html_file: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write the report, one file for any browser."),
    ] = None,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", metavar="FILE", help="Write JUnit XML for a build server.")
    ] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write one row a finding for a spreadsheet.")
    ] = None,
    encoder: EncoderName = "classical",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 2 when frames are unsure and none drifted.")
    ] = False,
    ignore_lock: Annotated[
        bool, typer.Option("--ignore-lock", help="Go on although references changed since series.lock.")
    ] = False,
    cache: CacheFile = None,
    no_cache: NoCache = False,
    workers: Workers = 0,
) -> None:
    """Check a folder of frames against a manifest and report what drifted."""
    from series.errors import SeriesError
    from series.pipeline import AuditOptions, audit_series
    from series.report import audit_json, print_summary

    options = AuditOptions(
        manifest,
        frames,
        mapping,
        encoder,
        _cache_file(cache, no_cache),
        _processes(workers),
        pictures=html_file is not None,
        ignore_lock=ignore_lock,
    )
    files = {"--json": json_file, "--html": html_file, "--junit": junit_file, "--csv": csv_file}
    _check_writable(files, inputs=(manifest, manifest.with_suffix(".lock"), mapping, options.cache))
    with _progress("frames") as progress:
        audited = audit_series(options, progress).audit
    written, failed = _write_reports(audited, json_file, html_file, junit_file, csv_file)
    with _reader_may_leave():
        if json_file == Path("-"):
            sys.stdout.write(audit_json(audited))
        print_summary(audited, _console(stderr=json_file == Path("-")), reports=list(map(str, written)))
        sys.stdout.flush()
    if failed:
        raise SeriesError("\n".join(failed))
    raise typer.Exit(_exit_code(audited, strict))


def _exit_code(audit: Audit, strict: bool) -> int:  # noqa: FBT001 - the option itself
    from consistency import Verdict

    if audit.verdict is Verdict.DRIFTED:
        return DRIFT
    if any(frame.error for frame in audit.frames):
        return INPUT_ERROR
    if audit.verdict is Verdict.UNSURE and strict:
        return INPUT_ERROR
    return CONSISTENT


def _check_writable(files: dict[str, Path | None], inputs: Iterable[Path | None]) -> None:
    """Before any work: a report that cannot be written later would cost the whole audit, and one in the
    place of a manifest or a frame would cost that."""
    from series.errors import SeriesError
    from series.frames import PICTURE_SUFFIXES

    taken = {path.resolve(): "is read by this command" for path in inputs if path is not None}
    for option, path in files.items():
        if path is None or (path == Path("-") and option == "--json"):
            continue
        if path == Path("-"):
            raise SeriesError(f"{option} takes a file; only --json writes to standard output")
        if path.is_dir():
            raise SeriesError(f"{path}: {option} takes a file, this is a folder")
        if not path.resolve().parent.is_dir():
            raise SeriesError(f"{path}: the folder of {option} does not exist; make it first")
        if path.resolve() in taken:
            raise SeriesError(f"{path}: {taken[path.resolve()]}; name another file for {option}")
        if path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES:
            raise SeriesError(f"{path}: is there, and named like a picture; name another file for {option}")
        if path.is_file() or not path.exists():  # a device may take two reports
            taken[path.resolve()] = f"is written by {option}"


def _write_reports(
    audit: Audit,
    json_file: Path | None,
    html_file: Path | None,
    junit_file: Path | None,
    csv_file: Path | None,
) -> tuple[list[Path], list[str]]:
    """→ what was written, and why the others were not: one full disk costs no other report."""
    from series import report
    from series.errors import SeriesError
    from series.files import write_atomically

    written, failed = [], []
    for path, render in (
        (html_file, report.audit_html),
        (json_file if json_file != Path("-") else None, report.audit_json),
        (junit_file, report.audit_junit),
        (csv_file, report.audit_csv),
    ):
        if path is not None:
            try:
                write_atomically(path, render(audit))
                written.append(path)
            except SeriesError as error:
                failed.append(str(error))
    return written, failed


@app.command(
    name="compare",
    epilog="Exit codes: 0 measured, 2 input error or a pair that could not be measured, 3 a bug, "
    "130 interrupted.",
)
def compare_pictures(
    a: Annotated[Path | None, typer.Argument(metavar="A", help="A picture.")] = None,
    b: Annotated[
        Path | None, typer.Argument(metavar="B", help="The picture that it is measured against.")
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option("--pairs", metavar="FILE.csv", help="Columns a,b: one pair a row; others are kept."),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the rows as JSON; - is standard output."),
    ] = None,
    encoder: EncoderName = "classical",
    cache: CacheFile = None,
    no_cache: NoCache = False,
    workers: Workers = 0,
) -> None:
    """Measure every distance between two pictures, or between many pairs."""
    from series.pairs import Pair, compare_pairs, read_pairs

    if pairs is None and (a is None or b is None):
        raise typer.BadParameter("name two pictures, or a CSV of pairs with --pairs")
    if pairs is not None and a is not None:
        raise typer.BadParameter("name two pictures or --pairs, not both")
    if json_file is not None:
        _check_writable({"--json": json_file}, inputs=(a, b, pairs, _cache_file(cache, no_cache)))
    todo = (
        read_pairs(pairs)
        if pairs is not None
        else [Pair(Path(str(a)), Path(str(b)), {"a": str(a), "b": str(b)})]
    )
    with _progress("pictures") as progress:
        rows = compare_pairs(
            todo,
            encoder=encoder,
            cache=_cache_file(cache, no_cache),
            workers=_processes(workers),
            progress=progress,
        )
    _print_rows(rows, json_file, many=pairs is not None)
    if any(not row["measurements"] for row in rows):
        raise typer.Exit(INPUT_ERROR)


def _print_rows(rows: list[dict[str, object]], json_file: Path | None, *, many: bool) -> None:
    from series.files import write_atomically

    text = json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if json_file == Path("-"):
        sys.stdout.write(text)
        return
    if json_file is not None:
        write_atomically(json_file, text)
    if many:
        unreadable = sum(not row["measurements"] for row in rows)
        note = f", {unreadable} not measured" if unreadable else ""
        where = f" → {json_file}" if json_file else "; --json FILE writes them"
        _console(stderr=False).print(f"{len(rows)} pairs{note}{where}", markup=False)
        return
    from series.report.comparison import print_comparison

    print_comparison(rows[0], _console(stderr=False))


@app.command()
def lock(
    manifest: ManifestPath,
    encoder: EncoderName = "classical",
) -> None:
    """Pin digests of references, seeds, encoders and tolerances in series.lock."""
    from consistency import load_encoders
    from series.locked import lock_series
    from series.manifest import read_manifest
    from series.plan import plan
    from series.tolerances import resolve_tolerances

    read = read_manifest(manifest)
    orders = plan(read)
    path = lock_series(read, orders, load_encoders(encoder).locked, resolve_tolerances(read, orders))
    typer.echo(f"locked {path}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of the manifest, for editors."""
    from series.manifest import manifest_schema

    typer.echo(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write series.yaml into.")],
) -> None:
    """Write a commented starter manifest."""
    from series.starter import write_starter

    path = write_starter(folder)
    typer.echo(f"wrote {path}")
    typer.echo(f"next: edit it, then series audit {path} --frames DIR --html audit.html")


def _version(asked: bool) -> None:  # noqa: FBT001 - typer's callback form
    if asked:
        from series.version import package_version

        typer.echo(f"series-consistency {package_version()}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


def _cache_file(cache: Path | None, no_cache: bool) -> Path | None:  # noqa: FBT001 - the options themselves
    if no_cache:
        return None
    if cache is not None:
        return cache
    from platformdirs import user_cache_path

    return user_cache_path("series-consistency") / "observations.sqlite"


def _processes(workers: int) -> int:
    if workers:
        return workers
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


@contextmanager
def _progress(what: str) -> Iterator[Progress]:
    """A bar on standard error; nothing when that is not a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from series.pipeline import Progress

    console = _console(stderr=True)
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
def _reader_may_leave() -> Iterator[None]:
    """`series ... | head` ends the printing, and leaves the verdict's exit code as it is."""
    try:
        yield
    except BrokenPipeError:
        _discard_output()
    except OSError as error:  # a full disk behind `> file`
        from series.errors import SeriesError

        _discard_output()
        raise SeriesError(f"standard output cannot be written: {error.strerror or error}") from error


def _discard_output() -> None:
    """What is still buffered goes nowhere, so that leaving does not fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> None:
    """Run the command line; turn every outcome into an exit code and one message."""
    _open_closed_streams()
    signal.signal(signal.SIGTERM, _terminated)
    sys.exit(_run(sys.argv[1:]))


def _open_closed_streams() -> None:
    """`series ... >&-` leaves no stream, and its number to the next file opened: printing would go there."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _terminated(number: int, _frame: object) -> None:
    """End in order: temporary files are removed, workers are told."""
    raise SystemExit(128 + number)


def _run(arguments: list[str]) -> int:
    from consistency import ConsistencyError
    from series.errors import SeriesError

    try:
        return _invoke(arguments)
    except _UsageError as error:
        error.show()
        return INPUT_ERROR
    except (ConsistencyError, SeriesError) as error:
        typer.echo(f"error: {error}", err=True)
        return INPUT_ERROR
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted; what was observed is kept, the same command goes on from there", err=True)
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output left: `series ... | head`
        _discard_output()
        return CONSISTENT
    except Exception:  # noqa: BLE001 - the one place where a bug becomes a log
        from series.bug import write_bug_log

        typer.echo(write_bug_log(arguments), err=True)
        return BUG


def _invoke(arguments: list[str]) -> int:
    """Without typer's own main, which gives interruptions and broken pipes exit codes of its own."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("series", list(arguments)) as context:
            command.invoke(context)
        code = CONSISTENT
    except typer.Exit as done:
        code = int(done.exit_code)
    sys.stdout.flush()  # here, where a reader who left is no error
    return code


_UsageError = cast(
    "type[typer.BadParameter]",
    next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"),
)
"""What typer raises for wrong options: its own copy of click's class, or click's, by its version."""
