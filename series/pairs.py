"""Many pairs of pictures in, one row of distances a pair out: how anyone measures this tool on their data."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consistency import (
    Locator,
    Measurement,
    Observation,
    ObservationCache,
    Observer,
    Recipe,
    Request,
    Unreadable,
    compare,
)
from series.encoders import EncoderOptions, load_for_pictures
from series.errors import FramesError
from series.pipeline import Progress

RESULTS = ("measurements", "unmeasured")
"""Keys that a row gets beside its own columns."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures, and every column of the row that they stand in."""

    a: Path
    b: Path
    columns: Mapping[str, str]


def read_pairs(path: Path) -> list[Pair]:
    """A CSV with columns a, b: paths relative to its own folder. Raises FramesError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if not {"a", "b"} <= set(reader.fieldnames or ()):
                found = ", ".join(reader.fieldnames or ()) or "nothing"
                raise FramesError(f"{path}:1: pairs need columns a,b; found {found}")
            _check_columns(reader.fieldnames or (), path)
            return [_pair(row, path, reader.line_num) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FramesError(f"{path}: cannot be read as a CSV of pairs ({error})") from error


def _check_columns(names: Sequence[str], path: Path) -> None:
    """Every column comes back in the rows, so none may be there twice or have the name of a result."""
    for number, name in enumerate(names):
        if name in RESULTS:
            raise FramesError(f"{path}:1: the column {name!r} would be overwritten by results; rename it")
        if name in names[:number]:
            raise FramesError(f"{path}:1: the column {name!r} is there twice; rename one")


def _pair(row: dict[str | Any, str | Any], path: Path, line: int) -> Pair:
    a, b = row.get("a"), row.get("b")
    if not a or not b:
        raise FramesError(f"{path}:{line}: a pair needs both a and b")
    columns = {str(key): str(value) for key, value in row.items() if key is not None and value is not None}
    return Pair(path.parent / a, path.parent / b, columns)


def compare_pairs(
    pairs: Sequence[Pair],
    *,
    encoder: EncoderOptions | None = None,
    photographed: bool = False,
    cache: Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """One row a pair: its columns, `measurements` and `unmeasured`. Every file is observed once.

    photographed: the pictures show photographed people, so that auto takes an encoder that knows faces.
    """
    encoders = load_for_pictures(encoder or EncoderOptions(), photographed=photographed).encoders
    store = ObservationCache(cache)
    try:
        observer = Observer(Recipe(encoders, Locator.build({})), store, workers=workers)
        seen = _observe(pairs, observer, progress or Progress())
    finally:
        store.close()
    return [_row(pair, seen, encoders.ids) for pair in pairs]


def _observe(
    pairs: Sequence[Pair], observer: Observer, progress: Progress
) -> dict[Path, Observation | Unreadable]:
    paths = list(dict.fromkeys(path for pair in pairs for path in (pair.a, pair.b)))
    progress.begin(len(paths))
    seen: dict[Path, Observation | Unreadable] = {}
    for path, one in zip(paths, observer.observe(Request(path, whole=True) for path in paths), strict=True):
        seen[path] = one
        progress.step()
    return seen


def _row(
    pair: Pair, seen: Mapping[Path, Observation | Unreadable], encoders: Mapping[str, str]
) -> dict[str, Any]:
    a, b = seen[pair.a], seen[pair.b]
    if isinstance(a, Unreadable) or isinstance(b, Unreadable):
        unmeasured = [
            {"check": "picture", "reason": one.reason} for one in (a, b) if isinstance(one, Unreadable)
        ]
        return {**pair.columns, "measurements": [], "unmeasured": unmeasured}
    results = compare(a, b, encoders)
    return {
        **pair.columns,
        "measurements": list(_measurements(results)),
        "unmeasured": [
            {"check": r.check, "reason": r.reason} for r in results if not isinstance(r, Measurement)
        ],
    }


def _measurements(results: Sequence[object]) -> Iterator[dict[str, Any]]:
    for result in results:
        if isinstance(result, Measurement):
            yield {
                "check": result.check,
                "subject": result.subject,
                "distance": result.distance,
                "unit": result.unit,
                "encoder": result.encoder,
            }
