"""Leonardo: a request in, pictures of its v2 interface out, with ordered reference pictures, by polling."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Literal

import cv2
import numpy as np
from pydantic import JsonValue

from consistency import ConsistencyError, read_frame
from series.errors import GeneratorError
from series.generators.credentials import need_secret, refused_key
from series.generators.generator import (
    Failed,
    FailureKind,
    Outcome,
)
from series.generators.hosted import HostedModel, HostedOptions, require_https
from series.generators.http import HttpClient, Reply, refused, unsent
from series.generators.jobs import Clock, Waiting, follow
from series.generators.typed import read_options
from series.request import GenerationRequest, Reference, prompt

URL: Final = "https://cloud.leonardo.ai/api/rest"
SECRET: Final = "LEONARDO_API_KEY"  # noqa: S105 - the name of a variable
HOSTS: Final = ("cdn.leonardo.ai", ".leonardo.ai")
"""Where its pictures lie."""
UPLOADS: Final = (".amazonaws.com",)
"""Where it lets pictures be uploaded to."""
LONGEST_PROMPT: Final = 5000
"""Characters, as published for its newest models."""
_SAID: Final = 300


class LeonardoOptions(HostedOptions):
    """A hosted model, and how it looks at references."""

    strength: Literal["LOW", "MID", "HIGH"] = "HIGH"
    """How closely references are followed."""
    base_url: str = URL


class Leonardo(HostedModel):
    """A generator. Thread-safe."""

    def __init__(self, options: LeonardoOptions, *, clock: Clock | None = None) -> None:
        """Raises GeneratorError for a model without a row, and an address that is neither https nor here."""
        super().__init__("leonardo", options, clock)
        require_https(options.base_url, "base_url")
        self._options = options
        self._client_: HttpClient | None = None

    def ready(self) -> None:
        """Raises GeneratorError without the extra or the key, and for a model whose service has ended."""
        self.require_service()
        self._client()

    def words(self, request: GenerationRequest) -> str:
        """The prompt, as much of it as is taken."""
        return prompt(request)[:LONGEST_PROMPT]

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Upload what it shall look at, send, wait, fetch. The key changes nothing: it knows none of ours."""
        del key
        until = self.until()
        try:
            client, images = self._client(), self._uploaded(self._client(), request)
        except GeneratorError as error:
            return Failed(FailureKind.AUTH, str(error))
        except ConsistencyError as error:  # a picture that was pinned cannot be read any more
            return Failed(FailureKind.INVALID_REQUEST, str(error))
        if isinstance(images, Failed):
            return images
        reply = self._taken(client, self._payload(request, images))
        if isinstance(reply, Failed):
            return reply
        ended = follow(Waiting(client, f"/v1/generations/{_job(reply)}", until, self.clock), _ended)
        usd = _cost(reply)
        return self.collected(
            client, ended, request, hosts=HOSTS, usd=self.price(request) if usd is None else usd
        )

    def _taken(self, client: HttpClient, payload: Mapping[str, Any]) -> Reply | Failed:
        """The answer that names the job."""
        reply = client.send("POST", "/v2/generations", payload=payload)
        if isinstance(reply, Failed):
            return reply
        if reply.status not in {200, 201, 202}:
            return _refused(reply)
        if _job(reply) is None:
            # Taken, in words that we do not understand: it may be made.
            return Failed(FailureKind.TIMEOUT, "the answer names no generation; it may be made and billed")
        return reply

    def _payload(self, request: GenerationRequest, images: list[str]) -> dict[str, Any]:
        width, height = request.structure.size
        parameters: dict[str, Any] = {
            "prompt": self.words(request),
            "width": width,
            "height": height,
            "quantity": max(1, request.candidates),
            "prompt_enhance": "OFF",  # it would write other words than those that are pinned
        }
        if self.row.abilities.takes_seed:
            parameters["seed"] = request.seed
        if images:
            looked_at = [
                {"image": {"id": one, "type": "UPLOADED"}, "strength": self._options.strength}
                for one in images
            ]
            parameters["guidances"] = {"image_reference": looked_at}
        return {"model": request.model or self.row.name, "parameters": parameters, "public": False}

    def _uploaded(self, client: HttpClient, request: GenerationRequest) -> list[str] | Failed:
        """The provider's ids of the references, in order."""
        ids: list[str] = []
        for reference in request.references:
            found = _upload(client, reference)
            if isinstance(found, Failed):
                return found
            ids.append(found)
        return ids

    def _client(self) -> HttpClient:
        if self._client_ is None:
            key = need_secret(SECRET, "generator leonardo")
            self._client_ = HttpClient(
                self._options.base_url,
                headers={"Authorization": f"Bearer {key.value}", "Accept": "application/json"},
                timeout_s=self.pacing.timeout_s,
            )
        return self._client_


def make(options: Mapping[str, JsonValue]) -> Leonardo:
    """The generator of these options. Raises GeneratorError."""
    return Leonardo(read_options(LeonardoOptions, options))


def _upload(client: HttpClient, reference: Reference) -> str | Failed:
    """Nothing is drawn yet, so whatever fails here costs nothing and may be tried again."""
    reply = client.send("POST", "/v1/init-image", payload={"extension": "png"})
    if isinstance(reply, Failed):
        return unsent(reply)
    if reply.status != 200:
        return unsent(_refused(reply))
    said = reply.json()
    given = said.get("uploadInitImage") if isinstance(said, dict) else None
    fields = _fields(given) if isinstance(given, dict) else None
    if not isinstance(given, dict) or fields is None:
        return Failed(FailureKind.MALFORMED, "/v1/init-image answered in another shape than Leonardo's")
    _, data = cv2.imencode(".png", np.ascontiguousarray(read_frame(reference.path).pixels[..., ::-1]))
    file = ("file", (f"{reference.digest}.png", data.tobytes(), "image/png"))
    done = client.hand_over(str(given["url"]), fields=fields, files=[file], hosts=UPLOADS)
    if isinstance(done, Failed):
        return unsent(done)
    if done.status not in {200, 201, 204}:
        return Failed(FailureKind.TRANSPORT, f"a reference could not be uploaded: HTTP {done.status}")
    return str(given["id"])


def _fields(given: Mapping[str, Any]) -> dict[str, str] | None:
    """The fields that an upload needs: told as JSON in a text."""
    try:
        fields = json.loads(given["fields"]) if isinstance(given.get("fields"), str) else given.get("fields")
    except (ValueError, RecursionError):
        return None
    whole = (
        isinstance(fields, dict) and isinstance(given.get("url"), str) and isinstance(given.get("id"), str)
    )
    return {str(name): str(value) for name, value in fields.items()} if whole and fields is not None else None


def _job(reply: Reply) -> str | None:
    said = reply.json()
    for name in ("generate", "sdGenerationJob"):
        job = said.get(name) if isinstance(said, dict) else None
        if isinstance(job, dict) and isinstance(job.get("generationId"), str):
            return str(job["generationId"])
    return None


def _cost(reply: Reply) -> float | None:
    """US dollars, where the answer says."""
    said = reply.json()
    job = said.get("generate") if isinstance(said, dict) else None
    cost = job.get("cost") if isinstance(job, dict) else None
    if not isinstance(cost, dict) or cost.get("unit") != "DOLLARS":
        return None
    try:
        return float(cost.get("amount", ""))
    except (TypeError, ValueError):
        return None


def _ended(reply: Reply) -> list[str] | Failed | None:
    """The addresses of the pictures, why there are none, or None while it goes on."""
    said = reply.json()
    job = said.get("generations_by_pk") if isinstance(said, dict) else None
    if not isinstance(job, dict):
        return Failed(FailureKind.TIMEOUT, "an answer in another shape than Leonardo's; it may be billed")
    if job.get("status") == "PENDING":
        return None
    if job.get("status") == "FAILED":
        return Failed(FailureKind.NO_IMAGE, "the generation failed, and Leonardo does not say why")
    listed = [one for one in job.get("generated_images") or () if isinstance(one, dict)]
    shown_ones = [str(one["url"]) for one in listed if isinstance(one.get("url"), str)]
    if listed and all(one.get("nsfw") for one in listed):
        return Failed(FailureKind.POLICY, "all pictures were marked as not safe for work", stage="output")
    return shown_ones or Failed(FailureKind.NO_IMAGE, "the generation ended without a picture")


def _refused(reply: Reply) -> Failed:
    said = reply.json()
    words = str(said.get("error") or said.get("message") or "") if isinstance(said, dict) else ""
    failed = refused(reply, words)
    lower = words.casefold()
    if "moderation" in lower or "content policy" in lower:
        return replace(failed, kind=FailureKind.POLICY, stage="input")
    if reply.status in {400, 402, 403} and ("token" in lower or "credit" in lower) and "invalid" not in lower:
        return replace(failed, kind=FailureKind.QUOTA, reason=failed.reason[:_SAID])
    return refused_key(failed, "leonardo", SECRET)
