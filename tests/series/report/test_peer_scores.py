"""Scores of other projects in every report, beside the verdict, and never as markup."""

from __future__ import annotations

import io
from dataclasses import replace

import jsonschema
import pytest
from rich.console import Console

from series.audit import PeerScore
from series.report import audit_document, audit_html, audit_schema, print_summary

HOSTILE = "[b]<script>alert(1)</script>\u202e\x1b[31m"
SCORES = (
    PeerScore("CIDS cross", 0.71249, -1, 1, f"net/1 {HOSTILE}", "ViStoryBench", "missing characters"),
    PeerScore("OCCM", 96.25, 0, 100, "net/1", "ViStoryBench", "who they are"),
    PeerScore("Copy-paste", None, 0, 1, "net/1", "ViStoryBench", "mirrors", f"nobody {HOSTILE}", "low"),
)


@pytest.fixture
def scored(clean):
    return replace(clean, peers=SCORES)


def printed(audit, **options) -> str:
    out = io.StringIO()
    print_summary(audit, Console(file=out, width=100, force_terminal=False, color_system=None), **options)
    return out.getvalue()


def test_json_holds_every_score_and_follows_the_schema(scored, clean) -> None:
    document = audit_document(scored)
    jsonschema.Draft202012Validator(audit_schema()).validate(document)
    assert [(s["name"], s["value"]) for s in document["peer_scores"]] == [
        ("CIDS cross", 0.71249),
        ("OCCM", 96.25),
        ("Copy-paste", None),
    ]
    item = audit_schema()["properties"]["peer_scores"]["items"]
    assert item["required"] == list(item["properties"]) == list(document["peer_scores"][0])
    assert "peer_scores" not in audit_document(clean)


def test_html_shows_them_folded_beside_the_verdict(scored, clean) -> None:
    html = audit_html(scored)
    section = html[html.index('<section id="peers"') : html.index('<section id="about"')]
    assert "<details" in section
    assert "<details open" not in section
    assert "CIDS cross 0.712, OCCM 96.2, Copy-paste not a number" in section
    assert "All 3 frames are consistent." in section
    for words in ("−1 to 1", "0 to 100", "1 to 0", "missing characters", "ViStoryBench", "nobody"):
        assert words in section
    assert "<script>alert(1)" not in html
    assert "<bdi>net/1" in section  # its direction ends with it
    assert "Scores that others publish" not in audit_html(clean)


def test_the_terminal_prints_them_only_when_asked(scored, clean) -> None:
    assert "Scores that others publish" not in printed(scored)
    assert "Scores that others publish" not in printed(clean, peers=True)
    text = printed(scored, peers=True)
    row = next(line for line in text.splitlines() if line.startswith("CIDS cross  "))
    assert row.rstrip().endswith("  missing characters")
    assert "0.712" in row
    assert "Our verdict: consistent." in text
    assert "[b]<script>" in text  # as it is, not read as markup
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "with net/1" in text


def test_without_references_one_line_says_that_nothing_was_measured(clean) -> None:
    reason = "no character of these frames has a reference picture"
    none = [PeerScore(name, None, 0, 1, "", "ViStoryBench", "x", reason) for name in ("CIDS", "OCCM")]
    scored = replace(clean, peers=(*none, SCORES[1]))
    text = printed(scored, peers=True)
    assert text.count(reason) == 1
    assert f"CIDS, OCCM – not measured: {reason}" in text
    html = audit_html(scored)
    assert html.count(reason) == 1
    assert html.count("computed with <code>") == 1
