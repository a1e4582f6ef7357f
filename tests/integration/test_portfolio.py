"""Two real bots, Coinbase and Kraken, each in its own process, as one portfolio."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from nija_plugins.brokers.database import LEDGER_FILE
from nija_plugins.replay.clock import Clock, simulated_time
from tests.integration.bot_process import BotProcess, a_bot_process
from tests.integration.live import Home, Served, open_pairs, script
from tests.integration.painted_market import START, after

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH, SOL = "BTC/USD", "ETH/USD", "SOL/USD"
ALL = (BTC, ETH, SOL)
MONEY = {"coinbase": 300, "kraken": 250}


class Pair:
    """Both bots, the clock of their exchange, and one ledger."""

    def __init__(self, folder: Path, served: Served, clock: Clock, stack: ExitStack) -> None:
        self.url, self.market, self.venue = served
        self.folder, self.clock, self.stack = folder, clock, stack
        self.bots: dict[str, BotProcess] = {}
        self.keys: dict[str, Any] = {}

    def start(
        self, name: str, *, live: bool = False, folder: str | None = None, **changes: Any
    ) -> BotProcess:
        """A bot of its own on the exchange `name`; all three pairs signal at 8h."""
        home = self.folder / (folder or name)
        bot = self.stack.enter_context(a_bot_process(home, self.url))
        self.bots[name] = bot
        wallet = changes.pop("wallet", MONEY[name])
        nija = {"portfolio_url": f"sqlite:///{self.folder / LEDGER_FILE}"} | changes.pop("nija", {})
        options = {"pairs": list(ALL), "exchange": name, "live": live, "nija": nija}
        if live:
            opened = self.keys.setdefault(name, self.venue.open_account(name, USD=str(wallet)))
            credentials = {"exchange": name, "key": opened.key, "secret": opened.secret}
            options["credentials"] = credentials
        else:
            options["dry_run_wallet"] = wallet
        bot.tell(plugin=["scripted", script({pair: [8, 12] for pair in ALL})])
        return bot.tell(start=options | changes)

    def at(self, hours: float, seconds: float, *names: str) -> None:
        """An iteration of each of `names`, in this order, a second apart."""
        for later, name in enumerate(names):
            self.clock.move_to(after(hours, seconds + later))
            self.bots[name].at(hours, seconds + later)

    def now(self, name: str) -> dict[str, Any]:
        return self.bots[name].now

    def tiers(self) -> list[str]:
        return [bot.now["tier"] for bot in self.bots.values()]

    def open(self) -> dict[str, set[str]]:
        return {name: set(bot.now["open"]) for name, bot in self.bots.items()}

    def in_asset(self, pair: str) -> float:
        return sum(bot.now["open"].get(pair, 0.0) for bot in self.bots.values())


@pytest.fixture
def pair(tmp_path: Path, served: Served) -> Iterator[Pair]:
    served[1].reset()
    served[2].reset()
    with simulated_time(START) as clock, ExitStack() as stack:
        yield Pair(tmp_path, served, clock, stack)


@pytest.mark.parametrize("live", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_300_and_250_are_one_portfolio(pair: Pair, live: bool) -> None:
    pair.start("coinbase", live=live)
    pair.start("kraken", live=live)
    pair.at(7, 0, "coinbase", "kraken", "coinbase")
    assert pair.tiers() == ["ADVANCED", "ADVANCED"]
    assert pair.now("coinbase")["equity"] == pair.now("kraken")["equity"] == 550
    assert pair.now("coinbase")["peak"] == 550, "who joins makes no profit"

    # Six candidates, four positions, and the lower broker is asked first.
    pair.at(8, -20, "coinbase", "kraken")
    pair.at(8, 5, "kraken")
    assert pair.open() == {"coinbase": set(), "kraken": set()}
    assert "waits for coinbase" in "\n".join(pair.now("kraken")["log"])
    pair.at(8, 10, "coinbase", "coinbase", "kraken", "coinbase", "kraken")
    held = pair.open()
    assert held["coinbase"] == set(ALL)
    assert len(held["kraken"]) == 1
    assert all(pair.in_asset(one) <= 0.36 * 550 for one in ALL)
    pair.at(8, 60, "coinbase", "kraken", "coinbase", "kraken")
    assert pair.open() == held
    assert not pair.now("coinbase")["locked"] + pair.now("kraken")["locked"]

    # One falls.
    if live:
        pair.venue.withdraw(pair.keys["kraken"].key, "USD", "120")
        for minute in (400, 800):
            pair.at(8, minute, "kraken", "coinbase", "kraken", "coinbase")
        assert [m for m in pair.now("kraken")["sent"] if "$120.00" in m]
    else:
        pair.bots["kraken"].kill()
        pair.clock.move_to(after(8, 400))
        pair.start("kraken", folder="smaller", wallet=130)
        pair.at(8, 400, "kraken", "coinbase")
    assert pair.now("coinbase")["equity"] < 450
    assert pair.tiers() == ["GROWTH", "GROWTH"]
    assert not pair.now("coinbase")["locked"] + pair.now("kraken")["locked"], "it is no loss"
    lost = 1 - pair.now("coinbase")["equity"] / pair.now("coinbase")["peak"]
    assert lost < 0.06


@pytest.mark.slow
@pytest.mark.parametrize(
    ("nija", "first", "tiers"),
    [
        ({"exchange_priority": ["KRAKEN", "COINBASE"]}, {"kraken"}, ["ADVANCED"] * 2),
        ({"mode": "INDEPENDENT"}, {"kraken", "coinbase"}, ["GROWTH"] * 2),
    ],
)
def test_priority_and_mode_act(
    pair: Pair, nija: dict[str, Any], first: set[str], tiers: list[str]
) -> None:
    for name in MONEY:
        pair.start(name, nija=nija)
    pair.at(7, 0, "coinbase", "kraken", "coinbase")
    assert pair.tiers() == tiers
    pair.at(8, -20, "coinbase", "kraken")
    pair.at(8, 5, "coinbase", "kraken")
    assert {name for name, pairs in pair.open().items() if pairs} == first
    pair.at(8, 10, "kraken", "coinbase", "kraken", "coinbase")
    count = [len(pairs) for pairs in pair.open().values()]
    assert count == ([1, 3] if "exchange_priority" in nija else [3, 3])


@pytest.mark.slow
def test_a_fall_of_the_total_closes_everything_on_both(pair: Pair) -> None:
    """A gap of 60% in SOL: each bot alone would have to lose 12% of its own."""
    for name in MONEY:
        pair.start(name)
    pair.at(7, 0, "coinbase", "kraken", "coinbase")
    pair.at(8, -20, "coinbase", "kraken")
    pair.at(8, 5, "coinbase", "coinbase", "kraken")
    held = pair.open()
    assert held["coinbase"] == set(ALL) and len(held["kraken"]) == 1
    (theirs,) = held["kraken"]
    for asset in {"BTC", "ETH", "SOL"} - {theirs.partition("/")[0]}:
        pair.market.paint(asset, 9, [0.4])
    pair.at(9, 5, "coinbase", "kraken")  # the candle is not closed yet, its price is at the stop
    pair.at(10, 5, "coinbase", "kraken", "coinbase", "kraken", "coinbase", "kraken")
    total = pair.now("kraken")["equity"]
    assert total < 0.88 * 550
    assert pair.now("kraken")["own"] > 0.95 * 250, "Kraken itself lost nothing"
    for name in MONEY:
        assert "nija_drawdown" in pair.now(name)["locked"]
    assert pair.open() == {"coinbase": set(), "kraken": set()}
    pair.at(12, 5, "coinbase", "kraken", "coinbase", "kraken")
    assert pair.open() == {"coinbase": set(), "kraken": set()}


@pytest.mark.slow
def test_a_killed_bot_counts_and_blocks_upgrades(pair: Pair) -> None:
    pair.start("coinbase", wallet=250)
    pair.start("kraken", wallet=240)
    pair.at(7, 0, "coinbase", "kraken", "coinbase")
    assert pair.tiers() == ["GROWTH", "GROWTH"]
    pair.at(8, -20, "coinbase", "kraken")
    pair.at(8, 5, "coinbase", "coinbase", "kraken", "kraken")
    held = pair.open()
    assert sum(map(len, held.values())) == 3, held
    pair.bots["kraken"].kill()
    for asset in ("BTC", "ETH", "SOL"):
        pair.market.paint(asset, 8, [1.3] * 5)
    pair.at(9, 5, "coinbase", "coinbase")
    assert pair.now("coinbase")["equity"] > 500
    assert pair.now("coinbase")["tier"] == "GROWTH"
    pair.clock.move_to(after(9, 60))
    pair.start("kraken", wallet=240)  # the same home: freqtrade remembers its trades
    pair.at(9, 60, "kraken", "coinbase")
    assert pair.now("coinbase")["tier"] == "ADVANCED"
    assert set(pair.now("kraken")["open"]) == held["kraken"]


@pytest.mark.slow
def test_who_comes_back_after_midnight_leaves_the_days_opening(pair: Pair) -> None:
    """It was down since yesterday evening; the other one has opened the day, and lost since."""
    for name in MONEY:
        pair.start(name)
    pair.at(7, 0, "coinbase", "kraken", "coinbase")
    pair.at(8, -20, "coinbase", "kraken")
    pair.at(8, 5, "coinbase", "coinbase", "kraken")
    pair.at(21, 60, "kraken", "coinbase")
    pair.bots["kraken"].kill()
    pair.at(23, 60, "coinbase")
    pair.at(24, 5, "coinbase", "coinbase")
    opening = pair.now("coinbase")["day_open"]
    for asset in ("BTC", "ETH", "SOL"):
        pair.market.paint(asset, 24, [0.97])
    pair.at(25, 60, "coinbase", "coinbase")
    assert pair.now("coinbase")["equity"] < opening - 5
    pair.clock.move_to(after(26, 60))
    pair.start("kraken")
    pair.at(26, 60, "kraken", "coinbase")
    assert pair.now("coinbase")["day_open"] == pair.now("kraken")["day_open"] == opening


class TestLedgerThatCannotBeUsed:
    """No entries, one alert; exits go on."""

    def test_nothing_enters_and_everything_leaves(self, home: Home) -> None:
        home.plugin("scripted", script({BTC: [8], ETH: [12], SOL: [16]}, stop=0.04))
        home.market.paint("BTC", 9, [0.90])
        bot = home.start(ALL).at(8).at(8, 10)
        assert open_pairs() == {BTC}
        ledger = home.user_data / LEDGER_FILE
        for file in home.user_data.glob(f"{LEDGER_FILE}*"):
            file.unlink()
        ledger.mkdir()
        bot.at(9).at(10).at(10, 10)
        assert not open_pairs(), "its stop was hit"
        bot.at(12).at(12, 60)
        assert not open_pairs()
        (alert,) = home.alerts("No entries")
        assert f"The portfolio's ledger {ledger} cannot be used" in alert
        ledger.rmdir()
        bot.at(16).at(16, 10)
        assert open_pairs() == {SOL}
        assert bot.run.memory.benchmarks is not None
        assert bot.run.memory.benchmarks.peak == pytest.approx(100, rel=1e-3)


def test_a_backtest_has_no_ledger(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even a file: see also the suites of the engine."""
    bot = home.start()
    made: list[Callable[..., Any]] = []
    monkeypatch.setattr("nija_plugins.brokers.ledger.engine_of", made.append)
    bot.strategy._mode = "backtest"
    assert bot.strategy._portfolio_watch() is None
    assert not made
