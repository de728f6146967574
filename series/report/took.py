"""Frames and figures of a run in, what they took in plain words out: tries, money, time, who decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import Enum
from math import isfinite

from consistency import Finding, Verdict
from series.audit import AuditedAttempt, AuditedFrame, RunFigures, Spent
from series.drift import called, kind_of
from series.report.words import plural, printable

ACCEPTED, UNFINISHED = "accepted", "not finished"
"""Outcomes of a frame that passed, and the beginning of that of one that a later run goes on with; any other
one says why a person is asked."""
ASKED, REPAIRED, FAILED = "asked", "repaired", "failed"
"""Kinds of attempts."""
CENT = 0.01
"""Sums below it are said in tenths of a cent and less: a draft may cost $0.0004."""
MINUTE, HOUR = 60, 3600
UNKNOWN = "–"
NOTHING_ASKED = "Nothing was asked this time."
SIMULATED = "previz+drift"
"""The generator whose money is made up; the drafts of `previz` cost nothing."""
LOOK_AT = 3
"""Things to look at that are named for one frame."""


class Way(Enum):
    """How a frame came to be: what a reader filters by."""

    REGENERATED = "regenerated"
    """More than one picture was asked for."""
    PERSON = "person"
    """The machine stopped here: a person decides."""
    REPAIRED = "repaired"
    """Something was repaired here."""

    @property
    def title(self) -> str:
        """As it stands on a button."""
        return _WAYS[self]


_WAYS = {
    Way.REGENERATED: "Was regenerated",
    Way.PERSON: "A person decides",
    Way.REPAIRED: "Repaired",
}


def ways(frame: AuditedFrame) -> tuple[Way, ...]:
    """Every way that fits; none for a frame that passed at once, or that no run made."""
    asked = sum(attempt.kind == ASKED for attempt in frame.attempts)
    repaired = any(_repaired(attempt) for attempt in frame.attempts)
    fits = {
        Way.REGENERATED: asked > 1,
        Way.PERSON: person_decides(frame),
        Way.REPAIRED: repaired,
    }
    return tuple(way for way, does in fits.items() if does)


def _repaired(attempt: AuditedAttempt) -> bool:
    """Whether a repair gave a picture; some cannot be made."""
    return attempt.kind == REPAIRED and attempt.verdict is not None


def person_decides(frame: AuditedFrame) -> bool:
    """Whether the run stopped and asks a person about this frame."""
    return bool(frame.outcome) and frame.outcome != ACCEPTED and not frame.outcome.startswith(UNFINISHED)


def took_more(frame: AuditedFrame) -> bool:
    """Whether a frame needed more than one try, or is not accepted."""
    return len(frame.attempts) > 1 or frame.outcome not in {"", ACCEPTED}


def to_look_at(frame: AuditedFrame) -> str:
    """What a person should look at in an accepted frame: "look at identity of mara, style"; else empty."""
    if frame.outcome != ACCEPTED or frame.verdict is not Verdict.UNSURE:
        return ""
    unsure = (one for one in frame.assessment.findings if one.verdict is Verdict.UNSURE)
    named = list(dict.fromkeys(map(_called, unsure)))
    more = f" and {len(named) - LOOK_AT} more" if len(named) > LOOK_AT else ""
    if not named:
        return "look at all of it: nothing was measured"
    return printable(f"look at {', '.join(named[:LOOK_AT])}{more}")


def _called(finding: Finding) -> str:
    result = finding.result
    try:
        return called(kind_of(finding), result.subject, result.part)
    except KeyError:  # a check of a package of others
        return f"{result.check} of {result.subject}"


def counts(frame: AuditedFrame) -> tuple[int, int]:
    """Pictures that were asked for, refused ones included; repairs that were made here."""
    return (
        sum(attempt.kind != REPAIRED for attempt in frame.attempts),
        sum(map(_repaired, frame.attempts)),
    )


def maker(frame: AuditedFrame) -> str:
    """Who made the picture that is the frame; of a repaired one, who made what was repaired. Empty where
    nobody did."""
    one = kept(frame)
    if one is None:
        return ""
    before = [
        attempt.generator for attempt in frame.attempts if attempt.number <= one.number and attempt.verdict
    ]
    return printable(next((name for name in reversed(before) if name), ""))


def kept(frame: AuditedFrame) -> AuditedAttempt | None:
    """The try that is the frame."""
    return next((attempt for attempt in frame.attempts if attempt.kept), None)


def money(usd: float) -> str:
    """US dollars: "$1,240.50", "$0.08", "$0.0004", "$0"."""
    if not isfinite(usd):
        return UNKNOWN
    if usd == 0 or abs(usd) >= CENT:
        return f"${usd:,.2f}" if usd else "$0"
    return f"${usd:.6f}".rstrip("0").rstrip(".")


def duration(seconds: float) -> str:
    """Seconds: "0.4 s", "12 s", "2 min 5 s", "1 h 20 min"."""
    if not isfinite(seconds):
        return UNKNOWN
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s" if whole % MINUTE else f"{whole // MINUTE} min"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def price(attempt: AuditedAttempt) -> str:
    """What one try cost: "$0.04, 4.2 s"; a repair is free of charge."""
    if attempt.kind == REPAIRED and not attempt.usd:
        return "free of charge"
    said = [money(attempt.usd)]
    if attempt.seconds > 0 and isfinite(attempt.seconds):
        said.append(duration(attempt.seconds))
    return ", ".join(said)


def cost(frame: AuditedFrame) -> str:
    """US dollars of all tries at a frame."""
    return money(sum(attempt.usd for attempt in frame.attempts))


def brief(frame: AuditedFrame) -> str:
    """Tries and money: "3 tries, $0.08"; empty for a frame that no run made."""
    if not frame.attempts:
        return ""
    tries = "1 try" if len(frame.attempts) == 1 else f"{len(frame.attempts):,} tries"
    return f"{tries}, {cost(frame)}"


def story(frame: AuditedFrame) -> str:
    """Why a frame is as it is, and what it took, in a few sentences; empty where no run made it."""
    if not frame.attempts and not frame.outcome:
        return ""
    return " ".join(filter(None, (_end(frame), _look(frame), _made(frame), _spent(frame), _chosen(frame))))


def _made(frame: AuditedFrame) -> str:
    """By whom, and why not by whom it was meant for."""
    name = maker(frame)
    why = "; ".join(dict.fromkeys(printable(attempt.moved) for attempt in frame.attempts if attempt.moved))
    made = f"Made by {name}." if name else ""
    moved = f"It was asked of another generator because of {_stopped(why)}" if why else ""
    return " ".join(filter(None, (made, moved)))


def _chosen(frame: AuditedFrame) -> str:
    return f"Chosen for it: {_stopped(frame.chosen)}" if frame.chosen else ""


def _end(frame: AuditedFrame) -> str:
    one = kept(frame)
    if person_decides(frame):
        best = f" The best so far is try {one.number:,}." if one else " There is no picture yet."
        return f"A person decides: {_stopped(frame.outcome)}{best}"
    if frame.outcome != ACCEPTED:
        return "Not finished yet."
    if one is None:
        return "Accepted."
    at = "at the first try" if one.number == 1 else f"at try {one.number:,}"
    how = ", a repair made here" if one.kind == REPAIRED else ""
    why = printable(one.decision).removeprefix(ACCEPTED).lstrip(":, ").strip()
    return f"Accepted {at}{how}{f': {_stopped(why)}' if why else '.'}"


def _stopped(said: str) -> str:
    said = printable(said).strip()
    return said if said.endswith((".", "!", "?", "。")) else f"{said}."


def _look(frame: AuditedFrame) -> str:
    one = kept(frame)
    said = one is not None and "look at" in one.decision
    unsure = frame.outcome == ACCEPTED and frame.verdict is Verdict.UNSURE
    return f"Something in it is unsure: {to_look_at(frame)}." if unsure and not said else ""


def _spent(frame: AuditedFrame) -> str:
    if not frame.attempts:
        return ""
    count = {kind: sum(attempt.kind == kind for attempt in frame.attempts) for kind in (ASKED, FAILED)}
    count[REPAIRED] = sum(map(_repaired, frame.attempts))
    parts = [plural(count[ASKED], "picture")] if count[ASKED] else []
    parts += [plural(count[REPAIRED], "repair") + " made here"] if count[REPAIRED] else []
    parts += [plural(count[FAILED], "request") + " without a picture"] if count[FAILED] else []
    seconds = sum(attempt.seconds for attempt in frame.attempts)
    waited = f", {duration(seconds)} of waiting" if seconds > 0 and isfinite(seconds) else ""
    return f"It took {listed(parts or [plural(len(frame.attempts), 'attempt')])}: {cost(frame)}{waited}."


def listed(parts: Iterable[str]) -> str:
    """One, two and three: "a, b and c"."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def changed(attempt: AuditedAttempt) -> str:
    """What was reinforced or repaired before a try. Whoever shows it says which of the two."""
    return printable(attempt.changed).removeprefix("repaired here").removeprefix(":").strip()


def changes(frame: AuditedFrame) -> list[str]:
    """What was reinforced or repaired, a line each, in order."""
    return [_change(attempt) for attempt in frame.attempts if attempt.changed]


def _change(attempt: AuditedAttempt) -> str:
    said = printable(attempt.changed).strip()
    if attempt.kind != REPAIRED:
        return f"asked again: {said}"
    return said if said.startswith("repaired here") else f"repaired here: {said}"


def done(frame: AuditedFrame) -> str:
    """What was reinforced and repaired, on one line, by what it answers and without the words that were said:
    "style: said in words, reference put first; palette of mara, coat: repaired here"."""
    means: dict[str, Counter[str]] = {}
    for attempt in frame.attempts:
        if attempt.changed:
            means.setdefault(printable(attempt.answers), Counter())[_means(attempt)] += 1
    return "; ".join(": ".join(filter(None, (answered, _tried(tried)))) for answered, tried in means.items())


def _tried(means: Counter[str]) -> str:
    return ", ".join(f"{mean} ×{times}" if times > 1 else mean for mean, times in means.items())


def _means(attempt: AuditedAttempt) -> str:
    said = printable(attempt.changed).partition(":")[0].strip()
    return said if attempt.kind != REPAIRED or said.startswith("repaired") else f"repaired here: {said}"


def totals(run: RunFigures, spent: Spent | None = None) -> str:
    """What making the series took, as one paragraph. spent: what this run alone took; None where that is not
    told apart."""
    earlier = spent is not None and spent.requests < run.requests
    said = (
        result(run),
        _now(spent) if spent is not None and earlier else "",
        _work(run, earlier=earlier) if run.requests else NOTHING_ASKED,
        _money(run, earlier=earlier) if run.requests else "",
        _trouble(run),
        _waiting(run),
    )
    return " ".join(filter(None, said))


def _now(spent: Spent) -> str:
    if not spent.requests:
        return NOTHING_ASKED
    maybe = f", and {money(spent.usd_unknown)} that may have been billed" if spent.usd_unknown else ""
    brought = f"{plural(spent.requests, 'request')} brought {plural(spent.images, 'picture')}"
    return f"This run's {brought} for {money(spent.usd)}{maybe}."


def result(run: RunFigures) -> str:
    """What came out: "20 of 24 panels are accepted, 3 of them to look at; a person decides on 2."."""
    panels = run.accepted + run.asked_person + run.unfinished
    are = "is" if panels == 1 else "are"
    said = [f"{run.accepted:,} of {plural(panels, 'panel')} {are} accepted"]
    if run.to_look_at:
        said[0] += f", {run.to_look_at:,} of them to look at"
    if run.asked_person:
        said.append(f"a person decides on {run.asked_person:,}")
    if run.unfinished:
        said.append(f"{run.unfinished:,} {'is' if run.unfinished == 1 else 'are'} not finished")
    return "; ".join(said) + "."


def _work(run: RunFigures, *, earlier: bool) -> str:
    each = run.images_per_accepted
    before = "With earlier runs, " if earlier else ""
    said = f"{before}{plural(run.requests, 'request')} brought {plural(run.images, 'picture')}"
    if each is not None:
        said += f", {each:.2f} for each accepted frame"
    if run.repairs:
        were = "was" if run.repairs == 1 else "were"
        said += f"; {plural(run.repairs, 'repair')} {were} made here free of charge"
    return said + "."


def _money(run: RunFigures, *, earlier: bool) -> str:
    said = f"{'All of it' if earlier else 'It'} cost {money(run.usd)}"
    if run.usd_per_accepted is not None and run.usd:
        said += f", {money(run.usd_per_accepted)} for each accepted frame"
    if run.usd_unknown:
        said += f"; {money(run.usd_unknown)} more may have been billed"
    if simulated(run):
        said += f" ({simulated(run)})"
    return said + "."


def simulated(run: RunFigures) -> str:
    """Whether the simulated image model charged the money: "simulated", "partly simulated" or empty."""
    names = run.generator.split(", ")
    if SIMULATED not in names or not (run.usd or run.usd_unknown):
        return ""
    return "simulated" if set(names) == {SIMULATED} else "partly simulated"


def _trouble(run: RunFigures) -> str:
    said = []
    if run.refusals:
        said.append(f"{plural(run.refusals, 'request')} refused by the provider's policy")
    if run.failures:
        said.append(f"{plural(run.failures, 'request')} failed")
    return listed(said) + "." if said else ""


def latency_range(run: RunFigures) -> str:
    """From the fastest to the slowest answer: "0.2 to 5.6 s"; empty without an answer."""
    if not (isfinite(run.latency_min) and isfinite(run.latency_max)):
        return ""
    least, most = duration(run.latency_min), duration(run.latency_max)
    return most if least == most else f"{least} to {most}"


def _waiting(run: RunFigures) -> str:
    if not isfinite(run.latency_p50):
        return f"Answers took {took}." if (took := latency_range(run)) else ""
    said = f"Half of the answers came within {duration(run.latency_p50)}"
    if isfinite(run.latency_p95):
        said += f", 95 of 100 within {duration(run.latency_p95)}"
    return said + "."
