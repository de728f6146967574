"""`auto` for a series: what it comes to, with and without a lock; licenses first; where models lie."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from consistency import EncoderError, ModelError, ToleranceError, load_encoders
from series.encoders import EncoderOptions, load_anew, load_for, load_for_pictures, needs_of
from series.errors import LockError
from series.lock import read_lock, write_lock
from series.locked import lock_again, lock_path
from series.manifest import read_manifest
from series.pairs import Pair, compare_pairs
from series.plan import plan
from series.report import audit_html, audit_json, audit_schema, print_summary
from series.tolerances import check_limits, resolve_tolerances

MODELS = os.environ.get("SERIES_MODELS", "")
"""Of whoever runs the tests; the tests of this folder take the variable away."""
PHOTO = "    medium: photo\n    palette: {coat:"


def series(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "series", *map(str, arguments)],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def read(comic):
    manifest = read_manifest(comic.manifest)
    orders = plan(manifest)
    return manifest, orders, resolve_tolerances(manifest, orders)


def loaded(comic, name: str = "auto", **options):
    return load_for(*read(comic), EncoderOptions(name), **options)


# --- what it comes to -------------------------------------------------------------------------------------


def test_with_nothing_here_auto_is_classical_and_says_so_in_every_report(comic) -> None:
    audit = comic.audit().audit
    assert audit.encoders == load_encoders().ids
    assert [(c.role, c.encoder) for c in audit.choices] == [("style", "classical"), ("subject", "classical")]
    document = json.loads(audit_json(audit))
    jsonschema.Draft202012Validator(audit_schema()).validate(document)
    assert document["choices"][0]["better"] == audit.choices[0].better
    console = Console(width=200)
    with console.capture() as capture:
        print_summary(audit, console)
    html = audit_html(audit)
    for text in (capture.get(), html):
        assert "style, drawn characters by classical: needs no model file" in text
        assert "series models pull light" in text


def test_what_a_person_names_is_not_explained(comic) -> None:
    audit = comic.audit(encoder="classical").audit
    assert audit.choices == ()
    assert "choices" not in json.loads(audit_json(audit))


def test_a_role_named_beside_auto_is_not_chosen(comic) -> None:
    found = loaded(comic, "auto,subject=classical")
    assert [choice.role for choice in found.choices] == ["style"]
    with pytest.raises(EncoderError, match="did you mean 'classical'"):
        loaded(comic, "auto,subject=clasical")


def test_media_of_the_cast_are_what_its_pinned_pictures_show(comic) -> None:
    assert needs_of(*read(comic)).photographed is False
    comic.edit("    palette: {coat:", PHOTO)
    both = needs_of(*read(comic))
    assert (both.photographed, both.drawn) == (True, True)
    comic.edit("  tib:\n", "  tib:\n    medium: photo\n")
    assert needs_of(*read(comic)).drawn is False
    faces = next(choice for choice in loaded(comic).choices if choice.role == "faces")
    assert faces.encoder == "none"


def test_limits_that_were_set_for_whatever_measures_are_none_for_csd(comic) -> None:
    comic.edit("panels:\n", "style: {references: [refs/tib.png]}\npanels:\n")
    text = comic.manifest.read_text("utf-8")
    band = "accept_below: 0.3, reject_above: 0.5"
    comic.manifest.write_text(f"{text}checks: {{tolerances: {{style.reference: {{{band}}}}}}}\n", "utf-8")
    assert "csd" not in needs_of(*read(comic)).limited
    comic.edit(band, f"{band}, encoder: csd")
    manifest, orders, tolerances = read(comic)
    assert "csd" in needs_of(manifest, orders, tolerances).limited
    assert tolerances["style.reference", "csd"].accept_below == 0.3
    assert tolerances["style.reference", "classical.texture/1"].accept_below != 0.3
    check_limits(manifest, orders, {"style": "csd"}, tolerances)
    with pytest.raises(ToleranceError):
        check_limits(manifest, orders, {"style": "csd+csls:0123456789ab"}, tolerances)


# --- with a lock ------------------------------------------------------------------------------------------


def locked(comic, **encoders: str) -> Path:
    """Lock it, and write other encoders into the lock."""
    path, _ = lock_again(comic.manifest, load_encoders().locked)
    before = read_lock(path)
    write_lock(path, before.model_copy(update={"encoders": {**before.encoders, **encoders}}))
    return path


def test_auto_is_what_is_locked(comic) -> None:
    locked(comic)
    audit = comic.audit().audit
    assert {choice.reason for choice in audit.choices} == {"pinned by series.lock"}
    assert audit.encoders == load_encoders().ids


@pytest.mark.parametrize(
    ("role", "id_"),
    [
        ("style", "csd sha256:0"),
        ("subject", "light.subject/1 sha256:0"),
        ("faces", "insightface.auraface/1 sha256:0"),
    ],
)
def test_a_locked_encoder_that_is_not_here_is_named_with_the_ways_on(comic, role: str, id_: str) -> None:
    locked(comic, **{role: id_})
    with pytest.raises(LockError) as error:
        comic.audit()
    said = str(error.value)
    assert "series.lock pins encoders that cannot be loaded" in said
    assert "series models pull " in said or "pip install " in said
    assert f"series lock {comic.manifest}" in said
    ignoring = comic.audit(ignore_lock=True).audit
    assert ignoring.choices[0].reason == "needs no model file"
    assert any(f"encoder {role} is" in note for note in ignoring.notes)


def test_a_locked_net_that_somebody_brought_has_to_be_named(comic) -> None:
    locked(comic, subject="ccip@0123456789ab sha256:0")
    with pytest.raises(LockError, match=r"name it, --encoder subject=…:PATH; or choose anew"):
        comic.audit()
    audit = comic.audit(encoder="auto,subject=classical", ignore_lock=True).audit
    assert [choice.role for choice in audit.choices] == ["style"]


def test_locking_chooses_anew_and_tells_what(comic) -> None:
    locked(comic, style="csd sha256:0")
    done = series("lock", comic.manifest)
    assert done.returncode == 0, done.stderr
    assert "style, drawn characters by classical" in done.stderr
    assert "encoder style was csd, is classical.texture/1: " in done.stderr
    assert read_lock(lock_path(read_manifest(comic.manifest))).encoders["style"].startswith("classical.")
    again = series("lock", comic.manifest, "--encoder", "auto")
    assert " was " not in again.stderr


def test_several_models_that_are_not_here_are_named_together(comic) -> None:
    if find_spec("openvino") is None:
        pytest.skip('OpenVINO is not installed: pip install "series-consistency[light]"')
    with pytest.raises(ModelError) as error:
        loaded(comic, "light")
    pull = "series models pull yunet face-reidentification-retail-0095 mobilenet_v1_embedding"
    assert f"`{pull}`" in str(error.value)


def test_a_run_goes_on_with_the_encoders_that_it_began_with(comic) -> None:
    comic.run({})
    kept = comic.folder / "out" / "encoders.json"
    assert json.loads(kept.read_text("utf-8"))["encoders"] == load_encoders().locked
    manifest, orders, tolerances = read(comic)
    going_on = load_for(manifest, orders, tolerances, EncoderOptions(), run=kept.parent)
    assert going_on.choices == load_anew(manifest, orders, tolerances, EncoderOptions()).choices
    kept.write_text('{"encoders": {"style": "csd sha256:0"}, "choices": []}', "utf-8")
    with pytest.raises(LockError, match=r"pins encoders that cannot be loaded: .*--encoder classical"):
        comic.run({})
    assert comic.run({}, encoder="classical") == []
    assert json.loads(kept.read_text("utf-8"))["encoders"] == load_encoders().locked


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "7", '{"encoders": 7, "choices": []}', '{"encoders": {}, "choices": [{}]}']
)
def test_a_note_that_cannot_be_read_is_no_note(comic, content: str) -> None:
    (comic.folder / "encoders.json").write_text(content, "utf-8")
    found = load_for(*read(comic), EncoderOptions(), run=comic.folder)
    assert found.choices[0].reason == "needs no model file"


# --- licenses first ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "model", "instead"),
    [
        ("insightface:buffalo_l", "buffalo_l", "auraface"),
        ("insightface:antelopev2@cuda", "antelopev2", "auraface"),
        ("light,faces=insightface:buffalo_l", "buffalo_l", "face-reidentification-retail-0095"),
        ("subject=ccip", "ccip", "the built-in encoders"),
        ("auto,subject=ccip", "ccip", "the built-in encoders"),
    ],
)
def test_what_a_commercial_series_may_not_use_is_refused_before_it_is_asked_for(
    comic, name: str, model: str, instead: str
) -> None:
    for load in (load_for, load_anew):
        with pytest.raises(ModelError) as error:
            load(*read(comic), EncoderOptions(name))
        said = str(error.value)
        assert said.startswith(f"model {model}: ")
        assert instead in said
        assert "pull" not in said
        assert "pip install" not in said


def test_a_file_of_ones_own_is_refused_before_any_library_is_asked_for(comic, tmp_path: Path) -> None:
    (tmp_path / "csd.bin").write_bytes(b"mine")
    with pytest.raises(ModelError, match="not in the catalogue"):
        loaded(comic, f"csd:{tmp_path / 'csd.bin'}")


def test_research_is_asked_to_bring_it(comic) -> None:
    comic.edit("version: 1\n", "version: 1\nuse: research\n")
    with pytest.raises(EncoderError, match=r"series models pull ccip|pip install"):
        loaded(comic, "subject=ccip")


# --- where models lie -------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["audit", "run", "report", "lock", "compare"])
def test_the_option_goes_before_the_variable(comic, tmp_path: Path, command: str) -> None:
    arguments: list[object] = {
        "audit": [comic.manifest, "--frames", comic.frames],
        "compare": [comic.frames / "p01.png", comic.frames / "p02.png"],
    }.get(command, [comic.manifest])
    done = series(
        command,
        *arguments,
        *("--encoder", "style=csd", "--models", tmp_path / "mine"),
        SERIES_MODELS=str(tmp_path / "theirs"),
    )
    assert done.returncode == 2
    assert f"model csd is not on this disk (looked in {tmp_path / 'mine' / 'csd'})" in done.stderr


# --- pictures without a manifest --------------------------------------------------------------------------


def test_pictures_without_a_manifest_have_no_faces_unless_somebody_says_so() -> None:
    assert [c.role for c in load_for_pictures(EncoderOptions()).choices] == ["style", "subject"]
    said = load_for_pictures(EncoderOptions(), photographed=True).choices
    assert [c.role for c in said] == ["style", "subject", "faces"]


def test_comparing_by_auto_is_comparing_by_what_it_comes_to(comic) -> None:
    pairs = [Pair(comic.frames / "p01.png", comic.frames / "p02.png", {})]
    assert compare_pairs(pairs) == compare_pairs(pairs, encoder=EncoderOptions("classical"))


# --- with real nets ---------------------------------------------------------------------------------------


@pytest.fixture
def nets() -> Path:
    if find_spec("openvino") is None:
        pytest.skip('OpenVINO is not installed: pip install "series-consistency[light]"')
    if not MODELS:
        pytest.skip("no models: SERIES_MODELS does not name their folder")
    return Path(MODELS)


def test_light_is_picked_where_it_is_locked_and_seen_by_workers(comic, pictures, nets: Path) -> None:
    panels = "".join(f"  - {{id: q{n:02}, characters: [tib]}}\n" for n in range(9))
    comic.manifest.write_text(comic.manifest.read_text("utf-8") + panels, "utf-8")
    for n in range(9):
        pictures(comic.frames / f"q{n:02}.png", n)
    options = {"models": nets, "workers": 2}
    audit = comic.audit(**options).audit
    assert (audit.encoders["style"], audit.encoders["subject"]) == ("light.style/1", "light.subject/1")
    assert "faces" not in audit.encoders
    manifest, orders, tolerances = read(comic)
    chosen = load_anew(manifest, orders, tolerances, EncoderOptions(models=nets))
    lock_again(comic.manifest, chosen.encoders.locked, chosen.encoders.licenses)
    again = comic.audit(**options).audit
    assert {choice.encoder for choice in again.choices} == {"light"}
    with pytest.raises(LockError, match="series models pull"):
        comic.audit()
