import pytest

from consistency.judge import judge
from consistency.measurement import Evidence, Measurement, Unmeasured
from consistency.tolerance import DEFAULT_TOLERANCES, Tolerance
from series.report.order import topics, worst_first
from series.report.words import (
    amount,
    check_title,
    kind,
    kind_title,
    limits,
    look,
    printable,
    quantity,
    reason,
)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (11.24, "ΔE00", "ΔE00 11.2"),
        (5.67, "ΔE of 16×16 cells", "5.7 ΔE of 16×16 cells"),
        (0.1234, "share of frame", "12.3% of frame"),
        (0.41234, "cosine distance", "0.412 cosine distance"),
        (1234.5, "px", "1,234 px"),
        (0.0, "", "0"),
        (float("nan"), "ΔE00", "ΔE00 not a number"),
    ],
)
def test_quantity(value, unit, words):
    assert quantity(value, unit) == words


def test_limits():
    assert limits(Tolerance(3, 6, ""), "ΔE00") == "accepted up to 3, rejected above 6"
    assert (
        limits(Tolerance(100, 100, "", 0.05), "") == "accepted up to 100, rejected above, a copy below 0.05"
    )


def test_limits_that_no_pictures_reach_are_not_said():
    assert limits(Tolerance(200, 200, "", 7), "ΔE of 16×16 cells") == "a copy below 7"
    assert limits(Tolerance(4, 100, ""), "ΔE00") == "accepted up to 4, never rejected"


@pytest.mark.parametrize("check", sorted({key[0] for key in DEFAULT_TOLERANCES}))
def test_every_check_has_a_title_and_fits_a_kind(check):
    assert check_title(check) != check
    assert kind_title(kind(check)) != kind(check)


def test_unknown_checks_keep_their_name():
    assert check_title("color.role") == "Pinned color"
    assert check_title("made.up") == "made.up"


def test_printable_keeps_letters_and_shows_the_rest():
    assert printable("Zoë 👩🏽‍🚀 מארה") == "Zoë 👩🏽‍🚀 מארה"
    assert printable("a\x00b\udcffc\ufffed\te") == "a\\x00b\\udcffc\ufffdd e"


def test_reason_falls_back_on_the_number():
    tolerances = {("identity", "x"): Tolerance(0.35, 0.55, "")}
    finding = judge([Measurement("identity", "mara", 0.6, "cosine distance", "x")], tolerances).findings[0]
    assert reason(finding) == "0.600 cosine distance, accepted up to 0.35, rejected above 0.55"


def test_reason_of_a_copy_names_what_it_copies():
    tolerances = {("picture.copy", "x"): Tolerance(0.9, 1.0, "", too_close=0.05)}
    copied = Measurement("picture.copy", "series", 0.01, "hash distance", "x", Evidence(nearest="mara.png"))
    finding = judge([copied], tolerances).findings[0]
    assert reason(finding) == "too close to mara.png: 0.010 hash distance, a copy below 0.05"


def test_worst_first():
    tolerances = {("a", "x"): Tolerance(1, 2, ""), ("b", "x"): Tolerance(10, 20, "", too_close=1)}
    results = [
        Measurement("a", "near", 0.5, "", "x"),
        Unmeasured("a", "unmeasured", "too small"),
        Measurement("a", "unsure", 1.5, "", "x"),
        Measurement("b", "twice", 40, "", "x"),
        Measurement("a", "thrice", 6, "", "x"),
        Measurement("b", "copied", 0.01, "", "x"),
    ]
    order = [finding.result.subject for finding in worst_first(judge(results, tolerances).findings)]
    assert order == ["copied", "thrice", "twice", "unsure", "unmeasured", "near"]


def test_amount_of_a_share():
    assert amount(0.5, "share of frame") == "50.0%"


@pytest.mark.parametrize(
    ("name", "words"),
    [("mara", "mara"), ("mara/home", "mara (home)"), ("refs/oswin/front.png", "refs/oswin/front.png")],
)
def test_look(name, words):
    assert look(name) == words


def test_what_explains_the_others_comes_first():
    tolerances = {
        (check, "x"): Tolerance(1, 2, "") for check in ("style.series", "picture.blank", "identity.swap")
    }
    results = [
        Measurement(check, "a", 9 if check == "style.series" else 3, "", "x") for check, _ in tolerances
    ]
    order = [finding.result.check for finding in worst_first(judge(results, tolerances).findings)]
    assert order == ["picture.blank", "identity.swap", "style.series"]


def test_topics_keep_together_what_tells_of_one_thing():
    tolerances = {
        (check, "x"): Tolerance(1, 2, "") for check in ("style.series", "rendering.series", "color.role")
    }
    results = [
        Measurement("style.series", "series", 3, "", "x"),
        Measurement("color.role", "mara", 3, "", "x", part="coat"),
        Measurement("rendering.series", "series", 9, "", "x"),
        Measurement("color.role", "mara", 4, "", "x", part="hair"),
        Measurement("color.role", "tib", 3, "", "x", part="fur"),
    ]
    together = [[f.result.part for f in topic] for topic in topics(judge(results, tolerances).findings)]
    assert together == [["hair", "coat"], ["", ""], ["fur"]]
