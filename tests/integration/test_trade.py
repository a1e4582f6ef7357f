"""`nija trade`: what it starts, what it refuses to start and how it says so, restarts, Ctrl-C."""

import importlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nija_plugins.cli import app
from nija_plugins.memory import AccountStore, Memory
from nija_plugins.memory.store import MEMORY_FILE
from nija_plugins.venue.app import build_app
from nija_plugins.venue.environment import freqtrade_environment
from nija_plugins.venue.market.candles import SyntheticCandles
from nija_plugins.venue.server import serve
from nija_plugins.venue.venue import Venue
from tests.conftest import ROOT

command = importlib.import_module("nija_plugins.cli.trade")


@dataclass
class Shop:
    """A user's folder, and the exchanges."""

    home: Path
    venue: Venue
    environ: dict[str, str]
    started: dict[str, list[str]] = field(default_factory=dict)

    def configure(self, **changes: object) -> None:
        file = self.home / "user_data" / "config.json"
        file.write_text(
            json.dumps({"add_config_files": ["../config.micro_capital.json"]} | changes)
        )

    def open(self, **dollars: str) -> None:
        """Accounts with so much money, their keys in .env."""
        lines = []
        for name, amount in dollars.items():
            keys = self.venue.open_account(name, USD=amount)
            prefix = {"coinbase": "COINBASE_API", "kraken": "KRAKEN_MASTER_API"}[name]
            lines += [f"{prefix}_KEY={keys.key}", f'{prefix}_SECRET="{keys.secret}"']
        (self.home / ".env").write_text("\n".join(lines))

    def remember(self, account: str, **facts: bool) -> None:
        """What the bot of `account` knew when it was last there."""
        AccountStore(self.home / "user_data" / MEMORY_FILE, account).save(Memory(**facts))

    def bought(self, database: str, is_open: bool = True, exchange: str = "") -> None:
        """A trade in a bot's database, as far as `nija trade` looks at it."""
        columns = "id INTEGER PRIMARY KEY, is_open BOOLEAN, exchange TEXT"
        with closing(sqlite3.connect(self.home / database)) as connection, connection:
            connection.execute(f"CREATE TABLE IF NOT EXISTS trades ({columns})")
            row = (is_open, exchange)
            connection.execute("INSERT INTO trades (is_open, exchange) VALUES (?, ?)", row)

    def trade(self, *arguments: str) -> tuple[int, str]:
        """Exit code and what was said, without starting anything."""
        result = CliRunner().invoke(app, ["trade", *arguments], env=self.environ)
        assert "Traceback" not in result.output
        return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def shop(house: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shutil.copy(ROOT / "config.coinbase.json", house)
    source = SyntheticCandles(1)
    venue = Venue(source)
    with serve(build_app(venue), port=0) as url:
        variables = freqtrade_environment(url, "x", {"FREQTRADE__DB_URL": ""})
        del variables["FREQTRADE__DRY_RUN"]
        found = Shop(house, venue, {**variables, "AI_TRADE_FILTER": "false", "COLUMNS": "300"})
        monkeypatch.chdir(house)
        before = dict(os.environ)

        def written(folder: Path, bots: dict[str, list[str]]) -> Path:
            found.started = bots
            return folder

        monkeypatch.setattr(command.supervision, "write_config", written)
        monkeypatch.setattr(command, "run_on_terminal", lambda *_: 0)
        yield found
        os.environ.clear()
        os.environ.update(before)


class TestWhatIsStarted:
    """What keys and balances allow."""

    def test_both_in_a_dry_run(self, shop: Shop) -> None:
        code, said = shop.trade()
        assert code == 0, said
        assert list(shop.started) == ["coinbase", "kraken"]
        assert "--db-url" not in shop.started["coinbase"], "freqtrade's own"
        assert "sqlite:///tradesv3.kraken.dryrun.sqlite" in shop.started["kraken"]

    def test_the_primary_broker_comes_first(self, shop: Shop) -> None:
        shop.configure(nija={"primary_broker": "KRAKEN", "secondary_broker": "COINBASE"})
        assert shop.trade()[0] == 0
        assert list(shop.started) == ["kraken", "coinbase"]
        assert "--db-url" not in shop.started["kraken"]

    @pytest.mark.parametrize("is_open", [True, False])
    def test_a_database_stays_with_the_broker_whose_trades_it_has(
        self, shop: Shop, is_open: bool
    ) -> None:
        """Coinbase was the primary broker. Its bot would not find its positions, and the other one
        would refuse to start with them."""
        shop.bought("tradesv3.dryrun.sqlite", is_open, "coinbase")
        shop.bought("tradesv3.kraken.dryrun.sqlite", is_open, "kraken")
        shop.configure(nija={"primary_broker": "KRAKEN", "secondary_broker": "COINBASE"})
        assert shop.trade()[0] == 0
        assert list(shop.started) == ["kraken", "coinbase"]
        assert "sqlite:///tradesv3.kraken.dryrun.sqlite" in shop.started["kraken"]
        assert "--db-url" not in shop.started["coinbase"]

    def test_positions_of_a_plain_freqtrade_on_the_secondary_broker(self, shop: Shop) -> None:
        shop.bought("tradesv3.dryrun.sqlite", False, "coinbase")
        shop.bought("tradesv3.dryrun.sqlite", True, "kraken")
        shop.bought("tradesv3.dryrun.sqlite", False, "coinbase")
        code, said = shop.trade()
        assert code == 0 and "kraken: $100.00, open positions: 1" in said
        assert "--db-url" not in shop.started["kraken"]
        assert "sqlite:///tradesv3.coinbase.dryrun.sqlite" in shop.started["coinbase"]

    def test_the_secondary_broker_may_be_the_same(self, shop: Shop) -> None:
        shop.configure(nija={"secondary_broker": "COINBASE"})
        assert shop.trade()[0] == 0
        assert list(shop.started) == ["coinbase"]

    def test_one_by_name(self, shop: Shop) -> None:
        assert shop.trade("--broker", "kraken")[0] == 0
        assert list(shop.started) == ["kraken"]

    def test_below_its_minimum(self, shop: Shop) -> None:
        shop.configure(dry_run=False)
        shop.open(coinbase="20", kraken="49")
        code, said = shop.trade()
        assert code == 0, said
        assert list(shop.started) == ["coinbase"]
        assert "kraken holds $49.00, below its minimum of $50.00" in said

    @pytest.mark.parametrize(("dollars", "starts"), [("14.30", True), ("14.20", False)])
    def test_a_fee_ends_no_trading_that_has_begun(
        self, shop: Shop, dollars: str, starts: bool
    ) -> None:
        """Minimum balances gate the start, then use the buffer."""
        shop.configure(dry_run=False)
        shop.open(coinbase=dollars)
        assert shop.trade()[0] == 2, "a fresh account needs $15"
        shop.remember("coinbase live tradesv3", started=True)
        assert (shop.trade()[0] == 0) is starts

    def test_open_positions_are_never_left_alone(self, shop: Shop) -> None:
        """Whatever is left of the account: its stops are watched by its bot, and by nobody else."""
        shop.configure(dry_run=False)
        shop.open(coinbase="9", kraken="49")
        shop.bought("tradesv3.sqlite")
        shop.bought("tradesv3.kraken.sqlite", is_open=False)
        code, said = shop.trade()
        assert code == 0, said
        assert list(shop.started) == ["coinbase"]
        assert "coinbase: $9.00, open positions: 1" in said
        assert "kraken holds $49.00, below its minimum of $50.00" in said

    def test_what_is_wrong_with_one_leaves_no_position_of_another_alone(self, shop: Shop) -> None:
        """A reboot while Kraken is in maintenance, or after its key was revoked."""
        shop.configure(dry_run=False)
        shop.open(coinbase="20", kraken="100")
        text = (shop.home / ".env").read_text()
        (shop.home / ".env").write_text(text.replace("kraken-bot", "kraken-other"))
        shop.bought("tradesv3.sqlite")
        code, said = shop.trade()
        assert code == 0, said
        assert list(shop.started) == ["coinbase"]
        assert "that the key is active. kraken is left out." in said

    def test_positions_are_watched_though_the_ledger_is_gone(self, shop: Shop) -> None:
        """Its bot enters nothing, and sells at its stops."""
        shop.environ["PORTFOLIO_URL"] = "postgresql://nija:tops3cret@127.0.0.1:1/nija"
        shop.bought("tradesv3.dryrun.sqlite")
        code, said = shop.trade()
        assert code == 0, said
        assert list(shop.started) == ["coinbase"]
        assert "coinbase starts all the same: open positions: 1" in said
        assert "tops3cret" not in said

    def test_coins_count(self, shop: Shop) -> None:
        shop.configure(dry_run=False)
        shop.open(coinbase="20", kraken="10")
        shop.venue.deposit("kraken-bot", "BTC", "0.1")
        assert shop.trade()[0] == 0
        assert list(shop.started) == ["coinbase", "kraken"]

    def test_a_secondary_without_a_key(self, shop: Shop) -> None:
        shop.configure(dry_run=False)
        shop.open(coinbase="20")
        code, said = shop.trade()
        assert code == 0, said
        assert list(shop.started) == ["coinbase"]
        assert "kraken has no key: it is left out." in said


class TestWhatIsWrong:
    """One clear line, exit code 2, and no key in it."""

    def refused(self, shop: Shop, *arguments: str) -> str:
        code, said = shop.trade(*arguments)
        assert code == 2, said
        assert not shop.started
        return said

    def test_no_key_of_the_primary(self, shop: Shop) -> None:
        shop.configure(dry_run=False)
        shop.open(kraken="100")
        assert "coinbase has no key: set COINBASE_API_KEY and" in self.refused(shop)

    def test_a_wrong_key(self, shop: Shop) -> None:
        shop.configure(dry_run=False)
        shop.open(coinbase="20", kraken="100")
        text = (shop.home / ".env").read_text()
        (shop.home / ".env").write_text(text.replace("kraken-bot", "kraken-other"))
        said = self.refused(shop)
        assert "kraken: it does not accept the key: check KRAKEN_MASTER_API_KEY" in said
        assert "kraken-other" not in said

    def test_nothing_above_its_minimum(self, shop: Shop) -> None:
        shop.configure(dry_run_wallet=9)
        said = self.refused(shop)
        assert "Nothing to start: $0.00 on brokers above their minimum" in said

    def test_a_ledger_that_is_not_there(self, shop: Shop) -> None:
        shop.environ["PORTFOLIO_URL"] = "postgresql://nija:tops3cret@127.0.0.1:1/nija"
        said = self.refused(shop)
        assert "The portfolio's ledger at 127.0.0.1:1/nija cannot be used" in said
        assert "tops3cret" not in said

    def test_an_exchange_that_is_not_there(self, shop: Shop) -> None:
        for name in ("REST", "PUBLIC", "PRIVATE"):
            for spelt in (name, name.lower()):
                variable = f"FREQTRADE__EXCHANGE__CCXT_CONFIG__URLS__API__{spelt}"
                if variable in shop.environ:
                    shop.environ[variable] = "http://127.0.0.1:1"
        assert "cannot be reached" in self.refused(shop)

    def test_clocks_apart(self, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
        from nija_plugins.doctor import context

        now = context.wall_clock

        def wrong() -> object:
            from datetime import timedelta

            return now() + timedelta(seconds=40)

        monkeypatch.setattr(
            command, "Context", lambda **given: context.Context(clock=wrong, **given)
        )
        assert "s ahead of coinbase's: signed requests will be refused" in self.refused(shop)

    def test_one_database_for_two(self, shop: Shop) -> None:
        shop.configure(db_url="sqlite:///mine.sqlite")
        assert '"db_url" names one database' in self.refused(shop)
        assert shop.trade("--broker", "kraken")[0] == 0

    @pytest.mark.parametrize(
        ("section", "told"),
        [
            ({"api_server": {"listen_port": 8080, "listen_ip_address": "127.0.0.1"}}, "port 8080"),
            ({"telegram": {"token": "a-token", "chat_id": "1"}}, "the same Telegram token"),
        ],
    )
    def test_one_door_for_two(self, shop: Shop, section: dict[str, Any], told: str) -> None:
        """One bot would get it, and nobody's /forceexit would reach the other one."""
        ((name, facts),) = section.items()
        users = {"username": "nija", "password": "x", "jwt_secret_key": "x" * 32}
        shop.configure(**{name: {"enabled": True, **users, **facts}})
        assert told in self.refused(shop)
        assert "config.kraken.json" in self.refused(shop)
        assert shop.trade("--broker", "kraken")[0] == 0
        shop.bought("tradesv3.kraken.dryrun.sqlite", True, "kraken")
        code, said = shop.trade()
        assert code == 0 and told in said, "somebody must watch the stops"
        assert list(shop.started) == ["coinbase", "kraken"]

    def test_a_door_for_each(self, shop: Shop) -> None:
        users = {"username": "nija", "password": "x", "jwt_secret_key": "x" * 32}
        shop.configure(
            api_server={"enabled": True, "listen_port": 8080, **users},
            telegram={"enabled": False, "token": "", "chat_id": ""},
        )
        overlay = shop.home / "config.kraken.json"
        overlay.write_text(
            overlay.read_text().replace("{", '{"api_server": {"listen_port": 8081},', 1)
        )
        assert shop.trade()[0] == 0
        assert list(shop.started) == ["coinbase", "kraken"]

    def test_twice(self, shop: Shop) -> None:
        from filelock import FileLock

        with FileLock(shop.home / "user_data" / ".nija_trade.kraken.lock"):
            assert "kraken is traded by another `nija trade` already" in self.refused(shop)


def bots_below(process: "subprocess.Popen[bytes]") -> dict[str, int]:
    """Process ids of the bots, by broker."""
    found = subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True)
    lines = [line.split() for line in found.stdout.splitlines()]
    return {
        words[words.index("nija_plugins.brokers.start") + 1]: int(words[0])
        for words in lines
        if "nija_plugins.brokers.start" in words and f"/proc/{words[0]}" and process.poll() is None
    }


@pytest.mark.slow
def test_a_bot_that_dies_comes_back_and_ctrl_c_ends_all(house: Path) -> None:
    shutil.copy(ROOT / "config.coinbase.json", house)
    log = house / "log"
    with serve(build_app(SyntheticCandles(1)), port=0) as url, log.open("wb") as out:
        variables = freqtrade_environment(url, "x", {"FREQTRADE__DB_URL": ""})
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("nija")), "trade"],
            cwd=house,
            env={**os.environ, **variables, "AI_TRADE_FILTER": "false"},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            until(process, log, lambda text: text.count("Changing state to: RUNNING") >= 2)
            first = bots_below(process)
            assert set(first) == {"coinbase", "kraken"}
            until(process, log, lambda text: text.count("entered RUNNING state") >= 2)
            os.kill(first["kraken"], signal.SIGKILL)
            until(process, log, lambda text: text.count("Changing state to: RUNNING") >= 3)
            second = bots_below(process)
            assert second["coinbase"] == first["coinbase"]
            assert second["kraken"] != first["kraken"]
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=60) == 0
            assert not bots_below(process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(timeout=90)
    text = log.read_text()
    assert text.count("SIGINT received, aborting") == 2
    assert "Traceback" not in text


def until(process: "subprocess.Popen[bytes]", log: Path, seen: object) -> None:
    assert callable(seen)
    deadline = time.monotonic() + 150
    while not seen(log.read_text()):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
