import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Assessment, Verdict
from series.report import took


@pytest.mark.parametrize(
    ("usd", "said"),
    [
        (0, "$0"),
        (0.04, "$0.04"),
        (0.0004, "$0.0004"),
        (1240.5, "$1,240.50"),
        (math.nan, "–"),
        (math.inf, "–"),
    ],
)
def test_money(usd, said):
    assert took.money(usd) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.42, "0.4 s"),
        (9.99, "10.0 s"),
        (12.4, "12 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (4800, "1 h 20 min"),
    ],
)
def test_duration(seconds, said):
    assert took.duration(seconds) == said


@given(st.floats(0, 10**9))
def test_money_is_said_to_the_cent(usd):
    said = float(took.money(usd).removeprefix("$").replace(",", ""))
    assert said == pytest.approx(usd, abs=0.00501 if usd >= took.CENT else 1e-6)


def test_story_of_a_frame_that_passed_at_once(run):
    assert (
        took.story(run.frames[0]) == "Accepted at the first try. It took 1 picture: $0.04, 4.2 s of waiting."
    )


def test_story_says_why_and_at_what_cost(run):
    assert took.story(run.frames[1]) == (
        "Accepted at try 3, a repair made here: every measurement is within its limits. "
        "Made by gemini:flash. "
        "It was asked of another generator because of quota: nothing is left for today. "
        "It took 2 pictures and 1 repair made here: $0.08, 8.4 s of waiting."
    )


def test_story_for_a_person(run):
    assert took.story(run.frames[2]) == (
        "A person decides: three attempts, and no better. The best so far is try 2. "
        "It took 1 picture and 1 request without a picture: $0.08, 8.4 s of waiting."
    )
    assert "There is no picture yet." in took.story(run.frames[4])


def test_accepted_but_unsure_is_to_be_looked_at(run):
    unsure = replace(run.frames[3], outcome="accepted")
    assert "Something in it is unsure: look at made.up of " in took.story(unsure)
    assert "look at made.up" not in took.story(run.frames[3])
    last = replace(unsure.attempts[-1], decision="accepted: nothing drifted; look at mara")
    assert took.story(replace(unsure, attempts=(last,))).count("look at") == 1


def test_no_story_without_a_run(audit):
    assert {took.story(frame) for frame in audit.frames} == {""}
    assert {took.ways(frame) for frame in audit.frames} == {()}


def test_ways(run):
    assert [took.ways(frame) for frame in run.frames] == [
        (),
        (took.Way.REGENERATED, took.Way.REPAIRED),
        (took.Way.PERSON,),
        (took.Way.PERSON, took.Way.REPAIRED),
        (took.Way.PERSON,),
    ]


def test_totals(figures):
    assert took.totals(replace(figures, latency_p95=5.6)) == (
        "2 of 6 panels are accepted, 1 of them to look at; a person decides on 3; 1 is not finished. "
        "9 requests brought 5 pictures, 2.50 for each accepted frame; "
        "2 repairs were made here free of charge. "
        "It cost $0.20, $0.10 for each accepted frame; $0.04 more may have been billed. "
        "1 request refused by the provider's policy and 3 requests failed. "
        "Half of the answers came within 4.2 s, 95 of 100 within 5.6 s."
    )


def test_few_answers_are_told_from_the_fastest_to_the_slowest(figures):
    few = replace(figures, latency_p50=math.nan, latency_min=0.2, latency_max=5.6)
    assert took.totals(few).endswith("Answers took 0.2 s to 5.6 s.")
    assert took.totals(replace(few, latency_max=0.2)).endswith("Answers took 0.2 s.")


def test_a_repair_that_was_not_possible_counts_as_none(run):
    repaired = run.frames[1]
    in_vain = [replace(one, verdict=None) if one.kind == "repaired" else one for one in repaired.attempts]
    frame = replace(repaired, attempts=tuple(in_vain))
    assert took.Way.REPAIRED in took.ways(repaired)
    assert took.Way.REPAIRED not in took.ways(frame)
    assert "repair made here:" not in took.story(frame).partition("It took")[2]


def test_totals_of_nothing(figures):
    nothing = replace(
        figures,
        accepted=0,
        to_look_at=0,
        asked_person=0,
        unfinished=1,
        requests=0,
        images=0,
        repairs=0,
        usd=0.0,
        usd_unknown=0.0,
        refusals=0,
        failures=0,
        latency_p50=math.nan,
    )
    assert took.totals(nothing) == (
        "0 of 1 panel is accepted; 1 is not finished. Nothing was asked this time."
    )


def test_a_panel_that_was_left_alone_is_not_finished(run):
    left = replace(run.frames[2], outcome=took.UNFINISHED)
    assert took.ways(left) == ()
    assert took.story(left).startswith("Not finished yet.")
    assert took.took_more(replace(left, attempts=left.attempts[:1]))


def test_money_of_the_simulated_model_is_said_to_be_simulated(figures):
    assert "(simulated)." in took.totals(replace(figures, generator="previz+drift"))
    assert "(partly simulated)." in took.totals(replace(figures, generator="openai:x, previz+drift"))
    assert "simulated" not in took.totals(figures)
    assert "simulated" not in took.totals(
        replace(figures, generator="previz+drift", usd=0.0, usd_unknown=0.0)
    )


def test_what_to_look_at_is_named(audit):
    frame = next(one for one in audit.frames if one.verdict is Verdict.UNSURE and one.assessment.findings)
    assert took.to_look_at(frame) == ""
    assert took.to_look_at(replace(frame, outcome="accepted")).startswith("look at ")
    bare = replace(frame, outcome="accepted", assessment=Assessment(()))
    assert took.to_look_at(bare) == "look at all of it: nothing was measured"
