"""What the chances of the simulated model come to: shares of drift, and what each means does about one.

    python tests/benchmarks/bench_simulation.py

Prints the tables of docs/simulation.md. Nothing is drawn, so the figures are the same on every machine.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from consistency import Box
from series.generators.previz.chance import Drift, draw_of, drifts_of
from series.generators.previz.options import DriftOptions
from series.request import (
    EditOf,
    GenerationRequest,
    Identity,
    Means,
    NamedColor,
    Reference,
    Reinforcement,
    Role,
    Structure,
    StyleWords,
    Words,
)

RATES = (0.1, 0.3, 0.5)
PANELS = 2000
MOST_TRIES = 8
CANDIDATES = 4
NAMES = ("mara", "tib", "oswin")
CAST = {name: f"{name}.png" for name in NAMES}
EDITS = (Means.EDIT, Means.MASKED_EDIT)
MEANS = (
    *(Means.NEW_SEED, Means.CANDIDATES, Means.TEXT, Means.REFERENCE, Means.STRONGER_MODEL),
    *EDITS,
)


def panel(number: int, seed: int = 0) -> GenerationRequest:
    """One to three characters, words in every second panel, pinned places in three of five."""
    present = NAMES[: 1 + number % 3]
    place = Box(0.1, 0.2, 0.4, 0.9) if number % 5 < 3 else None
    coat = (NamedColor("coat", "#c8322e"),)
    return GenerationRequest(
        panel=f"p{number}",
        structure=Structure("They meet.", "", "", "", (1024, 768)),
        copy=(Words("HELLO", None, ""),) if number % 2 == 0 else (),
        style=StyleWords("ink", ()),
        identities=tuple(Identity(name, "", "drawn", "", coat, place) for name in present),
        absent=tuple(name for name in NAMES if name not in present),
        palette=(),
        references=tuple(Reference(Role.CHARACTER, name, "0" * 64, Path(f"{name}.png")) for name in present),
        seed=seed,
    )


def drifted(options: DriftOptions) -> tuple[int, list[tuple[GenerationRequest, tuple[Drift, ...]]]]:
    """Panels asked for until PANELS of them drifted, and these."""
    found: list[tuple[GenerationRequest, tuple[Drift, ...]]] = []
    number = 0
    while len(found) < PANELS:
        request = panel(number)
        drifts = drifts_of(request, options, draw_of(request))
        found += [(request, drifts)] if drifts else []
        number += 1
    return number, found


def after(request: GenerationRequest, worst: Drift, means: Means, options: DriftOptions) -> tuple[bool, bool]:
    """Is the drift gone, is everything well, after one reinforcement against it: in any candidate."""
    said = Reinforcement(worst.kind, means, worst.subject, "", "", "as pinned")
    told = replace(request, reinforcements=(said,), seed=1 if means is Means.NEW_SEED else request.seed)
    draws = [draw_of(told, index) for index in range(CANDIDATES if means is Means.CANDIDATES else 1)]
    if means in EDITS:
        told, draws = replace(told, edit=EditOf("0" * 64, Path("base.png"), request.root)), [request.root]
    drawn = [drifts_of(told, options, draw) for draw in draws]
    same = (worst.kind, worst.subject)
    return any(all((d.kind, d.subject) != same for d in one) for one in drawn), any(not one for one in drawn)


def redrawn(options: DriftOptions) -> tuple[float, float]:
    """Pictures an accepted frame when a panel is drawn with new seeds until it is well, MOST_TRIES at most;
    and the share of panels that never are."""
    pictures, given_up = 0, 0
    for number in range(PANELS):
        for seed in range(MOST_TRIES):
            request = panel(number, seed)
            pictures += 1
            if not drifts_of(request, options, draw_of(request)):
                break
        else:
            given_up += 1
    return pictures / (PANELS - given_up), given_up / PANELS


def main() -> None:
    for rate in RATES:
        options = DriftOptions(rate=rate, cast=CAST)
        asked, found = drifted(options)
        two = sum(len(drifts) == 2 for _, drifts in found) / PANELS
        pictures, given_up = redrawn(options)
        print(f"rate {rate}: {PANELS / asked:.3f} drifted, {two:.3f} of them twofold;", end=" ")
        print(f"redrawing {pictures:.2f} pictures a frame, {given_up:.3f} never")
        for means in MEANS:
            ends = [after(request, drifts[0], means, options) for request, drifts in found]
            gone, well = (sum(end[which] for end in ends) / PANELS for which in (0, 1))
            print(f"  {means.value:15} gone {gone:.2f}  nothing left {well:.2f}")


if __name__ == "__main__":
    main()
