"""`nija status` and `nija unlock` beside a bot, and before there is one."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from freqtrade.persistence import Trade
from typer.testing import CliRunner

from nija_plugins import locks
from nija_plugins.cli import app
from nija_plugins.memory.store import MEMORY_FILE
from tests.integration.live import SESSIONS, Bot, Home, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")

BTC, ETH = "BTC/USD", "ETH/USD"
DEAF = """
from nija_plugins import hookimpl

@hookimpl
def nija_exit_filled(pair):
    raise RuntimeError("out of order")
"""


@pytest.fixture(autouse=True)
def in_the_users_folder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.path)


def nija(*arguments: str, code: int = 0, answer: str = "") -> str:
    result: Result = CliRunner().invoke(
        app, list(arguments), env={"COLUMNS": "220"}, input=answer or None
    )
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result.output


def configure(home: Home, **changes: object) -> None:
    """What a user writes into the configuration, so that commands find the bot's database."""
    file = home.user_data / "config.json"
    config = json.loads(file.read_text())
    config["db_url"] = f"sqlite:///{home.path / 'trades.sqlite'}"
    file.write_text(json.dumps(config | changes))


def fallen(home: Home) -> Bot:
    """$100, one position sold in a gap of 20%; the drawdown (2%) is used up, ETH signals at 12h."""
    home.plugin("scripted", script({BTC: [8], ETH: [12]}, stop=0.04))
    home.plugin("deaf", DEAF)
    home.market.paint("BTC", 9, [0.80])
    settings = {"max_drawdown": 2, "daily_max_loss": 50, "max_consecutive_losses": 2}
    bot = home.start((BTC, ETH), nija=settings).at(8).at(8, 10).at(10).at(10, 80)
    assert not Trade.get_trades_proxy(is_open=True)
    configure(home)
    return bot


class TestBesideABot:
    """On its files, while it runs."""

    def test_what_is_used_and_what_is_locked(self, home: Home) -> None:
        equity = fallen(home).account().equity
        told = json.loads(nija("status", "--json"))["loss_limits"]
        assert told["equity"] == told["worst_case"] == told["free_cash"] == pytest.approx(equity)
        assert told["positions"] == 0
        assert told["day"] == pytest.approx(
            {
                "opening": 100,
                "floor": 50,
                "lost": 100 - equity,
                "lost_if_every_stop_is_hit": 100 - equity,
                "budget": 50,
                "left": equity - 50,
            }
        )
        assert told["drawdown"] == pytest.approx(
            {
                "peak": 100,
                "floor": 98,
                "percent": 100 - equity,
                "distance": equity - 98,
                "left": 0,
            }
        )
        assert told["losing_streak"] == 1
        (incident,) = told["incidents"]
        assert incident.startswith('Plugin "deaf" failed in nija_exit_filled')
        assert told["locks"][0] == {
            "pairs": "*",
            "reason": "nija_drawdown",
            "until": None,
            "unlock": locks.UNLOCKING["nija_drawdown"],
        }
        shown = nija("status")
        for part in (
            f"Equity ${equity:.2f}, worst case (W) ${equity:.2f}, 0 positions, as of 2025-03-04",
            f"${100 - equity:.2f} (${100 - equity:.2f} if every stop is hit)",
            "50% of $100.00",
            "2%: a floor of $98.00 under $100.00",
            'Incident: Plugin "deaf" failed in nija_exit_filled',
            "a person unlocks",
            locks.UNLOCKING["nija_drawdown"],
        ):
            assert part in shown

    def test_unlock(self, home: Home) -> None:
        bot = fallen(home)
        assert "nija_drawdown" in nija("unlock")
        lock = {"pair": None, "reason": "nija_drawdown", "until": None}
        assert lock in json.loads(nija("unlock", "--json"))["locks"]
        wrong = nija("unlock", "nija_streak", code=2)
        assert 'There is no active lock "nija_streak"' in wrong
        assert "nija_drawdown" in wrong
        nija("unlock", "nija_drawdown", code=1, answer="n\n")
        bot.at(11)
        assert bot.run.memory.locked == {"nija_drawdown"}, "the user thought better of it"
        said = nija("unlock", "nija_drawdown", answer="y\n")
        assert locks.UNLOCKING["nija_drawdown"] in said
        assert "Unlocked all pairs." in said
        bot.at(12)
        assert bot.run.memory.locked == frozenset()
        assert {trade.pair for trade in Trade.get_trades_proxy(is_open=True)} == {ETH}
        assert "Nothing is locked in trades.sqlite." in nija("unlock")
        told = json.loads(nija("unlock", "--json"))
        assert told == {"database": "trades.sqlite", "locks": []}

    def test_another_database_is_another_account(self, home: Home) -> None:
        home.start((BTC,)).at(1)
        configure(home, db_url="sqlite:///other.sqlite")
        said = nija("status")
        assert "the bot has not run yet" in said
        assert "coinbase dry_run trades" in said
        assert "db_url" in said


class TestWithoutABot:
    """Clear words and exit code 2; no file is made."""

    @pytest.fixture(autouse=True)
    def in_the_house(self, house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for owner in SESSIONS:
            monkeypatch.setattr(owner, "session", None, raising=False)
        monkeypatch.chdir(house)
        return house

    def test_status_before_the_first_run(self, house: Path) -> None:
        before = set(house.rglob("*"))
        assert "Loss limits: the bot has not run yet." in nija("status")
        assert json.loads(nija("status", "--json"))["loss_limits"] is None
        assert set(house.rglob("*")) == before

    def test_status_and_refusals_name_what_they_read(self, house: Path) -> None:
        told = json.loads(nija("status", "--json"))["read"]
        assert told == {
            "tier": "user_data/.auto_scaling_state.json",
            "account": "user_data/nija_account.sqlite",
            "portfolio": "user_data/nija_portfolio.sqlite",
        }
        (house / told["tier"]).write_text("")
        said = " ".join(nija("status").split())
        assert f"Read from: {told['tier']}, {told['account']} (not there yet), " in said
        assert "there is no user_data/nija_journal.sqlite yet" in nija("refusals")

    def test_unlock_without_a_database(self, house: Path) -> None:
        before = set(house.rglob("*"))
        for arguments in (["unlock"], ["unlock", "nija_drawdown"]):
            said = nija(*arguments, code=2)
            assert "There is no database of trades here" in said
            assert "Run this where the bot runs" in said
        assert set(house.rglob("*")) == before

    def test_a_live_bot_is_not_sent_to_the_trades_of_play_money(
        self, house: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Before its first start, where going live says what is there already."""
        monkeypatch.setenv("FREQTRADE__DRY_RUN", "false")
        for name in ("dryrun", "kraken.dryrun", "offline-coinbase-1"):
            (house / f"tradesv3.{name}.sqlite").touch()
        said = nija("unlock", code=2)
        assert "(tradesv3.sqlite): a bot makes it when it first starts" in said
        assert "dryrun" not in said and "offline" not in said

    def test_unlock_beside_the_database_of_another_way_to_run(self, house: Path) -> None:
        """`nija offline trade` writes one of its own."""
        (house / "tradesv3.offline-coinbase-1.sqlite").touch()
        said = nija("unlock", code=2)
        assert "FREQTRADE__DB_URL=sqlite:///tradesv3.offline-coinbase-1.sqlite" in said

    def test_unlock_with_a_damaged_database(self, house: Path) -> None:
        (house / "tradesv3.dryrun.sqlite").write_bytes(b"spoilt" * 1000)
        said = nija("unlock", code=2)
        assert "tradesv3.dryrun.sqlite" in said
        assert "not a database" in said

    @pytest.mark.parametrize(("arguments"), [["status"], ["status", "--json"]])
    def test_a_damaged_memory(self, house: Path, arguments: list[str]) -> None:
        file = house / "user_data" / MEMORY_FILE
        file.write_bytes(b"spoilt" * 1000)
        said = nija(*arguments, code=2)
        assert MEMORY_FILE in said
        assert "not a database" in said
        assert "move it away" in said
        assert file.read_bytes() == b"spoilt" * 1000

    def test_a_directory_in_the_memorys_place(self, house: Path) -> None:
        (house / "user_data" / MEMORY_FILE).mkdir()
        assert "a directory stands in its place" in nija("status", code=2)
