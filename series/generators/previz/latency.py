"""Requests in flight in, seconds that an answer takes out: how a hosted model slows down when it is busy."""

from __future__ import annotations

from series.generators.previz.options import LatencyOptions


def seconds_at(in_flight: int, latency: LatencyOptions | None) -> float:
    """Seconds from sending to answer of a request that starts when so many are in flight, itself counted.

    Straight lines between the entries of the profile; before the first as the first; after the last on along
    the last line, never faster than the last entry. 0 without a profile. Jitter is not in it.
    """
    if latency is None:
        return 0.0
    points = sorted(latency.seconds.items())
    if in_flight <= points[0][0] or len(points) == 1:
        return points[0][1] * latency.scale
    after = next((i for i, (count, _) in enumerate(points) if i and count >= in_flight), len(points) - 1)
    (low, low_s), (high, high_s) = points[after - 1], points[after]
    rise = (high_s - low_s) / (high - low)
    if in_flight > high:
        rise = max(0.0, rise)
    return (high_s + rise * (in_flight - high)) * latency.scale


def jittered(seconds: float, jitter: float, chance: float) -> float:
    """Seconds made longer or shorter by up to `jitter` of themselves. chance: [0, 1), which."""
    return seconds * (1 + jitter * (2 * chance - 1))
