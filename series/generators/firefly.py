"""Firefly: a request in, pictures of Adobe's asynchronous interface out, with seeds, style and structure."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Annotated, Any, Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue

from consistency import ConsistencyError, read_frame
from series.errors import GeneratorError
from series.generators.credentials import need_secrets, refused_key
from series.generators.generator import (
    Failed,
    FailureKind,
    Outcome,
)
from series.generators.hosted import HostedModel, HostedOptions, require_https
from series.generators.http import HttpClient, Reply, refused, unsent
from series.generators.jobs import Clock, Waiting, follow
from series.generators.typed import read_options
from series.masking import never_show, one_line
from series.request import GenerationRequest, Role, caption, caption_seed, negative_prompt

URL: Final = "https://firefly-api.adobe.io"
TOKENS: Final = "https://ims-na1.adobelogin.com"
"""Where an id and a secret become a token."""
SECRETS: Final = ("FIREFLY_CLIENT_ID", "FIREFLY_CLIENT_SECRET")
SCOPES: Final = "openid,AdobeID,firefly_api,ff_apis"
HOSTS: Final = (".adobe.io",)
"""Hosts of the provider that may see the token: states of jobs are told by others than the one asked."""
PICTURES: Final = (".amazonaws.com", ".windows.net", ".adobe.io")
"""Where its pictures lie."""
TOKEN_S: Final = 20.0
"""Seconds that a token may take: all requests wait for it."""
EARLY_S: Final = 300.0
"""Seconds before its end that a token is renewed."""
LONGEST_PROMPT: Final = 1024
"""Characters, as published."""
_SAID: Final = 300


class FireflyOptions(HostedOptions):
    """A model, and how references weigh."""

    content_class: Literal["", "photo", "art"] = ""
    style_strength: Annotated[int, Field(ge=1, le=100)] = 60
    structure_strength: Annotated[int, Field(ge=0, le=100)] = 50
    base_url: str = URL
    token_url: str = TOKENS


class Firefly(HostedModel):
    """A generator. Thread-safe."""

    def __init__(self, options: FireflyOptions, *, clock: Clock | None = None) -> None:
        """Raises GeneratorError for a model without a row, and addresses that are neither https nor here."""
        super().__init__("firefly", options, clock)
        require_https(options.base_url, "base_url")
        require_https(options.token_url, "token_url")
        self._options = options
        self._lock = threading.Lock()
        self._client_: HttpClient | None = None
        self._token, self._token_ends = "", float("-inf")

    def ready(self) -> None:
        """Raises GeneratorError without the extra or the secrets, and for a model whose service has ended."""
        self.require_service()
        self._client()

    def words(self, request: GenerationRequest) -> str:
        """A caption, as much of it as is taken."""
        return caption(request)[:LONGEST_PROMPT]

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Upload what it shall look at, send, wait, fetch. The key changes nothing: it knows none of ours."""
        del key
        until = self.until()
        try:
            client = self._client()
            headers = self._headers()
            place = headers if isinstance(headers, Failed) else self._place(client, request, headers)
        except GeneratorError as error:
            return Failed(FailureKind.AUTH, str(error))
        except ConsistencyError as error:  # a picture that was pinned cannot be read any more
            return Failed(FailureKind.INVALID_REQUEST, str(error))
        if isinstance(headers, Failed):
            return headers
        if isinstance(place, Failed):
            return place
        ended = follow(Waiting(client, place, until, self.clock, headers), _ended)
        return self.collected(client, ended, request, hosts=PICTURES)

    def _place(self, client: HttpClient, request: GenerationRequest, headers: dict[str, str]) -> str | Failed:
        """Where the job's state is told."""
        sent = self._sent(client, request, headers)
        if isinstance(sent, Failed):
            return sent
        if sent.status not in {200, 202}:
            return _refused(sent)
        said = sent.json()
        place = said.get("statusUrl") if isinstance(said, dict) else None
        # Taken, in words that we do not understand: it may be made.
        unclear = Failed(FailureKind.TIMEOUT, "the answer names no job; it may be made and billed")
        return place if isinstance(place, str) else unclear

    # --- what is sent -----------------------------------------------------------------------------------

    def _sent(
        self, client: HttpClient, request: GenerationRequest, headers: dict[str, str]
    ) -> Reply | Failed:
        mask = request.edit.mask if request.edit is not None else None
        words = self.words(request)
        count = max(1, request.candidates)
        payload: dict[str, Any] = {"prompt": words, "numVariations": count}
        if avoid := negative_prompt(request)[:LONGEST_PROMPT]:
            payload["negativePrompt"] = avoid
        if request.edit is not None and mask is not None:
            base = read_frame(request.edit.path).pixels
            white = np.zeros(base.shape, np.uint8)
            left, top, right, bottom = mask.pixels(base.shape[1], base.shape[0])
            white[top:bottom, left:right] = 255
            for name, pixels in (("image", base), ("mask", white)):
                found = _upload(client, pixels, headers)
                if isinstance(found, Failed):
                    return found
                payload[name] = {"source": {"uploadId": found}}
            return client.send("POST", "/v3/images/fill-async", payload=payload, headers=headers)
        width, height = request.structure.size
        payload |= {
            "size": {"width": width, "height": height},
            "seeds": [(caption_seed(request) + index) % 2**31 for index in range(count)],
        }
        if self._options.content_class:
            payload["contentClass"] = self._options.content_class
        looks = self._looks(client, request, headers)
        if isinstance(looks, Failed):
            return looks
        model = {"x-model-version": self.row.name} if self.row.name != "image3" else {}
        return client.send(
            "POST", "/v3/images/generate-async", payload=payload | looks, headers=headers | model
        )

    def _looks(
        self, client: HttpClient, request: GenerationRequest, headers: dict[str, str]
    ) -> dict[str, Any] | Failed:
        """One picture of the style, one of the structure: a layout sketch, or the picture that is edited."""
        found: dict[str, Any] = {}
        kinds = (
            ("style", {Role.STYLE}, self._options.style_strength),
            ("structure", {Role.LAYOUT, Role.BASE}, self._options.structure_strength),
        )
        for name, roles, strength in kinds:
            reference = next((one for one in request.references if one.role in roles), None)
            if reference is None:
                continue
            upload = _upload(client, read_frame(reference.path).pixels, headers)
            if isinstance(upload, Failed):
                return upload
            found[name] = {"imageReference": {"source": {"uploadId": upload}}, "strength": strength}
        return found

    def _headers(self) -> dict[str, str] | Failed:
        """With a token that is good for a while."""
        with self._lock:
            if self.clock.now() >= self._token_ends:
                failed = self._renew()
                if failed is not None:
                    return failed
            return {"Authorization": f"Bearer {self._token}"}

    def _renew(self) -> Failed | None:
        name, secret = need_secrets(SECRETS, "generator firefly")
        fields = {
            "grant_type": "client_credentials",
            "client_id": name.value,
            "client_secret": secret.value,
            "scope": SCOPES,
        }
        client = HttpClient(self._options.token_url, timeout_s=min(TOKEN_S, self.pacing.timeout_s))
        reply = client.send("POST", "/ims/token/v3", fields=fields)
        client.close()
        if isinstance(reply, Failed):
            return unsent(reply)
        said = reply.json()
        if reply.status in {400, 401, 403}:
            return Failed(
                FailureKind.AUTH,
                f"firefly gave no token (HTTP {reply.status}): check {SECRETS[0]} and {SECRETS[1]}",
            )
        if reply.status != 200:
            return unsent(refused(reply))
        token = said.get("access_token") if isinstance(said, dict) else None
        seconds = said.get("expires_in") if isinstance(said, dict) else None
        if not isinstance(token, str) or not isinstance(seconds, int | float) or not isfinite(seconds):
            return Failed(FailureKind.MALFORMED, "the token came in another shape than Adobe's")
        never_show(token)
        self._token, self._token_ends = token, self.clock.now() + float(seconds) - EARLY_S
        return None

    def _client(self) -> HttpClient:
        if self._client_ is None:
            name, _ = need_secrets(SECRETS, "generator firefly")
            self._client_ = HttpClient(
                self._options.base_url,
                headers={"x-api-key": name.value},
                timeout_s=self.pacing.timeout_s,
                hosts=HOSTS,
            )
        return self._client_


def make(options: Mapping[str, JsonValue]) -> Firefly:
    """The generator of these options. Raises GeneratorError."""
    return Firefly(read_options(FireflyOptions, options))


def _upload(client: HttpClient, pixels: NDArray[np.uint8], headers: Mapping[str, str]) -> str | Failed:
    """Nothing is drawn yet, so whatever fails here costs nothing and may be tried again."""
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    reply = client.send(
        "POST",
        "/v2/storage/image",
        content=data.tobytes(),
        headers={**headers, "Content-Type": "image/png"},
    )
    if isinstance(reply, Failed):
        return unsent(reply)
    if reply.status != 200:
        return unsent(_refused(reply))
    said = reply.json()
    images = said.get("images") if isinstance(said, dict) else None
    first = images[0] if isinstance(images, list) and images else None
    if not isinstance(first, dict) or not isinstance(first.get("id"), str):
        return Failed(FailureKind.MALFORMED, "/v2/storage/image answered in another shape than Firefly's")
    return str(first["id"])


def _ended(reply: Reply) -> list[str] | Failed | None:
    """The addresses of the pictures, why there are none, or None while it goes on."""
    said = reply.json()
    if not isinstance(said, dict):
        return Failed(FailureKind.TIMEOUT, "an answer in another shape than Firefly's; it may be billed")
    status = said.get("status")
    if status in {"pending", "running"}:
        return None
    if status == "succeeded":
        result = said.get("result")
        outputs = result.get("outputs") if isinstance(result, dict) else None
        found = [_address(one) for one in outputs] if isinstance(outputs, list) else []
        addresses = [one for one in found if one]
        return addresses or Failed(FailureKind.NO_IMAGE, "the job ended without a picture")
    return _worded(said, f"the job {status or 'ended'}")


def _address(output: object) -> str:
    image = output.get("image") if isinstance(output, dict) else None
    url = image.get("url") if isinstance(image, dict) else None
    return url if isinstance(url, str) else ""


def _worded(said: Mapping[str, Any], otherwise: str) -> Failed:
    """A failure by its error code."""
    code = str(said.get("error_code") or "")
    words = one_line(str(said.get("message") or otherwise), _SAID)
    if "unsafe" in code or "policy" in code or "denylist" in code:
        return Failed(FailureKind.POLICY, words, stage="output" if "image" in code else "input")
    return Failed(FailureKind.NO_IMAGE, f"{one_line(code, 60)}: {words}" if code else words)


def _refused(reply: Reply) -> Failed:
    said = reply.json()
    if not isinstance(said, dict):
        return refused(reply)
    code = str(said.get("error_code") or "")
    failed = refused(reply, ": ".join(one for one in (code, str(said.get("message") or "")) if one))
    if "unsafe" in code or "policy" in code or "denylist" in code:
        return replace(failed, kind=FailureKind.POLICY, stage="input")
    if reply.status == 429 and ("quota" in code or "daily" in str(said.get("message")).casefold()):
        return replace(failed, kind=FailureKind.QUOTA)
    return refused_key(failed, "firefly", *SECRETS)
