"""A memory that cannot be used lets nothing in, and is not overwritten."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from nija_plugins.memory.store import MEMORY_FILE
from tests.integration.account_memory.losing import a_fall, marks
from tests.integration.live import Bot, Home, open_pairs

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"


def damaged(file: Path, bot: Bot | None) -> Callable[[], object]:
    good = file.read_bytes()
    file.write_bytes(b"spoilt" * 1000)
    return lambda: file.write_bytes(good)


def directory(file: Path, bot: Bot | None) -> Callable[[], object]:
    good = file.rename(file.with_suffix(".good"))
    file.mkdir()

    def mend() -> None:
        file.rmdir()
        good.rename(file)

    return mend


def held(file: Path, bot: Bot | None) -> Callable[[], object]:
    """By another program."""
    connection = sqlite3.connect(file)
    connection.execute("BEGIN EXCLUSIVE")
    return connection.close


SLOW = pytest.mark.slow
"""Many bots add up: the rest of the table runs with `make test-all`."""


class TestUnusableMemory:
    """No entries, exits go on, one line and one alert, and nothing is overwritten."""

    @pytest.fixture
    def file(self, home: Home) -> Path:
        a_fall(home, 0.90, hour=13)
        return home.user_data / MEMORY_FILE

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """SQLite waits for two real seconds otherwise."""

        def engine(url: str, **options: Any) -> Any:
            return create_engine(url, **{**options, "connect_args": {"timeout": 0}})

        monkeypatch.setattr("nija_plugins.memory.store.create_engine", engine)

    def assert_closed(self, home: Home, bot: Bot) -> None:
        bot.at(12).at(12, 10).at(12, 80)
        assert open_pairs() == {BTC}
        assert len(bot.said("ERROR No entries: The account's memory")) == 1
        assert len(home.alerts("No entries: The account's memory")) == 1
        assert len(bot.said("Entry into ETH/USD refused: The account's memory")) == 1
        bot.at(14)
        assert not open_pairs(), "exits go on"

    def assert_open(self, home: Home, bot: Bot) -> None:
        bot.at(15).at(16)
        assert open_pairs() == {ETH}
        assert len(home.alerts("No entries: The account's memory")) == 1

    @pytest.mark.parametrize("spoil", [damaged, pytest.param(directory, marks=SLOW), held])
    def test_at_a_start(self, home: Home, file: Path, spoil: Callable[..., Any]) -> None:
        home.market.paint("ETH", 2, [1.10, 1.0])
        bot = home.start((BTC, ETH)).at(8).at(9)
        remembered = marks(bot)
        home.kill()
        good = file.read_bytes()
        mend = spoil(file, None)
        there = file.read_bytes() if file.is_file() else None
        home.clock.sleep(60)
        bot = home.start((BTC, ETH)).at(11)
        self.assert_closed(home, bot)
        assert there is None or file.read_bytes() == there
        mend()
        assert file.read_bytes() == good
        self.assert_open(home, bot)
        assert marks(bot) == remembered

    @pytest.mark.parametrize(
        "spoil",
        [pytest.param(damaged, marks=SLOW), directory, pytest.param(held, marks=SLOW)],
    )
    def test_while_the_bot_runs(self, home: Home, file: Path, spoil: Callable[..., Any]) -> None:
        bot = home.start((BTC, ETH)).at(8).at(9)
        mend = spoil(file, bot)
        bot.at(11)
        self.assert_closed(home, bot)
        mend()
        self.assert_open(home, bot)
        assert bot.said("The account's memory can be used again")
        bot.at(16, 100)
        assert bot.run.live is not None
        assert bot.run.live.store.load().benchmarks == bot.run.memory.benchmarks
