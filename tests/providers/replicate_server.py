"""Replicate's HTTP interface on loopback: predictions that start, go on and end; pictures at addresses."""

from __future__ import annotations

import base64
import itertools
import re

import cv2
import numpy as np
from contract import Answer, ContractServer, Received

TOKEN = "r8_contract0server0token0for0tests0000"  # noqa: S105
INPUTS = {
    "prompt", "negative_prompt", "seed", "width", "height", "num_outputs", "num_inference_steps",
    "guidance_scale", "image", "mask", "prompt_strength",
}  # fmt: skip
SDXL_VERSION = "7762fd07" * 8


class ReplicateServer(ContractServer):
    def __init__(self) -> None:
        super().__init__()
        self.rounds = 2
        """Questions until a prediction is done."""
        self.error = ""
        """With which every prediction fails."""
        self.elsewhere = ""
        """Host that pictures are said to lie at, in place of this one."""
        self.lost = 0
        """Pictures of an answer that are gone when they are fetched."""
        self.extra = 0
        """Pictures beyond those that were asked for."""
        self.never = False
        self.predictions: dict[str, dict] = {}
        self.inputs: list[dict] = []
        self._ids = itertools.count(1)
        self._asked: dict[str, int] = {}
        self._files: dict[str, bytes] = {}

    def faulty(self, received: Received) -> bool:
        return received.method == "POST"

    def answer(self, received: Received) -> Answer:
        if received.path.startswith("/files/"):
            data = self._files.get(received.path)
            if "authorization" in received.headers:
                return Answer(400, "a key was sent to where pictures lie")
            return Answer(body=data) if data else Answer(404)
        if received.headers.get("authorization") != f"Bearer {TOKEN}":
            body = {"title": "Unauthenticated", "detail": "You did not pass a valid token", "status": 401}
            return Answer(401, body)
        if received.method == "POST":
            return self._create(received)
        return self._state(received.path.rpartition("/")[2])

    def _create(self, received: Received) -> Answer:
        body = received.json()
        named = re.fullmatch(r"/v1/models/([\w-]+/[\w.-]+)/predictions", received.path)
        if named is None and (received.path != "/v1/predictions" or not body.get("version")):
            return Answer(404, {"detail": "The requested resource could not be found."})
        odd = set(body["input"]) - INPUTS
        for name in ("image", "mask"):
            if name in body["input"]:
                odd |= set() if decoded(body["input"][name]) is not None else {name}
        if odd or not 1 <= body["input"]["num_outputs"] <= 4:
            return Answer(422, {"title": "Input validation failed", "detail": f"- input.{sorted(odd)}: odd"})
        self.inputs.append(body["input"])
        key = f"p{next(self._ids)}"
        self.predictions[key] = body["input"]
        return Answer(201, self._told(key, "starting"))

    def _state(self, key: str) -> Answer:
        if key not in self.predictions:
            return Answer(404, {"detail": "not found"})
        self._asked[key] = self._asked.get(key, 0) + 1
        if self.never or self._asked[key] < self.rounds:
            return Answer(body=self._told(key, "processing"))
        if self.error:
            return Answer(body=self._told(key, "failed") | {"error": self.error})
        given, places = self.predictions[key], []
        for index in range(given["num_outputs"] + self.extra):
            path = f"/files/{key}-{index}.png"
            if index >= self.lost:
                self._files[path] = png((given["width"], given["height"]), (given["seed"] + index) % 256)
            places.append((self.elsewhere or self.url) + path)
        return Answer(body=self._told(key, "succeeded") | {"output": places})

    def _told(self, key: str, status: str) -> dict:
        urls = {
            "get": f"{self.url}/v1/predictions/{key}",
            "cancel": f"{self.url}/v1/predictions/{key}/cancel",
        }
        return {"id": key, "status": status, "output": None, "error": None, "urls": urls}


def decoded(data_url: str) -> np.ndarray | None:
    head, _, data = data_url.partition(",")
    if head != "data:image/png;base64":
        return None
    return cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)


def png(size: tuple[int, int], value: int) -> bytes:
    return cv2.imencode(".png", np.full((size[1], size[0], 3), value, np.uint8))[1].tobytes()
