"""What a bot waits for: the trade of an entry order that was sent, and new candles."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from freqtrade.data.dataprovider import DataProvider
from freqtrade.exchange import Exchange
from freqtrade.persistence import Trade

LOST_FOR = timedelta(hours=1)
"""After so long a refused entry order is no longer a present failure."""


class AwaitedOrders:
    """Entry orders that were confirmed and have left no trade yet."""

    def __init__(self) -> None:
        self._confirmed: dict[str, datetime] = {}

    def expect(self, pair: str, now: datetime) -> None:
        """freqtrade is about to send an entry order for `pair`."""
        self._confirmed[pair] = now

    def failing(self, now: datetime) -> Mapping[str, str]:
        """A sentence by cause for each order that was refused, or whose answer was lost."""
        self._confirmed = {
            pair: when
            for pair, when in self._confirmed.items()
            if now - when < LOST_FOR and not _traded(pair, when)
        }
        return {
            f"entry order {pair}": f"An entry order for {pair} was refused, or its answer was lost."
            for pair in self._confirmed
        }


def _traded(pair: str, when: datetime) -> bool:
    return bool(Trade.get_trades_proxy(pair=pair, open_date=when - timedelta(seconds=1)))


SLEWED = timedelta(minutes=1)
"""What clocks are put right by all the time."""

POLLED, REFRESHED, CANDLES = "_pairs_last_poll_time", "_pairs_last_refresh_time", "_klines"
"""Where freqtrade's exchange keeps, by pair, when it last asked for candles and which is the newest
it has (both in milliseconds), and the candles."""


def forget_the_future(now: datetime, exchange: Exchange) -> bool:
    """Has freqtrade fetch the candles again that it asked for in what is the future now. Before a
    clock was put back, a forming candle passed for a closed one, and until the clock has caught up
    freqtrade would neither replace it nor ask for those that follow. Whether there were any.

    The loop that forgets has no candles; a clock that is put right by less than `SLEWED` forgets
    none.
    """
    polled: dict[object, int] = getattr(exchange, POLLED, {})
    latest = (now + SLEWED).timestamp() * 1000
    premature = [pair for pair, when in polled.items() if when > latest]
    for pair in premature:
        for kept in (POLLED, REFRESHED, CANDLES):
            getattr(exchange, kept).pop(pair, None)
    return bool(premature)


def late_candles(now: datetime, dp: DataProvider, candle: timedelta) -> str | None:
    """A sentence about the pairs without a new candle for two candles' time."""
    behind = [pair for pair in dp.current_whitelist() if _late(pair, now, dp, candle)]
    if not behind:
        return None
    return f"No new candles of {', '.join(behind)} for two candles' time."


def _late(pair: str, now: datetime, dp: DataProvider, candle: timedelta) -> bool:
    candles = dp.ohlcv(pair, copy=False)
    if not len(candles):
        return True
    ended = candles["date"].iloc[-1].to_pydatetime() + candle
    return bool(now - ended >= 2 * candle)
