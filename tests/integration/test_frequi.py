"""What FreqUI asks a bot and a web server for, over freqtrade's own REST API."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from freqtrade.rpc.api_server import ApiServer

from nija_plugins.chart import PLOT_CONFIG
from nija_plugins.venue.market.files import write_synthetic_candles
from nija_plugins.view import Regime
from tests.conftest import WITHOUT_FILTER
from tests.integration.copying_world import environment, until
from tests.integration.live import Home, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"
USER, PASSWORD = "nija", "of-tests"
DRAWN = {
    column
    for plot in (PLOT_CONFIG["main_plot"], *PLOT_CONFIG["subplots"].values())
    for column in plot
}


def api(port: int) -> dict[str, Any]:
    """The section that docs/first-hour.md shows."""
    return {
        "enabled": True,
        "listen_ip_address": "127.0.0.1",
        "listen_port": port,
        "username": USER,
        "password": PASSWORD,
        "jwt_secret_key": "a-secret-of-tests-that-is-long-enough",
    }


def client(port: int) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://127.0.0.1:{port}/api/v1/", auth=(USER, PASSWORD), timeout=60
    )


def ask(http: httpx.Client, what: str, **parameters: Any) -> Any:
    answer = http.get(what, params=parameters)
    assert answer.status_code == 200, f"{what}: {answer.text}"
    return answer.json()


def columns_of(history: dict[str, Any]) -> dict[str, list[Any]]:
    """A pair's candles by column."""
    return dict(zip(history["columns"], zip(*history["data"], strict=True), strict=True))


@pytest.fixture
def asked(home: Home, free_port: int) -> Iterator[httpx.Client]:
    """A dry-run that has bought BTC, lost its drawdown, and is locked."""
    home.plugin("script", script({BTC: [8], ETH: [12]}, stop=0.04, target=0.60))
    home.market.paint("BTC", 9, [0.80])
    settings = {"max_drawdown": 2, "daily_max_loss": 50, "max_consecutive_losses": 2}
    bot = home.start((BTC, ETH), nija=settings, api_server=api(free_port))
    bot.at(8).at(8, 10).at(10).at(10, 80)
    with closing(client(free_port)) as http:
        yield http
    for one in home.bots:
        one.worker.freqtrade.rpc.cleanup()
    home.bots.clear()
    ApiServer.shutdown()


def test_a_bot_draws_its_plan_and_tells_its_tags_and_locks(asked: httpx.Client) -> None:
    shown = ask(asked, "show_config")
    assert shown["strategy"] == "NijaMicro" and shown["runmode"] == "dry_run"
    assert "tier STARTER" in shown["strategy_version"]

    told = ask(asked, "plot_config")
    assert set(told["main_plot"]) == set(PLOT_CONFIG["main_plot"])
    plots = [told["main_plot"], *told["subplots"].values()]
    assert {column for plot in plots for column in plot} == DRAWN

    history = ask(asked, "pair_candles", pair=BTC, timeframe="1h", limit=200)
    assert DRAWN | {"enter_tag", "enter_long"} <= set(history["all_columns"])
    columns = columns_of(history)
    assert columns["nija_stop_price"].count(None) < history["length"] == 200
    assert history["enter_long_signals"] == 1
    assert [tag for tag in columns["enter_tag"] if tag] == [Regime.RANGING]
    # FreqUI asks for what it draws only.
    wanted = {"pair": BTC, "timeframe": "1h", "limit": 200, "columns": sorted(DRAWN)}
    answer = asked.post("pair_candles", json=wanted)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()["columns"]) >= DRAWN

    (trade,) = ask(asked, "trades")["trades"]
    assert trade["enter_tag"] == Regime.RANGING
    assert trade["exit_reason"] == "nija_drawdown"
    assert [one["enter_tag"] for one in ask(asked, "entries", pair=BTC)] == [Regime.RANGING]

    told = ask(asked, "locks")["locks"]
    assert all(one["reason"] for one in told)
    (lock,) = [one for one in told if one["reason"] == "nija_drawdown"]
    assert (lock["pair"], lock["active"]) == ("*", True)
    left = asked.delete(f"locks/{lock['id']}").json()["locks"]
    assert "nija_drawdown" not in {one["reason"] for one in left}


def test_a_web_server_draws_past_candles(house: Path, free_port: int, tmp_path: Path) -> None:
    """`nija offline webserver`, the page without a bot."""
    candles = house / "user_data/data/coinbase"
    first, end = datetime(2023, 1, 1, tzinfo=UTC), datetime(2023, 3, 1, tzinfo=UTC)
    write_synthetic_candles(candles, first, end, seed=3)
    file = house / "user_data/config.json"
    config = json.loads(file.read_text()) | {"api_server": api(free_port), "nija": WITHOUT_FILTER}
    file.write_text(json.dumps(config))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    nija = Path(sys.executable).with_name("nija")
    log = tmp_path / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(
            [nija, "offline", "--port", port, "webserver"],
            cwd=house,
            env=environment(),
            stdout=said,
            stderr=subprocess.STDOUT,
        ) as process,
        closing(client(free_port)) as http,
    ):

        def answers() -> bool:
            assert process.poll() is None, log.read_text()
            with suppress(httpx.TransportError):
                return http.get("ping").is_success
            return False

        try:
            until(answers, log.read_text())
            history = ask(
                http,
                "pair_history",
                pair=BTC,
                timeframe="1h",
                timerange="20230215-20230301",
                strategy="NijaMicro",
            )
            told = ask(http, "plot_config", strategy="NijaMicro")
        finally:
            process.terminate()
    columns = columns_of(history)
    plots = [told["main_plot"], *told["subplots"].values()]
    for column in {column for plot in plots for column in plot} - {"nija_confidence"}:
        assert any(value is not None for value in columns[column]), column
    assert set(columns["enter_tag"]) <= {None, "", *Regime}
