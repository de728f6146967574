"""A person's exported workflow, filled in and run by a server that speaks ComfyUI's routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("httpx2", reason="needs the extra http")
pytest.importorskip("websockets", reason="needs the extra http")

from asked import edit, picture, reference, request
from comfyui_server import ComfyServer, load_image, plain, png, workflow
from contract import Fault

from consistency import Box, decode_frame
from series.errors import GeneratorError
from series.generators import load_generator
from series.generators.generator import Failed, FailureKind, Generated
from series.request import Role


@pytest.fixture
def server() -> Iterator[ComfyServer]:
    with ComfyServer() as running:
        yield running


@pytest.fixture
def make(server: ComfyServer, tmp_path: Path) -> Callable:
    def made(graph: dict | None = None, **options: object):
        (tmp_path / "panel.json").write_text(json.dumps(workflow() if graph is None else graph))
        settings = {"name": "comfyui", "workflow": "panel.json", "url": server.url, **options}
        return load_generator(settings, folder=tmp_path, out=tmp_path / "out")

    return made


def test_the_persons_workflow_is_filled_in_and_its_picture_fetched(make: Callable, server) -> None:
    generator = make()
    generator.ready()
    outcome = generator.generate(request(candidates=2), "key")
    assert isinstance(outcome, Generated), outcome
    assert [decode_frame(image.data, "made").pixels[0, 0, 0] for image in outcome.images] == [7, 8]
    (graph,) = server.queued.values()
    assert graph["3"]["inputs"] == {"seed": 7, "steps": 20, "positive": ["6", 0], "latent_image": ["5", 0]}
    assert graph["5"]["inputs"] == {"width": 128, "height": 96, "batch_size": 2}
    assert graph["6"]["inputs"]["text"].startswith("wide shot, Mara lights a lamp, ink, a girl of eight")
    assert graph["7"]["inputs"]["text"] == "photo, tib"


def test_references_are_uploaded_once_under_their_digest_in_order(
    make: Callable, server, tmp_path: Path
) -> None:
    red, blue = picture(tmp_path / "r.png", (220, 30, 30)), picture(tmp_path / "b.png", (30, 30, 220))
    graph = workflow(
        **{"20": load_image("Reference 1"), "21": load_image("reference 2"), "22": load_image("style 1")}
    )
    generator = make(graph)
    assert generator.abilities.reference_images == 3
    sent = (reference(red), reference(blue, Role.STYLE, "style"))
    assert isinstance(generator.generate(request(references=sent), "k"), Generated)
    (filled,) = server.queued.values()
    names = [filled[node]["inputs"]["image"] for node in ("20", "21", "22")]
    colors = [tuple(decode_frame(server.uploads[name], name).pixels[0, 0]) for name in names]
    assert colors == [(220, 30, 30), (220, 30, 30), (30, 30, 220)]
    assert all(name.startswith("series-consistency/") for name in names)


def test_a_place_without_a_picture_gets_gray(make: Callable, server) -> None:
    assert isinstance(make(workflow(**{"20": load_image("reference 1")})).generate(request(), "k"), Generated)
    (data,) = server.uploads.values()
    assert (decode_frame(data, "blank").pixels == 128).all()


def test_an_edit_runs_its_own_workflow_and_a_masked_one_keeps_what_is_outside(
    make: Callable, server, tmp_path: Path
) -> None:
    base = picture(tmp_path / "base.png")
    for name, titles in (("edit.json", ("base",)), ("inpaint.json", ("base", "mask"))):
        nodes = {str(30 + index): load_image(title) for index, title in enumerate(titles)}
        (tmp_path / name).write_text(json.dumps(workflow(**nodes)))
    generator = make(edit_workflow="edit.json", inpaint_workflow="inpaint.json")
    assert generator.abilities.edit
    assert generator.abilities.mask
    assert isinstance(generator.generate(request(edit=edit(base)), "k"), Generated)
    box = Box(0.25, 0.25, 0.75, 0.75)
    outcome = generator.generate(request(edit=edit(base, box)), "k")
    assert isinstance(outcome, Generated)
    made = decode_frame(outcome.images[0].data, "made").pixels
    assert (made[:24] == np.array([200, 180, 40], np.uint8)).all()
    assert (made[48, 64] == 7).all()
    assert (decode_frame(outcome.images[0].beside[".raw.bin"], "raw").pixels == 7).all()
    mask = decode_frame(server.uploads[list(server.queued.values())[1]["31"]["inputs"]["image"]], "mask")
    assert mask.pixels[48, 64, 0] == 255
    assert mask.pixels[0, 0, 0] == 0


@pytest.mark.parametrize("lost", ["silent", "no websocket"])
def test_without_the_websocket_the_queue_is_asked(make: Callable, server, lost: str) -> None:
    server.silent, server.websocket = lost == "silent", lost != "no websocket"
    assert isinstance(make().generate(request(), "k"), Generated)
    assert len(server.queued) == 1


def test_what_fails_in_a_node_is_told_with_the_node(make: Callable, server) -> None:
    server.error = {"node_type": "KSampler", "exception_message": "CUDA out of memory.\n Tried"}
    for server.silent in (False, True):
        outcome = make().generate(request(), "k")
        assert outcome == Failed(FailureKind.RAISED, "ComfyUI, node KSampler: CUDA out of memory. Tried")


def test_a_workflow_that_the_server_refuses_is_told_in_its_words(make: Callable, server) -> None:
    odd = workflow(**{"40": {"class_type": "MyNode", "inputs": {}, "_meta": {"title": "Mine"}}})
    outcome = make(odd).generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is FailureKind.INVALID_REQUEST
    assert outcome.reason == "HTTP 400: Node 'MyNode' not found."
    outcome = make(workflow(**{"20": load_image("Loader")})).generate(request(), "k")
    assert "LoadImage: Value not in list image: 'example.png'" in outcome.reason


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(500, "<html>busy"), FailureKind.TRANSPORT),
        (Fault(200, "<html>not an API"), FailureKind.MALFORMED),
        (Fault(200, {"prompt_id": "a", "cut": 1}, cut=50), FailureKind.TIMEOUT),
    ],
)
def test_faults_of_the_queue(make: Callable, server, fault: Fault, kind: FailureKind) -> None:
    server.faults.append(fault)
    outcome = make().generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert outcome.kind is kind
    assert len([one for one in server.received if one.path == "/prompt"]) == 1


def test_a_picture_that_never_comes_is_a_timeout(make: Callable, server) -> None:
    server.never = server.silent = True
    outcome = make(timeout_s=0.3).generate(request(), "k")
    assert outcome == Failed(FailureKind.TIMEOUT, "ComfyUI did not finish within 0.3 s")


def test_a_workflow_that_saves_nothing_is_told(make: Callable) -> None:
    graph = workflow()
    del graph["9"]
    outcome = make(graph).generate(request(), "k")
    assert isinstance(outcome, Failed)
    assert "needs a Save Image node" in outcome.reason


def test_a_server_that_is_not_there_is_told_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "panel.json").write_text(json.dumps(workflow()))
    settings = {"name": "comfyui", "workflow": "panel.json", "url": "http://127.0.0.1:9"}
    generator = load_generator(settings, folder=tmp_path, out=tmp_path)
    with pytest.raises(GeneratorError, match=r"no ComfyUI at http://127\.0\.0\.1:9 .* start it, or set url"):
        generator.ready()


@pytest.mark.parametrize(
    ("graph", "options", "message"),
    [
        ({"nodes": [], "links": []}, {}, "saved, not exported"),
        ({}, {}, 'no workflow as "Export'),
        ({"3": workflow()["3"]}, {}, 'no node titled "prompt" or "caption"'),
        (None, {"places": {"seed": "Seeds.seed"}}, r'no node titled "Seeds"'),
        (None, {"places": {"seed": "Seed.sed"}}, r'"Seed" has no input "sed"; did you mean "seed"\?'),
        (None, {"places": {"sed": "Seed.seed"}}, r"places\.sed: nothing of this name is filled in"),
        (None, {"edit_workflow": "panel.json"}, "no node titled 'base'"),
        (None, {"workflow": "../panel.json"}, "leaves the series' folder"),
        (None, {"workflow": "none.json"}, "cannot be read"),
        (None, {"url": "http://10.0.0.5:8188"}, "is another machine"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(
    make: Callable, server, graph: dict | None, options: dict, message: str
) -> None:
    with pytest.raises(GeneratorError, match=message):
        make(graph, **options)
    assert not server.received


def test_places_name_nodes_of_other_titles(make: Callable, server) -> None:
    graph = workflow()
    graph["6"]["_meta"]["title"] = "What to draw"
    graph["3"]["_meta"]["title"] = "KSampler"
    places = {"prompt": "What to draw.text", "seed": ["KSampler.seed"]}
    assert isinstance(make(graph, places=places).generate(request(), "k"), Generated)
    (filled,) = server.queued.values()
    assert filled["6"]["inputs"]["text"].startswith("Structure:")


def test_the_servers_pictures_decide_and_not_its_previews(make: Callable, server) -> None:
    server.draw = lambda graph: [png((128, 96), 50), *plain(graph)]
    outcome = make().generate(request(), "k")
    assert isinstance(outcome, Generated)
    assert len(outcome.images) == 2
