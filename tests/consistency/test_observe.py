"""Observing: each file decoded once, facts kept by content, the same answers however the work is spread."""

from __future__ import annotations

import os
import queue
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from consistency import (
    Box,
    ConsistencyError,
    Counts,
    Encoders,
    Locator,
    Observation,
    ObservationCache,
    ObservationError,
    Observer,
    Proposal,
    Recipe,
    Request,
    Unreadable,
    Waiting,
    load_encoders,
    whole_region,
)
from consistency import batch as observing
from consistency.observation import frame_to_bytes, region_to_bytes
from consistency.observe import BATCH, SERIAL_BELOW

RED, GREEN = (200, 40, 40), (40, 160, 60)
NOBODY = Locator.build({})


@pytest.fixture
def cache():
    kept = ObservationCache(None)
    yield kept
    kept.close()


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were decoded, in order."""
    names: list[str] = []
    plain = observing.read_frame

    def counted(path: Path, **options: object) -> object:
        names.append(Path(path).name)
        return plain(path, **options)

    monkeypatch.setattr(observing, "read_frame", counted)
    return names


@pytest.fixture
def pictures(tmp_path: Path, painted) -> list[Path]:
    return [painted(tmp_path / f"p{i:02}.png", (30 * i, 90, 120), RED, 0.3) for i in range(6)]


@pytest.fixture
def two_characters(make) -> Locator:
    return Locator.build({"mara": [make.color_field(RED)], "tib": [make.color_field(GREEN)]})


def seen_by(encoders: Encoders) -> dict[str, int]:
    return {role: sum(getattr(encoders, role).seen) for role in ("style", "rendering", "subject")}


def facts(observation: Observation) -> tuple[bytes, ...]:
    return (
        frame_to_bytes(observation),
        *(region_to_bytes(region) + repr(region.proposal).encode() for region in observation.regions),
    )


def observe(
    recipe: Recipe, cache: ObservationCache, requests: Sequence[Request], **options: int
) -> tuple[list[Observation | Unreadable], Counts]:
    observer = Observer(recipe, cache, **options)
    return list(observer.observe(requests)), observer.counts


# --- once -----------------------------------------------------------------------------------------------


def test_each_file_is_decoded_once_for_its_frame_and_its_boxes(
    scripted, cache, pictures, decoded, two_characters
) -> None:
    wanted = {"mara": 2, "tib": 1}
    seen, counts = observe(
        Recipe(scripted, two_characters), cache, [Request(path, wanted, whole=True) for path in pictures]
    )
    assert decoded == [path.name for path in pictures]
    assert counts.decoded == 6
    assert counts.cached == 0
    boxes = sum(len({region.proposal.box for region in one.regions}) for one in seen)
    assert seen_by(scripted) == {"style": 6, "rendering": 6, "subject": boxes}
    assert counts.encoded == 6 + boxes


def test_a_second_observation_decodes_and_encodes_nothing(scripted, cache, pictures, decoded) -> None:
    requests = [Request(path, whole=True) for path in pictures]
    first, _ = observe(Recipe(scripted, NOBODY), cache, requests)
    before = seen_by(scripted)
    decoded.clear()
    second, counts = observe(Recipe(scripted, NOBODY), cache, requests)
    assert counts == Counts(cached=6, decoded=0, encoded=0)
    assert decoded == []
    assert seen_by(scripted) == before
    assert [facts(one) for one in second] == [facts(one) for one in first]


def test_the_same_content_under_another_name_is_known(scripted, cache, pictures, tmp_path) -> None:
    copy = tmp_path / "elsewhere.jpg"
    copy.write_bytes(pictures[0].read_bytes())
    (first,), _ = observe(Recipe(scripted, NOBODY), cache, [Request(pictures[0], whole=True)])
    (again,), counts = observe(Recipe(scripted, NOBODY), cache, [Request(copy, whole=True)])
    assert counts == Counts(cached=1)
    assert facts(again) == facts(first)


def test_changed_content_under_the_same_name_is_observed_again(scripted, cache, pictures, painted) -> None:
    (first,), _ = observe(Recipe(scripted, NOBODY), cache, [Request(pictures[0])])
    painted(pictures[0], (1, 2, 3))
    (again,), counts = observe(Recipe(scripted, NOBODY), cache, [Request(pictures[0])])
    assert counts.decoded == 1
    assert again.digest != first.digest


def test_another_build_of_an_encoder_sees_everything_anew(scripted, cache, pictures) -> None:
    observe(Recipe(scripted, NOBODY), cache, [Request(pictures[0], whole=True)])
    newer = replace(scripted, style=type(scripted.style)("scripted.style/2"))
    _, counts = observe(Recipe(newer, NOBODY), cache, [Request(pictures[0], whole=True)])
    assert counts.decoded == 1
    assert seen_by(newer)["style"] == 1


# --- only what is new -----------------------------------------------------------------------------------


def test_a_new_character_encodes_only_its_boxes(scripted, cache, pictures, two_characters) -> None:
    recipe = Recipe(scripted, two_characters)
    (first,), _ = observe(recipe, cache, [Request(pictures[0], {"mara": 1})])
    before = seen_by(scripted)
    (second,), counts = observe(recipe, cache, [Request(pictures[0], {"mara": 1, "tib": 1})])
    after = seen_by(scripted)
    assert (after["style"], after["rendering"]) == (before["style"], before["rendering"])
    boxes = {region.proposal.box for region in second.regions}
    assert counts.encoded == after["subject"] - before["subject"] <= len(boxes)
    assert [region.proposal.name for region in second.regions] == ["mara", "tib"]
    assert frame_to_bytes(second) == frame_to_bytes(first)


@pytest.fixture
def in_maps(scripted, scripted_maps, cache, tmp_path, painted) -> Recipe:
    """Mara, known by her colors and in maps."""
    encoders = replace(scripted, maps=scripted_maps)
    (seen,), _ = observe(
        Recipe(encoders, NOBODY), cache, [Request(painted(tmp_path / "r.png", RED), whole=True)]
    )
    region = whole_region(seen)
    return Recipe(encoders, Locator.build({"mara": [region.colors]}, {"mara": [region.views]}))


def test_who_is_known_in_maps_is_sought_there_once(in_maps, scripted_maps, cache, pictures) -> None:
    requests = [Request(path, {"mara": 2}) for path in pictures]
    scripted_maps.seen.clear()
    first, _ = observe(in_maps, cache, requests)
    assert sum(scripted_maps.seen) == 6
    for one in first:
        mapped = [region.proposal for region in one.regions if region.proposal.by_map]
        assert len(mapped) == 2
        assert len({proposal.heat for proposal in mapped}) == 1
        assert mapped[0].heat is not None
    again, counts = observe(in_maps, cache, requests)
    assert counts == Counts(cached=6)
    assert sum(scripted_maps.seen) == 6
    assert [facts(one) for one in again] == [facts(one) for one in first]


def test_pinned_places_and_nobody_wanted_need_no_map(in_maps, scripted_maps, cache, pictures) -> None:
    scripted_maps.seen.clear()
    place = Proposal("mara", Box(0.1, 0.1, 0.6, 0.9), 1.0, pinned=True)
    (one,), _ = observe(in_maps, cache, [Request(pictures[0], places=(place,))])
    assert [region.proposal for region in one.regions] == [place]
    assert scripted_maps.seen == []


def test_another_build_of_the_maps_seeks_anew_and_keeps_the_rest(
    in_maps, scripted_maps, cache, pictures
) -> None:
    observe(in_maps, cache, [Request(pictures[0], {"mara": 1})])
    newer = type(scripted_maps)("scripted.maps/2")
    other = replace(in_maps, encoders=replace(in_maps.encoders, maps=newer))
    before = seen_by(in_maps.encoders)
    (_,), counts = observe(other, cache, [Request(pictures[0], {"mara": 1})])
    assert counts.decoded == 1
    assert newer.seen == [1]
    assert seen_by(in_maps.encoders)["style"] == before["style"]
    reference = Request(pictures[1], whole=True)
    observe(in_maps, cache, [reference])
    (_,), counts = observe(other, cache, [reference])
    assert counts.decoded == 1, "what a reference looks like in other maps"


def test_what_has_no_place_in_a_row_of_boxes_is_one_clear_error() -> None:
    for row in (b"", b"[]", b"{}", b'{"boxes": [["mara"]], "heat": {}}', b'{"boxes": [], "heat": 3}'):
        with pytest.raises(ObservationError, match="no list of boxes"):
            observing.proposals_of(row)


def test_a_box_that_two_requests_share_is_kept_once(scripted, cache, pictures) -> None:
    box = Box(0.1, 0.1, 0.6, 0.9)
    places = tuple(Proposal(name, box, 1.0, pinned=True) for name in ("mara", "tib"))
    (one,), counts = observe(Recipe(scripted, NOBODY), cache, [Request(pictures[0], places=places)])
    assert [region.proposal.name for region in one.regions] == ["mara", "tib"]
    assert counts.encoded == 2  # the frame and the one box
    np.testing.assert_array_equal(one.regions[0].vector, one.regions[1].vector)


def test_letters_are_counted_in_each_box_and_kept(scripted, cache, pictures) -> None:
    boxes = (Box(0, 0, 1, 0.4), Box(0.5, 0, 1, 0.4))
    recipe = Recipe(scripted, NOBODY)
    (first,), _ = observe(recipe, cache, [Request(pictures[0], lettering=(*boxes, boxes[0]))])
    assert tuple(marks.box for marks in first.lettering) == boxes
    (again,), counts = observe(recipe, cache, [Request(pictures[0], lettering=boxes[::-1])])
    assert counts == Counts(cached=1)
    assert again.lettering == first.lettering[::-1]
    (more,), counts = observe(recipe, cache, [Request(pictures[0], lettering=(Box(0, 0.6, 1, 1),))])
    assert (counts.decoded, counts.encoded, len(more.lettering)) == (1, 0, 1)


def test_a_mirror_image_is_another_picture_kept_by_itself(cache, tmp_path, painted) -> None:
    left = painted(tmp_path / "left.png", (90, 90, 120), RED, 0.2)
    right = tmp_path / "right.png"
    assert cv2.imwrite(str(right), np.ascontiguousarray(cv2.imread(str(left))[:, ::-1]))
    recipe = Recipe(load_encoders(), NOBODY)
    asked = [Request(left, whole=True), Request(left, whole=True, mirrored=True), Request(right, whole=True)]
    (plain, mirrored, turned), counts = observe(recipe, cache, asked)
    assert counts == Counts(decoded=3, encoded=6)
    assert mirrored.regions[0].vector == pytest.approx(turned.regions[0].vector)
    assert mirrored.style == pytest.approx(turned.style)
    assert mirrored.thumbnail == turned.thumbnail != plain.thumbnail
    again, counts = observe(recipe, cache, asked)
    assert counts == Counts(cached=3)
    assert list(map(facts, again)) == list(map(facts, (plain, mirrored, turned)))


def test_nothing_asked_for_observes_the_frame_alone(scripted, cache, pictures) -> None:
    (one,), counts = observe(Recipe(scripted, NOBODY), cache, [Request(pictures[0], {"mara": 3})])
    assert one.regions == ()
    assert whole_region(one) is None
    assert counts.encoded == 1


# --- order and batches ----------------------------------------------------------------------------------


def test_answers_keep_the_order_of_their_requests_around_unreadable_files(
    scripted, cache, pictures, tmp_path
) -> None:
    (tmp_path / "text.png").write_text("no picture", encoding="utf-8")
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes(pictures[0].read_bytes()[:120])
    (tmp_path / "folder.png").mkdir()
    observe(Recipe(scripted, NOBODY), cache, [Request(pictures[2])])  # some answers are there at once
    bad = {"text.png", "gone.png", "empty.png", "cut.png", "folder.png"}
    names = ["p00.png", "text.png", "p01.png", "gone.png", "p02.png"]
    names += ["empty.png", "cut.png", "p03.png", "folder.png", "p04.png"]
    seen, counts = observe(Recipe(scripted, NOBODY), cache, [Request(tmp_path / name) for name in names])
    assert [isinstance(one, Unreadable) for one in seen] == [name in bad for name in names]
    assert [one.path.name for one in seen if isinstance(one, Unreadable)] == [n for n in names if n in bad]
    good = [one.digest for one in seen if isinstance(one, Observation)]
    expected, _ = observe(Recipe(scripted, NOBODY), cache, [Request(path) for path in pictures[:5]])
    assert good == [one.digest for one in expected]
    assert counts == Counts(cached=1, decoded=4, encoded=4)


def test_an_unreadable_file_names_itself_and_is_not_remembered(scripted, cache, tmp_path, painted) -> None:
    path = tmp_path / "p01.png"
    path.write_text("no picture", encoding="utf-8")
    (one,), _ = observe(Recipe(scripted, NOBODY), cache, [Request(path)])
    assert "p01.png" in one.reason
    assert "\n" not in one.reason
    painted(path, (9, 9, 9))
    (again,), _ = observe(Recipe(scripted, NOBODY), cache, [Request(path)])
    assert isinstance(again, Observation)


def test_encoders_get_frames_in_batches_and_the_boxes_of_a_batch_together(scripted, cache, pictures) -> None:
    observe(Recipe(scripted, NOBODY), cache, [Request(path, whole=True) for path in pictures])
    assert max(scripted.style.seen) > 1
    assert max(scripted.style.seen) <= BATCH
    assert scripted.style.seen == scripted.rendering.seen == scripted.subject.seen


def test_no_requests_are_no_answers(scripted, cache) -> None:
    assert observe(Recipe(scripted, NOBODY), cache, [])[0] == []


def test_requests_may_come_from_a_generator(scripted, cache, pictures) -> None:
    observer = Observer(Recipe(scripted, NOBODY), cache)
    assert len(list(observer.observe(Request(path) for path in pictures))) == 6


def test_faces_are_kept_with_the_frame(scripted, cache, pictures, scripted_faces) -> None:
    encoders = replace(scripted, faces=scripted_faces)
    for _ in range(2):
        (one,), _ = observe(Recipe(encoders, NOBODY), cache, [Request(pictures[0])])
        assert [face.box for face in one.faces] == [Box(0.4, 0.1, 0.6, 0.4)]
        np.testing.assert_allclose(np.linalg.norm(one.faces[0].vector), 1, atol=1e-6)
    assert scripted_faces.seen == [1]


# --- the pool -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def series_of_pictures(tmp_path_factory) -> list[Path]:
    from PIL import Image

    folder = tmp_path_factory.mktemp("pool")
    paths = []
    for index in range(SERIAL_BELOW + 3):
        noise = np.random.default_rng(index).integers(0, 255, (60, 80, 3), np.uint8)
        noise[10:50, 5 * index : 5 * index + 20] = RED
        paths.append(folder / f"p{index:02}.png")
        Image.fromarray(noise).resize((160, 120), Image.Resampling.BICUBIC).save(paths[-1])
    (folder / "p04.png").write_text("no picture", encoding="utf-8")
    return paths


def test_worker_processes_see_what_one_process_sees(series_of_pictures, make, monkeypatch) -> None:
    encoders = load_encoders("classical")
    locator = Locator.build({"mara": [make.color_field(RED)]})
    requests = [Request(path, {"mara": 2}) for path in series_of_pictures]
    answers, counts = [], []
    for workers in (1, 2):
        cache = ObservationCache(None)
        seen, did = observe(Recipe(encoders, locator), cache, requests, workers=workers)
        answers.append([one.reason if isinstance(one, Unreadable) else facts(one) for one in seen])
        counts.append(did)
        _, again = observe(Recipe(encoders, locator), cache, requests, workers=workers)
        assert again == Counts(cached=len(requests) - 1)
        cache.close()
        monkeypatch.delattr(observing, "observe_batch", raising=False)  # from here on only workers have it
    assert answers[0] == answers[1]
    assert counts[0] == counts[1]
    assert counts[0].decoded == len(requests) - 1


class EndsItsProcess:
    """An encoder whose worker is gone at once, as when the kernel runs out of memory."""

    id = "ends/1"
    weights: str = ""

    def __reduce__(self):
        return os._exit, (9,)


def test_a_worker_that_dies_ends_in_one_clear_error(series_of_pictures) -> None:
    encoders = replace(load_encoders("classical"), style=EndsItsProcess())
    observer = Observer(Recipe(encoders, NOBODY), ObservationCache(None), workers=2)
    with pytest.raises(ConsistencyError, match=r"a worker process ended .* run the same command again"):
        list(observer.observe([Request(path) for path in series_of_pictures]))


# --- interrupted and damaged ----------------------------------------------------------------------------


def test_an_interrupted_observation_keeps_what_was_done(scripted, pictures, tmp_path) -> None:
    file = tmp_path / "facts.sqlite"
    requests = [Request(path, whole=True) for path in pictures]
    cache = ObservationCache(file)
    stream = Observer(Recipe(scripted, NOBODY), cache).observe(requests)
    for _ in range(3):
        next(stream)
    stream.close()
    cache.close()
    cache = ObservationCache(file)
    seen, counts = observe(Recipe(scripted, NOBODY), cache, requests)
    cache.close()
    assert counts.cached == 3
    assert counts.decoded == 3
    assert all(isinstance(one, Observation) for one in seen)


@pytest.mark.parametrize("kind", ["frame", "boxes", "region"])
@pytest.mark.parametrize("damage", [b"", b"\xff\x00garbage", b"[1]", b"7"])
def test_a_damaged_row_is_observed_again_and_written_over(
    scripted, pictures, tmp_path, kind: str, damage: bytes
) -> None:
    file = tmp_path / "facts.sqlite"
    requests = [Request(path, whole=True) for path in pictures[:2]]
    cache = ObservationCache(file)
    first, _ = observe(Recipe(scripted, NOBODY), cache, requests)
    cache.close()
    with sqlite3.connect(file) as connection:
        changed = connection.execute(
            "UPDATE fact SET value = ? WHERE key LIKE ?", (damage, f"%|{kind}|{first[0].digest}|%")
        )
        assert changed.rowcount == 1
    connection.close()
    cache = ObservationCache(file)
    again, counts = observe(Recipe(scripted, NOBODY), cache, requests)
    assert counts.decoded == 1
    assert [facts(one) for one in again] == [facts(one) for one in first]
    assert observe(Recipe(scripted, NOBODY), cache, requests)[1] == Counts(cached=2)
    cache.close()


def test_a_damaged_cache_file_is_one_clear_error(scripted, pictures, tmp_path) -> None:
    file = tmp_path / "facts.sqlite"
    cache = ObservationCache(file)
    observe(Recipe(scripted, NOBODY), cache, [Request(path, whole=True) for path in pictures])
    cache.close()
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)  # the first page names the tables, the others hold the rows
    file.write_bytes(data)
    with pytest.raises(ConsistencyError, match=r"facts\.sqlite.*cache"):
        observe(Recipe(scripted, NOBODY), ObservationCache(file), [Request(pictures[0])])


@pytest.mark.parametrize("workers", [1, 2])
def test_a_desk_takes_pictures_one_by_one_and_says_when_each_is_done(series_of_pictures, workers) -> None:
    requests = [Request(path) for path in series_of_pictures[:3]]
    recipe = Recipe(load_encoders("classical"), NOBODY)
    together = list(Observer(recipe, ObservationCache(None)).observe(requests))
    done: queue.Queue[tuple[int, Waiting]] = queue.Queue()

    def ring(index: int, waiting: Waiting) -> None:
        done.put((index, waiting))

    with Observer(recipe, ObservationCache(None), workers=workers).standing() as desk:
        desk.warm()
        for index, request in enumerate(requests):
            desk.submit(request, partial(ring, index))
        waiting = dict(done.get(timeout=60) for _ in requests)
        one_by_one = [desk.take(waiting[index]) for index in range(3)]
        desk.submit(requests[0], partial(ring, 9))
        index, again = done.get_nowait()
        assert index == 9, "what is known is done at once"
        assert facts(desk.take(again)) == facts(one_by_one[0])
    assert [facts(seen) for seen in one_by_one] == [facts(seen) for seen in together]


def test_a_desk_says_of_a_file_that_is_no_picture_why(scripted, cache, tmp_path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    with Observer(Recipe(scripted, NOBODY), cache).standing() as desk:
        done: queue.Queue[Waiting] = queue.Queue()
        desk.submit(Request(tmp_path / "a.png"), done.put)
        seen = desk.take(done.get(timeout=60))
    assert isinstance(seen, Unreadable)
    assert "a.png" in seen.reason


def test_other_weights_of_the_same_encoder_are_other_facts(scripted, scripted_faces) -> None:
    one = Recipe(replace(scripted, faces=replace(scripted_faces, weights="ab" * 32)), NOBODY)
    other = Recipe(replace(scripted, faces=replace(scripted_faces, weights="cd" * 32)), NOBODY)
    assert one.frame_key("d") != other.frame_key("d")
    subject = Recipe(replace(scripted, subject=replace(scripted.subject, weights="ef" * 32)), NOBODY)
    box = Box(0, 0, 0.5, 1)
    assert subject.region_key("d", box) != one.region_key("d", box)
