from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from series.errors import StoreError
from series.generators.generator import FailureKind
from series.run.ledger import Ledger, MoneyState, PanelOutcome
from series.run.store import Answer, Asked, Look, look_into, open_store
from series.run.store.schema import MIGRATIONS

ASKED = Asked("p01", "d" * 64, 0, "scripted")
PICTURE = Answer(("a" * 64,), None, "fewer pictures", "", None, 0.03, 1.5)
OTHER = Answer(("b" * 64,), None, "", "", None, 0.05, 1.5)
TIMEOUT = Answer((), FailureKind.TIMEOUT, "no answer within 120 s", seconds=120.0)
FINAL = {"policy", "no_image", "malformed", "invalid_request"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store.db"


@pytest.fixture
def store(path):
    with open_store(path, "harbor") as store:
        yield store


def reserve(store, asked=ASKED, usd=0.04):
    store.reserve(asked, usd=usd, request="{}")


def states(store):
    return [(row.state.value, row.usd) for row in store.books().money]


# --- answers ---------------------------------------------------------------------------------------------


def test_a_key_hangs_on_panel_digest_repeat_and_generator_alone():
    others = [
        Asked("p02", "d" * 64, 0, "scripted"),
        Asked("p01", "e" * 64, 0, "scripted"),
        Asked("p01", "d" * 64, 1, "scripted"),
        Asked("p01", "d" * 64, 0, "another"),
    ]
    assert len({ASKED.key, *(other.key for other in others)}) == 5
    assert Asked("p01", "d" * 64, 0, "scripted").key == ASKED.key
    # Written down: a change makes every stored answer a stranger.
    assert ASKED.key == "faf3a65a2e8da75535a48e3148b617630bafc0996b082886c14217a50c6da76a"


@given(st.text(), st.text(), st.text(), st.text())
def test_fields_cannot_be_shifted_into_each_other(panel, digest, other_panel, other_digest):
    one, other = Asked(panel, digest, 0, "scripted"), Asked(other_panel, other_digest, 0, "scripted")
    assert (one.key == other.key) == (one == other)


@pytest.mark.parametrize("kind", FailureKind)
def test_which_failures_a_later_run_takes_as_given(kind):
    assert Answer((), kind).final == (kind.value in FINAL)
    assert Answer(("a",)).final


@pytest.mark.parametrize(
    "answer", [PICTURE, TIMEOUT, Answer((), FailureKind.POLICY, "“no” 🚫", "input", 2.5, 0.01, 0.1)]
)
def test_an_answer_comes_back_as_it_was_after_reopening(path, answer):
    with open_store(path, "harbor") as store:
        assert store.answer(ASKED) is None
        reserve(store)
        store.settle(ASKED, answer)
    with open_store(path, "harbor") as store:
        assert store.answer(ASKED) == answer
        assert store.answer(Asked("p01", "d" * 64, 1, "scripted")) is None


def test_the_newest_answer_counts(store):
    for answer in (TIMEOUT, PICTURE):
        reserve(store)
        store.settle(ASKED, answer)
    assert store.answer(ASKED) == PICTURE
    assert store.books().answers == (TIMEOUT, PICTURE)


def test_a_failure_that_straggles_in_hides_no_picture(store):
    reserve(store)
    store.settle(ASKED, TIMEOUT)
    reserve(store)
    store.settle(ASKED, PICTURE)
    store.settle(ASKED, Answer((), FailureKind.TRANSPORT, "cut off"))
    assert store.answer(ASKED) == PICTURE
    assert states(store) == [("confirmed", 0.0), ("confirmed", 0.03)]


def test_one_database_holds_many_series(path):
    with open_store(path, "harbor") as one, open_store(path, "other") as other:
        reserve(one)
        one.settle(ASKED, PICTURE)
        one.outcome("p01", "accepted", image="a", number=1, reason="")
        assert other.answer(ASKED) is None
        assert other.books().money == ()
        assert other.recover(idempotent=()) == ()
        assert other.outcomes() == {}


# --- money -----------------------------------------------------------------------------------------------


def test_money_is_reserved_then_confirmed_as_billed(store):
    reserve(store)
    assert states(store) == [("reserved", 0.04)]
    store.settle(ASKED, PICTURE)
    assert states(store) == [("confirmed", 0.03)]
    assert store.ledger() == Ledger.of(store.books()) == Ledger(confirmed_micros=30_000)


def test_what_may_have_been_billed_stays_with_what_was_reserved(store):
    reserve(store)
    store.settle(ASKED, TIMEOUT)
    assert states(store) == [("unknown", 0.04)]
    assert store.recover(idempotent=()) == ()  # it was answered: asking again is the ladder's choice


def test_an_answer_after_its_time_settles_what_was_unknown(store):
    reserve(store)
    store.settle(ASKED, TIMEOUT)
    store.settle(ASKED, PICTURE)
    assert states(store) == [("confirmed", 0.03)]
    assert store.answer(ASKED) == PICTURE


def test_an_answer_that_names_no_amount_is_kept_and_its_money_unknown(store):
    reserve(store)
    store.settle(ASKED, Answer(("a",), usd=float("nan")))
    assert states(store) == [("unknown", 0.04)]
    assert store.answer(ASKED).images == ("a",)


def test_what_was_never_sent_is_released(store):
    reserve(store)
    store.release(ASKED)
    assert states(store) == []


def test_reserving_twice_and_settling_what_was_never_reserved_are_refused(store):
    with pytest.raises(StoreError, match="never reserved"):
        store.settle(ASKED, PICTURE)
    reserve(store)
    with pytest.raises(StoreError, match="under way"):
        reserve(store)


def test_an_answer_whose_reservation_another_one_settled_is_kept_and_booked(store):
    reserve(store)
    store.settle(ASKED, TIMEOUT)
    store.settle(ASKED, PICTURE)
    store.settle(ASKED, OTHER)
    assert store.books().answers == (TIMEOUT, PICTURE, OTHER)
    assert store.answer(ASKED) == PICTURE
    assert states(store) == [("confirmed", 0.03), ("confirmed", 0.05)]
    store.settle(ASKED, TIMEOUT)
    assert states(store)[2:] == [("unknown", 0.05)]


def test_of_what_stood_open_only_what_exceeds_it_is_booked_by_a_second_answer(store):
    reserve(store)
    store.recover(idempotent={"scripted"})
    reserve(store)
    for answer in (PICTURE, PICTURE, TIMEOUT):
        store.settle(ASKED, answer)
        assert states(store) == [("confirmed", 0.03)]
    store.settle(ASKED, OTHER)
    assert states(store) == [("confirmed", 0.03), ("confirmed", 0.02)]


@pytest.mark.parametrize(("usd", "idempotent"), [(0.0, ()), (0.04, {"scripted"})])
def test_what_is_safe_to_ask_again_stands_open_and_is_booked_once(store, usd, idempotent):
    reserve(store, usd=usd)
    assert store.recover(idempotent=idempotent) == ()
    assert states(store) == [("open", usd)]
    assert store.open_usd(ASKED) == usd
    reserve(store, usd=usd)
    store.release(ASKED)
    assert states(store) == [("open", usd)]  # it had been sent once
    reserve(store, usd=usd)
    assert states(store) == [("reserved", usd)]
    assert store.open_usd(ASKED) == 0
    store.settle(ASKED, PICTURE)
    assert states(store) == [("confirmed", 0.03)]


def test_what_may_be_billed_twice_is_told_in_every_run_until_a_person_agrees(store):
    reserve(store)
    for _ in range(2):
        (unknown,) = store.recover(idempotent=())
        assert (unknown.asked, unknown.usd, unknown.state) == (ASKED, 0.04, MoneyState.UNKNOWN)
    store.forgive(ASKED)
    assert store.recover(idempotent=()) == ()
    reserve(store)
    store.settle(ASKED, PICTURE)
    assert states(store) == [("unknown", 0.04), ("confirmed", 0.03)]


# --- verdicts and outcomes -------------------------------------------------------------------------------


def test_looks_decisions_and_outcomes_are_kept_and_replaced(store):
    store.looked("p01", "b", "k1", "DRIFTED")
    store.looked("p01", "a", "k2", "UNSURE")
    store.looked("p01", "a", "k3", "CONSISTENT")
    assert store.looks("p01") == (Look("a", "k3", "CONSISTENT"), Look("b", "k1", "DRIFTED"))
    assert store.looks("p02") == ()
    store.decided("p01", 2, "{}")
    store.decided("p01", 1, '"retry"')
    assert store.decisions("p01") == {1: '"retry"', 2: "{}"}
    store.outcome("p02", "person", image="", number=0, reason="refused")
    store.outcome("p01", "unfinished", image="", number=0, reason="")
    store.outcome("p01", "accepted", image="a", number=3, reason="it passes")
    assert store.outcomes() == {
        "p01": PanelOutcome("accepted", "a", 3, "it passes"),
        "p02": PanelOutcome("person", "", 0, "refused"),
    }


@pytest.mark.parametrize("text", ["'; DROP TABLE answer; --", ":series", "%s ? %(a)s", "日本語\n\\", ""])
def test_text_is_only_text(path, text):
    with open_store(path, text) as store:
        store.outcome(text, "person", image="", number=0, reason=text)
        reserve(store, Asked(text, "d", 0, "scripted"))
        assert store.outcomes() == {text: PanelOutcome("person", "", 0, text)}
        assert store.books().money[0].asked.panel == text


def test_moves_come_in_the_order_of_their_last_time(store):
    to_b, to_a = (Asked("p01", "d", 0, name) for name in "ab")
    for asked, generator in ((to_b, "b"), (to_a, "a"), (to_b, "b"), (to_a, "a"), (to_b, "b")):
        store.moved(asked, number=1, generator=generator, reason="quota")
        assert store.moves()["p01"][-1].generator == generator


# --- versions --------------------------------------------------------------------------------------------

ADDED = (
    *MIGRATIONS,
    ("ALTER TABLE outcome ADD COLUMN note VARCHAR(20)",),
    ("CREATE TABLE extra (n INTEGER)",),
)


def numbers(path):
    with closing(sqlite3.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM migration ORDER BY number")]


def test_an_older_store_is_brought_up_step_by_step_and_keeps_what_it_holds(path):
    open_store(path, "harbor", migrations=MIGRATIONS[:1]).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO outcome VALUES ('harbor', 'p01', 'accepted', 'a', 1, '')")
    assert numbers(path) == [1]
    with open_store(path, "harbor", migrations=ADDED) as store:
        assert store.outcomes()["p01"].image == "a"
    assert numbers(path) == list(range(1, len(ADDED) + 1))
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT note FROM outcome").fetchall() == [(None,)]


def test_a_step_that_fails_leaves_the_store_as_it_was(path):
    open_store(path, "harbor").close()
    broken = (*MIGRATIONS, ("CREATE TABLE extra (n INTEGER)", "ALTER TABLE nothing ADD COLUMN n INTEGER"))
    with pytest.raises(StoreError, match="nothing"):
        open_store(path, "harbor", migrations=broken)
    assert numbers(path) == list(range(1, len(MIGRATIONS) + 1))
    open_store(path, "harbor", migrations=ADDED).close()


def test_a_store_from_a_newer_version_says_what_to_install(path):
    open_store(path, "harbor", migrations=ADDED).close()
    known = len(MIGRATIONS)
    with pytest.raises(
        StoreError, match=rf"newer version \({known + 2}, this package knows {known}\): pip install --upgrade"
    ):
        open_store(path, "harbor")


# --- bad places ------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_left_as_it_is(path):
    path.write_text("series: harbor\n" * 100)
    with pytest.raises(StoreError, match=r"store\.db: this is no SQLite database: put .* back"):
        open_store(path, "harbor")
    assert path.read_text() == "series: harbor\n" * 100


def test_a_damaged_file_is_one_clear_error(path):
    with open_store(path, "harbor") as store:
        for number in range(200):
            reserve(store, Asked(f"p{number}", "d", 0, "scripted"))
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with pytest.raises(StoreError, match=r"store\.db: the file is damaged: put it back"):
        open_store(path, "harbor").books()


def test_a_folder_in_its_place_and_a_missing_folder(tmp_path):
    with pytest.raises(StoreError, match="this is a folder"):
        open_store(tmp_path, "harbor")
    with pytest.raises(StoreError, match="there is no folder"):
        open_store(tmp_path / "none" / "store.db", "harbor")


def test_a_locked_file_says_that_another_program_writes(path):
    open_store(path, "harbor").close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another program is writing"):
            open_store(path, "harbor", busy_s=0.05)
        other.execute("ROLLBACK")
    open_store(path, "harbor").close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://user:s3cret@host/name",
        "nonsense://user:s3cret@host/name",
        "nonsense://host/name?password=s3cret",
        "postgresql+psycopg://user:s3cret@host:port/name",
    ],
)
def test_no_password_in_an_error(url):
    with pytest.raises(StoreError) as caught:
        open_store(url, "harbor")
    error = caught.value
    while error is not None:
        assert "s3cret" not in str(error)
        error = error.__cause__


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite://nonsense", "two slashes name no file"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///name.sqlite?mode=ro", "nothing may follow the file: mode"),
        ("sqlite:///none/name.sqlite", "there is no folder none"),
        ("sqlite+aiosqlite:///name.sqlite", "of no use here"),
    ],
)
@pytest.mark.parametrize("opened", [open_store, look_into])
def test_a_url_of_no_lasting_file_says_how_one_is_written(url, said, opened):
    with pytest.raises(StoreError, match=f"the URL of the store: .*{said}.*sqlite:///name.sqlite"):
        opened(url, "harbor")


def test_a_url_without_slashes_makes_no_file_of_that_name():
    with pytest.raises(StoreError, match="sqlite: is followed by two slashes"):
        open_store("sqlite:name.sqlite", "harbor")


def test_any_url_opens(path):
    with open_store(f"sqlite:///{path}", "harbor") as store:
        reserve(store)
    with open_store(path, "harbor") as store:
        assert states(store) == [("reserved", 0.04)]


def test_money_survives_a_power_cut_as_far_as_the_system_can(path):
    with open_store(path, "harbor") as store, store._transaction() as do:
        assert do.rows("PRAGMA journal_mode") == [{"journal_mode": "wal"}]
        assert do.rows("PRAGMA synchronous") == [{"synchronous": 2}]


def test_the_command_line_starts_without_the_database_library():
    code = (
        "import sys, series.run.store, series.run.hold; "
        "print(*(name in sys.modules for name in ('sqlalchemy', 'filelock')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "False"]


# --- looking in ------------------------------------------------------------------------------------------


def test_looking_in_reads_beside_a_writer_and_writes_nothing(tmp_path):
    path = tmp_path / "store.db"
    with open_store(path, "harbor") as store:
        store.outcome("p01", "accepted", image="ab", number=1, reason="")
        with store._transaction(), look_into(path, "harbor") as looking:  # a write that is under way
            assert looking.outcomes()["p01"].state == "accepted"
            with pytest.raises(StoreError):
                looking.outcome("p01", "person", image="", number=0, reason="")
    with look_into(path, "harbor") as looking:
        assert looking.outcomes()["p01"].state == "accepted"


def test_looking_in_makes_no_store(tmp_path):
    assert look_into(tmp_path / "none" / "store.db", "harbor") is None
    assert look_into(f"sqlite:///{tmp_path}/store.db", "harbor") is None
    assert list(tmp_path.iterdir()) == []


def test_looking_into_another_version_says_what_to_do(tmp_path):
    path = tmp_path / "store.db"
    open_store(path, "harbor", migrations=(*MIGRATIONS, ("CREATE TABLE later (n INTEGER)",))).close()
    with pytest.raises(StoreError, match="newer version"):
        look_into(path, "harbor")
