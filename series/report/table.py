"""An Audit in, CSV out: one row a finding, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from math import isfinite

from consistency import Finding, Measurement, SwatchMatch, Verdict
from series.audit import Audit
from series.report.document import DECIMALS
from series.report.sentences import sentence
from series.report.words import amount, check_title, printable

COLUMNS = (
    "panel",
    "file",
    "frame_verdict",
    "check",
    "title",
    "subject",
    "part",
    "verdict",
    "distance",
    "unit",
    "accept_below",
    "reject_above",
    "too_close",
    "reason",
    "swatches",
    "nearest",
    "encoder",
    "tolerance_source",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that make a spreadsheet compute a cell instead of showing it; the wide forms do so in
Japanese editions."""

Cell = str | float | None


def audit_csv(audit: Audit) -> str:
    """RFC 4180, with a header. Unreadable frames and panels without a frame have a row of their own."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in _rows(audit):
        writer.writerow([_cell(row.get(column)) for column in COLUMNS])
    return out.getvalue()


def _rows(audit: Audit) -> Iterator[dict[str, Cell]]:
    for frame in audit.frames:
        head: dict[str, Cell] = {
            "panel": frame.panel,
            "file": frame.file,
            "frame_verdict": frame.verdict.value,
        }
        findings = frame.assessment.findings
        if frame.error or not findings:
            unread = {"verdict": Verdict.UNSURE.value, "reason": frame.error or "nothing was measured"}
            yield {**head, **unread}
        for finding in findings:
            yield {**head, **_finding(finding)}
    for panel in audit.panels_without_frame:
        yield {"panel": panel, "verdict": Verdict.UNSURE.value, "reason": "this panel has no frame"}


def _finding(finding: Finding) -> dict[str, Cell]:
    result, tolerance = finding.result, finding.tolerance
    row: dict[str, Cell] = {
        "check": result.check,
        "title": check_title(result.check),
        "subject": result.subject,
        "part": result.part,
        "verdict": finding.verdict.value,
        "swatches": "; ".join(_swatch(swatch) for swatch in result.evidence.swatches),
        "nearest": result.evidence.nearest,
        "encoder": result.encoder,
    }
    if isinstance(result, Measurement):
        row |= {"distance": result.distance, "unit": result.unit, "reason": _reason(finding)}
    else:
        row |= {"reason": sentence(finding)}
    if tolerance is not None:
        row |= {
            "accept_below": tolerance.accept_below,
            "reject_above": tolerance.reject_above,
            "too_close": tolerance.too_close,
            "tolerance_source": tolerance.source,
        }
    return row


def _reason(finding: Finding) -> str:
    consistent = finding.verdict is Verdict.CONSISTENT
    return finding.result.evidence.reason if consistent else sentence(finding)


def _swatch(swatch: SwatchMatch) -> str:
    if not swatch.found:
        return f"{swatch.role} {swatch.pinned} not found"
    return f"{swatch.role} {swatch.pinned} → {swatch.found} ΔE00 {amount(swatch.delta_e, 'ΔE00')}"


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{printable(value)}" if value.startswith(_FORMULA_STARTS) else printable(value)
    return f"{round(float(value), DECIMALS):.{DECIMALS}g}" if isfinite(value) else ""
