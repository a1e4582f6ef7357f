"""The candles on disk: backtests need them, and a running bot's memory begins with them."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType
from freqtrade.exchange import timeframe_to_seconds

from nija_plugins.doctor.context import Context
from nija_plugins.doctor.finding import Finding, NotPossible, failed, ok, warning
from nija_plugins.exchange_features import feature
from nija_plugins.trade_filter.windows import NEEDED, TOLERANCE, window_of
from nija_plugins.venue.market.marker import MARKER

TIMEFRAMES = ("1h", "1d")
DAYS = 900
"""What README's command fetches."""
DEFAULT_CONFIG = Path("user_data/config.json")
FILTER = "trade_filter.filter"
"""The plugin that learns."""
OLD = timedelta(days=29)
"""The 719 candles a bot fetches at its start reach back this far: older files leave a hole."""


def candles(context: Context) -> Iterator[Finding]:
    """Each pair's files: from when to when, how many, how old."""
    config = context.config
    default = context.user_data / "data" / context.exchange
    datadir = Path(config.get("datadir") or default)
    fetch = f"Fetch them: {command(context)}"
    pairs = context.exchange_section.get("pair_whitelist", [])
    if not pairs:
        yield failed('"exchange.pair_whitelist" is empty.', "Name pairs such as BTC/USD in it.")
    for pair in pairs:
        if not re.fullmatch(r"[\w.-]+/[\w.:-]+", pair):
            yield warning(
                f"{pair} is a pattern: not looked at.", "Name its pairs to see their candles."
            )
            continue
        yield _pair(context, datadir, pair, fetch)
    if (datadir / MARKER).exists():
        yield warning(
            f"The candles in {datadir} are synthetic.",
            f"Before trading on them delete the whole directory. {fetch}",
        )


def command(context: Context) -> str:
    """What fetches the candles of this configuration."""
    # Kraken serves no history as candles; freqtrade makes them from trades.
    trades = "" if feature(context.exchange, "ohlcv_has_history") else " --dl-trades"
    shipped = context.files in ((), (DEFAULT_CONFIG,))
    files = "" if shipped else "".join(f" -c {file}" for file in context.files)
    return (
        f"freqtrade download-data --timeframes {' '.join(TIMEFRAMES)} --days {DAYS}{trades}{files}"
    )


def _pair(context: Context, datadir: Path, pair: str, fetch: str) -> Finding:
    """One finding for one pair, over all its timeframes; the worst decides."""
    handler = get_datahandler(datadir, context.config.get("dataformat_ohlcv", "feather"))
    candle_type = CandleType.get_default(context.config.get("trading_mode") or "spot")
    said, old, missing, short = [], False, False, False
    learns_from = _learns_from(context.clock())
    for timeframe in TIMEFRAMES:
        file = handler._pair_data_filename(datadir, pair, timeframe, candle_type)
        try:
            first, last, count = handler.ohlcv_data_min_max(pair, timeframe, candle_type)
        except Exception:  # of the file's format; for some freqtrade says "no candles" instead
            count = 0
        if not count and file.exists():
            return failed(
                f"{pair} {timeframe}: {file} is damaged, or empty.", f"Delete it. {fetch}"
            )
        if not count:
            said.append(f"{timeframe} none")
            missing = True
            continue
        age = context.clock() - (last + timedelta(seconds=timeframe_to_seconds(timeframe)))
        said.append(f"{timeframe} {count} from {_day(first)} to {_day(last)}, {_age(age)}")
        old = old or age > OLD
        short = short or (timeframe == TIMEFRAMES[0] and first > learns_from)
    text = f"{pair}: {'; '.join(said)}"
    if missing:
        return warning(f"{text}. Backtests need them.", fetch)
    if old:
        return warning(f"{text}. What lies between is missing.", fetch)
    if short and _asks_the_filter(context):
        needed = f"The AI filter needs them from {_day(learns_from)} on, and enters nothing without"
        advice = f"{fetch} --erase --pairs {pair}. A coin listed later than that has to wait."
        return warning(f"{text}. {needed}.", advice)
    return ok(text)


def _asks_the_filter(context: Context) -> bool:
    """Whether entries wait for the AI filter's word; copies are their leader's."""
    try:
        settings = context.settings
    except NotPossible:
        return False
    served = FILTER not in settings.plugins.disable
    return settings.ai_trade_filter and served and settings.mode != "MASTER_FOLLOW"


def _learns_from(now: datetime) -> datetime:
    """Since when 1h candles must be there for the AI filter's present model."""
    opens = window_of(pd.Timestamp(now), timedelta()).opens
    moment: datetime = (opens - NEEDED * (1 - TOLERANCE)).to_pydatetime()
    return moment


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _age(age: timedelta) -> str:
    hours = max(age / timedelta(hours=1), 0.0)
    return f"{hours:.0f} h old" if hours < 48 else f"{hours / 24:.0f} days old"
