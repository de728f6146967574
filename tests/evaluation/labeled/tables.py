"""Figures in, tables out: text for a terminal, Markdown for pages, plain data for JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from labeled.eyes import Spent
from labeled.measured import DRAWN_RIGHT, FOUND_FROM, LARGE, WHICH, Finding
from labeled.metrics import Figure, Figures
from labeled.peers import Decided
from labeled.reader import DataError


@dataclass(frozen=True, slots=True)
class Line:
    """One task, one question, one encoder set."""

    task: str
    question: str
    encoder: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Found:
    """How places were found in one task."""

    task: str
    encoder: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class PeerLine:
    """What a cut-off of somebody else would have decided."""

    task: str
    encoder: str
    name: str
    stated: str
    distance: float
    """The cut-off as cosine distance."""
    source: str
    decided: Decided


@dataclass(frozen=True, slots=True)
class Time:
    """New pictures of one task."""

    task: str
    encoder: str
    spent: Spent


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run of the command measured."""

    lines: tuple[Line, ...]
    found: tuple[Found, ...]
    peers: tuple[PeerLine, ...]
    times: tuple[Time, ...]
    encoders: dict[str, dict[str, str]]
    """Name as asked for → role → id."""


COUNTED_BELOW = 100
"""Labeled ones of which fewer are given as a count, in the summary."""


def short(value: float, digits: int = 3) -> str:
    """.983, 1, –"""
    if not isfinite(value):
        return "–"
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0(?=\.)", r"\1", text) or "0"


def span(figure: Figure) -> str:
    """.983 [.956, 1]"""
    if not isfinite(figure.low):
        return short(figure.value)
    return f"{short(figure.value)} [{short(figure.low)}, {short(figure.high)}]"


def count(figure: Figure, of: int) -> str:
    """2 of 47"""
    return f"{round(figure.value * of)} of {of}" if isfinite(figure.value) else "–"


def asked(line: Line) -> str:
    return f"{line.task}: {line.question}"


_FULL = (
    "task: question",
    "encoder",
    "same / other",
    "AUC",
    "EER",
    "false alarms",
    "misses",
    "UNSURE of same, of other; share",
)


def full_rows(report: Report) -> list[tuple[str, ...]]:
    rows = []
    for line in report.lines:
        f = line.figures
        rows.append(
            (
                asked(line),
                line.encoder,
                f"{f.same} / {f.other}" + (f", {f.unmeasured} not measured" if f.unmeasured else ""),
                span(f.auc),
                span(f.eer),
                f"{count(f.false_alarms, f.same)} {bracket(f.false_alarms)}",
                f"{count(f.misses, f.other)} {bracket(f.misses)}",
                _unsure(f),
            )
        )
    return rows


def _unsure(f: Figures) -> str:
    same, other = round(f.unsure_same.value * f.same), round(f.unsure_other.value * f.other)
    return f"{same} of {f.same}, {other} of {f.other}; {short(f.unsure.value)} {bracket(f.unsure)}".strip()


def bracket(figure: Figure, digits: int = 3) -> str:
    """Nothing where every draw came to the same: none among these says little of the next."""
    spread = isfinite(figure.low) and figure.low < figure.high
    return f"[{short(figure.low, digits)}, {short(figure.high, digits)}]" if spread else ""


_FOUND = (
    "task",
    "encoder",
    "large boxes found",
    "there, called missing",
    "absent, not CONSISTENT",
    "DRIFTED",
)


def found_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            one.task,
            one.encoder,
            f"{one.finding.found} of {one.finding.large}",
            f"{one.finding.missing} of {one.finding.there}",
            f"{one.finding.doubted} of {one.finding.absent}",
            f"{one.finding.called} of {one.finding.absent}",
        )
        for one in report.found
    ]


_PEERS = ("task", "cut-off", "as shipped", "cosine distance", "encoder", "false alarms", "misses", "unsure")


def peer_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            p.task,
            p.name,
            p.stated,
            short(p.distance),
            p.encoder,
            f"{p.decided.false_alarms} of {p.decided.same}",
            f"{p.decided.misses} of {p.decided.other}",
            f"{p.decided.unsure} of {p.decided.same + p.decided.other}",
        )
        for p in report.peers
    ]


_TIMES = ("task", "encoder", "new pictures", "boxes in each", "processor ms a picture")


def time_rows(report: Report) -> list[tuple[str, ...]]:
    return [
        (
            t.task,
            t.encoder,
            str(t.spent.pictures),
            f"{t.spent.boxes / t.spent.pictures:.1f}" if t.spent.pictures else "–",
            f"{t.spent.milliseconds:.0f}",
        )
        for t in report.times
    ]


def text(report: Report) -> str:
    """For a terminal: columns in line."""
    parts = [
        _columns(head, rows)
        for head, rows in (
            (_FULL, full_rows(report)),
            (_FOUND, found_rows(report)),
            (_PEERS, peer_rows(report)),
            (_TIMES, time_rows(report)),
        )
        if rows
    ]
    return "\n\n".join(parts)


def _columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a bar in a cell is none of its own."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.strip().replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def summary(report: Report) -> str:
    """One row a question, encoder sets side by side: AUC, then false alarms, misses and UNSURE in percent.
    Of a task that asks for drift, being told from other characters is left out as the easier question."""
    names = list(report.encoders)
    head = ["", "same / other"]
    for name in names:
        head += [f"{name}: AUC", "false alarms · misses · UNSURE"]
    rows = []
    hard = {line.task for line in report.lines if line.question == DRAWN_RIGHT}
    kept = [line for line in report.lines if line.question != WHICH or line.task not in hard]
    for question in dict.fromkeys(asked(line) for line in kept):
        own = {line.encoder: line.figures for line in report.lines if asked(line) == question}
        any_of = next(iter(own.values()))
        row = [question, f"{any_of.same} / {any_of.other}"]
        for name in names:
            f = own.get(name)
            row += ["–", "–"] if f is None else [span(f.auc), _rates(f)]
        rows.append(row)
    return f"{markdown(head, rows)}{_places(report)}"


def _places(report: Report) -> str:
    """One sentence under the table, where places were not told."""
    found: dict[str, list[str]] = {}
    for one in report.found:
        if one.finding.large:
            share = f"{one.encoder} {one.finding.found} of {one.finding.large}"
            found.setdefault(one.task, []).append(share)
    if not found:
        return ""
    tasks = "; ".join(f"{task}: {', '.join(shares)}" for task, shares in found.items())
    return (
        f"\n\nBoxes over {percent(LARGE)} of the frame that were found (IoU ≥ {short(FOUND_FROM)}): {tasks}."
    )


def _rates(f: Figures) -> str:
    parts = share(f.false_alarms, f.same), share(f.misses, f.other), percent(f.unsure.value)
    return " · ".join(parts)


def share(figure: Figure, of: int) -> str:
    """2/47, or 3 % from a hundred on: of fewer, one more or less is worth more than a percent."""
    return percent(figure.value) if of >= COUNTED_BELOW else f"{round(figure.value * of)}/{of}"


def percent(share: float) -> str:
    """3 %, <1 % (never 0 for something that happened)."""
    if not isfinite(share):
        return "–"
    if 0 < share < 0.005:
        return "<1 %"
    return f"{100 * share:.0f} %"


def full(report: Report) -> str:
    """All tables, for a page."""
    parts = [markdown(_FULL, full_rows(report))]
    if report.found:
        parts += ["Places not told:", markdown(_FOUND, found_rows(report))]
    if report.peers:
        parts += ["The same scores at cut-offs that others ship:", markdown(_PEERS, peer_rows(report))]
    if report.times:
        parts += ["Time:", markdown(_TIMES, time_rows(report))]
    return "\n\n".join(parts)


def as_json(report: Report) -> dict[str, Any]:
    """Plain data; nan as null."""
    document: dict[str, Any] = _plain(asdict(report))
    return document


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


_BLOCK = r"(<!-- evaluate\.py: {} -->\n).*?(<!-- evaluate\.py: end -->)"


def put_into(path: Path, report: Report) -> None:
    """Replace what stands between <!-- evaluate.py: summary --> (or full) and <!-- evaluate.py: end -->.
    Raises DataError for a page without them."""
    page = path.read_text(encoding="utf-8")
    known = {"summary": summary, "full": full}
    kinds = [kind for kind in known if re.search(_BLOCK.format(kind), page, re.DOTALL)]
    if not kinds:
        raise DataError(f"{path}: no line <!-- evaluate.py: summary --> or <!-- evaluate.py: full --> in it")
    for kind in kinds:
        table = known[kind](report)
        page = re.sub(_BLOCK.format(kind), lambda m, t=table: f"{m[1]}\n{t}\n\n{m[2]}", page, flags=re.DOTALL)
    path.write_text(page, encoding="utf-8")
