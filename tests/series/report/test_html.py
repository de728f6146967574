import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from series.audit import AuditedReceipt
from series.report import audit_html

LOADING = {"src", "href", "srcset", "data", "action", "formaction", "poster", "background", "xlink:href"}


class Page(HTMLParser):
    """Elements with their attributes, and the text of scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.blocks = []
        self.words = []
        self._inside = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            self._inside = (tag, dict(attrs))
            self.blocks.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        if tag in {"script", "style"}:
            self._inside = None

    def handle_data(self, data):
        if self._inside:
            tag, attributes, text = self.blocks[-1]
            self.blocks[-1] = (tag, attributes, text + data)
        else:
            self.words.append(data)

    def having(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def html(audit):
    return audit_html(audit)


@pytest.fixture
def page(html):
    return Page(html)


def test_loads_nothing_from_elsewhere(page):
    for _, attributes in page.elements:
        for name in LOADING & attributes.keys():
            assert attributes[name].startswith(("data:image/jpeg;base64,", "data:image/png;base64,", "#")), (
                attributes
            )
    assert not re.search(
        r"url\((?!#)|@import", "".join(text for tag, _, text in page.blocks if tag == "style")
    )


def test_policy_names_the_digest_of_every_script_and_style(page):
    policy = next(
        a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for tag, attributes, text in page.blocks:
        if attributes.get("type") != "application/json":
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            directive = next(part for part in policy.split("; ") if part.startswith(f"{tag}-src"))
            assert f"'sha256-{digest}'" in directive


def test_no_inline_styles_or_handlers(page):
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_names_are_escaped(html, page):
    assert "<script>alert(1)" not in html
    assert "<script>alert(1)</script> & the “series”" in page.text
    scripts = [attributes for tag, attributes, _ in page.blocks if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "data"}, {}, {}]


def test_data_is_embedded_safely(page):
    text = next(text for _, attributes, text in page.blocks if attributes.get("id") == "data")
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text)["frames"][0]["n"] == "P01"


def test_every_frame_has_a_tile_and_details(audit, page):
    ids = page.having("id")
    assert len(ids) == len(set(ids))
    for number in range(len(audit.frames)):
        assert f"tile-{number}" in ids
        assert f"frame-{number}" in ids


def test_links_lead_somewhere(page):
    ids = set(page.having("id"))
    assert {href[1:] for href in page.having("href") if "=" not in href} <= ids
    assert set(page.having("data-from")) <= ids


def test_kinds_of_drift_lead_to_their_frames(page):
    filters = [href for href in page.having("href") if "=" in href]
    assert filters == ["#verdict=drifted&check=color", "#verdict=drifted&check=picture"]


def test_words_a_producer_reads(page):
    for words in (
        "2 of 6 frames drifted.",
        "coat #d35400 instead of #c0392b, ΔE00 11.2",
        "Could not be measured",
        "the figure is 31 px high; 48 are needed",
        "Panels without a frame 2",
        "Frames without a panel 1",
        "expected a picture, found text",
        "accepted up to 3, rejected above 6",
        "Display P3 converted to sRGB",
    ):
        assert words in page.text


def test_swatches_show_no_color_that_is_none(page):
    fills = {fill for fill in page.having("fill") if fill.startswith("#")}
    assert fills == {"#c0392b", "#d35400", "#2c3e50"}


def test_each_picture_is_stored_once(audit, page):
    pictures = [src for src in page.having("src") if src.startswith("data:")]
    assert len(pictures) == sum(bool(frame.thumbnail) for frame in audit.frames) + len(audit.references)


def test_over_the_limit_drifted_frames_keep_their_pictures(plain):
    text = audit_html(plain(30, every=10), max_thumbnails=5)
    page = Page(text)
    ids = set(page.having("id"))
    assert {"thumb-0", "thumb-10", "thumb-20"} <= ids
    assert sum(name.startswith("thumb-") for name in ids) == 5
    assert sum(name.startswith("tile-") for name in ids) == 30
    assert "pictures and details of 5 of 30 frames" in page.text
    assert {href[1:] for href in page.having("href") if "=" not in href} <= ids


def test_same_audit_same_page(audit, html):
    assert audit_html(audit) == html


def test_empty_audit(clean):
    page = Page(audit_html(replace(clean, frames=())))
    assert "There are no frames to audit." in page.text


@pytest.fixture
def run_page(run):
    return Page(audit_html(run))


def pictures(page):
    return [src for src in page.having("src") if src.startswith("data:")]


def test_an_audit_of_finished_frames_shows_nothing_of_a_run(audit, html, page):
    assert "What it took" not in html
    assert not [element for element in page.having("class") if element in {"took", "tries", "brief"}]
    assert not page.having("data-way")
    assert not [text for tag, _, text in page.blocks if tag == "style" and ".took" in text]
    data = json.loads(next(text for _, attributes, text in page.blocks if attributes.get("id") == "data"))
    assert all("w" not in frame for frame in data["frames"])


def test_what_a_run_took(run_page):
    for words in (
        "What it took 2 of 6 panels are accepted, 1 of them to look at; a person decides on 3;",
        "2 accepted 1 to look at",
        "3 a person decides",
        "5 pictures 2.50 for each accepted frame",
        "2 repairs made here free of charge",
        "40% acceptance",
        "$0.20 confirmed $0.10 for each accepted frame",
        "$0.04 may have been billed",
        "1 refused by policy",
        "4.2 s for half of the answers",
    ):
        assert words in run_page.text


def test_few_answers_have_a_range_and_no_percentiles(run, figures):
    few = replace(figures, latency_p50=math.nan, latency_min=0.2, latency_max=5.6)
    assert "0.2 s to 5.6 s for an answer" in Page(audit_html(replace(run, run=few))).text
    none = replace(figures, latency_p50=math.nan)
    assert "for an answer" not in Page(audit_html(replace(run, run=none))).text


def test_money_that_was_not_billed_is_not_shown(run, figures):
    page = Page(audit_html(replace(run, run=replace(figures, usd_unknown=0.0))))
    assert "may have been billed sent" not in page.text


def test_attempts_say_what_was_done_and_what_it_answers(run_page):
    for words in (
        "Accepted at try 3, a repair made here: every measurement is within its limits.",
        "Asked again: said in words: Mara is named first, with all her colors answers Character missing",
        "Try 3 Repaired here Kept",
        "Repaired: the coat is turned back to #c0392b answers Pinned color · mara coat",
        "2 other means passed over masked edit: this generator takes no mask",
        "repaired here: the coat is turned back to #c0392b",
        "Try 1 No picture refused by the provider's policy: too much smoke",
        "A person decides: three attempts, and no better. The best so far is try 2.",
        "There is no picture: no answer in time",
    ):
        assert words in run_page.text


def test_attempts_say_who_was_asked_why_and_how_everything_went_out(run_page):
    words = " ".join(" ".join(run_page.words).split())
    assert "Asked of openai:gpt-image-2" in words
    assert "Asked of gemini:flash because of quota: nothing is left for today" in words
    assert "How it was asked for, 1 not sent" in words
    assert (
        "Try 1, asked of openai:gpt-image-2 Not sent seed – the generator takes no seed "
        "As pictures mara: mara.png – sent as Image 1 In the words mara "
        "Try 2, asked of gemini:flash As in the try before."
    ) in words


def test_a_frame_that_passed_at_once_says_who_made_it_and_how_it_was_asked_for(run):
    first = run.frames[0]
    receipts = (
        AuditedReceipt("seed", "sent as seed 7", sent=True),
        AuditedReceipt("style", "not sent: no room", sent=False),
    )
    tried = replace(first.attempts[0], generator="previz", moved="auth: HTTP 401 (paid)", receipts=receipts)
    page = Page(audit_html(replace(run, frames=(replace(first, attempts=(tried,)),))))
    words = " ".join(" ".join(page.words).split())
    assert "Made by previz. It was asked of another generator because of auth: HTTP 401 (paid)." in words
    assert "How it was asked for, 1 not sent Try 1, asked of previz Not sent style – no room" in words
    assert "As settings seed – sent as seed 7" in words


def test_after_the_first_try_only_what_changed_is_said(run):
    frame = run.frames[1]
    changed = (*frame.attempts[1].receipts[:-1], AuditedReceipt("seed", "sent as seed 8", sent=True))
    tries = (frame.attempts[0], replace(frame.attempts[1], receipts=changed), *frame.attempts[2:])
    page = Page(audit_html(replace(run, frames=(replace(frame, attempts=tries),))))
    words = " ".join(" ".join(page.words).split())
    assert "asked of gemini:flash Changed since the try before: As settings seed – sent as seed 8" in words
    assert words.count("mara.png – sent as Image 1") == 1


def test_pinned_references_are_named_only_where_there_are_any(run):
    said = "Every frame was compared with the pinned references"
    assert said in audit_html(run)
    assert said not in audit_html(replace(run, references=()))


def test_a_run_keeps_the_strict_policy(run_page):
    test_policy_names_the_digest_of_every_script_and_style(run_page)
    test_no_inline_styles_or_handlers(run_page)
    test_loads_nothing_from_elsewhere(run_page)
    test_links_lead_somewhere(run_page)
    ids = run_page.having("id")
    assert len(ids) == len(set(ids))


def test_user_text_of_attempts_is_escaped(run, run_page):
    assert "<script>alert(1)" not in audit_html(run)
    scripts = [attributes for tag, attributes, _ in run_page.blocks if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "data"}, {}, {}]


def test_each_picture_of_an_attempt_is_stored_once(run, run_page):
    frames = [frame.thumbnail for frame in run.frames if frame.thumbnail]
    tried = {attempt.thumbnail for frame in run.frames for attempt in frame.attempts} - {b"", *frames}
    assert len(tried) == 2
    found = pictures(run_page)
    assert len(found) == len(frames) + len(tried) + len(run.references)


def test_a_failure_is_a_card_without_a_picture(run_page):
    failed = [a for _, a in run_page.elements if "failed" in a.get("class", "").split()]
    assert len(failed) == 4
    assert "Try 1 No picture no answer in time" in run_page.text


def test_over_the_limit_attempts_are_listed_without_pictures(long):
    page = Page(audit_html(long(6, 3), max_thumbnails=2))
    ids = set(page.having("id"))
    assert sum(name.startswith("thumb-") for name in ids) == 2
    assert sum(name.startswith("try-") for name in ids) == 2
    assert {f"frame-{number}" for number in range(6)} <= ids
    assert page.text.count("picture left out") == 4 * 3 + 2
    assert page.text.count("Asked again: once more") == 6
    assert {href[1:] for href in page.having("href") if "=" not in href} <= ids


def test_attempts_without_thumbnails(run):
    bare = tuple(
        replace(frame, attempts=tuple(replace(one, thumbnail=b"") for one in frame.attempts))
        for frame in run.frames
    )
    page = Page(audit_html(replace(run, frames=bare)))
    assert not [name for name in page.having("id") if name.startswith("try-")]
    assert sum("try" in a.get("class", "").split() for _, a in page.elements) == 9


def test_buttons_name_only_ways_that_occur(long, run_page):
    assert run_page.having("data-way") == ["regenerated", "person", "repaired"]
    assert Page(audit_html(long(2, 2))).having("data-way") == ["regenerated"]
    assert Page(audit_html(long(2, 1))).having("data-way") == []


def test_same_run_same_page(run):
    assert audit_html(run) == audit_html(run)
