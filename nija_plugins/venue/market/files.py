"""Synthetic candles as freqtrade's own data files, kept apart from real ones."""

from datetime import datetime
from pathlib import Path

import pandas as pd
from freqtrade.data.history.datahandlers.idatahandler import get_datahandler
from freqtrade.enums.candletype import CandleType
from freqtrade.exchange import timeframe_to_seconds

from nija_plugins.venue.kraken.futures import funding_rates
from nija_plugins.venue.market.candles import CandleSource, SyntheticCandles
from nija_plugins.venue.market.generator import DEFAULT_SEED
from nija_plugins.venue.market.marker import mark_synthetic


def write_synthetic_candles(
    datadir: Path,
    start: datetime,
    end: datetime,
    *,
    seed: int = DEFAULT_SEED,
    quote: str = "USD",
    timeframes: tuple[str, ...] = ("1h", "1d"),
    futures: bool = False,
) -> tuple[str, ...]:
    """Write the candles that open from `start` on and close by `end`; returns the pairs written.

    `datadir` is what freqtrade calls so, `user_data/data/coinbase` for instance. Synthetic files
    of the same name are replaced. With `futures` they are those of perpetual futures, with mark
    prices and funding rates. Raises RealCandles as `mark_synthetic` does.
    """
    mark_synthetic(datadir, seed)
    source = SyntheticCandles(seed)
    return store_candles(
        source, datadir, start, end, quote=quote, timeframes=timeframes, futures=futures
    )


def store_candles(
    source: CandleSource,
    datadir: Path,
    start: datetime,
    end: datetime,
    *,
    quote: str = "USD",
    timeframes: tuple[str, ...] = ("1h", "1d"),
    futures: bool = False,
) -> tuple[str, ...]:
    """Write what opens from `start` on and closes by `end` as freqtrade's files in `datadir`, with
    `futures` also mark prices and funding rates; returns the pairs written."""
    datadir.mkdir(parents=True, exist_ok=True)
    handler = get_datahandler(datadir, "feather")
    settled = f":{quote}" if futures else ""
    pairs = tuple(f"{asset}/{quote}{settled}" for asset in source.assets)
    kind = CandleType.FUTURES if futures else CandleType.SPOT
    for pair in pairs:
        for timeframe in timeframes:
            candles = source.candles(pair, timeframe, start, end, now=end)
            closed = candles[
                candles["date"] + pd.Timedelta(seconds=timeframe_to_seconds(timeframe)) <= end
            ]
            handler.ohlcv_store(pair, timeframe, closed, kind)
        if futures:
            marks = source.candles(pair, "1h", start, end, now=end)
            handler.ohlcv_store(pair, "1h", marks, CandleType.MARK)
            rates = funding_rates(source, pair, start, end, now=end)
            handler.ohlcv_store(pair, "1h", rates, CandleType.FUNDING_RATE)
    return pairs
