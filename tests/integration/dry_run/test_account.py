"""What the account is worth to the real bot in dry-run, and which tier that is."""

from typing import Any

import pytest

from nija_plugins.scaling.tiers import tier_for
from tests.integration.dry_run.pairs import BTC, ETH, SOL, TICK
from tests.integration.live import Bot, Home, equity, open_pairs, open_trade, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


class TestUnknownAccount:
    """freqtrade swallows what fails at the loop's start: without an account, no entry."""

    def test_the_loop_could_not_value_the_account(
        self, home: Home, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The wallets fail while the loop begins and answer again when the entry is judged."""
        home.plugin("script", script({BTC: [8], ETH: [12]}, stop=0.04))
        home.market.paint("BTC", 12, [0.90])
        bot = home.start((BTC, ETH)).at(8)
        fail_for_usd(bot, monkeypatch, ConnectionError("no answer"), times=1)
        bot.at(12)
        assert open_pairs() == {BTC}
        refused = "Entry into ETH/USD refused: This loop could not value the account."
        assert len(bot.said(refused)) == 1
        assert len(bot.said("no answer")) == 1
        # The limits stay what they were.
        assert bot.config["max_open_trades"] == 2
        # The next loop knows the account again.
        bot.at(12, 10)
        assert open_pairs() == {BTC, ETH}

    @pytest.mark.parametrize("wrong", [ConnectionError("no answer"), float("nan"), -1.0])
    def test_no_entry_while_wallets_fail_and_exits_go_on(
        self, home: Home, monkeypatch: pytest.MonkeyPatch, wrong: Any
    ) -> None:
        home.plugin("script", script({BTC: [8], ETH: [12]}, stop=0.04))
        home.market.paint("BTC", 12, [0.90])
        bot = home.start((BTC, ETH)).at(8)
        worth = home.tier_state["last_equity"]
        fail_for_usd(bot, monkeypatch, wrong)
        bot.at(12)
        assert open_pairs() == {BTC}
        assert bot.said("No entry into ETH/USD") or bot.said("Entry into ETH/USD refused")
        assert home.tier_state["last_equity"] == worth
        assert home.tier_state["current_tier"] == "STARTER"
        bot.at(13)
        assert not open_pairs()


def fail_for_usd(bot: Bot, monkeypatch: pytest.MonkeyPatch, wrong: Any, times: int = 10**6) -> None:
    """The wallets' stake currency is wrong: an exception or a number, for the next `times`."""
    honest, left = bot.wallets.get_total, times

    def get_total(currency: str) -> float:
        nonlocal left
        if currency != "USD" or left == 0:
            return float(honest(currency))
        left -= 1
        if isinstance(wrong, Exception):
            raise wrong
        return float(wrong)

    monkeypatch.setattr(bot.wallets, "get_total", get_total)


class TestTiers:
    """The account's worth decides what may be opened next, up at once and down with a buffer."""

    def test_up_with_a_rising_position_and_down_again(self, home: Home) -> None:
        signals = {BTC: [8], ETH: [8], SOL: [12, 16]}
        home.plugin("script", script(signals, stop=0.15, trail=0.27, target=2.0))
        for asset in ("BTC", "ETH"):
            home.market.paint(asset, 8, [1.05] * 4 + [1.25] * 4 + [1.00] * 4 + [0.92])
        start = {BTC: home.market.price("BTC"), ETH: home.market.price("ETH")}

        def worth(factor: float) -> float:
            return equity(240, {pair: price * factor for pair, price in start.items()})

        bot = home.start((BTC, ETH, SOL), exchange="kraken", dry_run_wallet=240)
        bot.at(7).at(8).at(12)
        assert bot.said("AUTO-SCALING") == ["INFO AUTO-SCALING UPGRADE: $240.00 → STARTER tier"]
        assert bot.config["max_open_trades"] == 2
        assert open_pairs() == {BTC, ETH}, "SOL signals, but STARTER has two positions"

        bot.log.clear()
        reached = worth(1.25)
        assert reached > 250
        bot.at(13)
        assert tier_lines(bot) == [
            f"INFO AUTO-SCALING UPGRADE: ${reached:.2f} → GROWTH tier",
            "INFO Max Positions: 3",
            "INFO Risk Per Trade: 4.0%",
            "INFO Copy Trading: False",
            "INFO Leverage: False",
        ]
        assert bot.config["max_open_trades"] == bot.strategy.max_open_trades == 3
        assert home.tier_state["current_tier"] == "GROWTH"
        assert home.tier_state["last_equity"] == pytest.approx(reached, abs=1e-9)
        bot.at(16)
        assert open_pairs() == {BTC, ETH, SOL}

        bot.log.clear()
        start[SOL] = home.market.price("SOL")
        flat = {**start, BTC: start[BTC], ETH: start[ETH]}
        inside = equity(240, flat)
        assert 237.5 < inside < 250
        bot.at(17)
        assert tier_lines(bot) == [], "within the buffer"
        assert bot.config["max_open_trades"] == 3

        fallen = equity(240, {**flat, BTC: start[BTC] * 0.92, ETH: start[ETH] * 0.92})
        assert fallen < 237.5
        bot.at(21)
        assert tier_lines(bot) == [
            f"INFO AUTO-SCALING DOWNGRADE: ${fallen:.2f} → STARTER tier",
            "INFO Max Positions: 2",
            "INFO Risk Per Trade: 3.0%",
            "INFO Copy Trading: False",
            "INFO Leverage: False",
        ]
        assert bot.config["max_open_trades"] == bot.strategy.max_open_trades == 2
        assert open_pairs() == {BTC, ETH, SOL}, "a change of tier closes nothing"
        moves = [(t["to_tier"], t["direction"]) for t in home.tier_state["upgrade_history"]]
        assert moves == [("STARTER", "upgrade"), ("GROWTH", "upgrade"), ("STARTER", "downgrade")]

    def test_below_the_lowest_tier_nothing_is_entered(self, home: Home) -> None:
        """ "No tier" is a veto, never a limit of zero (which backtesting takes for no limit)."""
        assert tier_for(14.99, None, 0) is None
        home.plugin("script", script({BTC: [8]}))
        bot = home.start(dry_run_wallet=14.99).at(8).at(8, 10)
        assert not open_pairs()
        assert bot.config["max_open_trades"] == 1
        refused = bot.said("Entry into BTC/USD refused: ")
        assert len(refused) == 1
        assert "No tier for an equity of $14.99" in refused[0]

    def test_the_smallest_account_trades(self, home: Home) -> None:
        """$15: 18% is less than the smallest lot, which is what is bought."""
        home.plugin("script", script({BTC: [8]}, stop=0.05))
        home.start(dry_run_wallet=15).at(8)
        assert 5.0 <= open_trade().amount * open_trade().open_rate < 5.01


def tier_lines(bot: Bot) -> list[str]:
    said = ("AUTO-SCALING", "Max Positions", "Risk Per Trade", "Copy Trading", "Leverage:")
    return [line for line in bot.log if any(word in line for word in said)]


class TestMarks:
    """Equity counts what has been decided: closes, not the candle that is still forming."""

    def test_positions_are_marked_at_the_last_closed_candle(self, home: Home) -> None:
        home.plugin("script", script({BTC: [8]}))
        home.market.paint("BTC", 8, [1.02, 1.10])
        price = home.market.price("BTC")
        bot = home.start().at(8)
        for hours, seconds, factor in [
            (8, 1800, 1.00),
            (8, 3599, 1.00),
            (9, 5, 1.02),
            (9, 3500, 1.02),
            (10, 5, 1.10),
        ]:
            bot.at(hours, seconds)
            (position,) = bot.account().positions
            assert position.mark == pytest.approx(price * factor, abs=TICK), (hours, seconds)
            worth = equity(100, {BTC: price * factor})
            assert home.tier_state["last_equity"] == pytest.approx(worth, abs=1e-5)
