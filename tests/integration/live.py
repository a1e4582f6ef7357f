"""The real bot, offline: freqtrade's Worker, in dry-run or live, over the simulated exchange.

The clock is ours (time_machine), candles are painted by hand, and every iteration of the bot is
one call. One process is enough: `a_home` puts back whatever it changes of freqtrade's and Python's.
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.commands.arguments import Arguments
from freqtrade.data.dataprovider import DataProvider
from freqtrade.persistence import (
    Order,
    PairLocks,
    Trade,
    WalletHistory,
)
from freqtrade.persistence.custom_data import _CustomData
from freqtrade.persistence.key_value_store import _KeyValueStoreModel
from freqtrade.persistence.pairlock import PairLock
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.worker import Worker

from nija_plugins.replay.clock import Clock, simulated_time
from nija_plugins.run import Run
from nija_plugins.settings import ALIASES, Settings, environment_name
from nija_plugins.venue.environment import addresses
from nija_plugins.venue.kraken import futures as kraken_futures
from nija_plugins.venue.venue import Books, Credentials, Venue
from tests.conftest import ROOT, WITHOUT_FILTER
from tests.integration.painted_market import HOUR, START, PaintedMarket, after


def script(
    entries: Mapping[str, Sequence[float]],
    *,
    stop: float = 0.04,
    target: float = 0.60,
    trail: float = 0.06,
) -> str:
    """A single-file plugin that signals at the 4h closes START + `entries` hours of each pair,
    with the best score and this plan; NIJA's own rules judge it."""
    closes = {
        pair: [(START + timedelta(hours=h) - HOUR).isoformat() for h in hours]
        for pair, hours in entries.items()
    }
    return f"""
import pandas as pd
from nija_plugins import hookimpl
from nija_plugins.view import Plan

CANDLES = {closes!r}

@hookimpl
def nija_score(votes, regime):
    return pd.Series(1.0, index=regime.index)

@hookimpl
def nija_plan(dataframe, pair):
    wanted = pd.to_datetime(CANDLES.get(pair, []), utc=True)
    chosen = dataframe["date"].isin(wanted)
    def where(value):
        return pd.Series(value, index=dataframe.index).where(chosen)
    return Plan(stop=where({stop}), target=where({target}), trail=where({trail}))
"""


RESTING: dict[str, Any] = {
    "ignore_buying_expired_candle_after": 3600,
    "exchange": "kraken",
    "entry_pricing": {"price_side": "same", "use_order_book": False, "price_last_balance": 0.0},
}
"""Entries at the bid, which a rising price leaves behind; on Coinbase freqtrade's dry-run fills
every limit order at once."""

RAISES = "raise RuntimeError('out of order')"


def broken(hook: str, arguments: str, body: str, when: str = "True") -> str:
    """A plugin whose `hook` misbehaves where `when` holds and has no opinion elsewhere."""
    return f"""
import pandas as pd
from nija_plugins import hookimpl
from nija_plugins.view import Family, Plan, Vote

@hookimpl
def {hook}({arguments}):
    if {when}:
        {body}
    return None
"""


def open_trade(pair: str = "BTC/USD") -> Trade:
    """The only open trade of `pair`."""
    (trade,) = Trade.get_trades_proxy(pair=pair, is_open=True)
    return trade


def closed_trade(pair: str = "BTC/USD") -> Trade:
    """The only closed trade of `pair`."""
    (trade,) = Trade.get_trades_proxy(pair=pair, is_open=False)
    return trade


def open_pairs() -> set[str]:
    """The pairs with an open trade."""
    return {trade.pair for trade in Trade.get_trades_proxy(is_open=True)}


def paid(trade: Trade) -> float:
    """What the entry cost, fee included."""
    return trade.amount * trade.open_rate * (1 + trade.fee_open)


def equity(wallet: float, closes: Mapping[str, float]) -> float:
    """Equity by hand: what is left of `wallet`, and what the open trades would bring at
    `closes` after the exit fee."""
    trades = Trade.get_trades_proxy(is_open=True)
    brings = sum(t.amount * closes[t.pair] * (1 - t.fee_close) for t in trades)
    return wallet - sum(paid(trade) for trade in trades) + brings


Served = tuple[str, PaintedMarket, Venue]
"""An address, the market behind it, and the exchanges' books."""


class Records(logging.Handler):
    """Everything that is logged from INFO up."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # asyncio complains of an earlier test's connections whenever they are collected.
        if record.name.partition(".")[0] not in ("nija_plugins", "freqtrade"):
            return
        self.lines.append(f"{record.levelname} {record.getMessage()}")


@dataclass
class Bot:
    """A running bot, iterated by hand."""

    worker: Worker
    clock: Clock
    log: list[str]
    state: Any = field(default=None)

    @property
    def config(self) -> dict[str, Any]:
        return self.worker.freqtrade.config

    @property
    def strategy(self) -> Any:
        return self.worker.freqtrade.strategy

    @property
    def run(self) -> Run:
        run: Run = self.strategy.run
        return run

    @property
    def wallets(self) -> Any:
        return self.worker.freqtrade.wallets

    def at(self, hours: float, seconds: float = 5) -> "Bot":
        """One iteration at START + `hours` and `seconds`."""
        self.clock.move_to(after(hours, seconds))
        self.state = self.worker._worker(old_state=self.state)
        return self

    def account(self) -> Any:
        """The account as NIJA sees it now."""
        return self.strategy._account(datetime.now(UTC))

    def said(self, text: str) -> list[str]:
        """The log lines that contain `text`."""
        return [line for line in self.log if text in line]


@dataclass
class Home:
    """A user's directory with the repository's own user_data, and what a test changes in it."""

    path: Path
    url: str
    market: PaintedMarket
    clock: Clock
    records: Records
    venue: Venue
    bots: list[Bot] = field(default_factory=list)
    keys: dict[str, Credentials] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)
    """What the bots told a person (Telegram, Discord, webhooks)."""

    @property
    def user_data(self) -> Path:
        return self.path / "user_data"

    @property
    def tier_state(self) -> dict[str, Any]:
        state = (self.user_data / ".auto_scaling_state.json").read_text()
        found: dict[str, Any] = json.loads(state)
        return found

    def plugin(self, name: str, source: str) -> None:
        """Puts a single-file plugin into user_data/plugins, in place of an earlier one."""
        (self.user_data / "plugins" / f"{name}.py").write_text(source)

    def account(self, exchange: str, **balances: str) -> Credentials:
        """The bot's account at the venue, opened with `balances` when there is none yet."""
        if exchange not in self.keys:
            self.keys[exchange] = self.venue.open_account(exchange, **(balances or {"USD": "100"}))
        return self.keys[exchange]

    def books(self, exchange: str) -> Books:
        """The venue's truth about the bot's account."""
        return self.venue.books(self.keys[exchange].key)

    def alerts(self, text: str) -> list[str]:
        """What was told to a person that contains `text`."""
        return [message for message in self.sent if text in message]

    def start(
        self,
        pairs: Sequence[str] = ("BTC/USD",),
        *,
        exchange: str = "coinbase",
        live: bool = False,
        timeout: int = 10_000,
        database: str = "trades",
        **changes: Any,
    ) -> Bot:
        """`freqtrade trade --strategy NijaMicro` on `pairs`, with `changes` in
        user_data/config.json: keys of freqtrade's, and `nija`; without the AI filter unless `nija`
        has it.

        With `live`, dry_run is false and the bot trades on its account at the venue ($100, unless
        `account` opened it with something else). `timeout` is the client's patience in real
        milliseconds. A restart needs the clock to have moved, because of Kraken's nonce.
        """
        ccxt = {
            "urls": {"api": addresses(self.url)},
            "enableRateLimit": False,
            "timeout_on_exit": 0,
        }
        ccxt["timeout"] = timeout
        config: dict[str, Any] = {
            "add_config_files": ["../config.micro_capital.json"],
            "exchange": {
                "name": exchange,
                "pair_whitelist": list(pairs),
                "ccxt_config": ccxt,
                "markets_refresh_interval": 10**6,
            },
            **changes,
            "nija": WITHOUT_FILTER | changes.get("nija", {}),
        }
        if live:
            credentials = self.account(exchange)
            config["dry_run"] = False
            config["exchange"] |= {"key": credentials.key, "secret": credentials.secret}
        (self.user_data / "config.json").write_text(json.dumps(config))
        trades = f"sqlite:///{self.path / database}.sqlite"
        arguments = ["trade", "--strategy", "NijaMicro", "--userdir", str(self.user_data)]
        parsed = Arguments([*arguments, "--db-url", trades]).get_parsed_arg()
        self.records.lines.clear()
        bot = Bot(Worker(parsed), self.clock, self.records.lines)
        self.bots.append(bot)
        return bot

    def kill(self) -> None:
        """The process is gone: what was not committed is lost, nothing is said or cleaned up."""
        bot = self.bots[-1]
        forget_database()
        bot.worker.freqtrade.exchange.close()

    def end(self) -> None:
        """Closes what the bots of this test left open."""
        for bot in self.bots:
            bot.worker.freqtrade.exchange.close()
            bot.worker.freqtrade.rpc.cleanup()
        if self.bots:
            forget_database()


SESSIONS = (Trade, Order, PairLock, _KeyValueStoreModel, _CustomData, WalletHistory)


def forget_database() -> None:
    """Rolls open transactions back and lets go of the file."""
    for session in {id(owner.session): owner.session for owner in SESSIONS}.values():
        session.remove()
        session.get_bind().dispose()


@contextmanager
def a_home(
    path: Path,
    url: str,
    market: PaintedMarket,
    venue: Venue,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Home]:
    """A home in `path` with the clock at START; afterwards everything is as it was before.

    `venue` is what `url` serves, for bots that trade live; it starts without accounts and faults.
    """
    shutil.copy(ROOT / "config.micro_capital.json", path)
    for folder in ("strategies", "hyperopts", "plugins"):
        shutil.copytree(
            ROOT / "user_data" / folder,
            path / "user_data" / folder,
            ignore=shutil.ignore_patterns("__pycache__", "NijaMicro.json"),
            dirs_exist_ok=True,  # a bot that is started again in its home
        )
    own = {environment_name(name) for name in Settings.model_fields} | set(ALIASES)
    for name in [n for n in os.environ if n in own or n.startswith("FREQTRADE__")]:
        monkeypatch.delenv(name)
    for owner in SESSIONS:
        monkeypatch.setattr(owner, "session", None, raising=False)
    monkeypatch.setattr(PairLocks, "timeframe", PairLocks.timeframe)
    # freqtrade would replace pytest's handlers by its own.
    monkeypatch.setattr("freqtrade.configuration.configuration.setup_logging", lambda config: None)
    # freqtrade asks Kraken Futures for all of them, again and again.
    monkeypatch.setattr(kraken_futures, "FIRST_FUNDING", START - timedelta(days=2))
    enable_database_use()
    market.reset()
    venue.reset()
    root, records = logging.getLogger(), Records()
    # Hyperopt in the same process would have silenced the second one.
    levels = {one: one.level for one in (root, logging.getLogger("nija_plugins.scaling"))}
    with simulated_time(START) as clock:
        home = Home(path, url, market, clock, records, venue)
        send = DataProvider.send_msg

        def sent(self: DataProvider, message: str, *, always_send: bool = False) -> None:
            home.sent.append(message)
            send(self, message, always_send=always_send)

        monkeypatch.setattr(DataProvider, "send_msg", sent)
        root.addHandler(records)
        for one in levels:
            one.setLevel(logging.INFO)
        try:
            yield home
        finally:
            root.removeHandler(records)
            for one, level in levels.items():
                one.setLevel(level)
            home.end()
