"""`series providers`: who makes pictures, with which models, at what price, and what is still to set up."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from series.commands.options import console_on, reader_may_leave

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from series.generators.catalogue import ImageModel, Provider


def providers(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One provider: its models and its page.")
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write all rows; - is standard output."),
    ] = None,
) -> None:
    """List providers and their models with price, abilities, last day, and what is configured here."""
    from series.files import write_atomically
    from series.generators.catalogue import catalogue
    from series.generators.pages import WITHOUT_ROWS

    known = catalogue().providers
    if name in WITHOUT_ROWS:
        _print_page_of(name, json_file)
        return
    chosen = [_known(name)] if name is not None else list(known.values())
    text = json.dumps([_as_data(one) for one in chosen], indent=1, ensure_ascii=False) + "\n"
    if json_file is not None and json_file != Path("-"):
        write_atomically(json_file, text)
    with reader_may_leave():
        if json_file == Path("-"):
            sys.stdout.write(text)
        else:
            _print(chosen, whole=name is not None)
        sys.stdout.flush()


def _known(name: str) -> Provider:
    from series.errors import GeneratorError
    from series.generators.catalogue import catalogue
    from series.generators.options import instead, shown
    from series.generators.pages import WITHOUT_ROWS

    found = catalogue().providers.get(name)
    if found is None:
        known = (*catalogue().providers, *WITHOUT_ROWS)
        raise GeneratorError(f"no provider {shown(name)}{instead(name, known)}")
    return found


def _print(chosen: list[Provider], *, whole: bool) -> None:
    from rich.text import Text

    from series.generators.catalogue import catalogue

    console = console_on(stderr=False)
    today = datetime.now(UTC).date()
    longest = max((len(model.name) for one in chosen for model in catalogue().of(one.name)), default=0)
    for provider in chosen:
        there = _there(provider)
        console.print(Text.assemble((provider.name, "bold"), f"  {provider.title}: ", there), soft_wrap=True)
        console.print(_table(provider, today, longest))
        console.print()
    if whole:
        _print_page(console, chosen[0])
    else:
        console.print(
            "`series providers NAME` says how to set one up; previz, folder and auto have pages too.",
            markup=False,
        )


def _there(provider: Provider) -> Text:
    """What is still to do, or that nothing is; whether a server is running is not looked at."""
    from rich.text import Text

    from series.generators.configured import SERVERS, lacking

    steps = list(lacking(provider))
    if provider.name in SERVERS:
        steps.append(f"needs a server at {SERVERS[provider.name]}, or where generator.url says")
    return Text(", ".join(steps), "yellow") if steps else Text("configured", "green")


def _print_page(console: Console, provider: Provider) -> None:
    from series.generators.pages import page_of

    said = (
        f"Tested: {provider.tested}.",
        f"As of {provider.as_of}: {provider.source}.",
        provider.note,
    )
    for line in filter(None, said):
        console.print(line, markup=False, soft_wrap=True)
    page = page_of(provider.name)
    if page:
        console.print()
        _print_markdown(console, page)


def _print_page_of(name: str, json_file: Path | None) -> None:
    """Of a generator without rows; as JSON it has none."""
    from series.files import write_atomically
    from series.generators.pages import page_of

    if json_file is not None and json_file != Path("-"):
        write_atomically(json_file, "[]\n")
    with reader_may_leave():
        if json_file == Path("-"):
            sys.stdout.write("[]\n")
        else:
            _print_markdown(console_on(stderr=False), page_of(name))
        sys.stdout.flush()


def _print_markdown(console: Console, page: str) -> None:
    from rich.markdown import Markdown

    if console.is_terminal:
        console.print(Markdown(page))
    else:
        console.print(page, markup=False, soft_wrap=True)


def _table(provider: Provider, today: date, longest: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    from series.generators.catalogue import catalogue
    from series.generators.pages import ability_words, only_on, price_words, until

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True, min_width=longest + 2)
    table.add_column(no_wrap=True, min_width=len("$0.009 to 0.270"))
    table.add_column(overflow="fold")
    for model in catalogue().of(provider.name):
        ended = model.ended(today)
        strong = f"; strong at {', '.join(model.strong_at)}" if model.strong_at else ""
        only = f"; {only_on(model)}" if only_on(model) else ""
        ends = f"; {'ended' if ended else 'ends'} {until(model)}" if model.ends else ""
        cells = (
            f"  {model.name}",
            price_words(model.price),
            f"{ability_words(model.abilities)}{strong}{ends}{only}",
        )
        table.add_row(*(Text(cell, "dim" if ended else "") for cell in cells))
    return table


def _as_data(provider: Provider) -> dict[str, object]:
    from series.generators.catalogue import catalogue
    from series.generators.configured import lacking

    return {
        "name": provider.name,
        "title": provider.title,
        "configured": not lacking(provider),
        "lacking": list(lacking(provider)),
        "default": provider.default or None,
        "tested": provider.tested,
        "source": provider.source,
        "as_of": provider.as_of.isoformat(),
        "note": provider.note,
        "models": [_model(model) for model in catalogue().of(provider.name)],
    }


def _model(model: ImageModel) -> dict[str, object]:
    from dataclasses import asdict

    from series.generators.pages import until

    return {
        "name": model.name,
        "title": model.title,
        "abilities": asdict(model.abilities),
        "price": {
            "image": dict(model.price.image),
            "token": dict(model.price.token),
            "tokens": dict(model.price.tokens),
        },
        "strong_at": list(model.strong_at),
        "ends": until(model) or None,
        "provenance": model.provenance,
        "source": model.source,
        "as_of": model.as_of.isoformat(),
        "note": model.note,
    }
