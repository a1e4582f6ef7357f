"""`nija offline`: freqtrade itself against the simulated exchange, with true exit codes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nija_plugins.cli.offline import Exchange, freqtrade_environment, run_offline, with_overlay
from nija_plugins.venue.address import HOST
from nija_plugins.venue.market.files import write_synthetic_candles
from nija_plugins.venue.market.marker import MARKER
from nija_plugins.venue.server import VenueError

STRATEGY = """
import logging
from freqtrade.strategy import IStrategy
import talib.abstract as ta

logger = logging.getLogger(__name__)

class Toy(IStrategy):
    timeframe = "1h"
    stoploss = -0.05
    minimal_roi = {"0": 0.03}
    startup_candle_count = 20
    peek = False

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, 14)
        if self.peek:
            dataframe["rsi"] = dataframe["rsi"].shift(-3)
        logger.info("Toy saw %d candles of %s", len(dataframe), metadata["pair"])
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        # A bot interrupted while it stores a trade stumbles over its own database session.
        if self.dp.runmode.value != "dry_run":
            dataframe.loc[dataframe["rsi"] < 40, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

class Peeking(Toy):
    peek = True
"""


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory as a user has it: user_data, one configuration, a toy strategy."""
    user_data = tmp_path / "user_data"
    (user_data / "strategies").mkdir(parents=True)
    (user_data / "data").mkdir()
    (user_data / "strategies" / "Toy.py").write_text(STRATEGY)
    pricing = {"price_side": "other", "use_order_book": False}
    config = {
        "dry_run": True,
        "dry_run_wallet": 100,
        "stake_currency": "USD",
        "stake_amount": "unlimited",
        "max_open_trades": 2,
        "timeframe": "1h",
        "initial_state": "running",
        "entry_pricing": pricing,
        "exit_pricing": pricing,
        "exchange": {"name": "coinbase", "pair_whitelist": ["BTC/USD", "SOL/USD"]},
        "pairlists": [{"method": "StaticPairList"}],
        "internals": {"process_throttle_secs": 1},
    }
    (user_data / "config.json").write_text(json.dumps(config))
    (tmp_path / "config.kraken.json").write_text('{"exchange": {"name": "kraken"}}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")  # freqtrade's log breaks its lines at this width
    for name in [name for name in os.environ if name.startswith("FREQTRADE__")]:
        monkeypatch.delenv(name)
    return tmp_path


def offline(*arguments: str, exchange: Exchange = Exchange.COINBASE) -> int:
    return run_offline(arguments, exchange, port=a_free_port())


class TestExitCodes:
    """Zero means that it worked."""

    def test_list_strategies(self, home: Path, capfd) -> None:
        assert offline("list-strategies", "-1") == 0
        assert "Toy" in capfd.readouterr().out

    def test_freqtrades_own_name_may_stand_before_its_command(self, home: Path, capfd) -> None:
        assert offline("freqtrade", "list-strategies", "-1") == 0
        assert "Toy" in capfd.readouterr().out

    def test_backtest_then_the_same_with_an_unknown_strategy(self, home: Path, capfd) -> None:
        start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
        write_synthetic_candles(home / "user_data" / "data" / "coinbase", start, end)
        assert offline("backtesting", "--strategy", "Toy", "--export", "none") == 0
        assert "BACKTESTING REPORT" in capfd.readouterr().out
        assert offline("backtesting", "--strategy", "Nobody") != 0
        assert "Impossible to load Strategy 'Nobody'" in capfd.readouterr().err

    def test_what_freqtrade_only_logs(self, home: Path, capfd) -> None:
        """A configuration error, which freqtrade itself ends with 0."""
        broken = home / "broken.json"
        broken.write_text('{"stake_amount": 500}')
        files = ("-c", "user_data/config.json", "-c", str(broken))
        assert offline("backtesting", "--strategy", "Toy", *files) == 1
        error = capfd.readouterr().err
        assert "Configuration error" in error
        assert "freqtrade would have said 0" in error

    def test_arguments_freqtrade_does_not_know(self, home: Path) -> None:
        assert offline("backtesting", "--strategie", "Toy") == 2

    def test_lookahead_analysis_that_finds_a_bias(self, home: Path, capfd) -> None:
        start, end = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 20, tzinfo=UTC)
        write_synthetic_candles(home / "user_data" / "data" / "coinbase", start, end)
        few = ("--minimum-trade-amount", "2", "--targeted-trade-amount", "2")
        arguments = ("--timerange", "20250102-20250120", *few)
        assert offline("lookahead-analysis", "--strategy", "Peeking", *arguments) == 1
        assert "found a bias in Peeking" in capfd.readouterr().err

    def test_a_busy_port_is_named(self, home: Path) -> None:
        with socket.socket() as other:
            other.bind((HOST, 0))
            other.listen()
            port = other.getsockname()[1]
            with pytest.raises(VenueError, match=f"Port {port} .* in use.*--port"):
                run_offline(["list-strategies"], port=port)


class TestDownload:
    """Synthetic candles come over the same REST, and are told apart from real ones."""

    def test_download_marks_what_it_writes(self, home: Path) -> None:
        arguments = ("download-data", "-t", "1h", "--timerange", "20250101-20250201")
        assert offline(*arguments) == 0
        data = home / "user_data" / "data" / "coinbase"
        assert (data / "BTC_USD-1h.feather").is_file()
        assert (data / MARKER).is_file()

    @pytest.mark.slow
    def test_real_candles_are_left_alone(self, home: Path, capfd) -> None:
        data = home / "user_data" / "data" / "coinbase"
        data.mkdir(parents=True)
        (data / "BTC_USD-1h.feather").write_bytes(b"real")
        assert offline("download-data", "-t", "1h", "--days", "3") != 0
        assert "--datadir" in capfd.readouterr().err
        assert (data / "BTC_USD-1h.feather").read_bytes() == b"real"


@pytest.mark.parametrize("exchange", ["coinbase", pytest.param("kraken", marks=pytest.mark.slow)])
def test_a_dry_run_sees_candles_and_ends_on_ctrl_c(home: Path, exchange: str) -> None:
    """Ctrl-C reaches the whole process group, so freqtrade gets it twice: once must be enough."""
    code = "from nija_plugins.cli import main; main()"
    options = ["--exchange", exchange, "--port", str(a_free_port()), "trade", "--strategy", "Toy"]
    with (home / "log").open("wb") as log:
        bot = subprocess.Popen(
            [sys.executable, "-c", code, "offline", *options],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_for(bot, home / "log", "candles of SOL/USD")
            os.killpg(bot.pid, signal.SIGINT)
            assert bot.wait(timeout=20) == 130
        finally:
            if bot.poll() is None:
                os.killpg(bot.pid, signal.SIGKILL)
    text = (home / "log").read_text()
    assert "SIGINT received, aborting" in text
    assert "Traceback" not in text
    assert "simulated exchange" in text and "synthetic" in text
    assert list(home.glob("tradesv3.offline-*.sqlite"))
    assert not (home / "tradesv3.dryrun.sqlite").exists()


def wait_for(bot: "subprocess.Popen[bytes]", log: Path, text: str, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while text not in log.read_text():
        assert bot.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


class TestArguments:
    """What is added to freqtrade's arguments and to its environment, and what is not."""

    def test_coinbase_adds_nothing(self) -> None:
        arguments = ["backtesting", "--strategy", "Toy"]
        assert with_overlay(arguments, Exchange.COINBASE) == arguments

    def test_kraken_comes_last(self, home: Path) -> None:
        overlay = ["-c", "config.kraken.json"]
        assert with_overlay(["list-data"], Exchange.KRAKEN) == [
            *("list-data", "-c", str(Path("user_data") / "config.json")),
            *overlay,
        ]
        for named in (["-c", "mine.json"], ["--config", "mine.json"], ["--config=mine.json"]):
            arguments = ["list-data", *named]
            assert with_overlay(arguments, Exchange.KRAKEN) == [*arguments, *overlay]
        futures = with_overlay(["list-data", "-c", "mine.json"], Exchange.KRAKENFUTURES)
        assert futures[-2:] == ["-c", "config.futures.json"]

    def test_nothing_leaves_loopback_and_nothing_is_live(self) -> None:
        variables = freqtrade_environment("http://127.0.0.1:1", "coinbase-45", {})
        prefix = "FREQTRADE__EXCHANGE__CCXT_CONFIG__URLS__API__"
        for name in ("rest", "public", "private", "zendesk", "charts", "history"):
            assert variables[prefix + name].rstrip("/") == "http://127.0.0.1:1"
        assert variables["FREQTRADE__DRY_RUN"] == "true"
        mine = {"FREQTRADE__DB_URL": "sqlite:///mine.sqlite"}
        assert "FREQTRADE__DB_URL" not in freqtrade_environment("http://127.0.0.1:1", "x", mine)
