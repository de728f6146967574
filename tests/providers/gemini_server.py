"""Google's image models on this machine: the Gemini API and Vertex AI, refusing what the real ones refuse.

    with GeminiServer() as server:
        server.faults += [limited(14), None]       # one fault, then a good answer
        ...
        server.heard[0].images                     # what was sent, decoded

Answers in camelCase as the real ones do; takes requests in both spellings, at /v1 and /v1beta.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import sqrt
from pathlib import Path

import cv2
import numpy as np
from contract import Answer, ContractServer, Fault, Received

KEY = "AIzaSyContractServerKey-0123456789abcdef"
BEARER = "ya29.contract-server-access-token-0123456789"
PROJECT = "lantern-comics"
GEMINI = {
    "gemini-2.5-flash-image": (3, ("1K",)),
    "gemini-3.1-flash-lite-image": (14, ("1K",)),
    "gemini-3.1-flash-image": (14, ("512", "1K", "2K", "4K")),
    "gemini-nano-banana-2.1": (14, ("1K", "2K", "4K")),
    "gemini-3-pro-image": (14, ("1K", "2K", "4K")),
}
"""Model → pictures that may be sent, sizes. One size: a request that names it is refused."""
IMAGEN = ("imagen-4.0-fast-generate-001", "imagen-4.0-generate-001", "imagen-4.0-ultra-generate-001")
RATIOS = {*["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]}
LONG_RATIOS = {"1:4", "4:1", "1:8", "8:1"}
IMAGEN_RATIOS = {"1:1", "3:4", "4:3", "9:16", "16:9"}
TOKENS = {"512": 747, "1K": 1120, "2K": 1680, "4K": 3780}
THOUGHTS, REFERENCE_TOKENS = 310, 1120
SIDES = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
FIELDS = {
    "": {"contents", "generationConfig", "safetySettings", "systemInstruction", "tools", "labels"},
    "generationConfig": {"responseModalities", "seed", "imageConfig", "candidateCount", "temperature"},
    "imageConfig": {"aspectRatio", "imageSize"},
}


@dataclass(frozen=True)
class Heard:
    """A good request, taken apart."""

    model: str
    prompt: str
    """The last text."""
    labels: list[str]
    """All texts before it."""
    images: list[bytes]
    mime_types: list[str]
    ratio: str
    size_class: str
    seed: int | None
    count: int = 1
    parameters: Mapping[str, object] = field(default_factory=dict)
    """Of Imagen."""

    @property
    def size(self) -> tuple[int, int]:
        """Width, height of the answer, in pixels."""
        return size_of(self.ratio, self.size_class)


def size_of(ratio: str, size_class: str) -> tuple[int, int]:
    """Sides are multiples of 16, of about the area of the square."""
    across, down = map(int, ratio.split(":"))
    side, aspect = SIDES[size_class], across / down
    return round(side * sqrt(aspect) / 16) * 16, round(side / sqrt(aspect) / 16) * 16


def flat(heard: Heard) -> list[bytes]:
    """As many plain PNGs of the asked size as are asked for."""
    return [_flat(heard.size)] * heard.count


@cache
def _flat(size: tuple[int, int]) -> bytes:
    pixels = np.full((size[1], size[0], 3), (200, 120, 40), np.uint8)
    pixels[: size[1] // 2] = (70, 90, 160)
    return png(pixels)


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


class Refuse(Exception):
    def __init__(self, code: int, message: str, status: str = "INVALID_ARGUMENT", details=()) -> None:
        self.answer = failure(code, message, status, details)


class GeminiServer(ContractServer):
    """draw: makes the pictures of an answer. dead: models that are no more."""

    def __init__(self, draw: Callable[[Heard], list[bytes]] = flat, *, dead: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.draw, self.dead = draw, dead
        self.heard: list[Heard] = []
        """Good requests, in order."""
        self.revoked = False
        """Whether no token is given out any more."""

    def faulty(self, received: Received) -> bool:
        return received.path != "/token"

    def answer(self, received: Received) -> Answer:
        if received.path == "/token":
            return self._token(received)
        try:
            model, method = self._authorized(received)
            if method == "predict":
                return self._predicted(model, received)
            heard = _heard(model, received.json())
        except Refuse as refused:
            return refused.answer
        self.heard.append(heard)
        return good(self.draw(heard), heard)

    def _token(self, received: Received) -> Answer:
        """Google's token endpoint: a signed assertion in, an access token out."""
        if self.revoked or b"assertion=" not in received.body:
            return Answer(400, {"error": "invalid_grant", "error_description": "revoked"})
        return Answer(body={"access_token": BEARER, "expires_in": 3600, "token_type": "Bearer"})

    def _authorized(self, received: Received) -> tuple[str, str]:
        """Model and method."""
        if received.method != "POST":
            raise Refuse(404, f"Method {received.method} not found.", "NOT_FOUND")
        developer = re.fullmatch(r"/(v1|v1beta)/models/([\w.-]+):(generateContent)", received.path)
        vertex = re.fullmatch(
            r"/(v1|v1beta1)/projects/([\w:.-]+)/locations/([a-z0-9-]+)/publishers/google/models/"
            r"([\w.-]+):(generateContent|predict)",
            received.path,
        )
        if developer:
            model, method = developer.group(2), developer.group(3)
            self._check_key(received)
            known = set(GEMINI)
        elif vertex:
            model, method = vertex.group(4), vertex.group(5)
            if received.headers.get("authorization") != f"Bearer {BEARER}":
                message = "Request had invalid authentication credentials."
                raise Refuse(401, message, "UNAUTHENTICATED")
            if vertex.group(2) != PROJECT:
                raise Refuse(
                    403, f"Permission denied on resource project {vertex.group(2)}.", "PERMISSION_DENIED"
                )
            known = set(IMAGEN) if method == "predict" else set(GEMINI)
        else:
            raise Refuse(404, f"The requested URL {received.path} was not found.", "NOT_FOUND")
        if model not in known - set(self.dead):
            raise Refuse(404, f"models/{model} is not found for this API version.", "NOT_FOUND")
        return model, method

    def _check_key(self, received: Received) -> None:
        sent = received.headers.get("x-goog-api-key")
        if sent is None:
            raise Refuse(403, "Method doesn't allow unregistered callers.", "PERMISSION_DENIED")
        if sent != KEY:
            raise Refuse(400, "API key not valid. Please pass a valid API key.", details=[BAD_KEY])

    def _predicted(self, model: str, received: Received) -> Answer:
        body = received.json()
        parameters = body.get("parameters", {})
        ratio, count = parameters.get("aspectRatio", "1:1"), parameters.get("sampleCount", 1)
        size_class = parameters.get("sampleImageSize", "1K")
        if ratio not in IMAGEN_RATIOS:
            raise Refuse(400, f"Unsupported aspect ratio: {ratio}")
        if not 1 <= count <= 4:
            raise Refuse(400, "sampleCount must be between 1 and 4.")
        if "seed" in parameters and parameters.get("addWatermark", True):
            raise Refuse(400, "Seed is not supported when watermark is enabled.")
        if size_class not in {"1K", "2K"} or ("fast" in model and "sampleImageSize" in parameters):
            raise Refuse(400, f"Unsupported sampleImageSize: {size_class}")
        (instance,) = body["instances"]
        heard = Heard(
            model,
            instance["prompt"],
            [],
            [],
            [],
            ratio,
            size_class,
            parameters.get("seed"),
            count,
            parameters,
        )
        self.heard.append(heard)
        return predicted(self.draw(heard))


def _heard(model: str, body: dict) -> Heard:
    for at, known in FIELDS.items():
        for name in _in(body, at):
            if _camel(name) not in known:
                where = at or "body"
                raise Refuse(400, f"Invalid JSON payload received. Unknown name {name!r} at {where!r}")
    limit, sizes = GEMINI[model]
    config = _in(body, "generationConfig")
    if "IMAGE" not in _get(config, "responseModalities", []):
        raise Refuse(400, "This model needs IMAGE among responseModalities.")
    seed = config.get("seed")
    if seed is not None and not -(2**31) <= seed < 2**31:
        raise Refuse(400, f"Invalid value at 'generation_config.seed' (TYPE_INT32), {seed}")
    ratio, size_class = _shape(model, _in(body, "imageConfig"), sizes)
    texts, images, mime_types = [], [], []
    for part in (part for content in body["contents"] for part in content["parts"]):
        texts += [part["text"]] if "text" in part else []
        blob = _get(part, "inlineData", None)
        if blob is not None:
            data, mime_type = _picture(blob)
            images.append(data)
            mime_types.append(mime_type)
    if len(images) > limit:
        raise Refuse(400, f"This model takes at most {limit} images; {len(images)} were sent.")
    if not texts:
        raise Refuse(400, "contents.parts must not be empty.")
    return Heard(model, texts[-1], texts[:-1], images, mime_types, ratio, size_class, seed)


def _shape(model: str, picture: dict, sizes: tuple[str, ...]) -> tuple[str, str]:
    """Ratio and size class."""
    ratio = _get(picture, "aspectRatio", "1:1")
    if ratio not in RATIOS and not (ratio in LONG_RATIOS and ("3.1" in model or "2.1" in model)):
        raise Refuse(400, f"aspect_ratio {ratio} is not supported.")
    size_class = _get(picture, "imageSize", None)
    if size_class is not None and (len(sizes) == 1 or size_class not in sizes):
        raise Refuse(400, f"image_size {size_class} is not supported by this model.")
    return ratio, size_class or "1K"


def _picture(blob: dict) -> tuple[bytes, str]:
    """The bytes and their label; refused when they are no picture of that kind."""
    # Both alphabets are base64 to Google's JSON; the SDK sends the one for URLs.
    text, mime_type = blob["data"].replace("-", "+").replace("_", "/"), _get(blob, "mimeType", "")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refuse(400, "Invalid value at 'contents[0].parts[0].inline_data.data' (TYPE_BYTES)") from None
    kinds = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}
    if mime_type not in kinds:
        raise Refuse(400, f"Unsupported MIME type: {mime_type}")
    if not data.startswith(kinds[mime_type]) or cv2.imdecode(np.frombuffer(data, np.uint8), 1) is None:
        raise Refuse(400, "Unable to process input image.")
    return data, mime_type


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def _get(part: dict, name: str, default):
    return next((value for key, value in part.items() if _camel(key) == name), default)


def _in(body: dict, at: str) -> dict:
    """The body itself, its generationConfig, or the imageConfig of that."""
    config = _get(body, "generationConfig", {})
    return {"": body, "generationConfig": config}.get(at) or _get(config, at, {})


# --- good answers ----------------------------------------------------------------------------------------


def good(pictures: list[bytes], heard: Heard, *, mime_type: str = "image/png") -> Answer:
    """As the real one answers: a draft among its thoughts, some words, then the picture."""
    draft = png(np.full((8, 8, 3), 9, np.uint8))
    parts = [
        {"text": "Planning the composition.", "thought": True},
        {"inlineData": {"mimeType": "image/png", "data": b64(draft)}, "thought": True},
        {"text": "Here it is."},
        *({"inlineData": {"mimeType": mime_type, "data": b64(one)}} for one in pictures),
    ]
    return Answer(body={**with_parts(parts), "usageMetadata": usage(heard), "modelVersion": heard.model})


def predicted(pictures: list[bytes]) -> Answer:
    """Of Imagen."""
    return Answer(
        body={"predictions": [{"mimeType": "image/png", "bytesBase64Encoded": b64(one)} for one in pictures]}
    )


def with_parts(parts: list, finish: str = "STOP") -> dict:
    content = {"role": "model", "parts": parts}
    return {"candidates": [{"content": content, "finishReason": finish, "index": 0}]}


def usage(heard: Heard) -> dict:
    made = 1290 if "2.5" in heard.model else TOKENS[heard.size_class]
    return {
        "promptTokenCount": len(heard.prompt) // 4 + REFERENCE_TOKENS * len(heard.images),
        "candidatesTokenCount": made + 12,
        "candidatesTokensDetails": [
            {"modality": "IMAGE", "tokenCount": made},
            {"modality": "TEXT", "tokenCount": 12},
        ],
        "thoughtsTokenCount": THOUGHTS,
    }


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- faults ----------------------------------------------------------------------------------------------

BAD_KEY = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "API_KEY_INVALID",
    "domain": "googleapis.com",
}


def failure(code: int, message: str, status: str, details=(), **more) -> Fault:
    error = {"code": code, "message": message, "status": status, "details": list(details)}
    return Fault(code, {"error": error}, **more)


def limited(delay: str = "14s", quota: str = "GenerateRequestsPerMinutePerProjectPerModel", **more) -> Fault:
    """429 of a limit by the minute, or of another one."""
    details = [
        {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            "violations": [{"quotaId": quota, "quotaValue": "10", **more}],
        },
        {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
    ]
    if delay:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    return failure(
        429, "You exceeded your current quota, please check your plan.", "RESOURCE_EXHAUSTED", details
    )


def prompt_blocked(reason: str = "PROHIBITED_CONTENT") -> Fault:
    return Fault(body={"promptFeedback": {"blockReason": reason}, "usageMetadata": {"promptTokenCount": 100}})


def finished(reason: str, text: str = "") -> Fault:
    """200 without a picture."""
    return Fault(body=with_parts([{"text": text}] if text else [], reason))


def picture_answer(data: str, mime_type: str = "image/png", **more) -> Fault:
    """200 with one picture, given as base64."""
    parts = [{"inlineData": {"mimeType": mime_type, "data": data}}]
    return Fault(body={**with_parts(parts), "usageMetadata": {"candidatesTokenCount": 1120}, **more})


def service_account(folder: Path, url: str) -> Path:
    """Credentials of a service account whose tokens this server gives out."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "service_account.json"
    account = {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "1",
        "private_key": key.decode(),
        "client_email": f"series@{PROJECT}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": f"{url}/token",
    }
    path.write_text(json.dumps(account), encoding="utf-8")
    return path
