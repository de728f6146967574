"""The manifest's `generator.drift` in, DriftOptions out: how the simulated image model misbehaves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator
from pydantic_core import ErrorDetails

from series.drift import DriftKind
from series.errors import GeneratorError
from series.generators.generator import Abilities, FailureKind, Pacing
from series.generators.options import instead, shown

AT = "generator.drift"
"""The manifest key that holds these options."""

KIND_WEIGHTS: Mapping[DriftKind, float] = {
    DriftKind.IDENTITY: 0.25,
    DriftKind.PALETTE: 0.20,
    DriftKind.STYLE: 0.15,
    DriftKind.COMPOSITION: 0.10,
    DriftKind.LETTERING: 0.10,
    DriftKind.MISSING: 0.10,
    DriftKind.EXTRA: 0.10,
}
"""How often each kind drifts, relative to the others. Set by hand: people who make series complain of faces
and colors first. No published shares are known to us."""

HOSTED_SECONDS: Mapping[int, float] = {1: 4.2, 5: 4.8, 10: 5.6}
"""Requests in flight → seconds a request: what the planning documents of this project give for hosted
models. Not measured by us."""

FAULTS = ("garbage", "wrong_size", "fewer", "reference", "hang")
"""Failures beside those of FailureKind: answers that are wrong, and one that does not come."""
_PLANNED = tuple(kind.value for kind in FailureKind if kind is not FailureKind.WAITING)
FAILURES: tuple[str, ...] = (*_PLANNED, *FAULTS)
"""Every failure that can be asked for. WAITING is not: no person makes these pictures."""
MAX_CANDIDATES = 10
"""What hosted models make for one request at most."""


def _inside(path: str) -> str:
    """A path that stays in the series' folder. Checked for both kinds of system: manifests travel."""
    posix, windows = PurePosixPath(path), PureWindowsPath(path)
    absolute = posix.is_absolute() or windows.is_absolute() or bool(windows.drive or windows.root)
    if not path.strip() or absolute or ".." in windows.parts or any(ord(sign) < 32 for sign in path):
        raise ValueError(f"{shown(path)} must be a path inside the series' folder")
    return path


Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Weight = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
InsidePath = Annotated[str, Field(strict=True), AfterValidator(_inside)]


class _Options(BaseModel):
    """Base: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class LatencyOptions(_Options):
    """How long an answer takes."""

    seconds: Mapping[Annotated[int, Field(ge=1)], Weight] = Field(
        default_factory=lambda: dict(HOSTED_SECONDS)
    )
    """Requests in flight → seconds a request. Between two entries it goes straight, before the first it stays
    as it is, after the last it goes on as between the last two."""
    scale: Weight = 1.0
    """Everything times this: 0.1 is ten times as fast."""
    jitter: Share = 0.0
    """Each request is faster or slower by up to this share, by its key."""

    @field_validator("seconds")
    @classmethod
    def _some(cls, seconds: Mapping[int, float]) -> Mapping[int, float]:
        if not seconds:
            raise ValueError("at least one entry is wanted here: {1: 4.2}")
        return seconds


class AbilityOptions(_Options):
    """What the model says that it can do. A request for more is refused as invalid."""

    seed: bool = True
    """False: asked again with another key, the same request gives another picture."""
    negative_prompt: bool = False
    reference_images: Annotated[int, Field(strict=True, ge=0)] = 8
    edit: bool = True
    mask: bool = True
    candidates: Annotated[int, Field(strict=True, ge=1, le=MAX_CANDIDATES)] = 4
    stronger_models: tuple[str, ...] = ()


class DriftOptions(_Options):
    """The simulated image model. Every number in it is an assumption that the user makes."""

    rate: Share = 0.3
    """Share of frames that drift when they are asked for the first time."""
    seed: Annotated[int, Field(strict=True, ge=0)] = 0
    """Another seed is another model of the same make: other panels are hard for it."""
    kinds: Mapping[DriftKind, Weight] = Field(default_factory=lambda: dict(KIND_WEIGHTS))
    """Kind → weight, relative to the others; a kind that is left out does not happen."""
    size: Share = 0.7
    """How big a drift is: 0 hardly seen, 1 unmistakable."""
    latency: LatencyOptions | None = None
    """None answers at once."""
    failures: Mapping[str, Share] = Field(default_factory=dict)
    """Failure → share of requests that end with it; together at most 1."""
    price: Weight = 0.0
    """US dollars a picture."""
    abilities: AbilityOptions = Field(default_factory=AbilityOptions)
    """What it can do."""
    concurrency: Annotated[int, Field(strict=True, ge=1)] = 4
    """Requests in flight at once."""
    requests_per_minute: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = None
    """None for no limit."""
    timeout_s: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = 120.0
    """Seconds after which a request counts as timed out."""
    idempotent: bool = True
    """A key that was billed is not billed again."""
    bill: InsidePath | None = None
    """CSV file in the series' folder: what the provider billed, one line a key. None keeps no bill."""
    cast: Mapping[str, InsidePath] = Field(default_factory=dict)
    """Character → a reference of it: those who may turn up where a panel does not name them. Without it the
    kind `extra` cannot happen, because a request holds no pictures of the absent."""

    @field_validator("kinds")
    @classmethod
    def _drawable(cls, kinds: Mapping[DriftKind, float]) -> Mapping[DriftKind, float]:
        for kind in kinds:
            if kind not in KIND_WEIGHTS:
                raise ValueError(f"{shown(kind.value)} cannot be drawn; it is a failure: reference")
        return kinds

    @field_validator("failures")
    @classmethod
    def _known_and_at_most_all(cls, failures: Mapping[str, float]) -> Mapping[str, float]:
        for name in failures:
            if name not in FAILURES:
                raise ValueError(f"there is no failure {shown(name)}{instead(name, FAILURES)}")
        if math.fsum(failures.values()) > 1:
            raise ValueError(f"the shares add up to {math.fsum(failures.values()):g}; at most 1")
        return failures

    def able(self) -> Abilities:
        """As `decide` takes them."""
        return Abilities(**self.abilities.model_dump(), idempotent=self.idempotent)

    def pace(self) -> Pacing:
        """As the driver takes it."""
        return Pacing(self.concurrency, self.requests_per_minute, self.timeout_s)


def read_drift_options(options: Mapping[str, JsonValue]) -> DriftOptions:
    """The options as they stand under `generator.drift`, checked. Raises GeneratorError, one line a problem,
    each with its manifest key; an unknown key with the nearest known one."""
    try:
        return DriftOptions.model_validate(dict(options))
    except ValidationError as error:
        lines = dict.fromkeys(_line(one) for one in error.errors(include_url=False))
        raise GeneratorError("\n".join(lines)) from None


_PARTS: Mapping[str, type[_Options]] = {"latency": LatencyOptions, "abilities": AbilityOptions}


def _line(details: ErrorDetails) -> str:
    path = [str(key) for key in details["loc"] if key != "[key]"]
    where = ".".join((AT, *path))
    value: Any = details["input"]
    if details["type"] == "extra_forbidden":
        known = _PARTS[path[0]] if len(path) > 1 else DriftOptions
        return f"{where}: there is no such option{instead(path[-1], tuple(known.model_fields))}"
    if details["loc"][-1] == "[key]" and path[0] == "kinds":
        return (
            f"{where}: there is no such kind{instead(path[-1], tuple(kind.value for kind in KIND_WEIGHTS))}"
        )
    if details["type"] == "value_error":
        return f"{where}: {details['ctx']['error']}"
    return f"{where}: {details['msg'][0].lower()}{details['msg'][1:]}, not {shown(value)}"
