"""`series lock`, `series schema`, `series init`: around the manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from series.commands.options import EncoderName, ManifestPath, ModelsFolder


def lock(
    manifest: ManifestPath,
    encoder: EncoderName = "auto",
    models: ModelsFolder = None,
) -> None:
    """Pin digests of references, seeds, encoders and tolerances in series.lock."""
    from series.encoders import EncoderOptions, load_anew
    from series.locked import lock_again, locked_encoders
    from series.manifest import read_manifest
    from series.plan import plan
    from series.report.sentences import picked_lines
    from series.tolerances import resolve_tolerances

    read = read_manifest(manifest)
    orders = plan(read)
    chosen = load_anew(read, orders, resolve_tolerances(read, orders), EncoderOptions(encoder, models))
    before = locked_encoders(read)
    path, note = lock_again(manifest, chosen.encoders.locked, chosen.encoders.licenses)
    if note:
        typer.echo(note, err=True)
    for line in picked_lines(chosen.choices):
        typer.echo(line, err=True)
    for role, one in before.items():
        now = chosen.encoders.locked.get(role, "none")
        if one != now:
            names = (one.partition(" ")[0], now.partition(" ")[0])
            was, is_ = names if len(set(names)) > 1 else (one, now)
            typer.echo(f"encoder {role} was {was}, is {is_}: frames are judged by other distances", err=True)
    typer.echo(f"locked {path}")


def schema() -> None:
    """Print the JSON Schema of the manifest, for editors."""
    from series.manifest import manifest_schema

    typer.echo(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write series.yaml into.")],
) -> None:
    """Write a commented starter manifest."""
    from series.starter import write_starter

    path = write_starter(folder)
    typer.echo(f"wrote {path}")
    typer.echo(f"next: edit it, then series run {path} makes drafts of the panels;")
    typer.echo(f"for pictures that you have: series audit {path} --frames DIR --html audit.html")
