from math import inf, nextafter

import pytest

from consistency.judge import Assessment, Verdict, judge
from consistency.measurement import Evidence, Measurement, SwatchMatch, Unmeasured
from consistency.tolerance import DEFAULT_TOLERANCES, Tolerance
from series.audit import AuditedFrame
from series.report.sentences import advice, lead, sentence

SWATCH = SwatchMatch("coat", "#c0392b", "#d35400", 11.24, 0.31)
PAIRS = sorted(key for key in DEFAULT_TOLERANCES if len(key) == 2)


def found(check, distance, reason="", *, nearest="", encoder="x", limits=(1, 2), **more):
    evidence = Evidence(reason, swatches=(SWATCH,), nearest=nearest)
    result = Measurement(check, more.pop("subject", "mara"), distance, "ΔE00", encoder, evidence, **more)
    return judge([result], {(check, encoder): Tolerance(*limits, "")}).findings[0]


def frame(*, placed=()):
    return AuditedFrame("p01", "p01.png", ("mara",), 1, 1, b"", Assessment(()), placed=placed)


@pytest.mark.parametrize(("check", "encoder"), PAIRS)
@pytest.mark.parametrize("verdict", [Verdict.DRIFTED, Verdict.UNSURE])
def test_every_check_says_a_sentence(check, encoder, verdict):
    tolerance = DEFAULT_TOLERANCES[check, encoder]
    inside = nextafter(tolerance.accept_below, inf)
    distance = tolerance.reject_above * 1.01 if verdict is Verdict.DRIFTED else inside
    if distance > tolerance.reject_above and verdict is Verdict.UNSURE:
        pytest.skip("this check is never unsure")
    evidence = Evidence("1 instead of 2", swatches=(SWATCH,), nearest="p02")
    result = Measurement(check, "mara", distance, "ΔE00", encoder, evidence, part="coat")
    finding = judge([result], DEFAULT_TOLERANCES).findings[0]
    assert finding.verdict is verdict
    said = lead(finding)
    assert "{" not in said
    assert len(said) < 110
    helps = advice(finding, frame())
    assert bool(helps) is (verdict is Verdict.UNSURE)
    assert "{" not in helps


def test_without_the_facts_the_check_speaks_for_itself():
    assert (
        sentence(found("identity.swap", 3, "mara looks more like somebody"))
        == "mara looks more like somebody"
    )
    assert sentence(found("made.up", 3)) == "ΔE00 3.0, accepted up to 1, rejected above 2"


def test_names_are_not_read_as_fields():
    assert sentence(found("identity.swap", 3, nearest="{who}")) == "{who} stands where mara should"


def test_a_lead_names_whom_it_is_about():
    coat = found("color.role", 3, "coat #d35400 instead of #c0392b, ΔE00 3.0", part="coat")
    assert lead(coat) == "mara: coat #d35400 instead of #c0392b, ΔE00 3.0"
    assert lead(found("identity", 3)) == "This does not look like mara"
    assert lead(found("picture.aspect", 3, "1×1 instead of 2×1", subject="frame")).startswith("The picture")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        (
            "fine texture: less than in the references: 5.6 deviations from the references",
            "less fine texture",
        ),
        ("crisper than the references (sharpened): 9.0 deviations from the rest", "crisper (sharpened)"),
    ],
)
def test_finish(reason, finish):
    said = sentence(found("rendering.series", 3, reason, subject="series"))
    assert said == f"Another finish than the other frames: {finish}"


def test_advice_asks_only_for_what_is_not_there():
    unsure = found("identity", 1.5)
    assert "pin the place of mara" in advice(unsure, frame())
    assert "place" not in advice(unsure, frame(placed=("mara",)))
    pinned = judge([Unmeasured("identity", "mara", "pin its place, or look by eye")], {}).findings[0]
    assert advice(pinned, frame()) == ""
