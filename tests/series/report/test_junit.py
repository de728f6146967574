from dataclasses import replace
from xml.etree import ElementTree as ET

from series.report import audit_junit


def suite(audit):
    return ET.fromstring(audit_junit(audit)).find("testsuite")  # noqa: S314 - made here


def test_gold(audit, gold):
    gold("audit.junit.xml", audit_junit(audit))


def test_counts_agree_with_the_cases(audit):
    found = suite(audit)
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(found.get(attribute)) == len(found.findall(f"testcase/{element}"))
    assert int(found.get("tests")) == len(found.findall("testcase"))


def test_drift_is_a_failure_with_its_words(audit):
    messages = [failure.get("message") for failure in suite(audit).iter("failure")]
    assert "Pinned color · mara: coat #d35400 instead of #c0392b, ΔE00 11.2" in messages


def test_unsure_is_skipped_and_unreadable_is_an_error(audit):
    found = suite(audit)
    assert any("no frame" in skipped.get("message") for skipped in found.iter("skipped"))
    assert [error.get("type") for error in found.iter("error")] == ["unreadable"]


def test_clean_series_has_only_passes(clean):
    assert suite(clean).attrib == {
        "name": "Clean",
        "tests": "3",
        "failures": "0",
        "errors": "0",
        "skipped": "0",
    }


def test_gold_of_a_run(run, gold):
    gold("run.junit.xml", audit_junit(run))


def test_a_frame_that_a_person_decides_on_is_a_failure_with_its_reason(run):
    found = suite(run)
    decided = {
        case.get("classname").rpartition(".")[2]: case.find("failure")
        for case in found.findall("testcase[@name='accepted']")
    }
    assert len(decided) == len(run.frames)
    assert decided["R01"] is None
    assert decided["R03"].get("message") == "a person decides: three attempts, and no better"
    assert decided["R03"].get("type") == "person"
    assert "The best so far is try 2." in decided["R03"].text


def test_counts_of_a_run_agree_with_the_cases(run):
    found = suite(run)
    assert int(found.get("failures")) == len(found.findall("testcase/failure"))
    assert int(found.get("tests")) == len(found.findall("testcase"))


def test_a_panel_that_was_left_alone_is_skipped(run):
    left = replace(run, frames=(replace(run.frames[0], outcome="not finished"),))
    case = suite(left).find("testcase[@name='accepted']")
    assert case.find("skipped").get("message") == "not finished"
