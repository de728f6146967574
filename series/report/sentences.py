"""A Finding in, what a producer is told about it out: one sentence, and what would help if it is unsure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from string import Formatter

from consistency import EncoderChoice, Finding, Measurement, Verdict
from series.audit import AuditedFrame
from series.report import words
from series.report.words import printable

_SENTENCES: dict[str, dict[Verdict, str]] = {
    "identity": {
        Verdict.DRIFTED: "This does not look like {who}",
        Verdict.UNSURE: "This may not be {who}: the likeness is too small to be sure",
    },
    "identity.photo": {
        Verdict.DRIFTED: "This does not look like {who}",
        Verdict.UNSURE: "{who} is pinned as a photographed person: nothing here can confirm the face",
    },
    "identity.swap": {
        Verdict.DRIFTED: "{near} stands where {who} should",
        Verdict.UNSURE: "The figure taken for {who} looks more like {near}",
    },
    "identity.missing": {
        Verdict.DRIFTED: "{who} is missing: {percent} of the main colors are nowhere in the frame",
        Verdict.UNSURE: "{who} may be missing: {percent} of the main colors are nowhere in the frame",
    },
    "identity.absent": {
        Verdict.DRIFTED: "Nothing in the frame looks like {who}",
        Verdict.UNSURE: "Nothing in the frame clearly looks like {who}",
    },
    "identity.place": {
        Verdict.DRIFTED: "{who} is not at the pinned place: {percent} of the main colors are not there",
        Verdict.UNSURE: "{who} may not be at the pinned place: {percent} of the main colors are not there",
    },
    "identity.unexpected": {
        Verdict.DRIFTED: "{who} is in the frame, but not in its panel",
        Verdict.UNSURE: "{who} may be in the frame, but is not in its panel",
    },
    "color.offpalette": {
        Verdict.DRIFTED: "Colors outside the palette: {reason}",
        Verdict.UNSURE: "Colors outside the palette: {reason}",
    },
    "color.region": {
        Verdict.DRIFTED: "One part of the frame is far from every pinned color, {amount}",
        Verdict.UNSURE: "One part of the frame is rather far from every pinned color, {amount}",
    },
    "color.p90": {
        Verdict.DRIFTED: "A tenth of {who} is far from every pinned color, {amount} and more",
        Verdict.UNSURE: "A tenth of {who} is rather far from every pinned color, {amount} and more",
    },
    "color.mean": {
        Verdict.DRIFTED: "The overall color of {who} is {found} instead of {pinned}, {amount}",
        Verdict.UNSURE: "The overall color of {who} is {found} instead of {pinned}, {amount}: light?",
    },
    "color.shift": {
        Verdict.DRIFTED: "All colors are shifted against the same camera in {near}, {amount}",
        Verdict.UNSURE: "All colors are a little shifted against the same camera in {near}, {amount}",
    },
    "color.pair": {
        Verdict.DRIFTED: "Colors differ from {near}, same camera, {amount}: which one drifted?",
        Verdict.UNSURE: "Colors differ from {near}, same camera, {amount}: which one drifted?",
    },
    "style.reference": {
        Verdict.DRIFTED: "Line and texture are unlike the style references",
        Verdict.UNSURE: "Line and texture are only partly like the style references",
    },
    "style.series": {
        Verdict.DRIFTED: "Line and texture are unlike the other frames",
        Verdict.UNSURE: "Line and texture are only partly like the other frames",
    },
    "rendering.reference": {
        Verdict.DRIFTED: "Another finish than the style references: {finish}",
        Verdict.UNSURE: "Perhaps another finish than the style references: {finish}",
    },
    "rendering.series": {
        Verdict.DRIFTED: "Another finish than the other frames: {finish}",
        Verdict.UNSURE: "Perhaps another finish than the other frames: {finish}",
    },
    "picture.size": {
        Verdict.DRIFTED: "The picture is {reason} pixels",
        Verdict.UNSURE: "The picture is {reason} pixels",
    },
    "picture.aspect": {
        Verdict.DRIFTED: "The picture has another shape: {reason}",
        Verdict.UNSURE: "The picture has a slightly different shape: {reason}",
    },
    "picture.blank": {
        Verdict.DRIFTED: "The frame is empty: {percent} of it is one flat color",
        Verdict.UNSURE: "The frame is nearly empty: {percent} of it is one flat color",
    },
    "picture.copy": {Verdict.DRIFTED: "The frame is a copy of the reference {near}"},
    "picture.duplicate": {Verdict.DRIFTED: "The same picture as {near}"},
}
_SENTENCES["identity.alone"] = _SENTENCES["identity"]

_LOOK = "look by eye"
_ADVICE = {
    "identity.photo": "look by eye; for a thing or an animal take medium: photo away, which is for people",
    "identity.unexpected": "look by eye at the marked spot; if {who} belongs there, add {who} to the panel",
    "color.offpalette": "look by eye; add the color to the palette if it is meant",
    "color.region": "look by eye at the marked part; add its color to the palette if it is meant",
    "color.mean": "look by eye; only a person can tell light from drift here",
    "color.pair": "look at both by eye; with a third frame of this camera the odd one out is found",
    "color.shift": "look by eye; more frames of this camera make it surer",
    "style.reference": "look by eye; pin more style references if this frame is as it should be",
    "rendering.reference": "look by eye; pin more style references if this frame is as it should be",
    "picture.size": "make the picture again at the pinned size, or decide by eye",
}
_PIN_PLACE = "look by eye; pin the place of {who} in this panel, or more references"
_PIN_REFERENCES = "look by eye; pin more references of {who}"
_ABOUT_A_CHARACTER = frozenset(
    {
        "identity",
        "identity.alone",
        "identity.swap",
        "identity.missing",
        "identity.absent",
        "identity.place",
        "color.role",
        "color.p90",
    }
)


_MORE_OR_LESS = re.compile(r"(.+): (more|less) than in the references")


def sentence(finding: Finding) -> str:
    """The finding as one sentence, without a full stop. A check that has no sentence here says it in its own
    words, and one that has no words gives its number and the limits.
    """
    result = finding.result
    template = _SENTENCES.get(result.check, {}).get(finding.verdict, "")
    if not isinstance(result, Measurement) or not template:
        return words.reason(finding)
    values = _values(result)
    if not all(values[name] for _, name, _, _ in Formatter().parse(template) if name):
        return words.reason(finding)
    return template.format(**values)


def lead(finding: Finding) -> str:
    """The sentence on its own, so that it names whom it is about."""
    said, who = sentence(finding), words.who(finding.result)
    return said if not who or who in said else f"{who}: {said}"


@dataclass(frozen=True, slots=True)
class Picked:
    """Why an encoder looks at something, in words."""

    said: str
    """For example "style, drawn characters by classical: needs no model file"."""
    passed_over: tuple[str, ...]
    """What would have gone before it, each with the reason."""
    better: str
    """The command that would bring the next better one; empty where there is none."""


def picked(choices: Iterable[EncoderChoice]) -> tuple[Picked, ...]:
    """The choices in words, without full stops. What is true of several is said once."""
    alike: dict[tuple[str, str, tuple[str, ...], str], list[str]] = {}
    for choice in choices:
        same = choice.encoder, choice.reason, tuple(map(printable, choice.passed_over)), choice.better
        alike.setdefault(same, []).append(choice.what)
    return tuple(
        Picked(printable(f"{', '.join(what)} by {encoder}: {reason}"), passed, printable(better))
        for (encoder, reason, passed, better), what in alike.items()
    )


def picked_lines(choices: Iterable[EncoderChoice]) -> Iterator[str]:
    """The same as lines for a terminal."""
    for one in picked(choices):
        yield f"encoders: {one.said}"
        yield from (f"  passed over: {passed}" for passed in one.passed_over)
        if one.better:
            yield f"  better: {one.better}"


def advice(finding: Finding, frame: AuditedFrame) -> str:
    """What would help, for a finding that is UNSURE; empty for any other, and where the reason says it."""
    result = finding.result
    if finding.verdict is not Verdict.UNSURE:
        return ""
    if not isinstance(result, Measurement) and ("pin " in result.reason or not result.subject):
        return ""
    known = result.subject in frame.characters
    template = _ADVICE.get(result.check, _LOOK)
    if known and result.check in _ABOUT_A_CHARACTER:
        template = _PIN_REFERENCES if result.subject in frame.placed else _PIN_PLACE
    return template.format(who=words.who(result) or "it")


def _values(result: Measurement) -> dict[str, str]:
    evidence = result.evidence
    swatch = evidence.swatches[0] if evidence.swatches else None
    reason = printable(evidence.reason)
    return {
        "who": words.who(result),
        "near": words.look(evidence.nearest),
        "amount": words.quantity(result.distance, printable(result.unit)),
        "percent": f"{result.distance:.0%}",
        "reason": reason,
        "finish": _finish(reason),
        "found": swatch.found if swatch else "",
        "pinned": swatch.pinned if swatch else "",
    }


def _finish(reason: str) -> str:
    """Without the number, which stands beside it, and without what it is compared with, which stands before:
    "less fine texture" for "fine texture: less than in the references: 5.6 deviations from the references".
    """
    said = reason.rpartition(": ")[0] or reason
    named = _MORE_OR_LESS.fullmatch(said)
    return f"{named[2]} {named[1]}" if named else said.replace(" than the references", "")
