"""Adobe's asynchronous interface on loopback: tokens, uploads, jobs, pictures."""

from __future__ import annotations

import itertools
from urllib.parse import parse_qs

import cv2
import numpy as np
from contract import Answer, ContractServer, Received

CLIENT, SECRET = "firefly-contract-client-id-01", "p8e-contract-server-secret-000001"
SIZES = {
    (2048, 2048),
    (2304, 1792),
    (1792, 2304),
    (2688, 1536),
    (1344, 768),
    (1152, 896),
    (896, 1152),
    (1024, 1024),
}
GENERATE = {
    "prompt",
    "negativePrompt",
    "numVariations",
    "seeds",
    "size",
    "contentClass",
    "style",
    "structure",
}
FILL = {"prompt", "negativePrompt", "numVariations", "seeds", "size", "image", "mask"}


class FireflyServer(ContractServer):
    def __init__(self) -> None:
        super().__init__()
        self.rounds = 2
        self.lasts = 86399
        """Seconds of a token."""
        self.ended: dict = {}
        """What a job ends with in place of pictures: status, error_code, message."""
        self.uploads: dict[str, bytes] = {}
        self.asked: list[tuple[str, dict, str]] = []
        """Path, body, model version."""
        self.tokens: list[str] = []
        self._ids = itertools.count(1)
        self._jobs: dict[str, dict] = {}
        self._polls: dict[str, int] = {}
        self._files: dict[str, bytes] = {}

    def faulty(self, received: Received) -> bool:
        return received.path.endswith("-async")

    def answer(self, received: Received) -> Answer:  # noqa: PLR0911 - one return a route
        path = received.path
        if path == "/ims/token/v3":
            return self._token(received)
        if path.startswith("/files/"):
            keys = {"authorization", "x-api-key"} & set(received.headers)
            return Answer(400) if keys or path not in self._files else Answer(body=self._files[path])
        known = received.headers.get("authorization", "").removeprefix("Bearer ") in self.tokens
        if received.headers.get("x-api-key") != CLIENT or not known:
            return Answer(401, {"error_code": "401013", "message": "Oauth token is not valid"})
        if path == "/v2/storage/image":
            image = cv2.imdecode(np.frombuffer(received.body, np.uint8), cv2.IMREAD_COLOR)
            if received.headers["content-type"] != "image/png" or image is None:
                return Answer(415, {"error_code": "unsupported_media_type", "message": "image/png"})
            name = f"upload-{next(self._ids)}"
            self.uploads[name] = received.body
            return Answer(body={"images": [{"id": name}]})
        if path.endswith("-async"):
            return self._job(received)
        return self._state(path.rpartition("/")[2])

    def _token(self, received: Received) -> Answer:
        given = {name: values[0] for name, values in parse_qs(received.body.decode()).items()}
        if (given.get("client_id"), given.get("client_secret")) != (CLIENT, SECRET):
            return Answer(400, {"error": "invalid_client"})
        if given.get("grant_type") != "client_credentials" or "firefly_api" not in given.get("scope", ""):
            return Answer(400, {"error": "invalid_scope"})
        self.tokens.append(f"eyJ-token-{len(self.tokens)}-contract-server")
        return Answer(
            body={"access_token": self.tokens[-1], "token_type": "bearer", "expires_in": self.lasts}
        )

    def _job(self, received: Received) -> Answer:
        body, fill = received.json(), "fill" in received.path
        odd = set(body) - (FILL if fill else GENERATE)
        size = body.get("size", {"width": 1024, "height": 1024})
        seeds = body.get("seeds", [0])
        wrong = odd or (size["width"], size["height"]) not in SIZES or len(body["prompt"]) > 1024
        if wrong or not 1 <= body["numVariations"] <= 4 or max(seeds) > 2**31 - 1:
            return Answer(400, {"error_code": "validation_error", "message": f"{sorted(odd)}"})
        sources = [body.get(name) for name in ("image", "mask")]
        sources += [body[name]["imageReference"] for name in ("style", "structure") if name in body]
        for source in filter(None, sources):
            if source["source"]["uploadId"] not in self.uploads:
                return Answer(400, {"error_code": "bad_upload", "message": "no such upload"})
        self.asked.append((received.path, body, received.headers.get("x-model-version", "")))
        job = f"urn:ff:jobs:{next(self._ids)}"
        self._jobs[job] = body
        place = f"{self.url}/v3/status/{job}"
        return Answer(202, {"jobId": job, "statusUrl": place, "cancelUrl": f"{self.url}/v3/cancel/{job}"})

    def _state(self, job: str) -> Answer:
        if job not in self._jobs:
            return Answer(404, {"error_code": "not_found"})
        self._polls[job] = self._polls.get(job, 0) + 1
        if self._polls[job] < self.rounds:
            return Answer(body={"status": "running", "jobId": job, "progress": 50})
        if self.ended:
            return Answer(body={"jobId": job} | self.ended)
        body, outputs = self._jobs[job], []
        size = body.get("size", {"width": 1024, "height": 1024})
        seeds = body.get("seeds") or list(range(body["numVariations"]))
        for index in range(body["numVariations"]):
            path = f"/files/{job}-{index}.jpg"
            self._files[path] = jpeg((size["width"], size["height"]), seeds[index] % 256)
            outputs.append({"seed": seeds[index], "image": {"url": self.url + path}})
        return Answer(
            body={"status": "succeeded", "jobId": job, "result": {"size": size, "outputs": outputs}}
        )


def jpeg(size: tuple[int, int], value: int) -> bytes:
    return cv2.imencode(".jpg", np.full((size[1], size[0], 3), value, np.uint8))[1].tobytes()
