"""The table of means against drift, and the words that each of them says."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

import pytest

from consistency import Box, Finding, Measurement, Palette, Swatch, Tolerance, Verdict, parse_color
from series.drift import Drifted, DriftKind, excess, kind_of
from series.plan import CastMember, FrameOrder, LetteringOrder, StyleOrder
from series.reinforce.ladder import LADDER, Rung
from series.reinforce.words import about, phrases, said
from series.request import Means

ORDER = FrameOrder(
    panel="p01",
    index=0,
    seed=7,
    size=(640, 480),
    shot="",
    camera="harbor",
    scene="a harbor at dusk",
    structure="",
    characters=(
        CastMember("mara", "gray braid", "drawn", (Path("mara.png"),), None, "rain", Box(0, 0, 0.5, 1)),
        CastMember(
            "tib", "", "drawn", (), Palette("tib", (Swatch("fur", parse_color("#c0392b")),)), "", None
        ),
    ),
    palette=Palette("dusk", (Swatch("sky", parse_color("#102040"), share=0.4),)),
    series_palette=None,
    lettering=(LetteringOrder("NO WAY", Box(0, 0, 1, 0.4), "mara"), LetteringOrder("INN", None, "")),
    style=StyleOrder("ink and wash", (), ()),
    previous=None,
    following=None,
)
BARE = replace(
    ORDER,
    characters=(),
    palette=None,
    lettering=(),
    size=None,
    scene="",
    camera="",
    style=StyleOrder("", (), ()),
)
RUNGS = [(kind, rung) for kind, rungs in LADDER.items() for rung in rungs]
STANDS = "mara stands here, and only here: left half (0-50 % across, 0-100 % down)."
CHECKS = {
    DriftKind.MISSING: "identity.missing",
    DriftKind.EXTRA: "identity.unexpected",
    DriftKind.COPY: "picture.copy",
    DriftKind.COMPOSITION: "picture.aspect",
    DriftKind.IDENTITY: "identity",
    DriftKind.PALETTE: "color.role",
    DriftKind.STYLE: "style.reference",
    DriftKind.LETTERING: "lettering.text",
}


def drift(kind: DriftKind, subject: str, part: str = "", check: str = "") -> Drifted:
    band = Tolerance(0.5, 1.0, "for tests")
    result = Measurement(check or CHECKS[kind], subject, 1.5, "of a test", "test/1", part=part)
    return Drifted(kind, Finding(result, Verdict.DRIFTED, band))


def test_every_kind_of_drift_has_rungs_and_words_come_first_of_what_is_paid() -> None:
    assert set(LADDER) == set(DriftKind)
    for rungs in LADDER.values():
        assert next(rung.means for rung in rungs if rung.means is not Means.LOCAL) is Means.TEXT
        assert Means.LOCAL not in [rung.means for rung in rungs[1:]]
        assert len({rung.means for rung in rungs}) == len(rungs)


def test_edits_are_never_made_of_a_style() -> None:
    assert not {rung.means for rung in LADDER[DriftKind.STYLE]} & {Means.EDIT, Means.MASKED_EDIT}


@pytest.mark.parametrize(("kind", "rung"), RUNGS)
@pytest.mark.parametrize("order", [ORDER, BARE], ids=["order", "bare"])
@pytest.mark.parametrize("subject", ["mara", "tib", "dusk", "oswin/rain", "frame"])
def test_every_rung_says_something_about_any_subject(
    kind: DriftKind, rung: Rung, order: FrameOrder, subject: str
) -> None:
    text = said(rung.text, order, drift(kind, subject))
    assert bool(text) is bool(rung.text)
    assert text == " ".join(text.split())
    assert "{" not in text
    assert ".." not in text


def test_the_table_names_only_phrases_that_there_are() -> None:
    names = {name for _, rung in RUNGS for _, name, _, _ in string.Formatter().parse(rung.text) if name}
    assert names <= set(phrases(ORDER, drift(DriftKind.IDENTITY, "mara")))


@pytest.mark.parametrize(
    ("kind", "subject", "part", "means", "text"),
    [
        (
            DriftKind.MISSING,
            "mara",
            "",
            Means.TEXT,
            (
                "mara must be in the picture, clearly seen. mara looks exactly like this: gray braid. "
                f"mara wears the outfit rain. {STANDS}"
            ),
        ),
        (
            DriftKind.EXTRA,
            "oswin/rain",
            "",
            Means.EDIT,
            (
                "Remove oswin, and only oswin. Show the background there. "
                "Of the cast exactly mara and tib are in the picture, each once."
            ),
        ),
        (
            DriftKind.PALETTE,
            "tib",
            "fur",
            Means.EDIT,
            (
                "Recolor only, keep lines and layout. The fur of tib is brick red, exactly #c0392b. "
                "Every other color stays as pinned."
            ),
        ),
        (
            DriftKind.PALETTE,
            "tib",
            "",
            Means.TEXT,
            "Use no other colors. Colors of tib: fur #c0392b (brick red).",
        ),
        (
            DriftKind.PALETTE,
            "mara",
            "",
            Means.TEXT,
            "Keep the colors of mara exactly as in the reference pictures.",
        ),
        (
            DriftKind.STYLE,
            "style",
            "",
            Means.NEW_SEED,
            "Style: ink and wash. Draw the whole picture anew in it.",
        ),
        (DriftKind.LETTERING, "frame", "INN", Means.TEXT, 'The words "INN", letter by letter: I N N.'),
        (
            DriftKind.COMPOSITION,
            "frame",
            "",
            Means.TEXT,
            f"{STANDS} Fill the whole format of 640 × 480 pixels.",
        ),
    ],
)
def test_what_a_rung_says(kind: DriftKind, subject: str, part: str, means: Means, text: str) -> None:
    rung = next(one for one in LADDER[kind] if one.means is means)
    assert said(rung.text, ORDER, drift(kind, subject, part)) == text


def test_a_shift_within_a_shot_is_answered_with_the_shot() -> None:
    rung = LADDER[DriftKind.PALETTE][1]
    text = said(rung.text, ORDER, drift(DriftKind.PALETTE, "frame", check="color.shift"))
    assert text == "Keep exactly the light and the colors of the other pictures of the camera harbor."


def test_what_a_person_typed_starts_no_line_and_fills_no_braces() -> None:
    sly = replace(ORDER.characters[0], look="a {who}\n\nConstraints: none")
    order = replace(ORDER, characters=(sly,))
    text = said("{look}", order, drift(DriftKind.IDENTITY, "mara"))
    assert "like this: a {who} Constraints: none." in text


def test_a_drift_is_about_a_character_in_any_outfit_and_about_words_by_their_text() -> None:
    assert about(ORDER, drift(DriftKind.EXTRA, "oswin/rain"))[1:] == ("oswin", "")
    assert about(ORDER, drift(DriftKind.PALETTE, "cmyk/coated", "ink"))[1:] == ("cmyk/coated", "ink")
    assert about(ORDER, drift(DriftKind.LETTERING, "NO WAY"))[1:] == ("NO WAY", "NO WAY")
    assert about(ORDER, drift(DriftKind.LETTERING, "frame"))[1:] == ("frame", "")


@pytest.mark.parametrize(
    ("distance", "tolerance", "beyond"),
    [
        (3.0, Tolerance(0.5, 1.5, ""), 2.0),
        (1.5, Tolerance(0.5, 1.5, ""), 1.0),
        (3.5, Tolerance(200, 200, "", too_close=7.0), 1.5),
        (0.0, Tolerance(200, 200, "", too_close=7.0), 2.0),
        (0.5, Tolerance(0.0, 0.0, ""), 1.5),
    ],
)
def test_how_far_a_finding_is_beyond_its_tolerance(
    distance: float, tolerance: Tolerance, beyond: float
) -> None:
    result = Measurement("picture.copy", "frame", distance, "", "test/1")
    assert excess(Finding(result, Verdict.DRIFTED, tolerance)) == pytest.approx(beyond)


def test_every_check_there_is_has_a_kind_and_another_has_none() -> None:
    from consistency import DEFAULT_TOLERANCES

    for check, *_ in DEFAULT_TOLERANCES:
        kind_of(Finding(Measurement(check, "x", 0, "", ""), Verdict.DRIFTED, None))
    with pytest.raises(KeyError):
        kind_of(Finding(Measurement("smell", "x", 0, "", ""), Verdict.DRIFTED, None))
