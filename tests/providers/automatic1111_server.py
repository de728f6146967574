"""The routes of AUTOMATIC1111's API on loopback: sd-models, txt2img, img2img; --api-auth where asked for."""

from __future__ import annotations

import base64

import cv2
import numpy as np
from contract import Answer, ContractServer, Received

KNOWN = {
    "prompt", "negative_prompt", "seed", "width", "height", "steps", "cfg_scale", "n_iter", "batch_size",
    "save_images", "do_not_save_grid", "send_images", "sampler_name", "override_settings",
}  # fmt: skip
EDITS = {
    "init_images", "denoising_strength", "mask", "mask_blur", "inpainting_fill", "inpaint_full_res",
    "inpaint_full_res_padding", "inpainting_mask_invert",
}  # fmt: skip


class WebuiServer(ContractServer):
    def __init__(self, auth: str = "") -> None:
        super().__init__()
        self.auth = auth
        self.grids = 0
        """Pictures of its own that the web UI puts behind the asked ones."""

    def faulty(self, received: Received) -> bool:
        return received.method == "POST"

    def answer(self, received: Received) -> Answer:
        wanted = f"Basic {base64.b64encode(self.auth.encode()).decode()}"
        if self.auth and received.headers.get("authorization") != wanted:
            return Answer(401, {"detail": "Incorrect username or password"})
        if received.path == "/sdapi/v1/sd-models":
            return Answer(body=[{"title": "ink_xl.safetensors [0123456789]", "model_name": "ink_xl"}])
        edits = received.path == "/sdapi/v1/img2img"
        if not edits and received.path != "/sdapi/v1/txt2img":
            return Answer(404, {"detail": "Not Found"})
        return self._drawn(received.json(), edits=edits)

    def _drawn(self, body: dict, *, edits: bool) -> Answer:
        odd = set(body) - KNOWN - (EDITS if edits else set())
        if odd or (edits and not body.get("init_images")):
            return Answer(
                422, {"detail": [{"loc": ["body", *sorted(odd)], "msg": "Extra inputs are not permitted"}]}
            )
        if body["width"] % 8 or body["height"] % 8:
            return Answer(500, {"error": "RuntimeError", "errors": "Sizes of tensors must match"})
        for name in ("init_images", "mask"):
            for data in np.atleast_1d(body.get(name, [])):
                if cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR) is None:
                    return Answer(500, {"error": "HTTPException", "detail": "Invalid encoded image"})
        count = body["n_iter"] * body["batch_size"] + self.grids
        pictures = [
            base64.b64encode(png((body["width"], body["height"]), (body["seed"] + index) % 256)).decode()
            for index in range(count)
        ]
        return Answer(body={"images": pictures, "parameters": body, "info": "{}"})


def png(size: tuple[int, int], value: int) -> bytes:
    return cv2.imencode(".png", np.full((size[1], size[0], 3), value, np.uint8))[1].tobytes()
