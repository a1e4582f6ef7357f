"""What an account must not forget comes back as it was written, or the caller hears that it cannot;
a file that could not be read is never written to."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from math import nan
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event

from nija_plugins.account import Benchmarks
from nija_plugins.incidents import Incident, Incidents
from nija_plugins.live.cash_flows import CashFlow
from nija_plugins.memory import AccountStore, Memory, MemoryUnusable, Snapshot
from nija_plugins.memory.store import MEMORY_FILE, account_name, accounts
from nija_plugins.memory.tables import Base
from tests.conftest import NOW

AMOUNTS = st.floats(0, 1e9)
TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.sampled_from([UTC]))
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
MEMORIES = st.builds(
    Memory,
    benchmarks=st.none() | st.builds(Benchmarks, st.dates(), AMOUNTS, AMOUNTS),
    seen=st.none() | TIMES,
    started=st.booleans(),
    locked=st.frozensets(WORDS, max_size=4),
    incidents=st.builds(
        Incidents,
        st.lists(st.builds(Incident, TIMES, WORDS, WORDS), max_size=4).map(tuple),
        st.frozensets(WORDS, max_size=4),
    ),
    external_cash=st.none() | st.floats(-1e9, 1e9),
    trades=st.integers(0, 10**6),
)
SNAPSHOTS = st.builds(
    Snapshot,
    time=TIMES,
    equity=AMOUNTS,
    worst_case=AMOUNTS,
    free_cash=AMOUNTS,
    positions=st.integers(0, 9),
    losing_streak=st.integers(0, 9),
    locks=st.lists(st.tuples(WORDS, WORDS, TIMES), max_size=3).map(tuple),
)
SOME = Memory(
    Benchmarks(date(2024, 5, 1), 98.0, 104.5),
    NOW,
    True,
    frozenset({"nija_drawdown"}),
    Incidents((Incident(NOW, "wallets", "They failed."),), frozenset({"wallets", "candles"})),
    91.25,
    7,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / MEMORY_FILE


@pytest.fixture
def store(path: Path) -> AccountStore:
    return AccountStore(path, "kraken live trades")


def unusable(call: Callable[[], object], path: Path, reason: str, remedy: str) -> None:
    """It says which file, why, and what to do."""
    with pytest.raises(MemoryUnusable) as told:
        call()
    for part in (str(path), reason, remedy):
        assert part in str(told.value)
    assert "\n" not in str(told.value)


class TestRoundTrip:
    """What goes in comes out, also in another process."""

    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(memory=MEMORIES, snapshot=SNAPSHOTS)
    def test_anything(self, store: AccountStore, memory: Memory, snapshot: Snapshot) -> None:
        store.save(memory, snapshot)
        again = AccountStore(store.path, store.name)
        assert again.load() == memory
        assert again.snapshot() == snapshot

    def test_a_new_account_remembers_nothing(self, store: AccountStore) -> None:
        assert store.load() == Memory()
        assert store.snapshot() is None
        assert store.flows() == []
        assert store.own() == {}
        assert store.own_orders() == frozenset()

    def test_times_keep_their_zone(self, store: AccountStore) -> None:
        store.save(SOME)
        seen = store.load().seen
        assert seen is not None and seen.tzinfo is UTC

    def test_a_snapshot_is_kept_until_the_next_one(self, store: AccountStore) -> None:
        first = Snapshot(NOW, 100, 98, 80, 1, 2, (("*", "nija_streak", NOW),))
        store.save(SOME, first)
        store.save(SOME)
        assert store.snapshot() == first

    def test_what_could_not_be_valued_leaves_the_last_snapshot(self, store: AccountStore) -> None:
        """Such as a future whose funding is NaN: read back, it would look like a damaged file."""
        known = Snapshot(NOW, 100.0, 99.0, 80.0, 1, 0)
        store.save(Memory(), known)
        store.save(SOME, replace(known, equity=nan, worst_case=nan))
        assert store.snapshot() == known
        assert store.load() == SOME

    def test_flows_add_up_in_their_order(self, store: AccountStore) -> None:
        flows = [CashFlow(NOW, 50.0), CashFlow(NOW + timedelta(hours=1), -20.0)]
        store.save(SOME, flows=flows[:1])
        store.save(SOME, flows=flows[1:])
        assert store.flows() == flows

    def test_incidents_are_replaced_not_added(self, store: AccountStore) -> None:
        store.save(SOME)
        store.save(SOME)
        assert store.load().incidents == SOME.incidents

    def test_ones_own_holdings_and_orders(self, store: AccountStore) -> None:
        """Before the bot's first loop, too."""
        store.keep_own("BTC", 0.5)
        store.keep_own("BTC", 0.75)
        store.keep_own_order("O1")
        store.keep_own_order("O1")
        assert store.own() == {"BTC": 0.75}
        assert store.own_orders() == frozenset({"O1"})
        store.save(SOME)
        assert store.own() == {"BTC": 0.75}


class TestSeveralAccounts:
    """One file, and nobody meets another's memory."""

    def test_they_do_not_mix(self, path: Path) -> None:
        first, second = AccountStore(path, "kraken live a"), AccountStore(path, "coinbase live a")
        first.save(SOME, Snapshot(NOW, 1, 1, 1, 0, 0), [CashFlow(NOW, 5.0)])
        first.keep_own("BTC", 1.0)
        first.keep_own_order("O1")
        assert second.load() == Memory()
        assert second.snapshot() is None
        assert (second.flows(), second.own(), second.own_orders()) == ([], {}, frozenset())
        second.save(Memory(trades=3))
        assert first.load() == SOME
        assert second.load() == Memory(trades=3)
        assert accounts(path) == ["coinbase live a", "kraken live a"]

    def test_no_file_no_accounts(self, path: Path) -> None:
        assert accounts(path) == []
        assert not path.exists()

    @pytest.mark.parametrize(
        ("changes", "name"),
        [
            ({}, "kraken dry_run tradesv3.dryrun"),
            ({"dry_run": False}, "kraken live tradesv3"),
            ({"db_url": "sqlite:////somewhere/mine.sqlite"}, "kraken dry_run mine"),
            ({"db_url": "sqlite://"}, "kraken dry_run memory"),
            ({"db_url": "postgresql+psycopg2://u:p@h/trades"}, "kraken dry_run trades"),
        ],
    )
    def test_which_account_a_configuration_trades(self, changes, name: str) -> None:
        assert account_name({"exchange": {"name": "kraken"}, **changes}) == name


def write(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.fixture
def holder(store: AccountStore) -> Iterator[sqlite3.Connection]:
    """Another program that holds the file."""
    store.save(SOME)
    connection = sqlite3.connect(store.path)
    yield connection
    connection.close()


class TestUnusable:
    """Which file, why, and what to do; and what was there is there still."""

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"What is this?" * 100, "not a database"),
            (b"SQLite format 3\x00" + b"\xff" * 4000, ""),
        ],
        ids=["text", "a damaged header"],
    )
    def test_damaged(self, store: AccountStore, content: bytes, reason: str) -> None:
        store.path.write_bytes(content)
        unusable(store.load, store.path, reason, "")
        unusable(lambda: store.save(SOME), store.path, reason, "")
        unusable(lambda: accounts(store.path), store.path, reason, "")
        assert store.path.read_bytes() == content

    def test_cut_off(self, store: AccountStore) -> None:
        store.save(SOME)
        whole = store.path.read_bytes()
        store.path.write_bytes(whole[: len(whole) // 2 // 4096 * 4096])
        left = store.path.read_bytes()
        unusable(store.load, store.path, "malformed", "Put a good copy back, or move it away")
        assert store.path.read_bytes() == left

    def test_another_programs_database(self, store: AccountStore) -> None:
        write(store.path, "CREATE TABLE accounts (number INTEGER)")
        before = store.path.read_bytes()
        unusable(store.load, store.path, "no such column", "move it away")
        unusable(lambda: store.save(SOME), store.path, "no such column", "move it away")
        assert store.path.read_bytes() == before

    @pytest.mark.parametrize(
        "damage",
        [
            "peak = NULL",
            "day_open = NULL",
            "peak = 'much'",
            "peak = 9e999",
            "peak = -1",
            "day = 'Monday'",
            "seen = 'yesterday'",
            "locked = '{'",
            "locked = '7'",
            "external_cash = 'some'",
        ],
    )
    def test_nonsense_in_a_column(self, store: AccountStore, damage: str) -> None:
        """A loss limit that starts anew in silence would be the worst of all answers."""
        store.save(SOME)
        write(store.path, f"UPDATE accounts SET {damage}")
        unusable(store.load, store.path, "", "Put a good copy back, or move it away")

    def test_a_snapshot_of_another_version(self, store: AccountStore) -> None:
        store.save(SOME, Snapshot(NOW, 1, 1, 1, 0, 0))
        write(store.path, """UPDATE accounts SET snapshot = '{"equity": 1}'""")
        unusable(store.snapshot, store.path, "", "Put a good copy back")
        assert store.load() == SOME, "the bot needs no snapshot"

    def test_a_directory_in_its_place(self, store: AccountStore) -> None:
        store.path.mkdir()
        unusable(store.load, store.path, "a directory", "Move that away")
        unusable(lambda: store.save(SOME), store.path, "a directory", "Move that away")
        assert list(store.path.iterdir()) == []

    def test_no_folder(self, tmp_path: Path) -> None:
        path = tmp_path / "nowhere" / MEMORY_FILE
        unusable(AccountStore(path, "a").load, path, "unable to open", "Mend its permissions")

    def test_locked(self, store: AccountStore, holder: sqlite3.Connection) -> None:
        store._engine = create_engine(f"sqlite:///{store.path}", connect_args={"timeout": 0})
        holder.execute("BEGIN EXCLUSIVE")
        unusable(store.load, store.path, "locked", "Another program holds it")
        unusable(lambda: store.save(Memory()), store.path, "locked", "Another program holds it")
        holder.rollback()
        assert store.load() == SOME

    def test_readonly(self, store: AccountStore) -> None:
        """As SQLite sees it; permissions are nothing to a test that is run by root."""
        store.save(SOME)
        self.every_connection(store, "PRAGMA query_only = 1")
        unusable(lambda: store.save(Memory()), store.path, "readonly", "Mend its permissions")
        assert store.load() == SOME

    def test_a_full_disk(self, store: AccountStore) -> None:
        store.save(SOME)
        self.every_connection(store, "PRAGMA max_page_count = 1")
        lengthy = Incidents((Incident(NOW, "a", "b" * 100_000),))
        unusable(
            lambda: store.save(Memory(incidents=lengthy)), store.path, "full", "Free some disk"
        )
        assert store.load() == SOME, "all or nothing"

    @staticmethod
    def every_connection(store: AccountStore, pragma: str) -> None:
        @event.listens_for(store._engine, "connect")
        def _(connection, _record) -> None:
            connection.execute(pragma)


class TestBeginning:
    """A file is made whole, or it is made at the next start."""

    def test_a_start_that_was_interrupted(
        self, store: AccountStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            make = Base.metadata.create_all

            def half(connection) -> None:
                make(connection)
                raise KeyboardInterrupt

            patch.setattr(Base.metadata, "create_all", half)
            with pytest.raises(KeyboardInterrupt):
                store.load()
        assert store.path.stat().st_size == 0
        store.save(SOME)
        assert store.load() == SOME

    def test_a_file_that_was_moved_away_is_made_anew(self, store: AccountStore) -> None:
        store.save(SOME)
        kept = store.path.rename(store.path.with_suffix(".kept"))
        store.save(Memory(trades=8))
        assert store.load() == Memory(trades=8)
        assert AccountStore(kept, store.name).load() == SOME
