"""Verdicts, checks and numbers in, words for a producer out."""

from __future__ import annotations

import re
import unicodedata
from math import isfinite

from consistency import Finding, Measurement, Result, Tolerance, Verdict
from series.audit import Audit, AuditedFrame

CHECK_TITLES = {
    "identity": "Who is it",
    "identity.alone": "Who is it, with one character only",
    "identity.photo": "Who is it, photographed",
    "identity.unclear": "Who is it, by an unclear face",
    "identity.swap": "Characters swapped",
    "identity.missing": "Character missing",
    "identity.absent": "Nothing looks like the character",
    "identity.place": "Character not at its place",
    "identity.unexpected": "Unexpected character",
    "color.role": "Pinned color",
    "color.share": "Amount of a color",
    "color.offpalette": "Colors outside the palette",
    "color.shift": "Shift of all colors",
    "color.pair": "Two frames of one camera",
    "color.emd": "Colors moved",
    "color.p90": "Farthest colors",
    "color.mean": "Overall color",
    "color.region": "Color of a region",
    "style.reference": "Style, against the references",
    "style.series": "Style, within the series",
    "rendering.reference": "Rendering, against the references",
    "rendering.series": "Rendering, within the series",
    "picture.size": "Picture size",
    "picture.aspect": "Picture shape",
    "picture.blank": "Blank picture",
    "picture.duplicate": "Same picture twice",
    "picture.copy": "Copy of a reference",
    "lettering.amount": "Amount of lettering",
    "lettering.hint": "Trace of lettering",
}
"""Check → what a producer calls it. A check that is not here keeps its dotted name."""

KIND_TITLES = {
    "identity": "Identity",
    "color": "Color",
    "style": "Style",
    "rendering": "Rendering",
    "picture": "Picture",
    "lettering": "Lettering",
}
"""First part of a check's name → the kind of drift."""

VERDICT_TITLES = {Verdict.CONSISTENT: "Consistent", Verdict.UNSURE: "Unsure", Verdict.DRIFTED: "Drifted"}

WHOLE = frozenset({"", "frame", "style", "series"})
"""Subjects of findings about the whole frame, or the series: naming them says nothing."""

NEVER_BEYOND = {"ΔE": 100.0}
"""Unit → a limit that no two pictures are beyond: it says that this side is not judged."""

NO_NUMBER = "not a number"

_KEPT_PICTURE = re.compile(r"[^\s'\"]*[0-9a-f]{64}[^\s'\":;,]*", re.ASCII)
_NEVER_PRINTED = frozenset({"Cc", "Cs"})
_BREAKS = frozenset("\t\n\r\u2028\u2029")
_DIRECTION_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_title(check: str) -> str:
    """The title of "color.role" is "Pinned color"."""
    return CHECK_TITLES.get(check, check)


def check_order(check: str) -> tuple[int, str]:
    """Sort key: the known checks in the order of CHECK_TITLES, then the others by name."""
    known = list(CHECK_TITLES)
    return (known.index(check) if check in known else len(known), check)


def kind(check: str) -> str:
    """The kind of "color.role" is "color"."""
    return check.partition(".")[0]


def kind_title(check_kind: str) -> str:
    """The title of "color" is "Color"."""
    return KIND_TITLES.get(check_kind, check_kind)


def printable(text: str) -> str:
    """The same text without what no report format can carry: control characters and the lone surrogates
    of undecodable file names become visible escapes. Line breaks and tabs become spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def one_direction(text: str) -> str:
    """printable(), and without the marks that let a name rearrange the line it stands in."""
    return "".join(character for character in printable(text) if character not in _DIRECTION_CONTROLS)


def without_paths(text: str) -> str:
    """The same text with kept pictures called pictures: they are named by 64 digits, which fill a line."""
    return _KEPT_PICTURE.sub("the picture", text)


def _visible(character: str) -> str:
    if character in _BREAKS:
        return " "
    if unicodedata.category(character) in _NEVER_PRINTED:
        return character.encode("unicode_escape").decode("ascii")
    # Noncharacters are unassigned, but XML and some terminals refuse them.
    return "\ufffd" if ord(character) & 0xFFFE == 0xFFFE else character


def amount(value: float, unit: str) -> str:
    """A number in as many digits as say something in this unit, without the unit."""
    if not isfinite(value):
        return NO_NUMBER
    if "ΔE" in unit:
        return f"{value:.1f}"
    if unit.startswith("share"):
        return f"{100 * value:.1f}%"
    if value == round(value):
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def quantity(value: float, unit: str) -> str:
    """A number with its unit, as it is said: "ΔE00 11.2", "12.5% of frame", "0.412 cosine distance"."""
    number = amount(value, unit)
    if "ΔE" in unit and " " not in unit:
        return f"{unit} {number}"
    if unit.startswith("share"):
        return f"{number} {unit.removeprefix('share').strip()}".strip()
    return f"{number} {unit}".strip()


def limits(tolerance: Tolerance, unit: str) -> str:
    """The band in words: "accepted up to 3.0, rejected above 6.0"."""
    said = []
    if not is_open(tolerance.accept_below, unit):
        said.append(f"accepted up to {_limit(tolerance.accept_below, unit)}")
        if is_open(tolerance.reject_above, unit):
            said.append("never rejected")
        elif tolerance.reject_above == tolerance.accept_below:
            said.append("rejected above")
        else:
            said.append(f"rejected above {_limit(tolerance.reject_above, unit)}")
    if tolerance.too_close is not None:
        said.append(f"a copy below {_limit(tolerance.too_close, unit)}")
    return ", ".join(said)


def is_open(limit: float, unit: str) -> bool:
    """Whether no distance can be beyond this limit, as with 200 in ΔE: then there is no limit to show."""
    return any(known in unit and limit >= most for known, most in NEVER_BEYOND.items())


def _limit(value: float, unit: str) -> str:
    """A limit is a chosen number: 0.35, not the 0.350 of a measured one."""
    number = amount(value, unit)
    digits = number.removesuffix("%")
    if "." not in digits:
        return number
    return digits.rstrip("0").rstrip(".") + number[len(digits) :]


def reason(finding: Finding) -> str:
    """The finding in words: the check's own where it has some, else the number and its limits."""
    result = finding.result
    if not isinstance(result, Measurement):
        return printable(f"could not be measured: {result.reason}")
    if result.evidence.reason:
        return printable(result.evidence.reason)
    if not isfinite(result.distance):
        return "the distance came out as no number"
    return printable(_numbers(result, finding.tolerance))


def is_copy(finding: Finding) -> bool:
    """Whether the distance is under too_close."""
    result, tolerance = finding.result, finding.tolerance
    if not isinstance(result, Measurement) or tolerance is None or tolerance.too_close is None:
        return False
    return result.distance < tolerance.too_close


def _numbers(result: Measurement, tolerance: Tolerance | None) -> str:
    said = quantity(result.distance, result.unit)
    if tolerance is None:
        return said
    if tolerance.too_close is not None and result.distance < tolerance.too_close:
        copied = result.evidence.nearest or "another picture"
        return f"too close to {copied}: {said}, a copy below {_limit(tolerance.too_close, result.unit)}"
    return f"{said}, {limits(tolerance, result.unit)}"


def about(finding: Finding) -> str:
    """Check and subject: "Pinned color · mara"; the frame as a whole needs no naming."""
    title, subject = printable(check_title(finding.result.check)), who(finding.result)
    return f"{title} · {subject}" if subject else title


def who(result: Result) -> str:
    """Whom a result is about: "mara", "mara (home)"; empty for the whole frame or series."""
    return "" if result.subject in WHOLE else look(result.subject)


def look(name: str) -> str:
    """A character, or one in another outfit: "mara (home)" for "mara/home". Other names stay as they are."""
    character, _, outfit = name.partition("/")
    return printable(f"{character} ({outfit})" if outfit and "/" not in outfit and "." not in name else name)


def planned(frame: AuditedFrame) -> str:
    """The characters that the panel names, each with its outfit: "mara: home, tib"."""
    named = (
        f"{name}: {frame.wardrobe[name]}" if name in frame.wardrobe else name for name in frame.characters
    )
    return printable(", ".join(named))


def frame_name(frame: AuditedFrame) -> str:
    """The panel's id, or the file's name where no panel names it."""
    return printable(frame.panel or frame.file)


def unread(frame: AuditedFrame) -> str:
    """Why a frame was not measured: a file that could not be read, or a picture that never came."""
    return printable(f"could not be read: {frame.error}" if frame.file else f"no picture: {frame.error}")


def plural(number: int, noun: str) -> str:
    """Number and noun: "1 frame", "2 frames", "12,000 frames"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def headline(audit: Audit) -> str:
    """The overall verdict as one sentence."""
    total = len(audit.frames)
    drifted = audit.count(Verdict.DRIFTED)
    unsure = audit.count(Verdict.UNSURE)
    if not total:
        return "There are no frames to audit."
    if drifted:
        if drifted == total:
            return "The only frame drifted." if total == 1 else f"All {total:,} frames drifted."
        return f"{drifted:,} of {plural(total, 'frame')} drifted."
    if unsure:
        return f"No drift found, but {unsure:,} of {plural(total, 'frame')} could not be decided."
    if audit.panels_without_frame:
        return f"No drift found, but {plural(len(audit.panels_without_frame), 'panel')} had no frame."
    return "The only frame is consistent." if total == 1 else f"All {total:,} frames are consistent."
