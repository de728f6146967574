"""One digest for one picture asked for: the same on any machine, another one for anything else."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Box
from series.drift import DriftKind
from series.request import EditOf, GenerationRequest, Means, NamedColor, Reinforcement, StyleWords

Small = Callable[..., GenerationRequest]

SCRIPT = """
import sys
from pathlib import Path
from series.manifest import read_manifest
from series.plan import plan
from series.request import Abilities, first_request
manifest = read_manifest(Path(sys.argv[1]))
for order in plan(manifest):
    paths = [*order.style.references, *(path for one in order.characters for path in one.references)]
    digests = {path: path.name for path in paths}
    request = first_request(
        order, cast=list(manifest.characters), digests=digests, abilities=Abilities(reference_images=5)
    )
    print(order.panel, request.digest)
"""
MANIFEST = {
    "version": 1,
    "series": "Keys",
    "size": [640, 480],
    "style": {"words": "flat ink", "avoid": ["3D render"], "references": ["one.png"]},
    "palettes": {"night": {"sky": "#101830", "ink": "#1d2433", "haze": {"color": "#556", "share": 0.5}}},
    "palette": "night",
    "characters": {
        "mara": {
            "look": "red coat",
            "references": ["front.png"],
            "palette": {"coat": "crimson", "boots": "#402020"},
            "wardrobe": {"wet": {"look": "dripping"}, "winter": {"look": "white parka"}},
        },
        "tib": {"look": "a cat"},
        "anna": {"look": "gray hair"},
        "oswin": {"look": "tall"},
    },
    "seeds": {"base": 12, "p02": 7},
    "panels": [
        {
            "id": "p01",
            "shot": "wide",
            "scene": "a walk",
            "characters": [{"name": "mara", "wardrobe": "wet", "place": "left"}],
        },
        {
            "id": "p02",
            "characters": ["tib"],
            "lettering": [{"text": "MROW", "place": "top", "speaker": "tib"}],
        },
    ],
}


def digests_of(folder: Path, manifest: object, hash_seed: int) -> str:
    folder.mkdir()
    for name in ("one.png", "front.png"):
        (folder / name).write_bytes(b"a picture")
    path = folder / "series.yaml"
    path.write_text(json.dumps(manifest), encoding="utf-8")
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
    command = [sys.executable, "-c", SCRIPT, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def shuffled(value: object, rng: random.Random) -> object:
    if isinstance(value, list):
        return [shuffled(one, rng) for one in value]
    if not isinstance(value, dict):
        return value
    keys = list(value)
    rng.shuffle(keys)
    return {key: shuffled(value[key], rng) for key in keys}


def test_neither_the_process_nor_the_folder_nor_the_order_of_keys_is_in_a_digest(tmp_path: Path) -> None:
    plain = digests_of(tmp_path / "plain", MANIFEST, 0)
    assert plain.count("\n") == 2
    for number in (1, 2, 3):
        mixed = shuffled(MANIFEST, random.Random(number))  # noqa: S311 - shuffles keys
        assert json.dumps(mixed) != json.dumps(MANIFEST)
        assert digests_of(tmp_path / f"mixed {number}", mixed, number) == plain


def test_the_digest_is_what_it_has_always_been(small: Small) -> None:
    # Written out: a changed rule would make a stranger of every picture that was paid for.
    assert small().digest == "cae48fdcec4f5aa74dd4e46a4cd477af759e8a0c9ddc0e6ab40d2a26ed94629c"


@given(st.permutations([one.name for one in fields(GenerationRequest)]))
def test_the_order_in_which_fields_are_given_is_not_in_it(small: Small, names: list[str]) -> None:
    request = small()
    assert GenerationRequest(**{name: getattr(request, name) for name in names}).digest == request.digest


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=7, max_size=7
    )
)
def test_paths_are_not_in_it(small: Small, names: list[str]) -> None:
    request = replace(small(), edit=EditOf("d", Path("a.png"), "r"))
    moved = replace(
        request,
        references=tuple(
            replace(one, path=Path(name)) for one, name in zip(request.references, names, strict=True)
        ),
        edit=EditOf("d", Path(names[0]), "r"),
    )
    assert moved.digest == request.digest


def test_equal_requests_have_equal_digests_whichever_way_a_number_is_written(small: Small) -> None:
    request = small()
    other = replace(request.identities[0], place=Box(0.0, 0.0, 0.5, 1.0))
    same = replace(request, identities=(other, request.identities[1]))
    assert same == request
    assert same.digest == request.digest


SAID = Reinforcement(DriftKind.IDENTITY, Means.TEXT, "mara", "", "identity", "a red coat")
EDIT = EditOf("d" * 64, Path("kept.png"), "r" * 64)
CHANGES: dict[str, object] = {
    "panel": "p02",
    "structure.scene": "other",
    "structure.structure": "other",
    "structure.shot": "full",
    "structure.camera": "other",
    "structure.size": (768, 1024),
    "copy": (),
    "style": StyleWords("other", ()),
    "identities": (),
    "absent": ("oswin",),
    "palette": (NamedColor("sky", "#1d2351"),),
    "references": (),
    "seed": 8,
    "reinforcements": (SAID,),
    "edit": EDIT,
    "candidates": 2,
    "model": "better",
}


def changed(request: GenerationRequest, field: str, value: object) -> GenerationRequest:
    outer, _, inner = field.partition(".")
    if inner:
        value = replace(getattr(request, outer), **{inner: value})
    return replace(request, **{outer: value})


def test_everything_else_is_in_it(small: Small) -> None:
    assert {name.partition(".")[0] for name in CHANGES} == {one.name for one in fields(GenerationRequest)}
    request = small()
    digests = {changed(request, field, value).digest for field, value in CHANGES.items()}
    assert len(digests | {request.digest}) == len(CHANGES) + 1


@pytest.mark.parametrize(
    "other",
    [
        replace(EDIT, digest="e" * 64),
        replace(EDIT, root="s" * 64),
        replace(EDIT, mended=(DriftKind.PALETTE,)),
        replace(EDIT, mask=Box(0, 0, 0.5, 0.5)),
    ],
)
def test_all_of_an_edit_is_in_it(small: Small, other: EditOf) -> None:
    assert replace(small(), edit=EDIT).digest != replace(small(), edit=other).digest


@pytest.mark.parametrize("field", [one.name for one in fields(Reinforcement)])
def test_all_of_a_reinforcement_is_in_it(small: Small, field: str) -> None:
    value = {"kind": DriftKind.STYLE, "means": Means.EDIT}.get(field, "other")
    other = replace(SAID, **{field: value})
    assert replace(small(), reinforcements=(SAID,)).digest != replace(small(), reinforcements=(other,)).digest


def test_the_root_of_an_edit_is_that_of_its_base(small: Small) -> None:
    request = small()
    assert request.root == request.digest
    assert replace(request, edit=EDIT).root == EDIT.root
