"""What all models behind a job interface share: their row, pace and price; the last steps of a request."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from series.errors import GeneratorError
from series.generators.catalogue import catalogue, known_image_model
from series.generators.generator import Abilities, Failed, FailureKind, Generated, Outcome, Pacing
from series.generators.http import HttpClient, is_loopback, require_no_secret
from series.generators.jobs import Clock, fetched
from series.generators.options import shown
from series.generators.outside import kept_outside
from series.generators.typed import Options
from series.request import GenerationRequest, caption

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class HostedOptions(Options):
    """Options that all of them take."""

    model: str = ""
    """One of the rows that `series providers NAME` lists; left out, the provider's usual one."""
    price: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """US dollars a picture, where your account pays another price than the row says."""
    concurrency: Annotated[int, Field(ge=1, le=64)] | None = None
    """Requests in flight at once; left out, as published."""
    requests_per_minute: Positive | None = None
    timeout_s: Positive | None = None
    """Seconds for one picture, all waiting included."""


class HostedModel:
    """The part of a generator that is read off its row. Subclasses add `ready` and `generate`."""

    def __init__(self, provider: str, options: HostedOptions, clock: Clock | None = None) -> None:
        """Raises GeneratorError for a model without a row."""
        known = catalogue().providers[provider]
        self.row = known_image_model(provider, options.model or known.default)
        self.clock = clock or Clock()
        self._price = options.price
        self._pacing = replace(
            known.pacing,
            concurrency=options.concurrency or known.pacing.concurrency,
            requests_per_minute=options.requests_per_minute or known.pacing.requests_per_minute,
            timeout_s=options.timeout_s or known.pacing.timeout_s,
        )

    @property
    def name(self) -> str:
        """With the model."""
        return f"{self.row.provider}:{self.row.name}"

    @property
    def abilities(self) -> Abilities:
        """As the row says."""
        return self.row.abilities

    @property
    def pacing(self) -> Pacing:
        """As the options say, else as published."""
        return self._pacing

    def price(self, request: GenerationRequest) -> float:
        """The manifest's price, else the row's, for each picture."""
        each = self._price if self._price is not None else self.row.price.image["any"]
        return each * max(1, request.candidates)

    def require_service(self) -> None:
        """Raises GeneratorError for a model whose service has ended."""
        self.row.require_service()

    def words(self, request: GenerationRequest) -> str:
        """A caption: these models read short descriptions."""
        return caption(request)

    def until(self) -> float:
        """When a request that starts now must be done, by the clock."""
        return self.clock.now() + self._pacing.timeout_s

    def collected(
        self,
        client: HttpClient,
        ended: Collection[str] | Failed,
        request: GenerationRequest,
        *,
        hosts: Collection[str],
        usd: float | None = None,
    ) -> Outcome:
        """Fetch what a job made. ended: addresses of its pictures, or why there are none. usd: what it cost,
        where the answer said so; else each picture's price."""
        if isinstance(ended, Failed):
            # What was made and then held back is billed like what is handed over.
            held_back = ended.kind is FailureKind.POLICY and ended.stage == "output"
            return replace(ended, usd=usd) if held_back and usd is not None else ended
        wanted = list(ended)[: max(1, request.candidates)]
        billed = self.price(replace(request, candidates=len(wanted))) if usd is None else usd
        images = fetched(client, wanted, hosts=hosts)
        if isinstance(images, Failed):
            return replace(images, usd=billed)
        return kept_outside(Generated(images, billed), request)


def require_https(url: str, key: str) -> None:
    """Raises GeneratorError for an address that is neither https nor on this machine, or has a key in it.
    key: the option."""
    require_no_secret(url, key)
    if not is_loopback(url) and not url.startswith("https://"):
        raise GeneratorError(f"generator.{key}: {shown(url)}: an https address is wanted")
