"""`series compare`: distances between pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from series.commands.options import (
    INPUT_ERROR,
    CacheFile,
    EncoderName,
    ModelsFolder,
    NoCache,
    Workers,
    cache_file,
    console_on,
    observing_bar,
    processes,
)
from series.commands.outputs import check_writable


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
    encoder: EncoderName = "auto",
    models: ModelsFolder = None,
    photo: Annotated[
        bool, typer.Option("--photo", help="Photographed people are on them: auto takes an encoder of faces.")
    ] = False,
    cache: CacheFile = None,
    no_cache: NoCache = False,
    workers: Workers = 0,
) -> None:
    """Measure every distance between two pictures, or between many pairs."""
    from series.encoders import EncoderOptions
    from series.pairs import Pair, compare_pairs, read_pairs

    if pairs is None and (a is None or b is None):
        raise typer.BadParameter("name two pictures, or a CSV of pairs with --pairs")
    if pairs is not None and a is not None:
        raise typer.BadParameter("name two pictures or --pairs, not both")
    if json_file is not None:
        check_writable({"--json": json_file}, inputs=(a, b, pairs, cache_file(cache, off=no_cache)))
    todo = (
        read_pairs(pairs)
        if pairs is not None
        else [Pair(Path(str(a)), Path(str(b)), {"a": str(a), "b": str(b)})]
    )
    with observing_bar("pictures") as progress:
        rows = compare_pairs(
            todo,
            encoder=EncoderOptions(encoder, models),
            photographed=photo,
            cache=cache_file(cache, off=no_cache),
            workers=processes(workers),
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
        console_on(stderr=False).print(f"{len(rows)} pairs{note}{where}", markup=False)
        return
    from series.report.comparison import print_comparison

    print_comparison(rows[0], console_on(stderr=False))
