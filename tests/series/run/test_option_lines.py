"""Options of a generator that cannot be used: each problem with its file and line."""

from __future__ import annotations

import pytest

from series.errors import GeneratorError
from series.manifest import read_manifest
from series.pipeline import RunOptions, preview_run
from series.run.option_lines import at_their_lines


@pytest.fixture
def told(comic):
    """What a dry run says about options that are appended to the manifest."""

    def tell(options: str, **typed) -> list[str]:
        with comic.manifest.open("a", encoding="utf-8") as file:
            file.write(options)
        with pytest.raises(GeneratorError) as caught:
            preview_run(RunOptions(comic.manifest, **typed))
        folder = f"{comic.manifest.parent}/"
        return [line.removeprefix(folder) for line in str(caught.value).splitlines()]

    return tell


@pytest.fixture
def before(comic) -> int:
    """Lines that the manifest has."""
    return len(comic.manifest.read_text(encoding="utf-8").splitlines())


def test_every_problem_stands_at_its_own_line(told, before) -> None:
    said = told(
        "generator:\n  name: previz\n  drift:\n    rate: 3\n    latency:\n      seconds: {0: 4}\n"
        "    sead: 1\n"
    )
    assert [line.split(": generator.")[0] for line in said] == [
        f"series.yaml:{before + 4}",
        f"series.yaml:{before + 6}",
        f"series.yaml:{before + 7}",
    ]
    assert "did you mean" in said[2]


def test_a_short_form_and_another_generator_have_their_lines_too(told, before) -> None:
    (said,) = told("generator:\n  name: folder\n  frames: ../elsewhere\n")
    assert said.startswith(f"series.yaml:{before + 3}: generator.frames: ")


def test_a_generator_that_nobody_has_stands_where_it_is_named(told, before) -> None:
    (said,) = told("generator: foldr\n")
    assert said.startswith(
        f'series.yaml:{before + 1}: generator.name: no generator "foldr"; did you mean "fold'
    )


def test_what_was_typed_on_the_command_line_has_no_line(told) -> None:
    (said,) = told("generator: {name: previz}\n", generator="foldr")
    assert said.startswith('no generator "foldr"')


def test_a_cast_of_strangers_is_told_with_the_nearest_character(told, before) -> None:
    said = told(
        "generator:\n  name: previz\n  drift:\n    cast:\n      mara: refs/mara.png\n"
        "      Tib: refs/tib.png\n      zoe: refs/tib.png\n"
    )
    cast, nobody = "generator.drift.cast", "the manifest has no character"
    assert said == [
        f'series.yaml:{before + 6}: {cast}.Tib: {nobody} "Tib"; did you mean "tib"? Known: mara, tib',
        f'series.yaml:{before + 7}: {cast}.zoe: {nobody} "zoe". Known: mara, tib',
    ]


def test_keys_with_dots_and_positions_in_lists_are_found_and_the_rest_stays(comic, before) -> None:
    with comic.manifest.open("a", encoding="utf-8") as file:
        file.write('generator:\n  a: 1\n  "a.b": 2\n  list:\n    - {name: x}\n    - {model: y}\n')
    manifest = read_manifest(comic.manifest)
    error = GeneratorError(
        "generator.a.b: wrong\ngenerator.a: wrong\ngenerator.list[1].model: wrong\ngenerator.list.0: wrong\n"
        "generator.none: wrong\ngenerators are odd"
    )
    said = str(at_their_lines(error, manifest)).splitlines()
    typed = comic.manifest
    lines = [before + 3, before + 2, before + 6, before + 5, before + 1]
    assert [line.partition(": ")[0] for line in said[:-1]] == [f"{typed}:{line}" for line in lines]
    assert said[-1] == "generators are odd"
