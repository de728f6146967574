"""`series run`, and `series report` for what it made."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from series.commands.options import (
    CONSISTENT,
    DRIFT,
    INPUT_ERROR,
    CsvFile,
    EncoderName,
    HtmlFile,
    JsonFile,
    JunitFile,
    ManifestPath,
    ModelsFolder,
    Workers,
    console_on,
    processes,
    reader_may_leave,
)
from series.commands.outputs import check_writable, write_reports

if TYPE_CHECKING:
    from series.pipeline import Finished, RunOptions

OutFolder = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Where everything is kept. Left out: out beside MANIFEST."),
]
StoreUrl = Annotated[
    str | None,
    typer.Option("--store", metavar="URL", help="A database (any SQLAlchemy URL) in place of a file in DIR."),
]
GeneratorName = Annotated[
    str | None,
    typer.Option("--generator", metavar="NAME", help="What makes the pictures, in place of the manifest's."),
]
Attempts = Annotated[
    int | None, typer.Option("--attempts", min=1, max=1000, help="Pictures asked for one panel at most.")
]
IgnoreLock = Annotated[
    bool, typer.Option("--ignore-lock", help="Go on although references changed since series.lock.")
]


def run(
    manifest: ManifestPath,
    out: OutFolder = None,
    generator: GeneratorName = None,
    panels: Annotated[
        str, typer.Option("--panels", metavar="p03,p07", help="Ask for these panels only.")
    ] = "",
    attempts: Attempts = None,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="USD", min=0, help="US dollars for the series, with earlier runs."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print every request and the expected cost; ask for nothing.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Ask anew for pictures that may have been billed and never arrived."),
    ] = False,
    store: StoreUrl = None,
    encoder: EncoderName = "auto",
    models: ModelsFolder = None,
    ignore_lock: IgnoreLock = False,
    workers: Workers = 0,
) -> None:
    """Make a series: generate, check, reinforce what drifted, resume where the last run ended."""
    from series.pipeline import RunOptions

    options = RunOptions(
        manifest=manifest,
        out=out,
        generator=generator,
        panels=tuple(name.strip() for name in panels.split(",") if name.strip()),
        attempts=attempts,
        budget=budget,
        store=store,
        encoder=encoder,
        models=models,
        workers=processes(workers),
        ignore_lock=ignore_lock,
        again=again,
    )
    if dry_run:
        _print_plan(options)
        return
    raise typer.Exit(_run(options))


def report(
    manifest: ManifestPath,
    out: OutFolder = None,
    html_file: HtmlFile = None,
    json_file: JsonFile = None,
    junit_file: JunitFile = None,
    csv_file: CsvFile = None,
    generator: GeneratorName = None,
    attempts: Attempts = None,
    store: StoreUrl = None,
    encoder: EncoderName = "auto",
    models: ModelsFolder = None,
    ignore_lock: IgnoreLock = False,
    workers: Workers = 0,
) -> None:
    """Write the report of a run again, without asking for anything."""
    from series.errors import SeriesError
    from series.pipeline import RunOptions, run_series
    from series.report import audit_json, print_run_summary
    from series.report.live import RunProgress

    options = RunOptions(
        manifest=manifest,
        out=out,
        generator=generator,
        attempts=attempts,
        store=store,
        encoder=encoder,
        models=models,
        workers=processes(workers),
        ignore_lock=ignore_lock,
        ask=False,
    )
    files = {"--json": json_file, "--html": html_file, "--junit": junit_file, "--csv": csv_file}
    check_writable(files, inputs=(manifest, manifest.with_suffix(".lock")))
    with RunProgress() as progress:
        finished = run_series(options, progress)
    named = any(files.values())
    html = html_file if named else finished.folder.report
    written, failed = write_reports(finished.audit, json_file, html, junit_file, csv_file)
    with reader_may_leave():
        if json_file == Path("-"):
            sys.stdout.write(audit_json(finished.audit))
        print_run_summary(
            finished.audit, console_on(stderr=json_file == Path("-")), list(map(str, written)), finished.spent
        )
        sys.stdout.flush()
    if failed:
        raise SeriesError("\n".join(failed))
    raise typer.Exit(_exit_code(finished))


def _print_plan(options: RunOptions) -> None:
    from series.pipeline import preview_run

    preview = preview_run(options)
    for text in preview.requests:
        typer.echo(f"{text}\n")
    typer.echo(preview.summary)


def _run(options: RunOptions) -> int:
    from series.files import write_atomically
    from series.pipeline import run_series
    from series.report import audit_html, print_run_summary
    from series.report.live import RunProgress

    with RunProgress() as progress:
        finished = run_series(options, progress)
    write_atomically(finished.folder.report, audit_html(finished.audit))
    with reader_may_leave():
        print_run_summary(
            finished.audit, console_on(stderr=False), [str(finished.folder.report)], finished.spent
        )
        if any(finished.folder.frames.iterdir()):
            typer.echo(f"frames: {finished.folder.frames}")
        if finished.following:
            typer.echo(f"next: {finished.following}")
    if finished.stopped:
        typer.echo(f"stopped: {finished.stopped}", err=True)
    return _exit_code(finished)


def _exit_code(finished: Finished) -> int:
    figures = finished.audit.run
    if finished.stopped or figures is None or figures.unfinished:
        return INPUT_ERROR
    return DRIFT if figures.asked_person else CONSISTENT
