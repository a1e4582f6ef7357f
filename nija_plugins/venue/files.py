"""Synthetic candles as freqtrade's own data files."""

from datetime import datetime
from pathlib import Path

from freqtrade.data.history.datahandlers.idatahandler import get_datahandler
from freqtrade.enums.candletype import CandleType

from nija_plugins.venue.candles import SyntheticCandles
from nija_plugins.venue.generator import DEFAULT_SEED


def write_synthetic_candles(
    datadir: Path,
    start: datetime,
    end: datetime,
    *,
    seed: int = DEFAULT_SEED,
    quote: str = "USD",
    timeframes: tuple[str, ...] = ("1h", "1d"),
) -> tuple[str, ...]:
    """Write the closed candles that open in [start, end) to `datadir`; returns the pairs written.

    `datadir` is what freqtrade calls so, `user_data/data/coinbase` for instance; it is made when
    missing. Files of the same name are replaced.
    """
    source = SyntheticCandles(seed)
    handler = get_datahandler(datadir, "feather")
    pairs = tuple(f"{asset}/{quote}" for asset in source.assets)
    for pair in pairs:
        for timeframe in timeframes:
            candles = source.candles(pair, timeframe, start, end, now=end)
            handler.ohlcv_store(pair, timeframe, candles, CandleType.SPOT)
    return pairs
