"""What the pages promise: their Python runs, their YAML is a manifest, their commands are those of CI."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from series.manifest import manifest_schema, read_manifest

FRAMES = "samples/lantern/frames"
PICTURE = "samples/lantern/refs/mara/front.png"
REST = {
    "docs/manifest.md": "version: 1\nseries: S\npanels: [{id: p01}]\n",
}
"""What makes a manifest of a page's snippet that shows a part of one."""


def snippets(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def test_the_python_of_the_architecture_page_runs(repository: Path, tmp_path: Path) -> None:
    (code,) = snippets(repository / "docs/architecture.md", "python")
    for name, frame in (("a.png", "p01"), ("b.png", "p02")):
        (found,) = (repository / FRAMES).glob(f"{frame}.*")
        shutil.copy(found, tmp_path / name)
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    assert "style.reference" in ran.stdout


@pytest.mark.parametrize("page", ["README.md", "docs/manifest.md"])
def test_the_yaml_of_a_page_is_a_manifest(repository: Path, tmp_path: Path, page: str) -> None:
    found = snippets(repository / page, "yaml")
    assert found, page
    for snippet in found:
        text = REST.get(page, "") + snippet
        for name in re.findall(r"[\w/]+\.png", text):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(repository / PICTURE, tmp_path / name)
        path = tmp_path / "series.yaml"
        path.write_text(text, encoding="utf-8")
        read_manifest(path)
        jsonschema.validate(YAML(typ="safe", pure=True).load(text), manifest_schema())


def test_the_continuous_check_runs_the_readme_s_own_commands(repository: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    script = (repository / ".ci/run").read_text(encoding="utf-8")
    patterns = re.findall(r"sed -n '/(.*?)/p' README\.md", script)
    assert len(patterns) == 2
    for pattern in patterns:
        assert len(re.findall(f"(?m){pattern}", readme)) == 1, pattern


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "samples/lantern/README.md"])
def test_every_file_that_a_page_points_at_is_there(repository: Path, page: str) -> None:
    path = repository / page
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (path.parent / target).exists(), target
    for target in re.findall(r"`((?:docs|tests|samples|consistency)/[\w/.]+)`", text):
        assert "/out/" in target or (repository / target).exists(), target  # out is made by the command


@pytest.mark.parametrize("page", ["README.md", "docs/manifest.md", "CONTRIBUTING.md"])
def test_every_command_and_option_that_a_page_names_exists(repository: Path, page: str) -> None:
    from typer.main import get_command

    from series.cli import app

    commands = get_command(app).commands
    text = (repository / page).read_text(encoding="utf-8")
    for name, rest in re.findall(
        rf"(?:^|[`/ ])series ({'|'.join(commands)})\b([^`\n#]*)", text, re.MULTILINE
    ):
        options = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= options, rest
