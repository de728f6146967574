import csv
import io

from series.report import audit_csv


def rows(audit):
    return list(csv.DictReader(io.StringIO(audit_csv(audit), newline="")))


def test_gold(audit, gold):
    gold("audit.csv", audit_csv(audit))


def test_one_row_a_finding(audit):
    findings = sum(len(frame.assessment.findings) for frame in audit.frames)
    without = sum(not frame.assessment.findings for frame in audit.frames)
    assert len(rows(audit)) == findings + without + len(audit.panels_without_frame)


def test_lines_end_as_in_rfc_4180(audit):
    text = audit_csv(audit)
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")


def test_no_cell_is_a_formula(audit):
    for row in rows(audit):
        for cell in row.values():
            assert not cell.startswith(("=", "+", "@", "\t", "-"))
    assert "'=cmd().png" in {row["file"] for row in rows(audit)}


def test_numbers_stay_numbers(audit):
    row = next(row for row in rows(audit) if row["check"] == "color.role")
    assert float(row["distance"]) == 11.24
    assert (row["accept_below"], row["reject_above"]) == ("3", "6")
