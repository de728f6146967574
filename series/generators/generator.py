"""The Generator protocol: a request in, pictures or one typed failure out; and what a generator can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, runtime_checkable

from series.request import Abilities, GenerationRequest

__all__ = [
    "Abilities",
    "Dated",
    "Failed",
    "FailureKind",
    "Generated",
    "GeneratedImage",
    "Generator",
    "Outcome",
    "Pacing",
    "Worded",
]


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast a provider may be asked."""

    concurrency: int = 4
    """Requests in flight at once, ≥ 1."""
    requests_per_minute: float | None = None
    """None for no limit."""
    timeout_s: float = 120.0
    """Seconds after which a request counts as timed out."""
    images_per_minute: float | None = None
    """Pictures asked for, candidates counted each; None for no limit."""


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedImage:
    """One picture as it came, not yet decoded."""

    data: bytes
    """PNG, JPEG or WebP; whatever it is called, it is sniffed."""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """Files to keep beside the picture: suffix (".truth.json") → content."""


@dataclass(frozen=True, slots=True, eq=False)
class Generated:
    """Pictures, and what they cost."""

    images: tuple[GeneratedImage, ...]
    usd: float = 0.0
    """US dollars for all of them, as the provider says or its price list does."""
    notes: tuple[str, ...] = ()
    """What was odd about the answer, in words for a person: fewer pictures than asked for ..."""


class FailureKind(Enum):
    """Every way in which a request ends without a picture."""

    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    POLICY = "policy"
    NO_IMAGE = "no_image"
    MALFORMED = "malformed"
    """The answer was no picture: wrong shape, bad base64, bytes that do not decode."""
    TIMEOUT = "timeout"
    """No answer in time: whether it was billed is not known."""
    TRANSPORT = "transport"
    AUTH = "auth"
    MODEL_GONE = "model_gone"
    INVALID_REQUEST = "invalid_request"
    RAISED = "raised"
    """The generator raised an exception that it does not name: a bug in it."""
    WAITING = "waiting"
    """A person or another tool has to make the picture; nothing is wrong."""

    @property
    def final(self) -> bool:
        """A later run takes it as given. The others (limits, timeouts, waiting ...) it asks again."""
        return self in {
            FailureKind.POLICY,
            FailureKind.NO_IMAGE,
            FailureKind.MALFORMED,
            FailureKind.INVALID_REQUEST,
        }

    @property
    def stops_the_run(self) -> bool:
        """No other request of this generator would fare better."""
        return self in {FailureKind.QUOTA, FailureKind.AUTH, FailureKind.MODEL_GONE}

    @property
    def billing_unknown(self) -> bool:
        """The provider may have made the picture and billed it."""
        return self in {FailureKind.TIMEOUT, FailureKind.RAISED}


@dataclass(frozen=True, slots=True)
class Failed:
    """No picture, and why."""

    kind: FailureKind
    reason: str
    """For a person; never holds a key or a header."""
    wait_s: float | None = None
    """Seconds that the provider asks to wait."""
    stage: str = ""
    """Of a policy refusal: input or output."""
    usd: float = 0.0
    """What was billed all the same."""


Outcome = Generated | Failed


@runtime_checkable
class Worded(Protocol):
    """A generator that says which words it sends. One without this is taken to send the prompt."""

    def words(self, request: GenerationRequest) -> str:
        """As they are sent."""


@runtime_checkable
class Dated(Protocol):
    """A generator whose model may end."""

    def require_service(self) -> None:
        """Raises GeneratorError past its end. Needs no key, package or network."""


class Generator(Protocol):
    """Makes pictures. Called from several threads at once; returns failures and does not raise them."""

    @property
    def name(self) -> str:
        """As in the manifest, with what decides the pictures: "previz", "openai:gpt-image-2"."""

    @property
    def abilities(self) -> Abilities:
        """What it can do."""

    @property
    def pacing(self) -> Pacing:
        """How fast it may be asked."""

    def ready(self) -> None:
        """Called once before the first request. Raises GeneratorError for what is lacking on this machine: a
        package, a key, a server, a file; with the next command. Sends nothing that costs anything. Making a
        generator and asking for its price work without all that."""

    def price(self, request: GenerationRequest) -> float:
        """US dollars that a request is expected to cost at most: reserved before it is sent."""

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Make the picture. key: the same for the same request asked again after an interruption, another
        one for a request that is repeated on purpose."""
