"""Leonardo's v2 interface on loopback: uploads by a ticket, generations that are asked for, pictures."""

from __future__ import annotations

import itertools
import json

import cv2
import numpy as np
from contract import Answer, ContractServer, Received

KEY = "leonardo-contract-server-key-000001"
PARAMETERS = {"prompt", "width", "height", "quantity", "prompt_enhance", "seed", "guidances", "style_ids"}
MODELS = {"gemini-image-2": 6, "nano-banana-2": 6}
"""Model → reference pictures."""


class LeonardoServer(ContractServer):
    def __init__(self) -> None:
        super().__init__()
        self.rounds = 2
        self.status = "COMPLETE"
        self.nsfw = False
        self.dollars: str | None = None
        self.upload_to = ""
        """Host in place of this one that uploads are sent to."""
        self.uploads: dict[str, bytes] = {}
        self.asked: list[dict] = []
        self._ids = itertools.count(1)
        self._jobs: dict[str, dict] = {}
        self._polls: dict[str, int] = {}
        self._files: dict[str, bytes] = {}

    def faulty(self, received: Received) -> bool:
        return received.path == "/api/rest/v2/generations"

    def answer(self, received: Received) -> Answer:
        path = received.path
        if path.startswith("/bucket"):
            return self._put(received)
        if path.startswith("/files/"):
            sent_key = "authorization" in received.headers
            return Answer(400) if sent_key or path not in self._files else Answer(body=self._files[path])
        if received.headers.get("authorization") != f"Bearer {KEY}":
            return Answer(401, {"error": "Invalid response from authorization hook", "code": "access-denied"})
        if path == "/api/rest/v1/init-image":
            name = f"ref-{next(self._ids)}"
            ticket = {"id": name, "fields": json.dumps({"key": name, "policy": "p0"}), "key": name}
            return Answer(
                body={"uploadInitImage": ticket | {"url": (self.upload_to or self.url) + "/bucket"}}
            )
        if path == "/api/rest/v2/generations":
            return self._generate(received.json())
        return self._state(path.rpartition("/")[2])

    def _put(self, received: Received) -> Answer:
        parts = {part.name: part for part in received.parts()}
        if "authorization" in received.headers or list(parts)[-1] != "file" or "policy" not in parts:
            return Answer(403)
        self.uploads[parts["key"].data.decode()] = parts["file"].data
        return Answer(204)

    def _generate(self, body: dict) -> Answer:
        given = body["parameters"]
        looked_at = given.get("guidances", {}).get("image_reference", [])
        if body["model"] not in MODELS or set(given) - PARAMETERS or body.get("public") is not False:
            return Answer(400, {"error": "invalid parameters", "code": "invalid-request"})
        if len(looked_at) > MODELS[body["model"]] or not 1 <= given["quantity"] <= 8:
            return Answer(400, {"error": "too many", "code": "invalid-request"})
        if any(one["image"]["id"] not in self.uploads for one in looked_at):
            return Answer(400, {"error": "image not found", "code": "invalid-request"})
        self.asked.append(body)
        job = f"gen-{next(self._ids)}"
        self._jobs[job] = given
        cost = {"cost": {"amount": self.dollars, "unit": "DOLLARS"}} if self.dollars else {}
        return Answer(body={"generate": {"generationId": job, "apiCreditCost": 40} | cost})

    def _state(self, job: str) -> Answer:
        if job not in self._jobs:
            return Answer(404, {"error": "not found"})
        self._polls[job] = self._polls.get(job, 0) + 1
        if self._polls[job] < self.rounds:
            return Answer(body={"generations_by_pk": {"status": "PENDING", "generated_images": []}})
        given, images = self._jobs[job], []
        for index in range(given["quantity"] if self.status == "COMPLETE" else 0):
            path = f"/files/{job}-{index}.png"
            value = (given.get("seed", 0) + index) % 256
            self._files[path] = png((given["width"], given["height"]), value)
            images.append({"id": f"{job}-{index}", "url": self.url + path, "nsfw": self.nsfw})
        return Answer(body={"generations_by_pk": {"status": self.status, "generated_images": images}})


def png(size: tuple[int, int], value: int) -> bytes:
    return cv2.imencode(".png", np.full((size[1], size[0], 3), value, np.uint8))[1].tobytes()
