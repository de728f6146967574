"""The OpenAI Images API on this machine: both paths, its checks, its errors, its bill."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2
import numpy as np
from contract import Answer, ContractServer, Fault, Part, Received

KEY = "sk-proj-contract-0123456789abcdefghij"
PER_MILLION = {"text": 5.0, "image": 8.0, "out": 30.0}
"""US dollars of a million tokens: gpt-image-2 and its successors."""
OUT_TOKENS = {"low": 196, "medium": 1767, "high": 7033, "xhigh": 12000, "max": 20000, "auto": 7033}
"""Of 1024 × 1024 pixels."""
IMAGE_TOKENS = 1300
"""Of a picture that is sent along."""
MODELS = {
    "gpt-image-2": {"low", "medium", "high", "auto"},
    "gpt-image-2-2026-04-21": {"low", "medium", "high", "auto"},
    "gpt-image-2.5-sunburst": {"low", "medium", "high", "xhigh", "max", "auto"},
}
FIELDS = {"model", "prompt", "n", "size", "quality", "background", "moderation", "output_format", "user"}
DALLE_SIZES = {"1024x1024", "1792x1024", "1024x1792"}


@dataclass(frozen=True)
class Asked:
    """One good request, decoded."""

    path: str
    model: str
    prompt: str
    n: int
    size: tuple[int, int]
    quality: str
    images: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()
    mask: np.ndarray | None = field(default=None, compare=False)
    """bool (H, W): where the picture is to be edited."""
    field_names: frozenset[str] = frozenset()


Draw = Callable[[Asked], list[bytes]]


class OpenAIServer(ContractServer):
    """As the real one does; as a router does with `router`."""

    def __init__(
        self, draw: Draw | None = None, *, key: str = KEY, router: bool = False, answers: str = "b64_json"
    ) -> None:
        """router: any model, DALL·E's rules for dall-e-3, no usage. answers: b64_json, url or data."""
        super().__init__()
        self.asked: list[Asked] = []
        self.billed = 0.0
        """US dollars."""
        self.most = 10
        """Pictures that a router makes for one request, whatever is asked for."""
        self.files: dict[str, bytes] = {}
        self.url_host = ""
        """Where addresses point to; empty for this server."""
        self._draw, self._key, self._router, self._answers = draw or plain, key, router, answers

    def draws(self, draw: Draw) -> None:
        """From now on by this function."""
        self._draw = draw

    @property
    def asked_with_mask(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.mask is not None]

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"

    def faulty(self, received: Received) -> bool:
        return received.method == "POST"

    def answer(self, received: Received) -> Answer:
        if received.method == "GET" and received.path in self.files:
            return Answer(200, self.files[received.path], {"Content-Type": "image/png"})
        if received.path not in {"/v1/images/generations", "/v1/images/edits"} or received.method != "POST":
            return error(404, f"Invalid URL ({received.method} {received.path})", "invalid_request_error")
        if received.headers.get("authorization") != f"Bearer {self._key}":
            return error(401, "Incorrect API key provided: sk-wrong.", code="invalid_api_key")
        try:
            asked = self._read(received)
        except _BadRequestError as bad:
            return bad.answer
        with self._lock:
            self.asked.append(asked)
        return self._made(asked)

    def _read(self, received: Received) -> Asked:
        if received.path.endswith("generations"):
            body = received.json()
            fields, images, mask = body, [], None
        else:
            fields, images, mask = _form(received.parts())
        unknown = set(fields) - FIELDS - ({"response_format"} if self._router else set())
        if unknown:
            raise _BadRequestError(400, f"Unknown parameter: '{min(unknown)}'.", code="unknown_parameter")
        model, size = str(fields.get("model", "")), str(fields.get("size", "1024x1024"))
        if not self._router and model not in MODELS:
            raise _BadRequestError(404, f"The model '{model}' does not exist.", code="model_not_found")
        prompt, count = fields.get("prompt"), int(fields.get("n", 1))
        if not isinstance(prompt, str) or not prompt or len(prompt) > 32_000:
            raise _BadRequestError(400, "Invalid 'prompt'.", code="invalid_value")
        if not 1 <= count <= (1 if model == "dall-e-3" else 10):
            raise _BadRequestError(400, "Invalid 'n'.", code="invalid_value")
        width, height = (int(side) for side in size.split("x"))
        if not (size in DALLE_SIZES if model == "dall-e-3" else _allowed(width, height)):
            raise _BadRequestError(400, f"Invalid size '{size}'.", code="invalid_value")
        quality = str(fields.get("quality", "auto"))
        if not self._router and quality not in MODELS[model]:
            raise _BadRequestError(400, f"Invalid quality '{quality}'.", code="invalid_value")
        data = tuple(part.data for part in images)
        names = tuple(part.filename for part in images)
        opened = _mask(mask, data) if mask is not None else None
        return Asked(
            received.path,
            model,
            prompt,
            count,
            (width, height),
            quality,
            data,
            names,
            opened,
            frozenset(fields),
        )

    def _made(self, asked: Asked) -> Answer:
        pictures = self._draw(asked)[: self.most]
        if self._router:
            usage, usd = None, 0.04 * len(pictures)
        else:
            usage, usd = usage_of(asked, len(pictures))
        with self._lock:
            self.billed += usd
        body = {"created": 1795000000, "data": [self._entry(data) for data in pictures]}
        return Answer(200, body | ({"usage": usage} if usage else {}), {"x-request-id": "req_contract"})

    def _entry(self, data: bytes) -> dict[str, str]:
        coded = base64.b64encode(data).decode()
        if self._answers == "b64_json":
            return {"b64_json": coded}
        if self._answers == "data":
            return {"url": f"data:image/png;base64,{coded}"}
        path = f"/files/{hashlib.sha256(data).hexdigest()}.png"
        self.files[path] = data
        return {"url": f"{self.url_host or self.url}{path}"}


class _BadRequestError(Exception):
    def __init__(self, status: int, message: str, **parts: str) -> None:
        self.answer = error(status, message, **parts)
        super().__init__(message)


def error(
    status: int,
    message: str,
    kind: str = "invalid_request_error",
    code: str | None = None,
    *,
    headers: dict[str, str] | None = None,
    **more: object,
) -> Fault:
    """As the API writes errors."""
    body = {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}
    return Fault(status, body, headers or {})


def good(*pictures: bytes, usage: dict | None = None) -> Fault:
    """An answer with these pictures."""
    data = [{"b64_json": base64.b64encode(one).decode()} for one in pictures]
    return Fault(200, {"created": 1, "data": data} | ({"usage": usage} if usage else {}))


def usage_of(asked: Asked, count: int) -> tuple[dict, float]:
    """The tokens of an answer, and what they cost."""
    text, images = len(asked.prompt) // 4, IMAGE_TOKENS * len(asked.images)
    area = max(1.0, asked.size[0] * asked.size[1] / 1024**2)
    out = int(OUT_TOKENS[asked.quality] * area) * count
    usage = {
        "input_tokens": text + images,
        "input_tokens_details": {"text_tokens": text, "image_tokens": images},
        "output_tokens": out,
        "total_tokens": text + images + out,
    }
    tokens = PER_MILLION["text"] * text + PER_MILLION["image"] * images + PER_MILLION["out"] * out
    return usage, tokens / 1e6


def picture(size: tuple[int, int], seed: int = 0, suffix: str = ".png") -> bytes:
    """A picture of this size: coarse noise, another one for each seed."""
    width, height = size
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.imencode(suffix, cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST))[
        1
    ].tobytes()


def plain(asked: Asked) -> list[bytes]:
    """What is drawn when the test does not say."""
    return [picture(asked.size, seed) for seed in range(asked.n)]


def _allowed(width: int, height: int) -> bool:
    steps = width % 16 == 0 and height % 16 == 0
    return (
        steps
        and max(width, height) <= 3 * min(width, height)
        and max(width, height) <= 3840
        and 655_360 <= width * height <= 8_294_400
    )


def _form(parts: list[Part]) -> tuple[dict[str, str], list[Part], Part | None]:
    fields: dict[str, str] = {}
    images: list[Part] = []
    mask = None
    for part in parts:
        if part.name in {"image", "image[]"}:
            images.append(part)
        elif part.name == "mask":
            mask = part
        else:
            fields[part.name] = part.data.decode()
    if not 1 <= len(images) <= 16:
        raise _BadRequestError(400, "Invalid 'image': expected 1 to 16 files.", code="invalid_value")
    for part in images:
        known = part.type in {"image/png", "image/jpeg", "image/webp"}
        if not known or len(part.data) >= 50_000_000 or _pixels(part.data) is None:
            raise _BadRequestError(400, f"Invalid image file '{part.filename}'.", code="invalid_image_file")
    return fields, images, mask


def _mask(mask: Part, images: tuple[bytes, ...]) -> np.ndarray:
    pixels, first = _pixels(mask.data), _pixels(images[0])
    whole = mask.data.startswith(b"\x89PNG") and len(mask.data) < 4_000_000
    if not whole or pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise _BadRequestError(400, "Invalid mask: expected a PNG with alpha.", code="invalid_image_file")
    if pixels.shape[:2] != first.shape[:2]:
        raise _BadRequestError(400, "Invalid mask: not the size of the image.", code="invalid_image_file")
    return pixels[..., 3] == 0


def _pixels(data: bytes) -> np.ndarray | None:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)


def told(value: object) -> bytes:
    """JSON as bytes, for answers whose shape is wrong."""
    return json.dumps(value).encode()
