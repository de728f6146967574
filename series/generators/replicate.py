"""Replicate: a request in, pictures of a hosted open model out (SDXL and others), over its HTTP interface."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import cv2
import numpy as np
from pydantic import Field, JsonValue

from consistency import ConsistencyError, read_frame
from series.errors import GeneratorError
from series.generators.credentials import need_secret, refused_key
from series.generators.generator import (
    Failed,
    FailureKind,
    Outcome,
)
from series.generators.hosted import HostedModel, HostedOptions, require_https
from series.generators.http import HttpClient, Reply, refused
from series.generators.jobs import Clock, Waiting, follow
from series.generators.typed import read_options
from series.masking import one_line
from series.request import GenerationRequest, caption_seed, negative_prompt

URL: Final = "https://api.replicate.com/v1"
SECRET: Final = "REPLICATE_API_TOKEN"  # noqa: S105 - the name of a variable
HOSTS: Final = (".replicate.delivery",)
"""Where its pictures lie."""
MULTIPLE: Final = 8
_SAID: Final = 300


class ReplicateOptions(HostedOptions):
    """A hosted model, and how it draws."""

    version: str = ""
    """The model's version (64 hex digits): pictures stay the same while it does. Left out, the newest."""
    steps: Annotated[int, Field(ge=1, le=500)] = 30
    guidance: Annotated[float, Field(ge=0, le=50)] = 7.5
    strength: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Of edits: how far a picture may move away."""
    base_url: str = URL


class Replicate(HostedModel):
    """A generator. Thread-safe."""

    def __init__(self, options: ReplicateOptions, *, clock: Clock | None = None) -> None:
        """Raises GeneratorError for a model without a row, and an address that is neither https nor here."""
        super().__init__("replicate", options, clock)
        require_https(options.base_url, "base_url")
        self._options = options
        self._client_: HttpClient | None = None

    @property
    def name(self) -> str:
        """With the model, and the version where one is pinned."""
        version = f"@{self._options.version[:12]}" if self._options.version else ""
        return f"{super().name}{version}"

    def ready(self) -> None:
        """Raises GeneratorError without the extra or the token, and for a model whose service has ended."""
        self.require_service()
        self._client()

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Send, wait, fetch. Replicate knows no key of ours: the key changes nothing."""
        del key
        try:
            client, payload = self._client(), self._payload(request)
        except GeneratorError as error:
            return Failed(FailureKind.AUTH, str(error))
        except ConsistencyError as error:  # a picture that was pinned cannot be read any more
            return Failed(FailureKind.INVALID_REQUEST, str(error))
        return self.collected(client, self._made(client, payload), request, hosts=HOSTS)

    def _made(self, client: HttpClient, payload: Mapping[str, Any]) -> list[str] | Failed:
        """The addresses of the pictures."""
        until = self.until()
        path = "/predictions" if self._options.version else f"/models/{self.row.name}/predictions"
        reply = client.send("POST", path, payload=payload)
        if isinstance(reply, Failed):
            return reply
        if reply.status not in {200, 201, 202}:
            return _refused(reply)
        place = _place(reply)
        if place is None:
            # Taken, in words that we do not understand: it may be made.
            return Failed(FailureKind.TIMEOUT, "the answer names no prediction; it may be made and billed")
        ended = _ended(reply)
        return ended if ended is not None else follow(Waiting(client, place, until, self.clock), _ended)

    def _payload(self, request: GenerationRequest) -> dict[str, Any]:
        width, height = (-(-side // MULTIPLE) * MULTIPLE for side in request.structure.size)
        given: dict[str, Any] = {
            "prompt": self.words(request),
            "negative_prompt": negative_prompt(request),
            "seed": caption_seed(request),
            "width": width,
            "height": height,
            "num_outputs": max(1, request.candidates),
            "num_inference_steps": self._options.steps,
            "guidance_scale": self._options.guidance,
        }
        if request.edit is not None:
            pixels = read_frame(request.edit.path).pixels
            given |= {"image": _data_url(pixels), "prompt_strength": self._options.strength}
            if request.edit.mask is not None:
                left, top, right, bottom = request.edit.mask.pixels(pixels.shape[1], pixels.shape[0])
                mask = np.zeros(pixels.shape, np.uint8)
                mask[top:bottom, left:right] = 255
                given["mask"] = _data_url(mask)
        version = self._options.version
        return {"version": version, "input": given} if version else {"input": given}

    def _client(self) -> HttpClient:
        if self._client_ is None:
            token = need_secret(SECRET, "generator replicate")
            self._client_ = HttpClient(
                self._options.base_url,
                headers={"Authorization": f"Bearer {token.value}"},
                timeout_s=self.pacing.timeout_s,
            )
        return self._client_


def make(options: Mapping[str, JsonValue]) -> Replicate:
    """The generator of these options. Raises GeneratorError."""
    return Replicate(read_options(ReplicateOptions, options))


def _place(reply: Reply) -> str | None:
    """Where the prediction's state is told."""
    said = reply.json()
    urls = said.get("urls") if isinstance(said, dict) else None
    place = urls.get("get") if isinstance(urls, dict) else None
    return place if isinstance(place, str) and place else None


def _ended(reply: Reply) -> list[str] | Failed | None:
    """The addresses of the pictures, why there are none, or None while it goes on."""
    said = reply.json()
    if not isinstance(said, dict):
        return Failed(FailureKind.TIMEOUT, "an answer in another shape than Replicate's; it may be billed")
    status = said.get("status")
    if status in {"starting", "processing", "queued"}:
        return None
    if status == "succeeded":
        output = said.get("output")
        listed = [output] if isinstance(output, str) else output
        addresses = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        return addresses or Failed(FailureKind.NO_IMAGE, "the model answered without a picture")
    words = one_line(str(said.get("error") or status or "no reason given"), _SAID)
    if "nsfw" in words.casefold() or "safety" in words.casefold() or "sensitive" in words.casefold():
        return Failed(FailureKind.POLICY, words, stage="output")
    kind = FailureKind.NO_IMAGE if status in {"failed", "canceled", "aborted"} else FailureKind.TIMEOUT
    return Failed(kind, f"the prediction {one_line(str(status or 'ended'), 40)}: {words}")


def _refused(reply: Reply) -> Failed:
    said = reply.json()
    words = str(said.get("detail") or said.get("title") or "") if isinstance(said, dict) else ""
    failed = refused(reply, words)
    wait = said.get("retry_after") if isinstance(said, dict) else None
    if failed.wait_s is None and reply.status == 429 and isinstance(wait, int | float):
        return replace(failed, wait_s=float(wait))
    return refused_key(failed, "replicate", SECRET)


def _data_url(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    return f"data:image/png;base64,{base64.b64encode(data.tobytes()).decode()}"
