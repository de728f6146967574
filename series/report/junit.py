"""An Audit in, JUnit XML out: one test case a frame and kind of drift, for a build server's own pages."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from consistency import Finding, Verdict
from series.audit import Audit, AuditedFrame
from series.report import took
from series.report.order import worst_first
from series.report.sentences import sentence
from series.report.words import about, frame_name, kind, printable, unread


def audit_junit(audit: Audit) -> str:
    """DRIFTED is a failure, UNSURE is skipped, an unreadable file is an error; of a run, a frame that
    a person has to decide on is a failure. XML 1.0, no timestamps.
    """
    name = printable(audit.series)
    cases = [case for frame in audit.frames for case in (*_run_cases(name, frame), *_cases(name, frame))]
    cases += [_missing(name, panel) for panel in audit.panels_without_frame]
    counts = {
        "tests": str(len(cases)),
        "failures": _holding(cases, "failure"),
        "errors": _holding(cases, "error"),
        "skipped": _holding(cases, "skipped"),
    }
    suites = ET.Element("testsuites", {"name": "series run" if audit.run else "series audit", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": name, **counts})
    suite.append(_properties(audit))
    suite.extend(cases)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _run_cases(series: str, frame: AuditedFrame) -> list[ET.Element]:
    """Of a frame that a run made: whether it was accepted."""
    if not frame.outcome:
        return []
    case = _case(series, frame, "accepted")
    if took.person_decides(frame):
        lines = [took.story(frame), *took.changes(frame)]
        _outcome(case, "failure", f"a person decides: {printable(frame.outcome)}", lines, kind="person")
    elif frame.outcome != took.ACCEPTED:
        _outcome(case, "skipped", printable(frame.outcome), [])
    return [case]


def _cases(series: str, frame: AuditedFrame) -> list[ET.Element]:
    if frame.error and not frame.file:
        case = _case(series, frame, "frame")
        _outcome(case, "skipped", unread(frame), [])
        return [case]
    if frame.error:
        case = _case(series, frame, "readable")
        _outcome(case, "error", printable(frame.error), [], kind="unreadable")
        return [case]
    if not frame.assessment.findings:
        case = _case(series, frame, "measured")
        _outcome(case, "skipped", "nothing was measured", [])
        return [case]
    kinds: dict[str, list[Finding]] = {}
    for finding in frame.assessment.findings:
        kinds.setdefault(kind(finding.result.check), []).append(finding)
    return [_judged(_case(series, frame, name), findings) for name, findings in kinds.items()]


def _judged(case: ET.Element, findings: Iterable[Finding]) -> ET.Element:
    noted = [finding for finding in worst_first(findings) if finding.verdict is not Verdict.CONSISTENT]
    if noted:
        element = "failure" if noted[0].verdict is Verdict.DRIFTED else "skipped"
        lines = [f"{finding.verdict.name} {about(finding)}: {sentence(finding)}" for finding in noted]
        _outcome(case, element, f"{about(noted[0])}: {sentence(noted[0])}", lines, kind="drifted")
    return case


def _missing(series: str, panel: str) -> ET.Element:
    case = ET.Element("testcase", {"classname": f"{series}.{printable(panel)}", "name": "frame", "time": "0"})
    _outcome(case, "skipped", "this panel has no frame", [])
    return case


def _case(series: str, frame: AuditedFrame, name: str) -> ET.Element:
    return ET.Element(
        "testcase",
        {
            "classname": f"{series}.{frame_name(frame)}",
            "name": printable(name),
            "file": printable(frame.file),
            "time": "0",
        },
    )


def _outcome(case: ET.Element, element: str, message: str, lines: list[str], *, kind: str = "") -> None:
    attributes = {"message": message}
    if element != "skipped":
        attributes["type"] = kind
    ET.SubElement(case, element, attributes).text = "\n".join(lines) or None


def _properties(audit: Audit) -> ET.Element:
    properties = ET.Element("properties")
    pairs = [("verdict", audit.verdict.value), ("version", audit.version)]
    pairs += [(f"encoder.{role}", audit.encoders[role]) for role in sorted(audit.encoders)]
    pairs += [(f"license.{role}", audit.licenses[role]) for role in sorted(audit.licenses)]
    if audit.run:
        pairs += [("generator", audit.run.generator), ("run", took.totals(audit.run))]
    pairs += [("note", note) for note in audit.notes]
    pairs += [("frame without panel", file) for file in audit.frames_without_panel]
    for name, value in pairs:
        ET.SubElement(properties, "property", {"name": printable(name), "value": printable(value)})
    return properties


def _holding(cases: list[ET.Element], element: str) -> str:
    return str(sum(case.find(element) is not None for case in cases))
