"""An audit against a lock: what changed since stops it, unless told otherwise."""

from __future__ import annotations

import pytest

from consistency import load_encoders
from series.errors import LockError
from series.locked import CHANGES_SHOWN, lock_path, lock_series
from series.manifest import read_manifest
from series.plan import plan
from series.tolerances import resolve_tolerances


@pytest.fixture
def lock(comic):
    def write() -> None:
        manifest = read_manifest(comic.manifest)
        orders = plan(manifest)
        path = lock_series(manifest, orders, load_encoders().locked, resolve_tolerances(manifest, orders))
        assert path == lock_path(manifest) == comic.folder / "series.lock"

    return write


def test_an_audit_against_an_unchanged_lock_has_no_note_about_it(comic, lock) -> None:
    lock()
    assert not [note for note in comic.audit().audit.notes if "lock" in note]


def test_a_changed_reference_stops_the_audit_and_is_named(comic, lock, pictures) -> None:
    lock()
    pictures(comic.folder / "refs/tib.png", 42)
    with pytest.raises(LockError) as stopped:
        comic.audit()
    said = str(stopped.value)
    assert "series.lock: not what was locked:" in said
    assert "refs/tib.png" in said
    assert "refs/mara.png" not in said
    assert said.endswith("run `series lock` to accept the change, or audit with --ignore-lock")
    assert not comic.cache.exists(), "it stopped before any work"


def test_told_to_go_on_it_audits_with_a_note(comic, lock, pictures) -> None:
    lock()
    pictures(comic.folder / "refs/tib.png", 42)
    audit = comic.audit(ignore_lock=True).audit
    assert len(audit.frames) == 4
    assert any("refs/tib.png" in note for note in audit.notes)


def test_locking_again_accepts_the_change(comic, lock, pictures) -> None:
    lock()
    pictures(comic.folder / "refs/tib.png", 42)
    lock()
    assert comic.audit().audit.frames


def test_a_changed_tolerance_stops_the_audit(comic, lock) -> None:
    lock()
    comic.edit(
        "panels:\n", "checks: {tolerances: {identity: {accept_below: 1.9, reject_above: 2}}}\npanels:\n"
    )
    with pytest.raises(LockError, match="identity"):
        comic.audit()


def test_a_new_reference_stops_the_audit(comic, lock, pictures) -> None:
    lock()
    pictures(comic.folder / "refs/tib_2.png", 42)
    comic.edit("[refs/tib.png]", "[refs/tib.png, refs/tib_2.png]")
    with pytest.raises(LockError, match=r"refs/tib_2\.png"):
        comic.audit()


def test_many_changes_are_cut_to_a_screenful(comic, lock, pictures) -> None:
    names = [f"refs/x{i:02}.png" for i in range(CHANGES_SHOWN + 5)]
    for name in names:
        pictures(comic.folder / name, 1)
    comic.edit("[refs/tib.png]", f"[refs/tib.png, {', '.join(names)}]")
    lock()
    for index, name in enumerate(names):
        pictures(comic.folder / name, 2 + index)
    with pytest.raises(LockError) as stopped:
        comic.audit()
    assert "... and 5 more" in str(stopped.value)
    assert len(str(stopped.value).splitlines()) == CHANGES_SHOWN + 3


def test_a_broken_lock_stops_the_audit_even_when_told_to_ignore_changes(comic) -> None:
    (comic.folder / "series.lock").write_text("{broken", encoding="utf-8")
    for ignore in (False, True):
        with pytest.raises(LockError, match=r"series\.lock"):
            comic.audit(ignore_lock=ignore)
