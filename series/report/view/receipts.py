"""Attempts of a frame in, how each of them was asked for out: what was sent as what, and what was not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from series.audit import AuditedFrame, AuditedReceipt
from series.report.words import printable

NOT_SENT, PICTURES, WORDS, SETTINGS = "Not sent", "As pictures", "In the words", "As settings"


@dataclass(frozen=True, slots=True)
class ReceiptGroupView:
    """What went out in one way."""

    title: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedView:
    """How one try was asked for."""

    title: str
    """"Try 2, asked of openai:gpt-image-2"."""
    note: str
    """Said in place of a list, or above one that holds only what changed; else empty."""
    groups: tuple[ReceiptGroupView, ...]
    """What was not sent first."""


@dataclass(frozen=True, slots=True)
class ReceiptsView:
    """How a frame was asked for."""

    title: str
    tries: tuple[AskedView, ...]


def receipts_view(frame: AuditedFrame) -> ReceiptsView | None:
    """None where nothing was asked for. After the first try only what changed is said."""
    asked = [attempt for attempt in frame.attempts if attempt.receipts]
    if not asked:
        return None
    lacking = sum(not one.sent for one in asked[-1].receipts)
    views, before = [], frozenset[AuditedReceipt]()
    for number, attempt in enumerate(asked):
        changed = [one for one in attempt.receipts if one not in before]
        left = before - frozenset(attempt.receipts)
        gone = len({one.about for one in left} - {one.about for one in attempt.receipts})
        of = f", asked of {printable(attempt.generator)}" if attempt.generator else ""
        note = _note(changed, gone) if number else ""
        views.append(AskedView(f"Try {attempt.number:,}{of}", note, _groups(changed)))
        before = frozenset(attempt.receipts)
    return ReceiptsView(f"How it was asked for{f', {lacking:,} not sent' if lacking else ''}", tuple(views))


def _note(changed: list[AuditedReceipt], gone: int) -> str:
    if not changed and not gone:
        return "As in the try before."
    no_more = f"{gone:,} of the try before left out. " if gone else ""
    return f"{no_more}Changed since the try before:" if changed else no_more.strip()


def _groups(receipts: Iterable[AuditedReceipt]) -> tuple[ReceiptGroupView, ...]:
    groups: dict[str, list[str]] = {NOT_SENT: [], PICTURES: [], WORDS: [], SETTINGS: []}
    for one in receipts:
        title = _way(one)
        groups[title].append(printable(_said(one, title)))
    return tuple(ReceiptGroupView(title, tuple(items)) for title, items in groups.items() if items)


def _way(one: AuditedReceipt) -> str:
    if not one.sent:
        return NOT_SENT
    if "sent as Image" in one.said or "sent as a mask" in one.said:
        return PICTURES
    return WORDS if one.said.startswith("in the words") else SETTINGS


def _said(one: AuditedReceipt, title: str) -> str:
    """Without what the title says already."""
    begins = {NOT_SENT: "not sent", WORDS: "in the words"}.get(title, "")
    rest = one.said.removeprefix(begins).lstrip(":, ")
    return f"{one.about} – {rest}" if rest else one.about
