"""The address of a job in, its last state out: for providers that are asked until a picture is done.

Asking costs nothing, so a question that fails is asked again until the time is up; the request itself is sent
once. A job that is not done in time may still be made and billed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from series.generators.generator import Failed, FailureKind, GeneratedImage
from series.generators.http import HttpClient, Reply, refused, retry_after_s

FIRST_S: Final = 1.0
"""Seconds before the first question: no hosted model draws faster."""
GROWS: Final = 1.3
"""Each further wait is so many times as long."""
LONGEST_S: Final = 5.0
"""Seconds of one wait at most: a picture that is there should not lie longer."""

State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Clock:
    """How time passes; tests pass it faster."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job and how it is asked for."""

    client: HttpClient
    path: str
    """Where its state is told; the client's own host only."""
    until: float
    """By the clock."""
    clock: Clock = field(default_factory=Clock)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Sent with each question, beside the client's own."""


def follow(waiting: Waiting, read: Callable[[Reply], State | Failed | None]) -> State | Failed:
    """Ask until `read` finds an end. read: an answer with status 200 or 202 → what it says at last, a
    failure, or None while it goes on. → that, TIMEOUT when the time is up, or what an error of the provider
    means that another question would not change."""
    clock, pause = waiting.clock, FIRST_S
    while True:
        if clock.now() + pause > waiting.until:
            return Failed(
                FailureKind.TIMEOUT, "the picture was not done in time; it may be made and billed yet"
            )
        clock.sleep(pause)
        pause = min(LONGEST_S, pause * GROWS)
        reply = waiting.client.send("GET", waiting.path, headers=waiting.headers)
        if isinstance(reply, Failed):
            continue
        if reply.status in {200, 202}:
            found = read(reply)
            if found is not None:
                return found
        elif reply.status == 429:
            pause = max(pause, retry_after_s(reply.headers) or 0.0)
        elif reply.status < 500:
            failed = refused(reply, "its state cannot be asked for")
            # It was taken, and is perhaps made: the books must not say that it cost nothing.
            return Failed(FailureKind.TIMEOUT, f"{failed.reason}; it may be made and billed")


def fetched(
    client: HttpClient, addresses: Collection[str], *, hosts: Collection[str]
) -> tuple[GeneratedImage, ...] | Failed:
    """The pictures behind the addresses of an answer. hosts: as in `HttpClient.fetch`. A picture that cannot
    be fetched is left out while another one can; where none can, why not for the first."""
    images: list[GeneratedImage] = []
    failures: list[Failed] = []
    for address in addresses:
        data = client.fetch(address, hosts=hosts)
        if isinstance(data, Failed):
            failures.append(data)
        else:
            images.append(GeneratedImage(data))
    if failures and not images:
        return failures[0]
    return tuple(images)
