"""One pair's distances in, a table on the terminal out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from series.report.words import NO_NUMBER, amount, check_title, one_direction

CHECKS_FROM, ENCODERS_FROM = 100, 120
"""Columns of a terminal that has room for the name of a check, and of an encoder too."""
UNIT_WORDS = {
    "log ratio of aspects": "log ratio",
    "share of pixels missing along a side": "of a side missing",
}
"""Units that are too long for a line of 80."""


def print_comparison(row: Mapping[str, Any], console: Console) -> None:
    """row: as `series compare --json` writes it. Prints every distance, a line each; then what could not be
    measured.
    """
    names = ["check"] * (console.width >= CHECKS_FROM) + ["encoder"] * (console.width >= ENCODERS_FROM)
    table = Table(box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("distance", justify="right", no_wrap=True)
    table.add_column("unit", style="dim", no_wrap=True, overflow="ellipsis")
    for name in names:
        table.add_column(name, style="dim", no_wrap=True, overflow="ellipsis")
    for found in row["measurements"]:
        title = one_direction(check_title(found["check"]))
        table.add_row(Text(title), *_distance(found), *(Text(one_direction(found[name])) for name in names))
    if row["measurements"]:
        console.print(table)
    for missing in row["unmeasured"]:
        said = f"not measured: {check_title(missing['check'])}: {missing['reason']}"
        console.print(Text(one_direction(said)), soft_wrap=True)


def _distance(found: Mapping[str, Any]) -> tuple[Text, Text]:
    distance, unit = found["distance"], found["unit"]
    number = NO_NUMBER if distance is None else amount(distance, unit)
    said = UNIT_WORDS.get(unit, unit.removeprefix("share ") if number.endswith("%") else unit)
    return Text(number), Text(one_direction(said))
