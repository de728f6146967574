"""Folder: prompts out, pictures in; nothing half-written, nothing from outside the series folder."""

from __future__ import annotations

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from series.drift import DriftKind
from series.errors import GeneratorError
from series.generators.folder import FolderGenerator, FolderOptions, read_folder_options, strangers
from series.generators.generator import Failed, FailureKind, Generated
from series.request import EditOf, Means, Reference, Reinforcement, Role

POLL_S = 0.03


@pytest.fixture
def series(tmp_path: Path) -> Path:
    own = tmp_path / "series"
    own.mkdir()
    return own


def make(series: Path, **options) -> FolderGenerator:
    return FolderGenerator(read_folder_options(options, folder=series, out=series / "out"), poll_s=POLL_S)


def stronger(text: str) -> Reinforcement:
    return Reinforcement(DriftKind.PALETTE, Means.TEXT, "mara", "coat", "color.role", text)


def put(sample: Path, number: int, target: Path) -> bytes:
    target.parent.mkdir(exist_ok=True)
    shutil.copyfile(sample / f"frames/p{number:02}.png", target)
    return target.read_bytes()


def test_a_missing_picture_is_waited_for_by_the_person_not_the_run(series: Path, asked) -> None:
    outcome = make(series).generate(asked(), "key")
    assert outcome == Failed(
        FailureKind.WAITING, "put p01.png into frames; the prompt is in out/prompts/p01.1.txt"
    )
    text = (series / "out/prompts/p01.1.txt").read_text(encoding="utf-8")
    assert text.startswith("Save the picture as frames/p01.png (or .jpg, .webp), 160 × 120 pixels.")
    assert "Mara waits." in text
    assert "#c8322e" in text
    assert (series / "frames").is_dir()


def test_for_midjourney_the_line_to_paste_stands_above_the_prompt(series: Path, asked) -> None:
    generator = make(series, tool="midjourney")
    assert generator.name == "folder:midjourney"
    assert not generator.abilities.edit
    assert generator.abilities.looks_at("style")
    assert not generator.abilities.looks_at("palette")
    generator.generate(asked(), "key")
    lines = (series / "out/prompts/p01.1.txt").read_text(encoding="utf-8").splitlines()
    line = lines[lines.index("Paste this line into Midjourney:") + 1]
    assert "Mara waits" in line
    assert " --ar 4:3 --seed " in line
    with pytest.raises(
        GeneratorError, match=r'generator\.tool: there is no tool "midjorney"; did you mean "midjourney"'
    ):
        make(series, tool="midjorney")


def test_a_picture_that_is_there_is_taken(series: Path, sample: Path, asked) -> None:
    data = put(sample, 1, series / "frames/p01.png")
    outcome = make(series).generate(asked(), "key")
    assert isinstance(outcome, Generated)
    assert [image.data for image in outcome.images] == [data]
    assert outcome.usd == 0


@pytest.mark.parametrize("name", ["p01.PNG", "p01.jpg", "p01.webp"])
def test_any_format_will_do_for_the_content_counts(name: str, series: Path, sample: Path, asked) -> None:
    put(sample, 1, series / "frames" / name)
    assert isinstance(make(series).generate(asked(), "key"), Generated)


def test_a_stronger_request_wants_the_next_number(series: Path, sample: Path, asked) -> None:
    put(sample, 1, series / "frames/p01.png")
    generator, first, second = make(series), asked(), asked(reinforcements=(stronger("the coat is red"),))
    assert isinstance(generator.generate(first, "a"), Generated)
    waiting = generator.generate(second, "b")
    assert waiting.reason == "put p01.2.png into frames; the prompt is in out/prompts/p01.2.txt"
    assert "the coat is red" in (series / "out/prompts/p01.2.txt").read_text(encoding="utf-8")
    data = put(sample, 2, series / "frames/p01.2.png")
    assert generator.generate(second, "b").images[0].data == data


def test_two_requests_of_one_strength_never_share_a_picture(series: Path, sample: Path, asked) -> None:
    red, blue = (asked(reinforcements=(stronger(text),)) for text in ("red", "blue"))
    made = put(sample, 1, series / "frames/p01.2.png")
    assert make(series).generate(red, "a").images[0].data == made
    assert "put p01.3.png" in make(series).generate(blue, "b").reason
    other = put(sample, 2, series / "frames/p01.3.png")
    assert make(series).generate(blue, "b").images[0].data == other
    assert make(series).generate(red, "a").images[0].data == made


def test_a_number_stays_with_its_request_when_an_earlier_picture_goes(
    series: Path, sample: Path, asked
) -> None:
    old, new = asked(seed=1), asked(seed=2)
    put(sample, 1, series / "frames/p01.png")
    make(series).generate(old, "a")
    data = put(sample, 2, series / "frames/p01.2.png")
    assert make(series).generate(new, "b").images[0].data == data
    (series / "frames/p01.png").unlink()
    assert make(series).generate(new, "b").images[0].data == data


def test_a_changed_manifest_before_any_picture_writes_the_prompt_anew(series: Path, asked) -> None:
    make(series).generate(asked(seed=1), "a")
    changed = asked(seed=2)
    assert "p01.1.txt" in make(series).generate(changed, "b").reason
    assert [path.name for path in (series / "out/prompts").iterdir()] == ["p01.1.txt"]
    assert changed.digest in (series / "out/prompts/p01.1.txt").read_text()


def test_pictures_to_give_along_are_listed_with_their_role(series: Path, asked) -> None:
    path = series / "refs/mara.png"
    base = EditOf("d" * 64, series / "out/images/dd.png", "r" * 64)
    pictures = (
        Reference(Role.CHARACTER, "mara", "e" * 64, path),
        Reference(Role.STYLE, "style", "f" * 64, path),
        Reference(Role.PALETTE, "mara", "a" * 64, path),
    )
    request = asked(references=pictures, edit=base)
    make(series).generate(request, "key")
    text = (series / "out/prompts/p01.1.txt").read_text(encoding="utf-8")
    assert "1. refs/mara.png (character mara)" in text
    assert "2. refs/mara.png (style)\n3. refs/mara.png (palette mara)\n" in text
    assert "Start from this picture: out/images/dd.png" in text


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_half_written_file_is_not_taken(share: float, series: Path, sample: Path, asked) -> None:
    data = put(sample, 1, series / "frames/p01.png")
    (series / "frames/p01.png").write_bytes(data[: int(len(data) * share)])
    outcome = make(series).generate(asked(), "key")
    assert outcome.kind is FailureKind.WAITING
    assert "not whole yet, or no picture: p01.png" in outcome.reason


def test_two_pictures_for_one_panel_are_not_chosen_between(series: Path, sample: Path, asked) -> None:
    put(sample, 1, series / "frames/p01.png")
    put(sample, 2, series / "frames/p01.jpg")
    outcome = make(series).generate(asked(), "key")
    assert outcome.kind is FailureKind.WAITING
    assert "p01.jpg and p01.png are both there: keep one" in outcome.reason


def test_watching_takes_a_picture_only_when_it_is_whole(series: Path, sample: Path, asked) -> None:
    data = put(sample, 1, series / "source/p01.png")
    target = series / "frames/p01.png"
    generator = make(series, watch=True)
    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(generator.generate, asked(), "key")
        time.sleep(2 * POLL_S)
        with target.open("wb") as file:
            for part in range(4):
                file.write(data[part * len(data) // 4 : (part + 1) * len(data) // 4])
                file.flush()
                assert not outcome.done()
                time.sleep(3 * POLL_S)
        assert outcome.result(timeout=5).images[0].data == data


def test_watching_ends_when_the_run_stops(series: Path, asked, capsys: pytest.CaptureFixture[str]) -> None:
    generator = make(series, watch=True)
    threading.Timer(0.1, generator.stop.set).start()
    begun = time.monotonic()
    assert generator.generate(asked(), "key").kind is FailureKind.WAITING
    assert time.monotonic() - begun < 3
    assert capsys.readouterr().err == "put p01.png into frames; the prompt is in out/prompts/p01.1.txt\n"


def test_a_link_out_of_the_series_folder_is_not_followed(series: Path, sample: Path, asked) -> None:
    (series / "frames").mkdir()
    (series / "frames/p01.png").symlink_to(sample / "frames/p01.png")
    outcome = make(series).generate(asked(), "key")
    assert outcome.kind is FailureKind.WAITING
    assert "leaves the series folder" in outcome.reason


def test_a_prompt_that_cannot_be_written_is_a_failure_and_written_later(
    series: Path, sample: Path, asked
) -> None:
    (series / "out").write_text("in the way")
    outcome = make(series).generate(asked(), "key")
    assert not outcome.kind.final
    assert "prompt cannot be written" in outcome.reason
    (series / "out").unlink()
    put(sample, 1, series / "frames/p01.png")
    assert isinstance(make(series).generate(asked(), "key"), Generated)


@pytest.mark.parametrize("text", ["my own notes\n", "", "Request for more red\n", "Request " + "d" * 63])
def test_a_text_of_somebody_elses_is_never_written_over(series: Path, asked, text: str) -> None:
    notes = series / "out/prompts/p01.1.txt"
    notes.parent.mkdir(parents=True)
    notes.write_text(text)
    outcome = make(series).generate(asked(), "key")
    assert outcome.kind is FailureKind.WAITING
    assert "out/prompts/p01.1.txt is no prompt of this tool: move it away" in outcome.reason
    assert notes.read_text() == text
    assert [path.name for path in notes.parent.iterdir()] == ["p01.1.txt"]


def test_pictures_of_no_panel_are_named(series: Path) -> None:
    (series / "mine").mkdir()
    for name in ("p01.png", "p01.2.jpg", "P3.png", "p04x.webp", "p01.x.png", "notes.txt", "a.b.3.png"):
        (series / "mine" / name).write_bytes(b"")
    found = strangers({"frames": "mine"}, ["p01", "a.b"], folder=series, out=series / "out")
    assert found == ("P3.png", "p01.x.png", "p04x.webp")
    assert strangers({}, ["p01"], folder=series, out=series / "out") == ()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"frames": "../up"}, "generator.frames: .*leaves"),
        ({"frames": "/made"}, "generator.frames: .*leaves"),
        ({"frames": "C:\\x"}, "generator.frames: .*leaves"),
        ({"prompts": "a/../../b"}, "generator.prompts: .*leaves"),
        ({"frames": " "}, "generator.frames: text"),
        ({"frames": "series.yaml"}, "generator.frames: .*is a file"),
        ({"frames": "link"}, "generator.frames: .*through a link"),
        ({"frames": "out/frames"}, "generator.frames: the run writes"),
        ({"watch": 1}, "generator.watch: true or false"),
        ({"wacth": True}, 'generator.wacth: .*did you mean "watch"'),
    ],
)
def test_wrong_options(options: dict, said: str, series: Path) -> None:
    (series / "series.yaml").write_text("version: 1\n")
    (series / "link").symlink_to(series.parent)
    with pytest.raises(GeneratorError, match=said):
        make(series, **options)


def test_folders_are_relative_to_the_manifest(series: Path, tmp_path: Path) -> None:
    options = read_folder_options(
        {"frames": "made/by/hand", "prompts": "ask", "watch": True}, folder=series, out=tmp_path / "elsewhere"
    )
    assert options == FolderOptions(series, series / "made/by/hand", series / "ask", watch=True)
    assert read_folder_options({}, folder=series, out=tmp_path / "elsewhere").prompts == (
        tmp_path / "elsewhere/prompts"
    )


def test_an_unchanged_prompt_is_left_alone(series: Path, asked) -> None:
    generator = make(series)
    generator.generate(asked(), "a")
    path = series / "out/prompts/p01.1.txt"
    os.utime(path, (1, 1))
    generator.generate(asked(), "b")
    assert path.stat().st_mtime == 1
