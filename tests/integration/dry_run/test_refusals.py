"""What the real bot in dry-run says of entries that it does not make."""

from typing import Any

import pytest

from tests.integration.dry_run.pairs import BTC
from tests.integration.live import Home, open_pairs, script

# One exchange serves all of them.
pytestmark = pytest.mark.xdist_group("live")


class TestRefusals:
    """A refused entry is explained once, however often the bot asks while its candle lasts."""

    def ask(self, home: Home, target: float, **nija: Any) -> list[str]:
        home.plugin("script", script({BTC: [8, 12]}, target=target))
        bot = home.start(nija=nija).at(8).at(8, 10).at(8, 15).at(9).at(12).at(12, 10)
        assert not open_pairs()
        return bot.said("Entry into BTC/USD refused: ")

    def test_once_per_candle_and_pair(self, home: Home) -> None:
        """Asked five times on two candles; a market rule and a money rule object."""
        lines = self.ask(home, target=0.05, trade_only=["ETH", "SOL"])
        assert len(lines) == 2
        for line in lines:
            assert "Reward over risk after fees is" in line
            assert "BTC is not in trade_only (ETH, SOL)." in line

    @pytest.mark.parametrize(
        ("silenced", "shown", "hidden"),
        [
            ("log_signal_rejections", "not in trade_only", "Reward over risk"),
            ("log_entry_block_reasons", "Reward over risk", "not in trade_only"),
        ],
    )
    def test_each_kind_can_be_silenced(
        self, home: Home, silenced: str, shown: str, hidden: str
    ) -> None:
        lines = self.ask(home, target=0.05, trade_only=["ETH", "SOL"], **{silenced: False})
        assert len(lines) == 2
        assert all(shown in line and hidden not in line for line in lines)

    def test_silence_when_both_are_off(self, home: Home) -> None:
        off = {"log_signal_rejections": False, "log_entry_block_reasons": False}
        assert self.ask(home, target=0.05, trade_only=["ETH", "SOL"], **off) == []


def test_a_pair_that_trade_only_excludes_is_told_at_the_start(home: Home) -> None:
    bot = home.start(nija={"trade_only": ["ETH", "SOL"]}).at(8)
    (line,) = bot.said("Never entered")
    assert line.endswith("trade_only names other assets: BTC/USD.")


def test_without_history_the_ai_filter_says_at_the_start_what_to_do(home: Home) -> None:
    """And refuses the signal: nothing is entered on a guess."""
    home.plugin("script", script({BTC: [8]}))
    bot = home.start((BTC,), nija={"ai_trade_filter": True}).at(4)
    (said,) = bot.said("No entries into BTC/USD")
    assert "8,760 of 8,760 candles of BTC/USD are missing" in said
    assert "Run: freqtrade download-data --timeframes 1h 1d --timerange 2022" in said
    bot.at(8)
    assert open_pairs() == set()
    assert not list((home.user_data / "data").rglob("*-1h.feather"))
