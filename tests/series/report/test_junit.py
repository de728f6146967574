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
