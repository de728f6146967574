"""`series models`: which models there are, under which license, and how they get onto this disk."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from series.commands.options import ModelsFolder, console_on, reader_may_leave

if TYPE_CHECKING:
    from consistency import Model

models = typer.Typer(
    help="List the models that encoders can use, download them, or add copies that you have.",
    invoke_without_command=True,
    no_args_is_help=False,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name that `series models` lists.")]


@models.callback()
def list_models(
    context: typer.Context,
    folder: ModelsFolder = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the whole catalogue; - is standard output."),
    ] = None,
) -> None:
    """List models with license, commercial use, and whether they are on this disk."""
    if context.invoked_subcommand is not None:
        context.obj = folder
        return
    from consistency import catalogue, model_folder
    from series.files import write_atomically

    place = model_folder(folder)
    rows = [_as_data(model, place) for model in catalogue().values()]
    text = json.dumps(rows, indent=1, ensure_ascii=False) + "\n"
    if json_file is not None and json_file != Path("-"):
        write_atomically(json_file, text)
    with reader_may_leave():
        if json_file == Path("-"):
            sys.stdout.write(text)
        else:
            _print_table(place)
        sys.stdout.flush()


@models.command()
def pull(
    context: typer.Context,
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="Names that `series models` lists, or light for its three."),
    ],
    folder: ModelsFolder = None,
) -> None:
    """Download models: checked, resumed where it stopped, put in place whole."""
    from consistency import MODEL_SETS, known_model, pull_model

    wanted = dict.fromkeys(one for name in names for one in MODEL_SETS.get(name, (name,)))
    for model in [known_model(name) for name in wanted]:
        _tell(model, named=len(wanted) > 1)
        with _bar() as progress:
            files = pull_model(model, folder=folder or context.obj, progress=progress)
        _say(f"{model.name} is in {files.folder}")
        _tell_unverified(file.name for file in model.files if not file.sha256)


@models.command()
def add(
    context: typer.Context,
    name: Name,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file, folder or zip archive to copy.")],
    folder: ModelsFolder = None,
) -> None:
    """Copy a model that you have into the models folder, checked."""
    from consistency import add_model, known_model

    model = known_model(name)
    added = add_model(model, path, folder=folder or context.obj)
    _tell(model)
    _say(f"{name}: took {', '.join(added.files)}")
    if added.missing:
        _say(f"{name} still lacks {', '.join(added.missing)}")
    _tell_unverified(added.unverified)


@models.command()
def cohort(
    context: typer.Context,
    encoder: Annotated[str, typer.Argument(metavar="ENCODER", help="csd, or csd:PATH.")],
    pictures: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Pictures of styles that have nothing to do with your series."),
    ],
    folder: ModelsFolder = None,
) -> None:
    """Correct an encoder's distances from now on by how near pictures lie to unrelated ones (CSLS)."""
    from consistency import make_cohort
    from series.errors import FramesError
    from series.frames import PICTURE_SUFFIXES

    try:
        found = sorted(path for path in pictures.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
    except OSError as error:
        raise FramesError(f"{pictures}: cannot be read as a folder: {error.strerror or error}") from error
    made = make_cohort(encoder, found, folder=folder or context.obj)
    for why in made.unreadable:
        typer.echo(f"left out: {why}", err=True)
    _say(f"{made.path}: {made.pictures:,} pictures; {made.encoder} measures by it from now on")


def _tell(model: Model, *, named: bool = False) -> None:
    """What a person should know who gets this model."""
    if named:
        _say(model.name)
    _say(f"license: {model.license}; commercial use: {model.commercial}")
    if model.note:
        _say(f"note: {model.note}")


def _tell_unverified(files: Iterable[str]) -> None:
    for file in files:
        _say(f"{file}: no published digest to check it with; it was noted as it is now")


def _say(line: str) -> None:
    console_on(stderr=False).print(line, markup=False, soft_wrap=True)


def _print_table(place: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from consistency import catalogue, on_disk

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("model", no_wrap=True)
    for column in ("license", "commercial", "on disk"):
        table.add_column(column, overflow="fold")
    entries = catalogue().values()
    for task in dict.fromkeys(model.task for model in entries):
        table.add_row(Text(task, "bold"))
        for model in entries:
            if model.task == task:
                here = "yes" if on_disk(model, place) else "no"
                cells = (f"  {model.name}", model.license, model.commercial, here)
                table.add_row(*(Text(cell) for cell in cells))
    console_on(stderr=False).print(table)
    _say(f"\nfolder: {place}")
    _say("`series models pull NAME` downloads one; `series models add NAME PATH` takes a copy that you have.")


def _as_data(model: Model, place: Path) -> dict[str, object]:
    from dataclasses import asdict

    from consistency import on_disk

    return {**asdict(model), "on_disk": on_disk(model, place), "folder": str(place / model.name)}


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int | None], None] | None]:
    """A bar a file on standard error; nothing when that is not a terminal."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    console = console_on(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True) as bar:
        tasks = {}

        def progress(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)

        yield progress
