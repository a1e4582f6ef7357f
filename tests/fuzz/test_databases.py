"""Any bytes and any values in the account's memory and in the journal: what was written, or one
clear error; the bot and its memory go on from it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nija_plugins.account import Benchmarks
from nija_plugins.incidents import Incident, Incidents
from nija_plugins.live.cash_flows import CashFlow
from nija_plugins.memory import AccountStore, Memory, MemoryUnusable, Snapshot
from nija_plugins.memory.store import accounts
from nija_plugins.records import journal
from nija_plugins.records.journal import Journal, JournalUnreadable, Refused
from tests.fuzz.anything import mutated
from tests.fuzz.depth import examples

NOW = datetime(2025, 3, 4, tzinfo=UTC)
NAME = "kraken live trades"
MEMORY = Memory(
    benchmarks=Benchmarks(date(2025, 3, 4), 100.0, 120.0),
    seen=NOW,
    started=True,
    locked=frozenset({"nija_drawdown"}),
    incidents=Incidents((Incident(NOW, "wallets", "No answer."),), frozenset({"wallets"})),
    external_cash=100.0,
    trades=3,
)
SNAPSHOT = Snapshot(NOW, 100.0, 90.0, 50.0, 1, 0, (("*", "nija_drawdown", NOW),))
TABLES = {
    "accounts": (
        *("name", "seen", "day", "day_open", "peak", "started", "locked", "lasting"),
        *("external_cash", "trades", "snapshot"),
    ),
    "incidents": ("account", "time", "cause", "sentence"),
    "cash_flows": ("account", "time", "amount"),
    "own_holdings": ("account", "asset", "amount"),
    "own_orders": ("account", "order_id"),
}
CELLS = [(table, column) for table, columns in TABLES.items() for column in columns]
VALUES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.binary(max_size=8),
    st.sampled_from(
        ("[]", "{}", "[1]", '{"a": 1}', "null", "NaN", "2025-03-04", "2025-03-04 00:00:00", b"\xff")
    ),
)


@contextmanager
def file_of(content: bytes) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "nija.sqlite"
        path.write_bytes(content)
        yield path


@cache
def a_memory() -> bytes:
    with file_of(b"") as path:
        store = AccountStore(path, NAME)
        store.save(MEMORY, SNAPSHOT, [CashFlow(NOW, 5.0)])
        store.keep_own("BTC", 0.5)
        store.keep_own_order("O-1")
        return path.read_bytes()


@cache
def a_journal() -> bytes:
    with file_of(b"") as path:
        log = Journal(path, NAME)
        for number in range(20):
            log.record(NOW, f"PAIR{number}/USD", 0.5, [("risk.streak", "Three losses in a row.")])
        return path.read_bytes()


def sound(memory: Memory) -> None:
    """What the bot's loop does with a memory works."""
    assert memory.seen is None or memory.seen.tzinfo is UTC
    assert isinstance(memory.trades, int) and isinstance(memory.started, bool)
    assert all(isinstance(one, str) for one in (*memory.locked, *memory.incidents.lasting))
    memory.incidents.after(NOW, {"wallets": "No answer."})
    for one in memory.incidents.recent:
        assert isinstance(one.cause, str) and isinstance(one.sentence, str)
    if memory.benchmarks:
        memory.benchmarks.observe(NOW, 100.0)
    assert memory.external_cash is None or memory.external_cash - 1.0 < float("inf")


def looked_at(path: Path) -> None:
    store = AccountStore(path, NAME)
    asked: list[Callable[[], Any]] = [
        lambda: sound(store.load()),
        store.snapshot,
        lambda: [flow.amount + 1.0 for flow in store.flows()],
        lambda: [amount + 1.0 for amount in store.own().values()],
        lambda: sorted(store.own_orders()),
        lambda: sorted(accounts(path)),
        lambda: store.save(MEMORY, SNAPSHOT),
        lambda: store.keep_own("BTC", 1.0),
    ]
    for ask in asked:
        try:
            ask()
        except MemoryUnusable as error:
            assert str(path) in str(error)
            assert "\n" not in str(error)


@examples(50, 2000)
@given(st.data())
def test_any_bytes_as_the_memory(data: st.DataObject) -> None:
    with file_of(data.draw(st.binary(max_size=200) | mutated([a_memory()]))) as path:
        looked_at(path)


@examples(50, 5000)
@given(st.sampled_from(CELLS), VALUES)
@example(("accounts", "trades"), "many")
@example(("accounts", "locked"), "5")
@example(("accounts", "locked"), "[5]")
@example(("accounts", "started"), 7)
@example(("accounts", "snapshot"), "[]")
@example(("cash_flows", "amount"), "much")
@example(("own_holdings", "amount"), b"\xff")
def test_any_value_in_the_memory(cell: tuple[str, str], value: Any) -> None:
    put(a_memory(), *cell, value, looked_at)


def put(
    content: bytes, table: str, column: str, value: Any, look: Callable[[Path], object]
) -> None:
    """Looks at the database with `value` in one column of a table."""
    with file_of(content) as path:
        connection = sqlite3.connect(path)
        try:
            connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
            connection.commit()
        except sqlite3.IntegrityError:
            pass
        finally:
            connection.close()
        look(path)


def read(path: Path) -> None:
    try:
        found = list(journal.read(path, NOW))
    except JournalUnreadable as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
    else:
        assert all(isinstance(one, Refused) and one.time.tzinfo for one in found)
        assert all(one.score < 2 or one.score >= 2 or one.score != one.score for one in found)
    Journal(path, NAME).record(NOW, "BTC/USD", 0.5, [("a", "b")])


@examples(40, 2000)
@given(st.data())
def test_any_bytes_as_the_journal(data: st.DataObject) -> None:
    with file_of(data.draw(st.binary(max_size=200) | mutated([a_journal()]))) as path:
        read(path)


@examples(30, 2000)
@given(st.sampled_from(("time", "account", "pair", "score", "rule", "sentence")), VALUES)
@example("time", "yesterday")
@example("score", "high")
def test_any_value_in_the_journal(column: str, value: Any) -> None:
    put(a_journal(), "refusals", column, value, read)


def test_what_is_written_is_read() -> None:
    with file_of(a_memory()) as path:
        assert AccountStore(path, NAME).load() == MEMORY
        assert AccountStore(path, NAME).snapshot() == SNAPSHOT
    with file_of(a_journal()) as path:
        assert len(list(journal.read(path))) == 20
    with file_of(b"junk") as path, pytest.raises(MemoryUnusable):
        AccountStore(path, NAME).load()
