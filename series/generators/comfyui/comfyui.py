"""ComfyUI: a request in, pictures of a server on this machine out.

References are uploaded under their digests, the person's workflow is filled in and put into the server's
queue, its end is awaited on the WebSocket (or, should that break, by asking), the pictures are fetched.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from pydantic import JsonValue

from consistency import ConsistencyError, read_frame
from series.errors import GeneratorError
from series.generators.comfyui.options import ComfyOptions, read_comfy_options
from series.generators.comfyui.workflow import Value, Workflow, read_workflow
from series.generators.generator import (
    Abilities,
    Failed,
    FailureKind,
    Generated,
    GeneratedImage,
    Outcome,
    Pacing,
)
from series.generators.http import HttpClient, Reply, refused
from series.generators.outside import kept_outside
from series.masking import one_line
from series.request import GenerationRequest, Role, caption, caption_seed, negative_prompt, prompt

POLL_S: Final = 0.5
"""Seconds between two questions where the WebSocket does not tell."""
ANSWER_S: Final = 30.0
"""Seconds that the server takes at most to answer anything but the picture itself."""
FOLDER: Final = "series-consistency"
"""Below the server's folder of inputs: what is uploaded lies there, under its digest."""
MOST_CANDIDATES: Final = 8
"""Pictures of one request, where the workflow has a place for their number."""
BLANK: Final = 64
"""Pixels of the gray picture that fills a place for references when a request has none."""
_SAID: Final = 300


class ComfyUI:
    """A generator. Safe in many threads: the server has a queue of its own."""

    def __init__(self, options: ComfyOptions, *, folder: Path) -> None:
        """folder: the series'. Raises GeneratorError for workflows that cannot be filled in."""
        self._options = options
        named = {
            "workflow": options.workflow,
            "edit_workflow": options.edit_workflow,
            "inpaint_workflow": options.inpaint_workflow,
        }
        self._workflows: Mapping[str, Workflow] = {
            key: read_workflow(name, key, folder=folder, places=options.places)
            for key, name in named.items()
            if name
        }
        for key, needed in (("edit_workflow", ("base",)), ("inpaint_workflow", ("base", "mask"))):
            flow = self._workflows.get(key)
            lacking = [what for what in needed if flow is not None and not flow.takes(what)]
            if flow is not None and lacking:
                raise GeneratorError(f"generator.{key}: {flow.name} has no node titled {lacking[0]!r}")
        self._client_: HttpClient | None = None

    @property
    def name(self) -> str:
        """With the workflow."""
        return f"comfyui:{self._options.workflow}"

    @property
    def abilities(self) -> Abilities:
        """What the workflow has places for."""
        flow = self._workflows["workflow"]
        return Abilities(
            seed=True,
            takes_seed=True,
            negative_prompt=flow.takes("negative"),
            reference_images=flow.count("reference") + flow.count("style"),
            edit="edit_workflow" in self._workflows,
            mask="inpaint_workflow" in self._workflows,
            candidates=MOST_CANDIDATES if flow.takes("candidates") else 1,
            idempotent=True,
        )

    @property
    def pacing(self) -> Pacing:
        """As the options say."""
        return self._options.pace()

    def ready(self) -> None:
        """Ask the server how it is. Raises GeneratorError when it does not answer."""
        reply = self._client().send("GET", "/system_stats")
        if isinstance(reply, Failed) or reply.status != 200:
            said = reply.reason if isinstance(reply, Failed) else f"HTTP {reply.status}"
            raise GeneratorError(
                f"generator.url: no ComfyUI at {self._options.url} ({said}): start it, or set url"
            )

    def words(self, request: GenerationRequest) -> str:
        """The caption, the prompt, or both, as the workflow has places for."""
        flow = self._flow(request)
        said = {"prompt": prompt, "caption": caption}
        return "\n".join(make(request) for place, make in said.items() if flow.takes(place))

    def price(self, request: GenerationRequest) -> float:
        """Nothing."""
        del request
        return 0.0

    def generate(self, request: GenerationRequest, key: str) -> Outcome:
        """Draw. The key changes nothing: a seed says all."""
        del key
        until = time.monotonic() + self._options.timeout_s
        try:
            flow = self._flow(request)
            values = self._values(request, flow)
            if isinstance(values, Failed):
                return values
            outcome = self._run(flow.filled(values), until)
        except ConsistencyError as error:  # a picture that was pinned cannot be read any more
            return Failed(FailureKind.INVALID_REQUEST, str(error))
        return kept_outside(outcome, request)

    # --- what is sent -----------------------------------------------------------------------------------

    def _flow(self, request: GenerationRequest) -> Workflow:
        if request.edit is None:
            return self._workflows["workflow"]
        if request.edit.mask is not None and "inpaint_workflow" in self._workflows:
            return self._workflows["inpaint_workflow"]
        return self._workflows.get("edit_workflow", self._workflows["workflow"])

    def _values(self, request: GenerationRequest, flow: Workflow) -> dict[str, Value] | Failed:
        width, height = request.structure.size
        values: dict[str, Value] = {
            "prompt": prompt(request),
            "caption": caption(request),
            "negative": negative_prompt(request),
            "seed": request.seed if flow.takes("prompt") else caption_seed(request),
            "width": width,
            "height": height,
            "candidates": max(1, request.candidates),
        }
        for what, data in self._pictures(request, flow).items():
            name = self._upload(data)
            if isinstance(name, Failed):
                return name
            values[what] = name
        return values

    def _pictures(self, request: GenerationRequest, flow: Workflow) -> dict[str, bytes]:
        """Place → PNG. A place beyond the request's pictures gets the last of its kind, or plain gray."""
        found: dict[str, bytes] = {}
        kinds = (("reference", Role.CHARACTER), ("style", Role.STYLE))
        for kind, role in kinds:
            paths = [one.path for one in request.references if one.role is role]
            if kind == "reference":
                paths += [one.path for one in request.references if one.role in {Role.PALETTE, Role.LAYOUT}]
            for number in range(1, flow.count(kind) + 1):
                path = paths[min(number, len(paths)) - 1] if paths else None
                found[f"{kind} {number}"] = _png(read_frame(path).pixels) if path else _blank()
        if request.edit is not None:
            base = read_frame(request.edit.path).pixels
            if flow.takes("base"):
                found["base"] = _png(base)
            if flow.takes("mask") and request.edit.mask is not None:
                mask = np.zeros(base.shape, np.uint8)
                left, top, right, bottom = request.edit.mask.pixels(base.shape[1], base.shape[0])
                mask[top:bottom, left:right] = 255
                found["mask"] = _png(mask)
        return found

    def _upload(self, data: bytes) -> str | Failed:
        import hashlib

        name = f"{hashlib.sha256(data).hexdigest()}.png"
        reply = self._client().send(
            "POST",
            "/upload/image",
            fields={"type": "input", "subfolder": FOLDER, "overwrite": "true"},
            files=[("image", (name, data, "image/png"))],
        )
        if isinstance(reply, Failed):
            # Nothing was drawn yet, so nothing can have been lost.
            return Failed(FailureKind.TRANSPORT, reply.reason)
        said = reply.json()
        if reply.status != 200 or not isinstance(said, dict) or not isinstance(said.get("name"), str):
            return refused(reply, "the picture could not be uploaded")
        folder = said.get("subfolder")
        return f"{folder}/{said['name']}" if isinstance(folder, str) and folder else str(said["name"])

    # --- queue, wait, fetch -----------------------------------------------------------------------------

    def _run(self, graph: Mapping[str, Any], until: float) -> Outcome:
        client = str(uuid.uuid4())
        queued: str | Failed | None = None
        try:
            with self._client().listen(f"/ws?clientId={client}", timeout_s=ANSWER_S) as messages:
                queued = self._queue(graph, client)
                if isinstance(queued, Failed):
                    return queued
                ended = _awaited(messages, queued, until)
                if ended is not None:
                    return ended
        except OSError:  # no WebSocket, or it broke: the queue is asked instead
            queued = queued or self._queue(graph, client)
        return queued if isinstance(queued, Failed) else self._fetched(queued, until)

    def _queue(self, graph: Mapping[str, Any], client: str) -> str | Failed:
        reply = self._client().send("POST", "/prompt", payload={"prompt": graph, "client_id": client})
        if isinstance(reply, Failed):
            return reply
        said = reply.json()
        if reply.status == 200 and isinstance(said, dict) and isinstance(said.get("prompt_id"), str):
            return str(said["prompt_id"])
        return refused(reply, _node_errors(said)) if reply.status != 200 else _odd("/prompt")

    def _fetched(self, queued: str, until: float) -> Outcome:
        """Ask until the picture is there: at once after the WebSocket said so."""
        while True:
            reply = self._client().send("GET", f"/history/{queued}")
            if isinstance(reply, Reply) and reply.status == 200:
                said = reply.json()
                entry = said.get(queued) if isinstance(said, dict) else None
                if isinstance(entry, dict):
                    return self._images(entry)
                if not isinstance(said, dict):
                    return _odd("/history")
            if time.monotonic() > until:
                return Failed(
                    FailureKind.TIMEOUT, f"ComfyUI did not finish within {self._options.timeout_s:g} s"
                )
            time.sleep(POLL_S)

    def _images(self, entry: Mapping[str, Any]) -> Outcome:
        status = entry.get("status")
        if isinstance(status, dict) and status.get("status_str") == "error":
            return _execution_failed(status)
        outputs = entry.get("outputs")
        listed = [
            image
            for node in (outputs.values() if isinstance(outputs, dict) else ())
            if isinstance(node, dict)
            for image in (node.get("images") or ())
            if isinstance(image, dict) and isinstance(image.get("filename"), str)
        ]
        # Saved pictures are meant; previews (type temp) only where nothing was saved.
        chosen = [image for image in listed if image.get("type") == "output"] or listed
        images: list[GeneratedImage] = []
        for image in chosen:
            query = {key: str(image.get(key, "")) for key in ("filename", "subfolder", "type")}
            reply = self._client().send("GET", "/view", query=query)
            if isinstance(reply, Failed):
                return Failed(FailureKind.TRANSPORT, reply.reason)
            if reply.status != 200:
                return refused(reply, "the picture could not be fetched")
            images.append(GeneratedImage(reply.body))
        if not images:
            return Failed(FailureKind.NO_IMAGE, "the workflow saved no picture: it needs a Save Image node")
        return Generated(tuple(images))

    def _client(self) -> HttpClient:
        if self._client_ is None:
            self._client_ = HttpClient(self._options.url, timeout_s=ANSWER_S)
        return self._client_


def make(options: Mapping[str, JsonValue], *, folder: Path) -> ComfyUI:
    """The generator of these options. Raises GeneratorError."""
    return ComfyUI(read_comfy_options(options), folder=folder)


def _awaited(messages: Iterator[str], queued: str, until: float) -> Failed | None:
    """Wait for the end of a request; → its failure, if the messages tell of one."""
    for message in messages:
        ended = _ended(message, queued)
        if isinstance(ended, Failed):
            return ended
        if ended or time.monotonic() > until:
            break
    return None


def _ended(message: str, queued: str) -> bool | Failed:
    """Whether a message of the WebSocket says that this request is done, or how it failed."""
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return False
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, dict) or data.get("prompt_id") != queued:
        return False
    kind = said.get("type")
    if kind == "execution_error":
        return _error_of(data)
    if kind == "execution_interrupted":
        return Failed(FailureKind.NO_IMAGE, "somebody stopped it in ComfyUI")
    return kind == "execution_success" or (kind == "executing" and data.get("node") is None)


def _execution_failed(status: Mapping[str, Any]) -> Failed:
    for message in status.get("messages") or ():
        if isinstance(message, list) and len(message) == 2 and message[0] == "execution_error":
            return _error_of(message[1] if isinstance(message[1], dict) else {})
    return Failed(FailureKind.RAISED, "ComfyUI says that it failed, and not why")


def _error_of(data: Mapping[str, Any]) -> Failed:
    said = one_line(str(data.get("exception_message", "")), _SAID)
    return Failed(
        FailureKind.RAISED, f"ComfyUI, node {data.get('node_type', '?')}: {said or 'no reason given'}"
    )


def _node_errors(said: object) -> str:
    """The words of a workflow that the server refuses: its own, and those of the first node."""
    if not isinstance(said, dict):
        return ""
    error, nodes = said.get("error"), said.get("node_errors")
    words = [str(error.get("message", ""))] if isinstance(error, dict) else [str(error or "")]
    for node in nodes.values() if isinstance(nodes, dict) else ():
        words += [
            f"{node.get('class_type', '')}: {one.get('message', '')} {one.get('details', '')}"
            for one in (node.get("errors", ()) if isinstance(node, dict) else ())
            if isinstance(one, dict)
        ]
    return "; ".join(word.strip() for word in words[:3] if word.strip())


def _odd(path: str) -> Failed:
    return Failed(FailureKind.MALFORMED, f"{path} answered in another shape than ComfyUI's")


def _png(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    _, data = cv2.imencode(".png", np.ascontiguousarray(pixels[..., ::-1]))
    return data.tobytes()


def _blank() -> bytes:
    return _png(np.full((BLANK, BLANK, 3), 128, np.uint8))
