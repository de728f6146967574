"""An Audit in, the JSON document "series.audit/1" out: finite, in a stable order, with no clock in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from math import isfinite
from typing import Any, cast

from consistency import (
    Evidence,
    Finding,
    LabeledBox,
    Measurement,
    SwatchMatch,
    Tolerance,
    Unmeasured,
    Verdict,
)
from series.audit import Audit, AuditedAttempt, AuditedFrame, AuditReference, RunFigures

SCHEMA = "series.audit/1"
"""Changes only when a reader of the older document would misread the newer one."""

DECIMALS = 6
"""Distances are float32: digits after these are noise that would differ from machine to machine."""

Json = dict[str, Any]


def audit_document(audit: Audit) -> Json:
    """The whole audit as JSON data. Numbers that are not finite become null."""
    return {**_head(audit), "frames": [_frame(frame) for frame in audit.frames]}


def _head(audit: Audit) -> Json:
    return {
        "schema": SCHEMA,
        "version": audit.version,
        "series": _text(audit.series),
        "kind": audit.kind,
        "manifest": _text(audit.manifest) or None,
        "frames_folder": _text(audit.frames_folder) or None,
        "summary": _summary(audit),
        "run": _run(audit.run),
        "encoders": {role: _text(audit.encoders[role]) for role in sorted(audit.encoders)},
        **_licenses(audit),
        **_choices(audit),
        **_peers(audit),
        "notes": _texts(audit.notes),
        "references": [_reference(reference) for reference in audit.references],
    }


def _licenses(audit: Audit) -> Json:
    """Left out where no model file was used, so that older readers of the format see what they know."""
    licenses = {role: _text(audit.licenses[role]) for role in sorted(audit.licenses)}
    return {"licenses": licenses} if licenses else {}


def _choices(audit: Audit) -> Json:
    """Left out where a person named the encoders, for the same reason."""
    choices = [
        {
            "role": choice.role,
            "what": choice.what,
            "encoder": _text(choice.encoder),
            "reason": _text(choice.reason),
            "passed_over": _texts(choice.passed_over),
            "better": _text(choice.better) or None,
        }
        for choice in audit.choices
    ]
    return {"choices": choices} if choices else {}


def _peers(audit: Audit) -> Json:
    """Left out where nobody computed them, for the same reason."""
    scores = [
        {
            "name": _text(score.name),
            "value": _number(score.value),
            "low": _number(score.low),
            "high": _number(score.high),
            "best": score.best,
            "encoder": _text(score.encoder),
            "source": _text(score.source),
            "blind_to": _text(score.blind_to),
            "reason": _text(score.reason) or None,
        }
        for score in audit.peers
    ]
    return {"peer_scores": scores} if scores else {}


def audit_json(audit: Audit) -> str:
    """audit_document() as text: two spaces a level, then one line a frame; ends in a line break.

    A line a frame is written five times as fast as an indented one, holds one frame at a time as data, and
    still shows which frame differs between two audits.
    """
    head = json.dumps(_head(audit), ensure_ascii=False, allow_nan=False, indent=2).removesuffix("\n}")
    lines = (json.dumps(_frame(frame), ensure_ascii=False, allow_nan=False) for frame in audit.frames)
    return head + ',\n  "frames": [\n' + ",\n".join(f"    {line}" for line in lines) + "\n  ]\n}\n"


def audit_schema() -> Json:
    """The JSON Schema of audit_document()."""
    text = resources.files("series.report").joinpath("audit.schema.json").read_text(encoding="utf-8")
    return cast("Json", json.loads(text))


def _summary(audit: Audit) -> Json:
    return {
        "verdict": audit.verdict.value,
        "frames": len(audit.frames),
        "verdicts": {verdict.value: audit.count(verdict) for verdict in Verdict},
        "checks": _checks(audit.frames),
        "panels_without_frame": _texts(audit.panels_without_frame),
        "frames_without_panel": _texts(audit.frames_without_panel),
        "unreadable": [_text(frame.file) for frame in audit.frames if frame.error and frame.file],
    }


def _checks(frames: Iterable[AuditedFrame]) -> Json:
    """Findings per check; "unmeasured" are also counted under "unsure", which is their verdict."""
    counts: dict[str, Counter[str]] = {}
    for frame in frames:
        for finding in frame.assessment.findings:
            counter = counts.setdefault(finding.result.check, Counter())
            counter[finding.verdict.value] += 1
            counter["unmeasured"] += isinstance(finding.result, Unmeasured)
    columns = [*(verdict.value for verdict in Verdict), "unmeasured"]
    return {check: {column: counts[check][column] for column in columns} for check in sorted(counts)}


def _run(run: RunFigures | None) -> Json | None:
    if run is None:
        return None
    return {
        "generator": _text(run.generator),
        "accepted": run.accepted,
        "to_look_at": run.to_look_at,
        "asked_person": run.asked_person,
        "unfinished": run.unfinished,
        "requests": run.requests,
        "images": run.images,
        "repairs": run.repairs,
        "refusals": run.refusals,
        "failures": run.failures,
        "usd": _number(run.usd),
        "usd_unknown": _number(run.usd_unknown),
        "usd_per_accepted": _number(run.usd_per_accepted),
        "images_per_accepted": _number(run.images_per_accepted),
        "acceptance": _number(run.acceptance),
        "latency_p50": _number(run.latency_p50),
        "latency_p95": _number(run.latency_p95),
        "latency_min": _number(run.latency_min),
        "latency_max": _number(run.latency_max),
    }


def _reference(reference: AuditReference) -> Json:
    return {
        "name": _text(reference.name),
        "subject": _text(reference.subject),
        "wardrobe": _text(reference.wardrobe) or None,
        "digest": reference.digest,
    }


def _frame(frame: AuditedFrame) -> Json:
    findings = frame.assessment.findings
    return {
        "file": _text(frame.file),
        "panel": _text(frame.panel) or None,
        "shot": _text(frame.shot) or None,
        "scene": _text(frame.scene) or None,
        "characters": _texts(frame.characters),
        "wardrobe": {_text(name): _text(outfit) for name, outfit in frame.wardrobe.items()},
        "verdict": frame.verdict.value,
        "error": _text(frame.error) or None,
        "size": None if frame.error else {"width": frame.width, "height": frame.height},
        "notes": _texts(frame.notes),
        "measurements": [_measurement(f, f.result) for f in findings if isinstance(f.result, Measurement)],
        "unmeasured": [_unmeasured(f.result) for f in findings if isinstance(f.result, Unmeasured)],
        "attempts": [_attempt(attempt) for attempt in frame.attempts],
        "outcome": _text(frame.outcome) or None,
        **({"chosen": _text(frame.chosen)} if frame.chosen else {}),
    }


def _attempt(attempt: AuditedAttempt) -> Json:
    return {
        "number": attempt.number,
        "kind": _text(attempt.kind),
        "verdict": attempt.verdict.value if attempt.verdict else None,
        "changed": _text(attempt.changed) or None,
        "answers": _text(attempt.answers) or None,
        "drifted": _texts(attempt.drifted),
        "skipped": _texts(attempt.skipped),
        "decision": _text(attempt.decision) or None,
        "usd": _number(attempt.usd),
        "seconds": _number(attempt.seconds),
        "kept": attempt.kept,
        **_asked_of(attempt),
    }


def _asked_of(attempt: AuditedAttempt) -> Json:
    """Left out where there is nothing to say, so that older readers of the format see what they know."""
    sent = [
        {"about": _text(one.about), "said": _text(one.said), "sent": one.sent} for one in attempt.receipts
    ]
    said = {"generator": _text(attempt.generator), "moved": _text(attempt.moved), "receipts": sent}
    return {name: value for name, value in said.items() if value}


def _measurement(finding: Finding, measurement: Measurement) -> Json:
    return {
        "check": measurement.check,
        "subject": _text(measurement.subject),
        "part": _text(measurement.part) or None,
        "distance": _number(measurement.distance),
        "unit": measurement.unit,
        "encoder": _text(measurement.encoder),
        "tolerance": _tolerance(finding.tolerance),
        "verdict": finding.verdict.value,
        "evidence": _evidence(measurement.evidence),
    }


def _unmeasured(unmeasured: Unmeasured) -> Json:
    return {
        "check": unmeasured.check,
        "subject": _text(unmeasured.subject),
        "part": _text(unmeasured.part) or None,
        "encoder": _text(unmeasured.encoder) or None,
        "reason": _text(unmeasured.reason),
        "evidence": _evidence(unmeasured.evidence),
    }


def _tolerance(tolerance: Tolerance | None) -> Json | None:
    if tolerance is None:
        return None
    return {
        "accept_below": _number(tolerance.accept_below),
        "reject_above": _number(tolerance.reject_above),
        "too_close": _number(tolerance.too_close),
        "source": _text(tolerance.source),
    }


def _evidence(evidence: Evidence) -> Json:
    heat = evidence.heat
    sought = {"width": heat.width, "height": heat.height, "cells": heat.cells} if heat is not None else None
    return {
        "reason": _text(evidence.reason),
        "boxes": [_box(labeled) for labeled in evidence.boxes],
        "swatches": [_swatch(swatch) for swatch in evidence.swatches],
        "nearest": _text(evidence.nearest) or None,
        "scores": _scores(evidence.scores),
        **({"heat": sought} if sought is not None else {}),
    }


def _box(labeled: LabeledBox) -> Json:
    box = labeled.box
    return {
        "label": _text(labeled.label),
        "left": _number(box.left),
        "top": _number(box.top),
        "right": _number(box.right),
        "bottom": _number(box.bottom),
    }


def _swatch(swatch: SwatchMatch) -> Json:
    return {
        "role": _text(swatch.role),
        "pinned": _text(swatch.pinned),
        "found": _text(swatch.found) or None,
        "delta_e": _number(swatch.delta_e),
        "share": _number(swatch.share),
    }


def _scores(scores: Mapping[str, float]) -> Json:
    return {_text(name): _number(value) for name, value in scores.items()}


def _number(value: float | None) -> float | None:
    """Also turns NumPy scalars into what json can write."""
    if value is None or not isfinite(value):
        return None
    return round(float(value), DECIMALS)


def _text(text: str) -> str:
    """File names that are not UTF-8 hold lone surrogates, which no UTF-8 file can: escaped, not lost."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _texts(texts: Iterable[str]) -> list[str]:
    return [_text(text) for text in texts]
