"""AUTOMATIC1111 or Forge: a request in, pictures of a web UI on this machine out, through its API (--api)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import cv2
import numpy as np
from pydantic import Field, JsonValue

from consistency import ConsistencyError, Frame, read_frame
from series.errors import GeneratorError
from series.generators.credentials import find_secret
from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Outcome,
    Pacing,
)
from series.generators.http import HttpClient, Reply, is_loopback, refused, require_no_secret
from series.generators.options import shown
from series.generators.outside import kept_outside
from series.generators.typed import Options, read_options
from series.masking import never_show
from series.request import GenerationRequest, caption, caption_seed, negative_prompt

URL: Final = "http://127.0.0.1:7860"
"""Where the web UI listens unless it is told otherwise."""
SECRET: Final = "AUTOMATIC1111_AUTH"  # noqa: S105 - the name of a variable
"""user:password, for a web UI that was started with --api-auth."""
MULTIPLE: Final = 8
"""Pixels: sides of what a latent model draws are multiples of this."""
MASK_BLUR: Final = 4
"""Pixels over which the web UI itself blends a masked edit: its own default."""
PADDING: Final = 32
"""Pixels around the mask that the web UI sees when it draws the part at full size: its own default."""
ORIGINAL: Final = 1
"""inpainting_fill: start from what is there."""
MOST_CANDIDATES: Final = 8


class WebuiOptions(Options):
    """A web UI, and how it draws."""

    url: str = URL
    checkpoint: str = ""
    """The model by the web UI's own name; left out, the one that is loaded there."""
    sampler: str = ""
    steps: Annotated[int, Field(ge=1, le=150)] = 30
    guidance: Annotated[float, Field(ge=1, le=30)] = 7.0
    strength: Annotated[float, Field(gt=0, le=1)] = 0.55
    """Of edits: share of the noise that they start from."""
    lora: Mapping[str, Annotated[float, Field(ge=-2, le=2)]] = Field(default_factory=dict)
    """Name in the web UI → weight; written into the words as <lora:name:weight>."""
    timeout_s: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1800.0


class Automatic1111:
    """A generator. Thread-safe: the web UI has a queue of its own."""

    def __init__(self, options: WebuiOptions) -> None:
        """Raises GeneratorError for an address that is neither this machine nor https."""
        require_no_secret(options.url, "url")
        if not is_loopback(options.url) and not options.url.startswith("https://"):
            raise GeneratorError(
                f"generator.url: {shown(options.url)}: expected this machine (127.0.0.1) or an https address"
            )
        self._options = options
        self._client_: HttpClient | None = None

    @property
    def name(self) -> str:
        """With the checkpoint, where one is named."""
        return f"automatic1111:{self._options.checkpoint or 'as loaded'}"

    @property
    def abilities(self) -> Abilities:
        """References need an extension of the web UI, so none are sent."""
        return Abilities(
            seed=True,
            takes_seed=True,
            negative_prompt=True,
            edit=True,
            mask=True,
            candidates=MOST_CANDIDATES,
            idempotent=True,
        )

    @property
    def pacing(self) -> Pacing:
        """One at a time: it draws one after the other."""
        return Pacing(concurrency=1, timeout_s=self._options.timeout_s)

    def ready(self) -> None:
        """Ask which checkpoints there are. Raises GeneratorError without an answer, and without the one."""
        reply = self._client().send("GET", "/sdapi/v1/sd-models")
        if isinstance(reply, Failed) or reply.status != 200:
            said = reply.reason if isinstance(reply, Failed) else _words(reply)
            password = "" if find_secret(SECRET) else f", and set {SECRET} where it asks for a password"
            raise GeneratorError(
                f"generator.url: no API of AUTOMATIC1111 at {self._options.url} ({said}): start the web UI "
                f"with --api{password}"
            )
        listed = reply.json()
        names = {
            str(one.get(key))
            for one in (listed if isinstance(listed, list) else ())
            if isinstance(one, dict)
            for key in ("title", "model_name")
        }
        if self._options.checkpoint and self._options.checkpoint not in names:
            known = ", ".join(sorted(names)[:10]) or "none"
            raise GeneratorError(
                f"generator.checkpoint: the web UI has no {shown(self._options.checkpoint)}. It has: {known}"
            )

    def words(self, request: GenerationRequest) -> str:
        """A caption: its text encoders read little."""
        return caption(request)

    def price(self, request: GenerationRequest) -> float:
        """Nothing."""
        del request
        return 0.0

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Draw. The key changes nothing: a seed says all."""
        del key
        try:
            base = read_frame(request.edit.path) if request.edit is not None else None
        except ConsistencyError as error:
            return Failed(FailureKind.INVALID_REQUEST, str(error))
        payload = self._payload(request, base)
        path = "/sdapi/v1/txt2img" if base is None else "/sdapi/v1/img2img"
        reply = self._client().send("POST", path, payload=payload)
        if isinstance(reply, Failed):
            return reply
        if reply.status != 200:
            return _refused(reply)
        outcome = _images(reply, max(1, request.candidates))
        return kept_outside(outcome, request)

    def _payload(self, request: GenerationRequest, base: Frame | None) -> dict[str, Any]:
        width, height = (-(-side // MULTIPLE) * MULTIPLE for side in request.structure.size)
        loras = "".join(f" <lora:{name}:{weight:g}>" for name, weight in sorted(self._options.lora.items()))
        payload: dict[str, Any] = {
            "prompt": self.words(request) + loras,
            "negative_prompt": negative_prompt(request),
            "seed": caption_seed(request),
            "width": width,
            "height": height,
            "steps": self._options.steps,
            "cfg_scale": self._options.guidance,
            "n_iter": max(1, request.candidates),
            "batch_size": 1,
            "save_images": False,
            "do_not_save_grid": True,
            "send_images": True,
        }
        if self._options.sampler:
            payload["sampler_name"] = self._options.sampler
        if self._options.checkpoint:
            payload["override_settings"] = {"sd_model_checkpoint": self._options.checkpoint}
        if base is not None and request.edit is not None:
            payload |= {"init_images": [_base64(base.pixels)], "denoising_strength": self._options.strength}
            if request.edit.mask is not None:
                left, top, right, bottom = request.edit.mask.pixels(base.width, base.height)
                mask = np.zeros(base.pixels.shape, np.uint8)
                mask[top:bottom, left:right] = 255
                payload |= {
                    "mask": _base64(mask),
                    "mask_blur": MASK_BLUR,
                    "inpainting_fill": ORIGINAL,
                    "inpaint_full_res": True,
                    "inpaint_full_res_padding": PADDING,
                    "inpainting_mask_invert": 0,
                }
        return payload

    def _client(self) -> HttpClient:
        if self._client_ is None:
            secret = find_secret(SECRET)
            coded = base64.b64encode(secret.value.encode()).decode() if secret is not None else ""
            never_show(secret.value.partition(":")[2] if secret is not None else "")
            headers = {"Authorization": f"Basic {coded}"} if coded else {}
            self._client_ = HttpClient(self._options.url, headers=headers, timeout_s=self._options.timeout_s)
        return self._client_


def make(options: Mapping[str, JsonValue]) -> Automatic1111:
    """The generator of these options. Raises GeneratorError."""
    return Automatic1111(read_options(WebuiOptions, options))


def _images(reply: Reply, wanted: int) -> Outcome:
    said = reply.json()
    listed = said.get("images") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        return Failed(FailureKind.MALFORMED, "the web UI answered in another shape than its API's")
    if not listed:
        return Failed(FailureKind.NO_IMAGE, "the web UI made no picture")
    images = []
    for one in listed[:wanted]:  # extensions add pictures of their own at the end
        try:
            # Some versions send "data:image/png;base64,…".
            images.append(GeneratedImage(base64.b64decode(str(one).rpartition(",")[2], validate=True)))
        except (binascii.Error, ValueError):
            return Failed(FailureKind.MALFORMED, "the web UI's picture is no base64")
    return Generated(tuple(images))


def _refused(reply: Reply) -> Failed:
    failed = refused(reply, _words(reply))
    if "out of memory" in failed.reason.casefold():
        return replace(failed, kind=FailureKind.RAISED, reason=f"{failed.reason}; a smaller size takes less")
    if reply.status == 404:
        return replace(
            failed, kind=FailureKind.MODEL_GONE, reason=f"{failed.reason}: is it started with --api?"
        )
    # An error of its own is no busy line: asking for the same again would fail again.
    return replace(failed, kind=FailureKind.RAISED) if reply.status == 500 else failed


def _words(reply: Reply) -> str:
    """What the answer says about itself."""
    said = reply.json()
    if not isinstance(said, dict):
        return f"HTTP {reply.status}"
    parts = [said.get(key) for key in ("error", "detail", "errors", "message")]
    return "; ".join(one if isinstance(one, str) else json.dumps(one) for one in parts if one)


def _base64(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    return base64.b64encode(data.tobytes()).decode()
