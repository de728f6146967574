"""Two observations in, every distance between them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

from consistency.checks import color, identity, picture, rendering, style
from consistency.checks.expected import sketch
from consistency.color import earth_movers_distance
from consistency.dominant import dominant_colors
from consistency.encoders.rendering import describe, rendering_distance
from consistency.measurement import Evidence, Measurement, Result, Unmeasured
from consistency.observation import Observation, whole_region
from consistency.palette_measures import mean_color_difference, p90_to_nearest, role_mean_shift
from consistency.vectors import cosine_distance


def compare(a: Observation, b: Observation, encoders: Mapping[str, str]) -> list[Result]:
    """Every check's distance from a to b, both observed with `whole=True` by the same encoders.

    encoders: role → encoder id. Vectors are compared as they are: two pictures have no project whose mean
    could be taken out. Colors are those of a against the dominant colors of b: not symmetric.
    """
    results: list[Result] = [*_subject(a, b, encoders), *_faces(a, b, encoders)]
    by = encoders["style"]
    distance = float(style.distances(a.style[None], b.style[None], by)[0, 0])
    results.append(Measurement("style.reference", "style", distance, style.unit_of(by), by))
    moved = rendering_distance(a.rendering, b.rendering[None])
    evidence = Evidence(reason=describe(moved.z))
    results.append(
        Measurement(
            "rendering.reference", "style", moved.distance, rendering.UNIT, encoders["rendering"], evidence
        )
    )
    return [*results, *_colors(a, b), *_pictures(a, b)]


def _subject(a: Observation, b: Observation, encoders: Mapping[str, str]) -> list[Result]:
    seen_a, seen_b = whole_region(a), whole_region(b)
    if seen_a is None or seen_b is None:
        reason = "the whole picture was not observed as a subject: ask for it with Request(whole=True)"
        return [Unmeasured("identity", "subject", reason, encoders["subject"])]
    distance = float(cosine_distance(seen_a.vector[None], seen_b.vector[None])[0, 0])
    own = Measurement("identity", "subject", distance, identity.UNIT, encoders["subject"])
    lab, weights = seen_a.colors.samples()
    pinned = dominant_colors(*seen_b.colors.samples())
    means = mean_color_difference(lab, weights, *seen_b.colors.samples())
    return [
        own,
        Measurement("color.mean", "subject", means, color.UNIT, color.ENCODER),
        Measurement(
            "color.p90", "subject", p90_to_nearest(lab, weights, pinned.labs), color.UNIT, color.ENCODER
        ),
    ]


def _faces(a: Observation, b: Observation, encoders: Mapping[str, str]) -> Iterator[Result]:
    """The largest face of each; nothing where one of them has none. Means something for photographs only."""
    if a.faces and b.faces:
        one, other = a.faces[0], b.faces[0]
        check = "identity" if one.clear and other.clear else "identity.unclear"
        distance = float(cosine_distance(one.vector[None], other.vector[None])[0, 0])
        yield Measurement(check, "largest face", distance, identity.UNIT, encoders["faces"])


def _colors(a: Observation, b: Observation) -> Iterator[Result]:
    lab, weights = a.colors.samples()
    own = dominant_colors(lab, weights)
    pinned = dominant_colors(*b.colors.samples())
    shift = role_mean_shift(lab, weights, pinned.labs, pinned.shares)
    moved = earth_movers_distance(own.labs, own.shares, pinned.labs, pinned.shares)
    if isfinite(shift):
        yield Measurement("color.shift", "frame", shift, color.UNIT, color.ENCODER)
    else:
        reason = "the picture is too small to say how its colors shifted"
        yield Unmeasured("color.shift", "frame", reason, color.ENCODER)
    yield Measurement("color.emd", "frame", moved, color.UNIT, color.ENCODER)


def _pictures(a: Observation, b: Observation) -> list[Result]:
    return [
        *picture.size_against(a, (b.width, b.height)),
        picture.nearest_copy("picture.copy", sketch(a, "a"), (sketch(b, "b"),)),
    ]
