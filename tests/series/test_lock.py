"""What was resolved, and what has changed since."""

# ruff: noqa: E501 - messages stand in one piece, so that they can be searched for

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consistency import Tolerance
from series.errors import LockError, SeriesError
from series.lock import Lock, LockedTolerance, Promotion, build_lock, compare_lock, read_lock, write_lock
from series.manifest import Manifest, read_manifest
from series.plan import plan

MANIFEST = """\
version: 1
series: The Lantern Cat
style: {references: [refs/style.png]}
palettes: {night: night.gpl, day: {sky: white}}
characters:
  mara:
    references: [refs/front.png]
    wardrobe: {winter: {references: [./refs/winter.png, refs/front.png]}}
seeds: {base: 1234, p02: 99}
panels: [{id: p02}, {id: p01}]
"""
ENCODERS = {"subject": "classical.appearance/1", "style": "classical.texture/1"}
TOLERANCES = {
    ("color.role", "lab/1"): Tolerance(8, 14, "measured"),
    ("color.role", "lab/1", "mara", "coat"): Tolerance(3, 6, "series.yaml:9"),
    ("picture.copy", "picture/1"): Tolerance(200, 200, "measured", too_close=2.0),
}


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "refs").mkdir()
    for name in ("style", "front", "winter"):
        (tmp_path / f"refs/{name}.png").write_bytes(name.encode())
    (tmp_path / "night.gpl").write_text("GIMP Palette\n16 24 48\tsky\n", encoding="utf-8")
    (tmp_path / "series.yaml").write_text(MANIFEST, encoding="utf-8")
    return read_manifest(tmp_path / "series.yaml")


def build(manifest: Manifest) -> Lock:
    return build_lock(manifest, plan(manifest), ENCODERS, TOLERANCES)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- building and writing -------------------------------------------------------------------------------


def test_a_lock_pins_every_file_seed_encoder_and_limit(manifest: Manifest) -> None:
    lock = build(manifest)
    assert lock.references == {
        "refs/front.png": digest(b"front"),
        "refs/style.png": digest(b"style"),
        "refs/winter.png": digest(b"winter"),
    }
    assert lock.palettes == {"night.gpl": digest(b"GIMP Palette\n16 24 48\tsky\n")}
    assert lock.seeds == {order.panel: order.seed for order in plan(manifest)}
    assert lock.encoders == ENCODERS
    assert lock.tolerances["color.role"] == {
        "lab/1": LockedTolerance(accept_below=8.0, reject_above=14.0, source="measured"),
        "lab/1, mara, coat": LockedTolerance(accept_below=3.0, reject_above=6.0, source="series.yaml:9"),
    }


def test_the_file_is_sorted_with_one_item_a_line(manifest: Manifest) -> None:
    path = manifest.folder / "series.lock"
    write_lock(path, build(manifest))
    text = path.read_text(encoding="utf-8")
    assert text.startswith('{\n  "encoders": {\n    "style": ')
    assert text.endswith('  },\n  "version": 1\n}\n')
    data = json.loads(text)
    assert list(data) == sorted(data)
    assert str(manifest.folder) not in text
    write_lock(path, build(manifest))
    assert path.read_text(encoding="utf-8") == text


def test_what_is_written_is_read(manifest: Manifest) -> None:
    lock = build(manifest)
    write_lock(manifest.folder / "series.lock", lock)
    assert read_lock(manifest.folder / "series.lock") == lock


NAMES = st.text(st.characters(codec="utf-8"), max_size=12)
PATHS = st.lists(st.text("abÄコ .-_", min_size=1).filter(lambda part: part.strip(".")), min_size=1).map(
    "/".join
)
DIGESTS = st.binary(max_size=4).map(digest)
LIMITS = st.builds(
    LockedTolerance,
    accept_below=st.floats(0, 1e9),
    reject_above=st.floats(0, 1e9),
    source=NAMES,
    too_close=st.none() | st.floats(0, 1e9),
)
PROMOTIONS = st.builds(
    Promotion,
    subject=NAMES,
    panel=NAMES,
    image=DIGESTS,
    box=st.none() | st.tuples(*[st.floats(0, 0.5)] * 2, *[st.floats(0.51, 1)] * 2),
    by=NAMES,
    at=NAMES,
    reason=NAMES,
)
LOCKS = st.builds(
    Lock,
    package=NAMES,
    references=st.dictionaries(PATHS, DIGESTS),
    palettes=st.dictionaries(PATHS, DIGESTS),
    seeds=st.dictionaries(NAMES, st.integers(0, 2**32 - 1)),
    encoders=st.dictionaries(NAMES, NAMES),
    tolerances=st.dictionaries(NAMES, st.dictionaries(NAMES, LIMITS, max_size=3), max_size=3),
    promoted=st.dictionaries(PATHS, PROMOTIONS, max_size=3),
)


@given(LOCKS)
def test_writing_and_reading_is_the_identity(lock: Lock) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.lock"
        write_lock(path, lock)
        assert read_lock(path) == lock


def test_a_reference_that_is_gone_is_an_error(manifest: Manifest) -> None:
    (manifest.folder / "refs/front.png").unlink()
    with pytest.raises(LockError, match=r"front\.png"):
        build(manifest)


def test_a_lock_that_cannot_be_written(manifest: Manifest) -> None:
    with pytest.raises(SeriesError, match="there is no folder"):
        write_lock(manifest.folder / "no" / "series.lock", build(manifest))


# --- reading what is no lock ----------------------------------------------------------------------------

GOOD = {
    "version": 1,
    "package": "1",
    "references": {},
    "palettes": {},
    "seeds": {},
    "encoders": {},
    "tolerances": {},
}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", ":1: not JSON: Expecting value; run `series lock` again"),
        ('{\n"a": }', ":2: not JSON: Expecting value; run `series lock` again"),
        ("<<<<<<< mine\n{}", ": holds an unresolved merge; run `series lock` again"),
        ("[" * 100_000, ": not JSON: nested too deeply; run `series lock` again"),
        ("[]", ": not a lock; run `series lock` again"),
        (b"\x89PNG", ": not UTF-8 text; run `series lock` again"),
        ("{}", ": broken at package: Field required; run `series lock` again"),
        (json.dumps({**GOOD, "extra": 1}), ": broken at extra: Extra inputs are not permitted; run `series lock` again"),
        (
            json.dumps({**GOOD, "references": {"../a.png": digest(b"")}}),
            ": broken at references.../a.png: Value error, a path outside the folder; run `series lock` again",
        ),
        (
            json.dumps({**GOOD, "references": {"a.png": "12"}}),
            ": broken at references.a.png: String should match pattern '^[0-9a-f]{64}$'; run `series lock` again",
        ),
        (
            json.dumps({**GOOD, "seeds": {"p01": -1}}),
            ": broken at seeds.p01: Input should be greater than or equal to 0; run `series lock` again",
        ),
        (
            json.dumps({**GOOD, "version": 2}),
            (": lock version 2 is newer than this package knows (1); "
            "install a newer one: pip install --upgrade series-consistency"),
        ),
    ],
)  # fmt: skip
def test_a_file_that_is_no_lock_gets_one_line(tmp_path: Path, content: str | bytes, said: str) -> None:
    path = tmp_path / "series.lock"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(LockError) as caught:
        read_lock(path)
    assert str(caught.value) == f"{path}{said}"


def test_a_missing_lock(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="no such file; `series lock` writes it"):
        read_lock(tmp_path / "series.lock")


def test_a_folder_is_no_lock(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="cannot be read"):
        read_lock(tmp_path)


@given(
    st.binary(max_size=100)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_bytes_never_raise_anything_else(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.lock"
        path.write_bytes(content)
        with pytest.raises(LockError):
            read_lock(path)


# --- comparing ------------------------------------------------------------------------------------------


def changes(manifest: Manifest, **now: object) -> list[tuple[str, bool]]:
    """What is said when this differs now from a lock of the manifest."""
    locked = build(manifest)
    current = Lock.model_validate({**locked.model_dump(), **now})
    return [(change.sentence, change.stops) for change in compare_lock(locked, current)]


def test_nothing_changed(manifest: Manifest) -> None:
    assert changes(manifest) == []


def test_files_that_changed_came_or_went(manifest: Manifest) -> None:
    locked = build(manifest)
    (manifest.folder / "refs/front.png").write_bytes(b"another")
    (manifest.folder / "new.png").write_bytes(b"new")
    text = MANIFEST.replace("refs/style.png", "new.png").replace("night: night.gpl, ", "")
    manifest.path.write_text(text, encoding="utf-8")
    found = compare_lock(locked, build(read_manifest(manifest.path)))
    assert [change.sentence for change in found] == [
        "reference new.png was added since the series was locked",
        "reference refs/front.png changed since it was locked",
        "reference refs/style.png was removed since the series was locked",
        "palette file night.gpl was removed since the series was locked",
    ]
    assert all(change.stops for change in found)


ENCODER_CHANGES: list[tuple[Mapping[str, str], str]] = [
    (
        {**ENCODERS, "style": "classical.texture/2"},
        (
            "encoder style is classical.texture/2, locked with classical.texture/1: "
            "run `series lock` again, or install classical.texture/1"
        ),
    ),
    (
        {"subject": ENCODERS["subject"]},
        (
            "encoder style is missing, locked with classical.texture/1: "
            "run `series lock` again, or install classical.texture/1"
        ),
    ),
    ({**ENCODERS, "faces": "arc/1"}, "encoder faces is arc/1, locked without one: run `series lock` again"),
]


@pytest.mark.parametrize(("encoders", "said"), ENCODER_CHANGES)
def test_encoders_that_changed(manifest: Manifest, encoders: Mapping[str, str], said: str) -> None:
    assert changes(manifest, encoders=encoders) == [(said, True)]


def test_limits_that_changed(manifest: Manifest) -> None:
    limits = {"lab/1": LockedTolerance(accept_below=6.0, reject_above=12.0, source="series.yaml:41")}
    assert changes(manifest, tolerances={"color.role": limits}) == [
        ("tolerance of color.role by lab/1 is 6 to 12 (series.yaml:41), locked as 8 to 14 (measured)", True),
        ("tolerance of color.role by lab/1, mara, coat is not set, locked as 3 to 6 (series.yaml:9)", True),
        ("tolerance of picture.copy by picture/1 is not set, locked as 200 to 200, too close below 2 (measured)", True),
    ]  # fmt: skip


def test_a_limit_that_moved_to_another_line_did_not_change(manifest: Manifest) -> None:
    locked = build(manifest)
    moved = {
        key: Tolerance(t.accept_below, t.reject_above, "series.yaml:99", t.too_close)
        for key, t in TOLERANCES.items()
    }
    assert compare_lock(locked, build_lock(manifest, plan(manifest), ENCODERS, moved)) == ()


def test_seeds_and_the_package_are_told_but_do_not_stop_an_audit(manifest: Manifest) -> None:
    assert changes(manifest, package="9.9", seeds={"p01": 5, "p03": 6}) == [
        (f"seed of panel p01 is 5, locked as {plan(manifest)[1].seed}", False),
        ("panel p02 was removed since the series was locked", False),
        ("panel p03 was added since the series was locked", False),
        (f"series-consistency is 9.9, locked with {build(manifest).package}", False),
    ]
