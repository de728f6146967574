"""The routes of ComfyUI on loopback: /upload/image, /prompt, /ws, /history, /view, /system_stats.

It draws nothing: each queued workflow gives the pictures of `draw`, after checking what it was sent as the
real one does: unknown nodes, lacking inputs and pictures that were never uploaded are refused.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import cv2
import numpy as np
from contract import Answer, ContractServer, Received

NODES = {
    "CLIPTextEncode",
    "KSampler",
    "EmptyLatentImage",
    "LoadImage",
    "LoadImageMask",
    "SaveImage",
    "VAEDecode",
}
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455


class ComfyServer(ContractServer):
    def __init__(self, draw: Callable[[dict], list[bytes]] | None = None) -> None:
        super().__init__()
        self.draw = draw or plain
        self.uploads: dict[str, bytes] = {}
        self.queued: dict[str, dict] = {}
        """prompt_id → graph."""
        self.done: dict[str, dict] = {}
        """prompt_id → history entry."""
        self.files: dict[str, bytes] = {}
        self.error: dict | None = None
        """Data of an execution_error that every queued workflow ends with."""
        self.silent = False
        """The WebSocket says nothing, as when it lost the client."""
        self.websocket = True
        self.never = False
        """Nothing that is queued is ever done."""
        self._numbers = itertools.count(1)
        self._wake = threading.Event()

    def faulty(self, received: Received) -> bool:
        return received.path == "/prompt"

    def answer(self, received: Received) -> Answer:  # noqa: PLR0911 - one return a route
        path = received.path
        if path == "/system_stats":
            return Answer(body={"system": {"comfyui_version": "0.3.75"}, "devices": []})
        if path == "/ws":
            if not self.websocket:
                return Answer(404, "no websocket")
            return Answer(takeover=lambda handler: self._talk(handler, received))
        if path == "/upload/image":
            return self._upload(received)
        if path == "/prompt":
            return self._queue(received.json())
        if path.startswith("/history/"):
            wanted = path.removeprefix("/history/")
            return Answer(body={wanted: self.done[wanted]} if wanted in self.done else {})
        if path == "/view":
            name = received.query["filename"][0]
            return Answer(body=self.files[name]) if name in self.files else Answer(404)
        return Answer(404)

    def _upload(self, received: Received) -> Answer:
        parts = {part.name: part for part in received.parts()}
        if "image" not in parts or not parts["image"].filename:
            return Answer(400)
        folder = parts["subfolder"].data.decode() if "subfolder" in parts else ""
        name = parts["image"].filename
        self.uploads[f"{folder}/{name}" if folder else name] = parts["image"].data
        return Answer(body={"name": name, "subfolder": folder, "type": "input"})

    def _queue(self, body: dict) -> Answer:
        graph, errors = body["prompt"], {}
        for node, entry in graph.items():
            if entry["class_type"] not in NODES:
                message = f"Node '{entry['class_type']}' not found."
                error = {"type": "missing_node_type", "message": message, "details": f"Node ID '#{node}'"}
                return Answer(400, {"error": error, "node_errors": {}})
            if entry["class_type"].startswith("LoadImage") and entry["inputs"]["image"] not in self.uploads:
                errors[node] = {
                    "errors": [
                        {"message": "Value not in list", "details": f"image: {entry['inputs']['image']!r}"}
                    ],
                    "class_type": entry["class_type"],
                }
        if errors:
            error = {
                "type": "prompt_outputs_failed_validation",
                "message": "Prompt outputs failed validation",
            }
            return Answer(400, {"error": error, "node_errors": errors})
        number = next(self._numbers)
        prompt_id = f"prompt-{number}"
        self.queued[prompt_id] = graph
        if not self.never:
            self._execute(prompt_id, graph)
        self._wake.set()
        return Answer(body={"prompt_id": prompt_id, "number": number, "node_errors": {}})

    def _execute(self, prompt_id: str, graph: dict) -> None:
        if self.error is not None:
            data = {"prompt_id": prompt_id, **self.error}
            status = {"status_str": "error", "completed": False, "messages": [["execution_error", data]]}
            self.done[prompt_id] = {"outputs": {}, "status": status}
            return
        images = []
        for index, data in enumerate(self.draw(graph)):
            name = f"ComfyUI_{prompt_id}_{index}.png"
            self.files[name] = data
            images.append({"filename": name, "subfolder": "", "type": "output"})
        saves = any(entry["class_type"] == "SaveImage" for entry in graph.values())
        status = {"status_str": "success", "completed": True, "messages": []}
        self.done[prompt_id] = {"outputs": {"9": {"images": images}} if saves else {}, "status": status}

    def _talk(self, handler: BaseHTTPRequestHandler, received: Received) -> None:
        accepted = hashlib.sha1((received.headers["sec-websocket-key"] + _GUID).encode()).digest()  # noqa: S324
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        handler.send_header("Sec-WebSocket-Accept", base64.b64encode(accepted).decode())
        handler.end_headers()
        self._say(handler, {"type": "status", "data": {"status": {"exec_info": {"queue_remaining": 0}}}})
        if self.silent:
            return  # and the connection ends
        self._wake.wait(0.5)
        for prompt_id, graph in list(self.queued.items()):
            handler.wfile.write(bytes([0x82, 4]) + b"\x00\x00\x00\x01")  # a preview, binary
            for node in graph:
                self._say(handler, {"type": "executing", "data": {"node": node, "prompt_id": prompt_id}})
            if self.error is not None:
                self._say(
                    handler, {"type": "execution_error", "data": {"prompt_id": prompt_id, **self.error}}
                )
            elif not self.never:
                self._say(handler, {"type": "executing", "data": {"node": None, "prompt_id": prompt_id}})

    @staticmethod
    def _say(handler: BaseHTTPRequestHandler, message: dict) -> None:
        data = json.dumps(message).encode()
        head = (
            bytes([0x81, len(data)]) if len(data) < 126 else bytes([0x81, 126]) + len(data).to_bytes(2, "big")
        )
        handler.wfile.write(head + data)
        handler.wfile.flush()


def plain(graph: dict) -> list[bytes]:
    """A gray picture of the size that the workflow asks for, one a candidate."""
    sizes = [e["inputs"] for e in graph.values() if e["class_type"] == "EmptyLatentImage"]
    width, height, count = (
        (sizes[0][key] for key in ("width", "height", "batch_size")) if sizes else (64, 64, 1)
    )
    seed = next(e["inputs"]["seed"] for e in graph.values() if e["class_type"] == "KSampler")
    return [png((width, height), (seed + index) % 256) for index in range(count)]


def png(size: tuple[int, int], value: int) -> bytes:
    return cv2.imencode(".png", np.full((size[1], size[0], 3), value, np.uint8))[1].tobytes()


def workflow(**extra: dict) -> dict:
    """As "Export (API)" writes it; extra: more nodes by their numbers."""
    return {
        "3": {
            "class_type": "KSampler",
            "inputs": {"seed": 5, "steps": 20, "positive": ["6", 0], "latent_image": ["5", 0]},
            "_meta": {"title": "Seed"},
        },
        "5": {
            "class_type": "EmptyLatentImage",
            "inputs": {"width": 512, "height": 512, "batch_size": 1},
            "_meta": {"title": "Size"},
        },
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "Caption"}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": ""}, "_meta": {"title": "Negative"}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}, "_meta": {"title": "Save Image"}},
        **extra,
    }


def load_image(title: str) -> dict:
    return {"class_type": "LoadImage", "inputs": {"image": "example.png"}, "_meta": {"title": title}}
