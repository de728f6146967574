"""An audit in, the files that were asked for out; checked before any work that they can be written."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from series.audit import Audit


def check_writable(files: dict[str, Path | None], inputs: Iterable[Path | None]) -> None:
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


def write_reports(
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
