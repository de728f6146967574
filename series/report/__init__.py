"""An Audit in; HTML, JSON, JUnit XML, CSV or a terminal summary out."""

from series.report.document import audit_document, audit_json, audit_schema
from series.report.html import audit_html
from series.report.junit import audit_junit
from series.report.run_summary import print_run_summary
from series.report.table import audit_csv
from series.report.terminal import print_summary

__all__ = [
    "audit_csv",
    "audit_document",
    "audit_html",
    "audit_json",
    "audit_junit",
    "audit_schema",
    "print_run_summary",
    "print_summary",
]
