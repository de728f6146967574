"""One pair's distances in, a table on the terminal out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from series.report.words import check_title


def print_comparison(row: Mapping[str, Any], console: Console) -> None:
    """row: as `series compare --json` writes it. Prints every distance, then what could not be measured."""
    table = Table(box=None, pad_edge=False)
    for heading in ("", "check", "subject"):
        table.add_column(heading, style="dim" if heading else None)
    table.add_column("distance", justify="right")
    table.add_column("unit", style="dim")
    table.add_column("encoder", style="dim")
    for found in row["measurements"]:
        table.add_row(
            Text(check_title(found["check"])),
            Text(found["check"]),
            Text(found["subject"]),
            f"{found['distance']:.3f}",
            Text(found["unit"]),
            Text(found["encoder"]),
        )
    if row["measurements"]:
        console.print(table)
    for missing in row["unmeasured"]:
        console.print(Text(f"not measured: {missing['check']}: {missing['reason']}"), soft_wrap=True)
