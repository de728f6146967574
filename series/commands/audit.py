"""`series audit`: a folder of frames against a manifest."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from series.commands.options import (
    CONSISTENT,
    DRIFT,
    INPUT_ERROR,
    CacheFile,
    CsvFile,
    EncoderName,
    HtmlFile,
    JsonFile,
    JunitFile,
    ManifestPath,
    ModelsFolder,
    NoCache,
    Workers,
    cache_file,
    console_on,
    observing_bar,
    processes,
    reader_may_leave,
)
from series.commands.outputs import check_writable, write_reports

if TYPE_CHECKING:
    from series.audit import Audit


def audit(
    manifest: ManifestPath,
    frames: Annotated[
        Path, typer.Option("--frames", metavar="DIR", help="Folder with the frames: p01.png is panel p01.")
    ],
    mapping: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.csv", help="Columns panel,file where the names do not match."),
    ] = None,
    json_file: JsonFile = None,
    html_file: HtmlFile = None,
    junit_file: JunitFile = None,
    csv_file: CsvFile = None,
    encoder: EncoderName = "auto",
    models: ModelsFolder = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 2 when frames are unsure and none drifted.")
    ] = False,
    peers: Annotated[
        bool, typer.Option("--peers", help="Print what other projects would score the series.")
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
        cache_file(cache, off=no_cache),
        processes(workers),
        pictures=html_file is not None,
        ignore_lock=ignore_lock,
        models=models,
    )
    files = {"--json": json_file, "--html": html_file, "--junit": junit_file, "--csv": csv_file}
    check_writable(files, inputs=(manifest, manifest.with_suffix(".lock"), mapping, options.cache))
    with observing_bar("frames") as progress:
        audited = audit_series(options, progress).audit
    written, failed = write_reports(audited, json_file, html_file, junit_file, csv_file)
    with reader_may_leave():
        if json_file == Path("-"):
            sys.stdout.write(audit_json(audited))
        print_summary(
            audited,
            console_on(stderr=json_file == Path("-")),
            reports=list(map(str, written)),
            peers=peers,
        )
        sys.stdout.flush()
    if failed:
        raise SeriesError("\n".join(failed))
    raise typer.Exit(exit_code_of(audited, strict=strict))


def exit_code_of(audit: Audit, *, strict: bool) -> int:
    """What an audit tells a script. strict: UNSURE is no success."""
    from consistency import Verdict

    if audit.verdict is Verdict.DRIFTED:
        return DRIFT
    if any(frame.error for frame in audit.frames):
        return INPUT_ERROR
    if audit.verdict is Verdict.UNSURE and strict:
        return INPUT_ERROR
    return CONSISTENT
