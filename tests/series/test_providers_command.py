"""`series providers` as a process of its own, without a network and without keys."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from series.generators.automatic1111 import URL as AUTOMATIC1111
from series.generators.catalogue import catalogue
from series.generators.comfyui.options import URL as COMFYUI
from series.generators.configured import SERVERS

SECRETS = {name for one in catalogue().providers.values() for name in one.secrets}


def series(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
    return subprocess.run(
        [sys.executable, "-m", "series", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**environment, "COLUMNS": "140", **variables},
    )


def test_every_model_is_listed_and_what_is_lacking_is_said() -> None:
    done = series("providers")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.split() for line in done.stdout.splitlines() if line]
    for model in catalogue().models.values():
        assert any(line[:1] == [model.name] for line in lines), model.name
    openai = next(line for line in done.stdout.splitlines() if line.startswith("openai "))
    assert "set OPENAI_API_KEY" in openai


def test_a_key_is_never_printed() -> None:
    done = series("providers", OPENAI_API_KEY="sk-canary-0123456789abcdef")
    assert "canary" not in done.stdout + done.stderr
    openai = next(line for line in done.stdout.splitlines() if line.startswith("openai "))
    assert "OPENAI_API_KEY" not in openai


def test_all_rows_as_json() -> None:
    done = series("providers", "--json", "-")
    rows = {row["name"]: row for row in json.loads(done.stdout)}
    assert set(rows) == set(catalogue().providers)
    ends = {row["name"]: row["ends"] for row in rows["openai"]["models"]}
    for model in catalogue().of("openai"):
        assert ends[model.name] == (model.ends.isoformat() if model.ends else None)


def test_one_provider_is_shown_with_its_page(repository) -> None:
    pages = sorted((repository / "docs/providers").glob("*.md"))
    for name in {page.stem for page in pages} & set(catalogue().providers):
        done = series("providers", name)
        heading = (repository / f"docs/providers/{name}.md").read_text(encoding="utf-8").splitlines()[0]
        assert heading in done.stdout
        assert catalogue().providers[name].source in done.stdout


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("previz", "docs/providers/previz.md"),
        ("folder", "docs/providers/midjourney.md"),
        ("auto", "docs/generators.md"),
    ],
)
def test_generators_without_rows_have_pages(name: str, page: str, repository) -> None:
    done = series("providers", name)
    heading = (repository / page).read_text(encoding="utf-8").splitlines()[0]
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, heading)
    assert json.loads(series("providers", name, "--json", "-").stdout) == []


def test_servers_and_places_that_a_model_needs_are_said() -> None:
    lines = series("providers").stdout.splitlines()
    for name in ("comfyui", "automatic1111"):
        (line,) = (line for line in lines if line.startswith(f"{name} "))
        assert f"needs a server at {SERVERS[name]}" in line
    assert (SERVERS["comfyui"], SERVERS["automatic1111"]) == (COMFYUI, AUTOMATIC1111)
    imagen = [line for line in lines if line.split()[:1] and line.split()[0].startswith("imagen")]
    assert len(imagen) == 3
    assert all("Vertex AI only" in line for line in imagen)


@pytest.mark.parametrize("name", ["opena", "[red]"])
def test_an_unknown_provider_is_named_with_the_known_ones(name: str) -> None:
    done = series("providers", name)
    assert done.returncode == 2
    assert name in done.stderr
    assert "openai" in done.stderr
