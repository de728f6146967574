"""The manifest's `generator: {name: comfyui, ...}` in, typed options out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, JsonValue

from series.errors import GeneratorError
from series.generators.generator import Pacing
from series.generators.http import is_loopback, require_no_secret
from series.generators.options import shown
from series.generators.typed import Options, read_options

URL = "http://127.0.0.1:8188"
"""Where ComfyUI listens unless it is told otherwise."""
TIMEOUT_S = 1800.0
"""Seconds a picture: the server puts requests into a queue of its own."""

Places = Mapping[str, str | tuple[str, ...]]
"""What is filled in → "Node title.input", or several."""


class ComfyOptions(Options):
    """A server, and the workflows that it runs."""

    workflow: str
    """The workflow that draws a picture, as ComfyUI exports it with "Export (API)": a .json file in the
    series' folder."""
    edit_workflow: str = ""
    """The one that changes a picture (`base`); left out, no edit is asked for."""
    inpaint_workflow: str = ""
    """The one that changes a part of it (`base`, `mask`)."""
    places: Places = Field(default_factory=dict)
    """What is filled in where, for nodes that do not have the usual titles: {seed: KSampler.noise_seed}."""
    url: str = URL
    """The server: on this machine, since ComfyUI asks for no key."""
    concurrency: Annotated[int, Field(ge=1, le=16)] = 1
    """Requests in the server's queue at once: it draws one after the other."""
    timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = TIMEOUT_S

    def pace(self) -> Pacing:
        """As the driver takes it."""
        return Pacing(concurrency=self.concurrency, timeout_s=self.timeout_s)


def read_comfy_options(options: Mapping[str, JsonValue]) -> ComfyOptions:
    """The options, checked. Raises GeneratorError."""
    read = read_options(ComfyOptions, options)
    require_no_secret(read.url, "url")
    if not is_loopback(read.url):
        raise GeneratorError(
            f"generator.url: {shown(read.url)} is another machine: ComfyUI asks for no key, so only one on "
            f"this machine (127.0.0.1) is used; ssh -L 8188:127.0.0.1:8188 HOST brings a far one here"
        )
    return read
