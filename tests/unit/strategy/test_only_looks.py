"""freqtrade does not copy the trade for callbacks that only look; those of a subclass it does."""

from types import SimpleNamespace
from typing import Any

from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from nija_plugins.strategy.exits import Exits, only_looks


class Shown:
    """What a callback gets to see."""

    @only_looks
    def custom_exit(self, trade: Any) -> Any:
        return trade

    def custom_stoploss(self, trade: Any) -> Any:
        return trade


def test_the_trade_itself_is_shown_to_who_only_looks() -> None:
    trade = SimpleNamespace(pair="BTC/USD")
    shown = Shown()
    assert strategy_safe_wrapper(shown.custom_exit)(trade=trade) is trade
    assert strategy_safe_wrapper(shown.custom_stoploss)(trade=trade) is not trade


def test_nijas_own_callbacks_of_every_candle_only_look() -> None:
    for callback in (Exits.custom_exit, Exits.custom_stoploss):
        assert callback.__qualname__.startswith("IStrategy.")
